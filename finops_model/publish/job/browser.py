"""One Chromium for a whole job, spoken to over two pipes: no port is opened, nothing outside this machine is reached (docs/method §15.40).

The protocol is Chrome's DevTools Protocol with `--remote-debugging-pipe`: JSON texts, each ended by a NUL, from the browser's file
descriptor 4 and to its 3.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
from collections.abc import Iterator
from typing import Any

from ...errors import ReportError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE, OFF = "FINOPS_BROWSER", "none"  # environment variable: a program, or that there is none
NONE = (
    "PDF needs Chromium, and there is none on this machine. On Debian: sudo apt-get install chromium; "
    "or open the report in any browser and print it."
)
ELSE = "Install it again."
DEEPEST = 40  # bytes of the path of a folder for temporary files
SILENT = 60  # seconds that the browser may say nothing
A4 = {"paperWidth": 8.27, "paperHeight": 11.69}  # inches
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "about:blank",
)


def program(browser: str | None = None) -> str | None:
    """The path of `browser`, else of that of FINOPS_BROWSER, else of the Chromium that is installed; None where there is none."""
    named = browser or os.environ.get(VARIABLE)
    names = (named,) if named else NAMES
    if named == OFF:
        return None
    return next((path for name in names if (path := shutil.which(name))), None)


def none(browser: str | None = None) -> str:
    """Why there is no browser, and what to do."""
    if not browser and (named := os.environ.get(VARIABLE)):
        return f"{VARIABLE} is '{named[:60]}', and no such program is on this machine. Give the path of a Chromium, or unset it."
    return NONE


class Browser:
    """A Chromium without a window; use it in a `with`.

    Parameters
    ----------
    path : str
        The program.

    Raises
    ------
    ReportError
        It does not start, or says nothing for a minute.
    """

    def __init__(self, path: str):
        self.path, self._last = path, 0
        self._unread = b""

    def __enter__(self) -> Browser:
        usual = tempfile.gettempdir()  # a socket lies in it, and its path may have 107 bytes
        base = usual if len(os.fsencode(usual)) <= DEEPEST or not os.path.isdir("/tmp") else "/tmp"
        self.folder = tempfile.mkdtemp(prefix="finops-pdf-", dir=base)
        (hears, self._in), (self._out, says) = os.pipe(), os.pipe()
        hears, says = _high(hears), _high(says)
        # Chromium's sandbox does not run for root, who is alone in a container as a rule.
        root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
        nothing = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_RDWR, 0) for n in (0, 1, 2)]
        try:
            self._process = os.posix_spawn(
                self.path,
                [self.path, f"--user-data-dir={self.folder}/profile", *root, *OPTIONS],
                {**os.environ, "HOME": self.folder, "TMPDIR": self.folder, "TZ": "UTC"},
                file_actions=[
                    *nothing,
                    (os.POSIX_SPAWN_DUP2, hears, 3),
                    (os.POSIX_SPAWN_DUP2, says, 4),
                ],
                setpgroup=0,
            )
        except OSError as problem:
            self._tidy()
            raise ReportError(
                f"{self.path}: this Chromium does not start ({problem.strerror}). {ELSE}"
            ) from None
        finally:
            os.close(hears)
            os.close(says)
        try:
            self.call("Browser.getVersion")
        except ReportError as problem:
            self.__exit__()
            raise ReportError(
                f"{self.path}: this Chromium does not start ({problem}). {ELSE}"
            ) from None
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(OSError, ReportError):
            self._send("Browser.close", {}, None)
            for _message in self._messages():  # until it closes its end
                pass
        with contextlib.suppress(OSError):  # what it started and left, and itself where it hangs
            os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        self._tidy()

    def _tidy(self) -> None:
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                os.close(pipe)
        shutil.rmtree(self.folder, ignore_errors=True)

    def pdf(self, text: str, footer: str = "") -> bytes:
        """A whole page of HTML as a tagged A4 PDF, exactly as Chromium wrote it.

        footer    HTML of the line below each page; classes `pageNumber` and `totalPages` are counters
        """
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        on = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            self.call("Page.enable", on=on)
            self.call("Emulation.setScriptExecutionDisabled", on=on, value=True)
            # Text, not a place: links then lead nowhere, and no path of this machine gets into the PDF.
            frame = self.call("Page.getFrameTree", on=on)["frameTree"]["frame"]["id"]
            self.call("Page.setDocumentContent", on=on, frameId=frame, html=text)
            printed = self.call(
                "Page.printToPDF",
                on=on,
                **A4,
                printBackground=True,
                preferCSSPageSize=True,
                displayHeaderFooter=bool(footer),
                headerTemplate="<span></span>",
                footerTemplate=footer or "<span></span>",
                generateTaggedPDF=True,
                generateDocumentOutline=True,
            )
        finally:
            with contextlib.suppress(ReportError):
                self.call("Target.closeTarget", targetId=target)
        return base64.b64decode(printed["data"])

    def call(self, method: str, on: str | None = None, **parameters) -> dict[str, Any]:
        """The result of one command, of a page (`on`) or of the browser."""
        number = self._send(method, parameters, on)
        for message in self._messages():
            if message.get("id") == number:
                if "error" in message:
                    said = str(message["error"].get("message", ""))[:200]
                    raise ReportError(f"Chromium refuses {method} ({said})")
                return message["result"]
        raise ReportError(f"Chromium ended during {method}")

    def _send(self, method: str, parameters: dict, on: str | None) -> int:
        self._last += 1
        command = {"id": self._last, "method": method, "params": parameters}
        data = json.dumps(command | ({"sessionId": on} if on else {})).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._in, data) :]
        except BrokenPipeError:
            raise ReportError(f"Chromium ended before {method}") from None
        return self._last

    def _messages(self) -> Iterator[dict]:
        """What the browser says, as it comes; ends where the browser does."""
        while True:
            message, found, rest = self._unread.partition(b"\0")
            if found:
                self._unread = rest
                yield json.loads(message)
                continue
            if not select.select([self._out], [], [], SILENT)[0]:
                raise ReportError(f"Chromium said nothing for {SILENT} s")
            more = os.read(self._out, 1 << 20)
            if not more:
                return
            self._unread += more


def _high(pipe: int) -> int:
    """The pipe under a number above 9: none of those that the browser listens on."""
    moved = fcntl.fcntl(pipe, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(pipe)
    return moved
