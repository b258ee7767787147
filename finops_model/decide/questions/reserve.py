"""`finops reserve`: what a budget needs beyond what is approved to hold at a level, and whose it is (docs/method §8.70 to §8.73)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...facts.daily.allocate import ALL
from ...facts.plans.held_back import Held
from ...measure.brief_types import Landing
from ...measure.budget.parts import SMALL
from ...names import COMPANY
from ...uncertainty import chances
from ...wording import chance, money, pictures
from .answer import Answer
from .portfolio import BESIDE, Portfolio, portfolio

NO_UNIT = "cost of no unit"
LEVELS = (50, 60, 70, 75, 80, 85, 90, 95)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a reserve is worked out from; money of one currency, totals by path with what is booked."""

    land: Landing  # of the company, as page one has it
    totals: Mapping[str, np.ndarray]  # unit -> (path,)
    budgets: Mapping[str, float | None]  # unit -> of the period; None: it has none
    held: Sequence[Held]
    currency: str
    as_of: str
    level: float = 80
    stated: bool = False  # the budget is an amount that somebody named, not the approved one
    notes: tuple[str, ...] = ()


def reserve_of(asked: Asked) -> Answer:
    """The answer to `finops reserve`.

    reserve = P80 of the company − budget in force, at least 0. A share of a unit is what it adds to the company's P80 beyond the mean.
    """
    asked = _unit_words(asked)
    units = sorted(asked.totals)
    parts = np.stack([asked.totals[unit] for unit in units], axis=1)
    held = portfolio(parts, asked.level)
    order = sorted(range(len(units)), key=lambda i: (-held.shares[i], units[i]))
    budget = asked.land["budget"]
    gap = None if budget is None else held.whole.value - budget
    back = float(sum((row.amount for row in asked.held), start=0))
    figures = _figures(asked, held, units, gap, back)
    return Answer(
        question="reserve",
        sentence=_sentence(asked, held, gap),
        table=_table(asked, held, [units[i] for i in order], order),
        forms=_forms(held.level),
        range=_range(asked, held),
        reason=_reason(asked, held, units, order),
        next_best=_next(asked, held),
        currency=asked.currency,
        notes=_notes(asked, held, back),
        figures=figures,
        tables={
            "Levels": _levels(parts.sum(axis=1), budget),
            "Holdback": pd.DataFrame(
                [(row.unit, row.owner, float(row.amount)) for row in asked.held],
                columns=["unit", "owner", "held back"],
            ),
        },
        picture=_picture(asked, held, [units[i] for i in order], order),
    )


def _unit_words(asked: Asked) -> Asked:
    """What the bill gives to no unit, beside units, by a name that nobody takes for the total."""
    if ALL not in asked.totals or len(asked.totals) == 1:
        return asked

    def named(unit: str) -> str:
        return NO_UNIT if unit == ALL else unit

    return replace(
        asked,
        totals={named(unit): value for unit, value in asked.totals.items()},
        budgets={named(unit): value for unit, value in asked.budgets.items()},
    )


def name_of(level: float) -> str:
    """P80.

    >>> name_of(80.0), name_of(97.5)
    ('P80', 'P97.5')
    """
    return f"P{level:g}"


def futures(level: float) -> str:
    """How many futures stay under a level, in words.

    >>> futures(80), futures(85)
    ('8 of 10 futures', '85 of 100 futures')
    """
    return f"{level / 10:g} of 10 futures" if level % 10 == 0 else f"{level:g} of 100 futures"


def _sentence(asked: Asked, held: Portfolio, gap: float | None) -> str:
    land, currency, p = asked.land, asked.currency, name_of(held.level)
    period, at = land["period"], money(held.whole.value, asked.currency)
    of = "named budget" if asked.stated else "approved budget"
    if gap is None:
        return f"{period} has no approved budget for all of it, so there is no reserve to name: {futures(held.level)} stay under {at} ({p})."
    budget = money(land["budget"], currency)
    if land["closed"]:
        side = f"{money(abs(gap), currency)} {'over' if gap > 0 else 'under'}"
        return f"{period} is over, with {at} booked, {side} its {of} of {budget}: no reserve is left to decide."
    if gap <= 0:
        return f"{period} needs no reserve: its {of} of {budget} holds in {futures(held.level)}, which stay under {at} ({p}); {money(-gap, currency)} of it is free at that level."
    return f"{period} needs a reserve of {money(gap, currency)} beyond its {of} of {budget} to hold in {futures(held.level)}, which stay under {at} ({p})."


