"""`oracle`: closed forms of what simulations estimate, by `kind` (tests/spec/uncertainty/README.md)."""

import numpy as np
from oracles import closed_forms as closed
from oracles import price_moments as moments

from finops_model.decide.sobol import sobol as by_draws
from finops_model.decide.sobol import sobol_multilinear
from finops_model.errors import ScenarioError
from finops_model.uncertainty import answers, chances, correlate, price_risk
from finops_model.uncertainty.elicit import read_value
from finops_model.uncertainty.spot_price import Spot

from . import known
from ._functions import function
from ._simulated import beside, count, draws, steps
from .distribution import asked


def evaluate(subject: dict, given: dict) -> dict:
    subject = dict(subject)
    kind = subject.pop("kind", None)
    assert kind in KINDS, f"oracle: kind is '{kind}'; known: {sorted(KINDS)}"
    answer, own, asks = KINDS[kind]
    known(subject, subject if own is None else own, f"oracle {kind}")  # None: names of its own
    known(given, asks | ({"simulate"} if kind in SIMULATED else set()), f"given of {kind}")
    found = answer(subject, given)
    if "simulate" in given and kind in SIMULATED:
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
    if "at" in g:
        start, n = g.get("start", "stationary"), np.asarray(g["at"], float)
        closed.ar1_sum_variance(s["phi"], shock, n, start)  # refuses steps that are none
        variance = (
            stationary**2 * (1 - s["phi"] ** (2 * n)) if start == "zero" else stationary**2 + 0 * n
        )
        found |= {"variance_at": variance[()], "sd_at": np.sqrt(variance)[()]}
        if "simulate" in g:
            found["standard_errors_at"] = recursion(s["phi"], shock, stationary, variance, g)
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
    if "levels" in g:
        u, v = (float(level) for level in g["levels"])
        both = joint_below(float(rho), u, v)
        above = 1 - u - v + both
        found |= {
            "both_below": both,
            "both_above": above,
            "second_above_if_first": above / (1 - u),
        }
        if "simulate" in g:
            paths, seed = count(g["simulate"])
            drawn = correlate.copula_uniforms(seed, ["a", "b"], paths, [[1, rho], [rho, 1]])
            share = float(((drawn[:, 0] > u) & (drawn[:, 1] > v)).mean())
            found["standard_errors"] = (share - above) / np.sqrt(above * (1 - above) / paths)
    return found


def joint_below(rho: float, u: float, v: float) -> float:
    """P(U ≤ u, V ≤ v) of a Gaussian copula: Φ2 by the integral of Φ((b − ρz) ÷ √(1 − ρ²)) over z < a."""
    from scipy.integrate import quad
    from scipy.special import ndtr, ndtri

    assert 0 < u < 1 and 0 < v < 1, f"levels: {u:g} and {v:g}; ranks lie between 0 and 1"
    if abs(rho) == 1:
        return min(u, v) if rho > 0 else max(0.0, u + v - 1)
    b, root = float(ndtri(v)), np.sqrt(1 - rho**2)
    return float(quad(lambda p: float(ndtr((b - rho * ndtri(p)) / root)), 0.0, u, epsabs=1e-12)[0])


def recursion(phi: float, shock: float, stationary: float, variance, g) -> list[float]:
    """x[t] = phi · x[t−1] + shock, path by path: its variance at each step, in standard errors from the closed form."""
    from scipy.special import ndtri

    from finops_model import streams

    paths, seed = count(g["simulate"])
    wanted = [int(n) for n in np.atleast_1d(g["at"])]
    x = np.zeros(paths)
    if g.get("start", "stationary") == "stationary":
        x = stationary * ndtri(streams.uniforms(seed, "sentence/0", paths))
    seen = {0: x}
    for t in range(1, max(wanted) + 1):
        x = phi * x + shock * ndtri(streams.uniforms(seed, f"sentence/{t}", paths))
        seen[t] = x
    return [
        float((seen[t].var() - v) / (v * np.sqrt(2 / paths))) if v else float(seen[t].var())
        for t, v in zip(wanted, np.atleast_1d(variance), strict=True)
    ]


def factors(s, g):
    """Two values that follow named factors: the correlation of their normal scores, and what each keeps for itself."""
    pair = {name: _value({"min": 0, "max": 1, "factors": loadings}) for name, loadings in s.items()}
    assert len(pair) == 2, f"factors: give the loadings of two values, not of {len(pair)}"
    first, second = (dict(one.loadings) for one in pair.values())
    rho = sum(load * second.get(name, 0.0) for name, load in first.items())
    found = {
        "rho": rho,
        "spearman": correlate.gaussian_spearman(rho),
        "own": {
            name: np.sqrt(1 - sum(b**2 for b in dict(one.loadings).values()))
            for name, one in pair.items()
        },
    }
    if "simulate" in g:
        from finops_model import streams
        from finops_model.uncertainty.following import Draws

        paths, seed = count(g["simulate"])
        draw = Draws(lambda name: streams.uniforms(seed, name, paths))
        drawn = np.stack([one.on_paths(draw, name) for name, one in pair.items()], axis=-1)
        rank = float(correlate.spearman_of(drawn)[0, 1])
        found["standard_errors"] = (rank - found["spearman"]) * np.sqrt(paths - 1)
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
    if "function" in s:
        values = {name: _value(value) for name, value in s["values"].items()}
        paths, seed = count({"paths": 8192, **g.get("draw", {})})
        found = by_draws(function(s["function"], values), values, paths, seed)
        return {
            "first": {index.name: index.first for index in found},
            "total": {index.name: index.total for index in found},
            "first_error": {index.name: index.first_error for index in found},
            "total_error": {index.name: index.total_error for index in found},
        }
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
    "ar1": (
        ar1,
        {"phi", "innovation_sd", "stationary_sd"},
        {"lags", "steps", "start", "at", "simulate"},
    ),
    "ou": (ou, {"kappa", "sigma", "step"}, {"time", "start", "level"}),
    "copula": (copula, {"rho", "spearman", "kendall"}, {"sigma", "levels", "simulate"}),
    "factors": (factors, None, {"simulate"}),
    "correlation": (correlation, {"matrix", "names"}, {"nearest"}),
    "sobol": (sobol, {"terms", "means", "sds", "function", "values"}, {"draw"}),
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
