"""The best commitments of a workspace: its simulated demand, the offers in its folder, the replay on its bill (docs/method §8.12)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...checks import number, whole
from ...errors import PriceError, listing
from ...facts.workspace import read_daily
from ...periods import add_months, month_range
from ...prices.terms.inventory import Inventory, cliffs, renewals
from ...prices.terms.payments import Payment, tie_rate
from ...progress import Progress, silent
from ..questions.answer import Answer
from .adopt import Ground, adopt
from .answer import Curve, Recommendation
from .demand import read_workspace, simulated_hours
from .limits import Limits
from .offers import Offer, load_offers
from .replay import Replay
from .replays import replays_of
from .search.best import best_commitments
from .search.objective import check_objective
from .shown.how_many import asked_of
from .shown.levels import parts_of
from .shown.options import side_by_side
from .shown.page import answer_of
from .shown.table import Ask, SideBySide

FOLDER = "data/commitments"


@dataclass(frozen=True)
class Found:
    """A recommendation for a workspace, what other levels would do, what is signed already, and the rule replayed on the bill."""

    recommendation: Recommendation
    curves: tuple[
        Curve, ...
    ]  # of every purchase with a quantity (later years of one offer have none), else of the first
    replays: tuple[Replay, ...]
    held: tuple[dict, ...]  # signed and not over, soonest end first: inventory.renewals
    cliffs: tuple[dict, ...]  # what ends or begins within the longest term: inventory.cliffs
    as_of: str
    start: str
    ground: Ground  # what a scenario needs to say of it
    ask: Ask  # offers, demand and how best is meant
    unread: tuple[str, ...] = ()  # what-ifs that could not be compared

    @cached_property
    def table(self) -> SideBySide:
        """Every offer by itself, at every level and over the same hours, beside what is recommended."""
        return side_by_side(self.ask, self.recommendation)

    def answer(self) -> Answer:
        """The answer as every question is answered: `finops commit` shows it."""
        return answer_of(self)

    def scenario(self, base: str | None) -> str:
        """The text of a scenario that buys what is recommended: see commit_adopt.adopt."""
        return adopt(self.recommendation, self.ground, base)

    def as_dict(self) -> dict:
        """Plain numbers and text, for JSON."""
        rec = self.recommendation
        bought = any(p.quantity > 0 for p in rec.purchases)
        return {
            "headline": rec.headline(),
            "as_of": self.as_of,
            "start": self.start,
            "currency": rec.currency,
            "paths": rec.paths,
            "hours": rec.hours,
            "objective": rec.objective,
            "beta": rec.beta,
            "purchases": [
                {
                    "offer": p.name,
                    "quantity": p.quantity,
                    "unit": p.unit,
                    "term_months": p.offer.term_months,
                    "start": p.start,
                    "rate": p.rate,
                    "commitment": p.commitment,
                    "upfront": p.upfront,
                    "binding": p.binding,
                }
                for p in rec.purchases
            ],
            "saving": {
                "mean": rec.expected_saving,
                "standard_error": rec.standard_error,
                **{f"p{round(q * 100)}": rec.saving_quantile(q) for q in (0.1, 0.5, 0.9)},
                "probability_of_loss": rec.probability_of_loss,
            },
            "on_demand_cost": float(rec.on_demand.mean()),
            "cost": rec.expected_cost,
            "coverage": rec.coverage,
            "effective_savings_rate": rec.effective_savings_rate,
            "utilisation": {"mean": rec.utilisation_mean, "p10": rec.utilisation_p10}
            if bought
            else None,
            "break_even": {p.name: _even(rec, p.name) for p in _firsts(rec)},
            "curves": [
                {
                    "offer": c.offer,
                    "levels": c.levels.tolist(),
                    "mean_saving": c.saving.tolist(),
                    "mean_regret": c.regret.tolist(),
                    "p90_regret": c.regret_p90.tolist(),
                    "chosen": c.chosen,
                }
                for c in self.curves
            ],
            "signed": list(self.held),
            "cliffs": list(self.cliffs),
            "replays": [
                {
                    "months": list(r.months),
                    "lines": [
                        {
                            "rule": line.rule,
                            "cost": line.cost,
                            "saving": line.saving,
                            "regret": line.regret,
                            "held": line.held.tolist(),
                        }
                        for line in r.lines
                    ],
                }
                for r in self.replays
            ],
            "notes": list(rec.notes),
        }


def _firsts(rec: Recommendation) -> list:
    """Purchases with a quantity; of one offer bought year by year, the first year's only, which is what its name stands for."""
    return [p for p in rec.purchases if p.quantity > 0 and rec.purchase(p.name) is p]


def _even(rec: Recommendation, name: str) -> dict:
    even = rec.break_even(name)
    return {
        "utilisation": even.utilisation,
        "payback_months": _finite(even.payback),
        **{
            f"exposure_months_p{round(q * 100)}": _finite(
                np.quantile(even.months, q, method="inverted_cdf")
            )
            for q in (0.1, 0.5, 0.9)
        },
    }


