"""What is proposed, approved and spent: `finops budget list`, `finops budget show` (docs/method §9.43, §9.49)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from ...decide.budgets.moves import Purse, line_of
from ...decide.questions.answer import Answer
from ...documents import sha256_of
from ...errors import InputError, listing, several
from ...facts.daily import warehouse
from ...facts.plans.budget_lines import BudgetLine
from ...measure import actuals
from ...measure.allocation.dimensions import columns
from ...measure.budget import against, fiscal
from ...names import COMPANY
from ...periods import month_of
from ...progress import Progress
from ...publish import close as closing
from ...records import budgets as life
from ...settings import Settings
from ...wording import money
from . import book


def listed(settings: Settings) -> Answer:
    """Every proposal with its state, the newest first; whether the file of an approved one is as it was written, and read."""
    with book.store(settings) as records:
        found = life.proposals(records, book.entity_of(settings))
    rows = [
        (
            one.row.id,
            one.what,
            str(one.row.body["version"]),
            one.row.period,
            float(Decimal(one.row.body["total"])) if one.row.body.get("total") else None,
            one.row.author,
            one.row.at[:10],
            _state(settings, one),
            one.decided.author if one.decided else "",
            one.decided.at[:10] if one.decided else "",
        )
        for one in reversed(found)
    ]
    names = "number,what,name,of,amount,proposed by,on,state,decided by,decided on".split(",")
    waiting = book.waits(found)
    count = len(found)
    said = (
        f"{several(count, 'proposal')}: {sum(one.state == life.PROPOSED for one in found)} waiting, "
        f"{sum(one.state == life.APPROVED for one in found)} approved, {sum(one.state == life.REJECTED for one in found)} rejected."
        if found
        else "No budget was proposed yet: finops budget draft --write FILE, then finops budget propose FILE."
    )
    wrong = [row[7] for row in rows if "approved, " in row[7]]
    return Answer(
        question="budget list",
        sentence=said,
        table=pd.DataFrame(rows, columns=names).astype(object) if rows else pd.DataFrame(),
        forms={"number": "count", "amount": "money"},
        range="",
        reason=waiting,
        next_best="",
        currency=settings.currency,
        notes=(
            "A file that is not as it was approved does not say what was decided: take it from a backup, or propose anew.",
        )
        if any("changed" in one or "gone" in one for one in wrong)
        else (),
        figures={"waiting": [one.row.id for one in found if one.state == life.PROPOSED]},
    )


def _state(settings: Settings, one: life.Proposal) -> str:
    """proposed, approved, rejected; of an approved one what is wrong with its file."""
    if one.state != life.APPROVED or one.decided is None or "file" not in one.decided.body:
        return one.state
    file = settings.path(str(one.decided.body["file"]))
    if not file.is_file():
        return "approved, file gone"
    if sha256_of(file) != one.decided.body["sha256"]:
        return "approved, file changed"
    if not book.read_by(settings, book.place_of(settings, one.row)):
        return "approved, not in budgets:"
    return life.APPROVED


def shown(settings: Settings, year: str | None = None, progress: Progress | None = None) -> Answer:
    """A year's budget in force by unit: approved, held back, spent so far, left; each dimension with budgets as a further table.

    Raises InputError for what is no period, or has no budget at all.
    """
    plan = book.in_force(settings)
    ledger = closing.books(settings, progress)
    day = closing.check_as_of(ledger, None, settings.time_zone)
    period = against.period_of(year, day, option="YEAR", **against.year_how(settings))
    names = [each.name for each in period.weeks] or list(period.months)
    rows = actuals.cost_rows(warehouse.daily(ledger, settings))
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(day)]
    tables = {}
    parts = [("", "x_BusinessUnit", plan)] + [
        (name, columns(settings)[name], own)
        for name, own in plan.dimensions.items()
        if name in columns(settings)
    ]
    for dimension, column, own in parts:
        table = _table(dimension, own, plan, rows, column, period, names)
        if len(table):
            tables[dimension] = table
    if "" not in tables:
        units = plan.units()
        raise InputError(
            f"YEAR: {period.name} has no approved budget. Budgets there are of: {listing(_years(settings, plan)) or 'no year'}; {listing(units)}."
        )
    main = tables.pop("")
    company = main.iloc[-1]
    version = plan.describe(COMPANY, names[-1] if not period.weeks else month_of(day)) or {}
    with book.store(settings) as records:
        found = life.proposals(records, book.entity_of(settings))
        closed = book.closed_months(records, book.entity_of(settings))
    left = company["left"]
    state = "closed" if names[0] in closed else "open"
    sentence = (
        f"{period.name}: {money(float(company['approved']), settings.currency)} approved, {money(float(company['spent']), settings.currency)} spent by "
        f"{day}, {money(float(left), settings.currency)} left."
        if company["approved"] is not None
        else f"{period.name}: the company has no budget for all of it; {money(float(company['spent']), settings.currency)} is spent by {day}."
    )
    notes = [
        f"Approved by {version.get('approved_by', 'nobody')} on {version.get('approved_on', 'no day')}: {version.get('version', '')}.",
        f"In force today; a report keeps what was approved by the day of its data. The year's budget is {state}.",
        book.waits(found),
    ]
    return Answer(
        question="budget show",
        sentence=sentence,
        table=main,
        forms=dict.fromkeys(["approved", "held back", "spent", "left"], "money")
        | {"spent of it": "share"},
        range="",
        reason="What is held back is a part of what is approved, and not to be used before it is released.",
        next_best="",
        currency=settings.currency,
        notes=tuple(filter(None, notes)),
        figures={"period": period.name, "as_of": day, "state": state},
        tables={f"By {name}": table for name, table in tables.items()},
    )


def _years(settings: Settings, plan) -> list[str]:
    months = sorted(plan.by_month(COMPANY)) or sorted(
        {month for unit in plan.units() for month in plan.by_month(unit)}
    )
    return list(
        dict.fromkeys(
            book.years_of(settings, [BudgetLine(unit=COMPANY, month=month, amount=Decimal(0))])
            for month in months
        )
    )


def _table(dimension: str, own, plan, rows: pd.DataFrame, column: str, period, names):
    """approved, held back, spent, left by unit or value; the company last, spend without a budget before it."""
    if period.weeks:
        inside = fiscal.rows_of(rows, period.weeks)
    else:
        months = actuals.month_column(rows)
        inside = rows[months.isin(period.months)]
    spent = inside.groupby(column)["EffectiveCost"].sum()
    lines = []
    for unit in own.units():
        amounts = [own.month(unit, name) for name in names]
        known = [amount for amount in amounts if amount is not None]
        if not known:
            continue
        purse = Purse(unit, dimension)
        held = [line_of(plan, purse, name) for name in names]
        back = sum((one.held_back for one in held if one), Decimal(0))
        lines.append(
            _line(
                unit,
                float(sum(known, Decimal(0))) if len(known) == len(names) else None,
                float(back),
                float(spent.get(unit, 0.0)),
            )
        )
    if not lines and dimension:
        return pd.DataFrame()
    budgeted = {line[0] for line in lines}
    rest = float(spent[[name for name in spent.index if name not in budgeted]].sum())
    if abs(rest) >= 0.005:
        lines.append(_line("without a budget", 0.0, 0.0, rest))
    if not dimension:
        amounts = [plan.month(COMPANY, name) for name in names]
        if not any(amount is not None for amount in amounts):
            return pd.DataFrame()
        known = [amount for amount in amounts if amount is not None]
        whole = float(sum(known, Decimal(0))) if len(known) == len(names) else None
        kept = float(sum((_held(plan, name) for name in names), Decimal(0)))
        lines.append(_line(COMPANY, whole, kept, float(spent.sum())))
    table = pd.DataFrame(
        lines,
        columns=[dimension or "unit", "approved", "held back", "spent", "left", "spent of it"],
    ).astype(object)
    return table.where(table.notna(), None)


def _held(plan, name: str) -> Decimal:
    """What is held back of the company in a month: in its own line, else in those of its units."""
    own = line_of(plan, Purse(COMPANY), name)
    lines = [own] if own else [line_of(plan, Purse(unit), name) for unit in plan.units()]
    return sum((line.held_back for line in lines if line), Decimal(0))


def _line(name: str, approved: float | None, back: float, spent: float) -> tuple:
    left = None if approved is None else approved - back - spent
    share = spent / approved if approved else None
    return name, approved, back, spent, left, share
