"""What a scenario file is refused with: the line, the near word, what to do; no name of ours (docs/method §3.1, §3.2)."""

from __future__ import annotations

import re

import pytest
import yaml
from pydantic import BaseModel
from scenario_world import settings, world

from finops_model.documents import load_yaml
from finops_model.errors import FinOpsError, ScenarioError
from finops_model.scenario import schema
from finops_model.scenario.document import load_scenario, resolve

OURS = sorted(
    {kind.__name__ for kind in vars(schema).values() if isinstance(kind, type)}
    & {kind.__name__ for kind in BaseModel.__subclasses__() + schema.Strict.__subclasses__()}
)
PYTHON = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|'\[|'\{|literal\[|function-|Input should|instance|pydantic|/float\b|/str\b|KeyError|Traceback"
)
WRONG = [None, True, "word", "", 12, -1, 2.5, [], ["a"], {}, {"nope": 1}, 10**30]
CHANGE = {"path": "workloads/chat/demand/level", "op": "scale", "value": 2, "because": "b"}
TERMS = {"ContractCommitmentQuantity": 1, "ContractCommitmentUnit": "h"}
KEYS = {  # where in a document -> what may stand there
    (): [field.alias or name for name, field in schema.ScenarioDocument.model_fields.items()],
    ("horizon",): list(schema.Horizon.model_fields),
    ("workloads",): ["chat", "from"],
    ("workloads", "chat"): list(schema.WorkloadSettings.model_fields),
    ("workloads", "chat", "demand"): list(schema.DemandSettings.model_fields),
    ("workloads", "chat", "routing"): ["small"],
    ("drivers",): ["orders"],
    ("drivers", "orders"): list(schema.DriverSettings.model_fields),
    ("prices",): ["H100"],
    ("prices", "H100"): ["2027-01"],
    ("commitments",): ["new"],
    ("commitments", "new"): list(schema.CommitmentTerms.model_fields),
    ("risks",): ["scarce"],
    ("assumptions",): [0],
    ("assumptions", 0): list(schema.Note.model_fields),
    ("changes",): [0],
    ("changes", 0): list(schema.Change.model_fields),
}
CASES = [(*above, key) for above, keys in KEYS.items() for key in keys]


def document(place: tuple, value) -> dict:
    """The smallest document with this value at this place, the rest of it good."""
    data: dict = {"name": "n"}
    if len(place) > 2 and place[0] in ("changes", "assumptions"):
        data[place[0]] = [dict(CHANGE) if place[0] == "changes" else {"text": "a"}]
    if len(place) > 2 and place[0] == "commitments":
        data["commitments"] = {"new": dict(TERMS)}
    at = data
    for part, following in zip(place, place[1:]):
        if isinstance(at, dict):
            at = at.setdefault(part, [] if isinstance(following, int) else {})
        else:
            at = at[part]
    if isinstance(at, list):
        at.append(value)
    else:
        at[place[-1]] = value
    return data


@pytest.mark.parametrize("place", CASES, ids=lambda place: "/".join(map(str, place)))
def test_no_wrong_kind_of_value_is_told_in_words_of_ours(place, tmp_path):
    """Every key of the schema with every wrong kind of value: file, line, and plain words."""
    file = tmp_path / "s.yaml"
    for value in WRONG:
        file.write_text(yaml.safe_dump(document(place, value), sort_keys=False), encoding="utf-8")
        try:
            load_scenario(file)
        except ScenarioError as problem:
            for line in str(problem).splitlines():
                assert re.match(rf"{re.escape(str(file))}:\d+: ", line), line
                words = line.replace(str(file), "").replace("true or false", "")
                assert not PYTHON.search(words), words
                assert not [name for name in OURS if re.search(rf"\b{name}\b", words)], words


def test_the_names_of_ours_are_looked_for():
    assert {"WorkloadSettings", "CommitmentTerms", "Change", "Note"} <= set(OURS)


def refused(tmp_path, text: str) -> str:
    """What loading and resolving says, without the folder."""
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FinOpsError) as caught:
        resolve(load_scenario(file), world(), settings(tmp_path))
    return str(caught.value).replace(f"{tmp_path}/", "")


CHANGES = "name: n\nchanges:\n- path: {path}\n  op: {op}\n  value: {value}\n  because: b\n"


