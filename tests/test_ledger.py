"""The ledger loses nothing: rows and money add up, deliveries replace periods whole, and nothing half-done is ever seen."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError, LedgerError
from finops_model.facts.intake.formats import refused_amount
from finops_model.facts.ledger import delivery, manifest
from finops_model.facts.ledger.store import Ledger

BILLS = Path(__file__).parent / "fixtures" / "bills"


def rows(*amounts, month="2026-03", **cells) -> pd.DataFrame:
    """A bill of usage rows with the given amounts, one a day."""
    year, number = int(month[:4]), int(month[5:])
    after = f"{year + number // 12}-{number % 12 + 1:02d}-01T00:00:00Z"
    base = {
        "BillingCurrency": "USD",
        "BillingPeriodStart": f"{month}-01T00:00:00Z",
        "BillingPeriodEnd": after,
        "ChargePeriodStart": f"{month}-02T00:00:00Z",
        "ChargePeriodEnd": f"{month}-03T00:00:00Z",
        "ChargeCategory": "Usage",
        "ServiceName": "GPU compute",
        "InvoiceIssuerName": "Hyperion Cloud",
        "BillingAccountId": "acct-7",
        "ServiceProviderName": "Hyperion Cloud",
        "Tags": "",
        **cells,
    }
    return pd.DataFrame(
        [
            {**base, "BilledCost": str(a), "EffectiveCost": str(a), "SkuId": f"S{i}"}
            for i, a in enumerate(amounts)
        ]
    )


def usd(text: str) -> dict:
    return {"USD": Decimal(text)}


def written(root: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()
    }


def test_a_new_ledger_is_empty(tmp_path):
    ledger = Ledger(tmp_path / "not-there")
    assert (ledger.rows, ledger.totals(), ledger.files(), ledger.first_day()) == (0, {}, [], None)
    assert ledger.quarantine().columns.tolist() == [
        "x_File",
        "x_Row",
        "x_Column",
        "x_Reason",
        "BilledCost",
        "BillingCurrency",
        "InvoiceIssuerName",
        "x_Period",
    ]
    assert ledger.totals_by_period().empty and not (tmp_path / "not-there").exists()


def test_the_same_bytes_again_change_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(BILLS / "good.csv")
    before, print_before = written(tmp_path), ledger.fingerprint()
    receipt = ledger.ingest([BILLS / "good.csv", BILLS / "good.csv"])
    assert written(tmp_path) == before and ledger.fingerprint() == print_before
    assert (receipt.rows_in, receipt.changes, receipt.files[0].status, receipt.version) == (
        0,
        (),
        "known",
        0,
    )
    assert [str(w) for w in receipt.warnings] == [
        "good.csv: the same bytes as good.csv: counted once"
    ]


def test_a_restatement_is_a_new_version_with_its_difference_and_the_old_one_stays(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(1, 1)))
    old = ledger.files()
    receipt = ledger.ingest(("b", rows("1.50", 1, "0.25")))
    assert (
        ledger.totals() == usd("2.75")
        and ledger.rows == 3
        and receipt.difference == usd("0.75")
        and receipt.version == 2
    )
    assert (
        "  replaced Hyperion Cloud · acct-7 · 2026-03: version 2, 2 -> 3 rows, +0.75 USD"
        in str(receipt).splitlines()
    )
    assert all(path.is_file() for path in old) and not set(old) & set(ledger.files())
    assert ledger.history()[["Version", "Rows", "BilledCost"]].values.tolist() == [
        [1, 2, Decimal("2.00")],
        [2, 3, Decimal("2.75")],
    ]


def test_an_old_file_does_not_come_back_by_itself(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(1, 1)))
    ledger.ingest(("b", rows(2, 1)))
    receipt = ledger.ingest(("a", rows(1, 1)))
    assert ledger.totals() == usd("3")
    assert [str(w) for w in receipt.warnings] == [
        "a: was delivered before and has been replaced since: nothing changed. "
        "--accept-decrease (in Python accept_decrease=True) brings it back"
    ]
    ledger.ingest(("a", rows(1, 1)), accept_decrease=True)
    assert ledger.totals() == usd("2")


def test_money_that_falls_by_more_than_five_percent_is_not_replaced_unasked(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(60, 40)))
    before = written(tmp_path)
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(("b", rows("94.99")))
    assert str(refused.value) == (
        "Hyperion Cloud · acct-7 · 2026-03: BilledCost would fall from 100.00 to 94.99 USD (-5.0 %); more than 5 % is not "
        "replaced unasked. Nothing was written. If this restatement is right, ingest it with --accept-decrease; if it is "
        "only a part, with --append (in Python accept_decrease=True or append=True)."
    )
    assert written(tmp_path) == before
    ledger.ingest(("c", rows(95)))
    assert ledger.totals() == usd("95")
    ledger.ingest(("d", rows(1)), accept_decrease=True)
    assert ledger.totals() == usd("1")


def test_columns_that_bear_the_ledgers_own_names_are_kept_under_others(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("own", rows(1).assign(x_Row="9", x_File="f", X_PERIOD="p", x_Hash="h")))
    kept = delivery.pq.read_table(ledger.files()[0]).to_pylist()[0]
    assert (kept["x_Row"], kept["x_File"], kept["x_Delivered_Row"], kept["x_Delivered_PERIOD"]) == (
        1,
        "own",
        "9",
        "p",
    )


def test_a_fall_of_a_currency_that_vanishes_is_seen(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", pd.concat([rows(10), rows(10, BillingCurrency="EUR")])))
    with pytest.raises(LedgerError, match=r"would fall from 10.00 to 0.00 EUR \(-100.0 %\)"):
        ledger.ingest(("b", rows(30)))


def test_append_adds_parts_to_the_period(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("one", rows(1, 2)))
    receipt = ledger.ingest(("two", rows(4)), append=True)
    assert (ledger.totals(), ledger.rows, receipt.version, len(ledger.files())) == (
        usd("7"),
        3,
        2,
        2,
    )
    ledger.ingest(("two", rows(4)), append=True)
    assert ledger.totals() == usd("7")


def test_parts_of_one_delivery_stay_together_when_one_of_them_is_restated(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest([("one", rows(1)), ("two", rows(2))])
    assert ledger.totals() == usd("3")
    receipt = ledger.ingest([("one", rows(1)), ("two", rows(5))])
    assert ledger.totals() == usd("6") and [f.status for f in receipt.files] == ["new", "again"]


def test_a_growing_folder_of_months_reads_only_what_is_new(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest([("jan", rows(1, month="2026-01"))])
    receipt = ledger.ingest([("jan", rows(1, month="2026-01")), ("feb", rows(2, month="2026-02"))])
    assert (receipt.rows_in, ledger.rows, ledger.totals()) == (1, 2, usd("3"))
    assert {f.name: f.status for f in receipt.files} == {"feb": "new", "jan": "known"}


def test_rows_that_two_files_of_a_delivery_share_are_warned_of(tmp_path):
    receipt = Ledger(tmp_path).ingest([("v1", rows(1, 2)), ("v2", rows(1, 2, 3))])
    assert (
        "v2: 2 different rows are in v1 too and are counted twice. If one file restates the other, deliver them one after "
        "the other"
    ) in [str(w) for w in receipt.warnings]


def test_a_bad_file_in_a_delivery_keeps_the_whole_delivery_out(tmp_path):
    ledger = Ledger(tmp_path)
    with pytest.raises(InputError):
        ledger.ingest([BILLS / "good.csv", BILLS / "login.csv"])
    assert ledger.rows == 0 and list(written(tmp_path)) == ["lock"]


def test_quarantine_belongs_to_its_period_and_goes_when_the_period_is_replaced(tmp_path):
    ledger = Ledger(tmp_path)
    bad = rows(5, 7)
    bad.loc[1, "BillingCurrency"] = "XXZ"
    receipt = ledger.ingest(("bad", bad))
    assert str(receipt).splitlines()[:2] == [
        "2 rows in = 1 accepted + 1 quarantined",
        "BilledCost accepted 5.00 USD · quarantined 7.00 XXZ",
    ]
    assert ledger.quarantine().iloc[0].tolist() == [
        "bad",
        2,
        "BillingCurrency",
        "'XXZ' is not a currency of ISO 4217 in use",
        "7",
        "XXZ",
        "Hyperion Cloud",
        "2026-03",
    ]
    ledger.ingest(("good", rows(5, 7)))
    assert ledger.quarantine().empty and ledger.totals() == usd("12")


def test_a_refused_row_of_another_issuer_is_not_counted_to_the_one_that_was_accepted(tmp_path):
    ledger = Ledger(tmp_path)
    other = rows(9, InvoiceIssuerName="Borealis", BillingCurrency="XXZ")
    ledger.ingest(("two", pd.concat([rows(5), other, rows(3, BillingPeriodStart="?")])))
    assert ledger.quarantine()[["InvoiceIssuerName", "x_Period", "BilledCost"]].values.tolist() == [
        ["Borealis", "", "9"],
        ["Hyperion Cloud", "2026-03", "3"],
    ]
    ledger.ingest(("two", rows(5, 9, 3)))
    assert ledger.quarantine().empty


def test_a_file_of_which_nothing_can_be_read_stays_in_quarantine_until_it_comes_again(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("x", rows(5, BillingPeriodStart="soon")))
    assert len(ledger.quarantine()) == 1 and ledger.rows == 0
    ledger.ingest(("x", rows(5)))
    assert ledger.quarantine().empty and ledger.totals() == usd("5")


UNREAD = {"BillingPeriodStart": "soon"}


def month(name: str, *amounts, **cells):
    """A delivered file of one name: rows of a day of that month."""
    return ("cur.csv", rows(*amounts, month=name, **cells))


def test_the_next_month_under_the_same_name_releases_no_refused_row(tmp_path):
    """Two months of one file name, of the same amounts: what January holds leaves quarantine with January alone."""
    ledger = Ledger(tmp_path)
    ledger.ingest(month("2026-01", 5, 7, **UNREAD))
    receipt = ledger.ingest(month("2026-02", 5, 7))
    assert ledger.quarantine()["BilledCost"].tolist() == ["5", "7"] and ledger.totals() == usd("12")
    assert (
        "cur.csv: an earlier file of this name (delivery 1) is in quarantine, 2 rows without a billing period, and what comes now does not hold "
        "them by issuer, account and day: they stay there. If this file is that one, mended, ingest it with --replace (in Python replace=True)"
    ) in [str(one) for one in receipt.warnings]
    part = ledger.ingest(month("2026-01", 5))  # one of two: not yet the whole of it
    assert len(ledger.quarantine()) == 2 and len(part.warnings) == 1
    before = ledger.fingerprint()
    ledger.ingest(month("2026-01", 5, 7, SkuId="mended"), replace=True)
    assert ledger.quarantine().empty and ledger.totals() == usd("24") and ledger.fingerprint() != before  # fmt: skip


def test_refused_rows_leave_with_the_mended_file_of_their_issuer_and_account(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(month("2026-01", 5, **UNREAD))
    ledger.ingest(month("2026-01", 5, InvoiceIssuerName="Borealis"))
    ledger.ingest(month("2026-01", 6, BillingAccountId="other"))
    ledger.ingest(("february.csv", rows(8)))
    ledger.ingest(month("2026-01", 4), append=True)  # a further part mends nothing
    assert ledger.quarantine()["BilledCost"].tolist() == ["5"]
    ledger.ingest(month("2026-01", 4, 5))
    assert ledger.quarantine().empty


def test_rows_without_a_day_leave_with_consent_also_given_later(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(month("2026-01", 5, ChargePeriodStart="?", **UNREAD))
    mended = month("2026-01", 5)
    ledger.ingest(mended)
    assert len(ledger.quarantine()) == 1
    assert len(Ledger(tmp_path).book.loose()) == 2
    assert ledger.ingest(mended).delivery is None and len(ledger.quarantine()) == 1
    ledger.ingest(mended, replace=True)
    assert ledger.quarantine().empty and ledger.totals() == usd("5")
    assert ledger.ingest(mended, replace=True).delivery is None


def test_a_ledger_of_before_keeps_what_a_name_released(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(month("2026-01", 5, **UNREAD))
    ledger.ingest(month("2026-02", 5))
    assert len(ledger.quarantine()) == 1
    for path in (tmp_path / "manifest").glob("*.json"):
        record = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in record.items() if k != "come_again"}))
    assert Ledger(tmp_path).quarantine().empty


def test_weekly_billing_periods_do_not_replace_each_other(tmp_path):
    ledger = Ledger(tmp_path)
    for start, end in (("2026-03-01", "2026-03-16"), ("2026-03-16", "2026-04-01")):
        ledger.ingest((start, rows(10, BillingPeriodStart=start, BillingPeriodEnd=end)))
    assert ledger.totals() == usd("20")
    assert ledger.totals_by_period().values.tolist() == [
        ["Hyperion Cloud", "2026-03", "USD", Decimal("20.00"), 2]
    ]


@pytest.mark.parametrize(
    "issuer", ["../../escape", "/etc", "Größe & Söhne", "", "a" * 400, "CON", "x\ty"]
)
def test_names_from_outside_never_leave_the_ledger_folder(issuer, tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    ledger.ingest(("n", rows(1, InvoiceIssuerName=issuer, ServiceProviderName=issuer)))
    assert ledger.totals() == usd("1") and [p.name for p in tmp_path.iterdir()] == ["ledger"]
    assert all(
        path.resolve().is_relative_to((tmp_path / "ledger").resolve()) for path in ledger.files()
    )


def test_keys_that_differ_by_case_alone_share_no_folder_where_case_is_ignored(tmp_path):
    """One delivery of many issuers: on Windows or a Mac one part would be written over another."""
    names = [
        "aws",
        "AWS",
        "Aws",
        "aws.",
        "aws ",
        "nul",
        "NUL",
        "con",
        "AWS-32fd72a0",
        "aws-32fd72a0",
    ]
    ledger = Ledger(tmp_path)
    ledger.ingest(("n", pd.concat([rows(1, InvoiceIssuerName=name) for name in names])))
    issuers = {path.relative_to(tmp_path / "rows").parts[0] for path in ledger.files()}
    assert (
        len({folder.casefold() for folder in issuers}) == len(issuers) == len(set(names) - {"aws "})
    )
    assert "aws" in issuers and not issuers & {"AWS", "nul", "con", "NUL"}
    assert ledger.totals() == usd(str(len(names)))


def test_folders_of_an_older_ledger_are_read_where_they_are(tmp_path):
    """The record says where rows lie: a ledger written before names were told apart by case is read, and goes on."""
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(1, InvoiceIssuerName="AWS")))
    (record,) = (tmp_path / "manifest").glob("*.json")
    new = next((tmp_path / "rows").iterdir())
    record.write_text(record.read_text().replace(new.name, "AWS"))
    new.rename(tmp_path / "rows" / "AWS")
    ledger = Ledger(tmp_path)
    assert ledger.totals() == usd("1") and ledger.files()[0].is_file()
    ledger.ingest(("a", rows("2", InvoiceIssuerName="AWS")))
    assert ledger.totals() == usd("2")


def test_the_fingerprint_changes_with_facts_and_with_nothing_else(tmp_path):
    jan, feb = ("jan", rows(1, month="2026-01")), ("feb", rows(2, month="2026-02"))
    one, other, third = (Ledger(tmp_path / name) for name in "abc")
    one.ingest(jan), one.ingest(feb)
    other.ingest(feb), other.ingest(jan), other.ingest(feb)
    third.ingest([jan, feb])
    assert (
        one.fingerprint() == other.fingerprint() == third.fingerprint()
        and len(one.fingerprint()) == 64
    )
    third.ingest(("feb", rows("2.01", month="2026-02")))
    assert third.fingerprint() != one.fingerprint()


@pytest.mark.parametrize("step", ["os.replace", "commit"])
def test_a_delivery_that_dies_on_the_way_never_happened(step, tmp_path, monkeypatch):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(1)))
    with monkeypatch.context() as patch:

        def die(*_):
            raise OSError("disk gone")

        patch.setattr(delivery.os if step == "os.replace" else delivery, step.split(".")[-1], die)
        with pytest.raises(OSError, match="disk gone"):
            ledger.ingest(("b", rows(2)))
    assert Ledger(tmp_path).totals() == usd("1") and not list(tmp_path.glob(".incoming*"))
    assert Ledger(tmp_path).ingest(("b", rows(2))).version == 2 and Ledger(
        tmp_path
    ).totals() == usd("2")


def test_three_writers_at_once_lose_nothing(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[3]); from test_ledger import rows; from finops_model.facts.ledger.store import Ledger\n"
        "for n in range(3): Ledger(sys.argv[1]).ingest((f'{sys.argv[2]}-{n}', rows(n + 1, month=f'20{sys.argv[2]}-0{n + 1}')))"
    )
    work = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(20 + i), str(Path(__file__).parent)]
        )
        for i in range(3)
    ]
    assert [process.wait(timeout=600) for process in work] == [0] * 3
    ledger = Ledger(tmp_path)
    assert ledger.rows == 9 and ledger.totals() == usd("18") and len(ledger.book.records) == 9


def test_a_held_lock_is_named(tmp_path):
    with (
        manifest.writing(tmp_path),
        pytest.raises(LedgerError) as refused,
        manifest.writing(tmp_path, patience=0.0),
    ):
        pass
    assert str(refused.value) == (
        f"{tmp_path}: another process has been writing for 0 seconds. Wait for it, then ingest again."
    )


def test_a_damaged_record_is_named(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", rows(1)))
    (tmp_path / "manifest" / "000001.json").write_text("{")
    with pytest.raises(LedgerError, match="000001.json: the ledger's record is damaged"):
        assert Ledger(tmp_path).rows
    (tmp_path / "manifest" / "000001.json").write_text(json.dumps({"schema": 9}))
    with pytest.raises(
        LedgerError,
        match="schema 9 of a ledger record; this version of finops-model reads up to 1. Use the version that wrote it.",
    ):
        assert Ledger(tmp_path).rows


def test_an_unknown_cost_column_names_the_nearest(tmp_path):
    with pytest.raises(LedgerError) as refused:
        Ledger(tmp_path).totals("BiledCost")
    assert str(refused.value) == (
        "unknown cost column 'BiledCost'. Did you mean 'BilledCost'? "
        "Known: BilledCost, EffectiveCost, ListCost, ContractedCost."
    )


def test_progress_is_told(tmp_path):
    said = []
    Ledger(tmp_path).ingest(("a", rows(1)), progress=lambda *what: said.append(what))
    assert said == [("reading a", 0, 1), ("writing", 1, 1)]


MONEY = st.one_of(
    st.decimals(min_value="-1e6", max_value="1e6", places=10).map(str),
    st.sampled_from(
        ["", "N/A", "NaN", "1e400", "1.5", "-0.0000000001", "abc", "1_0", " 2 ", "1e-3"]
    ),
)
ROW = st.tuples(
    MONEY,
    st.sampled_from(["USD", "usd", "EUR", "XXZ", ""]),
    st.sampled_from(["2026-01", "2026-02"]),
    st.sampled_from(["2026-01-05", "2027-02-29", "2026-01-31T23:00:00Z", "2999-01-01", ""]),
)


def bill(drawn) -> pd.DataFrame:
    return pd.concat(
        [
            rows(
                amount,
                month=month,
                BillingCurrency=currency,
                ChargePeriodStart=start,
                ChargePeriodEnd="2026-03-01",
            )
            for amount, currency, month, start in drawn
        ],
        ignore_index=True,
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_rows_and_money_in_are_rows_and_money_out(drawn):
    with tempfile.TemporaryDirectory() as root:
        ledger = Ledger(root)
        frame = bill(drawn)
        receipt = ledger.ingest(("random", frame))
        refused = ledger.quarantine()
        assert (
            receipt.rows_in
            == len(frame)
            == receipt.accepted + receipt.quarantined
            == ledger.rows + len(refused)
        )
        want: dict = {}
        for amount, currency in zip(frame["BilledCost"], frame["BillingCurrency"], strict=True):
            number = refused_amount(amount)
            if number is not None:
                want[currency.upper() or "(no currency)"] = (
                    want.get(currency.upper() or "(no currency)", Decimal(0)) + number
                )
        found = {
            c: receipt.totals.get(c, Decimal(0)) + receipt.quarantined_totals.get(c, Decimal(0))
            for c in {*receipt.totals, *receipt.quarantined_totals}
        }
        assert {c: v for c, v in found.items() if v} == {c: v for c, v in want.items() if v}
        assert (
            ledger.totals() == receipt.totals
            and sum(receipt.reasons.values()) == receipt.quarantined
        )


@settings(max_examples=6, deadline=None)
@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=3))
def test_any_order_and_any_number_of_deliveries_give_the_same_ledger(order, again):
    files = [(f"m{i}", rows(i + 1, "0.1", month=f"2026-0{i + 1}")) for i in range(4)]
    with tempfile.TemporaryDirectory() as root:
        ledger = Ledger(root)
        for i in [*order, *again]:
            ledger.ingest(files[i])
        assert (ledger.rows, ledger.totals()) == (8, usd("10.4"))
        straight = Ledger(Path(root) / "straight")
        straight.ingest(files)
        assert straight.fingerprint() == ledger.fingerprint()


def test_of_several_restated_months_the_one_that_moved_most_is_named(tmp_path):
    from finops_model.facts.ledger.versions import restated

    ledger = Ledger(tmp_path)
    months = ("2026-01", "2026-02", "2026-03")
    ledger.ingest(("a", pd.concat([rows(60, 40, month=month) for month in months])))
    after = [
        rows(60, 40, month="2026-01").assign(ServiceName="H100"),
        rows(60, 43, month="2026-02"),
    ]
    receipt = ledger.ingest(("b", pd.concat([*after, rows(60, 39, month="2026-03")])))
    (line,) = restated(receipt.changes)
    assert "2026-02 was 100.00 USD and is 103.00 USD now (+3.00 USD); 2 more below" in line
