"""The analyst's first ten minutes, and every month after: a bill becomes a workspace, or goes into the one that is there.

A workspace is a folder with its own finops.yaml. A new one is made aside and put in place by one rename, so a file that cannot be
used leaves nothing behind. In one that is there nothing is removed or overwritten (docs/method §13.50).
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from ..documents import dump_yaml, write_atomic
from ..errors import InputError, listing, several
from ..facts import taken
from ..facts.daily import warehouse
from ..facts.intake.files.readers import refuse_no_file
from ..facts.intake.files.room import memory_said
from ..facts.intake.tables import hidden_in
from ..facts.ledger.receipt import Receipt, reason_at
from ..facts.ledger.store import Ledger
from ..facts.plans import read as plans
from ..facts.plans import together
from ..names import old_slug, slug
from ..progress import Progress
from ..scenario import document as scenario
from ..scenario import ledger_base as base_scenario
from ..settings import WORKSPACES, Settings, load_settings
from .aside import aside, settled
from .start_again import add_to
from .start_reading import Choose, Reading, is_export, read_bill

__all__ = ["WORKSPACES", "Given", "is_export", "start"]


@dataclass(frozen=True)
class Given:
    """Files given beside the bill, by their key in finops.yaml."""

    drivers: tuple[Path, ...] = ()
    budgets: tuple[Path, ...] = ()
    invoices: tuple[Path, ...] = ()
    organisation: tuple[Path, ...] = ()
    what_ifs: tuple[Path, ...] = ()

    @classmethod
    def of(cls, **files) -> Given:
        """From paths, lists of paths or None; raises InputError for a file that is not there."""
        paths = {
            key: tuple(
                map(Path, value if isinstance(value, (list, tuple)) else [value] if value else ())
            )
            for key, value in files.items()
        }
        for item in (item for items in paths.values() for item in items):
            refuse_no_file(item)
        return cls(**paths)

    def items(self) -> list[tuple[str, Path]]:
        """(key, file) of each."""
        return [(field.name, item) for field in fields(self) for item in getattr(self, field.name)]


def start(
    file: str | os.PathLike,
    *,
    name: str | None = None,
    folder: str | os.PathLike | None = None,
    currency: str | None = None,
    drivers: list | None = None,
    budgets: str | os.PathLike | None = None,
    invoices: str | os.PathLike | None = None,
    organisation: str | os.PathLike | None = None,
    mapping: str | os.PathLike | None = None,
    what_ifs: list | None = None,
    confirm: Callable | None = None,
    choose: Choose | None = None,
    paths: int | None = None,
    fresh: str | None = None,
    format: str | None = None,
    basis: str = "",
    append: bool = False,
    replace: bool = False,
    ask: Callable[[str], str | None] | None = None,
    tell: Callable[[str], None] | None = None,
    command: str = "finops start",
    progress: Progress | None = None,
) -> Settings:
    r"""Make the workspace of a bill, or take the bill into the one that is there.

    Parameters
    ----------
    file : path
        The bill; or a folder that holds nothing but the parts of one export, and its manifest.
    name : str, optional
        Of the company; default: the file's name.
    folder : path, optional
        Of the workspace; default: workspaces/<name>.
    currency : str, optional
        Of a bill that does not say it.
    drivers : list, optional
        Files of business drivers.
    budgets, invoices, organisation : path, optional
        Files that are taken into the workspace.
    mapping : path, optional
        How the table is read, as an earlier start wrote it.
    what_ifs : list, optional
        Scenario files.
    confirm : callable, optional
        Called with the guessed Mapping before anything is written; returns the mapping to use, or
        None to stop. Without it a guess is taken if it leaves no doubt.
    choose : callable, optional
        Called with a Question where several columns could be the cost or the day; returns one of
        them, or None to stop. Without it none is asked.
    paths : int, optional
        Of its simulations.
    fresh : str, optional
        Begin anew under this name, in a folder that is not there yet.
    format : str, optional
        The importer that reads the file, instead of the one that recognises it.
    basis : str, optional
        Billed or Effective: which cost the amounts are, where the file does not say it.
    append, replace, ask : optional
        As in `Ledger.ingest`, for a workspace that is there.
    tell : callable, optional
        Called with a sentence for each thing done, kept, or left to the user.
    command : str, optional
        What messages call this command.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Settings
        Of the workspace.

    Raises
    ------
    InputError, LedgerError
        In one sentence; then nothing was written but, where nobody confirmed a guess, a mapping to
        correct.

    Source
    ------
    docs/method §13.50, §13.51.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> settings.company, settings.currency, fm.Ledger(settings.path(settings.ledger)).rows
    ('bill', 'USD', 84)
    """
    file, tell = Path(file), tell or (lambda _: None)
    given = Given.of(
        drivers=drivers,
        budgets=budgets,
        invoices=invoices,
        organisation=organisation,
        what_ifs=what_ifs,
    )
    parts = _parts(file)
    for item in (*parts, *([Path(mapping)] if mapping else [])):
        refuse_no_file(item)

    name = fresh or name or file.name.split(".")[0]
    target = _place(name, folder, fresh, tell)
    there = target.is_dir() and any(target.iterdir())
    if there and not folder:
        _same_company(load_settings(target), name, target)

    with memory_said(parts):
        reading = (
            Reading(parts, format=format, what="", basis=basis)
            if file.is_dir()
            else read_bill(
                file,
                mapping=mapping,
                currency=currency,
                workspace=target if there else None,
                confirm=confirm,
                choose=choose,
                command=_command(
                    command,
                    file,
                    name if name != file.name.split(".")[0] else None,
                    given,
                    currency,
                ),
                format=format,
                basis=basis,
            )
        )

    for item in (item for key, item in given.items() if key != "what_ifs"):
        if hidden := hidden_in(item):
            tell(f"Warning: {item.name}: {hidden}")
    if there:
        add_to(
            target,
            file,
            reading,
            given.items(),
            how={"append": append, "replace": replace, "ask": ask},
            tell=tell,
            progress=progress,
        )
        return load_settings(target)

    known = target.parent.is_dir()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with aside(target.parent, f".{target.name}.") as fresh_folder:
            receipt = _fill(
                fresh_folder,
                file,
                name=name,
                reading=reading,
                currency=currency,
                given=given,
                paths=paths,
                progress=progress,
            )
            refused = _refused(file, Ledger(fresh_folder / "ledger"), target)
            one_amount = _one_amount(Ledger(fresh_folder / "ledger"), reading)
            settled(fresh_folder, target)
        kinds = listing(dict.fromkeys(one.format for one in receipt.files), 4)
        tell(f"{file.name}: {reading.what or kinds}: {receipt.in_short}")
        warned = (f"Warning: {warning}" for warning in receipt.warnings)
        for text in filter(None, (*warned, refused, one_amount)):
            tell(text)
    except OSError as problem:
        if target.is_dir():
            raise InputError(
                f"{target} was made by another run meanwhile. Nothing was written; start again to take {file.name} into it."
            ) from None
        raise InputError(
            f"{target}: the workspace could not be written ({problem.strerror or problem}). Nothing was left behind."
        ) from None
    finally:
        if not known:
            with contextlib.suppress(OSError):
                target.parent.rmdir()  # goes only where nothing lies in it

    return load_settings(target)


def _parts(file: Path) -> list[Path]:
    """The file, or the files of a folder: one delivery, whose importer says which part is missing."""
    if not file.is_dir():
        return [file]
    parts = sorted(item for item in file.iterdir() if not item.name.startswith("."))
    if not parts:
        raise InputError(
            f"{file}: the folder is empty. Nothing was taken in. Put the parts of one export into it."
        )
    return parts


def _place(name: str, folder, fresh: str | None, tell) -> Path:
    """The workspace's folder; raises InputError where something else lies there, or where `fresh` finds anything."""
    target = Path(folder) if folder else Path(WORKSPACES) / slug(name)
    older = Path(WORKSPACES) / old_slug(name)  # of before slugs kept every script
    if not (folder or fresh or os.path.lexists(target)) and (older / "finops.yaml").is_file():
        target = older if load_settings(older).company == name else target
    if fresh and os.path.lexists(target):
        stem, number = re.sub(r"-\d+$", "", slug(fresh)), 2
        while os.path.lexists(target.with_name(f"{stem}-{number}")):
            number += 1
        raise InputError(
            f"{target} is there already; --fresh begins anew and only in a folder that is not there. Nothing was written. "
            f"Give another name, for example --fresh {stem}-{number}."
        )
    old = target.with_name(f".{target.name}.old")
    if (old / "finops.yaml").is_file():
        if not os.path.lexists(target):
            raise InputError(
                f"{old} is the workspace as it was before a run of an older version was killed, and {target} is gone. Nothing was "
                f"written. Put it back (mv {shlex.quote(str(old))} {shlex.quote(str(target))}) and start again, or begin anew with "
                "--fresh NAME."
            )
        tell(
            f"{old} is a copy that a killed run of an older version left; it is not touched. Look into it, then remove it."
        )
    if (
        os.path.lexists(target)
        and not (target / "finops.yaml").is_file()
        and not (target.is_dir() and not any(target.iterdir()))
    ):
        raise InputError(
            f"{target} is there and is no workspace (no finops.yaml in it). Nothing was written. Give another name with --name."
        )
    return target


