"""Alerts as messages: each destination gets an alert once, and no message of ours shows an address (docs/method §12.8)."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
from dataclasses import replace
from pathlib import Path

from ...documents import write_atomic
from ...errors import ReportError
from ...measure.anomalies.alert import Alert
from ...measure.anomalies.watch import Watch
from .folder import alone
from .words import markdown

URLS = "FINOPS_NOTIFY_URLS"  # environment variable: addresses of apprise, one a line


def addresses(file: str | os.PathLike | None = None, environ=os.environ) -> list[str]:
    """Where to send: addresses of apprise from a file outside git, or from FINOPS_NOTIFY_URLS; one a line, # for remarks.

    Raises ReportError for none, and for a file inside a git repository: addresses carry passwords.
    """
    if file is not None:
        path = Path(file).resolve()
        if not path.is_file():
            raise ReportError(f"{file}: there is no such file of addresses.")
        if any((folder / ".git").exists() for folder in path.parents):
            raise ReportError(
                f"{file}: this file lies in a git repository, and addresses carry passwords. Keep it outside, or set {URLS}."
            )
        text = path.read_text(encoding="utf-8-sig")
    else:
        text = environ.get(URLS, "")
    urls = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    if not urls:
        raise ReportError(
            f"--notify: there is no address. Set {URLS}, one address a line, or name a file outside git with --notify-file."
        )
    return urls


def sent(folder: Path) -> dict[str, list[str]]:
    """{alert id: destinations that have it}, as kept in sent.json; empty where nothing was sent."""
    try:
        listed = json.loads((Path(folder) / "sent.json").read_text(encoding="utf-8"))["sent"]
        return {str(alert): [str(name) for name in names] for alert, names in listed.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ReportError(
            f"{Path(folder) / 'sent.json'}: cannot be read. Move it away; alerts of running episodes are then sent once "
            "again."
        ) from None


def notify(watch: Watch, folder: Path, company: str, urls: list[str]) -> int:
    """Send what each destination does not have yet, one message each; returns how many alerts were sent to at least one.

    What was sent is kept after each destination, so a failure later sends nothing twice. Raises ReportError naming the kind of destination
    that failed, never its address.
    """
    import apprise

    folder = Path(folder)
    failed: list[str] = []
    reached: set[str] = set()
    with alone(folder), _hushed():
        state = sent(folder)
        for name, url in zip(_names(urls), urls):
            fresh = [one for one in watch.alerts if name not in state.get(one.id, [])]
            if not fresh:
                continue
            box = apprise.Apprise()
            text = markdown(_only(watch, fresh), company)
            title, _, body = text.partition("\n")
            try:
                good = bool(box.add(url)) and bool(
                    box.notify(body=body.strip(), title=title.lstrip("# "), body_format="markdown")
                )
            except Exception:  # noqa: BLE001 - whatever a plug-in raises may carry the address: its text is not shown
                good = False
            if not good:
                failed.append(name)
                continue
            reached |= {one.id for one in fresh}
            for one in fresh:
                state.setdefault(one.id, []).append(name)
            write_atomic(
                folder / "sent.json",
                json.dumps({"schema": 1, "sent": state}, indent=1, sort_keys=True) + "\n",
            )
    if failed:
        raise ReportError(
            f"--notify: not sent to {', '.join(failed)}. Check the address and the network, and run it again: what was sent is "
            "not sent twice."
        )
    return len(reached)


def _only(watch: Watch, alerts: list[Alert]) -> Watch:
    return replace(watch, alerts=tuple(alerts), accepted=0)


def _names(urls: list[str]) -> list[str]:
    """A name per destination that tells nothing of its address: the scheme, and its place among those of that scheme."""
    names: list[str] = []
    for url in urls:
        scheme = re.match(r"[A-Za-z0-9]{1,20}(?=://)", url)
        kind = scheme[0].lower() if scheme else "unknown"
        names.append(f"{kind} {sum(name.split()[0] == kind for name in names) + 1}")
    return names


@contextlib.contextmanager
def _hushed():
    """apprise logs addresses: silent while it works."""
    log = logging.getLogger("apprise")
    level, log.disabled = log.level, True
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
        log.disabled = False
