"""What a forecast of one series is to whoever asked for it: paths, month totals, frames, a table in a notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from ..errors import ForecastError, unknown
from . import ensemble

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
STEPS = {"h": "hour", "D": "day", "M": "month"}


@dataclass(frozen=True, repr=False)
class Forecast(ensemble.Forecast):
    """Sample paths of the hours, days or months ahead, in the unit of the history.

    dates       (step,) datetime64[h], [D] or [M]
    paths       (path, step); quantiles are taken over paths, totals are sums of paths
    median      (step,) the point forecast
    weights     method -> its share of the forecast, adds up to 1
    errors      (cutoff, step) log error paths of past forecasts, newest cutoff first
    kind        steady, intermittent, ended or empty
    filled      steps of the history that were missing
    overrides   month totals set by hand, shown with the model's own, never in its place
    left_out    newest days of the history that look unfinished: not learned from (docs/method §2.24)
    missing     (path, day left out) what is still to come of them
    yearly      member of its totals of four weeks -> its share; {} where there are none (docs/method §2.29)

    >>> days = np.arange("2026-11-01", "2026-11-04", dtype="datetime64[D]")
    >>> paths = np.array([[1.0, 2, 3], [2, 3, 4], [3, 4, 5]])
    >>> forecast = Forecast(days, paths, paths[1], {"theta": 0.3, "weekday_mean": 0.7}, np.zeros((0, 1)))
    >>> forecast
    Forecast of 2026-11-01 to 2026-11-03 (3 days), 3 paths: total P50 9.00, 80 % range 6.60 to 11.4; methods: weekday_mean 70%, theta 30%
    >>> forecast.frame().round(1).to_dict("records")
    [{'month': '2026-11', 'days': 3, 'p10': 6.6, 'p50': 9.0, 'p90': 11.4}]
    >>> forecast.frame("day")["p50"].tolist()
    [2.0, 3.0, 4.0]
    """

    @property
    def step(self) -> str:
        """hour, day or month."""
        return STEPS[np.datetime_data(self.dates.dtype)[0]]

    def frame(self, by: str = "month") -> pd.DataFrame:
        """A row a month (month, days, p10, p50, p90 of its total), or a row a step (ds, p10, p50, p90).

        by    "month", or the step: "hour" or "day". Raises ForecastError with the nearest word.
        """
        if by not in (known := tuple(dict.fromkeys(("month", self.step)))):
            raise ForecastError(unknown("frame", "step", str(by), known))
        if by == "month":
            return pd.DataFrame(month_rows(self.dates, self.month_totals()))
        values = np.quantile(self.paths, tuple(QUANTILES.values()), axis=0)
        return pd.DataFrame(
            {"ds": self.dates.astype("datetime64[s]"), **dict(zip(QUANTILES, values))}
        )

    def __repr__(self) -> str:
        text = super().__repr__()
        if self.step != "month":
            return text
        count = len(self.dates)
        return text.replace(f"({count:,} day", f"({count:,} month", 1)

    def _repr_html_(self) -> str:
        if self.step != "month":
            return super()._repr_html_()
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(row['month'])}</th><td>{row['p10']:,.0f}</td>"
            f"<td>{row['p50']:,.0f}</td><td>{row['p90']:,.0f}</td></tr>"
            for row in month_rows(self.dates, self.month_totals())
        )
        return (
            f"<table><caption>Forecast of month totals, {len(self.paths):,} paths</caption><thead><tr><th>Month</th>"
            f"<th>P10</th><th>P50</th><th>P90</th></tr></thead><tbody>{rows}</tbody></table>"
            f"<p>Methods: {html.escape(ensemble.share_words(self.weights))}.</p>"
        )


def result(forecast: ensemble.Forecast) -> Forecast:
    """A forecast of the ensemble as the result that is handed out."""
    return Forecast(**{one.name: getattr(forecast, one.name) for one in fields(forecast)})


def month_rows(dates: np.ndarray, totals: dict[str, np.ndarray]) -> list[dict]:
    """A row a month: month, days of it that are forecast, P10, P50, P90 of its total. dates (step,), totals {month: (path,)}."""
    months, counts = dates.astype("datetime64[M]"), {}
    for month in np.unique(months):
        inside = dates[months == month]
        if np.datetime_data(dates.dtype)[0] == "M":  # a whole one
            inside = np.arange(month, month + 1, dtype="datetime64[D]")
        counts[str(month)] = len(np.unique(inside.astype("datetime64[D]")))
    return [
        {"month": month, "days": counts[month], **quantiles(total)}
        for month, total in totals.items()
    ]


def quantiles(totals: np.ndarray) -> dict[str, float]:
    """P10, P50 and P90 of totals (path,)."""
    values = np.quantile(totals, tuple(QUANTILES.values()))
    return {name: float(value) for name, value in zip(QUANTILES, values)}
