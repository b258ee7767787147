"""A table and its mapping make FOCUS rows of text cells for Ledger.ingest (docs/method §13.11)."""

from __future__ import annotations

import json
from decimal import Context, Decimal

import pandas as pd

from ...errors import InputError, listing, unknown
from ..ledger.checks import REASON
from .columns import charge_word, unstored
from .files.excel import FORMULA
from .formats import Moment, month_end, read_moment, read_number
from .left_money import left_out
from .mapping import TAGS, Mapping
from .shape.heading_words import ROLES
from .written import BLANK, line_of, own_mark, plausible
from .written import cells_of as _cells

EXACT = Context(prec=1200)


def apply_mapping(frame: pd.DataFrame, mapping: Mapping) -> pd.DataFrame:
    """FOCUS rows of text cells for Ledger.ingest; one per row (and month column), and one per amount of `add` and `subtract`.

    None is left out but days that name nothing else (said in .attrs).

    A cell that cannot be read stays as it is written, so that the ledger refuses the row with file and row.
    x_SourceLine is the line in the file. Raises InputError for a column that is not there, and for one with money that the mapping does not name.
    """
    name = frame.attrs.get("name", mapping.file or "table")
    beside = {**mapping.add, **mapping.subtract}
    used = [
        *mapping.months,
        *(getattr(mapping, role) for role in ROLES if getattr(mapping, role)),
        *beside,
    ]
    for column in [*used, *mapping.ignore]:
        if column not in frame.columns:
            raise InputError(unknown(name, "column", column, frame.columns, "Correct the mapping."))
    if not mapping.months and not ((mapping.date or mapping.month) and mapping.amount):
        raise InputError(
            f"{name}: the mapping names no {'amount' if mapping.amount is None else 'date or month'} column. "
            f"Columns: {listing(frame.columns)}. Write it into the mapping."
        )
    if mapping.months and beside:
        raise InputError(
            f"{name}: add and subtract go with one column of amounts, not with months as columns: nobody knows the month of "
            f"'{next(iter(beside))}'. Write ignore: ['{next(iter(beside))}'], or give its months."
        )
    mapping = _with_own_marks(frame, mapping, beside)
    _refuse_open_money(frame, mapping, name, used)
    left = _left_totals(frame, mapping, name)
    cells = {column: _cells(frame, column) for column in dict.fromkeys(used)}
    broken, kinds = frame.attrs.get("broken", {}), _kinds(mapping, cells)
    rows: list[dict] = []
    blank_names: dict[str, int] = {}  # column -> its empty cells
    quiet: list[int] = []  # lines of days that name nothing but themselves
    blank = 0  # lines without an amount in any month
    for i in (i for i in range(len(frame)) if i not in left):
        if i not in broken and _names_a_day_alone(mapping, cells, i):
            quiet.append(line_of(frame, i))
            continue
        shared = _shared(mapping, cells, i, blank_names) | {
            "x_SourceLine": str(line_of(frame, i)),
            "ChargeCategory": kinds[i],
        }
        if mapping.months:
            parts = [
                (month, cells[column][i])
                for column, month in mapping.months.items()
                if cells[column][i].strip() not in BLANK
            ]
        else:
            parts = [(cells[mapping.date or mapping.month][i], cells[mapping.amount][i])]
        blank += not parts and i not in broken
        if i in broken:
            parts = [(parts[0][0] if parts else "", broken[i])]
            shared[REASON] = broken[i]
        rows += [
            {**shared, **_row(when, amount, mapping)} | _own_currency(amount, mapping)
            for when, amount in parts
        ]
        if i not in broken and beside:
            rows += _beside(mapping, cells, i, shared, parts[0][0] if parts else "")
    columns = [
        "BilledCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "BillingPeriodEnd",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "ChargeCategory",
        "ServiceName",
        "ServiceProviderName",
        "InvoiceIssuerName",
        "BillingAccountId",
        "SkuId",
        "RegionId",
        "ConsumedQuantity",
        "ConsumedUnit",
        "Tags",
        "x_SourceLine",
        *([REASON] if broken else []),
    ]
    result = pd.DataFrame(rows, columns=columns, dtype="object")
    result.attrs = {
        "name": name,
        "left_out": _said_left(frame, mapping, left.values(), len(quiet), blank),
        "basis": mapping.basis,
        "warnings": [
            said for said in (frame.attrs.get("hidden"), _unstored(frame, mapping)) if said
        ]
        + [
            f"{column}: {count:,} {'cell is a formula' if count == 1 else 'cells are formulas'} without a stored value: "
            "kept without it"
            for column, count in blank_names.items()
        ]
        + [
            f"line {one.line} '{one.label[:60]}' ({one.amount:,f}) is left out, as the mapping says"
            for one in left.values()
        ]
        + (
            [
                f"{len(quiet):,} {'line names' if len(quiet) == 1 else 'lines name'} a day and nothing else (first line {quiet[0]}): a day "
                "without a charge, left out"
            ]
            if quiet
            else []
        ),
    }
    return result


