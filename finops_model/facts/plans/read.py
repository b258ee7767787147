"""Budgets, drivers, invoices, organisation, commitments: read once, checked hard, refused with file, line and column.

Rules: docs/method §9 (budgets), §16 (drivers), §13 (invoices). A blank is never a zero.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from ...documents import written
from ...errors import InputError, listing, nearest
from ...names import COMPANY
from ...periods import Calendar
from ..basis import check_basis, same
from ..intake.columns import find_columns
from ..intake.formats import read_moment
from ..intake.mapping import decimal_mark
from . import approvals, dimension_budgets, held_back
from .budgets import Budgets
from .by_days import period_of
from .headings import INVOICE, ORGANISATION
from .sheet import Sheet

__all__ = [
    "Budgets",
    "Commitment",
    "read_budgets",
    "read_commitments",
    "read_drivers",
    "read_invoices",
    "read_organisation",
]

ROLES = ("driver", "outcome")
MOST = Decimal(10) ** 18  # of an invoice
BUDGET = "State the budget as amortised cost (EffectiveCost): spread what is paid up front over its term."


def read_budgets(
    path: str | os.PathLike, currency: str, calendar: Calendar | None = None
) -> Budgets:
    """The budgets of a file: business_unit (or dimension, value), month, currency, amount; version, approved_on, approved_by, author, basis,
    held_back, held_by.

    currency   of the ledger; a budget in another currency is refused, and so is one whose basis is not Effective
    calendar   of a company whose year is weeks: `month` (or `period`) may name its periods, FY2026-P10

    A version without approved_on and approved_by is a draft and does not count; a file without those columns is one
    approved version whose approval is not stated. Months may also stand as columns. Raises InputError with file,
    line, column: approver equal to author, a line twice, a gap between the months of a unit, a negative amount.
    """
    sheet = Sheet(path, "a budget file")
    frame = _long_budget(sheet, calendar)
    for i, code in enumerate(frame["currency"]):
        if code and code.upper() != currency:
            raise InputError(
                f"{sheet.at(frame['at'][i], 'currency')}: the budget is in {code.upper()} and the ledger in {currency}. "
                f"State the budget in {currency} at the plan rate."
            )
    for i, word in enumerate(sheet.cells("basis", needed=False)):
        where = sheet.at(i, "basis")
        budgeted = check_basis(word, where) if word else "Effective"
        same(
            {f"{where}: the budget": budgeted, "the cost that it is held against": "Effective"},
            BUDGET,
        )
    stated = sheet.find("approved_on") is not None
    approved: list[dt.date | None] = []
    for i, on in enumerate(frame["approved_on"]):
        by, author = frame["approved_by"][i], frame["author"][i]
        if by and author and by.casefold() == author.casefold():
            raise InputError(
                f"{sheet.at(frame['at'][i], 'approved_by')}: '{by}' approved a budget of their own. A budget is approved by "
                "someone other than its author: correct approved_by or author."
            )
        if stated and bool(on) != bool(by) and sheet.find("approved_by"):
            gone, there = ("approved_by", "approved_on") if on else ("approved_on", "approved_by")
            raise InputError(
                f"{sheet.at(frame['at'][i], gone)}: is empty, but {there} is '{on or by}'. Fill both for an approved "
                "version, none for a draft."
            )
        moment = read_moment(on) if on else None
        if on and (moment is None or moment.open or not moment.second or moment.day("any") is None):
            raise InputError(
                f"{sheet.at(frame['at'][i], 'approved_on')}: '{on[:40]}' is not a day. Write it as 2026-01-31."
            )
        approved.append(moment.day("any") if moment else None if stated else dt.date.min)
    table = pd.DataFrame(
        {
            **{
                key: frame[key]
                for key in ("version", "approved_by", "author", "business_unit", "month", "amount")
            },
            "approved_on": approved,
            "line": [sheet.lines[i] for i in frame["at"]],
            **approvals.columns(sheet, frame["at"]),
            **held_back.columns(
                sheet,
                frame["at"],
                frame["amount"],
                wide=not (sheet.find("month") or sheet.find("period")),
            ),
        }
    )
    of = dimension_budgets.cells(sheet)
    return dimension_budgets.divided(
        table, [of[i] for i in frame["at"]], sheet.name, currency, stated, calendar
    )


def _long_budget(sheet: Sheet, calendar: Calendar | None) -> dict[str, list]:
    """Columns of a budget, one entry per unit and month; months that stand as columns are turned down."""
    columns = list(sheet.frame.columns)
    when = "period" if calendar and not sheet.find("month") and sheet.find("period") else "month"
    wide = {} if sheet.find(when) else find_columns(sheet.frame, sheet.name)[1]
    if not wide:
        sheet.column(when), sheet.column("amount")
    texts = {
        name: sheet.cells(name, needed=False)
        for name in ("version", "approved_on", "approved_by", "author", "business_unit", "currency")
    }
    if sheet.find("business_unit") is None and (unit := sheet.find("unit")):
        texts["business_unit"] = sheet.cells(unit)
    entries = []
    if wide:
        mark, _ = decimal_mark(
            [c for column in wide for c in sheet.cells(column)],
            sheet.name,
            columns,
            sheet.frame.attrs["typed"],
        )
        entries = [
            (i, month, sheet.number(i, column, sheet.cells(column)[i], mark, negative=False))
            for column, month in wide.items()
            for i in range(len(sheet.frame))
        ]
    else:
        amounts = sheet.numbers("amount", negative=False)
        months = [
            period_of(sheet.at(i, when), cell, calendar) or sheet.month(i, sheet.column(when), cell)
            for i, cell in enumerate(sheet.cells(when))
        ]
        entries = [(i, month, amounts[i]) for i, month in enumerate(months)]
    return {
        "at": [i for i, _, _ in entries],
        "month": [month for _, month, _ in entries],
        "amount": [a for _, _, a in entries],
        **{
            name: [
                written(cells[i])
                or ("budget" if name == "version" else COMPANY if name == "business_unit" else "")
                for i, _, _ in entries
            ]
            for name, cells in texts.items()
        },
    }


def read_drivers(paths: Iterable[str | os.PathLike] | str | os.PathLike) -> pd.DataFrame:
    """Drivers and outcomes by day: date (datetime64), name, role, unit, value (float); sorted by name and day.

    Long form date, name, role, unit, value or wide form: date and one column per driver (role driver, unit its name).
    Raises InputError for a day twice, a gap (a missing day is not zero), a value that is negative or no number.
    """
    files = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    parts = [_drivers(Sheet(path, "a driver file")) for path in files]
    if not parts:
        raise InputError("no driver file was given. Name one: CSV or Excel with a date and counts.")
    drivers = pd.concat(parts, ignore_index=True)
    # An export that grows month by month says the same again: one value of a day counts once.
    drivers = drivers[~drivers.duplicated(["date", "name", "role", "unit", "value"])]
    if len(twice := drivers[drivers.duplicated(["name", "date"])]):
        row = twice.iloc[0]
        raise InputError(
            f"{row['file']}: driver '{row['name']}' has a value for {row['date'].date()} in another file already. "
            "Keep one of them."
        )
    return drivers.sort_values(["name", "date"], kind="stable")[
        ["date", "name", "role", "unit", "value"]
    ].reset_index(drop=True)


def _drivers(sheet: Sheet) -> pd.DataFrame:
    spelled = [sheet.find(name) for name in ("date", "day", "datum", "fecha", "jour")]
    date = next((column for column in spelled if column), None) or sheet.column("date")
    days = sheet.days(date)
    entries = []  # (row, column, day, name, role, unit, value)
    if sheet.find("value"):
        values, names = sheet.numbers("value", negative=False), sheet.cells("name")
        units, roles = sheet.cells("unit", needed=False), sheet.cells("role", needed=False)
        for i, name in enumerate(names):
            if not name:
                raise InputError(f"{sheet.at(i, 'name')}: is empty. Name the driver.")
            if roles[i] and roles[i] not in ROLES:
                near = nearest(roles[i], ROLES)
                hint = f" Did you mean '{near}'?" if near else ""
                raise InputError(
                    f"{sheet.at(i, 'role')}: unknown role '{roles[i]}'.{hint} Known: driver, outcome."
                )
            entries.append(
                (i, "value", days[i], name, roles[i] or "driver", units[i] or name, values[i])
            )
    else:
        counts = [column for column in sheet.frame.columns if column != date]
        if not counts:
            raise InputError(
                f"{sheet.name}: a driver file needs a column of counts besides '{date}'. Columns seen: "
                f"{listing(sheet.frame.columns)}. Add one, named after the driver."
            )
        for column in counts:
            cells = sheet.cells(column)
            mark, _ = decimal_mark(cells, sheet.name, column, sheet.frame.attrs["typed"])
            there = [i for i, cell in enumerate(cells) if cell]
            if not there:
                raise InputError(
                    f"{sheet.name}: {column}: the column is empty. Fill it, or take it out."
                )
            first, last = (
                min(days[i] for i in there),
                max(days[i] for i in there),
            )  # a driver may begin late or end early
            entries += [
                (
                    i,
                    column,
                    days[i],
                    column,
                    "driver",
                    column,
                    sheet.number(i, column, cells[i], mark, negative=False),
                )
                for i in range(len(cells))
                if first <= days[i] <= last
            ]
    _whole(sheet, entries)
    return pd.DataFrame(
        {
            "date": pd.to_datetime([e[2] for e in entries]),
            "name": [e[3] for e in entries],
            "role": [e[4] for e in entries],
            "unit": [e[5] for e in entries],
            "value": [float(e[6]) for e in entries],
            "file": sheet.name,
        }
    )


def _whole(sheet: Sheet, entries) -> None:
    """Each driver has each day once, and one role and unit."""
    by_name: dict[str, dict] = {}
    for entry in entries:
        own = by_name.setdefault(entry[3], {})
        if entry[2] in own:
            raise InputError(
                f"{sheet.at(entry[0], entry[1])}: driver '{entry[3]}' has {entry[2]} twice, first in line "
                f"{sheet.lines[own[entry[2]][0]]}. Keep one of them."
            )
        own[entry[2]] = entry
    for name, own in by_name.items():
        days = sorted(own)
        for before, after in zip(days, days[1:]):
            if (after - before).days > 1:
                gone = (after - before).days - 1
                first = before + dt.timedelta(days=1)
                raise InputError(
                    f"{sheet.at(own[after][0], own[after][1])}: driver '{name}' has no value for "
                    f"{f'{gone} days from {first}' if gone > 1 else first}. A missing day is not zero: write the value, "
                    "or 0 where nothing happened."
                )
        for place, what in ((4, "role"), (5, "unit")):
            if len(kinds := sorted({e[place] for e in own.values()})) > 1:
                raise InputError(
                    f"{sheet.name}: {what}: driver '{name}' has {listing(kinds)}. Write one {what} for all its days."
                )


def read_invoices(path: str | os.PathLike) -> pd.DataFrame:
    """Invoice totals: InvoiceIssuerName, BillingPeriod (YYYY-MM), BillingCurrency, Amount (Decimal).

    Several invoices of one issuer and period stay several rows; they are added up when reconciled. The headings of
    accounting systems are read too (`headings.INVOICE`): Vendor, Period, Currency, Total.
    """
    sheet = Sheet(path, "an invoice file", INVOICE)
    issuers, currencies = sheet.cells("InvoiceIssuerName"), sheet.cells("BillingCurrency")
    for i, code in enumerate(currencies):
        if not re.fullmatch(r"[A-Za-z]{3}", code):
            raise InputError(
                f"{sheet.at(i, 'BillingCurrency')}: '{code[:20]}' is not a currency. Write its three letters, for example EUR."
            )
    return pd.DataFrame(
        {
            "InvoiceIssuerName": issuers,
            "BillingPeriod": sheet.months("BillingPeriod"),
            "BillingCurrency": [code.upper() for code in currencies],
            "Amount": _amounts(sheet),
        }
    )


def _amounts(sheet: Sheet) -> list[Decimal]:
    amounts = sheet.numbers("Amount")
    for i, amount in enumerate(amounts):
        if abs(amount) >= MOST:
            raise InputError(
                f"{sheet.at(i, 'Amount')}: an amount of 10^{amount.adjusted()} or more is none of an invoice. Write what it says."
            )
    return amounts


def read_organisation(path: str | os.PathLike) -> pd.DataFrame:
    """Where a team belongs: team, business_unit, cost_center, legal_entity ('' where the file has no such column or cell).

    A team twice, or without a unit, is refused. `line` is where a team stands in the file.
    """
    sheet = Sheet(path, "an organisation file", ORGANISATION)
    teams, units = sheet.cells("team"), sheet.cells("business_unit")
    first: dict[str, int] = {}  # team -> its row
    for i, (team, unit) in enumerate(zip(teams, units, strict=True)):
        for name, cell in (("team", team), ("business_unit", unit)):
            if not cell:
                raise InputError(
                    f"{sheet.at(i, name)}: is empty. Write the {name.replace('_', ' ')}."
                )
        if unit == COMPANY:
            raise InputError(
                f"{sheet.at(i, 'business_unit')}: '{COMPANY}' stands for all units together. Choose another name."
            )
        if team in first:
            raise InputError(
                f"{sheet.at(i, 'team')}: team '{team}' is in line {sheet.lines[first[team]]} already. A team belongs to "
                "one unit."
            )
        first[team] = i
    more = {name: sheet.cells(name, needed=False) for name in ORGANISATION}
    return pd.DataFrame({"team": teams, "business_unit": units, **more, "line": list(sheet.lines)})


@dataclass(frozen=True)
class Commitment:
    """A commitment of the inventory; FOCUS 1.4 Contract Commitment names stand in `record`, as the file has them."""

    id: str
    quantity: Decimal  # pool units per hour
    unit: str  # GPU-hours, or a currency for a commitment of spend
    start: dt.date
    end: dt.date  # the day after the last one
    lifecycle_status: str
    payment_model: str
    rate: Decimal | None = None  # money per committed unit and hour
    sku_ids: tuple[str, ...] = ()  # empty: all of the pool
    record: dict = field(default_factory=dict, compare=False, repr=False)


def read_commitments(path: str | os.PathLike) -> list[Commitment]:
    """The commitments of a file: ContractCommitmentId, …Quantity, …Unit, …PeriodStart, …PeriodEnd, …; x_SkuIds, x_Rate."""
    sheet = Sheet(path, "a commitment file")
    prefix, commitments = "ContractCommitment", []
    quantities = sheet.numbers(prefix + "Quantity", negative=False)
    starts, ends = sheet.days(prefix + "PeriodStart"), sheet.days(prefix + "PeriodEnd")
    units, ids = sheet.cells(prefix + "Unit"), sheet.cells(prefix + "Id")
    states, models = (
        sheet.cells(prefix + "LifecycleStatus", needed=False),
        sheet.cells(prefix + "PaymentModel", needed=False),
    )
    rates, skus = sheet.cells("x_Rate", needed=False), sheet.cells("x_SkuIds", needed=False)
    for i, name in enumerate(ids):
        if not name or not units[i]:
            raise InputError(
                f"{sheet.at(i, prefix + ('Unit' if name else 'Id'))}: is empty. Write it."
            )
        if name in ids[:i]:
            raise InputError(
                f"{sheet.at(i, prefix + 'Id')}: '{name}' is in line {sheet.lines[ids.index(name)]} already. Keep one."
            )
        if ends[i] <= starts[i]:
            raise InputError(
                f"{sheet.at(i, prefix + 'PeriodEnd')}: {ends[i]} is not after the start on {starts[i]}. The end is the day "
                "after the last one."
            )
        rate = sheet.number(i, "x_Rate", rates[i], negative=False) if rates[i] else None
        record = {column: str(sheet.frame[column].iloc[i]) for column in sheet.frame.columns}
        commitments.append(
            Commitment(
                name,
                quantities[i],
                units[i],
                starts[i],
                ends[i],
                states[i] or "Active",
                models[i] or "No Upfront",
                rate,
                tuple(
                    sku.strip(' "[]') for sku in re.split(r"[;|,]", skus[i]) if sku.strip(' "[]')
                ),
                record,
            )
        )
    return commitments
