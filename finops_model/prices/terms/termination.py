"""Ending or changing a commitment early: what may be done, what it costs, what is left (docs/method §5.41). numpy only.

Vendors differ only in a few numbers, so a vendor is a Policy. The answer to "may I" is allowed or refused with its reason;
amounts are arrays with free leading axes. Stopping use under a live commitment saves nothing until it expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ...checks import number, quantities, whole
from ...errors import PriceError, unknown
from .dates import D, day, later


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What a vendor lets a customer do with a commitment before its end."""

    name: str = "commitment"
    cancel: bool = False  # whether it may be cancelled at all
    fee_share: float = 0.0  # early termination fee, share of the cancelled commitment
    pool: float | None = None  # money that may be cancelled in a rolling window; None: no limit
    pool_months: int = 12  # length of that window
    exchange: bool = False  # whether it may be exchanged for one worth at least what remains
    resale: bool = False  # whether it may be sold to somebody else
    resale_fee: float = 0.0  # share of the price that the market place keeps
    return_days: int = 0  # days after purchase in which it may be returned whole; 0: never
    return_hourly: float | None = None  # largest hourly commitment that may be returned
    return_same_month: bool = (
        False  # whether purchase and return must lie in the same calendar month (UTC)
    )
    returns_a_year: int | None = None  # returns in a calendar year
    minimum_days: int = 0  # days that are paid at least

    def __post_init__(self):
        for key in ("fee_share", "resale_fee"):
            value = number(getattr(self, key), f"{self.name}: {key}")
            if value > 1:
                raise PriceError(
                    f"{self.name}: {key} is {value:g}; it must be a share from 0 to 1."
                )


POLICIES = {
    policy.name: policy
    for policy in (
        Policy(name="azure_reservation", cancel=True, pool=50_000.0, exchange=True),
        Policy(name="azure_ptu_reservation", cancel=True, pool=50_000.0),
        Policy(name="azure_savings_plan"),
        Policy(name="aws_reserved_instance", resale=True, resale_fee=0.12),
        Policy(
            name="aws_savings_plan",
            return_days=7,
            return_hourly=100.0,
            return_same_month=True,
            returns_a_year=10,
        ),
        Policy(name="aws_capacity_block"),
        Policy(name="bedrock_provisioned"),
        Policy(name="gcp_committed_use"),
        Policy(name="oci_universal_credits"),
        Policy(name="openai_scale_tier", minimum_days=30),
    )
}


def policy(name, **changes) -> Policy:
    """The policy of a vendor's commitment, with changes (a fee of 12 %: fee_share=0.12).

    >>> policy("azure_reservation", fee_share=0.12).fee_share
    0.12
    """
    if isinstance(name, Policy):
        return replace(name, **changes) if changes else name
    if name not in POLICIES:
        raise PriceError(unknown("termination", "policy", str(name), POLICIES))
    allowed = [field.name for field in fields(Policy) if field.name != "name"]
    for key in changes:
        if key not in allowed:
            raise PriceError(unknown(f"policy '{name}'", "field", key, allowed))
    return replace(POLICIES[name], **changes)


@dataclass(frozen=True)
class Answer:
    """Whether something is allowed, and why not; amounts in money, (...) where the inputs are arrays."""

    allowed: np.ndarray | bool
    reason: str  # "" where everything is allowed; else the reason for the first that is refused
    cancelled: float | np.ndarray = 0.0  # commitment that ends, money
    fee: float | np.ndarray = 0.0  # early termination fee
    refund: float | np.ndarray = 0.0  # money that comes back: paid for time to come, less the fee
    pool_left: float | np.ndarray = float(
        "nan"
    )  # what may still be cancelled in the rolling window
    minimum: float | np.ndarray = 0.0  # smallest new commitment of an exchange


def remaining(monthly, term_months, after_months):
    """Commitment that remains after some months, money: monthly x (term − after), never below 0.

    >>> float(remaining(100, 36, 18))
    1800.0
    """
    monthly, whole = quantities("monthly", monthly), quantities("term_months", term_months)
    gone = quantities("after_months", after_months)
    if (gone > whole).any():
        raise PriceError(
            f"termination: {float(np.max(gone)):g} months have passed of a term of {float(np.max(whole)):g}; "
            "a term that is over cannot be ended."
        )
    return (monthly * (whole - gone))[()]


