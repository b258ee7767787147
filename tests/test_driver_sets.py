"""Driver sets and gross margin (docs/method §16.54 to §16.56). Oracles: plain loops over charges in whole numbers of cents."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from commands import finops
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.decide.outlook.driver_sets import cents
from finops_model.front.outlook.margin import gross_margin
from finops_model.front.outlook.sets import driver_sets
from finops_model.measure.carried import Drives
from finops_model.measure.outlook.driver_sets import set_tie, sets_of

DAYS = pd.date_range("2025-03-01", "2025-04-30")
CARRIED = {
    "chats": Drives(workloads=frozenset({"chat"})),
    "pages": Drives(workloads=frozenset({"docs"})),
    "solved": Drives(workloads=frozenset({"chat"}), outcome=True),
}
rows = st.tuples(
    st.integers(0, 39), st.sampled_from(["chat", "docs", "lab"]), st.integers(-500_000, 9_000_000)
)
counted = st.dictionaries(st.integers(0, 39), st.integers(0, 10_000), max_size=40)


@settings(max_examples=40)
@given(st.lists(rows, min_size=1, max_size=60), counted, counted)
def test_inside_a_set_unit_costs_times_counts_and_the_rest_are_the_cost(charged, chats, pages):
    charges = pd.DataFrame(
        [(DAYS[day], name, "All", Decimal(amount) / 10_000) for day, name, amount in charged],
        columns=["ChargeDate", "x_Workload", "x_BusinessUnit", "EffectiveCost"],
    )
    counts = pd.DataFrame(
        [
            (DAYS[day], name, float(n))
            for name, own in (("chats", chats), ("pages", pages))
            for day, n in own.items()
        ],
        columns=["date", "name", "value"],
    )
    counts["date"] = pd.to_datetime(counts["date"])
    tie = set_tie(charges, counts, CARRIED, "2025-03", "all", ("chats", "pages"))
    whole = sum((Fraction(amount, 10_000) for day, _, amount in charged if day < 31), Fraction(0))
    told = sum((one.unit_cost * one.count for one in tie.drivers), Fraction(0))
    assert told + Fraction(tie.uncounted) + Fraction(tie.not_driven) == Fraction(tie.cost) == whole
    shown = cents([*(one.cost for one in tie.drivers), tie.uncounted, tie.not_driven], tie.cost)
    assert sum(shown) == tie.cost.quantize(Decimal("0.01"))
    for one in tie.drivers:  # by a loop over days
        workload, own = ("chat", chats) if one.name == "chats" else ("docs", pages)
        mine = [(day, amount) for day, name, amount in charged if name == workload]
        days = {
            day
            for day, _, _ in charged
            if day < 31 and own.get(day, 0) > 0 and day >= min(d for d, _ in mine)
        }
        assert one.cost == sum((Decimal(a) / 10_000 for d, a in mine if d in days), Decimal(0))
        assert one.count == sum(own[day] for day in days)


def test_sets_are_disjoint_inside_and_views_outside():
    assert sets_of({}, CARRIED) == {"all drivers": ("chats", "pages"), "solved": ("solved",)}
    named = {"product": ["chats", "pages"], "outcomes": ["solved"]}
    assert sets_of(named, CARRIED) == {"product": ("chats", "pages"), "outcomes": ("solved",)}
    for sets, message in (
        (
            {"a": ["chats", "solved"]},
            "finops.yaml: driver_sets/a: 'chats' and 'solved' divide the same cost (chat), so it would count twice in one sum. Put them into two "
            "sets, or name the workloads of each under unit_costs.",
        ),
        (
            {"a": ["chatts"]},
            "finops.yaml: driver_sets/a: unknown driver 'chatts'. Did you mean 'chats'? Known: chats, pages, solved.",
        ),
        (
            {"a": ["chats", "chats"]},
            "finops.yaml: driver_sets/a: 'chats' stands in it twice. Write it once.",
        ),
    ):
        with pytest.raises(fm.FinOpsError) as refused:
            sets_of(sets, CARRIED)
        assert str(refused.value) == message


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Two teams; chats drive one of them, sales are counted on all days but three."""
    root = tmp_path_factory.mktemp("sets")
    lines, counts = ["Date,Cost (USD),Team,Service"], ["date,name,role,value"]
    for i, day in enumerate(DAYS):
        lines += [
            f"{day.date()},{10 + i / 7:.4f},chat,GPU",
            f"{day.date()},{5 + day.day / 3:.4f},lab,GPU",
        ]
        counts.append(f"{day.date()},chats,driver,{100 + i}")
        if i > 2:
            counts.append(f"{day.date()},sales,outcome,{60 + i}")
    (root / "bill.csv").write_text("\n".join(lines))
    fm.start(root / "bill.csv", folder=root / "ws")
    (root / "ws/drivers.csv").write_text("\n".join(counts))
    chosen = fm.load_settings(root / "ws")
    daily = fm.daily(fm.Ledger(chosen.path(chosen.ledger)), chosen)
    names = sorted(daily["x_Workload"].unique())
    text = (root / "ws/finops.yaml").read_text()
    text += f"\ndrivers: [drivers.csv]\nunit_costs: {{chats: {{workloads: ['{names[0]}']}}}}\ndriver_sets: {{product: [chats]}}\n"
    text += "cogs: {serving: {teams: [chat]}, research: {teams: [lab]}, revenue: sales}\n"
    (root / "ws/finops.yaml").write_text(text)
    return fm.load_settings(root / "ws")


