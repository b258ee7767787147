"""How many of the answers that people judged were accepted.

Source: FinOps for AI, quality beside cost; docs/method §16.24.
"""

from . import Facts, Part

TITLE = "Answers accepted"
FORMULA = "answers accepted ÷ answers judged, of the samples that begin in the month"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps for AI, quality beside cost; docs/method §16.24"
PERSONA = ("product", "data")
BETTER = "higher"
NEEDS = ("quality",)
WITHOUT = "quality_samples of finops.yaml names no file: week, workload, model, sampled, accepted."


def parts(facts: Facts) -> list[Part]:
    """One line per workload of the quality samples."""
    rows = facts.quality
    if rows is None or rows.empty:
        return []
    return [
        Part(
            f"{TITLE}, {workload}",
            UNIT,
            own.groupby("date")["accepted"].sum(),
            own.groupby("date")["sampled"].sum(),
            better=BETTER,
            step="month",
        )
        for workload, own in rows.groupby("workload", sort=True)
    ]
