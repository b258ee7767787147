"""Recommendations (docs/method §17.20 to §17.42). Oracles: halves and shares of a run's own workload, sums by plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lever_world import PRICE, PRICES, USE
from scenario_world import rows, settings

import finops_model as fm
from finops_model.decide.advice import Ground, Recommendation, advised, shelf
from finops_model.decide.advising import workspace
from finops_model.decide.advising.brief import advised_for
from finops_model.decide.advising.chosen import choose, contradict
from finops_model.decide.advising.shown import answer_of, told
from finops_model.decide.advising.simulated import Bench, costs, possible, valued
from finops_model.decide.advising.wasted import waste_answer
from finops_model.decide.advising.written import propose
from finops_model.errors import FinOpsError, InputError
from finops_model.facts.cycle.actions import read_actions
from finops_model.measure.waste import Waste, WasteFacts
from finops_model.publish.page.one import three
from finops_model.publish.page.tables import Figures
from finops_model.scenario.document import load_scenario
from finops_model.scenario.ledger_base import read_facts
from finops_model.settings import Entity
from finops_model.simulate.kept_fits import Fits

DAYS = pd.date_range("2026-05-01", "2026-10-31")
TODAY = {"input": 60e6, "output": 10e6}  # tokens a day


def tokens(workload: str, use: dict, model: str = "large", **also) -> list[pd.DataFrame]:
    """A row a day for each meter of tokens."""
    said = {
        "ConsumedUnit": "Tokens",
        "x_Workload": workload,
        "x_Team": "ai",
        "x_BusinessUnit": "Support",
        "ServiceName": "Aurora API",
        "x_Model": model,
        **also,
    }
    return [
        rows(
            DAYS,
            SkuId=f"{model}:{meter}_tokens",
            SkuMeter=f"{meter}_tokens",
            ConsumedQuantity=amount,
            EffectiveCost=amount * PRICE[model][meter] / 1e6,
            **said,
        )
        for meter, amount in use.items()
    ]


def facts_of(folder, *parts: pd.DataFrame):
    """Facts of a bill made of these rows, with the price documents of lever_world."""
    folder.mkdir(exist_ok=True)
    own = settings(folder)
    (folder / "prices" / "aurora.yaml").write_text(PRICES)
    return read_facts(pd.concat(parts, ignore_index=True), own), own


def ground_of(folder, *parts: pd.DataFrame, **also) -> Ground:
    facts, own = facts_of(folder, *parts)
    return Ground(settings=own, facts=facts, **also)


def bench_of(ground: Ground, paths: int = 200) -> Bench:
    fits = Fits(ground.settings.path(ground.settings.ledger))
    return Bench(ground=ground, base=load_scenario(None), paths=paths, fits=fits)


@pytest.fixture(scope="module")
def wasteful(tmp_path_factory) -> Ground:
    """evals: nobody waits for it and nothing is batched; chat: nothing is cached, while the sister company caches half."""
    folder = tmp_path_factory.mktemp("wasteful")
    evals = tokens("evals", TODAY, x_Environment="rnd", x_Team="research")
    sister, _ = facts_of(folder / "sister", *tokens("chat", {**TODAY, "cached_input": 60e6}))
    return ground_of(
        folder, *tokens("chat", TODAY), *evals, follows={"chat": "chats"}, peers={"Sister": sister}
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Ground:
    """The same company where evals are batched and chat caches."""
    folder = tmp_path_factory.mktemp("sound")
    batched = {"batch_input": 60e6, "batch_output": 10e6}
    evals = tokens("evals", batched, x_Environment="rnd", x_Team="research")
    sister, _ = facts_of(folder / "sister", *tokens("chat", USE))
    return ground_of(
        folder, *tokens("chat", USE), *evals, follows={"chat": "chats"}, peers={"Sister": sister}
    )


def test_every_kind_of_advice_is_seen_in_a_small_company_and_not_in_its_sound_twin(wasteful, sound):
    seen = {(each.kind, each.resource, each.sure) for each in advised(wasteful)}
    assert {("batch_api", "evals", False), ("prompt_caching", "chat", True)} <= seen
    assert advised(sound) == []


def test_a_saving_is_the_difference_of_two_runs_by_hand(wasteful):
    """All of evals in batches at half the price: half of what evals cost in these months, path by path."""
    (seen,) = (a for a in advised(wasteful) if a.kind == "batch_api")
    whole = replace(seen, changes=({**seen.changes[0], "value": 1.0},))
    bench = bench_of(wasteful)
    closed = replace(
        seen,
        changes=(
            {
                "op": "set",
                "path": "workloads/evals/demand/level",
                "value": 0.0,
                "because": "x",
                "since": seen.since,
            },
        ),
    )
    (base, half, none), months = costs(bench, [(), (whole,), (closed,)])
    np.testing.assert_allclose(base - half, (base - none) / 2, rtol=1e-6, atol=1e-6)
    priced = valued(replace(whole, one_off=100.0), base - half, months, bench)
    year = [m for m in months if m <= "2026-12"]
    by_hand = [
        sum((base - half)[path, at] for at, m in enumerate(months) if m in year) - 100.0
        for path in range(len(base))
    ]
    assert priced.in_year == pytest.approx(sum(by_hand) / len(by_hand))
    assert priced.in_year_p90 == pytest.approx(np.quantile(by_hand, 0.9))
    twelve = [m for m in months if m >= seen.since][:12]
    total = sum((base - half)[:, months.index(m)].mean() for m in twelve)
    assert priced.run_rate == pytest.approx(total / 12)


def test_what_costs_the_same_every_day_saves_no_more_than_it_costs(wasteful, monkeypatch):
    """Half of evals, said to cost 1 a day whatever evals do: 31 in October, and the set loses what the single one loses."""
    given = {"title": "Half of evals", "why": "w", "steady": 1.0, "changes": (
        {"op": "set", "path": "workloads/evals/avoided", "value": 0.5},
    )}  # fmt: skip
    flat = wasteful.recommend("x", "evals", "evals", **given)
    monkeypatch.setattr(workspace, "ground_of", lambda *_: wasteful)
    monkeypatch.setattr(workspace, "advised", lambda _: [flat])
    advice = workspace.advice_of(wasteful.settings, paths=200)
    (one,) = advice.chosen
    days = sum(pd.Period(month).days_in_month for month in advice.months if month >= one.since)
    assert one.horizon == pytest.approx(days)
    assert advice.jointly.sum(axis=1).mean() == pytest.approx(days)
    assert advice.overlap == pytest.approx(0.0, abs=1e-6)
    monkeypatch.setattr(workspace, "advised", lambda _: [replace(flat, steady=1e9)])
    (free,) = workspace.advice_of(wasteful.settings, paths=200).chosen
    assert free.horizon > one.horizon  # what is simulated is less than its evidence: it stands


def test_the_set_is_a_run_of_its_own_and_the_overlap_closes_the_sum(wasteful, monkeypatch):
    monkeypatch.setattr(workspace, "ground_of", lambda *_: wasteful)
    advice = workspace.advice_of(wasteful.settings, paths=200)
    assert [a.kind for a in advice.chosen] == ["prompt_caching"]
    assert [a.kind for a in advice.asked] == ["batch_api"]  # the facts allow it; nobody proves it
    sure = replace(wasteful.recommend("x", "evals", "evals", title="Half of evals", why="w", changes=(
        {"op": "set", "path": "workloads/evals/avoided", "value": 0.5},
    )))  # fmt: skip
    monkeypatch.setattr(workspace, "advised", lambda _: [*advised(wasteful), sure])
    advice = workspace.advice_of(wasteful.settings, paths=200)
    sum_alone = sum(a.horizon + a.one_off for a in advice.chosen)
    assert advice.jointly.sum(axis=1).mean() == pytest.approx(sum_alone + advice.overlap)
    shown = answer_of(advice)
    assert shown.sentence.startswith("2 recommendations save $")
    act = [i for i, m in enumerate(advice.months) if m >= max(a.since for a in advice.chosen)][:12]
    assert shown.figures["run_rate"] == pytest.approx(advice.jointly[:, act].mean())
    assert list(shown.table["id"]) == ["x-evals", "prompt-caching-chat"]
    one = told(advice, "batch-api-evals")
    assert one.sentence.startswith("Send evals through the batch tier: $")
    assert "ask the owner first" in " ".join(one.said())
    with pytest.raises(InputError) as problem:
        told(advice, "batch-api-eval")
    assert str(problem.value) == (
        "finops advise: unknown recommendation 'batch-api-eval'. Did you mean 'batch-api-evals'? "
        "Known: x-evals, prompt-caching-chat, batch-api-evals."
    )


def test_what_the_scenario_language_refuses_is_left_out_with_its_reason(wasteful):
    odd = wasteful.recommend(
        "batch_api", "nowhere", "nowhere", title="t", why="w",
        changes=({"op": "set", "path": "workloads/nowhere/batch_share", "value": 0.5},),
    )  # fmt: skip
    kept, refused = possible(bench_of(wasteful), [odd])
    assert kept == [] and "nowhere" in refused["batch-api-nowhere"]


ADVICE = st.builds(
    lambda name, workload, lever, value, group, saves: Recommendation(
        id=name, kind="k", title=name, resource=name, workload=workload, group=group, horizon=saves,
        changes=({"op": "set", "path": f"workloads/{workload}/{lever}", "value": value},),
    ),
    st.uuids().map(str),
    st.sampled_from(("a", "b", "c")),
    st.sampled_from(("cache_hit", "batch_share", "demand/level")),
    st.sampled_from((0, 0.5)),
    st.sampled_from(("", "g1", "g2")),
    st.floats(-10, 100),
)  # fmt: skip


@given(st.lists(ADVICE, max_size=12))
def test_of_any_list_no_two_chosen_contradict_each_other(advice):
    chosen, against = choose(advice)
    assert not any(contradict(a, b) for i, a in enumerate(chosen) for b in chosen[i + 1 :])
    assert all(a.horizon > 0 for a in chosen)
    taken = {a.id for a in chosen}
    for each in (
        advice
    ):  # whoever is left out saves nothing, or meets a chosen one that saves as much or more
        if each.id not in taken and each.horizon > 0:
            other = next(a for a in chosen if a.id == against[each.id])
            assert contradict(each, other) and other.horizon >= each.horizon


def test_a_file_of_the_shelf_that_gives_something_else_is_refused(wasteful, monkeypatch):
    module = shelf()["batch_api"]
    monkeypatch.setattr(module, "advise", lambda ground: [1])
    with pytest.raises(FinOpsError) as problem:
        advised(wasteful)
    assert str(problem.value) == (
        "finops_model/decide/advice/batch_api.py: advise gave 1, and must give a list of Recommendation."
    )


def test_a_name_nobody_has_is_said_on_a_workspace_without_advice(tmp_path):
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    (tmp_path / "bill.csv").write_text("\n".join(bill))
    own = fm.start(tmp_path / "bill.csv", folder=tmp_path / "demo")
    with pytest.raises(InputError) as problem:
        fm.advise(own, "x", paths=100)
    assert str(problem.value).startswith("finops advise: unknown recommendation 'x'.")


# --- waste becomes changes ---------------------------------------------------------------------------------------------


def waste_line(rows_: pd.DataFrame, chosen, **said) -> Waste:
    facts = WasteFacts(
        rows=rows_.assign(
            x_Month=rows_["ChargeDate"].dt.strftime("%Y-%m"), ResourceId="", ResourceName=""
        ),
        month="2026-10",
        last="2026-10-31",
        currency="USD",
    )
    said = {"why": "w", "evidence": ({"month": "2026-10", "cost": 1.0},), "resource": "r", **said}
    return facts.line(facts.rows.loc[chosen, "EffectiveCost"] * said.pop("share", 1.0), **said)


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """serve: 10 machines at 20 USD a day on A, 30 USD a day on B; store: 5 USD a day; seats: 310 USD a month."""
    said = {
        "ConsumedUnit": "GPU-hours",
        "x_Team": "ml",
        "x_BusinessUnit": "Research",
        "ServiceName": "Compute",
    }
    parts = [
        rows(DAYS, SkuId="A", ConsumedQuantity=10.0, EffectiveCost=20.0, x_Workload="serve", **said),
        rows(DAYS, SkuId="B", ConsumedQuantity=10.0, EffectiveCost=30.0, x_Workload="serve", **said),
        rows(DAYS, SkuId="C", ConsumedQuantity=10.0, EffectiveCost=5.0, x_Workload="store", **said),
        rows(
            DAYS, SkuId="SEAT", ConsumedQuantity=1.0, EffectiveCost=10.0, x_Workload="seats",
            **said | {"ConsumedUnit": "Seats"}, ChargeCategory="Purchase", ChargeFrequency="Recurring",
        ),
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    facts, own = facts_of(tmp_path_factory.mktemp("machines"), frame)
    return Ground(
        settings=own,
        facts=facts,
        waste_rows=frame.assign(x_Month=frame["ChargeDate"].dt.strftime("%Y-%m")),
    ), frame


def saved(ground: Ground, advice: Recommendation) -> dict[str, float]:
    """Saving by month, mean over paths."""
    (base, after), months = costs(bench_of(ground), [(), (advice,)])
    return dict(zip(months, (base - after).mean(axis=0).tolist(), strict=True))


def test_a_line_of_waste_becomes_the_changes_that_take_it_away(machines):
    ground, frame = machines
    idle = waste_line(frame, frame["SkuId"].eq("A"), kind="idle endpoint", category="idle")
    whole = waste_line(
        frame, frame["x_Workload"].eq("store"), kind="stale storage", category="orphaned_storage"
    )
    half = waste_line(
        frame,
        frame["x_Workload"].eq("store"),
        kind="stale storage",
        category="orphaned_storage",
        share=0.5,
    )
    (endpoint,) = shelf()["idle_endpoints"].advise(replace(ground, waste=(idle,)))
    assert endpoint.changes[0]["path"] == "workloads/serve/idle_hours"
    assert endpoint.changes[0]["with"] == {"skus": ["A"]} and endpoint.since == "2026-11"
    (store,) = shelf()["stale_storage"].advise(replace(ground, waste=(whole,)))
    assert [c["path"] for c in store.changes] == ["workloads/store/demand/level"]
    (part,) = shelf()["stale_storage"].advise(replace(ground, waste=(half,)))
    assert part.changes[0]["value"] == pytest.approx(0.5)
    for advice, money in ((endpoint, 20.0), (store, 5.0), (part, 2.5)):
        assert saved(ground, advice)["2026-12"] == pytest.approx(31 * money, rel=0.02)


def test_what_is_avoided_is_no_longer_paid_and_the_rest_is(machines):
    ground, _ = machines
    one = ground.recommend("x", "serve", "serve", title="t", why="w", changes=(
        {"op": "set", "path": "workloads/serve/avoided", "value": 0.4, "with": {"skus": ["B"]}},
    ))  # fmt: skip
    assert saved(ground, one)["2026-12"] == pytest.approx(0.4 * 31 * 30.0, rel=0.02)
    odd = replace(one, changes=({**one.changes[0], "with": {"skus": ["BB"]}},))
    _, refused = possible(bench_of(ground), [odd])
    assert refused["x-serve"] == (
        "workloads/serve/avoided: skus: 'BB' is no SKU of 'serve'. Did you mean 'B'? It uses: A, B."
    )


def test_recurring_charges_follow_their_level_by_hand(machines):
    """310 USD of October recur; from 16 January on half of them: 310 × (15 + 16 ÷ 2) ÷ 31 in that month."""
    ground, _ = machines
    one = ground.recommend("x", "seats", "seats", title="t", why="w", since="2027-01-16", changes=(
        {"op": "scale", "path": "recurring/seats/level", "value": 0.5},
    ))  # fmt: skip
    months = saved(ground, one)
    assert months["2026-12"] == pytest.approx(0.0, abs=1e-9)
    assert months["2027-01"] == pytest.approx(310 * 8 / 31)
    assert months["2027-02"] == pytest.approx(155.0)
    odd = replace(one, changes=({**one.changes[0], "value": {"p10": 0.1, "p50": 0.2, "p90": 0.3}},))
    _, refused = possible(bench_of(ground), [odd])
    assert refused["x-seats"] == (
        "recurring/seats/level may not be uncertain. What recurs is agreed. Write one number, or a scenario for each."
    )


def test_seats_are_given_back_by_the_fewest_of_three_months(machines):
    ground, frame = machines
    line = waste_line(
        frame, frame["SkuId"].eq("SEAT"), kind="unused seats", category="unused_seats", resource=""
    )
    by_month = {"2026-07": 10.0, "2026-08": 62.0, "2026-09": 31.0, "2026-10": 93.0}
    line = replace(line, cost_by_month=by_month, month_cost=93.0)
    (advice,) = shelf()["unused_seats"].advise(replace(ground, waste=(line,)))
    assert advice.changes[0]["value"] == pytest.approx(0.9)
    assert saved(ground, advice)["2026-12"] == pytest.approx(31.0)
    gap = replace(line, cost_by_month={"2026-09": 31.0, "2026-10": 93.0})
    assert shelf()["unused_seats"].advise(replace(ground, waste=(gap,))) == []


def test_what_happens_now_and_then_is_counted_over_a_year(machines):
    """120 USD in three months of the twelve: 30 a month of some 1,522."""
    ground, frame = machines
    line = waste_line(
        frame, frame["SkuId"].eq("A"), kind="failed jobs", category="failed_or_repeated"
    )
    lost = {"2026-08": 120.0, "2026-09": 120.0, "2026-10": 120.0}
    failed = replace(line, cost_by_month=lost)
    (advice,) = shelf()["repeated_work"].advise(replace(ground, waste=(failed,)))
    cost = 50.0 * 365.25 / 12
    assert advice.changes[0]["from"] == pytest.approx(30 / (cost - 30), abs=1e-6)
    assert saved(ground, advice)["2027-01"] == pytest.approx(31 * 50.0 * 30 / cost, rel=0.02)
    ran = replace(failed, kind="runaway job", cost_by_month={"2026-08": 360.0})
    (limit,) = shelf()["runaway_jobs"].advise(replace(ground, waste=(ran,)))
    assert limit.changes[0]["value"]["max"] == pytest.approx(30 / (20.0 * 365.25 / 12), abs=1e-6)
    assert shelf()["repeated_work"].advise(replace(ground, waste=(ran,))) == []


# --- models and storage classes ----------------------------------------------------------------------------------------


def samples(**accepted: float) -> pd.DataFrame:
    """2,000 answers of chat a model, of which so many thousandths were accepted, over ten weeks."""
    return pd.DataFrame(
        [
            {
                "date": day,
                "workload": "chat",
                "model": model,
                "sampled": 200,
                "accepted": share * 200 / 1000,
            }
            for model, share in accepted.items()
            for day in pd.date_range("2026-08-03", periods=10, freq="7D")
        ]
    )


def test_a_smaller_model_needs_samples_that_hold_the_floor(tmp_path):
    """Half of chat's tokens at a quarter of the price, what fails again at the full one: by hand from the price table."""
    ground = ground_of(tmp_path, *tokens("chat", TODAY), *tokens("other", TODAY, "small"))
    file = shelf()["smaller_model"]
    assert file.advise(ground) == []  # nobody looked at answers
    assert (
        file.advise(replace(ground, quality=samples(large=900, small=850))) == []
    )  # 5 points less
    assert (
        file.advise(replace(ground, quality=samples(large=900, small=890))) == []
    )  # perhaps 2.6 less
    (advice,) = file.advise(replace(ground, quality=samples(large=900, small=905)))
    change = advice.changes[0]
    assert (change["path"], change["value"]) == ("workloads/chat/routing/small", 0.5)
    shares = (0.9, 0.905)
    error = sum(p * (1 - p) / 2000 for p in shares) ** 0.5
    assert change["escalation"] == pytest.approx(max(0.0, -0.005 + 1.282 * error), abs=1e-4)
    dear = (60 * 2.0 + 10 * 8.0) * 31
    cheap = (60 * 0.5 + 10 * 2.0) * 31
    by_hand = dear - (0.5 * dear + 0.5 * cheap + 0.5 * change["escalation"] * dear)
    assert saved(ground, advice)["2027-01"] == pytest.approx(by_hand, rel=0.02)
    old = samples(large=900, small=905).assign(date=pd.Timestamp("2026-01-05"))
    assert file.advise(replace(ground, quality=old)) == []


