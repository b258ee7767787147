"""Each usage format to the unit, with the traps of its kind."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from test_usage import FILES, sums

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.usage.store import UsageStore, is_usage

NATIVE = FILES.parent / "native"
SAMPLES = FILES.parents[2] / "data" / "samples"


def taken(path, folder, **more):
    """(receipt of the file, rows in force)."""
    store = UsageStore(folder)
    return store.ingest(path, **more).files[0], store.table()


def counts(file):
    return file.rows_in, file.accepted, file.quarantined, sum(file.left.values())


def by_hand(path, text):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def test_anthropic_report_stands_its_cache_beside_the_input(tmp_path):
    line = {
        "uncached_input_tokens": 1500,
        "cache_read_input_tokens": 200,
        "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000},
        "output_tokens": 500,
        "server_tool_use": {"web_search_requests": 10},
        "model": "claude-sonnet-5",
        "service_tier": "batch",
        "workspace_id": "wrkspc_1",
        "api_key_id": "apikey_1",
    }
    day = {"starting_at": "2026-09-01T00:00:00Z", "ending_at": "2026-09-02T00:00:00Z"}
    path = by_hand(tmp_path / "a.json", {"data": [{**day, "results": [line]}], "has_more": False})
    file, table = taken(path, tmp_path / "s")
    assert counts(file) == (1, 1, 0, 0)
    assert sums(table, "SkuMeter") == {
        "input": 1500,
        "cached_input": 200,
        "cache_write_5m": 500,
        "cache_write_1h": 1000,
        "output": 500,
        "web_searches": 10,
    }
    row = table.to_pylist()[0]
    assert (row["x_Tier"], row["SubAccountId"], row["x_Key"]) == ("batch", "wrkspc_1", "apikey_1")


def test_anthropic_console_table(tmp_path):
    file, table = taken(NATIVE / "claude_usage.csv", tmp_path)
    assert counts(file) == (1, 1, 0, 0)
    assert sums(table, "SkuMeter") == {"input": 100, "cached_input": 5, "output": 10}


def litellm(**more):
    return {
        "request_id": "r1",
        "call_type": "acompletion",
        "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
        "spend": 0.0123,
        "total_tokens": 130,
        "prompt_tokens": 100,
        "completion_tokens": 30,
        "startTime": "2026-07-01T23:59:59.5",
        "endTime": "2026-07-02T00:00:01",
        "model": "gpt-5",
        "custom_llm_provider": "openai",
        "messages": [{"role": "user", "content": "the secret plan"}],
        "response": {"text": "the secret plan"},
        "proxy_server_request": "the secret plan",
        "metadata": {
            "usage_object": {"prompt_tokens_details": {"cached_tokens": 60}},
            "user_api_key_alias": "alias-1",
        },
        **more,
    }


@pytest.mark.parametrize("packed", ["json", "jsonl", "csv"])
def test_litellm_logs_never_keep_a_prompt_and_their_spend_is_an_estimate(packed, tmp_path):
    records = [
        litellm(),
        litellm(request_id="r2", prompt_tokens=10),  # fewer than its cached ones, and no sum
        litellm(request_id="r3", cache_hit="True", spend=0),
        litellm(),
    ]
    path = tmp_path / f"logs.{packed}"
    if packed == "csv":
        import pandas as pd

        rows = [
            {k: json.dumps(v) if isinstance(v, (dict, list)) else v for k, v in one.items()}
            for one in records
        ]
        pd.DataFrame(rows).to_csv(path, index=False)
    elif packed == "json":
        by_hand(path, json.dumps(records, indent=1))
    else:
        by_hand(path, "\n".join(map(json.dumps, records)))
    store = UsageStore(tmp_path / "s")
    file = store.ingest(path).files[0]
    assert counts(file) == (4, 1, 2, 1)
    assert file.left == {"answered from the gateway's own cache: no tokens of a vendor": 1}
    assert [reason[2] for reason in file.reasons] == [
        "holds 130, and prompt_tokens and completion_tokens add up to 40",
        "duplicate request_id r1",
    ]
    assert sums(store.table(), "SkuMeter") == {
        "input": 40,
        "cached_input": 60,
        "output": 30,
        "requests": 1,
    }
    assert file.estimates == {"USD": "0.0123"}
    row = store.table().to_pylist()[0]
    assert (row["x_Key"], row["x_Request"]) == ("alias-1", "r1")
    assert f"{row['UsageStart']:%F %T}" == "2026-07-01 23:59:59"  # what has no zone is UTC
    for kept in (tmp_path / "s").rglob("*"):
        assert kept.is_dir() or b"secret plan" not in kept.read_bytes(), kept
    assert "secret plan" not in str(file)


def test_slurm_counts_each_job_once_split_by_day_and_wants_its_time_zone(tmp_path):
    path = FILES / "slurm_sacct.psv"
    with pytest.raises(InputError) as refused:
        taken(path, tmp_path / "no")
    assert str(refused.value) == (
        "slurm_sacct.psv: its times are local ones: '2026-01-01T23:00:00' says no time zone. Say where the clocks stand that wrote it: finops "
        "ingest slurm_sacct.psv --time-zone Europe/Berlin (a name of the IANA table; UTC where they run on it), or usage_time_zone in "
        "finops.yaml. Nothing was taken."
    )
    file, table = taken(path, tmp_path / "s", time_zone="UTC")
    assert counts(file) == (6, 3, 0, 3)
    assert file.left == {"steps of a job, parts of it": 2, "jobs that have not run": 1}
    assert sums(table, "SubAccountId") == {"vision": 16, "speech": Decimal("0.5"), "": 2}
    running = next(row for row in table.to_pylist() if row["x_Job"] == "102")
    assert f"{running['UsageEnd']:%F %H}" == "2026-01-02 03"  # as far as it has run


def test_slurm_of_the_field_and_a_job_that_ran_on(tmp_path):
    store = UsageStore(tmp_path)
    store.ingest(FILES / "slurm.psv", time_zone="UTC")
    assert sums(store.table(), "SubAccountId") == {"nlp": 4}
    later = tmp_path / "later.psv"
    later.write_text(
        "JobID|User|Account|Partition|AllocTRES|ElapsedRaw|State|Start|End\n"
        "101|u1|nlp|gpu|gres/gpu:h100=2|10800|COMPLETED|2026-09-01T08:00:00|2026-09-01T11:00:00\n"
    )
    store.ingest(later, time_zone="UTC")  # the same job, an hour longer: it replaces itself
    assert sums(store.table(), "SubAccountId") == {"nlp": 6}


def test_dcgm_page_is_levels_of_one_moment_that_must_be_said(tmp_path):
    path = FILES / "dcgm_exporter.prom"
    with pytest.raises(InputError, match="is a page of one moment and does not say which"):
        taken(path, tmp_path / "no")
    file, table = taken(path, tmp_path / "s", at="2026-01-01T12:00Z")
    assert counts(file) == (7, 3, 0, 4)
    levels = sums(table, "SkuMeter", "ResourceId")
    assert levels == {
        ("gpu_utilization", "GPU-synth-0"): Decimal("0.87"),
        ("gpu_engine_active", "GPU-synth-0"): Decimal("0.62"),
        ("gpu_utilization", "GPU-synth-1"): 0,
    }
    assert [row["ResourceId"] for row in table.to_pylist() if not row["x_Job"]] == ["GPU-synth-1"]
    assert file.totals == {}  # a level is never added up


def test_no_label_begins_within_a_word():
    """70,000 letters that are no label took minutes: each of them began one anew. A count, not a time."""
    from finops_model.facts.intake.importers.dcgm_metrics import LABEL

    assert LABEL.findall('gpu="0",modelName="H100"') == [("gpu", "0"), ("modelName", "H100")]
    word = "x" * 70_000
    assert LABEL.findall(f'{word},gpu="1"') == [("gpu", "1")]
    assert not any(LABEL.match(word + '="a"', at) for at in (1, 100, 69_999))


def test_dcgm_range_becomes_gpu_hours(tmp_path):
    labels = {
        "__name__": "DCGM_FI_DEV_GPU_UTIL",
        "UUID": "GPU-1",
        "pod": "job-a",
        "namespace": "ml",
    }
    values = [[1767225600 + 1800 * i, value] for i, value in enumerate(["50", "100", "NaN", "20"])]
    idle = {
        "metric": {**labels, "UUID": "GPU-2", "pod": ""},
        "values": [[1767225600, "101"], [1767227400, "0"]],
    }
    document = {
        "status": "success",
        "data": {"resultType": "matrix", "result": [{"metric": labels, "values": values}, idle]},
    }
    file, table = taken(by_hand(tmp_path / "q.json", document), tmp_path / "s")
    assert counts(file) == (2, 1, 1, 0)
    assert sums(table, "SkuMeter") == {
        "gpu_hours_used": Decimal("0.85"),
        "gpu_hours_measured": Decimal("1.5"),
    }
    assert file.reasons == ((2, "DCGM_FI_DEV_GPU_UTIL", "'101' is more than 100"),)


def test_kubecost_keeps_idle_and_is_an_estimate(tmp_path):
    file, table = taken(FILES / "kubecost_allocation.json", tmp_path)
    assert counts(file) == (2, 2, 0, 0) and file.estimates == {"USD": "64"}
    costs = {
        row["ResourceId"]: row["x_EstimatedCost"]
        for row in table.to_pylist()
        if row["x_EstimatedCost"]
    }
    assert costs == {"ns-a": 48, "__idle__": 16}
    assert sums(table, "SkuMeter")["gpu_hours_allocated"] == 24


def test_a_line_of_totals_of_opencost_is_left_out(tmp_path):
    text = (NATIVE / "opencost.csv").read_text() + "Totals,,,1,2,3,0,6\n"
    file, _ = taken(by_hand(tmp_path / "o.csv", text), tmp_path / "s")
    assert counts(file) == (2, 1, 0, 1) and file.estimates == {"USD": "6"}


def test_bedrock_log_refuses_a_request_that_comes_twice(tmp_path):
    file, table = taken(FILES / "aws_bedrock_invocation_log.jsonl", tmp_path)
    assert counts(file) == (3, 2, 1, 0)
    assert file.reasons == ((3, "requestId", "duplicate requestId r-2"),)
    assert sums(table, "SkuMeter") == {"input": 2000, "output": 400, "requests": 2}
    untagged = [
        row
        for row in table.to_pylist()
        if "team" not in json.loads(row["Tags"] or "{}") and row["SkuMeter"] == "requests"
    ]
    assert len(untagged) == 1


def test_cloudwatch_says_that_it_is_incomplete(tmp_path):
    file, table = taken(FILES / "aws_bedrock_cloudwatch.json", tmp_path)
    assert counts(file) == (3, 3, 0, 0)
    assert sums(table, "SkuMeter") == {"input": 1_500_000, "output": 280_000, "requests": 900}
    assert file.notes[0].startswith("INCOMPLETE: 1 series is not complete")


def test_langfuse_by_a_shipped_mapping(tmp_path):
    file, table = taken(FILES / "langfuse_daily_metrics.json", tmp_path)
    assert counts(file) == (3, 2, 0, 1) and file.left == {"without a model (no generation)": 1}
    assert sums(table, "SkuMeter") == {"input": 15000, "output": 2500}
    assert file.estimates == {"USD": "0.75"} and "totals of 2 days agree" in file.notes


def test_the_sample_company_comes_in_by_the_same_way(tmp_path):
    tokens, table = taken(SAMPLES / "token_usage.parquet", tmp_path / "t")
    assert counts(tokens) == (12571, 12571, 0, 0)
    assert sums(table, "SkuMeter")["requests"] == 11_123_176_710
    hours, table = taken(SAMPLES / "endpoints.csv", tmp_path / "e")
    assert counts(hours) == (111, 111, 0, 0)
    assert sums(table, "SkuMeter")["gpu_hours_paid"] == Decimal("1741810.08")


def inputs():
    return [
        *(path for path in sorted(FILES.iterdir())),
        NATIVE / "litellm.csv",
        NATIVE / "claude_usage.csv",
        NATIVE / "opencost.csv",
    ]


@pytest.mark.parametrize("path", inputs(), ids=lambda path: path.name)
def test_mutated_input_loses_no_row_and_raises_no_traceback(path, tmp_path):
    """Two cuts, each with bytes changed: refused in a sentence, or every row counted. `make fuzz` does it in earnest."""
    whole = path.read_bytes()
    for at in (len(whole) // 3, len(whole) * 2 // 3):
        for broken in (
            whole[:at],
            whole[:at] + b'"' + whole[at + 1 :],
            whole[:at] + b"-" + whole[at:],
            whole[:at] + b"\xff" + whole[at + 1 :],
            whole[:at] + whole[at + 20 :],
        ):
            mutant = tmp_path / path.name
            mutant.write_bytes(broken)
            if not broken or not is_usage(mutant):
                continue
            store = UsageStore(tmp_path / f"s{at}")
            try:
                file = store.ingest(mutant, time_zone="UTC", at="2026-01-01T00:00Z", replace=True)
            except FinOpsError as problem:
                assert "Traceback" not in str(problem) and "stopped at it" not in str(problem), (
                    broken,
                    problem,
                )
                continue
            one = file.files[0]
            assert one.rows_in == one.accepted + one.quarantined + sum(one.left.values())


def test_no_other_file_of_the_repository_is_taken_for_usage():
    ours = {*FILES.iterdir(), *(NATIVE / name for name in ("litellm.csv", "claude_usage.csv"))}
    ours |= {SAMPLES / "token_usage.parquet", SAMPLES / "endpoints.csv"}
    ours |= {
        NATIVE / name
        for name in (
            "opencost.csv",
            *(path.name for path in FILES.iterdir()),
        )
    }
    for folder in (FILES.parent, SAMPLES):
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path in ours or path.stat().st_size > 3_000_000:
                continue
            try:
                name = importers.recognised(open_source(path))
            except FinOpsError:
                continue
            assert not importers.is_usage(name), (path, name)


@pytest.mark.parametrize("name", ["claude_usage.csv", "openai_usage_dashboard.csv", "litellm.csv", "opencost.csv"])  # fmt: skip
def test_a_line_of_too_few_cells_is_quarantined_and_never_lost(name, tmp_path):
    """A look at the headings found it before, and it was forgotten."""
    (tmp_path / name).write_bytes((NATIVE / name).read_bytes().rstrip() + b"\nbroken,line\n")
    file, _ = taken(tmp_path / name, tmp_path / "s", time_zone="UTC")
    assert counts(file)[0] == 2 and file.quarantined == 1
    assert file.reasons[-1][2].startswith("has 2 cells where the header has")
