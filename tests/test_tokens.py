"""Token billing: the snapshot, batch pricing, cliffs, factors, raw usage (docs/method §5.20–§5.24); sentences in tests/spec/tokens."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.prices.tokens import cost as tokens
from finops_model.prices.tokens import images as tokens_images
from finops_model.prices.tokens import refresh as token_refresh
from finops_model.prices.tokens import table as token_table
from finops_model.prices.tokens import usage as tokens_usage
from finops_model.prices.tokens.buckets import BUCKETS, CONTEXT, INDEX, NAMES, disjoint
from finops_model.prices.tokens.cost import (
    Histogram,
    Lognormal,
    Modifier,
    expected_cost,
    price_sheet,
    token_cost,
)
from finops_model.prices.tokens.table import SNAPSHOT, load_tokens, read_table

SUMS = {  # genai-prices' usage keys as sums of our disjoint buckets
    "input_tokens": CONTEXT,
    "output_tokens": (
        "output",
        "reasoning",
        "citation",
        "output_audio",
        "output_image",
        "output_video",
    ),
    "cache_read_tokens": ("cache_read", "cache_read_audio", "cache_read_image", "cache_read_video"),
    "cache_write_tokens": ("cache_write", "cache_write_5m", "cache_write_1h"),
    "cache_write_5m_tokens": ("cache_write_5m",),
    "cache_write_1h_tokens": ("cache_write_1h",),
    "input_audio_tokens": ("input_audio", "cache_read_audio"),
    "cache_audio_read_tokens": ("cache_read_audio",),
    "input_image_tokens": ("input_image", "cache_read_image"),
    "cache_image_read_tokens": ("cache_read_image",),
    "input_video_tokens": ("input_video", "cache_read_video"),
    "cache_video_read_tokens": ("cache_read_video",),
    "output_reasoning_tokens": ("reasoning",),
    "output_citation_tokens": ("citation",),
    "output_audio_tokens": ("output_audio",),
    "output_image_tokens": ("output_image",),
    "output_video_tokens": ("output_video",),
    "web_searches": ("web_searches",),
    "storage_searches": ("storage_searches",),
    "input_characters": ("characters",),
    "input_text_messages": ("messages",),
    "input_document_pages": ("document_pages", "annotated_document_pages"),
    "input_annotated_document_pages": ("annotated_document_pages",),
    "audio_seconds": ("input_audio_seconds",),
    "input_audio_seconds": ("input_audio_seconds",),
}
OURS = sorted({name for parts in SUMS.values() for name in parts})
TIERED = {
    "model": "tiered",
    "prices": {"input": 1, "output": 4},
    "relative": {"cache_read": 0.1},
    "tiers": [
        {"above": 32_000, "prices": {"input": 1.5, "output": 5}},
        {"above": 128_000, "prices": {"input": 3, "output": 12}},
    ],
}


@pytest.fixture(scope="module")
def table():
    return load_tokens()


# the snapshot


def random_requests(table, n, seed):
    """n requests of random models, contexts, instants and sizes: offers, times, usage, and the package's answers."""
    from genai_prices import Usage
    from genai_prices.data import providers

    models = [(provider, model) for provider in providers for model in provider.models]
    assert [f"{p.id}/{m.id}" for p, m in models] == list(table.models)
    rng, offers, times, answers = random.Random(seed), [], [], []
    usage = {name: np.zeros(n) for name in OURS}
    tries = 0
    while len(offers) < n:
        tries += 1
        at = rng.randrange(len(models))
        provider, model = models[at]
        context = rng.choice(("", *table.contexts(at)))
        when = datetime(2025, 1, 1) + timedelta(seconds=rng.randrange(3 * 365 * 86400))
        offer = table.offers.index((at, context))
        row = int(
            table.rows(offer, *(np.asarray(part) for part in tokens.instants(when)), strict=False)
        )
        priced = [name for name in OURS if not table.missing[row, INDEX[name]]]
        if not priced:
            continue
        chosen = {
            name: rng.choice((1, 3.5, rng.randrange(5000), rng.randrange(400_000)))
            for name in priced
            if rng.random() < 0.5
        }
        told = {key: sum(chosen.get(name, 0) for name in parts) for key, parts in SUMS.items()}
        try:
            answer = model.calc_price(
                Usage(**{key: value for key, value in told.items() if value}),
                provider,
                genai_request_timestamp=when,
                price_context=dict([context.split("=", 1)]) if context else None,
            )
        except (
            ValueError
        ) as problem:  # it refuses some mixtures of cache and modality, where it asks for the join
            assert "Missing usage for cache_" in str(problem)
            continue
        for name, value in chosen.items():
            usage[name][len(offers)] = value
        offers.append(offer)
        times.append(when)
        answers.append(float(answer.total_price))
    assert tries < 1.3 * n
    return np.array(offers), np.array(times, "datetime64[s]"), usage, np.array(answers)


