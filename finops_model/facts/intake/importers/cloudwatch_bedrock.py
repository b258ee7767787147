"""Amazon CloudWatch metrics of Bedrock (the JSON answer of GetMetricData): sums of tokens and requests by model.

They carry neither cost nor team. Which metric and which model a series is stands in its label: 'AWS/Bedrock InputTokenCount
ModelId=...'. Tokens read from and written to the cache are metrics of their own, beside the input. A series whose StatusCode is
PartialData is incomplete, and the note says so. A value counts from its timestamp for the step of the file. Source: Amazon
CloudWatch API reference, GetMetricData; Amazon Bedrock user guide, CloudWatch metrics.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from ..files.readers import Source
from . import Usage, _usage

TITLE = "Amazon CloudWatch metrics of Bedrock (JSON)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "vendor"
METERS = {
    "InputTokenCount": "input",
    "OutputTokenCount": "output",
    "CacheReadInputTokenCount": "cached_input",
    "CacheReadInputTokens": "cached_input",
    "CacheWriteInputTokenCount": "cache_write",
    "CacheWriteInputTokens": "cache_write",
    "Invocations": "requests",
}
METRIC = re.compile(r"(?<![A-Za-z])(" + "|".join(METERS) + r")(?![A-Za-z])")
MODEL = re.compile(r"ModelId[=: ]+(\S+)")


def recognise(source: Source) -> bool:
    """{"MetricDataResults": [...]}."""
    return (
        source.kind == "json"
        and isinstance(source.document, dict)
        and isinstance(source.document.get("MetricDataResults"), list)
    )


def read(source: Source) -> Usage:
    """A row per series and value."""
    source.broken.clear()
    series = [one for one in source.document["MetricDataResults"] if isinstance(one, dict)]
    step, notes = _step(series), []
    partial = [str(one.get("Label", "")) for one in series if one.get("StatusCode") != "Complete"]
    if partial:
        count = "1 series is" if len(partial) == 1 else f"{len(partial)} series are"
        notes.append(
            f"INCOMPLETE: {count} not complete (StatusCode; first {partial[0][:80]}): ask for the metrics again"
        )
    if source.document.get("NextToken"):
        notes.append(
            "INCOMPLETE: the answer says that more pages follow (NextToken); ask for all of them and deliver them together"
        )
    return _usage.collect(
        source,
        "CloudWatch Bedrock metrics",
        _records(source.document["MetricDataResults"]),
        lambda one: _rows(one, step),
        notes,
    )


def _records(series: list) -> Iterator[dict]:
    for number, one in enumerate(series, 1):
        yield {**(one if isinstance(one, dict) else {"broken": True}), "x_Row": number}


def _step(series: list[dict]) -> dt.timedelta:
    """The smallest step between two timestamps of a series; nothing where no series has two."""
    gaps = set()
    for one in series:
        times = one.get("Timestamps")
        read = sorted(filter(None, map(_time, times if isinstance(times, list) else [])))
        gaps |= {later - sooner for sooner, later in zip(read, read[1:])} - {dt.timedelta(0)}
    return min(gaps, default=dt.timedelta(0))


def _time(text) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(_usage.moment(text))
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _rows(one: dict, step: dt.timedelta) -> list[dict]:
    if "broken" in one:
        raise _usage.Refused("MetricDataResults", "is no series")
    label, times, values = str(one.get("Label", "")), one.get("Timestamps"), one.get("Values")
    metric, model = METRIC.search(label), MODEL.search(label)
    if not metric:
        raise _usage.Left("other metrics")
    if not model:
        raise _usage.Refused("Label", f"{_usage.quoted(label)} names no ModelId")
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        raise _usage.Refused("Values", "are not as many as the timestamps")
    rows = []
    for time, value in zip(times, values, strict=True):
        start = _time(time)
        if start is None:
            raise _usage.Refused("Timestamps", f"{_usage.quoted(time)} is no moment")
        base = {
            "UsageStart": start.isoformat(),
            "UsageEnd": (start + step).isoformat(),
            "ServiceProviderName": "AWS",
            "x_Model": model[1],
        }
        rows += _usage.metered(base, {METERS[metric[1]]: _usage.count({"Values": value}, "Values")})
    return rows