def test_a_set_of_a_workspace_is_the_unit_cost_of_the_report(company):
    answer = driver_sets(company, month="2025-04")
    told = answer.figures["product"]
    parts = fm.kpi(company, "2025-04", "2025-04").tables["Parts"].set_index("unit cost")
    assert told["drivers"]["chats"]["unit_cost"] == pytest.approx(
        parts.loc["Cost per chat", "value 2025-04"], rel=1e-12
    )
    assert Decimal(told["drivers"]["chats"]["cost"]) == sum(
        Decimal(f"{10 + i / 7:.4f}") for i, day in enumerate(DAYS) if day.month == 4
    )
    shown = list(answer.table["cost, USD"])
    assert sum(shown[:-1]) == shown[-1]
    assert list(answer.table["driver"]) == ["chats", "not driven", "the whole"]
    assert not any("is not over on the bill" in note for note in answer.notes)


def test_margin_counts_serving_cost_on_days_with_revenue(company):
    answer = gross_margin(company)
    for row in answer.figures["months"]:
        days = [i for i, day in enumerate(DAYS) if str(day.date())[:7] == row["month"] and i > 2]
        revenue = sum(60 + i for i in days)
        goods = sum(float(f"{10 + i / 7:.4f}") for i in days)
        lab = sum(float(f"{5 + DAYS[i].day / 3:.4f}") for i in days)
        assert (row["revenue"], row["cost of goods sold"], row["research"]) == pytest.approx(
            (revenue, goods, lab)
        )
        assert row["gross margin"] == pytest.approx((revenue - goods) / revenue)
    assert "March 2025: 28 of 31 days have both revenue and cost; only they count." in answer.notes
    kpi = fm.kpi(company, "2025-03", "2025-04", kpis=["gross_margin", "revenue_per_dollar"])
    values = {name: row["2025-04"]["value"] for name, row in kpi.figures.items()}
    assert values["Gross margin after AI cost"] == pytest.approx(
        answer.figures["months"][-1]["gross margin"]
    )
    last = answer.figures["months"][-1]
    assert values["Revenue per unit of AI cost"] == pytest.approx(
        last["revenue"] / (last["cost of goods sold"] + last["research"])
    )


def test_what_no_policy_decides_counts_and_is_named(company):
    from finops_model.settings import Charges

    cogs = company.cogs.model_copy(update={"research": Charges()})
    answer = gross_margin(company.model_copy(update={"cogs": cogs}), first="2025-04")
    row = answer.figures["months"][0]
    assert row["gross margin"] < row["without undecided"]
    assert row["of it undecided"] == pytest.approx(
        gross_margin(company).figures["months"][-1]["research"]
    )
    assert any(
        "is neither serving nor research by cogs of finops.yaml" in note and "lab/" in note
        for note in answer.notes
    )