def test_a_thousand_random_requests_cost_what_genai_prices_says(table):
    offers, times, usage, answers = random_requests(table, 1500, seed=20261125)
    ours = token_cost(table, offers, usage, times, strict=False)
    np.testing.assert_allclose(ours, answers, rtol=1e-9, atol=0)
    assert len(np.unique(offers)) > 800 and sum(bool(table.offers[i][1]) for i in offers) > 30
    tiered = np.isfinite(table.starts[table.row[table.first[offers]], 1])
    assert tiered.sum() > 60 and (answers > 0).sum() > 1200
    one = [
        token_cost(
            table, int(offers[i]), {name: q[i] for name, q in usage.items()}, times[i], strict=False
        )
        for i in range(60)
    ]
    np.testing.assert_array_equal(one, ours[:60])  # scalar and array calls: the same bits


def test_contexts_cliffs_and_peaks_cost_what_genai_prices_says(table):
    """Models with contexts, tiers or times of day only: each of them, at three instants."""
    from genai_prices import Usage
    from genai_prices.data import providers

    models = [(provider, model) for provider in providers for model in provider.models]
    offers, times, answers = [], [], []
    sizes = (199_999, 200_000, 300_000)
    for offer, (at, context) in enumerate(table.offers):
        rows = table.row[table.first[offer] : table.first[offer] + table.count[offer]]
        if (
            table.missing[rows, 0].any()
            or table.missing[rows, INDEX["output"]].any()
            or not (context or table.count[offer] > 1 or np.isfinite(table.starts[rows, 1:]).any())
        ):
            continue
        provider, model = models[at]
        for k, when in enumerate(
            (datetime(2026, 3, 1, 2), datetime(2026, 10, 14, 9), datetime(2026, 11, 20, 5))
        ):
            offers.append(offer)
            times.append(when)
            answers.append(
                float(
                    model.calc_price(
                        Usage(input_tokens=sizes[k], output_tokens=1000),
                        provider,
                        genai_request_timestamp=when,
                        price_context=dict([context.split("=", 1)]) if context else None,
                    ).total_price
                )
            )
    usage = {"uncached_input": np.tile(sizes, len(offers) // 3).astype(float), "output": 1000.0}
    np.testing.assert_allclose(
        token_cost(table, np.array(offers), usage, np.array(times, "datetime64[s]"), strict=False),
        answers,
        rtol=1e-12,
    )
    assert len(offers) > 1000


def test_the_snapshot_is_made_again_byte_for_byte(table, tmp_path):
    again = token_refresh.write_snapshot(
        tmp_path / "deep" / "again.jsonl", made=table.passport["made"]
    )
    assert again.read_bytes() == SNAPSHOT.read_bytes()
    assert [path.name for path in again.parent.iterdir()] == [
        "again.jsonl"
    ]  # no temporary file stays
    assert SNAPSHOT.stat().st_size < 1_000_000


def test_the_passport_of_the_snapshot_is_true(table):
    from importlib.metadata import version

    data = SNAPSHOT.read_bytes()
    assert f"`{hashlib.sha256(data).hexdigest()}`" in (SNAPSHOT.parent / "README.md").read_text(
        encoding="utf-8"
    )
    assert (
        table.passport["version"] == version("genai-prices")
        and table.passport["models"] == len(table.records) > 2000
    )
    assert (
        re.fullmatch(r"\d{4}-\d\d-\d\d", table.passport["made"])
        and "MIT" in table.passport["licence"]
    )


def test_pricing_imports_neither_the_package_nor_the_network():
    code = (
        "import sys; from finops_model.prices.tokens.cost import *; t = load_tokens(); print(float(token_cost(t, t.offer('gpt-5.4'), "
        "{'input': 1e5}))); print([m for m in ('genai_prices', 'pandas', 'scipy', 'httpx2') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    ).stdout
    assert answer.splitlines() == ["0.25", "[]"]


def test_a_refresh_without_the_package_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    assert refusal(token_refresh.write_snapshot, tmp_path / "new.jsonl") == (
        "tokens: the package genai-prices is not installed; install the locked requirements, then refresh."
    )
    assert not list(tmp_path.iterdir())


def test_a_snapshot_changed_by_hand_is_refused():
    data = SNAPSHOT.read_bytes().replace(b'"output":40.0', b'"output":4.00', 1)
    with pytest.raises(PriceError) as raised:
        read_table(data, "prices.jsonl")
    assert str(raised.value) == (
        "prices.jsonl: the prices do not have the sha256 of their first line: the file was changed by hand. Make it "
        "again with finops_model/prices/tokens/refresh.py; own prices belong into a price document."
    )
    with pytest.raises(PriceError, match="is not a snapshot of token prices; make it with"):
        read_table(b"hello\n", "prices.jsonl")
    with pytest.raises(
        PriceError, match="nowhere.jsonl: there is no snapshot of token prices; make it with"
    ):
        load_tokens("nowhere.jsonl")


def test_a_refresh_says_which_prices_moved(table):
    head, _, body = SNAPSHOT.read_bytes().partition(b"\n")
    lines = [json.loads(line) for line in body.splitlines()]
    changed = next(
        line for line in lines if (line["provider"], line["model"]) == ("google", "gemini-2.5-pro")
    )
    changed["offers"][""][-1][2]["output"][1][1] = 20.0
    lines = [line for line in lines if line["model"] != "gpt-4"]
    new = token_table.build(lines)
    moved = token_refresh.changes(table, new, "2026-11-25")
    assert {
        "provider": "google",
        "model": "gemini-2.5-pro",
        "context": "",
        "bucket": "output",
        "above": 200000,
        "old": 15.0,
        "new": 20.0,
    } in moved
    gone = [move for move in moved if move["new"] is None]
    assert {move["model"] for move in gone} == {"gpt-4"} and len(moved) == len(gone) + 1
    assert token_refresh.changes(table, table, "2026-11-25") == []


def test_names_find_what_the_package_finds(table):
    from genai_prices.data_snapshot import get_snapshot

    asked = 0
    for at in range(0, len(table.records), 7):
        record = table.records[at]
        try:
            provider, model = get_snapshot().find_provider_model(
                record["model"], None, record["provider"], None
            )
        except LookupError:  # ids that its own aliases miss; ours finds them by the id
            assert table.find(record["model"], record["provider"]) == at
            continue
        assert (
            table.models[table.find(record["model"], record["provider"])]
            == f"{provider.id}/{model.id}"
        )
        asked += 1
    for name in (
        "gpt-4o-2024-08-06",
        "claude-opus-4.7",
        "gemini-2.5-pro",
        "grok-4.5",
        "gpt-5.2-20251211",
        "deepseek-v4-pro",
    ):
        provider, model = get_snapshot().find_provider_model(name, None, None, None)
        assert table.models[table.find(name)] == f"{provider.id}/{model.id}"
    assert asked > 300


def test_a_provider_that_sells_anothers_list_has_standard_prices_only(table):
    assert table.name(table.offer("gpt-5.4", "azure")) == "openai/gpt-5.4"
    with pytest.raises(PriceError) as raised:
        table.offer("gpt-5.4", "azure", "batch")
    assert str(raised.value) == (
        "tokens: openai/gpt-5.4 has only standard prices (azure sells it at the list of openai, standard prices "
        "only), none for 'batch'."
    )


# laws of one request

quantity = st.integers(0, 400_000).map(float)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["uncached_input", "cache_read", "output", "reasoning"]),
        quantity,
        min_size=1,
    ),
    st.sampled_from([0.0, 0.1, 0.5]),
)
def test_a_request_is_priced_by_hand_in_a_loop(usage, discount):
    sheet = price_sheet(TIERED)
    size = usage.get("uncached_input", 0) + usage.get("cache_read", 0)
    price_in, price_out = (1, 4) if size <= 32_000 else (1.5, 5) if size <= 128_000 else (3, 12)
    by_hand = (
        (
            usage.get("uncached_input", 0) * price_in
            + usage.get("cache_read", 0) * price_in * 0.1
            + (usage.get("output", 0) + usage.get("reasoning", 0)) * price_out
        )
        / 1e6
        * (1 - discount)
    )
    assert token_cost(sheet, 0, usage, discount=discount) == pytest.approx(by_hand, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(quantity, quantity, quantity), min_size=1, max_size=20))
