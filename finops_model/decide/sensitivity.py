"""What drives the range of a scenario: tornado, Sobol indices, breach drivers (docs/method §3.27, §3.28).

The scenario is simulated again with one uncertain value changed and every other draw as it was: on common random numbers a swing is the
value's doing and not chance.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, replace

import numpy as np

from .. import streams
from ..errors import ScenarioError
from ..measure.budget import against
from ..progress import Progress, silent
from ..scenario import document as documents
from ..scenario import ledger_base as base
from ..scenario.changes import escape
from ..scenario.placed import Placed
from ..scenario.pulled.ranges import changed, ranges_of
from ..settings import Settings, load_settings
from ..simulate import scenarios as simulate
from ..simulate.compile.plan import compile_plan, future
from ..simulate.compile.risk_plan import swapped
from ..uncertainty import answers
from ..uncertainty.distributions import Distribution
from ..uncertainty.risks import Factors
from ..wording.landing import budget_sentence, sentence, spender
from .breach import Breaches, breach_drivers
from .sobol import Index, Partnered, group, indices

MEASURES = ("p50", "mean", "p90")
LOW, HIGH = 0.1, 0.9
LAUNCHED = {"cost": "cost_per_month", "delay": "delay_months"}  # what may be uncertain of a launch


@dataclass(frozen=True)
class Swing:
    """A total with one value at its P10 and at its P90, all else as drawn."""

    name: str  # slash path of the value, as the file writes it
    low_value: float
    high_value: float
    at_low: dict[str, float]  # p50, mean, p90 of the total
    at_high: dict[str, float]
    error: float  # standard error of the swing of the mean
    switched: bool = False  # a risk: low is without it, high with it

    def swing(self, measure: str = "p50") -> float:
        """Total with the value high less total with the value low."""
        return self.at_high[measure] - self.at_low[measure]

    @property
    def ends(self) -> tuple[str, str]:
        """What low and high are, in words."""
        return (
            ("without it", "with it")
            if self.switched
            else (f"{self.low_value:,.4g}", f"{self.high_value:,.4g}")
        )


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What drives the total of a scenario."""

    name: str
    currency: str
    months: tuple[str, ...]
    unit: str | None
    paths: int
    seed: int
    base: dict[str, answers.Estimate]  # p50, mean, p90
    swings: tuple[Swing, ...]  # widest first
    sobol: tuple[Index, ...]  # values, then "demand noise": all that is drawn beside them
    breaches: Breaches | None
    notes: tuple[str, ...]
    landing: dict | None = (
        None  # of the budget's period, as `measure.budget.against.landing_beside` tells it
    )
    year: dict | None = None  # of the fiscal year under way, with the budget where it is the year's
    as_of: str = ""  # last day of actuals used

    def __str__(self) -> str:
        lines = [
            f"{self.name}: P50 {self.base['p50']}, P90 {self.base['p90']} {self.currency}, {self.paths:,} paths"
        ]
        lines += [
            f"  {s.name} from {s.ends[0]} to {s.ends[1]}: P50 {s.at_low['p50']:,.0f} to {s.at_high['p50']:,.0f}"
            for s in self.swings
        ]
        lines += [
            f"  {i.name}: {i.first:.0%} of the variance alone, {i.total:.0%} with its interactions"
            for i in self.sobol
        ]
        if self.landing:
            lines.append(budget_sentence(self.landing, self.currency, spender(self.unit)))
        if self.breaches:
            lines.append(self.breaches.reasons() if self.landing else str(self.breaches))
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(s.name)}</td><td>{' … '.join(s.ends)}</td><td>{s.at_low['p50']:,.0f}</td>"
            f"<td>{s.at_high['p50']:,.0f}</td><td>{s.swing('p50'):+,.0f}</td></tr>"
            for s in self.swings
        )
        groups = "".join(
            f"<li>{html.escape(str(g))}</li>"
            for g in (self.breaches.groups if self.breaches else ())
        )
        over = (
            f"<p>{html.escape(sentence(self.landing, spender(self.unit), self.currency))}</p>"
            if self.landing
            else ""
        )
        return (
            f"<div><b>{html.escape(self.name)}</b> · {self.months[0]} … {self.months[-1]} · EffectiveCost in {html.escape(self.currency)}"
            f"<table><thead><tr><th>Value</th><th>P10 … P90</th><th>P50 at its P10</th><th>P50 at its P90</th><th>Swing</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>{over}<ul>{groups}</ul></div>"
        )


