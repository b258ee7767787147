"""Invocation logs of Amazon Bedrock (JSON lines): a row per request; what was asked and answered is never looked at.

inputTokenCount excludes what was read from and written to the cache. A requestId that comes twice is refused the second time. Source:
Amazon Bedrock user guide, Monitor model invocation (schema ModelInvocationLog 1.0).
"""

from __future__ import annotations

from ..files.readers import Source
from . import Usage, _usage

TITLE = "Amazon Bedrock invocation log (JSON lines)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "vendor"
SIGN = ("schemaType", "modelId", "requestId", "timestamp")

ASKED = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
MADE = ("outputTokenCount",)


def recognise(source: Source) -> bool:
    """schemaType, modelId, requestId, timestamp, in JSON."""
    return source.kind in ("jsonl", "json") and _usage.has(source, *SIGN)


def read(source: Source) -> Usage:
    """A row per request and meter."""
    once = _usage.Once()
    if source.kind == "json" and isinstance(source.document, dict):
        records = iter([{**source.document, "x_Row": 1}])
    else:
        records = _usage.objects(source)
    return _usage.collect(source, "Bedrock invocation log", records, lambda line: _rows(line, once))


def _rows(line: dict, once: _usage.Once) -> list[dict]:
    request = str(line.get("requestId") or "")
    if not request:
        raise _usage.Refused("requestId", "is empty")
    once.check("requestId", request)
    asked, made = (_usage.nested(line.get(name)) for name in ("input", "output"))
    _usage.refuse_unknown_tokens(asked, ASKED, "input.")
    _usage.refuse_unknown_tokens(made, MADE, "output.")
    who = _usage.nested(line.get("identity"))
    labels = {
        str(name): str(value) for name, value in _usage.nested(line.get("requestMetadata")).items()
    }
    base = {
        "UsageStart": line.get("timestamp"),
        "UsageEnd": line.get("timestamp"),
        "ServiceProviderName": "AWS",
        "x_Model": line.get("modelId"),
        "SubAccountId": line.get("accountId"),
        "x_Key": who.get("arn"),
        "x_Request": request,
        "x_Name": request,
        "Tags": _usage.tags(**{"region": line.get("region"), **labels}),
    }
    return _usage.metered(
        base,
        {
            "input": _usage.count(asked, "inputTokenCount"),
            "cached_input": _usage.count(asked, "cacheReadInputTokenCount"),
            "cache_write": _usage.count(asked, "cacheWriteInputTokenCount"),
            "output": _usage.count(made, "outputTokenCount"),
            "requests": _usage.count({"n": "1"}, "n"),
        },
    )