def test_what_lies_there_is_of_the_age_its_growth_says(tmp_path):
    """1,000 GB more a month for a year, none deleted: after a day the oldest of it lies in the coldest class."""
    days = pd.date_range("2025-11-01", "2026-10-31")
    written = {m: 1000.0 * (i + 1) for i, m in enumerate(sorted(set(days.strftime("%Y-%m"))))}
    amount = [written[d.strftime("%Y-%m")] / d.days_in_month for d in days]
    said = {
        "ConsumedUnit": "GB-Mo",
        "x_Team": "ml",
        "x_BusinessUnit": "R",
        "ServiceName": "Store",
        "x_Workload": "lake",
    }
    frame = rows(
        days, SkuId="HOT", ConsumedQuantity=amount, EffectiveCost=[0.02 * a for a in amount], **said
    )
    facts, own = facts_of(tmp_path, frame)
    document = PRICES + "".join(
        f"  {sku}: {{service: Store, unit: GB-Mo, rate: linear, history: {{2025-01-01: {{price: {price}}}}}}}\n"
        for sku, price in (("HOT", 0.02), ("COOL", 0.01), ("NEAR", 0.009), ("COLD", 0.002))
    )
    (tmp_path / "prices" / "aurora.yaml").write_text(document)
    facts = read_facts(frame, own)
    ground = Ground(settings=own, facts=facts)
    (advice,) = shelf()["storage_classes"].advise(ground)
    assert not advice.sure and "COOL after 30 days, COLD after 180 days" in advice.title
    parts = [c["value"] for c in advice.changes if c["op"] == "add"]
    there = sum(part["opening"] for part in parts)
    assert there == pytest.approx(12_000 + 1.5 * 1000)  # the middle of October to 1 December
    assert [part["opening_age"] for part in parts] == [15, 105, 300]
    assert [part["opening"] for part in parts[:2]] == pytest.approx([1000, 5000])
    assert parts[0]["use"]["p50"] == pytest.approx(1000)
    kept, refused = possible(bench_of(ground), [advice])
    assert kept and not refused
    flat = frame.assign(ConsumedQuantity=400.0, EffectiveCost=8.0)
    assert shelf()["storage_classes"].advise(replace(ground, facts=read_facts(flat, own))) == []


