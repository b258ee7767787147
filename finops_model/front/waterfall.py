"""`fm.waterfall`: each change of a scenario alone, all of them jointly, and the overlap, on the base's futures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..decide.questions.answer import Answer
from ..decide.questions.waterfall import Fallen, fallen, files_of, steps_of
from ..progress import Progress, silent
from ..publish import close, since
from ..scenario.document import load_scenario
from ..settings import Settings, load_settings
from ..simulate import scenarios as simulate
from ..simulate.kept_fits import Fits
from ..wording import clean


def waterfall(
    scenarios: str | Path | Sequence[str | Path],
    settings: Settings | None = None,
    *,
    as_of: str | None = None,
    month: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    executor: str = "threads",
    workers: int = 2,
    progress: Progress | None = None,
) -> Answer:
    r"""Each change of a scenario alone, all of them jointly, and what they overlap by; of several files each file alone.

    Parameters
    ----------
    scenarios : path or sequence of path
        One file: its changes one by one. Several on one base: each file as a whole.
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    as_of, month : str, optional
        Last day of the bill to use, or the month of the report whose day it is.
    paths : int, optional
        Futures; None: the base's.
    engine, executor, workers, progress : optional
        As in `fm.run_many`.

    Returns
    -------
    Answer
        A row for each step, then the overlap (together − Σ alone, signed) and together: expected
        change of the cost of all months, money of the ledger's currency.

    Raises
    ------
    ScenarioError, LedgerError
        A scenario makes no sense, changes nothing, or builds on another base.

    Source
    ------
    docs/method §3.69.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> half = "{path: workloads/*/demand/level, op: scale, value: 0.5, because: a}"
    >>> more = "{path: prices/GPU/price, op: scale, value: 1.5, because: b}"
    >>> _ = (folder / "demo" / "a.yaml").write_text(f"name: a\nchanges:\n- {half}\n- {more}\n")
    >>> answer = waterfall(folder / "demo" / "a.yaml", settings, paths=100)
    >>> ahead = answer.figures["base"] - 2646  # what March has booked does not move
    >>> [round(row["change"] / ahead, 4) for row in answer.plain()["table"]]
    [-0.5, 0.5, -0.25, -0.25]
    """
    settings = settings or load_settings()
    files = [scenarios] if isinstance(scenarios, (str, Path)) else list(scenarios)
    loaded = [load_scenario(file) for file in files]
    if len(loaded) == 1:
        base, steps = steps_of(loaded[0])
        whole, name = loaded[0], clean(loaded[0].name)
    else:
        base, steps, whole = files_of(loaded)
        name = " and ".join(clean(one.name) for one in loaded)
    bars = progress or silent
    ledger = close.books(settings, bars)
    day = close.check_as_of(ledger, as_of, settings.time_zone, month)
    daily = close.up_to(simulate.read_daily(settings), day, bool(as_of or month))
    fits = Fits(settings.path(settings.ledger))
    runs = simulate.run_many(
        [base, *(step.scenario for step in steps), *([whole] if len(steps) > 1 else [])],
        settings,
        as_of=day,
        daily=daily,
        paths=paths,
        progress=progress,
        engine=engine or since.engine_of(since.published(settings, day), month),
        executor=executor,
        workers=workers,
        fits=fits,
        dials=False,
    )
    ground, last = runs[0].total(), runs[-1]
    return fallen(
        Fallen(
            name=name,
            steps=steps,
            alone=[run.total() - ground for run in runs[1 : 1 + len(steps)]],
            jointly=last.total() - ground,
            base=float(ground.mean()),
            currency=last.currency,
            months=last.months,
            paths=last.paths,
            seed=last.seed,
            engine=last.engine,
            as_of=last.as_of,
            notes=tuple(fits.notes),
        )
    )


__all__ = ["waterfall"]
