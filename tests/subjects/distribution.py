"""`distribution`: an uncertain value as scenario files write it, and everything that has a closed form (tests/spec/uncertainty/README.md)."""

import re
from dataclasses import fields

import numpy as np
from oracles import closed_forms

from finops_model import streams
from finops_model.uncertainty import answers
from finops_model.uncertainty.distributions import Distribution
from finops_model.uncertainty.elicit import read_value
from finops_model.uncertainty.fit import fit

from . import known
from ._simulated import beside, count

GIVEN = {
    "above",
    "quantiles",
    "at",
    "level",
    "commit",
    "rate",
    "price",
    "tiers",
    "budget",
    "paths",
    "relative",
    "simulate",
}
PERCENT = re.compile(r"^p(\d{1,2}(\.\d+)?)$")


class Answers(dict):
    """Answers by name; p10, p50, p99.9 … are computed when they are asked for."""

    def __init__(self, dist, found):
        super().__init__(found)
        self.dist = dist

    def __contains__(self, key):
        return super().__contains__(key) or bool(PERCENT.match(str(key)))

    def __missing__(self, key):
        return float(self.dist.quantile(float(PERCENT.match(key)[1]) / 100))


def evaluate(subject, given: dict) -> dict:
    known(given, GIVEN, "given of a distribution")
    dist = read_value(subject, "", given.get("above"))
    if not isinstance(dist, Distribution):
        return {"certain": dist}
    found = {
        "mean": dist.mean,
        "variance": dist.variance,
        "sd": dist.sd,
        "median": float(dist.quantile(0.5)),
        "min": float(dist.quantile(0.0)),
        "max": float(dist.quantile(1.0)),
        "form": type(dist).__name__,
    }
    if hasattr(dist, "coefficients"):
        found["coefficients"] = list(dist.coefficients)
    found["parameters"] = {
        f.name: getattr(dist, f.name)
        for f in fields(dist)
        if isinstance(getattr(dist, f.name), (int, float))
    }
    if isinstance(subject, dict) and "data" in subject:
        own = {
            key: value for key, value in subject.items() if key not in ("kind", "data", "method")
        }
        how = fit(subject["kind"], subject["data"], subject.get("method", "likelihood"), **own)
        found |= {"log_likelihood": how.log_likelihood, "aic": how.aic, "distance": how.distance}
    return Answers(dist, found | asked(dist, given))


def asked(dist: Distribution, given: dict) -> dict:
    """What `given` asks of a distribution."""
    found = {}
    if "quantiles" in given:
        shares = np.asarray(given["quantiles"], float)
        assert ((shares >= 0) & (shares <= 1)).all(), (
            f"quantiles are {given['quantiles']}; they are shares from 0 to 1, never percent"
        )
        found["quantiles"] = np.asarray(dist.quantile(shares))
    if "at" in given:
        x = np.asarray(given["at"], float)
        found |= {
            "probability": dist.cdf(x),
            "exceedance": dist.exceedance(x),
            "density": dist.density(x),
        }
    if "level" in given:
        found |= {
            "value_at_risk": float(dist.quantile(given["level"])),
            "cvar": dist.cvar(given["level"]),
        }
    if "budget" in given:
        found["overrun"] = float(dist.exceedance(given["budget"]))
    if "commit" in given:
        found |= _commitment(dist, given)
    if "tiers" in given:
        known(given["tiers"], {"starts", "prices"}, "tiers")
        found["cost"] = closed_forms.tiered_mean(
            dist, given["tiers"]["starts"], given["tiers"]["prices"]
        )
    if "paths" in given:
        assert "level" in given, "paths need a level: the standard error is that of a quantile"
        found["standard_error"] = answers.quantile_error(dist, given["level"], given["paths"])
        if np.ndim(given["paths"]) == 0:
            found["order_statistic_error"] = answers.order_statistic_error(
                dist, given["level"], int(given["paths"])
            )
    if "relative" in given:
        assert "level" in given, "relative needs a level: it is the error asked of a quantile"
        found["paths_needed"] = closed_forms.paths_for_quantile(
            dist, given["level"], given["relative"]
        )
    if "simulate" in given:
        paths, seed = count(given["simulate"])
        found |= beside(dist.quantile(streams.uniforms(seed, "sentence", paths)), dist.mean)
    return found


def _commitment(dist, given: dict) -> dict:
    k = np.asarray(given["commit"], float)[()]
    over, idle = dist.overage(k), dist.waste(k)
    found = {
        "overage": over,
        "waste": idle,
        "used": k - idle,
        "overage_variance": dist.overage(k, 2) - over**2,
        "waste_variance": dist.waste(k, 2) - idle**2,
    }
    if "rate" in given or "price" in given:
        assert "rate" in given and "price" in given, (
            "give both: rate of a committed unit and price on demand"
        )
        rate, price = given["rate"], given["price"]
        found |= {
            "expected_cost": rate * k + price * over,
            "best_commit": float(dist.quantile(1 - rate / price)) if rate < price else 0.0,
        }
    return found
