"""Cases of the field by the command line: a folder of fixtures/cases/ is a case, its expected.json says what is run and what must be so.

files    name in the workspace: a file of the folder, or of fixtures/
do       commands in their order; `says`: what a command says, `refused`: it stops with that, `never`: what it does not say
ledger   rows, quarantined; BilledCost, EffectiveCost, ListCost by currency; `by`: BilledCost by a column of the daily facts,
         `effective_by`: EffectiveCost, `quantity_by`: ConsumedQuantity
usage    `by`: quantity by columns of the days joined with " | "; `levels` by resource and meter; `estimated` money; resources
         `without_job`; `untagged_requests`
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.daily import daily_usage
from finops_model.facts.usage.store import UsageStore
from finops_model.settings import load_settings

FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path.parent for path in (FIXTURES / "cases").glob("*/expected.json"))
KEYS = {"about", "files", "settings", "do", "ledger", "usage"}
LEDGER = {"rows", "quarantined", "BilledCost", "EffectiveCost", "ListCost"}
LEDGER |= {"by", "effective_by", "quantity_by"}
USAGE = {"by", "estimated", "levels", "without_job", "untagged_requests"}


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case(folder, tmp_path, monkeypatch):
    case = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert not set(case) - KEYS and not set(case.get("usage", {})) - USAGE, folder
    assert not set(case.get("ledger", {})) - LEDGER, folder
    for name, where in case["files"].items():
        at = folder / where
        shutil.copy(at if at.is_file() else FIXTURES / where, tmp_path / name)
    (tmp_path / "finops.yaml").write_text(
        f"company: Field\nledger: ledger\n{case.get('settings', '')}"
    )
    monkeypatch.chdir(tmp_path)
    for step in case["do"]:
        ran(step)
    if "ledger" in case:
        booked(case["ledger"], tmp_path)
    if "usage" in case:
        counted(case["usage"], tmp_path)


def ran(step: dict) -> None:
    """A command says what the step says of it."""
    result = CliRunner().invoke(app, shlex.split(step["run"]), env={"COLUMNS": "400"})
    said = " ".join((result.output + str(result.exception or "")).split())
    assert isinstance(result.exception, FinOpsError) is step.get("refused", False), said
    assert isinstance(result.exception, FinOpsError) or result.exit_code == 0, result.exception
    for words in step.get("says", []):
        assert words in said, (words, said)
    for words in step.get("never", []):
        assert words not in said, (words, said)
    assert not re.search(r"(?<![\d,.])1 (rows|days|files|lines|months)\b", said), said


def money(values: dict) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in values.items()}


def booked(want: dict, root: Path) -> None:
    """The ledger holds that money."""
    ledger = Ledger(root / "ledger")
    if "rows" in want:
        assert ledger.rows == want["rows"]
    assert len(ledger.quarantine()) == want.get("quarantined", 0)
    for column in ("BilledCost", "EffectiveCost", "ListCost"):
        if column in want:
            assert ledger.totals(column) == money(want[column]), column
    days = daily(ledger, load_settings(root))
    ways = (
        ("by", "BilledCost"),
        ("effective_by", "EffectiveCost"),
        ("quantity_by", "ConsumedQuantity"),
    )
    for key, column in ways:
        for name, values in want.get(key, {}).items():
            keys = days[name].astype(str).str[:10] if "Date" in name else days[name]
            sums = days.groupby(keys)[column].sum().round(10)
            assert {k: Decimal(str(v)) for k, v in sums.items()} == money(values), name


def counted(want: dict, root: Path) -> None:
    """The store of usage holds that use."""
    table = UsageStore(root / ".finops" / "usage").table()
    days = daily_usage(table)
    for names, values in want.get("by", {}).items():
        sums: dict[str, Decimal] = {}
        for row in days.to_dict("records"):
            key = " | ".join(str(row[name]) for name in names.split(" | "))
            sums[key] = sums.get(key, Decimal(0)) + row["ConsumedQuantity"]
        assert sums == money(values), names
    if "estimated" in want:
        found = sum((x or Decimal(0) for x in table["x_EstimatedCost"].to_pylist()), Decimal(0))
        assert found == Decimal(want["estimated"])
    if "levels" in want:
        found = {
            f"{row['ResourceId']} | {row['SkuMeter']}": row["ConsumedQuantity"]
            for row in table.to_pylist()
        }
        assert found == money(want["levels"])
    if "without_job" in want:
        found = {row["ResourceId"] for row in table.to_pylist() if not row["x_Job"]}
        assert sorted(found) == want["without_job"]
    if "untagged_requests" in want:
        rows = [row for row in table.to_pylist() if row["SkuMeter"] == "requests"]
        bare = [row for row in rows if "team" not in json.loads(row["Tags"] or "{}")]
        assert len(bare) == want["untagged_requests"]
