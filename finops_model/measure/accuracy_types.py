"""The `accuracy` of a brief, typed: how good earlier forecasts were (docs/method §11); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import NotRequired, TypedDict

from .change.types import Revisions


class Scores(TypedDict):
    """How good forecasts of a lead were (docs/method §11.6)."""

    lead: int
    n: int
    months: NotRequired[int]
    series: NotRequired[int]  # published forecasts: units
    error_pct: float | None
    naive_error_pct: float | None
    finops_variance_pct: NotRequired[float | None]
    finops_variance_actual_pct: NotRequired[float | None]
    bias: NotRequired[float | None]
    skill: float | None
    closer: NotRequired[float | None]
    coverage50: NotRequired[float | None]
    coverage80: float
    coverage90: NotRequired[float | None]
    crps_pct: NotRequired[float | None]
    interval_score_pct: NotRequired[float | None]
    pinball10_pct: NotRequired[float | None]
    pinball90_pct: NotRequired[float | None]
    width80_pct: NotRequired[float | None]
    within_12: NotRequired[float | None]
    within_15: NotRequired[float | None]
    within_20: NotRequired[float | None]


class Calibration(TypedDict):
    """When a level was said, how often it was."""

    kind: str
    level: float
    share: float | None
    hits: int
    n: int
    months: int
    windows: NotRequired[int]
    apart: NotRequired[int]
    low: float | None
    high: float | None


# `for` is a word of Python: these are written as dicts.
Window = TypedDict(
    "Window",
    {
        "kind": NotRequired[str],
        "made": str,
        "for": str,
        "lead": int,
        "p05": NotRequired[float],
        "p10": float,
        "p25": NotRequired[float],
        "p50": float,
        "p75": NotRequired[float],
        "p90": float,
        "p95": NotRequired[float],
        "actual": float,
        "naive": float | None,
        "error_pct": float | None,
        "naive_error_pct": float | None,
        "inside": bool,
        "finops_variance_pct": float | None,
        "finops_variance_actual_pct": NotRequired[float | None],
        "crps": NotRequired[float | None],
    },
)
PublishedWindow = TypedDict(
    "PublishedWindow",
    {
        "made": str,
        "for": str,
        "lead": int,
        "p05": float | None,
        "p10": float | None,
        "p25": float | None,
        "p50": float,
        "p75": float | None,
        "p90": float | None,
        "p95": float | None,
        "actual": float,
        "naive": NotRequired[float | None],
        "error_pct": float | None,
        "finops_variance_pct": float | None,
        "band": str,
        "inside80": bool,
        "hand": NotRequired[float | None],
        "by": NotRequired[str],
        "because": NotRequired[str],
        "hand_error_pct": NotRequired[float | None],
    },
)
WorkloadWindow = TypedDict(
    "WorkloadWindow",
    {
        "workload": str,
        "made": str,
        "for": str,
        "lead": int,
        "p50": float,
        "actual": float,
        "error_pct": float | None,
        "hand": float | None,
        "by": str,
        "because": str,
        "hand_error_pct": float | None,
    },
)


class ByHandRecord(TypedDict):
    """Numbers set by hand beside the model's own."""

    n: int
    months: int
    hand_error_pct: float
    model_error_pct: float
    better: int
    sentence: str


class Published(TypedDict):
    """What was published before, graded."""

    sentence: str
    n: int
    months: NotRequired[int]
    waiting: int
    rows: list[Scores]
    by_hand: ByHandRecord | None
    calibration: list[Calibration]
    detail: list[PublishedWindow]
    workloads: list[WorkloadWindow]


class Accuracy(TypedDict):
    """How good earlier forecasts were."""

    sentence: str
    trust: NotRequired[str]
    rows: list[Scores]
    asked: NotRequired[list[int]]
    bands: NotRequired[list[float]]
    quarter: NotRequired[Scores | None]
    calibration: NotRequired[list[Calibration]]
    detail: list[Window]
    published: NotRequired[Published | None]
    revisions: NotRequired[Revisions]
