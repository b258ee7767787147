"""Never a traceback: full disks, missing rights, terminals without letters, unknown time zones, and what nobody foresaw."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from finops_model import cli
from finops_model.cli import _net
from finops_model.errors import InputError, LedgerError
from finops_model.facts.ledger import delivery
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings, load_settings

FINOPS = [sys.executable, "-m", "finops_model.cli"]


def ends(monkeypatch, capsys, problem):
    """(exit code, what stands on the terminal) of a command that ends in `problem`."""

    def raises(**_):
        raise problem

    monkeypatch.setattr(cli, "app", raises)
    with pytest.raises(SystemExit) as end:
        cli.main()
    shown = capsys.readouterr()
    assert shown.out == "" and "Traceback" not in shown.err
    return end.value.code, shown.err


@pytest.mark.parametrize(
    "problem, code, said",
    [
        (LedgerError("the ledger is empty."), 2, "Error  the ledger is empty.\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "reports/a"),
            2,
            "Error  reports/a: the disk is full (No space left on device). What was there before is as it was. Make room, then run the command again.\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            2,
            "Error  the disk is full (No space left on device). What was there before is as it was. Make room, then run the command again.\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", b"reports/\xff"),
            2,
            "Error  reports/\\udcff: this cannot be read or written here (Permission denied). What was there before is as it was. "
            "Check the rights of the folder, or write somewhere else (--out, or ledger, runs and reports in finops.yaml).\n",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "r"),
            2,
            "Error  r: this cannot be read or written here (Read-only file system). What was there before is as it was. "
            "Check the rights of the folder, or write somewhere else (--out, or ledger, runs and reports in finops.yaml).\n",
        ),
        (
            FileExistsError(errno.EEXIST, "File exists", "bill.csv"),
            2,
            "Error  bill.csv: this cannot lie here (File exists). What was there before is as it was. "
            "Give another place (--out, or ledger, runs and reports in finops.yaml).\n",
        ),
        (
            MemoryError(),
            2,
            "Error  the memory of this machine does not suffice. Nothing was published. Take fewer paths, units or months.\n",
        ),
        (KeyboardInterrupt(), 130, "Stopped; nothing was published.\n"),
    ],
)
def test_what_ends_a_command_is_a_sentence(monkeypatch, capsys, problem, code, said):
    found, shown = ends(monkeypatch, capsys, problem)
    assert found == code and shown == said.replace(
        "\\udcff", ""
    )  # what no terminal can show is left out


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("x\x1b[31m" + "y" * 500),
        KeyError("versions"),
        RecursionError(),
        AssertionError(),
        ZeroDivisionError("a\nb"),
        UnicodeEncodeError("ascii", "←", 0, 1, "ordinal not in range"),
    ],
)
def test_the_unexpected_is_a_sentence_and_its_traceback_a_file(
    monkeypatch, capsys, tmp_path, problem
):
    monkeypatch.setattr(_net.tempfile, "tempdir", str(tmp_path))
    code, shown = ends(monkeypatch, capsys, problem)
    assert code == 1 and shown.count("\n") == 1 and len(shown) < 600
    assert (
        shown.startswith(f"Error  something unexpected went wrong ({type(problem).__name__}")
        and "This is a fault of finops-model, not of your files." in shown
    )
    name = Path(
        re.search(
            r"Its details are kept in (\S+): send that file along when you report it\.", shown
        ).group(1)
    )
    text = name.read_text()
    assert name.parent == tmp_path and name.stat().st_mode & 0o077 == 0
    assert (
        text.startswith("finops-model ")
        and "Traceback (most recent call last)" in text
        and type(problem).__name__ in text
    )


def test_where_even_the_traceback_cannot_be_kept_that_is_said(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(_net.tempfile, "tempdir", str(tmp_path / "none"))
    assert ends(monkeypatch, capsys, ValueError("x"))[1] == (
        "Error  something unexpected went wrong (ValueError: x). This is a fault of finops-model, not of your files. "
        "Its details could not be kept (No such file or directory).\n"
    )


def bare(**more):
    """An environment without any locale."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("LC_", "LANG", "PYTHON")) or k == "PYTHONPYCACHEPREFIX"
    }
    return {**kept, **more}


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONUTF8": "0", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp437"},
    ],
    ids=lambda env: "-".join(env.values()),
)
def test_any_terminal_will_do(tmp_path, env):
    """PYTHONUTF8=0 LC_ALL=C and the mapping's arrows: was a UnicodeEncodeError."""
    code = (
        "from finops_model import cli; from finops_model.cli._shared import out, err\n"
        "cli.app = lambda **_: (out.print('a ← b · c – 1 × 2 € Zürich 日本'), err.print('→ done'))\ncli.main()\n"
    )
    (tmp_path / "run.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "run.py")],
        env=bare(**env),
        capture_output=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    if "ascii" in env.values() or "C" in env.values():
        assert (
            done.stdout == b"a <- b - c - 1 x 2 EUR Z\\xfcrich \\u65e5\\u672c\n"
            and done.stderr == b"-> done\n"
        )


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m finops_model.cli prices list | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize(
    "zone, hint",
    [
        ("Berlin", " Did you mean 'Europe/Berlin'?"),
        ("Europe/Berln", " Did you mean 'Europe/Berlin'?"),
        ("utc", " Did you mean 'UTC'?"),
        ("new york", " Did you mean 'America/New_York'?"),
        ("+02:00", ""),
        ("", ""),
        ("../../etc/passwd", None),
        ("Europe/Berlin\n", " Did you mean 'Europe/Berlin'?"),
    ],
)
def test_an_unknown_time_zone_is_refused_when_the_settings_are_read(tmp_path, zone, hint):
    """Was accepted while all rows lay at midnight, and a DuckDB traceback with the first row that did not."""
    import yaml

    (tmp_path / "finops.yaml").write_text("company: A\n" + yaml.dump({"time_zone": zone}))
    with pytest.raises(InputError) as problem:
        load_settings(tmp_path)
    said = str(problem.value)
    assert (
        said.startswith(f"{tmp_path / 'finops.yaml'}:2: time_zone: unknown time zone '{zone}'.")
        or "\n" in zone
    )
    if hint is not None:
        assert said.endswith(
            f"'.{hint} Write a name of the IANA table, such as UTC or Europe/Berlin."
        )


def test_every_zone_of_the_table_is_taken():
    for zone in (
        "UTC",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Asia/Kolkata",
        "Etc/GMT+12",
    ):
        assert Settings(time_zone=zone).time_zone == zone


def in_a_folder(folder, *words, **more):
    """A command that may find its disk full: Python would keep bytecode cut off at the limit, and every later process would fail on it."""
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [*FINOPS, *words], cwd=folder, capture_output=True, text=True, env=env, **more
    )


