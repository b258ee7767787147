"""What each team bears of October 2026: its own cost, and the platform's in proportion to it, in cents."""

import json

days = range(1, 32)
own = {
    "kyc": sum(6_000 + 100 * day + 1_000 for day in days),
    "aml": sum(3_000 + 50 * day for day in days),
}
shared = 31 * 2_500
whole = sum(own.values())
assert not any(shared * cost % whole for cost in own.values())  # whole cents: nothing is rounded


def money(cents: int) -> str:
    return f"{cents / 100:.2f}"


said = {"pool": money(shared), "total": money(whole + shared)}
for team, cost in own.items():
    part = shared * cost // whole
    said |= {
        f"{team} own": money(cost),
        f"{team} shared": money(part),
        f"{team} total": money(cost + part),
    }
print(json.dumps(said))
