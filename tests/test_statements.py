"""Statements add up to the cost of the period to the cent, by whatever level; pairs between entities net to zero in base (docs/method §14.40 to §14.43)."""

from __future__ import annotations

from decimal import Decimal as D
from fractions import Fraction
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import statements as oracle

from finops_model.errors import InputError
from finops_model.measure.allocation.shared import borne
from finops_model.measure.books import intercompany
from finops_model.measure.books.intercompany import MOVES, PAIRS, Books, journal, less, rate_of
from finops_model.measure.books.statements import (
    LEVELS,
    LINES,
    NOBODY,
    Home,
    before_sharing,
    lines,
    statements,
)
from finops_model.periods import Calendar
from finops_model.publish.books.recharges import by_month, recharges
from finops_model.settings import Settings, load_settings

OCTOBER = Calendar().period_of("2026-10-01")
TEAMS = ["(untagged)", "chat", "platform", "safety", "search"]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "team": st.sampled_from(TEAMS),
            "unit": st.sampled_from(["Product", "Research"]),
            "entity": st.sampled_from(["Inc.", "GmbH"]),
            "activity": st.sampled_from(["", "training"]),
            "service": st.sampled_from(["GPU", "Tokens"]),
            "kind": st.sampled_from(["own"] * 6 + ["idle", "unused"]),
            "commitment": st.sampled_from(["", "c1", "c2"]),
            "cost": st.integers(-2_000, 2_000_000),  # ten-thousandths
        }
    ),
    max_size=14,
)
POOLS = st.dictionaries(
    st.sampled_from(["platform", "safety"]), st.sampled_from(["even", "proportional"])
)
IDLE = st.sampled_from(["owner", "proportional", "central"])
UNUSED = st.sampled_from(["buyer", "proportional_to_benefit", "central"])


def daily_of(rows: list[dict]) -> pd.DataFrame:
    columns = ["ChargeDate", "ChargeCategory", "ServiceName", "CommitmentDiscountId"]
    columns += ["CommitmentDiscountStatus", "x_Team", "x_BusinessUnit", "x_Bearer", "x_Activity"]
    made = [
        (
            pd.Timestamp("2026-10-03"),
            "Usage",
            "Idle" if row["kind"] == "idle" else row["service"],
            row["commitment"],
            "Unused" if row["kind"] == "unused" else "Used" if row["commitment"] else "",
            row["team"],
            row["unit"],
            row["entity"],
            row["activity"] or "(untagged)",
            row["cost"] / 10_000,
        )
        for row in rows
    ]
    frame = pd.DataFrame(made, columns=[*columns, "EffectiveCost"])
    return frame.astype(
        {"ChargeDate": "datetime64[ns]", "EffectiveCost": float} | dict.fromkeys(columns[1:], "str")
    )


def found_of(rows: list[dict], pools: dict, idle: str, unused: str) -> pd.DataFrame:
    asked = {"pools": pools, "idle": idle, "unused_commitment": unused}
    given = Settings(shared_cost={**asked, "idle_when": {"ServiceName": "Idle"}})
    each = borne(given, daily_of(rows), None, OCTOBER, "2026-10-31")
    return lines(each, given.shared_cost, billed="GmbH", entity_column="x_Bearer")


@settings(max_examples=35, deadline=None)
@given(ROWS, POOLS, IDLE, UNUSED, st.randoms(use_true_random=False))
def test_lines_are_those_of_plain_loops_and_conserve_the_total_in_any_order(
    rows, pools, idle, unused, random
):
    found = found_of(rows, pools, idle, unused)
    told = [
        {
            **row,
            "service": "Idle" if row["kind"] == "idle" else row["service"],
            "used": row["commitment"] != "" and row["kind"] != "unused",
            "cost": Fraction(row["cost"], 100),
        }
        for row in rows
    ]
    for row in told:
        if row["kind"] == "idle" and row["commitment"]:
            row["used"] = True
    expected = oracle.bear(told, pools, idle, unused, "GmbH")
    keys = ["Team", "BusinessUnit", "LegalEntity", "Kind", "Pool", "Activity", "ServiceName"]
    got = {tuple(one[key] for key in keys): one["Amount"] for one in found.to_dict("records")}
    for key in [key for key in got if key[3] == "central"]:
        got["", "", "", "central", "", "", ""] = got.pop(key)
    assert got == {key: D(n).scaleb(-2) for key, n in expected.items()}
    shuffled = random.sample(rows, len(rows))
    pd.testing.assert_frame_equal(found_of(shuffled, pools, idle, unused), found)

    whole = D(oracle.half_up(sum((one["cost"] for one in told), Fraction(0)))).scaleb(-2)
    for by in LEVELS:
        each = statements(found, by)
        assert sum((one.total for one in each), D(0)) == whole
        assert all(len(one.lines) and (one.lines["Amount"] != 0).any() for one in each)
        assert len({one.bearer for one in each}) == len(each)


