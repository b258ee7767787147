"""Usage joined to money: the bill's money to the cent, laid on what caused it; machines; estimates that say so."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from ledger_world import focus
from test_usage import FILES, report
from test_usage_formats import by_hand, litellm
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.daily import daily_usage, one_view
from finops_model.facts.usage.store import UsageStore
from finops_model.facts.workspace import read_daily
from finops_model.measure.usage.estimated import estimate, factors
from finops_model.measure.usage.joined import IDLE, NO_USE, join
from finops_model.measure.usage.machines import utilisation
from finops_model.settings import load_settings

SAMPLES = FILES.parents[2] / "data" / "samples"
DAY = "2026-01-01"


def use(folder, *results, zone="UTC", **more):
    """Daily usage of one OpenAI report."""
    folder.mkdir(exist_ok=True)
    store = UsageStore(folder / "s")
    store.ingest(report(folder, "u.json", list(results), **more))
    return daily_usage(store.table(), zone)


def bill(*rows):
    """DAILY of rows (day, model, meter, money), or with further cells."""
    cells = {
        "ServiceProviderName": "OpenAI",
        "SkuId": "",
        "ConsumedUnit": "Tokens",
        "ConsumedQuantity": 0.0,
        "CommitmentDiscountId": "",
        "ChargeCategory": "Usage",
    }
    frame = pd.DataFrame(
        [
            cells
            | dict(
                zip(("ChargeDate", "x_Model", "SkuMeter", "EffectiveCost"), row[:4], strict=True)
            )
            | (row[4] if len(row) > 4 else {})
            for row in rows
        ]
    )
    return frame.assign(ChargeDate=pd.to_datetime(frame["ChargeDate"]))


def costs(joined):
    return {
        row["name"]: (round(row["EffectiveCost"], 9), row["x_Basis"])
        for row in joined.rows.to_dict("records")
    }


def test_where_the_bill_says_the_meter_each_goes_by_its_own_quantity(tmp_path):
    usage = use(
        tmp_path,
        {"project_id": "a", "input_tokens": 40, "input_cached_tokens": 10, "output_tokens": 1},
        {"project_id": "b", "input_tokens": 10, "output_tokens": 3},
    )
    money = bill(
        (DAY, "m-2025-08-07", "input", 8.0),
        (DAY, "m-2025-08-07", "cached input", 1.0),
        (DAY, "m-2025-08-07", "output", 4.0),
    )
    joined = join(usage, money, "project")
    assert costs(joined) == {"a": (6 + 1 + 1, "meter"), "b": (2 + 3, "meter")}
    assert joined.cost == 13 and joined.notes == ()


def test_without_a_meter_list_prices_say_what_a_token_weighs(tmp_path):
    usage = use(
        tmp_path,
        {"project_id": "a", "model": "gpt-5.6-luna", "input_tokens": 60, "output_tokens": 0},
        {"project_id": "b", "model": "gpt-5.6-luna", "input_tokens": 0, "output_tokens": 10},
        start=1788220800,
    )
    joined = join(usage, bill(("2026-09-01", "gpt-5.6-luna", "", 1.0)), "project")
    assert costs(joined) == {"a": (0.5, "price"), "b": (0.5, "price")}  # 60 x 0.2 = 10 x 1.2
    assert joined.notes == (
        "by price: the bill names no meter, so list prices say how much a token weighs",
    )


def test_without_prices_by_quantity_and_said(tmp_path):
    usage = use(
        tmp_path,
        {"project_id": "a", "model": "house-1", "input_tokens": 60, "output_tokens": 0},
        {"project_id": "b", "model": "house-1", "input_tokens": 0, "output_tokens": 20},
    )
    joined = join(usage, bill((DAY, "house-1", "", 8.0)), "project")
    assert costs(joined) == {"a": (6, "quantity"), "b": (2, "quantity")}
    assert joined.notes[0].startswith("by quantity: the bill names no meter")


def test_money_without_use_and_use_without_money_keep_lines_of_their_own(tmp_path):
    usage = use(tmp_path, {"model": "m"}, {"model": "free"})
    joined = join(
        usage, bill((DAY, "m", "", 1.0), ("2026-01-02", "m", "", 2.0), (DAY, "n", "", 4.0))
    )
    lines = costs(joined)
    assert lines["m"] == (1, "quantity") and lines[NO_USE] == (6, "")
    assert math.isnan(lines["free"][0]) and joined.cost == 7


def test_an_unknown_column_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="--by: unknown column 'modle'. Did you mean 'model'?"):
        join(use(tmp_path, {}), None, "modle")


def slurm(folder, zone="UTC"):
    store = UsageStore(folder / "j")
    store.ingest(FILES / "slurm_sacct.psv", time_zone="UTC")
    return daily_usage(store.table(), zone)


@pytest.mark.parametrize(
    ("zone", "first", "second"), [("UTC", "8", "10.5"), ("Europe/Berlin", "0", "18.5")]
)
def test_jobs_are_split_at_midnight_of_the_company(zone, first, second, tmp_path):
    usage = slurm(tmp_path, zone)
    days = usage.groupby("UsageDate")["ConsumedQuantity"].sum()
    assert (days.get("2026-01-01", 0), days["2026-01-02"]) == (Decimal(first), Decimal(second))


def gpus(hours, money):
    return {"ConsumedUnit": "GPU-Hours", "ConsumedQuantity": hours, "ServiceProviderName": "Cloud"}


def test_money_of_machines_goes_to_jobs_by_hours_and_the_rest_is_not_allocated(tmp_path):
    usage = slurm(tmp_path)
    money = bill(
        ("2026-01-01", "", "", 20.0, gpus(10.0, 20)), ("2026-01-02", "", "", 21.0, gpus(10.5, 21))
    )
    joined = join(usage, money, "job")
    assert costs(joined) == {
        "100": (32, "hours"),
        "102": (4, "hours"),
        "101_1": (1, "hours"),
        IDLE: (4, ""),
    }
    assert joined.cost == 41


def test_utilisation_is_used_of_allocated_of_paid(tmp_path):
    store = UsageStore(tmp_path / "j")
    store.ingest(FILES / "slurm_sacct.psv", time_zone="UTC")
    labels = {"__name__": "DCGM_FI_DEV_GPU_UTIL", "UUID": "GPU-1", "pod": "a"}
    values = [[1767225600 + 1800 * i, "50"] for i in range(4)]
    answer = {"data": {"resultType": "matrix", "result": [{"metric": labels, "values": values}]}}
    store.ingest(by_hand(tmp_path / "q.json", answer))
    money = bill(("2026-01-01", "", "", 20.0, gpus(37.0, 20)))
    row = utilisation(daily_usage(store.table()), money).to_dict("records")
    assert row == [
        {
            "month": "2026-01",
            "paid": 37.0,
            "allocated": 18.5,
            "used": 1.0,
            "measured": 2.0,
            "used_of_measured": 0.5,
            "used_of_allocated": pytest.approx(1 / 18.5),
            "allocated_of_paid": 0.5,
            "used_of_paid": pytest.approx(1 / 37),
        }
    ]


def gateway(folder, *records):
    path = by_hand(folder / "g.jsonl", "\n".join(map(json.dumps, records)))
    store = UsageStore(folder / "s")
    store.ingest(path)
    return daily_usage(store.table())


def test_the_factor_from_a_tools_estimate_to_the_bill(tmp_path):
    usage = gateway(
        tmp_path, litellm(spend=0.5), litellm(request_id="r2", spend=0.3, model="other")
    )
    rows = factors(usage, bill(("2026-07-01", "gpt-5", "", 0.4)), "USD").to_dict("records")
    assert rows == [
        {
            "month": "2026-07",
            "x_Source": "litellm_spend_logs",
            "estimated": pytest.approx(0.5),
            "billed": pytest.approx(0.4),
            "factor": pytest.approx(0.8),
        }
    ]


def test_json_names_the_cost_of_a_factor_by_its_basis(tmp_path, monkeypatch):
    """`billed` was the name of EffectiveCost; it stays beside the right one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.yaml").write_text("company: A\nledger: l\nusage_facts: u\n")
    rows = focus(range(1, 3), amount="0.50", EffectiveCost="0.40", x_Model="gpt-5")
    Ledger(tmp_path / "l").ingest(("bill", rows))
    UsageStore(tmp_path / "u").ingest(by_hand(tmp_path / "g.jsonl", json.dumps(litellm(spend=0.5))))
    told = json.loads(CliRunner().invoke(app, ["usage", "--json"]).stdout)
    assert told["basis"] == "Effective"
    (line,) = told["factors"]
    assert line["effective"] == line["billed"] == pytest.approx(0.4)
    assert "EffectiveCost $0.40: factor 0.8000" in CliRunner().invoke(app, ["usage"]).output


