"""Columns of FOCUS files as both sample companies write them: decimals as whole numbers, text once, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finops_model.periods import add_months


def scaled(values, places: int, null: np.ndarray | None = None) -> pa.Array:
    """Whole numbers in units of 10^-places as DECIMAL(18, places); null where `null`."""
    null = np.zeros(len(values), bool) if null is None else null
    values = np.ascontiguousarray(np.where(null, 0, values), dtype=np.int64)
    words = np.stack([values, values >> 63], axis=1).astype("<i8")
    found = pa.Array.from_buffers(
        pa.decimal128(18, places), len(values), [None, pa.py_buffer(words.tobytes())]
    )
    return pc.if_else(pa.array(~null), found, pa.scalar(None, found.type)) if null.any() else found


def decimals(values, null: np.ndarray | None = None) -> pa.Array:
    """Whole hundred-millionths as DECIMAL(18, 8)."""
    return scaled(values, 8, null)


def coded(values: pd.Series, make) -> pa.Array:
    """Text made once per distinct value, null where `make` gives None."""
    codes, distinct = pd.factorize(values)
    return pa.array([make(value) for value in distinct], pa.string()).take(pa.array(codes))


def stamp(days: np.ndarray) -> pa.Array:
    """Midnight UTC of days."""
    return pa.array(days.astype("datetime64[us]")).cast(pa.timestamp("us", tz="UTC"))


def month_stamp(months: pd.Series, shift: int = 0) -> pa.Array:
    codes, distinct = pd.factorize(months)
    days = np.array([f"{add_months(month, shift)}-01" for month in distinct], dtype="datetime64[D]")
    return stamp(days[codes])


def masked(texts: pa.Array, null: np.ndarray) -> pa.Array:
    return pc.if_else(pa.array(~null), texts, pa.scalar(None, pa.string()))


def write_parquet(table: pa.Table, path: Path) -> None:
    """zstd, dictionaries, decimals as whole numbers: small, and the same bytes each time."""
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        store_decimal_as_integer=True,
        row_group_size=1_000_000,
    )
