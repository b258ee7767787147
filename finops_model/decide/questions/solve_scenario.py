"""A scenario with one value changed, simulated again on the same draws: what `finops solve` asks of a bill (docs/method §8.69)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ...documents import Document
from ...errors import InputError, ScenarioError, listing, nearest
from ...facts.workspace import read_daily
from ...forecasting.widths.demand import Demand
from ...measure.budget import against
from ...progress import Progress, part, silent
from ...scenario.changes import leaves
from ...scenario.document import Layer, Scenario, load_scenario, resolve
from ...scenario.ledger_base import Facts, read_facts
from ...scenario.schema import Change, ScenarioDocument
from ...settings import Settings
from ...simulate.compile.plan import compile_plan, future
from ...simulate.scenarios import demand_of, simulate

SAID = (
    "set",
    "scale",
)  # changes whose value is a number of the file: what it sets, or the factor that it scales by
ENDS = {  # kind -> how the path of its value ends
    "discount": ("/ContractCommitmentDiscountPercentage", "/discount"),
    "level": ("/ContractCommitmentQuantity", "/seats", "/units", "/gpus", "/quantity"),
    "price": ("prices/",),
    "volume": ("/demand/level", "/level"),
    "hit_rate": ("/cache_hit",),
}
MOST = 3.0
POINTS = 7  # simulated at first


@dataclass
class Varied:
    """One value of a scenario that may be another, and the cost of every path there."""

    scenario: Scenario
    settings: Settings
    facts: Facts
    path: str
    now: float | None
    months: tuple[str, ...] | None  # of the total; None: all that are simulated
    booked: float
    unit: str | None
    demand: Demand
    paths: int | None
    progress: Progress = silent
    ran: int = 0
    known: dict[float, np.ndarray] = field(default_factory=dict)

    def cost(self, value: float) -> np.ndarray:
        """(path,): booked and simulated cost where the value is `value`."""
        if value not in self.known:
            self.ran += 1
            self.known[value] = self.total(
                changed(self.scenario, self.path, value), f"{self.path} {value:.6g}: "
            )
        return self.known[value]

    def total(self, scenario: Scenario, words: str) -> np.ndarray:
        """(path,) of any scenario on the same draws."""
        resolved = resolve(scenario, settings=self.settings, facts=self.facts, paths=self.paths)
        plan = compile_plan(resolved, self.demand)
        run = simulate(plan, dials=False, progress=part(self.progress, words))
        months = None if self.months is None else [m for m in run.months if m in self.months]
        return self.booked + run.total(self.unit, months)


def varied(
    file,
    settings: Settings,
    kind: str | None,
    path: str | None,
    *,
    period: str | None,
    whole: bool,
    unit: str | None,
    paths: int | None,
    progress: Progress | None,
) -> Varied:
    """The value that is meant, ready to be simulated; `whole`: over all months, else of a budget's period."""
    scenario = load_scenario(file)
    daily = read_daily(settings)
    facts = read_facts(daily, settings, None)
    resolved = resolve(scenario, settings=settings, facts=facts, paths=paths)
    known = stated(scenario, resolved)
    if path is None:
        path = _meant(kind, known, scenario)
    if path not in known:
        near = nearest(path, known)
        raise InputError(
            f"--path: '{path[:80]}' is no number of this scenario.{f' Did you mean {near!r}?' if near else ''} "
            f"It has {listing(sorted(known), 8)}. finops scenario show lists all."
        )
    demand = demand_of(facts, len(future(resolved)), resolved.seed, settings.methods, progress)
    months, booked = None, 0.0
    if not whole or period is not None:
        of = against.period_of(period, facts.as_of, **against.year_how(settings))
        if of.weeks:
            raise InputError(
                f"--budget-period: {of.name} is made of weeks, and solve adds up months. Name a month, 2027-03."
            )
        if missing := against.unreached(of.months, resolved.months, facts.as_of):
            raise InputError(
                f"--budget-period: {of.name} runs to {of.months[-1]}, and nothing is simulated for {missing[0]}. "
                "Write more months in the base scenario (horizon/months), or name a period that it reaches."
            )
        months = of.months
        before = against.booked_by_month(daily, facts.as_of, unit)
        booked = sum(
            amount
            for month, amount in before.items()
            if month in months and month not in resolved.months
        )
    now = known[path]
    return Varied(
        scenario=scenario,
        settings=settings,
        facts=facts,
        path=path,
        now=now,
        months=months,
        booked=booked,
        unit=unit,
        demand=demand,
        paths=paths,
        progress=progress or silent,
    )


