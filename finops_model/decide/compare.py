"""Scenarios side by side, path by path: the same draws stand behind all of them (docs/method §3.3, §9).

A saving is a path-wise difference, never a difference of medians.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError, unknown
from ..simulate.run import Run
from ..wording import chance


@dataclass(frozen=True)
class Line:
    """One scenario beside the base; money of the run's currency, difference = scenario − base."""

    name: str
    question: str
    p10: float
    p50: float
    p90: float
    mean: float
    difference: np.ndarray  # (path,)

    @property
    def difference_mean(self) -> float:
        return float(self.difference.mean())

    @property
    def standard_error(self) -> float:
        """Of the mean difference: how much other draws would move it."""
        return float(self.difference.std(ddof=1) / np.sqrt(len(self.difference)))

    @property
    def probability_cheaper(self) -> float:
        return float(np.mean(self.difference < 0))

    def quantile(self, q: float) -> float:
        """Quantile of the difference."""
        return float(np.quantile(self.difference, q))

    def change(self) -> str:
        """What it changes against the base, in words."""
        error = f" ± {self.standard_error:,.0f}" if len(self.difference) > 1 else ""
        return (
            f"{round(self.difference_mean):+,}{error} on average ({round(self.quantile(0.1)):+,} to {round(self.quantile(0.9)):+,} in 8 of 10 futures), "
            f"cheaper in {chance(self.probability_cheaper)}"
        )

    def __repr__(self) -> str:
        return f"{self.name}: P50 {self.p50:,.0f}; {self.change()}"


@dataclass(frozen=True)
class Comparison:
    """The base (first line, difference 0) and the scenarios beside it."""

    currency: str
    months: tuple[str, ...]
    paths: int
    seed: int
    unit: str | None
    lines: tuple[Line, ...]
    excluded: tuple[dict, ...] = ()  # what the base leaves out of its totals, newest 12 months

    def __getitem__(self, name: str) -> Line:
        for line in self.lines:
            if line.name == name:
                return line
        raise ScenarioError(
            unknown("comparison", "scenario", str(name), [line.name for line in self.lines])
        )

    def __str__(self) -> str:
        """A line for each scenario: range, and what it changes path by path."""
        where = self.unit or "Company"
        lines = [
            f"{where} · {self.months[0]} … {self.months[-1]} · EffectiveCost in {self.currency} · {self.paths:,} paths"
        ]
        for i, line in enumerate(self.lines):
            lines.append(
                f"  {line.name}: P10 {line.p10:,.0f}, P50 {line.p50:,.0f}, P90 {line.p90:,.0f}{f'; {line.change()}' if i else ''}"
            )
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = []
        for i, line in enumerate(self.lines):
            cells = [
                f"<td>{html.escape(line.name)}</td>",
                *(f"<td>{v:,.0f}</td>" for v in (line.p10, line.p50, line.p90)),
            ]
            if i:
                cells += [
                    f"<td>{line.difference_mean:+,.0f} ± {line.standard_error:,.0f}</td>",
                    f"<td>{line.quantile(0.1):+,.0f} … {line.quantile(0.9):+,.0f}</td>",
                    f"<td>{chance(line.probability_cheaper)}</td>",
                ]
            else:
                cells += ["<td>–</td>"] * 3
            rows.append(f"<tr>{''.join(cells)}</tr>")
        where = html.escape(self.unit or "Company")
        left = html.escape(
            ", ".join(f"{item['what']} {item['amount']:,.0f}" for item in self.excluded)
        )
        return (
            f"<div>{where} · {self.months[0]} … {self.months[-1]} · EffectiveCost in {html.escape(self.currency)} · {self.paths:,} paths · "
            f"seed {self.seed}<table><thead><tr><th>Scenario</th><th>P10</th><th>P50</th><th>P90</th><th>Mean change</th>"
            f"<th>P10 … P90 of the change</th><th>Chance it is cheaper</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
            f"{f'Left out of the company and not forecast (newest 12 months): {left}' if left else ''}</div>"
        )


def compare(base: Run, *others: Run, unit: str | None = None, months=None) -> Comparison:
    r"""Every run compared with the base, over all months (or some) and one unit (or the company).

    Parameters
    ----------
    base : Run
        The base.
    *others : Run
        Of the same seed, paths, months, day, currency, engine and ledger.
    unit : str, optional
        A business unit; None: the company.
    months : sequence of str, optional
        YYYY-MM, of the runs; None: all.

    Returns
    -------
    Comparison
        A line for the base and each other run: quantiles, mean, and the difference on each path,
        money.

    Raises
    ------
    ScenarioError
        The runs do not share what they must: then a difference would be chance, not the change.

    Source
    ------
    docs/method §3.3.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> run = fm.run(None, settings, paths=64, months=2, dials=False)
    >>> [(line.name, line.difference_mean) for line in compare(run, run).lines]
    [('Base', 0.0), ('Base', 0.0)]
    """
    for other in others:
        for what, key in (
            ("seed", "seed"),
            ("number of paths", "paths"),
            ("months", "months"),
            ("day of data", "as_of"),
            ("currency", "currency"),
            ("engine", "engine"),
            ("ledger", "ledger"),
        ):
            ours, theirs = getattr(base, key), getattr(other, key)
            if ours != theirs:
                raise ScenarioError(
                    f"'{other.name}' cannot be compared with '{base.name}': the {what} differs, {_short(theirs)} and "
                    f"{_short(ours)}. Run both together: finops compare."
                )

    whole = base.total(unit, months)
    return Comparison(
        base.currency,
        tuple(months or base.months),
        base.paths,
        base.seed,
        unit,
        tuple(_line(run, run.total(unit, months), whole) for run in (base, *others)),
        tuple(base.excluded),
    )


def _line(run: Run, total: np.ndarray, whole: np.ndarray) -> Line:
    low, mid, high = (float(v) for v in np.quantile(total, (0.1, 0.5, 0.9)))
    return Line(run.name, run.question, low, mid, high, float(total.mean()), total - whole)


def _short(value) -> str:
    return f"{value[0]} … {value[-1]}" if isinstance(value, tuple) else str(value)[:16]
