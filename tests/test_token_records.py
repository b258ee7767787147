"""Words of usage records that mean tokens, and cached parts that reach into images and audio (docs/method §5.25, §5.26)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from finops_model.errors import PriceError
from finops_model.prices.tokens.cost import expected_cost, load_tokens, price_sheet, token_cost
from finops_model.prices.tokens.fields import UNDERSTOOD
from finops_model.prices.tokens.records import price_records
from finops_model.prices.tokens.sizes import Lognormal
from finops_model.prices.tokens.usage import (
    from_anthropic,
    from_bedrock,
    from_gemini,
    from_openai,
    from_vendor,
)

CASES = Path(__file__).resolve().parent / "fixtures" / "token_usage"


def case(name):
    return json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))


def plain(buckets):
    return {name: float(value) for name, value in buckets.items()}


def refusal(call, *given, **how) -> str:
    with pytest.raises(PriceError) as raised:
        call(*given, **how)
    return str(raised.value)


# --- known synonyms


@pytest.mark.parametrize("name", ["deepseek_usage", "gateway_usage"])
def test_other_vendors_words_for_the_cache_are_understood(name):
    told = case(name)
    assert plain(from_openai(told["usage"])) == told["expected"]["buckets"]
    if "usd" in told["expected"]:
        table = load_tokens()
        assert float(
            token_cost(table, table.offer(told["model"]), from_openai(told["usage"]), told["when"])
        ) == pytest.approx(told["expected"]["usd"], abs=1e-9)


def test_without_details_the_gateways_own_words_hold():
    usage = {
        key: value
        for key, value in case("gateway_usage")["usage"].items()
        if key != "prompt_tokens_details"
    }
    assert plain(from_openai(usage)) == {
        "uncached_input": 12003,
        "cache_read": 80000,
        "cache_write": 12304,
        "output": 550,
    }


@pytest.mark.parametrize(
    "more, buckets",
    [
        ({"cached_tokens": 60}, {"uncached_input": 40, "cache_read": 60}),  # Moonshot
        ({"num_cached_tokens": 60}, {"uncached_input": 40, "cache_read": 60}),
        (
            {"cache_read_tokens": 60, "cache_write_tokens": 30},
            {"uncached_input": 10, "cache_read": 60, "cache_write": 30},
        ),
        (
            {"prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 30}},
            {"uncached_input": 10, "cache_read": 60, "cache_write": 30},
        ),
        (
            {
                "cache_creation_input_tokens": 30,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 20,
                    "ephemeral_1h_input_tokens": 10,
                },
            },
            {"uncached_input": 70, "cache_write_5m": 20, "cache_write_1h": 10},
        ),
        (
            {
                "prompt_tokens_details": {
                    "cache_creation_tokens": 30,
                    "cache_creation_token_details": {"ephemeral_1h_input_tokens": 10},
                }
            },
            {"uncached_input": 70, "cache_write": 20, "cache_write_1h": 10},
        ),
        (
            {
                "prompt_cache_hit_tokens": 60,
                "prompt_cache_miss_tokens": 40,
                "prompt_tokens_details": {"cached_tokens": 60},
            },
            {"uncached_input": 40, "cache_read": 60},
        ),
        (
            {"input_tokens": 100, "output_tokens": 20},
            {"uncached_input": 100},
        ),  # both names of the same thing
        (
            {"prompt_tokens_details": {"video_tokens": 70}},
            {"uncached_input": 30, "input_video": 70},
        ),
        (
            {"prompt_tokens_details": {"cached_tokens": 0}, "cache_read_input_tokens": 60},
            {"uncached_input": 40, "cache_read": 60},
        ),  # 0 says nothing
    ],
)
def test_synonyms_inside_openais_form(more, buckets):
    assert plain(from_openai({"prompt_tokens": 100, "completion_tokens": 20} | more)) == buckets | {
        "output": 20
    }


def test_synonyms_of_the_other_forms():
    assert plain(from_gemini({"promptTokenCount": 10, "responseTokenCount": 4})) == {
        "uncached_input": 10,
        "output": 4,
    }
    assert plain(
        from_bedrock(
            {
                "inputTokens": 10,
                "outputTokens": 4,
                "cacheReadInputTokenCount": 9,
                "cacheWriteInputTokenCount": 3,
            }
        )
    ) == {"uncached_input": 10, "cache_read": 9, "cache_write": 3, "output": 4}
    assert plain(
        from_openai(
            {"prompt_tokens": 10, "completion_tokens": 4, "citation_tokens": 7, "total_tokens": 14}
        )
    ) == {"uncached_input": 10, "output": 4, "citation": 7}


# --- what is not understood refuses its record

RECORDS = {
    "openai": {"prompt_tokens": 100, "completion_tokens": 20},
    "anthropic": {"input_tokens": 100, "output_tokens": 20},
    "gemini": {"promptTokenCount": 100, "candidatesTokenCount": 20},
    "bedrock": {"inputTokens": 100, "outputTokens": 20},
}


def put(record: dict, path: tuple, value) -> dict:
    record = json.loads(json.dumps(record))
    node = record
    for part in path[:-1]:
        node = node.setdefault(part, {})
    node[path[-1]] = value
    return record


@pytest.mark.parametrize(
    "vendor, path",
    [
        ("openai", ("draft_tokens",)),
        ("openai", ("prompt_cached_tokens",)),
        ("openai", ("prompt_tokens_details", "cached_audio_tokens")),
        ("openai", ("prompt_tokens_details", "cached_tokens_details", "document_tokens")),
        ("openai", ("completion_tokens_details", "search_tokens")),
        ("openai", ("billing", "surcharge_tokens")),
        ("anthropic", ("cache_creation", "ephemeral_24h_input_tokens")),
        ("anthropic", ("prompt_tokens",)),
        ("anthropic", ("output_tokens_details", "tool_tokens")),
        ("anthropic", ("server_tool_use", "fetched_tokens")),
        ("gemini", ("embeddingTokenCount",)),
        ("gemini", ("contextTokens",)),
        ("bedrock", ("cacheEvictInputTokens",)),
        ("bedrock", ("serverTool", "inputTokens")),
    ],
)
def test_a_word_that_means_tokens_and_is_not_understood_refuses_the_record(vendor, path):
    for empty in (0, None, 0.0):
        assert plain(from_vendor(vendor, put(RECORDS[vendor], path, empty))) == {
            "uncached_input": 100,
            "output": 20,
        }
    said = refusal(from_vendor, vendor, put(RECORDS[vendor], path, 7))
    assert said.startswith(f"usage of {vendor}: unknown field of tokens '{'.'.join(path)}'.")
    assert said.endswith(
        "It holds 7 tokens that would cost nothing, so this record has no price: leave the field out if another one counts them, or price the "
        "buckets yourself."
    )


def test_the_refusal_names_the_nearest_word():
    said = refusal(
        from_openai, {"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hits_tokens": 60}
    )
    assert "Did you mean 'prompt_cache_hit_tokens'?" in said
    said = refusal(
        from_openai,
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cache_tokens": 60},
        },
    )
    assert (
        "'prompt_tokens_details.cache_tokens'. Did you mean 'prompt_tokens_details.cached_tokens'?"
        in said
    )


def test_lists_of_parts_are_looked_into():
    said = refusal(
        from_anthropic,
        {"input_tokens": 5, "output_tokens": 1, "iterations": [{"input_tokens": 900}]},
    )
    assert said.startswith("usage of anthropic: unknown field of tokens 'iterations.input_tokens'.")
    assert (
        refusal(
            from_bedrock,
            {
                "inputTokens": 5,
                "outputTokens": 1,
                "cacheDetails": [{"ttl": "24h", "inputTokens": 9}],
            },
        )
        == "usage of bedrock: unknown lifetime of a cache write '24h'. Known: 5m, 1h."
    )


def test_every_word_that_is_understood_is_read():
    """A word on the list of OpenAI's form moves the buckets or contradicts the others: none is on the list only to be dropped."""
    inert = {
        ("completion_tokens_details", "accepted_prediction_tokens"),
        ("completion_tokens_details", "rejected_prediction_tokens"),
        ("completion_tokens_details", "text_tokens"),
        ("prompt_tokens_details", "text_tokens"),
        ("prompt_tokens_details", "cached_tokens_details", "text_tokens"),
    }
    base = plain(from_openai(RECORDS["openai"]))
    for path, words in UNDERSTOOD["openai"].items():
        if path and not (
            path[0].startswith(("prompt", "completion")) or path[0] == "cache_creation"
        ):
            continue  # other spellings of the same containers
        for word in words:
            if (*path, word) in inert:
                continue
            record = put(RECORDS["openai"], (*path, word), 6)
            if "cached_tokens_details" in path:
                record["prompt_tokens_details"] |= {
                    "cached_tokens": 50,
                    "audio_tokens": 10,
                    "image_tokens": 10,
                    "video_tokens": 10,
                }
            try:
                moved = plain(from_openai(record))
            except PriceError:
                continue
            assert moved != base, (*path, word)


