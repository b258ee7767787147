"""`fm.advise`: what could be saved, by what, on a workspace (docs/method §17.20 to §17.23)."""

from __future__ import annotations

from dataclasses import replace

from ..decide.advising.shown import answer_of, told
from ..decide.advising.wasted import waste_answer
from ..decide.advising.workspace import advice_of, ground_of
from ..decide.advising.written import propose
from ..decide.questions.answer import Answer
from ..errors import InputError, several
from ..progress import Progress
from ..publish import close
from ..settings import Settings, load_settings


def advise(
    settings: Settings | None = None,
    name: str | None = None,
    *,
    as_of: str | None = None,
    paths: int | None = None,
    waste: bool = False,
    write: bool = False,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""What could be done to spend less: each with its saving, simulated, and which of them go together.

    Parameters
    ----------
    settings : Settings, optional
        The workspace, or one entity of it; None: finops.yaml here.
    name : str, optional
        One recommendation by its id: why, and the rows it was seen in. None: the list.
    as_of : str, optional
        Last day of the bill to use, YYYY-MM-DD; None: the newest complete one.
    paths : int, optional
        Futures; None: 1,000.
    waste : bool, optional
        What was paid and bought nothing, instead: each cost once, with its evidence.
    write : bool, optional
        Add what is recommended (or the one named) to the table of actions as proposed, each with
        a scenario file; nothing that is there is changed.
    engine, progress : optional
        As in `fm.run_many`.

    Returns
    -------
    Answer
        A row for each recommendation that is chosen: saving a month, this fiscal year with its
        range, owner, effort.

    Raises
    ------
    FinOpsError
        A ledger without usage, a file of the workspace that makes no sense, a name nobody has.

    Source
    ------
    docs/method §17.1, §17.20, §17.21, §17.22, §17.23, §17.33.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> fm.advise(settings, paths=100).sentence
    'There is nothing to recommend on the bill up to 2025-03-28.'
    """
    settings = settings or load_settings()
    ledger = close.books(settings, progress)
    day = close.check_as_of(ledger, as_of, settings.time_zone, None) if as_of else None
    if waste:
        if name or write:
            raise InputError("--waste lists waste alone. Take the name and --write out.")
        return _waste(settings, day)
    advice = advice_of(settings, as_of=day, paths=paths, engine=engine, progress=progress)
    answer = told(advice, name) if name else answer_of(advice)
    if not write:
        return answer
    chosen = [each for each in advice.every if each.id == name] if name else list(advice.chosen)
    added, files = propose(settings, chosen, advice.as_of)
    left = len(chosen) - len(added)
    stood = {0: "", 1: "; 1 stood there already and was left as it is"}.get(
        left, f"; {left} stood there already and were left as they are"
    )
    said = (
        f"{settings.actions}: {several(len(added), 'proposed action')} added, "
        f"{several(len(files), 'scenario file')} written{stood}."
    )
    return replace(answer, notes=(said, *answer.notes))


def _waste(settings: Settings, day: str | None) -> Answer:
    """The waste of the newest full month up to a day."""
    ground = ground_of(settings, as_of=day)
    rows, month = ground.waste_rows, ground.waste_month
    spent = (
        0.0 if rows is None else float(rows.loc[rows["x_Month"] == month, "EffectiveCost"].sum())
    )
    return waste_answer(ground.waste, month, ground.currency, spent)


__all__ = ["advise"]
