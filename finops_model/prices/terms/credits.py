"""Credits and prepaid balances: drawn in order, spent or expired (docs/method §5.44, §5.45). numpy only.

A credit pays for cost of the services it names while it is valid. Only the balance runs along time, and a cumulative sum
gives that: what a credit has paid until a period is min(eligible cost until then, amount). So every leading axis is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from .dates import D, bound, windows

ORDERS = ("expiry", "written")


@dataclass(frozen=True)
class Credit:
    """Money (or token credits at their price) that pays for eligible cost.

    Raises PriceError for a negative or non-finite amount, a share outside 0..1, an expiry that is not after the start.
    """

    amount: float  # granted, money
    id: str = ""
    start: str | None = (
        None  # first day it pays for, YYYY-MM-DD or YYYY-MM; None: from the beginning
    )
    expires: str | None = (
        None  # first day it is void (ends are exclusive); a month YYYY-MM: after its last day
    )
    services: tuple[str, ...] = ()  # services or SKUs it pays for; empty: all
    share: float = 1.0  # share of the eligible cost it may pay, 0..1
    categories: tuple[str, ...] = ("Usage",)  # ChargeCategory it pays for (invoices)
    paid: float = 0.0  # money paid for it: 0 for a gift, the price of a prepaid balance

    def __post_init__(self):
        name = f"credit '{self.id}'" if self.id else "credit"
        for key in ("amount", "share", "paid"):
            object.__setattr__(self, key, number(getattr(self, key), f"{name}: {key}"))
        if self.share > 1:
            raise PriceError(f"{name}: share is {self.share:g}; it must be a share from 0 to 1.")
        for key in ("services", "categories"):
            value = getattr(self, key)
            object.__setattr__(self, key, (value,) if isinstance(value, str) else tuple(value))
        first, last = self.valid()
        if last <= first:
            raise PriceError(
                f"{name}: it expires on {last}, not after its start on {first}; "
                "the expiry is the first day on which it is void."
            )

    def valid(self) -> tuple[np.datetime64, np.datetime64]:
        """First day it pays for and the first day it is void."""
        name = f"credit '{self.id}'" if self.id else "credit"
        first = bound(self.start, f"{name}: start") if self.start else np.datetime64("0001-01-01")
        last = (
            bound(self.expires, f"{name}: expires", end=True)
            if self.expires
            else np.datetime64("9999-12-31")
        )
        return first, last


@dataclass(frozen=True)
class Drawn:
    """What credits did. For each credit: drawn over all periods + expired + left = granted."""

    drawn: np.ndarray  # (..., period, credit) money paid by each credit
    expired: np.ndarray  # (..., credit) lost, because it became void before it was used
    left: np.ndarray  # (..., credit) still valid after the last period
    before: np.ndarray  # (..., period) cost before credits
    by_service: (
        np.ndarray
    )  # (..., period, service) paid for each service; one service where none are named

    @property
    def after(self) -> np.ndarray:
        """Cost after credits (..., period)."""
        return self.before - self.drawn.sum(axis=-1)

    @property
    def total(self) -> np.ndarray:
        """Drawn over all periods (..., credit)."""
        return self.drawn.sum(axis=-2)


def ordered(credits: Sequence[Credit], order="expiry") -> list[int]:
    """Positions of credits in the order in which they pay.

    order   "expiry": soonest expiry, then fewest services, then earliest start, then as written (the order AWS
            publishes); "written": as they stand; or the ids in order, all of them

    >>> ordered([Credit(5, "late", expires="2027-06"), Credit(5, "soon", expires="2027-01"), Credit(5, "open")])
    [1, 0, 2]
    """
    if isinstance(order, str):
        if order not in ORDERS:
            raise PriceError(unknown("credits", "order", order, ORDERS))
        if order == "written":
            return list(range(len(credits)))
        key = [
            (c.valid()[1], len(c.services) or np.inf, c.valid()[0], i)
            for i, c in enumerate(credits)
        ]
        return sorted(range(len(credits)), key=key.__getitem__)
    ids = [credit.id for credit in credits]
    if sorted(map(str, order)) != sorted(ids) or len(set(ids)) != len(ids):
        raise PriceError(
            f"credits: the order names {', '.join(map(str, order))} but the credits are {', '.join(ids)}; "
            "name each of them once."
        )
    return [ids.index(str(name)) for name in order]


def draw(
    credits: Sequence[Credit],
    cost,
    periods: Sequence[str] | None = None,
    services: Sequence[str] | None = None,
    order="expiry",
) -> Drawn:
    """Draw credits down against cost, period by period.

    In every period the credits pay one after the other. A credit that begins or ends within a
    period pays for the cost of its days, the cost of a period lying evenly over its days. What a
    credit pays is shared among its services by what is still unpaid there.

    Parameters
    ----------
    credits : sequence of Credit
        Money of one currency.
    cost : array (..., period) or (..., period, service)
        Money; a negative cost (a refund) is not paid for.
    periods : sequence of str, optional
        Months YYYY-MM or days YYYY-MM-DD; needed where a credit has a start or an expiry.
    services : sequence of str, optional
        Names of the last axis, for credits that pay only for some.
    order : str or sequence, optional
        See `ordered`.

    Returns
    -------
    Drawn
        drawn (..., period, credit), expired, left and after, money.

    Raises
    ------
    PriceError
        A cost that is no finite number, shapes that do not fit, a service nobody has.

    Source
    ------
    docs/method §5.44.

    Examples
    --------
    >>> credits = [Credit(100, "trial", expires="2027-01"), Credit(500, "grant")]
    >>> month = draw(credits, [80.0, 90.0], ["2027-01", "2027-02"])
    >>> month.drawn.tolist(), month.expired.tolist(), month.left.tolist(), month.after.tolist()
    ([[80.0, 0.0], [0.0, 90.0]], [20.0, 0.0], [0.0, 410.0], [0.0, 0.0])
    """
    cost, names = _cost(cost, periods, services)
    pays = np.array(
        [[not c.services or name in c.services for name in names] for c in credits], bool
    ).reshape(-1, len(names))
    if services is not None:
        for credit in credits:
            for name in credit.services:
                if name not in names:
                    raise PriceError(unknown(f"credit '{credit.id}'", "service", name, names))

    shares, of, inside, ends = _parts(credits, cost.shape[-2], periods)
    whole = len(of) == cost.shape[-2]  # no period is cut
    unpaid = [np.maximum(cost[..., s], 0.0) for s in range(len(names))]
    if not whole:
        unpaid = [each[..., of] * shares for each in unpaid]
    lead = unpaid[0].shape[:-1]
    parts, by_service = (
        np.zeros((len(credits), *lead, len(of))),
        np.zeros((len(names), *lead, len(of))),
    )

    for k in ordered(credits, order):
        valid, mine = np.flatnonzero(inside[k]), np.flatnonzero(pays[k])
        if not valid.size or not mine.size:
            continue
        at = slice(valid[0], valid[-1] + 1)  # a credit is valid without a break
        base = sum(unpaid[s][..., at] for s in mine) if len(mine) > 1 else unpaid[mine[0]][..., at]
        running = np.cumsum(base if credits[k].share == 1 else base * credits[k].share, axis=-1)
        np.minimum(running, credits[k].amount, out=running)
        taken = parts[k][..., at]
        taken[..., :1] = running[..., :1]
        np.subtract(running[..., 1:], running[..., :-1], out=taken[..., 1:])
        ratio = (
            None
            if len(mine) == 1
            else np.divide(taken, base, out=np.zeros_like(base), where=base > 0)
        )
        for s in mine:
            each = taken if ratio is None else unpaid[s][..., at] * ratio
            by_service[s][..., at] += each
            unpaid[s][..., at] = np.maximum(unpaid[s][..., at] - each, 0.0)

    if not whole:
        first = np.searchsorted(of, np.arange(cost.shape[-2]))  # parts of a period stand together
        parts, by_service = (
            np.add.reduceat(parts, first, axis=-1),
            np.add.reduceat(by_service, first, axis=-1),
        )

    drawn, by_service = np.moveaxis(parts, 0, -1), np.moveaxis(by_service, 0, -1)
    rest = np.array([c.amount for c in credits]) - drawn.sum(axis=-2)
    over = (
        np.array([c.valid()[1] <= ends for c in credits], bool)
        if ends is not None
        else np.zeros(len(credits), bool)
    )
    return Drawn(
        drawn, np.where(over, rest, 0.0), np.where(over, 0.0, rest), cost.sum(axis=-1), by_service
    )


def _cost(cost, periods, services):
    """Cost as (..., period, service), checked."""
    try:
        cost = np.asarray(cost, dtype=float)
    except (TypeError, ValueError):
        raise PriceError(
            f"credits: cost is {str(cost)[:40]}; it must be an array of numbers."
        ) from None
    if not np.isfinite(cost).all():
        raise PriceError("credits: a cost is not a finite number; nothing can be drawn against it.")
    cost = np.atleast_1d(cost) if services is None else cost
    names = list(services) if services is not None else ["all"]
    cost = cost[..., None] if services is None else cost
    if cost.ndim < 2 or cost.shape[-1] != len(names):
        raise PriceError(
            f"credits: cost has shape {cost.shape} and there are {len(names)} services; "
            "give cost (..., period, service)."
        )
    if periods is not None and cost.shape[-2] != len(periods):
        raise PriceError(
            f"credits: cost has {cost.shape[-2]} periods but {len(periods)} are named; name each of them."
        )
    return cost, names


def _parts(credits, count, periods):
    """Periods cut where a credit begins or ends: share of its period, its period, and which credits pay in it."""
    if periods is None:
        for credit in credits:
            if credit.start or credit.expires:
                raise PriceError(
                    f"credit '{credit.id}': it has a start or an expiry, so the periods must be named; "
                    "pass periods, for example ['2027-01', '2027-02']."
                )
        return np.ones(count), np.arange(count), np.ones((len(credits), count), bool), None
    starts, ends = windows(periods)
    cuts = sorted({edge for credit in credits for edge in credit.valid()})
    shares, of, edges = [], [], []
    for i, (start, end) in enumerate(zip(starts, ends)):
        inner = [start, *(cut for cut in cuts if start < cut < end), end]
        for a, b in zip(inner, inner[1:]):
            shares.append((b - a).astype(int) / (end - start).astype(int))
            of.append(i)
            edges.append(a)
    edges = np.array(edges, dtype=D)
    inside = np.array(
        [(edges >= c.valid()[0]) & (edges < c.valid()[1]) for c in credits], bool
    ).reshape(len(credits), len(edges))
    return np.array(shares), np.array(of, int), inside, ends[-1] if len(ends) else None


@dataclass(frozen=True)
class Prepaid:
    """A prepaid balance over its periods, money. billed over all periods = effective over all periods + prepaid at the end."""

    drawn: np.ndarray  # (..., period) of the balances at the rate card
    overage: (
        np.ndarray
    )  # (..., period) above them, at the same rate card, invoiced for the period in arrears
    expired: (
        np.ndarray
    )  # (..., period) forfeited in the period after whose last day a balance is void
    billed: (
        np.ndarray
    )  # (..., period) what was paid for balances in the period they start, and the overage
    effective: np.ndarray  # (..., period) the price of what was drawn or forfeited, and the overage
    prepaid: np.ndarray  # (..., period) paid and not yet expensed, at the end of each period


def prepaid(balances: Sequence[Credit], cost, periods: Sequence[str], order="expiry") -> Prepaid:
    """Prepaid balances drawn at the rate card (OCI Universal Credits, token credits bought in advance).

    balances   credits with `paid`, what was paid for them: a balance of 110 for 100 has amount 110, paid 100. Each year of
               an annual commitment is one balance with its start and expiry
    cost       (..., period) usage at the rate card, money

    >>> year = prepaid([Credit(120, "2027", "2027-01", "2027-02", paid=120)], [50.0, 30.0, 40.0], ["2027-01", "2027-02", "2027-03"])
    >>> year.drawn.tolist(), year.expired.tolist(), year.overage.tolist(), year.billed.tolist(), year.prepaid.tolist()
    ([50.0, 30.0, 0.0], [0.0, 40.0, 0.0], [0.0, 0.0, 40.0], [120.0, 0.0, 40.0], [70.0, 0.0, 0.0])
    """
    result = draw(balances, cost, periods, order=order)
    starts, ends = windows(periods)
    bought, price, lost = np.zeros(len(starts)), np.ones(len(balances)), np.zeros_like(result.drawn)
    for k, balance in enumerate(balances):
        first, last = balance.valid()
        price[k] = balance.paid / balance.amount if balance.amount else 0.0
        at = int(np.searchsorted(ends, first, side="right")) if balance.start else 0
        if balance.start and not (at < len(starts) and first >= starts[at]):
            raise PriceError(
                f"credit '{balance.id}': it starts on {first}, outside the periods given; "
                "a prepaid balance is followed from its start."
            )
        bought[at] += balance.paid
        if last <= ends[-1]:
            lost[..., int(np.searchsorted(ends, last)), k] = result.expired[..., k]
    drawn, expired = result.drawn.sum(axis=-1), lost.sum(axis=-1)
    overage = result.before - drawn
    billed = bought + overage
    effective = ((result.drawn + lost) * price).sum(axis=-1) + overage
    return Prepaid(
        drawn, overage, expired, billed, effective, np.cumsum(billed - effective, axis=-1)
    )


def topups(cost, balance: float, amount: float, threshold: float = 0.0) -> np.ndarray:
    """How often a balance is topped up in each period: `amount` whenever it would fall below `threshold`.

    cost   (..., period) money drawn. After k top-ups the balance is balance + k x amount - cost so far; k is the fewest that
    keeps it at the threshold or above.

    >>> topups([8.0, 5.0, 30.0], balance=10, amount=20, threshold=5).tolist()
    [1.0, 0.0, 1.0]
    """
    balance, amount = (
        number(balance, "topups: balance"),
        number(amount, "topups: amount", above_zero=True),
    )
    threshold = number(threshold, "topups: threshold")
    cost, _ = _cost(cost, None, None)
    needed = np.cumsum(cost[..., 0], axis=-1) + threshold - balance
    count = np.maximum(np.ceil(needed / amount * (1 - 1e-13)), 0.0)
    return np.diff(np.maximum.accumulate(count, axis=-1), axis=-1, prepend=0.0)
