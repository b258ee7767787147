"""How well machines are used: hours used of hours allocated of hours paid.

Source: FinOps for AI, GPU utilisation; docs/method §16.17.
"""

from ..usage.joined import gpu_money
from . import Facts, Part, by_day
from ._series import by_date

TITLE = "GPU utilisation"
FORMULA = "GPU hours used ÷ paid = used ÷ allocated x allocated ÷ paid"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps for AI, GPU utilisation; docs/method §16.17"
PERSONA = ("platform", "data")
BETTER = "higher"
NEEDS = ("usage",)
WITHOUT = "No usage log says how many GPU hours were allocated or used: DCGM metrics or Slurm jobs (docs/ingest/usage.md)."


LINES = (
    ("GPU hours used of paid", "used", "paid"),
    ("GPU hours used of allocated", "used", "allocated"),
    ("GPU hours allocated of paid", "allocated", "paid"),
)


def parts(facts: Facts) -> list[Part]:
    """Lines of the pairs of hours that are known; hours paid are the bill's where it has them."""
    used = facts.usage
    if used is None:
        return []
    hours = {
        name: by_date(used[used["SkuMeter"].eq(f"gpu_hours_{name}")])
        for name in ("used", "allocated", "paid")
    }
    counted, _ = gpu_money(facts.daily)
    billed = by_day(facts.daily[counted], "ConsumedQuantity")
    hours["paid"] = billed if (billed > 0).any() else hours["paid"]
    return [
        Part(title, UNIT, hours[above], hours[below][hours[below] > 0], better=BETTER)
        for title, above, below in LINES
        if len(hours[above]) and len(hours[below])
    ]
