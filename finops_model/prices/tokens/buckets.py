"""Buckets: the disjoint parts of one request that a vendor prices each by itself (docs/method §5.20).

"Input" has two meanings. OpenAI's and Google's usage counts cached tokens in it, Anthropic's and Bedrock's does not; adding the
cache on top of the first, or taking it off the second, is the field's most common bug. So the bucket is called `uncached_input`,
`input` is only a word for what a vendor reports, and `disjoint` wants to be told which of the two it is. numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import quantities
from ...errors import PriceError, unknown

KINDS = ("audio", "image", "video")  # of tokens, beside text
MILLION, THOUSAND = 1e6, 1e3


@dataclass(frozen=True, slots=True)
class Bucket:
    """One priced part of a request."""

    name: str
    unit: str  # what a quantity counts, spelling of units.py
    per: float  # units a price is for, as price pages write it
    side: str = ""  # input, output, or "" (neither: searches, hours)
    else_as: tuple[
        str, ...
    ] = ()  # without a price of its own it is charged as the first of these that has one
    cached: bool = False  # outside of "input" where the vendor's input excludes the cache

    @property
    def tokens(self) -> bool:
        """Whether it counts tokens: what a price factor (batch, fast, residency) applies to unless told otherwise."""
        return self.unit == "Tokens"


def _input(name: str, *else_as: str, cached: bool = False) -> Bucket:
    return Bucket(name, "Tokens", MILLION, "input", else_as, cached)


def _output(name: str, *else_as: str) -> Bucket:
    return Bucket(name, "Tokens", MILLION, "output", else_as)


BUCKETS: tuple[Bucket, ...] = (
    _input("uncached_input"),
    _input("cache_read", "uncached_input", cached=True),
    _input("cache_write", "uncached_input", cached=True),  # the vendor's own lifetime
    _input("cache_write_5m", "cache_write", "uncached_input", cached=True),
    _input("cache_write_1h", "cache_write", "uncached_input", cached=True),
    _input("input_audio", "uncached_input"),
    _input("cache_read_audio", "cache_read", "input_audio", "uncached_input", cached=True),
    _input("input_image", "uncached_input"),
    _input("cache_read_image", "cache_read", "input_image", "uncached_input", cached=True),
    _input("input_video", "uncached_input"),
    _input("cache_read_video", "cache_read", "input_video", "uncached_input", cached=True),
    _output("output"),  # what is left of it beside the next five
    _output("reasoning", "output"),
    _output("citation", "output"),
    _output("output_audio", "output"),
    _output("output_image", "output"),
    _output("output_video", "output"),
    Bucket(
        "cache_storage", "Token-hours", MILLION
    ),  # tokens kept x hours, an explicit cache's rent
    Bucket("web_searches", "Queries", THOUSAND),
    Bucket("social_searches", "Queries", THOUSAND),
    Bucket("storage_searches", "Queries", THOUSAND),  # file search
    Bucket("rerank_searches", "Queries", THOUSAND),
    Bucket("tool_calls", "Calls", THOUSAND),
    Bucket("code_executions", "Executions", THOUSAND),
    Bucket("requests", "Requests", THOUSAND),
    Bucket("messages", "Messages", THOUSAND),
    Bucket("characters", "Characters", MILLION, "input"),
    Bucket("pixels", "Pixels", 1e9, "input"),
    Bucket("images", "Images", 1.0, "output"),
    Bucket("document_pages", "Pages", THOUSAND, "input"),
    Bucket("annotated_document_pages", "Pages", THOUSAND, "input", ("document_pages",)),
    Bucket("audio_seconds", "Seconds", 3600.0),
    Bucket("input_audio_seconds", "Seconds", 3600.0, "input", ("audio_seconds",)),
    Bucket("output_audio_seconds", "Seconds", 3600.0, "output", ("audio_seconds",)),
    Bucket("video_seconds", "Seconds", 1.0, "output"),
    Bucket("session_hours", "Hours", 1.0),  # an agent's session, while it runs
    Bucket("container_hours", "Hours", 1.0),  # code execution
    Bucket("container_sessions", "Units", 1.0),
    Bucket("storage_gb_days", "GB-days", 1.0),  # files kept for file search
)
NAMES = tuple(bucket.name for bucket in BUCKETS)
INDEX = {name: i for i, name in enumerate(NAMES)}
TOKENS = tuple(bucket.name for bucket in BUCKETS if bucket.tokens)
CONTEXT = tuple(
    bucket.name for bucket in BUCKETS if bucket.tokens and bucket.side == "input"
)  # count towards a cliff
OTHER_WORDS = {
    "input": "uncached_input",
    "cached_input": "cache_read",
    "cached": "cache_read",
    "cache_hit": "cache_read",
    "cache_hits": "cache_read",
    "cache_creation": "cache_write",
    "cache_read_input": "cache_read",
    "cache_creation_input": "cache_write",
    "cache_miss": "uncached_input",
    "input_uncached": "uncached_input",
    "input_cached": "cache_read",
    "output_reasoning": "reasoning",
    "thinking": "reasoning",
    "thoughts": "reasoning",
    "audio_input": "input_audio",
    "audio_output": "output_audio",
    "image_input": "input_image",
    "image_output": "output_image",
    "video_input": "input_video",
    "video_output": "output_video",
    "cached_audio": "cache_read_audio",
    "cached_input_audio": "cache_read_audio",
    "cache_audio_read": "cache_read_audio",
    "cache_image_read": "cache_read_image",
    "cache_video_read": "cache_read_video",
    "file_searches": "storage_searches",
    "searches": "web_searches",
    "web_search": "web_searches",
    "web_search_requests": "web_searches",
    "file_search": "storage_searches",
    "runtime_hours": "session_hours",
    "cache_storage_hours": "cache_storage",
    "code_execution_hours": "container_hours",
    "cache_write_5min": "cache_write_5m",
    "cache_write_1hour": "cache_write_1h",
    "completion": "output",
    "output_citation": "citation",
}


class Buckets(dict):
    """Disjoint buckets {name: tokens}; `untold` {audio, image, video: tokens} of prompts of which some are cached and the record does not say
    which: they are counted among text here, and pricing refuses where that would not be right (docs/method §5.26).
    """

    def __init__(self, tokens: Mapping, untold: Mapping | None = None):
        super().__init__(tokens)
        self.untold = dict(untold or {})


def spell(word: str, where: str = "tokens") -> str:
    """The bucket behind a word of a price page or usage record; `_tokens` at its end may stand or fall.

    Raises PriceError with the nearest match.

    >>> spell("cached_input_tokens"), spell("output"), spell("web_search")
    ('cache_read', 'output', 'web_searches')
    """
    text = str(word).strip().casefold().replace("-", "_").replace(" ", "_")
    for guess in (text, text.removesuffix("_tokens")):
        if guess in INDEX:
            return guess
        if guess in OTHER_WORDS:
            return OTHER_WORDS[guess]
    raise PriceError(unknown(where, "bucket", str(word), NAMES))


def columns(
    usage, buckets: Sequence[str] | None = None, where: str = "tokens"
) -> dict[str, np.ndarray]:
    """Usage as one checked array for each bucket: a mapping, or a matrix (..., bucket) with the names of its columns.

    >>> {name: float(n) for name, n in columns([1.0, 2.0], buckets=["uncached_input", "output"]).items()}
    {'uncached_input': 1.0, 'output': 2.0}
    """
    if isinstance(usage, Mapping):
        pairs = [(spell(name, where), name, value) for name, value in usage.items()]
    else:
        matrix = np.asarray(usage, dtype=float)
        names = tuple(NAMES if buckets is None else buckets)
        if matrix.ndim == 0 or matrix.shape[-1] != len(names):
            raise PriceError(
                f"{where}: usage has shape {matrix.shape} and there are {len(names)} buckets; its last axis must be they."
            )
        pairs = [(spell(name, where), name, matrix[..., i]) for i, name in enumerate(names)]
    by_bucket: dict[str, np.ndarray] = {}
    raw = False
    for name, word, value in pairs:
        if name in by_bucket:
            raise PriceError(
                f"{where}: {name} is given twice, the second time as '{word}'; give it once."
            )
        by_bucket[name] = quantities(f"{where}: {word}", value)
        if name == "uncached_input" and str(word).casefold().removesuffix("_tokens") == "input":
            raw = True
    cached = (
        next(
            (
                name
                for name in by_bucket
                if BUCKETS[INDEX[name]].cached and np.any(by_bucket[name] > 0)
            ),
            "",
        )
        if raw
        else ""
    )
    if cached:
        raise PriceError(
            f"{where}: input is given with {cached}; input may include the cache: call disjoint first, or say uncached_input."
        )
    return by_bucket


def disjoint(
    usage: Mapping,
    input_includes_cached: bool | None = None,
    output_includes_reasoning: bool = True,
    where: str = "tokens",
) -> dict[str, np.ndarray]:
    """Disjoint buckets of usage in which `input` and `output` may hold the others.

    usage                      word -> tokens (or searches, hours): numbers or arrays that broadcast. `input` (`input_tokens`) is
                               what the vendor reports and is taken apart; `uncached_input` is taken as it is
    input_includes_cached      True: OpenAI, Google, genai-prices; False: Anthropic, Bedrock. Needed where both stand
    output_includes_reasoning  False: Gemini reports thoughts beside candidates, xAI reasoning beside completion

    Audio, image and video tokens are always a part of `input` and `output`. Raises PriceError for a part that is greater than
    its whole, and where `input` and a cache stand without a word on what `input` means.

    >>> {name: float(n) for name, n in disjoint({"input": 100, "cache_read": 80, "output": 5}, input_includes_cached=True).items()}
    {'uncached_input': 20.0, 'cache_read': 80.0, 'output': 5.0}
    """
    given, raw = {}, set()
    for word, value in usage.items():
        name = spell(word, where)
        if name in given:
            raise PriceError(
                f"{where}: {name} is given twice, the second time as '{word}'; give it once."
            )
        given[name] = quantities(f"{where}: {word}", value)
        if name == "uncached_input" and not any(
            part in str(word).casefold() for part in ("uncached", "miss")
        ):
            raw.add(name)
    cached = [name for name in given if BUCKETS[INDEX[name]].cached]
    if (
        raw
        and cached
        and input_includes_cached is None
        and any(np.any(given[name] > 0) for name in cached)
    ):
        raise PriceError(
            f"{where}: input and {cached[0]} are given, but not whether input includes the cache; say "
            "input_includes_cached: true (OpenAI, Google) or false (Anthropic, Bedrock)."
        )
    if "uncached_input" in given and raw:
        inside = [
            name
            for name in given
            if name in CONTEXT[1:] and (input_includes_cached or not BUCKETS[INDEX[name]].cached)
        ]
        given["uncached_input"] = _rest(given, "uncached_input", inside, "input", where)
    if "output" in given:
        inside = [
            name
            for name in given
            if name != "output"
            and name in TOKENS
            and BUCKETS[INDEX[name]].side == "output"
            and (output_includes_reasoning or name != "reasoning")
        ]
        given["output"] = _rest(given, "output", inside, "output", where)
    return {name: given[name] for name in NAMES if name in given}


def _rest(given: dict, whole: str, parts: list[str], word: str, where: str) -> np.ndarray:
    """What is left of the whole beside its parts; raises PriceError where they exceed it."""
    inside = sum((given[name] for name in parts), np.zeros(()))
    rest = np.asarray(given[whole] - inside)
    if (rest < 0).any():
        first = tuple(int(i) for i in np.argwhere(rest < 0)[0])
        at = f" at position {first}" if first else ""
        part, total = (
            np.broadcast_to(array, rest.shape)[first] for array in (inside, given[whole])
        )
        hint = (
            " Does input exclude the cache here (Anthropic, Bedrock)?"
            if word == "input" and any("cache" in p for p in parts)
            else " Is reasoning reported apart from output here (Gemini, xAI)?"
            if "reasoning" in parts
            else ""
        )
        raise PriceError(
            f"{where}: {' + '.join(parts)} is {part:,.15g}{at}, more than the {total:,.15g} of {word} that "
            f"it is a part of.{hint}"
        )
    return rest


def divided(
    parts: dict, stated, cached_inside: bool, reasoning_included: bool, where: str
) -> Buckets:
    """Disjoint buckets of parts of which text, audio, image and video divide the input one way and cached or not another (docs/method §5.26).

    stated   whether the record says which of the cached tokens are audio, image, video. Where it does not, they are text as far as text
           reaches; where they reach further, the split is kept as not known, and pricing asks whether it matters.

    >>> parts = {"input": 10, "cache_read": 4, "output": 2, "input_audio": 3, "input_image": 0, "input_video": 0}
    >>> {name: float(n) for name, n in divided(parts, None, True, True, "usage").items()}
    {'uncached_input': 3.0, 'cache_read': 4.0, 'input_audio': 3.0, 'output': 2.0}
    """
    parts, untold = dict(parts), {}
    kinds = {
        kind: np.asarray(parts[f"input_{kind}"], float)
        for kind in KINDS
        if np.any(parts[f"input_{kind}"] > 0)
    }
    read, whole = np.asarray(parts["cache_read"], float), np.asarray(parts["input"], float)
    if kinds and not stated:
        rich = sum(kinds.values())
        written = sum(
            np.asarray(parts[name], float)
            for name in ("cache_write", "cache_write_5m", "cache_write_1h")
            if name in parts
        )
        left = whole - read - written
        reach = (rich > left) & (rich <= whole) & (left >= 0) & (read + written > 0)
        if reach.any():
            all_cached = reach & (read == whole)
            for kind, tokens in kinds.items():
                parts[f"input_{kind}"] = np.where(reach, 0.0, tokens)
                parts[f"cache_read_{kind}"] = np.where(
                    all_cached, tokens, parts[f"cache_read_{kind}"]
                )
                untold[kind] = np.where(reach & ~all_cached, tokens, 0.0)
            parts["cache_read"] = np.where(all_cached, read - rich, read)
    buckets = used(disjoint(parts, cached_inside, reasoning_included, where))
    return Buckets(buckets, {kind: tokens for kind, tokens in untold.items() if np.any(tokens > 0)})


def used(buckets: dict) -> Buckets:
    """Buckets that hold something; input and output always.

    >>> list(used({"uncached_input": np.array(3.0), "cache_read": np.array(0.0), "output": np.array(0.0)}))
    ['uncached_input', 'output']
    """
    always = ("uncached_input", "output")
    names = [name for name, value in buckets.items() if name in always or np.any(value > 0)]
    return Buckets({name: buckets[name] for name in names})
