"""Blocks of paths on threads, processes or a Dask cluster; what is lost runs again, the order stays (docs/method §3.17).

A task returns totals only and is a pure function of its arguments, so a block may run twice or elsewhere and its numbers are the
same. Results come back in the order of the blocks, whatever finishes first: sums over blocks then have one value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor

from .errors import ScenarioError, unknown

EXECUTORS = ("serial", "threads", "processes", "dask")
TRIES = 3  # how often a block may be lost before the run gives up


def map_blocks(
    work: Callable, tasks: Sequence, executor="threads", workers: int = 2, tries: int = TRIES
) -> Iterator:
    """work(task) for every task, in their order.

    Parameters
    ----------
    work : callable
        Of one task; it must be importable where processes or Dask run it.
    tasks : sequence
        What it is called with.
    executor : str or distributed.Client, optional
        serial, threads (the kernels let go of the interpreter lock), processes, dask (a cluster of
        its own for this call), or a cluster that is there already.
    workers : int, optional
        Threads, processes or Dask workers.
    tries : int, optional
        How often a block that a worker lost is given out.

    Yields
    ------
    object
        What `work` gives, task by task.

    Raises
    ------
    ScenarioError
        An unknown executor, no worker, or one block was lost `tries` times; an error of `work`
        itself comes through.

    Source
    ------
    docs/method §3.17.

    Examples
    --------
    >>> list(map_blocks(abs, [-1, 2], "serial"))
    [1, 2]
    """
    if isinstance(executor, str) and executor not in EXECUTORS:
        raise ScenarioError(unknown("executor", "executor", executor, EXECUTORS))
    if workers < 1:
        raise ScenarioError(f"workers is {workers}; at least one worker must do the work.")
    if not isinstance(executor, str):
        return _on_client(executor, work, tasks, tries)
    if executor == "dask":
        return _dask(work, tasks, workers, tries)
    if executor == "processes":
        return _processes(work, tasks, workers, tries)
    return _threads(work, tasks, 1 if executor == "serial" else workers)


def _threads(work, tasks, workers: int) -> Iterator:
    if workers == 1 or len(tasks) == 1:
        yield from map(work, tasks)
        return
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ahead = deque()  # at most workers + 1 blocks are held
        for task in tasks:
            ahead.append(pool.submit(work, task))
            if len(ahead) > workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _processes(work, tasks, workers: int, tries: int) -> Iterator:
    """Processes started fresh (spawn). When one dies the pool is broken: a new one runs what has not come back."""
    import multiprocessing

    context, done, lost = multiprocessing.get_context("spawn"), 0, 0
    while done < len(tasks):
        with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
            futures = [pool.submit(work, task) for task in tasks[done:]]
            try:
                for future in futures:
                    yield future.result()
                    done, lost = done + 1, 0
            except BrokenExecutor:
                lost += 1
                if lost >= tries:
                    raise ScenarioError(
                        f"executor processes: block {done + 1} of {len(tasks)} was lost {lost} times; the machine may be "
                        "short of memory. Use fewer workers or executor='threads'."
                    ) from None


def _dask(work, tasks, workers: int, tries: int) -> Iterator:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ScenarioError(
            "executor dask: dask is not installed. Install finops-model[cluster], or use executor='processes'."
        ) from None
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        yield from _on_client(client, work, tasks, tries)


def _on_client(client, work, tasks, tries: int) -> Iterator:
    """Dask runs the tasks of a lost worker again by itself; a task that took down too many workers is sent again here."""
    from distributed import KilledWorker

    futures = [client.submit(work, task, pure=False, retries=tries) for task in tasks]
    for i, future in enumerate(futures):
        for attempt in range(1, tries + 1):
            try:
                yield future.result()
                break
            except KilledWorker:
                if attempt == tries:
                    raise ScenarioError(
                        f"executor dask: block {i + 1} of {len(tasks)} was lost {attempt} times; its workers died. Give them "
                        "more memory, or use smaller blocks."
                    ) from None
                future = client.submit(work, tasks[i], pure=False, retries=tries)
        futures[i] = None  # let go of the result