def test_fields_that_contradict_each_other_are_refused():
    both = {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "cache_read_input_tokens": 60,
        "prompt_tokens_details": {"cached_tokens": 50},
    }
    assert refusal(from_openai, both) == (
        "usage of openai: cached_tokens is 50 and cache_read_input_tokens is 60, and both say how many tokens came from the cache; "
        "leave out the one that is wrong."
    )
    assert (
        refusal(
            from_openai,
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "prompt_cache_hit_tokens": 60,
                "prompt_cache_miss_tokens": 30,
            },
        )
        == "usage of openai: cache hits of 60 and prompt_cache_miss_tokens of 30 are not the 100 tokens of the prompt."
    )


# --- cached parts that reach into images and audio


def sheet(**more):
    return price_sheet({"prices": {"uncached_input": 2.0, "cache_read": 0.5, "output": 6.0} | more})


def test_where_images_cost_what_text_costs_the_split_does_not_matter():
    told = case("cached_part_reaches_into_images")
    for prices in (sheet(), sheet(input_image=2.0), sheet(input_image=2.0, cache_read_image=0.5)):
        for name in ("warm", "cold"):
            assert float(token_cost(prices, 0, from_openai(told[name]))) == pytest.approx(
                told["expected_usd"][name], abs=1e-12
            )
    assert plain(from_openai(told["warm"])) == {
        "uncached_input": 29,
        "cache_read": 2432,
        "output": 303,
    }


