"""What an action saved: what it would have cost, what it did cost, month by month (docs/method §12.28)."""

from __future__ import annotations

import pandas as pd

from ...decide.questions.answer import Answer
from ...errors import InputError
from ..realised import actions_of, realised


def names_of_actions(asked) -> dict[str, str]:
    """Small letters -> id, of every action of the workspace."""
    if not asked.settings.actions:
        return {}
    return {one.id.casefold(): one.id for one in actions_of(asked.settings)}


def explain_action(asked, name: str) -> Answer:
    """The action as its table says it, and how its saving was measured."""
    action = next(one for one in actions_of(asked.settings) if one.id == name)
    if action.done_on is None:
        raise InputError(
            f"{asked.settings.actions}: line {action.line}: '{name}' is {action.decision} and not done, so nothing was saved by it. "
            "What it may save: finops advise."
        )
    answer = realised(asked.settings, progress=asked.progress)
    row = answer.table[answer.table["action"].str.startswith(f"{name} ")]
    own = {
        what: frame[frame["action"] == name].reset_index(drop=True)
        for what, frame in answer.tables.items()
        if "action" in frame
    }
    months = own.pop("by month", pd.DataFrame())
    said = row.iloc[0]
    saved = said["saved in all"]
    amount = "not known" if saved is None or pd.isna(saved) else f"{saved:,.2f} {answer.currency}"
    forms = dict(answer.forms) | dict.fromkeys(("would have cost", "cost", "saved"), "money")
    return Answer(
        question="explain",
        sentence=f"{said['action']}, done on {said['done on']}: saved {amount} ({said['the bill says']}).".replace(
            "−", "-"
        ),
        table=months if len(months) else row.reset_index(drop=True),
        forms=forms,
        range="P10 and P90 stand in the sheet how it was measured.",
        reason=answer.reason,
        next_best="",
        currency=answer.currency,
        figures={"figure": f"action:{name}", "line": action.line, "action": row.iloc[0].to_dict()},
        tables={"row": row.reset_index(drop=True), **own},
    )
