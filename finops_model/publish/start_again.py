"""A bill for a workspace that is there: into its ledger, and nothing of what people or earlier runs put there is touched (docs/method §13.50)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..documents import load_yaml, write_atomic
from ..errors import FinOpsError, InputError
from ..facts.daily import warehouse
from ..facts.intake.mapping import Mapping
from ..facts.ledger.receipt import Receipt, reason_at
from ..facts.ledger.store import Ledger
from ..facts.plans import read as plans
from ..facts.plans import together
from ..progress import Progress
from ..scenario import document as scenario
from ..scenario import ledger_base as base_scenario
from ..settings import Settings, load_settings
from .finops_yaml import with_added
from .start_reading import Reading, free, said

LISTS = tuple(
    key for key, field in Settings.model_fields.items() if field.annotation == list[str]
)  # several files


def add_to(
    root: Path,
    file: Path,
    reading: Reading,
    given: list[tuple[str, Path]],
    *,
    how: dict | None = None,
    tell: Callable[[str], None],
    progress: Progress | None = None,
) -> None:
    """Take a bill into the ledger of a workspace, and lay the files given with it beside those that are there.

    how   append, replace and ask of `Ledger.ingest`
    Every step is whole by itself, in this order: the delivery, the files, the mapping, the lines of finops.yaml.
    Raises FinOpsError before the first step where the bill or a file cannot be used; then nothing was written.
    """
    settings = load_settings(root)
    ledger = Ledger(settings.path(settings.ledger))
    before = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    judge(file, reading, settings, root)
    copies = [
        (
            key,
            item,
            free(
                root / ("scenarios" if key == "what_ifs" else "plans") / item.name,
                item.read_bytes(),
            ),
        )
        for key, item in given
    ]
    _check(given, settings, root)
    receipt = ledger.ingest(
        reading.items, format=reading.format, basis=reading.basis, **(how or {}), progress=progress
    )
    _say_delivery(root, file, receipt, tell)
    kept = [name for name in before if root / name != settings.path(settings.ledger)]
    tell(f"Kept as they are: {', '.join(kept)}.")
    for _, item, place in copies:
        if place.exists():
            continue
        if place.name != item.name:
            tell(
                f"{(place.parent / item.name).relative_to(root)} holds something else and stays: the new file lies at {place.relative_to(root)}."
            )
        write_atomic(place, item.read_bytes())
    if reading.mapping is not None:
        _keep_mapping(root, reading.mapping, tell)
    _name_in_settings(root, settings, copies, tell)
    _base(root, ledger, tell)


def judge(file: Path, reading: Reading, settings: Settings, root: Path) -> Receipt:
    """The receipt of a bill taken in for trial, aside: raises InputError where no row can be used, or where money is in another currency."""
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        trial = Ledger(folder)
        receipt = trial.ingest(
            reading.items,
            format=reading.format,
            basis=reading.basis,
            alone=not isinstance(reading.item, list),
        )
        if not receipt.accepted:
            reasons = trial.quarantine()
            first = ""
            if len(reasons):
                row = reasons.iloc[0]
                why = reason_at(row["x_Row"], row["x_Column"], row["x_Reason"], mark=",")
                first = f" First reason: {why}."
            raise InputError(
                f"{file}: no row could be used; every row would be in quarantine.{first} Nothing was written."
            )
        rows = trial.totals_by_period().groupby("BillingCurrency")["Rows"].sum()
    if set(rows.index) - {settings.currency, *(entity.currency for entity in settings.entities)}:
        if reading.mapping is not None and reading.mapping.currency_assumed:
            raise InputError(
                f"{file}: the table names no currency, and the workspace {root} is in {settings.currency}. Nothing was written. Say "
                f"which one its amounts are in: --currency {settings.currency}."
            )
        counts = (
            said([(code, int(rows[code])) for code in sorted(rows.index)])
            if len(rows) > 1
            else rows.index[0]
        )
        raise InputError(
            f"{file}: amounts in {counts}, and the workspace {root} is in {settings.currency}. Amounts in different currencies are not "
            "added up. Nothing was written. Begin a workspace for the other currency, with a file that holds only its rows: "
            "finops start FILE --fresh NAME."
        )
    return receipt


def _check(given: list[tuple[str, Path]], settings: Settings, root: Path) -> None:
    """The files given, each read as a report will read it. Raises FinOpsError for one that cannot be used."""
    drivers = [item for key, item in given if key == "drivers"]
    if drivers:
        plans.read_drivers(drivers)
    for key, item in given:
        if key == "budgets":
            plans.read_budgets(item, settings.currency, together.weeks_of(settings))
        elif key == "invoices":
            plans.read_invoices(item)
        elif key == "organisation":
            plans.read_organisation(item)
    scenarios = [item for key, item in given if key == "what_ifs"]
    if scenarios:
        with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
            here = Path(folder) / "scenarios"
            shutil.copytree(root / "scenarios", here) if (
                root / "scenarios"
            ).is_dir() else here.mkdir()
            for item in scenarios:
                (here / item.name).write_bytes(item.read_bytes())
                scenario.load_scenario(here / item.name)


def _say_delivery(root: Path, file: Path, receipt, tell) -> None:
    if receipt.delivery is None:
        tell(
            f"{root}: the workspace exists, and its ledger has {file.name} already: nothing was taken in."
        )
    else:
        tell(
            f"{root}: the workspace exists: took {file.name} into its ledger ({receipt.in_short})."
        )
    for change in receipt.changes:
        if change.version > 1:
            tell(
                f"In the ledger before, and replaced by a new version (the old one stays in its history): {change}"
            )
    for warning in receipt.warnings:
        tell(f"Warning: {warning}")


def _keep_mapping(root: Path, mapping: Mapping, tell) -> None:
    """The mapping of a file beside those of before, under a name of its own."""
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        text = mapping.save(Path(folder) / "mapping.yaml").read_bytes()
    place = free(root / "mapping.yaml", text)
    if not place.exists():
        write_atomic(place, text)
        tell(f"How this file is read is kept in {place.relative_to(root)}.")


def _name_in_settings(
    root: Path, settings: Settings, copies: list[tuple[str, Path, Path]], tell
) -> None:
    """finops.yaml learns of the new files where it says nothing of the kind yet; otherwise the user is told what to write."""
    path = (root / "finops.yaml").resolve()
    for key, _, place in copies:
        name, document = str(place.relative_to(root)), load_yaml(path)
        value = [name] if key in LISTS else name
        now = document.get(key)
        if name == now or (isinstance(now, list) and name in now):
            continue
        text = with_added(path.read_text(encoding="utf-8-sig"), key, value)
        if text is None or not _reads(text, path, key):
            word = f"[{', '.join(now)}]" if isinstance(now, list) else now
            tell(
                f"finops.yaml says {key}: {word} and stays; to use the new file write: {key}: {f'[{name}]' if key in LISTS else name}"
            )
            continue
        write_atomic(path, text)
        tell(f"Added to finops.yaml: {key}: {name}")


def _reads(text: str, path: Path, key: str) -> bool:
    """Whether finops.yaml would read with these lines, and its driver files together (the same driver twice on a day cannot)."""
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        trial = Path(folder) / "finops.yaml"
        trial.write_text(text, encoding="utf-8")
        try:
            settings = load_settings(trial).model_copy(update={"root": str(path.parent)})
            if key == "drivers":
                plans.read_drivers(settings.files(settings.drivers))
        except FinOpsError:
            return False
    return True


def _base(root: Path, ledger: Ledger, tell) -> None:
    """The base scenario that finops.yaml names, made again where it is gone."""
    settings = load_settings(root)
    if settings.scenario and not settings.path(settings.scenario).exists():
        write_atomic(
            settings.path(settings.scenario),
            base_scenario.init_base(warehouse.daily(ledger, settings), settings),
        )
        tell(f"{settings.scenario} was not there and is made anew.")
