"""`hardware`: owned or leased GPUs beside rented ones (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.capacity import hardware as house

from . import known
from ._contracts import make

GIVEN = {"utilisation", "rent", "rents", "rate", "decline", "months"}


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of hardware")
    subject = dict(subject)
    for whole, each in (
        ("capital", "capital_per_gpu"),
        ("kilowatts", "kilowatts_per_gpu"),
        ("lease_monthly", "lease_monthly_per_gpu"),
    ):
        if each in subject:
            subject[whole] = subject.pop(each) * subject["gpus"]
    held = make(house.Hardware, subject, "hardware")
    months, use = (
        given.get("months", held.horizon),
        np.asarray(given.get("utilisation", 1.0), float)[()],
    )
    result = {
        "depreciation": held.depreciation(months),
        "book_value": held.book_value(months),
        "cash": held.cash(months, use),
        "cost": held.cost(months, use),
        "lease": held.lease(months),
        "useful_hours": held.useful_hours,
        "power_monthly": held.power_full,
        "running_monthly": held.running(use),
    }
    if np.all(use > 0):
        result["cost_per_useful_hour"] = held.cost_per_useful_hour(use, months)
    if "rent" in given or "rents" in given:
        rents = None if "rents" not in given else np.asarray(given["rents"], float)
        done = house.own_or_rent(
            held,
            np.asarray(given.get("rent", 0.0), float)[()],
            use,
            months,
            given.get("rate", 0.0),
            given.get("decline", 0.0),
            rents,
        )
        result |= {
            "own": done.own,
            "rent": done.rent,
            "saving": done.saving,
            "break_even": done.break_even,
            "payback": done.payback,
            "owning_wins": done.saving > 0,
        }
    return result
