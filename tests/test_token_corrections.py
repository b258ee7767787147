"""Own dated corrections over the frozen token prices (docs/method §5.27)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from finops_model.errors import PriceError, PriceWarning
from finops_model.prices.tokens.corrections import corrected, read_corrections
from finops_model.prices.tokens.cost import expected_cost, token_cost
from finops_model.prices.tokens.table import CORRECTIONS, SNAPSHOT, build, load_tokens
from finops_model.prices.tokens.told import odd, standing

CASE = json.loads(
    (
        Path(__file__).resolve().parent
        / "fixtures"
        / "token_usage"
        / "prices_behind_the_vendor.json"
    ).read_text(encoding="utf-8")
)
MILLION = {"uncached_input": 1e6, "cache_read": 1e6, "output": 1e6}


@pytest.fixture(scope="module")
def table():
    return load_tokens()


def asked(table, model, usage, when, provider="deepseek"):
    """(cost, warnings) of a request."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cost = float(token_cost(table, table.offer(model, provider), usage, when))
    return cost, [str(one.message) for one in said if one.category is PriceWarning]


@pytest.mark.parametrize(
    "request_", CASE["requests"], ids=lambda one: f"{one['model']} {one['when']}"
)
def test_the_field_case_holds(table, request_):
    call = (table, request_["model"], request_["buckets"], request_["when"], request_["provider"])
    if "expected_usd" in request_:
        assert asked(*call)[0] == pytest.approx(request_["expected_usd"], abs=1e-9)
    else:
        with pytest.raises(
            PriceError,
            match="^tokens: deepseek/deepseek-chat was retired on 2026-07-24 and has no price on 2026-11-10 ",
        ):
            asked(*call)


def test_the_snapshot_is_not_edited_and_answers_for_itself(table):
    frozen = load_tokens(SNAPSHOT, corrections="")
    assert table.models == frozen.models and table.offers == frozen.offers and frozen.frozen is None
    offer = table.offer("deepseek-v4-flash", "deepseek")
    assert float(
        token_cost(table, offer, MILLION, "2026-07-01T02:00:00", strict=False)
    ) == pytest.approx(1.506)  # the package's answer
    assert float(token_cost(table, offer, MILLION, "2026-07-01T02:00:00")) == pytest.approx(0.4228)


@pytest.mark.parametrize(
    "model, when, right",
    [
        ("deepseek-v4-flash", "2026-04-26T09:00:00", 0.4228),
        ("deepseek-v4-flash", "2026-08-16T09:00:00", 0.4228),
        ("deepseek-v4-flash", "2026-08-16T15:59:59", 0.4228),
        ("deepseek-v4-flash", "2026-08-16T16:00:00", 0.887),
        ("deepseek-v4-flash", "2026-08-17T00:59:59", 0.887),
        ("deepseek-v4-flash", "2026-08-17T01:00:00", 1.774),
        ("deepseek-v4-flash", "2026-09-09T09:59:59", 1.774),
        ("deepseek-v4-flash", "2026-09-09T10:00:00", 0.887),
        ("deepseek-v4-flash", "2026-09-10T12:00:00", 0.753),
        ("deepseek-v4-flash", "2026-09-11T02:00:00", 1.506),
        ("deepseek-v4-pro", "2026-07-01T02:00:00", 1.308625),
        ("deepseek-v4-pro", "2026-08-16T20:00:00", 2.662),
        ("deepseek-v4-pro", "2026-08-18T02:00:00", 5.324),
        ("deepseek-flash", "2026-09-10T12:00:00", 0.753),
        ("deepseek-chat", "2026-04-26T02:00:00", 0.4228),
        ("deepseek-chat", "2026-07-24T12:00:00", 0.4228),
        ("deepseek-reasoner", "2026-05-01T20:00:00", 0.4228),
        ("deepseek-chat", "2025-06-01T12:00:00", 1.44),
    ],
)
def test_a_price_holds_in_its_days_and_hours(table, model, when, right):
    usage = {name: count / 10 for name, count in MILLION.items()}
    usage = (
        usage
        if model != "deepseek-chat" or when >= "2026-04"
        else {name: count / 100 for name, count in MILLION.items()}
    )
    scale = 10 if usage["output"] == 1e5 else 100
    assert asked(table, model, usage, when)[0] * scale == pytest.approx(right)


