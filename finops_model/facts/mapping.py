"""Which column of a table is what: guessed, shown, saved as YAML, and applied to make FOCUS rows (docs/method.md §13)."""

from __future__ import annotations

import json
import os
from collections import Counter
from decimal import Decimal
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from ..documents import checked, dump_yaml, load_yaml, write_atomic
from ..errors import InputError, listing, unknown
from ..settings import Strict
from .columns import ROLES, find_columns, kind_of
from .formats import Moment, month_end, read_moment, read_number

__all__ = ["Mapping", "apply_mapping", "guess_mapping", "kind_of", "load_mapping"]

TAGS = ("team", "environment", "workload", "business_unit")
BLANK = {"", "-", "–", "—"}


class Mapping(Strict):
    """How a table becomes a bill: columns by role, how dates and numbers are written, what was assumed."""

    file: str = ""
    sheet: str | None = None
    date: str | None = None                      # column with a day
    month: str | None = None                     # column with a month
    months: dict[str, str] = {}                  # or: column -> month YYYY-MM, one column per month
    date_order: Literal["iso", "day first", "month first"] = "iso"
    date_order_assumed: bool = False             # no cell tells the order: the default was taken
    whole_months: bool = False                   # each row is the cost of a whole month, spread evenly over its days
    amount: str | None = None
    decimal: Literal[".", ","] = "."
    decimal_assumed: bool = False
    currency: str | None = None                  # column
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"      # where neither column nor cell says
    currency_assumed: bool = False
    team: str | None = None
    environment: str | None = None
    service: str | None = None
    workload: str | None = None
    business_unit: str | None = None
    quantity: str | None = None
    unit: str | None = None
    account: str | None = None
    provider: str | None = None
    sku: str | None = None
    region: str | None = None
    found: dict[str, str] = {}                   # role -> what was seen, for readers
    notes: tuple[str, ...] = ()

    def save(self, path: str | os.PathLike):
        """Write the mapping as YAML; what is not there is left out."""
        kept = {key: value for key, value in self.model_dump(mode="json").items() if value not in (None, {}, [], "", False)}
        return write_atomic(path, "# Which column is what. Edit it and give it with --mapping FILE.\n" + dump_yaml(kept))

    def describe(self) -> str:
        """One line per role: what it is, from which column, what was seen in it; then what to look at twice."""
        lines = []
        for role in ("date", "month", "amount", *(r for r in ROLES if r not in ("date", "month", "amount"))):
            column = getattr(self, role)
            if column is not None:
                seen = self.found.get(role)
                lines.append(f"{role.replace('_', ' ')} ← '{column}'{f' ({seen})' if seen else ''}")
        if self.months:
            first, last = min(self.months.values()), max(self.months.values())
            lines.insert(0, f"month ← {len(self.months)} columns '{next(iter(self.months))}' … '{list(self.months)[-1]}' ({first} … {last})")
        if self.currency is None:
            lines.append(f"currency ← {self.currency_code} ({'assumed: the table does not say' if self.currency_assumed else 'as the table says'})")
        return "\n".join([*lines, *(f"! {note}" for note in self.notes)])


def load_mapping(path: str | os.PathLike) -> Mapping:
    """The mapping in a YAML file."""
    return checked(Mapping, load_yaml(path))


def _cells(frame: pd.DataFrame, column: str) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in frame[column].tolist()]


