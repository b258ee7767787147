"""Whose cost a driver divides: every charge once, direct and fully loaded, to the cent (docs/method §16.1, §16.3)."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.documents import checked
from finops_model.errors import FinOpsError, InputError
from finops_model.measure import actuals, kpis
from finops_model.measure.carried import COMPANY, Drives, beside, check, choose, tie
from finops_model.measure.kpis import cost_per_driver
from finops_model.settings import Settings, load_settings

RISK, SEARCH = "Risk & Compliance", "Search & Discovery"
WORKLOADS = {
    "fraud-scoring": (RISK, 60.0),
    "fraud-retraining": (RISK, 15.0),
    "document-analysis": (RISK, 50.0),
    "kyc-extraction": (RISK, 25.0),
    "case-archive": (RISK, 30.0),
    "semantic-search": (SEARCH, 80.0),
    "reco-inference": (SEARCH, 40.0),
    "feature-store": (SEARCH, 20.0),
    "pretraining": ("Research", 100.0),
}
COUNTS = {
    "transactions_scored": ("driver", "transactions", 1000.0),
    "documents_processed": ("driver", "documents", 50.0),
    "searches": ("driver", "searches", 400.0),
    "cases_closed": ("outcome", "cases", 10.0),
}
NAMED = {
    "transactions_scored": {"unit": RISK, "workloads": ["fraud-scoring", "fraud-retraining"]},
    "documents_processed": {"unit": RISK, "workloads": ["document-analysis", "kyc-extraction"]},
    "searches": {"unit": SEARCH, "workloads": ["semantic-search"]},
}


def company(days=pd.date_range("2026-10-01", "2026-10-31"), workloads=WORKLOADS):
    frame = pd.DataFrame(
        [
            {"ChargeDate": day, "x_Workload": name, "x_BusinessUnit": unit, "EffectiveCost": cost}
            for day in days
            for name, (unit, cost) in workloads.items()
        ]
    )
    for name, value in {
        "ChargeCategory": "Usage",
        "ConsumedUnit": "Hours",
        "ConsumedQuantity": 1.0,
        "CommitmentDiscountId": "",
        "CommitmentDiscountStatus": "",
    }.items():
        frame[name] = value
    return frame


def counted(days=pd.date_range("2026-10-01", "2026-10-31"), counts=COUNTS):
    return pd.DataFrame(
        [
            {"date": day, "name": name, "role": role, "unit": unit, "value": value}
            for name, (role, unit, value) in counts.items()
            for day in days
        ]
    )


def chosen(unit_costs, daily=None, drivers=None, follows=None):
    daily = company() if daily is None else daily
    return choose(
        Settings(unit_costs=unit_costs).unit_costs,
        counted() if drivers is None else drivers,
        daily,
        follows or {},
        sorted(set(daily["x_BusinessUnit"])),
    )


def lines(unit, carried, daily=None, drivers=None):
    rows = actuals.cost_rows(company() if daily is None else daily, unit)
    facts = kpis.Facts(rows, counted() if drivers is None else drivers, carried[unit], "USD")
    return {line["name"]: line for line in kpis.unit_costs(facts, "2026-10") if "of" in line}


def test_a_driver_divides_the_workloads_it_drives_and_not_its_whole_unit():
    found = lines(RISK, chosen(NAMED))
    assert found["Cost per transaction scored"]["value"] == pytest.approx(75 / 1000) and found[
        "Cost per document processed"
    ]["value"] == pytest.approx(75 / 50)
    # 30 a day are driven by neither: each driver takes its part of what they cost directly, here half
    assert found["Cost per transaction scored"]["fully_loaded"] == pytest.approx(90 / 1000)
    assert found["Cost per document processed"]["fully_loaded"] == pytest.approx(90 / 50)
    assert found["Cost per transaction scored"]["of"] == "fraud-retraining, fraud-scoring"
    searches = lines(SEARCH, chosen(NAMED))["Cost per search"]
    assert (searches["value"], searches["fully_loaded"]) == (
        pytest.approx(80 / 400),
        pytest.approx(140 / 400),
    )


def test_the_company_s_page_says_the_same_as_the_unit_s():
    carried = chosen(NAMED)
    whole = lines(COMPANY, carried)
    for unit in (RISK, SEARCH):
        for name, line in lines(unit, carried).items():
            assert whole[name]["value"] == pytest.approx(line["value"], rel=1e-12) and whole[name][
                "fully_loaded"
            ] == pytest.approx(line["fully_loaded"], rel=1e-12)
    found = tie(company(), counted(), carried[COMPANY], "2026-10")
    assert found["not_driven"] == pytest.approx(31 * (30 + 60 + 100)) and found[
        "left"
    ] == pytest.approx(31 * 100)  # Research has no driver


def test_without_a_word_the_base_scenario_says_what_a_driver_drives():
    follows = {
        "fraud-scoring": "transactions_scored",
        "document-analysis": "documents_processed",
        "kyc-extraction": "documents_processed",
        "fraud-retraining": "",
        "case-archive": "",
        "semantic-search": "searches",
        "reco-inference": "searches",
        "feature-store": "",
        "pretraining": "",
    }
    plain = {"transactions_scored": RISK, "documents_processed": RISK, "searches": SEARCH}
    carried = chosen(plain, follows=follows)
    assert carried[RISK]["transactions_scored"].workloads == {"fraud-scoring"} and carried[SEARCH][
        "searches"
    ].workloads == {"semantic-search", "reco-inference"}
    assert lines(RISK, carried)["Cost per transaction scored"]["value"] == pytest.approx(60 / 1000)
    # no unit_costs at all: each driver of the scenario, with the unit that has all its workloads
    assert chosen({}, follows=follows) == {**carried, COMPANY: carried[COMPANY]}


def test_a_unit_all_of_whose_workloads_follow_one_driver_is_divided_whole():
    follows = {name: "searches" if unit == SEARCH else "" for name, (unit, _) in WORKLOADS.items()}
    assert chosen({"searches": SEARCH}, follows=follows)[SEARCH]["searches"] == Drives(SEARCH)


def test_the_only_driver_of_a_company_divides_everything():
    only = counted(counts={"sessions": ("driver", "sessions", 500.0)})
    for unit_costs in ({}, {"sessions": COMPANY}):
        carried = chosen(
            unit_costs,
            drivers=only,
            follows={name: "sessions" if name == "pretraining" else "" for name in WORKLOADS},
        )
        line = lines(COMPANY, carried, drivers=only)["Cost per session"]
        assert (
            line["value"] == line["fully_loaded"] == pytest.approx(420 / 500)
            and line["of"] == "all of the company"
        )
        assert tie(company(), only, carried[COMPANY], "2026-10") is None


def test_several_drivers_of_which_nothing_is_known_are_views_of_one_cost():
    carried = chosen({"transactions_scored": RISK, "documents_processed": RISK})
    assert [one.workloads for one in carried[RISK].values()] == [None, None] and beside(
        carried[RISK]
    ) == ("transactions_scored",)
    assert lines(RISK, carried)["Cost per document processed"]["of"] == "all of Risk & Compliance"


def test_an_outcome_is_a_view_of_what_drivers_divide():
    carried = chosen(
        {**NAMED, "cases_closed": {"unit": RISK, "workloads": ["fraud-scoring", "kyc-extraction"]}}
    )
    assert beside(carried[RISK]) == ("transactions_scored", "documents_processed")
    found = tie(actuals.cost_rows(company(), RISK), counted(), carried[RISK], "2026-10")
    assert [row["name"] for row in found["rows"]] == [
        "transactions_scored",
        "documents_processed",
    ] and found["not_driven"] == pytest.approx(930)
    assert lines(RISK, carried)["Cost per case closed"]["value"] == pytest.approx(85 / 10)


def test_a_driver_of_the_company_takes_nothing_twice():
    carried = chosen({**NAMED, "cases_closed": {"workloads": ["pretraining"]}})
    assert carried[RISK]["cases_closed"].shown is False and "Cost per case closed" not in lines(
        RISK, carried
    )
    found = tie(company(), counted(), carried[COMPANY], "2026-10")
    assert sum(row["fully_loaded"] for row in found["rows"]) + found["left"] + found[
        "loaded_uncounted"
    ] == pytest.approx(found["cost"])
    assert {row["name"]: row["fully_loaded"] for row in found["rows"]}[
        "cases_closed"
    ] == pytest.approx(3100)


MONEY = st.decimals(min_value=-50, max_value=5000, places=2).map(float)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(sorted(WORKLOADS)), MONEY),
        min_size=1,
        max_size=40,
    ),
    st.dictionaries(
        st.sampled_from(sorted(WORKLOADS)),
        st.sampled_from(["transactions_scored", "documents_processed", "searches", "cases_closed"]),
        max_size=9,
    ),
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(sorted(COUNTS)), st.integers(0, 500)),
        max_size=40,
    ),
    st.booleans(),
)
def test_unit_cost_times_count_and_not_driven_is_the_cost(charges, follows, counts, company_wide):
    """Σ unit cost × count + uncounted + not driven = cost, direct and fully loaded, of every unit and of the company, to the cent."""
    start = pd.Timestamp("2026-09-25")
    daily = company([start], WORKLOADS).iloc[:0]
    parts = [
        company([start + pd.Timedelta(days=day)], {name: (WORKLOADS[name][0], cost)})
        for day, name, cost in charges
    ]
    daily = pd.concat([daily, *parts], ignore_index=True).astype({"ChargeDate": "datetime64[ns]"})
    rows = [
        {
            "date": start + pd.Timedelta(days=day),
            "name": name,
            "role": COUNTS[name][0],
            "unit": name,
            "value": float(value),
        }
        for day, name, value in counts
    ]
    drivers = pd.DataFrame(
        [
            *rows,
            *(
                {"date": start, "name": name, "role": COUNTS[name][0], "unit": name, "value": 0.0}
                for name in COUNTS
            ),
        ]
    )
    named: dict = {}
    for workload, driver in follows.items():
        unit = COMPANY if company_wide and driver == "cases_closed" else WORKLOADS[workload][0]
        named.setdefault((driver, unit), []).append(workload)
    unit_costs = {
        driver: {"unit": unit, "workloads": workloads}
        for (driver, unit), workloads in named.items()
    }
    carried = choose(
        Settings(unit_costs=unit_costs).unit_costs,
        drivers,
        company(),
        {},
        sorted({unit for unit, _ in WORKLOADS.values()}),
    )
    for unit, own in carried.items():
        part = actuals.cost_rows(daily, unit)
        found = tie(part, drivers, own, "2026-10")
        if found is None:
            continue
        cost = float(part.loc[actuals.month_column(part) == "2026-10", "EffectiveCost"].sum())
        assert math.isclose(found["cost"], cost, abs_tol=1e-6)
        assert math.isclose(
            sum(row["value"] * row["count"] for row in found["rows"])
            + found["uncounted"]
            + found["not_driven"],
            cost,
            abs_tol=0.005,
        )
        assert math.isclose(
            sum(row["fully_loaded_value"] * row["count"] for row in found["rows"])
            + found["loaded_uncounted"]
            + found["left"],
            cost,
            abs_tol=0.005,
        )
        told = {
            line["name"]: line
            for line in kpis.unit_costs(kpis.Facts(part, drivers, own, "USD"), "2026-10")
            if "of" in line
        }
        for row in found["rows"]:
            line = told[f"Cost per {cost_per_driver.singular(row['name'].replace('_', ' '))}"]
            assert (row["value"], row["fully_loaded_value"]) == (
                pytest.approx(line["value"], abs=1e-9),
                pytest.approx(line["fully_loaded"], abs=1e-9),
            )
        # not driven is what it says: the rows that no driver of the set drives
        driven = pd.concat(
            [own[name].mask(part) for name in beside(own) if own[name].shown], axis=1
        ).any(axis=1)
        free = float(
            part.loc[~driven & (actuals.month_column(part) == "2026-10"), "EffectiveCost"].sum()
        )
        assert math.isclose(found["not_driven"], free, abs_tol=0.005)


# --- what finops.yaml may say, and what it may not ---


def test_a_unit_by_its_name_alone_is_what_it_was(tmp_path):
    (tmp_path / "finops.yaml").write_text(
        "unit_costs:\n  searches: Search\n  outcomes: Company\n  asked: {workloads: [chat]}\n"
    )
    found = load_settings(tmp_path).unit_costs
    assert {name: (one.unit, one.workloads) for name, one in found.items()} == {
        "searches": ("Search", None),
        "outcomes": ("Company", None),
        "asked": ("Company", ["chat"]),
    }


@pytest.mark.parametrize(
    "text, said",
    [
        (
            "unit_costs:\n  searches: {unit: Search, worklods: [a]}\n",
            "{f}:2: unit_costs/searches: unknown key 'worklods'. Did you mean 'workloads'? Known: unit, workloads.",
        ),
        (
            "unit_costs:\n  searches: {unit: Search, workloads: []}\n",
            "{f}:2: unit_costs/searches/workloads: must not be empty.",
        ),
        (
            "unit_costs:\n  searches: 5\n",
            "{f}:2: unit_costs/searches: must be a mapping of names to values, not '5'.",
        ),
    ],
)
def test_a_unit_cost_that_makes_no_sense_is_one_sentence(tmp_path, text, said):
    (tmp_path / "finops.yaml").write_text(text)
    with pytest.raises(InputError) as raised:
        load_settings(tmp_path)
    assert str(raised.value) == said.format(f=tmp_path / "finops.yaml")


@pytest.mark.parametrize(
    "unit_costs, said",
    [
        (
            {"transactions_scored": {"unit": RISK, "workloads": ["fraud-scorng"]}},
            "finops.yaml: unit_costs/transactions_scored/workloads: unknown workload 'fraud-scorng'. Did you mean 'fraud-scoring'? Known: case-archive, document-analysis, "
            "fraud-retraining, fraud-scoring, kyc-extraction.",
        ),
        (
            {"searches": {"unit": SEARCH, "workloads": ["semantic-search", "fraud-scoring"]}},
            "finops.yaml: unit_costs/searches/workloads: 'fraud-scoring' is a workload of Risk & Compliance, not of Search & Discovery. Name workloads of "
            "Search & Discovery (feature-store, reco-inference, semantic-search), or write unit: Risk & Compliance.",
        ),
        (
            {"searches": {"unit": "Serch & Discovery", "workloads": ["semantic-search"]}},
            "finops.yaml: unit_costs/searches/unit: no bill has a unit 'Serch & Discovery', so it has no workloads. Did you mean "
            "'Search & Discovery'? Units with a bill: Research, Risk & Compliance, Search & Discovery. Write one of them, or Company for "
            "all of them.",
        ),
        (
            {"searches": {"unit": "Serch & Discovery", "workloads": ["semantc-search"]}},
            "finops.yaml: unit_costs/searches/unit: no bill has a unit 'Serch & Discovery', so it has no workloads. Did you mean "
            "'Search & Discovery'? Units with a bill: Research, Risk & Compliance, Search & Discovery. Write one of them, or Company for "
            "all of them.",
        ),
    ],
)
def test_a_workload_nobody_has_or_another_unit_has_is_refused(unit_costs, said):
    with pytest.raises(FinOpsError) as raised:
        check(Settings(unit_costs=unit_costs).unit_costs, company())
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "unit_costs, said",
    [
        (
            {"serches": SEARCH},
            "finops.yaml: unit_costs: unknown driver 'serches'. Did you mean 'searches'? Known: cases_closed, documents_processed, searches, "
            "transactions_scored.",
        ),
        (
            {"searches": {"unit": "Serch & Discovery", "workloads": ["x"]}},
            "finops.yaml: unit_costs/searches: unknown unit 'Serch & Discovery'. Did you mean 'Search & Discovery'? Known: Company, Research, Risk & Compliance, "
            "Search & Discovery.",
        ),
    ],
)
def test_a_driver_or_unit_nobody_has_is_refused(unit_costs, said):
    with pytest.raises(FinOpsError) as raised:
        chosen(unit_costs)
    assert str(raised.value) == said


def test_a_workload_that_has_not_begun_is_no_mistake():
    early = company(
        pd.date_range("2026-10-01", "2026-10-31"),
        {name: WORKLOADS[name] for name in ("fraud-scoring", "case-archive", "semantic-search")},
    )
    check(Settings(unit_costs=NAMED).unit_costs, company())
    found = lines(RISK, chosen(NAMED, daily=early), daily=early)
    assert (
        found["Cost per transaction scored"]["value"] == pytest.approx(60 / 1000)
        and "Cost per document processed" not in found
    )


def test_a_column_of_a_drivers_file_is_a_kpi_and_the_pages_for_kpis_say_so():
    """Seen before: nobody was told that `support_tickets` needs no file of its own."""
    root = Path(__file__).resolve().parents[1]
    days = pd.date_range("2026-10-01", periods=31)
    frame = pd.DataFrame({"date": days, "name": "support_tickets", "unit": "", "value": 10.0})
    facts = SimpleNamespace(
        daily=company(), drivers=frame, currency="USD", carried={"support_tickets": None}
    )
    assert [part.name for part in cost_per_driver.parts(facts)] == ["Cost per support ticket"]
    for page in (
        "CONTRIBUTING.md",
        "README.md",
        "docs/settings.md",
        "docs/method/16-unit-costs.md",
    ):
        text = " ".join((root / page).read_text(encoding="utf-8").split())
        assert "`support_tickets`" in text and '"Cost per support ticket"' in text, page


def test_no_workload_named_is_not_looked_for():
    check(checked(Settings, {"unit_costs": {"a": "B"}}).unit_costs, company().iloc[:0])
    assert choose({}, None, company(), {}, []) == {}
