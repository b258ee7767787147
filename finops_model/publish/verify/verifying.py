"""`fm.verify`: one report, the page of a company of several currencies, a month, or an archive (docs/method §15.1, §15.5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import ReportError
from ...names import is_slug
from ...periods import MONTH
from ...progress import Progress
from ...settings import Settings
from .again import Again
from .chain import Chain
from .company import BY, check_company
from .report import check_report
from .verdict import Verdict, told

NOTHING = (
    "{path}: no published report lies here. Name its folder, for example reports/2026-10/company."
)
__all__ = ["check", "verify"]


def verify(
    report_dir: Path,
    settings: Settings,
    progress: Progress | None = None,
    *,
    numbers_only: bool = False,
) -> list[str]:
    """What differs between published reports and the same reports made again from the ledger's rows.

    Nothing is written into the workspace or the archive.

    Parameters
    ----------
    report_dir : path
        The folder of a report, or a file in it; of a month; an archive.
    settings : Settings
        Of the workspace that published it.
    progress : callable, optional
        Called with (text, done, total).
    numbers_only : bool, optional
        Hold figures alone against each other, also where another version made the report.

    Returns
    -------
    list of str
        A sentence each; empty means verified. Bills that changed first, then figures, then files.

    Raises
    ------
    FinOpsError
        No published report lies there, or the ledger cannot be used.

    Source
    ------
    docs/method §15.1, §15.5, §15.60.

    Examples
    --------
    >>> import tempfile
    >>> try:
    ...     verify(Path(tempfile.mkdtemp()), Settings(company="Acme", currency="EUR"))
    ... except ReportError as problem:
    ...     print(str(problem).partition(": ")[2])
    no published report lies here. Name its folder, for example reports/2026-10/company.
    """
    with Again(settings, progress) as again:
        return told(check(report_dir, again, numbers_only=numbers_only))


def check(report_dir: Path, again: Again, *, numbers_only: bool = False) -> list[Verdict]:
    """What was found of each published report that a path names. Raises as `verify`.

    again   from which they are made; asked for several, each close is prepared once
    """
    path = Path(report_dir)
    folder = path.parent if path.is_file() else path
    chain = Chain(again.settings)
    found = list(_reports(folder))
    if not found:
        raise ReportError(NOTHING.format(path=report_dir))
    verdicts = []
    for number, (name, kind) in enumerate(found):
        again.say("reports", number, len(found))
        if kind == "company":
            verdicts.append(check_company(name, again, chain, numbers_only=numbers_only))
        else:
            verdicts.append(check_report(name, again, chain, numbers_only=numbers_only))
    return verdicts


def _reports(folder: Path) -> Iterator[tuple[Path, str]]:
    """(folder, kind) of the reports that a folder is or holds: a unit's, the company's page, or those of a month or an archive."""
    if (folder / "brief.json").is_file():
        yield folder, "unit"
    elif (folder / BY).is_file():
        yield folder, "company"
    else:
        below = (
            sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        )
        months = [path for path in below if MONTH.fullmatch(path.name)]
        for path in months:
            yield from _reports(path)
        for path in below if not months else []:
            if (path / "brief.json").is_file() or (path / BY).is_file():
                if is_slug(path.name):
                    yield from _reports(path)
            elif path.name.startswith("restated-"):
                yield from _reports(path)
