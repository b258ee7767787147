"""Levers with their physics: token arithmetic by hand to the cent, both engines, monotony, refusals (docs/method §3.60–§3.68)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from lever_world import PRICE, USE, Company, own_workspace

import finops_model as fm
from finops_model.errors import ScenarioError
from finops_model.prices.capacity.checkpoints import Checkpointing
from finops_model.scenario import document
from finops_model.scenario.levers import form, make
from finops_model.scenario.pulled.bought import Bought, Meter

DAYS = 30  # of November 2026
CHAT = 60 * 2 + 20 * 0.5 + 20 * 2.5 + 10 * 8  # 260 a day


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    return Company(tmp_path_factory.mktemp("company"))


def a_day(model="large", **tokens):
    """Money of a day's tokens in millions, by a plain sum."""
    return sum(amount * PRICE[model][meter] for meter, amount in tokens.items())


def test_nothing_changed_is_the_bill(company):
    assert company.cost()["chat"] == pytest.approx(DAYS * CHAT, abs=0.005)


BY_HAND = [
    # 100 M of input are 20 % cached: 40 of 80 M misses at a hit of .6, written and plain alike
    ("chat/cache_hit, op: set, value: 0.6", "chat", a_day(input=30, cached_input=60, cache_write=10, output=10)),
    # fewer hits come back as misses are: 3 to 1
    ("chat/cache_hit, op: set, value: 0.1", "chat", a_day(input=67.5, cached_input=10, cache_write=22.5, output=10)),
    ("chat/cache_hit, op: scale, value: 2", "chat", a_day(input=45, cached_input=40, cache_write=15, output=10)),
    ("chat/batch_share, op: set, value: 0.4", "chat",
     a_day(input=36, batch_input=24, cached_input=20, cache_write=20, output=6, batch_output=4)),
    ("chat/context_trim, op: set, value: 0.25", "chat", a_day(input=45, cached_input=15, cache_write=15, output=10)),
    ("chat/reasoning_ratio, op: set, value: 0.5, from: 2", "chat", a_day(input=60, cached_input=20, cache_write=20, output=5)),
    ("chat/retries, op: set, value: 0, from: 0.04", "chat", CHAT / 1.04),
    ("train/utilisation, op: set, value: 0.6, from: 0.4", "train", 480 * 0.4 / 0.6),
    ("train/idle_hours, op: set, value: 0.1, from: 0.4", "train", 480 * 0.6 / 0.9),
    ("train/throughput, op: set, value: 0.25", "train", 480 / 1.25),
    # half of the tokens go to the small model; 8 % of them are run again by the large one
    ("chat/routing/small, op: set, value: 0.5, escalation: 0.08", "chat", CHAT * (0.5 + 0.5 / 4 + 0.5 * 0.08)),
    ("chat/routing/small, op: set, value: 0.5", "chat", CHAT * (0.5 + 0.5 / 4)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "name", "expected"), BY_HAND, ids=[b[0][:40] for b in BY_HAND])
def test_a_lever_costs_what_the_tokens_and_hours_come_to_by_hand(company, change, name, expected):
    before, after = company.cost(), company.cost(f"path: workloads/{change}")
    assert after[name] == pytest.approx(DAYS * expected, abs=0.005)
    assert {k: v for k, v in after.items() if k != name} == {
        k: v for k, v in before.items() if k != name
    }


def test_the_saving_of_routing_without_what_is_run_again_is_too_high_by_a_tenth(company):
    base = company.cost()["chat"]
    plain = base - company.cost("path: workloads/chat/routing/small, op: set, value: 0.6")["chat"]
    true = (
        base
        - company.cost("path: workloads/chat/routing/small, op: set, value: 0.6, escalation: 0.08")[
            "chat"
        ]
    )
    assert plain / true == pytest.approx(0.75 / (0.75 - 0.08))


def test_what_is_run_again_on_two_models_goes_back_by_what_came(company):
    """Both shares leave the large model: each model's own part is paid there again."""
    expected = CHAT * (0.4 + 0.6 / 4 + 0.6 * 0.2)
    got = company.cost("path: workloads/chat/routing/small, op: set, value: 0.6, escalation: 0.2")
    assert got["chat"] == pytest.approx(DAYS * expected, abs=0.005)


