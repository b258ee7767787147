"""The steps of a budget's life: proposed, moved, reforecast, closed, and decided by a second person (docs/method §9.43 to §9.48)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from ...decide.budgets import moves
from ...decide.budgets.moves import Purse, purse
from ...decide.questions.answer import Answer
from ...errors import InputError, listing, nearest
from ...facts.daily import warehouse
from ...facts.plans import together
from ...facts.plans.budget_lines import BudgetLine, drafts_of
from ...facts.plans.budgets import Budgets
from ...facts.plans.read import read_budgets
from ...measure.allocation.dimensions import check_budgets
from ...measure.budget import against, fiscal
from ...names import COMPANY
from ...periods import add_months, days_between, month_days
from ...progress import Progress
from ...publish import close as closing
from ...settings import Settings
from ...wording import money
from . import book
from .draft import drafted

WEEK = 7  # days by which a bill may begin late (docs/method §9.5)


def propose(
    settings: Settings,
    file: str | os.PathLike,
    version: str | None = None,
    *,
    new: Sequence[str] = (),
    note: str = "",
    author: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Propose what of a file nobody has approved, one version of it. `new`: units that no bill and no budget knows yet.

    Raises InputError for a file without a draft or with several, an amount in parts of a cent, a unit that nobody knows.
    """
    plan = read_budgets(file, settings.currency, together.weeks_of(settings))
    check_budgets(settings, plan)
    versions = drafts_of(plan)
    if not versions:
        raise InputError(
            f"{plan.name}: every version in it is approved already (approved_on). To propose one, leave approved_on and approved_by empty."
        )
    if version is None and len(versions) > 1:
        raise InputError(
            f"{plan.name}: has several drafts: {listing(versions)}. Name one: --name NAME."
        )
    name = version or next(iter(versions))
    if name not in versions:
        near = nearest(name, versions)
        hint = f" Did you mean '{near}'?" if near else ""
        raise InputError(
            f"--name: no draft '{name}' in {plan.name}.{hint} There is: {listing(versions)}."
        )
    lines = versions[name]
    for line in lines:
        if line.amount != round(line.amount, 2) or line.held_back != round(line.held_back, 2):
            raise InputError(
                f"{plan.name}: {line.unit} {line.month}: {line.amount} is not in whole cents. Round it."
            )
    _known(settings, plan.name, lines, new, progress)
    return book.propose(settings, "budget", name, lines, note=note, author=author)


def _known(settings: Settings, name: str, lines, new: Sequence[str], progress) -> None:
    """Raises InputError for a unit that neither the bill nor a budget knows."""
    there = together.budgets(settings)
    daily = warehouse.daily(closing.books(settings, progress), settings)
    known = {*closing.units_of(daily), *(there.units() if there else []), COMPANY, *new}
    for unit in dict.fromkeys(line.unit for line in lines if not line.dimension):
        if unit not in known:
            near = nearest(unit, known)
            hint = f" Did you mean '{near}'?" if near else ""
            raise InputError(
                f"{name}: no bill and no budget has a unit '{unit}'.{hint} Known: {listing(sorted(known))}. Correct it, or say that it is "
                f"new: --new '{unit}'."
            )


def transfer(
    settings: Settings,
    source: str,
    target: str,
    amount: Decimal,
    months: str,
    *,
    note: str = "",
    author: str | None = None,
) -> Answer:
    """Propose that `amount` goes from the budget of one unit to another's, in `months`. Raises InputError as `moves.transfer`."""
    plan = book.in_force(settings)
    one, other = purse(source, plan, "--from"), purse(target, plan, "--to")
    names = book.names_of(settings, months, plan, one)
    lines = moves.transfer(plan, one, other, amount, names)
    text = f"{amount:,.2f} {settings.currency} from {one} to {other}"
    return book.propose(
        settings, "transfer", text, lines, note=note, author=author, moved=True, amount=amount
    )


def release(
    settings: Settings,
    amount: Decimal,
    months: str,
    *,
    source: str = COMPANY,
    target: str | None = None,
    note: str = "",
    author: str | None = None,
) -> Answer:
    """Propose that `amount` of what is held back is released: to a unit, or for the use of whose it is. Raises InputError as `moves.release`."""
    plan = book.in_force(settings)
    one = purse(source, plan, "--from")
    other = None if target is None else purse(target, plan, "--to")
    names = book.names_of(settings, months, plan, one)
    lines = moves.release(plan, one, other, amount, names)
    to = f" to {other}" if other is not None and other != one else ""
    text = f"{amount:,.2f} {settings.currency} held back of {one} released{to}"
    who = _holders(plan, one, names)
    more = {"said": [f"Held back by {who}: ask them before it is approved."]} if who else None
    return book.propose(
        settings,
        "release",
        text,
        lines,
        note=note,
        author=author,
        moved=True,
        amount=amount,
        more=more,
    )


def _holders(plan: Budgets, of: Purse, names: Sequence[str]) -> str:
    lines = [moves.line_of(plan, of, name) for name in names]
    return ", ".join(dict.fromkeys(line.held_by for line in lines if line and line.held_by))


