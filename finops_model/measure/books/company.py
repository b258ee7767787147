"""A company of several currencies in its own: actuals at average rates, budgets at plan rates, the FX effect, the landing path by path
(docs/method §7.9, §7.10).

Pure: closes of the entities and the company's rates in, plain data out. Booked money is Decimal and adds up to the cent; the forecast is
float, path by path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from ...errors import PriceError
from ...facts.coins import in_coins
from ...names import COMPANY
from ...periods import Calendar, Period, month_of
from ...prices.settle.cents import digits
from ..actuals import cost_rows
from ..brief_types import Landing
from ..budget import fiscal
from ..budget import landing as budgets
from ..close import Close
from .rates import CompanyRates, Rate, coin, constant_currency, convert

Key = tuple[str, str]  # entity, unit
KEYS = ("own", "actual", "at_plan", "effect", "budget")


@dataclass(frozen=True)
class Entity:
    """An entity at its close."""

    name: str
    close: Close

    @property
    def currency(self) -> str:
        """Of its money."""
        return self.close.currency


def company(entities: Sequence[Entity], rates: CompanyRates, calendar: Calendar) -> dict:
    """The company's page as plain data: money as decimal text, forecasts as floats.

    Raises PriceError where a rate is missing, or where the entities' runs do not share their draws.

    {"currency", "month", "year", "entities": [...], "month_lines", "year_lines": [{"entity", "unit", "currency", *KEYS}],
    "month_total", "year_total", "landing": {...}, "landings": [...], "periods": [...], "rates": [...], "said": [...]}
    """
    month = calendar.named(entities[0].close.month)
    year = fiscal.year_of(calendar, entities[0].close.month)
    used = _Used(rates)
    lines = {"month": _lines(entities, used, (month,)), "year": _lines(entities, used, year)}
    paths = _paths(entities, used, year)
    result: dict[str, Any] = {
        "month": entities[0].close.month,
        "currency": rates.base,
        "year": year[0].year,
        "year_start": str(year[0].start),
        "year_last": str(year[-1].end - 1),
        "as_of": min(one.close.base.as_of for one in entities),
    }
    for name, found in lines.items():
        result[f"{name}_lines"] = [
            {
                "entity": key[0],
                "unit": key[1],
                "currency": _currency(entities, key[0]),
                **_text(line),
            }
            for key, line in found.items()
        ]
        result[f"{name}_total"] = _text(_sum(found.values()))
    result |= _landings(entities, used, year, paths)
    result["rates"] = used.listed()
    return result


class _Used:
    """The company's rates, and which of them were taken for what."""

    def __init__(self, rates: CompanyRates):
        self.rates = rates
        self.found: dict[tuple, tuple[str, Rate]] = {}

    def take(self, kind, currency: str, period: Period, what: str, **how) -> Rate:
        rate = self.rates.rate(kind, currency, period, **how)
        if currency != self.rates.base:
            self.found.setdefault((currency, what, period.start), (period.name, rate))
        return rate

    def listed(self) -> list[dict]:
        """Each rate taken: of which period, for what, its value and what it says of itself."""
        return [
            {
                "currency": currency,
                "for": what,
                "period": name,
                "value": f"{rate.value.normalize():f}",
                "says": rate.says,
            }
            for (currency, what, _), (name, rate) in sorted(
                self.found.items(), key=lambda one: (one[0][0], one[0][2], one[0][1])
            )
        ]


def _currency(entities: Sequence[Entity], name: str) -> str:
    return next(one.currency for one in entities if one.name == name)