def test_parts_add_up_and_a_matrix_is_the_same_as_a_mapping(rows):
    sheet, matrix = price_sheet(TIERED), np.array(rows)
    names = ["uncached_input", "cache_read", "output"]
    whole = token_cost(sheet, 0, matrix, buckets=names)
    parts = token_cost(sheet, 0, {name: matrix[:, i] for i, name in enumerate(names)}, parts=True)
    np.testing.assert_allclose(sum(parts.values()), whole, rtol=1e-12)
    np.testing.assert_array_equal(
        token_cost(sheet, np.zeros(len(rows), int), matrix, buckets=names), whole
    )


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([name for name in CONTEXT if name != "uncached_input"]), quantity
    ),
    quantity,
    quantity,
    st.booleans(),
)
def test_disjoint_buckets_lose_no_token_and_gain_none(parts, rest, out, included):
    inside = sum(n for name, n in parts.items() if included or not BUCKETS[INDEX[name]].cached)
    buckets = disjoint(
        {"input": rest + inside, "output": out} | parts, input_includes_cached=included
    )
    assert buckets["uncached_input"] == rest
    assert sum(buckets.values()) == rest + sum(parts.values()) + out


def test_buckets_have_one_name_and_fall_back_to_earlier_ones():
    assert len(set(NAMES)) == len(NAMES)
    for bucket in BUCKETS:
        assert all(INDEX[other] < INDEX[bucket.name] for other in bucket.else_as)
    assert not set(token_refresh.PRICE_KEYS.values()) - set(NAMES)


