"""A budget against its own period: what is booked and what is simulated, one function for report, workbook, dashboard and commands
(docs/method §9.5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import InputError
from ...facts.plans import together
from ...names import COMPANY
from ...periods import (
    Calendar,
    add_months,
    fiscal_months,
    fiscal_year,
    month_days,
    month_of,
    month_range,
)
from ...periods import Period as Fiscal
from .. import actuals
from ..brief_types import Landing
from . import fiscal
from . import landing as budgets

WEEKS = re.compile(r"FY(\d{4})(?:-(Q[1-4]|P\d{2}))?")
FORMS = re.compile(r"^(?:(FY)(\d{4})(?:-Q([1-4]))?|(\d{4})-(0[1-9]|1[0-2]))$", re.IGNORECASE)


@dataclass(frozen=True)
class Period:
    """What a budget is for: a fiscal year FY2026, a quarter of one FY2026-Q4, or a month 2026-11."""

    name: str
    months: tuple[str, ...]  # with a day in it
    weeks: tuple[Fiscal, ...] = ()  # where the year is weeks: the fiscal periods it is made of


def period_of(
    text: str | None,
    as_of: str,
    starts: int = 1,
    option: str = "--budget-period",
    calendar: Calendar | None = None,
) -> Period:
    """The period that is meant, of which `as_of` tells the year under way. Raises InputError for a word that is no period.

    text   None or "year": the year under way; FY2027, FY2027-Q2, 2027-03
    calendar   of a company whose year is weeks: it says what years, quarters and periods (FY2027-P03) are

    >>> period_of(None, "2026-10-31").name, period_of("FY2027-Q1", "2026-10-31", 7).months
    ('FY2026', ('2026-07', '2026-08', '2026-09'))
    """
    if calendar is not None:
        return _of_weeks(text, as_of, calendar, option)
    if text is None or text == "year":
        month = month_of(as_of)
        return Period(fiscal_year(month, starts), fiscal_months(month, starts))
    match = FORMS.match(text.strip())
    if not match:
        raise InputError(
            f"{option}: '{text[:40]}' is not a period. Write a fiscal year FY2027, a quarter of one FY2027-Q2, or a month 2027-03."
        )
    if match[4]:
        month = f"{match[4]}-{match[5]}"
        return Period(month, (month,))
    first = f"{int(match[2]) - (starts > 1):04d}-{starts:02d}"
    months, quarter = month_range(first, add_months(first, 11)), int(match[3] or 0)
    return Period(
        text.strip().upper(), months[3 * quarter - 3 : 3 * quarter] if quarter else months
    )


def this_year(settings, as_of: str) -> Period:
    """The fiscal year under way on a day, of months or of weeks."""
    return period_of(None, as_of, **year_how(settings))


def year_how(settings) -> dict:
    """What the fiscal year of the settings is: `starts` and `calendar` of `period_of`."""
    weeks = settings.calendar_of() if settings.of_weeks else None
    return {"starts": settings.fiscal_year_starts, "calendar": weeks}


def _of_weeks(text: str | None, as_of: str, calendar: Calendar, option: str) -> Period:
    """`period_of` where the year is weeks."""
    if text is None or text == "year":
        year = fiscal.year_of(calendar, month_of(as_of))
        return Period(year[0].year, fiscal.months_of(year), year)
    word = text.strip().upper()
    if month := re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", word):
        return Period(month[0], (month[0],))
    if not (match := WEEKS.fullmatch(word)):
        raise InputError(
            f"{option}: '{text[:40]}' is not a period. Write a fiscal year FY2027, a quarter FY2027-Q2 or a period FY2027-P03 of one, "
            "or a month 2027-03."
        )
    if match[2] and match[2][0] == "P":
        own: fiscal.Year = (calendar.named(word),)
    else:
        year = calendar.year(int(match[1]))
        own = tuple(one for one in year if one.quarter == word) if match[2] else year
    return Period(word, fiscal.months_of(own), own)


def booked_by_month(daily: pd.DataFrame, as_of: str, unit: str | None = None) -> dict[str, float]:
    """EffectiveCost before tax and credits by month, up to a day, of a unit or the company."""
    return actuals.by_month(
        actuals.cost_rows(daily[daily["ChargeDate"] <= pd.Timestamp(as_of)], unit)
    )


def unreached(months: tuple[str, ...], run_months: tuple[str, ...], as_of: str) -> tuple[str, ...]:
    """Months of a period that are neither booked nor simulated.

    >>> unreached(("2026-10", "2026-11", "2026-12"), ("2026-11",), "2026-10-31")
    ('2026-12',)
    """
    now = month_of(as_of)
    begun = add_months(now, 1) if as_of == str(month_days(now)[-1]) else now
    return tuple(month for month in months if month >= begun and month not in run_months)


def landing_of(
    run, booked: dict[str, float], period: Period, budget: float | None, unit: str | None = None
) -> Landing:
    r"""Where a period lands: months before the run as booked, the others path by path.

    Parameters
    ----------
    run : Run
        Its months are those still open, the actual part of the first included.
    booked : dict of str to float
        YYYY-MM -> cost of the same unit, `booked_by_month`.
    period : Period
        A fiscal year, quarter or month.
    budget : float or None
        Of the whole period; None: none.
    unit : str, optional
        A business unit; None: the company.

    Returns
    -------
    Landing
        Quantiles, budget, chance of exceeding it, and month, money of the run's currency; without
        numbers where the run does not reach the end of the period.

    Source
    ------
    docs/method §9.1, §9.5.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> march = period_of("2025-03", "2025-03-28", 1)
    >>> land = landing_of(fm.run(None, settings, paths=64, months=1), {}, march, 2000.0)
    >>> land["period"], round(land["overrun_probability"], 2)
    ('2025-03', 0.99)
    """
    last, before = (
        period.months[-1],
        sum(
            value
            for month, value in booked.items()
            if month in period.months and month not in run.months
        ),
    )
    if missing := unreached(period.months, run.months, run.as_of):
        return budgets.no_landing(
            period.name,
            before,
            budget,
            run.nothing[0] if run.nothing else f"the simulation does not reach {missing[0]}",
            last,
        )

    ahead = tuple(month for month in run.months if month in period.months)
    monthly = (
        np.stack([run.total(unit=unit, months=[month]) for month in ahead], axis=1)
        if ahead
        else np.zeros((1, 0))
    )
    land = budgets.landing(period.name, before, monthly, ahead, budget, last=last)

    at = slice(None) if unit is None else [run.units.index(unit)]
    so_far = sum(
        float(run.so_far[i][at].sum()) for i, month in enumerate(run.months) if month in ahead
    )
    return {**land, "booked_so_far": before + so_far}


def refuse_unreached(
    period: Period,
    run_months: tuple[str, ...],
    as_of: str,
    first_day: str,
    option: str = "--budget",
) -> None:
    """Raises InputError where neither bill nor simulation reaches all of a period."""
    if period.months[-1] < first_day[:7]:
        raise InputError(
            f"{option}-period: {period.name} lies before the ledger, which begins on {first_day}. Name a later period."
        )
    if missing := unreached(period.months, run_months, as_of):
        raise InputError(
            f"{option}: the budget is for {period.name}, which runs to {period.months[-1]}, and nothing is simulated for {missing[0]}: the "
            f"simulation holds {run_months[0]} to {run_months[-1]}. Simulate more months (horizon/months of the base scenario), or name a "
            f"period that it reaches: {option}-period {run_months[-1]}."
        )


def approved(settings, as_of: str, unit: str | None = None) -> float | None:
    """The approved budget of the fiscal year under way on a day, as the report takes it; None where not all twelve months have one (docs/method §9.2)."""
    budgets = together.budgets(settings)
    if budgets is None:
        return None
    if settings.of_weeks:
        weeks = fiscal.year_of(settings.calendar_of(), month_of(as_of))
        return fiscal.year_budget(fiscal.plan_of(budgets, unit, weeks, as_of), weeks)
    plan = budgets.by_month(unit or COMPANY, as_of=as_of)
    year = [
        plan[month]
        for month in period_of(None, as_of, settings.fiscal_year_starts).months
        if month in plan
    ]
    return float(sum(year)) if len(year) == 12 else None


def landing_beside(
    run, daily: pd.DataFrame, amount: float | None, asked: Period, unit: str | None = None
) -> dict:
    """`landing_of` of a period, with its first month, as_of and first_day of the ledger: what `landing_words.budget_sentence` says."""
    land = (
        fiscal.landing_of(
            run, fiscal.by_day(daily, unit), asked.weeks, amount, unit, name=asked.name
        )
        if asked.weeks
        else landing_of(run, booked_by_month(daily, run.as_of, unit), asked, amount, unit)
    )
    return {
        **land,
        "first": asked.months[0],
        "as_of": run.as_of,
        "first_day": f"{daily['ChargeDate'].min():%Y-%m-%d}",
    }


def held_against(
    run,
    daily: pd.DataFrame,
    amount: float,
    period: str | None,
    starts: int = 1,
    unit: str | None = None,
    *,
    option: str = "--budget",
    calendar: Calendar | None = None,
) -> dict:
    """An amount that somebody names beside a run: its landing, with first month, as_of and first_day of the ledger.

    period   as in `period_of`. Raises InputError where neither bill nor simulation reaches the period.
    """
    asked, first = (
        period_of(period, run.as_of, starts, f"{option}-period", calendar),
        f"{daily['ChargeDate'].min():%Y-%m-%d}",
    )
    refuse_unreached(asked, run.months, run.as_of, first, option)
    return landing_beside(run, daily, amount, asked, unit)


def totals_of(
    run,
    land: dict,
    unit: str | None = None,
    daily: pd.DataFrame | None = None,
    calendar: Calendar | None = None,
) -> np.ndarray:
    """Total of each path over the period of `held_against`, what is booked included: (path,).

    daily, calendar   DAILY and the calendar of a company whose year is weeks
    """
    if calendar is not None and daily is not None:
        own = period_of(land["period"], run.as_of, calendar=calendar).weeks
        if own:
            by_day = fiscal.by_day(daily, unit)
            return fiscal.paths_over(run, by_day, own, fiscal.to_come(run, unit))
    ahead = [month for month in run.months if land["first"] <= month <= land["last"]]
    return land["booked"] + run.total(unit=unit, months=ahead)
