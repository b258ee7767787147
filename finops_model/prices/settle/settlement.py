"""Settlement: pooled usage → ordered instruments → rate forms → charge lines, one composition for every way to buy (docs/method §5.11).

Axes are (..., period, sku); leading axes (paths) are free, and a scalar call is an array call of one period. Quantity transforms
(prices/transforms) come before: what is settled here is billed quantity, pooled over accounts and workloads. Credits, support fees
and tax come after (prices/terms/credits, prices/settle/adjustments). numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, listing, unknown
from ..instruments import Allocation, ordered
from ..instruments import make as make_instrument
from ..rates import make as make_rate
from ..rates._parts import Form
from .windows import charge_at, charge_months, pooled


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """Usage settled under instruments. Money arrays are float64 and end in (window,), the months of the rate forms.

    usage = Σ covered + spill + blocked in every cell; each instrument's used + unused = purchased in every window of its own.
    """

    skus: tuple[str, ...]
    instruments: tuple  # in the order they were applied
    allocations: tuple[Allocation, ...]
    usage: np.ndarray  # (..., period, sku) units
    spill: np.ndarray  # (..., period, sku) units charged on demand
    blocked: np.ndarray  # (..., period, sku) units refused by capacity that blocks
    window_of: np.ndarray  # (period,) window of each period
    list_cost: np.ndarray  # (..., window, sku) all served usage at list prices, no instrument
    contracted_cost: (
        np.ndarray
    )  # (..., window, sku) the same at contracted prices: the on-demand equivalent
    on_demand: np.ndarray  # (..., window, sku) spill at contracted prices
    list_of_spill: np.ndarray  # (..., window, sku) spill at list prices
    dates: np.ndarray | None = None  # (period,) datetime64[h]

    @property
    def fees(self) -> np.ndarray:
        """Effective fee of every instrument by window, (instrument, window)."""
        windows = self.on_demand.shape[-2]
        return (
            np.stack([_by_window(done, self.window_of, windows) for done in self.allocations])
            if self.allocations
            else np.zeros((0, windows))
        )

    @property
    def effective_cost(self) -> np.ndarray:
        """EffectiveCost (..., window): spill on demand and every fee, unused part included; before credits, support and tax."""
        return self.on_demand.sum(axis=-1) + self.fees.sum(axis=0)

    @property
    def on_demand_cost(self) -> np.ndarray:
        """What is charged without a commitment, contracted money (..., window)."""
        return self.on_demand.sum(axis=-1)

    @property
    def billed_cost(self) -> np.ndarray:
        """BilledCost (..., window): spill, and fees by their payment option."""
        from .charge_lines import billed_fees

        return self.on_demand.sum(axis=-1) + billed_fees(self).sum(axis=0)

    @property
    def savings(self) -> np.ndarray:
        """On-demand equivalent minus effective cost, money (..., window); negative where commitments cost more than they save."""
        return self.contracted_cost.sum(axis=-1) - self.effective_cost

    def total(self) -> np.ndarray:
        """EffectiveCost over all windows, (...)."""
        return self.effective_cost.sum(axis=-1)

    def allocation(self, id: str) -> Allocation:
        """What one instrument did. Raises PriceError with the nearest match."""
        ids = [held.id for held in self.instruments]
        if id not in ids:
            raise PriceError(unknown("settlement", "instrument", id, ids))
        return self.allocations[ids.index(id)]

    def lines(self) -> list[dict]:
        """Charge lines with FOCUS names (prices/settle/charge_lines.py)."""
        from .charge_lines import lines

        return lines(self)

    def invoice(self, adjustments=None, periods=None):
        """With credits, support fee and tax: an invoice.Invoice (prices/settle/charge_lines.py)."""
        from .charge_lines import invoice

        return invoice(self, adjustments, periods)


def settle(
    usage,
    skus,
    prices,
    instruments=(),
    *,
    window_of=None,
    dates=None,
    contracted=None,
    already=None,
) -> Settlement:
    """Settle usage in the one order that holds for every purchase form.

    Commitments are compared with, and spill is charged at, contracted prices.

    Parameters
    ----------
    usage : array (..., period, sku)
        Billed units, >= 0.
    skus : sequence of str
        Their names.
    prices : mapping
        SKU -> rate form, or money per unit: the list price; (period,) numbers where it changes
        within a window.
    instruments : iterable, optional
        Commitments, provisioned capacity, seats (prices/instruments), in any order.
    window_of : array (period,), optional
        Window of each period for rate forms; default: months of `dates`, else one window for all.
    dates : array (period,) datetime64, optional
        Where instruments have terms.
    contracted : mapping, optional
        SKU -> negotiated rate form, or negotiated share off the list price of its units (fees and
        minima stay); others pay list.
    already : mapping, optional
        SKU -> units used before in the first window (a month under way).

    Returns
    -------
    Settlement
        Money (..., window), in the currency of the prices.

    Raises
    ------
    PriceError
        Shapes that do not fit; usage, prices or instruments that make no sense.

    Source
    ------
    docs/method §5.11, §5.12.

    Examples
    --------
    >>> terms = {"kind": "units", "id": "ri", "quantity": 60, "rate": 0.7, "skus": ["gpu"]}
    >>> usage = [[40.0]] * 16 + [[100.0]] * 8
    >>> float(settle(usage, ("gpu",), {"gpu": 1.0}, [make_instrument(terms)]).total())
    1328.0
    """
    skus, usage = tuple(skus), _usage(usage, skus)
    periods = usage.shape[-2]
    dates = None if dates is None else np.asarray(dates, dtype="datetime64[h]")
    if dates is not None and dates.shape != (periods,):
        raise PriceError(
            f"settlement: usage has {periods} periods and there are {dates.size} dates; give one date for each period."
        )

    window_of = _windows(window_of, dates, periods)
    rates = {sku: _rate(prices, sku, periods) for sku in skus}
    deals = {
        sku: _contracted(contracted or {}, sku, rates.get(sku), skus, periods)
        for sku in (contracted or {})
    }
    unit = _unit_prices(skus, {**rates, **deals})

    held = ordered(_checked(instruments, skus))
    rest, blocked, allocations = usage.copy(), np.zeros_like(usage), []
    for instrument in held:
        inside = _in_term(instrument, dates, periods)
        where = {"period": None, "month": window_of, "term": np.zeros(periods, int)}[
            instrument.window
        ]
        part = instrument.allocate(rest, skus, unit, inside, where)
        rest = np.maximum(rest - part.covered, 0.0)
        if part.blocked is not None:
            part_blocked = np.minimum(part.blocked, rest)
            blocked, rest = blocked + part_blocked, rest - part_blocked
        allocations.append(part)

    served = usage - blocked
    already = already or {}

    def money(amount, table):
        return np.stack(
            [
                _charge(table[sku], amount[..., s], window_of, already.get(sku))
                for s, sku in enumerate(skus)
            ],
            axis=-1,
        )

    listed = money(served, rates)
    spilled = money(rest, rates) if allocations else listed

    deal = {**rates, **deals}
    contracted_cost = money(served, deal) if deals else listed
    on_demand = (money(rest, deal) if allocations else contracted_cost) if deals else spilled
    return Settlement(
        skus=skus,
        instruments=tuple(held),
        allocations=tuple(allocations),
        usage=usage,
        spill=rest,
        blocked=blocked,
        window_of=window_of,
        list_cost=listed,
        contracted_cost=contracted_cost,
        on_demand=on_demand,
        list_of_spill=spilled,
        dates=dates,
    )


def price(
    usage: Mapping,
    prices,
    instruments=(),
    *,
    day=None,
    window_of=None,
    dates=None,
    contracted=None,
    already=None,
) -> Settlement:
    """`settle` for people: usage by SKU; instruments may be mappings as in a document.

    Parameters
    ----------
    usage : mapping of str to float or array (period,)
        SKU -> billed units, >= 0.
    prices : mapping or Catalog
        SKU -> price (see `settle`), or a Catalog (fm.load_catalog).
    instruments : iterable, optional
        Instruments, or mappings with a kind.
    day : date or str, optional
        Which prices of a catalog are in force, YYYY-MM-DD.
    window_of, dates, contracted, already
        As in `settle`.

    Returns
    -------
    Settlement
        Money by window, in the currency of the prices.

    Raises
    ------
    PriceError
        Usage, prices or instruments that make no sense.

    Source
    ------
    docs/method §5.11.

    Examples
    --------
    >>> plan = {"kind": "units", "quantity": 60, "rate": 1.2, "skus": ["gpu"]}
    >>> bill = price({"gpu": [40, 100]}, {"gpu": 2.0}, [plan])
    >>> bill.on_demand_cost, bill.effective_cost
    (array([80.]), array([224.]))
    """
    if not isinstance(usage, Mapping) or not usage:
        raise PriceError(
            "price: usage must be a mapping of SKUs to units, for example {'gpu': 40} or {'gpu': [40, 100]}."
        )
    if not isinstance(prices, Mapping):
        if day is None:
            raise PriceError(
                "price: a catalog has many prices of a SKU; give the day whose prices are meant, for example day='2026-10-31'."
            )
        prices = _of_day(prices, usage, day)

    amounts = [
        np.atleast_1d(quantities(f"usage of '{sku}'", amount)[()]) for sku, amount in usage.items()
    ]
    try:
        stacked = np.stack(np.broadcast_arrays(*amounts), axis=-1)
    except ValueError:
        raise PriceError(
            f"price: usage has lengths {listing(str(a.shape) for a in amounts)}; give every SKU as many periods."
        ) from None
    contracts = [
        make_instrument(dict(held)) if isinstance(held, Mapping) else held for held in instruments
    ]

    return settle(
        stacked,
        tuple(usage),
        prices,
        contracts,
        window_of=window_of,
        dates=dates,
        contracted=contracted,
        already=already,
    )


def _of_day(catalog, usage, day) -> dict:
    """Prices of a catalog in force on a day; one currency only."""
    in_force = {sku: catalog.price(sku, day) for sku in usage}
    currencies = sorted({price.currency for price in in_force.values()})
    if len(currencies) > 1:
        raise PriceError(
            f"price: the SKUs are priced in {listing(currencies)}; money of several currencies is not added up. Convert the prices first."
        )
    return {sku: price.rate for sku, price in in_force.items()}


def _usage(usage, skus) -> np.ndarray:
    usage = quantities("usage", usage)
    if usage.ndim < 2 or usage.shape[-1] != len(skus):
        raise PriceError(
            f"settlement: usage has shape {usage.shape} and there are {len(skus)} SKUs; it must be (..., period, sku)."
        )
    if len(set(skus)) != len(skus):
        twice = next(sku for sku in skus if skus.count(sku) > 1)
        raise PriceError(f"settlement: SKU '{twice}' appears twice; pool its usage first.")
    return usage


def _windows(window_of, dates, periods: int) -> np.ndarray:
    if window_of is not None:
        window_of = np.asarray(window_of, dtype=int)
        if (
            window_of.shape != (periods,)
            or (np.diff(window_of) < 0).any()
            or (periods and window_of[0] < 0)
        ):
            raise PriceError(
                f"settlement: window_of must give each of the {periods} periods its window, counted from 0 and in time order."
            )
        return window_of
    if dates is None:
        return np.zeros(periods, int)
    months = dates.astype("datetime64[M]")
    if (np.diff(dates).astype(int) < 0).any():
        raise PriceError("settlement: dates are not in time order.")
    return np.unique(months, return_inverse=True)[1].reshape(-1)


def _rate(prices: Mapping, sku: str, periods: int):
    if sku not in prices:
        raise PriceError(unknown("settlement", "SKU", sku, prices, "Give it a price."))
    return _form(prices[sku], f"price of '{sku}'", periods)


def _form(value, what: str, periods: int):
    """A rate form; a mapping with kind; a number per unit; or numbers, one for each period."""
    if hasattr(value, "charge"):
        return value
    if isinstance(value, Mapping):
        fields = dict(value)
        return make_rate(fields.pop("kind", "linear"), fields, what)
    if np.ndim(value) == 0:
        return make_rate("linear", {"price": number(value, what)}, what)
    steps = quantities(what, value)
    if steps.shape != (periods,):
        raise PriceError(
            f"settlement: {what} has {steps.size} numbers and there are {periods} periods; give one, or one for each period."
        )
    return steps


def _contracted(contracted: Mapping, sku: str, listed, skus, periods: int):
    """The negotiated form of a SKU: its own price overrides, a share is taken off the list price of its units."""
    if sku not in skus:
        raise PriceError(unknown("settlement: contracted", "SKU", sku, skus))
    value = contracted[sku]
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return _form(value, f"contracted price of '{sku}'", periods)
    if number(value, f"contracted share of '{sku}'") > 1:
        raise PriceError(
            f"contracted share of '{sku}' is {value:g}; a share off the list price goes from 0 to 1. "
            "For a negotiated price write {kind: linear, price: …}."
        )
    return (
        listed * (1 - value)
        if isinstance(listed, np.ndarray)
        else _Discounted(listed, float(value))
    )


@dataclass(frozen=True)
class _Discounted:
    """A rate form with a share off the price of its units: fees and minima stay (docs/method §5.15)."""

    form: Form
    share: float

    def charge(self, quantity):
        return charge_at(self.form, quantity, 1 - self.share)


def _unit_prices(skus, table) -> np.ndarray:
    """Money of the first unit, (sku,) or (period, sku): what a spend plan compares its rates with."""
    firsts = [
        table[sku] if isinstance(table[sku], np.ndarray) else float(_first(table[sku]))
        for sku in skus
    ]
    return (
        np.stack(np.broadcast_arrays(*firsts), axis=-1)
        if any(np.ndim(f) for f in firsts)
        else np.array(firsts)
    )


def _first(form) -> float:
    """Price of one unit of a form: of the first unit that is charged, fees and minima left out."""
    inner = form.form if isinstance(form, _Discounted) else form
    block = getattr(inner, "block", 1.0)
    price = inner.prices[0] if hasattr(inner, "prices") else getattr(inner, "price", None)
    unit = price / block if price is not None else float(inner.charge(1.0))
    return unit * (1 - form.share) if isinstance(form, _Discounted) else unit


def _checked(instruments, skus) -> list:
    ids = [held.id for held in instruments]
    for id in ids:
        if ids.count(id) > 1:
            raise PriceError(
                f"settlement: two instruments are called '{id}'; give each its own id."
            )
    return list(instruments)


def _in_term(instrument, dates, periods: int) -> np.ndarray:
    """Which periods lie in the term; starts inclusive, ends exclusive."""
    if not (instrument.start or instrument.end):
        return np.ones(periods, bool)
    if dates is None:
        raise PriceError(
            f"settlement: '{instrument.id}' has a term; give dates, one for each period."
        )
    inside = np.ones(periods, bool)
    if instrument.start:
        inside &= dates >= np.datetime64(instrument.start, "h")
    if instrument.end:
        inside &= dates < np.datetime64(instrument.end, "h")
    return inside


def _charge(form, amount: np.ndarray, window_of: np.ndarray, already) -> np.ndarray:
    """Money by window (..., window) of one SKU's units (..., period)."""
    windows = int(window_of[-1]) + 1 if len(window_of) else 0
    if isinstance(form, np.ndarray):  # a price of each period: linear
        return pooled(amount * form, window_of, windows)
    return charge_months([form] * windows, pooled(amount, window_of, windows), already)


def _by_window(allocation: Allocation, window_of: np.ndarray, windows: int) -> np.ndarray:
    """An instrument's fee by the windows of the rate forms, (window,): a longer window's fee is spread over its periods."""
    each = np.bincount(allocation.window_of, minlength=len(allocation.fee))
    by_period = (
        (allocation.fee / np.maximum(each, 1))[allocation.window_of]
        if len(allocation.window_of)
        else np.zeros(0)
    )
    return np.bincount(window_of, by_period, windows)
