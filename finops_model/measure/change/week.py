"""What moved in a week: the newest seven days against the weeks before, workload by workload, to the cent (docs/method §12.22)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from ..anomalies.parts import Attribution, attribute, owner
from ..bridge.lines import coins

WEEK, WEEKS = 7, 4  # days of a week; weeks before it that stand for the usual one
LEAST_SHARE = 0.10  # of its usual week: a smaller change is no mover
LEAST_OF_WEEK = 0.01  # of the company's usual week: nor is one of less money
MOST = 10


@dataclass(frozen=True)
class Mover:
    """One workload whose week was unlike its usual one; money in the ledger's currency."""

    workload: str
    cost: float  # of the week
    usual: float  # of a week before it, on average
    change: Decimal  # in whole coins
    parts: Attribution
    business_unit: str
    team: str


@dataclass(frozen=True)
class Week:
    """The week: what it cost, what the usual one costs, and who moved; movers and `rest` add up to `change`."""

    first: str
    last: str
    weeks: int  # that stand for the usual one; 0: too few days, nothing is said
    cost: Decimal
    usual: Decimal
    movers: tuple[Mover, ...]
    rest: Decimal

    @property
    def change(self) -> Decimal:
        """Cost less usual."""
        return self.cost - self.usual


def week_of(rows: pd.DataFrame, last: str, currency: str, floor: float | None = None) -> Week:
    """The week that ends on a day, against the mean of up to four whole weeks before it.

    Whole weeks on both sides, so that every weekday counts the same. floor: least money of a change; None: 1 % of the usual week.

    rows   DAILY cost rows without corrections; later days are not looked at

    >>> days = pd.date_range("2026-01-01", periods=35)
    >>> names = {name: "" for name in ("x_BusinessUnit", "x_Team", "ServiceName", "SkuId", "SkuMeter", "ConsumedUnit")}
    >>> bill = pd.DataFrame({"ChargeDate": days, "x_Workload": "chat", "ConsumedQuantity": 0.0, "EffectiveCost": [1.0] * 28 + [3.0] * 7, **names})
    >>> week = week_of(bill, "2026-02-04", "USD")
    >>> week.first, str(week.cost), str(week.usual), [(one.workload, str(one.change)) for one in week.movers]
    ('2026-01-29', '21.00', '7.00', [('chat', '14.00')])
    """
    end = pd.Timestamp(last)
    first = end - pd.Timedelta(days=WEEK - 1)
    day = rows["ChargeDate"]
    zero = Decimal(0)
    known = int((first - day.min()).days) // WEEK if len(rows) else 0
    weeks = max(min(known, WEEKS), 0)
    start = str(first.date())
    if not weeks:
        return Week(start, last, 0, zero, zero, (), zero)
    begin = first - pd.Timedelta(days=WEEK * weeks)
    span = rows[(day >= begin) & (day <= end)]
    here = span["ChargeDate"] >= first
    cost = span[here].groupby("x_Workload", observed=True)["EffectiveCost"].sum()
    usual = span[~here].groupby("x_Workload", observed=True)["EffectiveCost"].sum() / weeks
    both = pd.DataFrame({"cost": cost, "usual": usual}).fillna(0.0)
    total, before = (coins(float(np.sort(both[name]).sum()), currency) for name in both)
    least = LEAST_OF_WEEK * max(float(before), 0.0) if floor is None else floor
    change = both["cost"] - both["usual"]
    material = change[
        (change.abs() >= max(least, 0.005)) & (change.abs() >= LEAST_SHARE * both["usual"])
    ]
    order = material.abs().sort_values(ascending=False, kind="stable").index[:MOST]
    movers = []
    for name in order:
        mine = span[span["x_Workload"] == name]
        now = mine[mine["ChargeDate"] >= first]
        who = owner(now if len(now) else mine)
        excess = float(change[name])
        movers.append(
            Mover(
                str(name),
                float(both.loc[name, "cost"]),
                float(both.loc[name, "usual"]),
                coins(excess, currency),
                attribute(mine, start, last, excess),
                who["business_unit"],
                who["team"],
            )
        )
    rest = total - before - sum((one.change for one in movers), zero)
    return Week(start, last, weeks, total, before, tuple(movers), rest)
