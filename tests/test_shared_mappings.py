"""Shipped mappings: one YAML file per export, known by its columns; a tie is refused with both names."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from finops_model.errors import InputError
from finops_model.facts.intake import shared
from finops_model.facts.intake.tables import apply_mapping, guess_mapping, read_table

GITHUB = (
    "date,product,sku,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,net_amount,username,organization,repository,"
    "workflow_path,cost_center_name\n"
    "2026-10-01,copilot,copilot_for_business,12,user-months,0.61,7.32,0,7.32,,octo,,,Support\n"
    "2026-10-02,copilot,copilot_premium_request,100,requests,0.04,4.00,3.00,1.00,mona,octo,,,Support\n"
    "2026-10-02,actions,actions_linux,1000,minutes,0.006,6.00,6.00,0.00,mona,octo,octo/app,a.yml,\n"
)
INVOICES = (
    "Invoice Date,Vendor,Invoice Number,Description,Seats,Amount,Currency,Team\n"
    "2026-10-01,Cursor,A-1,Teams seats,20,800.00,USD,Support\n"
    "2026-10-05,Notion,N-7,Plus plan,,96.50,USD,Ads\n"
)


def read(folder: Path, text: str):
    (folder / "t.csv").write_text(text, encoding="utf-8")
    frame = read_table(folder / "t.csv")
    mapping = guess_mapping(frame)
    return mapping, apply_mapping(frame, mapping)


def test_copilot_seats_of_github_come_in_at_what_is_billed(tmp_path):
    """gross less discount is net, and net is billed: no doubt is left, though three columns hold money."""
    mapping, rows = read(tmp_path, GITHUB)
    assert sum(map(Decimal, rows["BilledCost"])) == Decimal("8.32") and not mapping.doubts
    assert set(rows["ServiceProviderName"]) == {"GitHub"} and set(rows["BillingCurrency"]) == {
        "USD"
    }
    assert list(rows["SkuId"]) == [
        "copilot_for_business",
        "copilot_premium_request",
        "actions_linux",
    ]
    assert list(rows["Tags"]) == ['{"team":"Support"}'] * 2 + ['{"workload":"octo/app"}']
    assert mapping.notes[0] == (
        "this is a usage report of GitHub (Copilot seats and requests, Actions, storage), read by its shared mapping"
    )


def test_a_list_of_software_invoices_comes_in(tmp_path):
    mapping, rows = read(tmp_path, INVOICES)
    assert list(rows["BilledCost"]) == ["800.00", "96.50"] and not mapping.doubts
    assert list(rows["ServiceProviderName"]) == ["Cursor", "Notion"]
    assert list(rows["ServiceName"]) == ["Teams seats", "Plus plan"]


def test_tax_beside_an_invoice_is_asked_about(tmp_path):
    mapping, _ = read(
        tmp_path,
        INVOICES.replace("Team\n", "VAT\n").replace("Support", "152").replace("Ads", "18.34"),
    )
    assert mapping.open_money == ("VAT",)


def test_every_shipped_mapping_reads_its_own_columns_and_no_other_knows_them(tmp_path):
    for name, one in shared.shelf().items():
        heads = list(one.sign)
        (tmp_path / "t.csv").write_text(
            ",".join(heads) + "\n" + ",".join("1" for _ in heads) + "\n"
        )
        found = shared.recognised(read_table(tmp_path / "t.csv"))
        assert found and found[0] == one and one.title and one.source, name


def test_two_that_know_a_table_are_refused_with_both_names(tmp_path):
    text = "title: x\nsign: [date, cost, {}]\nmapping: {{date: date, amount: cost}}\n"
    for name, column in (("one", "a"), ("two", "b")):
        (tmp_path / f"{name}.yaml").write_text(text.format(column))
    (tmp_path / "t.csv").write_text("date,cost,a,b\n2026-01-01,1,x,y\n")
    frame = read_table(tmp_path / "t.csv")
    with pytest.raises(InputError) as error:
        shared.recognised(frame, tmp_path)
    assert str(error.value) == (
        "t.csv: 2 shared mappings know it (one and two). Write a mapping of your own and give it with --mapping (docs/mapping.md)."
    )
    (tmp_path / "two.yaml").write_text(text.format("b, a"))
    shared.shelf.cache_clear()
    assert shared.recognised(frame, tmp_path)[0].sign == ("date", "cost", "b", "a")


@pytest.mark.parametrize(
    "folder", [Path(__file__).parent / "fixtures", Path(__file__).parents[1] / "data"]
)
def test_no_table_of_the_repository_is_taken_by_a_shipped_mapping(folder):
    taken = []
    for path in sorted(folder.rglob("*.csv")):
        try:
            frame = read_table(path)
        except InputError:
            continue
        if len(frame) and shared.recognised(frame):
            taken.append(path.name)
    assert not taken
