"""docs/pricing.md says how each form is called: every purchase it shows is read and priced, every way stands in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import scenario_world as small
import yaml
from test_spec import Numbers

from finops_model.scenario import ways
from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.ledger_base import read_facts
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "pricing.md").read_text(encoding="utf-8")
BLOCKS = [
    text
    for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
    if text.startswith("purchases:")
]


def test_every_way_stands_in_the_page_and_is_shown():
    shown = {
        one["way"] for text in BLOCKS for one in yaml.load(text, Numbers)["purchases"].values()
    }
    assert shown == set(ways.kinds()), "show it in docs/pricing.md, How each form is called"
    for kind in ways.kinds():
        assert f"| `{kind}`: " in PAGE, f"docs/pricing.md has no line for the way {kind}"


@pytest.mark.parametrize("text", BLOCKS, ids=["capacity, storage, tokens", "contracts"])
def test_what_the_page_shows_runs(text, tmp_path):
    chosen = small.settings(tmp_path)
    (tmp_path / "s.yaml").write_text("name: page\n" + text)
    one = resolve(
        load_scenario(tmp_path / "s.yaml"),
        settings=chosen,
        facts=read_facts(small.world(), chosen),
        months=3,
    )
    result = simulate(
        compile_plan(one, small.demand_for(one.facts, len(future(one)))), 100, 7, dials=False
    )
    rows = {row["name"]: sum(map(sum, row["parts"].values())) for row in result.purchases}
    assert set(rows) == set(yaml.load(text, Numbers)["purchases"])
    assert all(money > 0 for money in rows.values()), rows
