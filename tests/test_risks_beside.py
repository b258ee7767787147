"""Risks beside the rest of the house: commitments, nodes, hours, best commitments (docs/method §3.30, §3.34, §3.36)."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import price_moments as moments
from risk_world import costs, facts_in, plan_of, resolved
from scenario_world import demand_for, settings

from finops_model.decide.commitments.demand import Workspace
from finops_model.errors import ScenarioError
from finops_model.publish.dashboard import levers as dashboard_levers
from finops_model.scenario.document import explain, load_scenario, resolve
from finops_model.simulate import hierarchy
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.compile.pools import read_shapes
from finops_model.simulate.compile.risk_plan import price_factors
from finops_model.simulate.scenarios import simulate


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, facts_in(folder)


def commitment(terms, name="c", start="2026-12", skus="[H100]"):
    return f"- {{path: commitments/{name}, op: add, since: {start}, because: x, value: {{x_SkuIds: {skus}, {terms}}}}}\n"


UNITS, SPEND = (
    "ContractCommitmentQuantity: 5, ContractCommitmentUnit: GPU-hours, ",
    "ContractCommitmentQuantity: 5, ContractCommitmentUnit: USD, ",
)
OFF = "ContractCommitmentDiscountPercentage: 0.25"
POOLS = {
    "units": commitment(UNITS + "x_Rate: 1.2"),
    "spend": commitment(SPEND + OFF),
    "spend by SKU": commitment(SPEND + "x_Discounts: {H100: 0.25}"),
    "two SKUs": commitment(SPEND + OFF, skus="[H100, 'large:input_tokens']"),
    "signed after the change": commitment(UNITS + OFF, start="2027-03"),
    "overlapping": commitment(UNITS + "x_Rate: 1.2")
    + commitment(SPEND + OFF, "d", skus="[H100, 'large:input_tokens']"),
    "none": "",
}


@pytest.mark.parametrize("name", POOLS)
def test_what_is_announced_for_sure_is_a_dated_price(company, name):
    """The same cost on every path, whatever commitments cover."""
    change = "- {path: prices/H100/price, op: scale, value: 0.5, since: 2027-01-11, because: x}\n"
    dated, announced = (
        costs(plan_of(*company, text + POOLS[name], sigma=0.3), 256)
        for text in (
            "changes:\n" + change,
            "risks: {r: {kind: announced, skus: H100, changes: [{since: 2027-01-11, factor: 0.5}]}}\nchanges:\n"
            "- {path: workloads/chat/demand/level, op: set, value: 1, because: x}\n",
        )
    )
    assert (
        all(np.allclose(announced[unit], dated[unit], rtol=2e-6) for unit in dated)
        and dated["Research"][:, 5].mean() < dated["Research"][:, 0].mean() - 3000
    )


@pytest.mark.parametrize("name, covered, fee", [("spend by SKU", 20 / 3, 5), ("spend", 5, 3.75)])
def test_a_spend_commitment_by_hand(company, name, covered, fee):
    """5 USD an hour at 25 % off: money paid that buys 6.67 of 20 (and of 10, once the price has halved), or on-demand money; storage is 20 a day."""
    found = costs(
        plan_of(
            *company,
            "risks: {r: {kind: announced, skus: H100, changes: [{since: 2027-01-01, factor: 0.5}]}}\nchanges:\n"
            + POOLS[name],
        ),
        256,
    )
    per_day = np.array([500, 24 * (fee + 20 - covered) + 20, *[24 * (fee + 10 - covered) + 20] * 4])
    assert np.allclose(found["Research"], per_day * [30, 31, 31, 28, 31, 30], rtol=2e-6)


def test_the_mean_factor_of_a_price_is_its_closed_form(company):
    plan = plan_of(
        *company,
        "risks: {r: {kind: fx, skus: H100, volatility: 0.1, drift_per_year: 1}, q: {kind: announced, skus: '*', changes: [{since: 2027-01, factor: 2}]}}\n",
    )
    found = price_factors(plan.demand.series, "H100", slice(None), 7).mean(axis=0)
    want = moments.fx_moments(0.1, 1.0, 0.0, np.arange(6))[0][plan.month_of] * np.where(
        plan.month_of >= 2, 2, 1
    )
    assert np.allclose(found, want, rtol=0.005) and price_factors(
        (), "H100", slice(None), 7
    ).tolist() == [[1.0]]
    work = Workspace(plan, company[1], None)
    assert work.price("H100") == pytest.approx(2 * want.mean(), rel=0.005) and work.price(
        "large:input_tokens", plan.month_of == 3
    ) == pytest.approx(4e-6)


def test_campaigns_belong_where_their_workload_belongs(company):
    """Nothing else stands in the world's risk: every node is larger by its campaigns, and no node is new but the campaigns' own."""
    folder, facts = company
    text = "risks: {push: {kind: bursts, workloads: '*', per_year: 300, cost: 90}, up: {kind: announced, skus: EGRESS, changes: [{since: 2026-11-01, factor: 3}]}}\n"
    found, plain = (resolved(folder, facts, one) for one in (text, ""))
    made = [
        compile_plan(one, demand_for(facts, len(future(one)), spread=0.0, sigma=0.0))
        for one in (found, plain)
    ]
    for by in hierarchy.COLUMN:
        risky, calm = (
            hierarchy.hierarchy_totals(plan, one, by, paths=256)
            for plan, one in zip(made, (found, plain))
        )
        new = {"push: chat", "push: train", "push: lake"} if by == "workload" else set()
        assert set(risky.names) - set(calm.names) == new
        assert np.allclose(risky.totals.sum(axis=2), costs_of(made[0]), rtol=1e-9)
        if by == "service":
            grown = risky.totals[:, 1:].mean(axis=(0, 1)) / calm.totals[:, 1:].mean(axis=(0, 1))
            # lake costs 20 a day and its campaigns 300/365.25 x 90 a day more; campaigns of chat lie above the tier, so they are cheaper than its mean unit
            assert grown[calm.names.index("Storage")] == pytest.approx(
                1 + 300 / 365.25 * 90 / 20, rel=0.05
            )
            assert grown[calm.names.index("Compute")] == pytest.approx(
                1 + 300 / 365.25 * 90 / 480, rel=0.05
            )
            assert grown[calm.names.index("Network")] > 5 and grown[
                calm.names.index("Seats")
            ] == pytest.approx(1)


def costs_of(plan):
    return simulate(plan, 256, plan.about.seed, dials=False).effective.sum(axis=2)


def test_campaigns_come_in_the_hours_of_their_workload(company):
    """All of train runs from 0 to 1 o'clock on Mondays, so a commitment of every hour covers one in 168 of it and of its campaigns."""
    folder, facts = company
    lines = [f"train,{hour},{int(hour == 0)}" for hour in range(168)]
    (folder / "shapes.csv").write_text("\n".join(["workload,hour_of_week,share", *lines]) + "\n")
    shapes = read_shapes(folder / "shapes.csv", ("chat", "train", "push"), {"push": "train"})
    assert np.array_equal(shapes[2], shapes[1]) and shapes[2].sum() == 1 and shapes[0].sum() == 168
    (folder / "shapes.csv").write_text(
        "\n".join(
            ["workload,hour_of_week,share", *lines, *(f"push,{hour},2" for hour in range(168))]
        )
        + "\n"
    )
    assert (
        read_shapes(folder / "shapes.csv", ("chat", "train", "push"), {"push": "train"})[2].sum()
        == 336
    )  # named: its own
    flat = read_shapes(folder / "shapes.csv", ("chat", "train", "push"))
    assert flat[1].sum() == 1


