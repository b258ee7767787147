"""How the dashboard is served: command, token, port, template, end (docs/deploy.md)."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from finops_model.errors import ReportError
from finops_model.publish import dashboard
from finops_model.publish.dashboard import server as dashboard_server
from finops_model.publish.dashboard import voila as dashboard_voila
from finops_model.settings import Settings


@pytest.fixture
def folder(tmp_path):
    """A workspace with one published report."""
    (tmp_path / "reports").mkdir()
    entry = {
        "month": "2026-10",
        "slug": "company",
        "unit": "Company",
        "status": "final",
        "headline": "",
        "files": {},
    }
    (tmp_path / "reports" / "index.json").write_text(json.dumps({"schema": 1, "reports": [entry]}))
    return tmp_path


def test_the_command_has_the_safe_flags_and_not_the_token(folder):
    chosen = Settings(root=str(folder))
    token = "a-token-of-thirty-two-letters-or-so"
    argv = dashboard.command(chosen, 8866, token)
    assert argv[1:3] == ["-m", "finops_model.publish.dashboard.voila"] and not any(
        token in part for part in argv
    )
    for flag in (
        "--Voila.ip=127.0.0.1",
        "--Voila.auto_token=True",
        "--VoilaConfiguration.strip_sources=True",
        "--VoilaConfiguration.show_tracebacks=False",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        "--VoilaConfiguration.file_allowlist=[]",
        "--MappingKernelManager.cull_idle_timeout=600",
        "--MappingKernelManager.cull_connected=True",
    ):
        assert flag in argv
    assert dashboard.environment(chosen, token)["JUPYTER_TOKEN"] == token


@pytest.mark.parametrize(
    "token", ["", "short", "with a space in it, long", "ümlaut-in-a-long-token"]
)
def test_a_weak_token_is_refused(folder, token):
    with pytest.raises(ReportError) as problem:
        dashboard.command(Settings(root=str(folder)), 8866, token)
    assert str(problem.value) == (
        "the dashboard's token must be at least 16 letters, digits or signs without spaces. "
        "Leave it out and one is made."
    )


def test_serving_without_a_report_says_how_to_make_one(tmp_path):
    with pytest.raises(
        ReportError, match="no report has been published yet. Publish one first: finops report"
    ):
        dashboard.serve(Settings(root=str(tmp_path)), 8866)


def test_a_taken_port_is_said(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ReportError) as problem:
            dashboard_server.prepare(Settings(root=str(folder)), port, "t" * 20)
    assert (
        str(problem.value)
        == f"port {port} is taken or not allowed. Choose another one: finops dashboard --port {min(port + 1, 65535)}."
    )


def test_a_token_file_is_used(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from-the-file-0123456789\n")
    monkeypatch.setenv("FINOPS_DASHBOARD_TOKEN_FILE", str(tmp_path / "token"))
    assert dashboard_server._token_file() == "from-the-file-0123456789"
    monkeypatch.setenv("FINOPS_DASHBOARD_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(ReportError, match="there is no such file"):
        dashboard_server._token_file()


STAND_IN = """
import sys, finops_model.publish.dashboard.server as server
from finops_model.settings import Settings
child = "import os, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)".replace("os, time", "os, sys, time")
server.prepare = lambda *_: (server.lay_out(Settings(root=sys.argv[1])) and [sys.executable, "-c", child, sys.argv[2]], None)
server.serve(Settings(root=sys.argv[1]), 8866, "a-token-of-thirty-letters-or-so")
"""


def test_stopping_the_command_stops_its_server(tmp_path):
    note = tmp_path / "pid"
    outer = subprocess.Popen(
        [sys.executable, "-c", STAND_IN, str(tmp_path), str(note)],
        stdout=subprocess.PIPE,
        text=True,
    )
    while outer.poll() is None and not (note.exists() and note.read_text()):
        time.sleep(0.05)
    child = int(note.read_text())
    outer.send_signal(signal.SIGTERM)
    told, _ = outer.communicate(timeout=120)
    assert outer.returncode == 0 and told.startswith(
        "Dashboard  http://127.0.0.1:8866/?token=a-token-of-thirty-letters-or-so\n"
    )
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_server_that_fails_is_said_with_its_last_words(folder, monkeypatch):
    broken = [
        sys.executable,
        "-c",
        "print('first'); print('no such template'); raise SystemExit(3)",
    ]
    chosen = Settings(root=str(folder))
    dashboard_server.lay_out(chosen)
    monkeypatch.setattr(dashboard_server, "prepare", lambda *_: (broken, None))
    with pytest.raises(ReportError) as problem:
        dashboard.serve(chosen, 8866)
    assert str(problem.value) == (
        "the dashboard's server stopped:\nfirst\nno such template\n"
        f"The whole log: {dashboard_server.state(chosen) / 'server.log'}"
    )


def test_the_page_template_asks_nobody(folder):
    folder = dashboard_server.lay_out(Settings(root=str(folder)))
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in {".j2", ".html", ".json"}:
            assert "http" not in path.read_text(encoding="utf-8"), path


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """(port, process, its folder): the real server on one published report, a page opened once; no browser."""
    from dashboard_world import company

    folder = tmp_path_factory.mktemp("running")
    company(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv, env = dashboard_server.prepare(Settings(root=str(folder)), port, SECRET)
    with dashboard_server.private_file(folder / "server.txt") as output:
        server = subprocess.Popen(argv, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            assert server.poll() is None, (folder / "server.txt").read_text()
            try:
                if asked(port, "/api/kernels")[0]:
                    break
            except OSError:
                time.sleep(0.2)
        status, page = asked(port, f"/?token={SECRET}")
        assert status == 200 and "finops" in page
        yield port, server, folder
    finally:
        server.terminate()
        server.wait(timeout=60)


SECRET = "a-token-that-nobody-else-may-hear"


def asked(port, path):
    """(status, body) of one request."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def family(pid):
    """A process and all below it, by /proc."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            parents[int(entry.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(pids):
    """TCP ports on which these processes listen."""
    inodes = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(entry))
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def socket_type(port):
    """What a ZeroMQ socket says it is (ZMTP 3.0 greeting and READY)."""
    ready = b"\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH"
    with socket.create_connection(("127.0.0.1", port), timeout=120) as wire:
        wire.sendall(
            b"\xff"
            + bytes(8)
            + b"\x7f\x03\x00NULL"
            + bytes(16)
            + bytes(32)
            + b"\x04"
            + bytes([len(ready)])
            + ready
        )
        told = b""
        while b"Socket-Type" not in told[:-8]:
            more = wire.recv(4096)
            assert more, told
            told += more
    at = told.index(b"Socket-Type") + 11
    return told[at + 4 : at + 4 + int.from_bytes(told[at : at + 4], "big")]


linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")


@linux
def test_a_page_is_heard_on_no_port_but_the_servers_own(running):
    """Kernels on TCP let every user of the machine hear a page without the token (their messages need no key to be read)."""
    port, server, _ = running
    pids = family(server.pid)
    kernels = [pid for pid in pids if b"ipykernel" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    others = listening(pids) - {port}
    assert kernels and listening({server.pid}) == {port} and len(others) <= len(kernels)
    assert {socket_type(other) for other in others} <= {
        b"PULL"
    }  # ipykernel's inlet for its own children: it tells nothing


@linux
def test_kernels_talk_on_sockets_that_nobody_else_can_open(running):
    _, server, _ = running
    folders = set()
    for pid in family(server.pid):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if any(b"ipykernel" in word for word in words):
            folders |= {Path(os.fsdecode(word)).parent for word in words if word.endswith(b".json")}
            assert b"\0JUPYTER_TOKEN=" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert len(folders) == 1
    folder = folders.pop()
    sockets = [path for path in folder.iterdir() if stat.S_ISSOCK(path.stat().st_mode)]
    assert len(sockets) >= 5 and folder.stat().st_mode & 0o077 == 0


def test_no_log_holds_the_token_and_nobody_else_reads_it(running):
    port, _, folder = running
    for path in (
        f"/voila/files/x?token={SECRET}",
        f"/api/kernels/00000000-0000-4000-8000-000000000000?token={SECRET}",
        f"/nothing?a=1&token={SECRET}&b=2",
        "/voila/files/x?token=another-one-that-is-wrong",
    ):
        assert asked(port, path)[0] >= 400
    logs = [
        folder / "server.txt",
        *dashboard_server.state(Settings(root=str(folder))).rglob("*.log"),
    ]
    text = "".join(path.read_text() for path in logs)
    assert "403 GET /voila/files/x?token=[hidden]" in text
    assert SECRET not in text and "another-one-that-is-wrong" not in text
    assert all(path.stat().st_mode & 0o077 == 0 for path in logs)
    assert dashboard_server.state(Settings(root=str(folder))).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "line, kept",
    [
        ("GET /?token=abc (127.0.0.1)", "GET /?token=[hidden] (127.0.0.1)"),
        ("GET /login?next=%2F%3Ftoken%3Dabcdef", "GET /login?next=%2F%3Ftoken%3D[hidden]"),
        ("Authorization: token abcdef", "Authorization: token [hidden]"),
        ('{"token": "abcdef"}', '{"token": "[hidden]"}'),
        ("the value abcdef-secret alone", "the value [hidden] alone"),
        ("\x1b[31mred\x00", "\\x1b[31mred\\x00"),
    ],
)
def test_a_line_of_a_log_is_scrubbed(line, kept):
    assert dashboard_voila.scrubbed(line, "abcdef-secret") == kept


def test_a_traceback_in_a_log_is_scrubbed():
    before = logging.getLogRecordFactory()
    try:
        dashboard_voila.scrub_records("abcdef-secret")
        try:
            raise ValueError("asked for ?token=abcdef-secret")
        except ValueError:
            record = logging.getLogger("x").makeRecord(
                "x", 40, "f", 1, "went %s", ("wrong?token=zzz",), sys.exc_info()
            )
        text = logging.Formatter("%(message)s").format(record)
    finally:
        logging.setLogRecordFactory(before)
    assert text.startswith("went wrong?token=[hidden]\nTraceback") and "abcdef-secret" not in text


def test_long_temporary_folders_give_no_sockets_that_are_too_long(monkeypatch):
    monkeypatch.setattr(dashboard_voila.tempfile, "gettempdir", lambda: "/tmp/" + "x" * 60)
    assert dashboard_voila.socket_folder() == "/tmp"


def test_the_server_never_runs_without_a_token(monkeypatch):
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    with pytest.raises(SystemExit, match="the dashboard needs its token in JUPYTER_TOKEN"):
        dashboard_voila.main([])
