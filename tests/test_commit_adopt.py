"""What finops commit recommends, adopted as a scenario, saves in the forecast what was recommended (docs/method §8.13)."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from pool_world import company_in, gpus
from scenario_world import settings

from finops_model.decide.commitments.adopt import Ground, adopt
from finops_model.decide.commitments.answer import Purchase
from finops_model.decide.commitments.offers import offer_from
from finops_model.decide.commitments.workspace import recommend
from finops_model.errors import PriceError
from finops_model.simulate.scenarios import run_many

SIGNED = (
    "ContractCommitmentId,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,ContractCommitmentQuantity,ContractCommitmentUnit,"
    "ContractCommitmentLifecycleStatus,x_SkuIds,x_Rate,x_Rates\n"
    "old,2026-01-01,2027-06-01,4,GPU-hours,Active,A100,1.1,\n"
    "money,2026-01-01,2027-03-01,3,USD,Active,,,H100=1.5; L4=0.4\n"
)
OFFERS = {
    "units": "[{name: h, skus: [H100], rate: 1.3}]",
    "units of two prices": "[{name: both, skus: [A100, B200], rate: 1.4}]",
    "spend, one discount": "[{name: plan, kind: spend, skus: [A100, H100, B200], discount: 0.3}]",
    "spend, a discount for each": "[{name: plan, kind: spend, discounts: {A100: 0.2, H100: 0.35, B200: 0.4}, step: 0.5}]",
    "capacity": "[{name: unit, kind: capacity, skus: [H100], rate: 5.0, per_unit: 4, upfront_share: 0.5}]",
    "narrow and broad": "[{name: narrow, kind: spend, discounts: {B200: 0.45}}, {name: broad, kind: spend, skus: [A100, B200, H100], discount: 0.3}]",
    "units beside a plan": "[{name: ri, skus: [H100], rate: 1.2}, {name: plan, kind: spend, skus: [A100, H100], discount: 0.35}]",
}


def restless() -> pd.DataFrame:
    """The company with days that differ, so that futures do."""
    daily, rng = gpus(), np.random.default_rng(5)
    for name in ("train", "serve", "search"):
        mine = daily["x_Workload"] == name
        days = pd.to_datetime(daily["ChargeDate"])[mine]
        factor = dict(
            zip(
                days.unique(),
                np.exp(
                    0.35 * rng.standard_normal(len(days.unique())).cumsum() / 8
                    + 0.25 * rng.standard_normal(1)
                ),
            )
        )
        for column in (
            "ConsumedQuantity",
            "ListCost",
            "ContractedCost",
            "EffectiveCost",
            "BilledCost",
        ):
            daily.loc[mine, column] *= days.map(factor)
    return daily


RUNS: dict[bool, object] = {}  # the base's run, the same for every offer: signed or not


@pytest.mark.parametrize(
    "signed", [False, True], ids=["nothing signed", "signed commitments that overlap"]
)
@pytest.mark.parametrize("family", OFFERS)
def test_an_adopted_recommendation_saves_what_it_said(tmp_path, family, signed):
    company_in(tmp_path)
    (tmp_path / "base.yaml").write_text("name: Base\nshapes: shapes.csv\n")
    (tmp_path / "signed.csv").write_text(SIGNED)
    (tmp_path / "offers").mkdir()
    (tmp_path / "offers" / "o.yaml").write_text(f"vendor: V\noffers: {OFFERS[family]}\n")
    chosen = settings(
        tmp_path, scenario="base.yaml", **({"commitments": "signed.csv"} if signed else {})
    )
    daily = restless()
    found = recommend(chosen, "offers", paths=64, daily=daily, start="2026-12-01", replay_months=0)
    (tmp_path / "buy.yaml").write_text(found.scenario("base.yaml"))
    ahead = {"daily": daily, "paths": 64, "months": 14, "dials": False}
    if signed not in RUNS:
        (RUNS[signed],) = run_many([tmp_path / "base.yaml"], chosen, **ahead)
    (bought,) = run_many([tmp_path / "buy.yaml"], chosen, **ahead)
    saved = (RUNS[signed].effective - bought.effective).sum(axis=(1, 2))
    said = found.recommendation.on_demand - found.recommendation.cost
    assert said.mean() > 500 and said.std() > 0.01 * said.mean()
    assert (
        np.abs(saved - said).max() < 3e-6 * found.recommendation.on_demand.max()
    )  # path by path; draws are float32


GROUND = Ground(
    {"a": 2.0, "b": 3.0, "c": 1.0},
    {"": "USD", "a": "GPU-hours", "b": "GPU-hours", "c": "vCPU-hours"},
)


def told(*bought, ground=GROUND) -> dict:
    return yaml.safe_load(adopt(SimpleNamespace(purchases=bought), ground, "00_base.yaml"))


def bought(quantity=5.0, start="2027-01-15", rate=1.0, **offer) -> Purchase:
    own = {} if "discount" in offer else {"rate": 1.0}
    return Purchase(offer_from({"name": "o", "skus": ["a"], **own, **offer}), quantity, rate, start)


def test_terms_are_those_of_the_offer():
    (change,) = told(bought(upfront_share=0.4, term_months=36))["changes"]
    assert (
        change["path"] == "commitments/o"
        and change["since"] == "2027-01-15"
        and change["op"] == "add"
    )
    assert change["value"] == {
        "ContractCommitmentDescription": "5 GPU-hours an hour for 36 months",
        "ContractCommitmentLifecycleStatus": "Proposed",
        "ContractCommitmentCategory": "Usage",
        "ContractCommitmentUnit": "GPU-hours",
        "ContractCommitmentPeriodStart": "2027-01-15",
        "ContractCommitmentPeriodEnd": "2030-01-15",
        "ContractCommitmentPaymentModel": "Partial Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": 0.4,
        "ContractCommitmentQuantity": 5.0,
        "x_Rate": 1.0,
        "x_SkuIds": ["a"],
    }
    spend = told(bought(kind="spend", rate=None, discount=0.2, skus=["a", "b"]))["changes"][0][
        "value"
    ]
    assert (
        spend["ContractCommitmentQuantity"] == 6.25
        and spend["ContractCommitmentUnit"] == "USD"
        and "x_Priority" not in spend
    )


def test_one_offer_bought_year_by_year_has_a_name_for_each_year_and_what_is_not_bought_is_left_out():
    found = told(bought(), bought(0.0), bought(start="2028-01-15"))
    assert [change["path"] for change in found["changes"]] == [
        "commitments/o-2027-01-15",
        "commitments/o-2028-01-15",
    ]
    assert found["base"] == "00_base.yaml"
    starts = [change["since"] for change in found["changes"]]
    assert found["decide_by"] == str(np.datetime64(min(starts)) - 1)


@pytest.mark.parametrize(
    "purchases, message",
    [
        (
            (bought(0.0),),
            "nothing is recommended, so there is nothing to write as a scenario. Look at the other levels, or loosen a limit.",
        ),
        (
            (bought(kind="capacity", penalty=3.0),),
            "offer 'o': demand above it is blocked at a penalty, and a scenario has no price for that. Write it by hand as a commitment whose spill costs "
            "the on-demand price, or leave the penalty out.",
        ),
        (
            (bought(skus=["a", "c"]),),
            "offer 'o': its SKUs are billed in GPU-hours, vCPU-hours; a commitment in a scenario counts in one unit. Make an offer for each unit.",
        ),
        ((bought(start="year 1"),), "offer 'o': year 1 is no day; ask with start=YYYY-MM-DD."),
    ],
)
def test_what_no_scenario_can_say_is_refused(purchases, message):
    with pytest.raises(PriceError) as caught:
        told(*purchases)
    assert str(caught.value) == message


def test_the_command_says_where_a_scenario_may_lie_before_it_works(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from finops_model.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "base.yaml").write_text("name: Base\n")
    (tmp_path / "finops.yaml").write_text(
        "company: A\ncurrency: USD\nscenario: scenarios/base.yaml\n"
    )
    for file, message in (
        ("finops.yaml", "finops.yaml: exists already. Name another file, or take it away first."),
        (
            "other/buy.yaml",
            "other/buy.yaml: a scenario lies in the folder of its base scenarios/base.yaml. Write it to scenarios/buy.yaml.",
        ),
    ):
        done = CliRunner().invoke(app, ["commit", "--scenario", file])
        assert done.exit_code and message in str(done.exception or done.output)
