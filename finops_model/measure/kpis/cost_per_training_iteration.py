"""Cost of one step of training: an iteration, an epoch.

Source: FinOps for AI, training cost efficiency; docs/method §16.13.
"""

from . import Facts, Part
from ._series import of_drivers

TITLE = "Cost per training iteration"
FORMULA = "cost of the workloads that a driver of iterations, steps or epochs drives ÷ its count"
UNIT = "money / iteration"
BASIS = "Effective"
SOURCE = "FinOps for AI, training cost efficiency; docs/method §16.13"
PERSONA = ("data", "platform")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No driver counts iterations: finops add FILE with date, name, value, and its workloads under unit_costs of finops.yaml."


WORDS = r"\b(iterations?|epochs?|(train|training) steps?)\b"


def parts(facts: Facts) -> list[Part]:
    """One line per driver of iterations."""
    return of_drivers(facts, WORDS)