@dataclass(frozen=True)
class Study:
    """A scenario ready to be simulated again and again with some of its values changed."""

    resolved: documents.Resolved
    demand: object
    paths: int
    year: dict  # what the fiscal year is: `against.year_how`
    engine: str | None = None

    @property
    def values(self) -> dict[str, Distribution]:
        """Uncertain values by the name of their draw, in file order."""
        values = {
            event.draw or event.path: event.value
            for event in self.resolved.events
            if isinstance(event.value, Distribution)
        }
        launches = {
            _launch(name, key): terms[key]
            for name, terms in self.resolved.launches.items()
            for key in LAUNCHED
            if isinstance(terms[key], Distribution)
        }
        return {**values, **ranges_of(self.resolved), **launches}

    @property
    def risks(self) -> dict[str, Placed]:
        """Risks by the path of their draws."""
        return {placed.path: placed for placed in self.resolved.risks}

    def run(self, change=None, names=(), without: str = ""):
        """Simulate; `change(distribution)` replaces the values whose draw is in names (a number or another distribution).

        A risk in names takes its draws from the partner paths; without: the path of a risk to leave out.
        """
        resolved = replace(
            self.resolved,
            risks=tuple(
                swapped(one) if one.path in names else one
                for one in self.resolved.risks
                if one.path != without
            ),
        )
        if change is not None:

            def is_in(name, value):
                return isinstance(value, Distribution) and name in names

            events = tuple(
                replace(e, value=change(e.value)) if is_in(e.draw or e.path, e.value) else e
                for e in resolved.events
            )
            launches = {
                name: {
                    **terms,
                    **{
                        key: change(terms[key])
                        for key in LAUNCHED
                        if is_in(_launch(name, key), terms[key])
                    },
                }
                for name, terms in resolved.launches.items()
            }
            resolved = replace(resolved, events=events, launches=launches)
            resolved = changed(resolved, names, change)
        return simulate.simulate(
            compile_plan(resolved, self.demand),
            self.paths,
            resolved.seed,
            dials=False,
            engine=self.engine,
        )

    def drawn(self) -> dict[str, np.ndarray]:
        """The value of every uncertain value on every path, drawn again by name, and the mean factor of every risk: (path,) each."""

        def uniform(name):
            return streams.uniforms(self.resolved.seed, name, self.paths)

        monthly = {
            event.draw or event.path for event in self.resolved.events if event.per == "month"
        }
        draws = {}
        for name, value in self.values.items():
            names = (
                [f"{name}/{month}" for month in self.resolved.months] if name in monthly else [name]
            )
            draws[name] = np.mean([value.on_paths(uniform, one) for one in names], axis=0)
        for one in compile_plan(self.resolved, self.demand).demand.series:
            if one.placed.path in self.risks:
                name = f"the mean factor of {one.name}"
                draws[name] = np.exp(one.on_paths(self.resolved.seed, range(self.paths)))[
                    : one.single
                ].mean(axis=0)
        return draws


def _launch(name: str, key: str) -> str:
    return f"workloads/{escape(name)}/{LAUNCHED[key]}"


