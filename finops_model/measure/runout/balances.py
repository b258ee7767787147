"""When balances, credits and commitments of an amount are used up (docs/method §9.22).

Use that several of them pay for is paid in the order in which credits pay (`prices.terms.credits.ordered`), path by path and day by day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import ForecastError, together
from ...facts.plans.balances import Balance
from ...prices.terms.credits import Credit, draw, ordered
from ...uncertainty.chances import runout
from ...units import spell
from ...wording import day
from ...wording.runout import EXPIRES, REFILLED
from .rows import Ahead, answered, horizon_of, how_of, row
from .types import RunoutRow

AFTER = 30  # days after it ran out of which `short` tells the cost, where no end is stated


def balance_rows(
    balances: list[Balance], daily: pd.DataFrame, as_of: str, settings
) -> list[RunoutRow]:
    """A row for each balance, in their order. daily: DAILY up to as_of."""
    rows = daily[daily["ChargeCategory"] == "Usage"]
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(as_of)]
    found: dict[str, RunoutRow] = {}
    for unit in dict.fromkeys(one.unit for one in balances):
        mine = [one for one in balances if one.unit == unit]
        part = rows if unit == settings.currency else rows[_is(rows, unit)]
        column = "EffectiveCost" if unit == settings.currency else "ConsumedQuantity"
        first_day = str(daily["ChargeDate"].min().date())
        how = how_of(settings, daily, as_of)
        found |= _of_unit(mine, part, column, first_day, as_of, how, settings.currency)
    return [found[one.entry.name] for one in balances]


def _is(rows: pd.DataFrame, unit: str) -> pd.Series:
    spelled = {each: spell(each) for each in set(rows["ConsumedUnit"]) if each}
    return rows["ConsumedUnit"].map(spelled).fillna("") == unit


def _of_unit(balances, rows, column, first_day, as_of, how, currency) -> dict[str, RunoutRow]:
    """Rows by name of all balances in one unit."""
    made: dict[str, RunoutRow] = {}
    live: list[tuple[Balance, Credit]] = []
    for one in balances:
        credit, why = _known(one, first_day, as_of)
        if credit is None:
            made[one.entry.name] = row(currency, as_of, **_said(one), state="not known", why=why)
        else:
            live.append((one, credit))
    if not live:
        return made

    cells = _cells([one for one, _ in live], rows, column)
    horizon = horizon_of(
        as_of, [end for one, _ in live for end in (one.entry.last_day, one.entry.next_topup)]
    )
    first = min([as_of, *(str(credit.valid()[0]) for _, credit in live)])
    ahead: dict[tuple, Ahead] = {}
    failed: dict[tuple, str] = {}
    for cell, used in cells.items():
        try:
            ahead[cell] = Ahead(used, as_of, first, horizon, how)
        except ForecastError as problem:
            failed[cell] = str(problem).rstrip(".")
    names = list(ahead)
    dates = np.arange(
        np.datetime64(first), np.datetime64(as_of) + 1 + horizon, dtype="datetime64[D]"
    )
    unpaid = (  # a refund is no use
        np.maximum(np.stack([ahead[cell].whole() for cell in names], axis=-1), 0.0)
        if names
        else np.zeros((1, len(dates), 1))
    )
    drawn: list[tuple[Balance, dict, list[int]]] = []
    for k in ordered([credit for _, credit in live]):
        one, credit = live[k]
        wrong = [why for cell, why in failed.items() if cell[k]]
        if wrong:
            made[one.entry.name] = row(
                currency, as_of, **_said(one), state="not known", why=wrong[0]
            )
            continue
        pays = [i for i, cell in enumerate(names) if cell[k]]
        facts, unpaid = _drawn(one, credit, unpaid, pays, dates, as_of)
        facts["per_day"] = sum(ahead[names[i]].per_day for i in pays)
        drawn.append((one, facts, pays))
    for one, facts, pays in drawn:
        if one.unit == currency and pays and facts["state"] in ("running", "out"):
            facts["short"] = _short(facts, unpaid[..., pays], dates, as_of)
        made[one.entry.name] = row(currency, as_of, **_said(one), **facts)
    return made


def _short(facts: dict, unpaid: np.ndarray, dates: np.ndarray, as_of: str) -> float | None:
    """Money of use that no balance pays for, median over paths: since it ran out, or between its likely day and its end (else a month)."""
    if facts["likely"] is None:
        return None
    stop = facts["end"] or str(np.datetime64(facts["likely"]) + AFTER)
    inside = (dates > np.datetime64(as_of)) & (dates <= np.datetime64(stop))
    if facts["state"] == "out":
        inside = (dates >= np.datetime64(facts["likely"])) & (dates <= np.datetime64(as_of))
    money = float(np.median(unpaid[:, inside].sum(axis=(1, 2))))
    return money if money >= 0.005 else 0.0  # rests of floats are no money


def _known(one: Balance, first_day: str, as_of: str) -> tuple[Credit | None, str]:
    """The balance as a credit from the day on which its amount is known; None with why where it is not known on as_of."""
    entry = one.entry
    stated = entry.left is not None and str(entry.left_on) <= as_of
    if not stated and (entry.amount is None or entry.start is None):
        return None, f"what is left is stated for {day(str(entry.left_on))}, after {day(as_of)}"
    amount = entry.left if stated else entry.amount
    begin = str(np.datetime64(entry.left_on) + 1) if stated else str(entry.start)
    if stated and entry.start and entry.start > begin:
        begin = entry.start
    if begin < first_day:
        return None, (
            f"the ledger begins on {day(first_day)}, and what was used from {day(begin)} on is not in it; "
            "state left and left_on"
        )
    void = str(np.datetime64(entry.last_day) + 1) if entry.last_day else None
    return Credit(float(amount or 0.0), entry.name, begin, void), ""


def _cells(balances: list[Balance], rows: pd.DataFrame, column: str) -> dict[tuple, pd.Series]:
    """{which balances pay for it: daily use}: use that no balance pays for is left out."""
    marks = np.stack([one.mask(rows).to_numpy(bool) for one in balances], axis=1)
    cells: dict[tuple, pd.Series] = {}
    for cell in sorted({tuple(map(bool, mark)) for mark in marks}, reverse=True):
        if any(cell):
            mine = rows[(marks == np.array(cell)).all(axis=1)]
            cells[cell] = mine.groupby("ChargeDate")[column].sum().sort_index()
    return cells


def _said(one: Balance) -> dict:
    """What a row takes from the entry as it stands."""
    entry = one.entry
    names = [value for _, values in one.covers for value in values]
    return {
        "kind": entry.kind,
        "name": entry.name,
        "of": together(names) if names else "all use",
        "unit": one.unit,
        "owner": entry.owner,
        "amount": entry.amount,
    }


def _drawn(
    one: Balance, credit: Credit, unpaid: np.ndarray, pays: list[int], dates: np.ndarray, as_of: str
) -> tuple[dict, np.ndarray]:
    """What the row of one balance says, and what is unpaid after it (path, day, cell)."""
    entry, names = one.entry, [str(i) for i in range(unpaid.shape[-1])]
    begin, void = credit.valid()
    inside = (dates >= begin) & (dates < void)
    mine = unpaid[..., pays].sum(axis=-1) * inside if pays else np.zeros(unpaid.shape[:2])
    named = [str(date) for date in dates]
    topup = str(np.datetime64(entry.next_topup) - 1) if entry.next_topup else None
    end, ends_with = min([(topup or "9999", REFILLED), (entry.last_day or "9999", EXPIRES)])
    known_end = None if end == "9999" else end
    if void <= np.datetime64(as_of) + 1:
        known_end, ends_with = entry.last_day, EXPIRES
    shown = dates < max(void, np.datetime64(as_of) + 1)  # after its last day it cannot run out
    out = runout(credit.amount, mine[:, shown], [str(date) for date in dates[shown]])
    facts = answered(out, as_of, known_end)

    after = unpaid
    taken = np.zeros_like(mine)
    if pays:
        paying = Credit(
            credit.amount, credit.id, credit.start, credit.expires, tuple(names[i] for i in pays)
        )
        done = draw([paying], unpaid, named, names)
        taken, after = done.drawn[..., 0], unpaid - done.by_service
    past = np.array(named) <= as_of
    left = credit.amount - taken[:, past].sum(axis=1)
    facts |= {"remaining": float(np.median(left)), "since": str(begin)}
    if void <= np.datetime64(as_of) + 1 and facts["state"] != "out":
        facts |= {"state": "ended", "earliest": None, "likely": None, "latest": None}
        facts |= {"chance": None, "unused": float(np.median(left))}
    elif entry.start and entry.start > as_of:
        facts["state"] = "not begun"
    if not pays and facts["state"] == "running":
        facts["why"] = "nothing of it has been used yet"
    if entry.last_day and as_of < entry.last_day <= named[-1] and ends_with == EXPIRES:
        rest = credit.amount - taken.sum(axis=1)
        some = rest > 1e-9 * max(credit.amount, 1.0)
        facts |= {"unused_chance": float(some.mean())}
        facts |= {"unused": float(np.median(rest[some])) if some.any() else 0.0}
    facts["ends_with"] = ends_with if known_end else ""
    return facts, after