@pytest.mark.parametrize("peak", [{"factor": 3.0}, {"prices": {"input": 3.0, "output": 12.0}}])
@pytest.mark.parametrize("batch", [{"factor": 0.5}, {"prices": {"input": 0.5, "output": 2.0}}])
def test_a_context_and_a_time_of_day_multiply(peak, batch):
    """In any mixture of prices and factors that is not refused."""
    sheet = {
        "prices": {"input": 1.0, "output": 4.0},
        "relative": {"cache_read": 0.1},
        "contexts": {"batch": batch},
        "time_of_day": [{"from": "09:00", "to": "17:00", **peak}],
    }
    if "prices" in peak and "prices" in batch:
        assert "both state prices" in refusal(price_sheet, sheet)
        return
    table = price_sheet(sheet)
    usage = {"uncached_input": 1e6, "cache_read": 1e6, "output": 1e6}
    for context, times in (("", 1.0), ("batch", 0.5)):
        for hour, more in (("08", 1.0), ("09", 3.0), ("17", 1.0)):
            cost = token_cost(
                table, table.offer("the model", "", context), usage, f"2026-11-01T{hour}:00:00"
            )
            assert cost == pytest.approx(5.1 * times * more, rel=1e-12)


# totals


@settings(max_examples=25, deadline=None)
@given(st.floats(0.2, 1.8), st.floats(5_000, 200_000), st.integers(0, 2**32))
def test_expected_cost_meets_sampled_requests(sigma, mean, seed):
    n = 200_000
    rng = np.random.Generator(np.random.Philox(seed))
    sizes = np.exp(np.log(mean) - sigma**2 / 2 + sigma * rng.standard_normal(n))
    sheet = price_sheet(TIERED)
    cost = token_cost(
        sheet,
        0,
        {"uncached_input": 0.75 * sizes, "cache_read": 0.25 * sizes, "output": 800.0},
        context=np.minimum(sizes, 1e7),
    )
    expected = expected_cost(
        sheet,
        0,
        {"uncached_input": 0.75 * mean * n, "cache_read": 0.25 * mean * n, "output": 800.0 * n},
        sizes=Lognormal(sigma=sigma, mean=mean),
    )
    assert abs(cost.sum() - expected) <= 6 * cost.std() * np.sqrt(n)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 400_000), st.integers(1, 50)), min_size=1, max_size=12),
    st.sampled_from(["requests", "input"]),
)
def test_a_histogram_of_the_requests_gives_their_exact_cost(requests, follows):
    sizes, counts = (np.array(column, float) for column in zip(*requests))
    sheet = price_sheet(TIERED)
    out = np.full(len(sizes), 700.0) if follows == "requests" else 0.02 * sizes
    exact = (
        token_cost(
            sheet,
            0,
            {"uncached_input": 0.6 * sizes, "cache_read": 0.4 * sizes, "output": out},
            context=sizes,
        )
        @ counts
    )
    total = sizes @ counts
    expected = expected_cost(
        sheet,
        0,
        {"uncached_input": 0.6 * total, "cache_read": 0.4 * total, "output": out @ counts},
        sizes=Histogram(sizes, counts),
        requests=counts.sum(),
        output_follows=follows,
    )
    assert expected == pytest.approx(exact, rel=1e-9)


