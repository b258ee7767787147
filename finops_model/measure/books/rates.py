"""The company's exchange rates of a period, by kind, and money in its currency (docs/method §7.5–§7.8).

A rate has 12 digits that count, so that every booked amount can be recalculated from what is printed. Money is Decimal,
rounded half up to the coin, once; lines of a table add up to its total by the largest remainder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import numpy as np

from ...errors import PriceError, listing
from ...facts.coins import in_coins
from ...periods import Calendar, Period, check_day, check_month, month_days
from ...prices.lists.fx import stored
from ...prices.lists.own_rates import (
    BOOKED,
    EXACT,
    OwnRates,
    Pair,
    ecb_pair,
    last_published,
    read_own_rates,
)
from ...prices.lists.plan_rates import PlanRates, load_plan_rates
from ...prices.settle.cents import digits
from ...settings import Settings
from ...settings.books.rates import ECB
from .types import coin

Kind = Literal["plan", "average", "month_end", "historical", "scenario"]
KIND_WORDS = {
    "plan": "plan rate",
    "average": "average rate",
    "month_end": "period-end rate",
    "historical": "historical rate",
    "scenario": "scenario rate",
}


@dataclass(frozen=True)
class Rate:
    """Units of `to` for one unit of `currency`, and where that comes from."""

    kind: Kind
    currency: str
    to: str
    value: Decimal  # 12 digits that count
    source: str  # the European Central Bank, a file, a plan's name
    first: str  # first day of the published rates taken, or of the plan's validity; "" where it has none
    last: str  # last one; of one day: the same
    count: int = 1  # published rates taken

    @property
    def says(self) -> str:
        """The rate with its kind, day and source.

        >>> Rate("month_end", "EUR", "USD", Decimal("1.1172"), "the European Central Bank", "2026-10-30", "2026-10-30").says
        '1 EUR = 1.1172 USD, period-end rate of 2026-10-30 (the European Central Bank)'
        """
        if self.currency == self.to:
            return f"{self.currency}, not converted"
        if self.count > 1:
            when = f", mean of {self.count} from {self.first} to {self.last}"
        elif self.first == self.last:
            when = f" of {self.first}" if self.first else ""
        else:
            when = f" from {self.first} to {self.last}"
        value = f"{self.value.normalize():f}"
        return (
            f"1 {self.currency} = {value} {self.to}, {KIND_WORDS[self.kind]}{when} ({self.source})"
        )

    def money(self, amount: Decimal) -> Decimal:
        """An amount in `to`, rounded half up to its coin.

        >>> Rate("plan", "EUR", "USD", Decimal("1.125"), "plan", "", "").money(Decimal("0.04"))
        Decimal('0.05')
        """
        return EXACT.multiply(amount, self.value).quantize(coin(self.to), ROUND_HALF_UP, EXACT)


@dataclass(frozen=True)
class Plan:
    """Plan rates and the days on which those without a day of their own hold: from `start` to before `end`."""

    rates: PlanRates
    start: np.datetime64
    end: np.datetime64
    year: str  # FY2026

    def holds(self, currency: str, day: np.datetime64) -> bool:
        """Whether the plan gives a currency a rate on a day."""
        if currency == self.rates.currency:
            return bool(self.start <= day < self.end) or self._dated(day)
        dated = self.rates.rates.get(currency, ())
        if not dated:
            return False
        if dated[0][0]:
            return dated[0][0] <= str(day)
        return bool(self.start <= day < self.end)

    def _dated(self, day) -> bool:
        return any(
            bool(steps[0][0]) and steps[0][0] <= str(day) for steps in self.rates.rates.values()
        )

    @property
    def source(self) -> str:
        """Its name and approval."""
        return f"{self.rates.name}, approved {self.rates.approved_on}"


@dataclass(frozen=True)
class CompanyRates:
    """The rates of a company: what `rates` of finops.yaml names, read once."""

    base: str
    plans: tuple[Plan, ...] = ()
    table: OwnRates | None = None  # None: the stored rates of the European Central Bank
    forecast: PlanRates | None = None  # rates: scenario

    def rate(self, kind: Kind, currency: str, period: Period, to: str | None = None, **how) -> Rate:
        """The rate of a kind for a period; `how`: `through` of `average`, `when` of `historical`."""
        if kind == "historical":
            return self.historical(currency, how["when"], to)
        if kind == "average":
            return self.average(currency, period, to, **how)
        return {"plan": self.plan, "month_end": self.month_end, "scenario": self.scenario}[kind](
            currency, period, to
        )

    def plan(self, currency: str, period: Period, to: str | None = None) -> Rate:
        """The plan rate on the first day of a period: of the newest approved plan that has one. Raises PriceError where none has."""
        to = to or self.base
        if currency == to:
            return _same("plan", to)
        found = [
            plan
            for plan in self.plans
            if plan.holds(currency, period.start) and plan.holds(to, period.start)
        ]
        if not found:
            raise PriceError(self._no_plan(currency, to, period))
        plan = max(found, key=lambda one: (one.rates.approved_on, one.rates.name))
        base, target = plan.rates.parts(currency, to, str(period.start))
        value = BOOKED.divide(target, base)
        return Rate("plan", currency, to, value, plan.source, plan.year, plan.year)

    def _no_plan(self, currency: str, to: str, period: Period) -> str:
        have = [
            f"{plan.rates.name} ({plan.year}: {listing(sorted({plan.rates.currency, *plan.rates.rates}))})"
            for plan in self.plans
        ]
        there = f"there are {listing(have)}" if have else "there are no plan rates"
        return (
            f"rates: {currency} to {to} has no plan rate for {period.name} ({period.year}): {there}. "
            "Agree one and name its file under rates: plan: of finops.yaml."
        )

    def scenario(self, currency: str, period: Period, to: str | None = None) -> Rate:
        """The rate of a forecast: of `rates: scenario`, else the plan's. Raises PriceError where neither has one."""
        to = to or self.base
        if currency == to:
            return _same("scenario", to)
        if self.forecast is None:
            return self.plan(currency, period, to)
        base, target = self.forecast.parts(currency, to, str(period.start))
        source = f"{self.forecast.name}, approved {self.forecast.approved_on}"
        value = BOOKED.divide(target, base)
        return Rate("scenario", currency, to, value, source, "", "")

    def average(
        self, currency: str, period: Period, to: str | None = None, through: str | None = None
    ) -> Rate:
        """Mean of the rates published in a period, of one under way up to `through`. Raises PriceError where they do not reach over it."""
        to = to or self.base
        if currency == to:
            return _same("average", to)
        pair, last = self._pair(currency, to), period.end - 1
        if through is not None:
            last = min(last, np.datetime64(check_day(through, "rates: through"), "D"))
        if not pair.covers(period.start, last):
            raise PriceError(
                self._missing(
                    currency, to, f"average for {period.name} ({period.start} to {last})", pair
                )
            )
        low, high = pair.inside(period.start, last)
        total = Decimal(0)
        for at in range(low, high):
            total = EXACT.add(total, pair.value(at))
        return Rate(
            "average",
            currency,
            to,
            BOOKED.divide(total, Decimal(high - low)),
            self.source,
            str(pair.days[low]),
            str(pair.days[high - 1]),
            high - low,
        )

    def month_end(self, currency: str, period: Period, to: str | None = None) -> Rate:
        """The rate of a period's last day: the newest published on or before it, at most a week old. Raises PriceError where there is none."""
        return self._of_day("month_end", currency, to or self.base, period.end - 1)

    def historical(self, currency: str, when: str, to: str | None = None) -> Rate:
        """The rate of a purchase: of its day, or the average of its month where only that is known. Raises PriceError where there is none."""
        to = to or self.base
        if len(when) == len("2026-10"):
            days = month_days(check_month(when, "rates: month"))
            month = Period(when, "", "", 0, days[0], days[-1] + 1)
            found = self.average(currency, month, to)
            return Rate(
                "historical",
                currency,
                to,
                found.value,
                found.source,
                found.first,
                found.last,
                found.count,
            )
        day = np.datetime64(check_day(when, "rates: day"), "D")
        return self._of_day("historical", currency, to, day)

    def _of_day(self, kind: Kind, currency: str, to: str, day) -> Rate:
        if currency == to:
            return _same(kind, to)
        pair = self._pair(currency, to)
        at = last_published(pair, day)
        if at is None:
            raise PriceError(self._missing(currency, to, f"rate on {day}", pair))
        on = str(pair.days[at])
        return Rate(kind, currency, to, BOOKED.plus(pair.value(at)), self.source, on, on)

    def _pair(self, currency: str, to: str) -> Pair:
        return (
            ecb_pair(stored(), currency, to)
            if self.table is None
            else self.table.pair(currency, to)
        )

    @property
    def source(self) -> str:
        """Who published the rates."""
        return "the European Central Bank" if self.table is None else self.table.name

    def _missing(self, currency: str, to: str, what: str, pair: Pair) -> str:
        span = f"from {pair.days[0]} to {pair.days[-1]}" if len(pair.days) else "nowhere"
        do = (
            "Run 'finops prices refresh', or name a table of your own under rates: table: of finops.yaml."
            if self.table is None
            else f"Write the missing days into {self.table.name}: date,currency,to,rate."
        )
        return (
            f"rates: {currency} to {to} has no {what}: the rates of {self.source} run {span}. {do}"
        )


