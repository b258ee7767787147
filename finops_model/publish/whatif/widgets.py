"""The what-if form on the screen: ipywidgets over `form.write_what_if`."""

from __future__ import annotations

import html
from pathlib import Path

import ipywidgets as widgets

from ...decide.compare import Comparison, compare
from ...errors import FinOpsError
from ...periods import add_months, month_of
from ...scenario import ledger_base as base_facts
from ...simulate.scenarios import run_many
from .form import ALL, KINDS, WhatIf, choices, shown, write_what_if

LABEL = {"description_width": "150px"}


def wide() -> widgets.Layout:
    """A layout of a field's own: a shared one would hide all fields with the first that is hidden."""
    return widgets.Layout(width="640px")


class Form(widgets.VBox):
    """Name, question, what changes, by how much, from when, because; saves a scenario file and compares it with the base.

    `path` is the file written last, `comparison` the last run beside the base; None before.
    """

    def __init__(self, settings, facts, folder: Path, paths: int):
        self.settings, self.facts, self.scenarios_folder, self.draws = (
            settings,
            facts,
            Path(folder),
            paths,
        )
        self.known = choices(facts, settings)
        self.path: Path | None = None
        self.comparison: Comparison | None = None
        kinds = [(label, kind) for kind, (label, *_) in KINDS.items() if self.known[kind]]
        self.name = widgets.Text(
            description="Name",
            placeholder="Support demand grows faster",
            layout=wide(),
            style=LABEL,
        )
        self.question = widgets.Text(
            description="Question",
            placeholder="What if support chats grow by a quarter?",
            layout=wide(),
            style=LABEL,
        )
        self.kind = widgets.Dropdown(
            description="What changes", options=kinds, layout=wide(), style=LABEL
        )
        self.target = widgets.Dropdown(description="Of what", layout=wide(), style=LABEL)
        self.model = widgets.Dropdown(description="To which model", layout=wide(), style=LABEL)
        self.amount = widgets.FloatText(
            description="By how much",
            value=25.0,
            step=5,
            layout=widgets.Layout(width="300px"),
            style=LABEL,
        )
        self.meaning = widgets.Label()
        self.discount = widgets.BoundedFloatText(
            description="Discount in %",
            value=35.0,
            min=0,
            max=99,
            layout=widgets.Layout(width="300px"),
            style=LABEL,
        )
        first = add_months(month_of(facts.as_of), 1)
        months = [add_months(first, n) for n in range(24)]
        self.since = widgets.Dropdown(
            description="From", options=months, layout=widgets.Layout(width="300px"), style=LABEL
        )
        self.because = widgets.Textarea(
            description="Because",
            placeholder="Where the number comes from, so that others can check it",
            rows=2,
            layout=wide(),
            style=LABEL,
        )
        self.owner = widgets.Text(
            description="Owner",
            placeholder="Team that answers for it (optional)",
            layout=wide(),
            style=LABEL,
        )
        self.replace = widgets.Checkbox(
            description="Replace it if there is one of this name", value=False, indent=False
        )
        self.save_button = widgets.Button(
            description="Check and save",
            button_style="primary",
            layout=widgets.Layout(width="160px"),
        )
        self.run_button = widgets.Button(
            description="Compare with the base", disabled=True, layout=widgets.Layout(width="180px")
        )
        self.answer = widgets.HTML()
        self.kind.observe(lambda _: self._kind_changed(), "value")
        self.target.observe(lambda _: self._target_changed(), "value")
        self.save_button.on_click(lambda _: self.save())
        self.run_button.on_click(lambda _: self.run())
        self._kind_changed()
        super().__init__(
            [
                self.name,
                self.question,
                self.kind,
                self.target,
                self.model,
                widgets.HBox([self.amount, self.meaning]),
                self.discount,
                self.since,
                self.because,
                self.owner,
                self.replace,
                widgets.HBox([self.save_button, self.run_button]),
                self.answer,
            ]
        )

    def _kind_changed(self) -> None:
        kind, known = self.kind.value, self.known[self.kind.value]
        everything = {"demand": "Every workload", "driver": "Every driver", "price": "Every price"}
        first = [(everything[kind], ALL)] if kind in everything else []
        self.target.options = first + [(name, name) for name in known]
        self.target.index = 0
        self.meaning.value = KINDS[kind][1]
        self.model.layout.display = "" if kind == "routing" else "none"
        self.discount.layout.display = "" if kind == "commitment" else "none"
        self._target_changed()

    def _target_changed(self) -> None:
        if self.kind.value == "routing" and self.target.value:
            models = self.known["routing"].get(self.target.value, [])
            self.model.options = models
            self.model.index = 0 if models else None  # a new list must not leave nothing chosen

    def values(self) -> WhatIf:
        """What the form says now."""
        kind = self.kind.value
        unit = (
            self.known["commitment"].get(self.target.value, "GPU-hours")
            if kind == "commitment"
            else "GPU-hours"
        )
        return WhatIf(
            name=self.name.value,
            question=self.question.value,
            kind=kind,
            target=self.target.value,
            amount=self.amount.value,
            since=self.since.value,
            because=self.because.value,
            model=(self.model.value or "") if kind == "routing" else "",
            unit=unit,
            discount=self.discount.value / 100,
            owner=self.owner.value,
        )

    def save(self) -> None:
        """Check and write the file; what is wrong is said below the form."""
        base = Path(self.settings.scenario).name if self.settings.scenario else None
        try:
            self.path = write_what_if(
                self.values(),
                self.scenarios_folder,
                base=base,
                overwrite=self.replace.value,
                facts=self.facts,
                settings=self.settings,
            )
        except FinOpsError as problem:
            self.answer.value = shown(problem)
            return
        self.run_button.disabled = False
        self.answer.value = (
            f"<div style='color:#00735A'>Saved as <b>{html.escape(str(self.path))}</b>. It fits the ledger. "
            "Compare it with the base, or with the others: finops compare.</div>"
        )

    def run(self) -> None:
        """Run the saved what-if and the base on the same draws, and show both."""
        if self.path is None:
            self.answer.value = shown(FinOpsError("Save the what-if first."))
            return
        self.answer.value = (
            "<div>Running the base and the what-if on the same draws; some ten seconds …</div>"
        )
        first = self.settings.path(self.settings.scenario) if self.settings.scenario else None
        try:
            base, own = run_many(
                [first, self.path],
                self.settings,
                as_of=self.facts.as_of,
                paths=self.draws,
                daily=self.facts.daily,
            )
            self.comparison = compare(base, own)
        except FinOpsError as problem:
            self.answer.value = shown(problem)
            return
        self.answer.value = self.comparison._repr_html_()


def form(settings, daily, as_of: str, folder=None, paths: int = 1000):
    r"""The what-if form as a widget; see `Form`.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    daily : frame
        DAILY, as fm.daily gives it.
    as_of : str
        Last day of actuals used, YYYY-MM-DD.
    folder : path, optional
        Where scenarios lie and are written; None: that of the base scenario, else scenarios.
    paths : int, optional
        Of each run.

    Returns
    -------
    Form
        It shows itself in a notebook.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> form(settings, rows, "2025-03-28", paths=64)  # doctest: +ELLIPSIS
    Form(...)
    """
    facts = base_facts.read_facts(daily, settings, as_of)
    return Form(settings, facts, Path(folder) if folder else _folder(settings), paths)


def _folder(settings) -> Path:
    return (
        settings.path(settings.scenario).parent if settings.scenario else settings.path("scenarios")
    )
