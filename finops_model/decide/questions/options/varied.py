"""What of an option `finops solve` varies: discount, level, price, volume, hit rate; the option with another value, on the same draws (docs/method §8.68)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....errors import InputError, nearest, together
from .document import Option
from .priced import Priced, Settling, made_of

KINDS = ("discount", "level", "price", "volume", "hit_rate")
MOST = 3.0  # times today's value: how far is looked where no range is given
FIELDS = {  # kind -> fields of a way it may be, the first that the way has
    "discount": ("discount",),
    "level": ("quantity", "spend", "units", "gpus", "seats", "commitments"),
    "price": ("rate", "price", "spot", "fee", "capital", "lease_monthly"),
    "hit_rate": ("cache_hit",),
}
WORDS = {
    "quantity": "units an hour",
    "spend": "money an hour",
    "units": "units",
    "gpus": "GPUs",
    "seats": "seats",
    "commitments": "money a year",
    "price": "money per unit",
    "rate": "money per unit and hour",
    "spot": "money per hour on spot",
    "fee": "money per seat and month",
    "capital": "money for all",
    "lease_monthly": "money a month",
    "discount": "share off",
    "cache_hit": "share of the input",
    "volume": "times the demand",
}


@dataclass(frozen=True, kw_only=True)
class Varied:
    """One number of a file of options that may be another."""

    kind: str
    field: str
    option: Option
    now: float | None  # what the file says; None: a range, or nothing
    low: float
    high: float

    @property
    def unit(self) -> str:
        return WORDS[self.field]

    def priced(self, settling: Settling, value: float, option: Option | None = None) -> Priced:
        """An option, its own or another, where the number is `value`; the others see a volume and a market price."""
        option = self.option if option is None else option
        if self.kind == "volume":
            return settling.settle(option, scale=value)
        if self.option.way == "on_demand" and self.field == "price":
            settling = replace(settling, world=replace(settling.world, on_demand=value))
        if option.name != self.option.name:
            return settling.settle(option)
        fields = dict(settling.fields[option.name])
        if self.field == "commitments":
            years = fields["commitments"]
            fields["commitments"] = [value] * (
                len(years) if isinstance(years, (list, tuple)) else 1
            )
        else:
            fields[self.field] = value
        if self.field == "discount":
            fields.pop("rate" if option.way == "committed" else "", None)
        if self.field == "rate":
            fields.pop("discount", None)
        return settling.settle(option, made_of(option, fields))


def varied(
    settling: Settling,
    kind: str,
    name: str | None,
    low: float | None = None,
    high: float | None = None,
    other: str | None = None,
) -> Varied:
    """The number that is meant: of the option named, else of the only one that says it (`other` apart); raises InputError for none or several."""
    if kind not in KINDS:
        near = nearest(str(kind), KINDS)
        raise InputError(
            f"--for: '{str(kind)[:40]}' is nothing to solve for.{f' Did you mean {near!r}?' if near else ''} Name one of: {', '.join(KINDS)}."
        )
    options = settling.question.options
    if name is not None and settling.question.at(name) is None:
        near = nearest(name, [option.name for option in options])
        raise InputError(
            f"--option: there is no option '{name[:60]}'.{f' Did you mean {near!r}?' if near else ''} "
            f"Name one of: {together(repr(option.name) for option in options)}."
        )
    if kind == "volume":
        option = settling.question.at(name) if name else options[0]
        assert option is not None
        return Varied(
            kind=kind, field="volume", option=option, now=1.0, **_range(kind, 1.0, low, high)
        )
    having = {
        option.name: field
        for option in options
        if option.name == (name or option.name) and (field := _field(settling, option, kind))
    }
    if name is None:
        having.pop(other or "", None)
        said = {own: field for own, field in having.items() if field in settling.fields[own]}
        having = said or having
    if len(having) != 1:
        raise InputError(
            f"--for {kind}: {_none_or_many(kind, name, having, [option.name for option in options])}"
        )
    ((chosen, field),) = having.items()
    option = settling.question.at(chosen)
    assert option is not None
    now = settling.fields[chosen].get(field)
    if option.way == "on_demand" and field == "price" and now is None:
        now = settling.world.on_demand
    if field == "commitments" and isinstance(now, (list, tuple)):
        now = now[0]
    now = float(now) if isinstance(now, (int, float)) else None
    return Varied(kind=kind, field=field, option=option, now=now, **_range(kind, now, low, high))


def _field(settling: Settling, option: Option, kind: str) -> str | None:
    offer, said = settling.offers[option.name], settling.fields[option.name]
    if kind == "price" and option.way == "on_demand":
        return None if "rate" in said else "price"
    known = [field for field in FIELDS[kind] if hasattr(offer, field)]
    stated = [field for field in known if field in said]
    if kind in ("level", "price") and not stated:
        return "rate" if kind == "price" and option.way == "committed" else None
    return next(iter([*stated, *known]), None)


def _none_or_many(kind: str, name: str | None, having: dict, names: list[str]) -> str:
    if having:
        return f"{together(map(repr, having))} have one. Say whose: --option NAME."
    who = (
        f"'{name}' has none"
        if name
        else f"no option of the file has one ({together(map(repr, names))})"
    )
    return f"{who}. Solve for volume, or for what the option says: {', '.join(KINDS)}."


def _range(kind: str, now: float | None, low: float | None, high: float | None) -> dict:
    share = kind in ("discount", "hit_rate")
    if high is None:
        if not share and now is None:
            raise InputError(
                f"--for {kind}: the file says no number of it to look around; give --from and --to."
            )
        high = 1.0 if share else max(MOST * (now or 0.0), 1e-9)
    low = 0.0 if low is None else low
    if not (np.isfinite(low) and np.isfinite(high) and 0 <= low < high) or (share and high > 1):
        within = " within 0 to 1" if share else ""
        raise InputError(
            f"--from {low:g} --to {high:g}: write a range that rises from 0 or more{within}."
        )
    return {"low": float(low), "high": float(high)}