def _columns(level: float) -> list[str]:
    p = name_of(level)
    return ["part", "budget", "mean", f"{p} alone", "share", "±", f"at {p}"]


def _forms(level: float) -> dict[str, str]:
    return dict.fromkeys([*_columns(level)[1:], "held back", "amount", "reserve"], "money")


def _table(asked: Asked, held: Portfolio, units: list[str], order: list[int]) -> pd.DataFrame:
    rows: list[tuple] = [
        (
            unit,
            asked.budgets.get(unit),
            float(held.means[i]),
            float(held.alone[i]),
            float(held.shares[i]),
            float(held.errors[i]),
            float(held.means[i] + held.shares[i]),
        )
        for unit, i in zip(units, order, strict=True)
    ]
    idle = [unit for unit in asked.budgets if unit not in asked.totals and asked.budgets[unit]]
    rows += [(unit, asked.budgets[unit], 0.0, 0.0, 0.0, 0.0, 0.0) for unit in idle]
    given = sum(value for value in asked.budgets.values() if value is not None)
    budget = asked.land["budget"]
    free = None if budget is None or not given or asked.stated else budget - given
    if free is not None and abs(free) >= SMALL:
        name = "budget given to no unit" if free > 0 else "units' budgets beyond the company's"
        rows.append((name, free, None, None, None, None, None))
    if abs(held.left) >= SMALL:
        rows.append(("in no share", None, None, None, held.left, None, held.left))
    if len(units) > 1:
        rows.append(("diversification", None, None, -held.diversification, None, None, None))
    rows.append(
        (
            COMPANY,
            budget,
            held.mean,
            held.whole.value,
            held.whole.value - held.mean,
            held.whole.standard_error,
            held.whole.value,
        )
    )
    table = pd.DataFrame(rows, columns=_columns(held.level)).astype(object)
    return table.where(table.notna(), None)


def _levels(total: np.ndarray, budget: float | None) -> pd.DataFrame:
    values = np.quantile(total, [level / 100 for level in LEVELS])
    return pd.DataFrame(
        {
            "level": LEVELS,
            "amount": values,
            "reserve": [
                None if budget is None else max(float(value) - budget, 0.0) for value in values
            ],
        }
    )


def _range(asked: Asked, held: Portfolio) -> str:
    if asked.land["closed"] or asked.land["no_width"]:
        return "None: nothing in the period varies from one future to another."
    low, high = asked.land["p10"], asked.land["p90"]
    error = money(held.whole.standard_error, asked.currency)
    text = f"{asked.land['period']} lands between {money(low, asked.currency)} and {money(high, asked.currency)} in 8 of 10 futures; {name_of(held.level)} is known to ± {error} (standard error of {held.paths:,} futures)."
    over = asked.land["overrun_probability"]
    return text if over is None else f"{text} The chance of going over is {chance(over)}."


def _reason(asked: Asked, held: Portfolio, units: list[str], order: list[int]) -> str:
    if chances.without_width(np.sum([asked.totals[unit] for unit in units], axis=0)):
        return "No unit has a range, so none carries a share."
    p, beyond, currency = name_of(held.level), held.whole.value - held.mean, asked.currency
    most = order[0]
    share = held.shares[most] / beyond if beyond else 0.0
    clause = f"of the {money(beyond, currency)} by which {p} is above the mean, {units[most]} carries {money(float(held.shares[most]), currency)} ± {money(float(held.errors[most]), currency)}"
    if 0 < share <= 1 and beyond > 0:
        clause += f" ({100 * share:.0f} %)"
    budget = asked.land["budget"]
    if budget is None:
        return f"{clause[:1].upper()}{clause[1:]}."
    over = held.mean - budget
    side = f"{money(abs(over), currency)} {'over' if over > 0 else 'under'} the budget"
    return f"The mean of {money(held.mean, currency)} lies {side}; {clause}."