# --- proposed, and what was wasted -------------------------------------------------------------------------------------


def test_a_recommendation_is_proposed_once_and_nothing_there_is_changed(wasteful, tmp_path):
    own = wasteful.settings.model_copy(update={"root": str(tmp_path)})
    seen = [replace(a, run_rate=12.345) for a in advised(wasteful)]
    with pytest.raises(InputError) as problem:
        propose(own, seen, "2026-10-31")
    assert str(problem.value) == (
        "finops.yaml names no table of actions. Write actions: actions.csv there; the file is made with the first rows. "
        "Nothing was written."
    )
    assert list(tmp_path.iterdir()) == []
    own = own.model_copy(update={"actions": "actions.csv"})
    added, files = propose(own, seen, "2026-10-31")
    assert added == ["batch-api-evals", "prompt-caching-chat"]
    assert files == [
        "scenarios/actions/batch-api-evals.yaml",
        "scenarios/actions/prompt-caching-chat.yaml",
    ]
    rows_ = read_actions(tmp_path / "actions.csv", "USD")
    assert [(r.id, r.decision, str(r.monthly_saving), r.scenario) for r in rows_] == [
        (name, "proposed", "12.34", file)  # halves to the even cent
        for name, file in zip(added, files, strict=True)
    ]
    scenario = load_scenario(tmp_path / files[0])
    assert scenario.base.changes[0].path == "workloads/evals/batch_share"
    sister = own.model_copy(update={"own": Entity(name="Sister Co.", currency="USD")})
    _, theirs = propose(sister, seen[:1], "2026-10-31")
    assert theirs == ["scenarios/actions/sister-co-batch-api-evals.yaml"]  # not the other's changes
    before = {file: (tmp_path / file).read_bytes() for file in ("actions.csv", *files)}
    (tmp_path / files[1]).write_text("name: mine\n")
    assert propose(own, seen, "2026-11-30") == ([], [])
    assert (tmp_path / files[1]).read_text() == "name: mine\n"
    assert (tmp_path / "actions.csv").read_bytes() == before["actions.csv"]


