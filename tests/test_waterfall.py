"""Each change alone, jointly, and the overlap: closed forms by hand, exact sums, the command on a workspace of one's own (docs/method §3.69)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from lever_world import own_workspace
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.questions.waterfall import Fallen, Step, fallen
from finops_model.errors import ScenarioError
from finops_model.scenario.document import Scenario

CHAT = 60 * 2 + 20 * 0.5 + 20 * 2.5 + 10 * 8  # 260 a day
HEAD = "name: Tokens\nbase: 00_base.yaml\nchanges:\n"
CACHE = "- {path: workloads/chat/cache_hit, op: set, value: 0.6, because: prompts are ordered}\n"
ROUTE = "- {path: workloads/chat/routing/small, op: set, value: 0.5, escalation: 0.1, because: easy ones}\n"
BATCH = "- {path: workloads/chat/batch_share, op: set, value: 0.5, because: nights}\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return own_workspace(tmp_path_factory.mktemp("own"))


def write(workspace, text, name="tokens.yaml"):
    file = workspace[0] / "scenarios" / name
    file.write_text(text)
    return file


def rows_of(answer):
    return {row["step"]: row["change"] for row in answer.plain()["table"]}


def test_cache_and_routing_overlap_by_what_both_take_from_the_same_tokens(workspace):
    """By hand: the cache saves 260 − 215 a day, routing .5·(.75 − .1) of 260; routing after the cache saves that share of 215 only."""
    answer = fm.waterfall(write(workspace, HEAD + CACHE + ROUTE), workspace[1], paths=100)
    base, rows = answer.figures["base"], rows_of(answer)
    cached = 30 * 2 + 60 * 0.5 + 10 * 2.5 + 10 * 8
    share = 0.5 * (0.75 - 0.1)
    alone = [(cached - CHAT) / CHAT, -share]
    both = (cached * (1 - share) - CHAT) / CHAT
    got = [value / base for value in rows.values()]
    assert got == pytest.approx([*alone, both - sum(alone), both], rel=1e-5)
    assert rows["overlap"] > 0  # signed: the joint saving is smaller than the sum
    assert list(rows) == [
        "chat/cache_hit = 0.6",
        "chat/routing/small = 0.5, 0.1 run again",
        "overlap",
        "together",
    ]
    assert "take from the same cost" in answer.reason and not any(
        "run again" in note for note in answer.notes[1:]
    )


def test_the_waterfall_adds_up_exactly(workspace):
    answer = fm.waterfall(write(workspace, HEAD + CACHE + BATCH + ROUTE), workspace[1], paths=100)
    *steps, overlap, together = rows_of(answer).values()
    assert sum(steps) + overlap == pytest.approx(together, abs=1e-9)
    assert answer.figures["sum_alone"] == sum(steps)
    bars = answer.picture["layer"][0]["data"]["values"]
    assert bars[-1]["low"] == pytest.approx(together) and bars[-2]["high"] == pytest.approx(
        together
    )


def test_the_change_that_matters_is_named_also_where_all_cost_more(workspace):
    trim = "- {path: workloads/chat/context_trim, op: set, value: 0.01, because: b}\n"
    more = "- {path: workloads/chat/demand/level, op: scale, value: 1.5, because: b}\n"
    again = "- {path: workloads/chat/retries, op: set, value: 0.1, from: 0, because: b}\n"
    mixed = fm.waterfall(write(workspace, HEAD + trim + more), workspace[1], paths=100)
    assert mixed.next_best.startswith(
        "of single changes chat/context_trim = 0.01 lowers the cost most: −$"
    )
    dearer = fm.waterfall(write(workspace, HEAD + again + more), workspace[1], paths=100)
    assert dearer.next_best.startswith(
        "of single changes chat/demand/level × 1.5 raises the cost most: +$"
    )


def test_several_files_fall_as_wholes(workspace):
    one = write(workspace, HEAD.replace("Tokens", "Cache") + CACHE, "cache.yaml")
    two = write(workspace, HEAD.replace("Tokens", "Route") + ROUTE, "route.yaml")
    files = rows_of(fm.waterfall([one, two], workspace[1], paths=100))
    changes = rows_of(fm.waterfall(write(workspace, HEAD + CACHE + ROUTE), workspace[1], paths=100))
    assert list(files) == ["Cache", "Route", "overlap", "together"]
    assert list(files.values()) == list(changes.values())


def test_changes_that_belong_together_are_one_step(workspace):
    steps = (
        "- {path: workloads/chat/demand/level, op: set, value: 1.5, since: 2027-01, because: a}\n"
        "- {path: workloads/chat/demand/level, op: set, value: 1, since: 2027-03, because: b}\n"
        "- {path: workloads/new, op: add, value: {cost_per_month: 100}, because: c}\n"
        "- {path: workloads/new/demand/level, op: set, value: 2, because: d}\n"
    )
    rows = rows_of(fm.waterfall(write(workspace, HEAD + steps), workspace[1], paths=100))
    assert list(rows)[:2] == [
        "chat/demand/level = 1.5; chat/demand/level = 1",
        "workloads/new; new/demand/level = 2",
    ]
    assert rows["overlap"] == pytest.approx(0, abs=1e-6)


def test_one_change_has_nothing_to_overlap_with(workspace):
    answer = fm.waterfall(write(workspace, HEAD + CACHE), workspace[1], paths=100)
    rows = list(rows_of(answer).values())
    assert rows[0] == rows[2] and rows[1] == 0 and answer.next_best == ""
    assert answer.sentence.startswith("The change of Tokens lowers the expected cost by ")


def test_a_share_routed_without_a_word_on_what_is_run_again_is_said(workspace):
    silent = ROUTE.replace(" escalation: 0.1,", "")
    answer = fm.waterfall(write(workspace, HEAD + silent), workspace[1], paths=100)
    assert (
        "chat/routing/small = 0.5: nothing is said of what the larger model runs again, so none is counted and the saving may be too "
        "high. Write escalation: beside the share (0.08 is 8 % of what is routed)." in answer.notes
    )
    told = CliRunner().invoke(
        app, ["compare", "--settings", str(workspace[0] / "finops.yaml"), "--paths", "100", str(workspace[0] / "scenarios" / "tokens.yaml")]
    )  # fmt: skip
    assert "Tokens: nothing is said of what the larger model runs again" in told.output.replace(
        "\n", " "
    )


def test_the_command_says_exports_and_refuses(workspace):
    file = str(write(workspace, HEAD + CACHE + ROUTE))
    common = ["compare", "--settings", str(workspace[0] / "finops.yaml"), "--paths", "100", file]
    shown = CliRunner().invoke(app, [*common, "--waterfall"])
    assert shown.exit_code == 0, shown.output
    assert (
        "overlap" in shown.output and "Together the 2 changes of Tokens lower the" in shown.output
    )
    plain = json.loads(CliRunner().invoke(app, [*common, "--waterfall", "--json"]).output)
    assert plain["question"] == "compare" and plain["figures"]["overlap"] > 0
    html = workspace[0] / "levers.html"
    assert CliRunner().invoke(app, [*common, "--waterfall", "--export", str(html)]).exit_code == 0
    assert "<svg" in html.read_text()
    for more, words in (
        (["--export", str(html)], "--export goes with --waterfall. Give both, or take --json."),
        (["--waterfall", "--budget", "5"], "--budget does not go with --waterfall. Leave it out, or compare without --waterfall."),
    ):  # fmt: skip
        refused = CliRunner().invoke(app, [*common, *more])
        assert refused.exit_code and str(refused.exception or refused.output).startswith(words)


def test_what_cannot_fall_is_refused(workspace):
    with pytest.raises(ScenarioError) as nothing:
        fm.waterfall(write(workspace, "name: a\nbase: 00_base.yaml\n"), workspace[1])
    assert str(nothing.value).endswith(
        "tokens.yaml: it changes nothing, so that there is nothing to take apart. Name a scenario with changes."
    )
    one = write(workspace, HEAD + CACHE, "one.yaml")
    other = write(workspace, "name: b\nchanges:\n" + ROUTE, "other.yaml")
    with pytest.raises(ScenarioError) as apart:
        fm.waterfall([one, other], workspace[1])
    assert "it builds on another base than" in str(apart.value)
    wrong = write(workspace, HEAD + CACHE + BATCH.replace("0.5", "1.5"))
    with pytest.raises(ScenarioError) as line:
        fm.waterfall(wrong, workspace[1])
    assert "tokens.yaml:5: workloads/chat/batch_share is 1.5;" in str(line.value)


def fall(alone, jointly):
    nobody = Scenario("a", "", "", ())
    return fallen(
        Fallen(
            name="a",
            steps=[Step(f"s{i}", "", nobody) for i in range(len(alone))],
            alone=[np.array(one) for one in alone],
            jointly=np.array(jointly),
            base=100.0,
            currency="USD",
            months=("2026-01",),
            paths=len(jointly),
            seed=1,
            engine="numpy",
            as_of="2025-12-31",
        )
    )


MONEY = st.floats(-1e9, 1e9)
PATHS = st.lists(MONEY, min_size=3, max_size=3)


@speed(max_examples=60, deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=5), PATHS)
def test_any_waterfall_adds_up(alone, jointly):
    answer = fall(alone, jointly)
    *steps, overlap, together = rows_of(answer).values()
    assert sum(steps) + overlap == pytest.approx(together, abs=1e-3)
    assert "array" not in str(answer) and answer.plain()["figures"]["together"] == together
