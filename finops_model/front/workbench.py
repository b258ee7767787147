"""`fm.workbench`: what-ifs beside a base that is simulated once, side by side, on common draws (docs/method §3.83)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from html import escape
from pathlib import Path

from ..decide.questions.answer import Answer
from ..errors import InputError, ScenarioError, unknown
from ..measure.budget import against
from ..progress import Progress
from ..scenario.document import Scenario, load_scenario, resolve
from ..scenario.files import words, writing
from ..scenario.ledger_base import read_facts
from ..settings import Settings, load_settings
from ..simulate import scenarios as simulate
from ..simulate.compile.plan import compile_plan, future
from ..simulate.kept_fits import Fits
from ..simulate.run import Run
from . import workbench_answers as answers


class Workbench:
    """A base, simulated once, and what-ifs beside it; each change may be a mapping as in a file, or words ("drivers/orders/level × 1.2").

    Parameters
    ----------
    settings : Settings
        Of the workspace (one entity).
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD; None: the newest complete one.
    paths : int, optional
        Futures; None: the base's.
    months : int, optional
        How many to simulate; None: the base's horizon.
    budget : float, optional
        For the fiscal year under way; None: the approved one.
    engine : str, optional
        numpy, numba or auto.
    progress : callable, optional
        Called with (text, done, total).

    Source
    ------
    docs/method §3.83.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        as_of: str | None = None,
        paths: int | None = None,
        months: int | None = None,
        budget: float | None = None,
        engine: str | None = None,
        progress: Progress | None = None,
    ):
        from ..publish import close

        ledger = close.books(settings, progress)
        self.settings, self.progress = settings, progress
        self.as_of = close.check_as_of(ledger, as_of, settings.time_zone)
        self.daily = close.up_to(simulate.read_daily(settings), self.as_of, bool(as_of))
        self.facts = read_facts(self.daily, settings, self.as_of)
        self.paths, self.months, self.engine = paths, months, simulate.label(engine)
        self.base_file = settings.path(settings.scenario) if settings.scenario else None
        self.budget = against.approved(settings, self.as_of) if budget is None else float(budget)
        self.what_ifs: dict[str, Scenario] = {}
        self._runs: dict[str, Run] = {}

    @cached_property
    def base(self) -> Run:
        """The base's run: kept on disk with its proof, else simulated now."""
        from ..publish.lineage import kept_runs

        question = {"as_of": self.as_of, "paths": self.paths, "engine": self.engine}
        if self.months:
            question["months"] = self.months
        return kept_runs(
            [self.base_file],
            self.settings,
            self.daily,
            make=lambda: [self._simulated(load_scenario(self.base_file))],
            **question,
        )[0]

    @cached_property
    def demand(self):
        """The demand of all workloads, fitted once (kept with the ledger)."""
        base = self.resolved(load_scenario(self.base_file))
        fits = Fits(self.settings.path(self.settings.ledger))
        return simulate.demand_of(
            self.facts,
            len(future(base)),
            base.seed,
            self.settings.methods,
            self.progress,
            fits=fits,
        )

    def resolved(self, scenario: Scenario):
        """A scenario on the facts of this workbench."""
        return resolve(
            scenario,
            settings=self.settings,
            facts=self.facts,
            months=self.months,
            paths=self.paths,
        )

    def _simulated(self, scenario: Scenario) -> Run:
        resolved = self.resolved(scenario)
        run = simulate.simulate(
            compile_plan(resolved, self.demand),
            dials=False,
            engine=self.engine,
            progress=self.progress,
        )
        return replace(run, ledger=simulate.fingerprint(self.facts.daily))

    def run(self, name: str) -> Run:
        """The run of a what-if, on the draws of the base; simulated on the first call."""
        if name not in self.what_ifs:
            raise InputError(unknown("workbench", "what-if", str(name), self.what_ifs))
        if name not in self._runs:
            run = self._simulated(self.what_ifs[name])
            self._runs[name] = replace(run, ledger=self.base.ledger)
        return self._runs[name]

    def what_if(
        self,
        name: str,
        changes: Sequence[Mapping | str],
        *,
        question: str = "",
        because: str = "",
        owner: str = "",
        decide_by: str = "",
    ) -> Workbench:
        """Put a what-if beside the base; one of the same name is replaced.

        Parameters
        ----------
        name : str
            Its name.
        changes : sequence of mapping or str
            As under `changes` in a scenario file, or words: "PATH = VALUE", "PATH × 1.2",
            "PATH × +20% from 2027-01".
        question, because, owner, decide_by : str, optional
            Of the file that `save` writes; because: of changes that do not say it themselves.

        Returns
        -------
        Workbench
            This one.

        Raises
        ------
        ScenarioError
            A change that makes no sense: which, the nearest match, what to do.
        """
        given = [
            {"because": because or "tried on the workbench", **one}
            if isinstance(one, Mapping)
            else in_words(one, because or "tried on the workbench", owner)
            for one in changes
        ]
        if not given:
            raise ScenarioError(f"'{name}': has no change, so it is the base. Name one.")
        document = writing.document_of(
            name, given, question=question, owner=owner, decide_by=decide_by
        )
        return self.put(writing.scenario_of(document, self.base_file))

    def load(self, file) -> Workbench:
        """Put a scenario file beside the base, under its name."""
        scenario = load_scenario(file)
        bases = [layer.source.path for layer in scenario.layers]
        if self.base_file is not None and str(self.base_file) not in map(str, bases):
            same = [Path(one).resolve() for one in bases if one]
            if self.base_file.resolve() not in same:
                raise ScenarioError(
                    f"{file}: stands on another base than {self.base_file.name}, so its draws and months may differ. Write base: {self.base_file.name} into it."
                )
        return self.put(scenario)

    def put(self, scenario: Scenario) -> Workbench:
        """Put a scenario beside the base, under its name."""
        self.resolved(scenario)  # refused now, not when it runs
        self.what_ifs[scenario.name] = scenario
        self._runs.pop(scenario.name, None)
        return self

    def drop(self, name: str) -> Workbench:
        """Take a what-if away."""
        if name not in self.what_ifs:
            raise InputError(unknown("workbench", "what-if", str(name), self.what_ifs))
        del self.what_ifs[name]
        self._runs.pop(name, None)
        return self

    def save(self, name: str, file=None, *, replace: bool = False) -> Path:
        """Write a what-if as a scenario file (None: NAME.yaml beside the base); refuses to overwrite unless `replace`."""
        if name not in self.what_ifs:
            raise InputError(unknown("workbench", "what-if", str(name), self.what_ifs))
        layer = self.what_ifs[name].layers[-1]
        path = writing.file_of(str(file) if file else name, self.settings)
        head = {key: layer.source.get(key, "") for key in writing.HEAD}
        document = writing.document_of(
            name, layer.source["changes"], writing.base_for(path, self.settings), **head
        )
        return writing.write_new(
            path, document, facts=self.facts, settings=self.settings, replace=replace
        )

    def compare(self, *, unit: str | None = None, months: Sequence[str] | None = None) -> Answer:
        """All what-ifs beside the base: P10, mean, P90, against the base with its standard error, cheaper in, over the budget in.

        Parameters
        ----------
        unit : str, optional
            A business unit; None: the company.
        months : sequence of str, optional
            Of the totals, YYYY-MM; None: all that are simulated.

        Returns
        -------
        Answer
            A row each, the base first, then what is cheapest first; monthly means as picture.
        """
        runs = [self.base, *(self.run(name) for name in self.what_ifs)]
        said = {
            name: words.summary(words.rows(self.resolved(scenario)))
            for name, scenario in self.what_ifs.items()
        }
        return answers.side_by_side(
            runs,
            said,
            self.overruns(runs, unit),
            unit=unit,
            months=months,
            budget=self._limit(unit),
        )

    def _limit(self, unit: str | None) -> float | None:
        return self.budget if unit is None else against.approved(self.settings, self.as_of, unit)

    def overruns(self, runs: Sequence[Run], unit: str | None = None) -> list[float | None]:
        """Chance of each run to end the fiscal year under way over its budget; None where there is none."""
        limit = self._limit(unit)
        if limit is None:
            return [None] * len(runs)
        year = against.this_year(self.settings, self.as_of)
        return [
            against.landing_beside(run, self.daily, limit, year, unit)["overrun_probability"]
            for run in runs
        ]

    def tornado(self, name: str | None = None, *, unit: str | None = None, months=None) -> Answer:
        """What makes a what-if (None: the base) uncertain: its total with each uncertain value at its P10 and at its P90."""
        from ..decide.sensitivity import Study, sensitivity

        scenario = self.what_ifs.get(name) if name else load_scenario(self.base_file)
        if scenario is None:
            raise InputError(unknown("workbench", "what-if", str(name), self.what_ifs))
        run = self.run(name) if name else self.base
        study = Study(
            self.resolved(scenario),
            self.demand,
            run.paths,
            against.year_how(self.settings),
            self.engine,
        )
        result = sensitivity(study, unit=unit, months=months, sobol=False, progress=self.progress)
        return answers.tornado(result)

    def waterfall(self, name: str, *, unit: str | None = None, months=None) -> Answer:
        """Where the difference of a what-if comes from: each change of it alone, and what they overlap (docs/method §3.69)."""
        from ..decide.questions.waterfall import Fallen, fallen, steps_of

        joint = self.run(name)
        _, steps = steps_of(self.what_ifs[name])
        ground = self.base.total(unit, months)
        alone = [joint] if len(steps) == 1 else [self._simulated(step.scenario) for step in steps]
        return fallen(
            Fallen(
                name=name,
                steps=steps,
                alone=[run.total(unit, months) - ground for run in alone],
                jointly=joint.total(unit, months) - ground,
                base=float(ground.mean()),
                currency=joint.currency,
                months=tuple(months or joint.months),
                paths=joint.paths,
                seed=joint.seed,
                engine=joint.engine,
                as_of=joint.as_of,
            )
        )

    def __repr__(self) -> str:
        what = (
            f"{len(self.what_ifs)} what-ifs: {', '.join(self.what_ifs)}"
            if self.what_ifs
            else "no what-if yet"
        )
        return f"Workbench of {self.settings.company or 'the workspace'}, bill up to {self.as_of}; {what}"

    def _repr_html_(self) -> str:
        return self.compare()._repr_html_() if self.what_ifs else f"<p>{escape(repr(self))}</p>"


