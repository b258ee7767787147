"""What a file that somebody adds is, and whether it can be used: judged before anything is written (docs/method §13.54)."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError, unknown
from ...facts.intake import importers, tables
from ...facts.intake.files.readers import refuse_no_file
from ...facts.intake.files.room import memory_said
from ...facts.plans.recognise import KINDS, plan_of
from ...facts.usage.store import is_usage
from ..start_reading import Choose, Reading, by_kept, read_bill
from .bills import importer_of

WORDS = {
    "bill": "bill",
    "budget": "budgets",
    "driver": "drivers",
    "outcome": "drivers",
    "invoices": "invoices",
    "organisation": "organisation",
    "commitments": "commitments",
    "usage": "usage",
    "seats": "seats",
    "quality": "quality_samples",
    "customers": "customers",
    "customer_usage": "customer_usage",
    "values": "values",
    "actions": "actions",
    "notes": "dated_notes",
    "reviews": "reviews",
    "experiments": "experiments",
}  # what a user may say a file is, and the key of finops.yaml for it


@dataclass(frozen=True)
class Item:
    """A file and what it is.

    key       of finops.yaml; "bill": it goes into the ledger, "usage": into the usage of the workspace
    said      what it is, in words
    reading   how a bill is read
    """

    file: Path
    key: str
    said: str
    reading: Reading | None = None


@dataclass(frozen=True)
class Asked:
    """What whoever adds files has said of them.

    time_zone   of usage logs whose times say none
    kind        what every file is, a word of WORDS; None: it is recognised
    workspace   how the workspace is named on the command line; "": it is the current folder
    """

    kind: str | None = None
    mapping: Path | None = None
    format: str | None = None
    currency: str | None = None
    time_zone: str | None = None
    basis: str = ""
    confirm: Callable | None = None
    choose: Choose | None = None
    workspace: str = ""


def what_is(file: Path, root: Path, asked: Asked) -> Item:
    """What a file is: a bill of an importer or of a kept mapping, else a plan by its columns, else a table that is asked about.

    Raises InputError for a file that is nothing of these, or that could be two.
    """
    refuse_no_file(file)
    if asked.kind is not None and asked.kind not in WORDS:
        raise InputError(unknown("--as", "kind of file", asked.kind, WORDS))
    if (key := WORDS.get(asked.kind or "bill", "bill")) != "bill":
        return Item(file, key, KINDS.get(key, "usage, no money"))
    if file.suffix.casefold() in (".yaml", ".yml"):
        raise InputError(
            f"{file}: is a YAML document and no table. A mapping is given with --mapping, a scenario is named in finops.yaml "
            f"(what_ifs: [{file.name}])."
        )
    if asked.mapping is None and is_usage(file, asked.format):
        return Item(file, "usage", "usage, no money")
    by_hand = asked.mapping or asked.format
    if not by_hand:
        if name := importer_of(file):
            title = importers.shelf()[name].TITLE
            return Item(file, "bill", title, Reading(file, what=title, basis=asked.basis))
        frame = tables.read_table(file)
        kept = by_kept(file, frame, root, asked.currency, asked.basis)
        plan = None if asked.kind or frame.attrs.get("vendor") else plan_of(frame)
        if kept and plan:
            raise InputError(
                f"{file}: looks like {KINDS[plan]}, and {kept.kept} reads it as a bill. Say which it is: --as bill or --as "
                f"{next(word for word, key in WORDS.items() if key == plan)}."
            )
        if kept:
            return Item(file, "bill", kept.what, kept)
        if plan:
            return Item(file, plan, KINDS[plan])
    reading = read_bill(
        file,
        mapping=asked.mapping,
        currency=asked.currency,
        confirm=asked.confirm,
        choose=asked.choose,
        command=_command(file, asked.workspace),
        format=asked.format,
        basis=asked.basis,
    )
    return Item(file, "bill", reading.what, reading)


def _command(file: Path, workspace: str) -> str:
    """How to go on with a corrected mapping, `{mapping}` standing for its file."""
    place = f" -s {shlex.quote(workspace)}" if workspace else ""
    words = f"finops add {shlex.quote(str(file))}{place}"
    return words.replace("{", "{{").replace("}", "}}") + " --mapping {mapping}"


def judged(
    files: list[Path],
    root: Path,
    asked: Asked,
    check: Callable[[Item], str],
    called: Mapping[Path, str],
) -> list[tuple[Item, str]]:
    """Each file with what it is and what came of `check`. Raises InputError with a line per file where one of them cannot be used.

    called   what each is called in those lines
    """
    good: list[tuple[Item, str]] = []
    lines, refused = [], 0
    for file in files:
        try:
            with memory_said([file]):
                item = what_is(file, root, asked)
                good.append((item, check(item)))
            lines.append(f"{called[file]}: {item.said}: can be taken in")
        except InputError as problem:
            refused += 1
            lines.append(f"{called[file]}: refused: {problem}")
    if not refused:
        return good
    if len(files) == 1:
        raise InputError(lines[0].removeprefix(f"{called[files[0]]}: refused: "))
    some = "one" if refused == 1 else f"{refused}"
    raise InputError(
        f"nothing was written, as {some} of the {len(files)} files cannot be used:\n"
        + "\n".join(f"- {line}" for line in lines)
    )
