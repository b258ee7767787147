"""Cost table of the Google Cloud console (CSV): lines by project, SKU and credit over an invoice month, below a preamble, above a foot.

BilledCost is the unrounded cost, of which the invoice is the sum (Google Cloud Billing, "View and download the cost details of your invoice":
"the Total amount listed in your invoice is the sum of all Unrounded cost line items, rounded to two decimal places"), or the cost where that is not
there. Credits are lines of their own: discounts go on with the usage that they reduce, a PROMOTION is a Credit. Usage start and end date are the
first and the last day of use in the invoice month. The invoice month stands in the name that the console gives the file, and in Invoice date.
The line Total is checked to the cent, left out, and said; lines of the foot without a SKU (tax, rounding error) are charges where the total needs
them, and repeat others where it does not. The currency is that of the preamble; a sign in a heading ($) is that of several dollars.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ....errors import InputError, listing, together
from ..files.cells import CURRENCIES
from ..files.readers import Source, head_text
from ..files.resaved import UNOPENED
from ..files.text import shown
from ..formats import PLAIN, SYMBOLS, read_moment, read_number
from ..vendors import squash
from ..written import date_order, decimal_mark, open_number
from . import Export, LeftOut, _gcp
from ._columns import Columns
from ._gcp import masked
from ._gcp_table import Sheet, heading, is_head, sheet_of
from .aws_cur import EXACT

TITLE = "Google Cloud cost table (CSV)"
DEFAULT = True
SIGN = ("Service description", "SKU description", "Cost type", "Usage start date", "Cost")
ONE = "one amount, after credits: EffectiveCost is not known, and BilledCost is taken for it, as in Google's FOCUS export"
PIECE = 50_000  # rows given at a time
HALF = Decimal("0.005")
MICRO = Decimal("5e-7")  # half of the last digit of an unrounded cost
MONEY = ("unroundedcost", "cost", "listcost")
DOLLARS = "USD AUD CAD NZD SGD HKD TWD MXN CLP COP ARS".split()
NAMED = re.compile(r"cost table, (\d{4}-\d{2})-\d{2} . \d{4}-\d{2}-\d{2}", re.I)
CATEGORY = {"usage": "Usage", "tax": "Tax", "adjustment": "Adjustment", "roundingerror": "Adjustment"}  # fmt: skip
FOOT = ("adjustment", "roundingerror", "tax")
PLAIN_NAMES = {  # FOCUS name: headings, the first that is filled counts
    "BillingAccountName": ("Billing account name",),
    "SubAccountName": ("Project name",),
    "ServiceName": ("Service description", "Service ID"),
    "SkuId": ("SKU ID",),
    "ChargeDescription": ("SKU description", "Cost type"),
    "x_ServiceId": ("Service ID",),
    "x_CostType": ("Cost type",),
    "x_CreditType": ("Credit type",),
    "x_CreditName": ("Credit name", "Credit ID"),
    "x_ProjectNumber": ("Project number",),
    "x_ProjectHierarchy": ("Project hierarchy",),
    "x_ConsumptionModel": ("Consumption model description", "Consumption model ID"),
    "x_SellerName": ("Seller name",),
    "x_TransactionType": ("Transaction type",),
}


def recognise(source: Source) -> bool:
    """Cost type, cost and two names of what was used, in one of the first lines."""
    if source.kind == "frame":
        return is_head(list(map(str, source.frame.columns)))
    return source.kind == "csv" and heading(head_text(source)) is not None


def read(source: Source) -> Export:
    """A row per line of the table; lines of totals are left out."""
    source.broken.clear()
    sheet = sheet_of(source)
    source.notes[:] = list(
        dict.fromkeys(source.notes)
    )  # looked at twice: whole, and below its preamble
    notes = [ONE]
    sheet.currency = _currency(sheet, notes)
    sheet.mark = _mark(sheet)
    sheet.order = _order(sheet)
    sheet.month = _month(sheet, notes)
    left_out: list[LeftOut] = []
    left = _left(sheet, len(source.broken), notes, left_out)
    names = {squash(name) for name in sheet.table.schema.names}
    if "unroundedcost" not in names:
        notes.append("no Unrounded cost: each line is rounded to the cent")
    if "credittype" not in names:
        notes.append("no Credit type: discounts and promotions cannot be told from usage")
    if not {"usagestartdate", "usageenddate"} <= names:
        notes.append("no Usage start or end date: charges lie in what is left of the invoice month")
    return Export(
        _pieces(sheet, left), "Google Cloud cost table", notes, left_out, {"Effective": ONE}
    )


def _texts(sheet: Sheet, *names: str) -> list[str]:
    """The distinct filled cells of columns."""
    c = Columns(sheet.table)
    return [cell for name in names for cell in pc.unique(c.text(name)).to_pylist() if cell.strip()]


def _currency(sheet: Sheet, notes: list[str]) -> str:
    """The currency of the preamble, else of the headings; one that is unclear, or two that differ, are refused."""
    says = sheet.top.get("currency", "").strip().upper()
    codes = {SYMBOLS.get(unit.upper(), unit.upper()) for unit in sheet.units if "¥" not in unit}
    codes &= CURRENCIES
    if says and says not in CURRENCIES:
        raise InputError(
            f"{sheet.name}: its line Currency says '{shown(says[:20])}', which is no currency of ISO 4217. Write it as three letters, for example USD."
        )
    dollars = "$" in sheet.units and says in DOLLARS
    if says and codes and codes != {says} and not dollars:
        raise InputError(
            f"{sheet.name}: its line Currency says {says} and its headings ({', '.join(sheet.units)}). Which one counts? Download the table again."
        )
    if says:
        return says
    if len(codes) != 1:
        raise InputError(
            f"{sheet.name}: no currency: no line Currency above the headings, and a heading such as Cost ({sheet.units[0] if sheet.units else ' '}) does "
            "not tell it. Write a line 'Currency,USD' above the headings, with yours."
        )
    if "$" in sheet.units:
        notes.append(
            "no line Currency above the headings: ($) is read as USD; for another dollar write a line such as 'Currency,AUD' above them"
        )
    return next(iter(codes))


def _mark(sheet: Sheet) -> str:
    """How the table writes its numbers, from all of them; what could be read two ways is refused."""
    cells = _texts(sheet, *MONEY, "Usage amount")
    if due := sheet.top.get("totalamountdue", ""):
        cells.append(due)
    if all(PLAIN.fullmatch(cell.strip()) for cell in cells):
        return "."
    mark, open_ = decimal_mark(cells, sheet.name, "Cost")
    if open_:
        raise InputError(
            f"{sheet.name}: amounts such as '{open_number(cells)}' can be read two ways, and no other tells which. {UNOPENED}, "
            "with the column Unrounded cost."
        )
    return mark


def _order(sheet: Sheet) -> str:
    """How the table writes its dates; such as can be read two ways are refused."""
    days = _texts(sheet, "Usage start date", "Usage end date")
    order, open_ = date_order(pd.DataFrame({"Usage start date": days}), "Usage start date", sheet.name, sheet.mark, sheet.currency)  # fmt: skip
    if open_:
        first = next(text for text in days if (moment := read_moment(text)) and moment.open)
        raise InputError(
            f"{sheet.name}: dates such as '{first}' can be read two ways. {UNOPENED}, or write them as 2026-07-01."
        )
    return order


def _day(text: str, order: str, later: int = 0) -> str:
    """A day as a moment, or the day after it; what is none stays as it is."""
    moment = read_moment(text.strip())
    day = moment.day(order) if moment and moment.second else None
    try:
        return f"{day + dt.timedelta(later)}T00:00:00Z" if day else text
    except OverflowError:
        return text


def _month(sheet: Sheet, notes: list[str]) -> str:
    """The invoice month, YYYY-MM: of the file's name, of Invoice date, or the one month of all days of use."""
    match = NAMED.search(sheet.name)
    named = match[1] if match and "01" <= match[1][5:] <= "12" else ""
    dated = _day(sheet.top.get("invoicedate", ""), "iso")
    dated = dated[:7] if dated.endswith("T00:00:00Z") else ""
    if named and dated and named != dated:
        notes.append(
            f"the name of the file says {named}, Invoice date {dated}: the name counts as billing period"
        )
    if named or dated:
        return named or dated
    used = {_day(cell, sheet.order)[:7] for cell in _texts(sheet, "Usage start date", "Usage end date")}  # fmt: skip
    if len(used) == 1:
        notes.append("no invoice month in name or preamble: the month of use is taken as it")
        return used.pop()
    raise InputError(
        f"{sheet.name}: its invoice month is not told: days of use lie in {together(sorted(used)) if used else 'no month'}. Keep the name that the console gave "
        "the file ('…_Cost table, 2026-07-01 — 2026-07-31.csv'), or its line Invoice date."
    )