def pool_left(on, refunds: Sequence = (), limit: float = 50_000.0, months: int = 12) -> float:
    """What may still be cancelled on a day: the limit less what was cancelled in the months before it (rolling).

    refunds   (day, cancelled money) pairs; one exactly `months` ago has left the window

    >>> pool_left("2027-03-01", [("2026-03-01", 9000.0), ("2026-03-02", 2400.0)])
    47600.0
    """
    on = day(on, "termination: on")
    since = later(on, -whole(months, "termination: months"))
    inside = [
        number(money, "termination: refund")
        for when, money in refunds
        if since < day(when, "termination: refund day") <= on
    ]
    return max(number(limit, "termination: limit") - sum(inside), 0.0)


def cancel(
    kind, monthly, term_months, after_months, *, pool=None, paid_upfront=0.0, **changes
) -> Answer:
    """End a commitment early.

    kind           a policy or its name; `changes` replace its fields
    monthly        money a month; term_months, after_months: months of the term, and how many have passed
    pool           what may still be cancelled (pool_left); default: the policy's whole pool
    paid_upfront   share of the fee that was paid on the first day; the rest was paid month by month

    Cancelled commitment = remaining commitment; it counts against the pool, fee or not. Refund = what was paid for the months
    to come − fee. Where it is refused, all amounts are 0 and the pool stays.

    >>> done = cancel("azure_reservation", 100, 36, 12)
    >>> float(done.cancelled), float(done.pool_left), float(done.fee)
    (2400.0, 47600.0, 0.0)
    >>> cancel("gcp_committed_use", 100, 36, 12).reason
    'gcp_committed_use cannot be cancelled: it is paid until its term ends.'
    """
    rule = policy(kind, **changes)
    rest = np.asarray(remaining(monthly, term_months, after_months))
    share = number(paid_upfront, "termination: paid_upfront")
    if share > 1:
        raise PriceError(f"termination: paid_upfront is {share:g}; it must be a share from 0 to 1.")
    limit = np.inf if rule.pool is None else rule.pool
    left = limit if pool is None else quantities("termination: pool", pool)
    rest, left = np.broadcast_arrays(rest, np.asarray(left, float))
    allowed = (rest <= left * (1 + 1e-12)) & rule.cancel
    reason = ""
    if not rule.cancel:
        reason = f"{rule.name} cannot be cancelled: it is paid until its term ends."
    elif not allowed.all():
        first = np.unravel_index(int(np.argmin(allowed)), allowed.shape)
        reason = (
            f"{rule.name}: {float(rest[first]):,.2f} would be cancelled but {float(left[first]):,.2f} is left of the "
            f"{limit:,.0f} of a rolling {rule.pool_months} months."
        )
    gone = np.where(allowed, rest, 0.0)
    fee = gone * rule.fee_share
    return Answer(
        allowed[()], reason, gone[()], fee[()], (gone * share - fee)[()], (left - gone)[()]
    )


def exchange(kind, monthly, term_months, after_months, new_commitment=None, **changes) -> Answer:
    """Exchange a commitment for another: the new one must be worth at least what remains of the old one.

    new_commitment   money over the whole new term; None: only the minimum is asked for

    >>> float(exchange("azure_reservation", 100, 36, 18).minimum)
    1800.0
    """
    rule = policy(kind, **changes)
    least = np.asarray(remaining(monthly, term_months, after_months))
    offered = (
        least
        if new_commitment is None
        else quantities("termination: new_commitment", new_commitment)
    )
    allowed = np.asarray((offered >= least * (1 - 1e-12)) & rule.exchange)
    reason = ""
    if not rule.exchange:
        reason = f"{rule.name} cannot be exchanged."
    elif not allowed.all():
        shape = allowed.shape
        first = np.unravel_index(int(np.argmin(allowed)), shape)
        reason = (
            f"{rule.name}: the new commitment of {float(np.broadcast_to(offered, shape)[first]):,.2f} is below the "
            f"{float(np.broadcast_to(least, shape)[first]):,.2f} that remains of the old one."
        )
    return Answer(allowed[()], reason, np.where(allowed, least, 0.0)[()], minimum=least[()])


