"""What each action of a table saved by the bill: what it changed, which days are its own, how sure it is (docs/method §17.62, §17.64)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import InputError, listing, unknown
from ...facts.cycle.actions import Action
from .saved import HARDLY, SURE, NotMeasured, Realised, saved

SHOWN, HIDDEN, OPEN, UNKNOWN = "on the bill", "not on the bill", "open", "not measured"


@dataclass(frozen=True)
class Outcome:
    """An action that its owner says was done, and what the bill says of it.

    Parameters
    ----------
    action : Action
    result : Realised or NotMeasured
    notes : tuple of str
        What cut its days.
    """

    action: Action
    result: Realised | NotMeasured
    notes: tuple[str, ...] = ()

    @property
    def measured(self) -> Realised:
        """What was measured; only of an outcome whose verdict is not UNKNOWN."""
        assert isinstance(self.result, Realised), self.result
        return self.result

    @property
    def verdict(self) -> str:
        """On the bill: a saving with a chance of 95 % or more. Not on the bill: half the expected saving has a chance of 10 % or less. Else open."""
        if isinstance(self.result, NotMeasured):
            return UNKNOWN
        if self.result.chance >= SURE:
            return SHOWN
        expected = float(self.action.monthly_saving or 0)
        if expected <= 0:
            return HIDDEN if self.result.chance <= HARDLY else OPEN
        least = expected / 2 * self.result.days / (365.25 / 12)
        return HIDDEN if self.result.chance_of(least) <= HARDLY else OPEN


def outcomes(
    actions: Sequence[Action],
    rows: pd.DataFrame,
    drivers: pd.DataFrame,
    *,
    follows: Mapping[str, str],
    last: dt.date,
    where: str,
    by_resource: Callable[[], pd.DataFrame] | None = None,
) -> list[Outcome]:
    """The actions that were done on a day before `last`, in the order of the file.

    rows         DAILY, cost rows of the ledger's part
    follows      workload -> driver
    where        name of the table of actions, for messages
    by_resource  DAILY with ResourceId and ResourceName, asked for where an action names a resource

    Raises InputError for a workload, meter or driver that nobody has.
    """
    chosen = [action for action in actions if action.decision == "done" and action.done_on]
    days = [action.done_on for action in chosen if action.done_on is not None]  # one for each
    scopes = [_scope(action, rows, by_resource, where) for action in chosen]
    known = set(drivers["name"]) if len(drivers) else set()
    result = []
    for i, action in enumerate(chosen):
        scope = scopes[i]
        if isinstance(scope, NotMeasured):
            result.append(Outcome(action, scope))
            continue
        frame, mask, touched = scope
        others = [
            (days[j], chosen[j])
            for j, other in enumerate(scopes)
            if j != i and not isinstance(other, NotMeasured) and touched & other[2]
        ]
        same = [one for day, one in others if day == days[i]]
        if same and chosen.index(same[0]) < i:
            result.append(
                Outcome(action, NotMeasured(f"done on the day of {same[0].id}, which has both"))
            )
            continue
        before = [(day, one) for day, one in others if day < days[i]]
        after = [(day, one) for day, one in others if days[i] < day <= last]
        notes = (
            [
                f"{action.id} and {listing(one.id for one in same)} were done on one day and are measured together."
            ]
            if same
            else []
        )
        end = last
        if after:
            day, one = min(after, key=lambda pair: pair[0])
            end = day - dt.timedelta(1)
            notes.append(
                f"{action.id} is measured to {end}: {one.id} changed the same cost after it."
            )
        outcome = saved(
            frame,
            mask,
            drivers,
            kind=action.kind.casefold(),
            driver=_driver(action, touched, follows, known, where),
            done_on=days[i],
            last=end,
            since=max(day for day, _ in before) if before else None,
        )
        result.append(Outcome(action, outcome, tuple(notes)))
    return result


def _scope(action: Action, rows: pd.DataFrame, by_resource, where: str):
    """(rows, which of them it changed, keys of what it touches), or why that cannot be said."""
    at = f"{where}: line {action.line}"
    workloads = sorted({str(name) for name in rows["x_Workload"].unique()})
    for name in action.workloads:
        if name not in workloads:
            raise InputError(unknown(f"{at}: workload", "workload", name, workloads))
    mask = np.ones(len(rows), bool)
    if action.resource and action.resource not in action.workloads and by_resource is not None:
        some = by_resource()
        named = some["ResourceId"].eq(action.resource) | some["ResourceName"].eq(action.resource)
        if named.any():
            if action.workloads:
                named &= some["x_Workload"].isin(action.workloads)
            return some, named.to_numpy(), {("resource", action.resource), *_of(action.workloads)}
        if not action.workloads and action.resource in workloads:
            mask &= rows["x_Workload"].eq(action.resource).to_numpy()
            return rows, mask, _of([action.resource])
    if not action.workloads and not action.skus:
        what = f"no bill names its resource {action.resource}" if action.resource else (
            "it names no workload, resource or meter"
        )  # fmt: skip
        return NotMeasured(what)
    if action.workloads:
        mask &= rows["x_Workload"].isin(action.workloads).to_numpy()
    if action.skus:
        meters = sorted({str(name) for name in rows["SkuId"].unique() if name})
        for name in action.skus:
            if name not in meters:
                raise InputError(unknown(f"{at}: sku", "meter", name, meters))
        mask &= rows["SkuId"].isin(action.skus).to_numpy()
    return rows, mask, _of(action.workloads or workloads)


def _of(workloads) -> set:
    return {("workload", name) for name in workloads}


def _driver(
    action: Action, touched: set, follows: Mapping[str, str], known: set, where: str
) -> str:
    """The driver that the row names, else the one that all its workloads follow; "" where there is none."""
    if action.driver:
        if action.driver not in known | {"quantity", "days", "time"}:
            raise InputError(
                unknown(
                    f"{where}: line {action.line}: driver", "driver", action.driver,
                    [*sorted(known), "quantity", "days"],
                )
            )  # fmt: skip
        return action.driver
    names = {follows.get(name, "") for kind, name in touched if kind == "workload"}
    return names.pop() if len(names) == 1 and names <= known else ""


def together(results: Sequence[Realised]) -> tuple[float, float, float]:
    """Saved in all, and P10 and P90 of it: errors of different actions are independent, so distances add up as squares."""
    total = sum(one.saved for one in results)
    low = sum((one.saved - one.low) ** 2 for one in results) ** 0.5
    high = sum((one.high - one.saved) ** 2 for one in results) ** 0.5
    return total, total - low, total + high


def adoption(actions: Sequence[Action]) -> tuple[int, int]:
    """(done, closed): closed are those done, rejected or expired.

    >>> from finops_model.facts.cycle.actions import Action
    >>> adoption([Action(id=i, action="x", decision=d) for i, d in (("a", "done"), ("b", "rejected"), ("c", "planned"))])
    (1, 2)
    """
    closed = [a for a in actions if a.decision in ("done", "rejected", "expired")]
    return sum(a.decision == "done" for a in closed), len(closed)


def chance_of_adoption(action: Action, actions: Sequence[Action]) -> float:
    """That it will be done: the owner's word, else the record of its kind, (done + 1) ÷ (closed + 2) (docs/method §17.70).

    >>> from finops_model.facts.cycle.actions import Action
    >>> done = [Action(id=str(i), action="x", kind="batch", decision="done") for i in range(3)]
    >>> chance_of_adoption(Action(id="n", action="x", kind="batch"), done), chance_of_adoption(Action(id="n", action="x"), done)
    (0.8, 0.5)
    """
    if action.probability is not None:
        return action.probability
    done, closed = adoption([a for a in actions if a.kind.casefold() == action.kind.casefold()])
    return (done + 1) / (closed + 2)
