"""Spend caps: cost avoided, work refused, value lost; never a saving (docs/method §3.70, §3.71)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from lever_world import Company, own_workspace
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import ScenarioError

CHAT = 260.0  # a day, of 110 M tokens


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return Company(tmp_path_factory.mktemp("company"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return own_workspace(tmp_path_factory.mktemp("own"))


def cap(more, name="chat"):
    return f"path: caps/{name}, op: add, value: {{{more}}}"


def mean(run, name, month=0):
    return run.by_workload[list(run.workloads).index(name), month, 0]


def test_a_cap_by_the_month_stops_at_its_amount(company):
    run = company.run(cap("workloads: [chat], per_month: 5000, value_per_unit: 0.000001"), months=2)
    assert [mean(run, "chat", m) for m in (0, 1)] == pytest.approx([5000, 5000])
    (row,) = run.caps
    assert row["avoided"] == pytest.approx([30 * CHAT - 5000, 31 * CHAT - 5000])
    whole = (30 * CHAT - 5000) / CHAT * 110e6, (31 * CHAT - 5000) / CHAT * 110e6
    assert row["unit"] == "Tokens" and row["refused"] == pytest.approx(whole, rel=1e-6)
    assert row["refused_share"] == pytest.approx(sum(whole) / (61 * 110e6), rel=1e-6)
    assert row["value_lost"] == pytest.approx(sum(whole) * 1e-6, rel=1e-6)
    assert row["binds"] == 1.0


def test_a_cap_that_is_never_reached_changes_nothing(company):
    plain, capped = company.run(), company.run(cap("workloads: [chat], per_month: 9000"))
    assert (plain.total() == capped.total()).all() and capped.caps[0]["binds"] == 0.0


def test_of_a_business_unit_work_is_refused_alike(company):
    """Research pays 590 a day; 11,800 of 17,700 are left: two thirds of each."""
    run = company.run(cap("business_unit: Research, per_month: 11800", "research"))
    got = {name: mean(run, name) for name in ("train", "sweep", "lake", "chat")}
    assert got == pytest.approx(
        {"train": 480 * 20, "sweep": 100 * 20, "lake": 10 * 20, "chat": 30 * CHAT}, rel=1e-6
    )


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_cap_by_the_day_is_that_of_a_plain_loop(company, engine):
    """Days differ from path to path: each day's cost is held against the cap by itself."""
    plan = company.plan(spread=0.3)
    import dataclasses

    from finops_model.simulate.compile.to_flat import compile_flat
    from finops_model.simulate.kernel import engine as kernel

    flat = compile_flat(plan).flat
    days = len(plan.dates)
    by_day = dataclasses.replace(
        flat, months=tuple(map(str, range(days))), month_of=np.arange(days), fixed=None
    )
    cost = kernel.simulate_block(by_day, 0, 512, plan.about.seed, engine=engine).cost
    chat = cost[:, :, list(plan.names).index("chat")]
    expected = np.maximum(chat - 250.0, 0.0).sum(axis=1)
    run = company.run(cap("workloads: [chat], per_day: 250"), spread=0.3, paths=512, engine=engine)
    assert run.caps[0]["avoided"][0] == pytest.approx(expected.mean(), rel=1e-5)
    free = company.run(spread=0.3, paths=512, engine=engine)
    assert (free.total() - run.total()) == pytest.approx(expected, rel=1e-4, abs=1e-2)


def test_a_cap_with_a_range_is_one_draw_per_path(company):
    run = company.run(cap("workloads: [chat], per_month: {min: 5000, max: 7000}"), paths=2000)
    spread = 2000 / np.sqrt(12)
    assert abs(mean(run, "chat") - 6000) < 4 * spread / np.sqrt(2000)
    assert run.total().std() == pytest.approx(spread, rel=0.05)


def test_a_lever_and_a_price_with_a_range_under_a_cap_by_the_day(company):
    run = company.run(
        "path: prices/large:output_tokens/price, op: scale, value: {min: 0.5, max: 2}",
        cap("workloads: [chat], per_day: 260"),
        paths=2000,
    )
    u = (np.arange(100_000) + 0.5) / 100_000
    over = 30 * np.maximum(80 * (0.5 + 1.5 * u) - 80, 0)
    assert abs(run.caps[0]["avoided"][0] - over.mean()) < 4 * over.std() / np.sqrt(2000)


def test_a_cap_begins_and_ends(company):
    run = company.run(
        cap("workloads: [chat], per_month: 5000, since: 2026-12, until: 2027-01"), months=3
    )
    assert [mean(run, "chat", m) for m in range(3)] == pytest.approx([30 * CHAT, 5000, 31 * CHAT])
    daily = company.run(cap("workloads: [chat], per_day: 200, since: 2026-11-21"))
    assert mean(daily, "chat") == pytest.approx(20 * CHAT + 10 * 200)


