"""`finops add`: further vendors, months, drivers, budgets, invoices and outcomes for a workspace that is there (docs/method §13.54).

Every file is recognised and judged first; where one cannot be used, nothing is written. Then the bills go into the ledger as one
delivery, the other files beside those that are there, and finops.yaml learns of them: lines and names are added, none is removed.
"""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ...documents import sha256_of, write_atomic
from ...errors import InputError, listing
from ...facts.intake.files.readers import refuse_no_file
from ...facts.intake.tables import hidden_in
from ...facts.ledger.judged import SAME, same_bytes
from ...facts.ledger.receipt import Receipt, plain
from ...facts.ledger.store import Ledger
from ...facts.plans import read as plans
from ...facts.plans import together
from ...facts.usage.store import UsageStore
from ...names import told_apart
from ...periods import month_name
from ...progress import Progress
from ...settings import Settings, load_settings
from ..finops_yaml import with_named
from ..start_again import judge
from ..start_reading import Choose, export_name, free
from . import cycle
from .what import Asked, Item, judged

ONE = ("organisation", "commitments", *cycle.READERS)  # keys that take one file


def add(
    files: list[Path],
    settings: Settings,
    *,
    kind: str | None = None,
    mapping: Path | None = None,
    format: str | None = None,
    currency: str | None = None,
    time_zone: str | None = None,
    basis: str = "",
    confirm: Callable | None = None,
    choose: Choose | None = None,
    append: bool = False,
    replace: bool = False,
    accept_decrease: bool = False,
    ask: Callable[[str], str | None] | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Take files into the workspace of the settings: all of them, or none; returns what happened, a line per file first.

    kind       what every file is (`what.WORDS`); None: each is recognised
    basis      Billed or Effective: which cost the amounts are of tables, and of exports that do not say it
    time_zone  of usage logs whose times say none
    mapping    how the one table is read;  format: the importer of every bill
    confirm    called with a guessed mapping, as `start` calls it;  choose: with each question which of several columns it is
    append, replace, accept_decrease, ask    as `Ledger.ingest` takes them
    Raises FinOpsError; then nothing was written but, where nobody confirmed a guess, a mapping to correct.
    """
    root = Path(settings.root)
    if mapping is not None and len(files) != 1:
        raise InputError(f"--mapping {mapping} is of one file: add that file alone.")
    files = list(dict.fromkeys(files))
    called = dict(zip(files, told_apart(files), strict=True))
    asked = Asked(
        kind=kind,
        mapping=mapping,
        format=format,
        currency=currency,
        time_zone=time_zone or settings.usage_time_zone,
        basis=basis,
        confirm=confirm,
        choose=choose,
        workspace="" if root == Path() else str(root),
    )
    trials: dict[Path, Receipt] = {}

    def check(item: Item, aside: Path) -> str:
        if item.key == "bill" and item.reading is not None:
            trials[item.file] = judge(item.file, item.reading, settings, root)
            return ""
        if item.key == "usage":
            return _usage([item.file], aside / f"{files.index(item.file)}", asked, called)[
                item.file
            ]
        return _checked(item, settings)

    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        items = judged(files, root, asked, lambda item: check(item, Path(folder)), called)
        logs = [item.file for item, _ in items if item.key == "usage"]
        kept, how = settings.path(settings.usage_facts), {"append": append, "replace": replace}
        if logs and kept.is_dir():  # what is there may not be taken away unasked: tried on a copy
            _usage(logs, shutil.copytree(kept, Path(folder) / "kept"), asked, called, **how)
    given = [(item, said) for item, said in items if item.key not in ("bill", "usage")]
    _agree([item for item, _ in given], settings)
    places = _places([item.file for item, _ in given], root)
    text = _longer_settings(settings, [item for item, _ in given], places)
    bills = [item for item, _ in items if item.key == "bill"]
    said = dict[Path, str]()
    more: list[str] = []
    if bills:
        receipt = Ledger(settings.path(settings.ledger)).ingest(
            [item.reading.item for item in bills if item.reading],
            format=format,
            basis=basis,
            append=append,
            replace=replace,
            accept_decrease=accept_decrease,
            ask=ask,
            progress=progress,
        )
        said, more = _of_the_bills(bills, receipt, trials, called)
    if logs:
        said |= _usage(logs, kept, asked, called, **how)
    for item, words in given:
        name = _write(item.file, places[item.file], root)
        said[item.file] = (
            f"{called[item.file]}: {item.said}: {words}; {item.key} of finops.yaml: {name}"
        )
    for item in bills:
        if item.reading and item.reading.mapping is not None:
            more.append(_keep(item, root))
    if text is not None:
        write_atomic((root / "finops.yaml").resolve(), text)
    return [*_each(files, said, called, trials), *dict.fromkeys(more)]


def _each(
    files: list[Path],
    said: dict[Path, str],
    called: dict[Path, str],
    trials: dict[Path, Receipt],
) -> list[str]:
    """A line per file; of those that hold the same, the first says what became of them."""
    first: dict[str, Path] = {}
    lines = []
    for file in files:
        known_by = trials[file].files[0].sha256 if file in trials else sha256_of(file)
        one = first.setdefault(known_by, file)
        lines.append(said[file] if one is file else str(same_bytes(called[file], called[one])))
    return lines


def _usage(
    files: list[Path],
    root: Path,
    asked: Asked,
    called: dict[Path, str],
    *,
    append: bool = False,
    replace: bool = False,
) -> dict[Path, str]:
    """Usage logs taken into a store of usage: what it says of each."""
    receipt = UsageStore(root).ingest(
        files, format=asked.format, time_zone=asked.time_zone, append=append, replace=replace
    )
    told = zip(files, receipt.files, strict=True)
    return {file: str(dataclasses.replace(one, name=called[file])) for file, one in told}


def _places(files: list[Path], root: Path) -> dict[Path, Path]:
    """Where each file of plans lies: where it is, inside the workspace; else below plans/, over nothing and none over another."""
    places: dict[Path, Path] = {}
    for file in files:
        if file.resolve().is_relative_to(root.resolve()):
            places[file] = root / file.resolve().relative_to(root.resolve())
            continue
        data = file.read_bytes()
        others = {place: one.read_bytes() for one, place in places.items()}
        places[file] = free(root / "plans" / file.name, data, others)
    return places


def _write(file: Path, place: Path, root: Path) -> str:
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        write_atomic(place, file.read_bytes())
    return place.relative_to(root).as_posix()


def _longer_settings(settings: Settings, items: list[Item], places: dict[Path, Path]) -> str | None:
    """finops.yaml with the names of the new files; None where it has them all. Raises InputError where it cannot be added to."""
    root = Path(settings.root)
    before = text = (root / "finops.yaml").read_text(encoding="utf-8-sig")
    for item in items:
        name = places[item.file].relative_to(root).as_posix()
        if settings.entities and item.key != "organisation":
            raise InputError(
                f"{item.file}: finops.yaml names entities, and {item.said} is of one of them. Nothing was written. Write it under its "
                f"entity: {item.key}: {item.file.name}"
            )
        longer = with_named(text, item.key, name, several=item.key not in ONE)
        if longer is None and item.key in cycle.READERS:
            raise InputError(
                f"{item.file}: finops.yaml has {item.said} already ({item.key}: {getattr(settings, item.key)}), and takes one. Nothing was "
                "written. Put the new rows into that file, or put this one in its place."
            )
        if longer is None:
            raise InputError(
                f"{item.file}: finops.yaml says {item.key}: {getattr(settings, item.key)} in a way that nothing can be added to. Nothing "
                f"was written. Write the file into it yourself: {item.key}: {name}"
            )
        text = longer
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        (Path(folder) / "finops.yaml").write_text(text, encoding="utf-8")
        load_settings(folder)
    return None if text == before else text


def _checked(item: Item, settings: Settings) -> str:
    """What a file of plans holds, read together with those that are there. Raises InputError where they do not go together."""
    if item.key in cycle.READERS:
        return "; ".join(
            filter(None, (cycle.held(item.key, item.file, settings), hidden_in(item.file)))
        )
    words = {
        "budgets": _budget,
        "invoices": _invoices,
        "drivers": _drivers,
        "organisation": _organisation,
        "commitments": _commitments,
    }[item.key](item.file, settings)
    return "; ".join(filter(None, (words, hidden_in(item.file))))


def _with(new: list[Path], given: str | list[str] | None, settings: Settings) -> list[Path]:
    """The files of a key and new ones; one that is there already, byte for byte, once."""
    files, seen = list[Path](), set[str]()
    for path in [*(settings.named(given) if given else []), *new]:
        refuse_no_file(path)
        if (digest := sha256_of(path)) not in seen:
            seen.add(digest)
            files.append(path)
    return files


def _agree(items: list[Item], settings: Settings) -> None:
    """Budgets and drivers of several new files, read together with those that are there. Raises InputError where they say two things."""
    budgets, drivers = (
        [item.file for item in items if item.key == key] for key in ("budgets", "drivers")
    )
    if budgets:
        together.all_budgets(
            _with(budgets, settings.budgets, settings),
            settings.currency,
            together.weeks_of(settings),
        )
    if drivers:
        plans.read_drivers(_with(drivers, settings.drivers, settings))


def _budget(file: Path, settings: Settings) -> str:
    own = together.all_budgets([file], settings.currency, together.weeks_of(settings))
    _agree([Item(file, "budgets", "")], settings)
    each = [own.frame, *(one.frame for one in own.dimensions.values())]
    months = sorted({month for frame in each for month in frame["month"]})
    units = [*sorted(set(own.frame["business_unit"])), *(f"by {name}" for name in own.dimensions)]
    return f"{months[0]} to {months[-1]}, {listing(units, 4)}"


def _invoices(file: Path, settings: Settings) -> str:
    new = plans.read_invoices(file)
    there = together.invoices(settings)
    sums = {code: rows["Amount"].sum() for code, rows in new.groupby("BillingCurrency")}
    periods = sorted(set(new["BillingPeriod"]))
    words = f"{len(new):,} {'invoice' if len(new) == 1 else 'invoices'} of {listing(periods, 4)}, {plain(sums)}"
    if there is None or not len(there):
        return words
    if known := together.known_before(new, there):
        words += f"; {known:,} of them {'is' if known == 1 else 'are'} there already and {'counts' if known == 1 else 'count'} once"
    both = together.union([there, new])
    key = ["InvoiceIssuerName", "BillingPeriod", "BillingCurrency"]
    before = there.groupby(key)["Amount"].sum()
    grown = False
    for (issuer, period, code), amount in both.groupby(key)["Amount"].sum().items():
        old = before.get((issuer, period, code))
        if old is not None and old != amount:
            words += f"; {issuer} {month_name(period)} was {plain({code: old})} and is {plain({code: amount})} now, as both count"
            grown = True
    if grown:  # what replaces and what is added look the same
        words += f" (where {file.name} corrects the file before, name it alone under invoices: of finops.yaml)"
    return words


def _drivers(file: Path, settings: Settings) -> str:
    own = plans.read_drivers([file])
    _agree([Item(file, "drivers", "")], settings)
    names = [
        f"{name} ({role})" if role == "outcome" else name
        for name, role in own[["name", "role"]].drop_duplicates().itertuples(index=False)
    ]
    first, last = own["date"].min(), own["date"].max()
    return f"{listing(names, 4)}, {first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _organisation(file: Path, settings: Settings) -> str:
    own = plans.read_organisation(file)
    return f"{len(own):,} teams in {own['business_unit'].nunique():,} units"


def _commitments(file: Path, settings: Settings) -> str:
    return f"{len(plans.read_commitments(file)):,} commitments"


def _of_the_bills(
    bills: list[Item],
    receipt: Receipt,
    trials: dict[Path, Receipt],
    called: dict[Path, str],
) -> tuple[dict[Path, str], list[str]]:
    """(a line per bill, what else came of the delivery)."""
    said = {}
    taken = {one.sha256: one for one in receipt.files}
    for item in bills:
        trial, name = trials[item.file], called[item.file]
        done = taken.get(trial.files[0].sha256)
        rows = trial.in_short
        if done is None or done.status != "new":
            rows = "delivered before: nothing changed"
        said[item.file] = f"{name}: {item.said}: {rows}"
    more = [str(change) for change in receipt.changes if change.version > 1]
    told = [warning for warning in receipt.warnings if not warning.reason.startswith(SAME)]
    return said, [*more, *(f"Warning: {warning}" for warning in told)]


def _keep(item: Item, root: Path) -> str:
    """Keep the mapping of a table under the name of its export."""
    assert item.reading is not None and item.reading.mapping is not None
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        text = item.reading.mapping.save(Path(folder) / "mapping.yaml").read_bytes()
    place = free(root / f"mapping-{export_name(item.file.name)}.yaml", text)
    if not place.exists():
        write_atomic(place, text)
    return f"How {item.file.name} is read is kept in {place.name}: next month's file is recognised by it."
