"""What tables of vendors' consoles share: rows by squashed heading, '--' for nothing, days without spend as days of 0.00."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ....errors import InputError
from ...basis import one_amount
from ..files.readers import Source
from ..vendors import FOCUS, head, squash
from . import Export
from ._json import COLUMNS, month_around, text
from ._sign import Record

NOTHING = {"", "-", "--", "null", "none", "n/a"}


def has(source: Source, sign: tuple[str, ...]) -> bool:
    r"""Whether a table has all headings of a sign, whatever their case and marks.

    Parameters
    ----------
    source : Source
        An opened file or frame; FOCUS and JSON documents never do.
    sign : tuple of str
        Headings.

    Returns
    -------
    bool
        False too where the headings cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from finops_model.facts.intake.files.readers import open_source
    >>> file = pathlib.Path(tempfile.mkdtemp(), "costs.csv")
    >>> _ = file.write_text("Usage Date,Cost (USD)\n2026-10-01,1.50\n")
    >>> has(open_source(file), ("usage_date",)), has(open_source(file), ("model",))
    (True, False)
    """
    if source.kind not in ("csv", "frame", "jsonl", "parquet"):
        return False
    try:
        words = head(source.header).words
    except InputError:  # the reader that takes the file says what is wrong with it
        return False
    return {squash(name) for name in sign} <= words and len(words & FOCUS) < 6


def lines(source: Source) -> Iterator[dict[str, Any]]:
    r"""The rows of a table by squashed heading, with x_Row.

    Parameters
    ----------
    source : Source
        An opened file or frame.

    Yields
    ------
    dict
        Text cells, '' for nothing; `x_Row` is the row's number.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from finops_model.facts.intake.files.readers import open_source
    >>> file = pathlib.Path(tempfile.mkdtemp(), "costs.csv")
    >>> _ = file.write_text("Usage Date,Model\n2026-10-01,--\n")
    >>> [(row["usagedate"], row["model"]) for row in lines(open_source(file))]
    [('2026-10-01', '')]
    """
    for table in source.batches():
        names = {
            name: next(iter(head([name]).words), "")
            for name in table.schema.names
            if name != "x_Row"
        }
        columns = {squashed: table.column(name).to_pylist() for name, squashed in names.items()}
        for i, number in enumerate(table.column("x_Row").to_pylist()):
            row = {name: (cells[i] or "").strip() for name, cells in columns.items()}
            cleaned = {
                name: "" if cell.casefold() in NOTHING else cell for name, cell in row.items()
            }
            yield Record({**cleaned, "x_Row": number}, f"{source.name}: row {number}")


def charge(
    number: int, day: tuple[str, str], cost: str, currency: str, tags: dict[str, str], **cells: str
) -> dict:
    """A row under FOCUS names: usage of a day, billed in its calendar month.

    Parameters
    ----------
    number : int
        `x_Row`, the row's number in the file.
    day : pair of str
        Its first day or moment, and the first after it.
    cost : str
        Money as the file has it.
    currency : str
        Three letters.
    tags : dict of str to str
        Those without a value are left out.
    **cells
        Further cells under FOCUS names.

    Returns
    -------
    dict
        Text cells.

    Examples
    --------
    >>> row = charge(1, ("2026-10-01", "2026-10-02"), "1.50", "USD", {"team": "a"}, ServiceName="Acme")
    >>> row["BillingPeriodStart"], row["Tags"]
    ('2026-10-01T00:00:00Z', '{"team": "a"}')
    """
    starts, ends = text(day[0]), text(day[1])  # a record of a JSON list may hold anything
    opens, closes = month_around(starts)
    tags = {key: value for key, value in tags.items() if value}
    return {
        "x_Row": number,
        "BilledCost": cost,
        "BillingCurrency": currency,
        "BillingPeriodStart": opens,
        "BillingPeriodEnd": closes,
        "ChargePeriodStart": starts,
        "ChargePeriodEnd": ends,
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "ServiceCategory": "AI and Machine Learning",
        "Tags": json.dumps(tags, ensure_ascii=False) if tags else None,
        **cells,
    }


def export(version: str, rows: list[dict], quiet: list[str]) -> Export:
    """An Export of rows.

    Parameters
    ----------
    version : str
        Format, for the lineage.
    rows : list of dict
        Cells under FOCUS names, each with `x_Row`, as `charge` gives them.
    quiet : list of str
        The days without spend, for a note.

    Returns
    -------
    Export
        Text cells; the one amount is BilledCost and stands in EffectiveCost too, which is not known.

    Examples
    --------
    >>> row = charge(1, ("2026-10-01", "2026-10-02"), "1.50", "USD", {})
    >>> next(export("Acme", [row], []).batches)["EffectiveCost"].to_pylist()
    ['1.50']
    """
    names = (*COLUMNS, "ListCost")
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    columns["EffectiveCost"] = columns["BilledCost"]
    table = pa.table({**columns, "x_Row": pa.array([row["x_Row"] for row in rows], pa.int64())})
    notes = [one_amount()]
    if quiet:
        noun = "1 day" if len(quiet) == 1 else f"{len(quiet):,} days"
        notes.append(f"{noun} without spend (first {min(quiet)[:10]}): kept as 0.00, not missing")
    return Export(iter([table]), version, notes, not_known={"Effective": one_amount()})