def _same(kind: Kind, currency: str) -> Rate:
    return Rate(kind, currency, currency, Decimal(1), "", "", "")


def rates_of(settings: Settings, calendar: Calendar | None = None) -> CompanyRates | None:
    """The exchange rates that finops.yaml names, read.

    Parameters
    ----------
    settings : Settings
        Of the company.
    calendar : Calendar, optional
        The company's: which days plan rates without a day hold on.

    Returns
    -------
    CompanyRates or None
        None where finops.yaml names none.

    Raises
    ------
    PriceError
        A file that is none, in one sentence.

    Source
    ------
    docs/method §7.5.

    Examples
    --------
    >>> rates_of(Settings(company="Acme", currency="USD")) is None
    True
    """
    if settings.rates is None:
        return None
    given = settings.rates
    calendar = calendar or settings.calendar_of()
    plans = tuple(
        _plan(load_plan_rates(path), calendar) for path in settings.files(list(given.plan))
    )
    table = None if given.table == ECB else read_own_rates(settings.path(given.table))
    forecast = load_plan_rates(settings.path(given.scenario)) if given.scenario else None
    return CompanyRates(settings.base_currency, plans, table, forecast)


def _plan(rates: PlanRates, calendar: Calendar) -> Plan:
    """Plan rates with the fiscal year whose first day is nearest to their approval."""
    day = np.datetime64(rates.approved_on, "D")
    around = calendar.year_of(day)
    year = min(
        (around, around + 1), key=lambda one: abs(int((calendar.year_start(one) - day).astype(int)))
    )
    return Plan(rates, calendar.year_start(year), calendar.year_start(year + 1), f"FY{year}")


