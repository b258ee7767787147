"""Everything worth an alert in daily facts up to a day: spend, runaway jobs, quotas, pace, forecasts, commitments, gaps
(docs/method §12). One call, no I/O, no clock; `publish/alerts/` writes and sends what it finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from ...errors import LedgerError, listing, unknown
from ...facts.cycle.experiments import Experiment
from ...forecasting.settling import SETTLING_DAYS, Late, of_sources
from ...names import COMPANY
from ...units import spell
from ..actuals import cost_rows
from ..words import money
from .alert import DIMENSIONS, Alert, from_episode
from .detect import LATE, PERCENT_FLOOR, REFRACTORY, THRESHOLD, Episode, find_anomalies
from .expected import expect
from .experiments import experiment_alerts
from .feedback import Feedback, latest
from .gaps import gaps
from .limits import (
    PACE_MARGIN,
    UNUSED_DAYS,
    UTILIZATION,
    commitment_alerts,
    forecast_alerts,
    pace_alerts,
)
from .panel import Panel
from .parts import attribute, owner
from .quotas import Quota, quota_alerts
from .runouts import NOTICE, runout_alerts

LEVELS = (
    "workload",
    "sku",
    "team",
)  # narrow first: what a workload explains is not raised again for its team
FLOOR_SHARE = 0.01  # of the company's daily spend: the money floor where none is given
EXPLAINED = 0.5  # share of an episode that narrower ones explain, from which it is folded into them
LOUDER = 2.0  # an accepted limit alert is raised again when it has grown to twice what was accepted


@dataclass(frozen=True)
class Watch:
    """What `watch` answers: alerts, the most money first."""

    as_of: str
    since: str
    currency: str
    money_floor: float
    alerts: tuple[Alert, ...]
    accepted: int  # recorded as expected, and kept quiet while they last
    notes: tuple[str, ...] = ()
    unfinished: tuple[Late, ...] = ()  # newest days that are not judged yet

    def __iter__(self):
        return iter(self.alerts)


def watch(
    daily: pd.DataFrame,
    as_of: str,
    *,
    since: str | None = None,
    currency: str = "USD",
    levels: Iterable[str] = LEVELS,
    threshold: float = THRESHOLD,
    money_floor: float | None = None,
    percent_floor: float = PERCENT_FLOOR,
    late_days: int = LATE,
    quotas: Iterable[Quota] = (),
    experiments: Iterable[Experiment] = (),
    budgets=None,
    forecasts=(),
    runouts=(),
    hourly: Iterable[Alert] = (),
    feedback: Iterable[Feedback] = (),
    pace_margin: float = PACE_MARGIN,
    utilization: float = UTILIZATION,
    unused_days: int = UNUSED_DAYS,
    settling_days: int = SETTLING_DAYS,
    runout_days: int = NOTICE,
) -> Watch:
    """Alerts on the days from `since` (default: two weeks back) to `as_of`, from daily facts (docs/architecture.md §1).

    Facts after `as_of` are not looked at. hourly: alerts on hours of use (measure.usage.hourly). runouts: rows of measure.runout, raised where they run out within `runout_days`. settling_days: newest days that may be unfinished; one far under its weekday is named, not judged. money_floor: money a day; default 1 % of the company's daily spend in the 28 days before.
    Raises LedgerError where there are no facts by that day.
    """
    last = pd.Timestamp(as_of)
    everything = daily[daily["ChargeDate"] <= last]
    rows = cost_rows(everything)
    rows = rows[rows["ChargeClass"] != "Correction"]
    if rows.empty:
        raise LedgerError(
            f"{as_of}: the ledger has no cost on or before this day. Choose a later --as-of."
        )
    for level in (levels := tuple(levels)):
        if level not in DIMENSIONS:
            raise LedgerError(unknown("--by", "dimension", level, DIMENSIONS))
    since = since or str((last - pd.Timedelta(days=13)).date())
    days = np.arange(
        rows["ChargeDate"].min().to_datetime64().astype("datetime64[D]"),
        np.datetime64(as_of, "D") + 1,
    )
    spoken = list(latest(feedback).values())
    recent = rows[rows["ChargeDate"] > last - pd.Timedelta(days=28)]
    floor = (
        FLOOR_SHARE * max(float(recent["EffectiveCost"].sum()), 0.0) / min(28, len(days))
        if money_floor is None
        else money_floor
    )
    find = partial(
        find_anomalies, threshold=threshold, percent_floor=percent_floor, late_days=late_days
    )

    missing = gap_alerts(rows, days, late_days, currency)
    alerts = list(missing)
    spend: list[Alert] = []
    hushed: set[str] = set()
    notes: list[str] = []
    used = rows[
        rows["CommitmentDiscountStatus"] != "Unused"
    ]  # what a commitment bought in vain has an alert of its own
    hours = _gpu_rows(used)
    for level in levels:
        column = DIMENSIONS[level]
        at = used.groupby(column, observed=True).indices
        panel = panel_of(used, column, days, "EffectiveCost", late_days)
        heard = [one for one in spoken if one.dimension == level]
        episodes = find(panel, money_floor=floor, feedback=heard, dimension=level)
        notes = notes or negative_days(used, column, since)
        jobs = []
        if level == "workload" and len(hours):
            gpu = panel_of(hours, column, days, "ConsumedQuantity", late_days)
            jobs = list(find(gpu, direction="up", feedback=heard, kind="runaway", dimension=level))
        in_span = [one for one in episodes if one.end >= since]
        if any(
            one.verdict == "expected" for one in heard
        ):  # what was meant explains its team's rise too
            before = find(panel, money_floor=floor, dimension=level)
            meant = {one.subject for one in heard if one.verdict == "expected"}
            silent = [
                one
                for one in before
                if one.subject in meant
                and one.end >= since
                and one.id not in {e.id for e in episodes}
            ]
            hushed |= {one.id for one in silent}
            in_span += silent
        said = [_spend_alert(one, used.iloc[at[one.subject]], jobs, currency) for one in in_span]
        spend = _fold(spend, said, column)
    alerts += [one for one in spend if one.id not in hushed]
    alerts += quota_alerts(rows, list(quotas), currency)
    alerts += experiment_alerts(rows, experiments, as_of, currency)
    if budgets is not None:
        alerts += pace_alerts(rows, budgets, as_of, currency, pace_margin, floor)
    alerts += forecast_alerts(cost_rows(everything), forecasts, as_of, currency)
    alerts += commitment_alerts(rows, as_of, currency, utilization, unused_days)
    alerts += runout_alerts(runouts, as_of, currency, runout_days)
    alerts += hourly
    alerts = [one for one in alerts if one.end >= since]
    expected = {
        one.alert: one
        for one in spoken
        if one.verdict == "expected" and one.kind not in ("spend", "runaway")
    }
    most = {
        name: LOUDER * max(abs(one.actual - one.expected), 0.01) for name, one in expected.items()
    }
    quiet = [one for one in alerts if one.severity <= most.get(one.id, -np.inf)]
    shown = [one for one in alerts if one not in quiet]
    shown.sort(key=lambda one: (-abs(one.severity), one.kind, one.subject, one.start))
    accepted = len(quiet) + sum(
        one.verdict == "expected" and one.kind in ("spend", "runaway") and one.start <= as_of
        for one in spoken
    )
    followed = max(
        (daily.loc[daily["ChargeCategory"] == "Usage", "ChargeDate"].max() - last).days, 0
    )
    late = of_sources(everything, as_of, max(settling_days - followed, 0))
    return Watch(
        as_of,
        since,
        currency,
        floor,
        tuple(shown),
        accepted,
        (*not_judged(late, currency), *notes),
        late,
    )


def not_judged(late: tuple[Late, ...], currency: str) -> list[str]:
    """A sentence for each unfinished day of a source.

    >>> not_judged((Late("2026-07-31", 33.0, 100.0, "Vendor"),), "USD")
    ['2026-07-31 at Vendor is not judged yet: $33.00 where about $100 is usual, probably unfinished. A fall that lasts will be judged.']
    """
    return [
        f"{one.day} at {one.source or 'the bill'} is not judged yet: {money(one.written, currency)} where about {money(one.usual, currency)} is usual, "
        "probably unfinished. A fall that lasts will be judged."
        for one in late
    ]


def panel_of(
    rows: pd.DataFrame, column: str, days: np.ndarray, measure: str, late_days: int
) -> Panel:
    """Amount by subject and day. No row is zero for a source that reports now and then, and not known for one that reports every day."""
    table, present, names = _matrix(rows, column, days, measure)
    _, unknown_days = gaps(present, late_days)
    table[:, ~present.any(axis=0)] = np.nan  # nobody reported
    table[unknown_days] = np.nan
    return Panel(days, names, np.where(table < 0, np.nan, table))


def negative_days(rows: pd.DataFrame, column: str, since: str) -> list[str]:
    """A sentence where days of a subject are below zero since a day: refunds without a mark, which are not judged."""
    by = (
        rows[rows["ChargeDate"] >= pd.Timestamp(since)]
        .groupby([column, "ChargeDate"], observed=True)["EffectiveCost"]
        .sum()
    )
    below = by[by < 0]
    if below.empty:
        return []
    names = listing(sorted(set(below.index.get_level_values(0))), 4)
    return [
        f"{len(below)} day{'s' * (len(below) > 1)} below zero (refunds) {'were' if len(below) > 1 else 'was'} not judged: {names}."
    ]


def _matrix(rows, column, days, measure):
    by = rows.groupby([column, "ChargeDate"], observed=True)[measure].sum()
    names = tuple(sorted(set(by.index.get_level_values(0))))
    place = {name: i for i, name in enumerate(names)}
    at = (
        np.array([place[name] for name in by.index.get_level_values(0)], int),
        (by.index.get_level_values(1).to_numpy("datetime64[D]") - days[0]).astype(int),
    )
    table, present = np.zeros((len(names), len(days))), np.zeros((len(names), len(days)), bool)
    table[at], present[at] = by.to_numpy(float), True
    return table, present, names


def _gpu_rows(rows: pd.DataFrame) -> pd.DataFrame:
    units = {unit for unit in set(rows["ConsumedUnit"]) if unit and spell(unit) == "GPU-hours"}
    return rows[rows["ConsumedUnit"].isin(units)]


def _spend_alert(episode: Episode, mine: pd.DataFrame, jobs: list[Episode], currency: str) -> Alert:
    job = any(
        one.subject == episode.subject and one.start <= episode.end and episode.start <= one.end
        for one in jobs
    )
    during = mine[(mine["ChargeDate"] >= episode.start) & (mine["ChargeDate"] <= episode.end)]
    drivers = attribute(mine, episode.start, episode.end, episode.excess)
    return from_episode(episode, drivers, owner(during if len(during) else mine), currency, job)


def _fold(narrow: list[Alert], wide: list[Alert], column: str) -> list[Alert]:
    """Alerts of both; a wider one that narrower ones explain by half is named at the largest of them instead."""
    kept = list(narrow)
    for one in wide:
        same = [
            (i, narrower)
            for i, narrower in enumerate(kept)
            if narrower.direction == one.direction
            and narrower.dimension != one.dimension
            and narrower.start <= _later(one.end)
            and one.start <= _later(narrower.end)
        ]
        shares = [
            (
                sum(
                    line["change"]
                    for line in narrower.parts["lines"]
                    if line.get(column) == one.subject
                ),
                i,
            )
            for i, narrower in same
        ]
        if shares and sum(share for share, _ in shares) / one.severity >= EXPLAINED:
            _, at = max(shares, key=lambda pair: pair[0] / one.severity)
            kept[at] = replace(
                kept[at],
                folded=tuple(dict.fromkeys((*kept[at].folded, f"{one.dimension} {one.subject}"))),
            )
        else:
            kept.append(one)
    return kept


def _later(day: str, days: int = REFRACTORY) -> str:
    return str(np.datetime64(day, "D") + days)


def gap_alerts(rows: pd.DataFrame, days: np.ndarray, late_days: int, currency: str) -> list[Alert]:
    """Sources that report every day and stopped, or left days out: everything, a service, a workload. The widest one is told.

    Severity: what these days usually cost: money that is not in the ledger, not money saved.
    """
    use = rows[rows["ChargeFrequency"].isin(["Usage-Based", ""])]
    use = use if len(use) else rows
    days_by_subject: list[tuple] = []
    alerts = []
    whole = use.assign(x_All=COMPANY)
    for dimension, column, part in (
        ("company", "x_All", whole),
        ("service", "ServiceName", use),
        ("workload", "x_Workload", use),
    ):
        table, present, names = _matrix(part, column, days, "EffectiveCost")
        missing, unknown_days = gaps(present, late_days)
        if not missing:
            continue
        usual = expect(np.where(unknown_days, np.nan, np.maximum(table, 0.0))).level
        for gap in missing:
            first, last = str(days[gap.first]), str(days[gap.last])
            if any(
                a <= last
                and first <= b
                and (
                    wide == COMPANY
                    or set(part.loc[part[column] == names[gap.row], "ServiceName"]) <= {wide}
                )
                for wide, a, b in days_by_subject
            ):
                continue
            name, count = names[gap.row], gap.last - gap.first + 1
            days_by_subject.append((name, first, last))
            level = usual[gap.row, gap.first]
            lost = float(level) * count if np.isfinite(level) else 0.0
            who = (
                owner(part[part[column] == name])
                if dimension == "workload"
                else {"business_unit": "", "team": ""}
            )
            title = "No source" if name == COMPANY else name
            span = f"from {first} to {last}" if count > 1 else f"on {first}"
            text = (
                f"{title} {'has sent no data since' if gap.open else 'sent no data'} {first if gap.open else span}, {count} day"
                f"{'s' * (count > 1)}; usually {money(lost, currency)} for so long. No data is not zero."
            )
            text = text.replace("No source has sent no data", "No source has sent data").replace(
                "No source sent no data", "No source sent data"
            )
            alerts.append(
                Alert(
                    kind="gap",
                    dimension=dimension,
                    subject=name,
                    direction="down",
                    start=first,
                    end=last,
                    ongoing=gap.open,
                    severity=-lost,
                    actual=0.0,
                    expected=lost,
                    what=text,
                    do="Ask for the missing export and take it in again; if it was shut down, record this as expected.",
                    business_unit=who["business_unit"],
                    team=who["team"],
                )
            )
    return alerts
