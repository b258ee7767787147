"""How much of the cost has a unit that answers for it.

Source: FinOps KPI Library, Percentage of costs allocated; docs/method §16.19.
"""

from ..units import UNASSIGNED
from . import Facts, Part
from ._series import share_of

TITLE = "Cost with an owner"
FORMULA = "cost of rows with a business unit ÷ all cost"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Percentage of costs allocated; docs/method §16.19"
PERSONA = ("finance", "leadership", "platform")
BETTER = "higher"
NEEDS = ()
WITHOUT = "No business units are known: organisation of finops.yaml names a file with team, business_unit."


def parts(facts: Facts) -> list[Part]:
    """One line where the company has units."""
    rows = facts.daily
    if not set(rows["x_BusinessUnit"]) - {"All", UNASSIGNED}:
        return []
    return [
        Part(
            TITLE,
            UNIT,
            *share_of(rows, rows["x_BusinessUnit"].ne(UNASSIGNED), "EffectiveCost"),
            better=BETTER,
        )
    ]