def _finite(value) -> float | None:
    return float(value) if np.isfinite(value) else None


def recommend(
    settings,
    folder=FOLDER,
    only=None,
    *,
    paths: int = 500,
    start: str | None = None,
    replay_months: int = 12,
    as_of: str | None = None,
    daily=None,
    progress: Progress | None = None,
    objective: str = "mean",
    beta: float = 0.9,
    budget: float | None = None,
    min_utilisation: float | None = None,
    utilisation_at: str | None = None,
    max_share: float | None = None,
    min_share: float | None = None,
    break_even_months: float | None = None,
    discount_rate: float | None = None,
    steps: int = 4,
) -> Found:
    r"""The best of the offers in a folder for the base scenario, and the rule replayed on history.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    folder : path, optional
        Of the offers, relative to finops.yaml.
    only : list of str, optional
        Names of offers; None: all.
    paths : int, optional
        Of the base scenario.
    start : str, optional
        First day of what is bought; None: see `read_workspace`.
    replay_months : int, optional
        Newest months on which the rule is replayed; 0: none.
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD.
    daily : frame, optional
        DAILY; None: read from the ledger.
    progress : callable, optional
        Called with (text, done, total).
    objective, beta : optional
        As in `best_commitments`.
    budget, min_utilisation, utilisation_at, max_share, min_share, break_even_months : optional
        Limits, as there; None: none.
    discount_rate : float, optional
        A year, for NPV; None: that of finops.yaml where it has one, else 0.
    steps : int, optional
        Of a ladder, one a month.

    Returns
    -------
    Found
        The recommendation, other levels, replays, renewals and cliffs.

    Raises
    ------
    PriceError, ScenarioError
        In one sentence: an offer without SKUs, limits or prices that make no sense.

    Source
    ------
    docs/method §8.3, §8.11, §8.12.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> try:
    ...     recommend(settings)
    ... except PriceError as problem:
    ...     print(str(problem).partition("demo/")[2][:37])
    data/commitments: there are no offers
    """
    say = progress or silent
    offers = load_offers(settings.path(str(folder)), only)
    for offer in offers:
        if not offer.skus:
            raise PriceError(
                f"offer '{offer.name}' does not say what it covers; write its SKUs under skus."
            )
    _one_length(offers)
    asked = {
        "budget": budget,
        "min_utilisation": min_utilisation,
        "utilisation_at": utilisation_at,
        "max_share": max_share,
        "min_share": min_share,
        "break_even_months": break_even_months,
    }
    limits = {name: value for name, value in asked.items() if value is not None}
    rate = _rate(settings, discount_rate)
    steps = whole(steps, "steps", above_zero=True)
    Limits(**limits)  # what cannot be meant is refused before anything long runs
    check_objective(objective, beta)

    daily = read_daily(settings) if daily is None else daily
    longest = max(offer.term_months for offer in offers)
    skus = tuple(dict.fromkeys(sku for offer in offers for sku in offer.skus))
    work, first = read_workspace(
        settings, daily, skus, int(np.ceil(longest)), start, as_of, progress
    )
    say("hours of demand", 0, 3)

    demand = simulated_hours(work, skus, first, longest / 12, paths)
    prices = {sku: work.price(sku, demand.days) for sku in skus}
    say("best level", 1, 3)

    solution = best_commitments(
        demand.usage,
        offers=offers,
        prices=prices,
        objective=objective,
        beta=beta,
        start=first,
        currency=work.currency,
        **limits,
    )

    notes = [
        *solution.notes,
        *_payment_notes(offers, solution, first),
        f"Signed commitments are served first; demand beyond the third month is extrapolated; {paths:,} futures of the base scenario.",
        f"On-demand prices as paid, mean of the term, risks included: {listing([f'{sku} {price:,.6g}' for sku, price in prices.items()])} {work.currency}.",
    ]
    solution = replace(solution, notes=tuple(notes))  # nothing is worked out from its paths yet
    say("other levels", 2, 3)

    curves = tuple(solution.curve(p.name) for p in _firsts(solution) or solution.purchases[:1])
    replays, left_out = (
        replays_of(
            work,
            offers,
            prices,
            months=replay_months,
            objective=objective,
            beta=beta,
            limits=limits,
            progress=progress,
        )
        if replay_months
        else ((), ())
    )
    solution = solution.noted(*left_out)

    held = Inventory(tuple(one for pool in work.plan.commitments.pools for one in pool.instruments))
    ground = Ground(
        prices,
        {"": work.currency, **{sku.id: sku.unit for sku in work.facts.meta.skus}},
        held.items,
    )

    asked, unread = asked_of(settings, held.items, prices, first)
    ask = Ask(
        offers=offers,
        usage=demand.usage,
        prices=prices,
        parts=parts_of(demand.plan.dates[demand.days]),
        currency=work.currency,
        limits=Limits(**limits),
        objective=objective,
        beta=beta,
        discount_rate=rate,
        steps=steps,
        asked=asked,
    )
    end = add_months(first[:7], int(np.ceil(longest)))
    return Found(
        solution,
        curves,
        replays,
        tuple(renewals(held, work.facts.as_of)),
        tuple(cliffs(held, list(month_range(work.facts.as_of[:7], end)))),
        work.facts.as_of,
        first,
        ground,
        ask,
        unread,
    )


