"""The close of a month: close."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError
from ._published import show_published
from ._shared import Bars, JsonOption, SettingsOption, attended, err, load_whole, out

PANEL = "Bills and reports"
NO_REPORT, NOT_FINAL, UNDER_WAY = 3, 4, 5  # exit codes
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def close(
    *,
    month: Annotated[
        str | None,
        typer.Option(
            help="Month YYYY-MM, or a period of the company's calendar such as FY2026-P10; default: the newest whole one."
        ),
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Make it final although not every invoice ties out, and say why; what is missing is accrued."
        ),
    ] = None,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve",
            help="Close the final period, or open the one whose reopening was asked for: by a second person.",
        ),
    ] = False,
    note: Annotated[str, typer.Option(help="With --approve: what the approver says.")] = "",
    reopen: Annotated[
        str | None,
        typer.Option(help="Ask that the newest closed period is opened again, and say why."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--list", help="List the periods and their states; nothing is written.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report", help="Publish the month's reports too, as finops report does."
        ),
    ] = True,
    pdf: Annotated[
        bool | None,
        typer.Option(
            "--pdf/--no-pdf", help="A PDF of each report; default: where there is a Chromium."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Reports rendered side by side.")] = 2,
    settings: SettingsOption = Path("finops.yaml"),
    as_json: JsonOption = False,
):
    """Walk a month through its close: accruals, prepaid, journal, statements and bridge as files, with a one-page summary.

    A period is open, preliminary (an invoice is missing or differs), final (every invoice ties out) and closed (a second person approved it). Files of a closed period never change; corrections are booked in the open one.

    After its files the month's reports are published, as finops report does; where nothing of them has changed, nothing is computed.

    Exit code 0: final, closed, or opened again; 2: refused, nothing is written; 3: the files are written, and the reports could not be published; 4: preliminary, the files are written, the reports published; 5: the month is under way, nothing is written.

    Examples: [bold]finops close --month 2026-10[/bold] · [bold]finops close --month 2026-10 --approve[/bold]
    """
    from ..publish.books.closing import walk

    chosen = load_whole(settings)
    asked = [
        name
        for name, given in (
            ("--accept", accept is not None),
            ("--approve", approve),
            ("--reopen", reopen is not None),
            ("--list", show),
        )
        if given
    ]
    if len(asked) > 1:
        raise FinOpsError(f"{' and '.join(asked)} do not go together. Give one of them.")
    if note and not approve:
        raise FinOpsError("--note goes with --approve. Leave it out, or approve.")
    if accept is not None and not accept.strip():
        raise FinOpsError("--accept needs a reason: finops close --month MONTH --accept REASON.")
    if show:
        return _listed(walk.status(chosen, month), as_json)
    with Bars() as bars:
        if reopen is not None:
            if month is None:
                raise FinOpsError(
                    "--reopen needs the period: finops close --month MONTH --reopen REASON."
                )
            found = walk.reopen(chosen, month, reopen)
        elif approve:
            found = walk.approve(chosen, month, note=note, attended=attended(), progress=bars)
        else:
            found = walk.walk(chosen, month, accept=(accept or "").strip(), progress=bars)
    told = found.as_dict()
    if not as_json:
        _show(found, reopen is not None)
    code = 0
    if report and not approve and reopen is None and found.state in ("preliminary", "final"):
        reports, code = _reports(chosen, found.period.name, as_json, pdf=pdf, workers=workers)
        told["reports"] = reports
    if as_json:
        out.print_json(json.dumps(told))
    if code:
        raise typer.Exit(code)
    code = {"preliminary": NOT_FINAL, "open": 0 if approve else UNDER_WAY}.get(found.state, 0)
    if code:
        raise typer.Exit(code)


def _reports(settings, name: str, as_json: bool, **how) -> tuple[list[dict], int]:
    """The month's reports, published; and NO_REPORT where they could not be."""
    from ..periods import MONTH
    from ..publish.job import month as job
    from ..publish.job import unchanged

    if not MONTH.fullmatch(name):
        err.print(
            f"Reports are of calendar months, and {name} is none: finops report --month MONTH."
        )
        return [], 0
    whole: list[dict] = []
    try:
        with Bars() as bars:
            published = job.report(
                settings, name, again=False, tell=bars.tell, progress=bars, whole=whole, **how
            )
    except FinOpsError as problem:
        err.print("Error  ", end="", style="bold red")
        err.print(f"{problem}\nThe files of the close are written; the month has no new reports.")
        return [], NO_REPORT
    if as_json:
        return [*published, *({"company": True, **one} for one in whole if "folder" in one)], 0
    if published and published[0].get("unchanged"):
        out.print(unchanged.said(name))
    else:
        show_published(published, Path(os.path.normpath(settings.path(settings.reports))))
    for one in whole:
        out.print(one["said"], markup=False)
    return published, 0


def _show(found, asked: bool) -> None:
    name = found.period.name
    if asked:
        out.print(
            f"{name} is closed. That it is opened again waits for an approval: finops close --month {name} --approve."
        )
    elif found.state == "open" and found.reasons:
        out.print(f"{found.reasons[0]}. Nothing was written.")
    elif found.state == "open":
        out.print(f"{name} is open again. Close it anew: finops close --month {name}.")
    elif found.state == "closed":
        out.print(f"{name} is closed. Its files stay as they are: {found.folder}")
    else:
        for text in found.said:
            out.print(text)
        out.print(f"{len(found.files)} files: {found.folder}")
        if found.kept:
            out.print(f"What lay there and was not as written is kept: {found.kept}")
        if found.state == "final":
            out.print(f"A second person approves it: finops close --month {name} --approve.")
    if found.head:
        out.print(f"Chain head of the records: {found.head[:12]}")


def _listed(found: list[dict], as_json: bool) -> None:
    from rich.table import Table

    if as_json:
        return out.print_json(json.dumps(found))
    if not found:
        return out.print("No period was closed yet: finops close --month MONTH.")
    table = Table("Period", "State", "By", "At", "Files", "")
    for one in found:
        wrong = f"not as written: {', '.join(one['changed'])}" if one["changed"] else one["waits"]
        table.add_row(
            one["period"], one["state"], one["by"], one["at"], one["folder"] or "–", wrong
        )
    out.print(table)
