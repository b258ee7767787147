"""What a file of options may hold: strict, in words of those who write it (docs/method §8.60)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, model_validator

from ....checks import finite, number, whole, written_number
from ....documents import Document, Quantity, Text, checked, load_yaml
from ....errors import InputError
from ....periods import check_month
from ....scenario import ways
from ....settings.strict import Strict
from ....uncertainty.elicit import checked as checked_value
from .. import offers

LONGEST = 240  # months of a question
PATHS, SEED = 2_000, 7
COMMON = ("way", "setup", "people_per_month", "migration", "residual_value", "takes", "change_per_year")  # fmt: skip
REPLACED = {"hardware": "owned or leased, which are bought again at the end of their life"}
ADDED = COMMON[1:5]  # money that no way of buying knows; 0 is told


def known_ways() -> list[str]:
    """Ways that an option may name: those with terms and payments, then those of scenarios."""
    return sorted({*offers.kinds(), *ways.kinds()} - REPLACED.keys())


def number_or_range(value: Any):
    return checked_value(value)


def a_month(value: Any) -> str:
    try:
        return check_month(str(value), "the first month")
    except Exception as problem:
        raise ValueError(
            f"'{str(value)[:40]}' is no month. Write it YYYY-MM, as 2027-01."
        ) from problem


def a_rate(value: Any) -> float:
    value = written_number(value)
    if not -1 < value <= 10:
        raise ValueError(f"is {value:g}; a yearly rate is a share above -1 (0.08 is 8 %).")
    if value > 1:
        raise ValueError(
            f"is {value:g}, which is {100 * value:.0f} % a year; write {value / 100:g} for {value:g} %."
        )
    return value


Value = Annotated[Any, PlainValidator(number_or_range)]
Month = Annotated[str, PlainValidator(a_month)]
Rate = Annotated[float, PlainValidator(a_rate)]


class DemandTerms(Strict):
    """Use that all options serve."""

    unit: Text = "units"
    per_hour: Value | None = None
    per_month: Value | None = None
    by_month: list[Quantity] | dict[str, Quantity] | None = None
    growth_per_month: Value = 0.0
    noise: Quantity = 0.0  # of a month: standard deviation of its logarithm, mean 1
    workload: Text | None = None
    sku: Text | None = None

    @model_validator(mode="after")
    def _says_one_thing(self):
        ledger = self.workload is not None or self.sku is not None
        said = [
            name
            for name in ("per_hour", "per_month", "by_month")
            if getattr(self, name) is not None
        ] + (["workload or sku"] if ledger else [])
        if len(said) != 1:
            raise ValueError(
                f"the demand is said {'by ' + ' and '.join(said) if said else 'by nothing'}; write one of: "
                "per_hour, per_month, by_month, or workload and sku of the bill."
            )
        return self


class OptionsDocument(Strict):
    """A question with its options."""

    question: Text
    currency: Text | None = None
    first: Month = Field(alias="from")
    months: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    discount_rate: Rate = 0.0
    compounding: Literal["daily", "monthly", "monthly_effective"] = "daily"
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] | None = None
    net_days: Annotated[int, Field(ge=0, le=365)] = 0
    paths: Annotated[int, Field(ge=100, le=50_000)] = PATHS
    seed: Annotated[int, Field(ge=0, lt=2**63)] = SEED
    demand: DemandTerms
    hour_shape: list[Quantity] | None = None
    peak_to_mean: Annotated[float, Field(ge=1, le=100)] | None = None
    on_demand: Value | None = None
    prices: dict[str, Any] | float = {}
    options: dict[str, dict[str, Any]]

    @model_validator(mode="after")
    def _makes_sense(self):
        if len(self.options) < 1:
            raise ValueError("there is no option; write at least two under options.")
        if self.hour_shape is not None and self.peak_to_mean is not None:
            raise ValueError("hour_shape and peak_to_mean say the same thing; keep one of them.")
        shape = self.hour_shape
        if shape is not None and (len(shape) not in (24, 168) or not sum(shape) > 0):
            raise ValueError(
                f"hour_shape has {len(shape)} numbers; write 24 (a day) or 168 (a week), not all 0."
            )
        return self


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option as the file says it: its way, the way's fields, and what no way knows."""

    name: str
    way: str
    fields: dict
    where: str
    added: dict  # setup, people_per_month, migration, residual_value: money, 0 where not said
    said: frozenset  # of those, which the file says
    takes: Any = 1.0
    term_months: int = 1  # of a way of scenarios: for which its price holds
    change_per_year: Any = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A checked file of options."""

    document: OptionsDocument
    options: tuple[Option, ...]
    path: str
    change_per_year: Any = None

    def at(self, name: str) -> Option | None:
        """The option of a name; None: there is none."""
        return next((option for option in self.options if option.name == name), None)


def load_options(file: str | os.PathLike | dict) -> Question:
    """A file of options, or the same as a mapping, checked; raises InputError with file and line for what makes no sense."""
    if isinstance(file, dict):
        source = Document(file)
        source.path, source.lines = "", {}
    else:
        source = load_yaml(file, InputError)
    document = checked(OptionsDocument, source, InputError)
    change: Any = document.prices
    if isinstance(change, dict):
        extra = set(change) - {"change_per_year"}
        if change and extra:
            raise InputError(
                f"{source.at(('prices',))}: prices: '{sorted(extra)[0]}' is unknown. Write change_per_year: a number or a range (-0.2: a fifth cheaper each year)."
            )
        change = change.get("change_per_year")
    change = _value(change, f"{source.at(('prices',))}: prices/change_per_year")
    options = tuple(
        _option(name, fields, source.at(("options", name)))
        for name, fields in document.options.items()
    )
    return Question(document=document, options=options, path=source.path, change_per_year=change)


def _option(name: str, given: dict, place: str) -> Option:
    where = ": ".join(part for part in (place, f"options/{name}") if part)
    if "way" not in given:
        raise InputError(f"{where}: 'way' is missing; write one of: {', '.join(known_ways())}.")
    added = {}
    for key in ADDED:
        added[key] = _value(given.get(key, 0.0), f"{where}/{key}")
        if not isinstance(added[key], dict):
            read = finite if key == "residual_value" else number
            added[key] = read(added[key], f"{where}/{key}", error=InputError)
    per = given.get("takes", 1.0)
    if isinstance(per, dict) and not any(isinstance(v, dict) for v in per.values()):
        per = {key: number(v, f"{where}/takes/{key}", error=InputError) for key, v in per.items()}
    else:
        per = number(per, f"{where}/takes", above_zero=True, error=InputError)
    change = given.get("change_per_year")
    term = 1
    if str(given["way"]) not in offers.kinds() and "term_months" in given:
        term = whole(given["term_months"], f"{where}/term_months", True, error=InputError)
    return Option(
        name=name,
        way=str(given["way"]),
        fields={key: value for key, value in given.items() if key not in COMMON},
        term_months=term,
        where=where,
        added=added,
        said=frozenset(key for key in ADDED if key in given),
        takes=per,
        change_per_year=_value(change, f"{where}/change_per_year"),
    )


def _value(value, where: str):
    """A number or range, or None."""
    if value is None:
        return None
    try:
        return checked_value(value)
    except ValueError as problem:
        raise InputError(f"{where}: {problem}") from None
