"""Answers kept beside the ledger, each with a proof of its own: a kept answer that is not what was kept is made anew (docs/method §13.20).

A file's name carries the question, the sha256 of every part of the ledger in it, and the sha256 of its own bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...documents import write_atomic

MOST = 8  # answers kept
_PASSED_OVER: ContextVar[bool] = ContextVar("passed over", default=False)


_BELIEVED: list[dict] = []  # what this process remembers, and may have from a kept file
_read_one = False  # whether it has


def believed(known: dict) -> dict:
    """A dict that a module remembers answers in, some of them from kept files: whoever proves figures begins without it."""
    _BELIEVED.append(known)
    return known


def _forget() -> None:
    global _read_one
    if _read_one:
        for known in _BELIEVED:
            known.clear()
    _read_one = False


@contextlib.contextmanager
def passed_over() -> Iterator[None]:
    """Inside nothing that is kept is read, and nothing is kept: for who proves figures from the ledger's rows, and writes nothing."""
    _forget()
    before = _PASSED_OVER.set(True)
    try:
        yield
    finally:
        _PASSED_OVER.reset(before)


def question(asked) -> str:
    """A name for what was asked: equal exactly when everything it depends on is."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def _believe(data: bytes) -> bytes:
    global _read_one
    _read_one = True
    return data


def read(root: str | os.PathLike, asked: str) -> pd.DataFrame | None:
    """The kept answer to a question; None where there is none whose bytes are those that were kept."""
    for place in _kept(root, f"daily-{asked}-*.parquet"):
        try:
            data = place.read_bytes()
            if hash_of(data) == place.stem.rsplit("-", 1)[1]:
                return pq.read_table(io.BytesIO(_believe(data))).to_pandas()
        except (OSError, ValueError, KeyError, pa.ArrowException):
            continue
    return None


def keep(root: str | os.PathLike, asked: str, frame: pd.DataFrame) -> None:
    """Keep an answer, whole or not at all; a folder that cannot be written is no reason to fail."""
    into = io.BytesIO()
    frame.to_parquet(into, index=False, compression="zstd")
    put(Path(root) / "kept", "daily", asked, into.getvalue(), "parquet")


def read_said(root: str | os.PathLike, kind: str, asked: str) -> Any | None:
    """The kept plain data of a kind; None where there is none whose bytes are those that were kept."""
    for place in _kept(root, f"{kind}-{asked}-*.json"):
        try:
            data = place.read_bytes()
            if hash_of(data) == place.stem.rsplit("-", 1)[1]:
                return json.loads(_believe(data))
        except (OSError, ValueError):
            continue
    return None


def keep_said(root: str | os.PathLike, kind: str, asked: str, said: Any) -> None:
    """Keep plain data, whole or not at all, as `keep` does."""
    data = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    put(Path(root) / "kept", kind, asked, data, "json")


def _kept(root: str | os.PathLike, names: str) -> list[Path]:
    return [] if _PASSED_OVER.get() else sorted((Path(root) / "kept").glob(names))


def put(folder: Path, kind: str, asked: str, data: bytes, ending: str, most: int = MOST) -> None:
    """Put a kept file in place of those of its name; the newest `most` of a kind stay. A folder that cannot be written is no reason to fail."""
    if _PASSED_OVER.get():
        return
    try:
        for old in folder.glob(f"{kind}-{asked}-*.{ending}"):
            old.unlink(missing_ok=True)
        write_atomic(folder / f"{kind}-{asked}-{hash_of(data)}.{ending}", data)
        files = sorted(folder.glob(f"{kind}-*.{ending}"), key=lambda path: path.stat().st_mtime)
        for path in files[:-most]:
            path.unlink(missing_ok=True)
    except OSError:
        return


def hash_of(data: bytes) -> str:
    """The digits of a kept file's name that say what it holds."""
    return hashlib.sha256(data).hexdigest()[:32]