def guess_mapping(frame: pd.DataFrame) -> Mapping:
    """The mapping a table of text cells suggests by names and content.

    Raises InputError where there is no date, no amount, no row, or where two columns could be the amount alike.
    """
    name, notes = frame.attrs.get("name", "table"), list(frame.attrs.get("notes", []))
    if not len(frame):
        raise InputError(f"{name}: the table has a header ({listing(frame.columns)}) and no rows. Export it with its data.")
    roles, months, said = find_columns(frame, name)
    notes += said
    values: dict = {"file": name, "sheet": frame.attrs.get("sheet"), **roles, "months": months}
    amounts = [cell for column in (months or [roles["amount"]]) for cell in _cells(frame, column)]
    when = _cells(frame, roles["date"] or roles["month"]) if not months else []
    mark, assumed = decimal_mark(amounts, name, months or roles["amount"], frame.attrs.get("typed", False), usual_mark(frame, when))
    values |= {"decimal": mark, "decimal_assumed": assumed}
    if assumed:
        notes.append(f"numbers such as '{_open_number(amounts)}' can be read two ways: '{mark}' is taken as the decimal mark")
    code, assumed = _currency(frame, roles, months, amounts, mark)
    values |= {"currency_code": code, "currency_assumed": assumed and roles["currency"] is None}
    if values["currency_assumed"]:
        notes.append(f"the table names no currency: {code} is assumed")
    found = {}
    if not months:
        column = roles["date"] or roles["month"]
        moments = [moment for cell in _cells(frame, column) if (moment := read_moment(cell))]
        order, open_ = date_order(frame, column, name, mark, code)
        days = sorted(day for moment in moments if (day := moment.day(order)))
        whole = bool(roles["month"]) or all(m.second == 0 for m in moments) or _monthly(days)
        values |= {"date_order": order, "date_order_assumed": open_, "whole_months": whole}
        if days:
            found["date" if roles["date"] else "month"] = f"{days[0]} … {days[-1]}, {order}{', assumed' if open_ else ''}"
        if gone := sum(moment is None or moment.day(order) is None for moment in map(read_moment, _cells(frame, column))):
            notes.append(f"{gone} of {len(frame)} dates cannot be read; their rows go to quarantine with file and row")
        if open_:
            notes.append(f"dates such as '{next(c for c in _cells(frame, column) if c)}' can be read two ways: {order} is taken")
    values["whole_months"] = values.get("whole_months", False) or bool(months)
    if values["whole_months"]:
        notes.append("each amount is the cost of a whole month: it is spread evenly over the month's days")
    read = [number[0] for cell in amounts if (number := read_number(cell, mark))]
    blank = sum(cell.strip() in BLANK for cell in amounts)
    found["amount"] = f"{len(read):,} amounts, sum {sum(read, Decimal(0)):,f}"
    bad = len(amounts) - len(read) - blank + (0 if months else blank)
    if bad:
        notes.append(f"{bad} of {len(amounts)} amounts cannot be read; their rows go to quarantine with file and row")
    for role in ROLES:
        if role in ("date", "month", "amount") or roles.get(role) is None:
            continue
        kinds = Counter(cell for cell in _cells(frame, roles[role]) if cell)
        found[role] = listing(list(dict(kinds.most_common())), most=4)
    notes += _totals(frame, months, roles["amount"], mark, read)
    return Mapping(**values, found=found, notes=tuple(notes))


def usual_mark(frame, dates: list[str]) -> str:
    """The decimal mark where no number tells it: a comma in a file with semicolons or dotted dates, else a point (docs/method.md §13.10)."""
    dotted = any("." in cell and (moment := read_moment(cell)) and moment.open for cell in dates)
    return "," if frame.attrs.get("delimiter") == ";" or dotted else "."


def decimal_mark(cells: list[str], name: str, column, typed: bool = False, default: str = ".") -> tuple[str, bool]:
    """(decimal mark, assumed) of a column's cells; contradicting cells refuse the table.

    >>> decimal_mark(["1,234.50", "7"], "a.csv", "cost"), decimal_mark(["1.234"], "a.csv", "cost")
    (('.', False), ('.', True))
    """
    from .formats import decimal_evidence

    said: dict[str, str] = {}
    for cell in cells:
        said.setdefault(decimal_evidence(cell), cell)
    if "." in said and "," in said and not typed:
        where = f"'{column}'" if isinstance(column, str) else "the months"
        raise InputError(f"{name}: {where}: '{said['.']}' has a decimal point and '{said[',']}' a decimal comma: one of them would be "
                         "wrong by a factor of a thousand or a hundred. Export the table with one way of writing numbers.")
    if typed or "." in said:
        return ".", False
    if "," in said:
        return ",", False
    open_ = "?." in said or "?," in said         # '1,234' or '1.234' and nothing else to tell by
    return (default if open_ else "."), open_


