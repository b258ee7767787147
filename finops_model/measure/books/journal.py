"""The journal of a period: what the books should hold now less what was booked before (docs/method §14.26–§14.28).

Accruals of the period before are taken back at their own amounts and rates; everything else is booked as its change, so that a late
invoice, a bill delivered again and a rate that changed are booked in the open period, and closed journals never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from ...errors import InputError
from ...periods import Period
from .accounts import Accounts
from .accrual import Accrual
from .lines import Valued, Writer
from .rows import total
from .types import ZERO, AccrualEntry, Booked, Group, Key, Line, entry_id, frame_of, line_of


@dataclass(frozen=True)
class Journal:
    """The entries of a period, of one entity, and what they book by key.

    entries     each a tuple of lines that balance, in the entity's currency and in the base currency
    positions   what they add to what was booked before, by key: money, money in the base currency
    opening     what this close takes over, where it is the first
    reversed    ids of the entries of accruals that are taken back
    number      how many journals the period had before
    accruals    those that this journal books
    """

    period: Period
    entity: str
    entries: tuple[tuple[Line, ...], ...]
    positions: Mapping[Key, tuple[Decimal, Decimal]]
    opening: Mapping[Key, Decimal]
    reversed: tuple[str, ...]
    accruals: tuple[AccrualEntry, ...]
    number: int = 0

    @property
    def lines(self) -> pd.DataFrame:
        """COLUMNS: a row a line."""
        return frame_of(self.entries, self.period.name, self.entity, self.number)

    @property
    def ids(self) -> tuple[str, ...]:
        """Id of each entry, in their order."""
        name = self.period.name
        return tuple(entry_id(lines, name, self.entity, self.number) for lines in self.entries)


def journal(
    accrual: Accrual,
    accounts: Accounts,
    rates: Any = None,
    *,
    fingerprint: str = "",
    where: str = "accounts.yaml",
) -> Journal:
    """The journal of a period.

    Parameters
    ----------
    accrual : Accrual
        Of the period (`accrual.accrue`).
    accounts : Accounts
        The company's (`accounts.read_accounts`).
    rates : Rates, optional
        Rates into the company's currency (`rates.rates_of`); None: the entity's currency is the company's.
    fingerprint : str, optional
        Of the ledger, for SourceRows.
    where : str, optional
        The file of the accounts, for messages.

    Returns
    -------
    Journal
        Debits equal credits in every entry, in both currencies.

    Raises
    ------
    InputError
        An account that nobody wrote.
    PriceError
        A rate that is missing.

    Source
    ------
    docs/method §14.26.

    Examples
    --------
    >>> import numpy as np
    >>> from finops_model.facts.daily.charges import CHARGES
    >>> from finops_model.measure.books.accrual import accrue
    >>> first, after = np.datetime64("2026-10-01"), np.datetime64("2026-11-01")
    >>> october = Period("2026-10", "FY2026", "FY2026-Q4", 10, first, after)
    >>> made = journal(accrue(pd.DataFrame(columns=CHARGES), None, october), Accounts())
    >>> made.entries, made.lines.columns[0]
    ((), 'EntryId')
    """
    valued = Valued(accrual, rates)
    write = Writer(accrual, accounts, valued, fingerprint, where)
    entries: list[tuple[Line, ...]] = []
    taken_back, undone = _reversals(accrual)
    entries += undone
    positions = valued.changes()
    for kinds in (
        ("expense", "payable", "tax", "ahead", "bought"),
        ("amortised",),
        ("written off",),
        ("rounding",),
    ):
        own: dict[tuple[str, str], list[Line]] = {}
        for key, (amount, base) in sorted(positions.items()):
            if key.kind in kinds and (amount or base):
                own.setdefault((key.issuer, key.currency), []).extend(
                    write.change(key, amount, base)
                )
        entries += [write.balanced(lines) for _, lines in sorted(own.items())]
    accruals = _accruals(accrual, write)
    entries += [one.lines for one in accruals]
    return Journal(
        accrual.period,
        accrual.entity,
        tuple(lines for lines in entries if lines),
        positions,
        accrual.opening,
        taken_back,
        tuple(accruals),
        accrual.booked.numbers.get(accrual.period.name, 0),
    )


def _reversals(accrual: Accrual) -> tuple[tuple[str, ...], list[tuple[Line, ...]]]:
    """Accruals of earlier periods, taken back on the period's first day."""
    date, ids, entries = str(accrual.period.start), [], []
    for one in accrual.booked.accruals:
        if one.period == accrual.period.name:
            continue
        ids.append(entry_id(one.lines, one.period, accrual.entity, one.number))
        text = f"Reversal of the accrual of {one.period}"
        entries.append(tuple(line.reversed(date, text) for line in one.lines))
    return tuple(ids), entries


