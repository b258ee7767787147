"""Reads the package genai-prices once and freezes it as a snapshot: the only place that imports it (docs/method §5.21).

    python -m finops_model.prices.tokens.refresh [file] [--made YYYY-MM-DD]

Every price is asked of the package's own `get_prices` at each of its dates and times of day, so that its order of precedence
is its own. A price key that no bucket stands for stops the run: nothing is dropped.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from ...errors import PriceError
from .buckets import BUCKETS, NAMES
from .table import CORRECTIONS, SNAPSHOT, TokenTable, load_tokens
from .told import odd

PRICE_KEYS = {  # genai-prices -> bucket; its prices are for the same number of units as ours
    "input_mtok": "uncached_input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "cache_image_read_mtok": "cache_read_image",
    "input_video_mtok": "input_video",
    "cache_video_read_mtok": "cache_read_video",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "output_citation_mtok": "citation",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
    "output_video_mtok": "output_video",
    "web_searches_kcount": "web_searches",
    "social_searches_kcount": "social_searches",
    "storage_searches_kcount": "storage_searches",
    "rerank_searches_kcount": "rerank_searches",
    "code_executions_kcount": "code_executions",
    "requests_kcount": "requests",
    "input_text_messages_kcount": "messages",
    "input_mchars": "characters",
    "input_gpixels": "pixels",
    "input_document_kpages": "document_pages",
    "input_annotated_document_kpages": "annotated_document_pages",
    "audio_hours": "audio_seconds",
    "input_audio_hours": "input_audio_seconds",
    "output_audio_hours": "output_audio_seconds",
}
MINIMUM_SECONDS = {
    ("groq", "whisper-large-v3"): 10.0,
    ("groq", "whisper-large-v3-turbo"): 10.0,
}  # in the package's code, not data
MIDNIGHT = time(0, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def snapshot(made: str) -> bytes:
    """The installed genai-prices as the bytes of a snapshot.

    made   day it is made, YYYY-MM-DD, for the passport; the same package and day give the same bytes
    """
    try:
        import genai_prices
        from genai_prices.data import providers
        from genai_prices.units import _get_registry
    except ImportError:
        raise PriceError(
            "tokens: the package genai-prices is not installed; install the locked requirements, then refresh."
        ) from None
    units = _get_registry()
    for key, bucket in PRICE_KEYS.items():
        per = next(b.per for b in BUCKETS if b.name == bucket)
        if units.unit_for_price_key(key).per != per:
            raise PriceError(
                f"tokens: genai-prices {genai_prices.__version__} prices {key} per {units.unit_for_price_key(key).per}, "
                f"our bucket {bucket} per {per:g}; bring tokens/buckets.py in line first."
            )
    lines = [_line(_record(provider, model)) for provider in providers for model in provider.models]
    body = "".join(line + "\n" for line in lines).encode()
    passport = {
        "what": "token prices: one line per model; offers[context] = [[since, second of the UTC day, {bucket: USD per its units or "
        "[[above input tokens of the request, USD], ...]}], ...]",
        "source": "genai-prices",
        "version": genai_prices.__version__,
        "made": made,
        "currency": "USD",
        "licence": "MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
        "models": len(lines),
        "sha256": hashlib.sha256(body).hexdigest(),
        "providers": [_provider(provider) for provider in providers],
    }
    return (_line(passport) + "\n").encode() + body


def write_snapshot(path: str | os.PathLike = SNAPSHOT, made: str = "") -> Path:
    """Writes `snapshot` to a file, whole or not at all (temporary name, then rename); `made` empty: today."""
    path = Path(path)
    data = snapshot(made or date.today().isoformat())
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def changes(old: TokenTable, new: TokenTable, day: str) -> list[dict]:
    """What a refresh moves: standard and context prices on a day.

    Parameters
    ----------
    old, new : TokenTable
        The table that is there, and the one that would come; both as frozen, without corrections.
    day : str
        YYYY-MM-DD.

    Returns
    -------
    list of dict
        One for each difference: provider, model, context, bucket, above (0: the first tier), old,
        new (None: not there).

    Source
    ------
    docs/method §4.5.

    Examples
    --------
    >>> from finops_model.prices.tokens.cost import load_tokens
    >>> table = load_tokens()
    >>> changes(table, table, "2026-10-31")
    []
    """
    before, after = (
        _on(table.frozen or table, day) for table in (old, new)
    )  # as frozen: our corrections are no news
    moved = []
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            moved.append(
                dict(zip(("provider", "model", "context", "bucket", "above"), key))
                | {"old": before.get(key), "new": after.get(key)}
            )
    return moved


def _on(table: TokenTable, day: str) -> dict[tuple, float]:
    """(provider, model, context, bucket, above) -> price of its own on a day, at the end of the day."""
    prices = {}
    for model, context in table.offers:
        record = table.records[model]
        now = [
            sheet for since, _, sheet in record["offers"][context] if since is None or since <= day
        ]
        for bucket, price in (now[-1] if now else {}).items():
            for above, value in price if isinstance(price, list) else [[0, price]]:
                prices[record["provider"], record["model"], context, bucket, above] = value
    return prices


def _line(data: dict) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _provider(provider) -> dict:
    more = {
        "alias": _rule(provider.provider_match),
        "models": _rule(provider.model_match),
        "lends_from": provider.fallback_model_providers,
    }
    return {"provider": provider.id} | {key: value for key, value in more.items() if value}


def _rule(clause):
    """A clause of the package as plain data."""
    if clause is None:
        return None
    [(name, value)] = vars(clause).items()
    return {name.rstrip("_"): [_rule(part) for part in value] if isinstance(value, list) else value}


def _record(provider, model) -> dict:
    offers = {"": _segments(model, None)}
    for variant in model.price_variants or ():
        context = ",".join(f"{key}={value}" for key, value in variant.when.items())
        if len(variant.when) > 1:
            raise PriceError(
                f"tokens: {provider.id}/{model.id} has a price for {context}: two keys at once. Teach tokens/table.py "
                "how they combine first."
            )
        if context not in offers:
            segments = _segments(model, dict(variant.when))
            if segments and any(
                vars(other.prices) for other in model.price_variants if other.when == variant.when
            ):
                offers[context] = segments
    record = {"provider": provider.id, "model": model.id, "match": _rule(model.match)}
    if model.context_window:
        record["window"] = model.context_window
    if (provider.id, model.id) in MINIMUM_SECONDS:
        record["minimum_seconds"] = MINIMUM_SECONDS[provider.id, model.id]
    return record | {"offers": offers}


def _segments(model, context: dict | None) -> list:
    """[[since, second of the day, prices]] in order; neighbours that are equal are one. A context without own price: left out."""
    parts = [
        *(model.prices if isinstance(model.prices, list) else []),
        *(model.price_variants or ()),
    ]
    constraints = [part.constraint for part in parts if part.constraint is not None]
    days = sorted({c.start_date for c in constraints if hasattr(c, "start_date")})
    times = {MIDNIGHT}
    for constraint in constraints:
        for edge in ("start_time", "end_time"):
            if hasattr(constraint, edge):
                times.add(
                    datetime.combine(date(1970, 1, 1), getattr(constraint, edge))
                    .astimezone(UTC)
                    .timetz()
                )
    segments: list[list] = []  # [day, second, prices]
    for day in (None, *days):
        group: list[list] = []
        for turn in sorted(times):
            seconds = turn.hour * 3600 + turn.minute * 60 + turn.second
            at = datetime.combine(day, turn) if day else LONG_AGO + timedelta(seconds=seconds)
            if context and not any(
                variant.when == context
                and (variant.constraint is None or variant.constraint.active(at))
                for variant in model.price_variants
            ):
                continue
            sheet = _sheet(model.get_prices(at, context))
            if not group or group[-1][2] != sheet:
                group.append([day.isoformat() if day else None, seconds, sheet])
        last = (
            [segment[1:] for segment in segments if segment[0] == segments[-1][0]]
            if segments
            else None
        )
        if [segment[1:] for segment in group] != last:
            segments += group
    return segments


def _sheet(prices) -> dict:
    """{bucket: price} of a ModelPrice, in the order of our buckets."""
    sheet = {}
    for key, value in vars(prices).items():
        if value is None:
            continue
        if key not in PRICE_KEYS:
            raise PriceError(
                f"tokens: genai-prices has a price '{key}' that no bucket stands for; add one to tokens/buckets.py."
            )
        tiers = getattr(value, "tiers", None)
        sheet[PRICE_KEYS[key]] = (
            float(value)
            if tiers is None
            else [[0, float(value.base)], *([tier.start, float(tier.price)] for tier in tiers)]
        )
    return {name: sheet[name] for name in NAMES if name in sheet}


if __name__ == "__main__":
    words = sys.argv[1:]
    when = words.pop(words.index("--made") + 1) if "--made" in words else ""
    places = [word for word in words if word != "--made"]
    written = write_snapshot(places[0] if places else SNAPSHOT, made=when)
    print(written, *odd(load_tokens(written, CORRECTIONS)), sep="\n")
