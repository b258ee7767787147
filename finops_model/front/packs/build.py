"""`finops pack`: what an audience is shown of a month, as an answer and as a page (docs/method §15.80 to §15.82)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ...decide.advising.workspace import Advice, advice_of
from ...decide.questions.answer import Answer
from ...documents import write_atomic
from ...errors import FinOpsError, InputError, several, together
from ...facts.daily import warehouse
from ...facts.plans import together as plans
from ...measure.actuals import cost_rows, month_column
from ...measure.cycle.facts import facts_of
from ...measure.cycle.types import UnitCost
from ...measure.kpis import shelf, unit_costs
from ...measure.waste import Waste, found_waste
from ...names import COMPANY, slug
from ...periods import add_months, month_name
from ...progress import Progress, silent
from ...publish import close, since
from ...publish.packs.audiences import AUDIENCES, Audience, audience_of
from ...publish.packs.page import RUNS_UP, Block, Pack, moved, moved_line, page
from ...settings import Settings
from ...wording import money
from . import blocks

NOTES = (
    "EffectiveCost: amortised, before credits and tax, of complete days. A figure counts days on which both its parts are known.",
    "Waste counts each cost once. A saving is simulated on the futures of the forecast; which actions are approved stands in the table of actions.",
)


def packs(
    settings: Settings,
    audiences: Sequence[str] = (),
    *,
    month: str | None = None,
    unit: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> list[Pack]:
    """A pack per audience ((): all six) of a month (None: the newest complete one) and a unit (None: the company).

    Raises FinOpsError for an audience, month or unit that nobody has.
    """
    chosen = [audience_of(name) for name in audiences] or list(AUDIENCES.values())
    ledger = close.books(settings, progress)
    month, as_of = close.pick_month(ledger, month, time_zone=settings.time_zone)
    daily = warehouse.daily(ledger, settings)
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    name = close.pick_unit(daily, unit)
    own = daily if name == COMPANY else daily[daily["x_BusinessUnit"] == name]
    needed = {block for audience in chosen for block in audience.blocks}
    waste: list[Waste] = []
    if "waste" in needed:
        waste = [
            line
            for line in found_waste(settings, ledger, daily, month)
            if name in (COMPANY, line.unit)
        ]
    found: Advice | None = None
    if "advice" in needed:
        try:
            found = advice_of(settings, as_of=as_of, paths=paths, engine=engine, progress=progress)
        except FinOpsError as problem:  # a bill too young to simulate has a pack all the same
            (progress or silent)(f"No advice: {problem}", 0, 0)
    ground = _Ground(
        settings=settings,
        ledger=ledger,
        daily=daily,
        own=own,
        unit=name,
        month=month,
        as_of=as_of,
        waste=waste,
        advice=found,
    )
    return [ground.pack(audience) for audience in chosen]


class _Ground:
    """What all packs of a month are made of."""

    def __init__(self, *, settings, ledger, daily, own, unit, month, as_of, waste, advice):
        self.settings, self.ledger, self.daily, self.own = settings, ledger, daily, own
        self.unit, self.month, self.as_of, self.waste, self.advice = (
            unit,
            month,
            as_of,
            waste,
            advice,
        )
        costs = cost_rows(own)
        by_month = costs.groupby(month_column(costs))["EffectiveCost"].sum()
        self.cost = float(by_month.get(month, 0.0))
        self.before = float(by_month.get(add_months(month, -1), 0.0))

    def pack(self, audience: Audience) -> Pack:
        """The pack of one audience."""
        lines, formulas = self.figures(audience)
        return Pack(
            audience=audience,
            company=self.settings.own.name if self.settings.own else self.settings.company,
            unit="the company" if self.unit == COMPANY else self.unit,
            month=self.month,
            as_of=self.as_of,
            currency=self.settings.currency,
            sentence=self.sentence(lines, audience),
            lead=self.lead() if "units" in audience.blocks else "",
            lines=lines,
            formulas=formulas,
            blocks=[self.block(name) for name in audience.blocks if name != "figures"],
            notes=list(NOTES),
        )

    def lead(self) -> str:
        """What the published report of this month says of the year; "" where none is published."""
        report = since.published(self.settings, self.as_of, self.unit)
        if report is None or report.month != self.month:
            return ""
        return f"The published report says: {report.headline}"

    def figures(self, audience: Audience) -> tuple[list[UnitCost], dict[str, str]]:
        """Lines of the KPIs that are this audience's, those of the report first; formulas by line."""
        if "figures" not in audience.blocks:
            return [], {}
        known = shelf()
        names = [
            name for name, kpi in known.items() if audience.name in getattr(kpi, "PERSONA", ())
        ]
        usual = self.settings.kpis or [
            name for name in names if getattr(known[name], "DEFAULT", False)
        ]
        names = sorted(
            names, key=lambda name: name not in usual
        )  # of equals the shelf's order stays
        if not names:
            return [], {}
        facts = facts_of(self.settings, self.ledger, self.daily, self.unit, names)
        lines: list[UnitCost] = []
        formulas: dict[str, str] = {}
        for name in names:
            own = sorted(unit_costs(facts, self.month, asked=[name]), key=_size)[:2]
            if len(lines) + len(own) > audience.most:
                own = own[: audience.most - len(lines)]
            lines += own
            formulas |= {line["name"]: getattr(known[name], "FORMULA", "") for line in own}
        return lines, formulas

    def block(self, name: str) -> Block:
        """One block by its name."""
        settings, month = self.settings, self.month
        if name == "use":
            facts = facts_of(settings, self.ledger, self.daily, self.unit)
            return blocks.use(facts, month)
        if name == "workloads":
            return blocks.workloads(self.own, month, settings.currency)
        if name == "waste":
            return blocks.wasted(self.waste, month, self.cost, settings.currency)
        if name == "advice":
            return blocks.advice(self.advice, self.unit)
        return blocks.units(
            self.own,
            plans.budgets(settings),
            month,
            self.as_of,
            settings.fiscal_year_starts,
            settings.currency,
            self.unit,
        )

    def sentence(self, lines: Sequence[UnitCost], audience: Audience) -> str:
        """The month in one sentence: cost and its change, how the figures moved, waste."""
        words = [f"{month_name(self.month)} cost {money(self.cost, self.settings.currency)}"]
        if self.before:
            words[0] += f", {moved(self.cost / self.before - 1, 'lower')[0]}"
        tones = [
            moved_line(line)[1]
            for line in lines
            if moved_line(line)[0] != "–" and line["name"] not in RUNS_UP
        ]
        if tones:
            parts = [
                f"{tones.count(tone)} {word}"
                for tone, word in (("good", "better"), ("bad", "worse"))
                if tone in tones
            ]
            words.append(f"of {several(len(tones), 'figure')} {together(parts) or 'none moved'}")
        if "waste" in audience.blocks and (
            sure := sum(line.month_cost for line in self.waste if line.sure)
        ):
            words.append(f"{money(sure, self.settings.currency)} bought nothing")
        return "; ".join(words) + "."


