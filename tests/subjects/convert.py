"""`convert`: a quantity in another unit."""

from finops_model import units

from . import known, need

KEYS = {"unit", "to", "hours_per_month"}


def evaluate(subject: dict, given: dict) -> dict:
    known(given, {"quantity"}, "given of a conversion")
    known(subject, KEYS, "convert")
    unit, to = (need(subject, name, "convert", KEYS) for name in ("unit", "to"))
    hours = {"hours_per_month": subject["hours_per_month"]} if "hours_per_month" in subject else {}
    return {
        "quantity": units.convert(
            need(given, "quantity", "given of a conversion"), unit, to, **hours
        )
    }