def test_days_that_are_not_billed_yet_get_an_estimate_that_says_on_what_it_rests(tmp_path):
    usage = pd.concat(
        [
            use(tmp_path / "1", {"input_tokens": 90, "output_tokens": 10}),
            use(
                tmp_path / "2",
                {"input_tokens": 40, "output_tokens": 10},
                {"model": "gpt-5-mini", "input_tokens": 1_000_000, "output_tokens": 0},
                {"model": "house-1"},
                start=1767312000,
            ),
        ]
    )
    rows = estimate(usage, bill((DAY, "m", "", 2.0)), DAY, "USD")
    assert rows.set_index("x_Model")["x_Basis"].to_dict() == {
        "m": "unit cost of the last 28 billed days",
        "gpt-5-mini": "list price",
        "house-1": "not known",
    }
    money = rows.set_index("x_Model")["x_Estimate"]
    assert money["m"] == pytest.approx(1.0) and money["gpt-5-mini"] == pytest.approx(0.25)
    assert math.isnan(money["house-1"])
    assert set(estimate(usage, bill((DAY, "m", "", 2.0)), DAY, "EUR")["x_Basis"]) == {
        "unit cost of the last 28 billed days",
        "not known",  # list prices are in USD
    }


def test_a_tools_estimate_is_corrected_by_its_factor(tmp_path):
    usage = gateway(
        tmp_path,
        litellm(spend=0.5),
        litellm(request_id="r2", spend=1, model="new", startTime="2026-07-02T01:00:00", endTime=""),
    )
    rows = estimate(usage, bill(("2026-07-01", "gpt-5", "", 0.4)), "2026-07-01", "USD")
    assert rows[["x_Model", "x_Estimate", "x_Basis"]].values.tolist() == [
        ["new", pytest.approx(0.8), "the tool's estimate times its factor to the bill"]
    ]


