"""The answer: what to buy when, what it saves and how surely, and what other levels would have done (docs/method §8.7)."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...errors import PriceError, unknown
from ...wording import chance
from .offers import Offer, money_unit

POINTS = 21  # levels of the regret curve
NEVER = "never"


@dataclass(frozen=True)
class Purchase:
    """One thing to buy. Money in the currency of the prices."""

    offer: Offer
    quantity: float  # units per hour, or money per hour at plan rates (spend)
    rate: float  # money per unit of it and hour
    start: str = ""  # first day, or year of the horizon ("year 2")
    binding: str = ""  # the limit that keeps it from being larger

    @property
    def name(self) -> str:
        return self.offer.name

    @property
    def unit(self) -> str:
        return money_unit(self.offer)

    @property
    def commitment(self) -> float:
        """Fees of the whole term: what is signed."""
        return self.quantity * self.rate * self.offer.term_hours

    @property
    def upfront(self) -> float:
        """The part of it that is paid on the first day."""
        return self.commitment * self.offer.upfront_share


@dataclass(frozen=True)
class Outcome:
    """What a set of purchases does on every path, totals of the hours given."""

    on_demand: np.ndarray  # (path,) money with nothing bought
    covered: np.ndarray  # (path, purchase) on-demand money that each covers
    used: np.ndarray  # (path, purchase) units of it used
    paid: np.ndarray  # (purchase,) units of it paid for
    fees: np.ndarray  # (purchase,) money paid for it

    @property
    def cost(self) -> np.ndarray:
        """EffectiveCost, unused hours included: (path,)."""
        return self.on_demand - self.covered.sum(axis=1) + self.fees.sum()

    def __repr__(self) -> str:
        used = np.divide(
            self.used.mean(axis=0), self.paid, out=np.zeros(len(self.paid)), where=self.paid > 0
        )
        shares = ", ".join(f"{share:.0%}" for share in used)
        return (
            f"{len(self.paid)} purchase{'s' * (len(self.paid) != 1)} on {len(self.on_demand):,} path{'s' * (len(self.on_demand) != 1)}: "
            f"cost {self.cost.mean():,.2f} on average instead of {self.on_demand.mean():,.2f}, fees {self.fees.sum():,.2f}"
            + (f", used {shares}" if shares else "")
        )


@dataclass(frozen=True)
class Curve:
    """Other levels of one purchase, the rest as recommended."""

    offer: str
    unit: str
    levels: np.ndarray  # (level,)
    cost: np.ndarray  # (level,) mean money over the hours given
    saving: np.ndarray  # (level,) mean
    regret: np.ndarray  # (level,) mean over paths of cost − best cost in hindsight
    regret_p90: np.ndarray  # (level,)
    chosen: float

    def __str__(self) -> str:
        """A table of a few levels, the chosen one marked."""
        rows = [("Level", "Mean cost", "Mean saving", "Mean regret", "P90 regret")]
        at = int(np.argmin(np.abs(self.levels - self.chosen)))
        across = np.linspace(0, len(self.levels) - 1, 9).round().astype(int).tolist()
        for i in sorted({at, *across}):
            money = (self.cost[i], self.saving[i], self.regret[i], self.regret_p90[i])
            mark = " ◀" if i == at else ""
            rows.append((f"{self.levels[i]:,.6g}{mark}", *(f"{value:,.0f}" for value in money)))
        wide = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, wide)) for row in rows]
        unit = f" ({self.unit} an hour)" if self.unit else ""
        return "\n".join([f"{self.offer}: what other levels cost{unit}", *lines])

    __repr__ = __str__


@dataclass(frozen=True)
class BreakEven:
    """The three meanings of break-even, for one purchase."""

    utilisation: float  # rate ÷ on-demand: below this use, it loses
    months: np.ndarray  # (path,) term × fees ÷ on-demand money covered: use until the whole fee is saved (inf: never used)
    payback: float  # months until the upfront part is back out of the monthly saving (0: nothing upfront; inf: never)

    def __str__(self) -> str:
        """In a sentence: never where it is never."""
        if np.isnan(self.utilisation):
            return "nothing is bought, so nothing breaks even"
        p10, p50, p90 = (
            months(x) for x in np.quantile(self.months, (0.1, 0.5, 0.9), method="inverted_cdf")
        )
        when = f"after {p50} of use" if p50 != NEVER else NEVER
        use = f"at {self.utilisation:.1%} use" if np.isfinite(self.utilisation) else "at no use"
        back = ""
        if self.payback:
            back = f"; upfront {'back after ' if np.isfinite(self.payback) else 'back '}{months(self.payback)}"
        return f"{use}; {when} (P10 {p10}, P90 {p90}){back}"

    __repr__ = __str__


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What `best_commitments` found. float(...) is the quantity of a single purchase.

    Figures are worked out from the paths when they are first asked for: do not change the demand in between.
    """

    purchases: tuple[Purchase, ...]
    objective: str
    beta: float
    paths: int
    hours: int
    currency: str = ""
    notes: tuple[str, ...] = ()
    evaluate: Callable[[], Outcome] = field(default=None, repr=False, compare=False)
    vary: Callable[[int, np.ndarray], np.ndarray] = field(
        default=None, repr=False, compare=False
    )  # (path, level) cost
    hindsight: Callable[[], np.ndarray] | None = field(
        default=None, repr=False, compare=False
    )  # (path,) best cost
    tops: Callable[[], tuple[float, ...]] | None = field(
        default=None, repr=False, compare=False
    )  # largest level worth showing, by purchase

    def __float__(self) -> float:
        return self.quantity

    def noted(self, *notes: str) -> Recommendation:
        """The same with further notes; what was worked out from the paths is kept."""
        more = replace(self, notes=(*self.notes, *notes))
        known = ("outcome", "regret", "_best")
        vars(more).update({name: vars(self)[name] for name in known if name in vars(self)})
        return more

    @property
    def quantity(self) -> float:
        """Of the only purchase. Raises PriceError where there are several."""
        if len(self.purchases) != 1:
            raise PriceError(
                f"there are {len(self.purchases)} purchases; ask for one of them: .purchase('{self.purchases[0].name}').quantity."
            )
        return self.purchases[0].quantity

    def purchase(self, name: str) -> Purchase:
        """By the name of its offer (of several years: the first); raises PriceError with the nearest name."""
        for one in self.purchases:
            if one.name == name:
                return one
        raise PriceError(unknown("recommendation", "offer", name, [p.name for p in self.purchases]))

    @cached_property
    def outcome(self) -> Outcome:
        return self.evaluate()

    @property
    def cost(self) -> np.ndarray:
        return self.outcome.cost

    @property
    def on_demand(self) -> np.ndarray:
        return self.outcome.on_demand

    @property
    def saving(self) -> np.ndarray:
        """Path by path: cost on demand − cost as recommended, (path,)."""
        return self.on_demand - self.cost

    @property
    def expected_cost(self) -> float:
        return float(self.cost.mean())

    @property
    def expected_saving(self) -> float:
        return float(self.saving.mean())

    def saving_quantile(self, q: float) -> float:
        return float(np.quantile(self.saving, q))

    @property
    def standard_error(self) -> float:
        """Of the expected saving: how much other paths would move it (0 with one path)."""
        return float(self.saving.std(ddof=1) / np.sqrt(self.paths)) if self.paths > 1 else 0.0

    @property
    def probability_of_loss(self) -> float:
        """Share of paths where it costs more than buying nothing."""
        return float(np.mean(self.saving < -1e-9 * np.maximum(self.on_demand, 1e-300)))

    @property
    def utilisation(self) -> np.ndarray:
        """Used ÷ paid units of all purchases by money, (path,); NaN where nothing is bought."""
        fees = self.outcome.fees
        if not fees.sum():
            return np.full(self.paths, np.nan)
        paid = np.where(self.outcome.paid > 0, self.outcome.paid, 1.0)
        return (self.outcome.used / paid) @ fees / fees.sum()

    def utilisation_of(self, name: str) -> np.ndarray:
        """Of one purchase, (path,)."""
        at = self.purchases.index(self.purchase(name))
        paid = self.outcome.paid[at]
        return self.outcome.used[:, at] / paid if paid else np.full(self.paths, np.nan)

    @property
    def utilisation_mean(self) -> float:
        return float(self.utilisation.mean())

    @property
    def utilisation_p10(self) -> float:
        return float(np.quantile(self.utilisation, 0.1))

    @property
    def coverage(self) -> float:
        """On-demand money covered ÷ all that is eligible, means of the paths."""
        total = self.on_demand.sum()
        return float(self.outcome.covered.sum() / total) if total else 0.0

    @property
    def effective_savings_rate(self) -> float:
        """1 − effective ÷ on-demand equivalent of what is eligible, unused included, at the prices given."""
        total = self.on_demand.sum()
        return float(1 - self.cost.sum() / total) if total else 0.0

    def break_even(self, name: str | None = None) -> BreakEven:
        """The three meanings for one purchase (default: the first with a quantity)."""
        held = [p for p in self.purchases if p.quantity > 0]
        one = self.purchase(name) if name else (held or list(self.purchases))[0]
        at = self.purchases.index(one)
        fees, covered, used = (
            self.outcome.fees[at],
            self.outcome.covered[:, at],
            self.outcome.used[:, at],
        )
        term, paid = one.offer.term_months, self.outcome.paid[at]
        if not fees:
            return BreakEven(np.nan, np.full(self.paths, np.nan), np.nan)
        with np.errstate(divide="ignore", over="ignore"):
            months = np.where(
                covered > 0, term * fees / np.where(covered > 0, covered, 1.0), np.inf
            )
        worth = covered.sum() / used.sum() if used.sum() else 0.0
        upfront = fees * one.offer.upfront_share
        monthly = (covered.mean() - (fees - upfront)) / term
        payback = 0.0 if not upfront else (float(upfront / monthly) if monthly > 0 else np.inf)
        return BreakEven(float(fees / paid / worth) if worth else np.inf, months, payback)

    @cached_property
    def regret(self) -> np.ndarray:
        """Cost − the best cost in hindsight, (path,); for several purchases: the best of one of them, the rest held."""
        return np.maximum(self.cost - self._best, 0.0)

    @cached_property
    def _best(self) -> np.ndarray:
        if self.hindsight is not None:
            return self.hindsight()
        best = self.cost
        for i in range(len(self.purchases)):
            best = np.minimum(best, self.vary(i, self._levels(i, POINTS)).min(axis=1))
        return best

    def _levels(self, i: int, points: int) -> np.ndarray:
        top = max(self.tops()[i] if self.tops else 0.0, self.purchases[i].quantity)
        return np.unique(np.append(np.linspace(0, top, points), self.purchases[i].quantity))

    def curve(self, name: str | None = None, levels=None, points: int = POINTS) -> Curve:
        """What other levels of a purchase cost, and regret."""
        one = self.purchase(name) if name else self.purchases[0]
        at = self.purchases.index(one)
        levels = (
            self._levels(at, points) if levels is None else np.atleast_1d(np.asarray(levels, float))
        )
        cost = self.vary(at, levels)
        regret = np.maximum(cost - np.minimum(self._best, cost.min(axis=1))[:, None], 0.0)
        return Curve(
            one.name,
            one.unit,
            levels,
            cost.mean(axis=0),
            self.on_demand.mean() - cost.mean(axis=0),
            regret.mean(axis=0),
            np.quantile(regret, 0.9, axis=0),
            one.quantity,
        )

    def headline(self) -> str:
        """One sentence."""
        bought = [
            f"{_number(p.quantity)} {_unit(p, self.currency)} of {p.name}"
            + (f" from {p.start}" if p.start else "")
            for p in self.purchases
            if p.quantity > 0
        ]
        if not bought:
            return "Buy nothing: no commitment on offer saves money here."
        return (
            f"Commit to {', '.join(bought)}: saves {self._money(self.expected_saving)} of {self._money(self.on_demand.mean())} "
            f"({self.effective_savings_rate:.1%})."
        )

    def _money(self, value: float) -> str:
        return (
            f"{value:,.2f}{' ' + self.currency if self.currency else ''}"
            if abs(value) < 1000
            else (f"{value:,.0f}{' ' + self.currency if self.currency else ''}")
        )

    def rows(self) -> list[tuple[str, str]]:
        """The figures in words, for text and HTML."""
        rows = []
        for p in [p for p in self.purchases if p.quantity > 0] or self.purchases[:1]:
            limit = f"; kept down by {p.binding}" if p.binding else ""
            when = f", from {p.start}" if p.start else ""
            rows.append(
                (
                    f"Buy {p.name}",
                    f"{_number(p.quantity)} {_unit(p, self.currency)} for {p.offer.term_months:g} months{when}: "
                    f"{self._money(p.commitment)} committed{limit}",
                )
            )
        low, mid, high = (self.saving_quantile(q) for q in (0.1, 0.5, 0.9))
        rows.append(
            (
                "Expected saving",
                f"{self._money(self.expected_saving)} ± {self._money(self.standard_error)} over {self.hours:,} hours",
            )
        )
        rows.append(
            ("P10 / P50 / P90", f"{self._money(low)} / {self._money(mid)} / {self._money(high)}")
        )
        rows.append(("Chance that it loses money", _chance(self.probability_of_loss, self.paths)))
        if any(p.quantity > 0 for p in self.purchases):
            even = self.break_even()
            rows.append(
                (
                    "Utilisation",
                    f"{self.utilisation_mean:.1%} on average, P10 {self.utilisation_p10:.1%}",
                )
            )
            rows.append(
                (
                    "Coverage, effective savings rate",
                    f"{self.coverage:.1%}, {self.effective_savings_rate:.1%}",
                )
            )
            rows.append(("Break-even", str(even)))
            rows.append(
                (
                    "Regret",
                    f"{self._money(float(self.regret.mean()))} on average, P90 {self._money(float(np.quantile(self.regret, 0.9)))}",
                )
            )
        return rows

    def __str__(self) -> str:
        rows = self.rows()
        wide = max(len(name) for name, _ in rows)
        how = {
            "mean": "expected cost",
            "cvar": f"CVaR {self.beta:.0%} of cost",
            "regret": f"CVaR {self.beta:.0%} of regret",
            "waste": f"CVaR {self.beta:.0%} of lost savings",
        }[self.objective]
        lines = [
            self.headline(),
            *(f"  {name:<{wide}}  {text}" for name, text in rows),
            f"  {'Least':<{wide}}  {how}",
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th><td style='text-align:left'>{html.escape(text)}</td></tr>"
            for name, text in self.rows()
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<div><strong>{html.escape(self.headline())}</strong><table>{rows}</table>{notes}</div>"


def months(value: float) -> str:
    """Months in words; never where there are none.

    >>> months(8.13), months(float("inf"))
    ('8.1 months', 'never')
    """
    return f"{value:.1f} months" if np.isfinite(value) else NEVER


def _number(value: float) -> str:
    return (
        f"{value:,.0f}"
        if value == round(value)
        else f"{value:,.4g}"
        if value < 1
        else f"{value:,.2f}"
    )


def _chance(share: float, paths: int) -> str:
    """A share of paths in words; simulated futures never show that something is impossible or certain."""
    if paths == 1:
        return "it does, on the one path given" if share else "it does not, on the one path given"
    return f"{chance(share)} ({round(share * paths):,} of {paths:,} futures)"


def _unit(purchase: Purchase, currency: str) -> str:
    if purchase.offer.kind == "spend":
        return f"{currency or 'money'} an hour"
    held = purchase.unit.removesuffix("-hours")
    return (
        f"{purchase.unit} an hour"
        if held == purchase.unit
        else f"{held}{'' if purchase.quantity == 1 else 's'} an hour"
    )
