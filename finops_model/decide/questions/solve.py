"""At which value does the cost equal another option, a budget, or nothing saved: every crossing, on common draws (docs/method §8.68, §8.69)."""

from __future__ import annotations

import os

import numpy as np

from ...documents import load_yaml
from ...errors import InputError, nearest, together
from ...scenario.changes import unescape
from ...settings import Settings, load_settings
from . import solve_scenario as of_scenario
from .answer import Answer
from .crossings import crossings
from .options.asked import currency_of, ready
from .options.document import load_options
from .options.varied import Varied, varied
from .solved import Goal, answered


def goal_of(
    budget: float | None, equals: str | None, target: float | None, at: float | None
) -> Goal:
    """The goal of an answer's options; raises InputError where it is said twice or makes no sense."""
    if budget is not None and (equals is not None or target is not None):
        raise InputError(
            "--budget is a goal of its own; leave out --equals and --target, or take --budget out."
        )
    if at is not None and not 50 <= at <= 99:
        raise InputError(f"--at {at:g}: write a percentage from 50 to 99 (80: 8 of 10 futures).")
    for name, value in (("--budget", budget), ("--target", target)):
        if value is not None and not np.isfinite(value):
            raise InputError(f"{name} {value}: write money as a plain number.")
    if budget is not None:
        return Goal(budget=float(budget), at=80.0 if at is None else at)
    return Goal(saving=float(target or 0.0), other=equals, at=at)


def solve(
    file: str | os.PathLike | dict,
    variable: str | None = None,
    settings: Settings | None = None,
    *,
    option: str | None = None,
    path: str | None = None,
    budget: float | None = None,
    equals: str | None = None,
    target: float | None = None,
    at: float | None = None,
    low: float | None = None,
    high: float | None = None,
    period: str | None = None,
    unit: str | None = None,
    paths: int | None = None,
    points: int | None = None,
    progress=None,
) -> Answer:
    r"""At which value a cost equals a budget, another option, or a saving.

    Parameters
    ----------
    file : path or mapping
        A file of options (docs/decide/options.md), or a scenario.
    variable : str, optional
        discount, level, price, volume or hit_rate.
    settings : Settings, optional
        The workspace; a scenario needs one.
    option : str, optional
        Whose number it is, where several options have one.
    path : str, optional
        Of a scenario: the value that is varied, instead of `variable`.
    budget : float, optional
        Money that the cost is to be, at `at` percent (80 where nothing is said).
    equals : str, optional
        The option that it is to cost as much as; of a scenario: base.
    target : float, optional
        Money to be saved against `equals`; 0.
    at : float, optional
        Percent of the futures; without it the mean (of a budget: 80).
    low, high : float, optional
        Range that is looked through.
    period, unit, paths, points : optional
        Of a scenario: period of the budget (FY2027; default: the year under way), business unit,
        futures, and values that are simulated at first.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Answer
        Every crossing, "none", or "at the edge"; the curve; the standard error of each crossing.

    Raises
    ------
    InputError, ScenarioError
        What makes no sense, in one sentence.

    Source
    ------
    docs/method §8.67–§8.69.

    Examples
    --------
    >>> answer = solve({
    ...     "question": "Commit?", "from": "2027-01", "on_demand": 4.0,
    ...     "demand": {"unit": "GPU-hours", "per_hour": 8},
    ...     "options": {"rent": {"way": "on_demand"},
    ...                 "one year": {"way": "committed", "quantity": 10, "discount": 0.25}},
    ... }, "discount", option="one year", equals="rent")
    >>> print(answer.sentence)
    A discount of 20 % of 'one year': there it costs the same as 'rent'.
    """
    goal = goal_of(budget, equals, target, at)
    if isinstance(file, dict) or "options" in load_yaml(file, InputError):
        if path is not None:
            raise InputError(
                "--path is a path of a scenario; of a file of options say --for and --option."
            )
        return _of_options(file, variable, settings, goal, option, low, high)
    if option is not None:
        raise InputError("--option is of a file of options; of a scenario name the value: --path.")
    if equals not in (None, "base"):
        raise InputError(
            f"--equals: a scenario is compared with its base, not with '{equals[:40]}'. Write --equals base."
        )
    found = of_scenario.varied(
        file,
        settings or load_settings(),
        variable,
        path,
        period=period,
        whole=goal.budget is None,
        unit=unit,
        paths=paths,
        progress=progress,
    )
    return _of_scenario(found, variable, goal, low, high, points or of_scenario.POINTS)


