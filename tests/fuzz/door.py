"""One mutated file through the door that a user's file takes, and the laws that must hold of what comes out.

Refused in words that name the file, and then nothing is written; or taken, and then every row of the file was accepted, refused or
left out, and the money of the file is the money of the receipt.
"""

from __future__ import annotations

import io
import shutil
import signal
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random

from documents import mutate
from seeds import SECRET, Seed, seeds
from texts import ALL, ROWS, Mutant, decoded, grid_of, top_of

from finops_model.errors import FinOpsError, LedgerError
from finops_model.facts.intake import importers, tables
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.plans import read as plans
from finops_model.facts.plans.recognise import plan_of
from finops_model.facts.usage.store import UsageStore

SECONDS = 20  # of CPU, for one file of a few rows
PLACE = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
LEAKS = ("Traceback", "<class '", "object at 0x", "NoneType", "stopped at it", "__")
HOW = {"time_zone": "UTC", "at": "2026-01-01T00:00:00Z"}


class Broken(AssertionError):
    """A law that does not hold."""


class Hang(BaseException):
    """A file that takes longer than any file of its size may; no `except Exception` stops it."""


@dataclass
class Taken:
    """What a door said of a file: source rows read, money or quantities, and by which format."""

    format: str
    read: int
    parts: int  # accepted + quarantined + left out
    money: dict[str, Decimal]
    whole: Decimal | None = (
        None  # money accepted, quarantined and left out; None where an amount cannot be read
    )
    clean: bool = True  # nothing quarantined


@dataclass(frozen=True)
class Known:
    """A seed as it is: what a door says of it, and the column whose sum is its money."""

    seed: Seed
    taken: Taken | None
    column: str | None
    even: bool  # a table of as many cells in every line, headings first: cells may change, and its lines are as many
    mapping: tables.Mapping | None


def _bill(path: Path, root: Path, mapping=None, **how) -> Taken:
    ledger = Ledger(root)
    receipt = ledger.ingest(path, mapping=mapping, **how)
    own = receipt.sources
    parts = own.accepted + own.quarantined + sum(one.rows for one in own.left_out)
    _hold(receipt.rows_in == receipt.accepted + receipt.quarantined, f"ledger rows: {receipt}")
    _hold(own.accepted >= 0 <= own.quarantined, f"source rows: {receipt}")
    _hold(ledger.rows == receipt.accepted, f"{ledger.rows} rows in force: {receipt}")
    _hold(len(ledger.quarantine()) == receipt.quarantined, f"quarantine: {receipt}")
    _hold(ledger.totals() == receipt.totals, f"ledger {ledger.totals()}: {receipt}")
    str(receipt), receipt.as_dict()
    money = [*receipt.totals.values(), *receipt.quarantined_totals.values()]
    money += [amount for one in own.left_out for amount in one.money.values()]
    return Taken(
        receipt.files[0].format,
        own.read,
        parts,
        dict(receipt.totals),
        None if receipt.unreadable else sum(money, Decimal(0)),
        not receipt.quarantined,
    )


def _usage(path: Path, root: Path) -> Taken:
    store = UsageStore(root)
    receipt = store.ingest(path, **HOW)
    one = receipt.files[0]
    said = str(receipt) + str(receipt.as_dict())
    if SECRET.encode() in path.read_bytes():
        _hold(SECRET not in said + str(store.table().to_pylist()), f"a prompt is kept: {said}")
    return Taken(
        one.format,
        one.rows_in,
        one.accepted + one.quarantined + sum(one.left.values()),
        {name: Decimal(amount) for name, amount in one.totals.items()},
        clean=not one.quarantined,
    )


def _table(path: Path, root: Path, kept: tables.Mapping | None = None) -> Taken:
    frame = tables.read_table(path)
    plan_of(frame)
    mapping = kept or tables.guess_mapping(frame)
    if kept is None:
        mapping.describe()
        again = tables.load_mapping(mapping.save(root.parent / "mapping.yaml"))
        _hold(again.months == mapping.months, f"a kept mapping is another: {mapping.months}")
    settled = mapping.settled()
    rows = tables.apply_mapping(frame, settled)
    taken = _bill((path.name, rows), root)  # type: ignore[arg-type]
    apart = sum(len(frame.attrs.get(name, ())) for name in ("totals", "subtotals", "footnotes"))
    lines = len(frame) + apart
    _hold(taken.read == lines, f"{taken.read} rows read of {lines} of the table")
    return taken


def _plan(path: Path) -> None:
    readers = (
        lambda: plans.read_budgets(path, "USD"),
        lambda: plans.read_drivers([path]),
        lambda: plans.read_invoices(path),
        lambda: plans.read_organisation(path),
        lambda: plans.read_commitments(path),
    )
    for read in readers:
        try:
            read()
        except FinOpsError as problem:
            in_words(problem, path)
            last = problem
    raise last


