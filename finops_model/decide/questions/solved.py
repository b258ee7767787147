"""A goal that a cost is to meet, and its crossings as an answer (docs/method §8.68)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import together
from ...uncertainty import answers
from ...wording import money
from ...wording.pictures import curves
from .answer import Answer, cell
from .crossings import Crossings


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What the cost is to meet.

    budget   money that the cost at `at` percent is to be; or
    saving   money less than `other` costs, in the mean or in `at` percent of the futures
    """

    budget: float | None = None
    saving: float = 0.0
    other: str | None = None
    at: float | None = None

    def gap(self, own: np.ndarray, other: np.ndarray | None = None) -> float:
        """Below 0 where the goal is more than met."""
        if self.budget is not None:
            return self.level(own) - self.budget
        assert other is not None
        saved = other - own
        part = saved.mean() if self.at is None else np.quantile(saved, 1 - self.at / 100)
        return float(self.saving - part)

    def level(self, cost: np.ndarray) -> float:
        """The cost that is held against a budget."""
        return float(cost.mean() if self.at is None else np.quantile(cost, self.at / 100))

    def error(self, own: np.ndarray, other: np.ndarray | None = None) -> float:
        """Standard error of the gap."""
        values = own if other is None else other - own
        if len(values) < 3 or not np.ptp(values):
            return 0.0
        if self.at is None:
            return float(answers.mean(values).standard_error)
        return float(
            answers.quantile(
                values, self.at / 100 if other is None else 1 - self.at / 100
            ).standard_error
        )

    def words(self, currency: str) -> str:
        """The goal in words, after "where"."""
        sure = "" if self.at is None else f" in {self.at:g} % of the futures"
        if self.budget is not None:
            which = "mean cost" if self.at is None else f"P{self.at:g} of the cost"
            return f"the {which} is {money(self.budget, currency)}"
        if self.saving < 0:
            return f"it costs {money(-self.saving, currency)} more than '{self.other}'{sure}"
        if self.saving:
            return f"{money(self.saving, currency)} is saved against '{self.other}'{sure}"
        return (
            f"it costs the same as '{self.other}'"
            if not sure
            else f"it costs no more than '{self.other}'{sure}"
        )


def answered(
    *,
    seen: Crossings,
    goal: Goal,
    costs,
    name: str,
    what: tuple[str, bool, str],
    now: float | None,
    currency: str,
    scale: float | None,
    unit: str,
    paths: int,
    notes: tuple[str, ...],
) -> Answer:
    """Crossings in words, with the curve and the standard error of each.

    what   (noun, whether it is a share, unit);  scale: units a month at 1, of a volume
    """
    noun, share, counted = what

    def said(value: float) -> str:
        if share:
            return f"{100 * value:.4g} %"
        if counted.startswith("money"):
            return f"{money(value, currency)} {counted.removeprefix('money').strip()}".strip()
        number = cell(value, "units", currency)
        more = (
            f" ({cell(value * scale, 'units', currency)} {unit} a month)"
            if scale is not None
            else ""
        )
        return f"{number} {counted}{more}".strip()

    rows = [_row(seen, goal, costs, value) for value in seen.values]
    for low, high in seen.flat:
        rows += [
            ("from here", low, 0.0, *_sides(seen, low)),
            ("to here", high, 0.0, *_sides(seen, high)),
        ]
    table = pd.DataFrame(rows, columns=["it is", noun, "±", "below it", "above it"])
    if scale is not None:
        table.insert(2, f"{unit} a month", table[noun] * scale)
    words = goal.words(currency)
    sentence = _sentence(seen, noun, name, words, said, currency)
    ends = [float(v) for v in (seen.xs[0], seen.xs[-1])]
    ys = np.array([_shown(goal, *costs(float(x))) for x in seen.xs])
    line = goal.budget if goal.budget is not None else goal.saving
    tell = "cost" if goal.budget is not None else "saving"
    here = "" if now is None else _now(goal, costs, now, said, currency, noun)
    form = "share" if share else "money" if counted.startswith("money") else "units"
    return Answer(
        question="solve",
        sentence=sentence,
        table=table,
        forms={noun: form, "±": form, f"{unit} a month": "units"},
        range=_range(rows, paths, said),
        reason=here,
        next_best="",
        currency=currency,
        notes=notes,
        figures={
            "for": noun,
            "of": name,
            "goal": words,
            "values": list(seen.values),
            "flat": [list(stretch) for stretch in seen.flat],
            "edges": list(seen.edges),
            "looked_through": ends,
            "tolerance": seen.tolerance,
            "now": now,
            "paths": paths,
        },
        tables={"Curve": pd.DataFrame({noun: seen.xs, tell: ys})},
        picture=curves(
            {
                tell: (list(map(float, seen.xs)), list(map(float, ys))),
                "wanted": (ends, [line, line]),
            },
            words=f"{tell} of {name} over {noun}: {sentence}",
            across=f"{noun}, {counted}",
            axis=f"{tell}, {currency}",
            marks={said(value): value for value in seen.values[:4]},
        ),
    )


