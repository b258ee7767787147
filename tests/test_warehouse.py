"""Daily facts: exactly the columns of the contract, nothing lost in days, tags and time zones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import LedgerError
from finops_model.facts.daily import allocate, warehouse
from finops_model.facts.daily.query import expressions
from finops_model.facts.daily.warehouse import DAILY, daily
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings, Tags

ROW = {
    "BilledCost": "1",
    "EffectiveCost": "1",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-03-01T00:00:00Z",
    "BillingPeriodEnd": "2026-04-01T00:00:00Z",
    "ChargePeriodStart": "2026-03-02T00:00:00Z",
    "ChargePeriodEnd": "2026-03-03T00:00:00Z",
    "ChargeCategory": "Usage",
    "ServiceName": "GPU compute",
    "InvoiceIssuerName": "Hyperion Cloud",
    "BillingAccountId": "acct-7",
    "ServiceProviderName": "Hyperion Cloud",
    "Tags": "",
}


def ledger_of(tmp_path, *changes) -> Ledger:
    ledger = Ledger(tmp_path)
    ledger.ingest(("bill", pd.DataFrame([{**ROW, **change} for change in changes])))
    return ledger


def by_day(frame, column="BilledCost") -> dict:
    return {
        str(day.date()): amount for day, amount in frame.groupby("ChargeDate")[column].sum().items()
    }


def test_the_columns_are_those_of_the_contract(tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text[text.index("`ChargeDate, BillingAccountId") :]
    keys = " ".join(part[1 : part.index("`", 1)].split()).split(", ")
    measures = part[part.index("measures\n`") + 10 :]
    assert [*keys, *measures[: measures.index("`")].split(", "), "Rows"] == DAILY
    for frame in (
        daily(Ledger(tmp_path / "empty"), Settings()),
        daily(ledger_of(tmp_path, {}), Settings()),
    ):
        assert frame.columns.tolist() == DAILY
        assert (frame[warehouse.MEASURES].dtypes == "float64").all() and frame[
            "ChargeDate"
        ].dtype == "datetime64[ns]"


def test_a_charge_of_several_days_is_spread_evenly_and_exactly(tmp_path):
    ledger = ledger_of(
        tmp_path,
        {"BilledCost": "10", "ChargePeriodEnd": "2026-03-05T00:00:00Z", "ConsumedQuantity": "9"},
    )
    frame = daily(ledger, Settings())
    assert by_day(frame) == {
        "2026-03-02": 3.3333333333,
        "2026-03-03": 3.3333333333,
        "2026-03-04": 3.3333333334,
    }
    assert by_day(frame, "ConsumedQuantity") == {
        "2026-03-02": 3.0,
        "2026-03-03": 3.0,
        "2026-03-04": 3.0,
    }
    assert by_day(frame, "Rows") == {"2026-03-02": 1, "2026-03-03": 0, "2026-03-04": 0}
    assert by_day(daily(ledger, Settings(), through="2026-03-03")) == {
        "2026-03-02": 3.3333333333,
        "2026-03-03": 3.3333333333,
    }


def test_hours_are_cut_into_days_of_the_billing_time_zone_and_whole_days_stay(tmp_path):
    hour = {
        "ChargePeriodStart": "2026-03-02T06:00:00Z",
        "ChargePeriodEnd": "2026-03-02T07:00:00Z",
        "BilledCost": "5",
    }
    month = {
        "ChargePeriodStart": "2026-03-01T08:00:00Z",
        "ChargePeriodEnd": "2026-04-01T07:00:00Z",
        "BilledCost": "31",
    }
    ledger = ledger_of(tmp_path, {"BilledCost": "2"}, hour, month)
    west = by_day(daily(ledger, Settings(time_zone="America/Los_Angeles")))
    assert (west["2026-03-01"], west["2026-03-02"], len(west), min(west), max(west)) == (
        6.0,
        3.0,
        31,
        "2026-03-01",
        "2026-03-31",
    )
    assert by_day(daily(ledger, Settings()))["2026-03-02"] == pytest.approx(7 + 31 / 32)


def test_hours_of_a_day_become_one_row(tmp_path):
    hours = [
        {
            "ChargePeriodStart": f"2026-03-02T{h:02d}:00:00Z",
            "ChargePeriodEnd": f"2026-03-02T{h + 1:02d}:00:00Z",
            "BilledCost": "0.1",
        }
        for h in range(20)
    ]
    frame = daily(ledger_of(tmp_path, *hours), Settings())
    assert frame[["BilledCost", "Rows"]].values.tolist() == [
        [2.0, 20]
    ]  # a float sum of 0.1 gives 2.0000000000000004


def test_tags_name_team_environment_workload_and_unit(tmp_path):
    tags = '{"team":"search","env":"prod","wl/x":"rag","bu":"Discovery"}'
    ledger = ledger_of(tmp_path, {"Tags": tags}, {"Tags": '{"team":" "}'}, {})
    frame = daily(
        ledger, Settings(tags=Tags(environment="env", workload="wl/x", business_unit="bu"))
    )
    assert frame[
        ["x_Team", "x_Environment", "x_Workload", "x_BusinessUnit", "Rows"]
    ].values.tolist() == [
        ["(untagged)", "(untagged)", "(untagged)/(untagged)/GPU compute", "All", 2],
        ["search", "prod", "rag", "Discovery", 1],
    ]


def test_the_organisation_file_gives_the_unit_of_a_team():
    frame = pd.DataFrame(
        {
            "ServiceName": ["S"] * 4,
            "x_Team": ["search", "lost", "", "search"],
            "x_Environment": [""] * 4,
            "x_Workload": ["w"] * 4,
            "x_BusinessUnit": ["", "", "", "Own"],
        }
    )
    found = allocate.allocate(frame, {"search": "Discovery"})
    assert found["x_BusinessUnit"].tolist() == ["Discovery", "(unassigned)", "(unassigned)", "Own"]
    assert allocate.allocate(frame, None)["x_BusinessUnit"].tolist() == ["All", "All", "All", "Own"]


def test_the_organisation_file_of_the_settings_is_read(tmp_path):
    (tmp_path / "org.csv").write_text("team,business_unit\nsearch,Discovery\n")
    ledger = ledger_of(tmp_path / "ledger", {"Tags": '{"team":"search"}'})
    assert daily(ledger, Settings(organisation="org.csv", root=str(tmp_path)))[
        "x_BusinessUnit"
    ].tolist() == ["Discovery"]


def test_a_tag_that_spells_a_rule_still_gives_one_row_per_key(tmp_path):
    spelled = '{"team":"(untagged)","environment":"(untagged)"}'
    frame = daily(ledger_of(tmp_path, {"Tags": spelled}, {}), Settings())
    assert frame[["x_Team", "BilledCost", "Rows"]].values.tolist() == [["(untagged)", 2.0, 2]]
    assert not frame.duplicated(warehouse.KEYS).any()


def test_periods_with_different_columns_are_read_together(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", pd.DataFrame([{**ROW, "x_Own": "1", "SkuId": "S"}])))
    after = {"BillingPeriodStart": "2026-04-01", "BillingPeriodEnd": "2026-05-01"}
    ledger.ingest(("b", pd.DataFrame([{**ROW, **after, "ListCost": "4"}])))
    frame = daily(ledger, Settings())
    assert frame[["SkuId", "ListCost"]].values.tolist() == [["", 4.0], ["S", 0.0]]


def test_an_answer_is_kept_and_forgotten_when_a_fact_or_a_setting_changes(tmp_path):
    ledger = ledger_of(tmp_path, {})
    first = daily(ledger, Settings())
    kept = list((tmp_path / "kept").glob("daily-*.parquet"))
    pd.testing.assert_frame_equal(daily(ledger, Settings()), first)
    assert len(kept) == 1 and len(list((tmp_path / "kept").iterdir())) == 1
    kept[0].write_bytes(b"damaged")
    pd.testing.assert_frame_equal(daily(ledger, Settings()), first)
    ledger.ingest(("more", pd.DataFrame([{**ROW, "BilledCost": "3", "EffectiveCost": "3"}])))
    assert daily(ledger, Settings())["BilledCost"].tolist() == [3.0]


def test_the_expression_can_be_written_for_a_warehouse():
    schema = dict.fromkeys([*warehouse.PLAIN, "Tags"], "string") | dict.fromkeys(
        warehouse.MEASURES, "decimal(28, 10)"
    )
    schema |= {"ChargePeriodStart": "timestamp", "ChargePeriodEnd": "timestamp"}
    rows = ibis.table(schema, name="rows")
    sql = ibis.to_sql(
        expressions.expression(rows, SimpleNamespace(time_zone="UTC", tags=Tags())),
        dialect="duckdb",
    )
    assert "->> '/team'" in sql and "GROUP BY" in sql and "UNNEST" in sql


CHARGE = st.tuples(
    st.decimals(min_value="-1e5", max_value="1e5", places=10),
    st.integers(0, 700),
    st.integers(0, 2000),
)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(CHARGE, min_size=1, max_size=8),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
)
def test_no_spread_and_no_time_zone_loses_money(charges, zone):
    import tempfile

    start = pd.Timestamp("2026-03-01")
    changes = [
        {
            "BilledCost": str(amount),
            "ChargePeriodStart": f"{start + pd.Timedelta(hours=at)}Z",
            "ChargePeriodEnd": f"{start + pd.Timedelta(hours=at + length)}Z",
        }
        for amount, at, length in charges
    ]
    with tempfile.TemporaryDirectory() as root:
        ledger = ledger_of(root, *changes)
        frame = daily(ledger, Settings(time_zone=zone))
        assert frame["BilledCost"].sum() == pytest.approx(
            float(sum((a for a, _, _ in charges), Decimal(0))), abs=1e-6
        )
        assert frame["Rows"].sum() == ledger.rows == len(charges)


def test_amounts_are_never_read_in_another_currency(tmp_path):
    ledger = ledger_of(tmp_path, {})
    for ask in (daily, lambda *both: warehouse.tag_months(*both, ["team"])):
        with pytest.raises(LedgerError) as refused:
            ask(ledger, Settings(currency="EUR"))
        assert str(refused.value) == (
            "the ledger holds USD and finops.yaml says currency: EUR. Write currency: USD into finops.yaml."
        )
