"""A workload goes on at what it pays: one SKU at several prices, services without SKUs, fees of commitments (docs/method §3.18)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenario_world import demand_for, rows, settings

from finops_model.facts.daily.parts import parts
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.scenario.volumes import sku_of, volumes
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import lines, simulate

DAYS = pd.date_range("2026-09-01", "2026-10-31")
GPU = dict(SkuId="H100", ConsumedUnit="GPU-hours", ServiceName="Compute")


def use(workload, cost, quantity=100.0, days=DAYS, **more) -> pd.DataFrame:
    named = dict(x_Workload=workload, x_Team=workload, x_BusinessUnit=workload)
    return rows(days, EffectiveCost=cost, ConsumedQuantity=quantity, **{**GPU, **named, **more})


def paid_a_day(daily) -> dict[str, float]:
    """What the forecast's volume, mix and prices make of the newest 28 days, by workload, a day."""
    names, _, volume, mix, meta = volumes(daily, "2026-10-31")
    price = np.array([sku.price for sku in meta.skus])
    return dict(zip(names, volume[-28:].mean(axis=0) * (mix @ price)))


def test_two_teams_with_one_sku_at_two_prices_go_on_at_their_own():
    daily = pd.concat([use("covered", 80.0), use("on demand", 200.0)], ignore_index=True)
    assert paid_a_day(daily) == pytest.approx({"covered": 80.0, "on demand": 200.0})


def test_gigabytes_and_hours_of_a_service_without_skus_have_prices_of_their_own():
    silent = dict(SkuId="", ServiceName="EC2")
    daily = pd.concat(
        [
            use("train", 700.0, 20.0, ConsumedUnit="Hrs", **silent),
            use("egress", 63.0, 700.0, ConsumedUnit="GB", **silent),
            use("both", 70.0, 2.0, ConsumedUnit="Hrs", **silent),
            use("both", 9.0, 100.0, ConsumedUnit="GB", **silent),
        ],
        ignore_index=True,
    )
    assert set(sku_of(daily)) == {"EC2 · Hrs", "EC2 · GB"}
    assert paid_a_day(daily) == pytest.approx({"train": 700.0, "egress": 63.0, "both": 79.0})


def test_a_service_that_counts_one_thing_keeps_its_name():
    daily = use("a", 5.0, SkuId="", SkuMeter="Boxes")
    assert set(sku_of(daily)) == {"Compute"}
    two = pd.concat([daily, use("a", 5.0, SkuId="", SkuMeter="Disks")], ignore_index=True)
    assert set(sku_of(two)) == {"Compute · Boxes", "Compute · Disks"}


def test_a_discount_that_is_a_line_without_a_quantity_is_in_what_a_workload_pays():
    off = use("a", -6.0, 0.0, ConsumedUnit="")
    daily = pd.concat([use("a", 100.0), off], ignore_index=True)
    assert paid_a_day(daily) == pytest.approx({"a": 94.0})


def test_a_discount_with_a_sku_of_its_own_is_in_what_a_workload_pays():
    """Volume held it and the mix did not: the forecast gave it back."""
    off = use("a", -20.0, 0.0, SkuId="DISCOUNT", ConsumedUnit="")
    daily = pd.concat([use("a", 100.0), off, use("b", 50.0, 50.0)], ignore_index=True)
    assert paid_a_day(daily) == pytest.approx({"a": 80.0, "b": 50.0})
    assert volumes(daily, "2026-10-31")[4].paid == {("a", "H100"): pytest.approx(0.8)}


def test_a_commitment_that_began_within_the_window_counts_from_then_on():
    off = np.where(DAYS >= pd.Timestamp("2026-10-15"), 0.4, 1.0)
    daily = pd.concat([use("a", 200.0 * off), use("b", 200.0)], ignore_index=True)
    names, _, volume, mix, meta = volumes(daily, "2026-10-31")
    now = volume[-1] * (mix @ np.array([sku.price for sku in meta.skus]))
    assert dict(zip(names, now)) == pytest.approx({"a": 80.0, "b": 200.0})


def test_units_that_people_read_are_true(tmp_path):
    daily = pd.concat([use("covered", 80.0), use("on demand", 200.0)], ignore_index=True)
    plain = settings(tmp_path)
    facts = base.read_facts(daily, plain)
    (tmp_path / "s.yaml").write_text("name: a\n")
    found = scenario.resolve(
        scenario.load_scenario(tmp_path / "s.yaml"), settings=plain, facts=facts, months=2
    )
    plan = compile_plan(found, demand_for(facts, 120, spread=0.0, sigma=0.0))
    run = simulate(plan, 128, 7)
    said = {
        line["workload"]: (line["quantity"], line["unit_price"])
        for line in lines(plan, plan.demand.median, run.by_workload)
        if line["month"] == "2026-11"
    }
    assert said["covered"] == pytest.approx((3000.0, 0.8))
    assert said["on demand"] == pytest.approx((3000.0, 2.0))


