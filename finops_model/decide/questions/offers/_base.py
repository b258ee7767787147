"""What every offer is given and gives back: months, use, prices in; cost, payments and their days out (docs/method §8.60, §8.61)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ....checks import number, share, whole
from ....errors import InputError, PriceError, unknown
from ....periods import add_months
from ....prices.settle.hours import HOURS
from ....prices.terms.payments import INTERVALS, OPTIONS, Payment

ABOVE = ("on_demand", "block")  # what becomes of use above a capacity


@dataclass(frozen=True, kw_only=True)
class World:
    """What all options share: the months, the use and the prices of each path.

    Parameters
    ----------
    months : tuple of str
        YYYY-MM, all whole.
    days : array (month,)
        Of each month.
    shape : array (hour,)
        Use of an hour over the mean hour, mean 1: what a month looks like inside.
    use : array (path, month)
        Units of each month.
    prices : array (path, month)
        What is bought in the month costs this many times today's price.
    on_demand : float or array (path, 1), optional
        Money per unit today, where an option needs it and says none.
    net_days : int, optional
        Days from an invoice to its payment.

    Examples
    --------
    >>> world = World.of(["2026-01", "2026-02"], np.array([[744.0, 672.0]]))
    >>> world.above(0.25).tolist(), world.terms(1)
    ([[558.0, 504.0]], [(0, 1), (1, 2)])
    """

    months: tuple[str, ...]
    days: np.ndarray
    shape: np.ndarray
    use: np.ndarray
    prices: np.ndarray
    on_demand: object = None
    net_days: int = 0

    @classmethod
    def of(cls, months, use, shape=(1.0,), prices=1.0, on_demand=None, net_days=0) -> World:
        """A world of these months; prices broadcast over (path, month)."""
        names = np.array(months, "datetime64[M]")
        held = ((names + 1).astype("datetime64[D]") - names.astype("datetime64[D]")).astype(int)
        use = np.asarray(use, float)
        return cls(
            months=tuple(map(str, names)),
            days=held,
            shape=np.asarray(shape, float),
            use=use,
            prices=np.broadcast_to(np.asarray(prices, float), use.shape),
            on_demand=on_demand,
            net_days=net_days,
        )

    @property
    def hours(self) -> np.ndarray:
        """(month,): 24 a day."""
        return self.days * HOURS

    @property
    def span(self) -> int:
        """How many months."""
        return len(self.months)

    def above(self, capacity, of: float = 1.0) -> np.ndarray:
        """(path, month): units a month of `of` × the use above a capacity in units an hour; hour by hour, nothing carries over.

        The mean over the hours of max(x − k, 0) is a polyline in k with its knots at the shape's own values, so it is exact without
        an hour being laid out: an hour of use u is u × x, and what is above K is u × that polyline at K ÷ u.
        """
        hourly = of * self.use / self.hours
        level = np.divide(capacity, hourly, out=np.full(hourly.shape, np.inf), where=hourly > 0)
        knots = np.sort(self.shape)
        over = np.maximum(knots[None, :] - np.append(0.0, knots)[:, None], 0.0).mean(axis=1)
        inside = np.interp(level, np.append(0.0, knots), over, right=0.0)
        return hourly * inside * self.hours

    def terms(self, length: int) -> list[tuple[int, int]]:
        """First month and the month after the last of each term: renewed until the end, the last one cut there."""
        return [(at, min(at + length, self.span)) for at in range(0, self.span, length)]

    def day(self, month: int) -> str:
        """First day of a month by position; the one after the last is the end."""
        return f"{add_months(self.months[0], month)}-01"

    def price(self, own, what: str):
        """Money per unit today: what the option says, else the on-demand price of the file."""
        if own is not None:
            return own
        if self.on_demand is None:
            raise InputError(
                f"{what}: there is no on-demand price. Write 'on_demand:' here or at the top of the file, "
                "or add an option of way on_demand."
            )
        return self.on_demand


@dataclass(frozen=True)
class Ledger:
    """One option on every path: what each month costs, and the payments.

    Parameters
    ----------
    cost : array (path, month)
        EffectiveCost: a fee is spread over its term.
    dates : array (payment,) of datetime64[D]
        Days on which money leaves.
    cash : array (path, payment)
        The money; over all payments it is the cost of all months.
    meters : mapping of str to array
        Units (path, month): refused, unused.
    formula : str
        How it is priced, in words.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[10.0]]))
    >>> ledger = monthly(world, np.array([[20.0]]))
    >>> [str(day) for day in ledger.dates], ledger.cash.tolist()
    (['2026-02-01'], [[20.0]])
    """

    cost: np.ndarray
    dates: np.ndarray
    cash: np.ndarray
    meters: Mapping[str, np.ndarray] = field(default_factory=dict)
    formula: str = ""


def monthly(world: World, cost, meters: Mapping | None = None, formula: str = "") -> Ledger:
    """What is invoiced for each month when it is over.

    Parameters
    ----------
    world : World
        Its months.
    cost : array (path, month)
        Money.
    meters, formula : optional
        As in `Ledger`.

    Returns
    -------
    Ledger
        Paid on the first day after each month, `net_days` later.

    Examples
    --------
    >>> monthly(World.of(["2026-01"], np.ones((1, 1))), np.ones((1, 1))).cost.shape
    (1, 1)
    """
    cost = np.broadcast_to(np.asarray(cost, float), world.use.shape)
    ends = (np.array(world.months, "datetime64[M]") + 1).astype("datetime64[D]")
    return Ledger(cost, ends + world.net_days, cost, meters or {}, formula)


def joined(ledgers, meters: Mapping | None = None, formula: str = "") -> Ledger:
    """Several parts as one option.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Of the same months and paths.
    meters, formula : optional
        Of the whole.

    Returns
    -------
    Ledger
        Costs added, payments one after the other.

    Examples
    --------
    >>> one = monthly(World.of(["2026-01"], np.ones((1, 1))), np.ones((1, 1)))
    >>> joined([one, one]).cost.tolist()
    [[2.0]]
    """
    ledgers = list(ledgers)
    return Ledger(
        sum(part.cost for part in ledgers),
        np.concatenate([part.dates for part in ledgers]),
        np.concatenate([part.cash for part in ledgers], axis=1),
        meters or {},
        formula,
    )


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What offers with a term have in common: how long it is and how its fee is paid.

    Parameters
    ----------
    term_months : int
        Of one term; it is renewed at the price of then, the last one is cut at the end.
    payment : str, optional
        no_upfront, partial_upfront, all_upfront; no, partial and all for short.
    upfront_share : float, optional
        Of partial_upfront; default half.
    interval, advance : optional
        Of the rest (prices/terms/payments.py): by_days, monthly, quarterly, annually; on its first day.

    Source
    ------
    docs/method §5.40.

    Examples
    --------
    >>> Paid(term_months=12, payment="All Upfront").payment
    'all_upfront'
    >>> [Paid(payment=word).payment for word in (False, "partial", "all")]
    ['no_upfront', 'partial_upfront', 'all_upfront']
    """

    term_months: int = 12
    payment: str = "no_upfront"
    upfront_share: float | None = None
    interval: str = "by_days"
    advance: bool = False

    def __post_init__(self):
        object.__setattr__(
            self, "term_months", whole(self.term_months, "term_months", True, error=InputError)
        )
        # a `no` without quotes is false in YAML; no, partial and all are how people say it
        said = "no" if self.payment is False else str(self.payment)
        word = said.casefold().replace(" ", "_").replace("-", "_")
        word = f"{word}_upfront" if word in ("no", "partial", "all") else word
        if word not in OPTIONS or word == "scheduled":
            raise InputError(
                unknown(
                    "", "payment", str(self.payment)[:40], [o for o in OPTIONS if o != "scheduled"]
                )
            )
        object.__setattr__(self, "payment", word)
        if self.interval not in INTERVALS:
            raise InputError(unknown("", "interval", str(self.interval)[:40], INTERVALS))
        if not isinstance(self.advance, bool):
            raise InputError(f"advance is '{str(self.advance)[:40]}'; write true or false.")
        if self.upfront_share is not None:
            share(self.upfront_share, "upfront_share", InputError)

    @property
    def term(self) -> int:
        """Months of one term: what the longest of all options is taken from."""
        return self.term_months

    def fees(self, world: World, per_hour, last: int | None = None) -> Ledger:
        """The fee of every term that begins before month `last`, at the prices of its first month, spread and paid as said.

        per_hour   money of an hour today, a number or (path, 1)
        """
        parts = []
        for first, stop in world.terms(self.term_months):
            if last is not None and first >= last:
                break
            hours = float(world.hours[first:stop].sum())
            fee = (np.asarray(per_hour, float) * world.prices[:, [first]])[:, 0] * hours
            try:
                payment = Payment(
                    fee,
                    world.day(first),
                    world.day(stop),
                    self.payment,
                    self.upfront_share,
                    interval=self.interval,
                    advance=self.advance,
                    net_days=world.net_days,
                    currency="",
                )
            except PriceError as problem:
                raise InputError(str(problem)) from None
            dates, cash = payment.cash()
            parts.append(Ledger(payment.effective_by_month(world.months), dates, cash))
        return joined(parts)


