"""Token prices as arrays: offer x validity -> price by tier and bucket (docs/method §5.21, decisions/0006).

An *offer* is what a request buys: a model in a context ("", "processing=batch", "service_tier=flex" …). Its *segments* say
from which day and second of the day (UTC) which price row holds; a *row* has the prices of every bucket at each context
tier. Rows are resolved: a bucket without a price of its own already carries the price it is charged at. One JSON line per model
in a frozen snapshot (tokens/refresh.py makes it); loading needs numpy and json, no network, no other package.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from ... import resources
from ...errors import PriceError, listing, unknown
from .buckets import BUCKETS, INDEX, NAMES
from .corrections import check_retired, corrected, documents_of, read_corrections

SNAPSHOT = resources.path("prices/tokens") / "genai_prices.jsonl"
CORRECTIONS = resources.path("prices") / "corrections"
ALWAYS = np.iinfo(np.int32).min  # since when a price without a first day holds
COMPACT_DAY = re.compile(
    r"-(20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)"
)  # gpt-5.2-20251211
STANDARD = ("", "standard", "default")


@dataclass(frozen=True, eq=False, kw_only=True)
class TokenTable:
    """Prices of many models as flat arrays; see the module's docstring. Money is in `currency`."""

    records: tuple[
        dict, ...
    ]  # one per model: provider, model, match, window, minimum_seconds, offers
    offers: tuple[tuple[int, str], ...]  # (model, context) of each offer
    first: np.ndarray  # (offer,) first segment
    count: np.ndarray  # (offer,) segments
    since: np.ndarray  # (segment,) int32 days since 1970-01-01
    second: np.ndarray  # (segment,) int32 second of the day from which it holds
    row: np.ndarray  # (segment,) int32 price row
    starts: (
        np.ndarray
    )  # (row, tier) input tokens of a request above which a tier is reached; the first is -1
    prices: np.ndarray  # (row, tier, bucket) money per bucket's `per`; 0 where `missing`
    missing: np.ndarray  # (row, bucket) bool: no price
    per: np.ndarray  # (bucket,) units a price is for
    minimum_seconds: np.ndarray  # (offer,) least seconds of audio a request is billed for
    providers: tuple[dict, ...] = ()
    passport: dict = field(default_factory=dict)  # source, version, made, sha256, licence
    currency: str = "USD"
    frozen: TokenTable | None = (
        None  # the same offers as the snapshot has them, where corrections lie over it (§5.27)
    )

    @property
    def models(self) -> tuple[str, ...]:
        """All models, `provider/model`, in order."""
        return tuple(_full(record) for record in self.records)

    @cached_property
    def _index(self) -> dict:
        return {offer: i for i, offer in enumerate(self.offers)}

    @cached_property
    def _by_provider(self) -> dict[str, list[int]]:
        models: dict[str, list[int]] = {}
        for i, record in enumerate(self.records):
            models.setdefault(record["provider"], []).append(i)
        return models

    def contexts(self, model: int) -> tuple[str, ...]:
        """Contexts in which a model has prices of its own."""
        return tuple(context for context in self.records[model]["offers"] if context)

    def name(self, offer: int) -> str:
        """How an offer is called in a message."""
        model, context = self.offers[offer]
        return _full(self.records[model]) + (f" ({context})" if context else "")

    def find(self, model: str, provider: str = "") -> int:
        """The model a name stands for, by the snapshot's own aliases ("gpt-4o-2024-08-06", "claude-opus-4.7").

        provider   id; empty: "provider/model" in the name, or the provider that such names belong to

        Raises PriceError with the nearest match.
        """
        number, _ = self._find(model, provider)
        return number

    def _find(self, model: str, provider: str) -> tuple[int, bool]:
        """The model, and whether it stands in another provider's list (Azure sells OpenAI's models at OpenAI's prices)."""
        if not isinstance(model, str) or not model.strip():
            raise PriceError(
                "tokens: the model's name is empty; write one, for example gpt-5.4 or openai/gpt-5.4."
            )
        name, provider = model.strip(), provider.strip().casefold()
        known = self._by_provider
        head, _, tail = name.partition("/")
        if not provider and tail and head.casefold() in known:
            provider, name = head.casefold(), tail
        if provider:
            for record in self.providers:
                if (
                    provider not in known
                    and record.get("alias")
                    and matches(record["alias"], provider)
                ):
                    provider = record["provider"]
            if provider not in known:
                raise PriceError(unknown("tokens", "provider", provider, sorted(known)))
        elif not self.providers:
            return self._among(name, [i for group in known.values() for i in group], "")
        else:
            provider = next(
                (
                    record["provider"]
                    for record in self.providers
                    if record.get("models") and matches(record["models"], name)
                ),
                "",
            )
            if not provider:
                return self._among(name, [i for group in known.values() for i in group], "")
        homes: Sequence[str] = next(
            (
                record.get("lends_from", [])
                for record in self.providers
                if record["provider"] == provider
            ),
            [],
        )
        for guess in dict.fromkeys(
            (name.casefold(), COMPACT_DAY.sub(r"-\1-\2-\3", name.casefold()))
        ):
            for home in (provider, *homes):
                for i in known.get(home, []):
                    if matches(self.records[i]["match"], guess):
                        return i, home != provider
        return self._among(name, known[provider], provider)

    def _among(self, name: str, group: Sequence[int], provider: str) -> tuple[int, bool]:
        """A model whose id is the name, if exactly one of the group has it; else the refusal."""
        exact = [i for i in group if self.records[i]["model"].casefold() == name.casefold()]
        if len(exact) == 1:
            return exact[0], False
        if exact:
            sellers = sorted(self.records[i]["provider"] for i in exact)
            raise PriceError(
                f"tokens: model '{name}' is sold by {listing(sellers)}; say by which provider."
            )
        kind = f"model of {provider}" if provider else "model"
        raise PriceError(
            unknown(
                "tokens",
                kind,
                name,
                sorted({self.records[i]["model"] for i in group}),
                "" if provider else "Name the provider, or give the prices.",
            )
        )

    def offer(self, model: str, provider: str = "", context=None, strict: bool = True) -> int:
        """The offer of a model in a context: its index in the table, for `token_cost`.

        context   None or "standard"; one word or key=value ("batch", "service_tier=flex"); or {key: value}
        strict    False: a context without prices of its own means the standard price, as genai-prices has it

        Raises PriceError for an unknown model or context, and for two contexts that both have prices: no vendor says how they
        would combine.
        """
        model_at, lent = self._find(model, provider)
        wanted = _pairs(context)
        names = [] if lent else self.contexts(model_at)
        hits = []
        for pair in wanted:
            fit = [
                name
                for name in names
                if name == pair or (not pair.startswith("=") and name.endswith(f"={pair}"))
            ]
            if not fit and strict:
                why = (
                    f" ({provider} sells it at the list of {self.records[model_at]['provider']}, standard prices only)"
                    if lent
                    else ""
                )
                if not names:
                    raise PriceError(
                        f"tokens: {_full(self.records[model_at])} has only standard prices{why}, none for '{pair}'."
                    )
                raise PriceError(
                    unknown(
                        "tokens",
                        f"context of {_full(self.records[model_at])}",
                        pair,
                        sorted({*names, *(name.split("=")[-1] for name in names)}),
                    )
                )
            if len(fit) > 1:
                same = {
                    json.dumps(self.records[model_at]["offers"][name], sort_keys=True)
                    for name in fit
                }
                if len(same) > 1:
                    raise PriceError(
                        f"tokens: '{pair}' of {_full(self.records[model_at])} may be {' or '.join(fit)}; name one of them."
                    )
            hits += fit[:1]
        hits = list(dict.fromkeys(hits))
        if len(hits) > 1:
            raise PriceError(
                f"tokens: {hits[0]} and {hits[1]} of {_full(self.records[model_at])} each have prices of their own and do "
                "not combine; buy a request under one of them."
            )
        return self._index[model_at, hits[0] if hits else ""]

    def rows(self, offers, days, seconds=0, strict: bool = True) -> np.ndarray:
        """The price row of each offer at an instant.

        offers    int (…); days: int days since 1970-01-01 (…); seconds: second of the day, UTC (…)
        strict    False: before a context's first price the standard price holds, as genai-prices has it

        Raises PriceError, naming offer and day, where no price is in force yet.
        """
        offers, days, seconds = np.asarray(offers), np.asarray(days), np.asarray(seconds)
        shape = np.broadcast_shapes(offers.shape, days.shape, seconds.shape)
        row = self._held(offers, days, seconds, shape)
        late = row < 0
        if not strict:
            if not late.any():
                return row
            standard = np.array([self._index[model, ""] for model, _ in self.offers])[offers]
            row = np.where(late, self._held(standard, days, seconds, shape), row)
            return np.where(row < 0, self.row[self.first[standard]], row)
        if late.any():
            where = tuple(np.argwhere(late)[0])
            offer = int(np.broadcast_to(offers, shape)[where])
            day = np.datetime64(int(np.broadcast_to(days, shape)[where]), "D")
            begin = np.datetime64(int(self.since[self.first[offer]]), "D")
            raise PriceError(
                f"tokens: {self.name(offer)} has no price on {day}; its first one starts on {begin}. Nothing is "
                "extrapolated backwards: give the older price yourself."
            )
        check_retired(self, offers, days)
        return row

    def _held(self, offers, days, seconds, shape) -> np.ndarray:
        """The row that holds; −1 where none does yet."""
        row, first = np.full(shape, -1, np.int64), self.first[offers]
        for k in range(int(self.count[offers].max(initial=0))):  # the last segment that holds wins
            at = np.minimum(first + k, len(self.since) - 1)
            holds = (
                (self.count[offers] > k) & (self.since[at] <= days) & (self.second[at] <= seconds)
            )
            row = np.where(holds, self.row[at], row)
        return row

    def history(self, offer: int) -> list[tuple[str, str, dict]]:
        """The dated prices of an offer: (since, from second of the day, {bucket: price or [(above, price), …]})."""
        model, context = self.offers[offer]
        return [tuple(segment) for segment in self.records[model]["offers"][context]]


