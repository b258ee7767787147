"""Raw usage records of vendors as disjoint buckets (docs/method §5.20): what each vendor's "input" and "output" hold.

| vendor | cached tokens | cache writes | reasoning |
|---|---|---|---|
| OpenAI (chat, responses, realtime, images) | inside input | inside input | inside output |
| Anthropic | beside input | beside input, by lifetime | inside output |
| Gemini | inside promptTokenCount | – | beside candidatesTokenCount |
| Bedrock (Converse) | beside inputTokens | beside inputTokens | inside outputTokens |

Records are mappings as the vendor's JSON has them; a number may be an array, one element per request. A field that means tokens and is not understood refuses its
record (tokens/fields.py, §5.25); so do fields that contradict each other. Other fields are left alone: vendors add them. Many records: tokens/records.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ...checks import quantities
from ...errors import PriceError, unknown
from .buckets import KINDS, Buckets, disjoint, divided, used
from .fields import MADE_DETAILS, PROMPT_DETAILS, READ, WRITTEN, refuse_unknown, same

MODALITIES = {"TEXT": "", "AUDIO": "audio", "IMAGE": "image", "DOCUMENT": "image", "VIDEO": "video"}


def from_openai(usage: Mapping, reasoning_included: bool = True) -> Buckets:
    """Usage of OpenAI and of the many who copy its form.

    Chat completions, responses, realtime, images, embeddings.

    Parameters
    ----------
    usage : mapping
        The usage object of a response; numbers or arrays of them.
    reasoning_included : bool, optional
        False: xAI counts reasoning beside completion_tokens.

    Returns
    -------
    Buckets
        Tokens by bucket, same shape; each token in one bucket.

    Raises
    ------
    PriceError
        Numbers that contradict each other, or a field that nobody knows.

    Source
    ------
    docs/method §5.20, §5.25.

    Examples
    --------
    >>> raw = {"prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130}
    >>> raw |= {"prompt_tokens_details": {"cached_tokens": 60}}
    >>> {name: float(n) for name, n in from_openai(raw).items()}
    {'uncached_input': 40.0, 'cache_read': 60.0, 'output': 30.0}
    """
    where = "usage of openai"
    chat = "prompt_tokens" in usage
    if not chat and "input_tokens" not in usage:
        raise PriceError(
            f"{where}: has neither prompt_tokens nor input_tokens; give the usage object of the response."
        )
    refuse_unknown(usage, "openai")

    total_in = same(
        where, "how many tokens went in", *_stated(usage, "prompt_tokens", "input_tokens")
    )
    total_out = same(
        where, "how many tokens came out", *_stated(usage, "completion_tokens", "output_tokens")
    )

    inside, of_output = _details(usage, PROMPT_DETAILS), _details(usage, MADE_DETAILS)
    cached = _details(inside, ("cached_tokens_details",))
    reads = {kind: _read(cached, f"{kind}_tokens", where) for kind in KINDS}
    read = same(
        where,
        "how many tokens came from the cache",
        *_stated(inside, *READ),
        *_stated(usage, *READ),
    )
    written = same(
        where,
        "how many tokens were written to the cache",
        *_stated(inside, *WRITTEN),
        *_stated(usage, *WRITTEN),
    )
    _misses(usage, total_in, read, where)

    lives = _details(usage, ("cache_creation", "cache_creation_token_details")) or _details(
        inside, ("cache_creation_token_details",)
    )
    short, long = (_read(lives, f"ephemeral_{life}_input_tokens", where) for life in ("5m", "1h"))
    if np.any(written > 0):
        written = _less(
            written,
            short + long,
            "cache_creation by lifetime",
            "the tokens written to the cache",
            where,
        )

    cited = same(
        where,
        "how many tokens were cited",
        *_stated(of_output, "citation_tokens"),
        *_stated(usage, "citation_tokens"),
    )

    parts = {
        "input": total_in,
        "output": total_out + cited,
        "cache_write": written,
        "cache_write_5m": short,
        "cache_write_1h": long,
        "cache_read": _less(
            read, sum(reads.values()), "cached_tokens_details", "cached_tokens", where
        ),
        "citation": cited,
        "reasoning": same(
            where,
            "how many tokens were reasoning",
            *_stated(of_output, "reasoning_tokens", "thinking_tokens"),
            *_stated(usage, "reasoning_tokens"),
        ),
    }

    for kind in KINDS:
        parts[f"input_{kind}"] = _less(
            _read(inside, f"{kind}_tokens", where),
            reads[kind],
            f"cached {kind}_tokens",
            f"{kind}_tokens",
            where,
        )
        parts[f"cache_read_{kind}"] = reads[kind]
        parts[f"output_{kind}"] = _read(of_output, f"{kind}_tokens", where)

    _total(
        usage,
        "total_tokens",
        total_in + total_out + (0 if reasoning_included else parts["reasoning"]),
        where,
        " Is reasoning counted apart from completion_tokens (xAI)? Then say so."
        if reasoning_included
        else "",
    )
    return divided(parts, cached, True, reasoning_included, where)


def from_anthropic(usage: Mapping) -> Buckets:
    """Usage of Anthropic's messages: input_tokens excludes the cache; writes by lifetime; web searches of server tools.

    >>> raw = {"input_tokens": 10, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 50, "output_tokens": 7,
    ...        "cache_creation": {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 30}}
    >>> {name: float(n) for name, n in from_anthropic(raw).items()}
    {'uncached_input': 10.0, 'cache_read': 80.0, 'cache_write_5m': 20.0, 'cache_write_1h': 30.0, 'output': 7.0}
    """
    where = "usage of anthropic"
    if "input_tokens" not in usage:
        raise PriceError(f"{where}: has no input_tokens; give the usage object of the response.")
    refuse_unknown(usage, "anthropic")
    written = _details(usage, ("cache_creation",))
    short, long = (_read(written, f"ephemeral_{life}_input_tokens", where) for life in ("5m", "1h"))
    rest = np.zeros(())
    if usage.get("cache_creation_input_tokens") is not None:
        rest = _less(
            _read(usage, "cache_creation_input_tokens", where),
            short + long,
            "cache_creation by lifetime",
            "cache_creation_input_tokens",
            where,
        )
    tools = _details(usage, ("server_tool_use",))
    of_output = _details(usage, ("output_tokens_details",))
    _either(
        usage,
        "total_tokens",
        _read(usage, "input_tokens", where) + _read(usage, "output_tokens", where),
        _read(usage, "cache_read_input_tokens", where) + rest + short + long,
        where,
    )
    return used(
        disjoint(
            {
                "input": _read(usage, "input_tokens", where),
                "cache_read": _read(usage, "cache_read_input_tokens", where),
                "cache_write": rest,
                "cache_write_5m": short,
                "cache_write_1h": long,
                "output": _read(usage, "output_tokens", where),
                "reasoning": _read(of_output, "thinking_tokens", where),
                "web_searches": _read(tools, "web_search_requests", where),
                "code_executions": _read(tools, "code_execution_requests", where),
            },
            False,
            True,
            where,
        )
    )


def from_gemini(usage: Mapping) -> Buckets:
    """Gemini's usageMetadata: prompt holds the cached part, tool results come on top, thoughts stand beside candidates.

    >>> raw = {"promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 20, "thoughtsTokenCount": 5}
    >>> {name: float(n) for name, n in from_gemini(raw).items()}
    {'uncached_input': 60.0, 'cache_read': 40.0, 'output': 20.0, 'reasoning': 5.0}
    """
    where = "usage of gemini"
    usage = _details(usage, ("usageMetadata", "usage_metadata")) or usage
    usage = {_camel(key): value for key, value in usage.items()}
    usage = {
        "candidatesTokenCount": usage.get("responseTokenCount"),
        "candidatesTokensDetails": usage.get("responseTokensDetails"),
    } | usage
    if "promptTokenCount" not in usage:
        raise PriceError(
            f"{where}: has no promptTokenCount; give the usageMetadata of the response."
        )
    refuse_unknown(
        {
            key: [
                {_camel(k): v for k, v in part.items()} if isinstance(part, Mapping) else part
                for part in value
            ]
            if isinstance(value, (list, tuple))
            else value
            for key, value in usage.items()
        },
        "gemini",
    )
    prompt, tool = (
        _read(usage, "promptTokenCount", where),
        _read(usage, "toolUsePromptTokenCount", where),
    )
    out, thoughts = (
        _read(usage, "candidatesTokenCount", where),
        _read(usage, "thoughtsTokenCount", where),
    )
    kinds = {
        name: _modalities(usage.get(name), where)
        for name in (
            "promptTokensDetails",
            "toolUsePromptTokensDetails",
            "cacheTokensDetails",
            "candidatesTokensDetails",
        )
    }
    reads = {kind: kinds["cacheTokensDetails"].get(kind, np.zeros(())) for kind in KINDS}
    parts = {
        "input": prompt + tool,
        "output": out,
        "reasoning": thoughts,
        "cache_read": _less(
            _read(usage, "cachedContentTokenCount", where),
            sum(reads.values()),
            "cacheTokensDetails",
            "cachedContentTokenCount",
            where,
        ),
    }
    for kind in KINDS:
        whole = kinds["promptTokensDetails"].get(kind, 0.0) + kinds[
            "toolUsePromptTokensDetails"
        ].get(kind, 0.0)
        parts[f"input_{kind}"] = _less(
            whole, reads[kind], f"cached {kind}", f"{kind} of the prompt", where
        )
        parts[f"cache_read_{kind}"] = reads[kind]
        parts[f"output_{kind}"] = kinds["candidatesTokensDetails"].get(kind, np.zeros(()))
    _total(usage, "totalTokenCount", prompt + tool + out + thoughts, where)
    return divided(parts, usage.get("cacheTokensDetails"), True, False, where)


def from_bedrock(usage: Mapping) -> Buckets:
    """Usage of Amazon Bedrock's Converse: inputTokens excludes cacheReadInputTokens and cacheWriteInputTokens.

    >>> raw = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 90}
    >>> {name: float(n) for name, n in from_bedrock(raw).items()}
    {'uncached_input': 10.0, 'cache_read': 90.0, 'output': 5.0}
    """
    where = "usage of bedrock"
    if "inputTokens" not in usage:
        raise PriceError(f"{where}: has no inputTokens; give the usage of the Converse response.")
    refuse_unknown(usage, "bedrock")
    lives = {
        str(part.get("ttl")): _read(part, "inputTokens", where)
        for part in usage.get("cacheDetails") or []
    }
    for life, tokens in lives.items():
        if life not in ("5m", "1h") and np.any(tokens > 0):
            raise PriceError(unknown(where, "lifetime of a cache write", life, ("5m", "1h")))
    known = {life: lives.get(life, np.zeros(())) for life in ("5m", "1h")}
    writes, reads = (
        _stated(usage, f"cache{way}InputTokens", f"cache{way}InputTokenCount")
        for way in ("Write", "Read")
    )
    written = same(where, "how many tokens were written to the cache", *writes)
    if any(value is not None for _, value in writes):
        written = _less(
            written, known["5m"] + known["1h"], "cacheDetails", "cacheWriteInputTokens", where
        )
    plain, out = (_read(usage, name, where) for name in ("inputTokens", "outputTokens"))
    read = same(where, "how many tokens came from the cache", *reads)
    _either(usage, "totalTokens", plain + out, read + written + known["5m"] + known["1h"], where)
    return used(
        disjoint(
            {
                "input": plain,
                "cache_read": read,
                "cache_write": written,
                "cache_write_5m": known["5m"],
                "cache_write_1h": known["1h"],
                "output": out,
            },
            False,
            True,
            where,
        )
    )


VENDORS: dict[str, Callable] = {
    "openai": from_openai,
    "anthropic": from_anthropic,
    "gemini": from_gemini,
    "bedrock": from_bedrock,
}


def from_vendor(vendor: str, usage: Mapping, **more) -> Buckets:
    """Disjoint buckets of a vendor's raw usage; raises PriceError for an unknown vendor, with the nearest match."""
    if vendor not in VENDORS:
        raise PriceError(unknown("tokens", "usage record", str(vendor), VENDORS))
    if not isinstance(usage, Mapping):
        raise PriceError(
            f"usage of {vendor}: is {str(usage)[:40]}; give the usage object of the response."
        )
    return VENDORS[vendor](usage, **more)


def _read(usage: Mapping, name: str, where: str) -> np.ndarray:
    value = usage.get(name)
    return np.zeros(()) if value is None else quantities(f"{where}: {name}", value)


def _details(usage: Mapping, names: tuple[str, ...]) -> Mapping:
    return next((usage[name] for name in names if isinstance(usage.get(name), Mapping)), {})


def _less(whole, part, part_name: str, whole_name: str, where: str) -> np.ndarray:
    rest = np.asarray(whole - part)
    if (rest < 0).any():
        at = tuple(np.argwhere(rest < 0)[0])
        part, whole = (np.broadcast_to(array, rest.shape)[at] for array in (part, whole))
        raise PriceError(
            f"{where}: {part_name} add up to {part:,.15g}, more than the {whole:,.15g} of {whole_name} that they are a "
            "part of."
        )
    return rest


def _stated(usage: Mapping, *names: str) -> list[tuple[str, object]]:
    return [(name, usage.get(name)) for name in names if name in usage]


def _misses(usage: Mapping, total_in, read, where: str) -> None:
    """DeepSeek's words: what came from the cache and what did not are the whole prompt."""
    if usage.get("prompt_cache_miss_tokens") is None:
        return
    missed = _read(usage, "prompt_cache_miss_tokens", where)
    if (wrong := np.asarray(read + missed != total_in)).any():
        at = tuple(np.argwhere(wrong)[0])
        hit, miss, whole = (
            np.broadcast_to(array, wrong.shape)[at] for array in (read, missed, total_in)
        )
        raise PriceError(
            f"{where}: cache hits of {hit:,.15g} and prompt_cache_miss_tokens of {miss:,.15g} are not the {whole:,.15g} tokens of the prompt."
        )


def _either(usage: Mapping, name: str, plain, cache, where: str) -> None:
    """A total with or without the cache, as gateway and model have it."""
    if (
        usage.get(name) is not None
        and not (
            (_read(usage, name, where) == plain + cache) | (_read(usage, name, where) == plain)
        ).all()
    ):
        _total(usage, name, plain + cache, where)


def _total(usage: Mapping, name: str, parts: np.ndarray, where: str, hint: str = "") -> None:
    if usage.get(name) is None:
        return
    total = _read(usage, name, where)
    if (wrong := np.asarray(total != parts)).any():
        at = tuple(np.argwhere(wrong)[0])
        stated, summed = (np.broadcast_to(array, wrong.shape)[at] for array in (total, parts))
        raise PriceError(
            f"{where}: {name} is {stated:,.15g}, but its parts add up to {summed:,.15g}.{hint}"
        )


def _modalities(details, where: str) -> dict[str, np.ndarray]:
    counts: dict[str, np.ndarray] = {}
    for part in details or []:
        kind = MODALITIES.get(str(part.get("modality")))
        if kind is None:
            raise PriceError(unknown(where, "modality", str(part.get("modality")), MODALITIES))
        if kind:
            counts[kind] = counts.get(kind, 0.0) + _read(
                {_camel(key): value for key, value in part.items()}, "tokenCount", where
            )
    return counts


def _camel(name: str) -> str:
    head, *rest = str(name).split("_")
    return head + "".join(word.title() for word in rest)
