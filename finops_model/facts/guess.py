"""Which column of a table is what: guessed by names and content, with every doubt said (docs/method.md §13.30)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pandas as pd

from ..errors import InputError, listing
from . import vendors
from .columns import ROLES, currency_of, find_columns
from .formats import decimal_evidence, read_moment, read_number
from .mapping import Mapping
from .written import BLANK, cells_of, date_order, decimal_mark, line_of, monthly, open_number, plausible, usual_mark

__all__ = ["guess_mapping"]


def guess_mapping(frame: pd.DataFrame) -> Mapping:
    """The mapping a table of text cells suggests by names and content.

    Raises InputError where there is no date, no amount, no row, or where two columns could be the amount alike.
    """
    name, notes = frame.attrs.get("name", "table"), list(frame.attrs.get("notes", []))
    if not len(frame):
        raise InputError(f"{name}: the table has a header ({listing(frame.columns)}) and no rows. Export it with its data.")
    known = vendors.of_heads([vendors.head(frame.columns, frame.iloc[0].tolist())])
    if why := frame.attrs.get("vendor") or (vendors.sentence(name, known) if known else None) or _nearly_focus(name, list(frame.columns)):
        raise InputError(why)
    roles, months, said = find_columns(frame, name)
    notes += said
    values: dict = {"file": name, "sheet": frame.attrs.get("sheet"), **roles, "months": months}
    amounts = [cell for column in (months or [roles["amount"]]) for cell in cells_of(frame, column)]
    when = cells_of(frame, roles["date"] or roles["month"]) if not months else []
    mark, assumed = decimal_mark(amounts, name, months or roles["amount"], frame.attrs.get("typed", False), usual_mark(frame, when))
    values |= {"decimal": mark, "decimal_assumed": assumed}
    doubts = []
    if assumed:
        if not _proved_by_the_delimiter(frame, amounts):
            doubts.append(f"numbers such as '{open_number(amounts)}' can be read two ways: '{mark}' is taken as the decimal mark. "
                          f"Write decimal: \"{mark}\" or decimal: \"{',' if mark == '.' else '.'}\"")
        notes.append(f"numbers such as '{open_number(amounts)}' can be read two ways: '{mark}' is taken as the decimal mark")
    code, assumed = _currency(frame, roles, months, amounts, mark)
    values |= {"currency_code": code, "currency_assumed": assumed and roles["currency"] is None}
    if values["currency_assumed"]:
        notes.append(f"the table names no currency: {code} is assumed")
    found = {}
    if not months:
        column = roles["date"] or roles["month"]
        moments = [moment for cell in cells_of(frame, column) if (moment := read_moment(cell))]
        order, open_ = date_order(frame, column, name, mark, code)
        days = sorted(day for moment in moments if (day := moment.day(order)) and plausible(day))
        whole = bool(roles["month"]) or all(m.second == 0 for m in moments) or monthly(days)
        values |= {"date_order": order, "date_order_assumed": open_, "whole_months": whole}
        if days:
            found["date" if roles["date"] else "month"] = f"{days[0]} … {days[-1]}, {order}{', assumed' if open_ else ''}"
        if gone := sum(moment is None or (day := moment.day(order)) is None or not plausible(day) for moment in map(read_moment, cells_of(frame, column))):
            notes.append(f"{gone} of {len(frame)} dates cannot be read; their rows go to quarantine with file and row")
        if open_:
            first = next(cell for cell in cells_of(frame, column) if (moment := read_moment(cell)) and moment.open)
            if "." not in first:          # nobody writes the month first with dots
                doubts.append(f"dates such as '{first}' can be read two ways: {order} is taken. "
                              "Write date_order: day first or date_order: month first")
            notes.append(f"dates such as '{next(c for c in cells_of(frame, column) if c)}' can be read two ways: {order} is taken")
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
        kinds = Counter(cell for cell in cells_of(frame, roles[role]) if cell)
        found[role] = listing(list(dict(kinds.most_common())), most=4)
    notes += _totals(frame, months, roles["amount"], mark, read)
    return Mapping(**values, found=found, notes=tuple(notes), doubts=tuple(doubts))


def _nearly_focus(name: str, columns: list[str]) -> str | None:
    """Why a table that speaks FOCUS is no complete export: it is never read by guessing."""
    from .importers import focus

    return focus.refusal(name, columns) if focus.is_nearly_focus(columns) else None


def _proved_by_the_delimiter(frame, amounts) -> bool:
    """'40,327' in a file whose cells are split by commas is forty thousand: a decimal comma would have split the cell."""
    return frame.attrs.get("delimiter") == "," and all(decimal_evidence(cell) != "?." for cell in amounts)


def _currency(frame, roles, months, amounts, mark) -> tuple[str, bool]:
    """(ISO code, assumed): from the heading of the amount, else from its cells."""
    codes = Counter(found[1] for cell in amounts if (found := read_number(cell, mark)) and found[1])
    if roles["currency"]:
        cells = Counter(cell.strip().upper() for cell in cells_of(frame, roles["currency"]) if len(cell.strip()) == 3)
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
