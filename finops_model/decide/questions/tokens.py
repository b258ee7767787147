"""What raw usage records and images cost by a model's dated prices: `finops prices tokens`, `finops prices image` (docs/method §3.57)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import FinOpsError, InputError, PriceError, unknown
from ...prices.tokens.buckets import Buckets
from ...prices.tokens.cost import token_cost
from ...prices.tokens.images import by_rule, image_tokens
from ...prices.tokens.records import price_records
from ...prices.tokens.table import TokenTable, load_tokens
from ...prices.tokens.usage import VENDORS
from .answer import Answer

INSIDE = ("usage", "usageMetadata", "usage_metadata")  # where a response keeps its usage
DAYS = ("created", "created_at", "timestamp", "createTime")
MARKS = {  # a word that only this vendor's records have
    "gemini": ("promptTokenCount", "prompt_token_count"),
    "bedrock": ("inputTokens",),
    "anthropic": ("cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"),
    "openai": ("prompt_tokens", "input_tokens_details", "total_tokens"),
}
MOST = 5  # refused records that are told one by one
NONE = "There is none: records say what was used."


def read_records(path: Path) -> list[Mapping]:
    """Records of a file: a JSON list, one JSON object a line, or an object whose `data` is the list."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; give a file of usage records as JSON.")
    text = path.read_text(encoding="utf-8-sig", errors="replace").strip()
    if not text:
        raise InputError(f"{path}: is empty; give usage records as JSON, one a line or a list.")
    try:
        whole = json.loads(text)
        records = whole.get("data", [whole]) if isinstance(whole, dict) else whole
    except ValueError:
        records = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                records.append(json.loads(line))
            except ValueError:
                raise InputError(
                    f"{path}:{number}: '{line.strip()[:40]}' is no JSON; give one record a line, or a list of them."
                ) from None
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise InputError(
            f"{path}: holds no records; give a list of usage objects, each {{name: number}} as the vendor's response has it."
        )
    if not records:
        raise InputError(f"{path}: holds no record; give at least one.")
    return records


def of_records(
    records: Sequence[Mapping],
    model: str = "",
    *,
    vendor: str = "",
    provider: str = "",
    context: str = "",
    when: str = "",
    discount: float = 0.0,
    reasoning_apart: bool = False,
    table: TokenTable | None = None,
) -> Answer:
    """What usage records cost: money and tokens by model and bucket; a record that cannot be priced is told and counted nowhere.

    vendor   whose words the records use; empty: seen from their words. model, when: of records that say none
    reasoning_apart   reasoning stands beside completion_tokens (xAI) and not within
    """
    if vendor and vendor not in VENDORS:
        raise PriceError(unknown("tokens", "vendor", vendor[:40], VENDORS))
    table = table if table is not None else load_tokens()
    if not model and not any("model" in one for one in records):
        raise PriceError(
            "tokens: no record names its model; say --model, for example --model gpt-5.4."
        )
    if model:
        table.offer(model, provider, context or None)  # says what is wrong with it, once
    refused: dict[int, str] = {}
    groups: dict[str, list[tuple[int, Mapping, int, str | None]]] = {}
    for at, record in enumerate(records):
        usage = next((record[key] for key in INSIDE if isinstance(record.get(key), dict)), record)
        usage = {key: value for key, value in usage.items() if key not in ("model", *DAYS)}
        try:
            words = vendor or _vendor(usage)
            name = str(record.get("model") or model)
            offer = table.offer(name, provider if name == model else "", context or None)
            groups.setdefault(words, []).append((at, usage, offer, when or _day(record)))
        except FinOpsError as problem:
            refused[at] = str(problem)
    rows: dict[tuple[str, str], list[float]] = {}
    total = 0.0
    for words, members in groups.items():
        ats, usages, offers, days = (list(column) for column in zip(*members, strict=True))
        dated = any(days)
        whens = days if all(days) else None
        if dated and whens is None:
            for at, day in zip(ats, days, strict=True):
                if not day:
                    refused[at] = "tokens: this record has no day and others have; say --when."
        reading = {"reasoning_included": False} if reasoning_apart and words == "openai" else None
        priced = price_records(
            table, offers, usages, whens, vendor=words, reading=reading, discount=discount
        )
        for place, reason in priced.refused:
            refused.setdefault(ats[place], reason)
        kept = [i for i, at in enumerate(ats) if at not in refused]
        total += float(priced.cost[kept].sum())
        _add(rows, table, priced.buckets, kept, offers, whens, discount)
    return _answer(records, rows, refused, total, table.currency, groups)


def token_records(
    records: Sequence[Mapping] | str | os.PathLike,
    model: str = "",
    *,
    vendor: str = "",
    provider: str = "",
    context: str = "",
    when: str = "",
    discount: float = 0.0,
    reasoning_apart: bool = False,
) -> Answer:
    """What raw usage records cost, by model and bucket.

    Parameters
    ----------
    records : list of mapping or path
        Usage objects as a vendor's responses have them, or a JSON file of them.
    model : str, optional
        Of records that name none.
    vendor : str, optional
        openai, anthropic, gemini or bedrock; seen from the words where nothing is said.
    provider : str, optional
        Who sells the model, where several do.
    context : str, optional
        How it was bought: batch, flex, priority.
    when : str, optional
        Day of the records; else their own.
    discount : float, optional
        Negotiated share off list prices.
    reasoning_apart : bool, optional
        Reasoning stands beside completion_tokens (xAI).

    Returns
    -------
    Answer
        Sentence, table, refused records.

    Raises
    ------
    PriceError
        An unknown model or vendor, with the nearest match.
    InputError
        A file that holds no records.

    Source
    ------
    docs/method §3.57, §5.25.

    Examples
    --------
    >>> answer = token_records([{"prompt_tokens": 100_000, "completion_tokens": 10_000}], "gpt-5.4")
    >>> round(answer.figures["cost"], 6) == 0.4, answer.figures["refused"]
    (True, [])
    """
    if isinstance(records, (str, os.PathLike)):
        records = read_records(Path(records))
    return of_records(
        records,
        model,
        vendor=vendor,
        provider=provider,
        context=context,
        when=when,
        discount=discount,
        reasoning_apart=reasoning_apart,
    )


