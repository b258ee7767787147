"""The levers behind the four sliders: draws frozen by the report, settled again in milliseconds with numpy (docs/method §9.20).

total = fixed + tokens + other usage + tiered forms of pooled usage + commitments (fee + spill × on-demand price)

A published figure is never computed again here. A what-if figure is the published one plus the change of the same
quantile between the frozen draws under the levers and at rest.

`frozen` is what `simulate` keeps of a run for this (`Run.dials`) with `year`, the months of its fiscal year.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ...errors import ReportError
from ...measure.brief_types import Brief
from ...measure.budget import landing as budgets
from ...periods import fiscal_months, fiscal_year
from ...prices.rates import make
from ...prices.settle.windows import charge_months
from ..report.briefs import figures_hash

LIMITS = {"demand": (-0.5, 1.0), "token_price": (-0.8, 0.5), "small_share": (0.0, 1.0)}
NPZ, JSON = "dashboard.npz", "dashboard.json"


@dataclass(frozen=True)
class Levers:
    """The decisions a viewer tries, one a slider. 0 everywhere: at rest, as published."""

    demand: float = 0.0  # share by which usage differs from the forecast, all months
    token_price: float = 0.0  # share by which token prices differ
    small_share: float = (
        0.0  # share of the routable tokens moved from today's mix to the smaller model
    )
    committed: float = 0.0  # GPUs per hour committed at least; signed contracts stay

    @property
    def at_rest(self) -> bool:
        return self == Levers()


def gpu_pool(frozen: dict) -> dict | None:
    """The pool the commitment slider speaks about: the largest one counted in GPU hours; None where there is none."""
    pools = [
        pool
        for pool in frozen.get("commitments", [])
        if pool["unit"].casefold().startswith("gpu") and len(pool["grid"]) > 1
    ]
    return max(
        pools,
        key=lambda pool: float((pool["spill"][:, :, 0].sum(axis=1) * 1.0).mean()),
        default=None,
    )


def limits(frozen: dict) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of each slider; a slider that would move nothing is left out."""
    ends = {"demand": LIMITS["demand"]}
    if float(np.abs(frozen["linear_tokens"]).sum()) > 0:
        ends["token_price"] = LIMITS["token_price"]
    if float(np.abs(np.asarray(frozen["routable"]) - frozen["routed"]).sum()) > 0:
        ends["small_share"] = LIMITS["small_share"]
    if (pool := gpu_pool(frozen)) is not None:
        ends["committed"] = (0.0, float(math.floor(pool["grid"][-1])))
    return ends


def clamp(values: object, frozen: dict) -> Levers:
    """Levers that can be settled, from anything a browser may send: text, NaN, 9e11, a list.

    Values are cut to `limits`; what is no finite number counts as "not moved".
    """
    values = values if isinstance(values, dict) else {}
    numbers = {}
    for name, (low, high) in limits(frozen).items():
        value = values.get(name, 0.0)
        try:
            number = (
                float(value)
                if isinstance(value, (int, float)) and not isinstance(value, bool)
                else math.nan
            )
        except OverflowError:  # an integer of a thousand digits
            number = high if value > 0 else low
        numbers[name] = min(max(number, low), high) if not math.isnan(number) else 0.0
    return Levers(**numbers)


def settle(
    frozen: dict,
    demand: float = 0.0,
    token_price: float = 0.0,
    small_share: float | None = None,
    committed: float | None = None,
) -> np.ndarray:
    """EffectiveCost of the frozen draws under the levers, money, (path, month). Inputs are clamped.

    At rest this is the frozen base total, bit for bit.
    """
    levers = clamp(
        {
            "demand": demand,
            "token_price": token_price,
            "small_share": small_share or 0.0,
            "committed": committed or 0.0,
        },
        frozen,
    )
    return np.array(frozen["base"], dtype=float) if levers.at_rest else rebuilt(frozen, levers)