@pytest.mark.parametrize(
    "model, when, message",
    [
        (
            "deepseek-v4-flash",
            "2026-04-25T02:00:00",
            "tokens: deepseek/deepseek-v4-flash has no price on 2026-04-25; its first one starts on 2026-04-26.",
        ),
        (
            "deepseek-flash",
            "2026-09-09T02:00:00",
            "tokens: deepseek/deepseek-flash has no price on 2026-09-09; its first one starts on 2026-09-10.",
        ),
        (
            "deepseek-chat",
            "2026-07-25T02:00:00",
            "tokens: deepseek/deepseek-chat was retired on 2026-07-24 and has no price on 2026-07-25 (read on 2026-05-30: BerriAI/litellm",
        ),
        (
            "deepseek-reasoner",
            "2027-01-01T02:00:00",
            "tokens: deepseek/deepseek-reasoner was retired on 2026-07-24 and has no price on 2027-01-01 (read on 2026-05-25: BerriAI",
        ),
    ],
)
def test_before_its_first_day_and_after_its_last_a_name_has_no_price(table, model, when, message):
    with pytest.raises(PriceError) as raised:
        asked(table, model, {"output": 10}, when)
    assert str(raised.value).startswith(message)
    if "retired" in message:
        assert str(raised.value).endswith(
            "Use the name that served the request, for example deepseek-v4-flash."
        )


def test_of_many_requests_one_retired_day_is_found(table):
    offers = np.array(
        [table.offer("deepseek-v4-flash", "deepseek"), table.offer("deepseek-chat", "deepseek")]
    )
    with pytest.raises(PriceError, match="deepseek-chat was retired"):
        token_cost(
            table, offers, {"output": [1.0, 1.0]}, ["2026-08-01T00:00:00", "2026-08-01T00:00:00"]
        )


# --- windows


def test_long_requests_of_sonnet_4_have_the_price_of_their_time(table):
    offer = table.offer("claude-sonnet-4-20250514", "anthropic")
    assert float(
        token_cost(table, offer, {"uncached_input": 900_000, "output": 1000}, "2026-01-10")
    ) == pytest.approx(0.9 * 6 + 0.0225)
    assert float(
        token_cost(table, offer, {"uncached_input": 200_000, "output": 1000}, "2026-01-10")
    ) == pytest.approx(0.6 + 0.015)
    for day in ("2025-06-01", "2026-05-01"):  # before and after: no longer requests were sold
        with pytest.raises(
            PriceError,
            match="^tokens: a request of 255,000 input tokens to anthropic/claude-sonnet-4-0 is larger than the window of 200,000 tokens",
        ):
            token_cost(table, offer, {"uncached_input": 250_000, "cache_write_5m": 5000}, day)


def test_a_request_larger_than_the_window_is_refused_and_a_total_is_told(table):
    offer = table.offer("o3", "openai")
    with pytest.raises(PriceError) as raised:
        token_cost(table, offer, {"uncached_input": [10, 255_000]}, "2026-01-10")
    assert str(raised.value) == (
        "tokens: a request of 255,000 input tokens to openai/o3 is larger than the window of 200,000 tokens whose price is known; vendors sell longer "
        "requests at other prices. For the total of several requests use expected_cost; for a longer window state its prices (price_sheet)."
    )
    cost, said = asked(table, "o3", {"uncached_input": 1e6}, "2026-01-10", "openai")
    assert cost == 2.0 and said == [
        "tokens: 1,000,000 input tokens to openai/o3 are more than the window of 200,000 tokens whose price is known; they are priced as a total of "
        "requests that each fit."
    ]
    assert float(
        token_cost(table, offer, {"uncached_input": 255_000}, "2026-01-10", strict=False)
    ) == pytest.approx(0.51)
    assert asked(table, "o3", {"uncached_input": 200_000}, "2026-01-10", "openai")[1] == []
    assert float(
        token_cost(
            table,
            table.offer("claude-sonnet-4-5", "anthropic"),
            {"uncached_input": 300_000},
            "2026-01-10",
        )
    ) == pytest.approx(1.8)  # tiers say its price


# --- what nobody confirmed