def test_cache_first_then_batches_then_routing(company):
    got = company.cost(
        "path: workloads/chat/routing/small, op: set, value: 0.5",
        "path: workloads/chat/batch_share, op: set, value: 0.5",
        "path: workloads/chat/cache_hit, op: set, value: 0.6",
    )["chat"]
    day = a_day(input=15, batch_input=15, cached_input=60, cache_write=10, output=5, batch_output=5)
    assert got == pytest.approx(DAYS * day * (0.5 + 0.5 / 4), abs=0.005)


def test_checkpoints_follow_the_rework_formula(company):
    change = (
        "path: workloads/sweep/checkpoint_minutes, op: set, value: 60, from: 240, "
        "with: {checkpoint: 5, hours_between_interruptions: 6, restart: 10}"
    )

    def loop(tau, work=400_000.0):  # minutes by simulation of every interruption
        generator = np.random.default_rng(5)
        at = spent = 0.0
        while at < work:
            need, left = tau + 5, generator.exponential(360)
            while left < need:
                spent += left
                pause = generator.exponential(360)
                while pause < 10:
                    spent += pause
                    pause = generator.exponential(360)
                spent, left = spent + 10, pause - 10
            spent, at = spent + need, at + tau
        return spent / work

    work = Checkpointing(5, 360, 10)
    expected = work.factor(60) / work.factor(240)
    assert company.cost(change)["sweep"] == pytest.approx(DAYS * 100 * expected, abs=0.005)
    assert expected == pytest.approx(loop(60) / loop(240), rel=0.03)


@pytest.mark.parametrize("at_once", [False, True])
def test_a_stock_shrinks_along_its_age(company, at_once):
    """Against a plain list of days: what was written on which day, and until when it stays."""
    change = (
        "path: workloads/lake/retention_days, op: set, value: 10, from: 40, since: 2026-11-06"
        + (", with: {at_once: true}" if at_once else "")
    )
    got = company.run(change, months=3)
    months = got.by_workload[list(got.workloads).index("lake"), :, 0]
    held = []
    for day in range(92):
        age_of_change = day - 5
        lies = 0
        for written in range(day - 60, day):
            term = 10 if written >= 5 or (at_once and age_of_change >= 0) else 40
            lies += day - written <= term
        held.append(lies / 40)
    expected = [10 * sum(held[a:b]) for a, b in ((0, 30), (30, 61), (61, 92))]
    assert months.tolist() == pytest.approx(expected, rel=1e-6)


def test_a_lever_holds_from_its_day(company):
    half = company.cost("path: workloads/train/throughput, op: set, value: 1, since: 2026-11-16")
    assert half["train"] == pytest.approx(480 * 15 + 240 * 15)
    twice = company.cost(
        "path: workloads/train/utilisation, op: set, value: 0.8, from: 0.4",
        "path: workloads/train/utilisation, op: scale, value: 0.5, since: 2026-11-16",
    )
    assert twice["train"] == pytest.approx(240 * 15 + 480 * 15)


def test_every_workload_that_can(company):
    got = company.cost("path: workloads/*/context_trim, op: set, value: 0.25")
    assert got["chat"] < DAYS * CHAT and got["train"] == pytest.approx(DAYS * 480)


RANGES = [
    ("chat/cache_hit, op: set, value: {min: 0.3, max: 0.7}", "chat",
     lambda u: a_day(output=10) + np.where((h := 0.3 + 0.4 * u) > 0, (1 - h) / 0.8, 0) * a_day(input=60, cache_write=20)
     + 100 * h * 0.5),
    ("train/utilisation, op: set, value: {min: 0.4, max: 0.8}, from: 0.4", "train", lambda u: 480 * 0.4 / (0.4 + 0.4 * u)),
    ("train/utilisation, op: set, value: 0.8, from: {min: 0.2, max: 0.4}", "train", lambda u: 480 * (0.2 + 0.2 * u) / 0.8),
    ("sweep/throughput, op: set, value: {min: 0, max: 2}", "sweep", lambda u: 100 / (1 + 2 * u)),
    ("chat/routing/small, op: set, value: 0.5, escalation: {min: 0, max: 0.5}", "chat",
     lambda u: CHAT * (0.625 + 0.25 * u)),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["numpy", "numba"])
