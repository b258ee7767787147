"""Which column of a table is what: guessed by names and content, with every doubt said (docs/method §13.30)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pandas as pd

from ...errors import InputError, listing
from . import scales, vendors
from .columns import ROLES, charge_word, currency_of, find_columns
from .formats import decimal_evidence, read_moment, read_number
from .left_money import left_out
from .mapping import Mapping
from .shape.asks import other_days
from .shared import recognised
from .written import (
    BLANK,
    cells_of,
    date_order,
    decimal_mark,
    monthly,
    open_number,
    own_mark,
    plausible,
    usual_mark,
)

__all__ = ["guess_mapping"]


def guess_mapping(
    frame: pd.DataFrame, chosen: dict[str, str] | None = None, ignore: tuple[str, ...] = ()
) -> Mapping:
    """The mapping a table of text cells suggests by names and content.

    chosen    date and amount where somebody has said which column it is: {role: column}
    ignore    columns with money that are left out on purpose
    Raises InputError where there is no date, no amount, no row, or where two columns could be the amount alike.
    """
    name, notes = frame.attrs.get("name", "table"), list(frame.attrs.get("notes", []))
    if not len(frame):
        raise InputError(
            f"{name}: the table has a header ({listing(frame.columns)}) and no rows. Export it with its data."
        )
    known = vendors.of_heads([vendors.head(frame.columns, frame.iloc[0].tolist())])
    if (
        why := frame.attrs.get("vendor")
        or (vendors.sentence(name, known) if known else None)
        or _nearly_focus(name, list(frame.columns))
    ):
        raise InputError(why)
    shipped = recognised(frame)
    roles, months, said = (
        _shipped_columns(*shipped) if shipped else find_columns(frame, name, chosen)
    )
    notes += said
    doubts: list[str] = list(frame.attrs.get("doubts", ()))
    values: dict = {"file": name, "sheet": frame.attrs.get("sheet"), **roles, "months": months}
    values["ignore"] = ignore
    amounts = [cell for column in (months or [roles["amount"]]) for cell in cells_of(frame, column)]
    when = cells_of(frame, roles["date"] or roles["month"]) if not months else []
    mark, assumed = decimal_mark(
        amounts,
        name,
        months or roles["amount"],
        frame.attrs.get("typed", False),
        usual_mark(frame, when),
    )
    assumed = assumed and not _proved_by_the_delimiter(frame, amounts)
    values |= {"decimal": mark, "decimal_assumed": assumed}
    if assumed:
        doubts.append(
            f"numbers such as '{open_number(amounts)}' can be read two ways: '{mark}' is taken as the decimal mark. "
            f'Write decimal: "{mark}" or decimal: "{"," if mark == "." else "."}"'
        )
        notes.append(
            f"numbers such as '{open_number(amounts)}' can be read two ways: '{mark}' is taken as the decimal mark"
        )
    code, assumed = _currency(frame, roles, months, amounts, mark, notes, doubts)
    if shipped:
        code, assumed = (shipped[1].currency_code, False) if assumed else (code, assumed)
        values |= {
            field: getattr(shipped[1], field) for field in ("fixed", "ignore", "add", "subtract")
        }
    values |= {
        "currency_code": code,
        "currency_assumed": assumed and roles["currency"] is None,
        "scale": _scale(frame, roles, months, notes, doubts),
    }
    if values["currency_assumed"]:
        notes.append(f"the table names no currency: {code} is assumed")
    seen: dict[str, str] = {}
    if not months:
        values |= _dates(
            frame,
            roles["date"] or roles["month"],
            monthly_column=bool(roles["month"]),
            name=name,
            mark=mark,
            code=code,
            seen=seen,
            notes=notes,
            doubts=doubts,
        )
    values["whole_months"] = values.get("whole_months", False) or bool(months)
    if values["whole_months"]:
        notes.append(
            "each amount is the cost of a whole month: it is spread evenly over the month's days"
        )
    sums, read = _sums(
        frame,
        roles,
        months=months,
        amounts=amounts,
        mark=mark,
        code=code,
        scale=values["scale"],
        seen=seen,
    )
    blank = sum(cell.strip() in BLANK for cell in amounts)
    bad = len(amounts) - read - blank + (0 if months else blank)
    if bad:
        notes.append(
            f"{bad} of {len(amounts)} amounts cannot be read; their rows go to quarantine with file and row"
        )
    for role in ROLES:
        if role in ("date", "month", "amount") or roles.get(role) is None:
            continue
        kinds = Counter(cell for cell in cells_of(frame, roles[role]) if cell)
        seen[role] = listing(list(dict(kinds.most_common())), most=4)
    said, off = _totals(
        frame, months, roles["amount"], mark, sum(sums.values(), Decimal(0)), values["scale"]
    )
    notes += said
    doubts += list(off.values())
    inside = frame.attrs.get("open_totals", {}).values()
    doubts += [one.doubt for one in inside]
    left = left_out(
        frame,
        [
            *(column for column in roles.values() if column),
            *(
                column
                for field in ("ignore", "add", "subtract")
                for column in values.get(field, ())
            ),
        ],
        roles["amount"],
        months,
        mark,
    )
    values["decimals"] = _own_marks(frame, [roles["quantity"], *left.columns], mark, notes)
    settled = bool(shipped or months or "date" in (chosen or {}))
    day = None if settled else roles["date"] or roles["month"]
    days = other_days(frame, day)
    notes += [f"'{one}' could be the day too and is not used; '{day}' is" for one in days]
    rivals = [("date", str(day), *days)] if days else []
    if left.instead and "amount" not in (chosen or {}):
        rivals.insert(0, ("amount", roles["amount"], *left.instead))
    doubts += left.doubts + _unknown_charges(frame, roles["category"])
    used = {
        *roles.values(),
        *values.get("ignore", ()),
        *months,
        *left.columns,
        *(
            column
            for column in frame.columns
            for note in left.notes
            if note.startswith(f"'{column}' ")
        ),
    }
    unused = [column for column in frame.columns if column not in used]
    if months:  # sums of months are said one by one
        said_of = [*notes, *left.notes]
        unused = [one for one in unused if not any(n.startswith(f"'{one}' ") for n in said_of)]
    notes += left.notes + ([f"not used: {listing(unused)}"] if unused else [])
    return Mapping(
        **values,
        found=seen,
        notes=tuple(notes),
        doubts=tuple(doubts),
        open_money=tuple(left.columns),
        open_totals=tuple(one.key for one in inside),
        off_totals=tuple(off),
        rivals=tuple(rivals),
    )


def _own_marks(frame, columns: list[str | None], mark: str, notes: list[str]) -> dict[str, str]:
    """The decimal marks of columns whose cells show another one than the amounts have; said."""
    marks = {
        c: own for c in columns if c and (own := own_mark(cells_of(frame, c))) not in ("", mark)
    }
    notes += [
        f"'{c}' has the decimal mark '{own}', the amounts have '{mark}'" for c, own in marks.items()
    ]
    return marks


def _shipped_columns(one, mapping: Mapping) -> tuple[dict, dict, list[str]]:
    """What find_columns gives, of a table that a shipped mapping knows."""
    return (
        {role: getattr(mapping, role) for role in ROLES},
        {},
        [f"this is {one.title}, read by its shared mapping"],
    )


def _dates(frame, column, *, monthly_column, name, mark, code, seen, notes, doubts) -> dict:
    """How the dates of a column are written, and what was seen of them."""
    moments = [moment for cell in cells_of(frame, column) if (moment := read_moment(cell))]
    order, open_ = date_order(frame, column, name, mark, code)
    days = sorted(day for moment in moments if (day := moment.day(order)) and plausible(day))
    whole = monthly_column or all(m.second == 0 for m in moments) or monthly(days)
    if days:
        seen["month" if monthly_column else "date"] = (
            f"{days[0]} … {days[-1]}, {order}{', assumed' if open_ else ''}"
        )
    if gone := sum(
        moment is None or (day := moment.day(order)) is None or not plausible(day)
        for moment in map(read_moment, cells_of(frame, column))
    ):
        notes.append(
            f"{gone} of {len(frame)} dates cannot be read; their rows go to quarantine with file and row"
        )
    if open_:
        first = next(
            cell
            for cell in cells_of(frame, column)
            if (moment := read_moment(cell)) and moment.open
        )
        if "." not in first:  # nobody writes the month first with dots
            doubts.append(
                f"dates such as '{first}' can be read two ways: {order} is taken. Write date_order: day first or date_order: month first"
            )
        notes.append(f"dates such as '{first}' can be read two ways: {order} is taken")
    return {"date_order": order, "date_order_assumed": open_, "whole_months": whole}


def _scale(frame, roles, months, notes, doubts) -> Decimal:
    """The unit that a remark above the table or a heading gives the amounts: used, or in doubt where two remarks differ."""
    said = scales.remarks(frame.attrs.get("above", ()), months or [roles["amount"]])
    factors = sorted({remark.scale for remark in said})
    if len(factors) > 1:
        one, other = (
            next(remark for remark in said if remark.scale == scale) for scale in factors[:2]
        )
        doubts.append(
            f"{one.where} says '{one.text[:60]}' and {other.where} '{other.text[:60]}': amounts are taken as they stand. Write scale: {one.scale}, "
            f"scale: {other.scale} or scale: 1"
        )
        return Decimal(1)
    if factors:
        notes.append(
            f"amounts are in {scales.WORDS[factors[0]]} ({said[0].where}: '{said[0].text[:60]}'): each is multiplied by {factors[0]:,f}"
        )
        return factors[0]
    for remark in scales.remarks(frame.attrs.get("below", ()), ())[
        :1
    ]:  # a foot note may be of one column, or of another table
        doubts.append(
            f"{remark.where} below the table says '{remark.text[:60]}': amounts are taken as they stand. Write scale: {remark.scale} or scale: 1"
        )
    return Decimal(1)


def _sums(
    frame, roles, *, months, amounts, mark, code, scale, seen
) -> tuple[dict[str, Decimal], int]:
    """({currency: sum}, amounts read). Two currencies are said before any sum, and never added up."""
    column = cells_of(frame, roles["currency"]) if roles["currency"] else []
    sums: dict[str, Decimal] = {}
    counts: Counter = Counter()
    read = 0
    for i, cell in enumerate(amounts):
        number = read_number(cell, mark)
        if not number:
            continue
        read += 1
        own = number[1] if number[1] and not (number[1] == "USD" and "$" in cell) else ""
        named = column[i % len(column)] if column else ""  # months stand one after the other
        currency = (named.strip().upper() if column else own or code) or "(no currency)"
        counts[currency] += 1
        if not number[0] or number[0].adjusted() < 18:  # beyond all bounds: its row is refused
            sums[currency] = sums.get(currency, Decimal(0)) + number[0] * scale
    if len(counts) > 1:
        parts = ", ".join(
            f"{name} ({count:,} {'amount' if count == 1 else 'amounts'})"
            for name, count in sorted(counts.items())
        )
        seen["currencies"] = f"{len(counts)} currencies: {parts}; they are never added up"
        seen["amount"] = (
            f"{read:,} amounts: {', '.join(f'{amount:,f} {name}' for name, amount in sorted(sums.items()))}"
        )
    else:
        seen["amount"] = (
            f"{read:,} {'amount' if read == 1 else 'amounts'}, sum {sum(sums.values(), Decimal(0)):,f}"
        )
    return sums, read


def _unknown_charges(frame, column) -> list[str]:
    """Doubts about words of the category column that are not known: their rows would count as usage."""
    words = (
        dict.fromkeys(cell.strip() for cell in cells_of(frame, column) if cell.strip())
        if column
        else {}
    )
    return [
        f"'{column}' says '{word[:40]}', which is not known and counts as Usage. Write categories: {{'{word[:40]}': Usage}} or another of Purchase, Tax, "
        "Credit, Adjustment"
        for word in words
        if not charge_word(word)
    ]


def _nearly_focus(name: str, columns: list[str]) -> str | None:
    """Why a table that speaks FOCUS is no complete export: it is never read by guessing."""
    from .importers import focus

    return focus.refusal(name, columns) if focus.is_nearly_focus(columns) else None


def _proved_by_the_delimiter(frame, amounts) -> bool:
    """'40,327' in a file whose cells are split by commas is forty thousand: a decimal comma would have split the cell."""
    return frame.attrs.get("delimiter") == "," and all(
        decimal_evidence(cell) != "?." for cell in amounts
    )


def _currency(frame, roles, months, amounts, mark, notes, doubts) -> tuple[str, bool]:
    """(ISO code, assumed): from the currency column, the heading of the amount, its cells, else from what stands above the table."""
    codes = Counter(read[1] for cell in amounts if (read := read_number(cell, mark)) and read[1])
    if roles["currency"]:
        cells = Counter(
            cell.strip().upper()
            for cell in cells_of(frame, roles["currency"])
            if len(cell.strip()) == 3
        )
        return (
            (cells.most_common(1)[0][0], False)
            if cells and cells.most_common(1)[0][0].isalpha()
            else ("USD", True)
        )
    named = currency_of(roles["amount"] or "") or next(
        (c for c in map(currency_of, frame.columns) if c and not months), ""
    )
    if not named and months:
        said = {code for column in months if (code := currency_of(column))}
        named = said.pop() if len(said) == 1 else ""
    if named or codes:
        return named or codes.most_common(1)[0][0], False
    return scales.beside(
        frame, [*months] or [roles["amount"]], roles["amount"] or "", notes, doubts
    )


def _totals(frame, months, amount, mark, summed, scale) -> tuple[list[str], dict[str, str]]:
    """What a total at the bottom says, beside the sum of the rows above it; and a doubt by key where they differ."""
    notes, off = [], {}
    for total in frame.attrs.get("totals", []):
        cells = [total["cells"].get(column, "") for column in (months or [amount])]
        numbers = [
            number[0]
            for cell in cells
            if (number := read_number(cell, mark)) and (not number[0] or number[0].adjusted() < 18)
        ]
        if not numbers:
            continue
        said = sum(numbers, Decimal(0)) * scale
        words = (
            "they agree" if said == summed else f"they differ by {said - summed:,f}: check the file"
        )
        notes.append(
            f"line {total['line']} '{total['label']}' says {said:,f}; the rows above sum to {summed:,f}: {words}"
        )
        if abs(said - summed) >= Decimal("0.005") * max(scale, 1):
            key = f"{total['label'][:60]} = {said:f}"
            off[key] = (
                f"line {total['line']} '{total['label'][:60]}' says {said:,f} and the rows above sum to {summed:,f}: rows may be missing, or counted "
                f"twice. Mend the file, or write leave: ['{key}']"
            )
    return notes, off
