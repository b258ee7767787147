"""What a question about a budget stands on: DAILY to a day, the base simulated to it, the period and its approved budget."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from ..errors import InputError
from ..facts.plans import together
from ..facts.plans.budgets import Budgets
from ..measure.budget import against, fiscal
from ..names import COMPANY
from ..periods import month_days
from ..progress import Progress, silent
from ..publish import close, since
from ..publish.lineage import kept_runs
from ..scenario.document import load_scenario
from ..settings import Settings
from ..simulate import scenarios as simulate
from ..simulate.kept_fits import Fits
from ..simulate.run import Run


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The day of a question, its facts and its base."""

    settings: Settings
    daily: pd.DataFrame
    as_of: str
    base: Run
    period: against.Period
    budgets: Budgets | None
    engine: str
    raised: int | None = None  # futures that the base alone would take, where more were taken
    notes: tuple[str, ...] = ()

    def budget(self, unit: str = COMPANY) -> float | None:
        """The approved budget of the period in force on the day; None where a month of it has none."""
        if self.budgets is None:
            return None
        if self.period.weeks:
            own = self.period.weeks
            return fiscal.year_budget(fiscal.plan_of(self.budgets, unit, own, self.as_of), own)
        amount = self.budgets.year(unit, self.period.months, as_of=self.as_of)
        return None if amount is None else float(amount)

    def budget_shares(self) -> dict[str, Decimal]:
        """How much of each month, or period of weeks, that a budget file may name lies in the period: months by days, where weeks cut them."""
        if not self.period.weeks:
            return dict.fromkeys(self.period.months, Decimal(1))
        weeks = {each.name: Decimal(1) for each in self.period.weeks}
        start, end = self.period.weeks[0].start, self.period.weeks[-1].end
        for month in self.period.months:
            own = month_days(month)
            inside = int(((own >= start) & (own < end)).sum())
            weeks[month] = Decimal(inside) / len(own)
        return weeks


def ground(
    settings: Settings,
    budget: str | None,
    *,
    as_of: str | None = None,
    month: str | None = None,
    paths: int | None = None,
    least: int = 0,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Ground:
    """The base and what is booked, as `finops compare` and the report of that day have them.

    budget   FY2027, FY2026-Q4, 2026-11; None: the fiscal year under way
    least    futures that the question needs: a base with fewer is given as many; `paths` below it is refused

    Raises InputError where neither bill nor simulation reaches the period.
    """
    if paths is not None and paths < least:
        raise InputError(
            f"--paths {paths}: this needs {least} futures or more; 4000 is what a report takes. Leave --paths out to take the base's."
        )
    ledger = close.books(settings, progress or silent)
    day = close.check_as_of(ledger, as_of, settings.time_zone, month)
    daily = close.up_to(simulate.read_daily(settings), day, bool(as_of or month))
    file = settings.path(settings.scenario) if settings.scenario else None
    asked = against.period_of(budget, day, option="--budget", **against.year_how(settings))
    months = simulate.months_of(file, day, settings.fiscal_year_starts)
    _refuse(asked, months, day, f"{daily['ChargeDate'].min():%Y-%m-%d}")
    usual = load_scenario(file).base.paths or settings.paths
    raised = usual if paths is None and usual < least else None
    count = least if raised else paths
    way = engine or since.engine_of(since.published(settings, day), month)
    fits = Fits(settings.path(settings.ledger))

    def make() -> list[Run]:
        how = {"as_of": day, "daily": daily, "paths": count, "engine": way, "fits": fits}
        return simulate.run_many([file], settings, progress=progress, dials=False, **how)

    question = {"as_of": day, "paths": count, "engine": simulate.label(way)}
    base = kept_runs([file], settings, daily, make=make, **question)[0]
    return Ground(
        settings=settings,
        daily=daily,
        as_of=day,
        base=base,
        period=asked,
        budgets=together.budgets(settings),
        engine=simulate.label(way),
        raised=raised,
        notes=tuple(fits.notes),
    )


def _refuse(period: against.Period, months: tuple[str, ...], day: str, first: str) -> None:
    """Raises InputError for a period before the bill, or beyond what is simulated."""
    if period.months[-1] < first[:7]:
        raise InputError(
            f"--budget: {period.name} lies before the bill, which begins on {first}. Name a later period."
        )
    if missing := against.unreached(period.months, months, day):
        raise InputError(
            f"--budget: {period.name} runs to {period.months[-1]}, and nothing is simulated for {missing[0]}: the base reaches "
            f"{months[0]} to {months[-1]}. Write more months in the base scenario (horizon/months), or name a period that it reaches."
        )