def _same_company(settings: Settings, name: str, target: Path) -> None:
    """Two names that only share a folder (letters a folder name leaves out) are two companies."""

    def letters(text):
        return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())

    if slug(settings.company) == slug(name) and letters(settings.company) != letters(name):
        raise InputError(
            f"{target} is the workspace of '{settings.company}', and '{name}' would lie in the same folder. Nothing was written. "
            "Give another name: --name NAME."
        )


def _command(command: str, file: Path, name: str | None, given: Given, currency: str | None) -> str:
    """The command that goes on with a corrected mapping, `{mapping}` standing for its file."""
    option = {
        "drivers": "--driver",
        "budgets": "--budget",
        "invoices": "--invoices",
        "organisation": "--organisation",
        "what_ifs": "--what-if",
    }
    words = [
        *(["--name", name] if name else []),
        *(["--currency", currency] if currency else []),
        *(word for key, item in given.items() for word in (option[key], str(item))),
    ]
    text = f"{command} {shlex.quote(str(file))} --mapping {{mapping}}"
    return text + "".join(f" {shlex.quote(word)}" for word in words).replace("{", "{{").replace(
        "}", "}}"
    )


def _fill(
    root: Path, file: Path, *, name: str, reading: Reading, currency, given: Given, paths, progress
) -> Receipt:
    """A whole workspace in an empty folder; what its ledger says of the bill."""
    ledger = Ledger(root / "ledger")
    receipt = ledger.ingest(
        reading.items, format=reading.format, basis=reading.basis, progress=progress
    )
    currencies = sorted(ledger.totals("BilledCost"))
    if len(currencies) > 1:
        from .start_reading import said

        sums = ledger.totals_by_period().groupby("BillingCurrency")["Rows"].sum()
        parts = [
            f"{file.name.split('.')[0]}-{code.casefold()}{''.join(file.suffixes)}"
            for code in currencies
        ]
        raise InputError(
            f"{file}: amounts in {said([(code, int(sums[code])) for code in currencies])}. Amounts in different currencies are not added up, "
            "and a workspace is in one currency. Nothing was written. Write the rows of each currency into a file of its own and "
            f"start each: {', '.join(f'finops start {part}' for part in parts)}."
        )
    if reading.mapping is not None:
        reading.mapping.save(root / "mapping.yaml")
    document = {
        "company": name,
        "currency": currencies[0] if currencies else currency or "USD",
        "ledger": "ledger",
        "runs": "runs",
        "reports": "reports",
        "scenario": "scenarios/00_base.yaml",
    }
    # Plans are copied in, so that the workspace stands on its own and can be rebuilt from itself.
    (root / "plans").mkdir()
    (root / "scenarios").mkdir()
    for key, item in given.items():
        place = f"{'scenarios' if key == 'what_ifs' else 'plans'}/{item.name}"
        if (root / place).exists() and (root / place).read_bytes() != item.read_bytes():
            raise InputError(
                f"{item}: another file of this name is given too, and both would lie in {place}. Rename one of them."
            )
        shutil.copy2(item, root / place)
        if key in ("drivers", "what_ifs"):
            document[key] = [*document.get(key, []), place]
        else:
            document[key] = place
    if paths:
        document["paths"] = paths
    write_atomic(
        root / "finops.yaml",
        "# Made by finops start; yours to edit (every key: docs/settings.md).\n"
        + dump_yaml(document),
    )
    settings = load_settings(root)
    if settings.drivers:
        plans.read_drivers(settings.files(settings.drivers))
    together.budgets(settings)
    daily = warehouse.daily(ledger, settings)
    if daily.empty:
        raise InputError(
            f"{file}: no row could be used; every row is in quarantine. First reason: "
            f"{_first_reason(ledger)}. Nothing was written."
        )
    write_atomic(root / "scenarios" / "00_base.yaml", base_scenario.init_base(daily, settings))
    for what_if in settings.what_ifs:
        scenario.load_scenario(root / what_if)
    return receipt


def _one_amount(ledger: Ledger, reading: Reading) -> str:
    """Whose cost on one basis is not known, of an export; of a table the mapping that was shown has said it."""
    if reading.mapping is not None:
        return ""
    lines = [one.as_brief("") for one in taken.of(ledger)]
    return " ".join(filter(None, (taken.sentence(lines, name) for name in taken.OTHER)))


def _refused(file: Path, ledger: Ledger, target: Path) -> str:
    """That rows of a bill are in no figure, in one sentence; '' where all are."""
    refused = len(ledger.quarantine())
    if not refused:
        return ""
    return (
        f"{file.name}: {refused:,} of {several(refused + ledger.rows, 'row')} {'was' if refused == 1 else 'were'} refused and {'is' if refused == 1 else 'are'} in no figure. "
        f"First reason: {_first_reason(ledger)}. All of them: finops reconcile --settings {shlex.quote(str(target))}"
    )


def _first_reason(ledger: Ledger) -> str:
    frame = ledger.quarantine()
    if frame.empty:
        return "the file has no rows"
    first = frame.iloc[0]
    return reason_at(first["x_Row"], first["x_Column"], first["x_Reason"], mark=",")