BILL = (Path(__file__).parent / "fixtures" / "bills" / "good.csv").read_text()


@pytest.mark.parametrize(
    "code, why",
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the quota of the disk is used up"),
        (errno.EROFS, "the file system can only be read"),
        (errno.EACCES, "permission denied"),
        (errno.EIO, None),
    ],
)
def test_a_delivery_that_cannot_be_written_says_why(tmp_path, monkeypatch, code, why):
    """`errors.WHY` is the one home of these words; another answer of the system is no sentence of ours."""

    def refuses(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(delivery, "_write_all", refuses)
    (tmp_path / "a.csv").write_text(BILL)
    with pytest.raises((LedgerError, OSError)) as raised:
        Ledger(tmp_path / "ledger").ingest([tmp_path / "a.csv"])
    said = (
        f"{tmp_path / 'ledger'}: {why}, so the delivery could not be written. Nothing of it is in the ledger, and what was there is "
        "unchanged. Make room or ask for the right to write, then ingest again."
    )
    assert str(raised.value) == (said if why else f"[Errno {code}] {os.strerror(code)}")
    assert not list((tmp_path / "ledger").rglob("*.parquet"))


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")
def test_a_disk_that_is_full_leaves_the_ledger_as_it_was(tmp_path):
    """Real refusals of the system: no file of this process may grow over four thousand bytes."""
    import resource

    (tmp_path / "finops.yaml").write_text("company: A\nledger: ledger\n")
    (tmp_path / "a.csv").write_text(BILL)
    head, *rows = BILL.splitlines()
    assert in_a_folder(tmp_path, "ingest", "a.csv").returncode == 0
    before = {
        path: path.read_bytes() for path in (tmp_path / "ledger").rglob("*") if path.is_file()
    }
    (tmp_path / "b.csv").write_text(
        "\n".join(
            [
                head,
                *(rows[i % len(rows)].replace("2026-0", f"202{i % 5}-0") + "" for i in range(3000)),
            ]
        )
        + "\n"
    )
    limited = in_a_folder(
        tmp_path,
        "ingest",
        "b.csv",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
    )
    assert (
        limited.returncode == 2
        and "Traceback" not in limited.stderr
        and limited.stderr.count("\n") == 1
    ), limited.stderr
    assert "the disk is full" in limited.stderr or "File too large" in limited.stderr
    assert {
        path: path.read_bytes() for path in (tmp_path / "ledger").rglob("*") if path.is_file()
    } == before
    assert in_a_folder(tmp_path, "ingest", "a.csv").returncode == 0


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="a read-only place for root is a mount"
)
def test_a_read_only_ledger_is_a_sentence(tmp_path):
    (tmp_path / "ws").mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path / "ws")], capture_output=True
    ).returncode:
        pytest.skip("no mounts here")
    try:
        (tmp_path / "ws" / "finops.yaml").write_text("company: A\nledger: ledger\n")
        (tmp_path / "a.csv").write_text(BILL)
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path / "ws")], check=True)
        done = in_a_folder(tmp_path / "ws", "ingest", str(tmp_path / "a.csv"))
        assert (
            done.returncode == 2
            and done.stderr.startswith("Error  ")
            and done.stderr.count("\n") == 1
            and "Traceback" not in done.stderr
        )
        assert "Read-only file system" in done.stderr or "can only be read" in done.stderr
    finally:
        subprocess.run(["umount", "-l", str(tmp_path / "ws")])


