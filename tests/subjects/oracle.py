"""`oracle`: closed forms of what simulations estimate, by `kind` (tests/spec/uncertainty/README.md)."""

import numpy as np
from oracles import closed_forms as closed
from oracles import price_moments as moments

from finops_model.decide.sobol import sobol_multilinear
from finops_model.errors import ScenarioError
from finops_model.uncertainty import answers, chances, correlate, price_risk
from finops_model.uncertainty.elicit import read_value
from finops_model.uncertainty.spot_price import Spot

from . import known
from ._simulated import beside, count, draws, steps
from .distribution import asked


def evaluate(subject: dict, given: dict) -> dict:
    subject = dict(subject)
    kind = subject.pop("kind", None)
    assert kind in KINDS, f"oracle: kind is '{kind}'; known: {sorted(KINDS)}"
    function, own, asks = KINDS[kind]
    known(subject, own, f"oracle {kind}")
    known(given, asks | ({"simulate"} if kind in SIMULATED else set()), f"given of {kind}")
    found = function(subject, given)
    if "simulate" in given:
        paths, seed = count(given["simulate"])
        found |= beside(
            draws(kind, subject, given, _factor if kind == "price_jumps" else _value, paths, seed),
            found["mean"],
        )
    return found


def _both(mean, second, **more) -> dict:
    mean, second = np.asarray(mean, float), np.asarray(second, float)
    variance = np.maximum(second - mean**2, 0.0)
    return {
        "mean": mean[()],
        "second_moment": second[()],
        "variance": variance[()],
        "sd": np.sqrt(np.maximum(variance, 0))[()],
        **more,
    }


def lognormal_sum(s, g):
    mean, variance = closed.lognormal_sum(
        s["mu"], s["sigma"], s.get("correlation"), s.get("weights")
    )
    return {"mean": mean, "variance": variance, "sd": np.sqrt(variance)}


def normal_sum(s, g):
    total = closed.normal_sum(s["mean"], s["sd"], s.get("correlation"), s.get("weights"))
    return {"mean": total.mean, "sd": total.sd, "variance": total.variance, **asked(total, g)}


def compound_poisson(s, g):
    events = s["events"] if "events" in s else s["rate_per_step"] * s["steps"]
    jump = _value(s["jump"])
    mean, variance = closed.compound_poisson(events, jump)  # a number or a distribution
    found = {
        "events": events,
        "mean": mean,
        "variance": variance,
        "sd": np.sqrt(variance),
        "no_event": np.exp(-events),
    }
    if "x" in g:
        found["tail"] = closed.compound_poisson_tail(events, jump, g["x"])
    return found


def ar1(s, g):
    stationary, shock = closed.ar1(s["phi"], s.get("innovation_sd"), s.get("stationary_sd"))
    found = {"stationary_sd": stationary, "innovation_sd": shock}
    if "lags" in g:
        found["autocorrelation"] = s["phi"] ** np.abs(np.asarray(g["lags"], float))
    if "steps" in g:
        variance = closed.ar1_sum_variance(
            s["phi"], shock, g["steps"], g.get("start", "stationary")
        )
        n = np.asarray(g["steps"], float)
        found |= {
            "sum_variance": variance,
            "sum_sd": np.sqrt(variance),
            "mean_variance": (variance / np.where(n > 0, n, np.nan) ** 2)[()],
        }
    return found


def ou(s, g):
    phi, shock, stationary = price_risk.ou(s["kappa"], s["sigma"], s.get("step", 1.0))
    found = {"stationary_sd": stationary, "half_life": np.log(2) / s["kappa"]}
    if "step" in s:
        found |= {"phi": phi, "innovation_sd": shock}
    if "time" in g:
        mean, variance = closed.ou_at(
            s["kappa"], s["sigma"], g["time"], g.get("start", 0.0), g.get("level", 0.0)
        )
        found |= {"mean": mean, "variance": variance, "mean_of_exp": np.exp(mean + variance / 2)}
    return found


