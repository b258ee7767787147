"""How fast uncertain values are drawn and answers found: python benchmarks/sensitivity.py (medians; ratios to scipy in the same run)."""

from __future__ import annotations

import time

import numpy as np
from scipy.special import betaincinv
from scipy.stats import norm, sobol_indices

from finops_model import streams
from finops_model.decide.breach import breach_drivers
from finops_model.decide.sobol import sobol
from finops_model.uncertainty import answers
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.elicit import read_value

PATHS, REPEATS = 10_000, 15
FORMS = {
    "normal": {"kind": "normal", "mean": 100, "sd": 20},
    "lognormal": {"kind": "lognormal", "mean": 100, "sd": 50},
    "triangular": {"kind": "triangular", "min": 10, "mode": 20, "max": 50},
    "PERT": {"min": 10, "mode": 20, "max": 50},
    "gamma": {"kind": "gamma", "mean": 100, "sd": 50},
    "log-metalog": {"kind": "log_metalog", "p10": 80, "p50": 120, "p90": 200},
    "truncated normal": {"kind": "normal", "mean": 100, "sd": 20, "truncate": {"min": 90}},
    "mixture of two normals": {
        "p": 0.2,
        "a": {"kind": "normal", "mean": 100, "sd": 10},
        "b": {"kind": "normal", "mean": 160, "sd": 30},
    },
}


def median_ms(function) -> float:
    """Median wall time of a call in milliseconds, after one to warm up."""
    function()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * float(np.median(times))


def main() -> None:
    u = streams.uniforms(1, "benchmark", PATHS)
    print(
        f"{PATHS:,} paths, medians of {REPEATS}\n\n| quantiles of | ms | ns a value |\n|---|---|---|"
    )
    for name, document in FORMS.items():
        dist = read_value(document, bound=None)
        took = median_ms(lambda: dist.quantile(u))
        print(f"| {name} | {took:.3f} | {1e6 * took / PATHS:.1f} |")
    slow = median_ms(lambda: betaincinv(2.0, 4.0, u))
    pert = read_value(FORMS["PERT"], bound=None)
    print(
        f"| scipy betaincinv, for PERT | {slow:.3f} | {1e6 * slow / PATHS:.1f} |\n\nPERT by table: {slow / median_ms(lambda: pert.quantile(u)):.0f} times faster"
    )
    x = make("lognormal", {"mu": 7.0, "sigma": 0.4}).quantile(u)
    print("\n| answer | ms |\n|---|---|")
    for what in ("mean", "p90", "cvar95"):
        print(
            f"| {what} with its standard error | {median_ms(lambda: answers.answer(x, what)):.2f} |"
        )
    features = {f"value {k}": streams.uniforms(k, "feature", PATHS) for k in range(10)}
    print(
        f"| breach tree, 10 assumptions | {median_ms(lambda: breach_drivers(x, 1500.0, features)):.1f} |"
    )
    values = {f"x{k}": make("normal", {"mean": 1.0, "sd": 0.2}) for k in range(20)}
    weights = np.arange(1, 21)

    def model(drawn):
        return (
            np.prod([drawn[f"x{k}"] for k in range(0, 20, 4)], axis=0)
            + sum(w * drawn[f"x{k}"] for k, w in enumerate(weights)) / 100
        )

    ours = median_ms(lambda: sobol(model, values, 8192))

    def flat(rows):
        return model({f"x{k}": rows[k] for k in range(20)})

    theirs = median_ms(lambda: sobol_indices(func=flat, n=1024, dists=[norm(1.0, 0.2)] * 20, rng=1))
    print(
        f"| Sobol, 20 values, 8,192 paths (22 runs of the model) | {ours:.0f} |\n| scipy sobol_indices, 1,024 points (22 runs of as many) | {theirs:.0f} |"
    )


if __name__ == "__main__":
    main()
