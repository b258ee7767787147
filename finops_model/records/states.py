"""How far a period is: open, preliminary, final, closed; and what must be before it is closed or opened again (docs/method §14.5).

The unattended job brings a period to final at most. Closed needs an approval by a second person, and what is closed stays as it is:
corrections are booked in the open period.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RecordsError, unknown
from .account import account
from .rows import Record
from .store import Records

STATES = ("open", "preliminary", "final", "closed")
FOUR_EYES_OFF = (
    "Four eyes: off. One person may write and approve a period (four_eyes of finops.yaml)."
)


@dataclass(frozen=True)
class Standing:
    """Where a period is, and by which rows."""

    state: str  # of STATES
    row: Record | None = None  # the row that says so; None: nobody wrote one
    reopen: Record | None = None  # a request to open it again that waits for an approval


def name_of(period) -> str:
    """The name of a period given as a Period or as its name.

    >>> name_of("2026-10")
    '2026-10'
    """
    return str(getattr(period, "name", period))


def standing(records: Records, entity: str, period) -> Standing:
    """Where a period is, with its rows."""
    name = name_of(period)
    states = records.read("state", entity, name)
    if not states:
        return Standing("open")
    now = states[-1]
    asked = [row for row in records.read("reopen", entity, name) if row.id > now.id]
    return Standing(str(now.body.get("state", "open")), now, asked[-1] if asked else None)


def state_of(records: Records, entity: str, period) -> str:
    """open, preliminary, final or closed.

    >>> import tempfile
    >>> state_of(Records(tempfile.mkdtemp() + "/records.sqlite"), "", "2026-10")
    'open'
    """
    return standing(records, entity, period).state


def every(records: Records) -> dict[tuple[str, str], str]:
    """{(entity, period): state} of every period that has one, in the order in which they began."""
    return {
        (row.entity, row.period): str(row.body.get("state", "open"))
        for row in records.read("state")
    }


def check_open(records: Records, entity: str, period) -> None:
    """Raises RecordsError where a period is closed."""
    now = standing(records, entity, period)
    if now.state == "closed":
        name = name_of(period)
        raise RecordsError(
            f"{_of(entity, name)} is closed (by {now.row.author}, {now.row.at[:10]}): what came later is booked in the open period. "  # type: ignore[union-attr]
            f"To open it again: finops close --month {name} --reopen REASON."
        )


def reach(
    records: Records,
    entity: str,
    period,
    state: str,
    *,
    body: Mapping[str, Any] | None = None,
    author: str | None = None,
) -> Record:
    """Bring a period to preliminary or final, or back to preliminary where it no longer ties out.

    Parameters
    ----------
    records : Records
        The store.
    entity : str
        "" where the company names none.
    period : Period or str
        Or its name.
    state : str
        preliminary or final; closed is an approval (`approve`).
    body : mapping, optional
        What stands in the row besides: reason, hashes of the files.
    author : str, optional
        As that of the store.

    Returns
    -------
    Record
        The row that says so: the one that is there where the same was said last.

    Raises
    ------
    RecordsError
        The period is closed, or the state is none of these.
    """
    name = name_of(period)
    if state == "closed":
        raise RecordsError(
            f"{_of(entity, name)} is closed by an approval of its final state: finops close --month {name} --approve."
        )
    if state not in ("preliminary", "final"):
        raise RecordsError(unknown(_of(entity, name), "state", state, ("preliminary", "final")))
    said = {**(body or {}), "state": state}
    with records.transaction():
        check_open(records, entity, period)
        now = standing(records, entity, period)
        if now.row is not None and now.row.body == said:
            return now.row
        return records.append("state", said, entity, name, author)


def approve(
    records: Records,
    entity: str,
    period,
    *,
    author: str | None = None,
    four_eyes: bool = True,
    attended: bool = True,
    note: str = "",
) -> Record:
    """Close a final period, or open a closed one whose reopening was asked for: by another person than the one who wrote that row.

    Parameters
    ----------
    records : Records
        The store.
    entity : str
        "" where the company names none.
    period : Period or str
        Or its name.
    author : str, optional
        Who approves; as that of the store.
    four_eyes : bool, optional
        `four_eyes` of finops.yaml; False: the same person may approve, and the approval says so.
    attended : bool, optional
        False for a job that nobody watches: it cannot approve.
    note : str, optional
        What the approver says.

    Returns
    -------
    Record
        The row of the new state, closed or open.

    Raises
    ------
    RecordsError
        Nothing waits for an approval, nobody watches, or the approver is the author.
    """
    name = name_of(period)
    who = author or records.author or account()
    if not attended:
        raise RecordsError(
            f"{_of(entity, name)}: a job that nobody watches brings a period to final at most. "
            f"A person approves it: finops close --month {name} --approve."
        )
    with records.transaction():
        now = standing(records, entity, period)
        if now.state == "closed" and now.reopen is None:
            raise RecordsError(
                f"{_of(entity, name)} is closed already (by {now.row.author}, {now.row.at[:10]})."  # type: ignore[union-attr]
            )
        row = now.reopen or now.row
        if row is None or now.state not in ("final", "closed"):
            raise RecordsError(
                f"{_of(entity, name)} is {now.state}, and only a final period can be closed. Bring it there: finops close --month {name}."
            )
        if four_eyes and row.author == who:
            what = "asked to open it again" if now.reopen else "made it final"
            raise RecordsError(
                f"{_of(entity, name)}: {who} {what} and cannot approve it too. A second person does, under an account of their own: "
                f"finops close --month {name} --approve."
            )
        said = {"of": row.id, "hash": row.hash, **({"note": note} if note else {})}
        if not four_eyes:
            said["four_eyes"] = "off"
        approval = records.append("approval", said, entity, name, who)
        after = {"state": "open" if now.reopen else "closed", "approval": approval.id}
        if now.reopen:
            after["reason"] = now.reopen.body.get("reason", "")
        return records.append("state", after, entity, name, who)


def request_reopen(
    records: Records, entity: str, period, reason: str, *, author: str | None = None
) -> Record:
    """Ask that a closed period is opened again; it is once a second person approves (`approve`).

    Raises RecordsError where it is not closed, where it was asked for already, or without a reason.
    """
    name = name_of(period)
    if not reason.strip():
        raise RecordsError(
            f"{_of(entity, name)}: to open a closed period again needs a reason: finops close --month {name} --reopen REASON."
        )
    with records.transaction():
        now = standing(records, entity, period)
        if now.state != "closed":
            raise RecordsError(
                f"{_of(entity, name)} is {now.state}, not closed: there is nothing to open again."
            )
        if now.reopen is not None:
            raise RecordsError(
                f"{_of(entity, name)}: {now.reopen.author} asked to open it again on {now.reopen.at[:10]}, and that waits for an approval: "
                f"finops close --month {name} --approve."
            )
        return records.append("reopen", {"reason": reason.strip()}, entity, name, author)


def _of(entity: str, name: str) -> str:
    return f"{entity}, {name}" if entity else name