@pytest.mark.parametrize(
    "text, says",
    [
        (
            "name: n\nworkloads:\n  chat: {drivr: orders}\n",
            "s.yaml:3: workloads/chat: unknown key 'drivr'. Did you mean 'driver'? Known: demand, driver, elasticity, routing.",
        ),
        (
            "name: n\nworkloads:\n  chat: 5\n",
            "s.yaml:3: workloads/chat: must be a mapping of names to values, not '5'.",
        ),
        (
            "name: n\nworkloads:\n  from: legder\n",
            "s.yaml:3: workloads/from is 'legder'; workloads come from: ledger.",
        ),
        (
            "name: n\nbase: b.yaml\nchanges: []\npaths: 500\n",
            "s.yaml:4: 'paths' belongs to the base, so that all scenarios are drawn alike. Take it out here, and change it in b.yaml.",
        ),
        (
            "name: n\nassumptions:\n- text: a\n  value: [1]\n",
            "s.yaml:4: assumptions/0/value: must be a number or a text, not a list.",
        ),
        (
            CHANGES.format(path="x", op="sett", value=1),
            "s.yaml:4: changes/0/op: must be 'set', 'scale' or 'add', not 'sett'. Did you mean 'set'?",
        ),
        (
            CHANGES.format(path="workloads/chat/demand/level", op="scale", value=""),
            "s.yaml:3: workloads/chat/demand/level: the value is nothing, not a number. Formulas are not run: write the number, or a range {p10, p50, p90}.",
        ),
        (
            CHANGES.format(path="workloads/new", op="add", value="{team: 5, cost_per_month: 1}"),
            "s.yaml:3: workloads/new/team: must be a text, not '5'. Put it in quotes.",
        ),
        (
            CHANGES.format(path="workloads/new", op="add", value="{cost_per_moth: 1}"),
            "s.yaml:3: workloads/new: unknown key 'cost_per_moth'. Did you mean 'cost_per_month'? Known: business_unit, cost_per_month, curve, delay_months, driver, elasticity, environment, like, ramp_months, service, team.",
        ),
        (
            CHANGES.format(path="workloads/new", op="add", value="[1]"),
            "s.yaml:3: op: add needs a mapping of names to values, not a list.",
        ),
    ],
)
def test_a_refusal_names_line_near_word_and_what_to_do(tmp_path, text, says):
    assert refused(tmp_path, text) == says


@pytest.mark.parametrize("number", ["1e6", "1E6", "1.0e6", "1.0e+6", "1000000", "10e5", "+1e6"])
def test_a_number_with_an_exponent_is_a_number(tmp_path, number):
    """YAML 1.1 wants 1.0e+6; JSON, YAML 1.2, a spreadsheet and a person do not."""
    file = tmp_path / "s.yaml"
    file.write_text(
        CHANGES.format(
            path="workloads/x", op="add", value=f"{{cost_per_month: {number}, service: '1e6'}}"
        )
    )
    read = load_yaml(file)["changes"][0]["value"]
    assert read["cost_per_month"] == 1e6 and read["service"] == "1e6"
    resolved = resolve(load_scenario(file), world(), settings(tmp_path))
    assert resolved.launches["x"]["cost"] == 1e6


@pytest.mark.parametrize(
    "value, says",
    [
        (
            "010",
            "s.yaml:5: 'changes/0/value' is 010: YAML reads a number that begins with 0 in base eight. Write it without the 0, or as text: '010'.",
        ),
        (
            "!!python/tuple [1]",
            "s.yaml:5: tag 'tag:yaml.org,2002:python/tuple' is not allowed: plain values only.",
        ),
        ("!set {a}", "s.yaml:5: tag '!set' is not allowed: plain values only."),
        (
            "!!omap [a: 1]",
            "s.yaml:5: tag 'tag:yaml.org,2002:omap' is not allowed: plain values only.",
        ),
        ("!mine {a: 1}", "s.yaml:5: tag '!mine' is not allowed: plain values only."),
    ],
)
def test_what_yaml_would_read_otherwise_is_refused_with_its_line(tmp_path, value, says):
    assert (
        refused(tmp_path, CHANGES.format(path="prices/H100/price", op="set", value=value)) == says
    )