def _value(cell: str, sheet: Sheet) -> Decimal | None:
    """The amount of a cell; None where it cannot be read, or says another currency."""
    read = read_number(cell, sheet.mark) if len(cell) < 60 else None
    if not read or not read[0].is_finite() or (read[0] and not -40 < read[0].adjusted() < 18):
        return None
    dollars = "$" in cell and sheet.currency in DOLLARS
    return read[0] if read[1] in ("", sheet.currency) or dollars else None


def _number(cell: str, sheet: Sheet) -> str:
    """A number in plain digits; what is none stays as it is."""
    if PLAIN.fullmatch(cell.strip()) and sheet.mark == ".":
        return cell
    value = _value(cell, sheet)
    return cell if value is None else format(value, "f")


def _kinds(c: Columns) -> pa.Array:
    return c.each([c.text("Cost type")], squash)


def _left(sheet: Sheet, broken: int, notes: list[str], left_out: list[LeftOut]) -> set[str]:
    """What of the foot is left out, by 'total' or type of line: totals, checked to the cent, and lines that the total counts once already."""
    c = Columns(sheet.table)
    kind = _kinds(c)
    total = masked(pc.ends_with(kind, "total"))
    bare = masked(pc.and_(pc.equal(_scope(c), ""), pc.is_in(kind, pa.array(FOOT))))
    amounts = [_value(cell, sheet) for cell in _amount(c).to_pylist()]
    words = kind.to_pylist()
    unread = broken + sum(value is None for value, summed in zip(amounts, total, strict=True) if not summed)  # fmt: skip
    lines, foot = Decimal(0), dict.fromkeys(FOOT, Decimal(0))
    for value, word, summed, loose in zip(amounts, words, total, bare, strict=True):
        if value is not None and loose:
            foot[word] = EXACT.add(foot[word], value)
        elif value is not None and not summed:
            lines = EXACT.add(lines, value)
    there = {words[i] for i in np.flatnonzero(bare)}
    grand = [amounts[i] for i in np.flatnonzero(total) if words[i] in ("total", "grandtotal")]
    due = _value(sheet.top.get("totalamountdue", ""), sheet)
    whole = sum(foot.values(), lines)
    if total.any():
        said = sorted({c.text("Cost type")[i].as_py() for i in np.flatnonzero(total)})
        count = "1 line" if total.sum() == 1 else f"{int(total.sum()):,} lines"
        notes.append(f"{count} of totals ({listing(said)}): left out")
        money = sum((amounts[i] or Decimal(0) for i in np.flatnonzero(total)), Decimal(0))
        left_out.append(
            LeftOut(f"{count} of totals", int(total.sum()), money={sheet.currency: money})
        )
    if unread:
        notes.append(
            "totals are not compared, because a line cannot be read" if unread == 1 else f"totals are not compared, because {unread:,} lines cannot be read"
        )  # fmt: skip
        return set()
    out: set[str] = set()
    if grand and grand[-1] is not None:
        few = HALF + (MICRO if c.has("Unrounded cost") else HALF) * len(words)
        near = [
            set(away)
            for size in range(len(there) + 1)
            for away in itertools.combinations(sorted(there), size)
            if abs(whole - sum((foot[word] for word in away), Decimal(0)) - grand[-1]) <= few
        ]
        if not near:
            raise InputError(
                f"{sheet.name}: its line Total says {grand[-1]:,f} and its lines add up to {whole:,f} {sheet.currency}. Nothing was taken: lines are missing, or "
                "stand twice. Download the table again."
            )
        out = near[0]
        for word in sorted(out):
            notes.append(f"the line '{word}' at the foot repeats lines above it: left out")
            rows = sum(words[i] == word for i in np.flatnonzero(bare))
            left_out.append(LeftOut(f"line '{word}' at the foot, which repeats lines above it", rows, money={sheet.currency: foot[word]}))  # fmt: skip
        whole -= sum((foot[word] for word in out), Decimal(0))
        notes.append(f"its line Total agrees with the lines: {grand[-1]:,f} {sheet.currency}")
    if due is not None and abs(due - whole) > HALF + MICRO * len(words):
        notes.append(
            f"DIFFER: the lines add up to {whole:,f} {sheet.currency}, Total amount due says {due:,f}: the table is filtered, or is not the whole invoice"
        )
    elif due is not None:
        notes.append(f"Total amount due agrees with the lines: {due:,f} {sheet.currency}")
    elif not grand:
        notes.append("no line of totals and no Total amount due: nothing to check the sum against")
    return out