def _unstored(frame, mapping: Mapping) -> str:
    """That amounts or days are formulas without a stored value, each a row that is refused; '' where none is."""
    own = [mapping.date, mapping.month, mapping.amount, *mapping.months]
    return unstored(frame, [column for column in own if column]).strip()


def _with_own_marks(frame, mapping: Mapping, beside: dict) -> Mapping:
    """The mapping with the decimal marks that columns beside the amounts show by their own cells (docs/method §13.10)."""
    others = [c for c in (mapping.quantity, *beside) if c and c not in mapping.decimals]
    marks = {c: mark for c in others if (mark := own_mark(_cells(frame, c)))}
    return mapping.model_copy(update={"decimals": {**marks, **mapping.decimals}})


def _refuse_open_money(frame, mapping: Mapping, name: str, used: list[str]) -> None:
    """No column with money is passed over: each is counted, or named in `ignore`, or was shown to somebody who agreed."""
    named = {*used, *mapping.ignore, *mapping.open_money}
    left = left_out(frame, named, mapping.amount, mapping.months, mapping.decimal, mapping.decimals)
    if left.doubts:
        raise InputError(f"{name}: {'; '.join(left.doubts)}.")


def _left_totals(frame, mapping: Mapping, name: str) -> dict:
    """Lines that the mapping leaves out as totals, by place; one that may be a total and that nobody was asked about refuses the file."""
    lines = frame.attrs.get("open_totals", {})
    named = {*mapping.leave, *mapping.count, *mapping.open_totals}
    if doubts := [one.doubt for one in lines.values() if one.key not in named]:
        raise InputError(f"{name}: {'; '.join(doubts)}.")
    return {place: one for place, one in lines.items() if one.key in mapping.leave}


def _said_left(frame, mapping: Mapping, left, quiet: int, blank: int) -> list[tuple]:
    """(reason, lines, money per currency) of lines of the table that become no row: what the receipt counts as left out."""
    code, columns = mapping.currency_code, list(mapping.months) or [mapping.amount or ""]
    totals = []
    for total in frame.attrs.get("totals", ()):
        read = (read_number(total["cells"].get(name, ""), mapping.decimal) for name in columns)
        amounts = [
            one[0] for one in read if one and one[0].is_finite() and abs(one[0].adjusted()) < 18
        ]
        totals.append((total["label"], sum(amounts, Decimal(0))))
    totals += [(one.label, one.amount) for one in (*frame.attrs.get("subtotals", ()), *left)]
    said = [
        (f"line of totals '{label[:60]}'", 1, {code: _scaled(amount, mapping)} if amount else {})
        for label, amount in totals
    ]
    counts = {
        "day without a charge": quiet,
        "line without an amount in any month": blank,
        "remark below the table": len(frame.attrs.get("footnotes", ())),
    }
    return said + [(reason, count, {}) for reason, count in counts.items() if count]


def _names_a_day_alone(mapping: Mapping, cells: dict, i: int) -> bool:
    """Whether a row is a day on which nothing was charged: a date that can be read, and no other cell of it says anything."""
    when = mapping.date or mapping.month
    others = [column for column in cells if column != when]
    return (
        bool(when)
        and not mapping.months
        and len(others) > 1
        and read_moment(cells[when][i]) is not None
        and all(cells[column][i].strip() in BLANK for column in others)
    )


