"""How good were we: forecasts made earlier, compared with actuals and with seasonal naive (docs/method §11).

A forecast for month m is graded by |P50 − actual| ÷ actual of the month's total; `lead` counts months from the
month whose end was the newest known day. Repeating the last week of known days is the baseline. Month ends, baseline, windows and sums are
those of `forecasting.backtest`: one way of replaying (§11.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import numpy as np
import pandas as pd

from ..forecasting.backtest import ends_before, repeated_week, spans
from ..forecasting.windows import (
    BANDS,
    GRADED,
    calibration,
    graded,
    plain,
    said_and_was,
    summary,
)
from ..periods import add_months, days_between, month_days, month_of, month_range, months_between
from ..progress import Progress, silent
from ..scenario.document import load_scenario
from ..scenario.volumes import LEAST_DAYS
from ..simulate import scenarios as simulate
from ..simulate.kept import Kept, facts_hashes, scenario_hash
from ..simulate.kernel.engine import label as engine_label
from .accuracy_types import Accuracy, Scores, Window
from .brief_types import PreviousForecast
from .change.revisions import measured, revisions

LEADS = (1, 2, 3, 6, 9, 12)
NEAR = 3  # months ahead up to which a calibration is claimed (beyond, the spread is an assumption)
MIN_DAYS = 120  # of a ledger before a replay: its workloads start later than it does
REPLAYS, REPLAYS_OF_FEW, FEW = (
    7,
    14,
    8,
)  # earlier month ends graded; small ledgers replay fast, so twice as many
FURTHER = (6, 9, 12, 18, 24)  # leads named to who wants to know more than was graded
PATHS = 1000


def month_ends(first_day, last_day, count: int, min_days: int = MIN_DAYS) -> list[str]:
    """The newest `count` month ends before the newest month, complete or not, that leave `min_days` of history before.

    >>> month_ends("2026-01-01", "2026-10-31", 2)
    ['2026-08-31', '2026-09-30']
    """
    return [
        str(end)
        for end in ends_before(
            first_day, month_of(np.datetime64(last_day, "D")), 1, count, min_days
        )
    ]


def how_many(workloads: int, leads=LEADS) -> int:
    """Replays of a ledger by its number of workloads; enough of them that the longest lead counts as graded, where the history has them.

    >>> how_many(20), how_many(8), how_many(20, (1, 2)), how_many(8, (1, 2))
    (17, 17, 7, 14)
    """
    return max(REPLAYS_OF_FEW if workloads <= FEW else REPLAYS, max(leads) + GRADED - 1)


def reach(first_day, last_day, min_days: int = MIN_DAYS) -> int:
    """The longest lead, in months, that a ledger of these days can grade: from its first month end with `min_days` before to its last whole month.

    >>> reach("2024-06-01", "2026-10-31"), reach("2024-06-01", "2026-11-15"), reach("2026-10-01", "2026-10-31")
    (25, 25, 0)
    """
    whole = (np.datetime64(last_day, "D") + 1).astype(
        "datetime64[M]"
    ) - 1  # the month under way is not over
    earliest = (np.datetime64(first_day, "D") + (min_days - 1)).astype("datetime64[M]")
    return max(int((whole - earliest).astype(int)), 0)


def replay(
    scenario,
    settings,
    daily: pd.DataFrame,
    *,
    as_of: str,
    count: int,
    progress: Progress | None = None,
    leads=LEADS,
    engine: str | None = None,
    through: str | None = None,
    kept: Kept | None = None,
) -> list:
    """The whole simulation run again from earlier month ends, on nothing but what was known then.

    Parameters
    ----------
    scenario : path or None
        The base.
    settings : Settings
        Of the workspace.
    daily : frame
        DAILY.
    as_of : str
        YYYY-MM-DD; month ends before its month.
    count : int
        At most so many, the newest.
    progress : callable, optional
        Called with (text, done, total).
    leads : sequence of int, optional
        Months ahead that are simulated.
    engine : str, optional
        As in `run_many`.
    through : str, optional
        YYYY-MM; the newest replay is simulated to this month, so that years can be compared.
    kept : Kept, optional
        Where replays are kept between runs, with proof of what they were made from.

    Returns
    -------
    list of Run
        Oldest first.

    Source
    ------
    docs/method §11.5.

    Examples
    --------
    >>> days = pd.DataFrame({"ChargeDate": pd.to_datetime(["2026-01-01", "2026-02-01"])})
    >>> replay(None, None, days, as_of="2026-02-01", count=12)  # no month end has days enough before it
    []
    """
    say, runs = progress or silent, []
    ends = month_ends(daily["ChargeDate"].min().date(), as_of, count)
    if ends:  # before anything cost something there was nothing to forecast
        begun = costs_from(daily) or "9999-12-31"
        ends = [end for end in ends if days_between(begun, end) + 1 >= LEAST_DAYS]
    marks = facts_hashes(daily, ends) if kept is not None else []
    for i, end in enumerate(ends):
        say(f"replay from {end}", i, len(ends))
        months = max(*leads, *LEADS)
        if through is not None and end == ends[-1]:
            months = max(months, months_between(month_of(end), through))

        def made(end=end, months=months):
            return simulate.run(
                scenario,
                settings,
                as_of=end,
                paths=PATHS,
                months=months,
                daily=daily[daily["ChargeDate"] <= pd.Timestamp(end)],
                methods="cheap",
                dials=False,
                engine=engine,
            )

        if kept is None:
            runs.append(made())
            continue
        asked = {
            "facts": marks[i],
            "scenario": scenario_hash(load_scenario(scenario), settings),
            "as_of": end,
            "months": months,
            "paths": PATHS,
            "engine": engine_label(engine),
        }
        runs.append(kept.run(asked, made))
    say("replays", len(ends), max(len(ends), 1))
    return runs


def costs_from(daily: pd.DataFrame) -> str | None:
    """The first day on which usage cost anything; None: there is none.

    >>> rows = pd.DataFrame({"ChargeDate": pd.to_datetime(["2026-01-01", "2026-03-01"]), "ChargeCategory": "Usage", "EffectiveCost": [0.0, 2.0]})
    >>> costs_from(rows)
    '2026-03-01'
    """
    paid = daily[(daily["ChargeCategory"] == "Usage") & (daily["EffectiveCost"] > 0)]
    return str(paid["ChargeDate"].min().date()) if len(paid) else None


def naive_month(cost_by_day: pd.Series, made: str, month: str) -> float:
    """Seasonal naive over `month`: the newest seven days known at `made` repeated; a day without a charge cost nothing."""
    known = cost_by_day[: pd.Timestamp(made)]
    if not len(known):
        return 0.0
    whole = known.reindex(pd.date_range(known.index.min(), made), fill_value=0.0).to_numpy(float)
    inside = month_days(month)
    return float(
        repeated_week(whole, int((inside[-1] - np.datetime64(made, "D")).astype(int)))[
            -len(inside) :
        ].sum()
    )


def track_record(
    replays: list, actual: dict[str, float], cost_by_day: pd.Series, unit: str | None, leads=LEADS
) -> list[dict]:
    """The brief's `accuracy.detail`: one row per earlier forecast and complete month.

    replays   runs made from earlier days (`Run.as_of`), same method as today's
    actual    cost per complete month
    """
    return [
        row for row in _windows(replays, actual, cost_by_day, unit, leads) if row["kind"] == "month"
    ]


def _windows(replays, actual, cost_by_day, unit, leads) -> list[dict]:
    rows = []
    for run in replays:
        if unit is not None and unit not in run.units:
            continue  # not there yet
        cutoff_month, end = month_of(run.as_of), np.datetime64(run.as_of, "D")
        for kind, lead, label, first, last in spans(
            end,
            sorted({*leads, 1, 2, 3}),
            (),
            month_days(add_months(cutoff_month, max(*leads, 3)))[-1],
        ):
            months = month_range(month_of(first), month_of(last))
            if (kind == "month" and lead not in leads) or not all(
                month in run.months and actual.get(month) for month in months
            ):
                continue
            naive = sum(naive_month(cost_by_day, run.as_of, month) for month in months)
            rows.append(
                {
                    "kind": kind,
                    "made": cutoff_month,
                    "for": label,
                    "lead": lead,
                    **plain(
                        graded(
                            run.total(unit=unit, months=list(months)),
                            sum(actual[month] for month in months),
                            naive,
                        )
                    ),
                }
            )
    return sorted(rows, key=lambda row: (row["for"], row["lead"]))


def by_lead(detail: list[dict], bands=BANDS) -> list[Scores]:
    """Errors by lead: Σ|error| ÷ Σ actual, the same of naive, skill = 1 − ours ÷ naive, shares inside the ranges and within the bands."""
    return (
        plain(summary(pd.DataFrame(detail), ("lead",), bands).sort_values("lead")) if detail else []
    )


def record(
    replays: list,
    actual: dict[str, float],
    cost_by_day: pd.Series,
    unit: str | None,
    leads=LEADS,
    bands=BANDS,
    could: int | None = None,
) -> Accuracy:
    """The brief's `accuracy` of one unit.

    Parameters
    ----------
    replays : list of Run
        As `replay` gives them.
    actual : dict of str to float
        YYYY-MM -> cost of whole months.
    cost_by_day : Series
        Of the unit, indexed by day.
    unit : str or None
        A business unit; None: the company.
    leads : sequence of int, optional
        Months ahead that are graded.
    bands : sequence of (str, float), optional
        Limits of the track record's words, as shares.
    could : int, optional
        The longest lead that the history could grade (`reach`); None: not known, and nothing is
        said of it.

    Returns
    -------
    Accuracy
        Sentences, a row per lead, months 1 to 3 together, calibration of the ranges of months up to
        NEAR ahead, every window. `published` is added by `measure.grades`.

    Source
    ------
    docs/method §11.1, §11.2, §11.9.

    Examples
    --------
    >>> record([], {}, pd.Series(dtype=float), None)["rows"]
    []
    """
    windows = _windows(replays, actual, cost_by_day, unit, leads)
    detail = [row for row in windows if row["kind"] == "month"]
    rows = by_lead(detail, bands)
    near = [row for row in detail if row["lead"] <= NEAR] or detail
    ranges = calibration(pd.DataFrame(near)).query("kind == 'range'") if near else pd.DataFrame()
    ranges = plain(ranges)
    return {
        "sentence": sentence(rows),
        "trust": trust(rows, ranges, leads, could),
        "rows": rows,
        "asked": sorted(leads),
        "bands": [limit for _, limit in bands],
        "quarter": next(
            iter(
                by_lead(
                    [row for row in windows if row["kind"] == "quarter" and row["lead"] == 1], bands
                )
            ),
            None,
        ),
        "calibration": ranges,
        "detail": cast(list[Window], detail),
        "published": None,
        "revisions": measured(revisions(replays, unit, max(leads))),
    }


def sentence(rows: list[Scores]) -> str:
    """The track record in words."""
    if not rows:
        return "There is too little history to grade earlier forecasts; treat the range as a first estimate."
    said = []
    for row in rows:
        if row["lead"] in (1, 2, 6) or len(rows) == 1:
            when = f"{row['lead']} month{'s' if row['lead'] > 1 else ''} ahead"
            said.append(
                f"{when} it missed by {row['error_pct']:.1%} ({row['naive_error_pct']:.1%} for repeating last "
                f"week; {round(row['coverage80'] * row['n'])} of {row['n']} actuals inside the 80 % range)"
            )
    behind = [row for row in rows if row["skill"] is not None and row["skill"] < 0]
    closer = (
        " Repeating last week came closer over these months: rely on the range rather than on the median."
        if len(behind) > len(rows) / 2
        else ""
    )
    return "Replayed on what was known at the time: " + "; ".join(said) + "." + closer


def trust(
    rows: Sequence[Mapping], ranges: list[dict], asked=LEADS, could: int | None = None
) -> str:
    """How far to trust the forecast, in words for a budget owner: the miss, what the ranges held, where last week was closer, what was graded.

    asked, could   leads asked for, and the longest one that the history could grade: what was not graded is not called impossible
    """
    if not rows:
        return ""
    first = rows[0]
    last_week = (
        ""
        if first["naive_error_pct"] is None
        else f" where repeating last week missed by {first['naive_error_pct'] * 100:.1f} %"
    )
    said = [
        f"{_months(first['lead'])} ahead we missed by {first['error_pct'] * 100:.1f} %{last_week}.".capitalize()
    ]
    behind = [row["lead"] for row in rows if row["skill"] is not None and row["skill"] < 0]
    if behind:
        said.append(
            f"Repeating last week came closer {_and(behind)} month{'s' * (behind[-1] > 1)} ahead: there rely on the range, not on the median."
        )
    said.append(said_and_was(next(row for row in ranges if row["level"] == 0.8)) + ".")
    return " ".join([*said, *graded_leads(rows, asked, could)])


def graded_leads(rows: Sequence[Mapping], asked=LEADS, could: int | None = None) -> list[str]:
    """Which leads were graded, how often, and what could be besides (docs/method §11.9).

    >>> graded_leads([{"lead": 1, "n": 7}, {"lead": 6, "n": 2}], (1, 6), 8)
    ['Graded here: 1 month ahead (n = 7); every other range is an assumption.', 'Too few windows to count: 6 months ahead (n = 2; 6 count).']
    >>> graded_leads([{"lead": 1, "n": 9}, {"lead": 2, "n": 8}], (1, 2), 25)[1]
    'finops backtest --leads 6,9,12,18 grades further.'
    """
    said = []
    whole = [row for row in rows if row["n"] >= GRADED]
    few = [row for row in rows if row["n"] < GRADED]
    if whole:
        leads = [row["lead"] for row in whole]
        said.append(
            f"Graded here: {_ahead(leads)} ({_counts(whole)}); every other range is an assumption."
        )
    if few:
        begin = "Too few windows to count" if whole else "No lead counts as graded yet"
        leads = [row["lead"] for row in few]
        said.append(f"{begin}: {_ahead(leads)} ({_counts(few, False)}; {GRADED} count).")
    leads = [row["lead"] for row in rows]
    short = [
        lead for lead in sorted(asked) if lead not in leads and could is not None and lead > could
    ]
    missed = [lead for lead in sorted(asked) if lead not in leads and lead not in short]
    if short:
        said.append(f"The history is too short to grade {_ahead(short)}.")
    if missed:
        said.append(
            f"Not graded: {_ahead(missed)}; go back over more month ends (finops backtest --cutoffs)."
        )
    further = [lead for lead in FURTHER if max(asked) < lead <= (could or 0) - GRADED + 1]
    if further:
        said.append(f"finops backtest --leads {','.join(map(str, further))} grades further.")
    return said


def _ahead(leads: Sequence[int]) -> str:
    return f"{_and(leads)} month{'s' * (leads[-1] > 1)} ahead"


def _counts(rows: Sequence[Mapping], overlap: bool = True) -> str:
    """How often each lead was forecast; windows longer than a month, or of several leads, share days, so surprises too."""
    overlapping = ", overlapping" if overlap and (len(rows) > 1 or rows[-1]["lead"] > 1) else ""
    return f"n = {_and(row['n'] for row in rows)}{overlapping}"


def _and(words) -> str:
    words = [str(word) for word in words]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _months(lead: int) -> str:
    return "one month" if lead == 1 else f"{lead} months"


def previous_forecast(
    month: str, actual: float | None, unit: str | None, published: dict | None, replays: list
) -> PreviousForecast | None:
    """The forecast for `month` made one month before: as published if one was, else replayed and said so.

    actual   None while the month is under way
    """
    if published:
        earlier = next((m for m in published["forecast"]["months"] if m["month"] == month), None)
        if earlier:
            return _beside(published["month"], earlier, actual, "published")
    run = next(
        (
            run
            for run in replays
            if month_of(run.as_of) == add_months(month, -1) and month in run.months
        ),
        None,
    )
    if run is None:
        return None
    quantiles = {
        name: run.quantile(q, unit=unit, months=[month])
        for name, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
    }
    return _beside(month_of(run.as_of), quantiles, actual, "re-created")


def _beside(
    made: str, quantiles: dict, actual: float | None, source: Literal["published", "re-created"]
) -> PreviousForecast:
    p10, p50, p90 = quantiles["p10"], quantiles["p50"], quantiles["p90"]
    return {
        "made": made,
        "p10": p10,
        "p50": p50,
        "p90": p90,
        "actual": actual,
        "source": source,
        "error_pct": (p50 - actual) / actual if actual else None,
        "inside": None if actual is None else bool(p10 <= actual <= p90),
    }
