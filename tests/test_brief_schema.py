"""The typed brief (measure/brief_types.py) and its committed JSON Schema: one truth, which every brief keeps to."""

from __future__ import annotations

import ast
import copy
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from dashboard_world import COMMIT, budget, facts, run_of

import scripts
from finops_model.measure.close import Close
from finops_model.publish.close import briefs_of
from finops_model.publish.report.briefs import KEYS
from finops_model.schemas import NEWEST

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
COMMITTED = ROOT / "finops_model" / "measure" / "brief.schema.json"
MAKER = scripts.script("scripts/brief_schema.py")
OLD = sorted(
    [*FIXTURES.glob("briefs/*.json"), *FIXTURES.glob("workspace_0_1/*/reports/*/*/brief.json")]
)
LINEAGE = {
    **dict.fromkeys(("ledger", "scenario", "code", "lock", "python", "engine"), "…"),
    "seed": 1,
    "paths": 600,
}
# What NotRequired means: keys that only some briefs have, and no new brief lacks any other.
SOME = {
    "advice",
    "fiscal",  # where the year is weeks
    "purchases",  # where the base scenario buys something
    "allocation",
    "by_prophet",
    "dated_notes",  # where the workspace has some
    "entity",
    "more_units",
    "quality_card",
    "reason",
    "runout",
    "teams",
    "waste",
    "actions",
}


def wrong(document: dict) -> list[str]:
    """Where a document is no brief: path and message each."""
    checker = jsonschema.Draft202012Validator(json.loads(COMMITTED.read_text(encoding="utf-8")))
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in checker.iter_errors(document)
    ]


@pytest.fixture(scope="module")
def briefs(tmp_path_factory) -> list[dict]:
    """The briefs of a small company and of one of its units."""
    folder = tmp_path_factory.mktemp("schema")
    known = facts(folder)
    close = Close(
        company="Small & Co",
        month="2026-10",
        currency="USD",
        daily=known.daily,
        as_of="2026-10-31",
        base=run_of(folder, known, COMMIT),
        budgets=budget(),
        people={"prepared_by": "Priya", "reviewed_by": "Ingrid"},
        lineage=LINEAGE,
    )
    return json.loads(json.dumps(briefs_of(close, ["Company", "Research"])))


def test_the_committed_schema_is_made_from_the_types_and_has_the_number_of_schemas_py():
    text = COMMITTED.read_text(encoding="utf-8")
    assert text == MAKER.text(), "python scripts/brief_schema.py --write"
    document = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(document)
    assert document["properties"]["schema"] == {"const": NEWEST["brief"]}
    assert set(KEYS) <= set(document["required"])  # what a reader asks for is never left out


@pytest.mark.parametrize("path", OLD, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_published_brief_of_an_older_version_keeps_to_the_schema(path):
    assert wrong(json.loads(path.read_text(encoding="utf-8"))) == []


def test_a_new_brief_keeps_to_the_schema_and_has_every_key(briefs):
    every = set(json.loads(COMMITTED.read_text(encoding="utf-8"))["properties"])
    for one in briefs:
        assert wrong(one) == [] and every - SOME <= set(one)
    assert "reason" in briefs[0]


def test_a_mistyped_a_missing_and_a_strange_key_are_found(briefs):
    for change, says in (
        (lambda one: one["landing"].update(p50="12"), "landing/p50: '12' is not valid"),
        (lambda one: one["landing"].pop("booked"), "landing: 'booked' is a required property"),
        (lambda one: one.pop("tie_out"), ": 'tie_out' is a required property"),
        (lambda one: one.update(shema=1), ": Additional properties are not allowed ('shema' was"),
        (lambda one: one["actual"].update(mont=1.0), "actual: Additional properties are not"),
        (lambda one: one.update(status="done"), "status: 'done' is not one of"),
        (lambda one: one.update(schema=NEWEST["brief"] + 1), "schema: 1 was expected"),
        (lambda one: one["lines"][0].update(cost=None), "lines/0/cost: None is not of type"),
    ):
        document = copy.deepcopy(briefs[0])
        change(document)
        (found,) = wrong(document)
        assert found.startswith(says), found


RIGHT = """\
from finops_model.measure.brief_types import Brief, Landing

def middle(brief: Brief) -> float | None:
    land: Landing = brief["landing"]
    return land["p50"] if brief["status"] == "final" else brief["forecast"]["months"][0]["p50"]
"""


def test_a_wrong_key_of_a_brief_is_an_error_of_mypy_and_a_right_one_is_none(tmp_path):
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    wrong = RIGHT.replace('["p50"] if', '["median"] if').replace('["months"]', '["month"]')
    (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "--no-error-summary"]
        + ["--ignore-missing-imports", "--follow-imports=silent", "--config-file="]
        + [str(tmp_path / name) for name in ("right.py", "wrong.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    assert [line.split(": error: ")[0].rpartition("/")[2] for line in errors] == ["wrong.py:5"] * 2
    assert 'TypedDict "Landing" has no key "median"' in errors[0], checked.stdout
    assert 'TypedDict "Forecast" has no key "month"' in errors[1] and "months" in checked.stdout


def test_a_type_that_json_has_not_is_refused():
    with pytest.raises(TypeError, match="no such type in JSON"):
        MAKER.of_type(set[str], {})


def test_the_types_are_light():
    own = "allocation basis bridge budget change cycle page_one quality realised runout wasted".split()
    light = {"typing", "accuracy_types", *(f"{room}.types" for room in own)}
    for name in ("brief_types", "accuracy_types", *(f"{room}/types" for room in own)):
        tree = ast.parse((COMMITTED.parent / f"{name}.py").read_text(encoding="utf-8"))
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert modules <= light
        assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
