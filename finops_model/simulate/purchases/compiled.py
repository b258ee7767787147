"""Purchases of a scenario as columns of demand and meters of the kernel (docs/method §3.42).

The demand of a purchase is a share of its use: 1 ÷ days of the month on each day, with its ramp, its growth and the uncertainty it
borrows; meters multiply it by units a month. So one level moves all meters of a purchase, and a range of one moves that one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...errors import ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...periods import month_index
from ...scenario.changes import events_on, timeline, unescape
from ...scenario.purchases.changes import asked_from, starts
from ...scenario.purchases.takes import meter_for
from ...scenario.purchases.terms import Purchase
from ...scenario.ways import Months
from ...uncertainty.curves import progress
from ...uncertainty.distributions import Distribution

Draws = tuple[tuple[str, Distribution], ...]


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Use of one meter of a purchase, of days on which its number is multiplied by the same draws."""

    name: str
    workload: int
    rate: np.ndarray  # (day,) units per unit of demand
    draws: Draws  # one uniform per path and name
    steady: np.ndarray | None = (
        None  # (month,) its units where no path differs: float64, to the cent
    )


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A purchase of a plan."""

    purchase: Purchase
    workloads: tuple[int, ...]  # whose money it is: several by their use
    months: Months
    meters: tuple[Meter, ...]
    fields: Mapping[str, Timeline]  # by month: of the way, where a value is uncertain or changes
    money: str = (
        ""  # the currency, where a unit that it takes over is money: a bill without quantities
    )
    begun: Months | None = (
        None  # with the days of the month under way before, for ways whose window is the month
    )

    @property
    def name(self) -> str:
        return self.purchase.name


def with_purchases(resolved, demand, dates, arrays: dict) -> dict:
    """Demand arrays with a column for every purchase: the share of its use of a day, and the uncertainty it borrows."""
    whole = _days_of_month(dates)
    for purchase in resolved.purchases.values():
        if purchase.takes:
            continue
        common = purchase.common
        on = dates >= np.datetime64(starts(purchase, dates[0]))
        if purchase.until:
            on &= dates < np.datetime64(purchase.until)
        age = (dates - np.datetime64(asked_from(purchase, dates[0]), "D")).astype(int) + 1
        ramp = progress(np.maximum(age, 0), common.ramp_months, common.curve)
        column = {
            "median": np.where(on, ramp / whole, 0.0),
            "cap": np.full(len(dates), np.inf),
        }
        like = demand.names.index(common.like) if common.like else None
        for key in ("step", "phi", "sigma", "loading"):
            own = arrays[key][..., : len(demand.names)]
            if common.exactly:
                column[key] = np.zeros(own.shape[:-1])
            else:
                column[key] = own[..., like] if like is not None else np.median(own, axis=-1)
        arrays = {
            key: np.concatenate([value, np.asarray(column[key])[..., None]], axis=-1)
            for key, value in arrays.items()
        }
    return arrays


def month_steps(purchase: Purchase, dates: np.ndarray) -> np.ndarray:
    """(day,): how many months of growth are added on each day: all that have passed on the first one, then one on each first of a month."""
    first = np.datetime64(asked_from(purchase, dates[0]), "M")
    months = np.maximum((dates.astype("datetime64[M]") - first).astype(int), 0)
    return np.diff(months, prepend=0).astype(float)


def growth_of(resolved, purchase: Purchase, dates: np.ndarray) -> Timeline | None:
    """Growth a month by day; None where there is none."""
    path = f"{purchase.path}/growth_per_month"
    if not purchase.meters():
        return None
    values = timeline(
        np.full(len(dates), float(resolved.tree["purchases"][purchase.name]["growth_per_month"])),
        events_on(resolved, path),
        dates,
    )
    return None if values.certain and not values.number.any() else values


def own_names(resolved) -> list[str]:
    """Purchases that are workloads of their own: all but those that take use over."""
    return [name for name, purchase in resolved.purchases.items() if not purchase.takes]


def take_over(resolved, entries: dict, names, dates: np.ndarray) -> dict[str, dict]:
    """Take the use that purchases take over out of `entries`; by purchase {(workload, sku): units per unit of volume by day}.

    entries   (workload, sku) -> units per unit of volume, (day,): what is left stays there
    names     of workloads, those of campaigns as of the workload whose use they are
    """
    whole, taken = dict(entries), {}
    left: dict[tuple[int, str], np.ndarray] = {}  # share of its use that no purchase takes
    for name, purchase in resolved.purchases.items():
        takes = purchase.takes
        if takes is None:
            continue
        age = (dates - np.datetime64(asked_from(purchase, dates[0]), "D")).astype(int) + 1
        on = progress(np.maximum(age, 0), purchase.common.ramp_months, purchase.common.curve)
        if purchase.until:
            on = np.where(dates < np.datetime64(purchase.until), on, 0.0)
        share = takes.share * on * (age > 0)
        taken[name] = {
            (w, sku): quantity * share
            for (w, sku), quantity in whole.items()
            if takes.has(names[w], sku)
        }
        if not taken[name] and not resolved.facts.replay:
            raise ScenarioError(
                f"{purchase.where}: {purchase.path}/for: none of its workloads uses one of its SKUs. Check both lists."
            )
        for key in taken[name]:
            left[key] = left.get(key, np.ones(len(dates))) - share
            if (left[key] < -1e-9).any():
                raise ScenarioError(
                    f"{purchase.where}: {purchase.path}/for: purchases take over more than all of what '{names[key[0]]}' uses of "
                    f"'{key[1]}'. Together their shares may be 1 at most."
                )
    for key, share in left.items():
        entries[key] = whole[key] * np.maximum(share, 0.0)
    return taken


def refuse_moved(resolved, taken: Mapping, moved, names) -> None:
    """Raises ScenarioError where an uncertain lever moves only some SKUs of a workload and one of these is taken over."""
    for name, part in taken.items():
        for w, sku in part:
            if (w, sku) in moved:
                purchase = resolved.purchases[name]
                raise ScenarioError(
                    f"{purchase.where}: {purchase.path}/for: an uncertain lever acts on '{sku}' of '{names[w]}', whose use this takes over. "
                    "Write one number for the lever, or a scenario for each."
                )


def _taking(resolved, purchase: Purchase, taken: Mapping, names) -> list[Meter]:
    """Meters of the use that a purchase takes over, one by workload and meter; true units (Meta.paid)."""
    at, form = f"{purchase.where}: {purchase.path}", purchase.form
    known = {sku.id: sku for sku in resolved.facts.meta.skus}
    units = {sku: unit_of(resolved.facts, sku) for _, sku in taken}
    alike = getattr(form, "ANY_UNIT", False) or len(form.METERS) > 1
    if not alike and len({unit.casefold() for unit in units.values()}) > 1:
        first, *rest = {unit: sku for sku, unit in units.items()}.items()
        raise ScenarioError(
            f"{at}/for: '{first[1]}' is in {first[0] or 'no unit'} and '{rest[0][1]}' in {rest[0][0] or 'no unit'}, and "
            f"{purchase.common.way} has one price of one unit. Name skus of one unit."
        )
    rates: dict[tuple[int, str], np.ndarray] = {}
    for (w, sku), rate in taken.items():
        meter = meter_for(form, purchase.common.way, known.get(sku) or _listed(resolved, sku), at)
        paid = resolved.facts.meta.paid.get((names[w], sku), 1.0)
        rates[w, meter] = rates.get((w, meter), 0.0) + rate / paid
    return [
        Meter(name=meter, workload=w, rate=rate, draws=()) for (w, meter), rate in rates.items()
    ]


def unit_of(facts, sku: str) -> str:
    """What a SKU of ledger or catalog is counted in."""
    own = [known.unit for known in facts.meta.skus if known.id == sku]
    return own[0] if own else facts.catalog.prices[sku][-1].unit


def _money(resolved, purchase: Purchase, taken) -> str:
    """The currency, where a way with a price of a unit takes over what the bill has no quantities of."""
    if getattr(purchase.form, "ANY_UNIT", False):
        return ""
    currency = resolved.facts.currency
    return currency if any(unit_of(resolved.facts, sku) == currency for _, sku in taken) else ""


@dataclass(frozen=True)
class _Listed:
    id: str
    meter: str


def _listed(resolved, sku: str) -> _Listed:
    return _Listed(sku, resolved.facts.catalog.prices[sku][-1].meter or sku)


def compile_purchases(
    resolved,
    dates: np.ndarray,
    months,
    names,
    steady: Mapping[int, np.ndarray],
    taken: Mapping[str, Mapping],
) -> tuple[Bought, ...]:
    """Every purchase of a scenario on the days and months of a plan.

    names    workloads in the order of the plan
    steady   workload -> demand by day, of those that are the same on every path
    taken    as `take_over` gives it
    """
    of_day = month_index(dates, months)
    inside = of_day >= 0
    firsts = np.array([f"{month}-01" for month in months], "datetime64[D]")
    bought = []
    for name, purchase in resolved.purchases.items():
        if purchase.takes:
            meters = _taking(resolved, purchase, taken[name], names)
            owners = tuple(sorted({meter.workload for meter in meters})) or (0,)
        else:
            meters, owners = [], (names.index(name),)
        for meter, path in purchase.meters().items():
            w = owners[0]
            use = timeline(_base(resolved, path, len(dates)), events_on(resolved, path), dates)
            for which in np.unique(use.which):
                here = np.where(use.which == which, use.number, 0.0)
                draws = use.mixtures[which] if which >= 0 else ()
                units = None
                if w in steady:
                    units = np.bincount(
                        of_day[inside], (steady[w] * here)[inside], minlength=len(months)
                    )
                meters.append(Meter(name=meter, workload=w, rate=here, draws=draws, steady=units))
        moved = {}
        for path in purchase.values():
            key = path.split("/", 2)[2]
            if key.startswith("use") or key == "growth_per_month":
                continue
            moved[key] = timeline(
                _base(resolved, path, len(months)), events_on(resolved, path), firsts
            )
        bought.append(
            Bought(
                purchase=purchase,
                workloads=owners,
                months=Months.between(months, starts(purchase, dates[0]), purchase.until),
                meters=tuple(meters),
                fields=moved,
                money=_money(resolved, purchase, taken.get(name, ())),
                begun=_begun(purchase, months, dates[0]),
            )
        )
    return tuple(bought)


def _begun(purchase: Purchase, months, first) -> Months | None:
    """The months with the days of the one under way that are in the bill, where it held on them and is settled by whole months."""
    start = max(purchase.since or str(first), f"{months[0]}-01")
    if (
        not getattr(purchase.form, "WINDOWED", False)
        or start >= str(first)
        or str(first)[:7] != months[0]
    ):
        return None
    return Months.between(months, start, purchase.until)


def _base(resolved, path: str, count: int) -> np.ndarray:
    value = resolved.tree
    for part in path.split("/"):
        value = value[unescape(part)]
    return np.full(count, float(value))


def _days_of_month(dates: np.ndarray) -> np.ndarray:
    months = dates.astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
