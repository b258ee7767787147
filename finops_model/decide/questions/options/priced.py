"""Every option settled on the shared draws: cost, payments, NPV by path (docs/method §8.61–§8.63)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....errors import FinOpsError, InputError, PriceError, unknown
from ....prices.terms.payments import npv
from ....scenario import ways
from ....scenario.ways import Months
from .. import offers
from ..offers._base import Ledger, World, joined, monthly
from .document import ADDED, Option, Question, known_ways
from .drawn import Draws, months_of, shape_of, use_of


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
            ledger = self._ledger(option, offer, world)
        except PriceError as problem:
            raise InputError(f"{option.where}: {problem}") from None
        except InputError as problem:
            text = str(problem)
            raise InputError(text if option.where in text else f"{option.where}: {text}") from None
        ledger = joined([ledger, *self._added(option, world)], ledger.meters, ledger.formula)
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
        if hasattr(
            offer, "METERS"
        ):  # a way of scenarios: what its month costs at the prices of the month
            per = option.per_unit
            names = offer.METERS
            if isinstance(per, dict):
                wrong = [name for name in per if name not in names]
                if wrong:
                    raise InputError(unknown("per_unit", "meter", wrong[0], names))
                use = {name: world.use * per.get(name, 0.0) for name in names}
            else:
                if len(names) > 1:
                    raise InputError(
                        f"{option.way} counts {', '.join(names)}; write per_unit: {{{names[0]}: …}}, what one unit of the demand takes of each."
                    )
                use = dict.fromkeys(names, world.use * per)
            settled = offer.settle(use, Months.between(world.months, f"{world.months[0]}-01"))
            cost = np.asarray(settled.cost, float) * world.prices
            return monthly(world, cost, settled.meters, settled.formula)
        if isinstance(option.per_unit, dict):
            raise InputError(f"per_unit is one number with way {option.way}, not a mapping.")
        return offer.settle(replace(world, use=world.use * option.per_unit))

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
    made = {
        option.name: _made(option, given)
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
    on_demand = _on_demand(question, made, draws)
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
        question=question, offers=made, world=world, prices=wide, added=added, paths=paths
    )


def _made(option: Option, fields: dict):
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
    if option.way not in known_ways():
        raise InputError(unknown(option.where, "way to buy", option.way, known_ways()))
    form = offers.form(option.way) if option.way in offers.kinds() else ways.form(option.way)
    may = form.UNCERTAIN
    fields = {}
    for key, value in option.fields.items():
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


def _on_demand(question: Question, made, draws: Draws):
    """Today's on-demand price: of the file, else of its first option on demand; 1 where the demand is money."""
    document = question.document
    if document.on_demand is not None:
        return draws.value(document.on_demand, "price", "on_demand")
    for option in question.options:
        price = getattr(made[option.name], "price", None)
        if option.way == "on_demand" and price is not None:
            return price
    return 1.0 if document.demand.unit == (document.currency or "USD") else None
