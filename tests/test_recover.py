"""finops recover: the smallest sets of decisions that bring P80 under a budget, until when, jointly simulated (docs/method §8.74 to §8.77)."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import yaml
from deciding_world import close_of, row, run_of
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from page_keys import company as company_brief
from reserve_world import budgets, company
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.questions.decisions import apart, decisions_of, joint
from finops_model.decide.questions.search import LARGEST, MOST, later, search
from finops_model.errors import ScenarioError
from finops_model.measure.budget.landing import landing
from finops_model.measure.page_one.deciding.way_back import way_back
from finops_model.names import COMPANY
from finops_model.publish import close
from finops_model.publish.page.first import back
from finops_model.publish.page.tables import Figures
from finops_model.scenario.document import load_scenario

PATHS = 600

# -- the search, against all subsets


@given(st.integers(0, 100_000), st.integers(1, 6), st.floats(0.3, 1.0))
@laws(max_examples=60, deadline=None)
def test_the_smallest_sets_are_those_of_all_subsets(seed, count, share):
    """Savings that are no sums: pairs overlap or help one another, a few sets are refused."""
    draws = np.random.default_rng(seed)
    base = draws.lognormal(3.0, 0.4, 200)
    alone = draws.uniform(-1.0, 6.0, count)
    pairs = {pair: draws.uniform(-3.0, 3.0) for pair in combinations(range(count), 2)}
    banned = {pair for pair in pairs if draws.random() < 0.15}

    def totals_of(members, delay):
        if any(pair in banned for pair in combinations(members, 2)):
            return "not together"
        return base - alone[list(members)].sum() - sum(pairs[p] for p in combinations(members, 2))

    def p80(members):
        totals = totals_of(members, 0)
        return np.inf if isinstance(totals, str) else float(np.quantile(totals, 0.8))

    budget = float(np.quantile(base, 0.8)) - share * alone.clip(0).sum()
    sets = [
        members
        for size in range(1, count + 1)
        for members in combinations(range(count), size)
        if size <= LARGEST or size == count
    ]
    reach = [members for members in sets if p80(members) <= budget]
    found = search(count, totals_of, budget)
    if not reach:
        assert found.size is None
        assert min(one.at(80) for one in found.tried) == min(p80(members) for members in sets)
        return
    size = min(map(len, reach))
    assert found.size == size
    assert {one.members for one in found.reaching(budget, 80)} == {
        m for m in reach if len(m) == size
    }
    order = [one.at(80) for one in found.reaching(budget, 80)]
    assert order == sorted(order)


def test_of_many_decisions_sets_are_made_of_those_that_lower_most():
    base, less = np.full(100, 100.0), np.arange(1.0, 12.0)
    found = search(11, lambda who, _: base - less[list(who)].sum(), budget=80.0)
    assert found.size == 2 and found.left == (0, 1, 2) and len(found.tried) == 11 + 28
    assert [one.members for one in found.reaching(80.0, 80)] == [(9, 10), (8, 10)]
    assert MOST == 8


def test_later_stops_at_the_first_month_that_no_longer_reaches():
    totals = later((0,), lambda who, k: np.full(10, 5.0 + k), 9, budget=7.0)
    assert [float(one[0]) for one in totals] == [6.0, 7.0, 8.0]
    assert len(later((0,), lambda who, k: np.full(10, 5.0 + k), 9)) == 9
    assert later((0,), lambda who, k: "it has no date", 9) == "it has no date"


# -- a workspace of its own


def write(folder: Path, name: str, **document) -> Path:
    file = folder / "scenarios" / f"{name}.yaml"
    document = {"name": name, "base": "00_base.yaml", **document}
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return file


def change(path, value, op="scale", **more):
    return {"path": path, "op": op, "value": value, "because": "plan", **more}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    settings = company(tmp_path_factory.mktemp("recover"))
    root = Path(settings.root)
    train, rag = "workloads/train/demand/level", "workloads/rag/demand/level"
    write(
        root,
        "a_train",
        decide_by="2026-07-20",
        owner="Labs lead",
        changes=[change(train, 0.8, since="2026-08")],
    )
    write(
        root, "b_rag", changes=[change(rag, 0.9, since="2026-09", kind="decision", owner="Search")]
    )
    write(
        root, "c_train_again", decide_by="2026-09-30", changes=[change(train, 0.5, since="2026-10")]
    )
    write(root, "d_fate", changes=[change("workloads/*/demand/level", 2.0)])
    write(
        root,
        "e_too_late",
        decide_by="2026-05-31",
        changes=[change(train, 0.1, since="2026-06")],
    )
    write(
        root,
        "f_set",
        decide_by="2026-12-31",
        changes=[change(train, 0.9, op="set", since="2026-11")],
    )
    (root / "scenarios" / "g_broken.yaml").write_text("name: G\nbase: nowhere.yaml\n")
    write(root, "h_nothing", decide_by="2026-12-31", changes=[])
    (root / "scenarios" / "i_other.yaml").write_text(
        "name: Other\nquestion: x\nworkloads: {from: ledger}\n"
    )
    (root / "scenarios" / "j_on_other.yaml").write_text(
        "name: On other\nbase: i_other.yaml\ndecide_by: 2026-12-31\nchanges:\n- {path: workloads/rag/demand/level, op: scale, value: 0.5, because: x}\n"
    )
    return settings


@pytest.fixture(scope="module")
def base(own):
    return fm.run(None, own, as_of="2026-06-30", paths=PATHS)


def booked(own, base):
    return fm.reserve(own).figures["booked"]


def by_hand(own, base, train=1.0, rag=1.0):
    """FY2026 by plain numpy: {unit: factor from month on} on the paths of the base. train is all of Labs; of Search the gateway stays."""
    months = [month for month in base.months if month <= "2026-12"]
    total = np.full(PATHS, booked(own, base))
    for month in months:
        total = total + base.total(months=[month])
        for unit, factor in (("Labs", train), ("Search", rag)):
            if not isinstance(factor, float):
                total = total + (factor(month) - 1.0) * base.total(unit, [month])
    return total


def from_(since, factor):
    return lambda month: factor if month >= since else 1.0


def test_which_scenarios_are_decisions_and_why_others_are_not(own):
    found, notes = decisions_of(own, "2026-06-30")
    assert [(one.name, one.by, one.owner) for one in found] == [
        ("a_train", "2026-07-20", "Labs lead"),
        ("b_rag", "", "Search"),
        ("c_train_again", "2026-09-30", ""),
        ("f_set", "2026-12-31", ""),
    ]
    assert notes == [
        "Left out: e_too_late (e_too_late.yaml) had to be decided by 2026-05-31: that day is over.",
        notes[1],
        "Left out: h_nothing (h_nothing.yaml) changes nothing.",
        "Left out: On other (j_on_other.yaml) builds on another base than finops.yaml names.",
        "Left out as what may happen, no decision: d_fate (d_fate.yaml: workloads/*/demand/level). Where somebody can decide one, give it "
        "decide_by:, or its changes kind: decision.",
    ]
    assert notes[1] == (
        "Left out: scenarios/g_broken.yaml:2: base: scenarios/nowhere.yaml: there is no such file. Did you mean 'i_other.yaml'?"
    )
    named, _ = decisions_of(own, "2026-06-30", [Path(own.root) / "scenarios" / "d_fate.yaml"])
    assert [one.name for one in named] == ["d_fate"]  # named is taken for a decision
    with pytest.raises(ScenarioError, match="nowhere.yaml"):
        decisions_of(own, "2026-06-30", [Path(own.root) / "scenarios" / "g_broken.yaml"])


def test_a_joint_scenario_is_the_changes_of_both_in_one_file(own):
    root = Path(own.root)
    found, _ = decisions_of(own, "2026-06-30")
    both = write(
        root,
        "z_both",
        changes=[
            change("workloads/train/demand/level", 0.8, since="2026-08"),
            change("workloads/rag/demand/level", 0.9, since="2026-09"),
        ],
    )
    try:
        want = fm.run(both, own, as_of="2026-06-30", paths=PATHS)
    finally:
        both.unlink()
    answer = fm.recover(own, amount=1.0)
    pair = next(one for one in answer.figures["tried"] if one["decisions"] == ["a_train", "b_rag"])
    ahead = [month for month in want.months if month <= "2026-12"]
    total = booked(own, want) + want.total(months=ahead)
    assert pair["quantile"] == pytest.approx(np.quantile(total, 0.8), rel=1e-12)
    assert joint(load_scenario(own.path(own.scenario)), found[:2]).name == "a_train + b_rag"


def test_each_decision_alone_is_plain_arithmetic_on_the_paths(own, base):
    figures = fm.recover(own, amount=1.0).figures
    alone = {one["decisions"][0]: one for one in figures["tried"] if len(one["decisions"]) == 1}
    total = by_hand(own, base)
    assert figures["quantile"] == pytest.approx(np.quantile(total, 0.8), rel=1e-9)
    assert figures["quantile"] == pytest.approx(fm.reserve(own).figures["quantile"], rel=1e-12)
    less = by_hand(own, base, train=from_("2026-08", 0.8))
    assert alone["a_train"]["quantile"] == pytest.approx(np.quantile(less, 0.8), rel=1e-7)
    assert alone["a_train"]["saves_mean"] == pytest.approx((total - less).mean(), rel=1e-6)
    assert alone["a_train"]["saves_standard_error"] == pytest.approx(
        (total - less).std(ddof=1) / PATHS**0.5, rel=1e-5
    )


def test_two_that_save_the_same_money_overlap(own, base):
    """× 0.8 and × 0.5 on one workload are × 0.4: together they save less than both added up."""
    figures = fm.recover(own, amount=1.0).figures
    pair = next(one for one in figures["tried"] if one["decisions"] == ["a_train", "c_train_again"])
    lab = sum(base.total("Labs", [m]).mean() for m in ("2026-10", "2026-11", "2026-12"))
    assert pair["overlap"] == pytest.approx((0.6 - 0.2 - 0.5) * lab, rel=1e-6)


def test_the_last_start_is_where_plain_arithmetic_stops_reaching(own, base):
    totals = [by_hand(own, base, train=from_(f"2026-{m:02}", 0.8)) for m in range(8, 14)]
    at = [float(np.quantile(total, 0.8)) for total in totals]
    assert at == sorted(at)  # later is never better here
    budget = (at[2] + at[3]) / 2  # October still holds, November does not
    answer = fm.recover(
        own, amount=budget, scenarios=[Path(own.root) / "scenarios" / "a_train.yaml"]
    )
    best = answer.figures["sets"][0]
    assert (answer.figures["state"], answer.figures["size"]) == ("reached", 1)
    assert (best["last_start"], best["months_later"]) == ("2026-10", 2)
    waiting = answer.tables["Deciding later"]
    assert list(waiting["begun"]) == ["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"]
    assert waiting["P80"].to_numpy() == pytest.approx(at[:5], rel=1e-7)
    assert waiting["waiting costs"].to_numpy() == pytest.approx(np.array(at[:5]) - at[0], abs=1e-2)
    assert answer.sentence.endswith(
        "under the budget of "
        + fm_money(budget)
        + ", if begun in October 2026 or before; decide by 20 July 2026."
    )


def fm_money(value):
    from finops_model.wording import money

    return money(value, "USD")


def test_the_smallest_set_is_found_and_the_rest_is_said(own, base):
    one = by_hand(own, base, train=from_("2026-08", 0.8))
    answer = fm.recover(own, amount=float(np.quantile(one, 0.8)) - 300.0)
    assert answer.figures["state"] == "reached" and answer.figures["size"] == 1
    assert answer.figures["sets"][0]["decisions"] == ["c_train_again"]
    deeper = fm.recover(own, amount=answer.figures["sets"][0]["quantile"] - 300.0)
    assert deeper.figures["size"] == 2
    assert any(
        note.startswith("Not tried: a_train and f_set: both change workloads/train/demand/level.")
        for note in deeper.notes
    )
    assert "sets simulated on the same 600 futures" in " ".join(deeper.notes)


def test_cannot_be_reached_says_how_near(own):
    answer = fm.recover(own, amount=40_000.0)
    figures = answer.figures
    assert figures["state"] == "cannot" and figures["size"] is None
    best = min(figures["tried"], key=lambda one: one["quantile"])
    assert figures["sets"][0]["quantile"] == best["quantile"]
    assert answer.sentence == (
        "FY2026 cannot be brought under its budget of $40.0k any more: the best set, a_train, b_rag and c_train_again, leaves P80 at "
        f"{fm_money(best['quantile'])}, {fm_money(best['quantile'] - 40_000)} over."
    )


@pytest.mark.parametrize(
    "how, state, said",
    [
        ({"amount": 1e6}, "already under", "FY2026 is already under: 8 of 10 futures stay under $"),
        ({"budget": "FY2026-Q1"}, "over", "FY2026-Q1 is over, with $"),
        (
            {"budget": "FY2027"},
            "no budget",
            "FY2027 has no approved budget for all of it, so there is nothing to come back to: 8 of 10 futures stay under $",
        ),
    ],
)
def test_answers_without_a_search(own, how, state, said):
    answer = fm.recover(own, **how)
    assert answer.figures["state"] == state and answer.sentence.startswith(said)
    assert answer.figures["tried"] == []


def test_a_workspace_without_decisions(tmp_path):
    own = company(tmp_path)
    answer = fm.recover(own, amount=50_000.0)
    assert answer.figures["state"] == "nothing to decide"
    assert answer.sentence.endswith(
        "over the budget of $50.0k, and the workspace has no decision that could bring it back."
    )
    assert answer.reason == (
        "No scenario beside the base is a decision: write what could be decided as a scenario with decide_by:, or with commitments, "
        "purchases, routing, levers or kind: decision as its changes."
    )


def test_the_command_in_json_and_in_a_file(own, tmp_path):
    file = Path(own.root) / "scenarios" / "c_train_again.yaml"
    words = ["recover", str(file), "-s", str(own.root), "--amount", "75000"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    figures = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)["figures"]
    assert figures == json.loads(
        json.dumps(fm.recover(own, amount=75_000.0, scenarios=[file]).plain()["figures"])
    )
    page = tmp_path / "back.html"
    assert CliRunner().invoke(app, [*words, "--export", str(page)]).exit_code == 0
    assert "<svg" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "path", ["workloads/chat/cache_hit", "workloads/chat/routing/small", "purchases/seats/price"]
)
def test_a_file_with_one_lever_is_a_decision(own, path):
    file = write(Path(own.root), "x_lever", changes=[change(path, 0.5, op="set")])
    try:
        assert "x_lever" in [one.name for one in decisions_of(own, "2026-06-30")[0]]
    finally:
        file.unlink()


# -- moved and joined documents


def test_a_commitment_is_delayed_with_its_own_dates(own):
    root = Path(own.root)
    terms = {
        "ContractCommitmentQuantity": 4,
        "ContractCommitmentUnit": "Hours",
        "ContractCommitmentPeriodStart": "2026-08-31",
        "ContractCommitmentPeriodEnd": "2027-08-31",
        "x_Rate": 1.0,
    }
    file = write(
        root, "y_commit", changes=[change("commitments/new", terms, op="add", since="2026-08")]
    )
    try:
        (one,), _ = decisions_of(own, "2026-06-30", [file])
        plain = load_scenario(own.path(own.scenario))
        moved = joint(plain, [one], 6, "2026-07").layers[-1].document.changes[0]
    finally:
        file.unlink()
    assert moved.since == "2027-02"
    assert moved.value["ContractCommitmentPeriodStart"] == "2027-02-28"
    assert moved.value["ContractCommitmentPeriodEnd"] == "2028-02-29"
    assert one.changes[0].value == terms  # the file's own is as it was
    assert one.start("2026-07") == "2026-08" and one.start("2026-10") == "2026-10"


def test_scales_go_together_and_two_that_set_do_not(own):
    found, _ = decisions_of(own, "2026-06-30")
    train, rag, again, set_ = found
    assert apart(train, again) == "" and apart(train, rag) == ""
    assert apart(train, set_) == apart(set_, again) == "workloads/train/demand/level"
    assert apart(set_, set_) == ""  # a file with itself is one file


# -- the line of page one


def close_over(budget, savings, by=("2026-12-15", "2026-12-20"), seed=3):
    """A close whose base lands by hand; what-ifs that save so much on every path of December, proportionally."""
    draws = np.random.default_rng(seed).normal(200.0, 20.0, (400, 2, 1))
    months = ("2026-11", "2026-12")
    base = run_of(draws, ("A",), months)
    runs = []
    for i, share in enumerate(savings):
        less = draws.copy()
        less[:, 1] *= 1.0 - share
        runs.append(run_of(less, ("A",), months, name=f"Cut {i}"))
    due = [{"by": day, "owner": "", "source": "x"} for day in by]
    close = close_of([row("2026-03-01", 900.0, "A")], base, what_ifs=runs, due=due)
    land = landing("FY2026", 900.0, draws.sum(axis=2), months, budget, last="2026-12")
    return close, land, 900.0 + draws.sum(axis=(1, 2)), draws


def test_page_one_says_which_decision_alone_helps_most():
    close, land, totals, draws = close_over(1_280.0, (0.1, 0.3))
    found = way_back(close, land)
    assert found["quantile"] == pytest.approx(np.quantile(totals, 0.8), rel=1e-12)
    assert found["over"] == pytest.approx(land["holdback_p80"], rel=1e-9)
    left = np.quantile(totals - 0.3 * draws[:, 1, 0], 0.8)
    assert (found["best"], found["tried"]) == ("Cut 1", 2)
    assert found["best_quantile"] == pytest.approx(left, rel=1e-12)
    assert found["sentence"] == (
        "Way back: “Cut 1” alone, decided by 20 December 2026, holds FY2026 in 8 of 10 futures."
    )


def test_page_one_says_how_much_the_nearest_is_short():
    close, land, totals, draws = close_over(1_200.0, (0.1, 0.3))
    short = np.quantile(totals - 0.3 * draws[:, 1, 0], 0.8) - 1_200.0
    assert way_back(close, land)["sentence"] == (
        "Way back: no decision alone holds FY2026 in 8 of 10 futures; “Cut 1” comes nearest and leaves it "
        f"{fm_money(short)} short."
    )


@pytest.mark.parametrize("by", [("", ""), ("2026-10-01", "2026-09-01")])
def test_page_one_knows_what_can_still_be_decided(by):
    close, land, _, _ = close_over(1_200.0, (0.1, 0.3), by=by)
    assert way_back(close, land)["sentence"] == (
        "Way back: no what-if on file that can still be decided brings FY2026 under its budget."
    )


def test_where_the_year_is_likely_to_hold_page_one_says_nothing():
    close, land, _, _ = close_over(1_310.0, (0.1, 0.3))
    assert land["overrun_probability"] < 0.5 and way_back(close, land) is None
    assert way_back(close, {**land, "budget": None}) is None
    over = close_over(1_200.0, (0.1, 0.3))[1]
    assert way_back(close, {**over, "closed": True}) is None


def test_the_line_stands_on_the_page_and_a_long_name_is_cut():
    brief = company_brief()
    close, land, _, _ = close_over(1_280.0, (0.1, 0.3))
    brief["page_one"]["way_back"] = {
        **way_back(close, land),
        "best": "A <b>very</b> long name " * 9,
    }
    html = str(back(Figures(brief)))
    assert html.startswith("Way back: “A &lt;b&gt;very&lt;/b&gt; long name A") and "…”" in html
    assert str(back(Figures(company_brief()))) == ""


def test_the_line_and_the_command_have_the_same_numbers(own):
    root = Path(own.root)
    text = (root / "finops.yaml").read_text(encoding="utf-8")
    (root / "line.yaml").write_text(
        text.replace("budgets.csv", "low.csv")
        + "what_ifs: [scenarios/a_train.yaml, scenarios/c_train_again.yaml]\n",
        encoding="utf-8",
    )
    (root / "low.csv").write_text(budgets(scale=0.9), encoding="utf-8")
    settings = fm.load_settings(root / "line.yaml")
    whole = close.briefs_of(close.prepare(settings, "2026-06"), [COMPANY])[0]
    figures = fm.recover(settings, month="2026-06").figures
    assert whole["landing"]["overrun_probability"] == figures["overrun_probability"]
    line = whole["page_one"].get("way_back")
    assert figures["overrun_probability"] > 0.5 and figures["budget"] == 0.9 * 79_200
    alone = min(
        one["quantile"]
        for one in figures["tried"]
        if one["decisions"] in (["a_train"], ["c_train_again"])
    )
    assert line["quantile"] == pytest.approx(figures["quantile"], rel=1e-12)
    assert line["best_quantile"] == pytest.approx(alone, rel=1e-9)
    figure = fm.reserve(settings, month="2026-06").figures["reserve"]
    assert line["over"] == pytest.approx(figure, rel=1e-9)


def test_a_decision_that_costs_more_is_no_way_back(tmp_path):
    own = company(tmp_path)
    write(
        Path(own.root),
        "growth",
        decide_by="2026-12-31",
        changes=[change("workloads/train/demand/level", 1.5, since="2026-08")],
    )
    answer = fm.recover(own, amount=50_000.0)
    at = fm_money(answer.figures["quantile"])
    over = fm_money(answer.figures["quantile"] - 50_000)
    assert answer.figures["state"] == "cannot" and answer.figures["sets"] == []
    assert answer.sentence == (
        f"FY2026 cannot be brought under its budget of $50.0k any more: no decision on file lowers P80, which stays at {at}, {over} over."
    )
    assert answer.reason == "Every decision on file leaves P80 where it is, or higher."
    assert answer.next_best == "" and list(answer.table["decided"]) == ["nothing decided", "growth"]
