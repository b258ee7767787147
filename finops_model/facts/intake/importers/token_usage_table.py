"""A table of tokens by day and model: day, model, requests, uncached_input_tokens, output_tokens and, where known, the other columns.

The form for a log of one's own, and that of the sample company (data/samples/token_usage.parquet): vendor, workload, cached input,
cache writes, batch. Meters stand side by side: nothing of one column is in another. A column of another kind of tokens refuses the rows
that count some; total_tokens repeats the others.
"""

from __future__ import annotations

import datetime as dt

from ..files.readers import Source
from . import Usage, _usage

TITLE = "Token usage table (day, model, requests, uncached_input_tokens, output_tokens)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "vendor"
SIGN = ("day", "model", "requests", "uncached_input_tokens", "output_tokens")
KINDS = ("uncachedinputtokens", "cachedinputtokens", "cachewritetokens", "outputtokens")
KEEP = frozenset(
    "day model requests uncachedinputtokens cachedinputtokens cachewritetokens outputtokens vendor workload batch team project".split()
)


def recognise(source: Source) -> bool:
    """The five columns of SIGN."""
    return _usage.has(source, *SIGN)


def read(source: Source) -> Usage:
    """A row per line and meter."""
    counted = frozenset(word for word in _usage.words(source) if "tokens" in word)
    return _usage.collect(
        source, "Token usage table", _usage.rows(source, KEEP | counted, frozenset()), _rows
    )


def _rows(line: dict) -> list[dict]:
    _usage.refuse_unknown_tokens(line, (*KINDS, "totaltokens"))
    day = str(line.get("day", ""))[:10]
    try:
        end = (dt.date.fromisoformat(day) + dt.timedelta(1)).isoformat()
    except (ValueError, OverflowError):
        raise _usage.Refused("day", f"{_usage.quoted(day)} is no day") from None
    base = {
        "UsageStart": day,
        "UsageEnd": end,
        "ServiceProviderName": line.get("vendor"),
        "x_Model": line.get("model"),
        "SubAccountId": line.get("project"),
        "x_Job": line.get("workload"),
        "x_Tier": "batch" if str(line.get("batch", "")).casefold() in ("true", "1") else "",
        "Tags": _usage.tags(workload=line.get("workload"), team=line.get("team")),
    }
    return _usage.metered(
        base,
        {
            "input": _usage.count(line, "uncachedinputtokens"),
            "cached_input": _usage.count(line, "cachedinputtokens"),
            "cache_write": _usage.count(line, "cachewritetokens"),
            "output": _usage.count(line, "outputtokens"),
            "requests": _usage.count(line, "requests"),
        },
    )
