"""Business value as ranges: what an initiative brings in a month, who says so, and the cost it needs (docs/method §16.60)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ...errors import InputError, listing, nearest
from ..intake.mapping import decimal_mark
from ..plans.sheet import Sheet
from .rows import own_rows

KINDS = ("revenue", "retention", "productivity", "other")
RANGE = ("low", "likely", "high")
MOST = Decimal(10) ** 15
NOBODY = ("unknown", "tbd", "tba", "n/a", "na", "none", "nobody", "?", "-", "–")


@dataclass(frozen=True, kw_only=True)
class Value:
    """One row of a table of values: incremental value of an initiative in a month, and the cost it needs in it."""

    initiative: str
    month: str  # YYYY-MM
    kind: str  # revenue, retention, productivity, other
    low: Decimal  # P10, money of the ledger's currency
    likely: Decimal  # P50
    high: Decimal  # P90
    owner: str
    cost: Decimal | None = None  # incremental cost of the month; None: not stated here
    workloads: tuple[str, ...] = ()  # whose cost, of the bill and simulated, is the cost
    cost_before: Decimal | None = None  # what those workloads cost a month without the initiative
    line: int = 0  # of the file


def read_values(
    path: str | os.PathLike,
    currency: str,
    entity: str = "",
    entities: Sequence[str] = (),
) -> list[Value]:
    """The values of a file: initiative, month, kind, low, likely, high, owner; perhaps cost, workloads, cost_before, currency, entity.

    Raises InputError with file, line and column: a row without a month or an owner, a kind that is none, a range
    that is not in order, a blank number, another currency, an initiative and kind twice in a month.
    """
    sheet = Sheet(path, "a file of values")
    mine = own_rows(sheet, entity, entities)
    text = {name: sheet.cells(name) for name in ("initiative", "kind", "owner", "month")}
    months = sheet.column("month")
    number = {name: _numbers(sheet, name, mine) for name in RANGE}
    perhaps = {name: _numbers(sheet, name, mine, needed=False) for name in ("cost", "cost_before")}
    named = sheet.cells("workloads", needed=False)
    codes = sheet.cells("currency", needed=False)
    rows: list[Value] = []
    first: dict[tuple[str, str, str], int] = {}
    for i in mine:
        for name in ("initiative", "month", "owner"):
            if not text[name][i]:
                raise InputError(f"{sheet.at(i, name)}: is empty. {_WRITE[name]}")
        if text["owner"][i].casefold() in NOBODY:
            raise InputError(
                f"{sheet.at(i, 'owner')}: '{text['owner'][i]}' is nobody. A value has an owner who answers for its range: "
                "write a person or a team."
            )
        if codes[i] and codes[i].upper() != currency:
            raise InputError(
                f"{sheet.at(i, 'currency')}: '{codes[i][:20]}', and the ledger is in {currency}. State the value in {currency}."
            )
        kind = text["kind"][i].casefold()
        if kind not in KINDS:
            near = nearest(kind, KINDS)
            hint = f" Did you mean '{near}'?" if near else ""
            raise InputError(
                f"{sheet.at(i, 'kind')}: unknown kind '{text['kind'][i][:40]}'.{hint} Known: {listing(KINDS)}."
            )
        month = sheet.month(i, months, text["month"][i])
        ends: list[Decimal] = [number[end][i] or Decimal(0) for end in RANGE]  # all are there
        for end, amount in zip(RANGE, ends, strict=True):
            if abs(amount) >= MOST:
                raise InputError(
                    f"{sheet.at(i, end)}: an amount of 10^{amount.adjusted()} or more is no value of a month. Write what it is."
                )
        low, likely, high = ends
        if not low <= likely <= high:
            raise InputError(
                f"{sheet.at(i, 'low')}: low {low:,}, likely {likely:,}, high {high:,} are not in order. Write low ≤ likely ≤ high: "
                "one in ten outcomes below low, half below likely, one in ten above high."
            )
        again = (text["initiative"][i].casefold(), month, kind)
        if again in first:
            raise InputError(
                f"{sheet.at(i, 'month')}: '{text['initiative'][i]}' has {kind} of {month} twice, first in line "
                f"{sheet.lines[first[again]]}. Keep one of them."
            )
        first[again] = i
        workloads = tuple(
            word.strip() for word in named[i].replace(";", ",").split(",") if word.strip()
        )
        before = perhaps["cost_before"][i]
        if before is not None and not workloads:
            raise InputError(
                f"{sheet.at(i, 'cost_before')}: is {before:,}, and no workloads are named whose cost it is. Write workloads, or take it out."
            )
        rows.append(
            Value(
                initiative=text["initiative"][i],
                month=month,
                kind=kind,
                low=low,
                likely=likely,
                high=high,
                owner=text["owner"][i],
                cost=perhaps["cost"][i],
                workloads=workloads,
                cost_before=before,
                line=sheet.lines[i],
            )
        )
    return rows


_WRITE = {
    "initiative": "Name what brings the value.",
    "month": "A value is of a month: write it as 2026-10.",
    "owner": "A value has an owner who answers for its range: write a person or a team.",
}


def _numbers(
    sheet: Sheet, name: str, mine: Sequence[int], needed: bool = True
) -> dict[int, Decimal | None]:
    """Row -> number of a column; a blank is None where the column need not be filled. Costs are 0 or more."""
    column = sheet.column(name) if needed else sheet.find(name)
    if column is None:
        return dict.fromkeys(mine)
    cells = sheet.cells(column)
    mark, _ = decimal_mark(cells, sheet.name, column, sheet.frame.attrs["typed"])
    return {
        i: None
        if not cells[i] and not needed
        else sheet.number(i, column, cells[i], mark, negative=needed)
        for i in mine
    }