def test_cached_audio_is_priced_where_it_costs_what_cached_text_costs():
    usage = from_openai(case("cached_part_reaches_into_audio")["usage"])
    assert plain(usage) == {"uncached_input": 200, "cache_read": 800, "output": 100}
    assert float(token_cost(sheet(), 0, usage)) == pytest.approx(
        (200 * 2 + 800 * 0.5 + 100 * 6) / 1e6
    )


@pytest.mark.parametrize(
    "prices",
    [
        {"input_audio": 40.0},
        {"input_audio": 2.0, "cache_read_audio": 5.0},
        {"input_audio": 40.0, "cache_read_audio": 0.5},
    ],
)
def test_where_prices_differ_the_reason_is_that_the_split_is_not_told(prices):
    usage = from_openai(case("cached_part_reaches_into_audio")["usage"])
    right = (
        "tokens: some of the 600 audio tokens of a request are in the cache, and the record does not say how many; the model charges audio and text "
        "differently, so the split of the cache decides the cost. Give the cached tokens by kind (cached_tokens_details), or price the buckets yourself "
        "(cache_read, cache_read_audio, input_audio)."
    )
    assert refusal(token_cost, sheet(**prices), 0, usage) == right
    assert refusal(expected_cost, sheet(**prices), 0, usage) == right
    assert "Anthropic" not in right


def test_a_prompt_read_whole_from_the_cache_needs_no_split():
    usage = from_openai(
        {
            "prompt_tokens": 1000,
            "completion_tokens": 1,
            "prompt_tokens_details": {"audio_tokens": 600, "cached_tokens": 1000},
        }
    )
    assert plain(usage) == {
        "uncached_input": 0,
        "cache_read": 400,
        "cache_read_audio": 600,
        "output": 1,
    }
    assert float(
        token_cost(sheet(input_audio=40.0, cache_read_audio=5.0), 0, usage)
    ) == pytest.approx((400 * 0.5 + 600 * 5 + 6) / 1e6)


