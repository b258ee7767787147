"""What a published report was made from, and whether it is still what was published (docs/method §15)."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path

from ... import resources
from ...documents import sha256_of
from ...errors import ReportError
from ...measure.brief_types import Brief
from ...published import INDEX, base_of
from ..archive.layout import current, find
from .briefs import figures_hash

SHOWN = 50  # differences told at most
TOOLS = ("altair", "jinja2", "nbconvert", "papermill", "vl-convert-python", "xlsxwriter")


def file_entry(path: Path) -> dict:
    """How a file is listed: sha256 and size."""
    data = Path(path).read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def manifest(brief: Brief, folder: Path, extra: dict | None = None) -> dict:
    """The manifest of the files in `folder`: their hashes, the inputs' hashes, seed, paths, engine, versions. No clock."""
    lineage = brief["lineage"]
    files = {
        path.name: file_entry(path)
        for path in sorted(Path(folder).iterdir())
        if path.name != "manifest.json"
    }
    versions = {name: importlib.metadata.version(name) for name in TOOLS}
    return {
        "schema": 1,
        "company": brief["company"],
        "unit": brief["unit"],
        "slug": brief["slug"],
        "month": brief["month"],
        "status": brief["status"],
        "data_as_of": brief["data_as_of"],
        "figures": figures_hash(brief),
        "inputs": dict(lineage),
        "seed": lineage.get("seed"),
        "paths": lineage.get("paths"),
        "engine": lineage.get("engine"),
        "python": lineage.get("python"),
        "notebook": sha256_of(resources.path(resources.REPORT)),
        "tools": versions,
        "files": files,
        **({"extra": extra} if extra else {}),
    }


def verify_files(report_dir) -> list[str]:
    """What is wrong with a published folder: files missing, changed or added since, figures that are not the published ones.

    Empty means: every file is what the manifest and the archive's index say.
    """
    folder = Path(report_dir)
    problems, listed = _against_manifest(folder)
    return problems if listed is None else problems + _against_index(folder)


def against_manifest(folder: Path) -> list[str]:
    """What is wrong with the files of a folder, whatever the archive says of it."""
    return _against_manifest(folder)[0]


def _against_manifest(folder: Path) -> tuple[list[str], dict | None]:
    try:
        document = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        listed, figures = dict(document["files"]), document["figures"]
    except FileNotFoundError:
        return ["manifest.json is missing, so there is nothing to compare with"], None
    except (ValueError, KeyError, TypeError):
        return ["manifest.json is not a manifest"], None
    problems = []
    for name, entry in sorted(listed.items()):
        path = folder / Path(name).name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif sha256_of(path) != entry["sha256"]:
            problems.append(
                f"{name} was changed after it was published: its sha256 is not the one in the manifest"
            )
    problems += [
        f"{path.name} is not part of the published report"
        for path in sorted(folder.iterdir())
        if path.name not in listed and path.name != "manifest.json"
    ]
    if (folder / "brief.json").is_file():
        try:
            if (
                figures_hash(json.loads((folder / "brief.json").read_text(encoding="utf-8")))
                != figures
            ):
                problems.append("brief.json holds other figures than the manifest says")
        except (ValueError, ReportError):
            problems.append("brief.json is not a brief")
    return problems, listed


def _against_index(folder: Path) -> list[str]:
    found = find(folder)
    if not (base_of(found.root) / INDEX).is_file():
        return ["the archive has no index.json"]
    try:
        current(found.root)
        if found.entry is None:
            return ["the archive's index.json does not list this report"]
        return [
            f"{name} is not the file that the archive's index.json lists"
            for name, as_listed in sorted(found.entry["files"].items())
            if not (folder / Path(name).name).is_file()
            or sha256_of(folder / Path(name).name) != as_listed["sha256"]
        ]
    except (ReportError, KeyError, TypeError, AttributeError):
        return ["the archive's index.json cannot be read"]


def compare_briefs(published: Mapping, rebuilt: Mapping, most: int | None = SHOWN) -> list[str]:
    """Where two briefs differ, bit for bit, the first place first, `most` of them (None: all); empty means equal.

    >>> compare_briefs({"landing": {"p50": 1.0}}, {"landing": {"p50": 1.0000000000000002}})
    ['landing/p50: 1.0 was published, 1.0000000000000002 now']
    """
    lines: list[str] = []
    _compare(published, rebuilt, "", lines)
    return (
        lines
        if most is None or len(lines) <= most
        else [*lines[:most], f"and {len(lines) - most} more differences"]
    )


def _compare(then, now, path: str, lines: list[str]) -> None:
    name = path.lstrip("/") or "the brief"
    if type(then) is not type(now):
        lines.append(f"{name}: {_brief(then)} was published, {_brief(now)} now")
    elif isinstance(then, dict):
        for key in [*then, *(key for key in now if key not in then)]:
            if key not in now:
                lines.append(
                    f"{path.lstrip('/')}/{key}".lstrip("/") + ": was published and is not there now"
                )
            elif key not in then:
                lines.append(
                    f"{path.lstrip('/')}/{key}".lstrip("/") + ": was not published and is there now"
                )
            else:
                _compare(then[key], now[key], f"{path}/{key}", lines)
    elif isinstance(then, list):
        if len(then) != len(now):
            lines.append(f"{name}: {len(then)} entries were published, {len(now)} now")
        for i, (left, right) in enumerate(zip(then, now)):
            _compare(left, right, f"{path}/{i}", lines)
    elif then != now or repr(then) != repr(now):
        lines.append(f"{name}: {_brief(then)} was published, {_brief(now)} now")


def _brief(value) -> str:
    return repr(value) if not isinstance(value, (dict, list)) else f"{len(value)} entries"
