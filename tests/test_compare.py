"""Scenarios side by side: path-wise differences (docs/method §3.3)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from finops_model.decide.compare import compare
from finops_model.errors import ScenarioError
from finops_model.simulate.run import Run


def run(name, totals, **values) -> Run:
    effective = np.asarray(totals, float)[:, None, None]
    empty = np.zeros((0, 0))
    made = Run(
        name=name,
        question="?",
        currency="USD",
        as_of="2026-10-31",
        months=("2026-11",),
        units=("All",),
        workloads=(),
        unit_of=(),
        effective=effective,
        so_far=np.zeros((1, 1)),
        by_workload=empty,
        range_share=empty,
        dials={},
        lines=[],
        assumptions=[],
        seed=7,
        paths=len(effective),
        engine="numpy",
        scenario_hash="",
        ledger="",
    )
    return dataclasses.replace(made, **values)


def test_a_saving_is_a_path_wise_difference_not_a_difference_of_medians():
    found = compare(run("base", [1, 2, 9]), run("other", [2, 1, 5]))["other"]
    assert found.difference.tolist() == [1, -1, -4] and found.p50 == 2
    assert found.quantile(0.5) == -1 and found.difference_mean == pytest.approx(-4 / 3)
    assert found.probability_cheaper == pytest.approx(2 / 3)
    assert found.standard_error == pytest.approx(np.std([1, -1, -4], ddof=1) / np.sqrt(3))


@pytest.mark.parametrize(
    "values, what",
    [
        ({"seed": 8}, "the seed differs, 8 and 7"),
        ({"months": ("2027-01",)}, "the months differs"),
        ({"as_of": "2026-09-30"}, "the day of data differs, 2026-09-30 and 2026-10-31"),
    ],
)
def test_runs_that_were_not_drawn_alike_are_refused(values, what):
    with pytest.raises(ScenarioError) as problem:
        compare(run("base", [1, 2]), run("other", [1, 2], **values))
    assert str(problem.value).startswith(f"'other' cannot be compared with 'base': {what}")
    assert str(problem.value).endswith("Run both together: finops compare.")


def test_other_paths_are_refused():
    with pytest.raises(ScenarioError, match="the number of paths differs, 2 and 3"):
        compare(run("base", [1, 2, 3]), run("other", [1, 2]))


def test_the_table_escapes_names():
    text = compare(run("<i>", [1, 2]), run("b & c", [1, 2]))._repr_html_()
    assert "&lt;i&gt;" in text and "b &amp; c" in text and "<i>" not in text
