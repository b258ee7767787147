"""Anthropic usage: the report of /v1/organizations/usage_report/messages (JSON) and the usage table of the Claude Console (CSV).

Input excludes the cache: uncached, read and written tokens stand side by side, writes by their lifetime. Source: Anthropic Admin API
reference, Usage report; Claude Console, Usage, Export.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from ..files.readers import Source
from . import Usage, _console, _json, _usage

TITLE = "Anthropic usage (JSON report, CSV of the console)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "vendor"
REPORT = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens", "starting_at")
LIVES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
KINDS = REPORT[:3]
COLUMNS = tuple(
    f"usage_{name}"
    for name in (
        "input_tokens_no_cache",
        "input_tokens_cache_read",
        "input_tokens_cache_write_5m",
        "input_tokens_cache_write_1h",
        "output_tokens",
    )
)
TABLE = (
    "usage_date_utc",
    "usage_input_tokens_no_cache",
    "usage_input_tokens_cache_read",
    "usage_output_tokens",
)


def recognise(source: Source) -> bool:
    """A report with uncached input, or the console's table of tokens; neither has an amount."""
    if _usage.words(source) & {"costusd", "spend", "amount"}:
        return False
    return _usage.has(source, *(REPORT if source.kind == "json" else TABLE))


def read(source: Source) -> Usage:
    """A row per result and meter."""
    if source.kind != "json":
        return _usage.collect(source, "Anthropic usage table", _console.lines(source), _of_table)
    source.broken.clear()
    usage = _usage.collect(source, "Anthropic usage", _results(source), _of_report)
    tools = {
        name
        for line in _results(source)
        for name, count in _usage.nested(line.get("server_tool_use")).items()
        if name != "web_search_requests" and count not in _usage.NOTHING
    }
    if tools:
        usage.notes.append(f"not counted: use of other tools ({', '.join(sorted(tools))})")
    source.broken.clear()
    usage.notes += _json.pages(source)
    return usage


def _results(source: Source) -> Iterator[dict]:
    for bucket, line in _json.results(source):
        yield {**line, "start": bucket.get("starting_at"), "end": bucket.get("ending_at")}


def _of_report(line: dict) -> list[dict]:
    if not isinstance(line.get("cache_creation") or {}, (dict, str)) or (
        line.get("cache_creation") and not _usage.nested(line["cache_creation"])
    ):
        raise _usage.Refused(
            "cache_creation", f"{_usage.quoted(line['cache_creation'])} is no object of lifetimes"
        )
    lives, tools = (_usage.nested(line.get(name)) for name in ("cache_creation", "server_tool_use"))
    _usage.refuse_unknown_tokens(line, KINDS)
    _usage.refuse_unknown_tokens(lives, LIVES, "cache_creation.")
    tier = str(line.get("service_tier") or "")
    base = {
        "UsageStart": line["start"],
        "UsageEnd": line["end"],
        "ServiceProviderName": "Anthropic",
        "x_Model": line.get("model"),
        "SubAccountId": line.get("workspace_id"),
        "x_Key": _usage.key(line.get("api_key_id")),
        "x_Tier": "" if tier == "standard" else tier,
        "Tags": _usage.tags(
            context_window=line.get("context_window"), inference_geo=line.get("inference_geo")
        ),
    }
    return _usage.metered(
        base,
        {
            "input": _usage.count(line, "uncached_input_tokens"),
            "cached_input": _usage.count(line, "cache_read_input_tokens"),
            "cache_write_5m": _usage.count(lives, "ephemeral_5m_input_tokens"),
            "cache_write_1h": _usage.count(lives, "ephemeral_1h_input_tokens"),
            "output": _usage.count(line, "output_tokens"),
            "web_searches": _usage.count(tools, "web_search_requests"),
        },
    )


def _of_table(line: dict) -> list[dict]:
    _usage.refuse_unknown_tokens(line, COLUMNS)
    day = line["usagedateutc"][:10]
    try:
        end = (dt.date.fromisoformat(day) + dt.timedelta(1)).isoformat()
    except (ValueError, OverflowError):
        raise _usage.Refused("usage_date_utc", f"{_usage.quoted(day)} is no day") from None
    kind = line.get("usagetype", "")
    base = {
        "UsageStart": day,
        "UsageEnd": end,
        "ServiceProviderName": "Anthropic",
        "x_Model": line.get("modelversion") or line.get("model"),
        "SubAccountId": line.get("workspace"),
        "x_Key": _usage.key(line.get("apikey")),
        "x_Tier": "batch" if kind == "batch" else "",
        "Tags": _usage.tags(
            context_window=line.get("contextwindow"), inference_geo=line.get("inferencegeo")
        ),
    }
    return _usage.metered(
        base,
        {
            "input": _usage.count(line, "usageinputtokensnocache"),
            "cached_input": _usage.count(line, "usageinputtokenscacheread"),
            "cache_write_5m": _usage.count(line, "usageinputtokenscachewrite5m"),
            "cache_write_1h": _usage.count(line, "usageinputtokenscachewrite1h"),
            "output": _usage.count(line, "usageoutputtokens"),
            "web_searches": _usage.count(line, "websearchcount"),
        },
    )
