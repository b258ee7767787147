"""A report that could not be made: a page for whoever mends it, with the notebook beside it (docs/method §15.44)."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from ...documents import write_atomic
from ...errors import ReportError, together
from ...measure.brief_types import Brief
from ...names import is_slug
from ...periods import month_name
from ...wording import clean
from ..page.html import shell

FOLDER = "failed"  # of the archive


class FailedReports(ReportError):
    """Reports of a month could not be made, and nothing of the month was published."""

    exit_code = 3


@dataclass(frozen=True)
class Failure:
    """What failed, in words, and where its notebook is kept, if there is one."""

    brief: Brief
    why: str
    notebook: Path | None = None


def notebook_of(root: Path, brief: Brief) -> Path:
    """Where the notebook of a failed report is kept."""
    return Path(root) / FOLDER / brief["month"] / f"{brief['slug']}.ipynb"


def refused(root: Path, failures: Sequence[Failure], made: int) -> FailedReports:
    """Write a page for each failure; the error that says it all.

    made  how many other reports are drawn and kept for the next run
    """
    first = failures[0]
    month = first.brief["month"]
    for one in failures:
        page = notebook_of(root, one.brief).with_suffix(".html")
        with contextlib.suppress(OSError):
            write_atomic(page, page_of(one, made))
    lines = [
        f"{clean(one.brief['unit'])}, {one.brief['month']}: {_sentence(one.why)}"
        for one in failures
    ]
    pages = [str(notebook_of(root, one.brief).with_suffix(".html")) for one in failures]
    kept = f" {_others(made)}" if made else ""
    return FailedReports(
        "\n".join(lines)
        + f"\nNothing of {month_name(month)} was published. What to do stands in {together(pages)}.{kept}"
    )


def without(brief: Brief) -> str:
    """The command that publishes a month without a report.

    >>> without({"unit": "Customer Support", "month": "2026-10"})
    "finops report --month 2026-10 --without 'Customer Support'"
    """
    return f"finops report --month {brief['month']} --without {shlex.quote(clean(brief['unit']))}"


def page_of(one: Failure, made: int) -> str:
    """What failed, where its notebook is, what to do: as a page in the look of the reports; every text is escaped."""
    brief = one.brief
    unit, month = clean(brief["unit"]), month_name(brief["month"])
    title = f"{unit} · {month} · this report could not be made"
    parts = [
        Markup(
            '<p class="over">{} · AI budget report</p><h1>{}, {}: this report could not be made</h1>'
        ).format(clean(brief["company"]), unit, month),
        Markup(
            "<p>{} Nothing of {} was published; what was published before is as it was.</p>"
        ).format(_sentence(one.why), month),
        Markup("<h2>What to do</h2><ul>"),
        Markup(
            "<li>Mend what it says, and run the job again: <strong>finops report --month {}</strong>.{}</li>"
        ).format(brief["month"], f" {_others(made)}" if made else ""),
        Markup(
            "<li>Or publish the other reports now: <strong>{}</strong>. Where the month had a report of it, that one stays, marked "
            "as not renewed.</li></ul>"
        ).format(without(brief)),
    ]
    links = []
    if one.notebook is not None:
        parts.append(
            Markup(
                "<h2>Where it failed</h2><p>The notebook with the error lies beside this page: {}.</p>"
            ).format(one.notebook.name)
        )
        links = [(one.notebook.name, "Notebook with the error")]
    return shell(
        title, Markup("\n").join(parts), links, f"{clean(brief['company'])} · {unit} · {month}"
    )


def _sentence(why: str) -> str:
    text = clean(why)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _others(made: int) -> str:
    return (
        "The other report is drawn, and is not drawn again."
        if made == 1
        else f"The {made} others are drawn, and are not drawn again."
    )


def clear(root: Path, month: str) -> None:
    """Take the pages of a month away: it is published. What is none of ours stays."""
    folder = Path(root) / FOLDER / month
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix in (".html", ".ipynb") and is_slug(path.stem) and path.is_file():
            path.unlink(missing_ok=True)
    for one in (folder, folder.parent):
        with contextlib.suppress(OSError):
            one.rmdir()