def _open_number(cells) -> str:
    from .formats import decimal_evidence

    return next(cell for cell in cells if decimal_evidence(cell).startswith("?"))


def date_order(frame, column: str, name: str, decimal: str = ".", currency: str = "") -> tuple[str, bool]:
    """('iso' | 'day first' | 'month first', assumed). Decided by any cell above 12; cells that contradict refuse the table."""
    first: dict[str, tuple[int, str]] = {}
    for i, cell in enumerate(_cells(frame, column)):
        moment = read_moment(cell)
        if moment:
            first.setdefault(moment.order, (line_of(frame, i), cell))
    if "day first" in first and "month first" in first:
        (a, day), (b, month) = first["day first"], first["month first"]
        raise InputError(f"{name}: '{column}': line {a} '{day}' can only be day first and line {b} '{month}' only month first. "
                         "Write all dates one way, best as 2025-01-31.")
    for order in ("day first", "month first"):
        if order in first:
            return order, False
    if "open" not in first:
        return "iso", False
    # Nothing tells: dots, a decimal comma, euros and pounds speak for day first, anything else for month first.
    european = "." in first["open"][1] or decimal == "," or currency in ("EUR", "GBP", "CHF")
    return ("day first" if european else "month first"), True


def line_of(frame, i: int) -> int:
    """The line of the file that row i of a table stands in, 1-based."""
    lines = frame.attrs.get("lines")
    return lines[i] if lines else i + 2


def _monthly(days: list) -> bool:
    """Whether days are one fixed day (first or last) of two or more months."""
    months = {(day.year, day.month) for day in days}
    return len(months) > 1 and (all(day.day == 1 for day in days) or all((month_end(day) - day).days == 1 for day in days))


def _currency(frame, roles, months, amounts, mark) -> tuple[str, bool]:
    """(ISO code, assumed): from the heading of the amount, else from its cells."""
    from .columns import currency_of

    codes = Counter(found[1] for cell in amounts if (found := read_number(cell, mark)) and found[1])
    if roles["currency"]:
        cells = Counter(cell.strip().upper() for cell in _cells(frame, roles["currency"]) if len(cell.strip()) == 3)
        return (cells.most_common(1)[0][0], False) if cells and cells.most_common(1)[0][0].isalpha() else ("USD", True)
    named = currency_of(roles["amount"] or "") or next((c for c in map(currency_of, frame.columns) if c and not months), "")
    if named:
        return named, False
    return (codes.most_common(1)[0][0], False) if codes else ("USD", True)


def _totals(frame, months, amount, mark, read) -> list[str]:
    """What a total at the bottom says, beside the sum of the rows above it."""
    notes = []
    for total in frame.attrs.get("totals", []):
        cells = [total["cells"].get(column, "") for column in (months or [amount])]
        numbers = [number[0] for cell in cells if (number := read_number(cell, mark))]
        if not numbers:
            continue
        said, summed = sum(numbers, Decimal(0)), sum(read, Decimal(0))
        words = "they agree" if said == summed else f"they differ by {said - summed:,f}: check the file"
        notes.append(f"line {total['line']} '{total['label']}' says {said:,f}; the rows above sum to {summed:,f}: {words}")
    return notes


