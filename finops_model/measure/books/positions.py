"""Everything cumulative: what the books should hold at the end of a day, as known now (docs/method §14.20). In coins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from . import prepaid
from .missing import Due, Estimated
from .rows import Row, add, fall, total
from .types import ZERO, Cell, Group, Key, coin, in_cents

FOREVER = "9999-12-31"
Bill = tuple[str, str, str]  # issuer, currency, billing period


@dataclass(frozen=True)
class Invoice:
    """An invoice, or several of one billing period. `until`: the last day whose charges it holds."""

    amount: Decimal
    until: str = FOREVER


@dataclass
class Sums:
    """A group's exact amounts up to the day, by who bears them: the columns of the accrual table."""

    received: dict[Cell, Decimal] = field(default_factory=dict)
    tax: dict[Cell, Decimal] = field(default_factory=dict)
    credits: dict[Cell, Decimal] = field(default_factory=dict)
    estimate: dict[Cell, Decimal] = field(default_factory=dict)
    recurring: dict[Cell, Decimal] = field(default_factory=dict)
    rows: int = 0

    @property
    def parts(self) -> dict[str, Decimal]:
        """Sum of each column."""
        names = ("received", "tax", "estimate", "recurring", "credits")
        return {name: total(getattr(self, name).values()) for name in names}

    @property
    def cells(self) -> dict[Cell, Decimal]:
        """All of it, by who bears it."""
        out: dict[Cell, Decimal] = {}
        for part in (self.received, self.tax, self.credits, self.estimate, self.recurring):
            for cell, value in part.items():
                add(out, cell, value)
        return out


@dataclass(frozen=True)
class Balance:
    """A group in coins.

    expense       of the days up to the day: `columns` add up to it, without what was written off
    prepaid       of it, amortised from what was paid up front;  written_off: beside it
    invoiced      by invoices that are booked;  settled: taken over at the first close
    rounding      what an invoice has more or less than its rows, of a coin at most
    accrual       expense − prepaid − invoiced − settled − rounding
    by            who bears the accrual
    """

    expense: Decimal
    columns: dict[str, Decimal]
    prepaid: Decimal
    written_off: Decimal
    invoiced: Decimal
    settled: Decimal
    rounding: Decimal
    by: dict[Cell, Decimal]
    rows: int

    @property
    def accrual(self) -> Decimal:
        """What is to be invoiced yet; below 0 what was invoiced beyond."""
        return total(self.by.values())


@dataclass(frozen=True)
class Positions:
    """All of an entity at the end of a day: amounts by key (accruals apart), and the groups."""

    amounts: dict[Key, Decimal]
    groups: dict[Group, Balance]
    ends: dict[prepaid.Name, str]
    unbilled: dict[prepaid.Name, Decimal]  # up-front fees whose invoice has not come
    counts: dict[tuple[Group, Cell], int]  # ledger rows


def positions(
    rows: Sequence[Row],
    last: str,
    invoices: Mapping[Bill, Invoice],
    *,
    recoverable: Decimal = Decimal(1),
    estimates: Mapping[Group, Estimated] | None = None,
    dues: Sequence[Due] = (),
    settled: Mapping[Group, Decimal] | None = None,
    ends: Mapping[str, str] | None = None,
) -> Positions:
    """What the books should hold at the end of `last`, with these invoices booked.

    recoverable    share of tax that is got back, 0 to 1
    settled        what was taken over at the first close, by group
    ends           commitment -> first day after its term
    """
    amounts: dict[Key, Decimal] = {}
    sums, counts = _sums(rows, last, recoverable)
    for group, estimate in (estimates or {}).items():
        sums.setdefault(group, Sums()).estimate.update(estimate.cells)
    for one in dues:
        for cell, value in one.cells.items():
            add(sums.setdefault(one.group, Sums()).recurring, cell, value)
    invoiced: dict[Group, Decimal] = {}
    for bill, parts in _bills(rows, last, invoices, recoverable).items():
        for part, value in parts.items():
            kind, month, reference = part
            if kind == "expense":
                add(invoiced, Group(bill[0], bill[1], month), value)
            else:
                add(amounts, Key(kind, bill[0], bill[1], month, reference), value)
    found = prepaid.commitments(rows, last, ends)
    paid: dict[Group, dict[Cell, Decimal]] = {}
    exact: dict[Group, dict[Cell, Decimal]] = {}
    gone: dict[Group, dict[Cell, Decimal]] = {}
    unbilled: dict[prepaid.Name, Decimal] = {}
    for name, bought_one in found.items():
        bought = total(
            value for key, value in amounts.items() if key.kind == "bought" and _name(key) == name
        )
        waiting = total(
            value for month, value in bought_one.fees.items() if (*name[:2], month) not in invoices
        )
        if waiting:
            unbilled[name] = waiting
        run = prepaid.run_down(name, bought_one, bought, last)
        for month, cells in run.exact.items():
            for cell, value in cells.items():
                add(exact.setdefault(Group(*name[:2], month), {}), cell, value)
        for kind, months, into in (
            ("amortised", run.amortised, paid),
            ("written off", run.written_off, gone),
        ):
            for month, cells in months.items():
                for cell, value in cells.items():
                    add(into.setdefault(Group(*name[:2], month), {}), cell, value)
                    add(amounts, Key(kind, *name[:2], month, name[2], *cell), value)
    groups = {}
    for group in sorted({*sums, *invoiced, *paid, *gone, *(settled or {})}):
        groups[group] = _line(
            group,
            sums.get(group, Sums()),
            paid=(paid.get(group, {}), exact.get(group, {})),
            gone=gone.get(group, {}),
            invoiced=invoiced.get(group, ZERO),
            settled=(settled or {}).get(group, ZERO),
            whole=group in invoices and invoices[group].until == FOREVER,
            amounts=amounts,
        )
    return Positions(
        {key: value for key, value in amounts.items() if value or key.kind == "payable"},
        groups,
        {name: each.end for name, each in found.items()},
        unbilled,
        counts,
    )


