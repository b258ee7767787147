"""A FOCUS-shaped table as Parquet, CSV or Excel: whole or not at all (docs/method §15.74)."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...documents import no_formula, write_atomic
from ...errors import InputError, nearest
from .rows import MONEY, TIMES

FILES = (".csv", ".parquet", ".xlsx")
MOST = 1_048_575  # rows of a sheet below its heading
DIGITS = (38, 10)


def check(path: Path) -> Path:
    """The file, if its kind is one that is written. Raises InputError, before any work."""
    kind = path.suffix.casefold()
    if kind not in FILES:
        near = nearest(kind, FILES)
        raise InputError(
            f"'{path.name}' is no kind of file that an export is written as."
            f"{f' Did you mean {near!r}?' if near else ''} Name it with one of: {', '.join(FILES)}."
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file in it.")
    return path


def write(table: pd.DataFrame, path: Path, notes: list[str]) -> Path:
    """Write the rows as the file's ending says; a file of that name is replaced.

    Parquet: moments, DECIMAL(38, 10), null where nothing is known. CSV and Excel: moments as ISO
    8601 in UTC, names that a spreadsheet would run as a formula with an apostrophe before them.
    Excel has a sheet Read me with `notes`.

    Raises InputError for more rows than a sheet holds, and for a place that cannot be written.
    """
    path = check(path)
    kind = path.suffix.casefold()
    if kind == ".xlsx" and len(table) > MOST:
        raise InputError(
            f"{path}: {len(table):,} rows, and a sheet holds {MOST:,}. Write .parquet, take fewer months (--from), or actuals by month."
        )
    data = (
        {".parquet": _parquet, ".csv": _csv}[kind](table)
        if kind != ".xlsx"
        else _excel(table, notes)
    )
    try:
        return write_atomic(path, data)
    except OSError as problem:
        raise InputError(
            f"{path} cannot be written: {problem.strerror}. Name a file in a folder that this account may write."
        ) from None


def schema_of(table: pd.DataFrame) -> pa.Schema:
    """The types of an export: moments in UTC, DECIMAL(38, 10), one float, text."""
    kinds = {name: pa.timestamp("us", tz="UTC") for name in TIMES}
    kinds |= {name: pa.decimal128(*DIGITS) for name in MONEY} | {"x_Quantile": pa.float64()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in table])


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(table, schema_of(table), preserve_index=False),
        buffer,
        compression="zstd",
    )
    return buffer.getvalue()


def _text(table: pd.DataFrame) -> pd.DataFrame:
    """Moments as FOCUS writes them: 2026-10-01T00:00:00Z."""
    return table.assign(**{name: table[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in TIMES})


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """Names that no spreadsheet runs; numbers as they are."""
    text = [name for name in table if name not in (*MONEY, "x_Quantile")]
    return table.assign(
        **{
            name: [no_formula(value) if isinstance(value, str) else None for value in table[name]]
            for name in text
        }
    )


def _csv(table: pd.DataFrame) -> bytes:
    plain = _safe(_text(table))
    for name in MONEY:  # 0E-10 is no amount to a spreadsheet
        plain[name] = [None if pd.isna(value) else f"{value:f}" for value in table[name]]
    return plain.rename(columns=no_formula).to_csv(index=False, lineterminator="\n").encode()


def _excel(table: pd.DataFrame, notes: list[str]) -> bytes:
    buffer = io.BytesIO()
    plain = _text(table)
    for name in MONEY:
        plain[name] = [None if pd.isna(value) else float(value) for value in table[name]]
    plain["x_Quantile"] = [
        None if pd.isna(value) else float(value) for value in table["x_Quantile"]
    ]
    plain = _safe(plain)
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs=options) as book:
        pd.DataFrame({"Read me": notes}).to_excel(book, sheet_name="Read me", index=False)
        book.sheets["Read me"].set_column(0, 0, 120)
        plain.to_excel(book, sheet_name="Rows", index=False)
        sheet, money = book.sheets["Rows"], book.book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(plain), len(plain.columns) - 1)
        for i, name in enumerate(plain):
            sheet.set_column(
                i, i, max(12, min(len(name) + 2, 28)), money if name in MONEY else None
            )
    return buffer.getvalue()
