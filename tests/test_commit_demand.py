"""Hourly demand of what can be committed to: days of the simulation, hours of a loop, what is signed is served first (docs/method §8.12)."""

from __future__ import annotations

import csv
import re

import numpy as np
import pandas as pd
import pytest
from scenario_world import demand_for, rows, settings, world

from finops_model.decide.commitments import demand
from finops_model.decide.commitments.workspace import recommend
from finops_model.errors import FinOpsError, PriceError, ScenarioError
from finops_model.prices.settle.hourly import from_record
from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.compile.to_flat import compile_flat
from finops_model.simulate.kernel.engine import simulate_paths

PATHS = 70  # one block of 64 and a rest
SIGNED = {
    "ContractCommitmentId": "a",
    "ContractCommitmentPeriodStart": "2026-01-01",
    "ContractCommitmentPeriodEnd": "2026-12-06",
    "ContractCommitmentQuantity": "9",
    "ContractCommitmentUnit": "GPU-hours",
    "ContractCommitmentLifecycleStatus": "Active",
    "x_SkuIds": "H100",
    "x_Rate": "1.2",
    "ContractCommitmentFulfillmentInterval": "Hourly",
}
SECOND = SIGNED | {
    "ContractCommitmentId": "b",
    "ContractCommitmentQuantity": "4",
    "ContractCommitmentPeriodEnd": "2027-06-01",
    "ContractCommitmentPeriodStart": "2026-02-01",
    "x_EligibleShare": "0.8",
}


def company() -> pd.DataFrame:
    """The world with a second workload on the same GPU, and another GPU that only this one uses."""
    days = pd.date_range("2026-05-01", "2026-10-31")
    serve = dict(
        x_Workload="serve",
        x_Team="ml",
        x_BusinessUnit="Research",
        ServiceName="Compute",
        ConsumedUnit="GPU-hours",
    )
    return pd.concat(
        [
            world(),
            rows(days, SkuId="H100", ConsumedQuantity=120.0, EffectiveCost=240.0, **serve),
            rows(days, SkuId="A100", ConsumedQuantity=48.0, EffectiveCost=48.0, **serve),
        ],
        ignore_index=True,
    )


