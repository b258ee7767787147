"""`fm.advise`: what could be saved, by what, on a workspace (docs/method §17.20 to §17.23)."""

from __future__ import annotations

from ..decide.advising.shown import answer_of, told
from ..decide.advising.workspace import advice_of
from ..decide.questions.answer import Answer
from ..progress import Progress
from ..publish import close
from ..settings import Settings, load_settings


def advise(
    settings: Settings | None = None,
    name: str | None = None,
    *,
    as_of: str | None = None,
    paths: int | None = None,
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
    docs/method §17.20, §17.21, §17.22, §17.23.

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
    advice = advice_of(settings, as_of=day, paths=paths, engine=engine, progress=progress)
    return told(advice, name) if name else answer_of(advice)


__all__ = ["advise"]
