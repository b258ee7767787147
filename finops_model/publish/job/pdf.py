"""Reports as PDF: what the page shows, on A4, tagged, with a counter below each page; the same page gives the same bytes (docs/method §15.40)."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from ...documents import write_atomic
from ...errors import ReportError
from ...periods import month_name
from ...wording import clean
from .browser import OFF, VARIABLE, Browser, none, program

DATES = re.compile(rb"/(?:CreationDate|ModDate) \([^()\\]{0,40}\)")
NO_COUNTERS = "".join(
    f"@bottom-{side} {{ content: none }} " for side in ("left", "center", "right")
)
OURS = f"<style>@page {{ {NO_COUNTERS}}}</style></head>"  # the page's own counters go: ours say whose page it is
ADVICE = "Try again, or print it from any browser."
LINE = (
    '<div style="width:100%;margin:0 14mm;font:8pt Arial,sans-serif;color:#566573;text-align:right">'
    '{said}page <span class="pageNumber"></span> of <span class="totalPages"></span></div>'
)


def footer(of: Mapping | None = None) -> str:
    """The line below each page of a report, as Chromium's template; names in it are text.

    >>> "R&amp;D · October 2026 · page <span" in footer({"unit": "R&D", "month": "2026-10"})
    True
    """
    names = [clean(str(of["unit"])), month_name(str(of["month"]))] if of else []
    return LINE.format(said="".join(f"{html.escape(name)} · " for name in names))


def undated(data: bytes) -> bytes:
    """A PDF without the time it was made: blanks where it stood, so that every place in the file stays.

    >>> page = b"<</Title (x) /CreationDate (D:20261130)>>"
    >>> undated(page).split(), len(undated(page)) == len(page)
    ([b'<</Title', b'(x)', b'>>'], True)
    """
    return DATES.sub(lambda found: b" " * len(found[0]), data)


def print_page(browser: Browser, page: Path, target: Path, of: Mapping | None = None) -> Path:
    """Print a page with a browser that runs. Raises ReportError with the page's name; then nothing is written."""
    try:
        data = browser.pdf(page.read_text(encoding="utf-8").replace("</head>", OURS, 1), footer(of))
    except ReportError as problem:
        raise ReportError(f"{page}: Chromium did not print it ({problem}). {ADVICE}") from None
    if not data.startswith(b"%PDF"):
        raise ReportError(f"{page}: Chromium did not print it (what it wrote is no PDF). {ADVICE}")
    return write_atomic(target, undated(data))


class Printer:
    """One browser for every page of a publication, started with the first one; use it in a `with`.

    Parameters
    ----------
    wanted : bool, optional
        True: without a PDF there is no publication; None: where there is a browser.
    tell : callable, optional
        Called with a sentence where there is no PDF, once.

    Raises
    ------
    ReportError
        A PDF is wanted, and there is no Chromium or it does not print.

    Examples
    --------
    >>> with Printer(False) as printer:
    ...     printer.print(Path("report.html"), Path("report.pdf"), {})
    False
    """

    def __init__(self, wanted: bool | None = None, tell: Callable[[str], None] | None = None):
        self.wanted, self._tell = wanted, tell or (lambda text: None)
        self._path = None if wanted is False else program()
        self._browser: Browser | None = None
        if self._path is None and (wanted or (wanted is None and os.environ.get(VARIABLE) != OFF)):
            self._without(none(), "The reports have no PDF.")

    @property
    def prints(self) -> bool:
        """Whether there is a browser."""
        return self._path is not None

    def __enter__(self) -> Printer:
        return self

    def __exit__(self, *_) -> None:
        if self._browser is not None:
            self._browser.__exit__()
            self._browser = None

    def print(self, page: Path, target: Path, of: Mapping) -> bool:
        """Print a page of a brief; whether there is a PDF. A browser that fails is started once more."""
        for last in (False, True):
            if self._path is None:
                return False
            try:
                if self._browser is None:
                    self._browser = Browser(self._path).__enter__()
                print_page(self._browser, page, target, of)
                return True
            except ReportError as problem:
                self.__exit__()
                if last:
                    self._path = None
                    name = f"{of['unit']}, {month_name(of['month'])}"
                    self._without(
                        f"{name}: {str(problem).partition(': ')[2]}",
                        "It and the reports after it have no PDF.",
                    )
        return False

    def _without(self, why: str, then: str) -> None:
        if self.wanted:
            raise ReportError(f"{why} Or leave the PDF out: --no-pdf.")
        self._tell(f"{why} {then}")


def to_pdf(
    html_path: str | os.PathLike, pdf_path: str | os.PathLike, browser: str | None = None
) -> Path:
    """Print a report to A4 PDF, tagged for screen readers, with Debian's Chromium.

    Parameters
    ----------
    html_path : path
        The page.
    pdf_path : path
        Where the PDF is written.
    browser : str, optional
        The program; None: the one that is installed.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    ReportError
        There is no such page, no browser, or it wrote nothing.

    Examples
    --------
    >>> try:
    ...     to_pdf("nowhere.html", "report.pdf")
    ... except ReportError as problem:
    ...     print(problem)
    nowhere.html: there is no such report to print. Publish it first: finops report.
    """
    page = Path(html_path)
    if not page.is_file():
        raise ReportError(
            f"{page}: there is no such report to print. Publish it first: finops report."
        )
    path = program(browser)
    if path is None:
        raise ReportError(none(browser))
    with Browser(path) as running:
        return print_page(running, page, Path(pdf_path))
