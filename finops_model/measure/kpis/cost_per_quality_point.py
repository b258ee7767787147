"""What a point of quality costs: cost of a workload over the percent of its judged answers that were accepted.

Source: FinOps for AI, model quality against cost; docs/method §16.57.
"""

from . import Facts, Part
from ._series import at_months, cost_months

TITLE = "Cost per quality point"
FORMULA = "cost of the workload in the month ÷ percent of its judged answers that were accepted"
UNIT = "money / point"
BASIS = "Effective"
SOURCE = "FinOps for AI, model quality against cost; docs/method §16.57"
PERSONA = ("data", "product")
BETTER = "lower"
NEEDS = ("quality",)
WITHOUT = "quality_samples of finops.yaml names no file: week, workload, model, sampled, accepted."


def parts(facts: Facts) -> list[Part]:
    """One line per workload of the quality samples."""
    if facts.quality is None or facts.quality.empty:
        return []
    lines = []
    for workload, own in facts.quality.groupby("workload", sort=True):
        rows = facts.daily[facts.daily["x_Workload"] == workload]
        if rows.empty:
            continue
        sums = own.groupby(own["date"].dt.strftime("%Y-%m"))[["sampled", "accepted"]].sum()
        points = 100 * sums["accepted"] / sums["sampled"]
        lines.append(
            Part(
                f"{TITLE}, {workload}",
                f"{facts.currency} / point",
                at_months(cost_months(facts, rows)),
                at_months(points[points > 0].to_dict()),
                better=BETTER,
                of=str(workload),
                step="month",
            )
        )
    return lines
