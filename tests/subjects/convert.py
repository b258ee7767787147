"""`convert`: a quantity in another unit."""

from finops_model import units

from . import known


def evaluate(subject: dict, given: dict) -> dict:
    known(given, {"quantity"}, "given of a conversion")
    how = dict(subject)
    return {"quantity": units.convert(given["quantity"], how.pop("unit"), how.pop("to"), **how)}
