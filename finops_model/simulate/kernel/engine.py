"""Which engine simulates, and the one way to call it: `simulate_block` and `simulate_paths` (docs/method §3.16).

numpy    always ready; what runs where nothing is said, so that a published number never depends on what lies in a cache
numba    compiled: the same distribution, bits of its own, six times as fast; half a minute at the first call ever, a second later
auto     numba where the compiled kernel lies in the cache, else numpy, named a preview, while numba compiles beside it. Decided once
         per process, so that its runs can be compared

An argument decides, else FINOPS_ENGINE. Which one ran stands in every run; nothing falls back without saying so.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

import numpy as np

from ... import resources, streams
from ...errors import ScenarioError, unknown
from ...executors import map_blocks
from ...prices.settle.windows import charge_months
from ...uncertainty.following import Draws
from .flat import BlockTotals, FlatPlan
from .limits import check, check_count
from .pack import Packed, keys, pack

__all__ = [
    "choose",
    "is_ready",
    "label",
    "prepare",
    "simulate_block",
    "simulate_paths",
    "stream",
]

ENGINES, PREVIEW = ("auto", "numba", "numpy"), "numpy (preview)"
SOURCES = (
    "draws.py",
    "events.py",
    "numba_demand.py",
    "numba_engine.py",
    "numba_pools.py",
    "pack.py",
)


@lru_cache(maxsize=1)
def cache_folder() -> Path:
    """Where compiled kernels lie: FINOPS_CACHE, else the user's cache folder, else a temporary one; by version, source and processor.

    numba looks at the time of one source file only, so the name of the folder carries a hash of all of them.
    """
    mark = hashlib.sha256()
    for name in SOURCES:
        mark.update(resources.path(name, beside=__package__).read_bytes())
    mark.update(
        f"{sys.version}{_version('numba')}{_version('llvmlite')}{_version('numpy')}{os.environ.get('NUMBA_CPU_NAME', '')}".encode()
    )
    places = [
        os.environ.get("FINOPS_CACHE"),
        os.environ.get("XDG_CACHE_HOME"),
        os.path.join(os.path.expanduser("~"), ".cache"),
        os.path.join(
            tempfile.gettempdir(), f"finops-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
        ),
    ]
    for place in places:
        folder = (
            Path(place or "", "finops-model", f"kernel-{mark.hexdigest()[:16]}") if place else None
        )
        try:
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / ".writable").touch()
                return folder
        except OSError:
            continue
    raise ScenarioError(
        "engine numba: no folder for compiled kernels can be written; set FINOPS_CACHE to one that can, or FINOPS_ENGINE=numpy."
    )


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def is_ready() -> bool:
    """Whether the compiled kernel is in the cache: then it loads in about a second, where compiling takes half a minute."""
    return bool(_version("numba")) and (cache_folder() / "ready").is_file()


@lru_cache(maxsize=1)
def _auto() -> str:
    if is_ready():
        return "numba"
    if _version("numba"):
        prepare(background=True)
    return PREVIEW


def _wanted(engine: str | None) -> str:
    wanted = engine or os.environ.get("FINOPS_ENGINE") or "numpy"
    if wanted not in (*ENGINES, PREVIEW):
        raise ScenarioError(unknown("" if engine else "FINOPS_ENGINE", "engine", wanted, ENGINES))
    if wanted == "numba" and not _version("numba"):
        raise ScenarioError("engine numba: numba is not installed. Install it, or choose numpy.")
    return _auto() if wanted == "auto" else wanted


def label(engine: str | None = None) -> str:
    """How the engine that will run stands in a run: "numba", "numpy", or "numpy (preview)" while numba compiles.

    >>> label("numpy")
    'numpy'
    """
    return _wanted(engine)


def choose(engine: str | None = None) -> str:
    """The kernel that will run, "numba" or "numpy". Raises ScenarioError for a name that is not known.

    >>> choose("numpy")
    'numpy'
    """
    return "numba" if _wanted(engine) == "numba" else "numpy"


_compiled: dict = {}
_lock = threading.Lock()


def kernel():
    """The compiled functions; the first call of a process loads them from the cache, or compiles them and marks the cache ready."""
    with _lock:
        if not _compiled:
            folder = cache_folder()
            before = os.environ.get("NUMBA_CACHE_DIR")
            import numba

            numba.config.CACHE_DIR = str(folder)
            try:
                from . import numba_engine
            finally:
                numba.config.CACHE_DIR = before or ""
            _compiled["simulate"], _compiled["settle"] = (
                numba_engine.simulate_lanes,
                numba_engine.settle_kept,
            )
    return _compiled


def prepare(background: bool = False) -> None:
    """Compile the kernel (or load it) and mark the cache ready.

    Parameters
    ----------
    background : bool, optional
        In a process of its own, for the next one.

    Source
    ------
    docs/method §3.16.

    Examples
    --------
    >>> prepare(background=True)  # doctest: +SKIP
    """
    if background:
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from finops_model.simulate.kernel.engine import prepare; prepare()",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return

    plan = FlatPlan(
        months=("m",),
        month_of=np.zeros(1, int),
        workloads=("w",),
        median=np.ones((1, 1)),
        columns=("cost",),
        units=1,
        pools=("p",),
    )

    ready, totals = pack(plan), np.zeros((1, 2, 1))
    functions = kernel()
    functions["simulate"](
        ready,
        keys(plan, 0),
        np.zeros((0, 64), np.float32),
        0,
        1,
        totals,
        np.zeros((0, 0)),
        *nothing_kept(),
    )
    functions["settle"](
        ready, np.zeros((1, 1, 1), np.float32), np.zeros((1, 1, 1), np.float32), totals
    )

    (cache_folder() / "ready").touch()


def nothing_kept():
    return np.zeros((0, 0, 0), np.float32), np.zeros((0, 0, 0), np.float32)


def path_values(plan: FlatPlan, path0: int, count: int, seed: int) -> np.ndarray:
    """Log values (value, path) float64 of `count` paths from path0 on; path0 and the drawing go by whole blocks of streams.BLOCK."""
    whole = range(path0, -(-(path0 + count) // streams.BLOCK) * streams.BLOCK)
    draws = Draws(
        lambda name: streams.uniform_blocks(
            seed, name, path0 // streams.BLOCK, whole.stop // streams.BLOCK
        )
    )
    rows = [
        *(value.on_paths(draws)[None] for value in plan.values),
        *(one.on_paths(seed, whole) for one in plan.series),
    ]
    return np.concatenate(rows) if rows else np.zeros((0, len(whole)))


@lru_cache(maxsize=8)
def _packed(ref: _Ref) -> Packed:
    return pack(ref.plan)


class _Ref:
    """A plan as a key of the cache of packed plans: by identity, because arrays have no hash."""

    def __init__(self, plan):
        self.plan = plan

    def __hash__(self):
        return id(self.plan)

    def __eq__(self, other):
        return self.plan is other.plan


def packed(plan: FlatPlan) -> Packed:
    """The packed arrays of a plan, kept for the plans used last."""
    return _packed(_Ref(plan))


def simulate_block(
    plan: FlatPlan,
    path0: int,
    n: int,
    seed: int,
    engine: str | None = None,
    *,
    volume: bool = False,
) -> BlockTotals:
    """Simulate paths path0 … path0 + n − 1 of a plan and settle them.

    A path's numbers depend on the plan, the seed, the engine and its own position only.

    Parameters
    ----------
    plan : FlatPlan
        Flat arrays.
    path0 : int
        The first path.
    n : int
        How many paths.
    seed : int
        Of the draws.
    engine : str, optional
        "numpy", "numba" or "auto"; None: FINOPS_ENGINE, else numpy.
    volume : bool, optional
        Also the sums of demand by step and workload.

    Returns
    -------
    BlockTotals
        cost and pooled usage (path, month, column), float64.

    Raises
    ------
    ScenarioError
        No path is asked for, or the engine is not there.

    Source
    ------
    docs/method §3.9, §3.11.

    Examples
    --------
    >>> plan = FlatPlan(
    ...     months=("2027-01",),
    ...     month_of=np.zeros(2, int),
    ...     workloads=("chat",),
    ...     median=np.full((2, 1), 5.0),
    ...     columns=("cost",),
    ...     units=1,
    ...     charge_workload=[0],
    ...     charge_column=[0],
    ...     charge_rate=[[1.0, 1.0]],
    ...     charge_line=[-1],
    ... )
    >>> simulate_block(plan, 0, 3, seed=0, engine="numpy").cost[:, :, 0].tolist()
    [[10.0], [10.0], [10.0]]
    """
    check_count(n)
    first = path0 // streams.BLOCK * streams.BLOCK
    count = path0 + n - first
    totals = np.zeros((count, len(plan.months) + 1, len(plan.columns)))
    sums = np.zeros((plan.steps, len(plan.workloads)) if volume else (0, 0))
    values, kept = path_values(plan, first, count, seed), nothing_kept()
    if plan.kept:
        kept = tuple(np.zeros((plan.kept, plan.steps, count), np.float32) for _ in range(2))

    if choose(engine) == "numba":
        kernel()["simulate"](
            packed(plan),
            keys(plan, seed),
            values.astype(np.float32, order="C"),
            first,
            count,
            totals,
            sums,
            *kept,
        )
    else:
        from . import numpy_engine

        numpy_engine.simulate_lanes(
            packed(plan),
            plan,
            seed,
            values,
            first,
            count,
            totals,
            volume=sums,
            levels=kept[0],
            prices=kept[1],
        )

    for overlap in plan.overlaps:
        overlap.add(*kept, plan.month_of, totals)
    return _settled(plan, path0, totals[path0 - first :], sums if volume else None)


def _settled(plan: FlatPlan, path0: int, totals: np.ndarray, volume) -> BlockTotals:
    totals = price_forms(plan, totals)[:, :-1] + plan.fixed
    return BlockTotals(path0, totals[:, :, : plan.units], totals[:, :, plan.units :], volume)


def simulate_paths(
    plan: FlatPlan,
    paths: int,
    seed: int,
    engine: str | None = None,
    *,
    executor="threads",
    workers: int = 2,
    block: int = 0,
    volume: bool = False,
    progress=None,
) -> BlockTotals:
    """All paths, put together in the order of their blocks. See `stream`."""
    check(plan, paths, block)
    cost = np.empty((paths, len(plan.months), plan.units))
    usage = np.empty((paths, len(plan.months), len(plan.columns) - plan.units))
    sums = np.zeros((plan.steps, len(plan.workloads))) if volume else None
    for part in stream(
        plan,
        paths,
        seed,
        engine,
        executor=executor,
        workers=workers,
        block=block,
        volume=volume,
        progress=progress,
    ):
        (
            cost[part.path0 : part.path0 + len(part.cost)],
            usage[part.path0 : part.path0 + len(part.cost)],
        ) = part.cost, part.usage
        if volume:
            sums += part.volume
    return BlockTotals(0, cost, usage, sums)


def stream(
    plan: FlatPlan,
    paths: int,
    seed: int,
    engine: str | None = None,
    *,
    executor="threads",
    workers: int = 2,
    block: int = 0,
    volume: bool = False,
    progress=None,
    ahead: FlatPlan | None = None,
    ahead_paths: int = 0,
):
    """Blocks of paths in their order, whatever ends first; memory holds a few of them.

    executor   "serial", "threads", "processes", "dask" or a distributed.Client (executors.py)
    block      paths of one task, a multiple of streams.BLOCK; 0: chosen by the plan and the executor. Sums over paths (volume) are
               added block by block: the same block gives the same bits, whatever the executor and the workers
    ahead      the same demand and prices with more meters: what blocks that begin before `ahead_paths` are drawn with
    """
    check(plan, paths, block, columns=0)  # blocks come and go: what is kept is the caller's
    what = "simulate" if engine != PREVIEW else "simulate (preview by numpy while numba compiles)"
    engine, block = choose(engine), block or block_of(plan, paths)
    if engine == "numba":
        kernel()  # load or compile once, before threads ask for it
    packed(plan)
    tasks = [
        (
            ahead if ahead is not None and start < ahead_paths else plan,
            start,
            min(block, paths - start),
            seed,
            engine,
            volume,
        )
        for start in range(0, paths, block)
    ]
    for i, part in enumerate(map_blocks(_task, tasks, executor, workers)):
        yield part
        if progress:
            progress(what, i + 1, len(tasks))


def _task(task) -> BlockTotals:
    plan, path0, count, seed, engine, volume = task
    return simulate_block(plan, path0, count, seed, engine, volume=volume)


def block_of(plan, paths: int) -> int:
    """Paths of a task: enough for a good part of a second, a multiple of streams.BLOCK, never by the number of workers."""
    cells = max(plan.steps * max(len(plan.workloads), 1), 1)
    return (
        max(1, min(int(1e8 / cells / streams.BLOCK), -(-paths // streams.BLOCK) // 4))
        * streams.BLOCK
    )


def price_forms(plan: FlatPlan, base: np.ndarray) -> np.ndarray:
    """Totals (path, month + 1, column) with the month-window forms priced."""
    totals = base.copy()
    for form in plan.forms:
        usage = np.maximum(totals[:, :-1, form.usage] + plan.fixed[:, form.usage], 0.0)
        totals[:, :-1, form.money] += charge_months(form.rates, usage, form.already, form.factor)
    return totals