def _full(record: Mapping) -> str:
    return f"{record['provider']}/{record['model']}" if record["provider"] else record["model"]


def _pairs(context) -> list[str]:
    """A context as words or key=value, standard ones left out."""
    if context is None:
        return []
    if isinstance(context, str):
        return [] if context.split("=")[-1] in STANDARD else [context]
    if not isinstance(context, Mapping) or not all(
        isinstance(value, str) for value in context.values()
    ):
        raise PriceError(
            f"tokens: the context is {str(context)[:60]}; write one word such as batch, or key: value."
        )
    return [f"{key}={value}" for key, value in context.items() if value not in STANDARD]


def matches(rule: Mapping, text: str) -> bool:
    """Whether a name fits a rule of the snapshot: equals, starts_with, ends_with, contains, regex, or, and."""
    [(kind, value)] = rule.items()
    low = text.casefold()
    if kind in ("or", "and"):
        return (any if kind == "or" else all)(matches(part, text) for part in value)
    if kind == "regex":
        return re.search(value, text) is not None
    value = value.casefold()
    return {
        "equals": low == value,
        "starts_with": low.startswith(value),
        "ends_with": low.endswith(value),
        "contains": value in low,
    }[kind]


def build(records: Sequence[dict], **more) -> TokenTable:
    """A table of records {provider, model, match, offers: {context: [[since, time, {bucket: price}], …]}}.

    A price is a number or tiers [[above, price], …] that begin at 0; `time` is seconds of the day from which it holds.
    """
    offers, first, count, second, row, minimum = [], [], [], [], [], []
    since: list[int] = []  # days since 1970-01-01
    sheets: list[tuple[tuple, dict]] = []
    known: dict[str, int] = {}
    for model, record in enumerate(records):
        for context, segments in record["offers"].items():
            offers.append((model, context))
            first.append(len(since))
            count.append(len(segments))
            minimum.append(record.get("minimum_seconds", 0.0))
            for day, time, prices in segments:
                key = json.dumps(prices, sort_keys=True)
                if key not in known:
                    known[key] = len(sheets)
                    sheets.append(_tiers(prices))
                since.append(
                    ALWAYS if day is None else int(np.datetime64(day, "D").astype(np.int64))
                )
                second.append(time or 0)
                row.append(known[key])
    depth = max((len(starts) for starts, _ in sheets), default=1)
    starts = np.full((len(sheets), depth), np.inf)
    prices = np.full((len(sheets), depth, len(NAMES)), np.nan)
    for i, (edges, tiers) in enumerate(sheets):
        starts[i, : len(edges)] = edges
        for name, values in tiers.items():
            prices[i, : len(edges), INDEX[name]] = values
            prices[i, len(edges) :, INDEX[name]] = values[-1]
    missing = _resolve(prices)
    sizes = np.array([bucket.per for bucket in BUCKETS], float)
    return TokenTable(
        records=tuple(records),
        offers=tuple(offers),
        first=np.array(first, np.int64),
        count=np.array(count, np.int64),
        since=np.array(since, np.int32),
        second=np.array(second, np.int32),
        row=np.array(row, np.int32),
        starts=starts,
        prices=np.nan_to_num(prices),
        missing=missing,
        per=sizes,
        minimum_seconds=np.array(minimum, float),
        **more,
    )


