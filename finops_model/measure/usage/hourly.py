"""Hours in which a key, project or model used many times its usual tokens: told before the day is billed (docs/method §12.29)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...facts.usage.judged import zone
from ...units import spell
from ..anomalies.alert import Alert
from ..words import money

HOUR = pd.Timedelta(hours=1)
WEEK = 168  # hours
WEEKS, FEWEST = (
    4,
    2,
)  # the same hour of the weeks before; so many of them, else an hour is not judged
TIMES = 3.0  # the usual, from which an hour is raised
LEAST_SHARE = 0.01  # of a usual day's tokens: fewer above the usual are not worth a word
APART = 3  # hours without a raised one that end an episode
RECENT = 28  # days that say what a usual day and a token are
COLUMNS = [
    "x_Source",
    "UsageStart",
    "UsageEnd",
    "ConsumedQuantity",
    "x_Key",
    "SubAccountId",
    "x_Model",
]
WHOSE = (("x_Key", "key"), ("SubAccountId", "project"), ("x_Model", "model"))


def hourly_alerts(
    table: pa.Table,
    daily: pd.DataFrame,
    since: str,
    currency: str,
    *,
    time_zone: str = "UTC",
    until: str | None = None,
) -> list[Alert]:
    """Alerts on hours from the day `since` on, the newest hour of use included even where its day is not billed yet.

    table   `UsageStore.table()`: rows of at most an hour are looked at, tokens of the tool that saw most of them
    daily   DAILY, for what a token costs;  until: last day looked at; None: the newest of the use
    """
    frame = _hours(table)
    if frame is None:
        return []
    column, what = next(
        ((name, word) for name, word in WHOSE if frame[name].ne("").mean() > 0.5), WHOSE[-1]
    )
    clock = zone(time_zone)
    by = frame.groupby([column, "hour"])["tokens"].sum()
    newest = frame["hour"].max()
    days = frame[frame["hour"] > newest - pd.Timedelta(days=RECENT)]
    usual_day = days["tokens"].sum() / max(days["hour"].dt.floor("D").nunique(), 1)
    price = _price(frame, daily)
    alerts = []
    for subject, series in by.groupby(level=0):
        if not subject:
            continue
        own = series.droplevel(0)
        grid = pd.date_range(own.index.min(), newest, freq="h")
        values = own.reindex(grid, fill_value=0.0).to_numpy(float)
        usual = usual_of(values)
        with np.errstate(invalid="ignore"):
            raised = (values >= TIMES * usual) & (values - usual >= LEAST_SHARE * usual_day)
        local = grid.tz_convert(clock)
        for first, last in _runs(np.flatnonzero(raised)):
            day, end = f"{local[first]:%Y-%m-%d}", f"{local[last]:%Y-%m-%d}"
            if end < since or (until is not None and day > until):
                continue
            hours = [i for i in range(first, last + 1) if raised[i]]
            actual, expected = float(values[hours].sum()), float(usual[hours].sum())
            alerts.append(
                _alert(
                    (what, str(subject)),
                    (local[first], local[last] + HOUR),
                    (actual, expected),
                    price,
                    currency,
                    bool(last >= len(values) - APART),
                )
            )
    return alerts


def usual_of(values: np.ndarray) -> np.ndarray:
    """(hour,) the median of the same hour of up to four weeks before; NaN with fewer than two of them.

    >>> usual_of(np.tile([1.0, 5.0], 252))[-2:].tolist()
    [1.0, 5.0]
    """
    usual, begin = np.full(len(values), np.nan), FEWEST * WEEK
    if len(values) <= begin:
        return usual
    before = np.full((WEEKS, len(values)), np.nan)
    for back in range(1, WEEKS + 1):
        before[back - 1, WEEK * back :] = values[: max(len(values) - WEEK * back, 0)]
    usual[begin:] = np.nanmedian(before[:, begin:], axis=0)
    return usual


def _hours(table: pa.Table) -> pd.DataFrame | None:
    """hour (UTC), tokens and whose, of rows of at most an hour of the tool that saw most; None where there are none."""
    rows = table.filter(pc.equal(table["ConsumedUnit"], "Tokens")).select(COLUMNS)
    if not rows.num_rows:
        return None
    frame = rows.to_pandas()
    frame = frame[frame["UsageEnd"] - frame["UsageStart"] <= HOUR]
    if frame.empty:
        return None
    frame["tokens"] = frame["ConsumedQuantity"].astype(float)
    source = frame.groupby("x_Source")["tokens"].sum().sort_index().idxmax()
    frame = frame[frame["x_Source"] == source]
    whose = [name for name, _ in WHOSE]
    return frame.assign(hour=frame["UsageStart"].dt.floor("h"), **frame[whose].fillna(""))


def _price(frame: pd.DataFrame, daily: pd.DataFrame) -> float | None:
    """Money per token: EffectiveCost of what is billed by the token ÷ tokens, of the newest days that have both; None where there are none."""
    units = {
        unit for unit in set(daily["ConsumedUnit"].astype(str)) if "token" in spell(unit).casefold()
    }
    rows = daily[daily["ConsumedUnit"].isin(list(units)) & (daily["ChargeCategory"] == "Usage")]
    cost = rows.groupby("ChargeDate")["EffectiveCost"].sum()
    days = frame["hour"].dt.tz_convert(None).dt.floor("D")
    tokens = frame.groupby(days)["tokens"].sum()
    both = pd.concat({"cost": cost, "tokens": tokens}, axis=1, join="inner").sort_index()[-RECENT:]
    total = float(both["tokens"].sum()) if len(both) else 0.0
    return float(both["cost"].sum()) / total if total > 0 else None


def _runs(raised: np.ndarray) -> list[tuple[int, int]]:
    """First and last raised hour of each episode."""
    if not len(raised):
        return []
    cuts = np.flatnonzero(np.diff(raised) > APART)
    firsts = raised[np.concatenate([[0], cuts + 1])]
    lasts = raised[np.concatenate([cuts, [len(raised) - 1]])]
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]


def _alert(whose, hours, tokens, price, currency: str, ongoing: bool) -> Alert:
    (what, subject), (begin, end), (actual, expected) = whose, hours, tokens
    extra = (actual - expected) * price if price is not None else 0.0
    times = (
        f"{actual / expected:.1f} times what these hours usually are"
        if expected > 0
        else "and these hours usually have none"
    )
    cost = f"; about {money(extra, currency)} more at what a token cost lately" if price else ""
    same = f"{begin:%Y-%m-%d}" == f"{end:%Y-%m-%d}"
    span = (
        f"on {begin:%Y-%m-%d} from {begin:%H:%M} to {end:%H:%M}"
        if same
        else f"from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
    )
    return Alert(
        kind="hourly",
        dimension=what,
        subject=subject,
        direction="up",
        start=f"{begin:%Y-%m-%d}",
        end=f"{end - HOUR:%Y-%m-%d}",
        ongoing=ongoing,
        severity=extra,
        actual=actual,
        expected=expected,
        what=f"{what.capitalize()} {subject} used {actual:,.0f} tokens {span}, {times}{cost}.",
        do="Ask who holds it whether a loop, a retry or a batch runs; stop it, or cap it at the vendor.",
    )