def _shown(goal: Goal, own: np.ndarray, other: np.ndarray | None) -> float:
    return goal.level(own) if other is None else goal.saving - goal.gap(own, other)


def _row(seen: Crossings, goal: Goal, costs, value: float) -> tuple:
    """(it is, value, standard error, what holds below, what above) of a crossing."""
    step = max(1e-4 * (seen.xs[-1] - seen.xs[0]), 10 * seen.tolerance)
    low, high = max(value - step, seen.xs[0]), min(value + step, seen.xs[-1])
    slope = (goal.gap(*costs(low)) - goal.gap(*costs(high))) / (low - high)
    error = goal.error(*costs(value))
    edge = min(value - seen.xs[0], seen.xs[-1] - value) <= seen.tolerance
    return (
        "at the edge" if edge else "a crossing",
        value,
        float(abs(error / slope)) if slope else None,
        *_sides(seen, value),
    )


def _sides(seen: Crossings, value: float) -> tuple[str, str]:
    """Whether the goal is met just below and just above a value."""
    words = {-1.0: "met with room", 0.0: "just met", 1.0: "not met"}
    below = seen.ys[seen.xs < value - 2 * seen.tolerance]
    above = seen.ys[seen.xs > value + 2 * seen.tolerance]
    nothing = 1e-9 * float(np.abs(seen.ys).max())
    return tuple(
        "–" if not len(side) else words[float(np.sign(y) if abs(y := side[at]) > nothing else 0.0)]
        for side, at in ((below, -1), (above, 0))
    )  # type: ignore[return-value]


def _sentence(seen: Crossings, noun: str, name: str, words: str, said, currency: str) -> str:
    if not seen.values and not seen.flat:
        short = seen.sign > 0
        at = float(seen.xs[int(np.argmin(np.abs(seen.ys)))])
        by = money(float(np.abs(seen.ys).min()), currency)
        side = f"it falls short by {by} or more" if short else f"it is beyond that by {by} or more"
        return (
            f"None: from {said(float(seen.xs[0]))} to {said(float(seen.xs[-1]))} there is no {noun} of '{name}' where {words}; "
            f"{side} (nearest at {said(at)})."
        )
    if seen.flat and not seen.values:
        first, last = seen.flat[0]
        return f"A {noun} of '{name}' from {said(first)} to {said(last)}: all along {words}."
    places = together(said(value) for value in seen.values)
    edge = " It lies at the edge of what was looked through." if seen.edges else ""
    also = (
        f" and all along from {said(seen.flat[0][0])} to {said(seen.flat[0][1])}"
        if seen.flat
        else ""
    )
    return f"A {noun} of {places}{also} of '{name}': there {words}.{edge}"


def _range(rows: list[tuple], paths: int, said) -> str:
    errors = [row[2] for row in rows if row[2]]
    if paths == 1:
        return "none: every number is certain."
    if not errors:
        return ""
    return f"± {said(max(errors))} at one standard error of {paths:,} paths, which other draws would move it by."


def _now(goal: Goal, costs, now: float, said, currency: str, noun: str) -> str:
    gap = goal.gap(*costs(now))
    if goal.budget is not None:
        side = "above" if gap > 0 else "below"
        return f"At {said(now)}, as the file has it, the cost is {money(abs(gap), currency)} {side} that."
    side = "less" if gap > 0 else "more"
    return f"At {said(now)}, as the file has it, it saves {money(abs(gap), currency)} {side} than that."