def test_waste_is_told_with_its_share_and_what_is_proven(machines):
    _, frame = machines
    sure = waste_line(frame, frame["SkuId"].eq("A"), kind="idle endpoint", category="idle")
    asked = waste_line(
        frame, frame["SkuId"].eq("C"), kind="stale storage", category="orphaned_storage", sure=False
    )
    answer = waste_answer([sure, asked], "2026-10", "USD", 65.0 * 31)
    assert answer.sentence == (
        "October 2026 wasted $620, 30.8 % of its cost. Somebody should look at another $155."
    )
    assert answer.range == "$620 is proven; $155 beside it the bill alone suggests."
    assert answer.figures["waste"] == sum(answer.figures["by_category"].values()) == 620.0
    only = waste_answer([asked], "2026-10", "USD", 65.0 * 31)
    assert only.sentence.startswith("No waste of October 2026 is proven.")
    assert waste_answer([], "2026-10", "USD", 1.0).sentence == "No waste is seen in October 2026."


# --- rates, and page one -----------------------------------------------------------------------------------------------


def test_a_report_names_the_largest_recommendations_and_what_all_save_together(
    wasteful, monkeypatch
):
    monkeypatch.setattr(workspace, "ground_of", lambda *_: wasteful)
    said = advised_for(wasteful.settings, wasteful.facts.daily, "2026-10-31")
    assert (said["count"], said["asked"], said["paths"]) == (1, 1, 500)
    assert [(line["id"], line["sure"]) for line in said["lines"]] == [
        ("prompt-caching-chat", True),
        ("batch-api-evals", False),
    ]
    assert (
        said["saves"] == pytest.approx(said["lines"][0]["saves"])
        and said["p10"] < said["in_year"] < said["p90"]
    )
    block = three.advice(Figures({**BARE, "advice": said}))
    assert block.title == "What would save most, a month"
    assert [(item.what, item.below) for item in block.items] == [
        ("Keep the instructions of chat in the cache", "ai"),
        ("Send evals through the batch tier", "research; to be asked"),
    ]
    assert "this fiscal year from the first, in no figure above" in str(block.note)