def _add(rows, table, buckets: Buckets, kept, offers, whens, discount) -> None:
    """Adds tokens and money by model and bucket."""
    if not kept:
        return
    own = Buckets(
        {name: np.asarray(value)[kept] for name, value in buckets.items()},
        {name: np.asarray(value)[kept] for name, value in buckets.untold.items()},
    )
    chosen = np.array([offers[i] for i in kept])
    days = None if whens is None else [whens[i] for i in kept]
    costs = token_cost(table, chosen, own, days, discount=discount, parts=True)
    for offer in dict.fromkeys(chosen.tolist()):
        here = chosen == offer
        for name, cost in costs.items():
            amount = np.broadcast_to(own.get(name, np.ones(len(kept))), here.shape)[here].sum()
            if amount or np.any(cost[here]):
                entry = rows.setdefault((table.name(offer), name), [0.0, 0.0])
                entry[0] += float(amount)
                entry[1] += float(cost[here].sum())


def _answer(records, rows, refused, total, currency, groups) -> Answer:
    count = len(records) - len(refused)
    frame = pd.DataFrame(
        [
            {"model": model, "tokens of": name.replace("_", " "), "tokens": tokens, "cost": cost}
            for (model, name), (tokens, cost) in sorted(rows.items(), key=lambda row: -row[1][1])
        ],
        columns=["model", "tokens of", "tokens", "cost"],
    )
    first = frame.iloc[0] if len(frame) else None
    told = [f"Record {at + 1}: {reason}" for at, reason in sorted(refused.items())[:MOST]]
    if len(refused) > MOST:
        told.append(
            f"… and {len(refused) - MOST:,} more records that were refused (--json has all)."
        )
    out = (
        f"; {len(refused):,} {'was' if len(refused) == 1 else 'were'} refused and cost nothing here"
        if refused
        else ""
    )
    return Answer(
        question="tokens",
        sentence=f"{count:,} of {len(records):,} records cost {total:,.6f} {currency}{out}.",
        table=frame,
        forms={"tokens": "units", "cost": "units"},
        range="There is none: every record is counted.",
        reason=(
            f"Most of it, {first['cost'] / total:.0%}, is {first['tokens of']} of {first['model']}."
            if first is not None and total
            else "No record has a price."
        ),
        next_best=NONE,
        currency=currency,
        notes=(
            *told,
            f"Read as usage of {', '.join(groups)}." if groups else "No record was read.",
        ),
        figures={
            "cost": total,
            "priced": count,
            "refused": [
                {"record": at + 1, "reason": reason} for at, reason in sorted(refused.items())
            ],
        },
    )


def of_image(
    model: str,
    width: int,
    height: int,
    *,
    detail: str = "high",
    rule: str = "",
    images: float = 1.0,
    when: str = "",
    table: TokenTable | None = None,
) -> Answer:
    """Tokens of an image and what they cost as input of a model.

    rule   tiles, patches, anthropic, gemini; empty: the one of the model's vendor
    """
    table = table if table is not None else load_tokens()
    offer = table.offer(model)
    name = table.name(offer)
    chosen = rule or next(
        (word for word in ("anthropic", "gemini") if word in name.replace("claude", "anthropic")),
        "",
    )
    each = (
        by_rule(chosen, float(width), float(height))
        if chosen
        else image_tokens(name.rpartition("/")[2], float(width), float(height), detail)
    )
    tokens = float(each) * images
    cost = float(token_cost(table, offer, {"uncached_input": float(each)}, when or None)) * images
    return Answer(
        question="image",
        sentence=f"{images:,.10g} image{'' if images == 1 else 's'} of {width} × {height} pixels {'is' if images == 1 else 'are'} "
        f"{tokens:,.10g} tokens and cost{'s' if images == 1 else ''} {cost:,.6f} {table.currency} as input of {name}.",
        table=pd.DataFrame(
            [
                {
                    "model": name,
                    "rule": chosen or "the model's own",
                    "tokens of an image": float(each),
                    "cost": cost,
                }
            ]
        ),
        forms={"tokens of an image": "units", "cost": "units"},
        range="There is none: the vendor's rule counts them.",
        reason="Tokens go by the size in pixels; a smaller image, or low detail where the model has it, costs less.",
        next_best="There is none.",
        currency=table.currency,
        figures={"tokens": tokens, "tokens_each": float(each), "cost": cost},
    )


def _vendor(usage: Mapping) -> str:
    """Whose words a record uses."""
    for name, words in MARKS.items():
        if any(word in usage for word in words):
            return name
    if "input_tokens" in usage:
        return "openai"  # without a cache all vendors mean the same by it
    raise PriceError(
        f"tokens: a record with {', '.join(sorted(map(str, usage))[:4]) or 'no fields'} is not the usage of a vendor that is known; "
        f"say --vendor: {', '.join(VENDORS)}."
    )


def _day(record: Mapping) -> str | None:
    """The time a record says it was made at, as UTC text."""
    for key in DAYS:
        value = record.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
            return str(np.datetime64(int(value), "s"))
        if isinstance(value, str) and value:
            return value
    return None