def _kinds(mapping: Mapping, cells: dict) -> list[str]:
    """ChargeCategory of each row: by the category column, else Usage."""
    if not mapping.category:
        return ["Usage"] * len(next(iter(cells.values())))
    own = {word.strip().casefold(): kind for word, kind in mapping.categories.items()}
    return [
        own.get(cell.strip().casefold()) or charge_word(cell) or "Usage"
        for cell in cells[mapping.category]
    ]


def _beside(mapping: Mapping, cells: dict, i: int, shared: dict, when: str) -> list[dict]:
    """Charges of a row that stand in columns of their own: credits, tax, fees."""
    charges = []
    for column, kind in [*mapping.add.items(), *mapping.subtract.items()]:
        cell = cells[column][i]
        read = read_number(cell, mapping.mark(column))
        if cell.strip() in BLANK or read and not read[0]:
            continue
        row = _row(when, cell, mapping, mapping.mark(column))
        if column in mapping.subtract and read:
            row["BilledCost"] = format(-_scaled(read[0], mapping), "f")
        charges.append(
            {**shared, "ConsumedQuantity": "", "ConsumedUnit": "", "ChargeCategory": kind, **row}
            | _own_currency(cell, mapping, mapping.mark(column))
        )
    return charges


def _shared(mapping: Mapping, cells: dict, i: int, blank_names: dict) -> dict:
    """The cells of a row that do not depend on the month."""

    def cell(role):
        column = getattr(mapping, role)
        word = cells[column][i].strip() if column else ""
        if word.startswith(
            FORMULA
        ):  # its money is known, its name is not: kept without it, and said
            blank_names[column] = blank_names.get(column, 0) + 1
            return ""
        return word or mapping.fixed.get(role, "")

    quantity = cell("quantity")
    number = (
        read_number(quantity, mapping.mark(mapping.quantity)) if quantity not in BLANK else None
    )
    provider = cell("provider")
    tags = {role: word for role in TAGS if (word := cell(role))}
    return {
        "BillingCurrency": cell("currency").upper() if mapping.currency else mapping.currency_code,
        "ServiceName": cell("service") or "(not stated)",
        "ServiceProviderName": provider,
        "InvoiceIssuerName": provider,
        "BillingAccountId": cell("account"),
        "SkuId": cell("sku"),
        "RegionId": cell("region"),
        "ConsumedQuantity": ""
        if quantity in BLANK
        else format(number[0], "f")
        if number
        else f"'{quantity}'",
        "ConsumedUnit": (cell("unit") or mapping.quantity or "") if number else "",
        "Tags": json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else "",
    }


def _own_currency(amount: str, mapping: Mapping, mark: str = "") -> dict:
    """A currency written in the amount cell itself wins over the mapping; '$' is whatever dollar the table is in."""
    read = read_number(amount, mark or mapping.decimal)
    if mapping.currency or not read or not read[1]:
        return {}
    dollar = (
        read[1] == "USD"
        and "$" in amount
        and mapping.currency_code in ("CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "USD")
    )
    return {} if dollar else {"BillingCurrency": read[1]}


def _scaled(value: Decimal, mapping: Mapping) -> Decimal:
    """An amount in units of its currency; exact, whatever the number of its digits."""
    return value if mapping.scale == 1 else EXACT.multiply(value, mapping.scale)


def _row(when: str, amount: str, mapping: Mapping, mark: str = "") -> dict:
    """Cost and periods of one row; what cannot be read is quoted, so that it is never read another way."""
    number = read_number(amount, mark or mapping.decimal)
    moment: Moment | None = read_moment(when)
    day = moment.day(mapping.date_order) if moment else None
    cost = (
        format(_scaled(number[0], mapping), "f")
        if number
        else amount.strip() and f"'{amount.strip()}'"
    )
    if (
        moment is None or day is None or not plausible(day)
    ):  # 9999-12-31 is how ERP systems write "never"
        return {
            "BilledCost": cost,
            **dict.fromkeys(
                ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"),
                str(day) if day else when.strip(),
            ),
        }
    first = day.replace(day=1)
    start, end = (
        (first, month_end(day))
        if mapping.whole_months or moment.second == 0
        else (day, day + pd.Timedelta(days=1))
    )
    return {
        "BilledCost": cost,
        "BillingPeriodStart": str(first),
        "BillingPeriodEnd": str(month_end(day)),
        "ChargePeriodStart": str(start),
        "ChargePeriodEnd": str(end)[:10],
    }