def reforecast(
    settings: Settings,
    from_month: str,
    year: str = "year",
    level: float = 80,
    *,
    held_by: str | None = None,
    note: str = "",
    author: str | None = None,
    **how,
) -> Answer:
    """Propose new lines for what is left of a year, from a month on, as `draft` makes them; months before keep theirs."""
    _, plan, _ = drafted(settings, year, level, held_by=held_by, from_month=from_month, **how)
    months = sorted({line.month for line in plan.lines})
    there = together.budgets(settings)
    known = {line.unit for line in plan.lines}
    gone = [
        BudgetLine(unit=unit, month=month, amount=Decimal("0.00"))
        for unit in (there.units() if there else [])
        if unit not in known
        for month in months
        if there and moves.line_of(there, Purse(unit), month)
    ]
    lines = [*plan.lines, *gone]
    name = f"{book.years_of(settings, lines)} reforecast from {months[0]}"
    return book.propose(settings, "reforecast", name, lines, note=note, author=author)


def close(
    settings: Settings,
    year: str,
    rollover: Decimal = Decimal(0),
    *,
    note: str = "",
    author: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Propose that the budget of a year that is over is closed: what was approved, spent and left, and what of it rolls over.

    rollover   share of what a unit has left that it keeps in the first month of the next year

    Raises InputError for a year that is not over or has no budget, or a share outside 0 to 1.
    """
    if not 0 <= rollover <= 1:
        raise InputError(f"--rollover {rollover}: write a share from 0 to 1; 0.5 is half.")
    plan = book.in_force(settings)
    ledger = closing.books(settings, progress)
    day = closing.check_as_of(ledger, None, settings.time_zone)
    period = against.period_of(year, day, option="YEAR", **against.year_how(settings))
    last = str(period.weeks[-1].end - 1) if period.weeks else str(month_days(period.months[-1])[-1])
    if day < last:
        raise InputError(
            f"{period.name} is not over for the bill, which is complete to {day} and not to {last}. Close it when its last month has come in."
        )
    _refuse_short(ledger.first_day(settings.time_zone), period)
    names = [each.name for each in period.weeks] or list(period.months)
    spent = _spent(settings, ledger, period, day)
    rows, unspent = [], {}
    for unit in [*plan.units(), COMPANY]:
        budget = _year(plan, unit, names)
        actual = spent.get(unit, Decimal("0.00"))
        if budget is None:
            continue
        rows.append({"unit": unit, "budget": str(budget), "actual": str(actual)})
        if unit != COMPANY:
            unspent[unit] = budget - actual
    if not rows:
        raise InputError(
            f"{period.name} has no approved budget for all of it, so there is none to close. See what there is: finops budget show."
        )
    first = (
        settings.calendar_of().year(int(period.name[2:6]) + 1)[0].name
        if period.weeks
        else add_months(period.months[-1], 1)
    )
    lines = moves.rollover(plan, unspent, rollover, first) if rollover else []
    more = {
        "months": sorted({*names, *period.months}) if period.weeks else names,
        "result": rows,
        "rollover": str(rollover),
        "said": [*_results(rows, settings.currency, lines, first)],
    }
    return book.propose(
        settings,
        "close",
        f"budget of {period.name}",
        lines,
        note=note,
        author=author,
        moved=bool(lines),
        amount="",
        period=period.name,
        more=more,
    )


def _refuse_short(first, period: against.Period) -> None:
    """Raises InputError where the bill begins a week or more after the year: nobody knows what was spent before."""
    start = period.weeks[0].start if period.weeks else month_days(period.months[0])[0]
    if days_between(start, np.datetime64(first, "D")) >= WEEK:
        raise InputError(
            f"{period.name} began on {start}, and the bill on {first}: nobody knows what was spent before, so its budget cannot be closed "
            "here. Take in the earlier bills: finops add FILE."
        )


def _spent(settings: Settings, ledger, period, day: str) -> dict[str, Decimal]:
    """Cost of a period by unit and of the company, in cents."""
    daily = warehouse.daily(ledger, settings)
    found = {}
    for unit in [COMPANY, *sorted(set(daily["x_BusinessUnit"]))]:
        own = None if unit == COMPANY else unit
        if period.weeks:
            by_day = fiscal.by_day(daily, own)
            cost = float(fiscal.booked_of(by_day, period.weeks, day).sum())
        else:
            booked = against.booked_by_month(daily, day, own)
            cost = sum(value for month, value in booked.items() if month in period.months)
        found[unit] = Decimal(f"{cost:.2f}")
    return found


def _year(plan: Budgets, unit: str, names: Sequence[str]) -> Decimal | None:
    parts = [plan.month(unit, name) for name in names]
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _results(rows: list[dict], currency: str, lines, first: str) -> list[str]:
    told = []
    for row in rows:
        budget, actual = Decimal(row["budget"]), Decimal(row["actual"])
        gap = actual - budget
        side = f"{money(abs(float(gap)), currency)} {'over' if gap > 0 else 'under'}"
        told.append(
            f"{row['unit']}: {money(float(actual), currency)} spent of {money(float(budget), currency)}, {side}."
        )
    told.append(
        f"What rolls over stands in {first}: {book.total_of(lines):,.2f} is the budget of that month with it."
        if lines
        else "Nothing rolls over (--rollover 0.5 would keep half of what a unit has left)."
    )
    return told
