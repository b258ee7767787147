"""Laws that hold for every importer of bills: each row of a file is accepted, refused or left out, and counted once."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import aws_bill as aws
import azure_bill as azure
import gcp_bill as gcp
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent / "fuzz"))

from seeds import seeds

from finops_model.errors import FinOpsError, InputError, LedgerError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers, shared
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.tables import apply_mapping, guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.store import UsageStore
from finops_model.settings import Settings

FIXTURES = Path(__file__).parent / "fixtures"


def claimed() -> list[tuple[str, Path]]:
    """(importer, fixture) of every bill among the fixtures that a default importer of its own claims."""
    found = []
    for file in sorted([*(FIXTURES / "bills").iterdir(), *(FIXTURES / "native").iterdir()]):
        try:
            name = importers.recognised(open_source(file))
        except InputError:
            continue
        if name and not importers.is_usage(name):
            found.append((name, file))
    return found


def delivered(file: Path) -> int:
    """Rows of a file as a script of its own counts them: lines below the header, lines of JSON, results of a report."""
    if file.suffix == ".parquet":
        return pq.read_metadata(file).num_rows
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".jsonl":
        return sum(bool(line.strip()) for line in text.splitlines())
    if file.suffix == ".json":
        document = json.loads(text)
        if isinstance(document, dict):
            return sum(len(bucket["results"]) for bucket in document["data"])
        return len(document)
    filled = [sum(bool(cell.strip()) for cell in line) for line in csv.reader(io.StringIO(text))]
    return sum(
        map(bool, filled[filled.index(max(filled)) + 1 :])
    )  # a preamble has fewer cells than the header


def holds(receipt, rows: int) -> None:
    """read = accepted + quarantined + left out, the same in every form of the receipt."""
    own = receipt.sources
    assert own.read == own.accepted + own.quarantined + sum(one.rows for one in own.left_out)
    assert own.read == rows, receipt
    assert receipt.rows_in == receipt.accepted + receipt.quarantined
    said = receipt.as_dict()
    assert (
        said["source_rows"]["read"] == rows == sum(f["source_rows"]["read"] for f in said["files"])
    )


def test_every_importer_of_bills_has_a_fixture():
    shelf = importers.shelf()
    bills = {name for name in importers.defaults(shelf) if not importers.is_usage(name)}
    assert {name for name, _ in claimed()} | {"focus"} == bills


@pytest.mark.parametrize(("name", "file"), claimed(), ids=lambda one: getattr(one, "name", one))
def test_read_is_accepted_and_quarantined_and_left_out(name, file, tmp_path):
    holds(Ledger(tmp_path).ingest(file), delivered(file))


@pytest.mark.parametrize("way", [False, True], ids=["as it is", "turned round"])
@pytest.mark.parametrize("group", aws.GROUPS)
def test_a_table_with_columns_that_become_rows_counts_its_own_rows(group, way, tmp_path):
    table = aws.explorer(aws.bill(3), "day", group)
    table = [list(row) for row in zip(*table, strict=True)] if way else table
    file = aws.write_table(table, tmp_path / "ce.csv")
    receipt = Ledger(tmp_path / "l").ingest(file)
    holds(receipt, len(table) - 1)
    charged = [
        line
        for line in table[1:]
        if "total" not in line[0].casefold() and any(Decimal(cell or 0) for cell in line[1:])
    ]
    assert receipt.sources.accepted == len(charged) >= 2
    assert receipt.sources.left == len(table) - 1 - len(charged) >= 1


TABLE = [
    ["Service", "EC2($)", "Tax($)", "Total costs($)"],
    ["Service total", "3", "1", "4"],
    ["2026-07-01", "3", "1", "4"],
    ["2026-08-01", "", "0", "0"],
    ["2026-09-01", "1"],
]


def test_what_is_left_out_is_counted_named_and_its_money_told(tmp_path):
    file = aws.write_table(TABLE, tmp_path / "ce.csv")
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(file)
    assert str(receipt).splitlines()[0] == (
        "4 source rows read = 1 accepted + 1 quarantined + 2 left out; in the ledger 3 rows in = 2 accepted + 1 quarantined"
    )
    assert [str(one) for one in receipt.sources.left_out] == [
        "1 row × line 'Service total', which repeats what stands beside it (4 USD)",
        "2 cells × column 'Total costs($)', which repeats what stands beside it (4 USD)",
        "1 cell × empty: no charge",
        "1 cell × zero: no charge",
        "1 row × without any cost",
    ]
    assert "  left out 1 row × without any cost" in str(receipt).splitlines()
    again = ledger.ingest(file)  # from the ledger's record
    assert again.files[0].sources == receipt.sources and again.sources.read == 0


def test_a_row_of_which_a_part_is_refused_is_quarantined_once(tmp_path):
    table = [list(row) for row in TABLE[:3]]
    table[2][1] = "abc"
    receipt = Ledger(tmp_path / "l").ingest(aws.write_table(table, tmp_path / "ce.csv"))
    assert (receipt.accepted, receipt.quarantined) == (1, 1)
    assert (receipt.sources.accepted, receipt.sources.quarantined, receipt.sources.left) == (
        0,
        1,
        1,
    )
    holds(receipt, 2)


def test_months_as_columns_of_a_table_count_its_lines(tmp_path):
    frame = pd.DataFrame(
        {
            "service": ["Chat", "Search", "Mail"],
            **{f"2026-0{i}": ["1.50", "2.00", "3.00"] for i in range(1, 5)},
        }
    )
    frame.to_csv(tmp_path / "wide.csv", index=False)
    mapping = guess_mapping(read_table(tmp_path / "wide.csv"))
    receipt = Ledger(tmp_path / "l").ingest(tmp_path / "wide.csv", mapping=mapping)
    assert (receipt.accepted, receipt.totals) == (12, {"USD": Decimal("26.00")})
    holds(receipt, 3)


def test_a_bill_of_one_row_each_says_what_it_always_said(tmp_path):
    receipt = Ledger(tmp_path).ingest(FIXTURES / "bills" / "aws_cur_classic.csv")
    assert str(receipt).splitlines()[0] == "8 rows in = 8 accepted + 0 quarantined"
    assert receipt.as_dict()["source_rows"] == {
        "read": 8,
        "accepted": 8,
        "quarantined": 0,
        "left_out": [],
    }


# --- one bill in three grains ------------------------------------------------------------------------------

SERVICES = ("GPU", "Storage", "Chat")
WIDTHS = {"hour": 1, "day": 24, "month": 31 * 24}
JULY = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def in_grain(charges, by: str) -> list[tuple[dt.datetime, dt.datetime, str, Decimal]]:
    """(start, end, service, money) of charges [(hour of July, service, cents)], summed by hour, day or month."""
    sums: dict[tuple, Decimal] = {}
    for hour, service, cents in charges:
        key = (hour // WIDTHS[by] * WIDTHS[by], service)
        sums[key] = sums.get(key, Decimal(0)) + Decimal(cents) / 100
    step = dt.timedelta(hours=WIDTHS[by])
    begins = {at: JULY + dt.timedelta(hours=at) for at, _ in sums}
    return [(begins[at], begins[at] + step, name, money) for (at, name), money in sorted(sums.items())]  # fmt: skip


def as_focus(lines, by, folder):
    head = "BilledCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName,SkuId"
    text = [f"{money},USD,2026-07-01T00:00:00Z,2026-08-01T00:00:00Z,{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},Usage,{name},{name}" for start, end, name, money in lines]  # fmt: skip
    (folder / "f.csv").write_text("\n".join([head, *text]) + "\n")
    return folder / "f.csv"


def as_report(lines, by, folder):
    plain = aws.bill(1)[0] | {"lineItem/ResourceId": "", "pricing/publicOnDemandCost": ""}
    return aws.classic([plain | {"lineItem/UsageStartDate": f"{start:%Y-%m-%dT%H:%M:%SZ}", "lineItem/UsageEndDate": f"{end:%Y-%m-%dT%H:%M:%SZ}", "product/ProductName": name, "lineItem/UnblendedCost": str(money)} for start, end, name, money in lines], folder / "cur.csv")  # fmt: skip


def as_explorer(lines, by, folder):
    rows = [{"lineItem/UsageStartDate": f"{start:%Y-%m-%dT%H:%M:%SZ}", "product/ProductName": name, "lineItem/LineItemType": "Usage", "lineItem/UnblendedCost": str(money)} for start, _, name, money in lines]  # fmt: skip
    return aws.write_table(aws.explorer(rows, by), folder / "ce.csv")


def as_google(lines, by, folder):
    rows = [gcp.row(0, str(money), ("X", name), name, usage_start_time=f"{start:%Y-%m-%d %H:%M:%S} UTC", usage_end_time=f"{end:%Y-%m-%d %H:%M:%S} UTC", currency="USD") for start, end, name, money in lines]  # fmt: skip
    return gcp.json_lines(rows, folder / "g.jsonl")


def as_openai(lines, by, folder):
    buckets = [{"object": "bucket", "start_time": int(start.timestamp()), "end_time": int(end.timestamp()), "results": [{"object": "organization.costs.result", "amount": {"value": str(money), "currency": "usd"}, "line_item": name, "project_id": None}]} for start, end, name, money in lines]  # fmt: skip
    (folder / "o.json").write_text(json.dumps({"object": "page", "data": buckets}))
    return folder / "o.json"


def as_openai_console(lines, by, folder):
    head = "start_time,end_time,amount_value,amount_currency,line_item,project_id,organization_id"
    text = [f'{start.timestamp():.0f},{end.timestamp():.0f},{money},usd,"{name}, input",p-1,o-1' for start, end, name, money in lines]  # fmt: skip
    (folder / "oc.csv").write_text("\n".join([head, *text]) + "\n")
    return folder / "oc.csv"


def as_anthropic(lines, by, folder):
    buckets = [{"starting_at": f"{start:%Y-%m-%dT%H:%M:%SZ}", "ending_at": f"{end:%Y-%m-%dT%H:%M:%SZ}", "results": [{"amount": str(money * 100), "currency": "USD", "cost_type": "tokens", "model": name, "token_type": "output_tokens", "workspace_id": None}]} for start, end, name, money in lines]  # fmt: skip
    (folder / "a.json").write_text(json.dumps({"data": buckets, "has_more": False}))
    return folder / "a.json"


def as_claude_console(lines, by, folder):
    """The console knows days alone: an hour is a further line of its day."""
    head = "usage_date_utc,model,workspace,api_key,token_type,cost_usd,list_price_usd"
    text = [f"{start:%Y-%m-%d},{name},w,k,output,{money},{money}" for start, _, name, money in lines]  # fmt: skip
    (folder / "cc.csv").write_text("\n".join([head, *text]) + "\n")
    return folder / "cc.csv"


def as_google_console(lines, by, folder):
    """The cost table knows days alone; its last day of use is written, not the day after it."""
    text = [["Example", gcp.ACCOUNT, "Shop", "shop-prod", name, "S-1", name, "K-1", "", "Usage", f"{start:%Y-%m-%d}", f"{end - dt.timedelta(seconds=1):%Y-%m-%d}", "1", "hour", str(money), str(money)] for start, end, name, money in lines]  # fmt: skip
    head = [name.format("$") for name in gcp.COLUMNS]
    return aws.write_table([["Invoice date", "2026-07-31"], ["Currency", "USD"], head, *text], folder / "gc.csv")  # fmt: skip


def as_azure(lines, by, folder):
    """The export of a month writes the first day of its period; that of hours a moment."""
    mark = {"hour": "%Y-%m-%dT%H:%M:%S", "day": "%m/%d/%Y", "month": "%m/%d/%Y"}[by]
    rows = [azure.line(Date=start.strftime(mark), MeterCategory=name, CostInBillingCurrency=str(money), BillingCurrencyCode="USD") for start, _, name, money in lines]  # fmt: skip
    return azure.written(rows, folder / "az.csv")


def as_table(lines, by, folder):
    mark = {"hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "month": "%Y-%m"}[by]
    text = [f"{start.strftime(mark)},{name},{money}" for start, _, name, money in lines]
    (folder / "t.csv").write_text("\n".join(["date,service,cost", *text]) + "\n")
    frame = read_table(folder / "t.csv")
    return apply_mapping(frame, guess_mapping(frame).settled())


GRAINS = {"focus": as_focus, "aws_cur": as_report, "aws_cost_explorer": as_explorer, "gcp_billing": as_google, "openai_costs": as_openai, "openai_console": as_openai_console, "anthropic_costs": as_anthropic, "anthropic_console": as_claude_console, "gcp_console": as_google_console, "azure_cost": as_azure, "table": as_table}  # fmt: skip
ONE_SERVICE = {"openai_costs", "openai_console", "anthropic_costs", "anthropic_console"}
CHARGES = st.lists(
    st.tuples(st.integers(0, 743), st.sampled_from(SERVICES), st.integers(1, 99_999)), min_size=1, max_size=8
)  # fmt: skip


def test_every_importer_of_bills_has_its_grains():
    bills = {name for name in importers.defaults(importers.shelf()) if not importers.is_usage(name)}
    assert set(GRAINS) == bills | {"table"}


@pytest.mark.parametrize("form", GRAINS)
@settings(max_examples=1)
@given(charges=CHARGES)
@example(charges=[(0, "GPU", 1), (1, "GPU", 1), (743, "GPU", 1), (400, "Chat", 10_000)])
def test_the_monthly_daily_and_hourly_form_of_one_bill_give_the_same_month(form, charges):
    truth = {s: sum(c for _, name, c in charges if name == s) for s in SERVICES}
    for by in WIDTHS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            item = GRAINS[form](in_grain(charges, by), by, folder)
            ledger = Ledger(folder / "l")
            receipt = ledger.ingest(item)
            assert receipt.quarantined == 0, receipt
            assert ledger.totals() == ledger.totals("EffectiveCost") == {"USD": Decimal(sum(truth.values())) / 100}  # fmt: skip
            assert set(ledger.totals_by_period()["BillingPeriod"]) == {"2026-07"}, by
            days = daily(ledger, Settings())
            assert set(days["ChargeDate"].astype(str).str[:7]) == {"2026-07"}, by
            named = (
                days["SkuId"].str.split("[:,]").str[0]
                if form in ONE_SERVICE
                else days["ServiceName"]
            )
            sums = days.groupby(named)["EffectiveCost"].sum()
            assert {s: round(sums.get(s, 0.0) * 100) for s in SERVICES} == truth, by
            assert round(days["EffectiveCost"].sum() * 100) == sum(truth.values()), by


# --- what stands in a ledger -------------------------------------------------------------------------------


def a_year_on(data: bytes) -> bytes:
    """A file of the same kind for a time, and of requests, that the first does not touch."""
    data = re.sub(rb'("request_?[iI]d": ?")', rb"\1later-", data)
    data = re.sub(
        rb"(?m)^(DCGM_FI_\S.*)$", rb"\1 1798761600000", data
    )  # a page that says its moment
    later = re.sub(rb"\b(17[5-9]\d{7})\b", lambda m: str(int(m[1]) + 365 * 86_400).encode(), data)
    return later.replace(b"2026", b"2027").replace(b"2025", b"2028").replace(b"Jan 26", b"Jan 27").replace(b"Feb 26", b"Feb 27")  # fmt: skip


TABLES = {"github.csv", "saas.csv", "german.csv", "wide_months.csv", "months_currency.csv", "euro.csv", "groups.csv"}  # fmt: skip


def pairs() -> list:
    """A bill or log of each importer as text, one of a shipped mapping each, and one of each sort of table."""
    chosen = {}
    for group, seeds_ in seeds().items():
        for one in seeds_:
            if group == "table" and one.name not in TABLES or one.name == "litellm.csv":
                continue  # one request, known by its id
            key = (group, one.name) if group in ("table", "dcgm_metrics") else group
            if group not in ("plan", "refused") and not one.packed and a_year_on(one.data) != one.data:  # fmt: skip
                chosen.setdefault(key, one)
    return list(chosen.values())


def deliver(root, *paths, **how):
    """The files into a ledger, or into a store of usage, one after the other; what is in force then, and what was said of the last."""
    said = None
    for path in paths:
        if importers.is_usage(importers.recognised(open_source(path))):
            said = UsageStore(root).ingest(path, time_zone="UTC", at="2026-01-01T00:00Z", **how)
            continue
        item = path
        if not importers.detect_source(open_source(path)):
            frame = read_table(path)
            item = (path.name, apply_mapping(frame, guess_mapping(frame).settled()))
        said = Ledger(root).ingest(item, **how)
    if (root / "rows").is_dir() and any((root / "rows").glob("*.parquet")):  # a store of usage
        rows = UsageStore(root).table()
        kept = [name for name in rows.schema.names if name not in ("x_Delivery", "x_Order")]
        return sorted(map(str, rows.select(kept).to_pylist())), said
    ledger = Ledger(root)
    return (ledger.fingerprint(), ledger.totals(), ledger.rows), said


PAIRS = pairs()


def test_the_laws_below_are_asked_of_every_importer_and_every_shipped_mapping():
    assert set(importers.defaults(importers.shelf())) <= {one.group for one in PAIRS}
    assert {"dcgm_exporter.prom", "dcgm_range.json"} <= {one.name for one in PAIRS}
    assert {"github.csv", "saas.csv"} <= {one.name for one in PAIRS}
    assert set(shared.shelf()) == {
        "github_usage",
        "saas_invoices",
    }  # a new one: a seed in tests/fuzz
    assert {one.stem for one in Path(shared.FOLDER.parent, "usage").glob("*.yaml")} == {"langfuse_daily_metrics"}  # fmt: skip


@pytest.mark.parametrize("one", PAIRS, ids=lambda one: f"{one.group}-{one.name}")
def test_disjoint_files_in_any_order_are_the_same_facts_and_the_same_bytes_change_nothing(
    one, tmp_path
):
    first, second = tmp_path / one.name, tmp_path / "next" / one.name
    second.parent.mkdir()
    first.write_bytes(one.data)
    second.write_bytes(a_year_on(one.data))
    alone, _ = deliver(tmp_path / "a", first)
    there, _ = deliver(tmp_path / "ab", first, second)
    back, _ = deliver(tmp_path / "ba", second, first)
    assert there == back != alone
    again, said = deliver(tmp_path / "ab", first)
    assert again == there and said.files[0].status == "known"


def shorter(one) -> bytes:
    """A file without its last row."""
    if one.name.endswith(".json"):
        document = json.loads(one.data)
        inner = document["data"] if one.group == "dcgm_metrics" else document
        lists = [inner] if isinstance(inner, list) else [v for v in inner.values() if isinstance(v, list)]  # fmt: skip
        last = lists[0][-1] if isinstance(lists[0][-1], dict) else {}
        if isinstance(last.get("results"), list):
            last["results"].pop()
        elif one.group == "kubecost_allocation":
            last.pop(list(last)[-1])
        else:
            lists[0].pop()
        return json.dumps(document).encode()
    return b"\n".join(one.data.rstrip().split(b"\n")[:-1]) + b"\n"


ROWS = [one for one in PAIRS if one.data.count(b"\n") > 2 and one.group not in ("table", "gcp_console")]  # fmt: skip


@pytest.mark.parametrize("one", ROWS, ids=lambda one: f"{one.group}-{one.name}")
def test_what_a_newer_file_does_not_hold_leaves_with_consent_alone(one, tmp_path):
    first, second = tmp_path / one.name, tmp_path / "next" / one.name
    second.parent.mkdir()
    first.write_bytes(one.data)
    second.write_bytes(shorter(one))
    was, _ = deliver(tmp_path / "a", first)
    alone, _ = deliver(tmp_path / "c", second)
    if importers.is_usage(one.group):
        kept = set(was) - set(alone)
        try:
            now, _ = deliver(tmp_path / "a", second)
        except FinOpsError as problem:
            assert "--replace" in str(problem)
            now = deliver(tmp_path / "a", first)[0]
        assert kept <= set(now) and len(now) == len(was)
        return
    before, ledger = Ledger(tmp_path / "a").totals_by_period(), Ledger(tmp_path / "a")
    try:
        _, said = deliver(tmp_path / "a", second)
    except FinOpsError as problem:
        assert "--accept-decrease" in str(problem) or "--replace" in str(problem), problem
        assert ledger.totals_by_period().equals(before)
        _, said = deliver(tmp_path / "a", second, whole=True, accept_decrease=True)
    told = {p: sum((c.difference.get(code, 0) for c in said.changes if c.period.startswith(p)), Decimal(0)) for _, p, code, _, _ in before.values}  # fmt: skip
    after = ledger.totals_by_period()
    for was_, is_ in zip(before.values, after.values, strict=True):
        assert (was_[:3] == is_[:3]).all() and is_[3] - was_[3] == told[was_[1]], said


def test_the_newer_export_of_a_bill_stands_whichever_comes_last(tmp_path):
    """BigQuery says when it exported a row; else the file that comes later is the newer one."""
    bill = gcp.bill(2)
    old = [row | {"export_time": "2026-08-01 05:00:00 UTC"} for row in bill]
    new = [row | {"export_time": "2026-08-03 05:00:00 UTC"} for row in bill]
    new[0] = new[0] | {"cost": "101.25"}
    first, second = gcp.json_lines(old, tmp_path / "a.jsonl"), gcp.json_lines(new, tmp_path / "b.jsonl")  # fmt: skip
    ledger = Ledger(tmp_path / "l")
    assert ledger.ingest(first).accepted == len(bill)
    newest = ledger.ingest(second).totals
    assert ledger.totals() == newest
    other = Ledger(tmp_path / "m")
    other.ingest(second)
    with pytest.raises(LedgerError) as problem:
        other.ingest(first)
    assert str(problem.value) == (
        "Google Cloud · 01AAAA-BBBBBB-CCCCCC · 2026-07 · sub-account shop-prod: the ledger holds 16 rows (471.63 EUR), and they were exported at "
        "2026-08-03T05:00:00 UTC, and what this delivery brings before, at 2026-08-01T05:00:00 UTC. Nothing was written. If it is a further part, "
        "ingest it with --append; if it takes the place of what is there, with --replace (in Python append=True or replace=True)."
    )
    assert other.totals() == newest and other.fingerprint() == ledger.fingerprint()
    assert other.ingest(first, replace=True).totals == {"EUR": gcp.total(old)}
