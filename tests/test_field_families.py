"""Further members of the families that fell in the field: what is like a known trouble in another dress is told as plainly (docs/method, chapter 13)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from ledger_world import focus

from finops_model.documents import load_yaml
from finops_model.errors import InputError
from finops_model.facts.daily.complete import complete_days
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.store import UsageStore
from finops_model.settings import Settings

NATIVE = Path(__file__).parent / "fixtures" / "native"
TEAMS = ("Zürich", "Genève", "plain")


def bill(*teams: str) -> str:
    frames = [
        focus([day], Tags=json.dumps({"team": team}, ensure_ascii=False))
        for day, team in enumerate(teams, 1)
    ]
    return pd.concat(frames).to_csv(index=False)


def teams_of(ledger: Ledger) -> list[str]:
    return sorted(daily(ledger, Settings())["x_Team"])


def written(path, data: bytes | str | dict | list):
    if isinstance(data, (dict, list)):
        data = json.dumps(data)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# ---- letters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding",
    ["utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig", "cp1252"],
)
def test_a_bill_keeps_its_letters_however_it_is_written(encoding, tmp_path):
    """UTF-32 was "no column BilledCost" before."""
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(written(tmp_path / "b.csv", bill(*TEAMS).encode(encoding)))
    assert teams_of(ledger) == sorted(TEAMS)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_json_of_a_windows_shell_is_json(encoding, tmp_path):
    """What PowerShell writes with > was taken for a table of one column."""
    rows = focus(range(1, 4)).to_dict("records")
    text = json.dumps({"a": [1, 2]}, indent=1)
    assert open_source(written(tmp_path / "a.json", text.encode(encoding))).kind == "json"
    file = written(tmp_path / "b.jsonl", "\n".join(map(json.dumps, rows)).encode(encoding))
    ledger = Ledger(tmp_path / "l")
    ledger.ingest(file)
    assert ledger.totals() == {"USD": Decimal(30)}


PLACES = {
    "last line": (bill("a", "Zürich", "b!"), "b!"),
    "first line": (bill("a!", "Zürich", "b"), "a!"),
    "every second": (bill("a!", "Zürich", "b!", "Genève"), "a! b!"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_stray_byte_takes_its_own_row_wherever_it_stands(place, tmp_path):
    text, gone = PLACES[place]
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(written(tmp_path / "b.csv", text.encode().replace(b"!", b"\xe9")))
    assert receipt.quarantined == len(gone.split()) and "Zürich" in teams_of(ledger)


def test_a_byte_that_windows_1252_does_not_know_takes_its_row(tmp_path):
    """A page of DOS (cp850): the ü was a control character in a team's name."""
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(
        written(tmp_path / "b.csv", bill("Zürich", "Genève", "plain").encode("cp850"))
    )
    assert receipt.reasons == {"Tags: not UTF-8": 1} and "plain" in teams_of(ledger)
    assert ledger.quarantine()["x_Row"].tolist() == [1]


# ---- headings --------------------------------------------------------------------------------------------------------

NEAR = {
    "AmortisedCost": "'AmortisedCost' is nearly EffectiveCost, which is not there, and would be left out. ",
    "AmortizedCosts": "'AmortizedCosts' is nearly EffectiveCost, which is not there, and would be left out. ",
    "EffectivCost,EffectiveCos": "'EffectivCost' and 'EffectiveCos' are nearly EffectiveCost, which is not there, and would be left out. ",
}


@pytest.mark.parametrize("heads", NEAR)
def test_every_near_name_of_a_money_column_is_said(heads, tmp_path):
    frame = focus(range(1, 3)).drop(columns="EffectiveCost")
    for head in heads.split(","):
        frame[head] = "5.00"
    frame.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(tmp_path / "b.csv")
    assert str(refused.value) == (
        f"b.csv: {NEAR[heads]}Write the names as FOCUS spells them: EffectiveCost."
    )


def test_a_second_spelling_beside_a_money_column_is_told(tmp_path):
    focus(range(1, 3)).assign(billed_cost="99").to_csv(tmp_path / "b.csv", index=False)
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(tmp_path / "b.csv")
    assert "b.csv: 'billed_cost' stands beside BilledCost and is left out" in map(
        str, receipt.warnings
    )
    assert ledger.totals() == {"USD": Decimal(20)}