BARE = {"actual": {"month": 1.0, "by_month": {}}, "currency": "USD", "month": "2026-10"}
HELD = {
    "ContractCommitmentId": "c1",
    "ContractCommitmentPeriodStart": "2025-12-01T00:00:00Z",
    "ContractCommitmentPeriodEnd": "2026-12-01T00:00:00Z",
    "ContractCommitmentCategory": "Usage",
    "ContractCommitmentQuantity": "20",
    "ContractCommitmentUnit": "GPU-hours",
    "ContractCommitmentLifecycleStatus": "Active",
    "ContractCommitmentDiscountPercentage": "0.4",
    "x_SkuIds": "H100",
    "x_Owner": "Procurement",
}


@pytest.mark.parametrize(("used", "best"), [(240.0, 10), (480.0, 20), (0.5, None)])
def test_a_commitment_that_ends_is_renewed_in_the_size_that_saves_most_or_left(
    tmp_path, used, best, monkeypatch
):
    """Use is flat: `used` ÷ 24 machines an hour; a size saves 40 % of what it covers and costs 60 % of what it does not."""
    said = {
        "ConsumedUnit": "GPU-hours",
        "x_Team": "ml",
        "x_BusinessUnit": "R",
        "ServiceName": "Compute",
        "x_Workload": "train",
    }
    frame = rows(DAYS, SkuId="H100", ConsumedQuantity=used, EffectiveCost=2.0 * used, **said)
    heading, cells = ",".join(HELD), ",".join(HELD.values())
    (tmp_path / "held.csv").write_text(f"{heading}\n{cells}\n")
    own = settings(tmp_path, commitments="held.csv")
    ground = Ground(settings=own, facts=read_facts(frame, own))
    seen = shelf()["commitments"].advise(ground)
    assert [a.changes[0]["value"]["ContractCommitmentQuantity"] for a in seen] == [
        10,
        15,
        20,
        25,
        30,
    ]
    assert {a.group for a in seen} == {"c1/renewal"} and {a.expires for a in seen} == {"2026-12-01"}
    monkeypatch.setattr(workspace, "ground_of", lambda *_: ground)
    advice = workspace.advice_of(own, paths=200)
    chosen = [a for a in advice.chosen if a.kind == "commitments"]
    assert [a.id for a in chosen] == ([] if best is None else [f"commitments-c1-{best}"])
    if best is not None:
        hours = 24 * 31  # of January
        assert chosen[0].run_rate == pytest.approx(0.4 * 2.0 * best * hours, rel=0.1)


