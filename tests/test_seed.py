"""`seed:` and `paths:` of finops.yaml count in workspaces that `finops start` made (docs/method §3.1)."""

from __future__ import annotations

import json

import numpy as np
import pytest
from start_world import bill, written
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.decide import sensitivity
from finops_model.publish import close
from finops_model.publish import start as starting
from finops_model.scenario import document as scenario
from finops_model.settings import load_settings
from finops_model.simulate import scenarios as simulate


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    folder = tmp_path_factory.mktemp("started")
    starting.start(written(folder / "bill.csv", bill((1, 2, 3))), folder=folder / "ws", paths=256)
    return folder / "ws"


def with_lines(workspace, *lines: str):
    """The workspace's settings with these lines, as a person adds them."""
    text = (workspace / "finops.yaml").read_text()
    path = written(workspace / "finops_edited.yaml", "\n".join([text.rstrip("\n"), *lines, ""]))
    settings = load_settings(path)
    path.unlink()
    return settings


def paths_of(settings):
    return simulate.run(settings.path(settings.scenario), settings, months=2, dials=False).effective


def test_two_seeds_are_two_sets_of_paths_and_the_same_one_is_the_same(started):
    seven, eight = with_lines(started, "seed: 7"), with_lines(started, "seed: 8")
    assert simulate.run(seven.path(seven.scenario), seven, months=2, dials=False).seed == 7
    np.testing.assert_array_equal(paths_of(seven), paths_of(with_lines(started, "seed: 7")))
    assert not np.array_equal(paths_of(seven), paths_of(eight))
    np.testing.assert_array_equal(
        paths_of(with_lines(started, "seed: 20260101")), paths_of(load_settings(started))
    )  # the default of old


def test_every_way_out_of_a_workspace_takes_it(started):
    (started / "finops.yaml").write_text((started / "finops.yaml").read_text() + "seed: 7\n")
    try:
        ran = CliRunner().invoke(
            app,
            ["run", str(started / "scenarios/00_base.yaml"), "--settings", str(started), "--json"],
        )
        assert ran.exit_code == 0 and json.loads(ran.stdout)["seed"] == 7, ran.output
        settings = load_settings(started)
        ready = close.prepare(settings, newest=True)
        assert (
            ready.base.seed == 7
            and ready.lineage["seed"] == 7
            and {run.seed for run in ready.replays} <= {7}
        )
        doubt = written(
            started / "scenarios/doubt.yaml",
            "name: Doubt\nquestion: q\nbase: 00_base.yaml\nchanges:\n- {path: workloads/*/demand/level, op: scale, "
            "value: {p10: 0.9, p50: 1, p90: 1.2}, because: x}\n",
        )
        assert sensitivity.sensitivity(doubt, settings, paths=256, horizon=2, sobol=False).seed == 7
    finally:
        (started / "finops.yaml").write_text(
            (started / "finops.yaml").read_text().replace("seed: 7\n", "")
        )


def test_paths_count_too(started):
    (text,) = [
        line
        for line in (started / "finops.yaml").read_text().splitlines()
        if line.startswith("paths")
    ]
    assert text == "paths: 256" and len(paths_of(load_settings(started))) == 256


def test_a_scenario_that_states_another_seed_counts_and_says_so(started):
    own = written(started / "scenarios/own.yaml", "name: Own\nseed: 3\nworkloads: {from: ledger}\n")
    settings = with_lines(started, "seed: 7")
    run = simulate.run(own, settings, months=2, dials=False)
    assert run.seed == 3
    assert [note["text"] for note in run.assumptions if "seed" in note["text"]] == [
        "The seed is 3, as the scenario says (own.yaml:2); finops.yaml says 7, which does not count. Take one of them out"
    ]
    silent = simulate.run(
        own, load_settings(started), months=2, dials=False
    )  # finops.yaml states none
    assert silent.seed == 3 and not [note for note in silent.assumptions if "seed" in note["text"]]


def test_the_sample_states_its_own():
    settings = load_settings("finops.yaml")
    assert (
        scenario.load_scenario(settings.path(settings.scenario)).base.seed
        == 20260101
        == settings.seed
    )