def test_a_told_split_is_kept_and_gemini_has_the_same_rule():
    told = from_openai(
        {
            "prompt_tokens": 1000,
            "completion_tokens": 1,
            "prompt_tokens_details": {
                "audio_tokens": 600,
                "cached_tokens": 800,
                "cached_tokens_details": {"text_tokens": 300, "audio_tokens": 500},
            },
        }
    )
    assert (
        plain(told)
        == {
            "uncached_input": 100,
            "cache_read": 300,
            "input_audio": 100,
            "cache_read_audio": 500,
            "output": 1,
        }
        and not told.untold
    )
    parts = {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 800,
        "candidatesTokenCount": 1,
        "promptTokensDetails": [
            {"modality": "TEXT", "tokenCount": 400},
            {"modality": "VIDEO", "tokenCount": 600},
        ],
    }
    assert plain(from_gemini(parts)) == {"uncached_input": 200, "cache_read": 800, "output": 1}
    assert refusal(token_cost, sheet(input_video=9.0), 0, from_gemini(parts)).startswith(
        "tokens: some of the 600 video tokens of a request are in the cache"
    )


def test_a_cache_that_is_larger_than_the_prompt_keeps_its_own_hint():
    said = refusal(
        from_openai,
        {
            "prompt_tokens": 100,
            "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 300, "image_tokens": 10},
        },
    )
    assert said.endswith("Does input exclude the cache here (Anthropic, Bedrock)?")


# --- one record of a batch


def test_one_bad_record_leaves_the_others_of_its_batch_alone():
    told = case("cached_part_reaches_into_images")
    good = {"prompt_tokens": 1000, "completion_tokens": 100}
    batch = [good, told["warm"], {**good, "draft_tokens": 5}, told["cold"], "no record", good]
    dear = sheet(input_image=8.0)
    done = price_records(dear, 0, batch)
    assert [at for at, _ in done.refused] == [1, 2, 4]
    assert done.refused[0][1].startswith(
        "tokens: some of the 1,142 image tokens of a request are in the cache, and the record does not say how many;"
    )
    assert done.refused[1][1].startswith("usage of openai: unknown field of tokens 'draft_tokens'.")
    assert (
        done.refused[2][1]
        == "usage of openai: is no record; give the usage object of the response."
    )
    each = [float(token_cost(dear, 0, from_openai(batch[at]))) for at in (0, 3, 5)]
    assert (
        done.cost[[0, 3, 5]].tolist() == each
        and np.isnan(done.cost[[1, 2, 4]]).all()
        and done.total == pytest.approx(sum(each))
    )
    assert done.buckets["output"].tolist() == [100, 0, 0, 664, 0, 100]
    assert str(done).startswith(
        "3 of 6 records cost 0.0"
    ) and "The first of them, record 1: tokens: some of" in str(done)
    even = price_records(sheet(), 0, [told["warm"], told["cold"]])
    assert even.cost.tolist() == pytest.approx([0.003092, 0.008138], abs=1e-12) and not even.refused


def test_records_may_have_days_and_offers_of_their_own():
    table = load_tokens()
    offers = [table.offer("o3", "openai"), table.offer("gpt-4o", "openai")]
    usage = [{"prompt_tokens": 1000, "completion_tokens": 10}] * 2
    done = price_records(table, offers, usage, ["2025-06-09", "2026-06-11"])
    assert done.cost.tolist() == [
        float(token_cost(table, offer, from_openai(one), day))
        for offer, one, day in zip(offers, usage, ["2025-06-09", "2026-06-11"])
    ]


@pytest.mark.parametrize(
    "vendor, record",
    [
        ("anthropic", {"input_tokens": 1000, "cache_read_input_tokens": 500, "output_tokens": 10}),
        ("bedrock", {"inputTokens": 1000, "outputTokens": 10, "totalTokens": 1010}),
    ],
)
def test_records_of_a_vendor_without_media_are_priced_as_each_alone(vendor, record):
    table = load_tokens()
    offer = table.offer("claude-sonnet-4-5", "anthropic")
    alone = token_cost(table, offer, from_vendor(vendor, record), "2026-01-01")
    done = price_records(table, offer, [record, record], "2026-01-01", vendor=vendor)
    assert done.refused == () and done.total == pytest.approx(2 * float(alone), rel=1e-12)


def test_sizes_without_a_mean_say_what_is_missing():
    message = "sizes: neither mean, p50 nor the number of requests is given; one of them must be."
    with pytest.raises(PriceError) as problem:
        Lognormal(sigma=1.0).share_above(1000)
    assert str(problem.value) == message