def give_back(kind, bought, returned, hourly=0.0, returned_this_year: int = 0, **changes) -> Answer:
    """Return a commitment soon after its purchase, whole: a rule that answers allowed or refused with its reason.

    bought, returned     days in UTC; hourly: commitment, money an hour; returned_this_year: returns in this calendar year so far

    >>> give_back("aws_savings_plan", "2027-01-28", "2027-02-01", hourly=10).reason
    'aws_savings_plan was bought in 2027-01; it can be returned only in the same calendar month (UTC).'
    """
    rule = policy(kind, **changes)
    first, last = day(bought, "termination: bought"), day(returned, "termination: returned")
    hourly, count = (
        number(hourly, "termination: hourly"),
        number(returned_this_year, "termination: returned_this_year"),
    )
    gone = int((last - first).astype(int))
    if gone < 0:
        raise PriceError(f"termination: it is returned on {last}, before it was bought on {first}.")
    reason = ""
    if not rule.return_days:
        reason = f"{rule.name} cannot be returned."
    elif gone > rule.return_days:
        reason = f"{rule.name} was bought {gone} days ago; it can be returned within {rule.return_days} days."
    elif rule.return_hourly is not None and hourly > rule.return_hourly:
        reason = f"{rule.name} commits {hourly:,.2f} an hour; up to {rule.return_hourly:,.2f} an hour can be returned."
    elif rule.return_same_month and first.astype("datetime64[M]") != last.astype("datetime64[M]"):
        reason = f"{rule.name} was bought in {first.astype('datetime64[M]')}; it can be returned only in the same calendar month (UTC)."
    elif rule.returns_a_year is not None and count >= rule.returns_a_year:
        reason = f"{rule.name}: {int(count)} were returned this year; {rule.returns_a_year} can be returned in a calendar year."
    return Answer(not reason, reason)


def resell(kind, remaining_value, price_share=1.0, **changes) -> Answer:
    """Sell the rest of a commitment: proceeds = remaining value x share asked x (1 − the market's fee), in `refund`.

    >>> float(resell("aws_reserved_instance", 1000.0, price_share=0.9).refund)
    792.0
    """
    rule = policy(kind, **changes)
    value, share = (
        quantities("termination: remaining_value", remaining_value),
        quantities("termination: price_share", price_share),
    )
    if not rule.resale:
        return Answer(False, f"{rule.name} cannot be sold to somebody else.")
    price = value * share
    return Answer(
        True, "", value[()], (price * rule.resale_fee)[()], (price * (1 - rule.resale_fee))[()]
    )


def least_charge(kind, daily, days_held, **changes):
    """Charge of something with a minimum duration: daily x the days held, at least the minimum, money (...).

    >>> least_charge("openai_scale_tier", 100.0, [10, 45]).tolist()
    [3000.0, 4500.0]
    """
    rule = policy(kind, **changes)
    held = quantities("termination: days_held", days_held)
    return (quantities("termination: daily", daily) * np.maximum(held, rule.minimum_days))[()]


def saved_by_stopping(held, before, after, dates=None) -> np.ndarray:
    """What a lower usage saves under a commitment, hour by hour: money (..., hour).

    held            commitments.Hourly; before, after: units in each hour
    dates           (hour,) day of each hour, where the commitment has a term

    Usage that the commitment covers saves nothing until the term ends; only what was charged on demand does.

    >>> from finops_model.prices.settle.hourly import Hourly
    >>> saved_by_stopping(Hourly(quantity=10, rate=0.6, on_demand=1.0, start="2026-01-01", end="2027-01-01"), [8.0, 12.0, 8.0], [0.0, 0.0, 0.0],
    ...                   ["2026-12-31", "2026-12-31", "2027-01-01"]).tolist()
    [0.0, 2.0, 8.0]
    """
    inside = (
        True
        if dates is None
        else held.in_term(np.array([day(when, "termination: date") for when in dates], dtype=D))
    )
    return held.settle(before, inside).cost - held.settle(after, inside).cost