# --- machines, traffic, context, regions -------------------------------------------------------------------------------


def telemetry(used_of) -> pd.DataFrame:
    """24 measured hours of serve a day in October 2026, of which used_of(day) were used."""
    days = pd.date_range("2026-10-01", "2026-10-31")
    return pd.DataFrame(
        [
            {
                "UsageDate": str(day.date()),
                "SkuMeter": meter,
                "Tags": '{"workload": "serve"}',
                "x_Job": "",
                "ConsumedQuantity": hours,
            }
            for day in days
            for meter, hours in (("gpu_hours_measured", 24.0), ("gpu_hours_used", used_of(day)))
        ]
    )


def kinds_of(ground: Ground) -> dict[str, Recommendation]:
    files = ("right_size", "off_hours", "autoscaling")
    return {name: a for name in files for a in shelf()[name].advise(ground)}


def test_machines_are_judged_by_their_telemetry(machines):
    ground, _ = machines
    flat = kinds_of(replace(ground, usage=telemetry(lambda day: 6.0)))
    assert list(flat) == ["right_size"] and flat["right_size"].changes[0]["from"] == 0.25
    assert "utilisation only: memory and batch size are not known" in flat["right_size"].risk
    saves = saved(ground, flat["right_size"])["2027-02"]  # hours × 0.25 ÷ what is reached
    assert 28 * 50 * (1 - 0.25 / 0.45) < saves < 28 * 50 * (1 - 0.25 / 0.65)
    weekdays = kinds_of(replace(ground, usage=telemetry(lambda day: 20.0 * (day.day_of_week < 5))))
    october = [day.day_of_week >= 5 for day in pd.date_range("2026-10-04", "2026-10-31")]
    assert weekdays["off_hours"].changes[0]["from"] == pytest.approx(sum(october) / 28, abs=1e-4)
    assert weekdays["autoscaling"].group == weekdays["off_hours"].group
    assert "right_size" not in weekdays
    assert kinds_of(replace(ground, usage=telemetry(lambda day: 20.0))) == {}
    held = replace(ground.facts, inventory=({"x_SkuIds": "A;B"},))
    assert kinds_of(replace(ground, facts=held, usage=telemetry(lambda day: 6.0))) == {}


