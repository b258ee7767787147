"""Token prices that you state, as a table: a price page in a few lines (docs/method §5.21).

    table = price_sheet({"prices": {"input": 3, "output": 15}, "relative": {"cache_read": 0.1, "cache_write_1h": 2},
                         "tiers": [{"above": 200_000, "prices": {"input": 6, "output": 22.5}}],
                         "contexts": {"batch": {"factor": 0.5}}})

It becomes the same arrays as the snapshot, so one engine prices both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from .buckets import BUCKETS, INDEX, spell
from .table import TokenTable, build

FIELDS = {
    "provider",
    "model",
    "prices",
    "relative",
    "tiers",
    "per",
    "since",
    "history",
    "contexts",
    "time_of_day",
    "currency",
    "minimum_seconds",
}
DATED = {"since", "prices", "relative", "tiers", "time_of_day", "contexts"}
TIER = {"above", "at", "prices", "factor", "relative"}
OTHER = {"prices", "relative", "factor", "tiers", "buckets", "since"}
DAYTIME = {"from", "to", "prices", "factor"}
CLOCK = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?$")


def price_sheet(*sheets: Mapping) -> TokenTable:
    """A table of stated prices: one sheet per model, its offers found with `table.offer(model, provider, context)`.

    provider, model  names (default "", "the model")
    prices           {bucket: price}; per million tokens, thousand searches or requests, hour: tokens/buckets.py
    relative         {bucket: multiple of the input price}, in every tier, context and time of day
    per              {bucket: units its price is for}, where a page writes another
    tiers            [{above: 200000} or {at: 200000} input tokens of one request, prices, factor, relative]: all tokens of the
                     request; what a tier does not name keeps its price
    contexts         {batch: {factor: 0.5, buckets: […]}, flex: {prices: {…}}}: own prices, or a factor on token buckets
    time_of_day      [{from: "01:00", to: "04:00", factor or prices}], UTC, may pass midnight
    since, history   first day of the prices, and [{since, prices, …}] of later lists, oldest first; multiples and factors carry
                     over, absolute prices are written again

    Raises PriceError for an unknown field, two ways to say one thing, tiers or dates out of order, times that overlap.
    """
    records = []
    for sheet in sheets:
        _known(sheet, FIELDS, "field of a price sheet")
        per = {
            spell(word): number(size, f"tokens: per {word}", above_zero=True)
            for word, size in (sheet.get("per") or {}).items()
        }
        records.append(_record(_per_bucket(sheet, per) if per else sheet))
    names = [(record["provider"], record["model"].casefold()) for record in records]
    for name in names:
        if names.count(name) > 1:
            raise PriceError(
                f"tokens: {'/'.join(part for part in name if part)} has two price sheets; give it one, with a history."
            )
    return build(records, currency=next((s["currency"] for s in sheets if "currency" in s), "USD"))


def _per_bucket(part, per: Mapping[str, float]):
    """The same sheet with all its prices per the bucket's own number of units: what falls back to another price stays comparable."""
    if isinstance(part, (list, tuple)):
        return [_per_bucket(one, per) for one in part]
    if not isinstance(part, Mapping):
        return part
    scale = {name: BUCKETS[INDEX[name]].per / size for name, size in per.items()}
    return {
        key: {
            word: number(price, f"tokens: price of {word}") * scale.get(spell(word), 1.0)
            for word, price in value.items()
        }
        if key == "prices" and isinstance(value, Mapping)
        else _per_bucket(value, per)
        for key, value in part.items()
    }


def _record(sheet: Mapping) -> dict:
    model, provider = str(sheet.get("model", "the model")), str(sheet.get("provider", ""))
    first = {key: value for key, value in sheet.items() if key in DATED}
    offers: dict[str, list] = {"": []}
    before = None
    for at, part in enumerate([first, *(sheet.get("history") or [])]):
        _known(part, DATED, "field of a history")
        since = part.get("since")
        if since is not None:
            since = _day(since)
        if at and (since is None or (before is not None and since <= before)):
            raise PriceError(
                f"tokens: {model}: a history starts every price on a day of its own, the oldest first; "
                f"{'one has none' if since is None else f'{since} follows {before}'}."
            )
        before = since
        whole = _whole(first, part, model) if at else part
        for context, sheets in _offers(whole, model).items():
            own = (whole.get("contexts") or {}).get(context, {}).get("since") if context else None
            own = _day(own) if own is not None else None
            start = max((day for day in (since, own) if day is not None), default=None)
            offers.setdefault(context, []).extend(
                [start, second, prices] for second, prices in sheets
            )
    for context, segments in offers.items():
        days = [segment[0] for segment in segments if segment[0] is not None]
        if days != sorted(days):
            raise PriceError(
                f"tokens: {model} ({context}): its since lies after a later price of the model; put it into the history."
            )
    record: dict[str, object] = {
        "provider": provider,
        "model": model,
        "match": {"equals": model},
        "offers": offers,
    }
    if "minimum_seconds" in sheet:
        record["minimum_seconds"] = number(sheet["minimum_seconds"], "tokens: minimum_seconds")
    return record


