"""`fm.realised`: what the actions of a workspace saved by the bill (docs/method §17.50)."""

from __future__ import annotations

import pandas as pd

from ..decide.questions.answer import Answer
from ..errors import InputError, several
from ..facts.cycle.actions import Action, read_actions
from ..settings import Settings, load_settings


def realised(settings: Settings | None = None) -> Answer:
    r"""The actions of a workspace, as their owners say.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.

    Returns
    -------
    Answer
        A row for each action.

    Raises
    ------
    FinOpsError
        No table of actions, or one that does not hold.

    Source
    ------
    docs/method §17.50.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "actions.csv").write_text("id,action\nA1,Switch it off\n")
    >>> realised(Settings(root=str(folder), actions="actions.csv")).sentence
    '1 action, 0 of them done.'
    """
    settings = settings or load_settings()
    actions = actions_of(settings)
    return Answer(
        question="realised",
        sentence=f"{several(len(actions), 'action')}, {sum(a.decision == 'done' for a in actions)} of them done.",
        table=pd.DataFrame(
            {
                "action": [f"{a.id} {a.action}" for a in actions],
                "owner": [a.owner for a in actions],
                "decision": [a.decision for a in actions],
                "expected a month": [
                    None if a.monthly_saving is None else float(a.monthly_saving) for a in actions
                ],
            }
        ),
        forms={"expected a month": "money"},
        range="",
        reason="",
        next_best="",
        currency=settings.currency,
    )


def actions_of(settings: Settings) -> list[Action]:
    """The table of actions of a workspace, rows of its entity. Raises InputError where there is none."""
    if not settings.actions:
        raise InputError(
            "finops.yaml: actions: names no table of actions. Write one (id, action, workload, owner, decision, done_on, monthly_saving) and "
            "name it there: actions: actions.csv."
        )
    own = settings.own.name if settings.own else ""
    return read_actions(
        settings.path(settings.actions), settings.currency, own, [e.name for e in settings.entities]
    )