@pytest.mark.parametrize(("change", "name", "law"), RANGES, ids=[r[0][:36] for r in RANGES])
def test_a_range_is_followed_on_every_path_although_it_is_not_linear(
    company, engine, change, name, law
):
    run = company.run(f"path: workloads/{change}", paths=2000, engine=engine)
    mean = run.by_workload[list(run.workloads).index(name), 0, 0]
    exact = DAYS * law((np.arange(200_000) + 0.5) / 200_000)
    error = exact.std() / np.sqrt(2000)
    assert abs(mean - exact.mean()) < 4 * error
    assert run.total().std() == pytest.approx(exact.std(), rel=0.06)
    at_middle = DAYS * law(np.array([0.5]))[0]
    if "from: 0.4" in change:
        assert (
            exact.mean() - at_middle > 4 * error
        )  # the mean of a quotient is no quotient of means


def test_a_range_under_a_price_with_a_range_and_beside_another_lever(company):
    """Draws are independent by name: the mean of the product is the product of the means."""
    run = company.run(
        "path: workloads/chat/context_trim, op: set, value: {min: 0, max: 0.5}",
        "path: workloads/chat/retries, op: set, value: {min: 0, max: 1}, from: 0",
        "path: prices/large:input_tokens/price, op: scale, value: {min: 0.5, max: 1.5}",
        paths=4000,
    )
    mean = run.by_workload[list(run.workloads).index("chat"), 0, 0]
    exact = (
        DAYS * 1.5 * (0.75 * a_day(input=60, cached_input=20, cache_write=20) + a_day(output=10))
    )
    assert abs(mean - exact) < 4 * run.total().std() / np.sqrt(4000)


def test_one_draw_moves_all_that_is_written_with_one_path(company):
    run = company.run(
        "path: workloads/chat/context_trim, op: set, value: {min: 0, max: 0.5}", paths=500
    )
    other = company.run(
        "path: workloads/chat/context_trim, op: set, value: {min: 0.2, max: 0.3}", paths=500
    )
    assert np.corrcoef(run.total(), other.total())[0, 1] > 1 - 1e-9


