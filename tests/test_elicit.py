"""Uncertain values: forms, feasibility, truncation, fits, factors, correlation (docs/method §3.4, §3.20 to §3.24)."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainccinv, betaincinv, gammainccinv, gammaincinv, ndtr, ndtri

from finops_model import streams
from finops_model.errors import ScenarioError, listing
from finops_model.uncertainty import correlate
from finops_model.uncertainty.distributions import Distribution, kinds, make
from finops_model.uncertainty.elicit import checked, elicit, read_value, shown
from finops_model.uncertainty.fit import best_fit, fit, through
from finops_model.uncertainty.following import STREAM, Following

FORMS = {
    "normal": ({"kind": "normal", "mean": 100, "sd": 20}, stats.norm(100, 20)),
    "lognormal": (
        {"kind": "lognormal", "mu": 4.6, "sigma": 0.35},
        stats.lognorm(0.35, scale=np.exp(4.6)),
    ),
    "lognormal by mean": (
        {"kind": "lognormal", "mean": 100, "sd": 50},
        stats.lognorm(np.sqrt(np.log(1.25)), scale=100 / np.sqrt(1.25)),
    ),
    "uniform": ({"min": -2, "max": 5}, stats.uniform(-2, 7)),
    "triangular": (
        {"kind": "triangular", "min": 10, "mode": 20, "max": 50},
        stats.triang(0.25, 10, 40),
    ),
    "triangular at its end": (
        {"kind": "triangular", "min": 10, "mode": 10, "max": 50},
        stats.triang(0, 10, 40),
    ),
    "pert": ({"min": 10, "mode": 20, "max": 50}, stats.beta(2, 4, 10, 40)),
    "pert with weight": (
        {"kind": "pert", "min": 0, "mode": 1, "max": 4, "weight": 8},
        stats.beta(3, 7, 0, 4),
    ),
    "beta": (
        {"kind": "beta", "alpha": 0.7, "beta": 3, "min": 1, "max": 3},
        stats.beta(0.7, 3, 1, 2),
    ),
    "beta by mean": (
        {"kind": "beta", "mean": 0.25, "sd": 0.1},
        stats.beta(0.25 * 17.75, 0.75 * 17.75),
    ),
    "gamma": ({"kind": "gamma", "shape": 2.5, "scale": 3}, stats.gamma(2.5, scale=3)),
    "gamma by mean": ({"kind": "gamma", "mean": 10, "sd": 20}, stats.gamma(0.25, scale=40)),
    "exponential": ({"kind": "exponential", "mean": 50}, stats.expon(scale=50)),
    "weibull": ({"kind": "weibull", "shape": 1.5, "scale": 2}, stats.weibull_min(1.5, scale=2)),
    "poisson": ({"kind": "poisson", "mean": 7.3}, stats.poisson(7.3)),
    "truncated normal": (
        {"kind": "normal", "mean": 100, "sd": 20, "truncate": {"min": 90, "max": 150}},
        stats.truncnorm(-0.5, 2.5, 100, 20),
    ),
}
U = np.linspace(0.001, 0.999, 333)


@pytest.mark.parametrize("document, oracle", FORMS.values(), ids=FORMS)
def test_every_form_is_the_one_of_scipy(document, oracle):
    dist = read_value(document, bound=None)
    x = dist.quantile(U)
    assert np.allclose(x, oracle.ppf(U), rtol=1e-9, atol=1e-9)
    assert np.allclose(dist.cdf(x), oracle.cdf(x), atol=1e-9) and np.allclose(
        dist.exceedance(x), oracle.sf(x), atol=1e-9
    )
    assert np.isclose(dist.mean, oracle.mean(), rtol=1e-9) and np.isclose(
        dist.sd, oracle.std(), rtol=1e-9
    )
    if hasattr(oracle.dist, "pdf"):
        assert np.allclose(dist.density(x), oracle.pdf(x), rtol=1e-7)
        at = float(oracle.ppf(0.63))
        assert np.isclose(dist.overage(at), oracle.expect(lambda v: v - at, lb=at), rtol=1e-6)
        assert np.isclose(
            dist.waste(at, 2), oracle.expect(lambda v: (at - v) ** 2, ub=at), rtol=1e-6
        )
        q95 = float(oracle.ppf(0.95))
        assert np.isclose(dist.cvar(0.95), oracle.expect(lambda v: v, lb=q95) / 0.05, rtol=1e-6)
    assert all(dist.quantile(u) == v for u, v in zip(U[::50], x[::50])), (
        "a number and an array have the same bits"
    )


EVERY = [document for document, _ in FORMS.values()] + [
    {"p10": 80, "p50": 120, "p90": 200},
    {"kind": "metalog", "p05": -3, "p25": -1, "p50": 0, "p75": 2, "p95": 5},
    {"p": 0.3, "a": {"min": 1, "max": 2}, "b": {"kind": "normal", "mean": 5, "sd": 1}},
    {"values": [3, 1, 2], "probabilities": [0.2, 0.5, 0.3]},
    {"p": 0.2, "a": 1, "b": {"kind": "triangular", "min": 1, "mode": 2, "max": 4}},
    {"parts": [1, {"kind": "gamma", "mean": 4, "sd": 2}, 9], "weights": [0.25, 0.5, 0.25]},
    {"p10": 80, "p50": 120, "p90": 200, "truncate": {"max": 400}},
]


@pytest.mark.parametrize("document", EVERY, ids=lambda d: shown(d)[:50])
def test_moments_of_every_form_are_those_of_its_quantiles(document):
    """One law for all forms: E[X^k; a < X <= b] is the integral of the quantile function over F(a) … F(b)."""
    dist = read_value(document, bound=0.0 if "p10" in document else None)
    z = np.linspace(-8.2, 8.2, 200_001)
    weight = np.diff(ndtr(np.concatenate([[-np.inf], (z[1:] + z[:-1]) / 2, [np.inf]])))
    x = dist.quantile(np.clip(ndtr(z), 1e-300, 1 - 1e-16))
    scale = max(abs(dist.mean), dist.sd)
    assert abs(dist.between(0) - 1) < 1e-9 and abs(weight @ x - dist.mean) < 3e-5 * scale
    assert abs(weight @ (x - dist.mean) ** 2 - dist.variance) < 2e-3 * dist.variance
    three = dist.quantile(np.array([0.1, 0.5, 0.9]))
    assert dist.overage(three).tolist() == [dist.overage(float(at)) for at in three] and dist.cvar(
        np.array([0.5, 0.9])
    )[1] == dist.cvar(0.9)
    for at in three:
        assert abs(weight @ np.maximum(x - at, 0) - dist.overage(float(at))) < 2e-4 * scale
        assert abs(weight @ np.maximum(at - x, 0) - dist.waste(float(at))) < 2e-4 * scale
        assert abs(dist.overage(float(at)) - dist.waste(float(at)) - (dist.mean - at)) < 1e-9 * max(
            1, abs(at)
        )  # put-call parity
    assert (np.diff(x) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(st.floats(0.3, 400), st.floats(0.3, 400))
def test_the_table_of_betas_and_gammas_is_the_exact_inverse(alpha, beta):
    u = ndtr(np.linspace(-6.9, 6.9, 997))
    z = ndtri(u)
    found = make("beta", {"alpha": alpha, "beta": beta}).quantile(u)
    assert (
        np.abs(
            found
            - np.where(
                u < 0.5, betaincinv(alpha, beta, ndtr(z)), betainccinv(alpha, beta, ndtr(-z))
            )
        ).max()
        < 1e-9
    )
    found = make("gamma", {"shape": alpha, "scale": 1.0}).quantile(u)
    wanted = np.where(u < 0.5, gammaincinv(alpha, ndtr(z)), gammainccinv(alpha, ndtr(-z)))
    assert np.abs(found / wanted - 1).max() < 1e-9


@settings(max_examples=80, deadline=None)
@given(st.floats(0.01, 100), st.floats(1.05, 4), st.floats(0.2, 0.8))
def test_a_metalog_rises_and_its_cdf_is_its_inverse(p10, stretch, middle):
    p90 = p10 * stretch
    for bound, p50 in ((0.0, p10 * stretch**middle), (None, p10 + (p90 - p10) * middle)):
        dist = elicit(p10, p50, p90, bound=bound)
        assert np.allclose(dist.quantile([0.1, 0.5, 0.9]), [p10, p50, p90], rtol=1e-9)
        x = dist.quantile(U)
        assert (np.diff(x) > 0).all() and np.allclose(dist.cdf(x), U, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.5, 50), st.floats(1.2, 5), st.floats(0.0, 1.0))
def test_the_range_that_a_refusal_offers_is_the_range_that_is_allowed(p10, stretch, middle):
    p90 = p10 * stretch
    p50 = p10 + (p90 - p10) * middle
    try:
        read_value({"p10": p10, "p50": p50, "p90": p90}, bound=None)
        assert 0.16 < middle < 0.84
    except ScenarioError as problem:
        if "must rise" in str(problem):
            return
        low, high = (
            float(word.rstrip(".")) for word in str(problem).split("may lie from ")[1].split(" to ")
        )
        assert not low <= p50 <= high and p10 < low < high < p90
        inside = low + (high - low) * 0.001, high - (high - low) * 0.001
        assert all(
            isinstance(read_value({"p10": p10, "p50": v, "p90": p90}, bound=None), Distribution)
            for v in inside
        )


def test_truncation_is_by_the_cdf_and_not_by_clipping():
    whole = read_value({"kind": "normal", "mean": 100, "sd": 20}, bound=None)
    cut = whole.truncated(110, None)
    phi, tail = np.exp(-0.125) / np.sqrt(2 * np.pi), ndtr(-0.5)
    assert np.isclose(cut.mean, 100 + 20 * phi / tail, rtol=1e-12)
    draws = cut.quantile(streams.uniforms(3, "cut", 20_000))
    assert draws.min() >= 110 and (draws == 110).mean() < 1e-3
    assert abs(draws.mean() - cut.mean) < 4 * draws.std() / np.sqrt(len(draws))
    assert (
        np.clip(whole.quantile(streams.uniforms(3, "cut", 20_000)), 110, None).mean() < cut.mean - 5
    )  # what clipping would say
    some = read_value({"values": [1, 2, 3, 4], "truncate": {"min": 2, "max": 3}}, bound=None)
    assert some.mean == 2.5 and some.quantile([0.0, 0.4, 0.6, 1.0]).tolist() == [2, 2, 3, 3]


def test_a_heavy_log_metalog_has_no_mean_and_is_refused_or_truncated():
    dist = make("log_metalog", {"quantiles": {0.1: 1.0, 0.5: 9.0, 0.9: 81.0}})
    assert dist.mean == np.inf or dist.mean > 81
    assert make("log_metalog", {"quantiles": {0.1: 0.1, 0.5: 1.0, 0.9: 100.0}}).mean == np.inf
    assert make("log_metalog", {"quantiles": {0.1: 1.0, 0.5: 3.2, 0.9: 10.0}}).variance == np.inf
    assert make("log_metalog", {"quantiles": {0.1: 1.0, 0.5: 2.0, 0.9: 4.0}}).variance < np.inf
    assert read_value({"p10": 0.1, "p50": 1, "p90": 100, "truncate": {"max": 50}}).mean < 50


BAD = [
    (
        {"p10": 3, "p50": 2, "p90": 4},
        0,
        "p10 3, p50 2, p90 4 must rise. For a certain value write one number.",
    ),
    (
        {"p10": 2, "p50": 2, "p90": 4},
        0,
        "p10 2, p50 2, p90 4 must rise. For a certain value write one number.",
    ),
    (
        {"p10": 1, "p50": 1.01, "p90": 100},
        0,
        "p10 1, p50 1.01, p90 100 bend too sharply for one distribution. Between p10 1 and p90 100 the "
        "p50 may lie from 2.155 to 46.42.",
    ),
    (
        {"p10": 1, "p50": 1.01, "p90": 100},
        None,
        "p10 1, p50 1.01, p90 100 bend too sharply for one distribution. Between p10 1 and p90 100 "
        "the p50 may lie from 17.5 to 83.5.",
    ),
    ({"p10": -1, "p50": 1, "p90": 2}, 0, "p10 is -1; all values here must be above 0."),
    (
        {"p10": 0.1, "p50": 1, "p90": 100},
        0,
        "the tail is so heavy that the mean is infinite, and with it every expected cost. Bring the "
        "quantiles closer together, or write truncate: {max: …}.",
    ),
    (
        {"kind": "normal", "mean": 100, "sd": 20},
        0,
        "values down to any low are possible; all values here must be above 0. Write truncate: "
        "{min: 0}, or another form.",
    ),
    (
        {"min": 3, "mode": 2, "max": 4},
        0,
        "pert: min 3, mode 2, max 4: mode must lie from min to max.",
    ),
    (
        {"min": 3, "max": 3},
        0,
        "uniform: min 3, max 3: min must be below max. For a certain value write one number.",
    ),
    (
        {"kind": "normal", "mean": 1, "sd": 0},
        None,
        "normal: sd is 0; it must be a finite number above 0.",
    ),
    (
        {"kind": "lognormal", "mu": 1, "sd": 2},
        0,
        "lognormal: give {mu, sigma} or {median, sigma} or {mean, sd}, not {mu, sd}.",
    ),
    (
        {"kind": "lognomal", "mu": 1, "sigma": 1},
        0,
        f"unknown distribution 'lognomal'. Did you mean 'lognormal'? Known: {listing(kinds())}.",
    ),
    ({"kind": "normal", "mean": 1}, None, "normal: 'sd' is missing; write it."),
    (
        {"mn": 1, "max": 2},
        0,
        "'mn' says nothing about an uncertain value. Did you mean 'min'? It may be {p10, p50, p90}, {min, mode, max}, "
        "{min, max}, {p, a, b}, {values, probabilities}, or kind with its fields.",
    ),
    (
        {"p10": "1 + 1", "p50": 1, "p90": 2},
        0,
        "p10 is '1 + 1', not a number. Formulas are not run: write the number, or a range {p10, p50, p90}.",
    ),
    (
        {"kind": "beta", "mean": 0.5, "sd": 0.6},
        0,
        "beta: sd is 0.6; with mean 0.5 between 0 and 1 it must be below 0.5.",
    ),
    ({"p": 1.2, "a": 1, "b": 2}, 0, "mixture: p is 1.2; it must be a chance from 0 to 1."),
    (
        {"values": [1, 2], "probabilities": [0.5, 0.6]},
        0,
        "discrete: the probabilities add up to 1.1; they must add up to 1.",
    ),
    (
        {"min": 1, "max": 2, "truncate": {"min": 5}},
        0,
        "truncate: from 5 to inf lies 0 of the distribution, less than one in a million; check "
        "the ends.",
    ),
    (
        {"min": 1, "max": 2, "factors": {"a": 0.8, "b": 0.8}},
        0,
        "factors: the squares of the loadings add up to 1.28, more than 1: no such "
        "correlation exists. Divide every loading by 1.131 or more.",
    ),
    (
        {"kind": "gamma", "data": [1, 2, 0]},
        0,
        "gamma: data[2] is 0; a gamma has positive values only.",
    ),
    (
        {"kind": "normal", "data": [1, 2, 3], "method": "moment"},
        None,
        "unknown method 'moment'. Did you mean 'moments'? Known: likelihood, moments, quantiles.",
    ),
    (
        {"kind": "poisson", "p10": 1, "p90": 3},
        0,
        "poisson: quantiles do not say this form; they do for beta, exponential, gamma, log_metalog, "
        "lognormal, metalog, normal, uniform, weibull.",
    ),
]


@pytest.mark.parametrize(
    "value, bound, message", BAD, ids=[f"{i} {shown(v)[:40]}" for i, (v, _, _) in enumerate(BAD)]
)
def test_a_value_that_cannot_be_meant_is_refused_in_one_sentence(value, bound, message):
    with pytest.raises(ScenarioError) as problem:
        read_value(value, "a.yaml:3: x", bound)
    got = str(problem.value)
    assert got == f"a.yaml:3: x: {message}"


def test_every_form_of_the_shelf_is_tried_here():
    tried = {document.get("kind") for document in EVERY} | {
        "pert",
        "uniform",
        "log_metalog",
        "mixture",
        "discrete",
    }
    assert set(kinds()) == tried - {None}
    assert (
        checked({"p10": 1, "p50": 2, "p90": 3}) == {"p10": 1.0, "p50": 2.0, "p90": 3.0}
        and checked(2) == 2.0
    )


@pytest.mark.parametrize(
    "kind, parameters",
    [
        ("normal", {"mean": 100.0, "sd": 20.0}),
        ("lognormal", {"mu": 1.0, "sigma": 0.5}),
        ("gamma", {"shape": 2.5, "scale": 3.0}),
        ("exponential", {"mean": 50.0}),
        ("weibull", {"shape": 1.5, "scale": 2.0}),
        ("beta", {"alpha": 2.0, "beta": 5.0}),
        ("uniform", {"min": 2.0, "max": 5.0}),
    ],
)
def test_a_fit_finds_what_the_data_were_drawn_from(kind, parameters):
    truth = make(kind, parameters)
    data = truth.quantile((np.arange(4000) + 0.5) / 4000)
    for method in ("likelihood", "moments", "quantiles"):
        found = fit(kind, data, method)
        assert np.allclose(
            found.distribution.quantile([0.05, 0.5, 0.95]),
            truth.quantile([0.05, 0.5, 0.95]),
            rtol=0.01,
        ), method
        assert found.distance < 0.01 and found.p_value > 0.5 and kind in str(found)
    two = through(
        kind,
        {q: float(truth.quantile(q)) for q in ((0.2, 0.7) if kind != "exponential" else (0.7,))},
    )
    assert np.allclose(two.quantile(U), truth.quantile(U), rtol=1e-6)


def test_the_likeliest_fit_is_that_of_scipy_and_the_best_form_is_found():
    data = np.random.default_rng(7).gamma(2.0, 3.0, 500)
    shape, _, scale = stats.gamma.fit(data, floc=0)
    found = fit("gamma", data)
    assert np.isclose(found.distribution.shape, shape, rtol=1e-4) and np.isclose(
        found.distribution.scale, scale, rtol=1e-4
    )
    assert np.isclose(
        found.log_likelihood, stats.gamma(shape, scale=scale).logpdf(data).sum(), rtol=1e-8
    )
    assert np.isclose(found.distance, stats.kstest(data, found.distribution.cdf).statistic)
    c, _, scale = stats.weibull_min.fit(data, floc=0)
    assert np.allclose(
        [fit("weibull", data).distribution.shape, fit("weibull", data).distribution.scale],
        [c, scale],
        rtol=1e-3,
    )
    assert (
        best_fit(data)[0].kind in ("gamma", "weibull")
        and best_fit(data)[-1].aic > best_fit(data)[0].aic
    )
    assert best_fit(np.log(data))[0].kind == "normal", (
        "forms that cannot hold the data are left out"
    )


def test_values_that_follow_a_factor_correlate_as_their_loadings_say_and_leave_each_other_alone():
    base = {"kind": "normal", "mean": 0, "sd": 1}
    a, b = (
        read_value({**base, "factors": {"market": loading}}, bound=None) for loading in (0.8, 0.5)
    )
    alone = read_value(base, bound=None)

    def uniform(name):
        return streams.uniforms(5, name, 20_000)

    x, y, z = a.on_paths(uniform, "a"), b.on_paths(uniform, "b"), alone.on_paths(uniform, "c")
    assert abs(np.corrcoef(x, y)[0, 1] - 0.4) < 4 * (1 - 0.16) / np.sqrt(20_000) and abs(
        np.corrcoef(x, z)[0, 1]
    ) < 4 / np.sqrt(20_000)
    assert abs(x.mean()) < 4 / np.sqrt(20_000) and abs(x.std() - 1) < 4 / np.sqrt(40_000)
    assert np.array_equal(z, alone.quantile(uniform("c"))) and np.array_equal(
        y, b.on_paths(uniform, "b")
    )
    whole = Following(alone, (("market", 1.0),))
    assert np.allclose(whole.on_paths(uniform, "d"), ndtri(uniform(STREAM + "market")))
    assert a.mean == 0 and a.sd == 1 and a.quantile(0.9) == alone.quantile(0.9)


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.95, 0.95))
def test_rank_correlations_of_a_copula_are_the_closed_forms(rho):
    assert np.isclose(correlate.normal_from_spearman(correlate.gaussian_spearman(rho)), rho)
    assert np.isclose(correlate.normal_from_kendall(correlate.gaussian_kendall(rho)), rho)
    u = correlate.copula_uniforms(3, ["a", "b"], 4096, [[1, rho], [rho, 1]])
    assert abs(stats.spearmanr(u)[0] - correlate.gaussian_spearman(rho)) < 4 / np.sqrt(4096)
    assert np.isclose(
        correlate.normal_from_lognormal_pearson(
            float(correlate.lognormal_pearson(rho, 0.5, 0.9)), 0.5, 0.9
        ),
        rho,
    )


def test_a_name_added_to_a_copula_changes_no_other_draw():
    two = correlate.copula_uniforms(1, ["a", "b"], 500, [[1, 0.5], [0.5, 1]])
    three = correlate.copula_uniforms(
        1, ["a", "b", "c"], 700, [[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]
    )
    assert np.allclose(two, three[:500, :2], atol=1e-15)
    same = correlate.copula_uniforms(1, ["a", "b"], 500, [[1, 1], [1, 1]])
    assert np.allclose(same[:, 0], same[:, 1])


def test_iman_conover_keeps_every_value_and_reaches_the_ranks():
    x = np.stack([streams.uniforms(1, n, 5000) for n in "abc"], axis=-1) ** [1, 3, 0.2]
    wanted = np.array([[1, 0.7, -0.3], [0.7, 1, 0.1], [-0.3, 0.1, 1]])
    y = correlate.iman_conover(x, wanted)
    assert (np.sort(x, axis=0) == np.sort(y, axis=0)).all()
    assert np.abs(correlate.spearman_of(y) - correlate.gaussian_spearman(wanted)).max() < 0.02


@pytest.mark.parametrize(
    "matrix, message",
    [
        (
            [[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]],
            "correlation: these correlations cannot exist together (smallest eigenvalue -0.8). chat with "
            "gpu is 0.9 and contradicts the others most; in the nearest possible matrix it is 0.500. Take that matrix (nearest_correlation), or "
            "state fewer pairs through factors.",
        ),
        (
            [[1, 1.2], [1.2, 1]],
            "correlation: chat with gpu is 1.2; a correlation lies from -1 to 1.",
        ),
        (
            [[1, 0.2], [0.3, 1]],
            "correlation: chat with gpu is 0.2 in one row and 0.3 in the other; the matrix must be symmetric.",
        ),
        ([[2, 0.2], [0.2, 1]], "correlation: chat with itself is 2; the diagonal must be 1."),
        ([[1, 0.2]], "correlation: a matrix of 1 × 2; it must be square, one row for each name."),
    ],
)
def test_a_correlation_that_cannot_exist_is_refused_and_the_nearest_offered(matrix, message):
    with pytest.raises(ScenarioError) as problem:
        correlate.check_correlation(matrix, ["chat", "gpu", "data"][: len(matrix)])
    assert str(problem.value) == message


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_nearest_correlation_is_possible_and_no_random_one_is_nearer(seed):
    rng = np.random.default_rng(seed)
    raw = np.clip(rng.uniform(-1.2, 1.2, (4, 4)), -1, 1)
    raw = np.triu(raw, 1) + np.triu(raw, 1).T + np.eye(4)
    near = correlate.nearest_correlation(raw)
    correlate.check_correlation(near)
    if np.linalg.eigvalsh(raw)[0] >= 0:
        assert np.allclose(near, raw, atol=1e-8)
    for _ in range(20):
        step = rng.normal(size=(4, 4)) * rng.choice([0.01, 0.3])
        other = near + step + step.T
        vectors = np.linalg.cholesky(other @ other.T / np.trace(other @ other.T) + 1e-9 * np.eye(4))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        assert np.linalg.norm(vectors @ vectors.T - raw) >= np.linalg.norm(near - raw) - 1e-7


def test_scenario_files_take_every_form_and_explain_them(tmp_path):
    from scenario_world import settings as company
    from scenario_world import world

    from finops_model.scenario import document as scenario
    from finops_model.scenario import ledger_base as base

    own = company(tmp_path)
    facts = base.read_facts(world(), own)
    (tmp_path / "00_base.yaml").write_text(
        "name: Base\ndrivers: {sessions: {level: {min: 0.8, mode: 1, max: 1.5, factors: {market: 0.5}}}}\n"
    )
    (tmp_path / "a.yaml").write_text(
        "name: a\nbase: 00_base.yaml\nchanges:\n"
        "- {path: workloads/chat/demand/level, op: scale, value: {p: 0.3, a: 1, b: {kind: lognormal, median: 1.5, sigma: 0.2}}, because: x}\n"
        "- {path: prices/H100/price, op: scale, value: {kind: normal, mean: 1, sd: 0.2, truncate: {min: 0.2}}, because: y}\n"
    )
    found = scenario.resolve(scenario.load_scenario(tmp_path / "a.yaml"), settings=own, facts=facts)
    values = {event.path: event.value for event in found.events}
    assert {type(value).__name__ for value in values.values()} == {
        "Following",
        "Mixture",
        "Truncated",
    }
    assert "× p 0.3, a 1, b lognormal, median 1.5, sigma 0.2" in scenario.explain(
        found, "workloads/chat/demand/level"
    )
    (tmp_path / "a.yaml").write_text(
        "name: a\nbase: 00_base.yaml\nchanges:\n"
        "- {path: prices/H100/price, op: scale, value: {kind: normal, mean: 1, sd: 0.2}, because: y}\n"
    )
    with pytest.raises(ScenarioError) as problem:
        scenario.resolve(scenario.load_scenario(tmp_path / "a.yaml"), settings=own, facts=facts)
    assert str(problem.value) == (
        f"{tmp_path / 'a.yaml'}:4: prices/H100/price: values down to any low are possible; all values here must be above 0. "
        "Write truncate: {min: 0}, or another form."
    )
    (tmp_path / "00_base.yaml").write_text(
        "name: Base\ndrivers: {sessions: {level: {mn: 0.8, max: 1.5}}}\n"
    )
    with pytest.raises(ScenarioError) as problem:
        scenario.load_scenario(tmp_path / "00_base.yaml")
    assert str(problem.value).startswith(
        f"{tmp_path / '00_base.yaml'}:2: drivers/sessions/level: 'mn' says nothing about an uncertain value. Did you "
        "mean 'min'?"
    )


def test_a_simulated_total_carries_the_uncertainty_of_its_value(tmp_path):
    """Through the whole simulation: a linear workload's cost is its level, draw by draw, times what is certain."""
    from scenario_world import demand_for, world
    from scenario_world import settings as company

    from finops_model.scenario import document as scenario
    from finops_model.scenario import ledger_base as base
    from finops_model.simulate import scenarios as simulate
    from finops_model.simulate.compile.plan import compile_plan, future

    own = company(tmp_path)
    facts = base.read_facts(world(), own)
    values = (
        {"min": 0.5, "mode": 1, "max": 2.5},
        {"p10": 0.7, "p50": 1, "p90": 1.8},
        {"p": 0.2, "a": {"min": 0.9, "max": 1.1}, "b": 2},
    )
    for value in values:
        text = str(value).replace("'", "")
        (tmp_path / "a.yaml").write_text(
            f"name: a\nhorizon: {{months: 2}}\nchanges:\n- {{path: workloads/train/demand/level, op: set, value: {text}, "
            "because: x}\n"
        )
        resolved = scenario.resolve(
            scenario.load_scenario(tmp_path / "a.yaml"), settings=own, facts=facts, paths=4096
        )
        demand = demand_for(facts, len(future(resolved)), spread=0.0, sigma=0.0)
        run = simulate.simulate(compile_plan(resolved, demand), dials=False)
        total = run.total("Research") - 61 * 20.0  # the lake is certain
        level = total / (61 * 480.0)
        dist = read_value(value)
        assert abs(level.mean() - dist.mean) < 4 * dist.sd / 64
        assert np.allclose(
            np.sort(level),
            np.sort(dist.quantile(streams.uniforms(7, "workloads/train/demand/level", 4096))),
            rtol=1e-5,
        )