def _scope(c: Columns) -> pa.Array:
    """What a line is of, '' for a line of the foot."""
    return c.text("SKU description", "SKU ID", "Service description", "Project ID", "Project name")


def _amount(c: Columns) -> pa.Array:
    return c.text("Unrounded cost", "Cost")


def _pieces(sheet: Sheet, left: set[str]) -> Iterator[pa.Table]:
    for at in range(0, max(sheet.table.num_rows, 1), PIECE):
        c = Columns(sheet.table.slice(at, PIECE))
        kind = _kinds(c)
        loose = pc.and_(pc.equal(_scope(c), ""), pc.is_in(kind, pa.array(sorted(left), pa.string())))  # fmt: skip
        keep = pc.invert(pc.or_(loose, pc.ends_with(kind, "total")))
        yield _rows(Columns(c.table.filter(keep)), sheet)


def _rows(c: Columns, sheet: Sheet) -> pa.Table:
    cells = {name: c.text(*headings) for name, headings in PLAIN_NAMES.items()}
    kind, sku, credit = _kinds(c), cells["ChargeDescription"], cells["x_CreditType"]

    def always(text: str) -> pa.Array:
        return pa.repeat(pa.scalar(text, pa.string()), c.rows)

    cells["BilledCost"] = c.each([_amount(c)], lambda cell: _number(cell, sheet))
    cells["EffectiveCost"] = cells["BilledCost"]
    cells["ListCost"] = c.each([c.text("List cost")], lambda cell: _number(cell, sheet))
    cells["BillingCurrency"] = always(sheet.currency)
    cells["x_CurrencyConversionRate"] = always(sheet.top.get("currencyexchangerate", ""))
    cells["InvoiceId"] = always(sheet.top.get("invoicenumber", ""))
    own = sheet.top.get("billingaccountid", "")
    cells["BillingAccountId"] = c.each([c.text("Billing account ID")], lambda cell: cell or own)
    cells["SubAccountId"] = c.each(
        [c.text("Project ID", "Project number")], lambda cell: "" if cell == "0" else cell
    )
    cells["ChargeCategory"] = c.each([kind, cells["x_CostType"], sku, credit], _category)
    cells["ChargeClass"] = always("")
    cells["ChargeFrequency"] = c.each([kind, sku], lambda word, text: "One-Time" if word != "usage" else "Recurring" if _gcp.FEE.fullmatch(text) else "Usage-Based")  # fmt: skip
    cells["PricingCategory"] = c.each(
        [kind, sku, credit, cells["x_ConsumptionModel"]],
        lambda word, text, given, model: (
            _gcp.pricing(text, {_type(given)}, model) if word == "usage" else ""
        ),
    )
    _periods(c, kind, cells, sheet)
    cells["ServiceProviderName"] = c.each(
        [cells["x_TransactionType"], cells["x_SellerName"]], _gcp.provider
    )
    cells["InvoiceIssuerName"] = always("Google Cloud")
    use = pc.and_(pc.equal(kind, "usage"), pc.equal(credit, ""))
    amount = c.each([c.text("Usage amount")], lambda cell: _number(cell, sheet))
    for name in ("Consumed", "Pricing"):
        cells[f"{name}Quantity"] = pc.if_else(use, amount, "")
        cells[f"{name}Unit"] = pc.if_else(use, c.text("Usage unit"), "")
    cells["ServiceCategory"] = c.each([cells["ServiceName"]], _gcp.category)
    cells["x_Model"] = c.each([sku], lambda text: _gcp.tokens(text)[0])
    cells["SkuMeter"] = c.each([sku], lambda text: _gcp.tokens(text)[1] or text)
    cells["Tags"] = c.each([c.text("Label", "Labels")], _label)
    return pa.table({**cells, "x_Row": c.table.column("x_Row")})