def test_a_commitment_of_the_inventory_is_settled_in_true_units():
    daily = pd.concat(
        [use("covered", 80.0, CommitmentDiscountId="sp-1"), use("on demand", 200.0)],
        ignore_index=True,
    )
    names, _, volume, mix, meta = volumes(
        daily, "2026-10-31", commitments=[{"ContractCommitmentId": "sp-1"}]
    )
    assert not meta.paid
    assert dict(zip(names, (volume[-1] * mix[:, 0]))) == pytest.approx(
        {"covered": 100.0, "on demand": 100.0}
    )


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["X", "Y"])),
        st.tuples(st.floats(1.0, 1e5), st.floats(0.01, 3.0)),
        min_size=1,
    )
)
def test_whoever_pays_what_the_forecast_starts_at_the_bill(shares):
    """By workload and in all, against a sum over the rows."""
    daily = pd.concat(
        [
            use(workload, quantity * price, quantity, SkuId=sku, days=DAYS[-30:])
            for (workload, sku), (quantity, price) in sorted(shares.items())
        ],
        ignore_index=True,
    )
    billed = daily.groupby("x_Workload")["EffectiveCost"].sum() / 30
    assert paid_a_day(daily) == pytest.approx(billed.to_dict(), rel=2e-3)
    names, _, volume, mix, meta = volumes(daily, "2026-10-31")
    units = daily.groupby("SkuId")["ConsumedQuantity"].sum() / 30
    found = dict(zip([sku.id for sku in meta.skus], volume[-1] @ mix))
    assert found == pytest.approx(units.to_dict(), rel=2e-3)


def test_a_fee_with_a_cost_of_its_own_recurs_unless_the_inventory_names_its_commitment():
    fee = dict(ChargeCategory="Purchase", ChargeFrequency="Recurring", CommitmentDiscountId="sp-1")
    daily = pd.concat([use("a", 44.0, 1.0, **fee), use("a", 0.0, 1.0, **fee)], ignore_index=True)
    kept = parts(daily)
    assert kept["recurring"].sum() == kept["fee"].sum() == len(DAYS)
    assert daily.loc[kept["recurring"], "EffectiveCost"].min() == 44.0
    assert parts(daily, frozenset({"sp-1"}))["fee"].all()


def planned(tmp_path, daily, as_of=None, **values):
    plain = settings(tmp_path, **values)
    facts = base.read_facts(daily, plain, as_of)
    (tmp_path / "s.yaml").write_text("name: a\n")
    found = scenario.resolve(
        scenario.load_scenario(tmp_path / "s.yaml"), settings=plain, facts=facts, months=2
    )
    return compile_plan(found, demand_for(facts, 120, spread=0.0, sigma=0.0))


def test_a_discount_that_nobody_s_use_carries_comes_again(tmp_path):
    """A partner's discount of every day without a team: it was in no forecast and in no list."""
    discount = use("(untagged)", -24.0, 0.0, SkuId="PARTNER", ConsumedUnit="")
    daily = pd.concat([use("a", 100.0), discount], ignore_index=True)
    plan = planned(tmp_path, daily)
    assert plan.booked.recurring[:, plan.names.index("(untagged)")].tolist() == [-24.0 * 31] * 2
    run = simulate(plan, 128, 7)
    assert run.by_workload[:, 0, 0].sum() == pytest.approx(100.0 * 30 - 24.0 * 31)
    assert [one["what"] for one in plan.booked.excluded] == []
    under_way = planned(tmp_path, daily, "2026-10-10")  # ten days of October are booked
    october = under_way.booked.recurring[0, under_way.names.index("(untagged)")]
    assert october == pytest.approx(-24.0 * 20)  # as in the 30 days of September


def test_a_refund_of_a_day_is_no_discount_and_is_listed(tmp_path):
    refund = use("b", -500.0, 0.0, days=DAYS[-3:-2])
    plan = planned(tmp_path, pd.concat([use("a", 100.0), use("b", 5.0), refund], ignore_index=True))
    assert not plan.booked.recurring.any()
    assert plan.booked.excluded == (
        {
            "what": "Refunds",
            "amount": -500.0,
            "why": "days below zero are refunds, which are not expected again (newest 12 months)",
        },
    )