def copula(s, g):
    assert len(s) == 1, "copula: give rho, spearman or kendall"
    ((name, value),) = s.items()
    rho = {
        "rho": lambda v: correlate._rho(v)[()],
        "spearman": correlate.normal_from_spearman,
        "kendall": correlate.normal_from_kendall,
    }[name](value)
    found = {
        "rho": rho,
        "spearman": correlate.gaussian_spearman(rho),
        "kendall": correlate.gaussian_kendall(rho),
    }
    if "sigma" in g:
        found["lognormal_pearson"] = correlate.lognormal_pearson(rho, *g["sigma"])
    return found


def correlation(s, g):
    if "nearest" in g:
        matrix = np.asarray(s["matrix"], float)
        near = correlate.nearest_correlation(matrix)
        return {
            "nearest": near,
            "smallest_eigenvalue": float(np.linalg.eigvalsh(matrix)[0]),
            "distance": float(np.linalg.norm(near - matrix)),
        }
    return {
        "smallest_eigenvalue": float(
            np.linalg.eigvalsh(correlate.check_correlation(s["matrix"], s.get("names")))[0]
        )
    }


def sobol(s, g):
    terms = [(t["coefficient"], t["of"]) for t in s["terms"]]
    found = sobol_multilinear(terms, s["means"], s["sds"])
    return {
        "first": {name: v[0] for name, v in found.items()},
        "total": {name: v[1] for name, v in found.items()},
    }


def price_jumps(s, g):
    factor = _factor(s)
    rate, drift = s["per_year"], s.get("drift_per_year", 0.0)
    if "month" in g:
        return _both(*moments.jump_month_moments(rate, factor, drift, g["month"]))
    return _both(*moments.jump_moments(rate, factor, drift, g["years"]))


def migrations(s, g):
    interval = _value(s["interval"])
    return _both(
        *moments.migration_moments(
            interval, _value(s["factor"]), g["months"], s.get("adopted", 1.0)
        ),
        counts=moments.migration_counts(interval, g["months"]),
    )


def spot(s, g):
    model = Spot(s["after_change"], s["after_rest"], steps(_value(s["change"])))
    mean, second = moments.spot_moments(model, int(g["months"]), s.get("moving"))
    return _both(
        mean[-1] if len(mean) else 1.0,
        second[-1] if len(second) else 1.0,
        change_share=model.change_share,
    )


def reverting(s, g):
    return _both(
        *moments.reverting_moments(
            s["kappa"], s["sigma"], g["years"], s.get("start", 1.0), s.get("level", 1.0)
        )
    )


def scarcity(s, g):
    now = s.get("scarce_now", False)
    had, price = moments.scarcity_moments(
        s["starts"], s["ends"], _value(s["availability"]), _value(s["price"]), g["months"], now
    )
    return {
        "scarce": moments.scarcity_share(s["starts"], s["ends"], g["months"], now),
        "availability": had,
        "price": price,
    }


def fx(s, g):
    return _both(
        *moments.fx_moments(
            s["volatility"], s.get("drift_per_year", 0.0), s.get("kappa", 0.0), g["month"]
        )
    )


def spot_rework(s, g):
    events = (
        s["interruptions"]
        if "interruptions" in s
        else s["per_hour"] * s["hours"] * s.get("machines", 1)
    )
    mean, variance = closed.spot_rework(events, _value(s["lost"]))
    return {"interruptions": events, "mean": mean, "variance": variance, "sd": np.sqrt(variance)}