def _rate(settings, asked: float | None) -> float:
    """The yearly rate for NPV: asked for, else of the workspace, else 0."""
    stated = getattr(settings, "discount_rate", None) if asked is None else asked
    rate = number(0.0 if stated is None else stated, "discount_rate")
    if rate >= 1:
        raise PriceError(
            f"discount_rate is {rate:g}; it must be a share from 0 to 1: 0.08 is 8 % a year."
        )
    return rate


def _one_length(offers: tuple[Offer, ...]) -> None:
    """Raises PriceError where some SKUs could be committed for longer than others: their years would not be alike."""
    longest: dict[str, Offer] = {}
    for offer in sorted(offers, key=lambda offer: offer.term_months):
        longest |= dict.fromkeys(offer.skus, offer)
    one, other = (
        min(longest.values(), key=lambda o: o.term_months),
        max(longest.values(), key=lambda o: o.term_months),
    )
    if one.term_months != other.term_months:
        raise PriceError(
            f"offers '{one.name}' and '{other.name}' cover different SKUs for {one.term_months:g} and {other.term_months:g} months; "
            "ask for them one after the other."
        )


def _payment_notes(
    offers: tuple[Offer, ...], recommendation: Recommendation, first: str
) -> list[str]:
    """Of two payment options the lower rate is bought; up to which cost of money that is right."""
    notes = []
    for one in [
        p.offer for p in recommendation.purchases if p.quantity > 0 and p.offer.upfront_share > 0
    ]:
        for other in offers:
            if (other.skus, other.kind, other.term_months) != (
                one.skus,
                one.kind,
                one.term_months,
            ) or other.upfront_share >= one.upfront_share:
                continue
            if one.rate is None or other.rate is None or other.rate <= one.rate:
                continue
            end = add_months(first[:7], int(one.term_months)) + first[7:]
            tie = tie_rate(
                *(
                    Payment(o.rate, first, end, "partial_upfront", o.upfront_share, currency="")
                    for o in (one, other)
                )
            )
            text = f"{one.name} is cheaper than {other.name} as long as money costs less than {tie:.1%} a year: it is paid earlier."
            if np.isfinite(tie) and text not in notes:
                notes.append(text)
    return notes


def commit(
    settings,
    only=None,
    *,
    offers=FOLDER,
    discount_rate: float | None = None,
    steps: int = 4,
    paths: int = 500,
    start: str | None = None,
    replay_months: int = 12,
    as_of: str | None = None,
    objective: str = "mean",
    beta: float = 0.9,
    budget: float | None = None,
    min_utilisation: float | None = None,
    max_share: float | None = None,
    break_even_months: float | None = None,
) -> Answer:
    r"""How much to commit to, as an answer: offers side by side, every level, ladders, cash, the replay on the bill.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    only : list of str, optional
        Names of offers; None: all in the folder.
    offers : path, optional
        Folder of the offers, relative to finops.yaml.
    discount_rate : float, optional
        A year, for NPV; None: that of finops.yaml where it has one, else 0.
    steps : int, optional
        Of a ladder, one a month.
    paths : int, optional
        Futures of the base scenario.
    start : str, optional
        First day of what is bought, YYYY-MM-DD; None: see `recommend`.
    replay_months : int, optional
        Newest months on which the rule is replayed; 0: none.
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD; None: the newest complete one.
    objective, beta : optional
        mean, cvar, regret or waste; the share of futures that the last three look beyond.
    budget, min_utilisation, max_share, break_even_months : float, optional
        Limits; None: none.

    Returns
    -------
    Answer
        Money of the ledger's currency; `.export("commit.xlsx")` has every level and cash by month.

    Raises
    ------
    PriceError, ScenarioError
        In one sentence, as `recommend`.

    Source
    ------
    docs/method §8.80 to §8.85; docs/decide/commit.md.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> shelf = folder / "demo" / "data" / "commitments"
    >>> shelf.mkdir(parents=True)
    >>> offer = "offers: [{name: plan, kind: spend, discount: 0.3, skus: [GPU]}]"
    >>> _ = (shelf / "offers.yaml").write_text(offer)
    >>> fm.commit(settings, paths=50, replay_months=1).sentence[:21]
    'Commit to 1.51 USD an'
    """
    return recommend(
        settings,
        offers,
        only,
        paths=paths,
        start=start,
        replay_months=replay_months,
        as_of=as_of,
        objective=objective,
        beta=beta,
        budget=budget,
        min_utilisation=min_utilisation,
        max_share=max_share,
        break_even_months=break_even_months,
        discount_rate=discount_rate,
        steps=steps,
    ).answer()