def stated(scenario: Scenario, resolved) -> dict[str, float | None]:
    """Every number that may be varied, by its path: those of the base, and those that changes say; None where it is a range."""
    numbers: dict[str, float | None] = {
        name: float(value)
        for name, value in leaves(resolved.tree).items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    for layer in scenario.layers:
        for change in layer.document.changes:
            if change.op == "add" and isinstance(change.value, dict):
                for key, value in change.value.items():
                    if isinstance(value, (int, float)) and not isinstance(value, bool):
                        numbers[f"{change.path}/{key}"] = float(value)
            elif change.op in SAID and "*" not in change.path:
                plain = isinstance(change.value, (int, float))
                numbers[change.path] = float(change.value) if plain else None
    return numbers


def _meant(kind: str | None, known: dict, scenario: Scenario) -> str:
    if kind is None:
        raise InputError(
            "Say what to solve for: --for discount, level, price, volume or hit_rate, or --path."
        )
    if kind not in ENDS:
        near = nearest(str(kind), ENDS)
        raise InputError(
            f"--for: '{str(kind)[:40]}' is nothing to solve for.{f' Did you mean {near!r}?' if near else ''} Name one of: {', '.join(ENDS)}."
        )
    fits = [
        path
        for path in known
        if any(
            path.endswith(end) or (end.endswith("/") and path.startswith(end)) for end in ENDS[kind]
        )
    ]
    touched = {change.path for layer in scenario.layers for change in layer.document.changes}
    own = [path for path in fits if any(path == at or path.startswith(f"{at}/") for at in touched)]
    chosen = own or fits
    if len(chosen) != 1:
        have = f"there are {listing(chosen, 6)}" if chosen else "this scenario has none"
        raise InputError(
            f"--for {kind}: {have}. Name the value: --path, as finops scenario show lists them."
        )
    return chosen[0]


def span(
    found: Varied, kind: str | None, low: float | None, high: float | None
) -> tuple[float, float]:
    """The range that is looked through: as given, shares from 0 to 1, else to three times what the file says."""
    share = kind in ("discount", "hit_rate") or found.path.endswith(
        (*ENDS["discount"], *ENDS["hit_rate"])
    )
    share = share or "/routing/" in found.path or found.path.endswith(("_share", "x_EligibleShare"))
    if high is None:
        if not share and not found.now:
            raise InputError(
                f"{found.path}: there is no number of it to look around; give --from and --to."
            )
        high = 1.0 if share else MOST * abs(found.now or 1.0)
    low = 0.0 if low is None else low
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise InputError(f"--from {low:g} --to {high:g}: write a range that rises.")
    return float(low), float(high)


def changed(scenario: Scenario, path: str, value: float) -> Scenario:
    """The scenario with one value replaced where a file says it, else set from the first day on."""
    layers = list(scenario.layers)
    for at in range(len(layers) - 1, -1, -1):
        for i, change in reversed(list(enumerate(layers[at].document.changes))):
            other = _replaced(change, path, value)
            if other is not None:
                document = layers[at].document
                changes = [*document.changes]
                changes[i] = other
                layers[at] = replace(
                    layers[at], document=document.model_copy(update={"changes": changes})
                )
                return replace(scenario, layers=tuple(layers))
    source = Document({"name": scenario.name})
    source.path, source.lines = "--path", {}
    change = Change(path=path, op="set", value=value, because="Asked by finops solve.")
    document = ScenarioDocument(name=scenario.name, base="--path", changes=[change])
    return replace(scenario, layers=(*layers, Layer(document, source)))


def _replaced(change: Change, path: str, value: float) -> Change | None:
    if change.op in SAID and change.path == path:
        return change.model_copy(update={"value": value})
    if change.op == "add" and isinstance(change.value, dict) and path.startswith(f"{change.path}/"):
        key = path[len(change.path) + 1 :]
        if key in change.value:
            return change.model_copy(update={"value": {**change.value, key: value}})
    return None


def without(scenario: Scenario) -> Scenario:
    """The base that a what-if stands on: what its saving is against."""
    if len(scenario.layers) < 2:
        raise ScenarioError(
            f"{scenario.path}: this is a base, so there is nothing to save against. Give --budget, or a scenario with base: in it."
        )
    return replace(scenario, layers=scenario.layers[:-1])


def tolerated(function: Callable[[float], float]) -> Callable[[float], float]:
    """The same; a value that a scenario refuses is told with the value."""

    def asked(value: float) -> float:
        try:
            return function(value)
        except ScenarioError as problem:
            raise ScenarioError(
                f"at {value:.6g}: {problem} Narrow the range: --from, --to."
            ) from None

    return asked
