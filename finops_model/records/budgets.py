"""Budgets in the records: proposed by one person, approved or rejected by another; nothing else counts (docs/method §9.43).

A proposal is a row of kind `budget`, and so is what was decided on it: event, `of` and `hash` of the row that it decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RecordsError, listing, unknown
from .account import account
from .rows import Record
from .store import Records

KIND = "budget"
PROPOSED, APPROVED, REJECTED = "proposed", "approved", "rejected"
WHAT = ("budget", "transfer", "release", "reforecast", "close")  # what is proposed
LIST = "See them: finops budget list."


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A proposal and what became of it."""

    row: Record
    decided: Record | None = None  # the row that approves or rejects it

    @property
    def state(self) -> str:
        """proposed, approved or rejected."""
        return PROPOSED if self.decided is None else str(self.decided.body["event"])

    @property
    def what(self) -> str:
        """One of WHAT."""
        return str(self.row.body.get("what", "budget"))


def proposals(records: Records, entity: str = "") -> list[Proposal]:
    """Every proposal of an entity with what was decided on it, in their order.

    A decision counts where it names a row that waits for one by id and hash and, unless it says that four eyes were off, is by
    another person than its author: whoever writes such a row with another program has decided nothing.
    """
    waiting: dict[int, Proposal] = {}
    for row in records.read(KIND, entity):
        event = row.body.get("event")
        if event == PROPOSED:
            waiting[row.id] = Proposal(row=row)
        elif event in (APPROVED, REJECTED):
            one = waiting.get(row.body.get("of", 0))
            known = one is not None and one.decided is None and row.body.get("hash") == one.row.hash
            own = one is not None and one.row.author == row.author and event == APPROVED
            if one is not None and known and not (own and row.body.get("four_eyes") != "off"):
                waiting[one.row.id] = Proposal(row=one.row, decided=row)
    return list(waiting.values())


def propose(
    records: Records,
    entity: str,
    period: str,
    what: str,
    body: Mapping[str, Any],
    author: str | None = None,
) -> Record:
    """Record a proposal. Raises RecordsError for another kind of it, or where the same waits already."""
    if what not in WHAT:
        raise RecordsError(unknown("finops budget", "kind of proposal", what, WHAT))
    said = {**body, "event": PROPOSED, "what": what}
    with records.transaction():
        for one in proposals(records, entity):
            if one.decided is None and one.row.body == said and one.row.period == period:
                raise RecordsError(
                    f"the same is proposed already, by {one.row.author} on {one.row.at[:10]}, and waits for an approval: "
                    f"finops budget approve {one.row.id}."
                )
        return records.append(KIND, said, entity, period, author)


def decide(
    records: Records,
    entity: str,
    number: int,
    *,
    approve: bool = True,
    author: str | None = None,
    four_eyes: bool = True,
    attended: bool = True,
    note: str = "",
    act: Callable[[Record, str, str], Mapping[str, Any]] | None = None,
) -> Proposal:
    """Approve or reject a proposal; an approval is by another person than its author.

    Parameters
    ----------
    records : Records
        The store.
    entity : str
        "" where the company names none.
    number : int
        Of the proposal's row.
    approve : bool, optional
        False: reject it; its author may, too.
    author : str, optional
        Who decides; as that of the store.
    four_eyes : bool, optional
        `four_eyes` of finops.yaml; False: the same person may approve, and the approval says so.
    attended : bool, optional
        False for a job that nobody watches: it decides nothing.
    note : str, optional
        Why.
    act : callable, optional
        What the approval does, (proposal, who, when) -> what the approval's row says besides; where
        it raises, nothing is recorded.

    Returns
    -------
    Proposal
        With the row that decides it.

    Raises
    ------
    RecordsError
        No such proposal, decided already, nobody watches, or the approver is the author.
    """
    who = author or records.author or account()
    with records.transaction():
        every = {one.row.id: one for one in proposals(records, entity)}
        one = _waiting(every, number)
        if not attended:
            raise RecordsError(
                f"proposal {number}: a job that nobody watches decides on no budget. A person does: finops budget approve {number}."
            )
        if approve and four_eyes and one.row.author == who:
            raise RecordsError(
                f"proposal {number}: {who} proposed it and cannot approve it too. A second person does, under an account of their own: "
                f"finops budget approve {number}."
            )
        if not approve and not note.strip():
            raise RecordsError(
                f"proposal {number}: a rejection needs a reason: finops budget reject {number} --because REASON."
            )
        now = records.clock()
        more = act(one.row, who, now) if act is not None and approve else {}
        event = APPROVED if approve else REJECTED
        said = {**more, "event": event, "of": one.row.id, "hash": one.row.hash}
        said |= {"note": note.strip()} if note.strip() else {}
        said |= {"four_eyes": "off"} if approve and not four_eyes else {}
        row = records.append(KIND, said, entity, one.row.period, who)
        return Proposal(row=one.row, decided=row)


def _waiting(every: Mapping[int, Proposal], number: int) -> Proposal:
    """The proposal of that number, not decided. Raises RecordsError."""
    if number not in every:
        waits = [str(i) for i, one in every.items() if one.decided is None]
        known = f"Waiting for a decision: {listing(waits)}."
        raise RecordsError(f"proposal {number}: there is none of that number. {known} {LIST}")
    one = every[number]
    if one.decided is not None:
        raise RecordsError(
            f"proposal {number} was {one.state} by {one.decided.author} on {one.decided.at[:10]}; what is decided stays. {LIST}"
        )
    return one
