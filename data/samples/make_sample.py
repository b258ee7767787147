"""Writes the sample company: .venv/bin/python data/samples/make_sample.py [FOLDER] [--seed N]. Seeded; the same bytes each time.

Meridian Labs is synthetic: no name, price or number belongs to anyone. company.py says who uses what, patterns.py how
usage moves (and which statistics of real series it imitates), bill.py how it is charged, plans.py what lies beside it.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import another  # noqa: E402

if "--seed" in sys.argv:  # another company, before any module takes over what this one is
    at = sys.argv.index("--seed")
    another.another(int(sys.argv[at + 1]))
    del sys.argv[at : at + 2]

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from bill import SHOWN, all_charges  # noqa: E402
from company import MODELS, SERVICES  # noqa: E402
from focus import provided, shown, write_focus, write_parquet  # noqa: E402
from patterns import DATES  # noqa: E402
from plans import (  # noqa: E402
    budgets,
    commitments,
    drivers,
    endpoints,
    hour_shapes,
    invoices,
    organisation,
    truth,
)
from prices import documents  # noqa: E402

WHAT = {
    "focus": "bill, FOCUS 1.2, one file per quarter of billing periods",
    "token_usage.parquet": "requests and tokens a day by workload, model and tier; agrees with the bill",
    "invoices.csv": "invoice per issuer and closed month: the exact sum of BilledCost",
    "budgets.csv": "FY2025, FY2026 as approved and its reforecast 6+6, by unit and month",
    "drivers.csv": "business drivers and outcomes a day",
    "organisation.csv": "team to business unit",
    "commitments.csv": "the H100 commitment, FOCUS 1.4 Contract Commitment names; "
    "x_Rate is USD per GPU-hour, x_SkuIds what it covers, x_Owner who decides what follows",
    "hour_shapes.csv": "true hour-of-week shapes of GPU workloads (Monday 00:00 UTC is hour 0, each day has mean 1)",
    "endpoints.csv": "requests and paid GPU-hours of serving endpoints by month",
    "truth.json": "what a good analysis should find",
    "prices": "price document: what the bill charges, dated",
}


def token_table(usage) -> pa.Table:
    """token_usage.parquet: day, workload, vendor, model, requests, tokens by meter, batch."""
    usage = usage[usage["day"] <= DATES[SHOWN - 1]].sort_values(
        ["model", "workload", "batch", "day"], kind="stable"
    )
    vendor = usage["model"].map(lambda model: SERVICES[MODELS[model][0]][0])
    table = pa.table({"day": pa.array(usage["day"].to_numpy().astype("datetime64[D]"))})
    for name in ("workload", "vendor", "model"):
        table = table.append_column(
            name, pa.array((vendor if name == "vendor" else usage[name]).tolist(), pa.string())
        )
    for name in (
        "requests",
        "uncached_input_tokens",
        "cached_input_tokens",
        "cache_write_tokens",
        "output_tokens",
    ):
        table = table.append_column(name, pa.array(usage[name].to_numpy()))
    return table.append_column("batch", pa.array(usage["batch"].to_numpy().astype(bool)))


def write_all(data: Path) -> list[Path]:
    """Everything below `data`: samples/, prices/ and README.md. Returns the files of the passport."""
    samples, prices = data / "samples", data / "prices"
    prices.mkdir(parents=True, exist_ok=True)
    latent, usage = all_charges()
    latent = provided(latent)
    rows = shown(latent)
    files = write_focus(rows, samples / "focus")
    write_parquet(token_table(usage), samples / "token_usage.parquet")
    texts = {
        "invoices.csv": invoices(rows),
        "budgets.csv": budgets(latent),
        "drivers.csv": drivers(),
        "organisation.csv": organisation(),
        "commitments.csv": commitments(),
        "hour_shapes.csv": hour_shapes(),
        "endpoints.csv": endpoints(),
        "truth.json": truth(rows, latent),
    }
    for name, text in texts.items():
        (samples / name).write_text(text, encoding="utf-8", newline="\n")
    files += [samples / "token_usage.parquet", *(samples / name for name in texts)]
    for name, text in documents().items():
        (prices / name).write_text(text, encoding="utf-8", newline="\n")
        files.append(prices / name)
    readme = data / "README.md"
    others = (
        readme.read_text(encoding="utf-8").partition("\n## ") if readme.is_file() else ("", "", "")
    )  # what is not made here stays
    readme.write_text(passport(files, data) + "".join(others[1:]), encoding="utf-8", newline="\n")
    return files


def row_count(path: Path) -> int:
    """Rows of a table, SKUs of a price document, lines of anything else."""
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).metadata.num_rows
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".yaml":
        return sum(
            line.endswith(":") and line.startswith("  ") and not line.startswith("   ")
            for line in lines
        )
    return len(lines) - (path.suffix == ".csv")


def passport(files: list[Path], data: Path) -> str:
    """data/README.md: one row per file."""
    head = (
        "# Data\n\nMeridian Labs is a synthetic sample company: no name, price or number here belongs to anyone. "
        "The files of this table are made by\n"
        "`.venv/bin/python data/samples/make_sample.py` (seeded; "
        "`tests/test_sample_company.py` runs it again and compares).\n"
        "Rows are records of a table, SKUs of a price document, lines of a JSON document.\n\n"
        "| file | what | rows | made by | licence | sha256 |\n|---|---|---|---|---|---|\n"
    )
    lines = []
    for path in files:
        name = path.relative_to(data).as_posix()
        what = WHAT.get(path.name) or WHAT[path.parent.name]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(
            f"| `{name}` | {what} | {row_count(path):,} | `samples/make_sample.py` | Apache-2.0 | `{digest}` |\n"
        )
    return head + "".join(lines)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent
    written = write_all(target)
    total = sum(path.stat().st_size for path in written)
    print(f"{len(written)} files, {total:,} bytes below {target}")
