"""GPU metrics of the DCGM exporter: a page of Prometheus text (one moment), or an answer of query or query_range (JSON).

DCGM_FI_DEV_GPU_UTIL is percent, DCGM_FI_PROF_GR_ENGINE_ACTIVE a ratio. A page holds levels of one moment: levels are no hours and are
kept as such; a range becomes GPU hours: level x step, hour by hour. A GPU without a pod is idle or attributed to nobody, and paid all
the same. Counters (energy in mJ) begin anew at a reboot and are left out. Source: NVIDIA DCGM exporter; Prometheus, HTTP API.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

from ....errors import InputError
from ..files.readers import Source, head_text
from ..files.text import decode
from . import Usage, _usage

TITLE = "DCGM metrics of GPUs (Prometheus text, query_range JSON)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "machine"
METERS = {  # level, hours, the value that is 1
    "DCGM_FI_DEV_GPU_UTIL": ("gpu_utilization", "gpu_hours_used", Decimal(100)),
    "DCGM_FI_PROF_GR_ENGINE_ACTIVE": (
        "gpu_engine_active",
        "gpu_hours_engine_active",
        Decimal(1),
    ),
}
LINE = re.compile(r"(\w+)(?:\{(.*)\})?\s+(\S+)(?:\s+(-?\d+))?\s*")
LABEL = re.compile(r'\b(\w+)="((?:[^"\\]|\\.)*)"')
OTHER = "other metrics (memory, power, counters)"


def recognise(source: Source) -> bool:
    """Lines of DCGM_FI_ metrics, or series of them."""
    if source.kind == "csv":
        text = head_text(source).lstrip()
        return text.startswith(("# HELP", "# TYPE", "DCGM_FI_")) and "DCGM_FI_" in text
    if source.kind != "json" or not isinstance(source.document, dict):
        return False
    data = source.document.get("data")
    series = data.get("result") if isinstance(data, dict) else None
    return isinstance(series, list) and any(_metric(one).startswith("DCGM_FI_") for one in series)


def read(source: Source) -> Usage:
    """A row per GPU and level, or per GPU and hour."""
    source.broken.clear()
    if source.kind == "csv":
        usage = _usage.collect(source, "DCGM metrics", _lines(source), _of_line)
        usage.notes.append("levels of one moment, no hours: a range (query_range) gives hours used")
        return usage
    return _usage.collect(source, "DCGM metrics (query_range)", _series(source), _of_series)


def _metric(one) -> str:
    labels = one.get("metric") if isinstance(one, dict) else None
    return str(labels.get("__name__", "")) if isinstance(labels, dict) else ""


def _lines(source: Source) -> Iterator[dict]:
    number = 0
    for line in decode(source).splitlines():
        if line.strip() and not line.startswith("#"):
            number += 1
            yield {"line": line, "x_Row": number}


def _series(source: Source) -> Iterator[dict]:
    for number, one in enumerate(source.document["data"]["result"], 1):
        yield {"series": one, "x_Row": number}


def _base(labels: dict) -> dict:
    pod = labels.get("pod") or labels.get("exported_pod")
    return {
        "SubAccountId": labels.get("namespace") or labels.get("exported_namespace"),
        "ResourceId": labels.get("UUID") or labels.get("gpu"),
        "x_Job": pod,
        "Tags": _usage.tags(
            gpu=labels.get("modelName"),
            node=labels.get("Hostname"),
            container=labels.get("container") or labels.get("exported_container"),
        ),
    }


def _level(metric: str, value: str) -> Decimal:
    """A level, 0 to 1."""
    whole = METERS[metric][2]
    level = _usage.count({metric: value}, metric) / whole
    if level > 1:
        raise _usage.Refused(metric, f"{_usage.quoted(value)} is more than {whole:f}")
    return level


def _of_line(record: dict) -> list[dict]:
    match = LINE.fullmatch(record["line"])
    if not match:
        raise _usage.Refused("line", "is no metric of Prometheus")
    metric, inside, value, time = match.groups()
    if metric not in METERS:
        raise _usage.Left(OTHER)
    when = ""
    if time:
        try:
            when = dt.datetime.fromtimestamp(int(time) / 1000, dt.UTC).isoformat()
        except (OverflowError, ValueError, OSError):
            raise _usage.Refused("line", f"{_usage.quoted(time)} is no moment") from None
    meter = METERS[metric][0]
    base = _base(dict(LABEL.findall(inside or "")))
    return [
        {
            **base,
            "UsageStart": when,
            "UsageEnd": when,
            "SkuMeter": meter,
            "ConsumedQuantity": f"{_level(metric, value):f}",
            "ConsumedUnit": _usage.UNITS[meter],
        }
    ]


def _of_series(record: dict) -> list[dict]:
    one = record["series"]
    metric = _metric(one)
    if not metric:
        raise _usage.Refused("metric", "names no metric: ask for the metric itself, not for a sum")
    if metric not in METERS:
        raise _usage.Left(OTHER)
    values = one.get("values")
    if not isinstance(values, list) or len(values) < 2:
        raise _usage.Refused("values", "are fewer than two: a range of time is needed")
    samples = [_sample(metric, value) for value in values]
    times = [time for time, _ in samples]
    step = min((b - a for a, b in zip(times, times[1:]) if b > a), default=0)
    if step <= 0 or any(b <= a for a, b in zip(times, times[1:])):
        raise _usage.Refused("values", "do not run forward in time")
    hours: dict[int, list[Decimal]] = {}
    for time, level in samples:
        if level is not None:
            hours.setdefault(time // 3600, []).append(level)
    base, rows, width = _base(one["metric"]), [], Decimal(step) / 3600
    for hour, levels in hours.items():
        if len(levels) * step > 3600 + step:
            raise InputError(f"series {record['x_Row']}: more than an hour in an hour.")
        span = {
            "UsageStart": _usage.moment(hour * 3600),
            "UsageEnd": _usage.moment((hour + 1) * 3600),
        }
        meters = {METERS[metric][1]: sum(levels, Decimal(0)) * width}
        if metric == "DCGM_FI_DEV_GPU_UTIL":
            meters["gpu_hours_measured"] = len(levels) * width
        rows += _usage.metered({**base, **span}, meters)
    return rows


def _sample(metric: str, value) -> tuple[int, Decimal | None]:
    """Seconds and level; None for a level that was not measured (NaN)."""
    if not isinstance(value, list) or len(value) != 2:
        raise _usage.Refused("values", f"{_usage.quoted(value)} is no time and value")
    seconds = int(_usage.count({"values": value[0]}, "values"))
    return seconds, None if str(value[1]) == "NaN" else _level(metric, str(value[1]))
