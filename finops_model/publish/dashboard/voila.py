"""Standalone Voila as the dashboard runs it: kernels on sockets of this user, a log that knows no token (docs/deploy.md).

Started by `server.command` as `python -m finops_model.publish.dashboard.voila`; it is Voila and nothing else.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from ... import resources

HIDDEN = "[hidden]"
SECRET = re.compile(r"(?i)(token(?:=|%3d|\s+|\"\s*:\s*\"))[^\s&;,\"'<>#]+")
LONGEST_SOCKET = (
    107  # bytes of a socket's path; "voila_xxxxxxxx/kernel-<36>-ipc-5" takes 62 of them
)


def scrubbed(text: str, secret: str = "") -> str:
    """A line for a log: without the value of any token, and without what could steer a terminal.

    >>> scrubbed("403 GET /voila/files/x?token=abcdefgh&a=1 (127.0.0.1)")
    '403 GET /voila/files/x?token=[hidden]&a=1 (127.0.0.1)'
    """
    text = SECRET.sub(rf"\1{HIDDEN}", text)
    if secret:
        text = text.replace(secret, HIDDEN)
    return "".join(c if c in "\n\t" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def scrub_records(secret: str = "") -> None:
    """From now on no record of any logger in this process holds a token: in its message, its arguments or its traceback."""
    make = logging.getLogRecordFactory()

    def record(*given: Any, **named: Any) -> logging.LogRecord:
        line = make(*given, **named)
        line.msg, line.args = scrubbed(line.getMessage(), secret), None
        if line.exc_info:
            line.exc_text, line.exc_info = (
                scrubbed(logging.Formatter().formatException(line.exc_info), secret),
                None,
            )
        return line

    logging.setLogRecordFactory(record)


def socket_folder() -> str:
    """Folder below which Voila makes its private one for kernels' sockets: the temporary folder, or a shorter one where its name is too long."""
    for folder in (tempfile.gettempdir(), "/tmp"):
        if len(os.fsencode(folder)) + 1 + 62 <= LONGEST_SOCKET and os.access(folder, os.W_OK):
            return folder
    return tempfile.gettempdir()


def private_kernels() -> list[str]:
    """Options that keep kernels off the network: sockets in the file system, in a folder nobody else may open."""
    if sys.platform == "win32":
        return []
    return ["--KernelManager.transport=ipc", f"--Voila.connection_dir_root={socket_folder()}"]


def main(argv: list[str] | None = None) -> None:
    """Voila with these options; the token comes from JUPYTER_TOKEN and is not handed on to kernels."""
    token = os.environ.pop("JUPYTER_TOKEN", "")
    if not token:
        raise SystemExit(
            "the dashboard needs its token in JUPYTER_TOKEN: start it with finops dashboard."
        )
    os.umask(0o077)  # logs, sockets and connection files are this user's alone
    scrub_records(token)
    from voila.app import Voila

    Voila.launch_instance(
        argv=[
            *(sys.argv[1:] if argv is None else argv),
            *private_kernels(),
            f"--Voila.token={token}",
        ]
    )


if __name__ == "__main__":
    # A notebook served from the project's folder must not find this folder's modules by their short names.
    sys.path[:] = [
        entry
        for entry in sys.path
        if Path(entry or ".").resolve() != resources.path(".", beside=__package__)
    ]
    main()