def rebuilt(frozen: dict, levers: Levers) -> np.ndarray:
    """The sum of all parts under the levers, (path, month); at rest equal to the base up to float rounding."""
    scale = 1.0 + levers.demand
    tokens = frozen["linear_tokens"] + levers.small_share * (
        frozen["routed"] - np.asarray(frozen["routable"])
    )
    total = frozen["fixed"] + scale * ((1.0 + levers.token_price) * tokens + frozen["linear_other"])
    for tier in frozen["graduated"]:
        rates = [make(kind, fields) for kind, fields in zip(tier["kind"], tier["tiers"])]
        total = total + charge_months(
            rates, tier["usage"] * scale, tier["already"], tier["factor"], tier.get("due", 1.0)
        )
    chosen = gpu_pool(frozen)
    for pool in frozen["commitments"]:
        level = np.asarray(pool["level"], dtype=float)
        if pool is chosen:
            level = np.maximum(
                level, levers.committed
            )  # a signed contract cannot be left before it ends
        spill = scale * _at(pool["spill"], np.asarray(pool["grid"]), level / scale)
        total = total + level * pool["rate"] * pool["hours"] + spill * pool["price"]
    for held in frozen.get(
        "overlaps", []
    ):  # commitments that overlap: settled at some levels of demand
        at, scales = (
            float(np.clip(scale, held["scales"][0], held["scales"][-1])),
            np.asarray(held["scales"]),
        )
        right = int(np.clip(np.searchsorted(scales, at), 1, len(scales) - 1))
        weight = (at - scales[right - 1]) / (scales[right] - scales[right - 1])
        total = (
            total
            + held["fee"]
            - (
                held["covered"][:, :, right - 1] * (1 - weight)
                + held["covered"][:, :, right] * weight
            )
        )
    return total