def _category(kind: str, written: str, sku: str, credit: str) -> str:
    """The category of a line; a cost type that is not known stays as it is written, to be refused by its name."""
    if kind == "usage" and _type(credit) == "PROMOTION":
        return "Credit"
    if kind == "usage" and _gcp.FEE.fullmatch(sku):
        return "Purchase"
    return CATEGORY.get(kind, written)


def _type(credit: str) -> str:
    """A type of credit as the export names it: 'Promotion' is PROMOTION."""
    return credit.strip().upper().replace(" ", "_").replace("-", "_")


def _label(text: str) -> str | None:
    """A label 'environment:production' as JSON.

    >>> _label("environment:production"), _label("")
    ('{"environment": "production"}', None)
    """
    key, colon, value = text.partition(":")
    if not colon:
        return text or None
    return json.dumps({key.strip(): value.strip()}) if value.strip() else None


def _periods(c: Columns, kind: pa.Array, cells: dict[str, pa.Array], sheet: Sheet) -> None:
    """First day of use, and the day after the last; what is not used and has no day lies in the invoice month."""
    opens, closes = _gcp.month(sheet.month)

    def start(word: str, cell: str) -> str:
        if cell.strip():
            return _day(cell, sheet.order)
        return opens if word != "usage" or not c.has("Usage start date") else ""

    def end(word: str, cell: str, first: str) -> str:
        if cell.strip():
            return _day(cell, sheet.order, 1)
        return closes if word != "usage" or not c.has("Usage end date") else ""

    first = c.text("Usage start date")
    cells["ChargePeriodStart"] = c.each([kind, first], start)
    cells["ChargePeriodEnd"] = c.each([kind, c.text("Usage end date"), first], end)
    for name, text in (("BillingPeriodStart", opens), ("BillingPeriodEnd", closes)):
        cells[name] = pa.repeat(pa.scalar(text, pa.string()), c.rows)
