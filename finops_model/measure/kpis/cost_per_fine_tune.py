"""Cost of one fine-tuning: by a driver that counts them, else by jobs of that name.

Source: FinOps for AI, training cost efficiency; docs/method §16.13.
"""

from . import Facts, Part
from ._series import of_drivers
from .cost_per_training_run import jobs

TITLE = "Cost per fine-tune"
FORMULA = "cost of the workloads that a driver of fine-tunes drives ÷ its count; else as a training run, of jobs named so"
UNIT = "money / fine-tune"
BASIS = "Effective"
SOURCE = "FinOps for AI, training cost efficiency; docs/method §16.13"
PERSONA = ("data",)
BETTER = "lower"
NEEDS = ()
WITHOUT = "No driver counts fine-tunes and no usage log holds jobs of that name: finops add FILE with date, name, value, and its workloads under unit_costs of finops.yaml."


WORDS = r"fine.?tun"


def parts(facts: Facts) -> list[Part]:
    """One line per driver of fine-tunes, or one of all such jobs."""
    return of_drivers(facts, WORDS) or jobs(facts, WORDS)
