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
from ...published import INDEX, base_of

HASH = re.compile(r"^[0-9a-f]{64}$")
MAX_BYTES = 20_000_000
HOW = "Publish one first: finops report (the sample company: make report)."


def load_index(reports_root: str | os.PathLike) -> dict:
    """reports/index.json: `{"schema", "reports": [...]}`, newest first (docs/architecture.md §5).

    Entries with a month or slug that could name another place are refused here, once for all readers.
    Raises ReportError: nothing published yet, or a file that is not an index.
    """
    return _index(base_of(reports_root), Path(reports_root) / INDEX)


def _index(base: Path, path: Path) -> dict:
    """The index below a base; `path`: as it is called."""
    if not (base / INDEX).is_file():
        raise ReportError(f"{path}: no report has been published yet. {HOW}")
    try:
        index = json.loads((base / INDEX).read_text(encoding="utf-8"))
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
    base = base_of(root)  # once: index and files are of one publication
    entry = find_entry(_index(base, root / INDEX), month, slug)
    listed = entry["files"].get(name)
    expected = listed.get("sha256", "") if isinstance(listed, dict) else ""
    shown = f"{entry['month']}/{entry['slug']}/{name}"
    if not isinstance(expected, str) or not HASH.match(expected):
        raise ReportError(
            f"{shown}: the index does not list this file. Publish the month again: finops report --month {month}."
        )
    path = base / entry["month"] / entry["slug"] / name
    # links of the archive lead to its own folders, and none of these to a file somewhere else
    if not path.is_file() or path.is_symlink() or not path.resolve().is_relative_to(root):
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


def sliders_of(reports_root: str | os.PathLike, month: str, name: str) -> tuple[Path, dict] | None:
    """Folder and listed hashes of the slider data of a month, of one publication; None where `name` is not there."""
    base = base_of(Path(reports_root).resolve())
    if not (base / month / name).is_file():
        return None
    try:
        listed = json.loads((base / INDEX).read_text(encoding="utf-8")).get("months", {})
        return base / month, dict(listed.get(month, {}).get("files", {}))
    except (OSError, ValueError, TypeError, AttributeError):
        return base / month, {}


def open_report(reports_root: str | os.PathLike, month: str, slug: str) -> bytes:
    """The HTML of a published report, byte for byte. Raises ReportError like `open_file`."""
    return open_file(reports_root, month, slug, "report.html")


def open_brief(reports_root: str | os.PathLike, month: str, slug: str) -> Brief:
    """The brief of a published report: every number on it. Raises ReportError like `open_file`."""
    return json.loads(open_file(reports_root, month, slug, "brief.json"))
