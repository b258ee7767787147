"""A file of usage after judging: whole source rows accepted, refused with a reason, or left out; every one counted.

The cells of an importer become typed rows here and nowhere else. A source row of which one cell cannot be read is refused whole.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Context, Decimal, InvalidOperation
from typing import cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from ...errors import InputError, several
from ..intake import importers
from ..intake.files import resaved
from ..intake.files.readers import Source
from ..intake.files.text import short

QUANTITY = pa.decimal128(38, 18)
PLACES = Decimal(1).scaleb(-18)
EXACT = Context(prec=76)  # sums of such quantities lose no digit
WORDS = (
    "ServiceProviderName",
    "x_Model",
    "SkuMeter",
    "ConsumedUnit",
    "SubAccountId",
    "ResourceId",
    "x_Key",
    "x_Job",
    "x_Request",
    "x_Name",
    "x_Tier",
    "Tags",
    "BillingCurrency",
)
SCHEMA = pa.schema(
    [
        ("x_Source", pa.string()),  # the importer that read the row
        ("x_SeenBy", pa.string()),  # vendor, gateway, tool or machine
        ("x_File", pa.string()),
        ("x_Delivery", pa.int64()),
        ("x_Order", pa.int64()),  # of the file among all that were ever delivered
        ("x_Row", pa.int64()),
        ("UsageStart", pa.timestamp("us", "UTC")),
        ("UsageEnd", pa.timestamp("us", "UTC")),
        *((name, pa.string()) for name in WORDS),
        ("ConsumedQuantity", QUANTITY),
        ("x_EstimatedCost", QUANTITY),
    ]
)
REFUSED = pa.schema(
    [
        ("x_File", pa.string()),
        ("x_Row", pa.int64()),
        ("x_Column", pa.string()),
        ("x_Reason", pa.string()),
    ]
)
LOCAL = (
    "{file}: its times are local ones: '{cell}' says no time zone. Say where the clocks stand that wrote it: finops ingest {file} "
    "--time-zone Europe/Berlin (a name of the IANA table; UTC where they run on it), or usage_time_zone in finops.yaml. Nothing was taken."
)
NO_TIME = (
    "{file}: is a page of one moment and does not say which. Say it: finops ingest {file} --at 2026-11-30T12:00Z. Or give the metrics of a "
    "range of time (Prometheus query_range, JSON). Nothing was taken."
)


@dataclass(frozen=True)
class Said:
    """What a person says of a file that does not say it itself: the zone of its clocks, its moment."""

    time_zone: str | None = None
    at: str | None = None

    def __post_init__(self):
        if self.time_zone is not None:
            zone(self.time_zone)
        if self.at is not None and (read_time(self.at, "--at", None) is None):
            raise InputError(
                f"--at {self.at}: is no moment with its time zone. Write for example 2026-11-30T12:00Z."
            )


@dataclass(kw_only=True)
class Judged:
    """The counts of one file, and what they add up to; rows went to the sink batch by batch."""

    source: Source
    format: str
    version: str
    rows_in: int = 0
    accepted: int = 0  # source rows
    rows: int = 0  # rows of meters
    refused: list[tuple[int, str, str]] = field(default_factory=list)  # row, column, reason
    left: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    totals: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # meter, unit
    estimates: dict[str, Decimal] = field(default_factory=dict)  # currency


@functools.lru_cache(64)
def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA table; raises InputError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InputError(
            f"time zone '{short(name, 40)}': there is none of this name. Write a name of the IANA table, for example Europe/Berlin or UTC."
        ) from None


TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
)


@functools.lru_cache(4096)
def read_time(text: str, file: str, time_zone: str | None) -> dt.datetime | None:
    """A moment in UTC, or None for what is none; a day is its midnight in UTC.

    Raises InputError for a time without a zone where nobody said one.

    >>> read_time("2026-01-01T01:00:00+01:00", "f", None).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    bare = text.strip()
    match = TIME.fullmatch(bare)
    if match is None:
        return None
    cut = re.sub(r"(\.\d{6})\d+", r"\1", bare).replace("UTC", "Z").replace(" Z", "Z")
    try:
        moment = dt.datetime.fromisoformat(cut)
    except ValueError:
        return None
    if moment.tzinfo is None:
        if match[1] is None and time_zone is None:
            moment = moment.replace(tzinfo=dt.UTC)
        elif time_zone is None:
            raise InputError(LOCAL.format(file=file, cell=bare))
        else:
            moment = moment.replace(tzinfo=zone(time_zone))
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        return None


def judge(
    source: Source,
    format: str,
    said: Said,
    place: tuple[int, int],
    sink: Callable[[pa.Table], None],
) -> Judged:
    """Every row of a file of usage: typed rows go to `sink`, the rest is counted.

    format   the importer; place: number of the delivery, and of the file among all
    Raises InputError for a file that cannot be read at all, and where source rows went missing.
    """
    importer = importers.shelf()[format]
    if source.broken:  # by a look at its headings: whoever reads its table now finds them again
        source.broken.clear()
        vars(source).pop("table", None)
    try:
        usage = importer.read(source)
        judged = Judged(source=source, format=format, version=getattr(usage, "version", ""))
        if not isinstance(usage, importers.Usage):
            raise importers.wrong(importer, "read", usage, "a Usage")
        maker = _Maker(judged, getattr(importer, "SEEN_BY", "tool"), said, place, sink)
        for batch in usage.batches:
            maker.take(batch)
        maker.flush()
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as problem:
        raise InputError(
            f"{source.name}: the importer '{format}' stopped at it ({type(problem).__name__}: {short(problem)}), and nothing was taken. "
            "Export the file again; where it is whole, mend the importer."
        ) from None
    judged.rows_in = usage.rows_in + len(source.broken)
    judged.refused += [(row.row, row.column, row.reason) for row in source.broken]
    resaved.refuse(source, judged.rows_in, judged.refused, mapping=False)
    judged.left, judged.notes = dict(usage.left), [*dict.fromkeys([*usage.notes, *source.notes])]
    if again := maker.repeated:
        judged.notes.append(
            f"{several(again, 'row')} {'repeats' if again == 1 else 'repeat'} an identical row of the file, perhaps a page that was fetched twice; "
            "all are kept"
        )
    counted = judged.accepted + len(judged.refused) + sum(judged.left.values())
    if counted != judged.rows_in:
        raise InputError(
            f"{source.name}: {judged.rows_in:,} rows were read, and {counted:,} of them are accounted for: the importer '{format}' loses rows. "
            "Nothing was taken."
        )
    return judged