def test_a_plan_takes_the_hours_of_a_campaign_from_its_workload(company):
    folder, facts = company
    daytime = (
        "\n".join(
            [
                "workload,hour_of_week,share",
                *(f"train,{hour},{int(hour % 24 == 12)}" for hour in range(168)),
            ]
        )
        + "\n"
    )
    (folder / "noon.csv").write_text(daytime)
    text = (
        "shapes: noon.csv\nrisks: {push: {kind: bursts, workloads: train, per_year: 300, cost: 500}}\nchanges:\n"
        + POOLS["units"]
    )
    (folder / "s.yaml").write_text("name: a\n" + text)
    found = resolve(
        load_scenario(folder / "s.yaml"), settings=settings(folder), facts=facts, months=3
    )
    plan = compile_plan(found, demand_for(facts, len(future(found)), spread=0.0, sigma=0.0))
    share = plan.commitments.pools[0].share
    push = plan.names.index("push")
    assert (
        np.allclose(share[push], share[plan.names.index("train")])
        and share[push, :, 12].min() == 1.0
    )


@pytest.mark.parametrize(
    "workloads, where",
    [
        ("train", "train"),
        ("[train, lake]", "each of train, lake"),
        ("'*'", "every workload"),
        ("'t*'", "each of t*"),
    ],
)
def test_a_rate_of_campaigns_is_that_of_each_workload(company, workloads, where):
    """Two workloads have twice as many; the assumption says so."""
    found = resolved(
        *company,
        f"risks: {{push: {{kind: bursts, workloads: {workloads}, per_year: 36.525, cost: 100}}}}\n",
    )
    text = next(note["text"] for note in found.assumptions if note["path"] == "risks/push")
    assert (
        text
        == f"push: 36.525 campaigns a year on average come on top in {where}, each of a cost of 100 on average, felt for 1 days".replace(
            "36.525", f"{36.525:g}"
        )
    )
    plan = compile_plan(found, demand_for(company[1], len(future(found)), spread=0.0, sigma=0.0))
    count = {"train": 1, "[train, lake]": 2, "'*'": 3, "'t*'": 1}[workloads]
    assert plan.demand.bursts[:, 0].sum() == pytest.approx(0.1 * count)