def _of_scenario(found: of_scenario.Varied, variable, goal: Goal, low, high, points: int) -> Answer:
    low, high = of_scenario.span(found, variable, low, high)
    base = None
    if goal.budget is None:
        base = found.total(of_scenario.without(found.scenario), "base: ")
        goal = Goal(saving=goal.saving, other="base", at=goal.at)

    def costs(value: float):
        return found.cost(float(value)), base

    size = abs(float(costs(high)[0].mean()))
    seen = crossings(
        of_scenario.tolerated(lambda value: goal.gap(*costs(value))),
        low,
        high,
        points=points,
        tolerance=(high - low) * 1e-4,
        scale=size,
        turns=False,
        knots=() if found.now is None else (found.now,),
    )
    share = high <= 1 and low >= 0
    when = (
        "all simulated months"
        if found.months is None
        else f"{found.months[0]} to {found.months[-1]}"
    )
    return answered(
        seen=seen,
        goal=goal,
        costs=costs,
        name=unescape(found.path),
        what=(variable or "value", share, "share" if share else ""),
        now=found.now,
        currency=found.settings.currency,
        scale=None,
        unit="",
        paths=len(costs(high)[0]),
        notes=(
            f"Data up to {found.facts.as_of}; {when}, {'booked and simulated' if found.booked else 'simulated'}. Looked for from {low:.6g} "
            f"to {high:.6g}: {found.ran} simulations on the same draws, {points} of them evenly spread; two crossings nearer than that to "
            "one another may be missed (--from, --to narrow the range).",
        ),
    )


def _of_options(file, variable, settings, goal: Goal, name, low, high) -> Answer:
    if variable is None:
        raise InputError("Say what to solve for: --for discount, level, price, volume or hit_rate.")
    settling = ready(load_options(file), settings)
    what = varied(settling, variable, name, low, high, goal.other)
    other = None
    if goal.budget is None:
        other = _other(settling, what, goal.other)
        goal = Goal(saving=goal.saving, other=other.name, at=goal.at)
    known: dict[float, tuple] = {}

    def costs(value: float):
        """(cost of its option, cost of the other) by path; a budget is not discounted."""
        if value not in known:
            own = what.priced(settling, value)
            if other is None:
                known[value] = (own.total, None)
            else:
                known[value] = (own.npv, what.priced(settling, value, other).npv)
        return known[value]

    size = max(abs(float(each.mean())) for each in costs(what.high) if each is not None)
    seen = crossings(
        lambda value: goal.gap(*costs(value)),
        what.low,
        what.high,
        scale=size,
        knots=() if what.now is None else (what.now,),
    )
    return answered(
        seen=seen,
        goal=goal,
        costs=costs,
        name=what.option.name,
        what=(_noun(what), what.kind in ("discount", "hit_rate"), what.unit),
        now=what.now,
        currency=currency_of(settling),
        scale=float(settling.world.use.mean()) if what.kind == "volume" else None,
        unit=settling.question.document.demand.unit,
        paths=settling.paths,
        notes=_notes(settling, what),
    )


def _noun(what: Varied) -> str:
    return {"hit_rate": "hit rate"}.get(what.kind, what.kind)


def _notes(settling, what: Varied) -> tuple[str, ...]:
    document = settling.question.document
    rate = (
        f"; equal at NPV, {100 * document.discount_rate:g} % a year"
        if document.discount_rate
        else ""
    )
    return (
        f"{len(settling.world.months)} months from {document.first}, looked for from {what.low:.6g} to {what.high:.6g} {what.unit}; "
        f"{settling.paths:,} {'path' if settling.paths == 1 else 'paths, the same at every value'}{rate}.",
    )


def _other(settling, what: Varied, name: str | None):
    """The option it is compared with: as named, else the first on demand."""
    options = [option for option in settling.question.options if option.name != what.option.name]
    if name is None:
        first = next((option for option in options if option.way == "on_demand"), None)
        if first is None and len(options) == 1:
            first = options[0]
        if first is None:
            raise InputError(
                f"Say what it is to equal: --equals OPTION ({together(repr(o.name) for o in options) or 'there is no other'}), or --budget MONEY."
            )
        return first
    found = next((option for option in options if option.name == name), None)
    if found is None:
        near = nearest(name, [option.name for option in options])
        raise InputError(
            f"--equals: there is no other option '{name[:60]}'.{f' Did you mean {near!r}?' if near else ''} "
            f"Name one of: {together(repr(option.name) for option in options)}."
        )
    return found
