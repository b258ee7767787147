"""A table and its mapping make FOCUS rows of text cells for Ledger.ingest (docs/method.md §13.11)."""

from __future__ import annotations

import json

import pandas as pd

from ..errors import InputError, listing, unknown
from .checks import TOLD
from .columns import ROLES
from .formats import Moment, month_end, read_moment, read_number
from .mapping import TAGS, Mapping
from .written import BLANK, line_of, plausible
from .written import cells_of as _cells


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
            shared[TOLD] = broken[i]
        rows += [{**_row(when, amount, mapping), **shared, "x_SourceLine": str(line_of(frame, i))} | _own_currency(amount, mapping)
                 for when, amount in parts]
    columns = ["BilledCost", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
               "ChargeCategory", "ServiceName", "ServiceProviderName", "InvoiceIssuerName", "BillingAccountId", "SkuId", "RegionId",
               "ConsumedQuantity", "ConsumedUnit", "Tags", "x_SourceLine", *([TOLD] if broken else [])]
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
    if day is None or not plausible(day):         # 9999-12-31 is how ERP systems write "never"
        return {"BilledCost": cost, **dict.fromkeys(("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd"),
                                                    str(day) if day else when.strip())}
    first = day.replace(day=1)
    start, end = (first, month_end(day)) if mapping.whole_months or moment.second == 0 else (day, day + pd.Timedelta(days=1))
    return {"BilledCost": cost, "BillingPeriodStart": str(first), "BillingPeriodEnd": str(month_end(day)),
            "ChargePeriodStart": str(start), "ChargePeriodEnd": str(end)[:10]}