@pytest.mark.parametrize("spell", [str.upper, str.lower])
def test_focus_in_the_spelling_of_a_database_is_named_for_what_it_is(spell, tmp_path):
    """It was "any other table" before: a guess by words, and taxes became usage."""
    frame = focus(range(1, 3))
    frame.columns = [
        spell("".join(f"_{c}" if c.isupper() else c for c in name).lstrip("_"))
        for name in frame.columns
    ]
    frame.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(tmp_path / "b.csv")
    assert str(refused.value).startswith(
        f"b.csv: its columns are those of FOCUS in another spelling ('{spell('billed_cost')}' for BilledCost), and a part of them would be left "
        "out. Write the names as FOCUS spells them: BilledCost, BillingCurrency, "
    )


# ---- YAML ------------------------------------------------------------------------------------------------------------

AS_WRITTEN = ["1:30", "1:30.5", "190:20:30", "1_000", "1_000.5", "0o10", "08", "2026-01-01"]
REFUSED = {
    "010": "YAML reads a number that begins with 0 in base eight",
    "!!int 010": "YAML reads a number that begins with 0 in base eight",
    "!x [1]": "tag '!x' is not allowed",
    "!x {b: 1}": "tag '!x' is not allowed",
    "&x [1]\nb: *x": "aliases (*x) are not allowed",
    "&x {c: 1}\nb: {<<: *x}": "aliases (*x) are not allowed",
    "!!set {x}": "tag 'tag:yaml.org,2002:set' is not allowed",
    "1e999": "a number must be finite",
    ".inf": "a number must be finite",
    "1\na: 2": "'a' appears twice",
}


@pytest.mark.parametrize("value", AS_WRITTEN)
def test_yaml_takes_no_value_for_another(value, tmp_path):
    """1:30.5 was 90.5 before, and 1_000.5 was 1000.5."""
    assert load_yaml(written(tmp_path / "a.yaml", f"a: {value}\n"))["a"] == value


@pytest.mark.parametrize(
    ("value", "number"), [("1e6", 1e6), ("1E+2", 100.0), ("-2.5e-3", -0.0025), (".5e1", 5.0)]
)
def test_yaml_takes_an_exponent_for_a_number_as_sentences_do(value, number, tmp_path):
    """It was text before, and refused as a formula; quoted it stays text."""
    document = load_yaml(written(tmp_path / "a.yaml", f"a: {value}\nb: '{value}'\n"))
    assert dict(document) == {"a": number, "b": value}


@pytest.mark.parametrize("value", REFUSED)
def test_yaml_that_could_mean_two_things_is_refused(value, tmp_path):
    with pytest.raises(InputError) as refused:
        load_yaml(written(tmp_path / "a.yaml", f"a: {value}\n"))
    assert REFUSED[value] in str(refused.value)


# ---- usage -----------------------------------------------------------------------------------------------------------


def used(folder, name: str, data, **how):
    """(receipt of the file, {meter: quantity})."""
    store = UsageStore(folder / "s")
    file = store.ingest(written(folder / name, data), **how).files[0]
    sums: dict[str, Decimal] = {}
    for row in store.table().to_pylist():
        sums[row["SkuMeter"]] = sums.get(row["SkuMeter"], Decimal(0)) + row["ConsumedQuantity"]
    return file, sums


JOB = "nlp|gpu|{gpus}|3600|{state}|2026-09-01T{at}:00:00|2026-09-01T{end}:00:00"
JOBS = {
    "an array job and its steps": (["101_1 gres/gpu:a100=4,gres/gpu=4", "101_1.batch gres/gpu=4", "101_1.0 gres/gpu=4"], 4, []),
    "parts of a heterogeneous job": (["105+0 gres/gpu=1", "105+1 gres/gpu=2", "105+1.0 gres/gpu=2"], 3, []),
    "two types": (["1 gres/gpu:a100=2,gres/gpu:h100=2"], 4, []),
    "type and sum": (["1 gres/gpu:a100=2,gres/gpu:h100=2,gres/gpu=4"], 4, []),
    "requeued": (["1 gres/gpu=1", "1 gres/gpu=1 10"], 2, []),
    "the same line twice": (["1 gres/gpu=1", "1 gres/gpu=1"], 1, [(2, "JobID", "duplicate JobID 1")]),
    "no number of GPUs": (["1 gres/gpu:tesla:2"], 0, [(1, "AllocTRES", "'gres/gpu:tesla:2' says no number of GPUs")]),
    "memory of GPUs is no GPU": (["1 cpu=1,gres/gpumem=5G,gres/gpuutil=90"], 0, []),
}  # fmt: skip