def through(path: Path, root: Path, known: Known | None = None, kept=None) -> Taken:
    """The door that a file takes: as `finops add` chooses it."""
    if known and known.seed.group == "plan":
        _plan(path)
    if path.suffix in tables.EXCEL:
        return _table(path, root, kept)
    source = open_source(path)
    name = importers.recognised(source)
    if importers.is_usage(name):
        return _usage(path, root)
    try:
        if name or importers.detect_source(source):
            return _bill(path, root)
        return _table(path, root, kept)
    except FinOpsError as problem:
        in_words(problem, path)
    _nothing(root)
    return _bill(path, root)  # `finops ingest FILE`, which says what is wrong with it


def in_words(problem: FinOpsError, path: Path) -> None:
    """A refusal names the file and speaks no Python."""
    text = str(problem)
    named = path.name in text or isinstance(problem, LedgerError)  # which speaks of a period
    _hold(named, f"does not name its file: {text[:300]}")
    _hold(len(text) < 12_000, f"a refusal of {len(text):,} characters: {text[:300]}")
    leak = next((word for word in LEAKS if word in text), None)
    _hold(leak is None or leak in decoded(path.read_bytes()), f"speaks Python ({leak}): {text[:400]}")  # fmt: skip


def _nothing(root: Path) -> None:
    there = [p for p in root.rglob("*") if p.is_file() and p.name != "lock"] if root.is_dir() else []  # fmt: skip
    _hold(not there, f"refused, and yet written: {there[:3]}")


def _hold(law: bool, said: str) -> None:
    if not law:
        raise Broken(said)


def _plain(cell: str) -> Decimal | None:
    """An amount that is written one way only; None for any other cell."""
    text = cell.strip()
    if not text:
        return Decimal(0)
    try:
        value = Decimal(text) if text.isascii() and "_" not in text and len(text) < 25 else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() and abs(value) < 10**15 else None


def column_of(seed: Seed, taken: Taken | None) -> str | None:
    """The heading of the one column whose sum is the money of a table; None where there is none."""
    if taken is None or not taken.whole or seed.packed or not seed.name.endswith(".csv"):
        return None
    grid, _ = grid_of(seed.data)
    if top_of(grid) or len(set(grid[0])) != len(grid[0]):
        return None
    sums = [name for name in grid[0] if _sum(grid, name) == taken.whole]
    words = [name for name in sums if any(word in name.casefold() for word in ("billedcost", "unblended", "cost", "amount"))]  # fmt: skip
    return words[0] if words else None


def _even(seed: Seed, taken: Taken | None) -> bool:
    """Whether a bill or log is a table of even lines below its headings: then as many rows are read, whoever reads it."""
    if taken is None or seed.group in ("table", "plan", "refused"):
        return False
    if seed.packed or not seed.name.endswith(".csv"):
        return not seed.packed and seed.name.endswith((".json", ".jsonl"))
    grid, _ = grid_of(seed.data)
    even = top_of(grid) == 0 and len({len(row) for row in grid}) == 1
    if even:
        _hold(taken.read == len(grid) - 1, f"{seed.name}: {taken.read} rows of {len(grid) - 1}")
    return even


def _sum(grid: list[list[str]], name: str) -> Decimal | None:
    at = grid[0].index(name)
    cells = [_plain(row[at]) if len(row) == len(grid[0]) else None for row in grid[1:]]
    return None if None in cells else sum((c for c in cells if c is not None), Decimal(0))


def judge(known: Known, mutant: Mutant, taken: Taken) -> None:
    """What must hold of a mutated file that was taken."""
    _hold(taken.read == taken.parts, f"read {taken.read}, and {taken.parts} accounted for")
    was = known.taken
    if was is None or taken.format.split(" (")[0] != was.format.split(" (")[0]:
        return
    if mutant.keeps == ALL:
        _hold(taken.read == was.read, f"{taken.read} rows of the same file, {was.read} before")
        _hold(taken.money == was.money, f"{taken.money} of the same file, {was.money} before")
    if mutant.keeps == ROWS and known.even:
        _hold(taken.read == was.read, f"{taken.read} rows read, {was.read} before")
    if known.column is not None and taken.whole is not None and mutant.keeps in (ROWS, ALL):
        grid, _ = grid_of(mutant.data)
        if known.column in grid[0] and (told := _sum(grid, known.column)) is not None:
            off = abs(told - taken.whole)
            _hold(off <= Decimal("1e-9") * len(grid), f"{known.column} is {told:f}, the receipt says {taken.whole:f}")  # fmt: skip


