"""The engines against closed forms: every case of the shared oracles that a simulation can reproduce (docs/method §3.16).

Inputs and expected values are those of mc_oracles.json, named beside each. A mean or a variance must lie within four standard errors, at
so many paths that a standard error is at most 1 %.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from oracles import closed_forms, price_moments
from scipy.stats import gamma, norm, poisson

from finops_model.prices.rates import make as make_rate
from finops_model.simulate.kernel import engine
from finops_model.simulate.kernel.flat import FlatPlan, Form, PathValue, Table, loadings_of
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.elicit import elicit, read_value
from finops_model.uncertainty.following import Following

ENGINES = pytest.mark.parametrize("which", ["numpy", "numba"])
PATHS = 65536


def mean_is(x, expected, relative=0.01):
    """Mean within four standard errors, and a standard error of at most 1 %."""
    error = x.std(ddof=1) / np.sqrt(len(x))
    assert error <= relative * abs(expected), (
        f"standard error {error:.3g} of {expected:.6g}: more paths"
    )
    assert abs(x.mean() - expected) < 4 * error, (
        f"{x.mean():.6g} ± {error:.2g} where {expected:.6g} belongs"
    )


def variance_is(x, expected):
    mean_is((x - x.mean()) ** 2 * len(x) / (len(x) - 1), expected)


def chance_is(hits, expected, relative=0.01):
    mean_is(hits.astype(float), expected, relative)


def run(which, paths=PATHS, seed=11, **fields):
    fields.setdefault("months", ("m",))
    fields.setdefault("month_of", np.zeros(len(fields["median"]), int))
    fields.setdefault("workloads", tuple(f"w{i}" for i in range(np.shape(fields["median"])[1])))
    fields.setdefault("columns", ("cost",))
    fields.setdefault("units", 1)
    return engine.simulate_paths(FlatPlan(centred=False, **fields), paths, seed, which)


def charged(count, steps=1, column=0, **more):
    """Every workload into one column (or its own)."""
    return dict(
        charge_workload=np.arange(count),
        charge_column=np.full(count, column) if np.ndim(column) == 0 else column,
        charge_line=np.full(count, -1),
        charge_rate=np.ones((count, steps)),
        **more,
    )


def one_value(which, law, paths=PATHS, **more):
    """One uncertain value as the demand of one step: (path,)."""
    return run(
        which,
        paths,
        median=[[1.0]],
        values=(PathValue((("x", law),)),),
        profile=[[1.0]],
        value_demand=[[1.0]],
        **charged(1),
        **more,
    )


@ENGINES
def test_sums_of_correlated_lognormals(which):
    mu, sigma = np.array([1.0, 1.2, 0.8]), np.array([0.3, 0.5, 0.4])
    corr = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.3], [0.2, 0.3, 1.0]])
    total = run(
        which,
        median=np.exp(mu)[None],
        factors=("a", "b", "c"),
        level_step=sigma[None],
        level_loadings=loadings_of(corr, "abc"),
        **charged(3),
    ).cost[:, 0, 0]
    mean_is(total, 9.01648358506889)  # lognormal_sum_mean_corr
    variance_is(total, 8.911107069898907)  # lognormal_sum_var_corr


@ENGINES
def test_overage_and_waste_of_a_commitment(which):
    pool = dict(
        pools=("p",),
        member_pool=[0],
        member_workload=[0],
        member_units=[[1.0]],
        median=[[1.0]],
        profile=[[1.0]],
        value_demand=[[1.0]],
    )
    over = run(
        which,
        4 * PATHS,
        **pool,
        values=(PathValue((("x", make("normal", {"mean": 100.0, "sd": 20.0})),)),),
        tables=(Table(0, ((0.0, 0.0, np.array([110.0]), np.array([1.0])),), np.zeros(1), units=0),),
    ).cost[:, 0, 0]
    mean_is(over, 3.955931148026121)  # overage_normal_bachelier
    variance_is(over, 68.2063127622103)  # overage_normal_variance
    waste = run(
        which,
        **pool,
        values=(PathValue((("x", make("lognormal", {"mu": 4.6, "sigma": 0.35})),)),),
        tables=(
            Table(0, ((110.0, -1.0, np.array([110.0]), np.array([1.0])),), np.zeros(1), units=0),
        ),
    ).cost[:, 0, 0]
    mean_is(waste, 17.196270987079146)  # commit_waste_lognormal


@ENGINES
@pytest.mark.parametrize(
    ("rate", "mean", "x"), [(0.02, 50.0, 600.0), (0.3, 2.0, 250.0), (1.7, 1.0, 640.0)]
)
def test_the_tail_of_bursts_is_that_of_a_compound_poisson(which, rate, mean, x):
    total = run(
        which,
        2 * PATHS,
        median=np.zeros((365, 1)),
        burst_rate=[rate],
        burst_size=[mean],
        **charged(1, 365),
    ).cost[:, 0, 0]
    n = np.arange(1, 2000)
    tail = (poisson.pmf(n, rate * 365) * gamma.sf(x, n, scale=mean)).sum()
    if (rate, mean, x) == (0.02, 50.0, 600.0):
        assert tail == pytest.approx(0.11617209808623484, rel=1e-12)  # compound_poisson_exp_tail
    chance_is(total > x, tail)
    mean_is(total, rate * 365 * mean)
    variance_is(total, rate * 365 * 2 * mean**2)


@ENGINES
def test_bursts_that_stay_add_up_to_a_geometric_series(which):
    total = run(
        which,
        16384,
        median=np.zeros((400, 1)),
        months=("a", "b"),
        month_of=np.repeat([0, 1], 200),
        burst_rate=[0.05],
        burst_size=[3.0],
        burst_stays=[0.8],
        **charged(1, 400),
    ).cost[:, 1, 0]
    mean_is(
        total, 200 * 0.05 * 3.0 / 0.2
    )  # the second half: what came before and still stays included


def noise_paths(which, phi, sd, steps, paths, **more):
    """Log noise (path, step) out of demand: months as steps."""
    cost = run(
        which,
        paths,
        median=np.ones((steps, 1)),
        months=tuple(map(str, range(steps))),
        month_of=np.arange(steps),
        phi=[phi],
        sigma=[sd / np.sqrt(1 - phi**2)],
        **charged(1, steps),
        **more,
    ).cost
    return np.log(cost[:, :, 0])


@ENGINES
def test_noise_has_the_spread_the_memory_and_the_sums_of_an_ar1(which):
    x = noise_paths(which, 0.9, 0.2, 30, PATHS)
    sd, first, fifth = 0.45883146774112366, 0.9, 0.5904900000000001  # ar1_stationary_sd_acf
    for t in (0, 5, 29):
        variance_is(x[:, t], sd**2)
    mean_is(x[:, 3] * x[:, 4], first * sd**2)
    mean_is(x[:, 3] * x[:, 8], fifth * sd**2)
    variance_is(x.sum(axis=1), 83.71166494516613)  # ar1_monthly_sum_variance
    variance_is(
        noise_paths(which, 0.9, 0.2, 4, PATHS, stationary=False)[:, 2],
        0.2**2 * (1 + 0.9**2 + 0.9**4),
    )


@ENGINES
def test_an_ornstein_uhlenbeck_process_is_the_noise_at_its_exact_step(which):
    kappa, sigma, dt = 0.1, 0.3, 1 / 24
    phi, innovation, stationary = (
        0.99584200184511,
        0.061109887191074214,
        0.6708203932499369,
    )  # ou_exact_discretisation
    assert [
        np.exp(-kappa * dt),
        sigma * np.sqrt(-np.expm1(-2 * kappa * dt) / (2 * kappa)),
        sigma / np.sqrt(2 * kappa),
    ] == pytest.approx([phi, innovation, stationary], rel=1e-12)
    x = noise_paths(which, phi, innovation, 25, PATHS)
    variance_is(x[:, 24], stationary**2)
    variance_is(x[:, 24] - phi * x[:, 23], innovation**2)
    mean_is(x[:, 0] * x[:, 24], stationary**2 * phi**24)


@ENGINES
def test_factors_make_the_copula_they_say(which):
    rho = 0.6
    both = run(
        which,
        median=np.ones((1, 2)),
        columns=("a", "b"),
        units=2,
        factors=("a", "b"),
        level_step=[[0.5, 0.9]],
        level_loadings=loadings_of([[1, rho], [rho, 1]], "ab"),
        **charged(2, column=[0, 1]),
    ).cost[:, 0]
    ranks = np.argsort(np.argsort(both, axis=0), axis=0) / (len(both) - 1) - 0.5
    mean_is(
        12 * ranks[:, 0] * ranks[:, 1], 0.5819201041240698
    )  # gaussian_copula_spearman_kendall: Spearman
    half = both[: len(both) // 2] - both[len(both) // 2 :]
    mean_is(
        np.sign(half[:, 0] * half[:, 1]), 0.4096655293982669, relative=0.02
    )  # Kendall: pairs that agree less pairs that do not
    logs = np.log(both) / [0.5, 0.9]
    mean_is(logs[:, 0] * logs[:, 1], rho)
    x = both - np.exp(np.array([0.5, 0.9]) ** 2 / 2)
    scale = np.sqrt(np.prod([np.expm1(s**2) * np.exp(s**2) for s in (0.5, 0.9)]))
    mean_is(
        x[:, 0] * x[:, 1] / scale, 0.5206453611823993, relative=0.03
    )  # lognormal_pearson_under_copula


@ENGINES
def test_tiers_of_a_uniform_demand(which):
    rate = make_rate("graduated", {"starts": [0, 50, 120], "prices": [3.0, 2.0, 1.0]})
    found = run(
        which,
        median=[[1.0]],
        columns=("cost", "units"),
        values=(PathValue((("x", make("uniform", {"min": 0.0, "max": 200.0})),)),),
        profile=[[1.0]],
        value_demand=[[1.0]],
        forms=(Form(1, (rate,), 0),),
        **charged(1, column=1),
    )
    mean_is(found.cost[:, 0, 0], 227.75)  # tier_uniform_mean


@ENGINES
@pytest.mark.parametrize(
    ("law", "var", "cvar"),
    [
        (
            ("normal", {"mean": 1000.0, "sd": 150.0}),
            1246.7280440427207,
            1309.406921126114,
        ),  # cvar_normal
        (
            ("lognormal", {"mu": 7.0, "sigma": 0.4}),
            float(np.exp(7 + 0.4 * norm.ppf(0.95))),
            2532.5773329263934,
        ),
    ],
)  # cvar_lognormal
def test_the_mean_of_the_worst_futures(which, law, var, cvar):
    x = np.sort(one_value(which, make(*law), 4 * PATHS).cost[:, 0, 0])
    worst = x[-int(0.05 * len(x)) :]
    error = np.sqrt(worst.var() + 0.95 * (worst.mean() - worst[0]) ** 2) / np.sqrt(len(worst))
    assert abs(worst.mean() - cvar) < 4 * error < 0.04 * cvar
    chance_is(x > var, 0.05)


@ENGINES
def test_the_overrun_of_a_portfolio(which):
    corr = np.array([[1, 0.3, 0], [0.3, 1, -0.2], [0, -0.2, 1]])
    names, rows = ("a", "b", "c"), loadings_of(corr, "abc")
    values = tuple(
        PathValue(((name, Following(make("normal", {"mean": m, "sd": s}), dict(zip(names, row)))),))
        for name, m, s, row in zip(names, (100.0, 200.0, 50.0), (10.0, 30.0, 20.0), rows)
    )
    total = run(
        which,
        2 * PATHS,
        median=np.ones((1, 3)),
        values=values,
        profile=np.ones((3, 1)),
        value_demand=np.eye(3),
        **charged(3),
    ).cost[:, 0, 0]
    chance_is(
        total > 400, 0.0859858180576395
    )  # overrun_prob_normal_portfolio (50 would be cut at 0: 0.6 %)


@ENGINES
def test_elicited_values(which):
    x = one_value(which, make("triangular", {"min": 10.0, "mode": 20.0, "max": 50.0})).cost[:, 0, 0]
    mean_is(x, 26.666666666666668)  # triangular_mean_var_p10_p90
    variance_is(x, 72.22222222222223)
    chance = [(x <= 16.32455532033676).mean(), (x <= 39.045548849896676).mean()]
    assert chance == pytest.approx([0.1, 0.9], abs=4 * np.sqrt(0.09 / PATHS))
    y = one_value(which, elicit(80.0, 120.0, 200.0, bound=None)).cost[:, 0, 0]
    mean_is(y, 131.37799033283545)  # metalog3_spt_quantiles
    assert [
        (y <= q).mean() for q in (120.0, 230.55593419391292, 296.7173148077148)
    ] == pytest.approx([0.5, 0.95, 0.99], abs=4 * 0.5 / np.sqrt(PATHS))
    z = one_value(
        which,
        read_value(
            {
                "p": 0.2,
                "a": {"kind": "normal", "mean": 100, "sd": 10},
                "b": {"kind": "normal", "mean": 160, "sd": 30},
            },
            bound=None,
        ),
    ).cost[:, 0, 0]
    mean_is(z, 112.0)  # scenario_mixture_mean_var
    variance_is(z, 836.0)


def price_after(which, steps, paths=PATHS, decay=0.0, **jump):
    """Price of one line on the last step: (path,)."""
    return run(
        which,
        paths,
        median=np.ones((steps, 1)),
        months=("before", "last"),
        month_of=np.r_[np.zeros(steps - 1, int), 1],
        lines=("p",),
        price=np.exp(-decay * (np.arange(steps) + 1) / steps)[:, None],
        jumps=("cuts",),
        jump_line=[[1.0]],
        charge_workload=[0],
        charge_column=[0],
        charge_line=[0],
        charge_rate=np.ones((1, steps)),
        **jump,
    ).cost[:, 1, 0]


@ENGINES
def test_prices_that_fall_and_jump(which):
    x = price_after(
        which,
        73,
        decay=0.2,
        jump_rate=[2 / 73],
        jump_law=("uniform",),
        jump_low=[0.70],
        jump_high=[0.95],
    )
    mean_is(x, 0.5769498103804866)  # price_jump_decay_mean_second_moment
    mean_is(x**2, 0.3576024682886799)


@ENGINES
def test_jumps_of_both_signs(which):
    x = price_after(
        which, 50, jump_rate=[3 / 50], jump_law=("uniform",), jump_low=[0.6], jump_high=[1.5]
    )
    mean_is(x, np.exp(3 * (1.05 - 1)))
    assert (x > 1).any() and (x < 1).any()
    mu, sd = 0.05, 0.3
    y = price_after(
        which, 50, jump_rate=[2 / 50], jump_law=("lognormal",), jump_low=[mu], jump_high=[sd]
    )
    mean_is(y, np.exp(2 * (np.exp(mu + sd**2 / 2) - 1)))


@ENGINES
def test_the_rework_of_a_spot_job_counts_its_interruptions(which):
    """Interruptions as jumps of one size: the log price counts them."""
    x = np.log(
        price_after(
            which, 100, jump_rate=[0.03], jump_law=("lognormal",), jump_low=[0.25], jump_high=[0.0]
        )
    )
    mean_is(x, 0.75)  # spot_interruption_geometric_overhead
    variance_is(x, 0.1875)


@ENGINES
def test_scarcity_comes_and_goes_with_price_and_availability_together(which):
    """Spells of mean length 10 after waits of mean 40: a fifth of the time in the long run; while they last, twice the price and half the demand."""
    steps = 400
    found = run(
        which,
        16384,
        median=np.ones((steps, 1)),
        months=("a", "b"),
        month_of=np.r_[np.zeros(steps - 1, int), 1],
        columns=("cost", "units"),
        lines=("p",),
        price=np.ones((steps, 1)),
        jumps=("scarce",),
        jump_rate=[1 / 40],
        jump_law=("lognormal",),
        jump_low=[np.log(2)],
        jump_high=[0.0],
        jump_steps=[10.0],
        jump_line=[[1.0]],
        jump_demand=[[-1.0]],
        charge_workload=[0, 0],
        charge_column=[0, 1],
        charge_line=[0, -1],
        charge_rate=np.ones((2, steps)),
    )
    units = found.usage[:, 1, 0]
    assert np.allclose(found.cost[:, 1, 0], 1.0, rtol=1e-5)  # price × availability = 1
    assert set(np.round(units, 4)) == {0.5, 1.0}
    # a spell that begins and ends within a step is not seen at its end: the share is that of a continuous process
    chance_is(units < 0.75, 10 / 50, relative=0.02)


@ENGINES
def test_an_hourly_market_has_its_overhead(which):
    """price × (1 + r·exp(s·z)) of one market factor: E = 1 + r·exp(s² ÷ 2)."""
    x = run(
        which,
        median=np.ones((1, 1)),
        factors=("market",),
        lines=("spot",),
        price=[[2.0]],
        overhead=[0.1],
        overhead_sd=[0.5],
        overhead_factor=("market",),
        charge_workload=[0],
        charge_column=[0],
        charge_line=[0],
        charge_rate=np.ones((1, 1)),
    ).cost[:, 0, 0]
    mean_is(x, 2 * (1 + 0.1 * np.exp(0.125)))
    mean_is(x - 2, 0.2 * np.exp(0.125))


# ---- other members of the families, edges among them ------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize(
    ("sigma", "rho"), [((0.4, 0.4), -1.0), ((0.4, 0.9), 1.0), ((0.0, 0.3), 0.0), ((1.0, 0.1), -0.3)]
)
def test_two_lognormals_at_every_correlation_there_is(which, sigma, rho):
    total = run(
        which,
        2 * PATHS,
        median=[[2.0, 3.0]],
        factors=("a", "b"),
        level_step=[sigma],
        level_loadings=loadings_of([[1, rho], [rho, 1]], "ab"),
        **charged(2),
    ).cost[:, 0, 0]
    mean, variance = closed_forms.lognormal_sum(np.log([2.0, 3.0]), sigma, [[1, rho], [rho, 1]])
    mean_is(total, mean)
    mean_is((total - mean) ** 2, variance, relative=0.03)


LAWS = [
    {"kind": "gamma", "mean": 100, "sd": 50},
    {"kind": "weibull", "shape": 1.5, "scale": 120},
    {"kind": "exponential", "mean": 100},
    {"kind": "poisson", "mean": 100},
    {"min": 20, "mode": 90, "max": 240},
    {"kind": "triangular", "min": 0, "mode": 0, "max": 300},
    {"kind": "lognormal", "mean": 100, "sd": 80, "truncate": {"min": 20, "max": 400}},
    {"p10": 40, "p50": 90, "p90": 210},
    {"kind": "beta", "alpha": 2, "beta": 5, "min": 0, "max": 300},
    {"values": [50, 100, 200], "probabilities": [0.3, 0.5, 0.2]},
    {"p": 0.25, "a": 80, "b": {"kind": "lognormal", "median": 150, "sigma": 0.2}},
]


@ENGINES
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.get("kind", "/".join(law)))
def test_overage_waste_and_tiers_of_every_law(which, law):
    """One commitment and one tariff on the same demand: what is above, what lies idle, what the tiers cost."""
    demand, level = read_value(law), 100.0
    tiers = {"starts": [0, 60, 150], "prices": [3.0, 2.0, 0.5]}
    found = run(
        which,
        median=[[1.0]],
        columns=("over", "idle", "tiers", "units"),
        values=(PathValue((("x", demand),)),),
        profile=[[1.0]],
        value_demand=[[1.0]],
        pools=("p",),
        member_pool=[0],
        member_workload=[0],
        member_units=[[1.0]],
        units=3,
        fixed=None,
        tables=(
            Table(0, ((0.0, 0.0, np.array([level]), np.array([1.0])),), np.zeros(1), units=0),
            Table(0, ((level, -1.0, np.array([level]), np.array([1.0])),), np.zeros(1), units=1),
        ),
        forms=(Form(3, (make_rate("graduated", tiers),), 2),),
        **charged(1, column=3),
    )
    over, idle, cost = found.cost[:, 0].T
    mean_is(over, demand.overage(level), relative=0.02)
    mean_is(idle, demand.waste(level), relative=0.02)
    mean_is(cost, closed_forms.tiered_mean(demand, tiers["starts"], tiers["prices"]))
    np.testing.assert_allclose(over - idle, found.usage[:, 0, 0] - level, atol=1e-3)


@ENGINES
@pytest.mark.parametrize(
    ("phi", "steps", "stationary"),
    [(0.0, 1, True), (0.0, 12, False), (0.5, 7, False), (0.99, 60, True), (0.99, 60, False)],
)
def test_sums_of_noise_of_any_memory_and_length(which, phi, steps, stationary):
    x = noise_paths(which, phi, 0.1, steps, PATHS, stationary=stationary).sum(axis=1)
    variance_is(
        x, closed_forms.ar1_sum_variance(phi, 0.1, steps, "stationary" if stationary else "zero")
    )


@ENGINES
@pytest.mark.parametrize(
    ("events", "cut"), [(0.0, (0.2, 0.3)), (0.1, (0.0, 0.5)), (12.0, (0.0, 0.1)), (4.0, (0.0, 0.0))]
)
def test_prices_cut_never_rarely_and_often(which, events, cut):
    low, high = 1 - cut[1], 1 - cut[0]
    x = price_after(
        which, 40, jump_rate=[events / 40], jump_law=("uniform",), jump_low=[low], jump_high=[high]
    )
    law = make("uniform", {"min": low, "max": high}) if low < high else high
    first, second = price_moments.jump_moments(events, law, 0.0, 1.0)
    for found, expected in ((x, first), (x**2, second)):
        if found.std() > 1e-7:
            mean_is(found, expected)
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-6)


@ENGINES
def test_the_error_of_a_quantile_is_that_of_many_runs(which):
    """P95 of 2,048 runs of 1,024 paths each: their spread is √(α(1 − α) ÷ n) ÷ density."""
    x = one_value(which, make("normal", {"mean": 10.0, "sd": 1.0}), 2048 * 1024).cost[:, 0, 0]
    found = np.quantile(x.reshape(2048, 1024), 0.95, axis=1)
    mean_is(
        (found - found.mean()) ** 2, 0.021131875109690845**2 * 10_000 / 1024, relative=0.04
    )  # quantile_standard_error


def indices(which, laws, of, terms):
    """{name: (first, total)} of Σ coefficient × product: runs that share a name share its draw, so renaming a value redraws it alone."""

    def total(renamed):
        values = tuple(
            PathValue(((name + "/again" * (name in renamed), law),)) for name, law in laws.items()
        )
        powers = np.array([[float(name in term) for term in of] for name in laws])
        return run(
            which,
            8 * PATHS,
            median=np.asarray([terms]),
            values=values,
            profile=np.ones((len(laws), 1)),
            value_demand=powers,
            **charged(len(terms)),
        ).cost[:, 0, 0]

    base, found = total(()), {}
    for name in laws:
        same, other = total(set(laws) - {name}), total({name})
        found[name] = (
            (base - base.mean()) * (same - same.mean()) / base.var(),
            (base - other) ** 2 / 2 / base.var(),
        )
    return found


@ENGINES
def test_shares_of_the_variance_are_the_closed_forms(which):
    """Means of the weighted sum are 10 standard deviations up: they move no variance, and no value is cut at 0."""
    laws = {
        name: make("normal", {"mean": 10 * sd, "sd": sd})
        for name, sd in (("x1", 1.0), ("x2", 2.0), ("x3", 0.5))
    }
    found = indices(which, laws, (["x1"], ["x2"], ["x3"]), [3.0, 2.0, 1.0])
    for name, share in (
        ("x1", 0.3564356435643564),
        ("x2", 0.6336633663366337),
    ):  # sobol_indices_linear
        for estimate in found[name]:
            mean_is(estimate, share)
    assert abs(found["x3"][0].mean() - 0.009900990099009901) < 4 * found["x3"][0].std() / np.sqrt(
        8 * PATHS
    )
    mean_is(found["x3"][1], 0.009900990099009901)
    laws = {
        "p": make("normal", {"mean": 2.0, "sd": 0.5}),
        "q": make("normal", {"mean": 3.0, "sd": 1.0}),
    }
    found = indices(which, laws, (["p", "q"],), [1.0])
    for name, first, whole in (
        ("p", 0.34615384615384615, 0.38461538461538464),
        ("q", 0.6153846153846154, 0.6538461538461539),
    ):
        mean_is(found[name][0], first)  # sobol_indices_product_price_x_qty
        mean_is(found[name][1], whole)


@ENGINES
def test_what_does_not_vary_is_exact(which):
    """No spread, no rate, no jump: every path is the median."""
    cost = run(
        which,
        512,
        median=np.full((5, 2), 3.0),
        months=("a",),
        month_of=np.zeros(5, int),
        factors=("f",),
        phi=[0.9, 0.0],
        sigma=[0.0, 0.0],
        level_step=np.zeros((5, 2)),
        level_loadings=[[1.0], [0.0]],
        burst_rate=[0.0, 0.5],
        burst_size=[7.0, 0.0],
        **charged(2, 5),
    ).cost
    np.testing.assert_allclose(cost, 30.0, rtol=1e-6)


@pytest.mark.shared
def test_every_shared_oracle_is_a_sentence_with_its_number_and_a_simulation():
    path = Path(__file__).resolve().parents[2] / "shared" / "cases" / "mc_oracles.json"
    if not path.is_file():
        pytest.skip("the shared Monte Carlo oracles are not there")
    cases = {case["id"]: case for case in json.loads(path.read_text(encoding="utf-8"))}
    spec = Path(__file__).parent / "spec" / "uncertainty" / "cases.yaml"
    sentences = {
        sentence["example"]: sentence
        for sentence in yaml.safe_load(spec.read_text(encoding="utf-8"))
    }
    assert set(cases) == set(sentences)

    def numbers(node):
        parts = (
            node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        )
        return [float(node)] if parts is None else [x for part in parts for x in numbers(part)]

    for name, case in cases.items():
        told = numbers(sentences[name]["then"])
        for expected in numbers(case["expected"]):
            assert any(abs(x - expected) <= 1e-9 * max(abs(expected), 1) for x in told), (
                f"{name}: {expected} is not in the sentence"
            )
    simulated = Path(__file__).read_text(encoding="utf-8")
    assert not [name for name in cases if name not in simulated]
