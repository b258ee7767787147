"""`contract`: an hourly commitment in FOCUS 1.4 Contract Commitment names."""

from finops_model.prices.settle import hourly as commitments

from . import known
from .commitment import GIVEN, answers, hours_of


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of a contract")
    return answers(commitments.from_record(subject, given.get("on_demand")), hours_of(given), given)
