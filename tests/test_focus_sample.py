"""1,000 rows in the form of the FOCUS project's official sample: in to the last row, to the digit, and to a report.

The sample itself is not carried: it could not be fetched where this was written. `start_world.four_vendors` has its columns, vendors,
kinds of times and what its README says is untidy.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from decimal import Decimal

import commands
import pytest
from start_world import four_vendors, written

from finops_model.facts.ledger.store import Ledger


def sums(text: str) -> dict[tuple[str, str], Decimal]:
    """(issuer, billing period) and money, with csv and Decimal alone."""
    found: Counter = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        found[row["InvoiceIssuerName"], row["BillingPeriodStart"][:7]] += Decimal(row["BilledCost"])
    return dict(found)


def test_every_row_comes_in_to_the_digit(tmp_path):
    text = four_vendors()
    receipt = Ledger(tmp_path / "ledger").ingest(written(tmp_path / "focus_sample.csv", text))
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (1000, 1000, 0)
    frame = Ledger(tmp_path / "ledger").totals_by_period()
    told = dict(
        zip(
            zip(frame["InvoiceIssuerName"], frame["BillingPeriod"], strict=True),
            frame["BilledCost"],
            strict=True,
        )
    )
    assert told == sums(text) and len(told) == 5  # four vendors, and one row billed a month later


@pytest.mark.stress
@pytest.mark.skipif(not os.environ.get("FINOPS_STRESS"), reason="long: make test-stress")
def test_from_the_file_to_reports_in_an_empty_folder(tmp_path):
    """38 CPU seconds and 460 MB on the machine of 2026-11-30: a company, 12 of its 31 units, the index."""
    written(tmp_path / "focus_sample.csv", four_vendors())
    code, out, err = commands.finops("start", "focus_sample.csv", "--yes", cwd=tmp_path)
    assert code == 0, err
    reports = tmp_path / "workspaces" / "focus-sample" / "reports" / "2024-09"
    page = (reports / "company" / "report.html").read_text(encoding="utf-8")
    assert "Of the use of September 2024, 0.5545 USD are billed in October 2024." in page
    assert "Company · 2024-09 · preliminary" in out and (reports / "index.html").is_file()