def _lines(entities: Sequence[Entity], used: _Used, periods: Sequence[Period]) -> dict[Key, dict]:
    """Money by entity and unit over periods up to each entity's as_of, each period at its own rates.

    A period under way is not held against its budget, which is of all of it.
    """
    found: dict[Key, dict] = {}
    for entity in entities:
        close = entity.close
        last = np.datetime64(close.as_of, "D")
        for period in periods:
            if period.start > last:
                continue
            own = _actual(entity, period)
            if own or entity.currency == used.rates.base:
                average = used.take(
                    "average", entity.currency, period, "actual", **_through(period, last)
                )
                plan = used.take("plan", entity.currency, period, "budget and constant currency")
                view = constant_currency(own, average, plan)
                for unit, value in own.items():
                    line = found.setdefault((entity.name, unit), _nothing())
                    line["own"] += value
                    line["actual"] += view.at_average[unit]
                    line["at_plan"] += view.at_plan[unit]
                    line["effect"] += view.effect[unit]
            if close.budgets is not None and period.end - 1 <= last:
                _add_budget(found, entity, used, period)
    return dict(sorted(found.items()))


def _through(period: Period, last) -> dict:
    """Of a period under way: the day up to which rates count."""
    return {"through": str(last)} if last < period.end - 1 else {}


def _nothing() -> dict:
    return {**dict.fromkeys(KEYS, Decimal(0)), "budget": None}


def _add_budget(found: dict[Key, dict], entity: Entity, used: _Used, period: Period) -> None:
    """The budgets of a period at its plan rate: of each unit that has one, and of the company what its units leave."""
    plans, as_of = entity.close.budgets, entity.close.as_of
    assert plans is not None
    whole = plans.month(COMPANY, period.name, as_of=as_of)
    own = {unit: plans.month(unit, period.name, as_of=as_of) for unit in plans.units()}
    amounts = {unit: value for unit, value in own.items() if value is not None}
    if whole is not None and (left := whole - sum(amounts.values(), Decimal(0))):
        amounts[LEFT] = left
    if not amounts:
        return
    plan = used.take("plan", entity.currency, period, "budget and constant currency")
    for unit, value in convert(amounts, plan).items():
        line = found.setdefault((entity.name, unit), _nothing())
        line["budget"] = (line["budget"] or Decimal(0)) + value


LEFT = "not given to a unit"


def _actual(entity: Entity, period: Period) -> dict[str, Decimal]:
    """Cost of a period by unit in the entity's coins; they add up to its total, rounded once."""
    rows = cost_rows(entity.close.daily)
    rows = rows[rows["ChargeDate"].between(str(period.start), str(period.end - 1))]
    exact = {
        str(unit): Decimal(repr(float(value)))
        for unit, value in rows.groupby("x_BusinessUnit")["EffectiveCost"].sum().items()
    }
    total = sum(exact.values(), Decimal(0)).quantize(coin(entity.currency), ROUND_HALF_UP)
    return in_coins(exact, total, digits(entity.currency)) if exact else {}


def _sum(lines) -> dict:
    """Lines added up; a budget where one of them has one."""
    found = _nothing()
    for line in lines:
        for key in KEYS:
            if line[key] is not None:
                found[key] = (found[key] or Decimal(0)) + line[key]
    return found


def _text(line: dict) -> dict:
    return {key: None if value is None else str(value) for key, value in line.items()}


def _paths(entities: Sequence[Entity], used: _Used, year: fiscal.Year) -> dict[str, Any]:
    """{entity: (booked (period,), to come (path, period), budget (period,))} in the company's currency."""
    runs = {(one.close.base.seed, one.close.base.paths) for one in entities}
    if len(runs) > 1:
        said = ", ".join(
            f"{one.name} {one.close.base.paths:,} paths with seed {one.close.base.seed}"
            for one in entities
        )
        raise PriceError(
            f"company: the entities' forecasts do not share their draws ({said}), so their ranges cannot be added up. "
            "Give their scenarios the same paths and seed."
        )
    found: dict[str, Any] = {}
    for entity in entities:
        close, run = entity.close, entity.close.base
        by_day = fiscal.by_day(close.daily, None)
        booked = fiscal.booked_of(by_day, year, run.as_of)
        ahead = fiscal.ahead_of(run, by_day, year)
        at, to_come = np.zeros(len(year)), np.zeros(len(year))
        last = np.datetime64(run.as_of, "D")
        for i, period in enumerate(year):
            if period.start <= last and booked[i]:
                how = _through(period, last)
                rate = used.take("average", entity.currency, period, "actual", **how)
                at[i] = float(rate.value)
            if period.end - 1 > last:
                rate = used.take("scenario", entity.currency, period, "forecast")
                to_come[i] = float(rate.value)
        found[entity.name] = (booked * at, ahead * to_come)
    return found


