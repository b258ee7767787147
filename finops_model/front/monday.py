"""`fm.monday`: what to look at this week, whose it is, and what was answered, on a workspace (docs/method §12.21)."""

from __future__ import annotations

import os

import pandas as pd

from ..decide.questions.answer import Answer
from ..progress import Progress
from ..publish.alerts import answers as answered
from ..publish.monday import files
from ..publish.monday.gather import Monday, gather, record
from ..publish.monday.tickets import rows
from ..settings import Settings, load_settings
from ..wording import money, pictures

MOST = 8  # bars of the picture


def monday(
    settings: Settings | None = None,
    as_of: str | None = None,
    *,
    progress: Progress | None = None,
) -> Answer:
    r"""What to look at this week: alerts, waste and movers with owner, evidence and a ticket each.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    as_of : str, optional
        Last day looked at, YYYY-MM-DD; None: the newest complete one.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        A row for each item; the sheets Evidence, Tickets and Week. Nothing is written.

    Raises
    ------
    FinOpsError
        A day the ledger has nothing of.

    Source
    ------
    docs/method §12.21 to §12.24.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [str(day.date()) for day in pd.date_range("2025-01-01", "2025-03-30")]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},{20 if day < '2025-03-24' else 30},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> fm.monday(settings).figures["week"]["change"]
    '70.00'
    """
    return answer_of(gather(settings or load_settings(), as_of, progress=progress))


def answer_of(found: Monday) -> Answer:
    """The list as an answer."""
    table = pd.DataFrame(
        [
            {
                "what": f"{one.kind}: {one.what}",
                "money": one.amount,
                "over": one.over,
                "owner": one.owner,
                "answer": one.state or "not answered",
                "to do": one.do,
                "id": one.id,
            }
            for one in found.items
        ],
        columns=["what", "money", "over", "owner", "answer", "to do", "id"],
    )
    evidence = pd.DataFrame(
        [
            {"id": one.id, "subject": one.subject, **row}
            for one in found.items
            for row in one.evidence
        ]
    )
    week = found.week
    moved = [{"what": "a usual week", "money": float(week.usual)}]
    moved += [{"what": one.workload, "money": float(one.change)} for one in week.movers]
    moved += [
        {"what": "everything else", "money": float(week.rest)},
        {"what": "the week", "money": float(week.cost)},
    ]
    told = files.as_json(found)
    top = found.items[:MOST]
    picture = (
        pictures.bars(
            [f"{one.kind}: {one.subject}" for one in top],
            [one.amount for one in top],
            [money(one.amount, found.currency) for one in top],
            words=told["headline"],
        )
        if top
        else None
    )
    disputed = [one for one in found.items if one.answered and one.answered.answer == "disputed"]
    notes = list(found.notes)
    if disputed:
        names = ", ".join(one.id for one in disputed)
        notes.append(f"Disputed, and waiting for somebody to settle it: {names}.")
    if found.closed:
        notes.append(f"{len(found.closed)} done and no longer shown.")
    return Answer(
        question="monday",
        sentence=told["headline"],
        table=table,
        forms={"money": "money"},
        range="none: what happened is known; what it is held against is the usual of the weeks before.",
        reason="Alerts first, then waste, then what moved in the week; in each the most money first. One thing stands once.",
        next_best="",
        currency=found.currency,
        notes=tuple(notes),
        figures={key: told[key] for key in ("as_of", "due", "week", "items", "closed")},
        tables={
            "Evidence": evidence,
            "Tickets": pd.DataFrame(rows(found)),
            "Week": pd.DataFrame(moved),
        },
        picture=picture,
    )


def take_answers(settings: Settings, file: str | os.PathLike, found: Monday) -> list:
    """The answers of a file, recorded; those that stand already are not added again. Raises InputError before anything is written."""
    known = files.known_of(settings)
    known |= {one.id: one.what for one in (*found.items, *found.closed)}
    owners = set(found.owners) | {one.by for one in found.answers.values()}
    given = answered.read_answers(file, known, owners, answered.today())
    return record(settings, given, known)


__all__ = ["monday"]