def _tiers(prices: Mapping) -> tuple[tuple, dict[str, list[float]]]:
    """Starts of all tiers of a sheet, and each bucket's price at every one of them."""
    lists = {
        name: price if isinstance(price, list) else [[0, price]] for name, price in prices.items()
    }
    edges = sorted({above for tiers in lists.values() for above, _ in tiers[1:]})
    values = {
        name: [max(t for t in tiers if t[0] <= edge)[1] for edge in (0, *edges)]
        for name, tiers in lists.items()
    }
    return (-1.0, *edges), values


def _resolve(prices: np.ndarray) -> np.ndarray:
    """Fill in, bucket by bucket, the price a bucket without one is charged at; returns what stays without, (row, bucket)."""
    own = ~np.isnan(prices[:, 0])
    for bucket in BUCKETS:
        j, priced = INDEX[bucket.name], own[:, INDEX[bucket.name]].copy()
        for other in bucket.else_as:
            take = ~priced & own[:, INDEX[other]]
            if (
                bucket.name.startswith("cache_read_") and other == "cache_read"
            ):  # cached audio beside both prices: nobody says which
                take &= ~own[:, INDEX[bucket.else_as[1]]]
                priced |= own[:, INDEX["cache_read"]] & own[:, INDEX[bucket.else_as[1]]]
            prices[take, :, j] = prices[take, :, INDEX[other]]
            priced |= take
    return np.isnan(prices[:, 0])