@pytest.mark.parametrize("what", JOBS)
def test_slurm_counts_every_gpu_hour_once(what, tmp_path):
    jobs, hours, reasons = JOBS[what]
    lines = ["JobID|Account|Partition|AllocTRES|ElapsedRaw|State|Start|End"]
    for job in jobs:
        number, gpus, at = (job.split(" ") + ["08"])[:3]
        line = JOB.format(gpus=gpus, state="COMPLETED", at=at, end=int(at) + 1)
        lines.append(f"{number}|{line}".replace("|9:", "|09:"))
    text = "\n".join(lines).replace("T9:", "T09:")
    file, sums = used(tmp_path, "j.psv", text, time_zone="UTC")
    assert sums.get("gpu_hours_allocated", 0) == hours and list(file.reasons) == reasons
    assert file.rows_in == file.accepted + file.quarantined + sum(file.left.values()) == len(jobs)


def allocation(name: str, total, **more) -> dict:
    days = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-02T00:00:00Z", "minutes": 1440}
    return {"name": name, "cpuCost": 1, "gpuHours": 24, "totalCost": total, **days, **more}


ALLOCATIONS = {
    "idle, shared and unallocated": ([{n: allocation(n, c) for n, c in (("a", 10), ("__idle__", 5), ("__unallocated__", 2))}], "17", []),
    "an adjustment below zero": ([{"a": allocation("a", 5)}, {"b": allocation("b", -1.5)}], "3.5", []),
    "a page twice": ([{"a": allocation("a", 5)}, {"a": allocation("a", 5)}], "5", [(2, "name", "duplicate name a")]),
    "two clusters": ([{"a": allocation("a", 5, properties={"cluster": "x"})}, {"a": allocation("a", 5, properties={"cluster": "y"})}], "10", []),
    "no total": ([{"a": allocation("a", 5)}, {"b": allocation("b", None)}], "5", [(2, "totalCost", "is empty")]),
    "no number": ([{"a": allocation("a", 5)}, {"b": allocation("b", "n/a")}], "5", [(2, "x_EstimatedCost", "'n/a' is no amount")]),
}  # fmt: skip


@pytest.mark.parametrize("what", ALLOCATIONS)
def test_an_allocation_counts_once_and_loses_no_cost(what, tmp_path):
    sets, total, reasons = ALLOCATIONS[what]
    file, _ = used(tmp_path, "k.json", {"code": 200, "data": sets})
    assert file.estimates == {"USD": total} and list(file.reasons) == reasons


LINE = {"uncached_input_tokens": 100, "cache_read_input_tokens": 7, "output_tokens": 8}
LINE |= {"model": "m", "workspace_id": None}
WORDS = {
    "cache_creation_input_tokens": ({"cache_creation_input_tokens": 11}, "cache_creation_input_tokens"),
    "another lifetime": ({"cache_creation": {"ephemeral_24h_input_tokens": 50}}, "cache_creation.ephemeral_24h_input_tokens"),
    "thinking": ({"thinking_tokens": 4}, "thinking_tokens"),
    "no object": ({"cache_creation": "x"}, "cache_creation"),
}  # fmt: skip


def anthropic(line: dict) -> dict:
    day = {"starting_at": "2026-09-01T00:00:00Z", "ending_at": "2026-09-02T00:00:00Z"}
    return {"data": [{**day, "results": [LINE, {**LINE, **line}]}], "has_more": False}


@pytest.mark.parametrize("what", WORDS)
def test_a_kind_of_tokens_that_is_not_known_refuses_its_row(what, tmp_path):
    """They were dropped without a word."""
    line, column = WORDS[what]
    file, sums = used(tmp_path, "a.json", anthropic(line))
    assert [reason[:2] for reason in file.reasons] == [(2, column)]
    assert sums == {"input": 100, "cached_input": 7, "output": 8}


def test_use_of_other_tools_is_told(tmp_path):
    file, sums = used(
        tmp_path,
        "a.json",
        anthropic({"server_tool_use": {"web_search_requests": 3, "code_execution_seconds": 30}}),
    )
    assert sums["web_searches"] == 3 and file.quarantined == 0
    assert "not counted: use of other tools (code_execution_seconds)" in file.notes


@pytest.mark.parametrize(("value", "refused"), [("5", 1), ("0", 0)])
def test_a_table_of_tokens_loses_no_column(value, refused, tmp_path):
    text = (
        "day,model,requests,uncached_input_tokens,output_tokens,cache_write_1h_tokens,total_tokens\n"
        f"2026-09-01,m,1,10,2,{value},17\n"
    )
    file, _ = used(tmp_path, "t.csv", text)
    assert file.quarantined == refused


# ---- small words -----------------------------------------------------------------------------------------------------