def test_a_price_that_nobody_confirmed_for_the_day_says_so(table):
    assert asked(table, "o3", {"output": 10}, "2027-02-23", "openai")[1] == []
    assert asked(table, "o3", {"output": 10}, "2027-02-24", "openai")[1] == [
        "tokens: openai/o3 on 2027-02-24: nobody confirmed the price for that day; it was last read on 2026-11-25."
    ]
    assert asked(table, "deepseek-chat", {"output": 10}, "2026-04-25T09:00:00")[1] == [
        "tokens: deepseek/deepseek-chat on 2026-04-25: nobody confirmed the price of that day; it is the one genai-prices has, and the first that was read is of 2026-04-26."
    ]
    assert asked(table, "deepseek-v4-pro", {"output": 10}, "2026-11-01T02:00:00")[
        1
    ] == [  # a Sunday
        "tokens: deepseek/deepseek-v4-pro on 2026-11-01: peak hours are not charged at weekends; the price is an upper bound."
    ]
    for when in ("2026-11-02T02:00:00", "2026-11-01T05:00:00", "2026-08-22T02:00:00"):
        assert asked(table, "deepseek-v4-pro", {"output": 10}, when)[1] == []
    with pytest.warns(PriceWarning, match="last read on 2026-11-25"):
        expected_cost(table, table.offer("o3", "openai"), {"output": 1e9}, "2028-01-01")


def test_list_stale_shows_snapshot_and_corrections(table):
    from finops_model.cli import app

    told = standing(table, "2027-03-01")
    assert told["days"] == 96 and told["retired"] == [
        "deepseek/deepseek-chat",
        "deepseek/deepseek-reasoner",
    ]
    answer = CliRunner().invoke(
        app, ["prices", "list", "--stale", "90", "--as-of", "2027-03-01"], env={"COLUMNS": "300"}
    )
    assert answer.exit_code == 0, answer.output
    text = " ".join(answer.output.split())
    assert (
        "Token prices of 2,330 models: genai-prices 0.2.3, read on 2026-11-25, 96 days before: nobody confirmed them since."
        in text
    )
    assert (
        "Corrected: deepseek/deepseek-chat, read on 2026-05-30 (275 days before): the snapshot never followed the name to V4 Flash"
        in text
    )
    assert "Retired on 2026-07-24." in text
    plain = json.loads(
        CliRunner()
        .invoke(app, ["prices", "list", "--stale", "90", "--as-of", "2026-11-25", "--json"])
        .output
    )
    assert plain["tokens"]["days"] == 0 and len(plain["tokens"]["corrections"]) == 6
    assert "tokens" not in json.loads(
        CliRunner().invoke(app, ["prices", "list", "--as-of", "2026-11-25", "--json"]).output
    )


def test_a_refresh_reports_what_looks_odd(table):
    found = odd(load_tokens(SNAPSHOT, corrections=""))
    for model in ("deepseek-chat", "deepseek-v4-flash", "deepseek-flash"):
        assert f"deepseek/{model}: prices by the time of day without a first day" in found
    assert any(
        line.endswith("a name that moves, with one price that never changed") for line in found
    )
    assert not any(line.startswith("deepseek/deepseek-v4") for line in odd(table)), (
        "what is corrected is no longer odd"
    )


# --- documents


def test_every_correction_has_a_source_and_a_day():
    found = read_corrections(CORRECTIONS)
    assert len(found) == 6 and all(
        one["source"] and one["read"] <= "2026-11-29" and one["why"] for one in found
    )
    corrected([], [])


RECORDS = [
    {
        "provider": "p",
        "model": "m",
        "match": {"equals": "m"},
        "offers": {
            "": [
                [None, 0, {"output": 1.0}],
                ["2026-06-01", 0, {"output": 2.0}],
                ["2026-09-01", 0, {"output": 3.0}],
            ]
        },
    }
]