def in_words(text: str, because: str = "", owner: str = "") -> dict:
    """A change as one writes it: "PATH = VALUE" sets, "PATH × FACTOR" (or *) scales, "+ NAME = COST" adds a workload.

    >>> in_words("drivers/orders/level × +20% from 2027-01")
    {'path': 'drivers/orders/level', 'op': 'scale', 'value': 1.2, 'since': '2027-01', 'because': ''}
    >>> in_words("+ copilot = 38000")["path"]
    'workloads/copilot'
    """
    if text.lstrip().startswith("+"):
        return writing.launch_of(text.lstrip()[1:].strip(), "", because, owner)
    for mark in ("×", " * "):
        path, found, value = text.partition(mark)
        if found and "=" not in path:
            return writing.change_of("scale", f"{path.strip()}={value.strip()}", "", because, owner)
    return writing.change_of("set", text, "", because, owner)


def workbench(
    workspace=None,
    *,
    as_of: str | None = None,
    paths: int | None = None,
    months: int | None = None,
    budget: float | None = None,
    engine: str | None = None,
    entity: str | None = None,
    progress: Progress | None = None,
) -> Workbench:
    r"""What-ifs beside a base that is simulated once, side by side, on common draws.

    Parameters
    ----------
    workspace : Settings or path, optional
        The settings, a finops.yaml or its folder; None: finops.yaml here.
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD; None: the newest complete one.
    paths, months : int, optional
        Futures and months to simulate; None: as the base says.
    budget : float, optional
        For the fiscal year under way; None: the approved one.
    engine : str, optional
        numpy, numba or auto.
    entity : str, optional
        One of the entities of finops.yaml, where it names some.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Workbench
        With `what_if`, `load`, `compare`, `tornado`, `waterfall`, `save`.

    Raises
    ------
    InputError, LedgerError, ScenarioError
        No workspace, no bill, a base that makes no sense.

    Source
    ------
    docs/method §3.83.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> bench = workbench(settings, paths=100, months=2)
    >>> answer = bench.what_if("cheaper", ["prices/GPU/price × 0.8"]).compare()
    >>> list(answer.table["scenario"]), list(answer.table["cheaper in"])
    (['Base', 'cheaper'], [None, 1.0])
    """
    if workspace is None or isinstance(workspace, (str, os.PathLike)):
        workspace = load_settings(workspace) if workspace is not None else load_settings()
    if not isinstance(workspace, Settings):
        raise InputError(
            "workbench: give the folder of a workspace, its finops.yaml or its settings."
        )
    if entity is not None:
        workspace = workspace.entity(entity, "entity")
    elif workspace.entities and workspace.own is None:
        from ..facts.daily.entities import which

        raise InputError(which(workspace))
    return Workbench(
        workspace,
        as_of=as_of,
        paths=paths,
        months=months,
        budget=budget,
        engine=engine,
        progress=progress,
    )