ABORTS = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.__cxa_atexit(ctypes.cast(libc.abort, ctypes.c_void_p), None, None)        # what the destructor of a thread that still runs does
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own exit handlers")
@pytest.mark.parametrize(
    "work, code, said",
    [
        ("lambda: print('done')", 0, "done\n"),
        ("lambda: 3", 3, ""),
        ("lambda: sys.exit(2)", 2, ""),
        ("lambda: sys.exit('no')", 1, ""),
        ("lambda: __import__('atexit').register(print, 'tidied')", 0, "tidied\n"),
    ],
)
def test_a_command_that_is_done_is_not_undone_by_a_library_at_its_end(tmp_path, work, code, said):
    """Arrow's threads ended 2 of 80 runs of `finops reconcile` in exit 134 after the right answer was written."""
    (tmp_path / "ends.py").write_text(f"{ABORTS}from finops_model.exits import run\nrun({work})\n")
    (tmp_path / "aborts.py").write_text(f"{ABORTS}print('done')\n")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    assert (
        subprocess.run(
            [sys.executable, str(tmp_path / "aborts.py")], capture_output=True
        ).returncode
        == -6
    )  # the trap works
    done = subprocess.run(
        [sys.executable, str(tmp_path / "ends.py")], capture_output=True, text=True, env=env
    )
    assert (done.returncode, done.stdout) == (code, said) and done.stderr == (
        "no\n" if code == 1 else ""
    )


def test_every_way_to_start_a_command_ends_it_so():
    import tomllib

    root = Path(__file__).parents[1]
    scripts = tomllib.loads((root / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"finops": "finops_model.cli.__main__:finops"}
    for name in ("cli/__main__.py", "publish/report/worker.py"):
        assert "exits import run" in (root / "finops_model" / name).read_text()


def test_the_exit_code_a_command_chose_is_that_of_the_process():
    """`finops prices diff --check` said what had changed and exited 0: a check in a pipeline passed."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from finops_model import cli\nfrom finops_model.exits import run\n"
            "def app(**_): return 1\ncli.app = app\nrun(cli.main)",
        ],
        capture_output=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 1
