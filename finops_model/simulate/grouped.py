"""Cost of groups of workloads on every path of a run, taken block by block: a run itself keeps units (docs/method §16.50)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from .compile.plan import Plan


class Grouped:
    """What `run_many(keep=…)` is given to keep the cost of groups by path and month.

    Parameters
    ----------
    groups : mapping of str to collection of str, or to mapping of str to float
        Group -> its workloads, or the share of each that counts; a workload may stand in several.
        One that the plan does not have costs nothing.
    units : mapping of str to str, optional
        Group -> the business unit whose part of its workloads counts; without: all of them.

    Examples
    --------
    >>> Grouped({"chat": ["a", "b"]}).names
    ('chat',)
    """

    def __init__(
        self,
        groups: Mapping[str, Collection[str] | Mapping[str, float]],
        units: Mapping[str, str] | None = None,
    ):
        self.units = units or {}
        self.groups = {
            name: dict(each) if isinstance(each, Mapping) else dict.fromkeys(each, 1.0)
            for name, each in groups.items()
        }
        self.names = tuple(self.groups)
        self.blocks: dict[int, np.ndarray] = {}

    def __call__(self, plan: Plan, first: int, own: np.ndarray) -> None:
        """Take a block: own (path, month, workload), money."""
        if not first:
            self.blocks.clear()  # a run with more paths begins anew
        belongs = np.zeros((len(plan.names), len(self.names)))
        for g, group in enumerate(self.names):
            inside = np.array([self.groups[group].get(name, 0.0) for name in plan.names])
            unit = self.units.get(group)
            belongs[:, g] = inside if unit is None else inside * self._share(plan, unit)
        self.blocks[first] = own @ belongs

    @staticmethod
    def _share(plan: Plan, unit: str) -> np.ndarray:
        """What part of each workload a unit pays, (workload,); nothing where the plan has no such unit."""
        if unit not in plan.units:
            return np.zeros(len(plan.names))
        return plan.booked.paid_by[:, plan.units.index(unit)]

    def paths(self) -> np.ndarray:
        """(path, month, group), money of the ledger's currency."""
        return np.concatenate([self.blocks[first] for first in sorted(self.blocks)])
