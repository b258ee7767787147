"""`report_page`: the monthly report of any month and workspace in a notebook, computed now or as it was published."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError, LedgerError, listing, unknown
from ..measure.brief_types import Brief
from ..names import COMPANY
from ..periods import check_day, check_month
from ..publish.page.body import Page, open_brief
from ..publish.report.run import check_parameters

LEAST, MOST = 100, 100_000  # futures, as in finops.yaml


def report_page(
    month: str,
    unit: str = COMPANY,
    *,
    brief_path: str | os.PathLike = "",
    settings: str = "",
    scenario: str = "",
    as_of: str = "",
    paths: int = 0,
) -> Page:
    r"""The report of a month and unit, section by section: computed from the bills, and nothing published.

    Parameters
    ----------
    month : str
        YYYY-MM.
    unit : str, optional
        Company or a business unit; of a company of several entities the entity, or
        "entity · unit", as their reports are called.
    brief_path : path, optional
        A brief of this month and unit: it is shown as it is, and nothing is computed.
    settings : str, optional
        The workspace: its folder or finops.yaml; "": the one here, or in a folder above.
    scenario : str, optional
        The base instead of the workspace's own: a file, below the workspace or here.
    as_of : str, optional
        A day of the month, YYYY-MM-DD: facts to that day only; "": all there are.
    paths : int, optional
        How many futures, 100 to 100,000; 0: as many as the base says.

    Returns
    -------
    Page
        Each section is a method that a notebook shows.

    Raises
    ------
    FinOpsError
        One sentence: a parameter of another name or type, a month without data, an unknown unit, a
        workspace or scenario that is not there.

    Source
    ------
    docs/method §15.51.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> _ = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> page = report_page("2025-03", settings=str(folder / "demo"), as_of="2025-03-20", paths=100)
    >>> page.brief["status"], page.brief["data_as_of"], page.brief["forecast"]["paths"]
    ('flash', '2025-03-20', 100)
    """
    values = {"settings": settings, "scenario": scenario, "as_of": as_of, "paths": paths}
    given = {"month": month, "unit": unit, "brief_path": os.fspath(brief_path), **values}
    check_parameters(given)
    if brief_path:
        if asked := [name for name, value in values.items() if value]:
            raise InputError(
                f"{listing(asked)}: a brief is shown as it is. Leave brief_path out to compute the report, or leave {listing(asked)} out."
            )
        return open_brief(brief_path, month=month, unit=unit)
    check_parameters(injected(_cells()))
    check_month(month)
    if as_of:
        check_day(as_of, "as_of")
    if paths and not LEAST <= paths <= MOST:
        raise InputError(
            f"paths is {paths}; write a whole number from {LEAST} to {MOST:,}, or 0 for as many as the base says."
        )
    return Page(_brief(given))


def injected(cells: Sequence[str]) -> dict:
    """{name: value} of the cell that papermill put into a notebook, newest first; {} where there is none.

    papermill gives a name that the notebook does not have with a warning only, and its cell is code: anything but names and plain values is
    a name that no parameter has.

    >>> injected(["x = 1", "# Parameters\\nmonth = '2026-10'\\nmnth = '2026-09'\\n"])
    {'month': '2026-10', 'mnth': '2026-09'}
    """
    cell = next((text for text in reversed(cells) if text.startswith("# Parameters\n")), "")
    found: dict[str, object] = {}
    for node in ast.parse(cell).body:
        if not isinstance(node, ast.Assign):
            found[ast.unparse(node)] = None
            continue
        try:
            value = ast.literal_eval(node.value)
        except ValueError:
            value = None
        found.update({ast.unparse(target): value for target in node.targets})
    return found


def _cells() -> list[str]:
    """What has run in the notebook that we are called from; nothing elsewhere."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return list(running.user_ns.get("In", [])) if running is not None else []


def _brief(given: dict) -> Brief:
    """The brief of the month and unit, made as a close makes it."""
    from ..measure.entities import label, labelled
    from ..publish import close
    from ..publish.report.briefs import canonical, check_brief
    from ..settings import load_settings

    whole = load_settings(given["settings"] or _here())
    part, unit = whole, given["unit"]
    if whole.entities and whole.own is None:
        names = [one.name for one in whole.entities]
        entity, _, own = unit.partition(" · ")
        if entity not in names:
            raise LedgerError(unknown("unit", "entity", entity, names))
        part, unit = whole.entity(entity), own or COMPANY
    made = close.prepare(
        part,
        given["month"],
        units=[unit],
        as_of=given["as_of"] or None,
        scenario=_scenario(given["scenario"], part) if given["scenario"] else None,
        paths=given["paths"] or None,
    )
    name = close.pick_unit(made.daily, unit)
    brief = labelled(close.briefs_of(made, [name])[0], part)
    where = label(part.own.name, name) if part.own else name
    return check_brief(json.loads(canonical(brief)), where)


def _here() -> str:
    """finops.yaml here or in the nearest folder above; where there is none, the name that is looked for."""
    here = Path.cwd().resolve()
    found = (folder / "finops.yaml" for folder in (here, *here.parents))
    return str(next((path for path in found if path.is_file()), "finops.yaml"))


def _scenario(name: str, settings) -> str:
    """The file of a scenario: below the workspace, as finops.yaml writes it, else here."""
    if not settings.path(name).is_file() and Path(name).is_file():
        return str(Path(name).resolve())
    return name
