"""What looks odd in newer prices (docs/method §5.28): told by diff and refresh, nothing refused."""

from __future__ import annotations

import hashlib
import json

import pytest
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.prices.lists import odd
from finops_model.prices.tokens.table import load_tokens

PLAIN = {"uncached_input": 1.0, "cache_read": 0.1, "output": 4.0}


def snapshot(path, models: dict, provider="p") -> str:
    """A snapshot of {model: sheet, or {context: segments}}."""
    lines = []
    for model, sheet in models.items():
        offers = sheet if "" in sheet else {"": [[None, 0, sheet]]}
        lines.append(
            json.dumps(
                {
                    "provider": provider,
                    "model": model,
                    "match": {"equals": model},
                    "offers": offers,
                }
            )
        )
    body = "".join(line + "\n" for line in lines)
    head = {
        "source": "x",
        "made": "2026-11-01",
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    path.write_text(json.dumps(head) + "\n" + body)
    return str(path)


def diff(tmp_path, old: dict, new: dict, **more) -> list[str]:
    before, after = (
        snapshot(tmp_path / name, models, **more)
        for name, models in (("old.jsonl", old), ("new.jsonl", new))
    )
    answer = CliRunner().invoke(
        app, ["prices", "diff", before, after, "--as-of", "2026-11-25", "--json"]
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)["odd"]


@pytest.mark.parametrize(
    "new, said",
    [
        ({"output": 40.0}, "p/m output: 4 -> 40, ten times as much or more"),
        ({"output": 39.9}, None),
        ({"cache_read": 0.01}, "p/m cache_read: 0.1 -> 0.01, a tenth or less"),
        ({"cache_read": 0.0}, "p/m cache_read: 0.1 -> 0, a price became zero"),
        ({"cache_read": 1.5}, "p/m cache_read: 0.1 -> 1.5, ten times as much or more"),
        ({"uncached_input": 0.05}, "p/m: cached input 0.1 is dearer than fresh input 0.05"),
        ({"output": 0.9}, "p/m: output 0.9 is cheaper than input 1"),
        ({"output": 0.0}, "p/m: output costs nothing, and input 1"),
        ({"uncached_input": 0.0}, "p/m: input costs nothing, and output 4"),
        ({"output": [[0, 0.9], [200000, 9.0]]}, "p/m: output 0.9 is cheaper than input 1"),
        ({"output": 5.0, "cache_read": 0.2}, None),
    ],
)
def test_each_oddity_is_told_and_a_plain_change_is_not(tmp_path, new, said):
    found = diff(tmp_path, {"m": PLAIN}, {"m": PLAIN | new})
    assert (said in found) if said else found == []


def test_a_model_and_a_context_that_vanished_are_told(tmp_path):
    both = {"": [[None, 0, PLAIN]], "processing=batch": [[None, 0, PLAIN]]}
    assert diff(tmp_path, {"m": both, "n": PLAIN}, {"m": PLAIN}) == [
        "p/m (processing=batch): these prices are gone",
        "p/n: the model is gone; use of it has no price any more",
    ]


def test_what_was_odd_before_is_not_told_again(tmp_path):
    strange = {"uncached_input": 1.0, "output": 0.5}
    assert diff(tmp_path, {"m": strange}, {"m": strange, "n": PLAIN}) == []
    assert diff(tmp_path, {"m": strange}, {"m": strange, "n": strange}) == [
        "p/n: output 0.5 is cheaper than input 1"
    ]


def test_a_change_below_a_correction_asks_to_read_it_again(tmp_path):
    old, new = {"deepseek-chat": PLAIN}, {"deepseek-chat": PLAIN | {"output": 4.4}}
    assert diff(tmp_path, old, new, provider="deepseek") == [
        "deepseek/deepseek-chat: changed below a correction of ours (read 2026-05-30): read the correction again"
    ]
    assert diff(tmp_path, old, old, provider="deepseek") == []


def test_the_frozen_snapshot_has_few_oddities_and_the_rule_finds_them():
    found = odd.of_tokens(None, load_tokens().frozen, "2026-11-25")
    assert found == (
        "cloudflare/@cf/meta/llama-guard-3-8b: output 0.03 is cheaper than input 0.484",
        "openai/gpt-5-image-mini: output 2 is cheaper than input 2.5",
        "openrouter/openai/gpt-5-image-mini: output 2 is cheaper than input 2.5",
        "openrouter/~deepseek/deepseek-pro-latest: cached input 0.23 is dearer than fresh input 0.225",
    )


DOCUMENT = """provider: P
currency: USD
reference: r
checked: 2026-11-01
prices:
"""
SKU = """  p:m:{meter}:
    {{service: s, unit: Tokens, block: 1000000, rate: linear, model: m, meter: {meter}, history: {history}}}
"""


def test_price_documents_are_looked_over_too(tmp_path):
    def written(name, prices):
        place = tmp_path / name
        place.write_text(
            DOCUMENT
            + "".join(SKU.format(meter=meter, history=days) for meter, days in prices.items())
        )
        return str(place)

    old = {"input_tokens": "{2026-01-01: {price: 1}}", "output_tokens": "{2026-01-01: {price: 4}}"}
    new = old | {"output_tokens": "{2026-01-01: {price: 4}, 2026-11-01: {price: 0.3}}"}
    words = ["prices", "diff", written("a.yaml", old), written("b.yaml", new)]
    answer = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    assert "2 things look odd; look at them at the vendor before you use these prices:" in (
        answer.stdout
    )
    assert "  p:m:output_tokens: 4 -> 0.3, a tenth or less" in answer.stdout
    assert "  P/m: output 0.3 is cheaper than input 1" in answer.stdout
    same = CliRunner().invoke(app, ["prices", "diff", words[2], words[2]])
    assert "odd" not in same.stdout


def test_a_refresh_tells_it_before_it_writes(tmp_path):
    pytest.importorskip("genai_prices")
    from finops_model.prices.lists.refresh import refresh_tokens
    from finops_model.prices.tokens.table import SNAPSHOT

    head, *lines = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    at = next(
        i for i, one in enumerate(records) if one["model"] == "o3" and one["provider"] == "openai"
    )
    records[at]["offers"][""] = [[None, 0, {"uncached_input": 0.01, "output": 8.0}]]
    records.append({**records[at], "model": "o9", "match": {"equals": "o9"}})
    body = "".join(json.dumps(one) + "\n" for one in records)
    passport = json.loads(head) | {"sha256": hashlib.sha256(body.encode()).hexdigest()}
    (tmp_path / "old.jsonl").write_text(json.dumps(passport) + "\n" + body)
    told = refresh_tokens(tmp_path / "old.jsonl", made="2026-11-25", dry_run=True).odd
    assert "openai/o9: the model is gone; use of it has no price any more" in told
    assert "openai/o3 uncached_input: 0.01 -> 2, ten times as much or more" in told
