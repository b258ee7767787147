"""A KPI of a month: its formula, and numerator and denominator day by day (docs/method §12.28)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...decide.questions.answer import Answer
from ...decide.questions.unit_costs import of_month
from ...errors import InputError
from ...measure.cycle.facts import facts_of
from ...measure.kpis import Part, parts_of, pick, shelf
from ...names import COMPANY
from ...periods import month_name
from ...publish import close
from ...wording import four

LINES = ["x_Workload", "ServiceName", "SkuId", "ConsumedUnit"]


def names_of_kpis(asked) -> dict[str, str]:
    """Small letters -> name, of every KPI by file and title, and of every line that has data here."""
    names: dict[str, str] = {}
    for file, module in shelf().items():
        names |= {file: file, str(getattr(module, "TITLE", file)).casefold(): file}
    for files in _groups(
        asked
    ):  # the rest of the shelf needs far more: only where the name is none of the report's
        names |= {part.name.casefold(): part.name for part in parts_of(_facts(asked, files), files)}
        if asked.name.casefold() in names:
            break
    return names


def _groups(asked) -> list[tuple[str, ...]]:
    """The KPIs of the report, then the others."""
    first = pick(asked.settings.kpis)
    return [first, tuple(name for name in shelf() if name not in first)]


def explain_kpi(asked, name: str) -> Answer:
    """Formula, unit, basis and source of a KPI, and the days that its value of a month is made of."""
    file, part = _line(asked, name)
    module = shelf()[file]
    told = of_month(part, asked.month)
    if told is None:
        raise InputError(
            f"{part.name} has no value in {month_name(asked.month)}: no day of it has both a numerator and a denominator. Ask for another "
            f"month: kpi:{part.name}@YYYY-MM."
        )
    both = pd.concat({"n": part.numerator, "d": part.denominator}, axis=1, join="inner").dropna()
    both = both[both.index.strftime("%Y-%m") == asked.month].sort_index()
    table = pd.DataFrame(
        {
            "day": [str(day.date()) for day in both.index],
            "numerator": both["n"].to_numpy(float),
            "denominator": both["d"].to_numpy(float),
        }
    )
    total = {"day": "sum", "numerator": told["cost"], "denominator": told["count"]}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    rows = next(iter(asked.kept.values())).daily
    rows = rows[rows["ChargeDate"].dt.strftime("%Y-%m") == asked.month]
    lines = rows.groupby(LINES, observed=True)[["ConsumedQuantity", "EffectiveCost"]].sum()
    lines = lines[lines["EffectiveCost"] != 0].sort_values("EffectiveCost", ascending=False)
    of = f" Of: {part.of}." if part.of else ""
    return Answer(
        question="explain",
        sentence=(
            f"{part.name} of {month_name(asked.month)} is {four(told['value'])} {part.unit}: {told['cost']:,.2f} ÷ {told['count']:,.2f} over "
            f"{told['days']} of {told['of_days']} days."
        ),
        table=table,
        forms={"numerator": "units", "denominator": "units"},
        range="none: it is of days that are over.",
        reason=f"{module.FORMULA}.{of} Basis: {module.BASIS}. Better: {part.better}.",
        next_best="",
        currency=asked.settings.currency,
        notes=(
            f"Source: {module.SOURCE}.",
            "A day counts where it has both; the sheet Lines has all cost of the unit in the month, of which the numerator is a part or all.",
        ),
        figures={"figure": f"kpi:{part.name}@{asked.month}", "kpi": file, **told},
        tables={"Lines": lines.reset_index()},
    )


def _facts(asked, files: Sequence[str]):
    if (key := ("kpis", *files)) not in asked.kept:
        unit = close.pick_unit(asked.daily, asked.unit) or COMPANY
        asked.kept[key] = facts_of(asked.settings, asked.ledger, asked.daily, unit, files)
    return asked.kept[key]


def _line(asked, name: str) -> tuple[str, Part]:
    """The file and the line of a name; of a file's own name the first of its lines."""
    for files in [(name,)] if name in shelf() else _groups(asked):
        facts = _facts(asked, files)
        for file in files:
            for part in parts_of(facts, [file]):
                if name in (part.name, file):
                    return file, part
    module = shelf()[name]
    why = getattr(module, "WITHOUT", "")
    title = getattr(module, "TITLE", name)
    raise InputError(f"{title} has no line here. {why}".strip())
