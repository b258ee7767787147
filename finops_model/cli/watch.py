"""What is not as expected: watch, and what people say about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text  # names from a bill are no markup

from ..errors import FinOpsError, unknown
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load, out

PANEL = "Forecasts and what-ifs"
WIDE = 120  # columns of a terminal from which on a table is easier to read than a list
app = typer.Typer()
group = typer.Typer(no_args_is_help=False)
app.add_typer(group, name="watch", rich_help_panel=PANEL)


@group.callback(invoke_without_command=True)
def watch(
    context: typer.Context,
    *,
    as_of: Annotated[
        str | None,
        typer.Option(help="Last day looked at, YYYY-MM-DD; default: the newest with usage."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="First day that is shown; default: two weeks back.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="What is looked at, narrow first: workload, sku, team, service, business unit, model; default: "
            "finops.yaml (watch: by), else workload,sku,team."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0, help="How many usual misses away a day must be; default: finops.yaml, else 3."
        ),
    ] = None,
    money_floor: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Least money a day; default: finops.yaml, else 1 % of the company's daily spend.",
        ),
    ] = None,
    percent_floor: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Least share of what was expected, 0.25 is 25 %; default: finops.yaml, else 0.25.",
        ),
    ] = None,
    quotas: Annotated[
        Path | None,
        typer.Option(
            help="Quotas: dimension, subject, unit, per, quantity; default: finops.yaml (watch: quotas), else "
            "quotas.csv in its folder."
        ),
    ] = None,
    notify: Annotated[
        bool,
        typer.Option("--notify", help="Send new alerts to the addresses in FINOPS_NOTIFY_URLS."),
    ] = False,
    notify_file: Annotated[
        Path | None, typer.Option(help="With --notify: a file of addresses outside git.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Spend that was not expected, runaway jobs, quotas, budget pace, missed forecasts, unused commitments, missing data.

    Examples: [bold]finops watch[/bold] · [bold]finops watch --as-of 2026-08-21[/bold] · [bold]finops watch --notify[/bold]
    """
    if context.invoked_subcommand:
        return
    from ..publish.alerts import messages

    chosen = load(settings, entity)
    urls = (
        messages.addresses(notify_file) if notify else []
    )  # a missing address is said before the long part
    if notify_file and not notify:
        raise FinOpsError("--notify-file goes with --notify.")
    from ..publish.alerts import files, folder, workspace  # the long part begins

    levels = None if by is None else [word.strip() for word in by.split(",") if word.strip()]
    with Bars() as bars:
        report = workspace.look(
            chosen,
            as_of,
            since=since,
            levels=levels,
            threshold=threshold,
            money_floor=money_floor,
            percent_floor=percent_floor,
            quotas=quotas,
            progress=bars,
        )
    place = folder.folder_of(chosen)
    known = messages.sent(place)
    fresh = {one.id for one in report.alerts if one.id not in known}
    company = chosen.own.name if chosen.own else chosen.company
    answers = workspace.answers_of(chosen)
    published = files.publish(report, place, company, fresh, answers)
    if as_json:
        out.print_json(json.dumps(files.as_json(report, company, fresh, answers)))
    else:
        _show(report, published, answers)
    if notify:
        count = messages.notify(report, place, company, urls)
        if not as_json:
            out.print(
                f"Sent: {count} new alert{'s' * (count != 1)}." if count else "Nothing new to send."
            )


def _show(report, place: Path, answers) -> None:
    from ..measure.anomalies.alert import NAMES
    from ..publish.alerts.words import headline, size
    from ..wording import clean

    out.print(clean(headline(report)), markup=False)
    if report.alerts and out.width >= WIDE:
        table = Table(show_lines=True)
        table.add_column("Money", justify="right", no_wrap=True)
        for title in ("What happened", "Owner", "To do"):
            table.add_column(title, overflow="fold")
        table.add_column("Id", no_wrap=True)
        for one in report.alerts:
            owner = clean(one.owner)
            owner += f"\n{answers[one.id].words()}" if one.id in answers else ""
            what = f"{NAMES[one.kind]}: {clean(one.what)}{' It goes on.' * one.ongoing}" + (
                f"\nMoved: {clean(one.why)}" if one.why else ""
            )
            table.add_row(
                size(one, report.currency),
                *(Text(word) for word in (what, owner, clean(one.do))),
                one.id,
            )
        out.print(table)
    else:
        for one in report.alerts:
            out.print(
                Text(
                    f"\n{size(one, report.currency)}  {NAMES[one.kind]}  {clean(one.subject)}  ({one.id})",
                    style="bold",
                )
            )
            for word in (
                f"{one.what}{' It goes on.' * one.ongoing}",
                f"Moved: {one.why}" * bool(one.why),
                f"Owner: {one.owner}",
                f"Answer: {answers[one.id].words()}" if one.id in answers else "",
                one.do,
            ):
                if word:
                    out.print(Text(f"  {clean(word)}"))
    if report.accepted:
        out.print(f"{report.accepted} recorded as expected and kept quiet.")
    for note in report.notes:
        out.print(note, markup=False)
    out.print(f"Files  {place}", markup=False)


@group.command()
def feedback(
    alert: Annotated[str, typer.Argument(help="Id of an alert, as the table shows it.")],
    verdict: Annotated[
        str,
        typer.Argument(
            help="expected: it was meant, keep quiet while it lasts. real: it was not meant."
        ),
    ],
    because: Annotated[str, typer.Option(help="Why, for those who read it later.")] = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
):
    """Record whether an alert was expected or real; the next watch uses it.

    Example: [bold]finops watch feedback 1a2b3c4d5e expected --because "launch of the agent"[/bold]
    """
    import datetime as dt

    from ..measure.anomalies.feedback import VERDICTS
    from ..publish.alerts import folder, verdicts

    if verdict not in VERDICTS:
        raise FinOpsError(unknown("finops watch feedback", "verdict", verdict, VERDICTS))
    recorded = verdicts.record_feedback(
        folder.folder_of(load(settings, entity)), alert, verdict, because, str(dt.date.today())
    )
    then = (
        "It is not raised again while its level lasts."
        if verdict == "expected"
        else "Its days do not become part of what is expected."
    )
    out.print(
        f"Recorded: {recorded.subject}, {recorded.start} to {recorded.end}, {verdict}. {then}",
        markup=False,
    )


@group.command()
def answer(
    item: Annotated[str, typer.Argument(help="Id of an alert or of a thing on the Monday list.")],
    word: Annotated[
        str,
        typer.Argument(
            metavar="ANSWER",
            help="accepted: the owner takes it. disputed: it is not so, say why. done: it is put right.",
        ),
    ],
    by: Annotated[str, typer.Option(help="Who answers.")],
    because: Annotated[str, typer.Option(help="Why; a dispute needs it.")] = "",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
):
    """Record what the owner of an alert answers; many at once: finops monday --answers FILE.

    Example: [bold]finops watch answer 1a2b3c4d5e accepted --by "Ada"[/bold]
    """
    from ..publish.alerts import answers

    given = answers.check_answer(
        answers.Answered(item=item, answer=word, by=by, on=answers.today(), because=because)
    )
    from ..publish.monday import files, gather  # the long part begins

    chosen = load(settings, entity)
    known = files.known_of(chosen)
    if item not in known:
        do = "finops watch and finops monday show the ids."
        raise FinOpsError(unknown("finops watch answer", "item", item, known, do))
    fresh = gather.record(chosen, [given], known)
    said = given.words()
    out.print(
        f"Recorded: {known[item]} {said[:1].upper()}{said[1:]}." if fresh else "It stands already.",
        markup=False,
    )