def _whole(first: Mapping, part: Mapping, model: str) -> dict:
    """A later price list with the multiples and factors of the first; refuses to guess absolute prices it does not restate."""
    lost = sorted(
        set(_prices(first.get("prices")))
        - set(_prices(part.get("prices")))
        - {spell(word) for word in part.get("relative") or {}}
    )
    if lost:
        raise PriceError(
            f"tokens: {model}: the price list of {part.get('since')} lacks {lost[0]}, which the first one has; write it again."
        )
    for key in ("tiers", "contexts", "time_of_day"):
        entries = first.get(key) or []
        if key not in part and any(
            "prices" in entry
            for entry in (entries.values() if isinstance(entries, Mapping) else entries)
        ):
            raise PriceError(
                f"tokens: {model}: the price list of {part.get('since')} has no {key}, and the first one states their "
                f"prices; write {key} again."
            )
    return {**first, **part}


def _offers(part: Mapping, model: str) -> dict[str, list]:
    """Context -> [(second of the day, prices)]."""
    if not part.get("prices"):
        raise PriceError(f"tokens: {model} has no prices; write prices: {{input: …, output: …}}.")
    base = _tiered(part, {}, model)
    offers = {"": _by_time(base, part, model)}
    for context, change in (part.get("contexts") or {}).items():
        _known(change, OTHER, f"field of context {context}")

        def bought(prices, change=change, context=context):
            return _changed(prices, change, part, f"context {context}")

        if "factor" not in change and any(
            "prices" in span for span in part.get("time_of_day") or []
        ):
            raise PriceError(
                f"tokens: context {context} and time_of_day both state prices, and nobody says which hold; give one of them "
                "as a factor."
            )
        offers[str(context)] = _by_time(base, part, model, bought)
    return offers


def _tiered(part: Mapping, standard: Mapping, model: str) -> dict:
    """{bucket: [[above, price], …]} of prices, multiples of input, and tiers."""
    relative = {
        spell(word): number(value, f"tokens: relative {word}")
        for word, value in (part.get("relative") or {}).items()
    }
    prices = dict(standard) | _prices(part.get("prices"))
    both = sorted(set(relative) & set(_prices(part.get("prices"))))
    if both:
        raise PriceError(
            f"tokens: {both[0]} has a price and is relative to input; give one of the two."
        )
    levels, edge = [(0.0, _with(prices, relative, model))], 0.0
    for tier in part.get("tiers") or []:
        _known(tier, TIER, "field of a tier")
        if ("above" in tier) == ("at" in tier):
            raise PriceError(
                "tokens: a tier begins 'above' or 'at' a number of input tokens; give one of the two."
            )
        start = number(
            tier.get("above", tier.get("at")), "tokens: start of a tier", above_zero=True
        )
        start = (
            start if "above" in tier else float(np.nextafter(start, 0.0))
        )  # at 200,000 = above what lies just below it
        if start <= edge:
            raise PriceError(
                f"tokens: a tier above {start:,.0f} input tokens comes after one above {edge:,.0f}; write them in order."
            )
        edge = start
        more = relative | {
            spell(w): number(v, f"tokens: relative {w}")
            for w, v in (tier.get("relative") or {}).items()
        }
        if "factor" in tier:
            if "prices" in tier:
                raise PriceError("tokens: a tier has prices and a factor; give one of the two.")
            factor = number(tier["factor"], "tokens: factor of a tier")
            now = {
                name: price * (factor if BUCKETS[INDEX[name]].tokens else 1.0)
                for name, price in prices.items()
            }
        else:
            now = prices | _prices(tier.get("prices"))
        levels.append((start, _with(now, more, model)))
    return {name: [[start, level[name]] for start, level in levels] for name in levels[0][1]} | {
        name: [[0.0, _missing(name)], *[[start, level[name]] for start, level in levels[1:]]]
        for _, level in levels[1:]
        for name in level
        if name not in levels[0][1]
    }


def _missing(name: str):
    raise PriceError(f"tokens: {name} has a price in a tier but none below it; give it one.")


def _with(prices: dict, relative: dict, model: str) -> dict:
    if relative and "uncached_input" not in prices:
        raise PriceError(
            f"tokens: {model}: {next(iter(relative))} is relative to input, which has no price; give one."
        )
    return prices | {name: factor * prices["uncached_input"] for name, factor in relative.items()}


def _changed(base: dict, change: Mapping, part: Mapping, where: str) -> dict:
    """Tiered prices after own prices or a factor."""
    if "factor" in change:
        if set(change) & {"prices", "relative", "tiers"}:
            raise PriceError(f"tokens: {where} has prices and a factor; give one of the two.")
        factor = number(change["factor"], f"tokens: factor of {where}")
        chosen = (
            {spell(word) for word in change["buckets"]}
            if "buckets" in change
            else {name for name in base if BUCKETS[INDEX[name]].tokens}
        )
        return {
            name: [[start, price * (factor if name in chosen else 1.0)] for start, price in tiers]
            for name, tiers in base.items()
        }
    if not change.get("prices"):
        raise PriceError(f"tokens: {where} has neither prices nor a factor; give one of the two.")
    own = {"relative": part.get("relative") or {}} | dict(change)
    own["relative"] = {
        word: value
        for word, value in own["relative"].items()
        if spell(word) not in _prices(change["prices"])
    }
    if "uncached_input" not in _prices(change["prices"]):
        own["relative"] = dict(change.get("relative") or {})
    return base | _tiered(own, {}, where)