def test_risks_on_demand_leave_campaigns_alone_and_those_on_prices_do_not(company):
    text = "risks: {push: {kind: bursts, workloads: train, per_year: 300, cost: 500}%s}\n"
    gone = ", move: {kind: migration, workloads: '*', since: 2026-11-01, share: 1}"
    only = costs(plan_of(*company, text % gone), 256)["Research"]
    both = costs(plan_of(*company, text % ""), 256)["Research"]
    assert (
        np.allclose(only, both - 500 * np.array([30, 31, 31, 28, 31, 30]), rtol=1e-5, atol=0.1)
        and only.mean() > 9000
    )
    twice = costs(
        plan_of(
            *company,
            text
            % (
                gone
                + ", dear: {kind: announced, skus: H100, changes: [{since: 2026-11-01, factor: 2}]}"
            ),
        ),
        256,
    )["Research"]
    assert np.allclose(twice, 2 * only, rtol=1e-5, atol=0.1)
    with pytest.raises(ScenarioError) as problem:
        plan_of(
            *company, text % ", move: {kind: migration, workloads: push, since: 2027-01, share: 1}"
        )
    assert str(problem.value).endswith(
        "s.yaml:2: risks/move/workloads: unknown workload 'push'. Known: chat, lake, train."
    )


@pytest.mark.parametrize(
    "name, shown", [(" ", " "), ("a\\nb", "a\\nb"), ("a\\tb", "a\\tb"), ("x" * 101, "x" * 40)]
)
def test_a_name_that_breaks_a_line_is_refused(company, name, shown):
    with pytest.raises(ScenarioError) as problem:
        plan_of(*company, f'risks: {{"{name}": {{kind: fx, skus: H100, volatility: 0.1}}}}\n')
    assert str(problem.value).endswith(
        f"s.yaml:2: risks/{shown}: a risk needs a name of 1 to 100 letters on one line, without '*'; its draws go by it."
    )


@pytest.mark.parametrize(
    "text, said",
    [
        ("risks: 5", "s.yaml:2: risks: must be a mapping of names to values, not '5'."),
        ("risks: [1]", "s.yaml:2: risks: must be a mapping of names to values, not a list."),
        (
            "risks: {r: {kind: null, skus: H100}}",
            "s.yaml:2: risks/r: kind is missing; write one of announced, bursts, fx, migration, "
            "price_jumps, scarcity, spot, successor.",
        ),
    ],
)
def test_what_is_no_risk_at_all(company, text, said):
    with pytest.raises(ScenarioError) as problem:
        plan_of(*company, text + "\n")
    assert str(problem.value).endswith(said)


def test_a_field_that_a_risk_does_not_write_may_be_set(company):
    folder = company[0]
    text = (
        "risks: {r: {kind: fx, skus: H100, volatility: 0.1}}\nchanges:\n- {path: risks/r/kappa, op: set, value: 2, because: it comes back}\n"
        "- {path: risks/*/since, op: set, value: 2027-02, because: late}\n- {path: risks/r/kappa, op: scale, value: 3, because: fast}\n"
    )
    found = resolved(*company, text)
    assert found.risks[0].risk.kappa == 6 and found.risks[0].risk.since == "2027-02"
    assert (
        explain(found, "risks/r/kappa")
        == f'6  =  0 ({folder}/s.yaml:2)  → 2 ({folder}/s.yaml:4, "it comes back")  × 3 ({folder}/s.yaml:6, "fast")'
    )
    assert (
        explain(found, "risks/r/since")
        == f'2027-02  =  (none) ({folder}/s.yaml:2)  → 2027-02 ({folder}/s.yaml:5, "late")'
    )
    with pytest.raises(ScenarioError) as problem:
        resolved(*company, text.replace("kappa, op: set", "fallback, op: set"))
    assert str(problem.value).endswith(
        "s.yaml:4: path 'risks/r/fallback' is not there. Did you mean 'risks/r/apart'? Known in 'risks/r': apart, drift_per_year, kappa, kind, known_since, services, since, skus, "
        "volatility, workloads."
    )


def test_a_slider_moves_tokens_whose_price_is_at_risk(company):
    """The token-price slider at −30 % is the scenario with these prices, path by path; the other sliders' parts add up to the base."""
    risk = "risks: {r: {kind: price_jumps, services: 'Aurora*', per_year: 4, factor: {min: 0.6, max: 1.2}}, net: {kind: fx, skus: EGRESS, volatility: 0.3}}\n"
    cut = "changes:\n" + "".join(
        f"- {{path: 'prices/large:{meter}_tokens/price', op: scale, value: 0.7, because: x}}\n"
        for meter in ("input", "output")
    )
    kept, cheaper = (
        simulate(plan_of(*company, risk + text, sigma=0.2), 512, 7) for text in ("", cut)
    )
    assert kept.dials["linear_tokens"][:, 5].std() > 10 and np.allclose(
        dashboard_levers.rebuilt(kept.dials, dashboard_levers.Levers()),
        kept.dials["base"],
        rtol=1e-9,
    )
    moved = dashboard_levers.settle(kept.dials, token_price=-0.3)
    assert (
        np.allclose(moved, cheaper.effective.sum(axis=2), rtol=1e-6)
        and (moved < kept.dials["base"]).all()
    )
