"""What is mutated: every file of the repository that an importer, a mapping or a reader of tables takes, and one of each writer.

A seed belongs to the importer that claims it; `table` are those that a mapping reads, `plan` budgets and the like, `refused` what
nobody reads: a mutated one may still be refused only in words.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aws_bill
import azure_bill
import gcp_bill
import pyarrow.parquet as pq
import tables_world
from test_shared_mappings import GITHUB, INVOICES

from finops_model.errors import FinOpsError
from finops_model.facts.intake import importers, tables
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.plans.recognise import plan_of

ROOT = Path(__file__).resolve().parents[2]
FIXTURES, SAMPLES = ROOT / "tests" / "fixtures", ROOT / "data" / "samples"
FOLDERS = ("bills", "native", "usage", "tables", "settling", "field")
PLANS = ("budgets.csv", "drivers.csv", "invoices.csv", "organisation.csv", "commitments.csv")
BY_HAND = {
    "anthropic_usage.json": {
        "data": [
            {
                "starting_at": "2026-09-01T00:00:00Z",
                "ending_at": "2026-09-02T00:00:00Z",
                "results": [
                    {
                        "uncached_input_tokens": 1500,
                        "cache_read_input_tokens": 200,
                        "cache_creation": {
                            "ephemeral_5m_input_tokens": 500,
                            "ephemeral_1h_input_tokens": 1000,
                        },
                        "output_tokens": 500,
                        "server_tool_use": {"web_search_requests": 10},
                        "model": "claude-sonnet-5",
                        "service_tier": "batch",
                        "workspace_id": "wrkspc_1",
                        "api_key_id": "apikey_1",
                    }
                ],
            }
        ],
        "has_more": False,
    },
}
GPU = {"namespace": "ml", "pod": "job-a-0", "Hostname": "node1", "modelName": "H100"}
BY_HAND["dcgm_range.json"] = {
    "data": {
        "resultType": "matrix",
        "result": [
            {
                "metric": {"__name__": metric, "UUID": f"GPU-{i}", **GPU},
                "values": [[1788220800 + 900 * step, f"{level}"] for step in range(8)],
            }
            for i, (metric, level) in enumerate(
                [("DCGM_FI_DEV_GPU_UTIL", 87), ("DCGM_FI_DEV_GPU_UTIL", 0)]
                + [("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0.62)]
            )
        ],
    }
}
SECRET = "the secret plan"  # of a prompt: no receipt and no fact may hold it
LITELLM = {
    "request_id": "r1",
    "spend": 0.0123,
    "total_tokens": 130,
    "prompt_tokens": 100,
    "completion_tokens": 30,
    "startTime": "2026-07-01T23:59:59.5",
    "endTime": "2026-07-02T00:00:01",
    "model": "gpt-5",
    "custom_llm_provider": "openai",
    "messages": [{"role": "user", "content": SECRET}],
    "response": {"text": SECRET},
    "proxy_server_request": SECRET,
    "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 60}}, "user_api_key_alias": "alias-1"},
}  # fmt: skip
MONTHS = {
    "months_currency.csv": "Team,Currency,2026-01,2026-02,2026-03\nads,EUR,10,20,\nchat,USD,1.5,2,3\n",
    "months_type.csv": "Service;Charge type;Jan 26;Feb 26;Total\nGPU;Usage;1.234,50;2,00;1.236,50\nVAT;Tax;1,00;1,00;2,00\n",
    "months_region.csv": "2026-01,2026-02,Region,Team,Quantity\n1,2,eu,ads,3\n4,,us,chat,5\n",
}
MOST = 24  # lines of a long file that are kept: a mutation is one cell, not a thousand rows


@dataclass(frozen=True)
class Seed:
    """A file before it is mutated. `group`: the importer, or table, plan, refused."""

    group: str
    name: str
    data: bytes

    @property
    def packed(self) -> bool:
        return self.data[:4] in (b"PAR1", b"PK\x03\x04") or self.data[:2] == b"\x1f\x8b"


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of all, in an order that is the same everywhere."""
    for place in FOLDERS:
        for path in sorted((FIXTURES / place).rglob("*")):
            if path.is_file() and path.suffix not in (".md", ".pkl") and path.name != "cases.json":
                yield path.name, path.read_bytes()
    for name in (*PLANS, "endpoints.csv"):
        yield name, b"".join((SAMPLES / name).read_bytes().splitlines(keepends=True)[:MOST])
    tokens = pq.read_table(SAMPLES / "token_usage.parquet").slice(0, MOST)
    pq.write_table(tokens, folder / "t")
    yield "token_usage.parquet", (folder / "t").read_bytes()
    text = tokens.to_pandas().to_csv(index=False)
    yield "token_usage.csv", text.replace("2024-", "2026-").encode()
    yield "github.csv", GITHUB.encode()
    yield "saas.csv", INVOICES.encode()
    for name, document in BY_HAND.items():
        yield name, json.dumps(document, indent=1).encode()
    requests = [LITELLM | {"request_id": f"r{i}"} for i in range(3)]
    yield "litellm.json", json.dumps(requests, indent=1).encode()
    yield "litellm.jsonl", "\n".join(map(json.dumps, requests)).encode()
    for name, text in MONTHS.items():
        yield name, text.encode()
    for name, write in aws_bill.WRITERS.items():
        yield f"aws_{name}", write(aws_bill.bill(1), folder / name).read_bytes()
    for by, group in (("day", "Service"), ("month", "team"), ("hour", "Linked account")):
        table = aws_bill.explorer(aws_bill.bill(2), by, group)
        yield f"ce_{by}.csv", aws_bill.write_table(table, folder / "ce").read_bytes()
        turned = [list(row) for row in zip(*table, strict=True)]
        yield f"ce_{by}_turned.csv", aws_bill.write_table(turned, folder / "ce").read_bytes()
    for name, headings in azure_bill.HEADINGS.items():
        lines = headings(azure_bill.bill(name == "customer"))
        yield f"azure_{name}.csv", azure_bill.written(lines, folder / "azure").read_bytes()
    for name, write in gcp_bill.WRITERS.items():
        yield f"gcp_{name}", write(gcp_bill.bill(1), folder / name).read_bytes()
    for mark in ".,":
        path = gcp_bill.console(gcp_bill.bill(1), folder / "console", mark)
        yield f"console_{'comma' if mark == ',' else 'dot'}.csv", path.read_bytes()
    for name, make in tables_world.FILES.items():
        make(folder / name)
        yield name, (folder / name).read_bytes()


def group_of(path: Path) -> str:
    """Who takes a file as it is."""
    if path.suffix not in tables.EXCEL:
        try:
            source = open_source(path)
            if name := importers.recognised(source) or importers.detect_source(source):
                return name
        except FinOpsError:
            return "refused"
    try:
        frame = tables.read_table(path)
        if plan_of(frame):
            return "plan"
        tables.guess_mapping(frame)
    except FinOpsError:
        return "refused"
    return "table"


def seeds() -> dict[str, list[Seed]]:
    """{group: its seeds}; the same list in every process. Raises SystemExit where an importer that is tried on every file has none."""
    found: dict[str, dict[bytes, Seed]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, data in _files(folder):
            (folder / "in").mkdir(exist_ok=True)
            path = folder / "in" / file
            path.write_bytes(data)
            group = group_of(path)
            found.setdefault(group, {}).setdefault(data, Seed(group, file, data))
    without = [one for one in importers.defaults(importers.shelf()) if one not in found]
    if without:
        raise SystemExit(f"fuzz: no seed for {', '.join(without)}. Add one in tests/fuzz/seeds.py.")
    return {group: list(found[group].values()) for group in sorted(found)}