def _accruals(accrual: Accrual, write: Writer) -> list[AccrualEntry]:
    """The accruals of the period; what of them an earlier journal of the same period has booked is not booked again."""
    there: dict[Group, list[Line]] = {}
    for one in accrual.booked.accruals:
        if one.period == accrual.period.name:
            there.setdefault(one.group, []).extend(one.lines)
    out = []
    for group in sorted({*accrual.accrued, *there}):
        cells = accrual.accrued.get(group, {})
        lines = write.accrued(group, cells) if cells else ()
        if group in there:
            lines = _less(lines, there[group])
        if lines:
            old = total(
                one.amount
                for one in accrual.booked.accruals
                if one.period == accrual.period.name and one.group == group
            )
            out.append(
                AccrualEntry(accrual.period.name, group, total(cells.values()) - old, tuple(lines))
            )
    return out


def _less(lines: Sequence[Line], there: Sequence[Line]) -> tuple[Line, ...]:
    """What lines have beyond those that are booked; () where they are the same."""
    sums: dict[Line, list[Decimal]] = {}
    for sign, some in ((1, lines), (-1, there)):
        for line in some:
            bare = Line(
                **{**line.__dict__, "amount": ZERO, "base": ZERO, "rows": "", "text": line.text}
            )
            pair = sums.setdefault(bare, [ZERO, ZERO])
            pair[0] += sign * line.amount
            pair[1] += sign * line.base
    return tuple(
        Line(**{**bare.__dict__, "amount": amount, "base": base})
        for bare, (amount, base) in sums.items()
        if amount or base
    )


def totals(made: Journal) -> dict[str, Any]:
    """What a journal has booked, as plain data for the store: `booked` reads it.

    Parameters
    ----------
    made : Journal
        Of a period.

    Returns
    -------
    dict
        Period, entity, positions by key, accruals with their lines; money is text.

    Examples
    --------
    >>> import numpy as np
    >>> from finops_model.facts.daily.charges import CHARGES
    >>> from finops_model.measure.books.accrual import accrue
    >>> first, after = np.datetime64("2026-10-01"), np.datetime64("2026-11-01")
    >>> october = Period("2026-10", "FY2026", "FY2026-Q4", 10, first, after)
    >>> made = journal(accrue(pd.DataFrame(columns=CHARGES), None, october), Accounts())
    >>> totals(made)["period"], totals(made)["positions"]
    ('2026-10', [])
    """
    return {
        "period": made.period.name,
        "start": str(made.period.start),
        "end": str(made.period.end),
        "entity": made.entity,
        "number": made.number,
        "positions": [
            [*key, str(amount), str(base)]
            for key, (amount, base) in sorted(made.positions.items())
            if amount or base
        ],
        "opening": [[*key, str(amount)] for key, amount in sorted(made.opening.items())],
        "reversed": list(made.reversed),
        "accruals": [
            {
                "period": one.period,
                "group": list(one.group),
                "amount": str(one.amount),
                "lines": [line.as_dict() for line in one.lines],
            }
            for one in made.accruals
        ],
    }


def booked(journals: Iterable[Mapping[str, Any]]) -> Booked:
    """What journals have booked together.

    Parameters
    ----------
    journals : iterable of mapping
        Plain data of `totals`: those of one entity, in the order in which they were booked.

    Returns
    -------
    Booked
        For the next `accrual.accrue`.

    Raises
    ------
    InputError
        Journals of several entities.

    Examples
    --------
    >>> booked([]).first, booked([]).accruals
    ('', ())
    """
    positions: dict[Key, tuple[Decimal, Decimal]] = {}
    opening: dict[Key, Decimal] = {}
    accruals: dict[str, list[AccrualEntry]] = {}
    numbers: dict[str, int] = {}
    last, first, entities = ("", ""), "", set()
    for one in journals:
        entities.add(one["entity"])
        if len(entities) > 1:
            raise InputError(
                f"journals of {' and of '.join(sorted(entities))} are not added up; give those of one entity."
            )
        for *key, amount, base in one["positions"]:
            old = positions.get(Key(*key), (ZERO, ZERO))
            positions[Key(*key)] = (old[0] + Decimal(amount), old[1] + Decimal(base))
        opening |= {Key(*key): Decimal(amount) for *key, amount in one["opening"]}
        for name in one["reversed"]:
            accruals.pop(name, None)
        for each in one["accruals"]:
            lines = tuple(line_of(line) for line in each["lines"])
            entry = AccrualEntry(
                each["period"],
                Group(*each["group"]),
                Decimal(each["amount"]),
                lines,
                one.get("number", 0),
            )
            own = entry_id(lines, entry.period, one["entity"], entry.number)
            accruals.setdefault(own, []).append(entry)
        numbers[one["period"]] = numbers.get(one["period"], 0) + 1
        last = max(last, (one["period"], one["start"]), key=lambda pair: pair[1])
        first = min(filter(None, (first, one["start"])))
    open_ones = tuple(one for some in accruals.values() for one in some)
    return Booked(positions, opening, open_ones, last, first, numbers)