def chosen(folder, signed=(), shapes=True):
    values = {}
    if signed:
        with open(folder / "signed.csv", "w", newline="") as file:
            names = list(dict.fromkeys(name for record in signed for name in record))
            csv.DictWriter(file, names).writeheader()
            csv.DictWriter(file, names).writerows(signed)
        values["commitments"] = "signed.csv"
    text = "name: Base\nquestion: What?\nworkloads: {from: ledger}\n"
    if shapes:
        share = {
            "train": [1.0] * 168,
            "serve": [float(1 + (hour % 24 >= 8) * (1 + hour // 24)) for hour in range(168)],
        }
        lines = [
            f"{name},{hour},{value}"
            for name, week in share.items()
            for hour, value in enumerate(week)
        ]
        (folder / "shapes.csv").write_text(
            "workload,hour_of_week,share\n" + "\n".join(lines) + "\n"
        )
        text += "shapes: shapes.csv\n"
    (folder / "base.yaml").write_text(text)
    return settings(folder, scenario="base.yaml", **values)


def workspace(folder, signed=(), shapes=True, months=15) -> demand.Workspace:
    options = chosen(folder, signed, shapes)
    facts = read_facts(company(), options)
    resolved = resolve(
        load_scenario(folder / "base.yaml"), settings=options, facts=facts, months=months
    )
    plan = compile_plan(resolved, demand_for(facts, len(future(resolved))))
    week = (
        demand.read_shapes(resolved.shapes, plan.names[: plan.demand.count])
        if shapes
        else np.ones((plan.demand.count, 168))
    )
    return demand.Workspace(plan, facts, demand.day_shapes(week))


def test_days_are_those_of_the_simulation_path_by_path(tmp_path):
    """Month totals of each path and day sums over the paths, against what the scenario's own simulation counts."""
    work = workspace(tmp_path, [SIGNED | {"ContractCommitmentQuantity": "0.000001"}])
    plan = work.plan
    compiled = compile_flat(plan)
    run = simulate_paths(compiled.flat, PATHS, plan.about.seed, volume=True)
    found = demand.simulated_hours(work, ("H100",), "2026-12-01", 1, PATHS)
    hours = found.usage.array.astype(float)
    assert hours.shape == (PATHS, 8760) and found.usage.array.dtype == np.float32
    december = hours[:, : 31 * 24].sum(axis=1)
    at = plan.months.index("2026-12")
    assert december == pytest.approx(run.usage[:, at, compiled.pools[0].by].sum(axis=1), rel=1e-5)
    assert december.std() > 0.01 * december.mean()
    units = {item[6]: item[4] for item in plan.prices.items if item[1] == "H100"}
    days = sum(run.volume[:, w] * amount for w, amount in units.items())[found.days]
    assert hours.reshape(PATHS, -1, 24).sum(axis=(0, 2)) == pytest.approx(days, rel=1e-5)


def loop(found: demand.Hours, instruments=()) -> np.ndarray:
    """Every path, day and hour by itself: shares by weekday, commitments in the order of their start."""
    dates, hours = found.plan.dates[found.days], np.zeros((found.paths, len(found.days), 24))
    for path in range(found.paths):
        for day, date in enumerate(dates):
            weekday = pd.Timestamp(date).weekday()
            for hour in range(24):
                use = sum(
                    float(found.kept[q, day, path]) * found.shapes[shape, weekday, hour]
                    for q, (sku, shape) in enumerate(found.pairs)
                    if sku == "H100"
                )
                covered = 0.0
                for one in instruments:
                    if one.start <= str(date) < one.end:
                        covered += min((use - covered) * one.eligible_share, one.quantity)
                hours[path, day, hour] = use - covered
    return hours.reshape(found.paths, -1)


@pytest.mark.parametrize(
    "signed",
    [(), (SIGNED,), (SIGNED, SECOND)],
    ids=["nothing signed", "one", "two, one for a share"],
)
def test_hours_are_those_of_a_loop_and_commitments_are_served_first(tmp_path, signed):
    work = workspace(tmp_path, signed)
    found = demand.simulated_hours(work, ("H100",), "2026-12-01", 14 / 365, 3)
    expected = loop(found, [from_record(record, 2.0) for record in signed])
    assert found.usage.array == pytest.approx(expected, rel=2e-5, abs=2e-4)
    if signed:
        free = demand.simulated_hours(
            workspace(tmp_path), ("H100",), "2026-12-01", 14 / 365, 3
        ).usage.array
        covered = (free - found.usage.array).reshape(3, 14, 24)
        assert (
            covered[:, :5].max() == pytest.approx(9.0 if len(signed) == 1 else 13.0, abs=0.6)
            and covered.min() >= -1e-3
        )
        assert (covered[:, 5:] < 1e-3).all() == (len(signed) == 1)  # the first ends on 6 December


def test_without_shapes_hours_of_a_day_are_alike(tmp_path):
    found = demand.simulated_hours(workspace(tmp_path, shapes=False), ("H100",), "2026-12-01", 1, 5)
    hours = found.usage.array.reshape(5, -1, 24)
    assert (
        (hours == hours[:, :, :1]).all()
        and len(found.pairs) == 1
        and found.kept.sum(dtype=float) == pytest.approx(hours.sum(dtype=float), rel=1e-5)
    )


def test_several_skus_are_read_by_block_and_a_spend_commitment_takes_from_them_in_proportion(
    tmp_path,
):
    """8 USD an hour on H100 at 2 USD and A100 at 1 USD: what is left of both is the same share of their use."""
    money = SIGNED | {
        "ContractCommitmentUnit": "USD",
        "ContractCommitmentQuantity": "8",
        "x_SkuIds": "H100;A100",
        "x_Rate": "0.7",
        "ContractCommitmentPeriodEnd": "2028-01-01",
    }
    found = demand.simulated_hours(
        workspace(tmp_path, [money]), ("A100", "H100"), "2026-12-01", 1, 6
    )
    free = demand.simulated_hours(workspace(tmp_path), ("A100", "H100"), "2026-12-01", 1, 6)
    assert found.usage.array is None and found.usage.skus == ("A100", "H100")
    (a_left, h_left), (a_use, h_use) = found.read(2, 5), free.read(2, 5)
    use, left = a_use.astype(float) + 2 * h_use, a_left.astype(float) + 2 * h_left
    assert use - left == pytest.approx(np.minimum(use, 8.0), rel=1e-3, abs=1e-3)
    assert a_left * h_use == pytest.approx(h_left * a_use, rel=1e-3, abs=1e-3)
    whole = np.concatenate([parts[1] for _, parts in found.usage.blocks()])
    assert (whole[2:5] == h_left).all()
    alone = demand.simulated_hours(workspace(tmp_path, [money]), ("H100",), "2026-12-01", 1, 6)
    assert alone.usage.array[2:5] == pytest.approx(
        h_left, rel=1e-5
    )  # the other SKU of the pool still takes its part


def test_years_are_alike_and_leave_out_the_leap_day(tmp_path):
    work = workspace(tmp_path, months=40)
    found = demand.simulated_hours(work, ("H100",), "2027-01-01", 3, 2)
    dates = work.plan.dates[found.days]
    assert (
        len(dates) == 1095
        and str(dates[365]) == "2028-01-01"
        and str(dates[729]) == "2028-12-30"
        and str(dates[730]) == "2029-01-01"
    )


def test_history_is_billed_usage_hour_by_hour_covered_hours_included(tmp_path):
    daily = company()
    days = pd.date_range("2026-10-01", "2026-10-31")
    covered = rows(
        days,
        SkuId="H100",
        ConsumedQuantity=24.0,
        EffectiveCost=28.8,
        x_Workload="train",
        x_BusinessUnit="Research",
        ServiceName="Compute",
        ConsumedUnit="GPU-hours",
        CommitmentDiscountId="a",
        CommitmentDiscountStatus="Used",
    )
    unused = covered.assign(
        CommitmentDiscountStatus="Unused", ConsumedQuantity=3.0
    )  # some bills count them
    options = chosen(tmp_path, [SIGNED])
    work, first = demand.read_workspace(
        options, pd.concat([daily, covered, unused], ignore_index=True), ("H100",), 12
    )
    hours, start = demand.history_hours(work, ("H100",))
    assert (start, len(hours), first) == ("2026-05-01", 184 * 24, "2026-12-06")
    by_day = hours.reshape(-1, 24).sum(axis=1)
    assert by_day[:153] == pytest.approx(360.0) and by_day[153:] == pytest.approx(384.0)
    monday = hours.reshape(-1, 24)[
        3
    ]  # 4 May 2026: flat 10 and 120 in the shape 1 by night, 2 by day
    assert monday[:8] == pytest.approx(10 + 120 / 40) and monday[8:] == pytest.approx(10 + 240 / 40)
    held, rate = demand.signed_hours(work, ("H100",), start, len(hours))
    assert (held == 9.0).all() and rate == pytest.approx(1.2)
    with pytest.raises(
        ScenarioError,
        match="^"
        + re.escape("the bill has no usage of B200, so there is no history to replay.")
        + "$",
    ):
        demand.history_hours(work, ("B200",))


@pytest.mark.parametrize(
    ("end", "first"),
    [
        ("2027-01-15", "2027-01-15"),
        ("2027-01-31", "2027-01-31"),
        ("2027-03-01", "2026-11-01"),
        ("2026-10-31", "2026-11-01"),
    ],
)
def test_buying_begins_where_what_is_signed_ends_if_that_is_near(tmp_path, end, first):
    facts = read_facts(company(), chosen(tmp_path, [SIGNED | {"ContractCommitmentPeriodEnd": end}]))
    assert demand.first_day(facts, ("H100",)) == first
    assert demand.first_day(facts, ("A100",)) == "2026-11-01"  # nothing is signed on it


def test_what_cannot_be_meant_is_said_in_one_sentence(tmp_path):
    work = workspace(tmp_path)

    def refused(text, call):
        with pytest.raises(FinOpsError) as problem:
            call()
        assert str(problem.value) == text

    refused(
        "commitment: unknown SKU 'H10'. Did you mean 'H100'? Known: A100, EGRESS, H100, Storage, large:input_tokens, large:output_tokens. "
        "An offer covers what the base scenario uses; change its skus.",
        lambda: demand.simulated_hours(work, ("H10",), "2026-12-01", 1, 2),
    )
    refused(
        "commitment: EGRESS is priced by tiers of a month; a commitment needs one price per unit.",
        lambda: demand.simulated_hours(work, ("EGRESS",), "2026-12-01", 1, 2),
    )
    refused(
        "the simulation runs from 2026-11-01 to 2028-01-31; 3 years from 2026-12-01 do not lie inside.",
        lambda: demand.simulated_hours(work, ("H100",), "2026-12-01", 3, 2),
    )
    options, daily = chosen(tmp_path), company()
    refused(
        "start is 'soon'; it must be a day YYYY-MM-DD.",
        lambda: demand.read_workspace(options, daily, ("H100",), 12, "soon"),
    )
    refused(
        "start is '2027-02'; it must be a day YYYY-MM-DD.",
        lambda: demand.read_workspace(options, daily, ("H100",), 12, "2027-02"),
    )
    refused(
        "start 2026-10-31 is not after the newest day of data, 2026-10-31; give a day that is still to come.",
        lambda: demand.read_workspace(options, daily, ("H100",), 12, "2026-10-31"),
    )


def test_a_recommendation_of_the_workspace_agrees_with_every_level_tried_on_its_hours(tmp_path):
    """The whole way: offers in a folder, base scenario, signed commitment; against brute force over the levels of the hours."""
    options = chosen(tmp_path, [SIGNED])
    (tmp_path / "offers").mkdir()
    (tmp_path / "offers" / "one.yaml").write_text(
        "vendor: V\noffers:\n  - {name: h100, skus: [H100], rate: 1.3, term_months: 12, step: 1}\n"
    )
    found = recommend(
        options, "offers", paths=50, daily=company(), start="2026-11-15", replay_months=3
    )
    work, first = demand.read_workspace(options, company(), ("H100",), 12, "2026-11-15")
    hours = demand.simulated_hours(work, ("H100",), first, 1, 50).usage.array.astype(float)
    levels = np.arange(0, 60)
    cost = [
        8760 * 1.3 * level + 2.0 * np.maximum(hours - level, 0).sum(axis=1).mean()
        for level in levels
    ]
    assert found.recommendation.quantity == levels[int(np.argmin(cost))] > 0
    assert found.recommendation.expected_cost == pytest.approx(min(cost), rel=1e-5)
    assert [item["id"] for item in found.held] == ["a"] and found.held[0]["days"] == 36
    (cliff,) = found.cliffs
    assert (cliff["month"], cliff["dropped"], cliff["ends"]) == ("2026-12", 9.0, ["a"])
    assert cliff["extra_per_month"] == pytest.approx((2.0 - 1.2) * 9 * 730)
    lines = {line.rule: line for line in found.replays[0].lines}
    assert lines["as signed"].cost == pytest.approx(
        24 * 92 * 9 * 1.2 + 2.0 * (360 - 216) * 92, rel=1e-6
    )
    assert lines["nothing bought"].cost == pytest.approx(2.0 * 360 * 92) and lines[
        "best in hindsight"
    ].cost <= lines["this rule"].cost * (1 + 1e-12)
    with pytest.raises(
        PriceError,
        match="^nothing keeps to break-even within 6 months: h100 breaks even after 7.8 months of full use, later than the "
        "limit of 6. Loosen it, or buy nothing.$",
    ):
        recommend(options, "offers", daily=company(), paths=50, break_even_months=6.0)
    (tmp_path / "offers" / "one.yaml").write_text(
        "vendor: V\noffers:\n  - {name: h100, rate: 1.3}\n"
    )
    with pytest.raises(
        PriceError, match="^offer 'h100' does not say what it covers; write its SKUs under skus.$"
    ):
        recommend(options, "offers", daily=company())


def test_offers_of_different_length_on_different_skus_are_refused_and_a_short_history_is_only_noted(
    tmp_path,
):
    """One year on A100 beside three on H100: the fee of one year would stand beside the saving of three."""
    options = chosen(tmp_path)
    (tmp_path / "offers").mkdir()
    text = "vendor: V\noffers:\n  - {name: a, skus: [A100], rate: 0.6, term_months: 12}\n  - {name: h, skus: [H100], rate: 1.3, term_months: %d}\n"
    (tmp_path / "offers" / "two.yaml").write_text(text % 36)
    with pytest.raises(
        PriceError,
        match="^offers 'a' and 'h' cover different SKUs for 12 and 36 months; ask for them one after the other.$",
    ):
        recommend(options, "offers", daily=company())
    (tmp_path / "offers" / "two.yaml").write_text(text % 12)
    found = recommend(options, "offers", paths=20, daily=company(), replay_months=12)
    assert [p.name for p in found.recommendation.purchases if p.quantity > 0] == ["a", "h"] and len(
        found.curves
    ) == 2
    alone = recommend(options, "offers", ["h"], paths=20, daily=company(), replay_months=0)
    assert found.recommendation.purchase("h").quantity == pytest.approx(
        alone.recommendation.quantity, rel=1e-5
    )
    assert found.replays == () and not found.held and not found.cliffs
    notes = [note for note in found.recommendation.notes if note.startswith("No replay")]
    assert notes == [
        f"No replay of {name}: replay_commitments: 12 months need history from before 2025-09 on; it starts on 2026-05-01. "
        "Ask for fewer months."
        for name in ("a", "h")
    ]
    assert found.as_dict()["break_even"].keys() == {"a", "h"}
