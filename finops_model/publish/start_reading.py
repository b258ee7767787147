"""How a bill is read before anything is written: as an export, by a mapping a person has seen, or by a guess that somebody confirms.

No guess counts unless somebody said yes to it, or it leaves no doubt (docs/method §13.51).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..documents import write_atomic
from ..errors import InputError, together
from ..facts.intake import importers, tables
from ..facts.intake.columns import Alike
from ..facts.intake.files.cells import CURRENCIES
from ..facts.intake.files.readers import open_source
from ..facts.intake.mapping_text import explained
from ..facts.intake.shape.asks import Question, question
from ..facts.intake.shape.heading_words import ROLES
from ..facts.intake.written import cells_of, own_mark
from ..names import slug

Choose = Callable[[Question], str | None]
SAYS_NOTHING = {"file", "sheet", "found", "notes"}  # fields of a mapping that change no row


@dataclass(frozen=True)
class Reading:
    """A bill as `Ledger.ingest` takes it, and the mapping it was read by (None: an export, or one that was `kept` in the workspace).

    format   the importer that was asked for by name
    basis    which cost it holds, where somebody has said it
    what     what the bill is, in words; '': its files are of several kinds, or nobody has looked
    """

    item: object
    mapping: tables.Mapping | None = None
    kept: str = ""  # name of the workspace's own mapping file that was used
    format: str | None = None
    what: str = "a table"
    basis: str = ""

    @property
    def items(self) -> list:
        """What goes into the ledger as one delivery: several where the bill is a folder of parts."""
        return self.item if isinstance(self.item, list) else [self.item]


class Unconfirmed(InputError):
    """Nobody said that the guessed mapping is right; the message says why."""


def is_export(path: Path) -> bool:
    """Whether a file is a billing export that an importer reads as it is."""
    return importers.detect(path) is not None


def usage_of(path: Path) -> str:
    """What is said of a file of usage, which no workspace can start from; '' for any other file."""
    try:
        source = open_source(path)
        name = importers.recognised(source)
    except InputError:
        return ""
    if not importers.is_usage(name):
        return ""
    return importers.not_money(source, importers.shelf()[str(name)])


def doubts(mapping: tables.Mapping) -> tuple[str, ...]:
    """What of a mapping could be read another way: a reading with doubts needs a person."""
    return tuple(mapping.doubts)


def read_bill(
    file: Path,
    *,
    mapping=None,
    currency: str | None = None,
    workspace: Path | None = None,
    confirm: Callable | None = None,
    choose: Choose | None = None,
    command: str = "finops start",
    format: str | None = None,
    basis: str = "",
) -> Reading:
    """How `file` is read; nothing is written unless nobody confirms the guess: then it is written out, to be corrected.

    mapping    a mapping file of the user's; else one the workspace has kept that fits; else a guess, given to `confirm`
    confirm    called with the guess; returns the mapping to use, None to stop, or raises Unconfirmed. Without it a guess without doubts is taken
    choose     called with each question which of several columns has a role; returns one of them, or None to stop. Without it none is asked
    command    how to go on from there, for the message
    format     the name of the importer that reads the file, instead of the one that recognises it
    basis      Billed or Effective: which cost the amounts of a table are, or an export that does not say it
    Raises InputError; for amounts in two currencies before anything is added up.
    """
    if format is not None:
        if mapping is not None:
            raise InputError(
                f"{file}: --format {format} and --mapping {mapping} are two ways to read one file. Give one of them."
            )
        importers.named(format, open_source(file))
        return Reading(file, format=format, what=format, basis=basis)
    if mapping is None and (name := importers.detect(file)):
        return Reading(file, what=importers.shelf()[name].TITLE, basis=basis)
    if mapping is None and (usage := usage_of(file)):
        raise InputError(usage)
    if mapping is not None:
        chosen = _on(basis, _in_currency(tables.load_mapping(mapping), currency))
        return _reading(file, tables.table_of(file, chosen), chosen)
    frame = tables.read_table(file)
    if workspace and (reading := by_kept(file, frame, workspace, currency, basis)):
        return reading
    guess = _on(basis, _in_currency(_asked(file, frame, choose), currency))
    _reading(file, frame, guess)
    try:
        chosen = confirm(guess) if confirm else _undoubted(guess)
        if chosen is None:
            raise Unconfirmed(f"{file}: stopped; nothing was taken in.")
    except Unconfirmed as problem:
        raise InputError(f"{problem} {_written(guess, frame, command)}") from None
    return _reading(file, frame, chosen.settled())


def _asked(file: Path, frame, choose: Choose | None) -> tables.Mapping:
    """The guess, after each question that it leaves was put to whoever can answer; what could be the amount and is not is left out on purpose."""
    chosen: dict[str, str] = {}
    left: tuple[str, ...] = ()
    while True:
        try:
            guess = tables.guess_mapping(frame, chosen, left)
            open_ = guess.rivals
        except Alike as problem:
            if choose is None:
                raise
            open_ = (("amount", *problem.columns),)
        if choose is None or not open_:
            return guess
        role, *columns = open_[0]
        answer = choose(question(frame, role, columns))
        if answer is None:
            raise InputError(f"{file}: stopped; nothing was taken in.")
        chosen[role] = answer
        if role == "amount":
            left = tuple(column for column in columns if column != answer)


def by_kept(
    file: Path, frame, workspace: Path, currency: str | None = None, basis: str = ""
) -> Reading | None:
    """A table read by the mapping that the workspace keeps for it; None where none fits.

    Of several that fit, the one kept under the name of the export. Raises InputError where that does not decide.
    """
    fitting: dict[str, tables.Mapping] = {}
    own: dict[str, pd.DataFrame] = {}  # the table that each reads
    for path in sorted(workspace.glob("mapping*.yaml")):
        kept = _on(basis, _in_currency(tables.load_mapping(path), currency))
        own[path.name] = _own_sheet(file, frame, kept)
        kept = _renewed(kept, own[path.name])
        if fits(own[path.name], kept):
            fitting[path.name] = kept
    apart = {
        (
            own[name].attrs["sheet"],
            json.dumps(kept.model_dump(mode="json", exclude=SAYS_NOTHING), sort_keys=True),
        ): name
        for name, kept in reversed(fitting.items())
    }
    if len(apart) > 1:
        named = [
            name for name in fitting if export_name(fitting[name].file) == export_name(file.name)
        ]
        if len(named) != 1:
            raise InputError(
                f"{file}: {together(list(fitting))} both fit its columns and read it differently. Nothing was written. Say which one "
                f"counts: --mapping {workspace / next(iter(fitting))}"
            )
        fitting = {named[0]: fitting[named[0]]}
    for name, kept in fitting.items():
        return Reading(
            _reading(file, own[name], kept).item, None, name, what=f"a table, read by {name}"
        )
    return None


def _own_sheet(file: Path, frame, kept: tables.Mapping):
    """The sheet that a kept mapping names; where the workbook has none of that name (another month), the one that looks most like data."""
    named = kept.sheet and file.suffix.casefold() in tables.EXCEL
    if not named or kept.sheet == frame.attrs["sheet"] or frame.attrs.get("doubts"):
        return frame
    with contextlib.suppress(InputError):
        return tables.table_of(file, kept)
    return frame


def _renewed(kept: tables.Mapping, frame) -> tables.Mapping:
    """A mapping of months as columns for a table of the same kind: with the months that this one has."""
    if not kept.months:
        return kept
    try:
        months = tables.guess_mapping(frame).months
    except InputError:
        return kept
    months = {column: month for column, month in months.items() if column not in kept.ignore}
    known = {column: month for column, month in kept.months.items() if column in frame.columns}
    return kept.model_copy(update={"months": {**months, **known}}) if months else kept


def export_name(file: str) -> str:
    """What the files of one export have in common: their name without its days and months.

    >>> export_name("Kosten 2026-10.csv"), export_name("kosten_2026-11 (1).csv"), export_name("2026.csv")
    ('kosten', 'kosten', '2026')
    """
    stem = Path(file).name.split(".")[0]
    return slug(re.sub(r"[\W_]*\d[\d\W_]*", " ", stem).strip() or stem)


def _on(basis: str, mapping: tables.Mapping) -> tables.Mapping:
    """The mapping with the basis that somebody said."""
    return mapping.model_copy(update={"basis": basis}) if basis else mapping


def _undoubted(guess: tables.Mapping) -> tables.Mapping:
    if open_ := doubts(guess):
        raise Unconfirmed(
            f"{guess.file}: the reading leaves doubts, and nobody was asked: {'; '.join(open_)}. Nothing was taken in."
        )
    return guess


def _in_currency(mapping: tables.Mapping, currency: str | None) -> tables.Mapping:
    """The mapping with the currency the user names for amounts that have none."""
    if not currency or (mapping.currency_code == currency and not mapping.currency_assumed):
        return mapping
    if mapping.currency is None and not mapping.currency_assumed:
        raise InputError(
            f"--currency {currency}: the amounts are in {mapping.currency_code}, as the table or its mapping says. "
            "Leave --currency out; where the table is wrong, write currency_code into a mapping and give it with --mapping."
        )
    notes = tuple(note for note in mapping.notes if "names no currency" not in note)
    return mapping.model_copy(
        update={"currency_code": currency, "currency_assumed": False, "notes": notes}
    )


def fits(frame, kept: tables.Mapping) -> bool:
    """Whether a mapping that was confirmed for another file reads this one too: its columns are there, and no cell contradicts it."""
    used = {*kept.months, *(getattr(kept, role) for role in ROLES if getattr(kept, role))}
    counted = {*used, *kept.add, *kept.subtract}
    if not counted <= set(frame.columns) or frame.attrs.get("doubts"):
        return False  # columns are missing, or another sheet of the workbook has them too
    try:
        chosen = {role: column for role in ("date", "amount") if (column := getattr(kept, role))}
        guess = tables.guess_mapping(frame, {} if kept.months else chosen)
    except InputError:
        return True  # what cannot be guessed is what a person wrote a mapping for
    if guess.amount == kept.amount and guess.decimal != kept.decimal and not guess.decimal_assumed:
        return False
    if (
        guess.date == kept.date
        and guess.date_order not in ("iso", kept.date_order)
        and not guess.date_order_assumed
    ):
        return False
    if not _same_unit(frame, guess, kept) or not _same_marks(frame, kept):
        return False
    if any(kept.months.get(column, month) != month for column, month in guess.months.items()):
        return False  # the same headings, Jan, Feb, above them another year
    named = {*kept.leave, *kept.count}
    off = guess.off_totals if guess.amount == kept.amount and guess.scale == kept.scale else ()
    if not {*guess.open_totals, *off} <= named:
        return False
    return set(guess.months) <= used and set(guess.open_money) <= {*counted, *kept.ignore}


def _same_marks(frame, kept: tables.Mapping) -> bool:
    """Whether no column beside the amounts shows another decimal mark than the one it is read by."""
    columns = [c for c in (kept.quantity, *kept.add, *kept.subtract) if c in kept.decimals]
    return all(own_mark(cells_of(frame, c)) in ("", kept.decimals[c]) for c in columns)


def _same_unit(frame, guess: tables.Mapping, kept: tables.Mapping) -> bool:
    """Whether a file says nothing against the unit and currency of a kept mapping: "in k EUR" may stand above one month's and not the next's.

    A column of currencies that is new must say what the kept mapping says of every row.
    """
    said, before = (
        any(note.startswith("amounts are in ") for note in one.notes) for one in (guess, kept)
    )
    if guess.scale != kept.scale and (said or before):
        return False
    if guess.currency and not kept.currency:
        codes = {word.strip().upper() for word in cells_of(frame, guess.currency)} - {""}
        return codes <= {kept.currency_code}
    return (
        guess.currency_assumed
        or bool(guess.currency or kept.currency)
        or guess.currency_code == kept.currency_code
    )


def _reading(file: Path, frame, mapping: tables.Mapping) -> Reading:
    rows = tables.apply_mapping(frame, mapping)
    rows.attrs["place"] = str(file)
    one_currency(file, Counter(rows["BillingCurrency"].str.strip().str.upper()), mapping.currency)
    return Reading((file.name, rows), mapping)


def one_currency(file, rows: Counter, column: str | None = None) -> None:
    """Raises InputError where the rows of a bill are in several currencies (docs/method §13.51): nothing of them is added up."""
    named = [(code, rows[code]) for code in sorted(rows) if code in CURRENCIES]
    if len(named) < 2:
        return
    of = f" (column '{column}')" if column else ""
    parts = [f"{Path(file).stem}-{code.casefold()}.csv" for code, _ in named]
    raise InputError(
        f"{file}: amounts in {said(named)}{of}. Amounts in different currencies are not added up, and a workspace is in one "
        f"currency. Nothing was written. Write the rows of each currency into a file of its own and start each: "
        f"{', '.join(f'finops start {part}' for part in parts)}."
    )


def said(counts: list[tuple[str, int]]) -> str:
    """Currencies with their rows.

    >>> said([("EUR", 1), ("USD", 1200)])
    'EUR (1 row) and USD (1,200 rows)'
    """
    words = [f"{code} ({count:,} {'row' if count == 1 else 'rows'})" for code, count in counts]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _written(mapping: tables.Mapping, frame, command: str) -> str:
    """Write the guess into the current folder, over nothing, and say how to go on."""
    text = explained(mapping, list(frame.columns))
    try:
        path = free(Path("mapping.yaml"), text.encode())
        if not path.exists():
            write_atomic(path, text)
    except OSError as problem:
        return f"How the file was read could not be written into this folder ({problem.strerror}): change to a folder of your own and start again."
    return f"How the file was read is in {path}: correct it and go on with: {command.format(mapping=path)}"


def free(path: Path, data: bytes, others: Mapping[Path, bytes] | None = None) -> Path:
    """`path` if nothing lies there or just these bytes; else the first of path-2, path-3 … for which that holds.

    others   what is going to be written, by its place

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = place.write_text("one")
    >>> free(place, b"one").name, free(place, b"two").name, free(place, b"two", {place.with_name("a-2.csv"): b"3"}).name
    ('a.csv', 'a-2.csv', 'a-3.csv')
    """
    number, tried, going = 1, path, others or {}
    while going.get(tried, data) != data or (
        os.path.lexists(tried) and not (tried.is_file() and tried.read_bytes() == data)
    ):
        number += 1
        tried = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return tried
