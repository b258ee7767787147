"""What a delivery meets in the ledger: scopes are added, restated scopes are replaced, and in doubt somebody is asked (docs/method §13.21)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_world import focus

from finops_model.errors import LedgerError
from finops_model.facts.daily import warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.ledger.versions import scope_of
from finops_model.settings import Settings

FIELD = Path(__file__).parent / "fixtures" / "field"


def usd(text) -> dict:
    return {"USD": Decimal(text).quantize(Decimal("0.01"))}


def by_account(ledger: Ledger) -> dict:
    """{sub-account: BilledCost} of the rows in force, read from the parts themselves."""
    rows = pd.concat([pd.read_parquet(path) for path in ledger.files()])
    return {
        str(name): float(value)
        for name, value in rows.assign(BilledCost=rows["BilledCost"].astype(float))
        .groupby(rows["SubAccountId"].fillna(""))["BilledCost"]
        .sum()
        .items()
    }


def test_a_second_part_with_other_sub_accounts_is_added(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(FIELD / "delivery_in_parts" / "part_0.csv")
    receipt = ledger.ingest(FIELD / "delivery_in_parts" / "part_1.csv")
    assert (
        ledger.totals() == usd(220)
        and by_account(ledger) == {"sub-1": 100.0, "sub-2": 120.0}
        and ledger.rows == 22
    )
    assert receipt.restated == () and receipt.changes[0].kind == "added"
    assert (
        "  added to Cloudy · acct-1 · 2026-07: version 2, 10 -> 22 rows, +120.00 USD; sub-accounts: added sub-2; kept sub-1, which this delivery "
        "does not hold (10 rows, 100.00 USD)"
    ) in str(receipt).splitlines()
    assert warehouse.daily(ledger, Settings())["BilledCost"].sum() == 220


def test_daily_slices_are_asked_about_and_appended_or_replaced_as_told(tmp_path):
    first, second = (FIELD / "delivery_by_days" / name for name in ("first.csv", "second.csv"))
    for told, total in (({"append": True}, 310), ({"replace": True}, 210)):
        ledger = Ledger(tmp_path / str(total))
        ledger.ingest(first)
        with pytest.raises(LedgerError) as refused:
            ledger.ingest(second)
        assert str(refused.value) == (
            "Cloudy · acct-1 · 2026-07 · sub-account sub-1: the ledger holds 10 rows (100.00 USD), and this delivery brings 21 rows (210.00 USD) that "
            "have no charge in common with them (charge period, SKU, resource, category, tags). Nothing was written. If it is a further part, ingest "
            "it with --append; if it takes the place of what is there, with --replace (in Python append=True or replace=True)."
        )
        assert ledger.totals() == usd(100) and len(ledger.book.records) == 1
        ledger.ingest(second, **told)
        assert ledger.totals() == usd(total)


@pytest.mark.parametrize(
    "answer, total", [("append", 310), ("replace", 210), (None, 100), ("", 100)]
)
def test_whoever_can_be_asked_is_asked_once(tmp_path, answer, total):
    ledger, asked = Ledger(tmp_path), []
    ledger.ingest(("first", focus(range(1, 11))))

    def ask(question):
        asked.append(question)
        return answer

    if answer:
        ledger.ingest(("second", focus(range(11, 32))), ask=ask)
    else:
        with pytest.raises(LedgerError, match="Nothing was written"):
            ledger.ingest(("second", focus(range(11, 32))), ask=ask)
    assert len(asked) == 1 and ledger.totals() == usd(total)


def test_slices_that_overlap_by_a_day_do_not_drop_the_days_before_it(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus(range(1, 11))))
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(("second", focus(range(10, 32))))
    assert (
        "the ledger holds 10 rows (100.00 USD), and 9 rows of them (90.00 USD) are of days of which this delivery holds nothing, though it brings "
        "others of them again."
    ) in str(refused.value)
    assert ledger.totals() == usd(100)
    assert ledger.ingest(("second", focus(range(10, 32))), replace=True) and ledger.totals() == usd(
        220
    )


def test_a_growing_month_replaces_itself(tmp_path):
    ledger = Ledger(tmp_path)
    for last in (3, 10, 31):
        ledger.ingest((f"to {last}", focus(range(1, last + 1))))
    assert ledger.totals() == usd(310) and ledger.rows == 31


def test_a_restatement_is_known_by_its_charges_never_by_their_amounts(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus()))
    receipt = ledger.ingest(("again", focus(amount="10.20")))
    assert ledger.totals() == usd(102) and [change.where for change in receipt.restated] == [
        "Cloudy · acct-1 · 2026-07"
    ]
    assert (
        "  warning: restated: Cloudy · acct-1 · 2026-07 was 100.00 USD and is 102.00 USD now (+2.00 USD)"
        in str(receipt).splitlines()
    )
    said = json.loads(json.dumps(receipt.as_dict()))
    assert said["restated"][0] | {"kept": 0} == {
        "issuer": "Cloudy",
        "account": "acct-1",
        "billing_period": "2026-07",
        "kind": "restated",
        "version": 2,
        "rows_before": 10,
        "rows": 10,
        "before": {"USD": "100.00"},
        "after": {"USD": "102.00"},
        "difference": {"USD": "2.00"},
        "sub_accounts": {"restated": ["sub-1"], "replaced": [], "added": [], "appended": []},
        "kept": 0,
    }


@pytest.mark.parametrize(
    "cells",
    [
        {"SkuId": "other"},
        {"ResourceId": "vm-2"},
        {"Tags": '{"team":"fraud"}'},
        {"ChargeCategory": "Tax"},
    ],
    ids=lambda cells: next(iter(cells)),
)
def test_the_same_amounts_on_other_charges_are_no_restatement(tmp_path, cells):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus()))
    with pytest.raises(LedgerError, match="no charge in common"):
        ledger.ingest(("second", focus(**cells)))
    ledger.ingest(("second", focus(**cells)), append=True)
    assert ledger.totals() == usd(200)


def test_without_sku_the_service_tells_charges_apart(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("gpu", focus(SkuId="", ResourceId="")))
    with pytest.raises(LedgerError, match="no charge in common"):
        ledger.ingest(("storage", focus(SkuId="", ResourceId="", ServiceName="Storage")))


def test_without_sku_and_resource_the_region_tells_charges_apart(tmp_path):
    """The same service in two regions, one file each: the second is no restatement of the first (100 was left of 200)."""
    ledger = Ledger(tmp_path)
    ledger.ingest(("us", focus(SkuId="", ResourceId="", RegionId="us-1")))
    with pytest.raises(LedgerError, match="have no charge in common with them"):
        ledger.ingest(("eu", focus(SkuId="", ResourceId="", RegionId="eu-1")))


def test_tags_written_otherwise_are_the_same_tags(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus(Tags='{"team":"search","env":"prod"}')))
    assert ledger.ingest(
        ("again", focus(amount="11", Tags='{"env": "prod", "team": "search"}'))
    ).restated and ledger.totals() == usd(110)


def test_one_delivery_restates_one_sub_account_adds_one_and_leaves_one(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", pd.concat([focus(), focus(SubAccountId="sub-2", amount="1")])))
    receipt = ledger.ingest(
        ("second", pd.concat([focus(amount="11"), focus(SubAccountId="sub-3", amount="2")]))
    )
    assert by_account(ledger) == {
        "sub-1": 110.0,
        "sub-2": 10.0,
        "sub-3": 20.0,
    } and ledger.totals() == usd(140)
    assert receipt.changes[0].scopes == {
        "restated": ("sub-1",),
        "replaced": (),
        "added": ("sub-3",),
        "appended": (),
    }
    assert (
        "sub-accounts: replaced sub-1; added sub-3; kept sub-2, which this delivery does not hold (10 rows, 10.00 USD)"
    ) in str(receipt)
    assert warehouse.daily(ledger, Settings())["BilledCost"].sum() == 140


def test_a_sub_account_that_is_no_more_goes_when_the_delivery_is_said_to_be_the_whole(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", pd.concat([focus(), focus(SubAccountId="sub-2", amount="0.10")])))
    ledger.ingest(("second", focus(amount="10.50")))
    assert by_account(ledger) == {"sub-1": 105.0, "sub-2": 1.0}
    ledger.ingest(("third", focus(amount="10.60")), whole=True)
    assert by_account(ledger) == pytest.approx({"sub-1": 106.0}) and ledger.totals() == usd(106)


def test_a_fall_in_one_sub_account_is_not_hidden_by_another_that_is_new(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus()))
    with pytest.raises(
        LedgerError, match=r"BilledCost would fall from 100.00 to 50.00 USD \(-50.0 %\)"
    ):
        ledger.ingest(
            ("second", pd.concat([focus(amount="5"), focus(SubAccountId="sub-2", amount="90")]))
        )
    assert ledger.totals() == usd(100)


def test_three_parts_in_any_order_and_one_of_them_restated(tmp_path):
    ledger = Ledger(tmp_path)
    parts = {name: focus(SubAccountId=name) for name in ("a", "b", "c")}
    for name in ("b", "c", "a"):
        ledger.ingest((name, parts[name]))
    ledger.ingest(("b2", focus(SubAccountId="b", amount="12")))
    assert by_account(ledger) == {"a": 100.0, "b": 120.0, "c": 100.0}
    known = ledger.ingest([(name, parts[name]) for name in parts])
    assert ledger.totals() == usd(320) and [str(w) for w in known.warnings] == [
        "b: was delivered before and has been replaced since: nothing changed. --accept-decrease (in Python accept_decrease=True) brings it back"
    ]


def test_a_file_replaced_in_part_says_so_when_it_comes_again(tmp_path):
    ledger = Ledger(tmp_path)
    both = ("both", pd.concat([focus(), focus(SubAccountId="sub-2")]))
    ledger.ingest(both)
    ledger.ingest(("one", focus(amount="11")))
    assert [str(w) for w in ledger.ingest(both).warnings] == [
        "both: was delivered before and has been replaced in part since: nothing changed. --accept-decrease (in Python accept_decrease=True) brings it back"
    ]
    ledger.ingest(both, accept_decrease=True)
    assert ledger.totals() == usd(200)


def test_a_folder_that_grows_by_days_stays_together_and_a_file_that_restates_one_of_it_replaces_it(
    tmp_path,
):
    """`bills:` of finops.yaml names every file of a folder on each run."""
    ledger = Ledger(tmp_path)
    one, two = ("one", focus(range(1, 11))), ("two", focus(range(11, 21)))
    ledger.ingest([one])
    receipt = ledger.ingest([one, two])
    assert (
        ledger.totals() == usd(200)
        and receipt.changes[0].kind == "appended"
        and [f.status for f in receipt.files] == ["new", "again"]
    )
    ledger.ingest([one, two, ("two-corrected", focus(range(11, 21), amount="11"))])
    assert ledger.totals() == usd(210) and ledger.rows == 20
    assert ledger.ingest([one, two]).changes == () and ledger.totals() == usd(210)


def test_files_of_one_delivery_that_hold_the_same_charges_with_other_amounts_are_warned_of(
    tmp_path,
):
    both = [("v1", focus()), ("v2", focus(amount="11"))]
    receipt = Ledger(tmp_path).ingest(both, append=True)
    assert [str(w) for w in receipt.warnings] == [
        "v2: 10 rows are of charges (charge period, SKU, resource, category, tags) that are in v1 too, with other amounts; both are counted. If one "
        "file restates the other, deliver them one after the other"
    ]


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        (focus(), focus(amount="11"), "10 rows of 10 days"),
        (focus(range(1, 21)), focus(range(11, 31)), "10 rows of 10 days"),
        (focus(), focus(range(1, 31)), "10 rows of 10 days"),
    ],
)
def test_slices_of_one_delivery_that_overlap_are_refused_and_not_added_up(tmp_path, one, two, said):
    ledger = Ledger(tmp_path)
    for choice in ({}, {"replace": True}):
        with pytest.raises(LedgerError) as refused:
            ledger.ingest([("v1", one), ("v2", two)], **choice)
    assert (
        f"v2 and v1: {said} are of charges (charge period, SKU, resource, category, tags) that both hold: they would be counted twice. Nothing was "
        "written. If one file restates the other, deliver them one after the other; if both count, ingest them with --append (in Python append=True)."
    ) == str(refused.value)
    assert ledger.totals() == {}
    ledger.ingest([("v1", one), ("v2", two)], append=True)
    assert ledger.rows == len(one) + len(two)


def test_parts_of_one_delivery_that_share_a_charge_here_and_there_are_added_up(tmp_path):
    whole = focus(range(1, 31))
    doubled = pd.concat([whole, whole.assign(BilledCost="3"), whole.assign(BilledCost="5")])
    parts = [doubled.iloc[:50], doubled.iloc[50:]]
    ledger = Ledger(tmp_path)
    ledger.ingest([("part-1", parts[0]), ("part-2", parts[1])])
    assert ledger.rows == 90


def test_refused_rows_stay_and_go_with_their_sub_account(tmp_path):
    ledger = Ledger(tmp_path)
    bad = [
        focus(range(1, 4)),
        focus(range(4, 5), BillingCurrency="XXZ"),
        focus(range(5, 6), BillingPeriodStart="?"),
    ]
    ledger.ingest(("one", pd.concat(bad)))
    ledger.ingest(
        (
            "two",
            pd.concat(
                [
                    focus(range(1, 4), SubAccountId="sub-2"),
                    focus(range(4, 5), SubAccountId="sub-2", BilledCost="x"),
                ]
            ),
        )
    )
    assert sorted(ledger.quarantine()["x_Row"]) == [4, 4, 5] and ledger.totals() == usd(60)
    ledger.ingest(("one again", focus(range(1, 5))))
    assert ledger.quarantine()[["x_File", "x_Row"]].values.tolist() == [
        ["two", 4]
    ] and ledger.totals() == usd(70)
    ledger.ingest(("two again", focus(range(1, 5), SubAccountId="sub-2")))
    assert ledger.quarantine().empty and ledger.totals() == usd(80)
    assert all(version.quarantined == 0 for version in ledger.book.in_force().values())


def test_a_ledger_of_before_is_continued(tmp_path):
    """Records of schema 1 as they were written before scopes and hashes: no sha256 of a part, no released rows, no changes."""
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", pd.concat([focus(), focus(SubAccountId="sub-2")])))
    path = tmp_path / "manifest" / "000001.json"
    record = json.loads(path.read_text())
    for name in ("released", "changes", "come_again"):
        del record[name]
    for version in record["versions"]:
        version["parts"] = [
            {key: part[key] for key in ("path", "rows", "source")} for part in version["parts"]
        ]
    path.write_text(json.dumps(record))
    ledger = Ledger(tmp_path)
    ledger.ingest(("again", focus(amount="11")))
    ledger.ingest(("more", focus(SubAccountId="sub-3")))
    assert by_account(ledger) == {"sub-1": 110.0, "sub-2": 100.0, "sub-3": 100.0}
    assert (
        warehouse.daily(ledger, Settings())["BilledCost"].sum() == 310 and len(ledger.proof()) == 3
    )


@pytest.mark.parametrize(
    "first, second, said",
    [
        (
            "",
            "sub-1",
            " · sub-account sub-1: the ledger holds 10 rows (100.00 USD) without a sub-account, and this delivery brings charges of them again with one.",
        ),
        (
            "sub-1",
            "",
            ": the ledger holds 10 rows (100.00 USD) under sub-accounts, and this delivery brings charges of them again without one.",
        ),
    ],
)
def test_a_bill_that_begins_or_ceases_to_name_sub_accounts_is_not_counted_twice_unasked(
    tmp_path, first, second, said
):
    ledger = Ledger(tmp_path)
    ledger.ingest(("first", focus(SubAccountId=first)))
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(("second", focus(SubAccountId=second)))
    assert str(refused.value).startswith(
        f"Cloudy · acct-1 · 2026-07{said} Nothing was written."
    ) and ledger.totals() == usd(100)
    ledger.ingest(("second", focus(SubAccountId=second)), replace=True)
    assert ledger.totals() == usd(100) and by_account(ledger) == {second: 100.0}
    other = Ledger(tmp_path / "other")
    other.ingest(("first", focus(SubAccountId=first)))
    other.ingest(("second", focus(SubAccountId=second)), ask=lambda _: "append")
    assert other.totals() == usd(200)


def test_a_line_of_the_account_stands_beside_those_of_its_sub_accounts(tmp_path):
    """Tax and support name no sub-account; they are charges of their own."""
    ledger = Ledger(tmp_path)
    ledger.ingest(
        (
            "tax",
            focus(
                range(1, 2),
                ChargeCategory="Tax",
                SubAccountId="",
                SkuId="",
                ResourceId="",
                ServiceName="Tax",
            ),
        )
    )
    receipt = ledger.ingest(("use", focus()))
    assert "added sub-1; kept (none), which this delivery does not hold (1 row, 10.00 USD)" in str(
        receipt
    ) and ledger.totals() == usd(110)


def test_append_and_replace_exclude_each_other(tmp_path):
    with pytest.raises(LedgerError) as refused:
        Ledger(tmp_path).ingest(("a", focus()), append=True, replace=True)
    assert (
        str(refused.value)
        == "append and replace exclude each other: a delivery is added, or it replaces. Choose one."
    )


def test_known_files_need_no_right_to_write(tmp_path, monkeypatch):
    from finops_model.facts.ledger import manifest

    Ledger(tmp_path).ingest(("a", focus()))
    monkeypatch.setattr(
        manifest, "writing", lambda *_: (_ for _ in ()).throw(AssertionError("the lock was taken"))
    )
    assert [f.status for f in Ledger(tmp_path).ingest(("a", focus())).files] == ["known"]


PART = st.tuples(st.sampled_from(["a", "b", ""]), st.integers(1, 3), st.integers(1, 4))


@settings(max_examples=25, deadline=None)
@given(st.lists(PART, min_size=1, max_size=6))
def test_the_ledger_holds_the_newest_delivery_of_each_scope(tmp_path_factory, parts):
    """A law: scopes are independent. Whole months of single scopes in any order leave the newest of each, and every row is in a part once."""
    ledger, want = Ledger(tmp_path_factory.mktemp("law")), {}
    for i, (scope, tenth, _) in enumerate(parts):
        ledger.ingest(
            (
                str(i),
                focus(
                    range(1, 4), amount=f"10.{tenth}", SubAccountId=scope, ResourceId=f"vm-{scope}"
                ),
            ),
            accept_decrease=True,
        )
        want[scope] = 30 + 3 * tenth / 10
    assert by_account(ledger) == pytest.approx(want) and len(ledger.proof()) == len(want)


def test_a_restatement_that_names_the_sub_account_of_rows_that_had_none_is_not_counted_twice_unasked(
    tmp_path,
):
    """Half of the month stood without a sub-account; the bill that names it on every row would leave that half beside its own rows."""
    half, full = pd.concat([focus(range(1, 6)), focus(range(6, 11), SubAccountId="")]), focus()
    for told, total in (
        ({"replace": True}, 100),
        ({"ask": lambda _: "replace"}, 100),
        ({"append": True}, 200),
        ({"ask": lambda _: "append"}, 200),
    ):
        ledger = Ledger(tmp_path / str(len(told) * total) / next(iter(told)))
        ledger.ingest(("half", half))
        with pytest.raises(LedgerError) as refused:
            ledger.ingest(("full", full))
        assert str(refused.value).startswith(
            "Cloudy · acct-1 · 2026-07 · sub-account sub-1: the ledger holds 5 rows (50.00 USD) without a sub-account, and this "
            "delivery brings charges of them again with one. Nothing was written."
        ) and ledger.totals() == usd(100)
        ledger.ingest(("full", full), **told)
        assert ledger.totals() == usd(total) and len(ledger.files())


@pytest.mark.parametrize(
    "first, second, said",
    [
        (
            "",
            "acct-1",
            "Cloudy · acct-1 · 2026-07: the ledger holds 10 rows (100.00 USD) without a billing account, and this delivery brings charges of them again with one.",
        ),
        (
            "acct-1",
            "",
            "Cloudy · (none) · 2026-07: the ledger holds 10 rows (100.00 USD) under account acct-1, and this delivery brings charges of them again without one.",
        ),
    ],
)
def test_a_bill_that_begins_or_ceases_to_name_its_account_is_not_counted_twice_unasked(
    tmp_path, first, second, said
):
    for told, total in (
        ({"replace": True}, 110),
        ({"append": True}, 210),
        ({"ask": lambda _: "append"}, 210),
        ({"ask": lambda _: "replace"}, 110),
    ):
        ledger = Ledger(tmp_path / str(total) / next(iter(told)))
        ledger.ingest(("first", focus(BillingAccountId=first)))
        with pytest.raises(LedgerError) as refused:
            ledger.ingest(("second", focus(BillingAccountId=second, amount="11")))
        assert str(refused.value).startswith(
            f"{said} Nothing was written."
        ) and ledger.totals() == usd(100)
        ledger.ingest(("second", focus(BillingAccountId=second, amount="11")), **told)
        assert (
            ledger.totals() == usd(total)
            and warehouse.daily(ledger, Settings())["BilledCost"].sum() == total
        )


def test_other_charges_without_an_account_stand_beside_it(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(
        (
            "tax",
            focus(
                range(1, 2),
                ChargeCategory="Tax",
                BillingAccountId="",
                SkuId="",
                ResourceId="",
                ServiceName="Tax",
            ),
        )
    )
    ledger.ingest(("use", focus()))
    assert ledger.totals() == usd(110)


def test_charges_that_are_appended_and_stand_there_already_are_warned_of(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("a", focus()))
    receipt = ledger.ingest(("b", focus().iloc[::-1]), append=True)
    assert ledger.totals() == usd(200) and [str(warning) for warning in receipt.warnings] == [
        "b: 10 of 10 rows appended to Cloudy · acct-1 · 2026-07 are of charges (charge period, SKU, resource, category, tags) that the ledger holds already; "
        "both are counted. If this file takes their place, deliver it with --replace"
    ]
    assert ledger.ingest(("c", focus(range(11, 21))), append=True).warnings == ()


def test_a_restatement_of_which_every_row_is_refused_replaces_nothing_unasked(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.ingest(("good", focus()))
    with pytest.raises(LedgerError) as refused:
        ledger.ingest(("bad", focus(amount="ten")))
    assert str(refused.value).startswith(
        "Cloudy · acct-1 · 2026-07: BilledCost would fall from 100.00 to 0.00 USD (-100.0 %)"
    ) and ledger.totals() == usd(100)


def test_a_further_part_that_shares_one_charge_is_a_restatement_that_says_what_does_not_come_again(
    tmp_path,
):
    tax = focus(range(1, 2), ChargeCategory="Tax", SkuId="tax", ResourceId="", ServiceName="Tax")
    ledger = Ledger(tmp_path)
    ledger.ingest(("one", pd.concat([tax, focus()])))
    receipt = ledger.ingest(("two", pd.concat([tax, focus(ResourceId="vm-2")])))
    assert ledger.totals() == usd(110) and str(receipt.warnings[0]) == (
        "restated: Cloudy · acct-1 · 2026-07 · sub-account sub-1: 10 of the 11 rows replaced (100.00 USD of 110.00 USD) are of charges that this delivery does "
        "not hold. If it was a further part, deliver what was replaced again with --append --accept-decrease"
    )
    ledger.ingest(("one", pd.concat([tax, focus()])), append=True, accept_decrease=True)
    assert ledger.totals() == usd(220)
    other = Ledger(tmp_path / "other")
    other.ingest(("one", focus(range(1, 29))))
    assert [
        str(w)[:9] for w in other.ingest(("two", focus(range(1, 29), amount="11"))).warnings
    ] == ["restated:"]


def test_a_refused_row_nested_without_end_has_no_scope():
    """A row that nests deeper than any reader goes was refused, and asking for its account was a traceback."""
    deep = '{"SubAccountId": ' + "[" * 100_000 + "]" * 100_000 + "}"
    assert scope_of(deep) is None and scope_of('{"SubAccountId": "a"}') == "a"


def test_append_said_of_several_files_is_never_taken_for_one_that_restates(tmp_path):
    """One file asks whether it adds; the other restates unasked. `--append` for the first counted the second twice."""
    ledger = Ledger(tmp_path)
    july = focus(amount="10.00")
    ledger.ingest(("july", july))
    part, again = ("part", focus(range(11, 21))), ("july again", july.assign(BilledCost="11.00"))
    before = ledger.fingerprint()
    with pytest.raises(LedgerError, match="no charge in common"):
        Ledger(tmp_path).ingest(part)
    with pytest.raises(LedgerError) as problem:
        ledger.ingest([part, again], append=True)
    assert str(problem.value) == (
        "--append counts for every file of a delivery: part may add to what is there, and july again brings charges of it again, which would be "
        "counted twice. Nothing was written. Ingest what adds with --append in a call of its own, and the rest without it; what shall be counted "
        "twice, with --append in a call of its own."
    )
    assert ledger.fingerprint() == before
    ledger.ingest(again)
    ledger.ingest([part, ("august", focus(month="2026-08"))], append=True)
    assert str(ledger.totals()["USD"]) == "310.00"


def test_append_takes_a_restating_file_beside_one_that_raises_no_question(tmp_path):
    """Then it can be meant for nothing else, and the rows counted again are told."""
    ledger = Ledger(tmp_path)
    ledger.ingest(("july", focus()))
    receipt = ledger.ingest(
        [("again", focus(amount="11.00")), ("august", focus(month="2026-08"))], append=True
    )
    assert str(ledger.totals()["USD"]) == "310.00"
    assert any("are of charges" in str(warning) for warning in receipt.warnings)
