"""What `finops backtest` counts: months of a ledger as the report has them, days forecast directly, series of a table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd

from ..errors import ForecastError, InputError
from ..forecasting.backtest import ahead, backtest, check_leads
from ..forecasting.windows import BANDS, COLUMNS, plain, summary
from ..measure import accuracy
from ..measure.actuals import history
from ..measure.change import revisions
from ..names import COMPANY


def whole_numbers(option: str, text: str, like: str) -> tuple[int, ...]:
    """`7,30,90` as numbers; what they may be is the backtest's to say."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise InputError(
            f"{option}: '{text[:40]}' must be whole numbers with commas, for example {like}."
        ) from None


def limits(text: str) -> tuple:
    """`12,15,20` as thresholds of budget variance, ascending, with the names of the usual ones."""
    named = {limit: name for name, limit in BANDS}
    try:
        thresholds = sorted(
            {
                float(part.strip().removesuffix("%")) / 100
                for part in text.split(",")
                if part.strip()
            }
        )
    except ValueError:
        thresholds = []
    if not thresholds or not all(0 < limit < 10 for limit in thresholds):
        raise InputError(
            f"--bands: '{text[:40]}' must be percentages with commas, for example 12,15,20."
        )
    return tuple((named.get(limit, f"within {limit * 100:g} %"), limit) for limit in thresholds)


def of_table(path: Path, *, leads, horizons, cutoffs, methods, by: str, bands, bars) -> dict:
    """The series of a file, forecast directly."""
    from ..facts.intake.series import read_series

    series, classes, read = read_series(path)
    tested = backtest(
        series if len(series) > 1 else next(iter(series.values())),
        leads or (1, 2, 3),
        cutoffs or 12,
        methods=methods,
        progress=bars,
        horizons=horizons,
        classes=classes,
    )
    notes = [*read, *(f"Not graded: {name}: {why}" for name, why in tested.left_out.items())]
    title = (
        f"{path.name}: {tested.windows['series'].nunique()} series"
        if len(series) > 1
        else f"{path.name}: {next(iter(series))}"
    )
    moved = tested.windows[tested.windows["kind"] == "month"]
    whole = {
        "title": title,
        "bands": [limit for _, limit in bands],
        "sentence": tested.sentence(),
        "trust": "",
        "notes": notes,
        **_parts(tested.windows, bands),
        "calibration": plain(tested.calibration().query("kind == 'range'")),
        **_revisions(revisions.moves(moved)),
    }
    if by == "all":
        return {**whole, "windows": tested.windows}
    groups = [
        {"title": str(name), "sentence": "", "trust": "", "notes": [], **_parts(part, bands)}
        for name, part in tested.windows.groupby(by, sort=False)
    ]
    return {**whole, "units": [*groups, whole], "windows": tested.windows}


