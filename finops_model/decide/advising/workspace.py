"""The recommendations of a workspace: gathered, simulated, chosen (docs/method §17.20 to §17.23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from ...errors import FinOpsError
from ...facts.cycle.quality import read_quality
from ...facts.daily import entities
from ...facts.ledger.store import Ledger
from ...facts.workspace import read_daily
from ...measure.waste import WasteFacts, gather, of_facts
from ...periods import fiscal_months, month_of
from ...progress import Progress, silent
from ...scenario.booked import newest_full_month
from ...scenario.document import horizon, load_scenario, resolve
from ...scenario.ledger_base import Facts, read_facts
from ...settings import Settings
from ...simulate.kept_fits import Fits
from ..advice import Ground, Recommendation, advised, covered
from .chosen import choose, touched
from .decided import standing
from .simulated import YEAR, Bench, costs, possible, simulated, valued, within_evidence

PATHS = 1000  # futures of a list of advice
LEAST = 1.0  # money a month: a saving below it is none


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What was seen on a workspace, what goes together, and what the set saves."""

    as_of: str
    currency: str
    months: tuple[str, ...]
    paths: int
    chosen: tuple[
        Recommendation, ...
    ]  # largest run rate first; rates are valued on what use leaves
    others: tuple[Recommendation, ...]  # alternatives that were not chosen
    asked: tuple[
        Recommendation, ...
    ]  # the facts allow it and do not prove it: for the owner to say
    against: Mapping[
        str, str
    ]  # id of one of `others` -> id of the chosen one it cannot be done with
    refused: Mapping[str, str]  # id -> why nothing was simulated of it, or why it saves nothing
    jointly: np.ndarray  # (path, month) saving of all that is chosen, before one-off cost
    in_year: np.ndarray  # (month,) which months are of the fiscal year under way
    overlap: (
        float  # together − Σ each, money over all months; below 0: they take from the same cost
    )
    stands: Mapping[str, str] = field(default_factory=dict)  # id -> what the table of actions says
    notes: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Recommendation, ...]:
        """Chosen, not chosen, and to be asked."""
        return (*self.chosen, *self.others, *self.asked)

    @property
    def run_rate(self) -> float:
        """What the set saves a month once all of it acts, jointly: mean of the first 12 months that are simulated from then on; the sum of each where none is."""
        last = max((each.since[:7] for each in self.chosen), default="")
        at = [i for i, month in enumerate(self.months) if month >= last][:YEAR]
        if not at or not self.chosen:
            return sum(each.run_rate or 0.0 for each in self.chosen)
        return float(self.jointly[:, at].mean(axis=0).mean())

    @property
    def one_off(self) -> float:
        """What all that is chosen costs once."""
        return sum(each.one_off for each in self.chosen)


def ground_of(
    settings: Settings, daily: pd.DataFrame | None = None, as_of: str | None = None
) -> Ground:
    """The facts of a workspace or of one entity of it, and what else it knows.

    Raises FinOpsError where a file of the workspace cannot be read.
    """
    daily = read_daily(settings) if daily is None else daily
    facts = read_facts(daily, settings, as_of)
    base = resolve(load_scenario(_base(settings)), settings=settings, facts=facts)
    follows = {name: str(one.get("driver") or "") for name, one in base.tree["workloads"].items()}
    seen = waste_of(settings, daily, facts)
    return Ground(
        settings=settings,
        facts=facts,
        follows=follows,
        peers=_peers(settings, facts.as_of),
        waste=tuple(of_facts(seen)),
        waste_rows=seen.rows,
        waste_month=seen.month,
        usage=seen.usage,
        quality=quality_of(settings),
    )


def quality_of(settings: Settings) -> pd.DataFrame | None:
    """Samples of the workspace, or of its entity; None where it has none."""
    if not settings.quality_samples:
        return None
    own = settings.own.name if settings.own else ""
    names = [one.name for one in settings.entities]
    return read_quality(settings.path(settings.quality_samples), own, names)


def waste_of(settings: Settings, daily: pd.DataFrame, facts: Facts) -> WasteFacts:
    """What waste is looked for in, up to the newest full month, or the month under way where there is no full one."""
    ledger = entities.part(Ledger(settings.path(settings.ledger)), settings)
    month = newest_full_month(facts) or month_of(facts.as_of)
    return gather(settings, ledger, daily, month)


def recommendations(settings: Settings, **how) -> list[Recommendation]:
    """What is chosen of all advice, with savings; `how` as of `advice_of`."""
    return list(advice_of(settings, **how).chosen)


