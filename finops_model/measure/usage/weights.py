"""What a unit of a meter weighs beside the others: its list price, where there is one (docs/decisions/0017-usage-facts.md)."""

from __future__ import annotations

import functools
import re

from ...errors import FinOpsError
from ...prices.tokens.cost import load_tokens, token_cost
from ...prices.tokens.table import TokenTable

BUCKETS = {
    "input": "uncached_input",
    "cached_input": "cache_read",
    "cache_write": "cache_write",
    "cache_write_5m": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
    "output": "output",
    "reasoning": "reasoning",
    "input_audio": "input_audio",
    "output_audio": "output_audio",
}
SMALL = 1000  # tokens of a request whose tier is taken: totals do not say how large requests were
WORDS = (  # of a bill's meter or SKU, the first that fits; after "batch" is taken out
    (r"cache(d)?.?write.*(1h|1 ?hour|one hour)", "cache_write_1h"),
    (r"cache(d)?.?write.*(5m|5 ?min)", "cache_write_5m"),
    (r"cache(d)?.?(write|creation)", "cache_write"),
    (r"cached|cache.?(read|hit)|input.cache", "cached_input"),
    (r"audio.*input|input.*audio", "input_audio"),
    (r"audio.*output|output.*audio", "output_audio"),
    (r"input|prompt", "input"),
    (r"output|completion", "output"),
    (r"request", "requests"),
)


@functools.lru_cache(4096)
def list_price(
    provider: str, model: str, meter: str, tier: str, day: str, table: TokenTable | None = None
) -> float | None:
    """USD per unit at the vendor's list on a day, for requests of the lowest tier; None where the snapshot has none.

    table   the token prices, with the company's own corrections in them; None: those that come with finops-model

    >>> list_price("openai", "gpt-5.6-luna", "output", "", "2026-09-01")
    1.2e-06
    """
    bucket = BUCKETS.get(meter)
    if bucket is None or not model:
        return None
    table = table or load_tokens()
    for vendor in dict.fromkeys((provider, "")):
        try:
            offer = table.offer(model, vendor, tier or None)
            return float(token_cost(table, offer, {bucket: 1e6}, day, context=SMALL)) / 1e6
        except FinOpsError:
            continue
    return None


@functools.lru_cache(4096)
def meter_of(words: str) -> tuple[str, str]:
    """(meter, tier) that a bill's meter or SKU speaks of; ('', '') where it names none.

    >>> meter_of("gpt-5-mini, cached input"), meter_of("batch_output_tokens"), meter_of("GPU")
    (('cached_input', ''), ('output', 'batch'), ('', ''))
    """
    text = re.sub(r"[_:,/-]+", " ", words.casefold())
    tier = "batch" if "batch" in text else ""
    meter = next((name for pattern, name in WORDS if re.search(pattern, text)), "")
    return meter, tier if meter else ""


def prices_of(settings) -> TokenTable:
    """The token prices of a workspace: the snapshot, our corrections, and its own over them (docs/method §5.28)."""
    own = settings.price_corrections
    return load_tokens(own=settings.path(own) if own else None)