def _size(line: UnitCost) -> float:
    """Minus the numerator of the month: of lines of one KPI the largest come first."""
    return -float(line["by_month"][-1].get("numerator", 0.0))


def answer_of(made: Sequence[Pack], written: Sequence[Path] = ()) -> Answer:
    """Packs as an answer: a row per audience, the figures of each in a table of its own."""
    first = made[0]
    files = [*map(str, written), *[""] * (len(made) - len(written))]
    tables = {
        pack.audience.title: pd.DataFrame(
            [
                {
                    "figure": line["name"],
                    "unit": line["unit"],
                    "value": line["value"],
                    "month before": line["previous"],
                    "change": line["change_pct"],
                    "better": line["better"],
                }
                for line in pack.lines
            ],
            columns=["figure", "unit", "value", "month before", "change", "better"],
        )
        for pack in made
        if pack.lines
    }
    return Answer(
        question="pack",
        sentence=first.sentence
        if len(made) == 1
        else f"{several(len(made), 'pack')} of {month_name(first.month)} for {first.unit}.",
        table=pd.DataFrame(
            [
                {"for": pack.audience.title, "in one sentence": pack.sentence, "page": file}
                for pack, file in zip(made, files, strict=True)
            ]
        ),
        forms={"value": "units", "month before": "units", "change": "share"},
        range="These are actuals, so there is no range; savings have theirs in finops advise.",
        reason=f"each audience gets the figures that answer its question: {first.audience.question}"
        if len(made) == 1
        else "each audience gets the figures that answer its question, in one form.",
        next_best="",
        currency=first.currency,
        notes=(),
        tables=tables,
        figures={
            pack.audience.name: {line["name"]: line["value"] for line in pack.lines}
            for pack in made
        },
    )


def write_packs(made: Sequence[Pack], folder: Path) -> list[Path]:
    """A page per pack in a folder, MONTH_AUDIENCE.html (of a unit: MONTH_UNIT_AUDIENCE.html); pages of that name are replaced.

    Raises InputError for a place that cannot be written.
    """
    pages = [
        (folder / "_".join([pack.month, *_unit(pack), f"{pack.audience.name}.html"]), page(pack))
        for pack in made
    ]
    try:
        return [write_atomic(path, text) for path, text in pages]
    except OSError as problem:
        raise InputError(
            f"{folder}: cannot be written ({problem.strerror}). Name a folder that this account may write."
        ) from None


def _unit(pack: Pack) -> list[str]:
    return [] if pack.unit == "the company" else [slug(pack.unit)]
