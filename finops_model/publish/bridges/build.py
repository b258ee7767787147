"""The bridge of two states of a workspace: facts, budgets, published forecasts and runs become states (docs/method §10.8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import FinOpsError, InputError, LedgerError
from ...facts.daily import warehouse
from ...facts.daily.entities import which
from ...facts.plans import together
from ...measure.actuals import OUTSIDE, cost_rows
from ...measure.books.rates import CompanyRates, rates_of
from ...measure.bridge import lines as lines_of
from ...measure.bridge import states
from ...measure.bridge.lines import State, coins
from ...measure.bridge.steps import Bridge
from ...measure.bridge.steps import bridge as steps_between
from ...measure.brief_types import Brief
from ...measure.entities import own_unit
from ...names import COMPANY
from ...periods import (
    add_months,
    check_month,
    fiscal_months,
    month_column,
    month_days,
    month_name,
    month_of,
)
from ...progress import Progress
from ...settings import Settings
from ...simulate import scenarios
from ...wording import bridge as words
from .. import close
from ..report.briefs import load_brief
from .named import Named, parse

KINDS = {"plan": "plan", "actual": "average", "forecast": "scenario", "scenario": "scenario"}


@dataclass
class Part:
    """A company without entities, or one entity: what its states are made of, each read once."""

    settings: Settings
    unit: str
    daily: pd.DataFrame
    month: str  # the newest that every source still billing has completed
    as_of: str
    progress: Progress | None = None
    runs: dict = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return None if self.unit == COMPANY else self.unit

    @property
    def starts(self) -> int:
        return self.settings.fiscal_year_starts

    def rows(self, outside: bool = False) -> pd.DataFrame:
        """DAILY rows of the unit."""
        daily = self.daily
        if outside:
            return daily if self.name is None else daily[daily["x_BusinessUnit"] == self.unit]
        return cost_rows(daily, self.unit)

    def run(self, file: str | None, as_of: str):
        """A scenario's run, or the base's."""
        path = file or self.settings.scenario
        if (path, as_of) not in self.runs:
            # as it is written where the command runs, else as the workspace names it
            here = Path(file) if file and Path(file).is_file() else None
            self.runs[path, as_of] = scenarios.run(
                here or (self.settings.path(path) if path else None),
                self.settings,
                as_of=as_of,
                daily=self.daily,
                dials=False,
                progress=self.progress,
            )
        return self.runs[path, as_of]

    def published(self) -> dict[str, Brief]:
        """Briefs of the unit by month, as they were published."""
        found = {}
        for path in sorted(self.settings.path(self.settings.reports).glob("[0-9]*/*/brief.json")):
            try:
                brief = load_brief(path)
                if (
                    own_unit(brief, self.settings) == self.unit
                    and brief["currency"] == self.settings.currency
                ):
                    found[str(brief["month"])] = brief
            except (FinOpsError, OSError, KeyError, TypeError, ValueError):
                continue  # finops verify says why
        return found


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
        YYYY-MM; None: the newest complete one, of forecasts and scenarios the one after it.
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
    if month is not None:
        check_month(month, "--month")
    parts = [_part(one, unit, month, progress) for one in settings.parts()]
    parts = _with_unit(parts, unit)
    newest = min(part.month for part in parts)
    target = month or (
        newest
        if year or any(one.kind in ("actual", "plan") for one in asked)
        else add_months(newest, 1)
    )
    spans = _spans(asked, target, year, parts[0].starts)
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
        made.append(own[0] if rates is None else _merged(own, parts, one, span, rates, outside))
    usual = "workload" if all(one.by_line for one in made) else "unit"
    return steps_between(made[0], made[1], order=order, by=by or usual)


def _part(settings: Settings, unit: str | None, month: str | None, progress) -> Part:
    ledger = close.books(settings, progress)
    newest, _ = close.pick_month(ledger, None, time_zone=settings.time_zone)
    as_of = str(ledger.complete(settings.time_zone).last_day)
    daily = warehouse.daily(ledger, settings)
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    return Part(settings, unit or COMPANY, daily, newest, as_of, progress)


def _with_unit(parts: list[Part], unit: str | None) -> list[Part]:
    """The parts that know the unit; of one part its own spelling."""
    if unit is None:
        return parts
    found = []
    problem: FinOpsError | None = None
    for part in parts:
        try:
            found.append(replace(part, unit=close.pick_unit(part.daily, unit)))
        except LedgerError as said:
            problem = said
    if not found and problem is not None:
        raise problem
    return found


def _spans(asked, target: str, year: bool, starts: int) -> list[tuple[str, ...]]:
    """Months of each state: a month, the year, or the year to date where one of them is an actual."""
    own = [one.month if one.kind == "actual" and one.month else target for one in asked]
    if not year:
        return [(month,) for month in own]
    to_date = any(one.kind == "actual" for one in asked)
    return [
        tuple(m for m in fiscal_months(month, starts) if not to_date or m <= month) for month in own
    ]


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
    made = states.plan(budgets, part.unit, months, None, part.starts)
    if made is None:
        missing = [m for m in months if budgets.month(part.unit, m) is None]
        raise InputError(
            f"{one.option}: plan: {budgets.name} has no approved budget of {part.unit} for {month_name(missing[0])}. "
            "Choose other months or another unit."
        )
    return made


def _actual(part: Part, months, outside: bool, one: Named) -> State:
    rows = part.rows(outside)
    column = month_column(rows)
    first = f"{part.daily['ChargeDate'].min():%Y-%m-%d}"
    for month in (months[0], months[-1]):
        if not first[:7] <= month <= month_of(part.as_of):
            raise LedgerError(
                f"{one.option}: {one.text}: the ledger has no data for {month_name(month)}; it holds {month_name(first[:7])} to "
                f"{month_name(month_of(part.as_of))}."
            )
    days = states.days_of(months)
    end, begin = str(month_days(months[-1])[-1]), f"{months[0]}-01"
    said = []
    if part.as_of < end:
        days -= int(end[8:]) - int(part.as_of[8:10])
        said.append(f"{month_name(months[-1])} has data to {part.as_of}.")
    if begin < first:
        days -= int(first[8:]) - 1
        said.append(f"The bill begins on {first}.")
    made = states.actual(
        rows[column.isin(months)],
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
    rows = part.rows(outside=True)
    rows = rows[month_column(rows).isin(months)]
    currency = part.settings.currency
    sums = {
        what: coins(math.fsum(rows.loc[rows["ChargeCategory"] == what, "EffectiveCost"]), currency)
        for what in OUTSIDE
    }
    if not any(sums.values()):
        return ""
    said = " and ".join(
        f"{'tax' if what == 'Tax' else 'credits'} {value:,}"
        for what, value in sums.items()
        if value
    )
    whole = coins(math.fsum(rows["EffectiveCost"]), currency)
    return (
        f"The {made.name} is cost as reports have it, {made.total:,}; with {said} it is the ledger's EffectiveCost, {whole:,} {currency}."
    ).replace("-", "−")


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


def _merged(
    own: Sequence[State], parts: list[Part], one: Named, months, rates: CompanyRates, outside: bool
) -> State:
    """The states of all entities in the company's currency: each month at its rate, so a state has one rate per currency, their mean by cost."""
    lines, total, said = [], Decimal(0), []
    of: dict[str, list[tuple[float, float]]] = {}
    calendar = parts[0].settings.calendar_of()
    for state, part in zip(own, parts, strict=True):
        amounts = _by_month(part, one, state, months, outside)
        kind: Any = KINDS[one.kind]
        currency = part.settings.currency
        values = {
            m: float(rates.rate(kind, currency, calendar.named(m)).value)
            if currency != rates.base
            else 1.0
            for m in months
        }
        local = float(state.total)
        worth = sum(amounts[m] * values[m] for m in months)
        rate = worth / local if local else sum(values.values()) / len(values)
        prefix = part.settings.own.name if part.settings.own else ""
        named = state.lines.assign(
            BillingCurrency=f"{currency}",
            x_BusinessUnit=[
                f"{prefix}: {u}" if u else prefix for u in state.lines["x_BusinessUnit"]
            ],
        )
        lines.append(named)
        of.setdefault(currency, []).append((local, rate))
        total += Decimal(local * rate)
        said += [f"{prefix}: {text}" if prefix else text for text in state.said]
        if currency != rates.base:
            said.append(f"{prefix}: 1 {currency} = {rate:.6g} {rates.base}, {kind} rate.")
    mean = {
        name: sum(a * r for a, r in pairs) / sum(a for a, _ in pairs)
        if sum(a for a, _ in pairs)
        else pairs[0][1]
        for name, pairs in of.items()
    }
    first = own[0]
    return lines_of.state(
        first.name,
        pd.concat(lines),
        first.days,
        rates.base,
        total=coins(total, rates.base),
        rates=mean,
        detail=all(s.detail for s in own),
        by_line=all(s.by_line for s in own),
        said=tuple(dict.fromkeys(said)),
    )


def _by_month(part: Part, one: Named, state: State, months, outside: bool) -> dict[str, float]:
    """A state's money by month; that of a forecast by the days of the months."""
    if len(months) == 1:
        return {months[0]: float(state.total)}
    if one.kind == "actual":
        rows = part.rows(outside)
        column = month_column(rows)
        return {m: math.fsum(rows.loc[column == m, "EffectiveCost"]) for m in months}
    budgets = together.budgets(part.settings) if one.kind == "plan" else None
    if budgets is not None:
        return {m: float(budgets.month(part.unit, m) or 0) for m in months}
    days = {m: len(month_days(m)) for m in months}
    whole = sum(days.values())
    return {m: float(state.total) * days[m] / whole for m in months}
