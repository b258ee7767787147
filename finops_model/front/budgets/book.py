"""What every step of a budget's life stands on: the budgets in force, proposals, the files of what was approved (docs/method §9.43, §9.44)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd

from ...decide.budgets.moves import Purse, line_of
from ...decide.questions.answer import Answer
from ...documents import write_atomic
from ...errors import InputError, RecordsError, listing, several
from ...facts.plans import together
from ...facts.plans.budget_lines import BudgetLine, file_text, from_plain, total_of
from ...facts.plans.budgets import Budgets
from ...facts.plans.by_days import PERIOD, names_between
from ...measure.budget import against
from ...names import COMPANY, slug
from ...periods import fiscal_year
from ...publish.finops_yaml import with_added, with_named
from ...records import budgets as life
from ...records.rows import Record
from ...records.store import Records
from ...settings import Settings, load_settings
from ...wording import money

FOLDER = "budgets"  # beside finops.yaml: a file for every approval
NOBODY = "somebody else"  # who approves, on trial
LATEST = "23:59:59.999999"  # and at what time of the day


def entity_of(settings: Settings) -> str:
    """The entity whose records these are; "" where the company names none."""
    return settings.own.name if settings.own else ""


def store(settings: Settings, author: str | None = None) -> Records:
    """The records of a workspace."""
    return Records(settings.path(settings.records), author=author)


def in_force(settings: Settings) -> Budgets:
    """The budgets of finops.yaml. Raises InputError where it names none."""
    plan = together.budgets(settings)
    if plan is None:
        raise InputError(
            "finops.yaml names no budgets, so nothing is approved yet. Draft one: finops budget draft --write FILE, then finops budget "
            "propose FILE."
        )
    return plan


def names_of(settings: Settings, text: str, plan: Budgets, of: Purse) -> tuple[str, ...]:
    """The months, or periods of weeks, that are meant, as a purse's own lines name them: FY2027, FY2027-Q1, 2027-03, 2027-03..2027-06.

    Raises InputError for what is no period.
    """
    first, mark, last = (part.strip().upper() for part in text.partition(".."))
    calendar = together.weeks_of(settings)
    if mark:
        month = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
        ends = [one for one in (first, last) if month.fullmatch(one) or PERIOD.fullmatch(one)]
        if len(ends) != 2 or bool(PERIOD.fullmatch(first)) != bool(PERIOD.fullmatch(last)):
            raise InputError(
                f"--months: '{text[:40]}' is not a span of months. Write it as 2027-03..2027-06."
            )
        ends.sort()
        return tuple(names_between(ends[0], ends[1], calendar))
    period = against.period_of(
        text.strip(), "2000-01-01", option="--months", **against.year_how(settings)
    )
    weeks = [each.name for each in period.weeks]
    return tuple(weeks) if weeks and line_of(plan, of, weeks[0]) else period.months


def years_of(settings: Settings, lines: Iterable[BudgetLine]) -> str:
    """The fiscal years that lines are of: FY2027."""
    years = sorted(
        {
            line.month[:6]
            if PERIOD.fullmatch(line.month)
            else fiscal_year(line.month, settings.fiscal_year_starts)
            for line in lines
        }
    )
    return years[0] if len(years) == 1 else f"{years[0]} to {years[-1]}"


def lines_of(row: Record) -> list[BudgetLine]:
    """The lines of a proposal."""
    return [from_plain(one) for one in row.body.get("lines", [])]


def closed_months(records: Records, entity: str) -> dict[str, str]:
    """{month or period: year} of the years whose close was approved."""
    return {
        str(month): str(one.row.period)
        for one in life.proposals(records, entity)
        if one.what == "close" and one.state == life.APPROVED
        for month in one.row.body.get("months", [])
    }


def check_open(records: Records, entity: str, lines: Iterable[BudgetLine]) -> None:
    """Raises RecordsError where a line is of a year whose budget is closed."""
    closed = closed_months(records, entity)
    for line in lines:
        if line.month in closed:
            raise RecordsError(
                f"the budget of {closed[line.month]} is closed, and {line.month} is a month of it: nothing of it is moved any more. Take "
                "months of an open year."
            )


def before_of(plan: Budgets | None, lines: Sequence[BudgetLine]) -> list[BudgetLine]:
    """The lines in force that others take the place of; those that there are."""
    if plan is None:
        return []
    return [
        now
        for line in lines
        if not line.dimension or line.dimension in plan.dimensions
        if (now := line_of(plan, Purse(line.unit, line.dimension), line.month)) is not None
    ]


def trial(settings: Settings, text: str, name: str) -> Budgets:
    """The budgets with a further file, as they would be. Raises InputError where they do not go together."""
    there = settings.named(settings.budgets) if settings.budgets else []
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        return together.all_budgets([*there, file], settings.currency, together.weeks_of(settings))


def propose(
    settings: Settings,
    what: str,
    version: str,
    lines: Sequence[BudgetLine],
    *,
    note: str = "",
    author: str | None = None,
    moved: bool = False,
    amount: Decimal | str | None = None,
    period: str | None = None,
    more: dict | None = None,
) -> Answer:
    """Record a proposal once it was tried beside what is in force, and say what it changes.

    moved    its lines are what is in force with money moved: they must still be so when it is approved
    amount   what it moves; None: what its lines come to
    period   what it is of; None: the years of its lines
    """
    entity, plan = entity_of(settings), together.budgets(settings)
    before = before_of(plan, lines)
    with store(settings, author) as records:
        check_open(records, entity, lines)
        if lines:
            when = {"approved_on": records.clock()[:10], "approved_at": LATEST}
            text = file_text(
                lines,
                settings.currency,
                version=version,
                author="its author",
                approved_by=NOBODY,
                **when,
            )
            trial(settings, text, f"{version[:40]}.csv".replace("/", "-"))
        body = {
            "version": version,
            "currency": settings.currency,
            "lines": [line.plain() for line in lines],
            "total": str(total_of(lines)) if amount is None else str(amount),
            **({"before": [line.plain() for line in before]} if moved else {}),
            **({"note": note.strip()} if note.strip() else {}),
            **(more or {}),
        }
        row = life.propose(records, entity, period or years_of(settings, lines), what, body, author)
    return said_of(settings, row, before)


def said_of(settings: Settings, row: Record, before: Sequence[BudgetLine]) -> Answer:
    """What a proposal changes, a row for each unit or value of a dimension."""
    currency, lines = settings.currency, lines_of(row)
    sentence = (
        f"Proposal {row.id}: {_what(row)} of {row.period}, by {row.author}. It counts nowhere until a second person approves it: finops "
        f"budget approve {row.id}."
    )
    table = compared(before, lines)
    return Answer(
        question="budget propose",
        sentence=sentence,
        table=table,
        forms=dict.fromkeys(["in force", "proposed", "change", "held back"], "money"),
        range="",
        reason=str(row.body.get("note", "")),
        next_best="",
        currency=currency,
        notes=tuple(row.body.get("said", [])),
        figures={
            "proposal": row.id,
            "what": row.body["what"],
            "period": row.period,
            "total": row.body["total"],
            "lines": len(lines),
        },
        tables={"Lines": frame_of(lines)},
    )


def _what(row: Record) -> str:
    lines = row.body.get("lines", [])
    kind = {"budget": "budget", "reforecast": "reforecast"}.get(row.body["what"])
    if kind:
        amount = money(float(Decimal(row.body["total"])), row.body["currency"])
        return f"{kind} '{row.body['version']}', {amount} in {several(len(lines), 'line')}"
    return f"{row.body['what']}: {row.body['version']}"


def compared(before: Sequence[BudgetLine], after: Sequence[BudgetLine]) -> pd.DataFrame:
    """Sums by unit of lines in force and of those that take their place; the company's own line last."""

    def sums(lines: Sequence[BudgetLine], name: str) -> dict[tuple[str, str], Decimal]:
        found: dict[tuple[str, str], Decimal] = {}
        for line in lines:
            key = (line.dimension, line.unit)
            found[key] = found.get(key, Decimal(0)) + getattr(line, name)
        return found

    old, new, held = sums(before, "amount"), sums(after, "amount"), sums(after, "held_back")
    rows = [
        (
            f"{key[0]} {key[1]}".strip(),
            float(old[key]) if key in old else None,
            float(new[key]),
            float(new[key] - old[key]) if key in old else None,
            float(held[key]) or None,
        )
        for key in sorted(new, key=lambda key: (key[0], key[1] == COMPANY, key[1]))
    ]
    table = pd.DataFrame(rows, columns=["budget of", "in force", "proposed", "change", "held back"])
    return table.astype(object).where(table.notna(), None)