def test_totals_by_path_and_period_are_the_same_cell_by_cell(table):
    rng = np.random.Generator(np.random.Philox(3))
    totals = {name: rng.random((5, 4)) * 1e9 for name in ("uncached_input", "cache_read", "output")}
    requests, sigma = rng.integers(1000, 9000, (5, 4)).astype(float), np.array([0.5, 0.8, 1.0, 1.2])
    days = np.array(
        ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"], "datetime64[D]"
    )  # sonnet's cliff ends on 2026-03-13
    offer = table.offer("claude-sonnet-4-6")
    whole = expected_cost(
        table, offer, totals, days, sizes=Lognormal(sigma=sigma), requests=requests
    )
    assert whole.shape == (5, 4)
    for i, j in np.ndindex(5, 4):
        one = expected_cost(
            table,
            offer,
            {name: q[i, j] for name, q in totals.items()},
            days[j],
            sizes=Lognormal(sigma=sigma[j]),
            requests=requests[i, j],
        )
        assert one == pytest.approx(whole[i, j], rel=1e-12)
    plain = {name: q[:, 2:] for name, q in totals.items()}
    np.testing.assert_allclose(
        whole[:, 2:], expected_cost(table, offer, plain, days[2:]), rtol=1e-12
    )  # no cliff: sizes do not matter


def test_nothing_used_costs_nothing_and_a_sure_size_is_one_request():
    sheet = price_sheet(TIERED)
    assert (
        expected_cost(sheet, 0, {"input": 0, "output": 0}, sizes=Lognormal(sigma=1.0), requests=0)
        == 0
    )
    for size in (30_000, 100_000, 300_000):
        sure = expected_cost(
            sheet, 0, {"input": 10 * size, "output": 5000}, sizes=Lognormal(sigma=0.0, mean=size)
        )
        assert sure == pytest.approx(
            10 * token_cost(sheet, 0, {"input": size, "output": 500}), rel=1e-12
        )


def test_the_cliff_costs_more_the_wider_the_sizes_and_never_as_much_as_one_request():
    sheet = price_sheet(TIERED)
    month = {"input": 1e9, "output": 1e7}
    costs = [
        expected_cost(sheet, 0, month, sizes=Lognormal(sigma=sigma, mean=20_000))
        for sigma in (0.0, 0.3, 0.6, 1.0)
    ]
    assert costs == sorted(costs) and costs[0] == pytest.approx(1040.0) and costs[-1] < 3120.0


# what is refused, word for word (more of them in tests/spec/tokens)


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(PriceError) as raised:
        call(*args, **kwargs)
    return str(raised.value)


