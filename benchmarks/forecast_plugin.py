"""finops-model as a plug-in of a rolling-origin harness: MODELS = {name: fn(history, horizon, n, season=, freq=, seed=)}.

    python forecast_harness.py daily --models ours,prophet_default --plugin forecast_plugin --out out.csv

with this folder on PYTHONPATH. Baselines of the harness, where it is on the path too, ride along.
"""

from finops_model.forecasting.series import forecast


def ours(history, horizon, n, *, season, freq, seed):
    """The default of `fm.forecast`."""
    return forecast(history, horizon, paths=n, seed=seed, freq=freq).paths


def cheap(history, horizon, n, *, season, freq, seed):
    """Without Prophet."""
    return forecast(history, horizon, paths=n, seed=seed, methods="cheap", freq=freq).paths


def with_prophet(history, horizon, n, *, season, freq, seed):
    """With Prophet whatever the length of the history."""
    return forecast(history, horizon, paths=n, seed=seed, methods="all").paths


MODELS = {"ours": ours, "cheap": cheap, "with_prophet": with_prophet}
try:
    from forecast_baselines import MODELS as BASELINES

    MODELS |= BASELINES
except ImportError:
    pass
