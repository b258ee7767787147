"""Workers of pytest-xdist are told the width of the terminal; the command line must find its own, as it does for users.

Tests are deterministic: Hypothesis draws the same examples in every run (profile `ci`), and what it once found is written
down beside its test as `@example`. `make explore SEEDS=200` searches anew, each test under so many seeds.
"""

import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.pop("COLUMNS", None)
os.environ.setdefault("FINOPS_BROWSER", "none")  # no PDF of every report that a test publishes
os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # the matrices here are small: a second thread of BLAS waits by spinning,
# 40 % of all CPU; read when numpy is first imported, by workers and commands

if sys.dont_write_bytecode:
    # Where the environment forbids bytecode beside the sources (many containers do), every process of the suite would compile pandas,
    # scipy and all else again: some 2 CPU seconds each, in hundreds of processes. One folder for all of them, away from the sources.
    sys.dont_write_bytecode, sys.pycache_prefix = (
        False,
        str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "bytecode"),
    )
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SEEDS = int(os.environ.get("HYPOTHESIS_SEEDS", "0"))  # 0: the fixed examples of every run
MOST = int(
    os.environ.get("HYPOTHESIS_EXAMPLES", "0")
)  # examples a seed at most; 0: as many as the test says
QUIET = dict(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", derandomize=True, **QUIET)
settings.register_profile("explore", print_blob=True, **QUIET)
settings.load_profile("explore" if SEEDS else "ci")


def pytest_collection_finish():
    """Thousands of tests and the modules they imported stay to the end: the collector need not walk over them again and again
    (one sixteenth of the suite's CPU)."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Under HYPOTHESIS_SEEDS each property test runs once a seed; the seed that finds something is named."""
    function = pyfuncitem.obj
    if not SEEDS or not getattr(function, "is_hypothesis_test", False):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    if MOST:
        own = function._hypothesis_internal_use_settings
        function._hypothesis_internal_use_settings = settings(
            own, max_examples=min(own.max_examples, MOST)
        )
    for seed in range(1, SEEDS + 1):
        function._hypothesis_internal_use_seed = seed
        try:
            function(**given)
        except BaseException as problem:
            problem.add_note(f"seed {seed} of {pyfuncitem.nodeid}")
            raise
    return True