def read_table(data: bytes, where: str = "token snapshot", corrections=()) -> TokenTable:
    """The table in the bytes of a snapshot; raises PriceError where they are not what its passport says.

    corrections   of token_corrections.read_corrections, laid over it; the table as it is frozen stays beside it
    """
    try:
        head, _, rest = data.partition(b"\n")
        passport = json.loads(head)
        records = [json.loads(line) for line in rest.splitlines()]
        stated = passport["sha256"]
    except (ValueError, KeyError, TypeError):
        raise PriceError(
            f"{where}: is not a snapshot of token prices; make it with finops_model/prices/tokens/refresh.py."
        ) from None
    if hashlib.sha256(rest).hexdigest() != stated:
        raise PriceError(
            f"{where}: the prices do not have the sha256 of their first line: the file was changed by hand. Make it "
            "again with finops_model/prices/tokens/refresh.py; own prices belong into a price document."
        )
    more = {"providers": tuple(passport.pop("providers", ())), "passport": passport}
    frozen = build(records, **more)
    return build(corrected(records, corrections), **more, frozen=frozen) if corrections else frozen


@lru_cache(maxsize=4)
def _cached(path: str, places: tuple[str, ...], changed: tuple) -> TokenTable:
    layers = [one for place in places for one in read_corrections(place)]
    return read_table(Path(path).read_bytes(), path, layers)


def load_tokens(
    path: str | os.PathLike | None = None,
    corrections: str | os.PathLike | None = None,
    own: str | os.PathLike | None = None,
) -> TokenTable:
    """The frozen snapshot (data/prices/tokens/genai_prices.jsonl unless said): no network, read once per change of a file.

    corrections   folder of own dated corrections laid over it (§5.27); default: data/prices/corrections over the default snapshot, none over another
    own           a file or folder of a company's own corrections (`price_corrections` of finops.yaml), laid over those

    >>> table = load_tokens()
    >>> table.name(table.offer("o3", "openai", "flex"))
    'openai/o3 (service_tier=flex)'
    """
    path = Path(path or SNAPSHOT)
    if not path.is_file():
        raise PriceError(
            f"{path}: there is no snapshot of token prices; make it with `python -m finops_model.prices.tokens.refresh`."
        )
    folder = CORRECTIONS if corrections is None and path == SNAPSHOT else corrections
    places = tuple(str(place) for place in (folder, own) if place)
    documents = [one for place in places for one in documents_of(place)]
    return _cached(str(path), places, tuple(one.stat().st_mtime_ns for one in (path, *documents)))
