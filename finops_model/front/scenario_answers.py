"""Scenario files of a workspace as answers: listed, told, compared, looked through (docs/method §3.80, §3.81, §3.82)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..decide.questions.answer import Answer
from ..errors import FinOpsError, listing, several, together
from ..facts.workspace import read_daily
from ..scenario.document import load_scenario, resolve
from ..scenario.files import lint as looking
from ..scenario.files import words
from ..scenario.files.writing import folder_of
from ..scenario.ledger_base import Facts, read_facts


def facts_of(settings) -> Facts:
    """What the ledger of a workspace knows on its newest day."""
    return read_facts(read_daily(settings), settings)


def listed(settings) -> Answer:
    """All scenario files of a workspace: question, owner, last day to decide, changes, whether the file fits the ledger.

    The base comes first, then what finops.yaml names, then what lies beside.
    """
    facts, rows = facts_of(settings), []
    base = settings.path(settings.scenario).resolve() if settings.scenario else None
    for path in looking.files_of(settings):
        state, top = "fits", None
        try:
            scenario = load_scenario(path)
            top = scenario.layers[-1].document
            resolve(scenario, settings=settings, facts=facts)
            if top.decide_by and top.decide_by < facts.as_of:
                state = "decide_by has passed"
        except FinOpsError as problem:
            state = str(problem).splitlines()[0].replace(f"{path}:", "line ")
        owners = (
            dict.fromkeys(change.owner for change in top.changes if change.owner) if top else ()
        )
        rows.append(
            {
                "file": _short(path, settings),
                "name": top.name if top else "–",
                "question": top.question if top else "–",
                "owner": (top.owner or together(list(owners))) if top else "–",
                "decide by": (top.decide_by or "") if top else "–",
                "changes": len(top.changes) if top else None,
                "state": "the base" if state == "fits" and path.resolve() == base else state,
            }
        )
    bad = [
        row["file"]
        for row in rows
        if row["state"] not in ("fits", "the base", "decide_by has passed")
    ]
    where = _short(folder_of(settings), settings)
    sentence = (
        f"{several(len(rows), 'scenario file')} in {where}; "
        + (
            f"{listing(map(str, bad))} cannot be run."
            if bad
            else f"all fit the bill up to {facts.as_of}."
        )
        if rows
        else f"There is no scenario file in {where} yet. Write one: finops scenario new NAME --scale PATH=VALUE."
    )
    return Answer(
        question="scenario list",
        sentence=sentence,
        table=pd.DataFrame(
            rows, columns=["file", "name", "question", "owner", "decide by", "changes", "state"]
        ),
        forms={"changes": "count"},
        range="",
        reason="",
        next_best="",
        currency=settings.currency,
        notes=("What a file costs beside the base: finops compare FILE.",) if rows else (),
    )


def told(path, settings, facts: Facts | None = None) -> Answer:
    """A scenario in words: its question, and each change with what stands there before and after it."""
    facts = facts or facts_of(settings)
    resolved = resolve(load_scenario(path), settings=settings, facts=facts)
    rows, top = words.rows(resolved), resolved.scenario.layers[-1].document
    frame = pd.DataFrame(
        [
            {
                "change": row["what"],
                "before": row["before"],
                "after": row["after"],
                "unit": words.unit_of(resolved, row["path"]),
                "from": row["from"],
                "because": row["because"],
                "owner": row["owner"],
            }
            for row in rows
        ],
        columns=["change", "before", "after", "unit", "from", "because", "owner"],
    )
    if not (frame["unit"] != "").any():
        frame = frame.drop(columns="unit")
    who = f" {top.owner} decides" if top.owner else ""
    day = (
        f"{' ' if not who else ''}{' by ' if who else 'To be decided by '}{top.decide_by}"
        if top.decide_by
        else ""
    )
    notes = [f"{who.strip()}{day}.".strip()] if who or day else []
    if len(resolved.scenario.layers) > 1:
        bases = [layer.document.name for layer in resolved.scenario.layers[:-1]]
        notes.append(f"On the base {together(bases)}.")
    return Answer(
        question="scenario show",
        sentence=f"{resolved.name}: {several(len(rows), 'change')}.{f' {top.question}' if top.question else ''}",
        table=frame,
        range="",
        reason="",
        next_best="",
        currency=facts.currency,
        notes=tuple(notes),
        figures={
            "months": list(resolved.months),
            "paths": resolved.paths,
            "where": [row["where"] for row in rows],
        },
    )


def differing(one, other, settings, facts: Facts | None = None) -> Answer:
    """What two scenarios do not share, in words: what each says of itself, and every value on which they differ."""
    facts = facts or facts_of(settings)
    first, second = (
        resolve(load_scenario(path), settings=settings, facts=facts) for path in (one, other)
    )
    names = [Path(path).name if path else "base" for path in (one, other)]
    if names[0] == names[1]:
        names = [str(one), str(other)]
    values = words.differences(first, second)
    rows = words.heads(first, second) + values
    sentence = (
        f"{names[0]} and {names[1]} differ in {several(len(values), 'value')}."
        if values
        else f"{names[0]} and {names[1]} give the same numbers: no value differs."
    )
    return Answer(
        question="scenario diff",
        sentence=sentence,
        table=pd.DataFrame(
            [(row["what"], row["one"], row["other"]) for row in rows], columns=["what", *names]
        ),
        range="",
        reason="",
        next_best="",
        currency=facts.currency,
        figures={"paths": [row["path"] for row in values]},
    )


def linted(paths: Sequence, settings, facts: Facts | None = None) -> Answer:
    """What is probably not meant in scenario files; figures["wrong"] counts what stops a run or moves nothing."""
    facts = facts or facts_of(settings)
    notes = [note for path in paths for note in looking.lint(path, facts, settings)]
    wrong = sum(note.level == looking.WRONG for note in notes)
    sentence = (
        f"{several(len(notes), 'thing')} to look at in {several(len(paths), 'file')}, {wrong} of them wrong."
        if notes
        else f"{several(len(paths), 'file')}: nothing to look at."
    )
    return Answer(
        question="scenario lint",
        sentence=sentence,
        table=pd.DataFrame(
            [(note.where, note.level, note.text) for note in notes],
            columns=["where", "level", "what, and what to do"],
        ),
        range="",
        reason="",
        next_best="",
        currency=facts.currency,
        figures={"wrong": wrong, "look": len(notes) - wrong},
    )


def _short(path: Path, settings) -> str:
    """A path as the workspace knows it."""
    try:
        return path.resolve().relative_to(Path(settings.root).resolve()).as_posix()
    except ValueError:
        return str(path)
