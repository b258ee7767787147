"""Simulations beside the closed forms of `oracle`: draws whose mean is the answer `mean`, by kind."""

import numpy as np
from scipy.special import ndtri

from finops_model import streams
from finops_model.simulate.kernel.limits import check_count
from finops_model.uncertainty import answers, correlate, spot_price
from finops_model.uncertainty import price_risk as risk
from finops_model.uncertainty.distributions import make

from . import known, need


def _normals(seed, names, paths, correlation):
    z = ndtri(
        np.stack([streams.uniforms(seed, f"sentence/{i}", paths) for i in range(names)], axis=-1)
    )
    return z if correlation is None else z @ correlate.root_of(np.asarray(correlation, float)).T


def _sum_of_events(seed, paths, events, size):
    total = np.zeros(paths)
    if events == 0:
        return total
    count = (
        make("poisson", {"mean": events})
        .quantile(streams.uniforms(seed, "sentence/count", paths))
        .astype(int)
    )
    for k in range(count.max(initial=0)):
        total += np.where(count > k, size(streams.uniforms(seed, f"sentence/size/{k}", paths)), 0.0)
    return total


def steps(change):
    """A change of the log price as a distribution, a single number too."""
    return make("discrete", {"values": [change]}) if isinstance(change, float) else change


def _draw(value, u):
    return np.full(u.shape, value) if isinstance(value, float) else value.quantile(u)


def beside(x, mean: float) -> dict:
    """Mean of draws (path,) beside the exact one. Draws that do not vary have no standard error: then both must be one number."""
    found = answers.mean(x)
    error = found.standard_error if found.standard_error > 1e-12 * abs(found.value) else 0.0
    away = found.value - mean
    if error == 0.0:
        away = 0.0 if abs(away) <= 1e-9 * max(abs(mean), 1e-9) else np.inf
    return {
        "simulated_mean": found.value,
        "standard_errors": away / error if error else away,
        "relative_error": error / abs(mean) if mean else (np.inf if error else 0.0),
    }


def count(given) -> tuple[int, int]:
    """(paths, seed) of given: {simulate: …}; the house refuses what is no number of paths."""
    known(given, {"paths", "seed"}, "simulate")
    paths = need(given, "paths", "simulate", {"paths", "seed"})
    check_count(paths)
    return paths, given.get("seed", 1)


def draws(kind, s, g, value, paths, seed) -> np.ndarray:
    """(path,) draws of one kind; `value` reads an uncertain value."""
    month = int(round(g.get("months", 12 * g.get("years", 0)))) - 1
    if kind == "lognormal_sum":
        x = np.exp(
            np.asarray(s["mu"])
            + np.asarray(s["sigma"]) * _normals(seed, len(s["mu"]), paths, s.get("correlation"))
        )
        return x @ np.asarray(s.get("weights", np.ones(x.shape[1])), float)
    if kind == "normal_sum":
        x = np.asarray(s["mean"]) + np.asarray(s["sd"]) * _normals(
            seed, len(s["mean"]), paths, s.get("correlation")
        )
        return x @ np.asarray(s.get("weights", np.ones(x.shape[1])), float)
    if kind == "compound_poisson":
        jump = value(s["jump"])
        return _sum_of_events(
            seed,
            paths,
            s["events"] if "events" in s else s["rate_per_step"] * s["steps"],
            lambda u: _draw(jump, u),
        )
    if kind == "spot_rework":
        lost = value(s["lost"])
        events = (
            s["interruptions"]
            if "interruptions" in s
            else s["per_hour"] * s["hours"] * s.get("machines", 1)
        )
        return _sum_of_events(seed, paths, events, lambda u: _draw(lost, u))
    if kind == "price_jumps":
        factor, when = value(s), ("mean" if "month" in g else "end")
        at = g.get("month", month)
        assert "month" in g or abs(12 * g["years"] - at - 1) < 1e-9, (
            "a simulation of price jumps ends with a month: years = whole months / 12"
        )
        return risk.jumps(
            seed,
            "sentence",
            paths,
            at + 1,
            per_year=s["per_year"],
            factor=factor,
            drift_per_year=s.get("drift_per_year", 0.0),
            when=when,
        )[:, at]
    if kind == "migrations":
        return risk.migrations(
            seed,
            "sentence",
            paths,
            month + 1,
            value(s["interval"]),
            value(s["factor"]),
            s.get("adopted", 1.0),
        )[:, month]
    if kind == "spot":
        model = spot_price.Spot(s["after_change"], s["after_rest"], steps(value(s["change"])))
        return spot_price.spot(seed, "sentence", paths, month + 1, model, 1.0, s.get("moving"))[
            :, month
        ]
    if kind == "reverting":
        return risk.reverting(
            seed,
            "sentence",
            paths,
            month + 1,
            kappa=s["kappa"],
            sigma=s["sigma"],
            start=s.get("start", 1.0),
            level=s.get("level", 1.0),
        )[:, month]
    assert kind == "fx", f"'{kind}' has no simulation in sentences"
    return risk.fx(
        seed,
        "sentence",
        paths,
        g["month"] + 1,
        s["volatility"],
        s.get("drift_per_year", 0.0),
        s.get("kappa", 0.0),
    )[:, g["month"]]