def _name(key: Key) -> prepaid.Name:
    return (key.issuer, key.currency, key.reference)


def _sums(rows, last: str, recoverable: Decimal):
    sums: dict[Group, Sums] = {}
    counts: dict[tuple[Group, Cell], int] = {}
    place = {"cost": "received", "tax": "tax", "credit": "credits"}
    for row in rows:
        if row.day > last:
            continue
        cell, value = row.expense(recoverable)
        one = sums.setdefault(row.group, Sums())
        add(getattr(one, place[cell.part]), cell, value)
        one.rows += row.charges
        counts[row.group, cell] = counts.get((row.group, cell), 0) + row.charges
    return sums, counts


def _bills(rows, last: str, invoices, recoverable: Decimal):
    """Bill -> part (kind, month, reference) -> coins; the parts of an invoice add up to it, what its rows lack is of its own month."""
    exact: dict[Bill, dict[tuple[str, str, str], Decimal]] = {bill: {} for bill in invoices}
    for row in rows:
        bill = (row.issuer, row.currency, row.billing)
        if bill not in exact or row.day > invoices[bill].until:
            continue
        parts = exact[bill]
        if row.fee:
            add(parts, ("bought", row.billing, row.commitment), row.fee)
        if tax := row.tax(recoverable):
            add(parts, ("tax", row.billing, ""), tax)
        part = ("expense", row.day[:7], "") if row.day <= last else ("ahead", row.billing, "")
        add(parts, part, row.invoiced(recoverable))
    out = {}
    for bill, parts in exact.items():
        amount = invoices[bill].amount
        add(parts, ("expense", bill[2], ""), amount - total(parts.values()))
        whole = in_cents(amount, bill[1])
        out[bill] = fall(whole, parts, bill[1]) | {("payable", bill[2], ""): whole}
    return out


def _line(
    group: Group, sums: Sums, *, paid, gone, invoiced, settled, whole: bool, amounts
) -> Balance:
    """A group in coins. What is not amortised of it is rounded by itself, so that amortisation keeps its own cents."""
    currency, amortised = group.currency, total(paid[0].values())
    exact, parts = sums.cells, sums.parts
    for cell, value in paid[1].items():
        add(exact, cell, -value)
    parts["received"] -= total(paid[1].values())
    to_be = in_cents(total(exact.values()), currency)
    cells = fall(to_be, exact, currency)
    columns = dict.fromkeys(parts, ZERO) | fall(to_be, parts, currency)
    columns["received"] += amortised
    gap = to_be - invoiced - settled
    received = not (sums.estimate or sums.recurring)
    rounding = gap if whole and received and abs(gap) <= coin(currency) else ZERO
    accrual = gap - rounding
    if accrual and accrual == to_be:  # no invoice yet
        by = {cell: value for cell, value in cells.items() if value}
    else:
        by = fall(accrual, cells if accrual else {}, currency)
    rounded = fall(rounding, cells if rounding else {}, currency)
    taken = fall(settled, cells if settled else {}, currency)
    booked = dict(cells)
    for part in (by, rounded, taken):
        for cell, value in part.items():
            add(booked, cell, -value)
    for kind, part in (("expense", booked), ("rounding", rounded)):
        for cell, value in part.items():
            add(amounts, Key(kind, *group, "", *cell), value)
    if settled:
        amounts[Key("settled", *group)] = settled
    return Balance(
        to_be + amortised,
        columns,
        amortised,
        total(gone.values()),
        invoiced,
        settled,
        rounding,
        by,
        sums.rows,
    )
