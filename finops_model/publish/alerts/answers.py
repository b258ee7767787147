"""What owners answered to what was put before them: accepted, disputed, done; a row of the records each (docs/method §12.23)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ...errors import InputError, unknown
from ...facts.cycle.rows import a_day, as_given
from ...facts.plans.sheet import Sheet
from ...records import account
from ...records.store import Records
from ...wording import clean

ANSWERS = ("accepted", "disputed", "done")
WHAT = "a file of answers"
MARK = "answer"  # the key by which a decision of the records is an answer
LONGEST = 500  # letters of a reason


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer to one item.

    accepted   the owner takes it; it stays on the list until it is done
    disputed   the owner says why it is not so, or not theirs; it stays, marked, until somebody settles it
    done       it leaves the list, and comes back where days after the answer show it still
    """

    item: str  # id of an alert, a mover, a waste, a recommendation
    answer: str
    by: str
    on: str  # YYYY-MM-DD
    because: str = ""
    owner: str = ""  # who has it from now on; "": as before

    def words(self) -> str:
        """In one line.

        >>> Answered(item="1a", answer="disputed", by="Ada", on="2026-11-16", because="A launch.").words()
        'disputed by Ada on 2026-11-16: A launch.'
        """
        why = f": {clean(self.because)}" if self.because else ""
        return f"{self.answer} by {clean(self.by)} on {self.on}{why}"


def read_answers(
    path: str | os.PathLike, known: Mapping[str, str], owners: Collection[str], today: str
) -> list[Answered]:
    """The answers of a file: id, answer, by; perhaps because, on, owner. Rows with an empty answer are not answered, and left out.

    known    id -> what it is; owners: teams, units and people that somebody can be

    Raises InputError with line and column: an id or answer that is none, nobody who answers, a dispute without a reason, an owner that
    nobody knows, a day to come, two answers to one item.
    """
    sheet = Sheet(path, WHAT)
    ids, answers = sheet.cells("id"), sheet.cells("answer")
    who = sheet.cells("by")
    cells = {name: sheet.cells(name, needed=False) for name in ("because", "new_owner")}
    days, when = sheet.cells("on", needed=False), sheet.find("on")
    line_of: dict[str, int] = {}
    given = []
    for i, (item, word) in enumerate(zip(ids, answers, strict=True)):
        if not word:
            continue
        if item not in known:
            raise InputError(
                unknown(
                    sheet.at(i, "id"),
                    "item",
                    item,
                    list(known),
                    "finops monday shows the ids of its newest lists.",
                )
            )
        answer = word.casefold()
        if answer not in ANSWERS:
            raise InputError(unknown(sheet.at(i, "answer"), "answer", word, ANSWERS))
        if not who[i]:
            raise InputError(
                f"{sheet.at(i, 'by')}: is empty, and the answer is '{answer}'. Write who answers."
            )
        because = " ".join(as_given(cells["because"][i]).split())[:LONGEST]
        if answer == "disputed" and not because:
            raise InputError(
                f"{sheet.at(i, 'because')}: is empty, and the answer is disputed. Say in a sentence what is not so."
            )
        owner = cells["new_owner"][i]
        if owner and owner not in owners:
            raise InputError(unknown(sheet.at(i, "new_owner"), "owner", owner, sorted(owners)))
        on = str(a_day(sheet, i, when, days[i]) or today)
        if on > today:
            raise InputError(
                f"{sheet.at(i, 'on')}: {on} is after today, {today}. Write the day on which it was answered."
            )
        if item in line_of:
            raise InputError(
                f"{sheet.at(i, 'id')}: '{item}' is answered in line {line_of[item]} already. Keep one of them."
            )
        line_of[item] = sheet.lines[i]
        given.append(
            Answered(item=item, answer=answer, by=who[i], on=on, because=because, owner=owner)
        )
    return given


def check_answer(one: Answered) -> Answered:
    """An answer given in words of a command. Raises InputError as for a file."""
    if one.answer not in ANSWERS:
        raise InputError(unknown("finops watch answer", "answer", one.answer, ANSWERS))
    if not one.by.strip():
        raise InputError("--by: say who answers.")
    if one.answer == "disputed" and not one.because.strip():
        raise InputError("--because: a dispute says in a sentence what is not so.")
    return one


def record_answers(
    records: Records, answers: Iterable[Answered], known: Mapping[str, str], entity: str = ""
) -> list[Answered]:
    """Add the answers to the records, all of them or none; one that stands already as the newest is not added again. Returns those added."""
    fresh = []
    with records.transaction():
        standing = standing_answers(records, entity)
        for one in answers:
            if standing.get(one.item) == one:
                continue
            text = f"{one.answer}: {clean(known.get(one.item, one.item))}"
            body = {
                "text": text,
                MARK: one.answer,
                "item": one.item,
                "by": one.by,
                "on": one.on,
                "because": one.because,
                "owner": one.owner,
            }
            records.append("decision", body, entity=entity, period=one.on[:7])
            fresh.append(one)
    return fresh


def standing_answers(records: Records, entity: str = "") -> dict[str, Answered]:
    """The newest answer to each item; who changes their mind writes another."""
    standing = {}
    for row in records.read("decision", entity):
        body = row.body
        if MARK in body and body.get("item"):
            standing[str(body["item"])] = Answered(
                item=str(body["item"]),
                answer=str(body[MARK]),
                by=str(body.get("by", "")),
                on=str(body.get("on", "")),
                because=str(body.get("because", "")),
                owner=str(body.get("owner", "")),
            )
    return standing


def today() -> str:
    """The day of the records' clock, YYYY-MM-DD."""
    return account.now()[:10]
