"""`inventory`: FOCUS 1.4 Contract Commitment records together: cover, expiry cliffs, renewals, totals (tests/spec/contracts/README.md)."""

from finops_model.prices.terms import inventory as house

from . import known

GIVEN = {"as_of", "months", "proposed", "on_demand", "capacity", "within_days", "hours_per_month"}
BY_MONTH = (
    "dropped",
    "added",
    "cover_before",
    "cover_after",
    "fee_dropped",
    "on_demand_equivalent",
    "on_demand_per_month",
    "extra_per_month",
)


def evaluate(subject: list, given: dict) -> dict:
    known(given, GIVEN, "given of an inventory")
    held = house.inventory(subject, given.get("on_demand"), given.get("capacity"))
    months, proposed = given.get("months", []), given.get("proposed", False)
    rows = house.cliffs(held, months, proposed, given.get("hours_per_month", 730.0))
    result = {
        "ids": [item.id for item in held.items],
        "live": [item.id for item in held.live],
        "what_ifs": [item.id for item in held.proposed],
        "others": [item.id for item in held.others],
        "cliffs": rows,
        "cover": house.cover_by_month(held, months, proposed),
        "ends": {},
        "begins": {},
    }
    for key in BY_MONTH:
        result[key] = {}
        for row in rows:  # several pool units of a month add up only as money
            result[key][row["month"]] = result[key].get(row["month"], 0.0) + row[key]
    for row in rows:
        for key in ("ends", "begins"):
            result[key][row["month"]] = [*result[key].get(row["month"], []), *row[key]]
    if "as_of" in given:
        due = house.renewals(held, given["as_of"], given.get("within_days"))
        result |= {
            "renewals": [row["id"] for row in due],
            "days": {row["id"]: row["days"] for row in due},
            "successor": {row["id"]: row["successor"] for row in due},
        }
        sums = house.totals(held, given["as_of"], proposed)
        result |= {
            key: {row["unit"]: row[key] for row in sums}
            for key in ("count", "quantity", "fee_per_hour", "obligation", "unpaid")
        }
    return result
