"""The analyst's first ten minutes: any bill becomes a workspace with a ledger, a base scenario and a report.

A workspace is a folder with its own finops.yaml. It is made aside and put in place by one rename, so a file
that cannot be used leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..documents import dump_yaml, write_atomic
from ..errors import InputError
from ..facts import importers, plans, tables, warehouse
from ..facts.ledger import Ledger
from ..measure.brief import slug
from ..outlook import base as base_scenario
from ..outlook import scenario
from ..progress import Progress
from ..settings import Settings, load_settings

WORKSPACES = "workspaces"


def is_export(path: Path) -> bool:
    """Whether a file is a billing export that an importer reads as it is."""
    return importers.detect(path) is not None


def start(file: str | os.PathLike, *, name: str | None = None, folder: str | os.PathLike | None = None, currency: str | None = None,
          drivers: list | None = None, budgets: str | None = None, invoices: str | None = None, organisation: str | None = None,
          mapping: str | os.PathLike | None = None, what_ifs: list | None = None, confirm: Callable | None = None, paths: int | None = None,
          progress: Progress | None = None) -> Settings:
    """Make (or renew) the workspace of a bill and return its settings.

    confirm   called with the guessed Mapping before anything is written; returns the mapping to use, or None to stop
    """
    file = Path(file)
    if not file.is_file():
        raise InputError(f"{file}: there is no such file.")
    name = name or file.name.split(".")[0]
    target = Path(folder) if folder else Path(WORKSPACES) / slug(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        settings = _fill(fresh, file, name, currency, drivers or [], budgets, invoices, organisation, mapping, what_ifs or [],
                         confirm, paths, progress)
        _put(fresh, target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        if target.parent.name == WORKSPACES and not any(target.parent.iterdir()):
            target.parent.rmdir()
        raise
    return load_settings(target) if settings else None


def _put(fresh: Path, target: Path) -> None:
    """Swap the new workspace in; what people wrote in the old one (reports, own scenarios) is carried over."""
    if target.exists():
        for kept in ("reports",):
            if (target / kept).is_dir() and not (fresh / kept).exists():
                shutil.copytree(target / kept, fresh / kept)
        for own in sorted((target / "scenarios").glob("*.yaml")) if (target / "scenarios").is_dir() else []:
            if own.name != "00_base.yaml" and not (fresh / "scenarios" / own.name).exists():
                shutil.copy2(own, fresh / "scenarios" / own.name)
        old = target.with_name(f".{target.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.rename(target, old)
        os.rename(fresh, target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        os.rename(fresh, target)
    os.chmod(target, 0o755)


def _fill(root, file, name, currency, drivers, budgets, invoices, organisation, mapping, what_ifs, confirm, paths, progress) -> Settings:
    ledger = Ledger(root / "ledger")
    if mapping is None and is_export(file):
        ledger.ingest([file], progress=progress)
    else:
        frame = tables.read_table(file)
        chosen = tables.load_mapping(mapping) if mapping else tables.guess_mapping(frame)
        if currency and chosen.currency_code != currency:
            chosen = chosen.model_copy(update={"currency_code": currency})
        if confirm:
            chosen = confirm(chosen)
            if chosen is None:
                raise InputError(f"{file}: stopped before anything was written. Correct the mapping and give it with --mapping FILE.")
        chosen.save(root / "mapping.yaml")
        ledger.ingest([(str(file), tables.apply_mapping(frame, chosen))], progress=progress)
    found = sorted(ledger.totals("BilledCost"))
    document = {"company": name, "currency": currency or (found[0] if found else "USD"), "ledger": "ledger", "runs": "runs",
                "reports": "reports", "scenario": "scenarios/00_base.yaml"}
    # Plans are copied in, so that the workspace stands on its own and can be rebuilt from itself.
    (root / "plans").mkdir()
    for key, value in (("drivers", drivers), ("budgets", budgets), ("invoices", invoices), ("organisation", organisation)):
        files = [Path(item) for item in (value if isinstance(value, list) else [value]) if item]
        for item in files:
            if not item.is_file():
                raise InputError(f"{item}: there is no such file.")
            shutil.copy2(item, root / "plans" / item.name)
        names = [f"plans/{item.name}" for item in files]
        if names:
            document[key] = names if key == "drivers" else names[0]
    if paths:
        document["paths"] = paths
    (root / "scenarios").mkdir()
    for item in map(Path, what_ifs):
        if not item.is_file():
            raise InputError(f"{item}: there is no such file.")
        shutil.copy2(item, root / "scenarios" / item.name)
    if what_ifs:
        document["what_ifs"] = [f"scenarios/{Path(item).name}" for item in what_ifs]
    write_atomic(root / "finops.yaml", "# Made by finops start; yours to edit (see docs/architecture.md).\n" + dump_yaml(document))
    settings = load_settings(root)
    if settings.drivers:
        plans.read_drivers(settings.files(settings.drivers))
    if settings.budgets:
        plans.read_budgets(settings.path(settings.budgets), settings.currency)
    daily = warehouse.daily(ledger, settings)
    if daily.empty:
        raise InputError(f"{file}: no row could be used; every row is in quarantine. First reason: "
                         f"{_first_reason(ledger)}. Nothing was written.")
    write_atomic(root / "scenarios" / "00_base.yaml", base_scenario.init_base(daily, settings))
    for item in settings.what_ifs:
        scenario.load_scenario(root / item)
    return settings


def _first_reason(ledger: Ledger) -> str:
    frame = ledger.quarantine()
    if frame.empty:
        return "the file has no rows"
    row = frame.iloc[0]
    return f"row {row['x_Row']}, {row['x_Column']}: {row['x_Reason']}"
