"""Prophet's median, tamed: silent, deterministic, never negative; loaded only when used.

Only its point is taken. Its predictive samples treat the noise of days as independent, so 80 % ranges of month
totals built from them held 8–21 % of the actuals (docs/method.md §2.4); they are never drawn here.
"""

from __future__ import annotations

import contextlib
import logging
import warnings

import numpy as np

MIN_DAYS = 120
COST = "costly"
SEASONS = (7,)
LOUD = ("cmdstanpy", "prophet", "prophet.plot", "prophet.models", "prophet.forecaster")


@contextlib.contextmanager
def _quiet():
    """No notices of the fit, of missing plotting packages or of pandas; what was set before comes back."""
    loggers = [logging.getLogger(name) for name in LOUD]
    before = [(logger.level, logger.disabled) for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
            logger.disabled = True
        try:
            yield
        finally:
            for logger, (level, disabled) in zip(loggers, before):
                logger.setLevel(level)
                logger.disabled = disabled


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Prophet's median for the next `horizon` days, clipped at 0; yearly shape from two years on."""
    with _quiet():
        import pandas as pd
        from prophet import Prophet

        model = Prophet(uncertainty_samples=0, daily_seasonality=False, weekly_seasonality=True,
                        yearly_seasonality=len(history) >= 730)
        model.fit(pd.DataFrame({"ds": dates.astype("datetime64[ns]"), "y": history}))
        future = dates[-1] + np.arange(1, horizon + 1)
        ahead = model.predict(pd.DataFrame({"ds": future.astype("datetime64[ns]")}))["yhat"].to_numpy(float)
    return np.maximum(np.nan_to_num(ahead, nan=float(history[-7:].mean())), 0.0)