def advice_of(
    settings: Settings,
    *,
    daily: pd.DataFrame | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Advice:
    """All advice of a workspace, each simulated alone on the base, the chosen ones jointly; use first, then rates on what use leaves."""
    say = progress or silent
    say("what can be seen", 0, 1)
    ground = ground_of(settings, daily, as_of)
    bench = Bench(
        ground=ground,
        base=load_scenario(_base(settings)),
        paths=paths or PATHS,
        fits=Fits(settings.path(settings.ledger)),
        engine=engine,
        progress=progress,
    )
    seen = advised(ground)
    decided, stands = standing(settings, seen, ground.as_of)
    seen = [a for a in seen if a.id not in decided]
    chosen: list[Recommendation] = []
    others: list[Recommendation] = []
    asked: list[Recommendation] = []
    against: dict[str, str] = {}
    refused: dict[str, str] = dict(decided)
    beyond: dict[str, np.ndarray] = {}  # what is simulated beyond what the evidence supports
    for category in ("usage", "rate"):
        mine, no = possible(bench, [a for a in seen if a.category == category], chosen)
        refused |= no
        if not mine:
            continue
        mine, (below, *alone), months, no = simulated(bench, mine, chosen)
        refused |= no
        savings = [within_evidence(a, below - c, months) for a, c in zip(mine, alone, strict=True)]
        beyond |= {
            a.id: below - c - s
            for a, c, s in zip(mine, alone, savings, strict=True)
            if a.steady is not None
        }
        priced = [valued(a, s, months, bench) for a, s in zip(mine, savings, strict=True)]
        refused |= {a.id: nothing(a, ground) for a in priced if (a.horizon or 0.0) < LEAST}
        worth = [a for a in priced if a.id not in refused]
        asked += [a for a in worth if not a.sure]
        more, clash = choose([a for a in worth if a.sure], chosen)
        against |= clash
        chosen += more
        others += [a for a in priced if a.id in clash]
    if chosen:
        (base, all_done), months = costs(bench, [(), chosen])
        jointly = base - all_done - sum(beyond[a.id] for a in chosen if a.id in beyond)
    else:
        months = horizon(bench.base, ground.as_of, settings.fiscal_year_starts, None, False)
        jointly = np.zeros((bench.paths, len(months)))
    gross = sum((a.horizon or 0.0) + a.one_off for a in chosen)
    year = fiscal_months(month_of(ground.as_of), settings.fiscal_year_starts)
    return Advice(
        as_of=ground.as_of,
        currency=ground.currency,
        months=months,
        paths=bench.paths,
        chosen=tuple(sorted(chosen, key=lambda a: (-(a.run_rate or 0.0), a.id))),
        others=tuple(sorted(others, key=lambda a: (-(a.run_rate or 0.0), a.id))),
        asked=tuple(sorted(asked, key=lambda a: (-(a.run_rate or 0.0), a.id))),
        against=against,
        refused=refused,
        jointly=jointly,
        in_year=np.array([m in year for m in months]),
        overlap=float(jointly.sum(axis=1).mean()) - gross,
        stands=stands,
        notes=tuple(bench.fits.notes),
    )


def nothing(advice: Recommendation, ground: Ground) -> str:
    """Why advice saves nothing, in a sentence: a live commitment pays for it all the same, or it costs more than it saves."""
    units = ground.bought[advice.workload][0] if advice.workload in ground.bought else ()
    patterns = [
        each for name, skus, _ in touched(advice) if name == advice.workload for each in skus
    ]
    skus = {sku for sku in units if any(fnmatchcase(sku, each) for each in patterns)}
    for record in ground.facts.inventory:
        end = str(record.get("ContractCommitmentPeriodEnd") or "")[:10]
        if skus & set(covered(record)) and ground.as_of < end:
            name = record.get("ContractCommitmentId")
            return f"it would save nothing: {name} is paid until {end} whether it is used or not."
    return "it would save nothing over the months that are simulated."


def _base(settings: Settings):
    """The base scenario of the workspace; None where it has none."""
    return settings.path(settings.scenario) if settings.scenario else None


def _peers(settings: Settings, as_of: str) -> dict[str, Facts]:
    """Facts of the other entities of the company, up to the same day; one that cannot be read is none."""
    peers = {}
    for entity in settings.entities if settings.own else ():
        if settings.own is not None and entity.name == settings.own.name:
            continue
        theirs = settings.model_copy(update={"own": None, "known": None}).entity(entity.name)
        try:
            peers[entity.name] = read_facts(read_daily(theirs), theirs, as_of)
        except FinOpsError:
            continue
    return peers