def frame_of(lines: Iterable[BudgetLine]) -> pd.DataFrame:
    """Lines as a table."""
    return pd.DataFrame(
        [
            (
                f"{line.dimension} {line.unit}".strip(),
                line.month,
                float(line.amount),
                float(line.held_back),
                line.held_by,
            )
            for line in lines
        ],
        columns=["budget of", "month", "amount", "held back", "held by"],
    )


def approval(row: Record, who: str, now: str) -> dict[str, str]:
    """When and by whom a proposal is approved, as its file says it; of two in one second the later proposal counts (its number is behind the point)."""
    return {
        "approved_on": now[:10],
        "approved_at": f"{now[11:19]}.{row.id:06d}",
        "approved_by": who,
    }


def place_of(settings: Settings, row: Record) -> Path:
    """Where the file of an approved proposal lies."""
    own = Path(FOLDER, slug(settings.own.name)) if settings.own else Path(FOLDER)
    return own / f"{row.id:04d}-{slug(str(row.body['version']))}.csv"


def read_by(settings: Settings, place: Path) -> bool:
    """Whether finops.yaml reads a file as a budget."""
    if not settings.budgets:
        return False
    try:
        files = [path.resolve() for path in settings.named(settings.budgets)]
    except InputError:  # a pattern without a file
        return False
    return settings.path(place).resolve() in files