@pytest.mark.parametrize(
    "more, prices",
    [
        (
            "prices: [{since: 2026-02-01, output: 9}]",
            {"2026-01-31": 1, "2026-02-01": 9, "2026-12-01": 9},
        ),
        (
            "until: 2026-07-01\n    prices: [{since: 2026-02-01, output: 9}]",
            {"2026-01-31": 1, "2026-06-30": 9, "2026-07-01": 2, "2026-09-01": 3},
        ),
        (
            "until: 2026-06-01\n    prices: [{since: 2026-02-01, output: 9}]",
            {"2026-05-31": 9, "2026-06-01": 2, "2026-09-01": 3},
        ),
        ("first: 2026-07-01", {"2026-07-01": 2, "2026-09-01": 3}),
        (
            "first: 2026-02-01\n    prices: [{since: 2026-02-01, output: 9}, {since: 2026-03-01, output: 8}]",
            {"2026-02-01": 9, "2026-03-01": 8},
        ),
    ],
)
def test_a_correction_holds_in_its_own_days_and_the_snapshot_elsewhere(tmp_path, more, prices):
    (tmp_path / "p.yaml").write_text(
        f"provider: p\ncorrections:\n  - model: m\n    why: x\n    source: y\n    read: 2026-11-01\n    {more}\n"
    )
    table = build(corrected(RECORDS, read_corrections(tmp_path)))
    for day, price in prices.items():
        assert float(token_cost(table, 0, {"output": 1e6}, day)) == price, day
    assert RECORDS[0]["offers"][""][0][2] == {"output": 1.0}


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "model: m\n    why: x\n    read: 2026-11-01",
            "'source' is missing; a correction has a model, a reason, a source and the day it was read.",
        ),
        (
            "model: m\n    why: x\n    source: y\n    read: yesterday",
            "read is 'yesterday'; write it as YYYY-MM-DD.",
        ),
        (
            "model: m\n    why: x\n    source: y\n    read: 2026-11-01\n    retierd: 2026-01-01",
            "unknown field of a correction 'retierd'. Did you mean 'retired'?",
        ),
        (
            "model: m\n    why: x\n    source: y\n    read: 2026-11-01\n    prices: [{since: 2026-01-01, outptu: 1}]",
            "unknown bucket 'outptu'. Did you mean 'output'?",
        ),
        (
            "model: mm\n    why: x\n    source: y\n    read: 2026-11-01",
            "unknown model of p 'mm'. Did you mean 'm'? Known: m.",
        ),
    ],
)
def test_a_slip_in_a_correction_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "p.yaml").write_text(f"provider: p\ncorrections:\n  - {text}\n")
    with pytest.raises(PriceError) as raised:
        corrected(RECORDS, read_corrections(tmp_path))
    assert str(raised.value).startswith(f"{tmp_path / 'p.yaml'}:3: ") and message in str(
        raised.value
    )


# --- a company's own


OWN = """provider: openai
corrections:
  - model: o3
    why: our reseller's list
    source: https://example.com/prices of 2026-11-02
    read: 2026-11-02
    prices:
      - {since: 2026-11-01, output: 7.5}
"""


