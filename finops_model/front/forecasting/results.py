"""What a forecast of several series, or of a workspace, is to whoever asked for it: rows, totals by path, notes."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...documents import csv_of, write_atomic
from ...errors import ForecastError, unknown
from ...forecasting.result import Forecast
from ...forecasting.settling import Late
from ...names import COMPANY

if TYPE_CHECKING:
    from ...forecasting.hierarchy import Tree
    from ...simulate.hierarchy import Hierarchy

SHOWN = 40  # rows in a notebook; `frame` has them all


@dataclass(frozen=True, kw_only=True, repr=False)
class Forecasts(ABC):
    """Forecasts of several series or of the nodes of a workspace, and of their sum.

    rows        a mapping per node and month (or quarter, year): what it is, p10, p50, p90
    paths       how many sample paths; totals are sums of paths, quantiles are taken of sums
    methods     method -> its share of the forecast by days, adds up to 1
    yearly      member of the totals of four weeks -> its share; they share in the level until week 12 and lead from week 13 on (docs/method
                §2.29); {} where there are none: under twenty weeks, months, named methods
    unfinished  newest days that look unfinished: not learned from
    notes       what a reader must know of them, in sentences
    """

    rows: tuple[dict, ...]
    paths: int
    methods: dict[str, float]
    yearly: dict[str, float] = field(default_factory=dict)
    unfinished: tuple[Late, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """What is forecast: names of series, of units, teams …, and their total."""
        return tuple(dict.fromkeys(row[self._named] for row in self.rows))

    @property
    def _named(self) -> str:
        return "node"

    def frame(self) -> pd.DataFrame:
        """The rows as a table."""
        return pd.DataFrame(list(self.rows))

    @abstractmethod
    def as_dict(self) -> dict:
        """All of it as plain values: what `finops forecast --json` prints."""

    def write(self, path: str | Path) -> None:
        """The rows as CSV, whole or not at all."""
        plain = [
            {
                key: ";".join(value) if isinstance(value, list) else value
                for key, value in row.items()
            }
            for row in self.rows
        ]
        write_atomic(Path(path), csv_of(pd.DataFrame(plain)))

    def _node(self, node: str | None, default: str) -> str:
        name = default if node is None else node
        if name not in self.nodes:
            raise ForecastError(unknown("forecast", "node", str(name), self.nodes))
        return name

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {', '.join(self.nodes[:4])}{' …' if len(self.nodes) > 4 else ''}: {len(self.rows)} rows, {self.paths:,} paths"

    def _repr_html_(self) -> str:
        names = [
            name
            for name in self.rows[0]
            if name in (self._named, "month", "period", "p10", "p50", "p90")
        ]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>"
            + "".join(
                f"<td>{row[name]:,.0f}</td>"
                if isinstance(row[name], float)
                else f"<td>{html.escape(str(row[name]))}</td>"
                for name in names
            )
            + "</tr>"
            for row in self.rows[:SHOWN]
        )
        more = len(self.rows) - SHOWN
        rest = f"<p>{more} rows more: frame().</p>" if more > 0 else ""
        said = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}{said}"


@dataclass(frozen=True, kw_only=True, repr=False)
class SeriesForecasts(Forecasts):
    """Forecasts of several series, each on its own, and their total with shocks drawn together and apart.

    Rows: series, month, days, p10, p50, p90; of the total also p10_shared … and p10_independent …

    file        name of the table they were read from; "" of a frame
    freq        D, days, or M, months
    horizon     steps ahead
    forecasts   series -> its Forecast; empty where a tree holds them
    tree        leaves and total by path; None of a single series
    """

    file: str = ""
    freq: str = "D"
    horizon: int = 0
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    tree: Tree | None = None

    @property
    def _named(self) -> str:
        return "series"

    def month_totals(self, node: str | None = None, shared: bool = True) -> dict[str, np.ndarray]:
        """{month: (path,)} of a series or of the total (None).

        shared    of the total: all series miss as they did at the same time before; False: each on its own
        """
        name = self._node(node, self.nodes[-1])
        if self.tree is None:
            return self.forecasts[name].month_totals()
        return self.tree.month_totals(name, shared)

    def as_dict(self) -> dict:
        return {
            "file": self.file,
            "months" if self.freq == "M" else "days": self.horizon,
            "paths": self.paths,
            "methods": self.methods,
            "methods_of_four_weeks": self.yearly,
            "rows": list(self.rows),
            "unfinished": [asdict(one) for one in self.unfinished],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, kw_only=True, repr=False)
class WorkspaceForecasts(Forecasts):
    """The cost of a workspace if nothing changes, at every node of one kind, joint paths.

    Rows: node, period, kind (month, quarter, year), lead, graded, booked, missing, p10, p50, p90; with shocks="both" also p10_measured …

    unit        business unit, or the company
    by          what the nodes are; None: the unit alone
    as_of       last day of the bill that was used
    currency    of all amounts; they are EffectiveCost
    shocks      ways that were drawn: measured, independent, shared
    excluded    what totals leave out: tax, credits …
    taken       issuers of which one amount is known: it stands for both
    published   what the newest report said of the same year, or None
    by_hand     month totals set by hand, with the model's own
    covariates  what people know, in sentences
    hierarchies way of shocks -> totals (path, month, node)
    """

    unit: str
    by: str | None
    as_of: str
    currency: str
    shocks: tuple[str, ...]
    excluded: dict
    taken: tuple[dict, ...]
    published: dict | None
    by_hand: tuple[dict, ...]
    covariates: tuple[str, ...]
    hierarchies: dict[str, Hierarchy]

    def month_totals(
        self, node: str | None = None, shocks: str | None = None
    ) -> dict[str, np.ndarray]:
        """{month: (path,)} of a node (None: the unit that was asked for, else the company), what is booked of the month under way included.

        shocks    one of `shocks`; None: the first
        """
        way = self.shocks[0] if shocks is None else shocks
        if way not in self.shocks:
            raise ForecastError(unknown("forecast", "kind of shocks", str(way), self.shocks))
        name = self._node(node, COMPANY if self.by and self.by != "unit" else self.unit)
        totals = self.hierarchies[way]
        return {
            span.name: totals.paths(span, None if name == COMPANY else name)
            for span in totals.spans()
        }

    def as_dict(self) -> dict:
        return {
            "unit": self.unit,
            "excluded": self.excluded,
            "by": self.by,
            "as_of": self.as_of,
            "currency": self.currency,
            "basis": "Effective",
            "taken": list(self.taken),
            "paths": self.paths,
            "shocks": list(self.shocks),
            "methods": self.methods,
            "methods_of_four_weeks": self.yearly,
            "rows": list(self.rows),
            "published": self.published,
            "by_hand": list(self.by_hand),
            "unfinished": [asdict(one) for one in self.unfinished],
            "notes": list(self.notes),
            "known": list(self.covariates),
        }