def _next(asked: Asked, held: Portfolio) -> str:
    """What it would take if every unit had its own reserve."""
    p, more = name_of(held.level), held.diversification
    if len(asked.totals) < 2:
        return "There is one unit only: its own reserve is the company's."
    each, currency = float(held.alone.sum()), asked.currency
    error = money(held.diversification_error, currency)
    text = f"Every unit at its own {p} is {money(each, currency)} together"
    if abs(more) < SMALL:
        return f"{text}, the same as the company's: what the units hold apart saves nothing here."
    if more > 0:
        return f"{text}, {money(more, currency)} ± {error} more than one reserve for all: keeping it in one place saves that (diversification)."
    return f"{text}, {money(-more, currency)} ± {error} less than the company's {p}: units that go up together, or seldom and far, need more together than each alone; their own reserves would not do."


def _notes(asked: Asked, held: Portfolio, back: float) -> tuple[str, ...]:
    notes, currency = list(asked.notes), asked.currency
    land = asked.land
    notes.append(
        f"Booked to {asked.as_of}: {money(land['booked_so_far'], currency)} of it is in every future; the rest is simulated."
        if land.get("booked_so_far")
        else f"Nothing of {land['period']} is booked by {asked.as_of}: all of it is simulated."
    )
    if back:
        owners = "; ".join(
            f"{row.owner} holds back {money(float(row.amount), currency)} of {row.unit}"
            for row in asked.held
        )
        notes.append(
            f"Holdback: {money(back, currency)} is approved and not released ({owners}). It is part of the approved budget; the reserve comes on top."
        )
    elif land["budget"] is not None and not asked.stated:
        notes.append(
            "Holdback: none is written in the budget file (columns held_back and held_by)."
        )
    if land["budget"] is None:
        notes.append(
            "To ask against a budget that is not approved yet, name it: --amount; approved ones stand in the file that finops.yaml names "
            "under budgets."
        )
    low, high = held.level - BESIDE, held.level + BESIDE
    notes.append(
        f"Shares: what each unit costs on average in the {held.ranks:,} futures at ranks {low:g} to {high:g} of {held.paths:,}, less its mean; together {name_of(held.level)} − mean. At {name_of(held.level)}: mean + share."
    )
    if abs(held.left) >= SMALL:
        notes.append(
            f"{name_of(held.level)} lies close to the mean, so shares could not be scaled to it: {money(held.left, currency)} is in no share."
        )
    return tuple(notes)


def _figures(asked: Asked, held: Portfolio, units: list[str], gap, back: float) -> dict:
    land = asked.land
    return {
        "period": land["period"],
        "level": held.level,
        "as_of": asked.as_of,
        "paths": held.paths,
        "ranks": held.ranks,
        "budget": land["budget"],
        "booked": land.get("booked_so_far", land["booked"]),
        "quantile": held.whole.value,
        "quantile_standard_error": held.whole.standard_error,
        "mean": held.mean,
        "reserve": None if gap is None else max(gap, 0.0),
        "free": None if gap is None else max(-gap, 0.0),
        "holdback": back,
        "sum_of_units": float(held.alone.sum()),
        "diversification": held.diversification,
        "diversification_standard_error": held.diversification_error,
        "overrun_probability": land["overrun_probability"],
        "in_no_share": held.left,
        "units": {
            unit: {
                "budget": asked.budgets.get(unit),
                "mean": held.means[i],
                "quantile": held.alone[i],
                "share": held.shares[i],
                "share_standard_error": held.errors[i],
            }
            for i, unit in enumerate(units)
        },
    }


def _picture(asked: Asked, held: Portfolio, units: list[str], order: list[int]):
    currency, p = asked.currency, name_of(held.level)
    budget = asked.land["budget"]
    begin = held.mean if budget is None else held.mean - budget
    first = "mean" if budget is None else "mean − budget"
    steps = [begin, *(float(held.shares[i]) for i in order)]
    if abs(held.left) >= SMALL:
        units, steps = [*units, "in no share"], [*steps, held.left]
    total = sum(steps)
    return pictures.waterfall(
        [first, *units],
        steps,
        [money(step, currency) for step in steps],
        words=f"From the mean to {p} of {asked.land['period']}, by unit.",
        axis=currency,
        total=p if budget is None else f"{p} − budget",
        total_label=money(total, currency),
    )


__all__ = ["Asked", "futures", "name_of", "reserve_of"]
