"""Parts of one run of an Azure export, and the manifest.json that lies beside them: all of a run are delivered together, each once.

What a manifest holds: FinOps toolkit, "How data is processed in FinOps hubs" (exportConfig.type, runInfo, blobs[].blobName); older ones write
blobs[].name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....errors import InputError, together
from ..files.readers import Source, open_source

NAMES = ("manifest.json", "_manifest.json")
VIEWS = {"actualcost": "actual", "amortizedcost": "amortised", "usage": "", "focuscost": ""}


@dataclass(frozen=True)
class Run:
    """One run of an export, by its manifest. `parts` maps the name of each file to its rows (None: not said)."""

    name: str
    folder: Path
    kind: str  # exportConfig.type as it is written, '' where it is not there
    parts: dict[str, int | None]
    twice: tuple[str, ...]  # files that the manifest names more than once

    @property
    def view(self) -> str:
        """'actual', 'amortised', or '' where the manifest does not say it."""
        return VIEWS.get(self.kind.casefold(), "")


def run_of(source: Source) -> Run | None:
    """The run that a file describes; None where it is no manifest of an export."""
    if source.path is None or source.kind not in ("json", "jsonl") or source.size > 2**24:
        return None
    if b'"blobs"' not in (source.data or b""):
        return None
    try:
        document = Source(source.name, "json", "", source.size, data=source.data).document
    except InputError:
        return None
    blobs = document.get("blobs") if isinstance(document, dict) else None
    if not isinstance(blobs, list) or not {"exportConfig", "manifestVersion"} & set(document):
        return None
    parts: dict[str, int | None] = {}
    again = []
    for blob in blobs:
        path = blob.get("blobName", blob.get("name")) if isinstance(blob, dict) else None
        if not isinstance(path, str):
            return None
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        again += [name] if name in parts else []
        rows = str(blob.get("dataRowCount", ""))
        parts[name] = int(rows) if rows.isascii() and rows.isdigit() else None
    config = document.get("exportConfig")
    kind = config.get("type") if isinstance(config, dict) else None
    return Run(
        source.name,
        _folder(source.path),
        kind if isinstance(kind, str) else "",
        parts,
        tuple(dict.fromkeys(again)),
    )


def beside(source: Source) -> Run | None:
    """The run that a file is a part of, by the manifest in its folder; None where there is none, or it does not name the file."""
    run = _in_folder(_folder(source.path)) if source.path is not None else None
    return run if run and source.name in run.parts else None


def _folder(path: Path) -> Path:
    """The folder a file lies in, one name for each however it was written."""
    return Path(os.path.realpath(path.parent))


def _in_folder(folder: Path) -> Run | None:
    for name in NAMES:
        if (folder / name).is_file():
            try:
                return run_of(open_source(folder / name))
            except InputError:
                return None
    return None


def whole(sources: Sequence[Source], recognise: Callable[[Source], bool]) -> list[Source]:
    """A delivery without its manifests. Raises InputError where a run is not whole: a part is missing, doubled, foreign or cut off."""
    runs = {source.path: run for source in sources if (run := run_of(source))}
    given = {run.folder: run for run in runs.values()}
    kept = [source for source in sources if source.path not in runs]
    places = {source.path: _folder(source.path) for source in kept if source.path is not None}
    for folder in sorted({*places.values(), *given}):
        if run := given.get(folder) or _in_folder(folder):
            mine = [one for one in kept if one.path in places and places[one.path] == folder]
            if folder in given or any(one.name in run.parts for one in mine):
                _check(run, mine, recognise)
    return kept


def _check(run: Run, mine: list[Source], recognise: Callable[[Source], bool]) -> None:
    how = "Nothing was taken. Give all files of the run together, each once: finops ingest FOLDER/*, or to begin with it: finops start FOLDER"
    if run.kind and run.kind.casefold() not in VIEWS:
        raise InputError(
            f"{run.name}: describes an export of '{run.kind}', which holds no costs. Nothing was taken. Give the run of an export of actual or amortised cost."
        )
    if run.twice:
        raise InputError(
            f"{run.name}: names {together(run.twice)} twice: its parts would be counted twice. Nothing was taken. Fetch the run again."
        )
    names = {one.name for one in mine}
    if missing := [name for name in run.parts if name not in names]:
        there = [name for name in missing if (run.folder / name).is_file()]
        where = "" if len(there) == len(missing) else " Fetch what is not in the folder of the run."
        raise InputError(
            f"{run.name}: the run has {len(run.parts)} {'part' if len(run.parts) == 1 else 'parts'}, and this delivery lacks {together(missing)}.{where} {how}."
        )
    first: dict[str, str] = {}
    for one in mine:
        if one.name not in run.parts:
            if recognise(one):
                raise InputError(
                    f"{one.name}: is no part of the run that {run.name} beside it describes ({together(run.parts)}): a doubled or an older part. {how}, "
                    "and keep other files in another folder."
                )
            continue
        if (other := first.setdefault(one.sha256, one.name)) != one.name:
            raise InputError(
                f"{one.name}: holds the same bytes as {other}, another part of the run: one of them was fetched twice. Fetch {one.name} again. {how}."
            )
        said, rows = run.parts[one.name], _rows(one)
        if said is not None and rows is not None and rows != said:
            raise InputError(
                f"{one.name}: has {rows:,} rows, and {run.name} says {said:,}: cut off, or changed since. Fetch it again. {how}."
            )


def _rows(source: Source) -> int | None:
    """Rows of a text; None of other files, which end in a footer of their own."""
    return source.table.num_rows + len(source.broken) if source.kind == "csv" else None
