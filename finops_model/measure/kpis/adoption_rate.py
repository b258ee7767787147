"""How many of the actions that were decided were done, of all that are closed by the end of a month.

Source: FinOps Framework, workload optimisation; docs/method §17.70.
"""

from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Adoption rate"
FORMULA = "actions done ÷ actions done, rejected or expired, by the end of the month"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps Framework, workload optimisation; docs/method §17.70"
PERSONA = ("platform", "finance", "leadership")
BETTER = "higher"
NEEDS = ("actions",)
WITHOUT = "Name a table of actions in finops.yaml (actions:), each with a decision and its day."


def parts(facts: Facts) -> list[Part]:
    """One line, from the month in which the first action was closed."""
    closed = [
        (str(day)[:7], one.decision == "done")
        for one in facts.actions or ()
        if one.decision in ("done", "rejected", "expired")
        and (day := one.done_on or one.decided_on or one.expires)
    ]
    done, every = {}, {}
    for month in whole_months(facts):
        by_then = [was_done for when, was_done in closed if when <= month]
        if by_then:
            done[month], every[month] = float(sum(by_then)), float(len(by_then))
    if not every:
        return []
    return [
        Part(TITLE, UNIT, at_months(done), at_months(every), better=BETTER, step="month"),
    ]
