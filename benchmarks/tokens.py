"""Speed of pricing requests: one million at once, and against genai-prices one by one.

    python benchmarks/tokens.py [requests]

Medians of 7 runs. Requests: models, contexts, times and sizes at random (one seed); the package's answers are timed on 2,000.
"""

import statistics
import sys
import time
from datetime import datetime

import numpy as np
from genai_prices import Usage, calc_price

from finops_model.prices.tokens.cost import Lognormal, expected_cost, load_tokens, token_cost
from finops_model.prices.tokens.table import SNAPSHOT, read_table

MODELS = [
    "openai/gpt-5.4",
    "openai/o3",
    "anthropic/claude-opus-4-7",
    "google/gemini-2.5-pro",
    "deepseek/deepseek-v4-pro",
    "x-ai/grok-4.5",
]


def median(call, runs=7):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(n: int) -> None:
    table = load_tokens()
    rng = np.random.Generator(np.random.Philox(7))
    picks = rng.integers(0, len(MODELS), n)
    offers = np.array([table.offer(model) for model in MODELS])[picks]
    when = np.datetime64("2026-01-01", "s") + rng.integers(0, 320 * 86400, n).astype(
        "timedelta64[s]"
    )
    usage = {
        "uncached_input": rng.integers(1, 300_000, n),
        "cache_read": rng.integers(0, 100_000, n),
        "output": rng.integers(1, 20_000, n),
        "reasoning": rng.integers(0, 20_000, n),
    }
    usage = {name: values.astype(float) for name, values in usage.items()}
    data = SNAPSHOT.read_bytes()
    print(
        f"loading the snapshot                    {median(lambda: read_table(data)) * 1e3:8.1f} ms"
    )
    ours = median(lambda: token_cost(table, offers, usage, when))
    print(f"{n:,} requests, six models, times  {ours * 1e3:8.1f} ms   {ours / n * 1e9:.0f} ns each")
    one = median(lambda: token_cost(table, int(offers[0]), usage, "2026-10-20T12:00:00"))
    print(f"{n:,} requests, one model          {one * 1e3:8.1f} ms   {one / n * 1e9:.0f} ns each")
    days = np.arange("2026-01", "2027-01", dtype="datetime64[M]")
    month = {
        name: rng.random((1000, 12)) * 1e9 for name in ("uncached_input", "cache_read", "output")
    }
    gemini = table.offer("gemini-2.5-pro")
    totals = median(
        lambda: expected_cost(table, gemini, month, days, sizes=Lognormal(sigma=1.0, mean=40_000))
    )
    print(f"expected cost, 1,000 paths x 12 months  {totals * 1e3:8.1f} ms")
    few = range(2000)

    def package():
        for i in few:
            provider, model = MODELS[picks[i]].split("/", 1)
            calc_price(
                Usage(
                    input_tokens=int(usage["uncached_input"][i] + usage["cache_read"][i]),
                    cache_read_tokens=int(usage["cache_read"][i]),
                    output_tokens=int(usage["output"][i] + usage["reasoning"][i]),
                    output_reasoning_tokens=int(usage["reasoning"][i]),
                ),
                model,
                provider_id=provider,
                genai_request_timestamp=when[i].astype(datetime),
            )

    theirs = median(package, 3) / len(few)
    print(
        f"genai-prices, one by one                {theirs * 1e6:8.1f} us each   {theirs / (ours / n):,.0f} times as long"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