class _Maker:
    """Text cells to typed rows, source row by source row; a source row may reach over two batches."""

    def __init__(self, judged: Judged, seen_by: str, said: Said, place, sink):
        self.judged, self.seen_by, self.said, self.place, self.sink = (
            judged,
            seen_by,
            said,
            place,
            sink,
        )
        self.row: int | None = None
        self.cells: list[dict] = []
        self.ready: list[dict] = []
        self.seen: set[bytes] = set()
        self.repeated = 0  # accepted source rows that say what one before them said

    def take(self, batch: pa.Table) -> None:
        for cells in batch.to_pylist():
            if cells["x_Row"] != self.row:
                self._close()
                self.row = cells["x_Row"]
            self.cells.append(cells)

    def flush(self) -> None:
        self._close()
        if self.ready:
            self.sink(pa.Table.from_pylist(self.ready, SCHEMA))
        self.ready = []

    def _close(self) -> None:
        if self.row is None:
            return
        typed: list[dict] = []
        for cells in self.cells:
            problem = self._typed(cells, typed)
            if problem:
                self.judged.refused.append((self.row, *problem))
                break
        else:
            self.judged.accepted += 1
            said = [[cells[name] for name in cells if name != "x_Row"] for cells in self.cells]
            mark = hashlib.blake2b(repr(said).encode(), digest_size=8).digest()
            self.repeated += mark in self.seen
            self.seen.add(mark)
            self._count(typed)
            self.ready += typed
        self.row, self.cells = None, []
        if len(self.ready) >= 50_000:
            self.sink(pa.Table.from_pylist(self.ready, SCHEMA))
            self.ready = []

    def _count(self, typed: list[dict]) -> None:
        self.judged.rows += len(typed)
        for row in typed:
            meter = (row["SkuMeter"], row["ConsumedUnit"])
            so_far = self.judged.totals.get(meter, Decimal(0))
            self.judged.totals[meter] = EXACT.add(so_far, row["ConsumedQuantity"])
            if row["x_EstimatedCost"] is not None:
                code = row["BillingCurrency"]
                so_far = self.judged.estimates.get(code, Decimal(0))
                self.judged.estimates[code] = EXACT.add(so_far, row["x_EstimatedCost"])

    def _typed(self, cells: dict, typed: list[dict]) -> tuple[str, str] | None:
        """Adds the typed row; or says the column and the reason."""
        if cells["x_Reason"]:
            return cells["x_Column"], cells["x_Reason"]
        times = []
        for name in ("UsageStart", "UsageEnd"):
            if not cells[name] and self.said.at is None:
                if name == "UsageStart" and not cells["UsageEnd"]:
                    raise InputError(NO_TIME.format(file=self.judged.source.name))
                return name, "is empty"
            text = cells[name] or str(self.said.at)
            moment = read_time(text, self.judged.source.name, self.said.time_zone)
            if moment is None:
                return name, f"'{short(text, 40)}' is no moment"
            times.append(moment)
        if times[1] < times[0]:
            return "UsageEnd", f"'{short(cells['UsageEnd'], 40)}' is before the start"
        quantity, cost = _decimal(cells["ConsumedQuantity"]), _decimal(cells["x_EstimatedCost"])
        if quantity is None or quantity < 0:
            return "ConsumedQuantity", f"'{short(cells['ConsumedQuantity'], 40)}' is no quantity"
        for name in ("SkuMeter", "ConsumedUnit"):
            if not cells[name]:
                return name, "is empty"
        if cells["x_EstimatedCost"] and cost is None:
            return "x_EstimatedCost", f"'{short(cells['x_EstimatedCost'], 40)}' is no amount"
        currency = cells["BillingCurrency"].upper()
        if cost is not None and not re.fullmatch("[A-Z]{3}", currency):
            return "BillingCurrency", f"'{short(currency, 10)}' is no currency"
        typed.append(
            {
                **{name: cells[name] for name in WORDS},
                "BillingCurrency": currency,
                "x_Source": self.judged.format,
                "x_SeenBy": self.seen_by,
                "x_File": self.judged.source.name,
                "x_Delivery": self.place[0],
                "x_Order": self.place[1],
                "x_Row": self.row,
                "UsageStart": times[0],
                "UsageEnd": times[1],
                "ConsumedQuantity": quantity,
                "x_EstimatedCost": cost,
            }
        )
        return None


def _decimal(text: str) -> Decimal | None:
    """A number as it stands, to 18 decimals (half to even beyond); None for what is none or beyond 1e18."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > Decimal(10) ** 18:
        return None
    exponent = cast(int, number.as_tuple().exponent)  # a text only where it is no finite number
    return number.quantize(PLACES, context=EXACT) if exponent < -18 else number
