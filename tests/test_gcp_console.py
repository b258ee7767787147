"""The cost table of Google Cloud's console comes in line by line, checked against its own totals (docs/ingest/gcp_console.md)."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import gcp_bill as gcp
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.importers import gcp_console
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

FIXTURES = Path(__file__).parent / "fixtures"
CASE = FIXTURES / "bills" / "gcp_console.csv"
SHARED = Path(__file__).resolve().parents[2] / "shared"


def taken(path, tmp_path):
    ledger = Ledger(tmp_path / f"ledger-{Path(path).name}")
    return ledger, ledger.ingest(path)


def rows(ledger) -> pd.DataFrame:
    frame = pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])
    return frame.sort_values("x_Row").set_index("x_Row")


def said(receipt) -> list[str]:
    return [str(warning) for warning in receipt.warnings]


def grid(path) -> list[list[str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def written(lines, path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    return path


def changed(tmp_path, change, name="c.csv", **more) -> Path:
    """The table of a bill of two days, after `change` of its grid."""
    lines = grid(gcp.console(gcp.bill(2), tmp_path / "whole.csv", **more))
    return written(change(lines) or lines, tmp_path / name)


@pytest.mark.parametrize("mark", [".", ","])
def test_the_month_of_the_console_is_that_of_the_export(mark, tmp_path):
    bill = gcp.bill()
    ledger, receipt = taken(gcp.console(bill, tmp_path / "c.csv", mark=mark), tmp_path)
    export, _ = taken(gcp.json_lines(bill, tmp_path / "a.jsonl"), tmp_path)
    (console,), (exported,) = (
        one.totals_by_period().to_dict("records") for one in (ledger, export)
    )
    cent = Decimal("0.01")
    assert console["BilledCost"] == exported["BilledCost"].quantize(cent) == Decimal("3087.88")
    assert [console[key] == exported[key] for key in ("InvoiceIssuerName", "BillingPeriod", "BillingCurrency")] == [True] * 3  # fmt: skip
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (12, 12, 0)
    assert said(receipt)[:4] == [
        "c.csv: one amount, after credits: EffectiveCost is not known, and BilledCost is taken for it, as in Google's FOCUS export",
        "c.csv: 1 line of totals (Total): left out",
        "c.csv: its line Total agrees with the lines: 3,087.880000 EUR",
        "c.csv: Total amount due agrees with the lines: 3,087.88 EUR",
    ]


def test_what_each_line_becomes(tmp_path):
    ledger, _ = taken(gcp.console(gcp.bill(), tmp_path / "c.csv"), tmp_path)
    table = rows(ledger)
    found = [
        (line["x_CreditType"], line["ChargeDescription"][:12], line["ChargeCategory"], line["ChargeFrequency"], line["PricingCategory"])
        for _, line in table.iterrows()
    ]  # fmt: skip
    assert found == [
        ("", "A2 GPU hour", "Usage", "Usage-Based", "Standard"),
        ("COMMITTED_USAGE_DISCOUNT", "A2 GPU hour", "Usage", "Usage-Based", "Committed"),
        ("SUSTAINED_USAGE_DISCOUNT", "A2 GPU hour", "Usage", "Usage-Based", "Standard"),
        ("", "Spot Preempt", "Usage", "Usage-Based", "Dynamic"),
        ("", "Commitment v", "Purchase", "Recurring", "Committed"),
        ("", "Gemini 2.5 F", "Usage", "Usage-Based", "Standard"),
        ("", "Generate con", "Usage", "Usage-Based", "Standard"),
        ("PROMOTION", "Generate con", "Credit", "Usage-Based", "Standard"),
        ("", "Claude Opus ", "Usage", "Usage-Based", "Standard"),
        ("", "VAT (19%)", "Tax", "One-Time", ""),
        ("", "Service cred", "Adjustment", "One-Time", ""),
        ("", "Rounding err", "Adjustment", "One-Time", ""),
    ]
    use, discount = table.loc[1], table.loc[2]
    assert (use["ChargePeriodStart"], use["ChargePeriodEnd"]) == (pd.Timestamp("2026-06-30"), pd.Timestamp("2026-08-01"))  # fmt: skip
    assert (use["BillingAccountId"], use["SubAccountId"], use["ServiceName"]) == (gcp.ACCOUNT, "shop-prod", "Compute Engine")  # fmt: skip
    assert (use["InvoiceId"], use["x_CurrencyConversionRate"]) == ("4700000001", "0.875")
    assert (float(use["ConsumedQuantity"]), use["ConsumedUnit"]) == (32000.0, "hour")
    assert not discount["ConsumedUnit"] and not discount["PricingQuantity"]
    assert set(table["x_Model"]) == {"", "Gemini 2.5 Flash", "Gemini 2.5 Pro"}
    days = daily(ledger, Settings(currency="EUR"))
    assert round(days["BilledCost"].sum(), 6) == 3087.88


def test_the_case(tmp_path):
    """A table without unrounded cost and end of use."""
    ledger, receipt = taken(CASE, tmp_path)
    assert ledger.totals() == {"USD": Decimal("95.00")} and receipt.accepted == 2
    assert {
        "gcp_console.csv: Total amount due agrees with the lines: 95.00 USD",
        "gcp_console.csv: no Unrounded cost: each line is rounded to the cent",
        "gcp_console.csv: no Usage start or end date: charges lie in what is left of the invoice month",
    } <= set(said(receipt))


TAX = "Tax"


def test_a_stray_byte_above_the_headings_is_refused_with_its_line(tmp_path):
    path = changed(tmp_path, lambda lines: None)
    path.write_bytes(path.read_bytes().replace(gcp.ACCOUNT.encode(), b"01\xc3-A", 1))
    with pytest.raises(InputError) as refused:
        taken(path, tmp_path)
    assert str(refused.value) == (
        "c.csv: the line 'Billing account ID 01\\xc3-A' above the headings holds bytes that are no text. Download it again."
    )


def foot(lines, kind, amount):
    """Another line of the foot, above the total."""
    total = list(lines[-1])
    lines.insert(-1, [*total[:9], kind, *total[10:-2], amount, amount])


def test_a_tax_at_the_foot_that_repeats_lines_is_left_out(tmp_path):
    file = changed(tmp_path, lambda lines: foot(lines, TAX, "250.125000"))
    ledger, receipt = taken(file, tmp_path)
    whole, _ = taken(tmp_path / "whole.csv", tmp_path)
    assert ledger.totals() == whole.totals() and receipt.rows_in == 12
    assert "c.csv: the line 'tax' at the foot repeats lines above it: left out" in said(receipt)


def test_a_tax_at_the_foot_that_the_total_needs_is_a_charge(tmp_path):
    def move(lines):
        line = next(line for line in lines if TAX in line)
        lines.remove(line)
        foot(lines, TAX, line[-2])

    ledger, receipt = taken(changed(tmp_path, move), tmp_path)
    whole, _ = taken(tmp_path / "whole.csv", tmp_path)
    assert ledger.totals() == whole.totals() and receipt.accepted == 12
    assert rows(ledger).groupby("ChargeCategory")["BilledCost"].sum()["Tax"] == Decimal("250.125")


def test_a_subtotal_is_left_out(tmp_path):
    file = changed(tmp_path, lambda lines: foot(lines, "Subtotal", "1.00"))
    ledger, receipt = taken(file, tmp_path)
    assert ledger.totals() == taken(tmp_path / "whole.csv", tmp_path)[0].totals()
    assert "c.csv: 2 lines of totals (Subtotal, Total): left out" in said(receipt)


def test_a_total_that_is_not_the_sum_refuses_the_table(tmp_path):
    def drop(lines):
        del lines[9]

    file = changed(tmp_path, drop)
    with pytest.raises(InputError) as refused:
        taken(file, tmp_path)
    whole = taken(tmp_path / "whole.csv", tmp_path)[0].totals()["EUR"]
    assert str(refused.value) == (
        f"c.csv: its line Total says {whole:,.2f}0000 and its lines add up to {whole - Decimal('260.5'):,.6f} EUR. Nothing was taken: lines are "
        "missing, or stand twice. Download the table again."
    )
    assert Ledger(tmp_path / "ledger-c.csv").rows == 0


def test_an_amount_due_that_differs_is_told(tmp_path):
    def filtered(lines):
        lines[7][1] = "€9,999.00"

    ledger, receipt = taken(changed(tmp_path, filtered), tmp_path)
    whole = ledger.totals()["EUR"]
    assert (
        f"c.csv: DIFFER: the lines add up to {whole:,.6f} EUR, Total amount due says 9,999.00: the table is filtered, or is not the whole invoice"
        in said(receipt)
    )


def cell(column, value, line=9):
    def change(lines):
        lines[line][lines[8].index(column)] = value

    return change


@pytest.mark.parametrize(
    ("column", "value", "blamed", "reason"),
    [
        ("Unrounded cost (€)", "much", "BilledCost", "'much' is not a plain number; write 1234.50"),
        ("Cost type", "Surprise", "ChargeCategory", "'Surprise' is unknown. Known: Usage, Purchase, Tax, Credit, Adjustment"),
        ("Usage start date", "soon", "ChargePeriodStart", "'soon' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"),
        ("Usage start date", "", "ChargePeriodStart", "is empty"),
        ("Unrounded cost (€)", "$100.25", "BilledCost", "'$100.25' is not a plain number; write 1234.50"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_read_quarantines_its_line(column, value, blamed, reason, tmp_path):
    ledger, receipt = taken(changed(tmp_path, cell(column, value)), tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (12, 11, 1)
    refused = ledger.quarantine(details=True).iloc[0]
    assert (refused["x_Row"], refused["x_Column"], refused["x_Reason"]) == (1, blamed, reason)
    if blamed == "BilledCost":
        assert "c.csv: totals are not compared, because a line cannot be read" in said(receipt)


@pytest.mark.parametrize(
    ("more", "currency"),
    [
        ({"currency": "AUD", "sign": "$"}, "AUD"),
        ({"currency": "USD", "sign": "$"}, "USD"),
        ({"currency": "CHF", "sign": "CHF"}, "CHF"),
        ({"sign": "€", "top": False}, "EUR"),
        ({"sign": "$", "top": False}, "USD"),
    ],
)
def test_the_currency_is_that_of_the_preamble_or_of_the_headings(more, currency, tmp_path):
    file = gcp.console(gcp.bill(2), tmp_path / "Example_Cost table, 2026-07-01 — 2026-07-31.csv", **more)  # fmt: skip
    ledger, receipt = taken(file, tmp_path)
    assert set(ledger.totals()) == {currency} and receipt.quarantined == 0
    told = any("($) is read as USD" in one for one in said(receipt))
    assert told == (more == {"sign": "$", "top": False})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"currency": "EUR", "sign": "$"}, "its line Currency says EUR and its headings ($, $). Which one counts? Download the table again."),
        ({"currency": "EURO"}, "its line Currency says 'EURO', which is no currency of ISO 4217. Write it as three letters, for example USD."),
        ({"sign": "¥", "top": False}, "no currency: no line Currency above the headings, and a heading such as Cost (¥) does not tell it. Write a line 'Currency,USD' above the headings, with yours."),
        ({"sign": "kr", "top": False}, "no currency: no line Currency above the headings, and a heading such as Cost (kr) does not tell it. Write a line 'Currency,USD' above the headings, with yours."),
    ],
)  # fmt: skip
def test_an_unclear_currency_is_refused(more, why, tmp_path):
    with pytest.raises(InputError) as refused:
        taken(gcp.console(gcp.bill(2), tmp_path / "c.csv", **more), tmp_path)
    assert str(refused.value) == f"c.csv: {why}"


def test_the_invoice_month_is_that_of_the_name_of_the_preamble_or_of_the_days(tmp_path):
    named = "Example_Cost table, 2026-08-01 — 2026-08-31.csv"
    ledger, receipt = taken(gcp.console(gcp.bill(2), tmp_path / named), tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-08"]
    assert f"{named}: the name of the file says 2026-08, Invoice date 2026-07: the name counts as billing period" in said(receipt)  # fmt: skip
    late = gcp.console(gcp.bill(2), tmp_path / "c.csv", top=False)
    with pytest.raises(InputError) as refused:
        taken(late, tmp_path)
    assert str(refused.value) == (
        "c.csv: its invoice month is not told: days of use lie in 2026-06 and 2026-07. Keep the name that the console gave the file ('…_Cost table, "
        "2026-07-01 — 2026-07-31.csv'), or its line Invoice date."
    )
    bill = [one for one in gcp.bill(2) if not one["usage_start_time"].startswith("2026-06")]
    ledger, receipt = taken(gcp.console(bill, tmp_path / "d.csv", top=False), tmp_path)
    assert ledger.totals_by_period()["BillingPeriod"].tolist() == ["2026-07"]
    assert "d.csv: no invoice month in name or preamble: the month of use is taken as it" in said(receipt)  # fmt: skip


def test_amounts_and_dates_that_can_be_read_two_ways_are_refused(tmp_path):
    short = [
        ["Invoice date", "2026-07-31"], ["Currency", "EUR"],
        ["Project ID", "Service description", "SKU description", "Cost type", "Usage start date", "Usage end date", "Cost (€)"],
    ]  # fmt: skip
    with pytest.raises(InputError) as refused:
        taken(written([*short, ["p", "s", "k", "Usage", "2026-07-01", "2026-07-02", "1,234"]], tmp_path / "a.csv"), tmp_path)  # fmt: skip
    assert str(refused.value) == (
        "a.csv: amounts such as '1,234' can be read two ways, and no other tells which. A spreadsheet programme that saves the file again writes so: download it anew and give it unopened, "
        "with the column Unrounded cost."
    )
    with pytest.raises(InputError) as refused:
        taken(written([*short, ["p", "s", "k", "Usage", "01/02/2026", "02/02/2026", "1.25"]], tmp_path / "b.csv"), tmp_path)  # fmt: skip
    assert str(refused.value) == (
        "b.csv: dates such as '01/02/2026' can be read two ways. A spreadsheet programme that saves the file again writes so: download it anew and give it unopened, "
        "or write them as 2026-07-01."
    )


def test_reports_and_workbooks_are_refused_by_name(tmp_path):
    why = (
        "this is a cost table or a report of the Google Cloud console. Its credits, discounts and tax are lines and columns of their own, outside the "
        "cost, and a report has no days: read as any table, the total would be too high. It is read as the CSV of Billing, Cost table (table "
        "configuration: no grouping), with its columns Service description, SKU description, Cost type, Usage start date and Unrounded cost and the "
        "lines above them. Download that one."
    )
    report = [
        ["Service description", "SKU description", "Usage amount", "Cost ($)", "Discounts ($)", "Promotions and others ($)", "Subtotal ($)"],
        ["Compute Engine", "GPU", "1", "5.00", "-1.00", "0.00", "4.00"],
    ]  # fmt: skip
    with pytest.raises(InputError) as refused:
        taken(written(report, tmp_path / "r.csv"), tmp_path)
    assert str(refused.value) == f"r.csv: {why}"
    table = grid(gcp.console(gcp.bill(1), tmp_path / "c.csv", top=False))
    pd.DataFrame(table[1:], columns=table[0]).to_excel(tmp_path / "c.xlsx", index=False)
    with pytest.raises(InputError) as refused:
        guess_mapping(read_table(tmp_path / "c.xlsx"))
    assert str(refused.value) == f"c.xlsx: {why}"


def test_a_frame_semicolons_and_utf_16_are_read(tmp_path):
    file = gcp.console(gcp.bill(2), tmp_path / "c.csv")
    total = taken(file, tmp_path)[0].totals()
    text = file.read_text()
    (tmp_path / "w.csv").write_bytes(text.encode("utf-16"))
    lines = grid(file)
    with (tmp_path / "s.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter=";").writerows(lines)
    for name in ("w.csv", "s.csv"):
        assert taken(tmp_path / name, tmp_path)[0].totals() == total, name
        assert importers.detect(tmp_path / name) == "gcp_console"
    frame = pd.DataFrame(lines[9:], columns=lines[8])
    frame.attrs["name"] = "Example_Cost table, 2026-07-01 — 2026-07-31.csv"
    ledger = Ledger(tmp_path / "frame")
    ledger.ingest(frame)
    assert ledger.totals() == total


def test_a_line_with_too_few_cells_is_quarantined(tmp_path):
    def cut(lines):
        lines[9] = lines[9][:5]

    _, receipt = taken(changed(tmp_path, cut), tmp_path)
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (12, 11, 1)
    assert receipt.reasons == {"wrong number of cells": 1}
    assert "c.csv: totals are not compared, because a line cannot be read" in said(receipt)


def test_a_whole_table_is_given_piece_by_piece(tmp_path, monkeypatch):
    file = gcp.console(gcp.bill(3), tmp_path / "c.csv")
    whole = pa.concat_tables(importers.read(open_source(file)).batches)
    monkeypatch.setattr(gcp_console, "PIECE", 3)
    pieces = list(importers.read(open_source(file)).batches)
    assert max(piece.num_rows for piece in pieces) == 3
    assert pa.concat_tables(pieces).equals(whole)


def test_exactly_one_importer_claims_each_file(tmp_path):
    shelf = importers.shelf()
    for file in (gcp.console(gcp.bill(1), tmp_path / "c.csv"), CASE):
        source = open_source(file)
        claims = []
        for word, one in shelf.items():
            if word != "focus" and one.recognise(source):
                claims.append(word)
        assert claims == ["gcp_console"], file
    shared = SHARED / "cases" if SHARED.is_dir() else FIXTURES
    for file in sorted([*FIXTURES.glob("*/*"), *FIXTURES.glob("*/*/*"), *shared.rglob("*")]):
        if file.is_file() and file != CASE:
            try:
                source = open_source(file)
            except InputError:
                continue
            assert not gcp_console.recognise(source), file


@settings(max_examples=8)  # a smoke: `make fuzz` does it in earnest
@given(data=st.data())
def test_no_mutation_of_a_table_is_a_crash_or_loses_a_line(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutated")
    lines = grid(gcp.console(gcp.bill(1), folder / "whole.csv"))
    cells = st.one_of(
        st.sampled_from(["", "0", "1e999", "NaN", "-", "1,5", "2026-07", "$", "Total", "Usage", '"', "99/99/9999", "1.234"]),
        st.text(max_size=6),
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        line = data.draw(st.sampled_from(lines))
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(cells).replace("\x00", "")
    try:
        receipt = Ledger(folder / "l").ingest(written(lines, folder / "c.csv"))
    except (FinOpsError, UnicodeEncodeError) as problem:  # half a character cannot be written
        assert not isinstance(problem, FinOpsError) or str(problem).startswith("c.csv")
        return
    out = sum(
        squash.endswith("total") for squash in (line[9].casefold().strip() for line in lines[9:])
    )
    assert receipt.rows_in == receipt.accepted + receipt.quarantined
    assert receipt.rows_in >= len(lines) - 9 - out - 1 or any("repeats" in one for one in said(receipt))  # fmt: skip
