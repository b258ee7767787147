"""What a simulation gives back: totals by path, month and unit, with their origin (docs/architecture.md §2)."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np

from ..documents import write_atomic
from ..errors import LedgerError, unknown
from ..schemas import NEWEST, check_schema

ARRAYS = ("effective", "so_far", "by_workload", "range_share")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One scenario over all paths; money in `currency`, EffectiveCost before credits and tax."""

    name: str
    question: str
    currency: str
    as_of: str  # last day of actuals used, YYYY-MM-DD
    months: tuple[str, ...]
    units: tuple[str, ...]
    workloads: tuple[str, ...]
    unit_of: tuple[str, ...]
    effective: np.ndarray  # (path, month, unit), actual part of the month under way included
    so_far: np.ndarray  # (month, unit)
    by_workload: np.ndarray  # (workload, month, 4): mean, P10, P50, P90
    range_share: (
        np.ndarray
    )  # (workload, unit+1): share of the variance of the horizon total, last column = company
    dials: dict
    lines: list[dict]
    assumptions: list[dict]
    seed: int
    paths: int
    engine: str
    scenario_hash: str
    ledger: str
    excluded: list[dict] = field(default_factory=list)  # what the forecast leaves out, with amounts
    overrides: list[dict] = field(
        default_factory=list
    )  # month totals set by hand, beside the model's own: forecasting/covariates/overrides.py `compare_overrides`

    unfinished: list[dict] = field(
        default_factory=list
    )  # days after as_of that look unfinished (§2.24): day, source, written, usual
    follows: dict[str, str] = field(
        default_factory=dict
    )  # workload -> the driver it follows ("": none)
    purchases: list[dict] = field(
        default_factory=list
    )  # of a scenario: expected money by part, cash and units by month (purchases/settled.py)
    agreements: list[dict] = field(
        default_factory=list
    )  # expected money off by month, and of contract years what they miss (purchases/agreed.py)
    caps: list[dict] = field(
        default_factory=list
    )  # spend caps of a scenario: cost avoided, work refused (capped.py)
    nothing: tuple[str, str] | None = (
        None  # why nothing is forecast, a clause and its reason: then there are no months
    )

    def total(self, unit: str | None = None, months=None) -> np.ndarray:
        """Total of each path over months (default: all) and one unit (default: the company), (path,)."""
        return self._months(months, self.effective[:, :, self._unit(unit)].sum(axis=2))

    def quantile(self, q: float, unit: str | None = None, months=None) -> float:
        """Quantile over paths of the total. Quantiles of units or months never add up."""
        return float(np.quantile(self.total(unit, months), q))

    def _unit(self, unit) -> list[int]:
        if unit is None:
            return list(range(len(self.units)))
        if unit not in self.units:
            raise LedgerError(unknown(self.name, "unit", unit, self.units))
        return [self.units.index(unit)]

    def _months(self, months, values) -> np.ndarray:
        if months is None:
            return values.sum(axis=1)
        for month in months:
            if month not in self.months:
                raise LedgerError(unknown(self.name, "month", month, self.months))
        return values[:, [self.months.index(month) for month in months]].sum(axis=1)

    def save(self, folder) -> Path:
        """run.npz and run.json in `folder`: arrays and text, no pickle."""
        import io

        folder = Path(folder)
        arrays = {name: getattr(self, name) for name in ARRAYS}
        dials: dict[str, np.ndarray] = {}
        plain = _split(self.dials, "", dials)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays, **{f"dials{path}": value for path, value in dials.items()})
        write_atomic(folder / "run.npz", buffer.getvalue())
        text = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name not in (*ARRAYS, "dials")
        }
        write_atomic(
            folder / "run.json",
            json.dumps({"schema": NEWEST["run"], **text, "dials": plain}, indent=1, default=list)
            + "\n",
        )
        return folder

    def _repr_html_(self) -> str:
        rows = []
        for month in self.months:
            low, mid, high = (self.quantile(q, months=[month]) for q in (0.1, 0.5, 0.9))
            rows.append(
                f"<tr><td>{month}</td><td>{low:,.0f}</td><td>{mid:,.0f}</td><td>{high:,.0f}</td></tr>"
            )
        low, mid, high = (self.quantile(q) for q in (0.1, 0.5, 0.9))
        rows.append(
            f"<tr><th>All months</th><th>{low:,.0f}</th><th>{mid:,.0f}</th><th>{high:,.0f}</th></tr>"
        )
        left = html.escape(
            ", ".join(f"{item['what']} {item['amount']:,.0f}" for item in self.excluded)
        )
        safe = {
            key: html.escape(str(value))
            for key, value in {
                "name": self.name,
                "question": self.question,
                "currency": self.currency,
                "as_of": self.as_of,
            }.items()
        }
        return (
            f"<div><b>{safe['name']}</b> · {safe['question']}<br>{self.paths:,} paths · seed {self.seed} · actuals up to "
            f"{safe['as_of']} · EffectiveCost in {safe['currency']}<table><thead><tr><th>Month</th><th>P10</th><th>P50</th>"
            f"<th>P90</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
            f"{f'Left out and not forecast (newest 12 months): {left}' if left else ''}</div>"
        )


def no_run(why: tuple[str, str], settings, as_of: str, units) -> Run:
    """The run of a bill that cannot be forecast: no months, no paths, and why."""
    units = tuple(units)
    return Run(
        name="Base",
        question="",
        currency=settings.currency,
        as_of=as_of,
        months=(),
        units=units,
        workloads=(),
        unit_of=(),
        effective=np.zeros((1, 0, len(units))),
        so_far=np.zeros((0, len(units))),
        by_workload=np.zeros((0, 0, 4)),
        range_share=np.zeros((0, len(units) + 1)),
        dials={},
        lines=[],
        assumptions=[],
        seed=settings.seed,
        paths=0,
        engine="none",
        scenario_hash="nothing was simulated",
        ledger="",
        nothing=why,
    )


def _split(value, path: str, arrays: dict):
    """Take the arrays out of nested dials; what stays is JSON with {"array": path} in their place."""
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {"array": path}
    if isinstance(value, dict):
        return {key: _split(item, f"{path}/{key}", arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_split(item, f"{path}/{i}", arrays) for i, item in enumerate(value)]
    return value


def _join(value, arrays):
    if isinstance(value, dict):
        return (
            arrays[f"dials{value['array']}"]
            if set(value) == {"array"}
            else {k: _join(v, arrays) for k, v in value.items()}
        )
    return [_join(item, arrays) for item in value] if isinstance(value, list) else value


def load_run(folder) -> Run:
    r"""A saved run.

    Parameters
    ----------
    folder : path
        Where `Run.save` wrote run.json and run.npz.

    Returns
    -------
    Run
        The same numbers, bit for bit.

    Raises
    ------
    LedgerError
        No run lies there, or it is of a later schema.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> saved = fm.run(None, settings, paths=64, months=2).save(folder / "run")
    >>> load_run(saved).months
    ('2025-03', '2025-04')
    """
    folder = Path(folder)
    if not (folder / "run.json").is_file() or not (folder / "run.npz").is_file():
        raise LedgerError(f"{folder}: no saved run lies here; a run has run.json and run.npz.")
    text = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    check_schema("run", text.pop("schema", None), str(folder / "run.json"), LedgerError)
    with np.load(folder / "run.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    dials = _join(text.pop("dials"), arrays)
    for name in ("months", "units", "workloads", "unit_of"):
        text[name] = tuple(text[name])
    text["nothing"] = tuple(text["nothing"]) if text.get("nothing") else None
    return Run(**text, dials=dials, **{name: arrays[name] for name in ARRAYS})