def of_ledger(
    settings, *, unit, month, leads, horizons, cutoffs, methods, by: str, bands, bars
) -> dict:
    """Units of the settings' ledger: months by the whole simulation, days by their daily cost."""
    from ..publish import close
    from ..publish.lineage import kept
    from ..simulate import scenarios as simulate

    leads = check_leads(leads or accuracy.LEADS)
    ledger = close.books(settings, bars)
    month, as_of = close.pick_month(ledger, month, time_zone=settings.time_zone)
    daily = close.daily_facts(
        settings, ledger, month, as_of, None if unit is None else [unit], bars
    )
    names = (
        close.pick_units(daily, None)
        if unit is None and by == "series"
        else [close.pick_unit(daily, unit)]
    )
    scenario = settings.path(settings.scenario) if settings.scenario else None
    if cutoffs is None:
        now = simulate.run(
            scenario,
            settings,
            as_of=as_of,
            paths=100,
            months=1,
            daily=daily,
            methods="cheap",
            dials=False,
        )
        cutoffs = accuracy.how_many(len(now.workloads), leads)
    known = kept(settings)
    replays = accuracy.replay(
        scenario,
        settings,
        daily,
        as_of=as_of,
        count=cutoffs,
        progress=bars,
        leads=leads,
        kept=known,
    )
    units, windows, could = [], [], accuracy.reach(daily["ChargeDate"].min().date(), as_of)
    for name in names:
        _, _, complete, by_day = history(daily, name, as_of)
        record = accuracy.record(
            replays, complete, by_day, None if name == COMPANY else name, leads, bands, could
        )
        days, notes = _days(by_day, as_of, horizons, len(replays), methods)
        windows += [
            {**row, "series": name, "class": "ledger"} for row in [*record["detail"], *days]
        ]
        record.pop("published")
        units.append(
            {
                "unit": name,
                "title": f"{name} · as of {as_of}, {settings.currency}",
                "month": month,
                "as_of": as_of,
                "currency": settings.currency,
                **record,
                "rows": [{**row, "window": ahead("month", row["lead"])} for row in record["rows"]],
                "quarter": record["quarter"]
                and {**record["quarter"], "window": ahead("quarter", 1)},
                **_revisions(
                    revisions.revisions(replays, None if name == COMPANY else name, max(leads))
                ),
                "days": _parts(pd.DataFrame(days, columns=COLUMNS), bands)["days"],
                "notes": notes,
            }
        )
    frame = pd.DataFrame(windows, columns=COLUMNS)
    found = units[0] if len(units) == 1 else {"bands": units[0]["bands"], "units": units}
    return {**found, "kept": known.told(), "windows": frame}


def _revisions(moves: pd.DataFrame) -> dict:
    """How the P50 of a month moved between month ends, together and by lead."""
    return {
        "revisions": plain(
            {
                **revisions.measured(moves),
                "by_lead": revisions.by_lead(moves),
                "rows": moves.to_dict("records"),
            }
        )
    }


def _days(
    by_day: pd.Series, as_of: str, horizons, cutoffs: int, methods
) -> tuple[list[dict], list[str]]:
    """Windows of days of a unit's daily cost, from the same month ends; or why there are none."""
    if not horizons or not cutoffs or not len(by_day):
        return [], []
    whole = by_day.reindex(pd.date_range(by_day.index.min(), as_of), fill_value=0.0)
    try:
        tested = backtest(whole, (1,), cutoffs, methods=methods, horizons=horizons)
    except ForecastError as problem:
        return [], [f"Days are not graded: {problem}"]
    return tested.windows[tested.windows["kind"] == "days"].to_dict("records"), []


def _parts(windows: pd.DataFrame, bands) -> dict:
    """Rows of a summary by kind of window."""
    rows = plain(summary(windows, bands=bands)) if len(windows) else []
    rows = [{**row, "window": ahead(row["kind"], row["lead"])} for row in rows]
    by_kind = {
        kind: [row for row in rows if row["kind"] == kind] for kind in ("days", "month", "quarter")
    }
    return {
        "rows": by_kind["month"],
        "quarter": next(iter(by_kind["quarter"]), None),
        "days": by_kind["days"],
    }


def write_windows(backtest: dict, path: Path) -> Path:
    """Every graded window, whole or not at all."""
    from ..documents import csv_of, write_atomic

    frame = backtest["windows"]
    if path.suffix == ".parquet":
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        return write_atomic(path, buffer.getvalue())
    if path.suffix == ".json":
        return write_atomic(path, json.dumps(plain(frame), indent=1) + "\n")
    return write_atomic(path, csv_of(frame))


def percent(value: float | None, sign: bool = False) -> str:
    """A fraction in a terminal table.

    >>> percent(0.0421), percent(-0.007, True), percent(None)
    ('4.2 %', '−0.7 %', '–')
    """
    return "–" if value is None else f"{value * 100:{'+' if sign else ''}.1f} %".replace("-", "−")


def count(row: dict, name: str) -> str:
    """A share of windows as a count, so that nobody reads much into few.

    >>> count({"n": 4, "coverage80": 0.75}, "coverage80"), count({"n": 4}, "coverage80")
    ('3/4', '–')
    """
    value = row.get(name)
    return "–" if value is None else f"{round(value * row['n'])}/{row['n']}"
