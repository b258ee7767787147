"""Start standalone Voila for the dashboard, and nothing else: this machine only, with a token, safe flags.

Never `jupyter server` with the Voila extension: there any viewer may run code (docs/deploy.md).
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ... import resources
from ...errors import ReportError
from . import archive as dashboard_archive

if TYPE_CHECKING:
    from ...settings import Settings

TEMPLATE = "finops"
SHORTEST_TOKEN = 16
# A page, and any report shown in it, may talk to this server only: no picture, script or font from elsewhere. Voila needs the
# two 'unsafe-' words and widgets the blob.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}


def notebook(settings: Settings) -> Path:
    """The dashboard notebook: the workspace's own (notebooks/dashboards/leadership.ipynb), else the one that comes with finops-model."""
    own = settings.path(resources.DASHBOARD)
    return own.resolve() if own.is_file() else resources.path(resources.DASHBOARD)


def state(settings: Settings) -> Path:
    """Folder for what the server writes: page template, log."""
    return settings.path(settings.runs).resolve().parent / "dashboard"


def check_token(token: str) -> str:
    """The token, if it is long enough to keep strangers out; raises ReportError otherwise."""
    if (
        not isinstance(token, str)
        or len(token) < SHORTEST_TOKEN
        or not token.isascii()
        or not token.isprintable()
        or " " in token
    ):
        raise ReportError(
            f"the dashboard's token must be at least {SHORTEST_TOKEN} letters, digits or signs without spaces. "
            "Leave it out and one is made."
        )
    return token


def command(
    settings: Settings, port: int, token: str, base_url: str = "/", pool: int = 0
) -> list[str]:
    """The command that serves the dashboard.

    The token is *not* in it (a process list is public): see `environment`.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    port : int
        On 127.0.0.1.
    token : str
        Checked, and left out.
    base_url : str, optional
        Prefix behind a proxy, for example /ai-budget/.
    pool : int, optional
        Kernels started ahead: a first chart in 1.6 s instead of 2.8 s, 60 MB each.

    Returns
    -------
    list of str
        Program and arguments.

    Raises
    ------
    ReportError
        The token is too short to keep strangers out.

    Examples
    --------
    >>> from finops_model.settings import Settings
    >>> line = command(Settings(company="Acme", currency="EUR"), 8866, token="k" * 40)
    >>> [word for word in line if "port" in word]
    ['--port=8866', '--Voila.port_retries=0']
    """
    check_token(token)
    warm = ["--VoilaConfiguration.preheat_kernel=True", f"--pool_size={int(pool)}"] if pool else []

    return [
        sys.executable,
        "-m",
        "finops_model.publish.dashboard.voila",
        str(notebook(settings)),
        "--no-browser",
        f"--port={int(port)}",
        "--Voila.ip=127.0.0.1",
        "--Voila.port_retries=0",
        f"--Voila.base_url={base_url}",
        "--Voila.auto_token=True",
        # Voila's own default lets whoever holds the token set a password for the server, kept in a file.
        "--Voila.identity_provider_class=voila.voila_identity_provider.VoilaIdentityProvider",
        "--PasswordIdentityProvider.allow_password_change=False",
        f"--template={TEMPLATE}",
        *warm,
        "--VoilaConfiguration.strip_sources=True",
        "--VoilaConfiguration.show_tracebacks=False",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.allow_theme_override=NO",
        "--VoilaConfiguration.file_allowlist=[]",
        "--VoilaConfiguration.file_denylist=['.*']",  # /voila/files serves nothing
        "--MappingKernelManager.cull_idle_timeout=600",
        "--MappingKernelManager.cull_interval=60",
        "--MappingKernelManager.cull_connected=True",
        "--Voila.log_level=WARN",
    ]