def test_two_caps_take_one_after_the_other(company):
    run = company.run(
        cap("workloads: [chat], per_month: 6000", "all"),
        cap("workloads: [chat], per_day: 240", "days"),
    )
    assert mean(run, "chat") == pytest.approx(6000)
    month, day = run.caps
    assert day["avoided"][0] == pytest.approx(30 * 20)
    assert month["avoided"][0] == pytest.approx(30 * 240 - 6000)
    assert day["refused"][0] + month["refused"][0] == pytest.approx(
        110e6 * 30 * (1 - 6000 / (30 * CHAT)), rel=1e-6
    )


@speed(max_examples=15, deadline=None)
@given(st.floats(1000, 9000), st.floats(1000, 9000))
def test_a_tighter_cap_avoids_and_refuses_more(company, one, other):
    low, high = sorted((one, other))
    tight, loose = (
        company.run(cap(f"workloads: [chat], per_month: {amount}"), spread=0.2).caps[0]
        for amount in (low, high)
    )
    assert tight["avoided"][0] >= loose["avoided"][0] - 1e-6
    assert tight["refused"][0] >= loose["refused"][0] - 1e-3
    assert tight["binds"] >= loose["binds"]


REFUSED = [
    ("workloads: [chat]", "a cap is either by the month or by the day. Write per_month or per_day, in money."),
    ("workloads: [chat], per_month: 1, per_day: 1", "a cap is either by the month or by the day."),
    ("per_month: 5", "whose cost is capped? Write workloads: [NAME, …] or business_unit: NAME."),
    ("workloads: [caht], per_month: 5", "/workloads: unknown workload 'caht'. Did you mean 'chat'?"),
    ("business_unit: Suport, per_month: 5", "/business_unit: unknown business unit 'Suport'. Did you mean 'Support'?"),
    ("workloads: [chat], per_mnth: 5", "unknown key 'per_mnth'. Did you mean 'per_month'?"),
    ("workloads: [chat], per_month: 5, since: 2026-11-15",
     "/since is 2026-11-15: a cap by the month begins and ends with a month. Write 2026-11."),
    ("workloads: [chat], per_day: {min: 1, max: 2}", "/per_day may not be uncertain. Write one number, or per_month."),
    ("workloads: [chat], per_month: 5, unit: Requests", "/unit: none of its workloads counts 'Requests'. They count Tokens."),
    ("workloads: [chat], per_month: 5, since: soon", "/since is 'soon'; write a month YYYY-MM or a day YYYY-MM-DD."),
    ("workloads: [chat], per_month: -5", "/per_month is -5; it must be 0 or more."),
]  # fmt: skip


@pytest.mark.parametrize(("more", "message"), REFUSED, ids=[r[0][:40] for r in REFUSED])
def test_a_cap_that_cannot_be_meant_is_refused(company, more, message):
    with pytest.raises(ScenarioError) as refused:
        company.plan(cap(more))
    text = str(refused.value)
    assert text.startswith(f"{company.folder}/s.yaml:3: caps/chat") and message in text


def test_what_a_commitment_covers_is_not_capped(company):
    held = (
        "path: commitments/gpu, op: add, since: 2026-11, value: {ContractCommitmentQuantity: 8, ContractCommitmentUnit: GPU-hours, "
        "ContractCommitmentDiscountPercentage: 0.35, x_SkuIds: [H100]}"
    )
    with pytest.raises(ScenarioError) as refused:
        company.plan(held, cap("workloads: [train], per_month: 5"))
    assert (
        "'train' uses what the commitment 'gpu' covers, and a commitment is paid whether work is refused or not. Cap the other "
        "workloads." in str(refused.value)
    )


def test_no_sentence_calls_it_a_saving(workspace):
    file = workspace[0] / "scenarios" / "cap.yaml"
    file.write_text(
        "name: Cap\nbase: 00_base.yaml\nchanges:\n- {path: caps/chat, op: add, value: {workloads: [chat], per_month: 5000, "
        "value_per_unit: 0.000001}, because: a limit}\n"
    )
    common = [
        "compare",
        "--settings",
        str(workspace[0] / "finops.yaml"),
        "--paths",
        "100",
        str(file),
    ]
    plain = CliRunner().invoke(app, common).output
    assert "cost avoided by a cap, work refused: " in plain.replace("\n", " ")
    assert "saving" not in plain and "saves" not in plain
    row = json.loads(CliRunner().invoke(app, [*common, "--json"]).output)["scenarios"][1]
    assert row["caps"][0]["value_lost"] > 0
    answer = fm.waterfall(file, workspace[1], paths=100)
    assert answer.sentence.startswith("Cap: cost avoided by a cap, work refused: $")
    told = " ".join([answer.sentence, answer.reason, answer.range, *answer.table["step"]])
    assert "saving" not in told and "lower" not in told
    assert any("It is no saving: the work is not done." in note for note in answer.notes)
    kept = fm.load_run(fm.run(file, workspace[1], paths=100).save(workspace[0] / "kept"))
    assert kept.caps[0]["name"] == "chat"