def convert(amounts: Mapping[Any, Decimal], rate: Rate) -> dict[Any, Decimal]:
    """Amounts of one table at one rate: their total is rounded once, and the lines add up to it (largest remainder, ties by name).

    >>> euro = Rate("plan", "EUR", "USD", Decimal("1.125"), "plan", "", "")
    >>> {name: str(part) for name, part in convert({"a": Decimal("0.04"), "b": Decimal("0.04")}, euro).items()}
    {'a': '0.05', 'b': '0.04'}
    """
    exact = {name: EXACT.multiply(value, rate.value) for name, value in amounts.items()}
    total = rate.money(sum(amounts.values(), Decimal(0)))
    return in_coins(exact, total, digits(rate.to)) if exact else {}


@dataclass(frozen=True)
class FxView:
    """A table of one currency and period in the company's: at the average rate, at the plan's, and what rates alone did."""

    at_average: dict[Any, Decimal]
    at_plan: dict[Any, Decimal]
    average: Rate
    plan: Rate

    @property
    def effect(self) -> dict[Any, Decimal]:
        """The FX effect by line: at average − at plan; positive: rates made it dearer."""
        return {name: value - self.at_plan[name] for name, value in self.at_average.items()}


def constant_currency(amounts: Mapping[Any, Decimal], average: Rate, plan: Rate) -> FxView:
    """Amounts at the average rate beside the same at the plan rate (docs/method §7.8): at average = at plan + effect, to the coin, by line and in total.

    >>> view = constant_currency({"a": Decimal(100)}, *(Rate(kind, "EUR", "USD", Decimal(value), "", "", "")
    ...     for kind, value in (("average", "1.15"), ("plan", "1.12"))))
    >>> str(view.effect["a"])
    '3.00'
    """
    if (average.currency, average.to) != (plan.currency, plan.to):
        raise PriceError(
            f"constant currency: the average rate is {average.currency} to {average.to} and the plan's "
            f"{plan.currency} to {plan.to}. Give two rates of one pair."
        )
    return FxView(convert(amounts, average), convert(amounts, plan), average, plan)
