"""The base holds approved actions, from their day, and nothing else of the table (docs/method §17.71). Oracle: the same changes written into the base by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import finops_model as fm
from finops_model.errors import InputError, ScenarioError
from finops_model.publish.close import prepare
from finops_model.scenario.document import load_scenario
from finops_model.scenario.layering.approved import approved_of, with_approved
from finops_model.simulate.kept import scenario_hash

DAYS = pd.date_range("2026-01-01", "2026-04-30")
HEAD = "id,action,owner,decision,approved_by,decided_on,starts,done_on,scenario\n"
CHANGE = """name: Off at night
base: 00_base.yaml
changes:
  - {path: workloads/night/demand/level, op: scale, value: 0.5, because: Nobody works then}
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A workspace of two workloads, its base, and the scenario file of an action."""
    folder = tmp_path_factory.mktemp("approved")
    rows = ["Date,Cost (USD),Team,Service"]
    for day in DAYS:
        rows += [
            f"{day.date()},{90 + day.day % 5},night,GPU",
            f"{day.date()},{50 + day.day % 3},day,GPU",
        ]
    (folder / "bill.csv").write_text("\n".join(rows))
    settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    root = folder / "demo"
    name = next(iter(fm.run(None, settings, paths=100, months=1).workloads))
    assert "/" in name, name
    spelled = "night%2F(untagged)%2FGPU"
    base = (root / settings.scenario).parent
    (base / "actions").mkdir()
    (base / "actions" / "night.yaml").write_text(
        CHANGE.replace("workloads/night/", f"workloads/{spelled}/")
    )
    return settings


def with_table(settings, *rows):
    settings.path("actions.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return settings.model_copy(update={"actions": "actions.csv"})


def cost(settings, **more):
    run = fm.run(settings.path(settings.scenario), settings, paths=100, months=4, **more)
    return run.effective.sum(axis=2)


FILE = "scenarios/actions/night.yaml"
APPROVED = f"A1,Off at night,Ada,approved,Bo,2026-04-15,2026-07-01,,{FILE}"


def test_only_what_is_approved_moves_the_base_from_its_day_on(company):
    before = cost(company)
    rows = [
        f"A{i},x,Ada,{word},,,,,{FILE}"
        for i, word in enumerate(("proposed", "planned", "rejected", "expired"))
    ]
    assert np.array_equal(cost(with_table(company, *rows)), before), "bit for bit"
    after = cost(with_table(company, APPROVED))
    months = fm.run(None, company, paths=100, months=4).months
    july = months.index("2026-07")
    assert np.array_equal(after[:, :july], before[:, :july])
    assert (after[:, july:] < before[:, july:]).all()


def test_it_is_what_the_same_change_in_a_scenario_makes(company):
    place = company.path(company.scenario).parent / "10_same.yaml"
    place.write_text(
        CHANGE.replace("workloads/night/", "workloads/night%2F(untagged)%2FGPU/").replace(
            "because:", "since: 2026-07-01, because:"
        )
    )
    same = fm.run(place, company, paths=100, months=4).effective.sum(axis=2)
    assert np.array_equal(cost(with_table(company, APPROVED)), same)


def test_a_what_if_is_drawn_over_the_base_with_its_actions(company):
    settings = with_table(company, APPROVED)
    loaded = load_scenario(settings.path(settings.scenario))
    held = with_approved(loaded, settings, "2026-04-30")
    assert [layer.action for layer in held.layers] == ["", "A1"]
    assert with_approved(held, settings, "2026-04-30") is held, "never twice"
    assert with_approved(load_scenario(None), settings, "2026-04-30").layers[1:] == ()


def test_what_was_not_yet_approved_or_is_done_is_not_in_the_base_of_that_day(company):
    settings = with_table(company, APPROVED)
    assert [one.id for one in approved_of(settings, "2026-04-14")] == []
    assert [one.id for one in approved_of(settings, "2026-04-15")] == ["A1"]
    done = with_table(
        company, APPROVED.replace(",approved,", ",done,").replace(",,scen", ",2026-04-20,scen")
    )
    days = ("2026-04-14", "2026-04-15", "2026-04-19", "2026-04-20")
    assert [len(approved_of(done, day)) for day in days] == [0, 1, 1, 0]


def test_kept_runs_know_of_it(company):
    loaded = load_scenario(company.path(company.scenario))
    without = scenario_hash(loaded, with_table(company, "A1,x,Ada,proposed,,,,,"))
    held = scenario_hash(loaded, with_table(company, APPROVED))
    assert without == scenario_hash(loaded, company) != held
    assert held != scenario_hash(loaded, with_table(company, APPROVED.replace("07-01", "08-01")))


def test_the_assumptions_of_the_run_name_who_approved_it(company):
    run = fm.run(company.path(company.scenario), with_table(company, APPROVED), paths=100, months=3)
    notes = [note for note in run.assumptions if note["text"] == "A1: Off at night"]
    assert notes[0]["because"] == "approved by Bo on 2026-04-15" and notes[0]["kind"] == "decision"


def test_a_file_that_is_not_there_or_lies_outside_is_refused(company):
    for name, said in (
        ("scenarios/actions/nihgt.yaml", "actions.csv: line 2: scenario: there is no file 'scenarios/actions/nihgt.yaml'. Did you mean "
         "'scenarios/actions/night.yaml'? Name the file that holds the changes of A1, or leave the cell empty: then the forecast does not hold it."),
        ("../other.yaml", "actions.csv: line 2: scenario: '../other.yaml' lies outside the workspace. Name a file in the folder of finops.yaml "
         "or below it."),
    ):  # fmt: skip
        with pytest.raises(ScenarioError) as refused:
            cost(with_table(company, APPROVED.replace(FILE, name)))
        assert str(refused.value) == said


def test_open_actions_are_simulated_and_weighed(company):
    """Half of the night's cost, by the same draws; weighed by the owner's chance; the base does not move."""
    file = "scenarios/actions/night.yaml"
    head = HEAD.replace("scenario\n", "scenario,probability,monthly_saving\n")
    rows = [
        f"A1,Off at night,Ada,proposed,,,2026-07-01,,{file},25 %,",
        "A2,Talk to them,Ada,planned,,,,,,,800",
        "A3,Something,Ada,planned,,,,,,,",
        f"A4,Old file,Ada,planned,,,,,{file.replace('night', 'old')},,50",
    ]
    (company.path(company.scenario).parent / "actions" / "old.yaml").write_text(
        CHANGE.replace("workloads/night/", "workloads/gone/")
    )
    company.path("actions.csv").write_text(head + "\n".join(rows) + "\n")
    settings = company.model_copy(update={"actions": "actions.csv"})
    answer = fm.realised(settings, pipeline=True, paths=200)
    by = {row["action"][:2]: row for row in answer.table.to_dict("records")}
    run = fm.run(settings.path(settings.scenario), settings, paths=200)
    later = [i for i, month in enumerate(run.months) if month >= "2026-07"][:12]
    night = run.workloads.index("night/(untagged)/GPU")
    half = run.by_workload[night, later, 0].mean() / 2
    assert by["A1"]["saving a month"] == pytest.approx(half, rel=0.02)
    assert by["A1"]["P10"] < by["A1"]["saving a month"] < by["A1"]["P90"]
    assert by["A1"]["weighed a month"] == pytest.approx(by["A1"]["saving a month"] / 4)
    assert (by["A2"]["weighed a month"], by["A2"]["how it is known"]) == (400, "as the owner says")
    assert pd.isna(by["A3"]["saving a month"]) and by["A3"]["how it is known"] == "not known"
    assert by["A4"]["how it is known"] == "as the owner says"
    assert any(
        note.startswith("A4: not simulated: ") and "is not there" in note for note in answer.notes
    )
    assert answer.figures["weighed"] == pytest.approx(by["A1"]["weighed a month"] + 400 + 25)
    with pytest.raises(InputError, match="no action is done yet"):
        fm.realised(settings)


def test_the_section_of_a_brief(company):
    settings = with_table(
        company,
        APPROVED,
        "A2,x,Ada,proposed,,,,,",
        "A3,y,Ada,done,,,,2026-03-02,",
        "A4,z,Ada,approved,Bo,2026-04-01,,,",
    )
    close = prepare(settings, "2026-04", paths=100)
    found = close.actions
    assert [(row["id"], row["held"]) for row in found["held"]] == [("A1", True), ("A4", False)]
    assert found["taken"][0]["says"] == "not measured" and "no workload" in found["taken"][0]["why"]
    assert [row["id"] for row in found["pipeline"]] == ["A2"] and found["weighed"] == 0
    assert (found["done"], found["closed"], found["adoption"]) == (1, 1, 1.0)
    assert found["pipeline_sentence"] == "1 action is open; nobody says what it would save."
    assert close.what_ifs == [] and prepare(company, "2026-04", paths=100).actions is None