def test_work_that_may_be_interrupted_moves_to_spot(tmp_path):
    """70 % of 240 hours a day at 1 instead of 2 USD, with 8 % more hours and some on demand."""
    said = {
        "ConsumedUnit": "GPU-hours",
        "x_BusinessUnit": "R",
        "ServiceName": "Compute",
        "x_Environment": "rnd",
    }
    parts = [
        rows(
            DAYS,
            SkuId="H100-OD",
            ConsumedQuantity=240.0,
            EffectiveCost=480.0,
            x_Workload="train",
            **said,
        ),
        rows(
            DAYS,
            SkuId="H100-SPOT",
            ConsumedQuantity=1.0,
            EffectiveCost=1.0,
            x_Workload="sweep",
            **said,
        ),
    ]
    ground = ground_of(tmp_path, *parts)
    (advice,) = shelf()["spot"].advise(ground)
    assert (advice.workload, advice.sure) == ("train", False)
    month = saved(ground, advice)["2027-03"]
    assert 0.6 * 0.7 * 480 * 31 * 0.3 < month < 0.7 * 480 * 31 * 0.5
    assert shelf()["spot"].advise(replace(ground, follows={"train": "searches"})) == []
    held = replace(ground.facts, inventory=({"x_SkuIds": "H100-OD"},))
    assert shelf()["spot"].advise(replace(ground, facts=held)) == []


