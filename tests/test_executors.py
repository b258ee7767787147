"""Blocks on threads, processes and Dask: the order stays, what is lost runs again, the bits are the same (docs/method §3.17)."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from finops_model import executors
from finops_model.errors import ScenarioError
from finops_model.executors import map_blocks
from finops_model.simulate.kernel import engine
from finops_model.simulate.kernel.flat import FlatPlan


def plan(steps=60) -> FlatPlan:
    return FlatPlan(
        months=("a", "b"),
        month_of=np.arange(steps) * 2 // steps,
        workloads=("w", "v"),
        median=np.full((steps, 2), 10.0),
        columns=("cost",),
        units=1,
        phi=[0.5, 0.5],
        sigma=[0.3, 0.3],
        charge_workload=[0, 1],
        charge_column=[0, 0],
        charge_line=[-1, -1],
        charge_rate=np.ones((2, steps)),
    )


def mark(totals) -> str:
    return hashlib.sha256(totals.cost.tobytes() + totals.volume.tobytes()).hexdigest()


def square(task):
    time.sleep(0.002 * (5 - task % 5))  # the first of five ends last
    return task * task


def dies_once(task):
    """Take the process down on the first visit to task 3; the file remembers."""
    number, folder = task
    if number == 3 and not (seen := Path(folder, "seen")).exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies_always(task):
    if task == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def simulate_and_die_once(task):
    one, folder = task
    if one[1] == 512 and not (seen := Path(folder, "seen")).exists():
        seen.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return engine._task(one)


@pytest.mark.parametrize(("executor", "workers"), [("serial", 1), ("threads", 2), ("threads", 3)])
def test_results_come_in_the_order_of_the_blocks(executor, workers):
    assert list(map_blocks(square, range(12), executor, workers)) == [n * n for n in range(12)]


def test_an_error_in_a_block_comes_through():
    with pytest.raises(ZeroDivisionError):
        list(map_blocks(lambda n: 1 / n, [1, 0], "threads", 2))


def test_a_killed_process_costs_no_block(tmp_path):
    assert list(map_blocks(dies_once, [(n, str(tmp_path)) for n in range(6)], "processes", 2)) == [
        n * n for n in range(6)
    ]
    assert (tmp_path / "seen").exists()


def test_a_block_that_kills_every_process_is_said():
    with pytest.raises(ScenarioError) as caught:
        list(map_blocks(dies_always, range(3), "processes", 1, tries=2))
    assert str(caught.value) == (
        "executor processes: block 2 of 3 was lost 2 times; the machine may be short of memory. Use fewer workers or "
        "executor='threads'."
    )


@pytest.mark.parametrize(
    ("executor", "workers", "message"),
    [
        (
            "thread",
            2,
            "executor: unknown executor 'thread'. Did you mean 'threads'? Known: serial, threads, processes, dask.",
        ),
        ("threads", 0, "workers is 0; at least one worker must do the work."),
    ],
)
def test_an_executor_that_cannot_be_meant_is_refused(executor, workers, message):
    with pytest.raises(ScenarioError) as caught:
        map_blocks(square, range(3), executor, workers)
    assert str(caught.value) == message


def test_processes_give_the_bits_of_threads():
    one = engine.simulate_paths(
        plan(), 1000, 7, "numpy", executor="threads", block=256, volume=True
    )
    other = engine.simulate_paths(
        plan(), 1000, 7, "numpy", executor="processes", block=256, volume=True
    )
    assert mark(one) == mark(other)


def test_a_dask_worker_killed_in_the_middle_changes_no_bit(tmp_path):
    pytest.importorskip("distributed")
    one = engine.simulate_paths(plan(), 1000, 7, "numpy", executor="serial", block=256, volume=True)
    tasks = [
        ((plan(), start, min(256, 1000 - start), 7, "numpy", True), str(tmp_path))
        for start in range(0, 1000, 256)
    ]
    blocks = list(map_blocks(simulate_and_die_once, tasks, "dask", 2))
    assert (tmp_path / "seen").exists()  # a worker did die
    assert [block.path0 for block in blocks] == [0, 256, 512, 768]
    assert np.array_equal(np.concatenate([block.cost for block in blocks]), one.cost)
    assert mark(one) == mark(
        engine.BlockTotals(
            0,
            np.concatenate([b.cost for b in blocks]),
            one.usage,
            sum((b.volume for b in blocks[1:]), blocks[0].volume),
        )
    )


def test_dask_is_asked_for_in_a_sentence_where_it_is_missing(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *rest):
        if name == "distributed":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ScenarioError) as caught:
        list(executors.map_blocks(square, range(2), "dask", 1))
    assert str(caught.value) == (
        "executor dask: dask is not installed. Install finops-model[cluster], or use executor='processes'."
    )
