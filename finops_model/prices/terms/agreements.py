"""Agreements on spend over contract years (EDP, MACC): eligible spend, shortfall, carry-forward, chances (docs/method §5.47). numpy only.

Spend is simulated, (path, month); what a year owes depends only on sums of the year and on what was carried into it, so one
pass over the few contract years settles every path at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities, whole
from ...errors import PriceError, unknown
from .dates import month
from .dates import months as months_of

COUNTS = ("after_discount", "before_discount")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Committed spend of each contract year and what happens when it is missed or passed.

    Parameters
    ----------
    commitments : tuple of float
        Money of each contract year; one entry and year_months=36: one sum over three years.
    start : str
        First month, YYYY-MM.
    year_months : int, optional
        Months of a contract year.
    discount : float or tuple of float, optional
        Cross-service discount on eligible spend, share; one, or one for each year.
    marketplace_cap : float, optional
        Marketplace spend counts up to this share of the year's commitment.
    marketplace_discount : float, optional
        Share off marketplace spend.
    counts : str, optional
        Spend that counts towards the commitment: after_discount or before_discount.
    shortfall_carry : float, optional
        Share of a year's commitment that, when missed, moves to the next year instead of being
        paid.
    shortfall_years : int, optional
        Years after which a carried shortfall must be paid.
    excess_carry : float, optional
        Share of spend above the commitment that counts in the next year (for one year).
    excess_cap : float, optional
        At most this share of the next year's commitment.

    Raises
    ------
    PriceError
        Negative numbers, shares outside 0..1, a start that is no month.

    Source
    ------
    docs/method §5.47.

    Examples
    --------
    >>> deal = Agreement(commitments=(100.0, 100.0), start="2027-01", shortfall_carry=0.2)
    >>> deal.settle([[5.0] * 12 + [10.0] * 12]).shortfall.tolist()
    [[40.0, 0.0]]
    """

    commitments: tuple[float, ...]
    start: str
    year_months: int = 12
    discount: object = 0.0
    marketplace_cap: float = 1.0
    marketplace_discount: float = 0.0
    counts: str = "after_discount"
    shortfall_carry: float = 0.0
    shortfall_years: int = 1
    excess_carry: float = 0.0
    excess_cap: float = 1.0

    def __post_init__(self):
        values = (
            self.commitments if isinstance(self.commitments, (list, tuple)) else (self.commitments,)
        )
        if not values:
            raise PriceError("agreement: there is no commitment; give one for each contract year.")
        object.__setattr__(
            self,
            "commitments",
            tuple(number(v, f"agreement: commitments[{i}]") for i, v in enumerate(values)),
        )
        month(self.start, "agreement: start")
        discounts = (
            self.discount
            if isinstance(self.discount, (list, tuple))
            else [self.discount] * len(values)
        )
        if len(discounts) != len(values):
            raise PriceError(
                f"agreement: there are {len(discounts)} discounts and {len(values)} contract years; give one, or one for each."
            )
        object.__setattr__(
            self, "discount", tuple(number(v, "agreement: discount") for v in discounts)
        )
        for key in (
            "marketplace_cap",
            "marketplace_discount",
            "shortfall_carry",
            "excess_carry",
            "excess_cap",
        ):
            object.__setattr__(self, key, number(getattr(self, key), f"agreement: {key}"))
        shares = [
            ("discount", max(self.discount)),
            *(
                (k, getattr(self, k))
                for k in (
                    "marketplace_cap",
                    "marketplace_discount",
                    "shortfall_carry",
                    "excess_carry",
                    "excess_cap",
                )
            ),
        ]
        for key, value in shares:
            if value > 1:
                raise PriceError(f"agreement: {key} is {value:g}; it must be a share from 0 to 1.")
        for key in ("year_months", "shortfall_years"):
            object.__setattr__(
                self, key, whole(getattr(self, key), f"agreement: {key}", above_zero=True)
            )
        if self.counts not in COUNTS:
            raise PriceError(unknown("agreement", "counts", self.counts, COUNTS))

    @property
    def months(self) -> tuple[str, ...]:
        """All months of the agreement."""
        first = month(self.start, "agreement: start")
        return tuple(str(m) for m in first + np.arange(self.year_months * len(self.commitments)))

    def settle(self, spend, marketplace=None) -> Outcome:
        """Settle simulated spend.

        In each year counted = eligible + min(marketplace, cap × commitment). Due = commitment +
        shortfall carried in − excess carried in. Spend meets the oldest obligation first. A
        shortfall is paid at the end of its year, except what may be carried; what was carried
        `shortfall_years` ago, and everything at the end of the last year, is paid.

        Parameters
        ----------
        spend : array (..., month)
            Eligible spend before the discount, money, for all months of the agreement.
        marketplace : array (..., month), optional
            Marketplace spend before its discount, which counts up to the cap; None: none.

        Returns
        -------
        Outcome
            Money (..., year) and (..., month).

        Raises
        ------
        PriceError
            Negative spend, or another number of months.

        Source
        ------
        docs/method §5.47.

        Examples
        --------
        >>> deal = Agreement(commitments=(100.0, 100.0), start="2027-01", shortfall_carry=0.2)
        >>> end = deal.settle([[5.0] * 12 + [10.0] * 12])
        >>> end.shortfall.tolist(), end.paid.tolist(), end.carried.tolist()
        ([[40.0, 0.0]], [[20.0, 0.0]], [[20.0, 0.0]])
        """
        spend = self._months(spend, "spend")
        market = (
            np.zeros_like(spend)
            if marketplace is None
            else self._months(marketplace, "marketplace")
        )
        spend, market = np.broadcast_arrays(spend, market)

        years, size = len(self.commitments), self.year_months
        by_year = (*spend.shape[:-1], years, size)
        off = np.array(self.discount)[:, None]
        net, net_market = (
            spend.reshape(by_year) * (1 - off),
            market.reshape(by_year) * (1 - self.marketplace_discount),
        )

        real = self.counts == "after_discount"
        own = np.cumsum(net if real else spend.reshape(by_year), axis=-1)
        cap = np.array(self.commitments)[:, None] * self.marketplace_cap
        bought = np.minimum(
            np.cumsum(net_market if real else market.reshape(by_year), axis=-1), cap
        )
        running = own + bought  # counted until each month of the year

        lead = spend.shape[:-1]
        carried = [
            np.zeros(lead) for _ in range(self.shortfall_years)
        ]  # by age, the youngest first
        excess_in = np.zeros(lead)
        yearly: dict[str, list[np.ndarray]] = {
            k: [] for k in ("due", "shortfall", "paid", "carried", "excess", "met")
        }

        for y, commitment in enumerate(self.commitments):
            counted = running[..., y, -1]
            used_excess = np.minimum(excess_in, commitment)
            due = commitment - used_excess + sum(carried)
            met = running[..., y, :] >= due[..., None] * (1 - 1e-12)
            yearly["met"].append(np.where(met.any(axis=-1), np.argmax(met, axis=-1), -1))

            over = np.maximum(counted - due, 0.0)
            missed, rest = [], counted
            for old in [
                *reversed(carried),
                commitment - used_excess,
            ]:  # the oldest obligation first, this year's last
                missed.append(np.maximum(old - rest, 0.0))
                rest = np.maximum(rest - old, 0.0)
            own_missed, *ages = reversed(missed)  # ages: youngest first

            last = y == years - 1
            moved = (
                np.zeros(lead)
                if last
                else np.minimum(own_missed, self.shortfall_carry * commitment)
            )
            kept = [np.zeros(lead)] * (self.shortfall_years - 1) if last else ages[:-1]
            yearly["due"].append(due)
            yearly["shortfall"].append(sum(missed))
            yearly["paid"].append(sum(missed) - moved - sum(kept))
            yearly["carried"].append(moved + sum(kept))
            carried = [moved, *kept]

            following = 0.0 if last else self.commitments[y + 1]
            excess_in = np.minimum(over * self.excess_carry, self.excess_cap * following)
            yearly["excess"].append(excess_in + np.zeros(lead))

        stacked = {key: np.stack(values, axis=-1) for key, values in yearly.items()}
        cost = (net + net_market).reshape(spend.shape).copy()
        cost[..., size - 1 :: size] += stacked["paid"]

        return Outcome(
            agreement=self,
            counted=running[..., -1],
            marketplace=bought[..., -1],
            due=stacked["due"],
            shortfall=stacked["shortfall"],
            paid=stacked["paid"],
            carried=stacked["carried"],
            excess=stacked["excess"],
            met=stacked["met"],
            spend=(net + net_market).reshape(spend.shape),
            cost=cost,
        )

    def _months(self, values, what):
        values = quantities(what, values)
        count = self.year_months * len(self.commitments)
        if not values.ndim or values.shape[-1] != count:
            raise PriceError(
                f"agreement: {what} has {values.shape[-1] if values.ndim else 1} months; "
                f"give {count}, from {self.months[0]} to {self.months[-1]}."
            )
        return values


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An agreement settled. due <= counted + shortfall; shortfall = paid + carried, in every year of every path."""

    agreement: Agreement
    counted: np.ndarray  # (..., year) spend that counts
    marketplace: np.ndarray  # (..., year) of it from the marketplace, after the cap
    due: np.ndarray  # (..., year) commitment + shortfall carried in − excess carried in
    shortfall: np.ndarray  # (..., year) due and not met
    paid: np.ndarray  # (..., year) of it, paid at the end of the year
    carried: np.ndarray  # (..., year) of it, moved to the next year
    excess: np.ndarray  # (..., year) over-achievement that counts in the next year
    met: (
        np.ndarray
    )  # (..., year) position of the month of the year in which the due is met; -1: not
    spend: np.ndarray  # (..., month) spend after discounts
    cost: np.ndarray  # (..., month) the same with shortfalls paid in the last month of each year

    def met_month(self, path=()) -> list[str]:
        """The month in which each year's due is met, on one path; "" where it is not."""
        size = self.agreement.year_months
        return [
            self.agreement.months[y * size + int(at)] if at >= 0 else ""
            for y, at in enumerate(self.met[path])
        ]

    def chances(self, quantiles: Sequence[float] = (0.1, 0.5, 0.9)) -> dict:
        """Over all paths, plain numbers, a list by year each.

        probability       of a shortfall
        expected          its mean, money; expected_if: its mean where there is one
        quantiles         {share: money} of the shortfall (inverted CDF)
        paid_probability  that some of it is paid; expected_paid: the mean paid, money
        half_met_by       the month by which half of the paths have met what is due ("" where fewer do)
        """
        flat = self.shortfall.reshape(-1, self.shortfall.shape[-1])
        paid = self.paid.reshape(flat.shape)
        missed = flat > 1e-9 * np.maximum(self.due.reshape(flat.shape), 1.0)
        size = self.agreement.year_months
        at = np.where(self.met.reshape(flat.shape) < 0, size, self.met.reshape(flat.shape))
        half = np.sort(at, axis=0)[(len(at) - 1) // 2]
        where_one = (flat * missed).sum(axis=0) / np.maximum(missed.sum(axis=0), 1)
        return {
            "probability": missed.mean(axis=0).tolist(),
            "expected": flat.mean(axis=0).tolist(),
            "expected_if": np.where(missed.any(axis=0), where_one, 0.0).tolist(),
            "quantiles": {
                q: np.quantile(flat, q, axis=0, method="inverted_cdf").tolist() for q in quantiles
            },
            "paid_probability": (paid > 1e-9).mean(axis=0).tolist(),
            "expected_paid": paid.mean(axis=0).tolist(),
            "half_met_by": [
                self.agreement.months[y * size + int(i)] if i < size else ""
                for y, i in enumerate(half)
            ],
        }

    def __repr__(self) -> str:
        told = self.chances()
        years = "; ".join(
            f"year {y + 1}: a shortfall in {share:.0%} of {self.shortfall[..., y].size:,} paths, {mean:,.0f} on average"
            for y, (share, mean) in enumerate(zip(told["probability"], told["expected"]))
        )
        return f"an agreement of {len(told['probability'])} year{'s' * (len(told['probability']) != 1)}: {years}"


def eligible_spend(
    spend, services: Sequence[str], eligible: Sequence[str] = (), excluded: Sequence[str] = ()
) -> np.ndarray:
    """Spend that is eligible, summed over services: (..., month, service) to (..., month).

    eligible   names that count; empty: all but the excluded ones. Raises PriceError for a name nobody has.

    >>> eligible_spend([[5.0, 3.0]], ["Compute", "Support"], excluded=["Support"])
    array([5.])
    """
    spend = quantities("spend", spend)
    if spend.ndim < 1 or spend.shape[-1] != len(services):
        raise PriceError(
            f"agreement: spend has shape {spend.shape} and there are {len(services)} services; give spend (..., month, service)."
        )
    for name in (*eligible, *excluded):
        if name not in services:
            raise PriceError(unknown("agreement", "service", name, services))
    count = np.array(
        [(not eligible or name in eligible) and name not in excluded for name in services], float
    )
    return (spend * count).sum(axis=-1)


def true_up(committed, counts, price, months: Sequence[str], anniversary: str) -> np.ndarray:
    """True-up at an anniversary: units above the committed number are paid from the month they were added, money (...).

    committed    units paid for already; counts (..., month) units held; price per unit and month
    months       months of the counts; those before the anniversary month are trued up

    Every unit counts from its month on (a running maximum): what was added is paid to the anniversary.

    >>> float(true_up(100, [100, 110, 105], 20.0, ["2027-01", "2027-02", "2027-03"], "2027-04"))
    400.0
    """
    counts = quantities("true-up: counts", counts)
    names = months_of(months)
    if counts.shape[-1:] != names.shape:
        raise PriceError(
            f"true-up: there are {counts.shape[-1] if counts.ndim else 1} counts and {len(names)} months; give one for each."
        )
    above = np.maximum(
        np.maximum.accumulate(counts, axis=-1)
        - quantities("true-up: committed", committed)[..., None],
        0.0,
    )
    return (above * (names < month(anniversary, "true-up: anniversary"))).sum(axis=-1) * number(
        price, "true-up: price"
    )
