"""The published reports as the dashboard reads them: only what reports/index.json lists, only unaltered, executing nothing.

Light on purpose (standard library): a dashboard kernel must not pay for pandas.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...names import is_slug
from ...periods import MONTH

HASH = re.compile(r"^[0-9a-f]{64}$")
MAX_BYTES = 20_000_000
HOW = "Publish one first: finops report (the sample company: make report)."


def load_index(reports_root: str | os.PathLike) -> dict:
    """reports/index.json: `{"schema": 1, "reports": [...]}`, newest first (docs/architecture.md §5).

    Entries with a month or slug that could name another place are refused here, once for all readers.
    Raises ReportError: nothing published yet, or a file that is not an index.
    """
    path = Path(reports_root) / "index.json"
    if not path.is_file():
        raise ReportError(f"{path}: no report has been published yet. {HOW}")
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        entries = index["reports"]
        for entry in entries:
            if not (
                MONTH.fullmatch(entry["month"])
                and is_slug(entry["slug"])
                and isinstance(entry["files"], dict)
            ):
                raise ReportError(
                    f"{path}: '{entry['month']}/{entry['slug']}' cannot be the folder of a report. "
                    "Publish again: finops report."
                )
    except (ValueError, KeyError, TypeError) as problem:
        raise ReportError(
            f"{path}: not an index of reports ({type(problem).__name__}). Publish again: finops report."
        ) from None
    if not entries:
        raise ReportError(f"{path}: no report has been published yet. {HOW}")
    return index


def find_entry(index: dict, month: str, slug: str) -> dict:
    """The index entry of exactly this month and unit slug. Raises ReportError for anything else."""
    for entry in index["reports"]:
        if month == entry["month"] and slug == entry["slug"]:
            return entry
    raise ReportError(
        f"'{str(month)[:40]}/{str(slug)[:60]}' is not a published report. Choose a month and unit from the list."
    )


def open_file(reports_root: str | os.PathLike, month: str, slug: str, name: str) -> bytes:
    """The bytes of one published file, exactly as published.

    Raises ReportError for a report that is not listed, a file that is missing or too large, and for bytes whose sha256
    differs from the one in the index.
    """
    root = Path(reports_root).resolve()
    entry = find_entry(load_index(root), month, slug)
    listed = entry["files"].get(name)
    expected = listed.get("sha256", "") if isinstance(listed, dict) else ""
    shown = f"{entry['month']}/{entry['slug']}/{name}"
    if not isinstance(expected, str) or not HASH.match(expected):
        raise ReportError(
            f"{shown}: the index does not list this file. Publish the month again: finops report --month {month}."
        )
    path = root / entry["month"] / entry["slug"] / name
    if not path.is_file() or path.resolve() != path:  # a link may lead out of the archive
        raise ReportError(
            f"{shown}: the file is not in the archive. Publish the month again: finops report --month {month}."
        )
    if path.stat().st_size > MAX_BYTES:
        raise ReportError(
            f"{shown}: {path.stat().st_size:,} bytes; a report may have at most {MAX_BYTES:,}."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        raise ReportError(
            f"{shown} was changed after it was published: its sha256 is not the one in the index. "
            f"It is not shown. Publish the month again: finops report --month {month}."
        )
    return data


def open_report(reports_root: str | os.PathLike, month: str, slug: str) -> bytes:
    """The HTML of a published report, byte for byte. Raises ReportError like `open_file`."""
    return open_file(reports_root, month, slug, "report.html")


def open_brief(reports_root: str | os.PathLike, month: str, slug: str) -> Brief:
    """The brief of a published report: every number on it. Raises ReportError like `open_file`."""
    return json.loads(open_file(reports_root, month, slug, "brief.json"))