@pytest.mark.parametrize(
    "call, args, message",
    [
        (
            disjoint,
            ({"input": 5, "cached_input": 1, "cache_read_tokens": 1},),
            "tokens: cache_read is given twice, the second time as "
            "'cache_read_tokens'; give it once.",
        ),
        (
            disjoint,
            ({"input": [5, 5], "cache_read": [1, 6]}, True),
            "tokens: cache_read is 6 at position (1,), more than the 5 of input that it is "
            "a part of. Does input exclude the cache here (Anthropic, Bedrock)?",
        ),
        (
            Modifier,
            ("fast", -1),
            "tokens: factor of fast is -1; it must be a finite number, 0 or more.",
        ),
        (
            Lognormal,
            (1.0, 10.0, 10.0),
            "sizes: mean and p50 are both given; a lognormal has sigma and one of them.",
        ),
        (Lognormal, (1.0, 0.0), "sizes: mean is 0; a request has a size above 0."),
        (Lognormal.from_quantiles, (100, 50), "sizes: p90 50 lies below p50 100."),
        (Histogram, ([1, 2], [1]), "sizes: 2 sizes but 1 counts; give one count for each size."),
        (
            Histogram,
            ([1, 2], [0, 0]),
            "sizes: the histogram is empty; it needs a request with a size above 0.",
        ),
        (
            tokens.instants,
            ("yesterday",),
            "tokens: 'yesterday' is not a time; write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, UTC unless it has an "
            "offset.",
        ),
        (
            tokens_usage.from_vendor,
            ("opnai", {}),
            "tokens: unknown usage record 'opnai'. Did you mean 'openai'? Known: openai, anthropic, gemini, "
            "bedrock.",
        ),
        (
            tokens_usage.from_openai,
            ({"tokens": 5},),
            "usage of openai: has neither prompt_tokens nor input_tokens; give the usage object of the "
            "response.",
        ),
        (
            tokens_usage.from_gemini,
            ({"promptTokenCount": 5, "candidatesTokenCount": 1, "totalTokenCount": 7},),
            "usage of gemini: totalTokenCount is 7, but its parts add up to 6.",
        ),
        (
            tokens_usage.from_bedrock,
            ({"inputTokens": 5, "outputTokens": 1, "totalTokens": 9},),
            "usage of bedrock: totalTokens is 9, but its parts add up to 6.",
        ),
        (
            tokens_images.image_tokens,
            ("gpt-4.1-min", 10, 10),
            "image tokens: unknown model 'gpt-4.1-min'. Did you mean 'gpt-4.1-mini'? Known: gpt-4o, "
            "gpt-4.1, gpt-4.5, gpt-4-turbo, gpt-4o-mini, o1, o1-pro, o3, gpt-5, computer-use-preview, gpt-4.1-mini, gpt-4.1-nano and 3 more. Or state "
            "the rule: tiles, patches, anthropic, gemini.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1, "cache_read": 1}, "relative": {"cache_read": 0.1}},),
            "tokens: cache_read has a price and is relative to input; give one of the two.",
        ),
        (
            price_sheet,
            ({"prices": {"output": 1}, "relative": {"cache_read": 0.1}},),
            "tokens: the model: cache_read is relative to input, which has no price; give one.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1}, "tiers": [{"above": 5, "at": 5}]},),
            "tokens: a tier begins 'above' or 'at' a number of input tokens; give one of the two.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1}, "tiers": [{"above": 5, "prices": {"output": 5}}]},),
            "tokens: output has a price in a tier but none below it; give it one.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1}, "contexts": {"batch": {}}},),
            "tokens: context batch has neither prices nor a factor; give one of the two.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1}, "context": "x"},),
            "tokens: unknown field of a price sheet 'context'. Did you mean 'contexts'? Known: "
            "contexts, currency, history, minimum_seconds, model, per, prices, provider, relative, since, tiers, time_of_day.",
        ),
        (
            price_sheet,
            (
                {
                    "prices": {"input": 2, "cache_read": 1},
                    "history": [{"since": "2026-01-01", "prices": {"input": 1}}],
                },
            ),
            "tokens: the model: the price list of 2026-01-01 lacks cache_read, which the first one has; write it again.",
        ),
        (
            price_sheet,
            (
                {
                    "prices": {"input": 2},
                    "tiers": [{"above": 5, "prices": {"input": 4}}],
                    "history": [{"since": "2026-01-01", "prices": {"input": 1}}],
                },
            ),
            "tokens: the model: the price list of 2026-01-01 has no tiers, and the first one states their prices; write tiers again.",
        ),
        (
            price_sheet,
            (
                {
                    "prices": {"input": 1},
                    "time_of_day": [{"from": "9am", "to": "10:00", "factor": 2}],
                },
            ),
            "tokens: time_of_day from is '9am'; write HH:MM in UTC, in quotes.",
        ),
        (
            price_sheet,
            (
                {
                    "prices": {"input": 1},
                    "contexts": {"flex": {"prices": {"input": 0.6}}},
                    "time_of_day": [{"from": "09:00", "to": "10:00", "prices": {"input": 2}}],
                },
            ),
            "tokens: context flex and time_of_day both "
            "state prices, and nobody says which hold; give one of them as a factor.",
        ),
        (
            price_sheet,
            ({"prices": {"input": 1}}, {"prices": {"input": 1}}),
            "tokens: the model has two price sheets; give it one, with a history.",
        ),
    ],
)
def test_nonsense_is_refused_word_for_word(call, args, message):
    assert refusal(call, *args) == message