def _by_time(standard: dict, part: Mapping, model: str, bought=lambda prices: prices) -> list:
    """[(second of the day, {bucket: price})] over a day: outside of the stated hours the base holds.

    bought   what a context makes of prices: its factor also holds on the prices of a time of day, and the other way round
    """
    spans, base = [], bought(standard)
    for change in part.get("time_of_day") or []:
        _known(change, DAYTIME, "field of time_of_day")
        start, end = (_clock(change.get(key), key) for key in ("from", "to"))
        own = {key: value for key, value in change.items() if key in ("prices", "factor")}
        sheet = (
            _changed(base, own, part, "time_of_day")
            if "factor" in own
            else bought(_changed(standard, own, part, "time_of_day"))
        )
        if start == end:
            raise PriceError(
                f"tokens: time_of_day from {change['from']} to {change['to']} is empty; write a span, its end exclusive."
            )
        spans += [(start, end, sheet)] if start < end else [(start, 86400, sheet), (0, end, sheet)]
    spans = sorted((span for span in spans if span[0] < span[1]), key=lambda span: span[0])
    edges, now = [], 0
    for start, end, sheet in spans:
        if start < now:
            raise PriceError(
                f"tokens: {model}: two times of day overlap at {start // 3600:02d}:{start % 3600 // 60:02d}; a time has one price."
            )
        if start > now:
            edges.append((now, base))
        edges.append((start, sheet))
        now = end
    if now < 86400:
        edges.append((now, base))
    return [
        (second, {name: tiers[0][1] if len(tiers) == 1 else tiers for name, tiers in sheet.items()})
        for second, sheet in edges
    ]


def _prices(prices) -> dict[str, float]:
    by_bucket = {}
    for word, value in (prices or {}).items():
        name = spell(word)
        if name in by_bucket:
            raise PriceError(f"tokens: {name} has two prices, the second as '{word}'; give it one.")
        by_bucket[name] = number(value, f"tokens: price of {word}")
    return by_bucket


def _clock(text, what: str) -> int:
    if isinstance(text, int) and 0 <= text <= 1440:  # YAML reads an unquoted 10:30 as 630 minutes
        return text * 60
    hit = CLOCK.match(str(text))
    seconds = (
        sum(int(part or 0) * size for part, size in zip(hit.groups(), (3600, 60, 1)))
        if hit
        else 86401
    )
    if seconds > 86400:
        raise PriceError(f"tokens: time_of_day {what} is '{text}'; write HH:MM in UTC, in quotes.")
    return seconds


def _day(text) -> str:
    try:
        return str(np.datetime64(str(text), "D"))
    except ValueError:
        raise PriceError(f"tokens: since is '{text}'; write it as YYYY-MM-DD.") from None


def _known(mapping, allowed: set, kind: str) -> None:
    if not isinstance(mapping, Mapping):
        raise PriceError(
            f"tokens: '{str(mapping)[:40]}' is not a {kind.split(' of ', 1)[-1]}; write key: value."
        )
    for key in mapping:
        if key not in allowed:
            raise PriceError(unknown("tokens", kind, str(key), sorted(allowed)))


def check_told(table, offers, row, tier, untold: Mapping, where: str) -> None:
    """Raises PriceError where cached tokens reach into audio, image or video, the record does not say how far, and the prices differ."""
    for kind, tokens in untold.items():

        def price(bucket):
            return table.prices[row, tier, INDEX[bucket]], table.missing[row, INDEX[bucket]]

        def apart(rich, plain):
            (one, none), (other, missing) = price(rich), price(plain)
            return none | missing, np.abs(one - other) > 1e-12 * np.maximum(one, other)

        silent, differ = apart(f"input_{kind}", "uncached_input")
        differ = differ | silent
        silent, cached_differ = apart(f"cache_read_{kind}", "cache_read")
        differ = differ | (
            cached_differ & ~silent
        )  # where nobody states the cached price, what costs as text uncached does so cached
        wrong = differ & (np.asarray(tokens) > 0)
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0])
            place = f" at position {tuple(int(i) for i in at)}" if at else ""
            offer = int(np.broadcast_to(offers, wrong.shape)[at])
            count = float(np.broadcast_to(tokens, wrong.shape)[at])
            raise PriceError(
                f"{where}: some of the {count:,.15g} {kind} tokens of a request{place} are in the cache, and the record does not say how many; "
                f"{table.name(offer)} charges {kind} and text differently, so the split of the cache decides the cost. Give the cached tokens by kind "
                f"(cached_tokens_details), or price the buckets yourself (cache_read, cache_read_{kind}, input_{kind})."
            )