def test_the_field_case_at_list_prices(tmp_path):
    """openai_usage_dashboard.csv: 53,440 at 0.2, 5,760 at 0.02, 10,646 at 1.2 per million."""
    store = UsageStore(tmp_path)
    store.ingest(FILES / "openai_usage_dashboard.csv")
    rows = estimate(
        daily_usage(store.table()), bill(("2026-08-31", "x", "", 1.0)), "2026-08-31", "USD"
    )
    assert round(rows["x_Estimate"].sum(), 10) == 0.0235784


def test_use_that_two_tools_saw_counts_once_vendor_first(tmp_path):
    store = UsageStore(tmp_path / "s")
    store.ingest(by_hand(tmp_path / "g.jsonl", json.dumps(litellm()) + "\n\n"))
    store.ingest(report(tmp_path, "u.json", [{"model": "gpt-5-2025-08-07"}], start=1782864000))
    usage, notes = one_view(daily_usage(store.table()))
    assert set(usage["x_Source"]) == {"openai_usage"} and notes == [
        "litellm_spend_logs: 4 rows left out, as openai_usage counts the same models on the same days"
    ]


def test_the_sample_company_joined_by_workload_is_what_its_tags_say(tmp_path, monkeypatch):
    """The bill's own tags as oracle: money laid on use by meter is the money of the workload."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.yaml").write_text(
        f"company: A\nledger: l\nusage_facts: u\nusage: ['{SAMPLES / 'token_usage.parquet'}']\n"
    )
    part = next(path for path in sorted((SAMPLES / "focus").iterdir()) if "2026_Q3" in path.name)
    assert CliRunner().invoke(app, ["ingest", str(part)]).exit_code == 0
    done = CliRunner().invoke(app, ["usage", "--by", "job", "--month", "2026-08", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    daily = read_daily(load_settings(tmp_path))
    month = daily[daily["x_Model"].ne("") & (daily["ChargeDate"].dt.strftime("%Y-%m") == "2026-08")]
    tagged = month.groupby("x_Workload")["EffectiveCost"].sum().to_dict()
    assert {row["name"]: row["cost"] for row in told["rows"]} == pytest.approx(tagged)
    assert {row["basis"] for row in told["rows"]} == {"meter"}


def test_the_command_shows_cost_machines_and_what_is_not_billed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.yaml").write_text("company: A\nledger: l\nusage_facts: u\n")
    empty = CliRunner().invoke(app, ["usage"])
    assert empty.output == (
        "No usage is there yet. Take a log in: finops ingest FILE (docs/ingest/usage.md).\n"
    )
    CliRunner().invoke(app, ["ingest", str(FILES / "slurm.psv"), "--time-zone", "UTC"])
    done = CliRunner().invoke(app, ["usage", "--by", "project"])
    assert "nlp" in done.output and "2026-09: GPU hours allocated 4" in done.output
    assert "The ledger is empty: take the bill in to see what the use cost." in done.output


def test_bills_and_usage_in_one_call_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "finops.yaml").write_text("company: A\nledger: l\nusage_facts: u\n")
    bills = Path(__file__).parent / "fixtures" / "bills" / "good.csv"
    done = CliRunner().invoke(
        app, ["ingest", str(bills), str(FILES / "openai_usage_dashboard.csv")]
    )
    assert str(done.exception) == (
        "openai_usage_dashboard.csv is usage and good.csv is none: they go into different places. Give them in two calls."
    )
    assert not (tmp_path / "l").exists() and not (tmp_path / "u").exists()
