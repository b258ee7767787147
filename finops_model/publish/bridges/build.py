"""The bridge of two states of a workspace: facts, budgets, published forecasts and runs become states (docs/method §10.8)."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from ...errors import InputError, LedgerError
from ...facts.daily.entities import which
from ...facts.plans import together
from ...measure.actuals import OUTSIDE
from ...measure.books.rates import rates_of
from ...measure.bridge import states
from ...measure.bridge.lines import State, coins
from ...measure.bridge.steps import Bridge
from ...measure.bridge.steps import bridge as steps_between
from ...periods import (
    add_months,
    check_month,
    days_between,
    fiscal_months,
    month_column,
    month_days,
    month_name,
    month_of,
)
from ...progress import Progress
from ...settings import Settings
from ...wording import bridge as words
from .company import merged
from .named import Named, is_period, parse
from .part import Part, read, with_unit


def bridge(
    settings: Settings,
    then: str,
    now: str,
    *,
    month: str | None = None,
    year: bool = False,
    unit: str | None = None,
    by: str | None = None,
    order: str = "steps",
    outside: bool = False,
    progress: Progress | None = None,
) -> Bridge:
    r"""Why one state of cost differs from another: steps that add up, to the cent.

    Parameters
    ----------
    settings : Settings
        Of the workspace. Where it names entities, all of them together, in the company's currency.
    then, now : str
        States: "plan", "actual", "actual:2026-09", "forecast" (the newest before the month),
        "forecast:2026-09" (as published at that close), "scenario:FILE".
    month : str, optional
        YYYY-MM, or a period FY2026-P10 of a calendar of weeks; None: the newest complete month, of
        forecasts and scenarios the one after it.
    year : bool, optional
        The fiscal year of the month; with an actual, to date.
    unit : str, optional
        A business unit; None: the company.
    by : str, optional
        What the rows are: "workload", "unit" or "service"; None: workload, or unit where a state
        names no workloads.
    order : str, optional
        "steps", or "shapley": the mean over all orders.
    outside : bool, optional
        Actuals with tax and credits, which reports leave outside cost.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Bridge
        `parts`, `rows` and both states.

    Raises
    ------
    FinOpsError
        One sentence: a state that is not known or not there.

    Source
    ------
    docs/method §10.4 to §10.8.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},{day[6]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> made = bridge(settings, "actual:2025-01", "actual:2025-02")
    >>> str(made.change), str(made.step("together"))
    ('28.00', '30.71')
    """
    asked = parse(then, "--from"), parse(now, "--to")
    calendar = settings.calendar_of()
    for name, option in ((month, "--month"), *((one.month, one.option) for one in asked)):
        if name is not None and not (is_period(name) and settings.of_weeks):
            check_month(name, option)
    parts = [read(one, unit, progress) for one in settings.parts()]
    parts = with_unit(parts, unit)
    newest = min(part.month for part in parts)
    target = month or (
        newest
        if year or any(one.kind in ("actual", "plan") for one in asked)
        else add_months(newest, 1)
    )
    if year and settings.of_weeks and not is_period(target):
        target = calendar.period_of(month_days(target)[-1]).name
        if str(calendar.named(target).end - 1) > min(part.as_of for part in parts):
            target = calendar.period_of(
                calendar.named(target).start - 1
            ).name  # the newest whole one
    spans = _spans(asked, target, year, parts[0].starts, calendar)
    if asked[0] == replace(asked[1], option="--from") and spans[0] == spans[1]:
        raise InputError(
            f"--from and --to are both {asked[0].text} of {words.months(spans[0])}: there is nothing to compare. "
            "Name another month, such as actual:2026-09."
        )
    company = len(settings.parts()) > 1
    rates = rates_of(settings) if company else None
    if company and rates is None:
        raise InputError(which(settings))
    made = []
    for one, span, other in zip(asked, spans, reversed(asked), strict=True):
        own = [_state(part, one, span, other, outside) for part in parts]
        made.append(own[0] if rates is None else merged(own, parts, one, span, rates, outside))
    usual = "workload" if all(one.by_line for one in made) else "unit"
    return steps_between(made[0], made[1], order=order, by=by or usual)


def _spans(asked, target: str, year: bool, starts: int, calendar) -> list[tuple[str, ...]]:
    """Months (or periods) of each state: one, the year's, or the year's to date where one of them is an actual."""
    own = [one.month if one.kind == "actual" and one.month else target for one in asked]
    for one in asked:
        if is_period(target) and one.kind not in ("actual", "plan"):
            raise InputError(
                f"{one.option}: {one.text}: {target} is a period of weeks, and a forecast is of months. "
                "Give a month with --month, or compare plan and actual."
            )
    if not year:
        return [(month,) for month in own]
    to_date = any(one.kind == "actual" for one in asked)
    spans = []
    for name in own:
        if is_period(name):
            found = [one.name for one in calendar.year(int(name[2:6]))]
        else:
            found = list(fiscal_months(name, starts))
        spans.append(tuple(one for one in found if not to_date or one <= name))
    return spans


def _state(part: Part, one: Named, months, other: Named, outside: bool) -> State:
    if one.kind == "plan":
        return _plan(part, months, one)
    if one.kind == "actual":
        return _actual(part, months, outside, one)
    # two forecasts of a year: what was booked before the earlier one is one amount on both sides
    pair = {one.kind, other.kind} <= {"forecast", "scenario"}
    since = min(_opened(part, each) for each in (one, other)) if pair else None
    if one.kind == "scenario":
        return _run(part, one.file, months, one, since=since)
    return _forecast(part, one, months, other, since)


def _plan(part: Part, months, one: Named) -> State:
    budgets = together.budgets(part.settings)
    if budgets is None:
        raise InputError(
            f"{one.option}: plan: finops.yaml names no budgets. Name the file under budgets:, or compare other states."
        )
    made = states.plan(budgets, part.unit, months, None, part.starts, part.days(months))
    if made is None:
        missing = [m for m in months if budgets.month(part.unit, m) is None]
        raise InputError(
            f"{one.option}: plan: {budgets.name} has no approved budget of {part.unit} for {words.months(missing[:1])}. "
            "Choose other months or another unit."
        )
    return made


def _actual(part: Part, months, outside: bool, one: Named) -> State:
    first = f"{part.daily['ChargeDate'].min():%Y-%m-%d}"
    begin, end = part.span(months)
    if end < first or begin > part.as_of:
        raise LedgerError(
            f"{one.option}: {one.text}: the ledger has no data for {words.months(months, part.starts)}; it holds {month_name(first[:7])} to "
            f"{month_name(month_of(part.as_of))}."
        )
    days, said = part.days(months), []
    if part.as_of < end:
        days -= days_between(part.as_of, end)
        said.append(f"{words.months(months[-1:])} has data to {part.as_of}.")
    if begin < first:
        days -= days_between(begin, first)
        said.append(f"The bill begins on {first}.")
    made = states.actual(
        part.between(months, outside),
        words.months(months, part.starts),
        days,
        part.settings.currency,
        outside=outside,
    )
    said.append(_tie(part, months, made, outside))
    return replace(made, said=tuple(text for text in said if text))


def _tie(part: Part, months, made: State, outside: bool) -> str:
    """How an actual adds up to EffectiveCost of the ledger, where it is not all of it."""
    if outside:
        return ""
    rows = part.between(months, outside=True)
    currency = part.settings.currency
    sums = {
        what: coins(math.fsum(rows.loc[rows["ChargeCategory"] == what, "EffectiveCost"]), currency)
        for what in OUTSIDE
    }
    if not any(sums.values()):
        return ""
    said = " and ".join(
        f"{'tax' if what == 'Tax' else 'credits'} {_money(value)}"
        for what, value in sums.items()
        if value
    )
    whole = coins(math.fsum(rows["EffectiveCost"]), currency)
    return (
        f"The {made.name} is cost as reports have it, {_money(made.total)}; with {said} it is the ledger's EffectiveCost, "
        f"{_money(whole)} {currency}."
    )


def _money(value: Decimal) -> str:
    return f"{value:,}".replace("-", "−")


def _run(
    part: Part, file: str | None, months, one: Named, as_of: str | None = None, since=None
) -> State:
    """A run's months, and those booked before it."""
    as_of = as_of or min(part.as_of, str(month_days(part.month)[-1]))
    made = part.run(file, as_of)
    name = f"scenario {made.name}" if file else "forecast"
    late = [m for m in months if m > made.months[-1]] if made.months else list(months)
    if late or not made.months:
        raise InputError(
            f"{one.option}: {one.text} reaches {month_name(made.months[-1]) if made.months else 'no month'}, and {month_name(months[-1])} is asked for. "
            "Choose an earlier month."
        )
    before = [m for m in months if m < made.months[0]]
    if len(before) == len(months):
        raise InputError(
            f"{one.option}: {one.text} begins with {month_name(made.months[0])}, and {month_name(months[0])} is booked. "
            f"Choose a later month with --month, or --year."
        )
    rows = part.rows()
    booked = rows[month_column(rows).isin(before)]
    return states.run(
        made, months, part.name, name=name, booked=booked, since=since, starts=part.starts
    )


def _forecast(part: Part, one: Named, months, other: Named, since: str | None) -> State:
    """As published, else made again from the data of that close; beside a scenario the base's own run."""
    if one.month is None and other.kind == "scenario":
        return _run(part, None, months, one, since=since)
    published = part.published()
    made_at = one.month
    if made_at is None:  # the newest that does not know the months that it is compared with
        knows = len(months) > 1 and other.kind != "actual"
        made_at = min(months[-1] if knows else add_months(months[-1], -1), part.month)
        made_at = max((m for m in published if m <= made_at), default=made_at)
    if made_at in published:
        made = states.published(
            published[made_at], months, part.starts, booked=part.rows(), since=since
        )
        if made is not None:
            return made
    if not f"{part.daily['ChargeDate'].min():%Y-%m}" <= made_at <= part.month:
        raise LedgerError(
            f"{one.option}: {one.text}: no forecast was published for {month_name(made_at)}, and none can be made again: the ledger is "
            f"complete to {month_name(part.month)}."
        )
    as_of = min(str(month_days(made_at)[-1]), part.as_of)
    made = _run(part, None, months, one, as_of, since)
    why = (
        f"No forecast of these months was published for {month_name(made_at)}: "
        f"it is made again from the data to {as_of}."
    )
    return replace(made, said=(*made.said, why))


def _opened(part: Part, one: Named) -> str:
    """First month that a forecast or scenario does not take as booked."""
    return add_months(one.month or part.month, 1)