def _year_budget(
    entity: Entity, used: _Used, year: fiscal.Year
) -> tuple[dict[str, float], float | None]:
    """Budget of each period, and of the year where every period has one, at plan rates."""
    plans, found = entity.close.budgets, {}
    for period in year:
        amount = (
            None if plans is None else plans.month(COMPANY, period.name, as_of=entity.close.as_of)
        )
        if amount is not None:
            plan = used.take("plan", entity.currency, period, "budget and constant currency")
            found[period.name] = float(plan.money(amount))
    whole = len(found) == len(year)
    return found, float(sum(found.values())) if whole else None


def _landings(
    entities: Sequence[Entity], used: _Used, year: fiscal.Year, paths: dict[str, Any]
) -> dict[str, Any]:
    """Where the year lands: each entity, and the company on the sum of their paths; and the company by period."""
    plans = {one.name: _year_budget(one, used, year) for one in entities}
    totals, why = [], None
    for one in entities:
        why = why or _why_not(one, year)
    booked = sum(paths[one.name][0] for one in entities)
    ahead = sum(paths[one.name][1] for one in entities)
    for one in entities:
        before, rest = paths[one.name]
        totals.append(
            {
                "entity": one.name,
                "currency": one.currency,
                **_landing(year, before, rest, plans[one.name][1], _why_not(one, year)),
            }
        )
    every = [budget for _, budget in plans.values()]
    budget = None if any(one is None for one in every) else float(sum(every))  # type: ignore[arg-type]
    last = min(np.datetime64(one.close.base.as_of, "D") for one in entities)
    periods = []
    for i, period in enumerate(year):
        own = [plan.get(period.name) for plan, _ in plans.values()]
        over = period.end - 1 <= last
        periods.append(
            {
                "period": period.name,
                "start": str(period.start),
                "last": str(period.end - 1),
                "state": "actual" if over else "under way" if period.start <= last else "forecast",
                "booked": float(booked[i]) if period.start <= last else None,
                "budget": None if any(one is None for one in own) else float(sum(own)),  # type: ignore[arg-type]
                **(
                    dict.fromkeys(("p10", "p50", "p90", "mean"))
                    if over or why
                    else _four(booked[i] + ahead[:, i])
                ),
            }
        )
    return {
        "landings": totals,
        "landing": _landing(year, booked, ahead, budget, why),
        "periods": periods,
    }


def _why_not(entity: Entity, year: fiscal.Year) -> str | None:
    """Why a year has no landing, in words; None where it has one."""
    run = entity.close.base
    missing = fiscal.unreached(year, run)
    if missing is None:
        return None
    why = run.nothing[0] if run.nothing else f"the simulation does not reach {missing}"
    return f"{entity.name}: {why}"


def _four(totals: np.ndarray) -> dict[str, float]:
    spread: dict[str, Any] = {**budgets.spread(totals)}
    return {key: spread[key] for key in ("p10", "p50", "p90", "mean")}


def _landing(
    year: fiscal.Year, booked: np.ndarray, ahead: np.ndarray, budget: float | None, why: str | None
) -> Landing:
    """The landing of a year on its paths, as in the brief; without numbers where `why` says so."""
    name, last, before = year[0].year, month_of(year[-1].end - 1), float(booked.sum())
    if why:
        return budgets.no_landing(name, before, budget, why, last)
    ahead = ahead if ahead.any() else ahead[:, :0]
    open_ = [i for i in range(ahead.shape[1]) if ahead[:, i].any()]
    months = tuple(month_of(year[i].end - 1) for i in open_)
    return budgets.landing(name, before, ahead[:, open_], months, budget, last=last)
