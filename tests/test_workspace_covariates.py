"""known.yaml in a workspace, and sums of paths at every node (docs/method §2.20, §2.22)."""

from __future__ import annotations

import numpy as np
import pytest
from scenario_world import settings, world

from finops_model.errors import InputError
from finops_model.simulate import hierarchy
from finops_model.simulate import scenarios as simulate


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return folder, settings(folder)


def made(company, text: str | None):
    folder, own = company
    if text is not None:
        (folder / "known.yaml").write_text(text)
        own = own.model_copy(update={"known": "known.yaml"})
    return simulate.run(None, own, daily=world(), months=3, paths=256, dials=False)


def test_a_shutdown_that_is_known_ends_a_workload_and_leaves_the_others_alone(company):
    plain, told = (
        made(company, None),
        made(
            company,
            "owner: FP&A\nworkloads:\n  train: {events: [{kind: shutdown, since: 2026-12-01, because: x}]}\n",
        ),
    )
    train, rest = (
        plain.workloads.index("train"),
        [i for i, name in enumerate(plain.workloads) if name != "train"],
    )
    december = plain.months.index("2026-12")
    assert plain.by_workload[train, december, 0] > 1000 and told.by_workload[
        train, december, 0
    ] == pytest.approx(0, abs=1)
    np.testing.assert_array_equal(plain.by_workload[rest], told.by_workload[rest])
    assert any(note["owner"] == "FP&A" and "train" in note["text"] for note in told.assumptions)


def test_an_empty_document_moves_nothing(company):
    np.testing.assert_array_equal(
        made(company, None).effective, made(company, "workloads: {}\n").effective
    )


def test_a_workload_that_is_not_there_is_refused_with_the_nearest(company):
    with pytest.raises(InputError) as caught:
        made(company, "workloads:\n  trian: {holidays: US}\n")
    assert "unknown workload 'trian'. Did you mean 'train'?" in str(caught.value)


@pytest.mark.parametrize("by", ["unit", "team", "service", "workload"])
def test_nodes_add_up_to_the_company_on_every_path(company, by):
    _, own = company
    found = hierarchy.forecast_hierarchy(own, world(), by, 2, (None, "shared"), paths=256)
    run = simulate.run(None, own, daily=world(), months=2, paths=256, dials=False)
    assert found[None].months == run.months
    np.testing.assert_allclose(found[None].totals.sum(axis=2), run.effective.sum(axis=2), rtol=1e-5)
    spans = found[None].spans()
    assert found[None].quantiles(spans[-1])[1] <= sum(
        found[None].quantiles(spans[-1], name)[2] for name in found[None].names
    )
