"""Tornado, Sobol indices and breach drivers (docs/method §3.27, §3.28)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from scenario_world import demand_for, settings, world

from finops_model import streams
from finops_model.decide import breach, sobol
from finops_model.decide import sensitivity as sense
from finops_model.errors import ScenarioError
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import future
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.elicit import read_value
from finops_model.wording.landing import share_over

NORMALS = {
    "x1": make("normal", {"mean": 0.0, "sd": 1.0}),
    "x2": make("normal", {"mean": 1.0, "sd": 2.0}),
    "x3": make("normal", {"mean": 2.0, "sd": 0.5}),
}


def test_sobol_of_a_weighted_sum_and_of_a_product_are_the_closed_forms():
    for model, terms in (
        (lambda x: 3 * x["x1"] + 2 * x["x2"] + x["x3"], [(3, ["x1"]), (2, ["x2"]), (1, ["x3"])]),
        (lambda x: x["x2"] * x["x3"] + x["x1"], [(1, ["x2", "x3"]), (1, ["x1"])]),
        (lambda x: x["x1"] * x["x2"] * x["x3"], [(1, ["x1", "x2", "x3"])]),
    ):
        exact = sobol.sobol_multilinear(
            terms, {n: d.mean for n, d in NORMALS.items()}, {n: d.sd for n, d in NORMALS.items()}
        )
        for index in sobol.sobol(model, NORMALS, 40_000):
            first, total = exact[index.name]
            assert (
                abs(index.first - first) < 4 * index.first_error + 1e-9 and index.first_error < 0.02
            )
            assert (
                abs(index.total - total) < 4 * index.total_error + 1e-9 and index.total_error < 0.02
            )


@pytest.mark.parametrize(
    "terms, means, sds, first, total",
    [
        (
            [(3, ["x1"]), (2, ["x2"]), (1, ["x3"])],
            dict(x1=0, x2=0, x3=0),
            dict(x1=1.0, x2=2.0, x3=0.5),
            [0.3564356435643564, 0.6336633663366337, 0.009900990099009901],
            [0.3564356435643564, 0.6336633663366337, 0.009900990099009901],
        ),
        (
            [(1, ["p", "q"])],
            dict(p=2, q=3),
            dict(p=0.5, q=1.0),
            [0.34615384615384615, 0.6153846153846154],
            [0.3846153846153846, 0.6538461538461539],
        ),
    ],
)
def test_closed_indices_are_the_shared_oracles(terms, means, sds, first, total):
    found = sobol.sobol_multilinear(terms, means, sds)
    assert np.allclose([v[0] for v in found.values()], first, rtol=1e-12) and np.allclose(
        [v[1] for v in found.values()], total, rtol=1e-12
    )


def test_indices_agree_with_those_of_scipy_on_ishigami():
    from scipy.stats import sobol_indices, uniform

    theirs = sobol_indices(
        func=lambda x: np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]),
        n=2**13,
        dists=[uniform(-np.pi, 2 * np.pi)] * 3,
        rng=np.random.default_rng(1),
    )
    values = {name: make("uniform", {"min": -np.pi, "max": np.pi}) for name in "abc"}
    ours = sobol.sobol(
        lambda x: np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"]),
        values,
        60_000,
    )
    for index, first, total in zip(ours, theirs.first_order, theirs.total_order):
        assert (
            abs(index.first - first) < 4 * index.first_error + 0.01
            and abs(index.total - total) < 4 * index.total_error + 0.01
        )


def test_the_error_of_an_index_is_that_of_repeated_studies():
    found = [
        sobol.sobol(lambda x: x["x2"] * x["x3"], {n: NORMALS[n] for n in ("x2", "x3")}, 4096, seed)[
            0
        ]
        for seed in range(60)
    ]
    for what in ("first", "total"):
        scatter, told = (
            np.std([getattr(i, what) for i in found]),
            np.mean([getattr(i, f"{what}_error") for i in found]),
        )
        assert 0.7 < told / scatter < 1.4, what


def test_values_that_move_together_are_one_group():
    base_form = {"kind": "normal", "mean": 0, "sd": 1}
    values = {
        name: read_value(
            {**base_form, **({"factors": {"market": 0.8}} if name != "c" else {})}, bound=None
        )
        for name in "abc"
    }
    assert sobol.group(values) == [("a", "b"), ("c",)]
    found = sobol.sobol(lambda x: x["a"] + x["b"] + x["c"], values, 40_000)
    share = (2 + 2 * 0.64) / (3 + 2 * 0.64)
    assert [i.name for i in found] == ["a + b", "c"] and abs(found[0].first - share) < 4 * found[
        0
    ].first_error
    linked = dict(
        values,
        c=read_value({**base_form, "factors": {"market": 0.1, "fx": 0.3}}, bound=None),
        d=read_value({**base_form, "factors": {"fx": 0.3}}, bound=None),
    )
    assert sobol.group(linked) == [("a", "b", "c", "d")]


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: sobol.sobol(lambda x: x, {}),
            "Sobol indices need at least one uncertain value, and distributions for all of them.",
        ),
        (
            lambda: sobol.sobol(lambda x: 1.0, {"a": NORMALS["x1"]}, 256),
            "the model gave () for 256 paths; it must give one number for each.",
        ),
        (lambda: sobol.partner(np.ones(300)), "300 paths; Sobol indices need a multiple of 256."),
        (
            lambda: sobol.sobol_multilinear([(1, ["p", "p"])], {"p": 1}, {"p": 1}),
            "sobol: 'p' appears twice in one term; only products of different values "
            "have this form.",
        ),
        (
            lambda: sobol.sobol_multilinear([(1, ["p"])], {"p": 1}, {"p": 0}),
            "sobol: nothing varies, so there are no shares of a variance.",
        ),
        (
            lambda: sobol.sobol_multilinear([(1, ["p"])], {}, {"p": 0}),
            "sobol: 'p' has no mean or no sd; give both.",
        ),
        (
            lambda: breach.breach_drivers(np.ones(4), 1, {"a": np.ones(3)}),
            "'a' has (3,) values for totals of shape (4,); give one for each path.",
        ),
        (
            lambda: breach.breach_drivers(np.ones(4), 1, {}, depth=4),
            "depth is 4; a tree that can be said in words has 1 to 3 levels.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(ScenarioError) as problem:
        call()
    assert str(problem.value) == message


# -- breach drivers


def features(paths=8000):
    return {name: streams.uniforms(3, name, paths) for name in ("growth", "price", "idle")}


def test_the_tree_finds_what_leads_to_the_overrun_and_nothing_else():
    x = features()
    noise = streams.uniforms(3, "noise", 8000)
    totals = np.where((x["growth"] > 0.7) & (x["price"] > 0.5), 1.0, 0.0) + 0.3 * (noise > 0.9)
    found = breach.breach_drivers(totals, 0.9, x)
    assert found.features == ("growth", "price") and 3 <= len(found.groups) <= 5
    worst = found.groups[0]
    assert worst.overrun.value > 0.97 and abs(worst.share_of_futures - 0.15) < 0.02
    when = breach.words(worst.conditions)
    assert when.startswith("growth is above 0.7")
    over = worst.overrun
    assert str(worst) == share_over(over.value, over.low, over.high, when, worst.share_of_futures)
    assert sum(g.share_of_futures for g in found.groups) == pytest.approx(1.0)
    assert found.groups[-1].overrun.value < 0.02


@speed(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_noise_leads_to_nothing(seed):
    x = {name: streams.uniforms(seed, name, 2000) for name in "abcdef"}
    found = breach.breach_drivers(streams.uniforms(seed, "total", 2000), 0.7, x)
    assert len(found.groups) <= 2
    if len(found.groups) == 1:
        assert str(found).endswith("No single assumption stands out.")


def test_counts_are_honest():
    """Grown on one half, counted on the other: over many trees the shares told are those that hold."""
    gaps = []
    for seed in range(40):
        x = {name: streams.uniforms(seed, name, 2000) for name in "abc"}
        chance = 0.2 + 0.4 * (x["a"] > 0.5)
        found = breach.breach_drivers(
            (streams.uniforms(seed, "u", 2000) < chance).astype(float), 0.5, x
        )
        for group in found.groups:
            inside = (
                np.all([c.holds(x) for c in group.conditions], axis=0)
                if group.conditions
                else np.ones(2000, bool)
            )
            gaps.append(
                (group.overrun.value - chance[inside].mean())
                / max(group.overrun.standard_error, 1e-9)
            )
    assert abs(np.mean(gaps)) < 4 / np.sqrt(len(gaps)) and 0.7 < np.std(gaps) < 1.3


# -- scenarios

SCENARIO = """name: Uncertain
horizon: {months: 3}
changes:
- {path: workloads/chat/demand/level, op: set, value: {p10: 0.8, p50: 1.0, p90: 1.6}, because: x}
- {path: prices/H100/price, op: scale, value: {min: 0.8, mode: 1.0, max: 1.1}, because: y}
- {path: workloads/lake/demand/growth_per_month, op: set, value: {kind: normal, mean: 0.01, sd: 0.02}, because: z}
- {path: workloads/new, op: add, value: {cost_per_month: {p10: 50, p50: 100, p90: 300}, business_unit: Support}, because: launch}
"""


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    own = settings(folder)
    facts = base.read_facts(world(), own)
    (folder / "a.yaml").write_text(
        SCENARIO.replace("sd: 0.02}", "sd: 0.02, truncate: {min: -0.5}}")
    )
    resolved = scenario.resolve(
        scenario.load_scenario(folder / "a.yaml"), settings=own, facts=facts
    )
    demand = demand_for(facts, len(future(resolved)), spread=0.02, sigma=0.05)
    return (
        sense.study(folder / "a.yaml", own, paths=1000, facts=facts, demand=demand),
        folder,
        own,
        facts,
        demand,
    )


def test_a_scenario_is_taken_apart(ready):
    study = ready[0]
    assert study.paths == 1024 and set(study.values) == {
        "workloads/chat/demand/level",
        "prices/H100/price",
        "workloads/lake/demand/growth_per_month",
        "workloads/new/cost_per_month",
    }
    whole = study.run().total()
    budget = float(np.quantile(whole, 0.8))
    found = sense.sensitivity(study, budget=budget)
    by_name = {swing.name: swing for swing in found.swings}
    days = 92  # November to January
    level = by_name["workloads/chat/demand/level"]
    assert (
        level.swing("mean") > 0
        and level.low_value == pytest.approx(0.8)
        and level.error < 0.02 * abs(level.swing("mean"))
    )
    price = by_name["prices/H100/price"]
    assert price.swing("mean") == pytest.approx(
        days * 480 * (price.high_value - price.low_value), rel=0.05
    )
    launch = by_name["workloads/new/cost_per_month"]
    assert launch.swing("mean") == pytest.approx(250 * days / (365.25 / 12), rel=0.05)
    assert [abs(s.swing()) for s in found.swings] == sorted(
        (abs(s.swing()) for s in found.swings), reverse=True
    )
    sums = sum(index.first for index in found.sobol)
    assert (
        abs(sums - 1) < 0.25
        and found.sobol[0].name == "prices/H100/price"
        and found.sobol[0].total > 0.6
    )
    assert {i.name for i in found.sobol} == set(study.values) | {"demand noise"}
    assert (
        found.breaches.features[0] == "prices/H100/price"
        and abs(found.breaches.overall.value - 0.2) < 0.01
    )
    assert (
        "prices/H100/price is above" in str(found)
        and "of the variance alone" in str(found)
        and "<table>" in found._repr_html_()
    )


def test_draws_made_again_by_name_are_those_of_the_run(ready):
    study = ready[0]
    drawn = study.drawn()["prices/H100/price"]
    other = study.run(lambda d: float(d.quantile(0.5)), ("prices/H100/price",)).total()
    change = study.run().total() - other
    middle = study.values["prices/H100/price"].median
    assert (
        np.corrcoef(change, drawn - middle)[0, 1] > 0.999
    )  # what moves a path is that path's own draw


def test_correlated_values_of_a_scenario_are_one_group(ready):
    _, folder, own, facts, demand = ready
    (folder / "b.yaml").write_text(
        SCENARIO.replace(
            "sd: 0.02}", "sd: 0.02, truncate: {min: -0.5}, factors: {market: 0.7}}"
        ).replace("p90: 1.6}", "p90: 1.6, factors: {market: 0.9}}")
    )
    study = sense.study(folder / "b.yaml", own, paths=512, facts=facts, demand=demand)
    drawn = study.drawn()
    from scipy.stats import spearmanr

    assert (
        abs(
            spearmanr(
                drawn["workloads/chat/demand/level"],
                drawn["workloads/lake/demand/growth_per_month"],
            )[0]
            - 0.61
        )
        < 0.12
    )
    found = sense.sensitivity(study)
    assert any(len(index.names) == 2 for index in found.sobol) and found.breaches is None
    assert found.notes[0] == (
        "workloads/chat/demand/level and workloads/lake/demand/growth_per_month move together and are one group: a Sobol index "
        "of one of them alone would have no meaning."
    )


RISKY = """name: Risky
horizon: {months: 3}
risks:
  half price: {kind: announced, skus: H100, changes: [{since: 2026-12-01, factor: 0.5}]}
  wild: {kind: fx, services: Compute, volatility: 0.5}
  campaigns: {kind: bursts, workloads: train, per_year: 6, cost: 3000}