def test_an_own_file_lies_over_ours_and_keeps_what_it_does_not_name(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text(OWN)
    own_table, ours = load_tokens(own=own), load_tokens()
    for day, price in {"2026-10-31": 8.0, "2026-11-01": 7.5, "2026-12-01": 7.5}.items():
        assert asked(own_table, "o3", {"output": 1e6}, day, "openai")[0] == price, day
        assert asked(own_table, "o3", {"uncached_input": 1e6}, day, "openai")[0] == 2.0
        assert asked(ours, "o3", {"output": 1e6}, day, "openai")[0] == 8.0
    own.write_text(
        OWN.replace("openai", "deepseek")
        .replace("model: o3", "model: deepseek-chat")
        .replace("2026-11-01", "2026-06-01")
    )
    again = load_tokens(own=tmp_path)  # a folder is read too, and a file that changed anew
    assert asked(again, "deepseek-chat", {"output": 1e6}, "2026-05-01")[0] == pytest.approx(0.28)
    assert asked(again, "deepseek-chat", {"output": 1e6}, "2026-07-01")[0] == 7.5
    with pytest.raises(PriceError, match="was retired on 2026-07-24"):
        asked(again, "deepseek-chat", {"output": 1e6}, "2026-08-01")


def test_usage_of_a_workspace_weighs_by_its_own_corrections(tmp_path):
    from finops_model.measure.usage.weights import list_price, prices_of
    from finops_model.settings import Settings

    (tmp_path / "own.yaml").write_text(OWN)
    table = prices_of(Settings(price_corrections="own.yaml", root=str(tmp_path)))
    words = ("openai", "o3", "output", "", "2026-11-10")
    assert (list_price(*words, table), list_price(*words)) == (7.5e-6, 8e-6)
    assert prices_of(Settings()) is load_tokens()


@pytest.mark.parametrize(
    "old, new, message",
    [
        (
            "provider: openai\n",
            "",
            "'provider' is missing; write the vendor whose prices these are.",
        ),
        ("corrections:", "correction:", "unknown key 'correction'. Did you mean 'corrections'?"),
        (
            "  - model: o3",
            "  - o3\n  - model: o3",
            "'o3' is no correction; a correction has a model, a reason, a source and the day it was read.",
        ),
        (
            "      - {since: 2026-11-01, output: 7.5}",
            "      - {since: 2026-11-01, output: 7.5}\n      - {since: 2026-10-01, output: 7.5}",
            "prices do not stand in the order of their days; newest last.",
        ),
        (
            "      - {since: 2026-11-01, output: 7.5}",
            "      output: 7.5",
            "prices is no list of dated prices; write - {since: YYYY-MM-DD, output: 1.5}.",
        ),
        ("output: 7.5", "output: -7.5", "output"),
        ("model: o3", "model: o33", "unknown model of openai 'o33'. Did you mean 'o3'?"),
    ],
)
def test_a_slip_in_an_own_file_is_refused(tmp_path, old, new, message):
    (tmp_path / "own.yaml").write_text(OWN.replace(old, new))
    with pytest.raises(PriceError) as raised:
        load_tokens(own=tmp_path / "own.yaml")
    assert str(raised.value).startswith(str(tmp_path / "own.yaml")) and message in str(raised.value)


def test_a_file_of_corrections_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PriceError) as raised:
        load_tokens(own=tmp_path / "none.yaml")
    assert str(raised.value) == (
        f"{tmp_path / 'none.yaml'}: there is no such file of price corrections, nor a folder that holds one (*.yaml). Correct "
        "price_corrections in finops.yaml, or take it out."
    )


def shown(*words, **more):
    from finops_model.cli import app

    answer = CliRunner().invoke(app, ["prices", "show", *words], env={"COLUMNS": "300"}, **more)
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.stdout


def test_show_says_what_is_corrected_from_when_and_by_which_source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = shown("deepseek/deepseek-chat")
    assert (
        "Corrected from 2026-04-26: the snapshot never followed the name to V4 Flash, and prices it after its retirement. Source, "
        "read on 2026-05-30: BerriAI/litellm pull requests 28789 and 29345"
    ) in text
    assert "Retired on 2026-07-24; use deepseek-v4-flash: no price after that day" in text
    assert "No correction lies over these prices." in shown("o3")
    (tmp_path / "own.yaml").write_text(OWN)
    (tmp_path / "finops.yaml").write_text("company: A\nprice_corrections: own.yaml\n")
    text = shown("o3")
    assert (
        "Corrected from 2026-11-01: our reseller's list. Source, read on 2026-11-02: https://example.com/prices of 2026-11-02."
        in text
    )
    plain = json.loads(shown("openai/o3", "--json"))
    assert [row["since"] for row in plain["history"] if row["corrected"]] == ["2026-11-01"]
    assert plain["corrections"][0]["source"].startswith("https://example.com")
    sku = shown("openai:o3:output_tokens")
    assert "By request this model is priced as finops prices show openai/o3 says:" in sku
    assert "corrections" in json.loads(shown("openai:o3:output_tokens", "--json"))
    assert "corrections" not in json.loads(shown("openai:gpt-5:output_tokens", "--json"))


def test_a_quantity_of_a_model_and_a_slip_in_its_name_are_refused():
    from finops_model.errors import FinOpsError

    with pytest.raises(FinOpsError) as raised:
        shown("openai/o3", "--quantity", "5")
    assert str(raised.value) == (
        "--quantity is of a SKU, and openai/o3 has a price for each kind of token. Name one, for example openai:o3:input_tokens, "
        "or leave --quantity out."
    )
    with pytest.raises(PriceError, match="Did you mean 'deepseek-chat'"):
        shown("deepseek/deepseek-chta")
    with pytest.raises(PriceError, match="unknown SKU 'openai:o3:input_tokns'"):
        shown("openai:o3:input_tokns")
