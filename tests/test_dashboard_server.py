"""How the dashboard is served: command, token, port, template, end (docs/deploy.md)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from finops_model.errors import ReportError
from finops_model.publish import dashboard, dashboard_server
from finops_model.settings import Settings


@pytest.fixture
def folder(tmp_path):
    """A workspace with one published report."""
    (tmp_path / "reports").mkdir()
    entry = {"month": "2026-10", "slug": "company", "unit": "Company", "status": "final", "headline": "", "files": {}}
    (tmp_path / "reports" / "index.json").write_text(json.dumps({"schema": 1, "reports": [entry]}))
    return tmp_path


def test_the_command_has_the_safe_flags_and_not_the_token(folder):
    chosen = Settings(root=str(folder))
    token = "a-token-of-thirty-two-letters-or-so"
    argv = dashboard.command(chosen, 8866, token)
    assert argv[1:3] == ["-m", "voila"] and not any(token in part for part in argv)
    for flag in ("--Voila.ip=127.0.0.1", "--Voila.auto_token=True", "--VoilaConfiguration.strip_sources=True",
                 "--VoilaConfiguration.show_tracebacks=False", "--VoilaConfiguration.allow_template_override=NO",
                 "--VoilaConfiguration.allow_theme_override=NO", "--VoilaConfiguration.file_allowlist=[]",
                 "--MappingKernelManager.cull_idle_timeout=600", "--MappingKernelManager.cull_connected=True"):
        assert flag in argv
    assert dashboard.environment(chosen, token)["JUPYTER_TOKEN"] == token


@pytest.mark.parametrize("token", ["", "short", "with a space in it, long", "ümlaut-in-a-long-token"])
def test_a_weak_token_is_refused(folder, token):
    with pytest.raises(ReportError) as problem:
        dashboard.command(Settings(root=str(folder)), 8866, token)
    assert str(problem.value) == ("the dashboard's token must be at least 16 letters, digits or signs without spaces. "
                                  "Leave it out and one is made.")


def test_serving_without_a_report_says_how_to_make_one(tmp_path):
    with pytest.raises(ReportError, match="no report has been published yet. Publish one first: finops report"):
        dashboard.serve(Settings(root=str(tmp_path)), 8866)


def test_a_taken_port_is_said(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ReportError) as problem:
            dashboard_server.prepare(Settings(root=str(folder)), port, "t" * 20)
    assert str(problem.value) == f"port {port} is taken or not allowed. Choose another one: finops dashboard --port {min(port + 1, 65535)}."


def test_a_token_file_is_used(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("from-the-file-0123456789\n")
    monkeypatch.setenv("FINOPS_DASHBOARD_TOKEN_FILE", str(tmp_path / "token"))
    assert dashboard_server._token_file() == "from-the-file-0123456789"
    monkeypatch.setenv("FINOPS_DASHBOARD_TOKEN_FILE", str(tmp_path / "none"))
    with pytest.raises(ReportError, match="there is no such file"):
        dashboard_server._token_file()


STAND_IN = """
import sys, finops_model.publish.dashboard_server as server
from finops_model.settings import Settings
child = "import os, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)".replace("os, time", "os, sys, time")
server.prepare = lambda *_: (server.lay_out(Settings(root=sys.argv[1])) and [sys.executable, "-c", child, sys.argv[2]], None)
server.serve(Settings(root=sys.argv[1]), 8866, "a-token-of-thirty-letters-or-so")
"""


def test_stopping_the_command_stops_its_server(tmp_path):
    note = tmp_path / "pid"
    outer = subprocess.Popen([sys.executable, "-c", STAND_IN, str(tmp_path), str(note)], stdout=subprocess.PIPE, text=True)
    while outer.poll() is None and not (note.exists() and note.read_text()):
        time.sleep(0.05)
    child = int(note.read_text())
    outer.send_signal(signal.SIGTERM)
    told, _ = outer.communicate(timeout=30)
    assert outer.returncode == 0 and told.startswith("Dashboard  http://127.0.0.1:8866/?token=a-token-of-thirty-letters-or-so\n")
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_server_that_fails_is_said_with_its_last_words(folder, monkeypatch):
    broken = [sys.executable, "-c", "print('first'); print('no such template'); raise SystemExit(3)"]
    chosen = Settings(root=str(folder))
    dashboard_server.lay_out(chosen)
    monkeypatch.setattr(dashboard_server, "prepare", lambda *_: (broken, None))
    with pytest.raises(ReportError) as problem:
        dashboard.serve(chosen, 8866)
    assert str(problem.value) == ("the dashboard's server stopped:\nfirst\nno such template\n"
                                  f"The whole log: {dashboard_server.state(chosen) / 'server.log'}")


def test_the_page_template_asks_nobody(folder):
    folder = dashboard_server.lay_out(Settings(root=str(folder)))
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in {".j2", ".html", ".json"}:
            assert "http" not in path.read_text(encoding="utf-8"), path
