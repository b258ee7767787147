"""Shared cost in words: how a pool is given out, who bears it, what stays central (docs/method §13.64)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

HOW = {
    "even": "evenly",
    "proportional": "in proportion to own cost",
    "fixed": "by fixed shares",
    "usage": "by use",
}
KINDS = {"own": "Own cost", "shared": "Shared cost received", "idle": "Idle capacity"}
KINDS |= {"unused": "Unused commitment", "total": "Total"}
NO_TEAM, CENTRAL = "no team", "central (nobody bears it)"


def pools(shared: Mapping, currency: str) -> str:
    """Whose cost is given out, and how; '' where only idle capacity or commitments are.

    >>> pools({"pools": [{"pool": "ml-platform", "used": "even", "cost": "1200.50"}]}, "USD")
    'Given out to the other teams: ml-platform 1,200.50 USD, evenly.'
    """
    each = [
        f"{one['pool']} {amount(one['cost'])} {currency}, {HOW[one['used']]}"
        for one in shared["pools"]
    ]
    return f"Given out to the other teams: {'; '.join(each)}." if each else ""


def kinds(shared: Mapping) -> list[str]:
    """Keys of the columns that any team has an amount in; own, shared and total always.

    >>> kinds({"lines": [{"idle": "0.00", "unused": "-1.00"}]})
    ['own', 'shared', 'unused', 'total']
    """
    used = {kind for kind in ("idle", "unused") for one in shared["lines"] if Decimal(one[kind])}
    return [kind for kind in KINDS if kind in used or kind in ("own", "shared", "total")]


def amount(text: str) -> str:
    """An amount of the brief, with thousands separators.

    >>> amount("-1234.50")
    '−1,234.50'
    """
    return f"{Decimal(text):,f}".replace("-", "−")


def total(shared: Mapping, kind: str) -> str:
    """A column added up, exact.

    >>> total({"lines": [{"own": "1.10"}, {"own": "2.20"}]}, "own")
    '3.30'
    """
    return f"{sum((Decimal(line[kind]) for line in shared['lines']), Decimal(0)):f}"
