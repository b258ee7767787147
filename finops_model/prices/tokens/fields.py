"""Words of vendors' usage records that mean tokens: which are understood, and a refusal of the others (docs/method §5.25).

A field that means tokens and is not understood would cost nothing; so it refuses its record. None and zero pass: they hold nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ...checks import quantities
from ...errors import PriceError, unknown

TOKEN_WORD = re.compile(r"(_tokens|[a-z]Tokens|_token_count|[a-z]TokenCount)$")
LIVES = {"ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"}
KINDS = {"text_tokens", "audio_tokens", "image_tokens", "video_tokens"}
READ = (
    "cached_tokens",
    "cache_read_input_tokens",
    "cache_read_tokens",
    "prompt_cache_hit_tokens",
    "cached_input_tokens",
    "num_cached_tokens",
)
WRITTEN = (
    "cache_write_tokens",
    "cache_creation_input_tokens",
    "cache_creation_tokens",
    "cache_write_input_tokens",
)
PROMPT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
MADE_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
MADE = {
    "reasoning_tokens",
    "thinking_tokens",
    "citation_tokens",
    *KINDS,
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
}  # predictions: a part of output
INSIDE = {*READ, *WRITTEN, *KINDS}

UNDERSTOOD: dict[str, dict[tuple[str, ...], set[str]]] = {
    "openai": {
        (): {
            "prompt_tokens",
            "input_tokens",
            "completion_tokens",
            "output_tokens",
            "total_tokens",
            *READ,
            *WRITTEN,
            "prompt_cache_miss_tokens",
            "reasoning_tokens",
            "citation_tokens",
        },
        ("cache_creation",): LIVES,
        ("cache_creation_token_details",): LIVES,
        **{(name,): INSIDE for name in PROMPT_DETAILS},
        **{(name, "cached_tokens_details"): KINDS for name in PROMPT_DETAILS},
        **{(name, "cache_creation_token_details"): LIVES for name in PROMPT_DETAILS},
        **{(name,): MADE for name in MADE_DETAILS},
    },
    "anthropic": {
        (): {
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "total_tokens",
        },
        ("cache_creation",): LIVES,
        ("output_tokens_details",): {"thinking_tokens"},
    },
    "gemini": {
        (): {
            "promptTokenCount",
            "cachedContentTokenCount",
            "candidatesTokenCount",
            "responseTokenCount",
            "toolUsePromptTokenCount",
            "thoughtsTokenCount",
            "totalTokenCount",
        },
        **{
            (name,): {"tokenCount"}
            for name in (
                "promptTokensDetails",
                "cacheTokensDetails",
                "candidatesTokensDetails",
                "responseTokensDetails",
                "toolUsePromptTokensDetails",
            )
        },
    },
    "bedrock": {
        (): {
            "inputTokens",
            "outputTokens",
            "totalTokens",
            "cacheReadInputTokens",
            "cacheWriteInputTokens",
            "cacheReadInputTokenCount",
            "cacheWriteInputTokenCount",
        },
        ("cacheDetails",): {"inputTokens"},
    },
}


def refuse_unknown(usage: Mapping, vendor: str, path: tuple[str, ...] = ()) -> None:
    """Raises PriceError for the first field that means tokens, holds some and is not understood where it stands.

    >>> refuse_unknown({"prompt_tokens": 5, "draft_tokens": 0, "prompt_tokens_details": {"cached_tokens": 2}}, "openai")
    """
    known = UNDERSTOOD[vendor].get(path, set())
    for word, value in usage.items():
        word = str(word)
        if isinstance(value, Mapping):
            refuse_unknown(value, vendor, (*path, word))
        elif (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and any(isinstance(part, Mapping) for part in value)
        ):
            for part in value:
                if isinstance(part, Mapping):
                    refuse_unknown(part, vendor, (*path, word))
        elif TOKEN_WORD.search(word) and word not in known and _holds(value):
            place = ".".join((*path, word))
            raise PriceError(
                unknown(
                    f"usage of {vendor}",
                    "field of tokens",
                    place,
                    [".".join((*path, name)) for name in sorted(known)],
                    f"It holds {_shown(value)} tokens that would cost nothing, so this record has no price: leave the field out if "
                    "another one counts them, or price the buckets yourself.",
                )
            )


def same(where: str, what: str, *given: tuple[str, object]) -> np.ndarray:
    """The number of tokens that one or several fields state; 0 where none does. A field that is 0 says nothing beside one that is not.

    given   (field, number or array or None). Raises PriceError where two of them disagree.
    """
    stated = [
        (name, quantities(f"{where}: {name}", value)) for name, value in given if value is not None
    ]
    if not stated:
        return np.zeros(())
    most, first = stated[0][1], stated[0][0]
    for name, value in stated[1:]:
        if (wrong := (most != value) & (most > 0) & (value > 0)).any():
            at = tuple(np.argwhere(wrong)[0])
            one, other = (np.broadcast_to(array, wrong.shape)[at] for array in (most, value))
            raise PriceError(
                f"{where}: {first} is {one:,.15g} and {name} is {other:,.15g}, and both say {what}; leave out the one that is wrong."
            )
        first = name if not np.any(most > 0) else first
        most = np.maximum(most, value)
    return most


def _holds(value) -> bool:
    if value is None or isinstance(value, bool):
        return False
    try:
        return bool(np.any(np.asarray(value, dtype=float) != 0))
    except (TypeError, ValueError):
        return True


def _shown(value) -> str:
    try:
        return f"{float(np.sum(np.asarray(value, dtype=float))):,.15g}"
    except (TypeError, ValueError):
        return f"'{str(value)[:40]}'"