AMOUNTS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]), st.integers(-(10**6), 10**7), min_size=1
)
RATE = st.decimals(min_value="0.001", max_value="200", places=6)


@settings(max_examples=50, deadline=None)
@given(AMOUNTS, RATE, RATE, RATE, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_pairs_balance_in_every_currency_and_net_to_zero_in_base(amounts, to_own, to_base, own, of):
    due = pd.DataFrame(
        [["GmbH", "Inc.", of, "2026-10", team, "", D(n)] for team, n in amounts.items() if n],
        columns=PAIRS,
    )
    coin = D(1).scaleb(-intercompany.digits(of))
    due["Amount"] = [amount * coin for amount in due["Amount"]]
    rates = {(of, "GBP"): to_own, (of, "USD"): to_base, ("GBP", "USD"): own}
    found = journal(due, Books(OCTOBER, "USD", {"Inc.": "GBP"}, rates))
    for (_, currency), part in found.groupby(["Entity", "Currency"]):
        assert sum(part["Debit"]) == sum(part["Credit"]), currency
        assert sum(part["BaseDebit"]) == sum(part["BaseCredit"])
    net = sum(found["BaseDebit"], D(0)) - sum(found["BaseCredit"], D(0))
    assert net == 0
    elimination = found[found["Account"].str.startswith("intercompany")]
    assert sum(elimination["BaseDebit"], D(0)) == sum(elimination["BaseCredit"], D(0))
    cents = 2 - intercompany.digits(of)
    exact = [Fraction(rate) * Fraction(10) ** cents for rate in (to_own, to_base)]
    kept = {team: n for team, n in amounts.items() if n}
    billed, bearer = oracle.pair(kept, exact[0], exact[1], Fraction(own)) if kept else ([], [])
    names = {"intercompany_receivable": "receivable", "intercompany_payable": "payable"}
    for entity, expected, scale in (("GmbH", billed, coin), ("Inc.", bearer, D("0.01"))):
        mine = found[found["Entity"] == entity]
        told = {
            (names.get(one.Account, one.Account), one.Team): (
                one.Debit - one.Credit,
                one.BaseDebit - one.BaseCredit,
            )
            for one in mine.itertuples()
        }
        assert told == {
            (what, key): (n * scale, D(base).scaleb(-2)) for what, key, n, base in expected
        }


def test_a_pair_worked_by_hand():
    """1,000.00 EUR billed to the GmbH, of a team of the Ltd. that counts in pounds; the group in dollars."""
    due = pd.DataFrame(
        [
            ["GmbH", "Ltd.", "EUR", "2026-10", "chat", "training", D("600.00")],
            ["GmbH", "Ltd.", "EUR", "2026-10", "search", "", D("400.00")],
        ],
        columns=PAIRS,
    )
    rates = {("EUR", "GBP"): D("0.87"), ("EUR", "USD"): D("1.12"), ("GBP", "USD"): D("1.29")}
    books = Books(OCTOBER, "USD", {"Ltd.": "GBP", "GmbH": "EUR"}, rates)
    found = journal(due, books)
    told = [
        (one.Entity, one.Account, one.Team, str(one.Debit - one.Credit), one.Currency)
        + (str(one.BaseDebit - one.BaseCredit), one.Kind)
        for one in found.itertuples()
    ]
    assert told == [
        ("GmbH", "intercompany_receivable", "", "1000.00", "EUR", "1120.00", "recharge"),
        ("GmbH", "expense", "chat", "-600.00", "EUR", "-672.00", "recharge"),
        ("GmbH", "expense", "search", "-400.00", "EUR", "-448.00", "recharge"),
        # 1,000 × 0.87 = 870.00 pounds, worth 870 × 1.29 = 1,122.30 dollars: 2.30 more than 1,120.00
        ("Ltd.", "expense", "chat", "522.00", "GBP", "673.38", "recharge"),
        ("Ltd.", "expense", "search", "348.00", "GBP", "448.92", "recharge"),
        ("Ltd.", "intercompany_payable", "", "-870.00", "GBP", "-1120.00", "recharge"),
        ("Ltd.", "fx", "", "0", "GBP", "-2.30", "fx"),
    ]
    assert found["Rate"].map(str).unique().tolist() == ["1.12", "1.29"]
    assert set(found["Date"]) == {"2026-10-31"} and found["EntryId"].nunique() == 2
    again = journal(due.iloc[::-1], books)
    assert again["EntryId"].unique().tolist() == found["EntryId"].unique().tolist()
    assert dict(zip(found["Entity"], found["InvoiceIssuerName"], strict=True)) == {
        "GmbH": "Ltd.",
        "Ltd.": "GmbH",
    }
    twice = pd.concat(
        [due, due.assign(LegalEntity="Inc.")]
    )  # as much of another entity: another entry
    assert journal(twice, books)["EntryId"].nunique() == 4
    assert journal(due.iloc[:1], books)["EntryId"].iloc[0] != found["EntryId"].iloc[0]


def test_what_was_booked_before_is_not_booked_again_and_what_is_due_no_more_is_booked_back():
    key = ["GmbH", "Inc.", "EUR", "2026-09"]
    due = pd.DataFrame([[*key, "chat", "", D("5.00")], [*key, "new", "", D("1.00")]], columns=PAIRS)
    before = pd.DataFrame(
        [[*key, "chat", "", D("5.00")], [*key, "gone", "", D("2.00")]], columns=PAIRS
    )
    assert less(due, None) is due
    assert [(one.Team, str(one.Amount)) for one in less(due, before).itertuples()] == [
        ("gone", "-2.00"),
        ("new", "1.00"),
    ]
    assert not len(less(due, due))


def test_a_missing_rate_is_one_sentence():
    with pytest.raises(InputError) as refused:
        rate_of({("EUR", "USD"): D("1.1")}, "GBP", "USD", "2026-10")
    assert str(refused.value) == (
        "rates: there is no average rate of GBP in USD for 2026-10. There are: EUR in USD. Give one (rates: of finops.yaml)."
    )


def test_a_team_is_at_home_where_the_organisation_says_and_shared_cost_follows_own_cost():
    rows = [
        {"team": "chat", "unit": "Product", "cost": 30_000},
        {"team": "chat", "unit": "Research", "cost": 10_000},
        {"team": "platform", "unit": "Research", "cost": 500},
        {"team": "platform", "unit": "Research", "cost": 300},
    ]
    row = {"entity": "", "activity": "", "service": "GPU", "kind": "own", "commitment": ""}
    given = Settings(
        shared_cost={"pools": {"platform": {"how": "fixed", "shares": {"chat": 75, "people": 25}}}}
    )
    each = borne(given, daily_of([row | one for one in rows]), None, OCTOBER, "2026-10-31")
    homes = {"chat": Home("4110", "Product", "Inc."), "people": Home("4320", "Sales", "")}
    found = lines(each, given.shared_cost, homes, billed="GmbH")
    told = [
        (one.Team, one.CostCenter, one.BusinessUnit, one.LegalEntity, one.Kind, str(one.Amount))
        for one in found.itertuples()
    ]
    assert (
        told
        == [  # 0.08 of platform: 0.06 to chat, in its two units 3 to 1; 0.02 to a team without cost of its own
            ("chat", "4110", "Product", "Inc.", "own", "3.00"),
            ("chat", "4110", "Product", "Inc.", "shared", "0.05"),
            ("chat", "4110", "Research", "Inc.", "own", "1.00"),
            ("chat", "4110", "Research", "Inc.", "shared", "0.01"),
            ("people", "4320", "Sales", "GmbH", "shared", "0.02"),
        ]
    )
    by = {
        level: [(one.bearer, str(one.total)) for one in statements(found, level)]
        for level in LEVELS
    }
    assert by == {
        "team": [("chat", "4.06"), ("people", "0.02")],
        "cost_center": [("4110", "4.06"), ("4320", "0.02")],
        "business_unit": [("Product", "3.05"), ("Research", "1.01"), ("Sales", "0.02")],
        "legal_entity": [("Inc.", "4.06"), ("GmbH", "0.02")],
    }
    pairs = intercompany.pairs(found, "GmbH", "USD", "2026-10")
    assert pairs[["LegalEntity", "Team", "Amount"]].to_numpy().tolist() == [
        ["Inc.", "chat", D("4.06")]
    ]
    with pytest.raises(InputError) as refused:
        statements(found, "cost_centre")
    assert str(refused.value) == (
        "unknown bearer 'cost_centre'. Did you mean 'cost_center'? Known: team, cost_center, business_unit, legal_entity."
    )


def test_the_month_before_and_the_budget_stand_beside_and_a_bearer_without_cost_has_no_statement():
    base = dict.fromkeys(LINES, "") | {"LegalEntity": "GmbH"}
    now = pd.DataFrame(
        [base | {"Team": "chat", "Kind": "own", "ServiceName": "GPU", "Amount": D("2.00")}]
    )
    past = [
        ("chat", "own", "GPU", "3.00"),
        ("chat", "own", "Tokens", "0.50"),
        ("gone", "own", "GPU", "9.00"),
    ]
    before = pd.DataFrame(
        [base | {"Team": t, "Kind": k, "ServiceName": s, "Amount": D(a)} for t, k, s, a in past]
    )
    (one,) = statements(now, before=before, budgets={"chat": D("2.50"), "gone": D("8.00")})
    assert (one.bearer, one.total, one.before, one.budget) == (
        "chat",
        D("2.00"),
        D("3.50"),
        D("2.50"),
    )
    assert one.lines[["ServiceName", "Amount", "Before"]].to_numpy().tolist() == [
        ["GPU", D("2.00"), D("3.00")],
        ["Tokens", D(0), D("0.50")],
    ]
    (alone,) = statements(now)
    assert alone.before is None and alone.lines["Before"].tolist() == [None]
    assert statements(now.iloc[:0]) == []


def test_a_budget_is_held_against_cost_before_sharing_as_in_the_report():
    rows = [
        ("chat", "Product", 40_000),
        ("platform", "Research", 10_000),
        ("lab", "Research", 2_000),
    ]
    more = {"entity": "", "activity": "", "service": "GPU", "kind": "own", "commitment": ""}
    told = [more | {"team": team, "unit": unit, "cost": cost} for team, unit, cost in rows]
    asked = Settings(shared_cost={"pools": {"platform": "even"}})
    each = borne(asked, daily_of(told), None, OCTOBER, "2026-10-31")
    held = before_sharing(each, by="business_unit")
    assert (
        held == {"Product": D("4.00"), "Research": D("1.20")} and sum(held.values()) == each.whole
    )
    found = lines(each, asked.shared_cost)
    budgets = {"Product": D("4.10"), "Research": D("1.00")}
    first, second = statements(found, "business_unit", budgets=budgets, held=held)
    assert (first.bearer, str(first.total), str(first.over)) == ("Product", "4.50", "-0.10")
    assert (second.bearer, str(second.total), str(second.over)) == ("Research", "0.70", "0.20")


def test_what_is_central_is_nobodys_whatever_a_team_is_called():
    rows = [
        {"team": "central (nobody bears it)", "kind": "own", "cost": 10_000},
        {"team": "no team", "kind": "own", "cost": 10_000},
        {"team": "(untagged)", "kind": "idle", "cost": 10_000},
        {"team": "(untagged)", "kind": "own", "cost": 10_000},
    ]
    more = {"unit": "All", "entity": "", "activity": "", "service": "GPU", "commitment": ""}
    found = found_of([more | one for one in rows], {}, "central", "buyer")
    assert [one.bearer for one in statements(found)] == [
        "central (nobody bears it)",
        "no team",
        "(untagged)",
        NOBODY,
    ]


def test_what_is_booked_back_is_worth_what_it_was_booked_at(tmp_path):
    """1,134.00 USD of September were booked to the GmbH and are due no more; October books the very amounts back, in euros and in base."""
    (tmp_path / "rates.csv").write_text(
        "date,currency,to,rate\n"
        + "".join(f"2026-09-{d:02},EUR,USD,{1.13 + d / 1000:.3f}\n" for d in range(1, 31))
        + "".join(f"2026-10-{d:02},EUR,USD,1.30\n" for d in range(1, 32))
    )
    (tmp_path / "finops.yaml").write_text(
        "company: Acme\ncurrency: USD\nrates: {table: rates.csv}\nchargeback: {mode: chargeback}\n"
        "entities:\n  - {name: Inc., currency: USD}\n  - {name: GmbH, currency: EUR}\n"
    )
    asked = load_settings(tmp_path)
    september = Calendar().period_of("2026-09-01")
    due = pd.DataFrame(
        [["Inc.", "GmbH", "USD", "2026-09", "vision", "training", D("1134.00")]], columns=PAIRS
    )
    nothing = due.iloc[:0]
    bearer = SimpleNamespace(
        entity="Inc.", currency="USD", period=september, as_of="2026-09-30", cost={}, pairs=due
    )
    bearer.lines = pd.DataFrame(columns=["Team", "Amount"])
    rates = by_month(asked, [bearer], "USD")
    first = recharges(asked, [bearer], september, rates, "USD").lines
    bearer.pairs = nothing
    rates = by_month(asked, [bearer], "USD", booked=due)
    back = recharges(
        asked, [bearer], OCTOBER, rates, "USD", booked=(due, pd.DataFrame(columns=MOVES))
    ).lines
    both = pd.concat([first, back])
    for (entity, account), part in both.groupby(["Entity", "Account"]):
        for side in ("", "Base"):
            assert sum(part[f"{side}Debit"]) == sum(part[f"{side}Credit"]), (entity, account, side)
    assert set(back["Date"]) == {"2026-10-31"} and len(back) == len(first) == 5
