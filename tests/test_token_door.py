"""`finops prices tokens` and `finops prices image`: raw usage and images priced at the command line (docs/method §3.57)."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.decide.questions.tokens import token_records
from finops_model.errors import FinOpsError
from finops_model.prices.tokens.cost import load_tokens, token_cost
from finops_model.prices.tokens.usage import from_vendor

RUNNER = CliRunner()
RECORDS = [
    ("openai", "gpt-5.4", {"prompt_tokens": 1200, "completion_tokens": 300, "prompt_tokens_details": {"cached_tokens": 1000}}),
    ("anthropic", "claude-opus-4-7", {"input_tokens": 10, "cache_read_input_tokens": 5000, "output_tokens": 70}),
    ("gemini", "gemini-2.5-pro", {"promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 20, "thoughtsTokenCount": 5}),
]  # fmt: skip
DAY = "2026-11-01"


def written(folder, records) -> str:
    file = folder / "usage.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in records))
    return str(file)


def test_records_of_three_vendors_cost_what_each_costs_by_itself(tmp_path):
    table = load_tokens()
    wanted = sum(
        float(token_cost(table, table.offer(model), from_vendor(vendor, usage), DAY))
        for vendor, model, usage in RECORDS
    )
    file = written(tmp_path, [{"model": model, "usage": usage} for _, model, usage in RECORDS])
    done = RUNNER.invoke(app, ["prices", "tokens", file, "--when", DAY, "--json"])
    told = json.loads(done.output)
    assert told["figures"]["cost"] == pytest.approx(wanted, rel=1e-12)
    assert sum(row["cost"] for row in told["table"]) == pytest.approx(wanted, rel=1e-12)
    assert told["notes"] == ["Read as usage of openai, anthropic, gemini."]
    again = token_records([{"model": m, "usage": u} for _, m, u in RECORDS], when=DAY)
    assert again.figures["cost"] == told["figures"]["cost"]


def test_a_record_that_has_no_price_is_told_and_counted_nowhere(tmp_path):
    good = {"prompt_tokens": 1_000_000, "completion_tokens": 0}
    file = written(tmp_path, [good, {**good, "draft_tokens": 9}, {**good, "total_tokens": 1}])
    done = RUNNER.invoke(
        app, ["prices", "tokens", file, "--model", "gpt-5.4", "--export", str(tmp_path / "a.csv")]
    )
    assert done.exit_code == 0 and done.output.startswith("1 of 3 records cost ")
    assert "2 were refused and cost nothing here." in " ".join(done.output.split())
    assert (
        "Record 3: usage of openai: total_tokens is 1, but its parts add up to 1,000,000"
        in " ".join(done.output.split())
    )
    assert (
        (tmp_path / "a.csv")
        .read_text(encoding="utf-8-sig")
        .startswith("model,tokens of,tokens,cost")
    )


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        ("", [], "usage.jsonl: is empty; give usage records as JSON, one a line or a list."),
        ('{"prompt_tokens": 1}\nnonsense', [], "usage.jsonl:2: 'nonsense' is no JSON; give one record a line, or a list of them."),
        ("[1, 2]", [], "usage.jsonl: holds no records; give a list of usage objects, each {name: number} as the vendor's response has it."),
        ('{"prompt_tokens": 1}', [], "tokens: no record names its model; say --model, for example --model gpt-5.4."),
        ('{"prompt_tokens": 1}', ["--model", "gpt-5.4", "--vendor", "opnai"], "tokens: unknown vendor 'opnai'. Did you mean 'openai'? Known: openai, anthropic, gemini, bedrock."),
    ],
)  # fmt: skip
def test_what_is_no_usage_is_refused(tmp_path, text, more, message):
    (tmp_path / "usage.jsonl").write_text(text)
    done = RUNNER.invoke(app, ["prices", "tokens", str(tmp_path / "usage.jsonl"), *more])
    assert isinstance(done.exception, FinOpsError) and str(done.exception).endswith(message)


def test_an_image_is_its_vendors_tokens_at_the_price_of_input():
    done = RUNNER.invoke(
        app, ["prices", "image", "gpt-5", "1024x1024", "--images", "1000", "--json"]
    )
    told = json.loads(done.output)
    assert told["figures"]["tokens_each"] == 630 and told["figures"]["cost"] == pytest.approx(
        0.7875
    )
    done = RUNNER.invoke(app, ["prices", "image", "claude-opus-4-7", "1000x1000", "--json"])
    assert json.loads(done.output)["figures"]["tokens_each"] == 1334
    done = RUNNER.invoke(app, ["prices", "image", "gpt-5", "big"])
    assert str(done.exception) == "'big' is no size of an image; write pixels, 1024x768."


def test_a_price_that_changed_needs_a_day():
    with pytest.raises(FinOpsError, match="unknown model"):
        token_records([{"prompt_tokens": 1, "completion_tokens": 1}], "gpt-nonsense-9")
    answer = token_records([{"prompt_tokens": 1, "completion_tokens": 1}], "o3")
    assert answer.figures["priced"] == 0
    assert "say when the requests were made" in answer.notes[0]


def test_ending_early_is_told_beside_what_the_vendor_refuses():
    more = ["--monthly", "100", "--term", "36", "--passed", "12", "--json"]
    told = json.loads(RUNNER.invoke(app, ["prices", "end", "azure_reservation", *more]).output)
    assert told["figures"] == {
        "remaining": 2400.0,
        "due": 2400.0,
        "best": "cancel it",
        "still_to_pay": 0.0,
    }
    assert told["notes"] == ["47,600.00 may be cancelled after it in the rolling 12 months."]
    fee = json.loads(
        RUNNER.invoke(app, ["prices", "end", "azure_reservation", *more, "--fee", "0.12"]).output
    )
    assert fee["figures"]["still_to_pay"] == pytest.approx(288)
    told = json.loads(RUNNER.invoke(app, ["prices", "end", "gcp_committed_use", *more]).output)
    assert told["figures"]["best"] == "keep it" and told["figures"]["still_to_pay"] == 2400
    assert (
        told["table"][1]["why"]
        == "gcp_committed_use cannot be cancelled: it is paid until its term ends."
    )
    sold = json.loads(
        RUNNER.invoke(
            app, ["prices", "end", "aws_reserved_instance", *more, "--price-share", "0.9"]
        ).output
    )
    assert sold["figures"]["still_to_pay"] == pytest.approx(2400 - 2400 * 0.9 * 0.88)
    done = RUNNER.invoke(app, ["prices", "end", "azure_reservations", *more])
    assert str(done.exception).startswith(
        "termination: unknown policy 'azure_reservations'. Did you mean 'azure_reservation'?"
    )
