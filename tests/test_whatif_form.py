"""The what-if form's logic: what is written is what was meant, and nothing else can be written (docs/method §3)."""

from __future__ import annotations

import dataclasses
import math
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as speed
from hypothesis import strategies as st
from scenario_world import demand_for, settings, world

from finops_model.decide.compare import compare
from finops_model.errors import FinOpsError, InputError, ScenarioError
from finops_model.names import slug
from finops_model.publish.whatif.form import KINDS, WhatIf, choices, shown, write_what_if
from finops_model.publish.whatif.widgets import Form
from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan
from finops_model.simulate.scenarios import simulate

GOOD = WhatIf(
    name="A quarter more chats",
    question="What if chats grow by a quarter?",
    kind="demand",
    target="chat",
    amount=25.0,
    since="2026-12",
    because="Plan of the support team",
)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    return base.read_facts(world(), settings(tmp_path_factory.mktemp("facts")))


@pytest.fixture
def folder(tmp_path):
    """A folder of scenarios with a base."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "00_base.yaml").write_text(
        "name: Base\nquestion: What if nothing changes?\nseed: 7\n"
    )
    return tmp_path / "scenarios"


def saved(values, folder, facts=None, **more):
    return write_what_if(values, folder, facts=facts, settings=settings(folder.parent), **more)


def test_the_file_says_what_the_form_says(folder, facts):
    path = saved(GOOD, folder, facts)
    assert (
        path == folder / "mine-a-quarter-more-chats.yaml" and path.stat().st_mode & 0o777 == 0o644
    )
    loaded = scenario.load_scenario(path)
    assert (loaded.name, loaded.question) == (GOOD.name, GOOD.question) and [
        p.name for p in folder.iterdir() if p.name.startswith(".")
    ] == []
    change = loaded.layers[-1].document.changes[0]
    assert (change.path, change.op, change.value, change.since, change.because) == (
        "workloads/chat/demand/level",
        "scale",
        1.25,
        "2026-12",
        "Plan of the support team",
    )


@pytest.mark.parametrize(
    "changed, path, value",
    [
        ({"target": "all"}, "workloads/*/demand/level", 1.25),
        (
            {"kind": "price", "target": "large:input_tokens", "amount": -30},
            "prices/large:input_tokens/price",
            0.7,
        ),
        ({"kind": "price", "target": "all", "amount": 10}, "prices/*/price", 1.1),
        (
            {"kind": "routing", "target": "chat", "model": "small", "amount": 60},
            "workloads/chat/routing/small",
            0.6,
        ),
    ],
)
def test_each_kind_fits_the_ledger(folder, facts, changed, path, value):
    written = saved(dataclasses.replace(GOOD, **changed), folder, facts)
    change = scenario.load_scenario(written).layers[-1].document.changes[0]
    assert (change.path, change.value) == (path, value)


def test_a_commitment_is_a_proposal_for_one_year(folder, facts):
    values = dataclasses.replace(
        GOOD,
        name="Eight GPUs",
        kind="commitment",
        target="H100",
        amount=8,
        discount=0.35,
        since="2027-01",
        owner="Procurement",
    )
    path = saved(values, folder, facts)
    change = scenario.load_scenario(path).layers[-1].document.changes[0]
    assert (
        change.path == "commitments/eight-gpus"
        and change.op == "add"
        and change.owner == "Procurement"
    )
    assert (
        change.value["ContractCommitmentQuantity"] == 8
        and change.value["ContractCommitmentLifecycleStatus"] == "Proposed"
    )
    found = scenario.resolve(
        scenario.load_scenario(path), settings=settings(folder.parent), facts=facts
    )
    assert found.tree["commitments"]["eight-gpus"]["ContractCommitmentPeriodEnd"] == "2028-01-01"


def test_a_quarter_more_of_everything_costs_a_quarter_more_of_what_is_used(folder, facts):
    """Closed form: without noise the difference is 25 % of the linear usage from December on."""
    calm = demand_for(facts, 430, spread=0, sigma=0)
    path = saved(dataclasses.replace(GOOD, target="train"), folder, facts)
    runs = [
        simulate(
            compile_plan(
                scenario.resolve(
                    scenario.load_scenario(p), settings=settings(folder.parent), facts=facts
                ),
                calm,
            ),
            100,
        )
        for p in (folder / "00_base.yaml", path)
    ]
    months = runs[0].months[1:]
    assert compare(*runs, months=months).lines[1].difference_mean == pytest.approx(
        0.25 * 480 * (31 + 365)
    )
    assert np.array_equal(runs[0].effective[:, 0], runs[1].effective[:, 0])  # November stays


def test_an_existing_file_is_kept_unless_ticked(folder, facts):
    path = saved(GOOD, folder, facts)
    before = path.read_text()
    with pytest.raises(ScenarioError) as problem:
        saved(dataclasses.replace(GOOD, amount=99), folder, facts)
    assert (
        str(problem.value)
        == f"{path}: there is a what-if of this name already. Tick 'replace it', or choose another name."
    )
    assert path.read_text() == before
    saved(dataclasses.replace(GOOD, amount=99), folder, facts, overwrite=True)
    assert "value: 1.99" in path.read_text() and sorted(os.listdir(folder)) == [
        "00_base.yaml",
        path.name,
    ]


def test_the_form_cannot_replace_a_scenario_of_others(folder, facts):
    before = (folder / "00_base.yaml").read_text()
    path = saved(dataclasses.replace(GOOD, name="00 base"), folder, facts, overwrite=True)
    assert path.name == "mine-00-base.yaml" and (folder / "00_base.yaml").read_text() == before


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\boot",
        "a/b/c",
        "x.yaml",
        "%2e%2e/x",
        "CON",
        "~root",
        "a" * 80,
    ],
)
def test_a_hostile_name_stays_in_the_folder(folder, facts, name):
    path = saved(dataclasses.replace(GOOD, name=name), folder, facts)
    assert path.parent == folder and path.name.startswith("mine-") and len(path.name) <= 70
    assert {p.name for p in folder.parent.iterdir()} <= {"scenarios", "prices"}


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['true']",
        "*a",
        "&a b",
        '=HYPERLINK("http://x")',
        "a: b\n- c",
        "{p10: 1}",
        "yes",
        "1e9",
        "2026-10",
        "# no",
        "<script>alert(1)</script>",
        "| x",
        "ümläut €",
        "'\"",
        "---",
    ],
)
def test_any_text_comes_back_as_text(folder, facts, text):
    if "\n" in text:
        with pytest.raises(
            ScenarioError, match=r"^Because: holds the invisible character U\+000A; take it out.$"
        ):
            saved(dataclasses.replace(GOOD, because=text), folder, facts)
        return
    path = saved(
        dataclasses.replace(GOOD, question=text, because=text, owner=text[:80]), folder, facts
    )
    document = scenario.load_scenario(path).layers[-1].document
    assert (document.question, document.changes[0].because, document.changes[0].owner) == (
        text,
        text,
        text[:80],
    )


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"name": "  "}, "Name: is empty; write it."),
        ({"name": "€€€"}, "Name: '€€€' has no letter or digit; a file needs one."),
        ({"name": "a\u202eb"}, "Name: holds the invisible character U+202E; take it out."),
        ({"name": 3}, "Name: write a text, not 3."),
        ({"question": "x" * 301}, "Question: 301 letters; at most 300."),
        ({"because": ""}, "Because: is empty; write it."),
        (
            {"kind": "demnd"},
            "What changes: unknown kind 'demnd'. Did you mean 'demand'? Known: demand, driver, price, routing, commitment.",
        ),
        (
            {"amount": "=1+1"},
            "By how much: '=1+1' is not a number. Formulas are not run: write the number (percent change).",
        ),
        (
            {"amount": math.nan},
            "By how much: 'nan' is not a number. Formulas are not run: write the number (percent change).",
        ),
        (
            {"amount": 9e11},
            "By how much: 9e+11 is not possible for 'Demand of a workload'; write -100 to 10,000 (percent change).",
        ),
        (
            {"amount": 10**400},
            f"By how much: '1{'0' * 39}' is not a number. Formulas are not run: write the number (percent change).",
        ),
        (
            {"kind": "routing", "model": "small", "amount": 140},
            "By how much: 140 is not possible for 'Tokens on another model'; write 0 to 100 "
            "(percent of the workload's tokens).",
        ),
        ({"kind": "routing", "model": ""}, "On which model: is empty; write it."),
        (
            {"kind": "commitment", "target": "H100", "amount": 0},
            "By how much: a commitment of 0 changes nothing; write the units per hour.",
        ),
        (
            {"kind": "commitment", "target": "H100", "discount": 1.5},
            "Discount: '1.5' is not a share from 0 to 1 (0.35 is 35 %).",
        ),
    ],
)
def test_nonsense_is_refused_in_the_forms_own_words(folder, facts, changed, told):
    with pytest.raises(ScenarioError) as problem:
        saved(dataclasses.replace(GOOD, **changed), folder, facts)
    assert str(problem.value) == told and os.listdir(folder) == ["00_base.yaml"]


def test_a_wrong_month_is_refused(folder, facts):
    with pytest.raises(InputError) as problem:
        saved(dataclasses.replace(GOOD, since="2026-13"), folder, facts)
    assert (
        str(problem.value)
        == "From when: '2026-13' is not a month. Write year and month as YYYY-MM, for example 2026-10."
    )


def test_a_workload_that_is_not_there_is_refused_with_the_nearest_and_nothing_is_left(
    folder, facts
):
    with pytest.raises(ScenarioError) as problem:
        saved(dataclasses.replace(GOOD, target="chta"), folder, facts)
    path = folder / "mine-a-quarter-more-chats.yaml"
    assert str(problem.value).startswith(
        f"{path}:6: path 'workloads/chta/demand/level' is not there. Did you mean 'workloads/chat/demand/level'?"
    )
    assert os.listdir(folder) == ["00_base.yaml"]


def test_a_link_is_never_written_through(folder, facts, tmp_path):
    (tmp_path / "precious").write_text("keep me")
    (folder / "mine-a-quarter-more-chats.yaml").symlink_to(tmp_path / "precious")
    with pytest.raises(ScenarioError, match="is a link or a folder, not a what-if of yours"):
        saved(GOOD, folder, facts, overwrite=True)
    assert (tmp_path / "precious").read_text() == "keep me"


def test_a_missing_folder_or_base_is_said(tmp_path, facts):
    with pytest.raises(
        ScenarioError,
        match="there is no such folder. Name the folder of your base scenario, for example scenarios.$",
    ):
        write_what_if(GOOD, tmp_path / "none")
    with pytest.raises(ScenarioError, match="base: .*00_base.yaml: there is no such file"):
        write_what_if(GOOD, tmp_path)
    assert list(tmp_path.iterdir()) == []


@speed(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_typed_the_file_loads_or_nothing_is_written(folder, name, because):
    before = set(os.listdir(folder))
    try:
        path = write_what_if(
            dataclasses.replace(GOOD, name=name, because=because), folder, overwrite=True
        )
    except FinOpsError:
        assert set(os.listdir(folder)) == before
    else:
        assert (
            path.parent == folder
            and scenario.load_scenario(path).layers[-1].document.changes[0].because
            == because.strip()
        )


@pytest.mark.parametrize("name", ["日本のチャット", "Größer", "Épsilon & Co", "Kobenhavn", "con"])
def test_a_name_of_any_script_has_a_file_of_its_own(folder, facts, name):
    """Letters of other scripts went: "日本" had no file name, and "日本 a" took that of "中国 a"."""
    path = saved(dataclasses.replace(GOOD, name=name), folder, facts)
    assert path.name == f"mine-{slug(name)}.yaml" and scenario.load_scenario(path).name == name
    other = saved(dataclasses.replace(GOOD, name=f"中国 {name}"), folder, facts)
    assert other != path and scenario.load_scenario(path).name == name


def test_a_what_if_saved_under_its_older_file_name_is_the_same_what_if(folder, facts):
    old = saved(dataclasses.replace(GOOD, name="Support 日本"), folder, facts)
    old = old.rename(folder / "mine-support.yaml")
    values = dataclasses.replace(GOOD, name="Support 日本", amount=50.0)
    with pytest.raises(ScenarioError, match="mine-support.yaml: there is a what-if of this name"):
        saved(values, folder, facts)
    assert saved(values, folder, facts, overwrite=True) == old
    assert [path.name for path in sorted(folder.glob("mine-*"))] == ["mine-support.yaml"]
    other = saved(dataclasses.replace(GOOD, name="Support 中国"), folder, facts)
    assert other.name == "mine-support-中国.yaml" and old.is_file()


def test_a_commitment_is_named_in_any_script(folder, facts):
    values = dataclasses.replace(
        GOOD, name="日本", kind="commitment", target="H100", amount=8, since="2027-01"
    )
    change = scenario.load_scenario(saved(values, folder, facts)).layers[-1].document.changes[0]
    assert change.path == "commitments/日本"


def test_the_choices_are_what_the_ledger_has(facts, tmp_path):
    found = choices(facts, settings(tmp_path))
    assert found["demand"] == ["chat", "lake", "train"] and found["routing"] == {
        "chat": ["large", "small"]
    }
    assert "large:input_tokens" in found["price"] and set(found) == set(KINDS)


def test_the_form_saves_and_runs_beside_the_base(folder, facts):
    chosen = settings(folder.parent, scenario="scenarios/00_base.yaml", methods=["seasonal_naive"])
    form = Form(chosen, facts, folder, paths=100)
    assert [
        field.description
        for field in form.children
        if getattr(field.layout, "display", "") == "none"
    ] == ["To which model", "Discount in %"]
    form.name.value, form.question.value = "Twice", "What if?"
    form.save()
    assert (
        "Because: is empty; write it." in form.answer.value
        and form.path is None
        and form.run_button.disabled
    )
    form.because.value, form.amount.value, form.since.value = "A guess", 100.0, "2026-12"
    assert form.target.label == "Every workload"
    form.target.value = "chat"
    form.save()
    assert form.path == folder / "mine-twice.yaml" and not form.run_button.disabled
    form.run()
    assert (
        form.comparison["Twice"].probability_cheaper == 0.0
        and "<td>Twice</td>" in form.answer.value
    )
    form.kind.value = "routing"
    assert form.model.options == ("large", "small") and form.model.layout.display == ""
    form.save()
    assert "there is a what-if of this name already" in form.answer.value


def test_messages_are_shown_as_text():
    assert shown(ScenarioError("<img src=x onerror=alert(1)>")).count("<") == 2
