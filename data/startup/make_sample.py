"""Writes the second sample company: .venv/bin/python data/startup/make_sample.py [FOLDER] [--seed N]. Seeded; the same bytes each time.

Thistledown is synthetic: no name, price or number belongs to anyone. firm.py says who uses what and what was done about
waste, demand.py how much, billing.py how it is charged (rows and columns as the first sample's), papers.py what lies beside.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "samples"), str(HERE.parents[1])]

import firm  # noqa: E402

if "--seed" in sys.argv:  # another company, before any module takes over what this one is
    at = sys.argv.index("--seed")
    firm.another(int(sys.argv[at + 1]))
    del sys.argv[at : at + 2]

import papers  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from billing import all_charges, price_documents, shown, write_focus  # noqa: E402
from firm import ENTITIES  # noqa: E402

WHAT = {
    "focus": "bills of both entities, FOCUS 1.2, US dollars and euros, one file per half-year of billing periods",
    "invoices.csv": "invoice per issuer and month: the exact sum of BilledCost, in the entity's currency",
    "budgets.csv": "FY2025; FY2026 as drafted, and as approved on 2026-02-17, by unit and month",
    "drivers.csv": "tickets and documents a day, and their outcomes: resolved, accepted",
    "organisation.csv": "team to business unit and cost centre",
    "seats.csv": "seats bought, and opened at least once, by month",
    "customers.csv": "customers with segment and first month; the largest have keys of their own (tag customer on the bill)",
    "customer_usage.csv": "tickets and documents by customer and month; add up to the drivers",
    "quality.csv": "blind samples by week, workload and model: accepted of 200, mean score 1 to 5",
    "actions.csv": "what owners say was done or is planned, with expected monthly savings; not whether the bill shows it",
    "credits.csv": "the start-up credit as granted, with its expiry",
    "plan_rates": "budget exchange rate of a fiscal year, US dollars for one euro",
    "inc": "price list in US dollars, dated: what the bill charges",
    "gmbh": "price list in euros, dated: what the bill charges",
    "truth.json": "what a good analysis should find: growth, planted waste with amounts, which actions are real, quality, shares of customers",
}


def write_all(data: Path) -> list[Path]:
    """Everything below `data`/startup; returns the files of the passport."""
    folder = data / "startup"
    latent = all_charges()
    rows = shown(latent)
    files = write_focus(rows, folder / "focus")
    texts = {
        "organisation.csv": papers.organisation(),
        "seats.csv": papers.seats(),
        "customers.csv": papers.customer_list(),
        "customer_usage.csv": papers.customer_usage(),
        "quality.csv": papers.quality(),
        "actions.csv": papers.actions(),
        "credits.csv": papers.credit_list(),
        **papers.plan_rates(),
    }
    for entity in ENTITIES:
        texts |= {
            f"{entity}/invoices.csv": papers.invoices(rows, entity),
            f"{entity}/budgets.csv": papers.budgets(latent, entity),
            f"{entity}/drivers.csv": papers.drivers(entity),
        }
    texts |= {f"prices/{name}": text for name, text in price_documents().items()} | {
        "truth.json": papers.truth(rows, latent)
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        files.append(path)
    (folder / "README.md").write_text(passport(files, folder), encoding="utf-8", newline="\n")
    return files


def row_count(path: Path) -> int:
    """Rows of a table, SKUs of a price document, lines of anything else."""
    if path.suffix == ".parquet":
        return pq.ParquetFile(path).metadata.num_rows
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.parent.parent.name == "prices":
        return sum(
            line.endswith(":") and line.startswith("  ") and not line.startswith("   ")
            for line in lines
        )
    return len(lines) - (path.suffix == ".csv")


def passport(files: list[Path], folder: Path) -> str:
    """README.md: what this is, one row per file."""
    lines = []
    for path in files:
        what = WHAT.get(path.name) or WHAT[path.parent.name]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(
            f"| `{path.relative_to(folder).as_posix()}` | {what} | {row_count(path):,} | `{digest}` |\n"
        )
    return HEAD + "".join(lines)


HEAD = """# The second sample company

Thistledown is a synthetic start-up: no name, vendor, price or number here belongs to anyone. It buys tokens, seats and storage, no GPUs, through two
entities: Thistledown Inc. in US dollars and Thistledown GmbH in euros, 24 months to October 2026. `finops report --settings data/startup` makes one report per
entity, in its currency; nothing adds two currencies up. `finops.yaml` is kept by hand, and `scenarios/` too (the bases began with `finops scenario init`); the files of this table are made by
`.venv/bin/python data/startup/make_sample.py` (seeded; `tests/test_second_sample.py` runs it again and compares), licence Apache-2.0. Rows are records of a
table, SKUs of a price document, lines of another document.

What is planted, with its amounts: `truth.json`. Waste that nobody has touched: a forgotten key that runs day and night, un-cached prompts and recordings without a
lifecycle rule (GmbH), an over-large model (Inc.). Actions: five the bill shows from their day on, three that were only claimed, two planned. A model migration in
July 2025, a price cut in February 2026, a start-up credit of which a part is lost at its expiry, a budget approved in February for a year begun in January.

| file | what | rows | sha256 |
|---|---|---|---|
"""


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent
    written = write_all(target)
    print(
        f"{len(written)} files, {sum(path.stat().st_size for path in written):,} bytes below {target / 'startup'}"
    )