def environment(settings: Settings, token: str) -> dict[str, str]:
    """Variables of the server's process: where the reports and the page template lie, and the token."""
    folder = state(settings)
    above, configured = os.environ.get("JUPYTER_PATH"), os.environ.get("JUPYTER_CONFIG_PATH")
    return {
        **os.environ,
        "JUPYTER_TOKEN": check_token(token),
        "FINOPS_DASHBOARD": "1",
        "FINOPS_REPORTS": str(settings.path(settings.reports).resolve()),
        "FINOPS_DASHBOARD_LOG": str(folder / "dashboard.log"),
        "JUPYTER_PATH": os.pathsep.join([str(folder), *([above] if above else [])]),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            [str(folder), *([configured] if configured else [])]
        ),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def lay_out(settings: Settings) -> Path:
    """Put page template and response headers where Voila finds them; returns the state folder."""
    folder = state(settings)
    target = folder / "voila" / "templates" / TEMPLATE
    target.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)  # its logs say who looked at what
    (target / "conf.json").write_text('{"base_template": "lab"}\n', encoding="utf-8")
    shutil.copyfile(
        resources.path("dashboard_index.html.j2", beside=__package__), target / "index.html.j2"
    )
    (folder / "voila.json").write_text(
        json.dumps({"Voila": {"tornado_settings": {"headers": HEADERS}}}, indent=1),
        encoding="utf-8",
    )
    for name in ("page.html", "error.html", "404.html"):
        shutil.copyfile(resources.path("dashboard_error.html", beside=__package__), target / name)
    return folder


def prepare(
    settings: Settings, port: int, token: str, base_url: str = "/", pool: int = 0
) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of a server whose reports exist. Raises ReportError: no report, port taken."""
    dashboard_archive.load_index(settings.path(settings.reports))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except (OSError, OverflowError):
            raise ReportError(
                f"port {port} is taken or not allowed. Choose another one: finops dashboard --port {min(int(port) + 1, 65535)}."
            ) from None
    lay_out(settings)
    return command(settings, port, token, base_url, pool), environment(settings, token)


def serve(
    settings: Settings,
    port: int = 8866,
    token: str | None = None,
    base_url: str = "/",
    pool: int = 1,
) -> int:
    """Serve until Ctrl-C; prints the address with its token first. Returns the server's exit code.

    token   default: FINOPS_DASHBOARD_TOKEN, the file named by FINOPS_DASHBOARD_TOKEN_FILE, else a new one
    """
    token = (
        token
        or os.environ.get("FINOPS_DASHBOARD_TOKEN")
        or _token_file()
        or secrets.token_urlsafe(24)
    )
    argv, env = prepare(settings, port, token, base_url, pool)
    print(
        f"Dashboard  http://127.0.0.1:{port}{base_url}?token={token}\n"
        "           on this machine only; Ctrl-C stops it. For others: docs/deploy.md",
        flush=True,
    )
    path = state(settings) / "server.log"
    with private_file(path) as output:  # the server's chatter; nothing a reader needs
        server = subprocess.Popen(argv, env=env, stdout=output, stderr=subprocess.STDOUT)
        previous = signal.signal(
            signal.SIGTERM, _stop
        )  # a stopped service must not leave its server behind
        try:
            code = server.wait()
        except KeyboardInterrupt:
            server.terminate()
            server.wait()
            return 0
        finally:
            signal.signal(signal.SIGTERM, previous)
    if code:
        tail = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise ReportError(
            "the dashboard's server stopped:\n" + "\n".join(tail) + f"\nThe whole log: {path}"
        )
    return code


def private_file(path: Path) -> TextIO:
    """A text file, emptied, that only this user can read, also where it was there before with wider rights."""
    file = os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    )
    os.chmod(path, 0o600)
    return file


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _token_file() -> str | None:
    name = os.environ.get("FINOPS_DASHBOARD_TOKEN_FILE")
    if not name:
        return None
    if not Path(name).is_file():
        raise ReportError(f"FINOPS_DASHBOARD_TOKEN_FILE: {name}: there is no such file.")
    return Path(name).read_text(encoding="utf-8").strip()
