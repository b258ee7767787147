"""OpenAI usage: the report of /v1/organization/usage/completions (JSON) and the table of the usage dashboard (CSV).

input_tokens includes what was cached and what was written to the cache, so these are taken out of it. Older versions of the
reference say that audio stands beside input_tokens, newer ones that it is inside: a result with audio or images is read where its
parts add up (input_text_tokens is there), else refused. A bucket without results is a day without use, not a missing one. Times are
seconds since 1970, UTC. Usage does not reconcile with costs to the cent: money comes from the costs alone. Source: OpenAI API
reference, Usage, Completions (OpenAPI document 2.3.0, UsageCompletionsResult).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..files.readers import Source
from . import Usage, _console, _json, _usage

TITLE = "OpenAI usage (JSON report, CSV of the dashboard)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "vendor"
SIGN = ("input_tokens", "output_tokens", "input_cached_tokens", "num_model_requests", "model")
KNOWN = {
    "inputtokens",
    "outputtokens",
    "inputcachedtokens",
    "inputaudiotokens",
    "outputaudiotokens",
    "inputcachewritetokens",
    "inputuncachedtokens",  # what is computed here
    "inputtexttokens",  # parts of input, output and cached input
    "outputtexttokens",
    "inputcachedtexttokens",
    "inputcachedaudiotokens",
    "inputimagetokens",
    "inputcachedimagetokens",
    "outputimagetokens",
}


def recognise(source: Source) -> bool:
    """A table or a report of results with tokens, cached tokens and requests, and no amount."""
    return _usage.has(source, *SIGN[:4]) and not _usage.words(source) & {"amountvalue", "spend"}


def read(source: Source) -> Usage:
    """A row per result and meter."""
    if source.kind != "json":
        return _usage.collect(source, "OpenAI usage table", _console.lines(source), _rows)
    source.broken.clear()
    usage = _usage.collect(source, "OpenAI usage", _results(source), _rows)
    days = source.document.get("data") if isinstance(source.document, dict) else None
    quiet = [one for one in days or () if isinstance(one, dict) and one.get("results") == []]
    if quiet:
        first = _usage.moment(quiet[0].get("start_time"))[:10]
        days = "1 day" if len(quiet) == 1 else f"{len(quiet):,} days"
        usage.notes.append(f"{days} without use (first {first}): known to be nothing, not missing")
    usage.notes += _json.pages(source)
    return usage


def _results(source: Source) -> Iterator[dict]:
    for bucket, line in _json.results(source):
        times = {name: bucket.get(name) for name in ("start_time", "end_time")}
        yield {**_usage.flat({**line, **times}), "x_Row": line["x_Row"]}


def _rows(line: dict) -> list[dict]:
    _usage.refuse_unknown_tokens(line, KNOWN)
    start, end = (
        _usage.moment(line.get(f"{name}timeiso") or line.get(f"{name}time"))
        for name in ("start", "end")
    )
    batch = str(line.get("batch", "")).casefold() in ("true", "1")
    tier = str(line.get("servicetier", "")).casefold()
    base = {
        "UsageStart": start,
        "UsageEnd": end,
        "ServiceProviderName": "OpenAI",
        "x_Model": line.get("model"),
        "SubAccountId": line.get("projectid"),
        "x_Key": _usage.key(line.get("apikeyid")),
        "x_Tier": "batch" if batch else tier if tier not in ("default", "auto") else "",
        "Tags": _usage.tags(project=line.get("projectname"), user=line.get("userid")),
    }
    return _usage.metered(base, _meters(line))


def _meters(line: dict) -> dict[str, Decimal]:
    count = {name: _usage.count(line, name) for name in KNOWN}
    heard, spoken = count["inputaudiotokens"], count["outputaudiotokens"]
    if heard or spoken or count["inputimagetokens"] or count["outputimagetokens"]:
        for way in ("input", "output"):
            kinds = (count[f"{way}{kind}tokens"] for kind in ("text", "audio", "image"))
            if sum(kinds, Decimal(0)) != count[f"{way}tokens"]:
                raise _usage.Refused(
                    f"{way}tokens",
                    f"{_usage.quoted(line.get(f'{way}tokens'))}: tokens of audio or images are there, and its parts do not add up to it, so it is "
                    "not known whether it holds them; export the report with the tokens of text",
                )
    of_cache = count["inputcachedaudiotokens"]
    return {
        "input": _usage.without(line, "inputtokens", "inputcachedtokens", "inputcachewritetokens")
        - (heard - of_cache),
        "cached_input": count["inputcachedtokens"],
        "cache_write": count["inputcachewritetokens"],
        "output": count["outputtokens"] - spoken,
        "input_audio": heard - of_cache,
        "output_audio": spoken,
        "requests": _usage.count(line, "nummodelrequests"),
    }