def test_impossible_calls_are_refused_word_for_word():
    sheet = price_sheet(TIERED)
    assert refusal(token_cost, sheet, 7, {"input": 1}) == (
        "tokens: an offer is 7; it must be an index from table.offer(model), 0 to 0."
    )
    assert refusal(token_cost, sheet, 0, {"input_tokens": 50, "cache_read": 40}) == (
        "tokens: input is given with cache_read; input may include the cache: call disjoint first, or say uncached_input."
    )
    assert refusal(token_cost, sheet, 0, [1.0, 2.0], buckets=["input"]) == (
        "tokens: usage has shape (2,) and there are 1 buckets; its last axis must be they."
    )
    assert refusal(token_cost, sheet, 0, {"input": 1}, discount=-0.1) == (
        "tokens: discount: quantity is -0.1; it must be finite and 0 or more."
    )
    assert refusal(expected_cost, sheet, 0, {"input": 1e9}, sizes=Lognormal(sigma=1.0)) == (
        "sizes: neither mean, p50 nor the number of requests is given; one of them must be."
    )
    assert refusal(
        expected_cost, sheet, 0, {"input": 1e9}, sizes=Lognormal(sigma=1.0), requests=0
    ) == ("sizes: 1,000,000,000 input tokens but 0 requests; tokens come in requests.")
    assert refusal(expected_cost, sheet, 0, {"input": 1e9}, output_follows="size") == (
        "tokens: unknown output_follows 'size'. Known: requests, input."
    )
    assert refusal(expected_cost, sheet, 0, {"input": 1e9, "requests": 5}, requests=5) == (
        "tokens: requests are given twice, among the totals and separately; give them once."
    )
    table = load_tokens()
    assert refusal(
        expected_cost,
        table,
        table.offer("deepseek-v4-pro"),
        {"input": 1},
        "2026-11-01",
        hours=[1, 2],
    ) == (
        "tokens: hours has shape (2,); give 24 weights, one for each hour of the day (UTC), not all 0."
    )
    assert refusal(
        expected_cost,
        table,
        table.offer("deepseek-v4-pro"),
        {"input": 1},
        "2026-11-01T03:00:00",
        hours=np.ones(24),
    ) == ("tokens: hours share out the totals of days; give days with them, not times.")
    assert refusal(expected_cost, table, table.offer("sonar"), {"input": 1e6}) == (
        "tokens: perplexity/sonar charges by request; say how many requests there are."
    )


def test_cached_audio_beside_two_prices_is_not_guessed():
    both = price_sheet({"prices": {"input": 1, "cache_read": 0.1, "input_audio": 10, "output": 1}})
    assert refusal(token_cost, both, 0, {"cache_read_audio": 5}).startswith(
        "tokens: the model has no price for cache_read_audio. It has"
    )
    for other, price in (("cache_read", 0.1), ("input_audio", 10)):
        one = price_sheet({"prices": {"input": 1, other: price, "output": 1}})
        assert token_cost(one, 0, {"cache_read_audio": 1e6}) == pytest.approx(price)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9000), st.integers(1, 9000))
def test_image_rules_are_whole_bounded_and_symmetric(width, height):
    for rule in (
        tokens_images.tile_tokens,
        tokens_images.patch_tokens,
        tokens_images.anthropic_tokens,
        tokens_images.gemini_tokens,
    ):
        tokens_of = rule(width, height)
        assert tokens_of == rule(height, width) == int(tokens_of) and tokens_of >= 1
    assert (
        tokens_images.patch_tokens(width, height) <= 1536
        and tokens_images.anthropic_tokens(width, height) <= 1600
    )
    tiles = (tokens_images.tile_tokens(width, height) - 85) / 170
    assert 1 <= tiles <= 2 * 4


def test_times_are_utc():
    assert [int(part) for part in tokens.instants(datetime(2026, 11, 1, 1, tzinfo=UTC))] == [
        20758,
        3600,
    ]
    days, seconds = tokens.instants(["2026-11-01T00:00:01Z", "2026-11-02T00:30:00+01:00"])
    assert days.tolist() == [20758, 20758] and seconds.tolist() == [1, 84600]
    assert tokens.instants(np.array(["2026-11-01", "2026-11-02"], "datetime64[D]"))[1] is None