def test_one_row_is_no_rows(tmp_path):
    frame = pd.concat([focus([1]), focus([1]), focus([2], amount="x")])
    frame.to_csv(tmp_path / "b.csv", index=False)
    receipt = Ledger(tmp_path / "l").ingest(tmp_path / "b.csv")
    assert "(+ 1 row whose amount cannot be read)" in str(receipt)
    assert "1 row repeats an identical row of the file (1 different one); all are kept" in str(
        receipt
    )
    focus([1]).to_csv(tmp_path / "c.csv", index=False)
    assert str(Ledger(tmp_path / "m").ingest(tmp_path / "c.csv")).startswith(
        "1 row in = 1 accepted + 0 quarantined"
    )


def test_a_name_too_long_for_a_file_is_no_traceback(tmp_path):
    with pytest.raises(InputError, match="…: its name is longer than a file may have."):
        open_source(tmp_path / ("x" * 300 + ".csv"))


def series(values: list, label: str = "InputTokenCount ModelId=m", **more) -> dict:
    times = [f"2026-01-0{day + 1}T00:00:00Z" for day in range(len(values))]
    return {"Label": label, "Timestamps": times, "Values": values, "StatusCode": "Complete"}


AGAIN = "1 row repeats an identical row of the file, perhaps a page that was fetched twice; all are kept"
PAGES = "INCOMPLETE: the answer says that more pages follow (NextToken); ask for all of them and deliver them together"
DAY = {"date": "2026-01-02", "totalCost": 0.5, "countTraces": 1, "countObservations": 1}
DAY |= {"usage": [{"model": "m", "inputUsage": 1, "outputUsage": 2, "totalCost": 0.5}]}
TWICE = {
    "a report of OpenAI": {"object": "page", "data": [{"start_time": 1767225600, "end_time": 1767312000, "results": 2 * [{"input_tokens": 10, "output_tokens": 5, "input_cached_tokens": 0, "num_model_requests": 1, "model": "m"}]}]},
    "a report of Anthropic": anthropic({}),
    "metrics of CloudWatch": {"MetricDataResults": [series([1, 2]), series([1, 2])]},
    "days of Langfuse": {"data": [DAY, DAY], "meta": {"page": 1, "totalPages": 1, "limit": 50, "totalItems": 2}},
}  # fmt: skip


@pytest.mark.parametrize("what", TWICE)
def test_use_that_a_file_says_twice_is_told(what, tmp_path):
    """It was doubled without a word."""
    file, _ = used(tmp_path, "u.json", TWICE[what])
    assert AGAIN in file.notes and file.accepted == 2


def test_more_pages_of_metrics_are_told(tmp_path):
    file, sums = used(
        tmp_path, "u.json", {"MetricDataResults": [series([1, 2])], "NextToken": "abc"}
    )
    assert PAGES in file.notes and sums == {"input": 3}


def test_a_log_of_requests_loses_no_kind_of_tokens(tmp_path):
    line = {"schemaType": "ModelInvocationLog", "timestamp": "2026-01-01T10:00:00Z", "modelId": "m"}
    lines = [
        {**line, "requestId": f"r{n}", "input": asked, "output": {"outputTokenCount": 5}}
        for n, asked in enumerate(
            [{"inputTokenCount": 1}, {"inputTokenCount": 1, "cacheWrite1hInputTokenCount": 7}]
        )
    ]
    file, sums = used(tmp_path, "u.jsonl", "\n".join(map(json.dumps, lines)))
    assert sums == {"input": 1, "output": 5, "requests": 1}
    assert file.reasons == (
        (2, "input.cacheWrite1hInputTokenCount", "'7': a kind of tokens that is not known here"),
    )


def test_a_day_without_spend_is_no_account_of_its_own(tmp_path):
    """It was one that is behind the others, so that a report ended on it: 0.90 of 1.24."""
    ledger = Ledger(tmp_path)
    ledger.ingest(NATIVE / "openai_costs_dashboard.csv")
    known = complete_days(ledger.files())
    assert [source.account for source in known.sources] == ["org-1"]
    assert str(known.last_day) == "2026-09-03"


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl"])
def test_a_nul_byte_in_a_heading_is_no_traceback(name, tmp_path):
    frame = focus(range(1, 3)).assign(**{"x\0y": "1"})
    lines = map(json.dumps, frame.to_dict("records"))
    text = "\n".join(lines) if name == "b.jsonl" else frame.to_csv(index=False)
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(written(tmp_path / name, text))
    assert str(refused.value) == (
        f"{name}: the heading of column 17 ('xy') holds a NUL character. Take it out, or export the file again."
    )
