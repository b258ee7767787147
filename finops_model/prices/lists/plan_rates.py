"""Exchange rates of a budget, agreed once and named; and costs at constant currency (docs/method §7.3, §7.4)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from ...checks import number
from ...documents import Document, checked, load_yaml
from ...errors import PriceError, unknown
from ...settings import Strict
from .fx import days_of


class PlanDocument(Strict):
    """A document of plan rates: one agreement of a finance team."""

    name: Annotated[str, Field(min_length=1)]
    approved_on: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]  # what the rates are in
    rates: dict[
        str, Any
    ]  # currency -> number, or {day: number}; checked one by one, a sentence each
    approved_by: str = ""


@dataclass(frozen=True)
class PlanRates:
    """Plan rates: what one unit of each currency is worth in `currency`, from a day on."""

    name: str
    approved_on: str
    currency: str
    rates: dict[
        str, tuple[tuple[str, float], ...]
    ]  # currency -> (from day, rate), in time order; day "" is always
    approved_by: str = ""

    def rate(self, currency: str, to: str, day=None):
        """Units of `to` for one unit of `currency`, on a day or an array of days (any shape; a plan without dates needs none).

        Raises PriceError for a currency the plan does not have and for a day before its first rate.
        """
        days = days_of("0001-01-01" if day is None else day)
        values = [
            np.reshape(
                [float(self._value(name, one, day is None)) for one in days.ravel()], days.shape
            )
            for name in (currency, to)
        ]
        return (np.ones(days.shape) if currency == to else values[0] / values[1])[()]

    def parts(self, currency: str, to: str, day=None) -> tuple[Decimal, Decimal]:
        """Two decimals whose quotient, second by first, is the rate: see `fx.convert_money`."""
        on = days_of("0001-01-01" if day is None else day)[()]
        base, target = (
            Decimal(repr(self._value(name, on, day is None))) for name in (currency, to)
        )
        return (Decimal(1), Decimal(1)) if currency == to else (target, base)

    def _value(self, currency: str, day, undated: bool) -> float:
        if currency == self.currency:
            return 1.0
        if currency not in self.rates:
            raise PriceError(
                unknown(
                    f"plan rates '{self.name}'",
                    "currency",
                    currency,
                    (self.currency, *self.rates),
                    "Agree a rate for it and add it to the plan.",
                )
            )
        dated = self.rates[currency]
        if undated and dated[0][0]:
            raise PriceError(
                f"plan rates '{self.name}': {currency} has a rate by day; name the day."
            )
        agreed = [value for since, value in dated if since <= str(day)]
        if not agreed:
            raise PriceError(
                f"plan rates '{self.name}': {currency} has no rate on {day}; its first one starts on {dated[0][0]}. "
                "Agree one for that day."
            )
        return agreed[-1]


def make_plan_rates(data: dict) -> PlanRates:
    """Plan rates from a document. Raises PriceError: a key, day or rate that makes no sense, dates out of order."""
    document = checked(PlanDocument, data, PriceError)
    at = data.at if isinstance(data, Document) else lambda location: "plan rates"
    _check_day(document.approved_on, f"{at(('approved_on',))}: approved_on")
    if not document.rates:
        raise PriceError(
            f"{at(('rates',))}: no rate; write a currency and a number, for example EUR: 1.08."
        )
    rates = {}
    for name, value in document.rates.items():
        where = f"{at(('rates', name))}: {name}"
        if not (len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()):
            raise PriceError(f"{where}: a currency has three capital letters, for example EUR.")
        if name == document.currency:
            raise PriceError(f"{where}: the plan's own currency has no rate; take the line out.")
        steps = value if isinstance(value, dict) else {"": value}
        if not steps:
            raise PriceError(f"{where}: no rate; write a number, or days with numbers.")
        for since, after in zip(list(steps), list(steps)[1:]):
            if after <= since:
                raise PriceError(
                    f"{where}: {after} stands after {since}. Write the newest day last."
                )
        for since, one in steps.items():
            if since:
                _check_day(since, where)
            number(one, f"{where}: rate", above_zero=True)
        rates[name] = tuple((since, float(one)) for since, one in steps.items())
    return PlanRates(
        document.name, document.approved_on, document.currency, rates, document.approved_by
    )


def load_plan_rates(path: str | os.PathLike) -> PlanRates:
    """Plan rates in a YAML file: `name`, `approved_on`, `currency`, `rates: {EUR: 1.08, GBP: {2027-01-01: 1.27}}`."""
    return make_plan_rates(load_yaml(path, PriceError))


def _check_day(text: str, where: str) -> None:
    try:
        if str(np.datetime64(text, "D")) == text:
            return
    except ValueError:
        pass
    raise PriceError(f"{where}: '{text}' is not a day. Write it as YYYY-MM-DD.")


@dataclass(frozen=True)
class ConstantCurrency:
    """Costs of several currencies in one: at the rates of each period and at one rate for all of them."""

    at_actual: np.ndarray  # (…, period)
    at_constant: np.ndarray  # (…, period)

    @property
    def effect(self) -> np.ndarray:
        """What exchange rates alone did to the cost, (…, period)."""
        return self.at_actual - self.at_constant


def constant_currency(
    amounts: Mapping[str, np.ndarray],
    actual: Mapping[str, np.ndarray],
    constant: Mapping[str, float],
) -> ConstantCurrency:
    """Costs at the rates of their periods beside the same costs at constant rates (docs/method §7.4).

    amounts    currency -> money (…, period) in that currency
    actual     currency -> units of the common currency for one unit, (period,) or a number
    constant   currency -> the one rate that all periods get: of the plan, or of the period compared with

    Raises PriceError for a currency without a rate.

    >>> constant_currency({"EUR": [100.0, 100.0]}, {"EUR": [1.10, 1.20]}, {"EUR": 1.10}).effect.round(6)
    array([ 0., 10.])
    """
    if not amounts:
        raise PriceError("constant currency: no amounts; give money by currency.")
    sums = []
    for what, rates in (("actual", actual), ("constant", constant)):
        total = 0.0
        for currency, money in amounts.items():
            if currency not in rates:
                raise PriceError(
                    unknown(
                        f"constant currency: {what} rates",
                        "currency",
                        currency,
                        rates,
                        "Give it a rate.",
                    )
                )
            factor = np.asarray(rates[currency], dtype=float)
            if not (np.isfinite(factor) & (factor > 0)).all():
                raise PriceError(
                    f"constant currency: {what} rate of {currency} is {str(rates[currency])[:40]}; "
                    "it must be a finite number above 0."
                )
            cells = np.asarray(money, dtype=float)
            if not np.isfinite(cells).all():
                raise PriceError(
                    f"constant currency: amounts of {currency} hold {cells[~np.isfinite(cells)].flat[0]}; money must be finite."
                )
            total = total + cells * factor
        sums.append(np.asarray(total))
    return ConstantCurrency(*sums)