def totals(s, g):
    x = np.asarray(s["values"], float)
    found = {"mean": answers.mean(x).value, "mean_error": answers.mean(x).standard_error}
    if "level" in g:
        for name, e in (
            ("quantile", answers.quantile(x, g["level"])),
            ("cvar", answers.cvar(x, g["level"])),
        ):
            found |= {
                name: e.value,
                f"{name}_error": e.standard_error,
                f"{name}_low": e.low,
                f"{name}_high": e.high,
            }
    if "budget" in g:
        e = answers.overrun(x, g["budget"])
        found |= {
            "overrun": e.value,
            "overrun_error": e.standard_error,
            "overrun_low": e.low,
            "overrun_high": e.high,
        }
    if "other" in g:
        d = answers.difference(x, g["other"], g.get("what", "mean"), g.get("budget"))
        found |= {"difference": d.estimate.value, "difference_error": d.estimate.standard_error}
    if "target" in g:
        enough = answers.enough_paths(x, g["target"], g.get("what", "p90"), g.get("budget"))
        found |= {"enough": "yes" if enough.enough else "no", "paths_needed": enough.wanted}
    return found


def breach(s, g):
    b = chances.runout(s["budget"], s["monthly"], s["months"], s.get("booked", 0.0))
    return {
        "ever": b.ever.value,
        "typical": b.typical or "never",
        "earliest": b.earliest or "never",
        "latest": b.latest or "never",
        "by_month": {month: e.value for month, e in zip(b.dates, b.probability)},
        "sentence": str(b),
    }


def _value(value):
    return read_value(value, "", None)


def _factor(s):
    return _value(s["factor"]) if "factor" in s else _cut(_value(s["cut"]))


def _cut(cut):
    """The factor 1 − cut."""
    from finops_model.uncertainty.distributions import make

    if isinstance(cut, float):
        if not 0 <= cut <= 1:
            raise ScenarioError(f"cut is {cut:g}; a cut is a share from 0 to 1 (0.2 is 20 % off).")
        return 1 - cut
    assert type(cut).__name__ == "Uniform", (
        "a cut is a number or {min, max}; write other forms as factor"
    )
    return make("uniform", {"min": 1 - cut.max, "max": 1 - cut.min})


SIMULATED = {
    "lognormal_sum",
    "normal_sum",
    "compound_poisson",
    "spot_rework",
    "price_jumps",
    "migrations",
    "spot",
    "reverting",
    "fx",
}
KINDS = {
    "lognormal_sum": (lognormal_sum, {"mu", "sigma", "correlation", "weights"}, set()),
    "normal_sum": (
        normal_sum,
        {"mean", "sd", "correlation", "weights"},
        {"budget", "level", "quantiles", "at", "commit", "rate", "price", "paths", "relative"},
    ),
    "compound_poisson": (compound_poisson, {"events", "rate_per_step", "steps", "jump"}, {"x"}),
    "ar1": (ar1, {"phi", "innovation_sd", "stationary_sd"}, {"lags", "steps", "start"}),
    "ou": (ou, {"kappa", "sigma", "step"}, {"time", "start", "level"}),
    "copula": (copula, {"rho", "spearman", "kendall"}, {"sigma"}),
    "correlation": (correlation, {"matrix", "names"}, {"nearest"}),
    "sobol": (sobol, {"terms", "means", "sds"}, set()),
    "price_jumps": (
        price_jumps,
        {"per_year", "factor", "cut", "drift_per_year"},
        {"years", "month"},
    ),
    "migrations": (migrations, {"interval", "factor", "adopted"}, {"months"}),
    "spot": (spot, {"after_change", "after_rest", "change", "moving"}, {"months"}),
    "reverting": (reverting, {"kappa", "sigma", "start", "level"}, {"years"}),
    "scarcity": (scarcity, {"starts", "ends", "availability", "price", "scarce_now"}, {"months"}),
    "fx": (fx, {"volatility", "drift_per_year", "kappa"}, {"month"}),
    "spot_rework": (spot_rework, {"interruptions", "per_hour", "hours", "machines", "lost"}, set()),
    "totals": (totals, {"values"}, {"level", "budget", "other", "what", "target"}),
    "breach": (breach, {"monthly", "months", "budget", "booked"}, set()),
}
