"""Prepaid: what commitments cost up front, month by month into cost by what the bill amortises (docs/method §14.24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pandas as pd

from ...periods import months_between
from .rows import Row, add, fall, total
from .types import ZERO, Cell, Key, coin, in_cents

LONG = 31  # days: an up-front fee spread over more of them says its term
GONE = ("terminated", "cancelled", "canceled", "expired")
ROLL = [
    "Entity",
    "InvoiceIssuerName",
    "CommitmentDiscountId",
    "Currency",
    "Opening",
    "Bought",
    "Amortised",
    "WrittenOff",
    "Closing",
    "TermEnd",
]
Name = tuple[str, str, str]  # issuer, currency, commitment


@dataclass
class Commitment:
    """What the bill says of a commitment that was paid up front, up to a day.

    fees        billing period -> money up front;  buyers: who bought it
    used        service month -> who bears it -> cost less what was billed for it then: what the fee pays
    end         first day after the term, YYYY-MM-DD; "" where nobody says it
    """

    fees: dict[str, Decimal] = field(default_factory=dict)
    buyers: dict[Cell, Decimal] = field(default_factory=dict)
    used: dict[str, dict[Cell, Decimal]] = field(default_factory=dict)
    end: str = ""


@dataclass(frozen=True)
class Run:
    """How a commitment ran down, in coins.

    amortised     service month -> who bears it -> money;  exact: the same before it fell into coins
    written_off   service month -> who bears it -> what was never used
    """

    amortised: dict[str, dict[Cell, Decimal]]
    exact: dict[str, dict[Cell, Decimal]]
    written_off: dict[str, dict[Cell, Decimal]]


def commitments(
    rows: Iterable[Row], last: str, ends: Mapping[str, str] | None = None
) -> dict[Name, Commitment]:
    """The commitments of a ledger that were paid up front; use up to `last`, fees of all days.

    ends    commitment -> first day after its term, or after it was terminated; others end where their fee is spread to
    """
    rows = list(rows)
    names = {(row.issuer, row.currency, row.commitment) for row in rows if row.fee}
    found: dict[Name, Commitment] = {name: Commitment() for name in sorted(names)}
    spread: dict[Name, list[str]] = {}
    for row in rows:
        one = found.get((row.issuer, row.currency, row.commitment))
        if one is None:
            continue
        if row.fee:
            add(one.fees, row.billing, row.fee)
            add(one.buyers, Cell(row.team, row.activity), row.fee)
            spread.setdefault((row.issuer, row.currency, row.commitment), []).append(row.day)
        elif row.day <= last and row.category not in ("Tax", "Credit"):
            add(
                one.used.setdefault(row.day[:7], {}),
                Cell(row.team, row.activity),
                row.effective - row.billed,
            )
    for name, one in found.items():
        first, until = min(spread[name]), max(spread[name])
        if known := (ends or {}).get(name[2]):
            one.end = known
        elif np.datetime64(until) - np.datetime64(first) >= np.timedelta64(LONG, "D"):
            one.end = str(np.datetime64(until, "D") + 1)
    return found


def run_down(name: Name, one: Commitment, bought: Decimal, last: str) -> Run:
    """What of a booked fee has become cost up to `last`: what the bill amortises, and of that never more than was booked.

    What has gone until each month is rounded, so that the last month takes the cents; what is left when the term is over is
    written off, unless it is the cents of rounding, a coin a month at most.

    bought    money up front in coins that is booked
    """
    currency, most, gone, used, sofar = name[1], max(bought, ZERO), ZERO, ZERO, ZERO
    amortised: dict[str, dict[Cell, Decimal]] = {}
    exact: dict[str, dict[Cell, Decimal]] = {}
    for month in sorted(one.used):
        whole = total(one.used[month].values())
        used += whole
        until = min(max(in_cents(used, currency), ZERO), most)
        now = min(max(used, ZERO), most)
        part = (now - sofar) / whole if whole else Decimal(1)
        exact[month] = {cell: value * part for cell, value in one.used[month].items()}
        amortised[month] = fall(until - gone, exact[month], currency)
        gone, sofar = until, now
    rest = bought - gone
    written_off: dict[str, dict[Cell, Decimal]] = {}
    if rest and one.end and one.end <= _after(last):
        month = str(np.datetime64(one.end, "D") - 1)[:7]
        newest = max((each for each in one.used if each <= month), default="")
        term = months_between(min([*one.fees, *one.used]), month) + 1
        if newest and abs(rest) <= coin(currency) * max(term, 1):
            cells = dict(amortised.get(newest, {}))
            for cell, part in fall(rest, one.used[newest], currency).items():
                add(cells, cell, part)
            amortised[newest] = {cell: value for cell, value in cells.items() if value}
        else:
            written_off[month] = fall(rest, one.buyers, currency)
    return Run({k: v for k, v in amortised.items() if v}, exact, written_off)


def _after(day: str) -> str:
    return str(np.datetime64(day, "D") + 1)


def ends_of(inventory: Iterable) -> dict[str, str]:
    """{commitment: first day after its term} of an inventory (`facts.plans.read.read_commitments`)."""
    return {one.id: str(one.end) for one in inventory}


def roll_forward(
    entity: str,
    now: Mapping[Key, Decimal],
    before: Mapping[Key, Decimal],
    ends: Mapping[Name, str] | None = None,
) -> pd.DataFrame:
    """Opening + bought − amortised − written off = closing, by commitment, in coins; what was paid for days to come has lines of its own.

    now, before    cumulative amounts at the period's end, and as booked before it

    Returns ROLL: money Decimal; TermEnd YYYY-MM-DD, "" where nobody says it.
    """
    signs = {"bought": 1, "ahead": 1, "amortised": -1, "written off": -1}
    place = {
        "bought": "Bought",
        "ahead": "Bought",
        "amortised": "Amortised",
        "written off": "WrittenOff",
    }
    lines: dict[Name, dict[str, Decimal]] = {}
    for key in sorted({*now, *before}):
        if key.kind not in signs:
            continue
        line = lines.setdefault(
            (key.issuer, key.currency, key.reference),
            dict.fromkeys(("Opening", "Bought", "Amortised", "WrittenOff", "Closing"), ZERO),
        )
        then, today = before.get(key, ZERO), now.get(key, ZERO)
        line["Opening"] += signs[key.kind] * then
        line["Closing"] += signs[key.kind] * today
        if key.kind == "ahead" and today < then:  # days that have come
            line["Amortised"] += then - today
        else:
            line[place[key.kind]] += today - then
    rows = [
        {
            "Entity": entity,
            "InvoiceIssuerName": issuer,
            "CommitmentDiscountId": commitment,
            "Currency": currency,
            **{name: in_cents(value, currency) for name, value in line.items()},
            "TermEnd": (ends or {}).get((issuer, currency, commitment), ""),
        }
        for (issuer, currency, commitment), line in sorted(lines.items())
        if any(line.values())
    ]
    return pd.DataFrame(rows, columns=ROLL)
