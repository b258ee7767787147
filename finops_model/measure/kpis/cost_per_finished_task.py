"""Cost of one task that ended as it should: an outcome, not an attempt.

Source: FinOps for AI, cost per successful outcome; docs/method §16.14.
"""

from . import Facts, Part
from ._series import of_drivers

TITLE = "Cost per finished task"
FORMULA = "cost of the workloads that an outcome belongs to ÷ its count (failed attempts cost, and do not count)"
UNIT = "money / task"
BASIS = "Effective"
SOURCE = "FinOps for AI, cost per successful outcome; docs/method §16.14"
PERSONA = ("product", "leadership")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No driver has the role outcome: finops add FILE with date, name, value, and its workloads under unit_costs of finops.yaml."


def parts(facts: Facts) -> list[Part]:
    """One line per outcome of the drivers files."""
    return of_drivers(facts, "", outcome=True)
