"""How much less waste there was than in the month before, volume and prices held.

Source: FinOps for AI, waste reduction; docs/method §16.22.
"""

from . import Facts, Part
from ._series import at_months, cost_months
from .waste_share import wasted

TITLE = "Waste reduced"
FORMULA = "1 − waste ÷ (waste of the month before x useful cost now ÷ useful cost then); useful: all but waste"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps for AI, waste reduction; docs/method §16.22"
PERSONA = ("platform", "finance", "leadership")
BETTER = "higher"
NEEDS = ("waste",)
WITHOUT = "There was no waste in a month before another: nothing could be reduced."


def parts(facts: Facts) -> list[Part]:
    """One line of the whole months from the second on, where there was waste in the one before."""
    if facts.waste is None:
        return []
    cost = cost_months(facts)
    waste = {month: wasted(facts.waste, month) for month in cost}
    expected, less = {}, {}
    for before, month in zip(list(cost), list(cost)[1:]):
        useful, then = cost[month] - waste[month], cost[before] - waste[before]
        if useful > 0 and then > 0 and waste[before] > 0:
            expected[month] = waste[before] * useful / then
            less[month] = expected[month] - waste[month]
    if not expected:
        return []
    return [Part(TITLE, UNIT, at_months(less), at_months(expected), better=BETTER, step="month")]