def apply_mapping(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """FOCUS rows of text cells for Ledger.ingest; one per row (and month column), none left out.

    A cell that cannot be read stays as it is written, so that the ledger refuses the row with file and row.
    x_SourceLine is the line in the file.
    """
    name = frame.attrs.get("name", mapping.file or "table")
    used = [*mapping.months, *(getattr(mapping, role) for role in ROLES if getattr(mapping, role))]
    for column in used:
        if column not in frame.columns:
            raise InputError(unknown(name, "column", column, frame.columns, "Correct the mapping."))
    if not mapping.months and not ((mapping.date or mapping.month) and mapping.amount):
        raise InputError(f"{name}: the mapping names no {'amount' if mapping.amount is None else 'date or month'} column. "
                         f"Columns: {listing(frame.columns)}. Write it into the mapping.")
    cells = {column: _cells(frame, column) for column in dict.fromkeys(used)}
    broken = frame.attrs.get("broken", {})
    rows = []
    for i in range(len(frame)):
        shared = _shared(mapping, cells, i)
        if mapping.months:
            parts = [(month, cells[column][i]) for column, month in mapping.months.items() if cells[column][i].strip() not in BLANK]
        else:
            parts = [(cells[mapping.date or mapping.month][i], cells[mapping.amount][i])]
        if i in broken:
            parts = [(parts[0][0] if parts else "", broken[i])]
        rows += [{**_row(when, amount, mapping), **shared, "x_SourceLine": str(line_of(frame, i))} | _own_currency(amount, mapping)
                 for when, amount in parts]
    columns = ["BilledCost", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
               "ChargeCategory", "ServiceName", "ServiceProviderName", "InvoiceIssuerName", "BillingAccountId", "SkuId", "RegionId",
               "ConsumedQuantity", "ConsumedUnit", "Tags", "x_SourceLine"]
    result = pd.DataFrame(rows, columns=columns, dtype="object")
    result.attrs = {"name": name}
    return result


def _shared(mapping: Mapping, cells: dict, i: int) -> dict:
    """The cells of a row that do not depend on the month."""
    def cell(role):
        column = getattr(mapping, role)
        return cells[column][i].strip() if column else ""

    quantity = cell("quantity")
    number = read_number(quantity, mapping.decimal) if quantity not in BLANK else None
    tags = {role: cell(role) for role in TAGS if cell(role)}
    return {"BillingCurrency": cell("currency").upper() if mapping.currency else mapping.currency_code, "ChargeCategory": "Usage",
            "ServiceName": cell("service") or "(not stated)", "ServiceProviderName": cell("provider"),
            "InvoiceIssuerName": cell("provider"), "BillingAccountId": cell("account"), "SkuId": cell("sku"), "RegionId": cell("region"),
            "ConsumedQuantity": "" if quantity in BLANK else format(number[0], "f") if number else f"'{quantity}'",
            "ConsumedUnit": (cell("unit") or mapping.quantity or "") if number else "",
            "Tags": json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else ""}


def _own_currency(amount: str, mapping: Mapping) -> dict:
    """A currency written in the amount cell itself wins over the mapping; '$' is whatever dollar the table is in."""
    found = read_number(amount, mapping.decimal)
    if mapping.currency or not found or not found[1]:
        return {}
    dollar = found[1] == "USD" and "$" in amount and mapping.currency_code in ("CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "USD")
    return {} if dollar else {"BillingCurrency": found[1]}


def _row(when: str, amount: str, mapping: Mapping) -> dict:
    """Cost and periods of one row; what cannot be read is quoted, so that it is never read another way."""
    number = read_number(amount, mapping.decimal)
    moment: Moment | None = read_moment(when)
    day = moment.day(mapping.date_order) if moment else None
    cost = format(number[0], "f") if number else amount.strip() and f"'{amount.strip()}'"
    if day is None:
        return {"BilledCost": cost, **dict.fromkeys(("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"),
                                                    when.strip())}
    first = day.replace(day=1)
    start, end = (first, month_end(day)) if mapping.whole_months or moment.second == 0 else (day, day + pd.Timedelta(days=1))
    return {"BilledCost": cost, "BillingPeriodStart": str(first), "BillingPeriodEnd": str(month_end(day)),
            "ChargePeriodStart": str(start), "ChargePeriodEnd": str(end)[:10]}
