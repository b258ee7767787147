"""Scenario documents: what they may say, how layers apply, and how nonsense is refused, word for word (docs/method §3.1–§3.5)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st
from scenario_world import settings, world

from finops_model.errors import ScenarioError
from finops_model.scenario import changes, explain
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.scenario.additions import read_terms
from finops_model.scenario.schema import schema_text
from finops_model.uncertainty.elicit import elicit

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return base.read_facts(world(), settings(tmp_path_factory.mktemp("company")))


def write(folder, text, name="a.yaml"):
    (folder / "00_base.yaml").write_text("name: Base\nchanges: []\n")
    (folder / name).write_text(text)
    return folder / name


def resolved(folder, facts, changed, head="name: a\nbase: 00_base.yaml\n"):
    path = write(
        folder,
        head + ("changes:\n" + "".join(f"- {{{line}}}\n" for line in changed) if changed else ""),
    )
    return scenario.resolve(scenario.load_scenario(path), settings=settings(folder), facts=facts)


BAD = [
    (
        "absolute",
        "name: a\nbase: /etc/passwd\n",
        "{f}:2: base: '/etc/passwd' lies outside the scenario's folder. Name a file in the same folder or below it.",
    ),
    (
        "parent",
        "name: a\nbase: ../b.yaml\n",
        "{f}:2: base: '../b.yaml' lies outside the scenario's folder. Name a file in the same folder or below it.",
    ),
    (
        "missing base",
        "name: a\nbase: 00_bsae.yaml\n",
        "{f}:2: base: {d}/00_bsae.yaml: there is no such file. Did you mean '00_base.yaml'?",
    ),
    (
        "itself",
        "name: a\nbase: a.yaml\n",
        "{f}:2: base: 'a.yaml' leads back to a.yaml. A base may not build on itself.",
    ),
    (
        "unknown key",
        "name: a\nchagnes: []\n",
        "{f}:2: unknown key 'chagnes'. Did you mean 'changes'? Known: agreements, assumptions, base, changes, commitments, decide_by, decisions, drivers, horizon, "
        "name, owner, paths, prices, purchases, question, risks, schema, seed, shapes, workloads.",
    ),
    (
        "infinite",
        "name: a\ndrivers: {x: {level: .inf}}\n",
        "{f}:2: 'drivers/x/level' is .inf; a number must be finite.",
    ),
    (
        "not a number",
        "name: a\ndrivers: {x: {level: .nan}}\n",
        "{f}:2: 'drivers/x/level' is .nan; a number must be finite.",
    ),
    (
        "formula",
        "name: a\ndrivers: {x: {level: \"__import__('os').system('x')\"}}\n",
        "{f}:2: drivers/x/level: the value is '__import__('os').system('x')', not a number. Formulas are not run: write the number, "
        "or a range {{p10, p50, p90}}.",
    ),
    (
        "duplicate",
        "name: a\ndrivers:\n  x: {level: 1}\n  x: {level: 2}\n",
        "{f}:4: 'x' appears twice in 'drivers'. Keep one of them.",
    ),
    (
        "alias",
        "name: &n a\nquestion: *n\n",
        "{f}:2: aliases (*n) are not allowed. Write the value out.",
    ),
    (
        "negative capacity",
        "name: a\ncommitments: {g: {ContractCommitmentQuantity: -8, ContractCommitmentUnit: GPU-hours}}\n",
        "{f}:2: commitments/g/ContractCommitmentQuantity: is -8; it must be 0 or more.",
    ),
    (
        "discount over 100 %",
        "name: a\ncommitments: {g: {ContractCommitmentQuantity: 8, ContractCommitmentUnit: GPU-hours, "
        "ContractCommitmentDiscountPercentage: 1.5}}\n",
        "{f}:2: commitments/g/ContractCommitmentDiscountPercentage: a discount or share is 1.5; write it from 0 to 1 (0.37 is 37 %).",
    ),
    (
        "paths in a change file",
        "name: a\nbase: 00_base.yaml\nseed: 3\n",
        "{f}:3: 'seed' belongs to the base, so that all scenarios are drawn alike. Take it out here, and change it in 00_base.yaml.",
    ),
]


@pytest.mark.parametrize("text, message", [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_document_is_refused_in_one_sentence(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError) as problem:
        scenario.load_scenario(path)
    got = str(problem.value)
    assert got == message.format(f=path, d=tmp_path) or got.replace(
        f"{path}: ", f"{path}:1: ", 1
    ) == message.format(f=path, d=tmp_path)


LEVEL = "op: scale, value: 2, because: x"
REFUSED = [
    (
        "nearest",
        [f"path: workloads/caht/demand/level, {LEVEL}"],
        "path 'workloads/caht/demand/level' is not there. Did you mean 'workloads/chat/demand/level'? Known in 'workloads': chat, lake, train.",
    ),
    ("star must match", [f"path: workloads/*/demnd/level, {LEVEL}"], None),
    (
        "second set",
        [
            "path: workloads/chat/demand/level, op: set, value: 2, since: 2027-01, because: x",
            "path: workloads/*/demand/level, op: set, value: 3, since: 2027-01-01, because: y",
        ],
        "'workloads/chat/demand/level' is set a second time from 2027-01-01; the first time is at {f}:4. Keep one of them.",
    ),
    (
        "scale of nothing",
        ["path: workloads/chat/demand/growth_per_month, op: scale, value: 2, because: x"],
        "'workloads/chat/demand/growth_per_month' is 0 in the base; scaling it changes nothing. Use op: set.",
    ),
    (
        "negative",
        ["path: workloads/chat/demand/level, op: set, value: -1, because: x"],
        "workloads/chat/demand/level is -1; it must be 0 or more.",
    ),
    (
        "bent",
        [
            "path: workloads/chat/demand/level, op: set, value: {p10: 1, p50: 1.01, p90: 100}, because: x"
        ],
        None,
    ),
    (
        "falling",
        ["path: workloads/chat/demand/level, op: set, value: {p10: 3, p50: 2, p90: 4}, because: x"],
        "workloads/chat/demand/level: p10 3, p50 2, p90 4 must rise. For a certain value write one number.",
    ),
    (
        "uncertain share",
        [
            "path: workloads/chat/routing/small, op: set, value: {p10: 0.1, p50: 0.2, p90: 0.3}, because: x"
        ],
        "workloads/chat/routing/small may not be uncertain. A share routed is a decision. Write one number, or a scenario for each.",
    ),
    (
        "told by the ledger",
        ["path: prices/H100/unit, op: set, value: hours, because: x"],
        "'prices/H100/unit' comes from the ledger and cannot be changed here.",
    ),
    (
        "add what",
        ["path: prices/x, op: add, value: {a: 1}, because: x"],
        "op: add takes agreements/NAME, caps/NAME, commitments/NAME, purchases/NAME, workloads/NAME or risks/NAME, not 'prices/x'.",
    ),
]


@pytest.mark.parametrize(
    "changed, message", [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_change_that_cannot_be_meant_is_refused(tmp_path, facts, changed, message):
    with pytest.raises(ScenarioError) as problem:
        resolved(tmp_path, facts, changed)
    assert str(problem.value).startswith(f"{tmp_path / 'a.yaml'}:")
    if message:
        assert str(problem.value).split(": ", 1)[1] == message.format(f=tmp_path / "a.yaml")


def test_explain_tells_base_changes_and_reasons(tmp_path, facts):
    found = resolved(
        tmp_path,
        facts,
        [
            "path: workloads/chat/demand/level, op: scale, value: 2, because: more users",
            "path: workloads/*/demand/level, op: scale, value: 0.5, because: fewer",
        ],
    )
    place = tmp_path / "a.yaml"
    assert explain.explain(found, "workloads/chat/demand/level") == (
        f'1  =  1 (from the ledger)  × 2 ({place}:4, "more users")  × 0.5 ({place}:5, "fewer")'
    )


def test_one_driver_moves_every_workload_unless_stated(tmp_path, facts):
    head = "name: a\ndrivers: {sessions: {level: 1.0}}\nworkloads: {from: ledger, lake: {driver: ''}}\n"
    tree = resolved(tmp_path, facts, [], head).tree["workloads"]
    assert {name: values["driver"] for name, values in tree.items()} == {
        "chat": "sessions",
        "lake": "",
        "train": "sessions",
    }


def test_settings_of_a_workload_that_is_not_there_yet_wait_but_a_typo_does_not(tmp_path, facts):
    waits = resolved(
        tmp_path, facts, [], "name: a\nworkloads: {from: ledger, voice-of-2027: {elasticity: 2}}\n"
    )
    assert (
        waits.assumptions[0]["text"]
        == "'voice-of-2027' is not in the ledger up to 2026-10-31: its settings wait until it is"
    )
    with pytest.raises(ScenarioError) as problem:
        resolved(
            tmp_path, facts, [], "name: a\nworkloads: {from: ledger, trian: {elasticity: 2}}\n"
        )
    assert str(problem.value).endswith(
        ": unknown workload 'trian'. Did you mean 'train'? Known: chat, lake, train. "
        "Where tags or tag_rules name its cost otherwise now, write that name here, or take the line out."
    )


def test_a_base_as_start_wrote_it_goes_on_where_a_rule_of_tags_renames_its_cost(tmp_path, facts):
    """`finops start` writes every workload with an elasticity of 1; tag_rules then gave the cost of one another name."""
    text = "name: a\nworkloads: {from: ledger, trian: {elasticity: 1.0}, Train: {}, chat: {elasticity: 1.0}}\n"
    found = resolved(tmp_path, facts, [], text)
    assert sorted(found.tree["workloads"]) == ["chat", "lake", "train"] and not found.assumptions
    head = "name: a\ndrivers: {sessions: {level: 1.0}}\n"
    same = "workloads: {from: ledger, trian: {driver: sessions, elasticity: 1.0}}\n"
    assert (
        resolved(tmp_path, facts, [], head + same).tree["workloads"]["train"]["driver"]
        == "sessions"
    )
    with pytest.raises(ScenarioError):  # this one says something
        resolved(tmp_path, facts, [], head + same.replace("sessions,", "'',"))


def test_horizon_runs_to_the_end_of_next_fiscal_year(tmp_path, facts):
    assert resolved(tmp_path, facts, []).months[::13] == ("2026-11", "2027-12")
    late = "name: a\nhorizon: {first: 2026-10}\n"
    with pytest.raises(ScenarioError, match="The first month can be 2026-11 or later"):
        resolved(tmp_path, facts, [], late)


def test_init_base_is_a_scenario_that_changes_nothing(tmp_path, facts):
    (tmp_path / "00_base.yaml").write_text(base.init_base(world(), settings(tmp_path)))
    found = scenario.resolve(
        scenario.load_scenario(tmp_path / "00_base.yaml"), settings=settings(tmp_path), facts=facts
    )
    assert not found.events and set(found.tree["workloads"]) == {"chat", "lake", "train"}


def test_the_schema_for_editors_is_the_one_that_is_used():
    assert (ROOT / "scenarios" / "scenario.schema.json").read_text() == schema_text(), (
        "run: see docs/method §3.1"
    )
    assert json.loads(schema_text())["additionalProperties"] is False


def test_the_sample_scenarios_load():
    names = [
        scenario.load_scenario(path).name for path in sorted((ROOT / "scenarios").glob("*.yaml"))
    ]
    assert names[:4] == [
        "Base",
        "Demand doubles",
        "Smaller model for routine chats",
        "Commit to GPUs for a year",
    ]


@speed(max_examples=60, deadline=None)
@given(st.floats(0.01, 100), st.floats(1.05, 3), st.floats(0.25, 0.75))
def test_a_range_goes_through_its_three_values_and_rises(p10, stretch, middle):
    p90 = p10 * stretch
    p50 = p10 * stretch**middle
    dist = elicit(p10, p50, p90)
    assert np.allclose(dist.quantile([0.1, 0.5, 0.9]), [p10, p50, p90], rtol=1e-9)
    values = dist.quantile(np.linspace(1e-6, 1 - 1e-6, 2001))
    assert (np.diff(values) > 0).all() and values[0] > 0


def test_set_holds_until_the_next_set_and_scale_multiplies_from_its_date():
    days = np.array(["2027-01-01", "2027-02-01", "2027-03-01"], "datetime64[D]")
    events = [
        changes.Event("a", "set", 9.0, "2027-03-01", "f:1"),
        changes.Event("a", "scale", 2.0, "2027-02-01", "f:2"),
    ]
    assert changes.timeline(np.ones(3), events, days).number.tolist() == [1.0, 2.0, 9.0]


@given(st.text(min_size=1, max_size=12))
def test_any_name_is_one_segment(name):
    assert "/" not in changes.escape(name) and changes.unescape(changes.escape(name)) == name


def test_a_table_of_an_inventory_without_a_line_is_no_table():
    terms = {
        "ContractCommitmentUnit": "gpu-hours",
        "ContractCommitmentQuantity": 1.0,
        "x_Rate": 1.0,
        "x_Discounts": "{}",
        "x_SkuIds": "a; b",
    }
    read = read_terms(terms, "inventory.csv:2", "commitments/a")
    assert read.x_Discounts == {} and read.x_SkuIds == ["a", "b"]
