"""What tokens cost: requests priced exactly, and totals through the sizes of their requests (docs/method §5.20–§5.24).

    table = load_tokens()
    offer = table.offer("gemini-2.5-pro")
    token_cost(table, offer, {"uncached_input": 250_000, "output": 10_000})          # each element is one request
    expected_cost(table, offer, {"uncached_input": 3e9, "output": 1e8}, sizes=Lognormal(sigma=1.2, mean=40_000))   # a month

A request above a context threshold is charged wholly at that tier; so a total without the sizes of its requests is refused.
numpy only. Buckets: tokens/buckets.py; prices: tokens/table.py (snapshot), tokens/sheet.py (prices you state).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, listing, unknown
from .buckets import BUCKETS, CONTEXT, INDEX, NAMES, TOKENS, columns, disjoint, spell
from .corrections import check_window, say_unconfirmed
from .sheet import check_told, price_sheet
from .sizes import Histogram, Lognormal
from .table import TokenTable, load_tokens
from .times import instants

__all__ = [
    "Histogram",
    "Lognormal",
    "Modifier",
    "context_tokens",
    "disjoint",
    "expected_cost",
    "factors",
    "instants",
    "load_tokens",
    "price_sheet",
    "token_cost",
]

PROCESSING = ("batch", "flex", "priority", "fast")  # how a request is processed: one of them
KINDS = (*PROCESSING, "data_residency", "time_of_day", "regional_endpoint", "surcharge")
LARGEST = 1e7  # no vendor's context window is larger: more is not one request
SECONDS_BUCKETS = ("audio_seconds", "input_audio_seconds", "output_audio_seconds")


@dataclass(frozen=True)
class Modifier:
    """A factor on prices: batch 0.5, fast mode 2, US-only inference 1.1 …

    Raises PriceError for an unknown kind (with the nearest match), a negative factor, an unknown bucket.
    """

    kind: str  # one of KINDS
    factor: float  # times the price
    buckets: tuple[str, ...] = TOKENS  # what it applies to; searches and hours only if named

    def __post_init__(self):
        if self.kind not in KINDS:
            raise PriceError(unknown("tokens", "modifier", str(self.kind), KINDS))
        object.__setattr__(self, "factor", number(self.factor, f"tokens: factor of {self.kind}"))
        object.__setattr__(self, "buckets", tuple(spell(name) for name in self.buckets))


def factors(modifiers: Sequence[Modifier], context: str = "") -> np.ndarray:
    """Modifiers as one factor for each bucket, (bucket,): different kinds multiply (docs/method §5.22).

    context   the offer's own: a processing factor on top of a context's own prices is refused

    Raises PriceError for a kind given twice and for two kinds of processing: no vendor sells them together.

    >>> float(factors([Modifier("batch", 0.5), Modifier("data_residency", 1.1)])[0])
    0.55
    """
    result, seen = np.ones(len(NAMES)), dict[str, str]()
    for modifier in modifiers:
        group = "processing" if modifier.kind in PROCESSING else modifier.kind
        if group in seen:
            other = seen[group]
            raise PriceError(
                f"tokens: {modifier.kind} is given twice; give it once."
                if other == modifier.kind
                else f"tokens: {other} and {modifier.kind} do not combine; a request is processed in one way."
            )
        if group == "processing" and context:
            raise PriceError(
                f"tokens: {modifier.kind} would be counted on top of {context}, which has prices of its own; leave one "
                "out."
            )
        seen[group] = modifier.kind
        result[[INDEX[name] for name in modifier.buckets]] *= modifier.factor
    return result


def context_tokens(usage: Mapping[str, np.ndarray]) -> np.ndarray:
    """Input tokens of each request that decide its tier: uncached, cache reads and writes, audio, image and video alike."""
    return sum((usage[name] for name in CONTEXT if name in usage), np.zeros(()))


def token_cost(
    table: TokenTable,
    offers,
    usage,
    when=None,
    *,
    buckets: Sequence[str] | None = None,
    context=None,
    modifiers: Sequence[Modifier] = (),
    discount=0.0,
    strict: bool = True,
    parts: bool = False,
):
    """Cost of requests, each priced by itself at the tier its input reaches.

    offers     index or int array (...) from `table.offer`
    usage      disjoint buckets: {bucket: number or array (...)}, or a matrix (..., bucket) with `buckets` naming its columns;
               what a vendor reports (output with reasoning inside, input with the cache) goes through `disjoint` first
    when       time of each request, UTC (see `instants`); None only where an offer has had one price
    context    input tokens that decide the tier; None: what is in `usage`
    modifiers  factors on list prices (§5.22); discount: negotiated share off, 0..1, number or array
    strict     False: where genai-prices falls back to the standard price, so do we
    parts      True: {bucket: cost} instead of the sum

    Where a model charges by request, every element is one, unless `requests` says otherwise. Returns money of the table's
    currency, the broadcast shape of all. Raises PriceError for an impossible quantity, a bucket without a price, a time
    without a price, and for more tokens than any request can have.

    >>> table = load_tokens()
    >>> token_cost(table, table.offer("gemini-2.5-pro"), {"uncached_input": [150_000, 250_000], "output": 10_000})
    array([0.2875, 0.775 ])
    """
    untold = getattr(usage, "untold", {})
    usage = columns(usage, buckets)
    table = (
        table if strict or table.frozen is None else table.frozen
    )  # as the package answers: without our corrections
    offers = _offers(table, offers)
    row = _rows(table, offers, when, strict)
    size = context_tokens(usage) if context is None else quantities("tokens: context", context)
    tiered = (
        np.isfinite(table.starts[row, -1])
        if table.starts.shape[1] == 2
        else np.isfinite(table.starts[row, 1:]).any(axis=-1)
    )
    shape = np.broadcast_shapes(row.shape, size.shape, *(array.shape for array in usage.values()))
    if tiered.any():
        if (np.where(tiered, size, 0.0) > LARGEST).any():
            at = np.unravel_index(
                int(np.argmax(np.broadcast_to(np.where(tiered, size, 0.0), shape))), shape
            )
            raise PriceError(
                f"tokens: a request of {np.broadcast_to(size, shape)[at]:,.0f} input tokens to "
                f"{table.name(int(np.broadcast_to(offers, shape)[at]))} is larger than any context window, and its price "
                "depends on its size; for a month's total use expected_cost with the sizes of the requests."
            )
        tier = np.zeros(np.broadcast_shapes(row.shape, size.shape), np.int64)
        for k in range(1, table.starts.shape[1]):
            tier += size > table.starts[row, k]
    else:
        tier = np.zeros((), np.int64)
    factor = factors(modifiers, _own_context(table, offers, modifiers))
    usage = _with_minimum(table, offers, _with_requests(table, row, usage))
    check_told(table, offers, row, tier, untold, "tokens")
    if strict:
        check_window(table, offers, row, size, shape)
        say_unconfirmed(table, offers, when)
    flat = row * table.starts.shape[1] + tier
    sheet = table.prices.reshape(-1, len(NAMES))
    costs = {}
    for name, quantity in usage.items():
        j = INDEX[name]
        _check_priced(table, offers, row, name, quantity)
        costs[name] = (
            sheet[:, j][flat] * quantity / table.per[j] * factor[j]
        )  # in this order 100,000 at 2.5 are 0.25
    return _after_discount(costs, discount, shape, parts)


def expected_cost(
    table: TokenTable,
    offers,
    totals,
    when=None,
    *,
    buckets: Sequence[str] | None = None,
    sizes: Lognormal | Histogram | None = None,
    requests=None,
    output_follows: str = "requests",
    hours=None,
    modifiers: Sequence[Modifier] = (),
    discount=0.0,
    strict: bool = True,
    parts: bool = False,
):
    """Expected cost of totals over many requests, (path, period) or any shape.

    Every input bucket is assumed to make up the same part of small and large requests.

    Parameters
    ----------
    table : TokenTable
        Prices of models.
    offers : int or array (...) of int
        Which of its offers, from `table.offer`.
    totals : mapping of str to array (...), or array (..., bucket)
        Disjoint buckets summed over the requests.
    when : datetime or array (...), optional
        As in `token_cost`; a day is enough unless prices change within it.
    buckets : sequence of str, optional
        Names of the columns where `totals` is a matrix.
    sizes : Lognormal or Histogram, optional
        Distribution of the input tokens of one request; needed where prices depend on it.
    requests : float or array (...), optional
        How many requests; with it a distribution may leave out its mean: input ÷ requests.
    output_follows : str, optional
        "requests": output per request does not depend on its input, so above the cliff goes the share of requests; "input": it
        grows with it, so the share of tokens goes above.
    hours : sequence of float, optional
        24 weights of the hours of a day (UTC), for days with prices by the time of day.
    modifiers : sequence of Modifier, optional
        Factors on list prices, as in `token_cost`.
    discount : float or array (...), optional
        Negotiated share off, 0 to 1.
    strict : bool, optional
        False: where genai-prices falls back to the standard price, so do we.
    parts : bool, optional
        True: cost by bucket instead of their sum.

    Returns
    -------
    array (...) or dict of str to array
        Money of the table's currency.

    Raises
    ------
    PriceError
        Totals against tiered prices without `sizes`, requests × mean that is not the total, a bucket or a time without a price.

    Source
    ------
    docs/method §5.23.

    Examples
    --------
    >>> table = load_tokens()
    >>> month = {"uncached_input": 4e9, "output": 1e8}
    >>> float(expected_cost(table, table.offer("gemini-2.5-pro"), month, sizes=Lognormal(sigma=1.0, mean=40_000)).round(2))
    6676.83
    """
    if output_follows not in ("requests", "input"):
        raise PriceError(
            unknown("tokens", "output_follows", str(output_follows), ("requests", "input"))
        )
    untold = getattr(totals, "untold", {})
    totals = columns(totals, buckets)
    table = table if strict or table.frozen is None else table.frozen
    offers = _offers(table, offers)
    if strict:
        say_unconfirmed(table, offers, when)
    if requests is not None:
        if "requests" in totals:
            raise PriceError(
                "tokens: requests are given twice, among the totals and separately; give them once."
            )
        totals = {"requests": quantities("tokens: requests", requests)} | totals
    size = context_tokens(totals)
    factor = factors(modifiers, _own_context(table, offers, modifiers))
    costs: dict[str, np.ndarray] = {}
    for weight, row in _rows_by_hour(table, offers, when, hours, strict):
        shape = np.broadcast_shapes(
            row.shape, size.shape, *(array.shape for array in totals.values())
        )
        for tier in range(table.starts.shape[1]) if untold else ():
            check_told(table, offers, row, np.asarray(tier), untold, "tokens")
        starts = table.starts[row]  # (..., tier)
        if np.isfinite(starts[..., 1:]).any():
            if sizes is None:
                raise PriceError(_no_sizes(table, offers, row, starts))
            by_request, by_token = sizes.settle(size, totals.get("requests")).bands(
                starts
            )  # shares (..., tier)
        else:
            by_request = by_token = np.concatenate([np.ones((1,)), np.zeros(starts.shape[-1] - 1)])
        if "requests" not in totals and table.prices[row, 0, INDEX["requests"]].any():
            raise PriceError(
                f"tokens: {table.name(int(offers.flat[0]))} charges by request; say how many requests there are."
            )
        for name, quantity in totals.items():
            j = INDEX[name]
            if name != "requests" or requests is None:  # a count of requests need not be charged
                _check_priced(table, offers, row, name, quantity)
            share = (
                by_token
                if name in CONTEXT or (output_follows == "input" and BUCKETS[j].side == "output")
                else by_request
            )
            cost = (
                (share * table.prices[row, :, j]).sum(axis=-1) * quantity / table.per[j] * factor[j]
            )
            costs[name] = cost if weight == 1.0 else costs.get(name, 0.0) + weight * cost
    return _after_discount(costs, discount, shape, parts)


def _no_sizes(table: TokenTable, offers: np.ndarray, row: np.ndarray, starts: np.ndarray) -> str:
    first = np.atleast_1d(starts[..., 1])
    at = tuple(np.argwhere(np.isfinite(first))[0])
    name = table.name(int(np.broadcast_to(offers, row.shape)[at if row.ndim else ()]))
    return (
        f"tokens: {name} charges requests of more than {first[at]:,.0f} input tokens at other prices, so a total has no price "
        "without the sizes of its requests: give Lognormal(sigma, mean) or Histogram(sizes, counts)."
    )


def _rows_by_hour(
    table: TokenTable, offers: np.ndarray, when, hours, strict: bool
) -> list[tuple[float, np.ndarray]]:
    """(share of the day, price rows): one part, or one for each stretch of the day in which prices stay."""
    if hours is None:
        return [(1.0, _rows(table, offers, when, strict))]
    weights = quantities("tokens: hours", hours)
    if weights.shape != (24,) or not weights.sum() > 0:
        raise PriceError(
            f"tokens: hours has shape {weights.shape}; give 24 weights, one for each hour of the day (UTC), not all 0."
        )
    if when is None or (parsed := instants(when))[1] is not None:
        raise PriceError(
            "tokens: hours share out the totals of days; give days with them, not times."
        )
    edges = sorted(
        {0}
        | {
            int(second)
            for offer in np.unique(offers)
            for second in table.second[table.first[offer] : table.first[offer] + table.count[offer]]
        }
    )
    whole = np.concatenate([[0.0], np.cumsum(weights / weights.sum())])
    until = np.interp([*edges, 86400], np.arange(25) * 3600, whole)
    return [
        (float(end - start), table.rows(offers, parsed[0], edge, strict))
        for edge, start, end in zip(edges, until, until[1:])
    ]


def _offers(table: TokenTable, offers) -> np.ndarray:
    numbers = np.asarray(offers)
    if numbers.dtype.kind not in "iu" or (
        numbers.size and not 0 <= int(numbers.min()) <= int(numbers.max()) < len(table.offers)
    ):
        raise PriceError(
            f"tokens: an offer is {str(offers)[:40]}; it must be an index from table.offer(model), 0 to "
            f"{len(table.offers) - 1}."
        )
    return numbers


def _rows(table: TokenTable, offers: np.ndarray, when, strict: bool) -> np.ndarray:
    """The price row of each request; refuses a missing time where it matters."""
    if when is None:
        several = table.count[offers] > 1
        if several.any():
            offer = int(offers[tuple(np.argwhere(several)[0])])
            turns = [
                str(np.datetime64(int(day), "D"))
                for day in table.since[
                    table.first[offer] + 1 : table.first[offer] + table.count[offer]
                ]
                if day > -(10**6)
            ]
            what = (
                f"changed its price on {listing(dict.fromkeys(turns))}"
                if turns
                else "has prices that depend on the time of day"
            )
            raise PriceError(
                f"tokens: {table.name(offer)} {what}; say when the requests were made."
            )
        return table.row[table.first[offers]].astype(np.int64)
    days, seconds = instants(when)
    if seconds is None:
        last = table.first[offers] + table.count[offers] - 1
        if table.second[last].any():
            offer = int(offers[tuple(np.argwhere(table.second[last] > 0)[0])])
            raise PriceError(
                f"tokens: {table.name(offer)} has prices that depend on the time of day; give times (UTC) instead "
                "of days, or the hours of a total."
            )
        seconds = np.array(0)
    return table.rows(offers, days, seconds, strict)


def _own_context(table: TokenTable, offers: np.ndarray, modifiers) -> str:
    """A context among the offers, if any; "" where no modifier asks."""
    if not modifiers:
        return ""
    return next((table.offers[i][1] for i in np.unique(offers) if table.offers[i][1]), "")


def _with_requests(table: TokenTable, row: np.ndarray, usage: dict) -> dict:
    """Each element is a request; where one costs money and none are counted, it is counted."""
    j = INDEX["requests"]
    if "requests" in usage or not table.prices[row, 0, j].any():
        return usage
    return usage | {"requests": np.where(table.missing[row, j], 0.0, 1.0)}


def _with_minimum(table: TokenTable, offers: np.ndarray, usage: dict) -> dict:
    """Seconds of audio up to the least that a request is billed for."""
    named = [name for name in SECONDS_BUCKETS if name in usage]
    least = table.minimum_seconds[offers]
    if not named or not least.any():
        return usage
    total = sum(usage[name] for name in named)
    lifted = np.where(total > 0, np.maximum(least / np.where(total > 0, total, 1.0), 1.0), 1.0)
    return usage | {name: usage[name] * lifted for name in named}


def _check_priced(
    table: TokenTable, offers: np.ndarray, row: np.ndarray, name: str, quantity: np.ndarray
) -> None:
    missing = table.missing[:, INDEX[name]][row]
    if not missing.any() or not (bad := missing & (quantity > 0)).any():
        return
    at = tuple(np.argwhere(bad)[0])
    offer, price_row = (int(np.broadcast_to(array, bad.shape)[at]) for array in (offers, row))
    sheet, priced = (
        table.prices[price_row, 0],
        [],
    )  # prices of its own: what a fallback filled in is left out
    for bucket in BUCKETS:
        filled = [
            sheet[INDEX[other]]
            for other in bucket.else_as
            if not table.missing[price_row, INDEX[other]]
        ]
        if (
            not table.missing[price_row, INDEX[bucket.name]]
            and sheet[INDEX[bucket.name]] not in filled
        ):
            priced.append(bucket.name)
    raise PriceError(
        f"tokens: {table.name(offer)} has no price for {name}. It has prices for: {listing(priced)}."
    )


def _after_discount(costs: dict, discount, shape, parts: bool):
    off = quantities("tokens: discount", discount)
    if off.size and off.max() > 1:
        raise PriceError(
            f"tokens: discount is {off.max():g}; it must be a share from 0 to 1 (0.1 is 10 % off the list price)."
        )
    shape = np.broadcast_shapes(shape, off.shape)
    if parts:
        return {name: np.broadcast_to(cost * (1 - off), shape)[()] for name, cost in costs.items()}
    total = np.zeros(shape)
    for cost in costs.values():
        total += cost
    return (total * (1 - off))[()]
