"""LiteLLM spend logs (JSON, JSON lines, CSV, Parquet): a row per request, with the gateway's own estimate of its cost.

Prompts and answers are never looked at. `spend` is computed by the gateway's price list, so it is kept as an estimate and is never
billed money. prompt_tokens holds the cached tokens (LiteLLM gives every vendor's usage in OpenAI's form); which ones were cached
stands in metadata, where it stands at all. Times are UTC. An answer from the gateway's own cache used no tokens of a vendor.
Source: LiteLLM, schema of LiteLLM_SpendLogs; docs, Spend Tracking.
"""

from __future__ import annotations

import re

from ..files.readers import Source
from ..vendors import squash
from . import Usage, _usage

TITLE = "LiteLLM spend logs (JSON, JSON lines, CSV)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "gateway"
SIGN = ("request_id", "spend", "prompt_tokens", "completion_tokens", "startTime", "model")
NEVER = frozenset(("messages", "response", "proxy_server_request"))
COLUMNS = (
    *SIGN,
    "endTime",
    "custom_llm_provider",
    "total_tokens",
    "api_key",
    "team_id",
    "user",
    "end_user",
    "cache_hit",
    "metadata",
    "request_tags",
    "model_group",
)
KEEP = frozenset(map(squash, COLUMNS))
READ = ("cache_read_input_tokens", "cached_tokens")


def recognise(source: Source) -> bool:
    """A log of requests with spend, tokens in and out, and a start."""
    return _usage.has(source, *SIGN)


def read(source: Source) -> Usage:
    """A row per request and meter; the estimate stands on the first."""
    once = _usage.Once()

    def rows_of(line: dict) -> list[dict]:
        return _rows(line, once)

    notes = [
        "spend is the gateway's own estimate: kept as x_EstimatedCost in USD, never as billed money"
    ]
    return _usage.collect(
        source, "LiteLLM spend logs", _usage.rows(source, KEEP, NEVER), rows_of, notes
    )


def _rows(line: dict, once: _usage.Once) -> list[dict]:
    request = str(line.get("requestid") or "")
    if not request:
        raise _usage.Refused("request_id", "is empty")
    once.check("request_id", request)
    if str(line.get("cachehit", "")).casefold() == "true":
        raise _usage.Left("answered from the gateway's own cache: no tokens of a vendor")
    said = _usage.nested(line.get("metadata"))
    read, written = _cached(said)
    if str(line.get("totaltokens") or "") not in ("", "0"):
        whole, parts = (
            _usage.count(line, "totaltokens"),
            _usage.count(line, "prompttokens") + _usage.count(line, "completiontokens"),
        )
        if whole != parts:
            raise _usage.Refused(
                "total_tokens",
                f"holds {whole:f}, and prompt_tokens and completion_tokens add up to {parts:f}",
            )
    counts = {**line, "cached tokens": read, "tokens written to the cache": written}
    base = {
        "UsageStart": _utc(line.get("starttime")),
        "UsageEnd": _utc(line.get("endtime")) or _utc(line.get("starttime")),
        "ServiceProviderName": line.get("customllmprovider"),
        "x_Model": line.get("model"),
        "SubAccountId": line.get("teamid"),
        "x_Key": said.get("user_api_key_alias") or _usage.key(line.get("apikey")),
        "x_Request": request,
        "x_Name": request,
        "Tags": _usage.tags(
            team=said.get("user_api_key_team_alias"),
            user=line.get("user"),
            end_user=line.get("enduser"),
            request_tags=_listed(line.get("requesttags")),
        ),
    }
    return _usage.metered(
        base,
        {
            "input": _usage.without(
                counts, "prompttokens", "cached tokens", "tokens written to the cache"
            ),
            "cached_input": _usage.count(counts, "cached tokens"),
            "cache_write": _usage.count(counts, "tokens written to the cache"),
            "output": _usage.count(line, "completiontokens"),
            "requests": _usage.count({"n": "1"}, "n"),
        },
        line.get("spend"),
    )


def _cached(said: dict) -> tuple[str, str]:
    """Tokens read from and written to the cache, as the metadata has them: one of its two places."""
    read = written = "0"
    for name in ("usage_object", "additional_usage_values"):
        usage = _usage.nested(said.get(name))
        details = _usage.nested(usage.get("prompt_tokens_details"))
        for value in (usage.get(READ[0]), details.get(READ[1])):
            read = str(value) if read == "0" and value not in (None, "") else read
        value = usage.get("cache_creation_input_tokens")
        written = str(value) if written == "0" and value not in (None, "") else written
    return read, written


def _utc(value) -> str:
    text = _usage.moment(value)
    return f"{text}Z" if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?", text) else text


def _listed(value) -> str:
    text = (
        value
        if isinstance(value, str)
        else ",".join(map(str, value))
        if isinstance(value, list)
        else ""
    )
    return "" if text in ("[]", "{}") else text