def test_value_per_dollar_of_the_file_of_values(company):
    head = "initiative,month,kind,low,likely,high,owner,cost\n"
    (company.path("values.csv")).write_text(
        head
        + "A,2025-03,revenue,1,8,9,Ana,4\nA,2025-04,revenue,1,9,9,Ana,6\nB,2025-04,productivity,1,3,9,Bo,0\n"
    )
    valued = company.model_copy(update={"values": "values.csv"})
    table = fm.kpi(valued, "2025-03", "2025-04", kpis=["value_per_dollar"]).table
    assert table[["2025-03", "2025-04"]].iloc[0].tolist() == [2.0, 1.5]


def test_the_command_says_the_same(company, tmp_path):
    where = ("-s", str(company.root))
    assert (
        fm.kpi(company, last="2025-04", view="sets").plain()
        == driver_sets(company, month="2025-04").plain()
    )
    with pytest.raises(fm.FinOpsError) as refused:
        fm.kpi(company, view="set")
    assert (
        str(refused.value)
        == "view: unknown view 'set'. Did you mean 'sets'? Known: ahead, sets, margin, quality."
    )
    code, said, _ = finops("kpi", "--sets", "--to", "2025-04", "--json", *where)
    assert (
        code == 0
        and json.loads(said)["figures"] == driver_sets(company, month="2025-04").plain()["figures"]
    )
    page = tmp_path / "margin.html"
    code, said, _ = finops("kpi", "--margin", "--json", "--export", str(page), *where)
    assert code == 0 and json.loads(said)["figures"] == gross_margin(company).plain()["figures"]
    assert "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("--sets", "--ahead"), "--sets: goes without --ahead. Ask for one of them at a time."),
        (
            ("--sets", "--from", "2025-03"),
            "--from: goes without --sets, which is of one month. Write --to.",
        ),
        (
            ("--sets", "--to", "2015-01"),
            "--to: the ledger has no cost in 2015-01. It has cost from March 2025 to April 2025.",
        ),
        (
            ("--margin", "--to", "soon"),
            "--to: 'soon' is not a month. Write year and month as YYYY-MM, for example 2026-10.",
        ),
        (
            ("--margin", "--unit", "All"),
            "--margin: revenue is the company's, so it goes without --unit and --kpi. Take them out.",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(company, asked, message):
    code, _, said = finops("kpi", *asked, "-s", str(company.root))
    assert (code, said.strip()) == (2, f"Error  {message}")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            "{serving: {teams: [chatt]}, revenue: sales}",
            "finops.yaml: cogs/serving/teams: unknown team 'chatt'. Did you mean 'chat'? Known: chat, lab.",
        ),
        (
            "{serving: {teams: [chat]}, revenue: sale}",
            "finops.yaml: cogs/revenue: unknown driver 'sale'. Did you mean 'sales'? Known: chats, sales.",
        ),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(company, policy, message):
    import yaml

    from finops_model.settings import Cogs

    cogs = Cogs.model_validate(yaml.safe_load(policy))
    with pytest.raises(fm.FinOpsError) as refused:
        gross_margin(company.model_copy(update={"cogs": cogs}))
    assert str(refused.value) == message


def test_a_policy_without_anything_that_serves_and_no_policy(company, tmp_path):
    (tmp_path / "finops.yaml").write_text("cogs: {research: {teams: [lab]}, revenue: sales}\n")
    with pytest.raises(fm.FinOpsError) as refused:
        fm.load_settings(tmp_path)
    assert str(refused.value).endswith(
        "serving names nothing, so nothing would be cost of goods sold. Write workloads, teams, environments or categories."
    )
    with pytest.raises(fm.FinOpsError) as refused:
        gross_margin(company.model_copy(update={"cogs": None}))
    assert str(refused.value).startswith(
        "finops.yaml: cogs: there is no policy of what of AI cost is cost of goods sold, so no margin is told. Write one: "
    )
