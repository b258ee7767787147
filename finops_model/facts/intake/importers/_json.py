"""What JSON cost reports share: buckets of results or a plain list of records, pages that may be missing, rows as text cells."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ....errors import InputError
from ...basis import one_amount
from ..files.cells import whole_characters
from ..files.readers import Source
from ..files.text import BrokenRow, shown
from . import Export
from ._sign import Record

COLUMNS = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeFrequency",
    "ServiceName",
    "ServiceCategory",
    "ServiceProviderName",
    "InvoiceIssuerName",
    "BillingAccountId",
    "SubAccountId",
    "SkuId",
    "SkuMeter",
    "ChargeDescription",
    "Tags",
    "x_Model",
)
PAGES = "INCOMPLETE: the report says that more pages follow (has_more); export all pages and deliver them together"


def results(source: Source) -> Iterator[tuple[dict, dict]]:
    """Every line of a report, in its order; lines of another shape go to source.broken.

    Parameters
    ----------
    source : Source
        {"data": [{"results": [...]}, ...]}.

    Yields
    ------
    bucket : dict
        Where the line stands.
    result : dict
        The line, with `x_Row`, its number from 1.

    Raises
    ------
    InputError
        No list of buckets, or a bucket without a list of results.

    Examples
    --------
    >>> from finops_model.facts.intake.files.readers import Source
    >>> report = Source("costs.json", "json", "", 2, data=b'{"data": [{"results": [{"a": "1"}]}]}')
    >>> [result for bucket, result in results(report)]
    [{'a': '1', 'x_Row': 1}]
    """
    number = 0
    document = source.document if isinstance(source.document, dict) else {}
    if not isinstance(document.get("data"), list):
        raise InputError(
            f"{source.name}: the report has no list 'data' of its days. Export the report again, whole."
        )
    for bucket in document["data"]:
        lines = bucket.get("results") if isinstance(bucket, dict) else None
        if not isinstance(lines, list):
            raise InputError(
                f"{source.name}: a bucket of the report has no list 'results'. Export the report again."
            )
        for line in lines:
            number += 1
            if isinstance(line, dict):
                yield bucket, Record({**line, "x_Row": number}, f"{source.name}: result {number}")
            else:
                source.broken.append(
                    BrokenRow(number, "", "not JSON", "is no JSON object", shown(str(line)[:1000]))
                )


def records(source: Source) -> Iterator[dict]:
    """The records of a document that is a plain list, in its order, with `x_Row`.

    Parameters
    ----------
    source : Source
        A JSON document; what is no record goes to `source.broken`.

    Yields
    ------
    dict
        A record, and `x_Row`, its number from 1.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from finops_model.facts.intake.files.readers import open_source
    >>> file = pathlib.Path(tempfile.mkdtemp(), "list.json")
    >>> _ = file.write_text('[{"usd": "1.50"}, 7]')
    >>> source = open_source(file)
    >>> list(records(source)), len(source.broken)
    ([{'usd': '1.50', 'x_Row': 1}], 1)
    """
    source.broken.clear()
    for number, record in enumerate(source.document, start=1):
        if isinstance(record, dict):
            yield Record({**record, "x_Row": number}, f"{source.name}: record {number}")
        else:
            source.broken.append(
                BrokenRow(number, "", "not JSON", "is no JSON object", shown(str(record)[:1000]))
            )


def is_list(source: Source, sign: tuple[str, ...]) -> bool:
    """Whether a JSON document is a plain list whose first record has all keys of a sign.

    Parameters
    ----------
    source : Source
        An opened file or frame.
    sign : tuple of str
        Keys.

    Returns
    -------
    bool
        False for other kinds of files.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from finops_model.facts.intake.files.readers import open_source
    >>> file = pathlib.Path(tempfile.mkdtemp(), "list.json")
    >>> _ = file.write_text('[{"day": "2026-10-01", "usd": "1.50"}]')
    >>> is_list(open_source(file), ("day", "usd")), is_list(open_source(file), ("eur",))
    (True, False)
    """
    if source.kind != "json" or not isinstance(source.document, list):
        return False
    first = next((record for record in source.document if isinstance(record, dict)), None)
    return first is not None and set(sign) <= set(first)


def export(source: Source, version: str, rows: list[dict]) -> Export:
    """An Export of rows given as dicts of cells; the document may be a report or a plain list.

    Parameters
    ----------
    source : Source
        The file; a report that says that more pages follow gets a note.
    version : str
        Format, for the lineage.
    rows : list of dict
        Cells under FOCUS names, each with `x_Row`.

    Returns
    -------
    Export
        Text cells; the one amount is BilledCost and stands in EffectiveCost too, which is not known.

    Examples
    --------
    >>> from finops_model.facts.intake.files.readers import Source
    >>> table = Source("list.json", "json", "", 2, data=b"[]")
    >>> batch = next(export(table, "Acme", [{"x_Row": 1, "BilledCost": "1.50"}]).batches)
    >>> batch["EffectiveCost"].to_pylist()
    ['1.50']
    """
    cells = {name: pa.array([text(row.get(name)) for row in rows], pa.string()) for name in COLUMNS}
    cells["EffectiveCost"] = cells["BilledCost"]
    table = pa.table({**cells, "x_Row": pa.array([row["x_Row"] for row in rows], pa.int64())})
    notes = [one_amount(), *pages(source)]
    return Export(iter([table]), version, notes, not_known={"Effective": one_amount()})


def pages(source: Source) -> list[str]:
    """What is said of a report that is not whole.

    Parameters
    ----------
    source : Source
        A JSON document.

    Returns
    -------
    list of str
        One sentence where it says that more pages follow; else none.

    Examples
    --------
    >>> from finops_model.facts.intake.files.readers import Source
    >>> pages(Source("costs.json", "json", "", 2, data=b'{"has_more": true}')) == [PAGES]
    True
    """
    document = source.document
    return [PAGES] if isinstance(document, dict) and document.get("has_more") is True else []


def is_report(source: Source, sign: tuple[str, ...]) -> bool:
    """Whether a JSON document is a report whose first result has all keys of a sign.

    Parameters
    ----------
    source : Source
        An opened file or frame.
    sign : tuple of str
        Keys.

    Returns
    -------
    bool
        False for other kinds of files.

    Examples
    --------
    >>> from finops_model.facts.intake.files.readers import Source
    >>> report = Source("costs.json", "json", "", 2, data=b'{"data": [{"results": [{"a": "1"}]}]}')
    >>> is_report(report, ("a",)), is_report(report, ("b",))
    (True, False)
    """
    if source.kind != "json" or not isinstance(source.document, dict):
        return False
    data = source.document.get("data")
    lists = (
        [b.get("results") for b in data if isinstance(b, dict)] if isinstance(data, list) else []
    )
    first = next(
        (
            line
            for lines in lists
            if isinstance(lines, list)
            for line in lines
            if isinstance(line, dict)
        ),
        None,
    )
    return first is not None and set(sign) <= set(first)


def text(value) -> str | None:
    """A value as a cell; half a character becomes one that a file can hold.

    Parameters
    ----------
    value : object
        Of a JSON document.

    Returns
    -------
    str or None
        None stays None.

    Examples
    --------
    >>> text(7), text(None)
    ('7', None)
    """
    return None if value is None else whole_characters(str(value))


def month_around(day: str | None) -> tuple[str | None, str | None]:
    """Start and end of the calendar month (UTC) of a day: these reports have no billing period.

    Parameters
    ----------
    day : str or None
        YYYY-MM-DD or a moment.

    Returns
    -------
    tuple of str
        Start, and the start of the next month; what is no day stays as it is, twice.

    Examples
    --------
    >>> month_around("2026-12-31T00:00:00Z")
    ('2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z')
    """
    if (
        not day
        or len(day) < 7
        or not (day[:4] + day[5:7]).isdigit()
        or not 1 <= int(day[5:7]) <= 12
    ):
        return day, day
    year, month = int(day[:4]), int(day[5:7])
    after = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    return f"{day[:7]}-01T00:00:00Z", f"{after}-01T00:00:00Z"
