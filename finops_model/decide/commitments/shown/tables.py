"""The tables of `finops commit`: offers side by side, levels, how many, ladders, cash by month, replays (docs/method §8.80–§8.85)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ....errors import listing
from ....wording import chance
from ..answer import Recommendation, months
from .how_many import HowMany
from .levels import Level
from .options import now_of
from .table import ON_DEMAND, RECOMMENDED, Row, SideBySide, Steps


def options_table(table: SideBySide, rec: Recommendation) -> pd.DataFrame:
    rows, chosen = [], chosen_rows(table, rec)
    several = len({row.group for row in table.rows}) > 1
    for row in table.rows:
        first = row.first
        low, high = (float(x) for x in np.quantile(row.cost, (0.1, 0.9)))
        mine = {"covers": _covers(table, row)} if several else {}
        rows.append(
            {
                "option": ("▶ " if row.name in chosen else "") + row.name,
                **mine,
                "bought": ", then ".join(f"{x:,.4g}" for x in row.held) or "–",
                "term": f"{row.offer.term_months:g} months" if row.offer else "–",
                "used": first.utilisation if first else None,
                "savings rate": first.savings_rate if first else None,
                "pays from use of": first.break_even_utilisation if first else None,
                "fee saved after": _after(first) if first and first.level > 0 else "–",
                "cost": float(row.cost.mean()),
                "P10": low,
                "P90": high,
                "paid on day one": _day_one(table, row),
                "NPV": row.npv,
            }
        )
    return pd.DataFrame(rows)


def _covers(table: SideBySide, row: Row) -> str:
    own = [row] if row.offer else [r for r in table.rows if r.group == row.group]
    skus = dict.fromkeys(
        sku for r in own if r.offer for sku in r.offer.covers(table.ask.usage.skus)
    )
    return listing(list(skus))


def _day_one(table: SideBySide, row: Row) -> float:
    first = row.dates == np.datetime64(table.ask.start, "D")
    return float(row.cash[first].sum())


def _after(level: Level) -> str:
    """Months of use that save the whole fee."""
    return months(np.inf if level.break_even_months is None else level.break_even_months)


def chosen_rows(table: SideBySide, rec: Recommendation) -> set[str]:
    """Rows that are what is recommended."""
    bought = [p for p in rec.purchases if p.quantity > 0]
    mixed = any(row.name == RECOMMENDED for row in table.rows)
    names = {p.name for p in bought}
    if mixed:
        return {RECOMMENDED, *(n for n in names if table.row(n).group not in _mixed(table))}
    return names if names else {ON_DEMAND}


def _mixed(table: SideBySide) -> set[int]:
    return {row.group for row in table.rows if row.name == RECOMMENDED}


def levels_table(table: SideBySide, rec: Recommendation) -> pd.DataFrame:
    rows = []
    first = now_of(table.ask, rec)
    for name, levels in table.curves.items():
        best = table.row(name).held[0]
        for x in levels:
            marks = [
                word
                for word, level in (("best alone", best), ("recommended", first.get(name)))
                if level == x.level
            ]
            rows.append(
                {
                    "offer": name,
                    "level": x.level,
                    "mark": ("◀ " + ", ".join(marks)) if marks else "",
                    "committed": x.committed,
                    "used": x.utilisation,
                    "used, P10": x.utilisation_p10,
                    "savings rate": x.savings_rate,
                    "pays from use of": x.break_even_utilisation,
                    "last unit used": x.last_unit,
                    "fee saved after": "–" if x.level <= 0 else _after(x),
                    "cost": x.cost,
                    "P10": x.cost_p10,
                    "P90": x.cost_p90,
                    "saves": x.saving,
                    "loses": chance(x.loses) if x.level > 0 else "–",
                    "paid on day one": x.upfront,
                }
            )
    return pd.DataFrame(rows)


def answers_table(answers: Sequence[HowMany]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "who says": one.source,
                "level": one.quantity,
                "unit": one.unit,
                "term": f"{one.months:g} months",
                "saves a year": one.saves_a_year,
                "savings rate": one.savings_rate,
                "last unit used": one.last_unit,
                "pays from use of": one.pays_from,
                "why": one.reason,
            }
            for one in answers
        ],
        columns=[
            "who says",
            "level",
            "unit",
            "term",
            "saves a year",
            "savings rate",
            "last unit used",
            "pays from use of",
            "why",
        ],
    )


def ladders_table(table: SideBySide) -> pd.DataFrame:
    rows = []
    for one in table.ladders:
        low, high = (float(x) for x in np.quantile(one.cost, (0.1, 0.9)))
        at_once = next(x for x in table.ladders if x.offer == one.offer and x.steps == 1)
        rows.append(
            {
                "offer": one.offer,
                "bought": "at once" if one.steps == 1 else f"in {one.steps} steps",
                "held": " → ".join(f"{x:,.4g}" for x in dict.fromkeys(one.held.tolist())),
                "cost": float(one.cost.mean()),
                "P10": low,
                "P90": high,
                "saves": float(at_once.cost.mean() - one.cost.mean()),
                "NPV": one.npv,
            }
        )
    return pd.DataFrame(
        rows, columns=["offer", "bought", "held", "cost", "P10", "P90", "saves", "NPV"]
    ).rename(columns={"saves": "saves against at once"})


def cash_by_month_table(table: SideBySide) -> pd.DataFrame:
    """What is paid in each month, mean of the paths: a column for every option, and for every ladder."""
    several = len({row.group for row in table.rows}) > 1
    ways: dict[str, Row | Steps] = {
        (f"{row.name} ({_covers(table, row)})" if several and not row.offer else row.name): row
        for row in table.rows
    }
    ways |= {f"{one.offer} in {one.steps} steps": one for one in table.ladders if one.steps > 1}
    every = sorted({str(day)[:7] for way in ways.values() for day in way.dates})
    frame = pd.DataFrame({"month": every})
    for name, way in ways.items():
        paid = dict.fromkeys(every, 0.0)
        for day, amount in zip(way.dates, way.cash, strict=True):
            paid[str(day)[:7]] += float(amount)
        frame[name] = [paid[month] for month in every]
    return frame


def replays_table(replays) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "replayed": replay.name,
                "rule": line.rule,
                "cost": line.cost,
                "saves": line.saving,
                "regret": line.regret,
                "level": float(line.held[-1]),
            }
            for replay in replays
            for line in replay.lines
        ]
    )
