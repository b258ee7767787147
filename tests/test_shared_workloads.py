"""A workload that several business units pay for: what is to come is split as what was (docs/method §3.8)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scenario_world import demand_for, rows, settings, world

from finops_model.measure.brief import _range
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate import hierarchy
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import simulate

LAST = "2026-10-31"


def shared(sales: float = 6.0, until: str = LAST, since: str = "2026-05-01") -> pd.DataFrame:
    """The world, and Sales pays `sales` a day of the workload chat, of which Support pays 6 and the network of 5 or 10."""
    days = pd.date_range(since, until)
    more = rows(
        days,
        SkuId="large:input_tokens",
        SkuMeter="input_tokens",
        ConsumedQuantity=sales * 5e5,
        EffectiveCost=sales,
        x_Workload="chat",
        x_Team="sell",
        x_BusinessUnit="Sales",
        ServiceName="Aurora API",
        x_Model="large",
        ConsumedUnit="Tokens",
    )
    return pd.concat([world(), more], ignore_index=True)


def plan_of(folder, daily, text="name: a\n"):
    facts = base.read_facts(daily, settings(folder))
    (folder / "s.yaml").write_text(text)
    found = scenario.resolve(
        scenario.load_scenario(folder / "s.yaml"), settings=settings(folder), facts=facts, months=4
    )
    return found, compile_plan(found, demand_for(facts, 430))


def by_unit(run) -> dict[str, float]:
    return dict(zip(run.units, run.effective[:, 1, :].mean(axis=0)))


def paid(daily, unit) -> float:
    newest = daily[
        (daily["ChargeDate"] > pd.Timestamp(LAST) - pd.Timedelta(days=28))
        & (daily["x_Workload"] == "chat")
        & (daily["ChargeCategory"] != "Credit")
    ]
    return float(
        newest.loc[newest["x_BusinessUnit"] == unit, "EffectiveCost"].sum()
        / newest["EffectiveCost"].sum()
    )


@pytest.mark.parametrize("sales", [0.5, 6.0, 40.0])
def test_each_unit_has_its_share_of_what_is_to_come(tmp_path, sales):
    daily = shared(sales)
    run = simulate(plan_of(tmp_path, daily)[1], 512, 7)
    chat = run.by_workload[run.workloads.index("chat"), 1, 0]
    seats = 310.0
    assert by_unit(run)["Sales"] == pytest.approx(chat * paid(daily, "Sales"), rel=1e-6)
    assert by_unit(run)["Support"] == pytest.approx(chat * paid(daily, "Support") + seats, rel=1e-6)
    assert run.effective[:, 1, :].sum(axis=1).mean() == pytest.approx(
        run.by_workload[:, 1, 0].sum(), rel=1e-6
    )


def test_a_unit_with_a_share_has_a_range_and_its_reasons(tmp_path):
    run = simulate(plan_of(tmp_path, shared(2.0))[1], 512, 7)
    sales = run.effective[:, 1, run.units.index("Sales")]
    assert np.quantile(sales, 0.9) > np.quantile(sales, 0.1) > 0
    assert _range(run, "Sales") == [{"name": "chat", "share": pytest.approx(1.0)}]
    assert sum(row["share"] for row in _range(run, "Support")) == pytest.approx(1.0)
    assert "chat" in {row["name"] for row in _range(run, None)}


def test_a_unit_that_gave_a_workload_up_has_none_of_what_is_to_come(tmp_path):
    run = simulate(plan_of(tmp_path, shared(6.0, until="2026-09-15"))[1], 512, 7)
    assert by_unit(run)["Sales"] == 0.0


def test_a_scenario_that_moves_a_workload_moves_all_of_it(tmp_path):
    text = (
        "name: a\nchanges:\n- {path: workloads/chat/unit, op: set, value: Research, because: x}\n"
    )
    run = simulate(plan_of(tmp_path, shared(), text)[1], 512, 7)
    assert by_unit(run)["Sales"] == 0.0 and by_unit(run)["Support"] == pytest.approx(310.0)


def test_the_forecast_by_unit_says_the_same(tmp_path):
    found, plan = plan_of(tmp_path, shared())
    run, made = simulate(plan, 512, 7), hierarchy.hierarchy_totals(plan, found, "unit", paths=512)
    for unit, value in by_unit(run).items():
        assert made.totals[:, 1, made.names.index(unit)].mean() == pytest.approx(value, rel=1e-5)