@contextmanager
def limited(seconds: float):
    """Raise Hang after so many seconds of CPU."""

    def stop(*_):
        raise Hang(f"more than {seconds:g} s of CPU")

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class Fuzzer:
    """All seeds, and mutations of them by number: the same number of the same seed is the same mutation, wherever it runs."""

    def __init__(self, seed: str):
        self.seed = seed
        self.groups = seeds()
        self.names = list(self.groups)
        self.known: dict[Seed, Known] = {}
        self.counts: Counter = Counter()

    def of(self, number: int) -> tuple[Seed, Mutant, Random]:
        """The seed and the mutation of a number."""
        rng = Random(f"{self.seed}:{number}")
        group = self.names[number % len(self.names)]
        one = rng.choice(self.groups[group])
        return one, mutate(rng, one.name, one.data), rng

    def look(self, one: Seed) -> Known:
        """What the door says of a seed as it is."""
        if one not in self.known:
            with _folder() as folder:
                path = _written(folder, one, one.data)
                mapping = taken = None
                try:
                    taken = through(path, folder / "facts", Known(one, None, None, False, None))
                    if one.group == "table":
                        mapping = tables.guess_mapping(tables.read_table(path)).settled()
                except FinOpsError:
                    pass
            even = _even(one, taken)
            self.known[one] = Known(one, taken, column_of(one, taken), even, mapping)
        return self.known[one]

    def run(self, number: int) -> str | None:
        """None where all laws hold for the mutation of a number; else what is wrong, with its traceback."""
        import traceback

        one, mutant, rng = self.of(number)
        known = self.look(one)
        with _folder() as folder:
            path = _written(folder, one, mutant.data)
            out = io.StringIO()
            try:
                with limited(SECONDS), redirect_stdout(out), redirect_stderr(out):
                    outcome = self._one(known, mutant, path, folder / "facts", rng)
                _hold(not out.getvalue(), f"printed: {out.getvalue()[:300]}")
            except Broken as problem:
                return f"{one.group} {one.name}: {mutant.what}\n  {problem}"
            except (Exception, Hang):  # noqa: BLE001 - whatever comes out that is no sentence is a fault
                trace = "".join(traceback.format_exc(limit=-6))
                return f"{one.group} {one.name}: {mutant.what}\n{trace}"
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        self.counts[one.group, outcome] += 1
        return None

    def _one(self, known: Known, mutant: Mutant, path: Path, root: Path, rng: Random) -> str:
        kept = known.mapping if known.mapping and rng.random() < 0.3 else None
        before = self._before(known, root, rng)
        try:
            if before is None:
                judge(known, mutant, through(path, root, known, kept))
            else:
                _again(path, root, *before)
        except FinOpsError as problem:
            in_words(problem, path)
            if before is None:
                _nothing(root)
            else:
                ledger = Ledger(root)
                _hold((ledger.fingerprint(), ledger.totals()) == before, "refused, and yet the ledger changed")  # fmt: skip
            return "refused"
        return "taken"

    def _before(self, known: Known, root: Path, rng: Random):
        """For one bill in eight: the seed itself is delivered first. (fingerprint, totals) of the ledger, else None."""
        one = known.seed
        bill = known.taken is not None and one.group not in ("table", "plan", "refused") and not importers.is_usage(one.group)  # fmt: skip
        if not bill or rng.random() > 0.125:
            return None
        path = _written(root.parent / "first", one, one.data)
        ledger = Ledger(root)
        ledger.ingest(path)
        return ledger.fingerprint(), ledger.totals()


def _again(path: Path, root: Path, fingerprint: str, totals: dict) -> None:
    """A mutated file after its seed, into one ledger: what changes is told, and nothing else changes."""
    ledger = Ledger(root)
    receipt = ledger.ingest(path)
    after = ledger.totals()
    told = {code: totals.get(code, Decimal(0)) for code in {*totals, *after}}
    for change in receipt.changes:
        for code, amount in change.difference.items():
            told[code] = told.get(code, Decimal(0)) + amount
    _hold(
        {code: amount for code, amount in told.items() if amount} == {code: amount for code, amount in after.items() if amount},
        f"totals {after}, and what was told of makes {told}: {receipt}",
    )  # fmt: skip
    own = receipt.sources
    _hold(own.read == own.accepted + own.quarantined + own.left, str(receipt))


@contextmanager
def _folder():
    name = tempfile.mkdtemp(prefix="finops-fuzz-", dir=PLACE)
    try:
        yield Path(name)
    finally:
        shutil.rmtree(name, ignore_errors=True)


def _written(folder: Path, one: Seed, data: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / one.name
    path.write_bytes(data)
    return path


sys.setrecursionlimit(1000)