def _at(spill: np.ndarray, grid: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Usage above `level` (month,), straight between the grid's levels, (path, month)."""
    if len(grid) == 1:
        return spill[:, :, 0]
    right = np.clip(np.searchsorted(grid, level), 1, len(grid) - 1)
    left, months = right - 1, np.arange(spill.shape[1])
    weight = np.clip((level - grid[left]) / (grid[right] - grid[left]), 0.0, 1.0)
    return spill[:, months, left] * (1 - weight) + spill[:, months, right] * weight


def year_of(frozen: dict, brief: Brief) -> tuple[str, ...]:
    """The twelve months of the brief's fiscal year: those whose landing over all paths is the brief's, to the cent.

    Raises ReportError where no fiscal year gives the brief's landing: then draws and brief are not of one run.
    """
    months, every = frozen["months"], np.asarray(frozen["base_all"])
    land: Mapping = brief["landing"]
    for starts in range(1, 13):
        year = fiscal_months(brief["month"], starts)
        if fiscal_year(brief["month"], starts) != land["period"]:
            continue
        open_months = [i for i, month in enumerate(months) if month in year]
        again = budgets.spread(land["booked"] + every[:, open_months].sum(axis=1))
        if all(abs(again[p] - land[p]) < 0.005 for p in ("p10", "p50", "p90", "mean")):
            return year
    raise ReportError(
        f"{brief['month']}: the frozen draws do not give the landing of the brief ({land['p50']:,.2f} at P50). "
        "They are not of the same run; publish the month again: finops report."
    )


def freeze(
    frozen: dict,
    brief: Brief,
    folder: str | os.PathLike,
    assets: str | os.PathLike | None = None,
) -> Path:
    """Write dashboard.npz and dashboard.json of a month into `folder`: plain arrays, no pickle; returns the folder.

    They name the brief they belong to by the hash of its figures. assets: where the chart program goes; None: `.assets` beside the folder.
    Raises ReportError where draws and brief are not of the same run.
    """
    from ...documents import write_atomic
    from . import chart as dashboard_chart

    folder = Path(folder)
    forecast = [row["month"] for row in brief["forecast"]["months"]]
    if forecast != list(frozen["months"]):
        raise ReportError(
            f"{brief['month']}: the brief forecasts {forecast[0]} … {forecast[-1]} and the draws "
            f"{frozen['months'][0]} … {frozen['months'][-1]}. Freeze the draws of the brief's own run."
        )
    year = year_of(frozen, brief)
    arrays: dict[str, Any] = {}
    plain = _take_out({**frozen, "year": list(year)}, "d", arrays)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    bundle = dashboard_chart.write_bundle(assets or folder.parent / ".assets")
    text = {
        "schema": 1,
        "month": brief["month"],
        "slug": brief["slug"],
        "currency": brief["currency"],
        "figures": figures_hash(brief),
        "npz_sha256": hashlib.sha256(buffer.getvalue()).hexdigest(),
        "dials": plain,
        "chart": dashboard_chart.fan_spec(brief["currency"]),
        "bundle": {"file": bundle.name, "sha256": hashlib.sha256(bundle.read_bytes()).hexdigest()},
    }
    write_atomic(folder / NPZ, buffer.getvalue())
    write_atomic(folder / JSON, json.dumps(text, sort_keys=True, allow_nan=False) + "\n")
    return folder


def load(folder: str | os.PathLike, listed: Mapping = MappingProxyType({})) -> tuple[dict, dict]:
    """(frozen draws, text of dashboard.json) of a published month. Raises ReportError where they are missing or altered.

    listed: what the archive's index says of the two files; empty in an archive of before
    """
    folder = Path(folder)
    month = folder.name.partition("@")[0]  # of a set: its month
    if not (folder / NPZ).is_file() or not (folder / JSON).is_file():
        raise ReportError(
            f"{month}: the company's report was published without slider data. "
            f"Publish the month again: finops report --month {month}."
        )
    try:
        for name, entry in listed.items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != entry["sha256"]:
                raise ReportError(
                    f"{month}/{name} was changed after it was published. Publish the month again: "
                    f"finops report --month {month}."
                )
        text = json.loads((folder / JSON).read_text(encoding="utf-8"))
        raw = (folder / NPZ).read_bytes()
        if hashlib.sha256(raw).hexdigest() != text["npz_sha256"]:
            raise ReportError(
                f"{month}/{NPZ} was changed after it was published. Publish the month again: "
                f"finops report --month {month}."
            )
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return _put_back(text["dials"], arrays), text
    except (ValueError, KeyError, TypeError, OSError) as problem:
        raise ReportError(
            f"{month}: the slider data cannot be read ({type(problem).__name__}). "
            f"Publish the month again: finops report --month {month}."
        ) from None


def belongs(frozen: dict, text: Mapping, brief: Brief) -> None:
    """Raises ReportError where slider data are not of the run of a brief: by the hash they hold, and of an archive of before by the landing."""
    if "figures" in text and text["figures"] != figures_hash(brief):
        raise ReportError(
            f"{brief['month']}: the slider data are of another publication than the report of {brief['unit']}, so nothing can be tried "
            f"here. Publish the month again: finops report --month {brief['month']}."
        )
    year_of(frozen, brief)


def _take_out(value: Any, name: str, arrays: dict) -> Any:
    """Nested draws as JSON: each array goes to `arrays` under its path, {"array": path} stays in its place."""
    if isinstance(value, np.ndarray) and value.ndim:
        arrays[name] = value
        return {"array": name}
    if isinstance(value, dict):
        return {key: _take_out(item, f"{name}.{key}", arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_take_out(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def _put_back(value: Any, arrays: dict) -> Any:
    if isinstance(value, dict):
        return (
            arrays[value["array"]]
            if set(value) == {"array"}
            else {key: _put_back(v, arrays) for key, v in value.items()}
        )
    return [_put_back(item, arrays) for item in value] if isinstance(value, list) else value
