"""`finops …` in a process of its own that starts at once.

A fresh interpreter spends one to three CPU seconds on importing what a command needs. Here one process imports it once, does nothing
else, and is forked for every command: exit code, streams, environment, working folder and end are those of a command by itself. Tests of
what only a fresh interpreter shows (its hash seed, its encoding, a signal) start one: `fresh=True`.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WANTED = (
    "duckdb",
    "finops_model.publish.close",
    "ibis.backends.duckdb",
    "jinja2",
    "openpyxl",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pydantic",
    "rich.progress",
    "rich.table",
    "scipy.special",
    "scipy.stats",
    "typer",
    "yaml",
)
# not finops_model.cli: its consoles look at their terminal when they are made
_servers: list[subprocess.Popen] = []


def finops(
    *words,
    cwd: Path = ROOT,
    columns: int = 200,
    fresh: bool = False,
    typed: str = "",
    **more: str,
) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of the command line in a process of its own; `more` is added to its environment.

    typed   what stands in its input, which is no terminal
    """
    env = {
        **os.environ,
        "COLUMNS": str(columns),
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONPATH": str(ROOT),
        **more,
    }
    if fresh or not sys.platform.startswith("linux"):
        done = subprocess.run(
            [sys.executable, "-m", "finops_model.cli", *map(str, words)],
            cwd=cwd,
            capture_output=True,
            text=True,
            env=env,
            input=typed,
        )
        return done.returncode, done.stdout, done.stderr
    with tempfile.TemporaryDirectory(prefix="finops-command-") as folder:
        Path(folder, "in").write_text(typed, encoding="utf-8")
        job = {
            "words": list(map(str, words)),
            "cwd": str(cwd),
            "env": env,
            "streams": [f"{folder}/in", f"{folder}/out", f"{folder}/err"],
        }
        server = _server()
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the process that starts commands has ended"
        return int(answer), *(Path(name).read_text(encoding="utf-8") for name in job["streams"][1:])


def on_terminal(*words, cwd: Path, answer: str, columns: int = 200) -> tuple[int, str]:
    """(exit code, all that was printed) of the command line on a terminal of its own, at which `answer` is typed."""
    env = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "dumb"}
    ours, theirs = os.openpty()
    said: list[bytes] = []

    def listen() -> None:
        with contextlib.suppress(OSError):  # how the end of a terminal looks
            while piece := os.read(ours, 4096):
                said.append(piece)

    listener = threading.Thread(target=listen)
    listener.start()
    streams = [os.ttyname(theirs)] * 3
    job = {"words": list(map(str, words)), "cwd": str(cwd), "env": env, "streams": streams}
    server = _server()
    os.write(ours, answer.encode())
    server.stdin.write(json.dumps(job) + "\n")
    server.stdin.flush()
    code = server.stdout.readline()
    os.close(theirs)
    listener.join()
    os.close(ours)
    assert code, "the process that starts commands has ended"
    return int(code), b"".join(said).decode().replace("\r\n", "\n")


def _server() -> subprocess.Popen:
    if not _servers:
        code = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'tests')!r}]; import commands; commands.serve()"
        _servers.append(
            subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        atexit.register(_end)
    return _servers[0]


def _end() -> None:
    _servers[0].stdin.close()
    _servers[0].wait()


def serve() -> None:
    """Read jobs, one JSON object a line, and answer with exit codes until the input ends.

    Threads there are when it forks: OpenBLAS's and jemalloc's, which both tend to that themselves (pthread_atfork).
    """
    for name in WANTED:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(job: dict) -> None:
    """This process is the command; it does not come back."""
    try:
        os.setsid()  # a terminal among the streams is its own
        for to, (name, how) in enumerate(
            zip(job["streams"], (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT))
        ):
            os.dup2(os.open(name, how, 0o600), to)
        if os.isatty(0):  # what was opened on a pipe or file cannot be turned to a terminal
            sys.stdin = os.fdopen(0, closefd=False)
            sys.stdout = os.fdopen(1, "w", closefd=False)
            sys.stderr = os.fdopen(2, "w", closefd=False, errors="backslashreplace")
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        sys.argv = ["finops", *job["words"]]
        from finops_model.cli.__main__ import finops as command

        command()
    except BaseException:  # noqa: BLE001 - a child of fork shows whatever it is and ends
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    os._exit(70)
