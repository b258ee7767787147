"""Debian's Chromium, driven by playwright-python; nothing outside this machine can be reached from it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the small worlds lie in tests/

CLOSED = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def without(reason: str) -> None:
    """Skip, or fail where the browser is promised (CI=true)."""
    if os.environ.get("CI", "").casefold() == "true":
        pytest.fail(
            f"{reason}; with CI=true the browser tests must run. Install it: apt-get install chromium."
        )
    pytest.skip(f"{reason}: the pages were not looked at in a browser")


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        without("there is no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        without("playwright is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=CLOSED)
        yield browser
        browser.close()


class Watched:
    """A page and everything it asked for or complained about."""

    def __init__(self, page):
        self.page, self.requests, self.failed, self.errors = page, [], [], []
        self.sockets, self.sent, self.received = [], [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "requestfailed", lambda request: self.failed.append(f"{request.url}: {request.failure}")
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("websocket", self._socket)

    def _socket(self, socket):
        self.sockets.append(socket.url)
        for event, kept in (("framesent", self.sent), ("framereceived", self.received)):
            socket.on(
                event,
                lambda frame, kept=kept: kept.append(
                    frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
                ),
            )

    @property
    def foreign(self) -> list[str]:
        """Requests that left this machine."""
        return [
            url
            for url in self.requests
            if not url.startswith(
                ("http://127.0.0.1:", "ws://127.0.0.1:", "file://", "data:", "blob:", "about:")
            )
        ]


@pytest.fixture
def watch(chromium):
    """watch(offline=False) -> Watched; every page in a context of its own, closed afterwards."""
    contexts = []

    def new(offline: bool = False) -> Watched:
        context = chromium.new_context(viewport={"width": 1440, "height": 1000}, offline=offline)
        contexts.append(context)
        context.set_default_timeout(
            120_000
        )  # a guard against hanging, not a measure: machines are busy
        return Watched(context.new_page())

    yield new
    for context in contexts:
        context.close()
