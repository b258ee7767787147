"""Every option settled on the shared draws: cost, payments, NPV by path (docs/method §8.61–§8.63)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from typing import Any

import numpy as np

from ....checks import NUMBER
from ....errors import FinOpsError, InputError, PriceError, listing, unknown
from ....prices.terms.payments import npv
from ....scenario import ways
from ....scenario.ways import Months
from .. import offers
from ..offers._base import Ledger, World, joined, monthly
from .document import ADDED, REPLACED, Option, Question, known_ways
from .drawn import MOST, Draws, months_of, shape_of, use_of


@dataclass(frozen=True, kw_only=True)
class Priced:
    """An option on every path. Money of the question's currency."""

    option: Option
    ledger: Ledger
    npv: np.ndarray  # (path,)

    @property
    def name(self) -> str:
        return self.option.name

    @property
    def total(self) -> np.ndarray:
        """(path,): cost of all months."""
        return self.ledger.cost.sum(axis=1)


@dataclass(frozen=True, kw_only=True)
class Settling:
    """A question ready to be settled, again and again, on the same draws.

    Parameters
    ----------
    question : Question
        The checked file.
    offers : mapping of str to object
        What each option's way became: shelf classes with their drawn fields.
    fields : mapping of str to mapping
        Those fields, as drawn.
    world : World
        Months, shape, use and prices of the file.
    prices : mapping of str to array
        Prices over today's of options with a change of their own, (path, month).
    added : mapping of str to mapping
        Drawn setup, people, migration, residual value of each option.
    paths : int
        1 where nothing is uncertain.
    """

    question: Question
    offers: dict
    fields: dict
    world: World
    prices: dict
    added: dict
    paths: int

    def settle(self, option: Option, offer=None, scale: float = 1.0) -> Priced:
        """One option, its own or another offer in its place, on `scale` times the demand."""
        offer = self.offers[option.name] if offer is None else offer
        world = replace(self.world, prices=self.prices.get(option.name, self.world.prices))
        if scale != 1.0:
            world = replace(world, use=world.use * scale)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                ledger = self._ledger(option, offer, world)
        except PriceError as problem:
            raise InputError(f"{option.where}: {problem}") from None
        except InputError as problem:
            text = str(problem)
            raise InputError(text if option.where in text else f"{option.where}: {text}") from None
        ledger = joined([ledger, *self._added(option, world)], ledger.meters, ledger.formula)
        if not (np.abs(ledger.cash) < MOST).all():
            raise InputError(
                f"{option.where}: it would cost more than {MOST:,.0f}, which no budget can hold. Look for a number that is too large."
            )
        document = self.question.document
        value = npv(
            ledger.cash,
            ledger.dates,
            document.discount_rate,
            f"{document.first}-01",
            document.compounding,
        )
        return Priced(option=option, ledger=ledger, npv=np.asarray(value))

    def _ledger(self, option: Option, offer, world: World) -> Ledger:
        if hasattr(offer, "METERS"):
            return self._way(option, offer, world)
        if isinstance(option.takes, dict):
            raise InputError(f"takes is one number with way {option.way}, not a mapping.")
        return offer.settle(replace(world, use=world.use * option.takes))

    def _way(self, option: Option, offer, world: World) -> Ledger:
        """A way of scenarios: what its month costs there × the price factor of the month its term began in."""
        takes, names = option.takes, offer.METERS
        if not isinstance(takes, dict):
            if len(names) > 1:
                raise InputError(
                    f"{option.way} counts {listing(names, 6)}; write takes: {{{names[0]}: …}}, how many of each one unit of the demand takes."
                )
            takes = dict.fromkeys(names, takes)
        wrong = [name for name in takes if name not in names]
        if wrong:
            raise InputError(unknown("takes", "meter", wrong[0], names))
        use = {name: world.use * per for name, per in takes.items()}
        settled = offer.settle(use, Months.between(world.months, f"{world.months[0]}-01"))
        term = int(getattr(offer, "term_months", None) or option.term_months)
        starts = np.concatenate([np.full(stop - first, first) for first, stop in world.terms(term)])
        factor = world.prices[:, starts]
        billed = monthly(world, np.asarray(settled.billed, float) * factor)
        cost = np.broadcast_to(np.asarray(settled.cost, float) * factor, world.use.shape)
        return Ledger(cost, billed.dates, billed.cash, settled.meters, settled.formula)

    def _added(self, option: Option, world: World):
        """Setup and migration on the first day, people each month, what is left at the end taken off."""
        own = {
            key: np.asarray(value, float).reshape(-1)
            for key, value in self.added[option.name].items()
        }
        shape = world.use.shape
        at = np.zeros(shape)
        at[:, 0] = own["setup"] + own["migration"]
        first = np.array([f"{world.months[0]}-01"], "datetime64[D]")
        left = np.zeros(shape)
        left[:, -1] = -own["residual_value"]
        last = np.array([world.day(world.span)], "datetime64[D]")
        people = np.broadcast_to(own["people_per_month"][:, None], shape)
        return (
            Ledger(at, first, at[:, :1]),
            monthly(replace(world, net_days=0), people),
            Ledger(left, last, left[:, -1:]),
        )


