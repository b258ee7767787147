"""finops run and compare: engines, executors, a target error, answers with their errors (docs/method §3.26, §3.37)."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scenario_world import demand_for, settings, world
from typer.testing import CliRunner

from finops_model.cli import _runs, app
from finops_model.errors import FinOpsError, InputError, ScenarioError
from finops_model.measure import actuals
from finops_model.publish import close, close_units
from finops_model.scenario import ledger_base as base
from finops_model.simulate import scenarios as simulate
from finops_model.uncertainty import answers


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    own = settings(folder)
    (folder / "base.yaml").write_text("name: Base\nhorizon: {months: 4}\npaths: 256\n")
    (folder / "half.yaml").write_text(
        "name: Half\nbase: base.yaml\nchanges:\n- {path: workloads/chat/demand/level, op: scale, value: 0.5, because: x}\n"
    )
    (folder / "finops.yaml").write_text("paths: 256\nprices: prices\nscenario: base.yaml\n")
    return folder, own, demand_for(base.read_facts(world(), own), 200)


def made(company, *names, **how):
    folder, own, demand = company
    return simulate.run_many(
        [folder / name for name in names or ("base.yaml",)],
        own,
        daily=world(),
        demand=demand,
        dials=False,
        **how,
    )


def test_paths_are_added_until_the_error_is_small_enough_and_stay_the_same(company):
    plain = made(company)[0]
    target = answers.answer(plain.total(), "p90").relative_error / 3
    found = made(company, "base.yaml", "half.yaml", target_error=target, max_paths=20_000)
    assert all(answers.enough_paths(run.total(), target, "p90").enough for run in found)
    assert found[0].paths == found[1].paths > 9 * 0.5 * 256 and found[0].paths % 256 == 0
    again = made(company, paths=found[0].paths)[0]
    np.testing.assert_array_equal(
        again.effective, found[0].effective
    )  # running with that number gives the same bits
    np.testing.assert_array_equal(
        found[0].effective[:256], plain.effective
    )  # and the first paths are those of any run
    most = made(company, target_error=1e-5, max_paths=1000)[0]
    assert most.paths == 1000


@pytest.mark.parametrize("executor", ["serial", "processes", "dask"])
def test_where_futures_are_drawn_changes_no_bit(company, executor):
    one, other = (
        made(company, paths=600)[0],
        made(company, paths=600, executor=executor, workers=2)[0],
    )
    np.testing.assert_array_equal(one.effective, other.effective)
    assert one.lines == other.lines


@pytest.mark.parametrize(
    "how, message",
    [
        ({"engine": "nunba"}, "unknown engine 'nunba'. Did you mean 'numba'?"),
        (
            {"executor": "thread"},
            "executor: unknown executor 'thread'. Did you mean 'threads'? Known: ",
        ),
        ({"workers": 0}, "workers is 0; at least one worker must do the work."),
        ({"target_error": 0.0}, "target is 0; it must lie between 0 and 1 (0.01 is 1 %)."),
        (
            {"target_error": 0.01, "max_paths": 200_000},
            "max_paths is 200000; it must lie between 100 and 100,000.",
        ),
        ({"of": "p9O"}, "unknown answer 'p9O'. Did you mean 'p90'?"),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_work(company, monkeypatch, how, message):
    monkeypatch.setattr(simulate, "load_scenario", lambda *a: pytest.fail("work began"))
    with pytest.raises(ScenarioError) as caught:
        made(company, **how)
    assert str(caught.value).startswith(message)


def test_a_target_may_be_written_as_people_write_it():
    assert _runs.share_of("0.5%") == _runs.share_of(" 0.5 %") == _runs.share_of("0.005") == 0.005
    with pytest.raises(InputError) as caught:
        _runs.share_of("half a percent")
    assert str(caught.value) == "--target-error: 'half a percent' is no share. Write 0.5% or 0.005."


@pytest.fixture()
def command(company, monkeypatch):
    folder, *_ = company
    monkeypatch.setenv("FINOPS_ENGINE", "numpy")
    monkeypatch.setattr(close, "books", lambda *a, **k: None)
    monkeypatch.setattr(close_units, "pick_month", lambda *a, **k: ("2026-10", "2026-10-31"))
    monkeypatch.setattr(simulate, "read_daily", lambda *a: world())
    return folder, lambda *words: CliRunner().invoke(
        app, [*words, "-s", str(folder / "finops.yaml")]
    )


def test_the_command_tells_answers_errors_and_differences(command, tmp_path):
    folder, call = command
    done = call(
        "run",
        str(folder / "half.yaml"),
        "--budget",
        "60000",
        "--json",
        "--paths",
        "512",
        "--export",
        str(tmp_path / "out"),
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    first, half = told["scenarios"]
    assert (
        told["engine"] == "numpy"
        and told["paths"] == 512
        and first["difference_mean"] == 0
        and half["probability_cheaper"] == 1
    )
    frame = pd.read_parquet(tmp_path / "out" / "totals.parquet")
    total = frame.groupby("path")["EffectiveCost"].sum().to_numpy()
    for what in _runs.SHOWN:
        one = answers.answer(total, what)
        assert half[what] == pytest.approx(one.value) and half[
            f"{what}_standard_error"
        ] == pytest.approx(one.standard_error)
    october = float(actuals.cost_rows(world())["EffectiveCost"].sum())  # the ledger begins in May
    assert half["budget"]["period"] == "FY2026" and half["budget"]["booked"] == pytest.approx(
        october
    )
    assert (
        half["overrun_probability"] is None and half["breach_typically"] == "already exceeded"
    )  # nothing in this bill varies
    assert [step["paths"] for step in half["converged"]][-2:] == [256, 512]
    shown = call("compare", str(folder / "half.yaml"), "--target-error", "1%", "--budget", "60000")
    assert (
        shown.exit_code == 0
        and "p90 is known to" in shown.output
        and "Half: AI spend has already exceeded the FY2026 budget of $60.0k and is heading for $"
        in " ".join(shown.output.split())
    )


def test_a_preview_says_that_it_is_one(company):
    run = made(company)[0]
    preview = SimpleNamespace(**{**run.__dict__, "engine": "numpy (preview)"}, total=run.total)
    rows = [_runs.row(run, run, "p90", None)]
    assert not any("Preview" in text for text in _runs.sentences(rows, [run], "p90", None, "USD"))
    assert _runs.sentences(rows, [preview], "p90", None, "USD")[-1].startswith(
        "Preview: numpy answers while the compiled engine is made ready."
    )


def test_an_export_onto_a_file_is_refused_before_any_work(command, tmp_path):
    folder, call = command
    (tmp_path / "file").write_text("x")
    done = call("run", str(folder / "half.yaml"), "--export", str(tmp_path / "file"))
    assert (
        isinstance(done.exception, FinOpsError)
        and str(done.exception) == f"--export: {tmp_path / 'file'} is a file. Name a folder."
    )
    assert (tmp_path / "file").read_text() == "x"


def test_a_report_is_verified_with_the_engine_that_made_it(tmp_path, monkeypatch):
    from finops_model.publish.verify import again
    from finops_model.settings import Settings

    asked = {}

    def prepared(settings, month, **how):
        asked.update(how)
        raise ScenarioError("far enough")

    monkeypatch.setattr(close, "prepare", prepared)
    monkeypatch.setattr(again, "ledger_then", lambda settings, mark: ("the ledger of then", 1, 1))
    published = {"month": "2026-10", "unit": "Company", "lineage": {"engine": "numba"}}
    with again.Again(Settings()) as made, pytest.raises(ScenarioError):
        made.close(published, tmp_path)
    assert (asked["engine"], asked["ledger"]) == ("numba", "the ledger of then")
    assert asked["anew"] and asked["reports"] == tmp_path