def money(value, what: str):
    """A price: a number of 0 or more, or drawn values of one; None stays.

    Parameters
    ----------
    value : float, array (path, 1) or None
        As the option says it.
    what : str
        Its name, for the message.

    Returns
    -------
    float, array or None
        The same.

    Raises
    ------
    InputError
        Below 0, or no number.

    Examples
    --------
    >>> money(4, "price")
    4.0
    """
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        if (value < 0).any():
            raise InputError(
                f"{what} falls to {value.min():.4g} on some paths; it must be 0 or more."
            )
        return value
    return number(value, what, error=InputError)


def part(value, what: str):
    """A share from 0 to 1: a number, or drawn values of one.

    Parameters
    ----------
    value : float or array (path, 1)
        As the option says it.
    what : str
        Its name, for the message.

    Returns
    -------
    float or array
        The same.

    Raises
    ------
    InputError
        Outside 0 to 1, or no number.

    Examples
    --------
    >>> part(0.4, "discount")
    0.4
    """
    if isinstance(value, np.ndarray):
        if (value < 0).any() or (value > 1).any():
            raise InputError(
                f"{what} goes from {value.min():.4g} to {value.max():.4g}; it must stay from 0 to 1. Use truncate: {{min: 0, max: 1}}."
            )
        return value
    return share(value, what, InputError)


def word(value, what: str, allowed) -> str:
    """One of some words.

    Parameters
    ----------
    value : str
        As the option says it.
    what : str
        Its name, for the message.
    allowed : sequence of str
        The words.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InputError
        Another word, with the nearest.

    Examples
    --------
    >>> word("block", "above", ABOVE)
    'block'
    """
    if value not in allowed:
        raise InputError(unknown("", what, str(value)[:40], allowed))
    return value
