"""Tokens by bucket at a model's prices: cache, batch and flex, reasoning, tiers by the size of a request (docs/method §3.55)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ...prices.tokens.buckets import NAMES, disjoint
from ...prices.tokens.cost import (
    Histogram,
    Lognormal,
    Modifier,
    expected_cost,
    load_tokens,
    price_sheet,
)
from ._base import Months, Settled
from ._fields import amount, known, used

SHEET = ("prices", "relative", "tiers", "contexts", "per", "time_of_day", "history")
SIZES = ("sigma", "mean", "p50", "p90", "sizes", "counts")
PROCESSED = {"batch": "batch_share", "flex": "flex_share"}


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Tokens a month at the prices of a model of the snapshot, or at prices that the file states.

    Parameters
    ----------
    model : str, optional
        Name in the snapshot, also `provider/model`; prices by date change when the snapshot says so.
    provider : str, optional
        Where several sell the model.
    context : str, optional
        How all that is neither batch nor flex is bought where that has prices of its own: priority, fast.
    prices, relative, tiers, contexts, per, time_of_day, history : optional
        Instead of a model: the price page (§5.21), money per million tokens.
    input_includes_cached : bool, optional
        Whether `input` holds the cached tokens (OpenAI, Google) or not (Anthropic, Bedrock); needed where both are used.
    output_includes_reasoning : bool, optional
        Whether `output` holds the reasoning tokens.
    cache_hit : float, optional
        Share of `input` that is read from the cache, instead of a `cache_read` of its own; `input` is then all of it.
    cache_write : float, optional
        Share of `input` that is written to the cache (5 minutes), beside `cache_hit`.
    batch_share, flex_share : float, optional
        Share of all tokens that is run in a batch, or flex, at those prices.
    sizes : mapping, optional
        Input tokens of one request: `{sigma, mean}`, `{sigma, p50}`, `{p50, p90}` or `{sizes, counts}`; needed where a request above a
        size costs more.
    output_follows : str, optional
        "requests", or "input" where large requests have large answers.
    hours : list of float, optional
        24 weights of the hours of a day (UTC), for prices by the time of day.
    modifiers : list of mapping, optional
        Factors on list prices (§5.22): `[{kind: data_residency, factor: 1.1}]`.
    discount : float, optional
        Share off list prices.

    Source
    ------
    docs/method §3.55, §5.20–§5.24.

    Examples
    --------
    >>> way = Tokens(prices={"input": 3, "output": 15}, relative={"cache_read": 0.1}, cache_hit=0.8)
    >>> use = {"input": np.array([[1e9]]), "output": np.array([[1e8]])}
    >>> way.settle(use, Months.between(("2026-01",), "2026-01-01")).cost
    array([[2340.]])
    """

    model: str = ""
    provider: str = ""
    context: str = ""
    prices: Mapping | None = None
    relative: Mapping | None = None
    tiers: tuple = ()
    contexts: Mapping | None = None
    per: Mapping | None = None
    time_of_day: tuple = ()
    history: tuple = ()
    input_includes_cached: bool | None = None
    output_includes_reasoning: bool = True
    cache_hit: float | np.ndarray | None = None
    cache_write: float | np.ndarray = 0.0
    batch_share: float | np.ndarray = 0.0
    flex_share: float | np.ndarray = 0.0
    sizes: Mapping | None = None
    output_follows: str = "requests"
    hours: tuple | None = None
    modifiers: tuple = ()
    discount: float | np.ndarray = 0.0

    METERS: ClassVar[tuple[str, ...]] = ("input", *NAMES)
    UNCERTAIN: ClassVar[tuple[str, ...]] = (
        "cache_hit",
        "cache_write",
        "batch_share",
        "flex_share",
        "discount",
    )
    DATED: ClassVar[tuple[str, ...]] = UNCERTAIN

    def __post_init__(self):
        if bool(self.model) == (self.prices is not None):
            raise PriceError(
                "tokens: write model (a name of the price list) or prices (per million tokens), one of the two."
            )
        stated = [word for word in SHEET[1:] if getattr(self, word)]
        if self.model and stated:
            raise PriceError(
                f"tokens: {stated[0]} belongs to prices that you state, and {self.model} has those of the price list; leave one out."
            )
        for name in ("cache_write", "batch_share", "flex_share", "discount"):
            amount(getattr(self, name), f"tokens: {name}", most=1.0)
        if self.cache_hit is not None:
            hit = amount(self.cache_hit, "tokens: cache_hit", most=1.0)
            if (hit + self.cache_write > 1 + 1e-12).any():
                raise PriceError(
                    "tokens: cache_hit and cache_write are more than 1 together; both are shares of the same input."
                )
        elif np.any(self.cache_write):
            raise PriceError(
                "tokens: cache_write is a share of input and stands beside cache_hit; write cache_hit too, or cache_write_5m as use."
            )
        if (np.asarray(self.batch_share) + np.asarray(self.flex_share) > 1 + 1e-12).any():
            raise PriceError(
                "tokens: batch_share and flex_share are more than 1 together; a request is run in one way."
            )
        self._sizes()
        self._modifiers()
        self._offers()

    def _sizes(self):
        if self.sizes is None:
            return None
        known(self.sizes, SIZES, "tokens: sizes", "field")
        given = dict(self.sizes)
        if set(given) == {"sizes", "counts"}:
            return Histogram(np.asarray(given["sizes"], float), np.asarray(given["counts"], float))
        if set(given) == {"p50", "p90"}:
            return Lognormal.from_quantiles(given["p50"], given["p90"])
        if "sigma" in given and set(given) <= {"sigma", "mean", "p50"}:
            return Lognormal(**given)
        raise PriceError(
            f"tokens: sizes has {', '.join(given) or 'nothing'}; write {{sigma, mean}}, {{sigma, p50}}, {{p50, p90}} or {{sizes, counts}}."
        )

    def _modifiers(self) -> list[Modifier]:
        given = self.modifiers if isinstance(self.modifiers, (list, tuple)) else (self.modifiers,)
        for place, one in enumerate(given, 1):
            known(one, ("kind", "factor", "buckets"), f"tokens: modifiers[{place}]", "field")
            for name in ("kind", "factor"):
                if name not in one:
                    raise PriceError(f"tokens: modifiers[{place}]: '{name}' is missing; write it.")
        return [Modifier(**one) for one in given]

    def _offers(self) -> tuple:
        """The table, and (share, offer) of each way a request is run."""
        if self.model:
            table, model = load_tokens(), self.model
        else:
            sheet = {word: getattr(self, word) for word in SHEET if getattr(self, word)}
            table, model = price_sheet(sheet), "the model"
        rest = 1.0 - np.asarray(self.batch_share, float) - np.asarray(self.flex_share, float)
        run = [(np.maximum(rest, 0.0), table.offer(model, self.provider, self.context or None))]
        for word, field in PROCESSED.items():
            share = np.asarray(getattr(self, field), float)
            if share.any():
                run.append((share, table.offer(model, self.provider, word)))
        return table, run

    def _totals(self, use: Mapping, months: Months) -> dict:
        """Disjoint buckets (path, month) of the meters that are used at all."""
        given = {name: tokens for name in use if np.any(tokens := used(use, name, months))}
        if not given:
            return {"uncached_input": used(use, "input", months)}
        if self.cache_hit is None:
            return disjoint(
                given, self.input_includes_cached, self.output_includes_reasoning, "tokens"
            )
        cached = [name for name in given if name.startswith(("cache_", "uncached_"))]
        if cached and self.input_includes_cached is None:
            raise PriceError(
                f"tokens: cache_hit is a share of input and {cached[0]} is used as well; say input_includes_cached: false (all of it "
                "together is shared out anew) or true, or leave one of them out."
            )
        whole = given.pop("input", np.zeros(()))
        for name in cached:
            beside = given.pop(name)
            whole = whole if self.input_includes_cached else whole + beside
        given["cache_read"] = whole * np.asarray(self.cache_hit, float)
        given["cache_write_5m"] = whole * np.asarray(self.cache_write, float)
        plain = np.maximum(whole - given["cache_read"] - given["cache_write_5m"], 0.0)
        return disjoint(
            {"uncached_input": plain, **given}, None, self.output_includes_reasoning, "tokens"
        )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of the month's tokens; where a price changes within a month, each day's share at the price of its day."""
        totals = self._totals(use, months)
        table, run = self._offers()
        month, when, share = _segments(table, [offer for _, offer in run], months)
        shape = np.broadcast_shapes(*(tokens.shape for tokens in totals.values()))
        totals = {name: np.broadcast_to(tokens, shape) for name, tokens in totals.items()}
        spread = {name: tokens[:, month] * share for name, tokens in totals.items()}
        counted = spread.pop("requests", None) if self.sizes is not None else None
        parts: dict[str, np.ndarray] = {}
        if not len(month):
            return Settled(
                np.zeros(shape), {"input": np.zeros(shape)}, totals, formula=self._words()
            )
        for part, offer in run:
            costs = expected_cost(
                table,
                offer,
                spread,
                when,
                sizes=self._sizes(),
                requests=counted,
                output_follows=self.output_follows,
                hours=self.hours,
                modifiers=self._modifiers(),
                discount=_on(self.discount, month),
                parts=True,
            )
            for name, cost in costs.items():
                money = np.zeros(shape)
                spent = np.broadcast_to(cost * _on(part, month), (len(money), len(month)))
                np.add.at(money.T, month, spent.T)
                word = name.replace("_", " ")
                parts[word] = parts.get(word, 0.0) + money
        parts = {name: cost for name, cost in parts.items() if np.any(cost)} or parts
        return Settled(sum(parts.values(), np.zeros(())), parts, totals, formula=self._words())

    def _words(self) -> str:
        read = self._offers()[0].passport.get("made")
        name = (
            f"price of {self.model} as read on {read}" if self.model else "the prices of the file"
        )
        how = [
            f"{float(np.mean(getattr(self, field))):.3g} of it {word}"
            for word, field in PROCESSED.items()
            if np.any(getattr(self, field))
        ]
        return f"tokens of each bucket × {name}" + (f" ({', '.join(how)})" if how else "")


def _on(value, month):
    """A number, (path, 1) or (path, month) on the segments of months."""
    values = np.asarray(value, float)
    return values[..., month] if values.ndim and values.shape[-1] > 1 else values


def _segments(table, offers, months: Months) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(segment,) month position, first day, and share of the month's held days: one for a month, more where a price changes in it."""
    changes = np.unique(
        np.concatenate(
            [table.since[table.first[o] : table.first[o] + table.count[o]] for o in offers]
        ).astype("int64")
    )
    read = table.passport.get(
        "made"
    )  # a later day has the last price that is known, as it is known
    known_to = (
        10**6 if read is None else max(int(np.datetime64(read, "D").astype(int)), int(changes[-1]))
    )
    month, when, share = [], [], []
    for place in np.flatnonzero(months.days):
        first, count = months.first[place], int(months.days[place])
        start = int(np.datetime64(first, "D").astype(int))
        inside = [int(day) for day in changes if start < day < start + count]
        edges = [start, *inside, start + count]
        for a, b in zip(edges, edges[1:]):
            month.append(place)
            when.append(min(a, known_to))
            share.append((b - a) / count)
    return np.array(month, int), np.array(when).astype("datetime64[D]"), np.array(share)