def test_traffic_context_and_regions_are_only_asked_about(tmp_path):
    grown = [60e6 if day < pd.Timestamp("2026-06-01") else 120e6 for day in DAYS]
    chat = tokens("chat", {"input": 1.0, "output": 10e6})
    chat[0] = chat[0].assign(ConsumedQuantity=grown, EffectiveCost=[2e-6 * a for a in grown])
    said = {"x_BusinessUnit": "R", "ServiceName": "Net", "x_Workload": "lake", "ConsumedUnit": "GB"}
    traffic = rows(DAYS, SkuId="EGRESS-XREGION", ConsumedQuantity=100.0, EffectiveCost=9.0, **said)
    disks = rows(DAYS, SkuId="DISK-eu-1", ConsumedQuantity=100.0, EffectiveCost=20.0, **said)
    facts, own = facts_of(tmp_path, *chat, traffic, disks)
    line = "{service: Net, region: R, unit: GB, rate: linear, history: {2025-01-01: {price: P}}}"
    document = PRICES + "".join(
        f"  DISK-{r}: {line.replace('R,', f'{r},').replace('P', p)}\n"
        for r, p in (("eu-1", "0.2"), ("us-1", "0.1"))
    )
    (tmp_path / "prices" / "aurora.yaml").write_text(document)
    ground = Ground(settings=own, facts=read_facts(facts.daily, own))
    (network,) = shelf()["network"].advise(ground)
    (region,) = shelf()["region"].advise(ground)
    days = pd.Timestamp("2026-10-31") - pd.Timedelta(weeks=26) >= pd.Timestamp("2026-05-01")
    (context,) = shelf()["context_trim"].advise(ground) if days else (None,)
    assert not (network.sure or region.sure)
    assert region.title == "Run lake's DISK-eu-1 in us-1" and region.category == "rate"
    assert saved(ground, region)["2027-01"] == pytest.approx(31 * 10.0, rel=0.02)
    assert 31 * 9 * 0.2 < saved(ground, network)["2027-02"] < 31 * 9 * 0.8
    assert context.changes[0]["value"]["max"] == pytest.approx(0.5) and not context.sure