REFUSED = [
    ("chat/utilisation, op: set, value: 0.5, from: 0.4",
     "workloads/chat/utilisation: no SKU of 'chat' counts machine hours. Name those it acts on: with: {skus: [NAME]}. It uses: "
     "large:cache_write_tokens, large:cached_input_tokens, large:input_tokens, large:output_tokens."),
    ("train/utilisation, op: set, value: 0.5",
     "workloads/train/utilisation: what is it today? The bill does not tell the share of paid machine hours that does work; write "
     "from: with today's value."),
    ("train/utilisation, op: set, value: 1.2, from: 0.4",
     "workloads/train/utilisation is 1.2; the share of paid machine hours that does work is above 0 and at most 1."),
    ("train/utilisation, op: set, value: {min: 0.5, max: 1.4}, from: 0.4",
     "workloads/train/utilisation goes up to 1.35; the share of paid machine hours that does work is above 0 and at most 1. Cut the "
     "range off: truncate: {max: 1}."),
    ("train/cache_hit, op: set, value: 0.5",
     "workloads/train/cache_hit: 'train' has no input tokens in the ledger's newest 28 days. It uses: H100. None of them is known to count tokens: the bill says it by the unit Tokens (ConsumedUnit), the model (x_Model) and the meter, as Input tokens (SkuMeter). Take the vendor's own export or a FOCUS file with these columns."),
    ("chat/cache_hit, op: set, value: 0.5, from: 0.1",
     "workloads/chat/cache_hit: from: today's value is read from the ledger's newest 28 days (0.2). Take from out."),
    ("train/throughput, op: set, value: 0.5, from: 0.1",
     "workloads/train/throughput: from: today's value is the same for everybody (0). Take from out."),
    ("train/throughput, op: scale, value: 2", "'workloads/train/throughput' is 0 in the base; scaling it changes nothing. Use op: set."),
    ("train/throughput, op: set, value: 0.5, with: {skus: [H200]}",
     "workloads/train/throughput: skus: 'H200' is no SKU of 'train'. Did you mean 'H100'? It uses: H100."),
    ("sweep/checkpoint_minutes, op: set, value: 60, from: 240, with: {checkpoints: 5, hours_between_interruptions: 6}",
     "workloads/sweep/checkpoint_minutes: unknown checkpoint_minutes field 'checkpoints'. Did you mean 'checkpoint'? Known: at_once"),
    ("chat/cache_hit, op: set, value: 0.5, per: month",
     "per: month belongs to values that change in time (levels, growth, prices); 'workloads/chat/cache_hit' is not one."),
    ("chat/routing/small, op: set, value: 0.5, escalation: 1.5",
     "workloads/chat/routing/small/escalation is 1.5; the part of what is routed that is run again by the model it came from is 0 or "
     "more and at most 1."),
    ("chat/demand/level, op: set, value: 2, escalation: 0.1",
     "escalation: belongs to shares routed: workloads/NAME/routing/MODEL. 'workloads/chat/demand/level' is none; take it out."),
    ("chat/cache_hti, op: set, value: 0.5",
     "path 'workloads/chat/cache_hti' is not there. Did you mean 'workloads/chat/cache_hit'?"),
    ("train/utilisation, op: set, value: a, from: 0.4",
     "workloads/train/utilisation: the value is 'a', not a number."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[r[0][:40] for r in REFUSED])
def test_what_cannot_be_meant_is_refused_in_one_sentence(company, change, message):
    with pytest.raises(ScenarioError) as refused:
        company.plan(f"path: workloads/{change}")
    text = str(refused.value)
    assert text.startswith(f"{company.folder}/s.yaml:3: ")
    assert message.partition(" Known: at_once")[0] in text and "array" not in text


def test_explain_tells_what_a_lever_is_today_and_what_it_becomes(company):
    def told(path, *changes):
        lines = "".join(f"- {{{change}, because: x}}\n" for change in changes)
        (company.folder / "e.yaml").write_text(
            "name: a\nchanges:\n" + lines if lines else "name: a\n"
        )
        scenario = document.load_scenario(company.folder / "e.yaml")
        return document.explain(
            document.resolve(scenario, settings=company.settings, facts=company.facts, months=2),
            path,
        )

    assert told("workloads/chat/cache_hit") == (
        "0.2  =  the share of input tokens that is read from the cache (the ledger's newest 28 days)"
    )
    assert told("workloads/train/utilisation") == (
        "workloads/train/utilisation is not in the bill: a change says it with from:. It is the share of paid machine hours that does work."
    )
    change = "path: workloads/train/utilisation, op: set, value: 0.6, from: 0.4, since: 2026-12"
    assert told("workloads/train/utilisation", change) == (
        f'0.6  =  0.4 (today)  → 0.6 from 2026-12 ({company.folder}/e.yaml:3, "x")'
    )
    with pytest.raises(ScenarioError) as refused:
        told("workloads/train/cache_hit")
    assert "has no input tokens in the ledger's newest 28 days" in str(refused.value)


def test_two_values_of_today_are_refused(company):
    with pytest.raises(ScenarioError) as refused:
        company.plan(
            "path: workloads/train/utilisation, op: set, value: 0.6, from: 0.4",
            "path: workloads/train/utilisation, op: set, value: 0.7, from: 0.5, since: 2026-11-16",
        )
    assert "from: today's value is given as 0.5 here and otherwise at" in str(refused.value)


def units_of(amounts):
    """A workload of one model by role, for laws of levers alone."""
    every = (*USE, "batch_input", "batch_output")
    role = {"cached_input": "cached", "cache_write": "write"}
    of = {name: Meter("large", f"{name}_tokens", role.get(name, name), "tokens") for name in every}
    of["H100"] = Meter("", "", "", "hours")
    of["STANDARD"] = Meter("", "", "", "stock")
    priced = {("large", meter.role): name for name, meter in of.items() if meter.role}
    metered = {("large", meter.meter): name for name, meter in of.items() if meter.role}
    return dict(amounts), Bought("chat", of, priced, metered)


AMOUNT = st.floats(0.01, 1000)


@speed(max_examples=60, deadline=None)
@given(st.tuples(*[AMOUNT] * 6), st.floats(0, 1), st.sampled_from(["cache_hit", "batch_share"]))
def test_moving_tokens_keeps_their_number_and_reaches_the_share(amounts, value, kind):
    units, bought = units_of(zip((*USE, "batch_input", "batch_output"), amounts))
    law = form(kind)
    after = make(kind, {"value": value, "today": law.read(units, bought)}).act(units, bought, 0.0)
    assert float(sum(after.values())) == pytest.approx(sum(units.values()))
    assert law.read(after, bought) == pytest.approx(value, abs=1e-9)
    assert all(float(amount) >= -1e-9 for amount in after.values())


@speed(max_examples=60, deadline=None)
@given(
    st.sampled_from(["utilisation", "throughput", "idle_hours", "context_trim", "retries", "reasoning_ratio", "retention_days"]),
    st.floats(0.05, 0.9),
    st.floats(0.05, 0.9),
    st.floats(0.05, 0.9),
)  # fmt: skip
def test_more_of_a_lever_moves_its_use_one_way(kind, today, one, other):
    units, bought = units_of({"input": 5.0, "output": 3.0, "H100": 2.0, "STANDARD": 7.0})
    low, high = sorted((one, other))
    rises = kind in ("retries", "reasoning_ratio", "retention_days", "idle_hours")

    def total(value):
        after = make(kind, {"value": value, "today": today}).act(units, bought, 400.0)
        return float(sum(after.values()))

    first, second = total(low), total(high)
    assert first <= second + 1e-9 if rises else first >= second - 1e-9
    if kind not in ("context_trim", "throughput"):
        assert total(today) == pytest.approx(17.0)


@speed(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_hits_and_batches_together_save_at_most_their_sum(hit, share):
    """The joint saving of two levers that take from the same tokens is at most their sum."""
    units, bought = units_of(dict(USE))
    price = PRICE["large"]

    def cost(**levers):
        after = units
        for kind in ("cache_hit", "batch_share"):
            if kind in levers:
                law = form(kind)
                after = make(kind, {"value": levers[kind], "today": law.read(after, bought)}).act(
                    after, bought, 0.0
                )
        return sum(float(amount) * price[name] for name, amount in after.items())

    hit = max(hit, 0.2)
    base = cost()
    alone = base - cost(cache_hit=hit) + base - cost(batch_share=share)
    assert base - cost(cache_hit=hit, batch_share=share) <= alone + 1e-6


def test_ranges_of_levers_are_varied_by_the_sensitivity(tmp_path):
    """A tornado and shares of the variance: the range, today's range and what is run again each have a row."""
    folder, own = own_workspace(tmp_path)
    file = folder / "scenarios" / "ranges.yaml"
    file.write_text(
        "name: Ranges\nbase: 00_base.yaml\nchanges:\n"
        "- {path: workloads/chat/cache_hit, op: set, value: {min: 0.3, max: 0.7}, because: a}\n"
        "- {path: workloads/chat/retries, op: set, value: 0, from: {min: 0, max: 0.2}, because: a}\n"
        "- {path: workloads/chat/routing/small, op: set, value: 0.5, escalation: {min: 0, max: 0.2}, because: a}\n"
        "- {path: caps/chat, op: add, value: {workloads: [chat], per_month: {min: 100000, max: 200000}}, because: a}\n"
    )
    answer = fm.sensitivity(file, own, paths=256, horizon=2)
    names = {swing.name: swing.swing() for swing in answer.swings}
    assert set(names) == {
        "workloads/chat/cache_hit",
        "workloads/chat/retries/from",
        "workloads/chat/routing/small/escalation",
        "caps/chat/per_month",
    }
    assert names["workloads/chat/cache_hit"] < 0 < names["workloads/chat/routing/small/escalation"]
    assert names["workloads/chat/retries/from"] < 0 and names["caps/chat/per_month"] == 0
    assert sum(index.total for index in answer.sobol) > 0.9
