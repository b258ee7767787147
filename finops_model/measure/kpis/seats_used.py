"""How many of the seats that are paid for somebody opens.

Source: FinOps for SaaS, licence utilisation; docs/method §16.23.
"""

from . import Facts, Part
from ._series import at_months

TITLE = "Seats in use"
FORMULA = "seats opened at least once in the month ÷ seats bought"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps Framework, Licensing and SaaS; docs/method §16.23"
PERSONA = ("finance", "platform")
BETTER = "higher"
NEEDS = ("seats",)
WITHOUT = "seats of finops.yaml names no file: month, workload, SkuId, bought, opened."


def parts(facts: Facts) -> list[Part]:
    """All seats together, then each workload that has some."""
    rows = facts.seats
    if rows is None or rows.empty:
        return []
    names = sorted(set(rows["workload"]))
    lines = [(TITLE, rows)] + [
        (f"{TITLE}, {name}", rows[rows["workload"] == name]) for name in names if len(names) > 1
    ]
    return [
        Part(
            title,
            UNIT,
            at_months(own.groupby("month")["opened"].sum().to_dict()),
            at_months(own.groupby("month")["bought"].sum().to_dict()),
            better=BETTER,
            step="month",
        )
        for title, own in lines
    ]
