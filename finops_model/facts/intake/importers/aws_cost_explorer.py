"""Downloads of AWS Cost Explorer (CSV): a row per hour, day or month, a column per service (account, region, usage type, tag), and totals of both.

The first heading names what the columns are; 'EC2-Instances($)' is a column and its currency. A line 'Service total' and a column 'Total costs($)'
repeat what stands beside them: they are checked to the cent, left out, and said. By account the ids stand in a line of their own above the names.
A table turned round (periods as columns) is turned back. Which cost was chosen in the console (unblended, net, amortised) does not stand in the
file: it is taken as billed, and the amortised cost is not known.
Source: AWS Cost Management user guide, "Reading the Cost Explorer data table"; public scripts that read such files, with their first lines
(by service, by usage type with 'Usage type total', by account with 'Linked account name' in the second line, 'No tag key: team').
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from ....errors import InputError, listing, several, together
from ..files.cells import parse_time
from ..files.readers import Source
from ..files.resaved import UNOPENED
from ..files.text import BrokenRow, shown, stray
from ..formats import PLAIN, SYMBOLS, month_end, read_moment, read_number
from ..vendors import squash
from ..written import date_order, decimal_mark, open_number, plausible
from . import Export, LeftOut, _aws
from ._cost_table import UNTOLD, Sheet, above, lines_of, sheet_of, split
from ._json import COLUMNS

TITLE = "AWS Cost Explorer download (CSV)"
DEFAULT = True
ACCOUNT = re.compile(r"(?P<name>.*?)\s*\((?P<id>\d{12})\)|(?P<bare>\d{12})")
NO_KEY = re.compile(r"no (?:tag key|cost category)\b.*", re.I)
RECURRING = ("recurringreservationfee", "savingsplanrecurringfee", "rifee", "supportfee")
TIME = "%Y-%m-%dT%H:%M:%SZ"
CENT = Decimal("0.005")
PIECE = 50_000  # rows given at a time
NAMES = (*COLUMNS, "EffectiveCost", "RegionId", "SubAccountName", "AvailabilityZone", "x_UsageType")
BASIS = (
    "the file does not say which cost it holds (unblended, net or amortised, as chosen in the console): it is taken as billed. EffectiveCost is not "
    "known: BilledCost stands in for it"
)
ONCE = "beside a cost and usage report of the same months, or another grouping of them, it would be counted twice: deliver one of them"


def recognise(source: Source) -> bool:
    """A first line of 'name(currency)' that ends in total costs, over periods or beside them, with its own line of totals or a known grouping."""
    return source.kind in ("csv", "frame") and sheet_of(lines_of(source, whole=False)) is not None


def read(source: Source) -> Export:
    """A row per period and column that has a cost. Raises InputError where the currency or the dates can be read two ways."""
    source.broken.clear()
    lines = lines_of(source, whole=True)
    sheet = sheet_of(lines)
    if sheet is None:
        raise InputError(
            f"{source.name}: its first lines are a download of AWS Cost Explorer, others are not: below the header every line starts with a "
            "period (2026-07-01) or says total. Download it again, or take the other lines out."
        )
    source.notes[:] = list(dict.fromkeys(source.notes))  # looked at twice: by its head, and whole
    if problem := next(
        (problem for cell in [sheet.group, *sheet.grid[0]] if (problem := stray(cell))), ""
    ):
        raise InputError(
            f"{source.name}: the header {problem}. Export the file again, all of it as UTF-8."
        )
    currency = _currency(source.name, sheet)
    mark = _mark(source.name, sheet)
    starts = _starts(source.name, sheet, mark, currency)
    length, said = _length(sheet, starts)
    notes = [BASIS, ONCE, *said]
    if sheet.usage:
        notes.append(
            f"columns without a currency hold usage, not money, and are left out: {listing(sheet.usage)}"
        )
    if squash(sheet.group) not in ("service", "chargetype"):
        notes.append(
            f"the columns are of '{sheet.group}': tax, credits and fees cannot be told from usage"
        )
    source.broken += _broken(lines)
    left_out: list[LeftOut] = []
    batches = _batches(sheet, starts, length, currency, mark, notes, left_out)
    return Export(batches, f"AWS Cost Explorer ({length})", notes, left_out, {"Effective": BASIS})


def _currency(name: str, sheet: Sheet) -> str:
    """The currency of the headings; one that two currencies write alike, or two of them, are refused."""
    if unit := next((word for word in sheet.units if word in UNTOLD), None):
        raise InputError(
            f"{name}: the headings say ({unit}), which is JPY or CNY. Replace it by the currency, for example 'Tax(CNY)', in the first line."
        )
    codes = sorted({SYMBOLS.get(unit, unit) for unit in sheet.units})
    if len(codes) > 1:
        raise InputError(
            f"{name}: the headings name {together(codes)}. Amounts in different currencies are not added up: download each by itself."
        )
    return codes[0]


def _mark(name: str, sheet: Sheet) -> str:
    """How amounts are written: '.', or ',' where a workbook has rewritten the file; one that could be either is refused."""
    cells = [line[i] for line in sheet.grid[1:] for _, _, i in sheet.columns if line[i]]
    if all(PLAIN.fullmatch(cell) for cell in cells):
        return "."
    mark, open_ = decimal_mark(cells, name, sheet.group)
    if open_:
        raise InputError(
            f"{name}: amounts such as '{open_number(cells)}' can be read two ways, and no other tells which. {UNOPENED}."
        )
    return mark


def _starts(name: str, sheet: Sheet, mark: str, currency: str) -> list[dt.datetime | None]:
    """When each period starts, UTC; None where a line names no day (it is refused by itself)."""
    texts = [text for text, _ in sheet.periods]
    order, open_ = date_order(pd.DataFrame({sheet.group: texts}), sheet.group, name, mark, currency)
    if open_:
        first = next(text for text in texts if (moment := read_moment(text)) and moment.open)
        raise InputError(
            f"{name}: dates such as '{first}' can be read two ways. {UNOPENED}, or write them as 2026-07-01."
        )
    starts: list[dt.datetime | None] = []
    for text in texts:
        micros, moment = parse_time(text)[0], read_moment(text)
        day = moment.day(order) if moment else None
        if micros is not None:
            starts.append(dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros))
        else:
            starts.append(dt.datetime.combine(day, dt.time()) if day and plausible(day) else None)
    known = [start for start in starts if start]
    if twice := next(
        (
            text
            for i, text in enumerate(texts)
            if starts[i] in known and starts.index(starts[i]) < i
        ),
        None,
    ):
        raise InputError(
            f"{name}: the period '{twice}' stands twice: which one counts? Take one out."
        )
    return starts


def _length(sheet: Sheet, starts: list[dt.datetime | None]) -> tuple[str, list[str]]:
    """(hourly, daily or monthly; notes): what the periods are, by their distances."""
    known = sorted(start for start in starts if start)
    texts = [text for text, _ in sheet.periods]
    if any(start.hour or start.minute for start in known):
        return "hourly", []
    bare = all(moment.second == 0 for moment in map(read_moment, texts) if moment)
    gaps = [(later - former).days for former, later in zip(known, known[1:], strict=False)]
    months = (
        max(gaps) >= 28 and all(start.day == 1 for start in known[1:])
        if gaps
        else bool(known) and known[0].day == 1
    )
    if not (bare or months):
        return "daily", []
    notes = ["each amount is the cost of a whole month. Download the newest month after its end"]
    if not gaps and not bare:
        notes.append(
            f"the one period, {texts[0]}, is read as its month; a single day cannot be told from it: download two days or more"
        )
    return "monthly", notes


def _span(text: str, start: dt.datetime | None, length: str) -> dict[str, str]:
    """The charge period and the calendar month around it; what is no day stays as it is, to be refused."""
    if start is None:
        return dict.fromkeys(
            ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd"),
            shown(text),
        )
    after = dt.datetime.combine(month_end(start.date()), dt.time())
    end = (
        after
        if length == "monthly"
        else start + dt.timedelta(hours=1 if length == "hourly" else 24)
    )
    return {
        "ChargePeriodStart": f"{start:{TIME}}",
        "ChargePeriodEnd": f"{end:{TIME}}",
        "BillingPeriodStart": f"{start.replace(day=1, hour=0):{TIME}}",
        "BillingPeriodEnd": f"{after:{TIME}}",
    }


def _broken(lines: list[list[str]]) -> Iterator[BrokenRow]:
    """Lines that have more or fewer cells than the header."""
    first = above(lines)
    wide = len(lines[first])
    for i, line in enumerate(lines[first:]):
        if len(line) != wide:
            reason = f"has {several(len(line), 'cell')} where the header has {wide}"
            yield BrokenRow(i, "", "wrong number of cells", reason, shown(",".join(line)))


def _batches(
    sheet: Sheet,
    starts: list[dt.datetime | None],
    length: str,
    currency: str,
    mark: str,
    notes: list[str],
    left_out: list[LeftOut],
) -> Iterator[pa.Table]:
    """The charges in pieces; what was counted and checked on the way is noted at the end."""
    counts: Counter[str] = Counter()
    across: dict[int, Decimal] = defaultdict(Decimal)
    down: dict[int, Decimal] = defaultdict(Decimal)
    quiet: list[str] = []
    charged: set[int] = set()  # source rows
    rows: list[dict] = []
    what = [(_dimension(sheet.group, name, ident), place) for name, ident, place in sheet.columns]
    for (text, line), start in zip(sheet.periods, starts, strict=True):
        span, filled = _span(text, start, length), False
        for dimension, place in what:
            cell = sheet.grid[line][place]
            value = _value(cell, mark)
            if value is not None:
                across[line] += value
                down[place] += value
            if value == 0:
                counts["zero" if cell.strip("-–— ") else "empty"] += 1
                continue
            filled = True
            charged.add(sheet.row(line, place))
            cost = cell if value is None or PLAIN.fullmatch(cell) else format(value, "f")
            name = f"{sheet.group}: {sheet.grid[0][place]}"
            rows.append(
                _charge(shown(cost), currency, span, name)
                | dimension
                | {"x_Row": sheet.row(line, place)}
            )
        if not filled:
            quiet.append(text)
        if len(rows) >= PIECE:
            yield _table(rows)
            rows = []
    yield _table(rows)
    notes += _checked(sheet, mark, across, down)
    left_out += _left_out(sheet, mark, currency, counts, charged)
    if counts:
        parts = [f"{count:,} {word}" for word, count in sorted(counts.items())]
        notes.append(
            f"{together(parts)} {'cell is no charge' if counts.total() == 1 else 'cells are no charges'}"
        )
    if quiet:
        periods = "1 period" if len(quiet) == 1 else f"{len(quiet):,} periods"
        notes.append(f"{periods} without any cost (first {quiet[0]}): left out")


def _left_out(
    sheet: Sheet, mark: str, currency: str, counts: Counter[str], charged: set[int]
) -> Iterator[LeftOut]:
    """What of a download becomes no charge, in its own rows: in a table turned round they are its columns."""
    top = sheet.grid[0]
    totals = [
        *((f"line '{sheet.grid[i][0]}'", [(i, at) for _, _, at in sheet.columns], False) for _, i in sheet.left),
        *((f"column '{top[at]}'", [(i, at) for _, i in sheet.periods], True) for at in sheet.total),
    ]  # fmt: skip
    for name, places, column in totals:
        values = [_value(sheet.grid[i][at], mark) for i, at in places]
        summed = sum((value for value in values if value is not None), Decimal(0))
        row = column == sheet.turned
        name = (
            name if not sheet.turned else f"{'line' if row else 'column'} {name.split(' ', 1)[1]}"
        )
        yield LeftOut(
            f"{name}, which repeats what stands beside it",
            1 if row else 0,
            0 if row else len(places),
            {currency: summed},
        )
    if sheet.usage:
        many = len(sheet.usage)
        yield LeftOut(
            f"usage, not money: {listing(sheet.usage)}",
            many if sheet.turned else 0,
            0 if sheet.turned else many * len(sheet.periods),
        )
    for word in sorted(counts):
        yield LeftOut(f"{word}: no charge", cells=counts[word])
    own = {sheet.row(i, at) for _, i in sheet.periods for _, _, at in sheet.columns}
    if own - charged:
        yield LeftOut("without any cost", len(own - charged))


def _value(cell: str, mark: str) -> Decimal | None:
    """The amount of a cell; 0 for an empty one; None where it cannot be read (its row is refused)."""
    if not cell.strip("-–— "):
        return Decimal(0)
    number = read_number(cell, mark) if cell.isascii() and len(cell) < 60 else None
    return number[0] if number and number[0].is_finite() and number[0].adjusted() < 18 else None


def _checked(
    sheet: Sheet, mark: str, across: dict[int, Decimal], down: dict[int, Decimal]
) -> list[str]:
    """What lines and columns of totals say beside the sums of what they repeat, to the cent; they are left out."""
    top, all_ = sheet.grid[0], sum(across.values(), Decimal(0))
    sides, odd, held = {place: sheet.grid[place][0] for _, place in sheet.left}, [], 0
    pairs = [(line, place, down[place]) for line in sides for _, _, place in sheet.columns]
    pairs += [(line, place, across[line]) for place in sheet.total for _, line in sheet.periods]
    pairs += [(line, place, all_) for line in sides for place in sheet.total]
    for line, place, summed in pairs:
        said = _value(sheet.grid[line][place], mark)
        if said is None or abs(said - summed) > CENT:
            where = f"'{sheet.grid[line][0]}' of '{top[place]}'"
            odd.append(f"{where} says {sheet.grid[line][place]}, the cells sum to {summed:,f}")
        else:
            held += 1
    names = [
        *(f"line '{word}'" for word in sides.values()),
        *(f"column '{top[place]}'" for place in sheet.total),
    ]
    notes = []
    if names:
        notes.append(
            f"{together(names)}: left out, as they repeat what stands beside them; {held:,} of {held + len(odd):,} totals agree with it to the cent"
        )
    if odd:
        notes.append(
            f"TOTALS DIFFER from the cells that are booked: {listing(odd, most=3)}. Download the file again"
        )
    return notes


def _charge(cost: str, currency: str, span: dict[str, str], name: str) -> dict:
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "BillingCurrency": currency,
        **span,
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ServiceName": "AWS",
        "ServiceProviderName": "AWS",
        "InvoiceIssuerName": "AWS",
        "BillingAccountId": "",
        "ChargeDescription": name,
    }


def _dimension(group: str, name: str, ident: str) -> dict[str, str]:
    """What a column is, under FOCUS names; a grouping without a place there is a tag.

    >>> _dimension("team", "team$search", ""), _dimension("team", "No tag key: team", ""), _dimension("Region", "us-east-1", "")
    ({'Tags': '{"team": "search"}'}, {}, {'RegionId': 'us-east-1'})
    >>> _dimension("Linked account", "Lab (333344445555)", "")
    {'SubAccountId': '333344445555', 'SubAccountName': 'Lab'}
    """
    kind = squash(group.removesuffix(" name"))
    if kind == "service":
        code = f"Amazon{name.removeprefix('Amazon ').replace(' ', '')}"
        tax = {"ChargeCategory": "Tax", "ChargeFrequency": "One-Time"}
        return {
            "ServiceName": name,
            "ServiceCategory": _aws.service_category(code, name) or "",
            "x_Model": _aws.tokens("", name, "")[0],
        } | (tax if squash(name) == "tax" else {})
    if kind == "linkedaccount":
        match = ACCOUNT.fullmatch(name)
        account = split(ident)[0] or (match and (match["id"] or match["bare"])) or name
        return {"SubAccountId": account, "SubAccountName": match["name"] or "" if match else name}
    if kind in ("region", "availabilityzone"):
        known = "" if squash(name) in ("noregion", "noavailabilityzone") else name
        return {"RegionId" if kind == "region" else "AvailabilityZone": known}
    if kind == "usagetype":
        model, meter = _aws.tokens("AmazonBedrock", "", name)
        return {"x_UsageType": name, "SkuMeter": meter or name, "x_Model": model}
    if kind == "chargetype":
        category = _aws.charge_category(squash(name), name)
        often = "Recurring" if squash(name) in RECURRING else "One-Time"
        return {
            "ChargeCategory": category,
            "ChargeFrequency": "Usage-Based" if category == "Usage" else often,
        }
    key, dollar, value = name.partition("$")
    if not dollar:
        key = re.sub(r"^tag\s*:?\s*", "", group, flags=re.I) or group
        value = "" if NO_KEY.fullmatch(name) else name
    return {"Tags": json.dumps({_aws.tag_name(key): value}, ensure_ascii=False)} if value else {}


def _table(rows: list[dict]) -> pa.Table:
    cells = {word: pa.array([row.get(word) for row in rows], pa.string()) for word in NAMES}
    return pa.table({**cells, "x_Row": pa.array([row["x_Row"] for row in rows], pa.int64())})