def study(
    scenario,
    settings: Settings | None = None,
    as_of: str | None = None,
    paths: int = 1024,
    *,
    months: int | None = None,
    daily=None,
    demand=None,
    facts=None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Study:
    """Read, resolve and fit once. scenario: a file, or what `load_scenario` gives; months: how many to simulate."""
    settings = settings or load_settings()
    loaded = (
        scenario if isinstance(scenario, documents.Scenario) else documents.load_scenario(scenario)
    )
    paths = -(-int(paths) // streams.BLOCK) * streams.BLOCK
    if facts is None:
        facts = base.read_facts(
            simulate.read_daily(settings) if daily is None else daily, settings, as_of
        )
    resolved = documents.resolve(loaded, settings=settings, facts=facts, months=months, paths=paths)
    if demand is None:
        demand = simulate.demand_of(
            facts, len(future(resolved)), resolved.seed, settings.methods, progress
        )
    return Study(resolved, demand, paths, against.year_how(settings), engine)


def sensitivity(
    scenario,
    settings: Settings | None = None,
    as_of: str | None = None,
    paths: int = 1024,
    *,
    unit: str | None = None,
    months=None,
    budget: float | None = None,
    budget_period: str | None = None,
    horizon: int | None = None,
    sobol: bool = True,
    daily=None,
    demand=None,
    facts=None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    r"""Tornado, Sobol indices and breach drivers of a scenario's total.

    Parameters
    ----------
    scenario : path, Scenario, Study or None
        A scenario file, a loaded scenario, or a Study.
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD.
    paths : int, optional
        Rounded up to a multiple of 256; each value costs two runs, three with Sobol indices.
    unit : str, optional
        Whose total; None: the company.
    months : sequence of str, optional
        Of the total, YYYY-MM; None: all.
    budget : float, optional
        Money, for breach drivers.
    budget_period : str, optional
        What it is for, with what is booked of it: "year" (the fiscal year under way), FY2027,
        FY2027-Q2 or 2027-03; None: for the same total, nothing booked.
    horizon : int, optional
        How many months to simulate, instead of the scenario's.
    sobol : bool, optional
        Whether Sobol indices are asked for.
    daily, demand, facts : optional
        DAILY, Demand and Facts where they are at hand; None: read and fitted here.
    engine : str, optional
        As in `run_many`.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Sensitivity
        Money of the ledger's currency; shares of the variance.

    Raises
    ------
    ScenarioError
        Nothing in the scenario is uncertain.

    Source
    ------
    docs/method §3.27, §3.28.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> scenario = folder / "dearer.yaml"
    >>> _ = scenario.write_text('''
    ... name: Dearer
    ... question: What if prices rise?
    ... changes:
    ... - path: prices/GPU/price
    ...   op: scale
    ...   value: {p10: 1, p50: 1.1, p90: 1.3}
    ...   because: A guess.
    ... ''')
    >>> answer = sensitivity(scenario, settings, paths=256, horizon=1, sobol=False)
    >>> [(swing.name, swing.low_value, swing.high_value) for swing in answer.swings]
    [('prices/GPU/price', 1.0, 1.3)]
    """
    ready = (
        scenario
        if isinstance(scenario, Study)
        else study(
            scenario,
            settings,
            as_of,
            paths,
            months=horizon,
            daily=daily,
            demand=demand,
            facts=facts,
            engine=engine,
            progress=progress,
        )
    )

    values = ready.values
    risks = ready.risks
    if not values and not risks:
        raise ScenarioError(
            f"'{ready.resolved.name}' has no uncertain value, so nothing can be varied. Write a range, for example "
            "value: {p10: 0.9, p50: 1, p90: 1.2}, for what you do not know."
        )
    drawn_by_risk = [
        (path,) for path, one in risks.items() if isinstance(one.risk, Factors)
    ]  # campaigns are noise of demand
    groups = group(values) + drawn_by_risk

    say, steps = (
        progress or silent,
        1 + 2 * len(values) + len(risks) + (len(groups) + 1 if sobol and groups else 0),
    )
    count = 0

    def total(change=None, names=(), without=""):
        nonlocal count
        say("sensitivity", count, steps)
        count += 1
        return ready.run(change, names, without).total(unit, months)

    first = ready.run()
    whole = first.total(unit, months)
    count = 1
    swings = []
    for name, dist in values.items():
        low, high = (total(lambda d, q=q: float(d.quantile(q)), (name,)) for q in (LOW, HIGH))
        swings.append(
            Swing(
                name,
                float(dist.quantile(LOW)),
                float(dist.quantile(HIGH)),
                _measures(low),
                _measures(high),
                answers.difference(low, high).estimate.standard_error,
            )
        )

    for name in risks:
        low = total(without=name)
        swings.append(
            Swing(
                name,
                0.0,
                1.0,
                _measures(low),
                _measures(whole),
                answers.difference(low, whole).estimate.standard_error,
                True,
            )
        )

    swings.sort(key=lambda swing: -abs(swing.swing()))

    shares: tuple[Index, ...] = ()
    if sobol and groups:
        partners = {names: total(Partnered, names) for names in groups}
        every = total(Partnered, tuple(name for names in groups for name in names))
        shares = tuple(sorted(indices(whole, partners, every), key=lambda index: -index.total))

    say("sensitivity", steps, steps)
    daily, land, held = ready.resolved.facts.daily, None, whole
    if budget is not None and budget_period is not None:
        land = against.held_against(first, daily, budget, budget_period, unit=unit, **ready.year)
        held = against.totals_of(first, land, unit, daily, ready.year["calendar"])
    this = against.period_of(None, first.as_of, **ready.year)
    year = against.landing_beside(
        first, daily, budget if land and land["period"] == this.name else None, this, unit
    )

    breaches = breach_drivers(held, budget, ready.drawn()) if budget is not None else None

    return Sensitivity(
        name=first.name,
        currency=first.currency,
        months=tuple(months or first.months),
        unit=unit,
        paths=ready.paths,
        seed=first.seed,
        base={measure: answers.answer(whole, measure) for measure in MEASURES},
        swings=tuple(swings),
        sobol=shares,
        breaches=breaches,
        notes=_notes(ready, groups, shares),
        landing=land,
        year=year,
        as_of=first.as_of,
    )


def _measures(totals: np.ndarray) -> dict[str, float]:
    return {measure: answers.answer(totals, measure).value for measure in MEASURES}


def _notes(ready: Study, groups, sobol) -> tuple[str, ...]:
    notes = [
        f"{' and '.join(names)} move together and are one group: a Sobol index of one of them alone would have no meaning."
        for names in groups
        if len(names) > 1 and sobol
    ]
    monthly = sorted(
        {event.draw or event.path for event in ready.resolved.events if event.per == "month"}
    )
    notes += [
        f"{name} is drawn anew every month; its swing has all months at the same end, which no future has."
        for name in monthly
    ]
    notes += [
        f"{path}: campaigns count as demand noise in the shares of the variance."
        for path, one in ready.risks.items()
        if not isinstance(one.risk, Factors)
    ]
    widest = max((index.total_error for index in sobol), default=0.0)
    if widest > 0.05:
        notes.append(
            f"Sobol indices are ± {widest:.2f} with these paths; take more paths for firmer ones."
        )
    return tuple(notes)