def prepared(question: Question, simulated=None) -> Settling:
    """A question with everything drawn that its options share.

    simulated   (months) -> (path, month) units of a workload of the bill, where the demand names one
    """
    document = question.document
    draws = Draws(document.seed, document.paths)
    fields = [_drawn(option, draws) for option in question.options]
    on_demand = _on_demand(question, fields, draws)
    for option, given in zip(question.options, fields, strict=True):
        _filled(option, given, on_demand, document)
    made = {
        option.name: made_of(option, given)
        for option, given in zip(question.options, fields, strict=True)
    }
    months = months_of(question, [int(getattr(offer, "term", 0)) for offer in made.values()])
    plain = World.of(months, np.zeros((1, len(months))))
    where = f"{question.path}: demand" if question.path else "demand"
    if simulated is not None:
        use = simulated(months)
        if len(use) != draws.paths:
            draws = Draws(document.seed, len(use))
    else:
        use = use_of(document.demand, months, plain.hours, draws, where)
    prices = draws.changes(question.change_per_year, len(months), "prices/change_per_year")
    own = {
        option.name: draws.changes(
            option.change_per_year, len(months), f"{option.where}/change_per_year"
        )
        for option in question.options
        if option.change_per_year is not None
    }
    added = {
        option.name: {
            key: draws.value(option.added[key], key, f"{option.where}/{key}") for key in ADDED
        }
        for option in question.options
    }
    drawn = [use, prices, *own.values(), np.atleast_2d(on_demand if on_demand is not None else 0.0)]
    drawn += [
        np.atleast_2d(v) for given in fields for v in given.values() if isinstance(v, np.ndarray)
    ]
    drawn += [np.atleast_2d(v) for each in added.values() for v in each.values()]
    paths = max(len(one) for one in drawn)
    shape = (paths, len(months))
    world = World.of(
        months,
        np.broadcast_to(use, shape),
        shape_of(question),
        np.broadcast_to(prices, shape),
        on_demand,
        document.net_days,
    )
    wide = {name: np.broadcast_to(one, world.use.shape) for name, one in own.items()}
    return Settling(
        question=question,
        offers=made,
        fields={option.name: given for option, given in zip(question.options, fields, strict=True)},
        world=world,
        prices=wide,
        added=added,
        paths=paths,
    )


def made_of(option: Option, fields: dict):
    try:
        if option.way in offers.kinds():
            return offers.make(option.way, fields, option.where)
        if option.way in ways.kinds():
            return ways.make(option.way, fields, option.where)
    except InputError:
        raise
    except FinOpsError as problem:
        raise InputError(str(problem)) from None
    raise InputError(unknown(option.where, "way to buy", option.way, known_ways()))


def _drawn(option: Option, draws: Draws) -> dict:
    """The fields of an option, its ranges drawn."""
    if option.way in REPLACED:
        raise InputError(
            f"{option.where}: way {option.way} is for scenarios; write {REPLACED[option.way]}."
        )
    if option.way not in known_ways():
        raise InputError(unknown(option.where, "way to buy", option.way, known_ways()))
    form: Any = offers.form(option.way) if option.way in offers.kinds() else ways.form(option.way)
    may = form.UNCERTAIN
    fields = {}
    for key, value in option.fields.items():
        if isinstance(value, str) and NUMBER.match(value):
            raise InputError(
                f"{option.where}/{key} is the text '{value[:40]}'; write the number without quotes."
            )
        ranged = isinstance(value, dict) and any(
            str(name) in ("kind", "min", "max", "p")
            or str(name).startswith("p")
            and str(name)[1:2].isdigit()
            for name in value
        )
        if key in may and isinstance(value, dict):
            market = "price" if key == "on_demand" else key  # one market, one draw
            fields[key] = draws.value(value, market, f"{option.where}/{key}")
        elif ranged and "kind" not in value:
            raise InputError(
                f"{option.where}/{key} is a range; here it must be one number. A range may be: {', '.join(may) or 'nothing of this way'}."
            )
        else:
            fields[key] = value
    return fields


def _filled(option: Option, fields: dict, on_demand, document) -> None:
    """What the file says for all of a way of scenarios that does not say it itself: the on-demand price, the hours of a day."""
    if option.way in offers.kinds():
        return
    known = {field.name for field in fields_of(ways.form(option.way))}
    if "term_months" in fields and "term_months" not in known:
        fields.pop("term_months")
    if "on_demand" in known and on_demand is not None:
        fields.setdefault("on_demand", on_demand)
    if "hours" in known and document.hour_shape is not None and len(document.hour_shape) == 24:
        fields.setdefault("hours", list(document.hour_shape))


def _on_demand(question: Question, fields: list[dict], draws: Draws):
    """Today's on-demand price: of the file, else of its first option on demand; 1 where the demand is money."""
    document = question.document
    if document.on_demand is not None:
        return draws.value(document.on_demand, "price", "on_demand")
    for option, given in zip(question.options, fields, strict=True):
        if option.way == "on_demand" and given.get("price") is not None:
            return given["price"]
    return 1.0 if document.demand.unit == (document.currency or "USD") else None