AUTUMN = pd.date_range("2026-08-01", "2026-10-31")


def once_a_month(*days, sku="H100", cost=-500.0):
    return pd.concat([use("a", 100.0, days=AUTUMN), *(use("a", cost, 0.0, days=[pd.Timestamp(day)], SkuId=sku) for day in days)], ignore_index=True)  # fmt: skip


MONTH_ENDS = ("2026-08-31", "2026-09-30", "2026-10-31")


@pytest.mark.parametrize("sku", ["H100", "EDP"])
@pytest.mark.parametrize("days", [MONTH_ENDS, ("2026-08-03", "2026-09-01", "2026-10-02")])
def test_a_discount_written_once_a_month_comes_every_month(days, sku, tmp_path):
    """Of one day in each of three full months: it was listed as a refund, and 500 a month was in no forecast."""
    plan = planned(tmp_path, once_a_month(*days, sku=sku))
    assert plan.booked.recurring[:, plan.names.index("a")].tolist() == [-500.0] * 2
    assert plan.booked.excluded == ()
    run = simulate(plan, 128, 7)
    assert run.by_workload[:, 0, 0].sum() == pytest.approx(100.0 * 30 - 500.0)


def test_the_month_under_way_does_not_discount_twice(tmp_path):
    early = ("2026-07-02", "2026-08-02", "2026-09-02", "2026-10-02")
    summer = pd.concat([use("a", 100.0, days=pd.date_range("2026-07-01", "2026-07-31")), once_a_month(*early)])  # fmt: skip
    booked = planned(tmp_path, summer.reset_index(drop=True), "2026-10-10")
    assert booked.booked.recurring[:, 0].tolist() == [0.0, -500.0] and booked.booked.excluded == ()
    coming = planned(tmp_path, once_a_month(*MONTH_ENDS, "2026-07-31"), "2026-10-10")
    assert coming.booked.recurring[:, 0].tolist() == [
        0.0,
        0.0,
    ]  # July is not known whole: two full months


@pytest.mark.parametrize(
    "days",
    [
        MONTH_ENDS[1:],  # two months
        ("2026-08-03", "2026-09-15", "2026-10-31"),  # whenever it comes: refunds
        (*MONTH_ENDS, "2026-10-12"),  # twice in a month
    ],
)
def test_other_days_below_zero_stay_refunds(days, tmp_path):
    plan = planned(tmp_path, once_a_month(*days))
    assert not plan.booked.recurring.any()
    assert [(one["what"], one["amount"]) for one in plan.booked.excluded] == [("Refunds", -500.0 * len(days))]  # fmt: skip


def test_a_discount_that_leaves_its_day_above_zero_is_in_the_price_and_not_booked_again(tmp_path):
    plan = planned(tmp_path, once_a_month(*MONTH_ENDS, cost=-50.0))
    assert not plan.booked.recurring.any() and plan.booked.excluded == ()


def test_a_commitment_of_the_inventory_is_right_for_the_company_and_shared_by_usage(tmp_path):
    """The limit that §3.18 names: whoever the bill gave the covered hours to; without the inventory each goes on at what it pays."""
    head = "ContractCommitmentId,ContractCommitmentCategory,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,ContractCommitmentQuantity,ContractCommitmentUnit,ContractCommitmentFulfillmentInterval,ContractCommitmentLifecycleStatus,ContractCommitmentBenefitCategory,ContractCommitmentModel,BillingCurrency,ServiceProviderName,InvoiceIssuerName,x_SkuIds,x_Rate"
    record = "ri-1,Usage,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,100,GPU-hours,Hourly,Active,Discount,Continuous,USD,H,H,H100,0.4"
    (tmp_path / "c.csv").write_text(f"{head}\n{record}\n")
    used = dict(CommitmentDiscountId="ri-1", CommitmentDiscountStatus="Used")
    daily = pd.concat([use("covered", 960.0, 2400.0, **used), use("on demand", 2400.0, 2400.0)], ignore_index=True)  # fmt: skip
    plan = planned(tmp_path, daily, commitments="c.csv")
    shared = simulate(plan, 128, 7).by_workload[:, 0, 0]
    assert shared == pytest.approx([1680.0 * 30] * 2)
    own = simulate(planned(tmp_path, daily), 128, 7).by_workload[:, 0, 0]
    assert own == pytest.approx([960.0 * 30, 2400.0 * 30])
