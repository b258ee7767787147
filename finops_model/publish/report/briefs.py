"""A brief as the report takes it: checked before anything is rendered, written in one canonical form, addressed by slash paths."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from ...errors import ReportError, unknown
from ...measure.brief_types import Brief
from ...names import is_slug
from ...periods import MONTH
from ...schemas import check_schema
from ...wording import clean
from ...wording.workload import spoken_apart

STATUSES = ("flash", "preliminary", "final")
KEYS = (
    "schema",
    "company",
    "unit",
    "slug",
    "month",
    "currency",
    "status",
    "status_reason",
    "data_as_of",
    "headline",
    "summary",
    "tie_out",
    "ledger_rows",
    "ledger_all_time",
    "excluded",
    "budget",
    "actual",
    "previous_forecast",
    "forecast",
    "landing",
    "drivers",
    "unit_costs",
    "accuracy",
    "what_ifs",
    "lines",
    "children",
    "assumptions",
    "quality",
    "people",
    "lineage",
)
LONGEST = 400  # characters of one text shown on the page


def canonical(brief: Mapping) -> str:
    """The one JSON text of a brief: keys sorted, floats exact, no NaN. Raises ReportError for what JSON cannot hold.

    >>> canonical({"b": 1.0, "a": None})
    '{\\n "a": null,\\n "b": 1.0\\n}\\n'
    """
    try:
        return (
            json.dumps(brief, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
        )
    except (ValueError, TypeError) as problem:
        raise ReportError(
            f"the brief cannot be written: {problem}. Numbers must be finite and values plain."
        ) from None


def figures_hash(brief: Mapping) -> str:
    """sha256 of the canonical text: equal exactly when every figure and word is."""
    return hashlib.sha256(canonical(brief).encode("utf-8")).hexdigest()


def lookup(brief: Mapping, path: str):
    """The value at a slash path.

    >>> lookup({"landing": {"p50": 1.5}, "children": [{"unit": "A"}]}, "children/0/unit")
    'A'
    """
    value: Any = brief
    for part in path.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def load_brief(path: str | os.PathLike) -> Brief:
    """The brief in a JSON file, checked. Raises ReportError."""
    path = Path(path)
    if not path.is_file():
        raise ReportError(
            f"{path}: there is no such brief. Publish the month first: finops report."
        )
    try:
        brief = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise ReportError(
            f"{path}: not a brief: {problem}. Publish the month again: finops report."
        ) from None
    return check_brief(brief, str(path))


def check_brief(brief: Any, where: str = "brief") -> Brief:
    """`brief` if it has the form of docs/architecture.md §5: the folder it would go into is safe, every number finite.

    Raises ReportError naming the first place that is wrong.
    """
    if not isinstance(brief, dict):
        raise ReportError(f"{where}: not a brief. Publish the month again: finops report.")
    check_schema("brief", brief.get("schema"), where, ReportError)
    missing = [key for key in KEYS if key not in brief]
    if missing:
        raise ReportError(
            f"{where}: the brief has no '{missing[0]}'. Publish the month again: finops report."
        )
    for key in ("company", "unit", "slug", "month", "currency", "status", "headline"):
        if not isinstance(brief[key], str):
            raise ReportError(f"{where}: {key}: must be text, not '{str(brief[key])[:60]}'.")
    if not MONTH.fullmatch(brief["month"]):
        raise ReportError(
            f"{where}: month: '{brief['month'][:40]}' is not a month. Write year and month as YYYY-MM, for example 2026-10."
        )
    if not is_slug(brief["slug"]):
        raise ReportError(
            f"{where}: slug: '{brief['slug'][:60]}' cannot be a folder. Use small letters, digits and dashes."
        )
    if not re.fullmatch(r"[A-Z]{3}", brief["currency"]):
        raise ReportError(
            f"{where}: currency: '{brief['currency'][:20]}' is not a currency code such as USD or EUR."
        )
    if brief["status"] not in STATUSES:
        raise ReportError(unknown(f"{where}: status", "status", brief["status"], STATUSES))
    for name, months in (
        ("actual/by_month", brief["actual"]["by_month"]),
        ("budget/by_month", (brief["budget"] or {}).get("by_month") or {}),
    ):
        for month in months:
            if not MONTH.fullmatch(month):
                raise ReportError(f"{where}: {name}: '{month[:40]}' is not a month.")
    _finite(brief, where, "")
    _decimals(brief["tie_out"], where)
    return cast(Brief, brief)


def _finite(value, where: str, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ReportError(
            f"{where}: {path.lstrip('/')} is {value}; every number of a report must be finite."
        )
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for name, child in children:
        _finite(child, where, f"{path}/{name}")


def _decimals(tie_out: dict, where: str) -> None:
    places = [("tie_out", tie_out, ("invoice_total", "ledger_total", "quarantined", "difference"))]
    places += [
        (f"tie_out/rows/{i}", row, ("invoice", "ledger", "quarantined", "difference"))
        for i, row in enumerate(tie_out["rows"])
    ]
    for path, row, names in places:
        for name in names:
            if row[name] is not None:
                try:
                    good = isinstance(row[name], str) and Decimal(row[name]).is_finite()
                except InvalidOperation:
                    good = False
                if not good:
                    raise ReportError(
                        f"{where}: {path}/{name}: '{str(row[name])[:40]}' is not an amount in decimal text such as 123.45."
                    )


def readable(value, most: int = LONGEST):
    """A copy for showing: every text on one line, without control characters, cut where it is endless. Numbers stay."""
    if isinstance(value, str):
        text = clean(value[: most * 4])
        return text if len(text) <= most else text[: most - 1].rstrip() + "…"
    if isinstance(value, list):
        return [readable(item, most) for item in value]
    return (
        {name: readable(item, most) for name, item in value.items()}
        if isinstance(value, dict)
        else value
    )


def shown(brief: Brief) -> Brief:
    """A copy for showing: `readable`, and workloads of its tables by the parts of their names that are known."""
    copy = readable(brief)
    for rows in (copy.get("drivers") or {}).values():
        for row, name in zip(rows, spoken_apart(row["name"] for row in rows), strict=True):
            row["name"] = name
    return copy
