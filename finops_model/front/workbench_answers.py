"""What a workbench answers: side by side, what makes it uncertain (docs/method §3.83)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..decide.compare import compare
from ..decide.questions.answer import Answer
from ..decide.sensitivity import Sensitivity
from ..errors import several
from ..scenario.files.words import named
from ..simulate.run import Run
from ..wording import chance, eight_of_ten, money, pictures

COLUMNS = [
    "scenario",
    "P10",
    "mean",
    "P90",
    "against base",
    "±",
    "cheaper in",
    "over the budget in",
]
FORMS = {
    "P10": "money",
    "mean": "money",
    "P90": "money",
    "against base": "money",
    "±": "money",
    "cheaper in": "share",
    "over the budget in": "share",
}
SHOWN = 6  # lines in a picture


def side_by_side(
    runs: Sequence[Run],
    changes: Mapping[str, str],
    overruns: Sequence[float | None],
    *,
    unit: str | None = None,
    months: Sequence[str] | None = None,
    budget: float | None = None,
) -> Answer:
    """The base (the first run) and what-ifs, cheapest first.

    changes: what each what-if changes, in words;  overruns: chance of each run, in the order of runs;  months: of the totals, None: all
    """
    base, *others = runs
    lines = compare(base, *others, unit=unit, months=months).lines
    order = [0, *sorted(range(1, len(runs)), key=lambda i: lines[i].mean)]
    rows = [
        (
            lines[i].name,
            lines[i].p10,
            lines[i].mean,
            lines[i].p90,
            lines[i].difference_mean if i else None,
            lines[i].standard_error if i else None,
            lines[i].probability_cheaper if i else None,
            overruns[i],
        )
        for i in order
    ]
    table = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
    if all(one is None for one in overruns):
        table = table.drop(columns="over the budget in")
    currency, within = base.currency, list(months or base.months)
    span = f"{within[0]} to {within[-1]}" if len(within) > 1 else within[0]
    whose = f" of {unit}" if unit else ""
    if not others:
        sentence = f"{base.name}: {money(lines[0].mean, currency)}{whose}, {span}; there is no what-if beside it yet."
        sure, reason, following = _of_ten(lines[0].p10, lines[0].p90, currency), "", ""
    else:
        best = lines[order[1]]
        less = best.difference_mean < 0
        sentence = (
            f"{best.name} is cheapest{whose}: {money(best.mean, currency)}, {span}, {_against(best, currency)}."
            if less
            else f"{base.name} is cheapest{whose}: {money(lines[0].mean, currency)}, {span}; {best.name} comes to {money(best.mean, currency)}, {_against(best, currency)}."
        )
        sure = (
            f"against the base in {eight_of_ten(best.quantile(0.1), best.quantile(0.9), currency)}."
        )
        reason = (
            f"{best.name} changes: {changes.get(best.name, '')}." if best.name in changes else ""
        )
        following = _following(lines, order, less, currency)
    notes = [
        f"The same draws stand behind all of them ({several(base.paths, 'path')}, seed {base.seed}): a difference is the change itself, ± its standard error. Bill up to {base.as_of}."
    ]
    if budget is not None and overruns[0] is None:
        notes.append(
            "Whether the budget holds is not said: the months that are simulated do not reach the end of its fiscal year."
        )
    elif budget is not None:
        notes.append(
            f"Over the budget: the chance to end the fiscal year under way above {money(budget, currency)}, with what is booked of it."
        )
    chosen = [base, *(runs[i] for i in order[1:SHOWN])]
    return Answer(
        question="compare",
        sentence=sentence,
        table=table,
        forms=FORMS,
        range=sure,
        reason=reason,
        next_best=following,
        currency=currency,
        notes=tuple(notes),
        figures={
            "months": within,
            "unit": unit,
            "paths": base.paths,
            "seed": base.seed,
            "as_of": base.as_of,
            "engine": base.engine,
            "budget": budget,
        },
        tables={
            "Months": monthly(runs, unit),
            "Changes": pd.DataFrame(changes.items(), columns=["scenario", "changes"]),
        },
        picture=pictures.curves(
            {run.name: (list(within), _means(run, unit, within)) for run in chosen},
            words=f"Mean cost by month, {span}: {'; '.join(f'{run.name} ends at {money(_means(run, unit, within)[-1], currency)}' for run in chosen)}.",
            axis=f"{currency} a month",
        ),
    )


def monthly(runs: Sequence[Run], unit: str | None = None) -> pd.DataFrame:
    """Mean, P10 and P90 of every run by month: what the picture is drawn of."""
    rows = []
    for run in runs:
        for month in run.months:
            total = run.total(unit, [month])
            low, high = np.quantile(total, (0.1, 0.9))
            rows.append((run.name, month, float(low), float(total.mean()), float(high)))
    return pd.DataFrame(rows, columns=["scenario", "month", "P10", "mean", "P90"])


def _means(run: Run, unit: str | None, months: Sequence[str]) -> list[float]:
    return [float(run.total(unit, [month]).mean()) for month in months]


def _of_ten(low: float, high: float, currency: str) -> str:
    text = eight_of_ten(low, high, currency)
    return f"{text[0].upper()}{text[1:]}."


def _against(line, currency: str) -> str:
    """How far a line is from the base, with its error and in how many futures."""
    gap, side = line.difference_mean, "under" if line.difference_mean < 0 else "over"
    if not line.difference.any():
        return "the same as the base in every future"
    return (
        f"{money(abs(gap), currency)} {side} the base (± {money(line.standard_error, currency)}), "
        f"cheaper in {chance(line.probability_cheaper)} of the futures"
    )


def _following(lines, order: list[int], less: bool, currency: str) -> str:
    """The next best, and what it costs more."""
    ranked = [lines[i] for i in order[1:]]
    ranked.insert(sum(line.difference_mean < 0 for line in ranked), lines[0])
    first, second = ranked[0], ranked[1]
    more = f"{money(second.mean - first.mean, currency)} more"
    apart = second.difference - first.difference
    error = float(apart.std(ddof=1) / np.sqrt(len(apart)))
    close = (
        " (within twice its error: take more paths, or call it a tie)"
        if abs(second.mean - first.mean) < 2 * error
        else ""
    )
    return f"{second.name} costs {more} (± {money(error, currency)}){close}."


def tornado(result: Sensitivity) -> Answer:
    """The total of a scenario with each uncertain value at its P10 and at its P90, widest first."""
    currency, middle = result.currency, result.base["p50"].value
    rows = [
        (
            named(swing.name),
            " to ".join(swing.ends),
            swing.at_low["p50"],
            swing.at_high["p50"],
            swing.swing(),
            swing.error,
        )
        for swing in result.swings
    ]
    widest = result.swings[0]
    following = (
        f"{named(result.swings[1].name)} moves it by {money(abs(result.swings[1].swing()), currency)}."
        if len(result.swings) > 1
        else "Nothing else in it is uncertain but demand."
    )
    ends = [sorted((swing.at_low["p50"], swing.at_high["p50"])) for swing in result.swings]
    whole = result.base["p90"].value
    return Answer(
        question="sensitivity",
        sentence=f"{named(widest.name)} moves {result.name} most: from {widest.ends[0]} to {widest.ends[1]} its P50 goes from {money(widest.at_low['p50'], currency)} to {money(widest.at_high['p50'], currency)}.",
        table=pd.DataFrame(
            rows, columns=["value", "P10 to P90", "total at P10", "total at P90", "swing", "±"]
        ),
        forms=dict.fromkeys(("total at P10", "total at P90", "swing", "±"), "money"),
        range=f"P50 {money(middle, currency)}, P90 {money(whole, currency)}, {result.months[0]} to {result.months[-1]}.",
        reason="All other draws stay as they are; only the value named moves.",
        next_best=following,
        currency=currency,
        notes=result.notes,
        figures={"p50": middle, "p90": whole, "paths": result.paths, "seed": result.seed},
        picture=pictures.ranges(
            [named(swing.name) for swing in result.swings],
            [low for low, _ in ends],
            [middle] * len(ends),
            [high for _, high in ends],
            [
                f"{money(low - middle, currency)} … +{money(high - middle, currency)}"
                for low, high in ends
            ],
            words=f"What makes {result.name} uncertain, widest first.",
            axis=currency,
            mark=middle,
        ),
    )