def named(settings: Settings, place: Path) -> str:
    """finops.yaml names the folder of approved budgets from now on: what was done, or what is left to do, in a sentence; "" where it does."""
    if read_by(settings, place):
        return ""
    pattern = f"{place.parent.as_posix()}/*.csv"
    now = settings.budgets if isinstance(settings.budgets, list) else [settings.budgets]
    wanted = f"budgets: [{', '.join(str(one) for one in [*filter(None, now), pattern])}]"
    file = Path(settings.root) / "finops.yaml"
    by_hand = f"To make it count, write it into finops.yaml{' under the entity' * bool(settings.own)}: {wanted}"
    if settings.own or not file.is_file():
        return by_hand
    text = file.read_text(encoding="utf-8-sig")
    longer = (
        with_named(text, "budgets", pattern)
        if settings.budgets
        else with_added(text, "budgets", [pattern])
    )
    if longer is None:
        return by_hand
    with tempfile.TemporaryDirectory(prefix="finops-trial-") as folder:
        (Path(folder) / "finops.yaml").write_text(longer, encoding="utf-8")
        if load_settings(folder).budgets in (None, settings.budgets):
            return by_hand
    write_atomic(file.resolve(), longer)
    return f"finops.yaml reads it: {wanted}"


def waits(found: Iterable[life.Proposal]) -> str:
    """Which proposals wait, in a sentence."""
    open_ones = [str(one.row.id) for one in found if one.decided is None]
    return f"Waiting for a second person: {listing(open_ones)}." if open_ones else ""