changes:
- {path: workloads/chat/demand/level, op: scale, value: {p10: 0.9, p50: 1.0, p90: 1.1}, per: month, because: x}
- {path: workloads/new, op: add, value: {cost_per_month: 100, delay_months: {min: 0, max: 2}, business_unit: Support}, because: launch}
"""


def test_risks_are_switched_and_their_draws_swapped(ready):
    _, folder, own, facts, demand = ready
    (folder / "d.yaml").write_text(RISKY)
    study = sense.study(folder / "d.yaml", own, paths=2048, facts=facts, demand=demand)
    assert set(study.values) == {"workloads/chat/demand/level", "workloads/new/delay_months"}
    whole = study.run().total()
    found = sense.sensitivity(study, budget=float(np.quantile(whole, 0.8)))
    by_name = {swing.name: swing for swing in found.swings}
    half = by_name[
        "risks/half price"
    ]  # 62 days of 480 at half the price; the rate's mean is 1; six campaigns a year beside
    assert half.switched and half.ends == ("without it", "with it")
    assert half.swing("mean") == pytest.approx(-62 * (480 + 6 * 3000 / 365.25) / 2, rel=0.05)
    assert by_name["risks/campaigns"].swing("mean") == pytest.approx(
        (30 + 62 / 2) * 6 * 3000 / 365.25, abs=4 * by_name["risks/campaigns"].error
    )
    assert by_name["workloads/new/delay_months"].swing("mean") == pytest.approx(
        -1.6 * 100, rel=0.02
    )
    shares = {index.name: index for index in found.sobol}
    assert set(shares) == {
        "risks/half price",
        "risks/wild",
        "workloads/chat/demand/level",
        "workloads/new/delay_months",
        "demand noise",
    }
    assert (
        shares["risks/half price"].total == 0
        and shares["risks/wild"].first == max(index.first for index in found.sobol) > 0.5
    )
    assert found.breaches.features[0] == "the mean factor of risks/wild"
    assert found.notes[:2] == (
        "workloads/chat/demand/level is drawn anew every month; its swing has all months at the same end, which no future has.",
        "risks/campaigns: campaigns count as demand noise in the shares of the variance.",
    )
    assert "risks/wild from without it to with it" in str(found)


def test_a_scenario_without_uncertain_values_is_refused(ready):
    _, folder, own, facts, demand = ready
    (folder / "c.yaml").write_text("name: Sure\nhorizon: {months: 3}\nchanges: []\n")
    with pytest.raises(ScenarioError) as problem:
        sense.sensitivity(folder / "c.yaml", own, facts=facts, demand=demand)
    assert str(problem.value) == (
        "'Sure' has no uncertain value, so nothing can be varied. Write a range, for example value: {p10: 0.9, p50: 1, "
        "p90: 1.2}, for what you do not know."
    )


def test_the_command_prints_a_table_and_json(ready, monkeypatch):
    from typer.testing import CliRunner

    from finops_model.cli import app
    from finops_model.facts import workspace
    from finops_model.publish import close

    study, folder, *_ = ready
    monkeypatch.setattr(sense, "study", lambda *a, **k: study)
    monkeypatch.setattr(close, "books", lambda *a, **k: None)
    monkeypatch.setattr(close, "check_as_of", lambda *a, **k: "2026-06-30")
    monkeypatch.setattr(close, "up_to", lambda *a, **k: None)
    monkeypatch.setattr(workspace, "read_daily", lambda *a, **k: None)
    (folder / "finops.yaml").write_text("paths: 512\nprices: prices\n")
    answer = CliRunner().invoke(
        app,
        [
            "sensitivity",
            str(folder / "a.yaml"),
            "--budget",
            "60000",
            "-s",
            str(folder / "finops.yaml"),
            "--json",
        ],
    )
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert told["swings"][0]["name"] == "prices/H100/price" and told["breaches"]["budget"] == 60000
    shown = CliRunner().invoke(
        app, ["sensitivity", str(folder / "a.yaml"), "-s", str(folder / "finops.yaml")]
    )
    assert shown.exit_code == 0 and "demand" in shown.output and "noise" in shown.output
