"""Waste (docs/method §17). Oracles: sums written down by plain loops over the rows that a test makes."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import InputError
from finops_model.facts.cycle.seats import read_seats
from finops_model.facts.usage.daily import COLUMNS
from finops_model.measure import waste
from finops_model.measure.waste import WasteFacts
from finops_model.measure.wasted.section import waste_of
from finops_model.publish.page.tables import Figures
from finops_model.publish.page.two.waste import waste as page_waste
from finops_model.publish.report.workbook.cells import Pen
from finops_model.publish.report.workbook.waste import waste as sheet_of
from finops_model.settings import WasteRules
from scripts import script

LAST = "2026-03-31"


def rows_of(*resources: dict, first: str = "2026-01-01", last: str = LAST) -> pd.DataFrame:
    """A row a day of each resource: {"id", "cost" (number, or function of the day), and columns of facts.daily.resources}."""
    days = pd.date_range(first, last)
    frames = []
    for own in resources:
        cost = own.get("cost", 10.0)
        values = [float(cost(day) if callable(cost) else cost) for day in days]
        quantity = own.get("quantity", 1.0)
        frames.append(
            pd.DataFrame(
                {
                    "ChargeDate": days,
                    "ResourceId": own.get("id", ""),
                    "ResourceName": own.get("name", ""),
                    "EffectiveCost": values,
                    "ConsumedQuantity": [
                        float(quantity(day) if callable(quantity) else quantity) for day in days
                    ],
                    **{
                        column: own.get(column, default)
                        for column, default in {
                            "x_Workload": "chat",
                            "x_Team": "a",
                            "x_BusinessUnit": "Sales",
                            "x_Environment": "production",
                            "x_Model": "",
                            "SkuId": "SKU",
                            "SkuMeter": "",
                            "ServiceName": "GPU",
                            "ServiceCategory": "Compute",
                            "ConsumedUnit": "GPU-hours",
                            "ChargeCategory": "Usage",
                            "ChargeClass": "",
                            "ChargeFrequency": "Usage-Based",
                            "PricingCategory": "Standard",
                            "CommitmentDiscountId": "",
                            "CommitmentDiscountStatus": "",
                            "InvoiceIssuerName": "Vendor",
                        }.items()
                    },
                }
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    return rows[rows["EffectiveCost"] != 0].reset_index(drop=True)


def facts_of(*resources: dict, month: str = LAST[:7], **more) -> WasteFacts:
    rows = rows_of(*resources)
    months = rows["ChargeDate"].dt.strftime("%Y-%m")
    return WasteFacts(
        rows=rows.assign(x_Month=months), month=month, last=LAST, currency="EUR", **more
    )


def used(*endpoints: tuple) -> pd.DataFrame:
    """(resource, month, requests, hours) as daily usage, each on the first of its month."""
    lines = []
    for resource, month, requests, hours in endpoints:
        for meter, amount in (("requests", requests), ("gpu_hours_paid", hours)):
            blank = dict.fromkeys(COLUMNS, "")
            lines.append(
                {
                    **blank,
                    "UsageDate": f"{month}-01",
                    "ResourceId": resource,
                    "SkuMeter": meter,
                    "ConsumedQuantity": Decimal(str(amount)),
                }
            )
    return pd.DataFrame(lines, columns=COLUMNS)


def of_kind(facts: WasteFacts, kind: str) -> list[waste.Waste]:
    return [line for line in waste.of_facts(facts) if line.kind == kind]


def test_idle_endpoints_cost_what_their_idle_months_cost():
    use = used(
        ("busy", "2026-01", 90_000, 700),
        ("busy", "2026-03", 90_000, 700),
        ("spare", "2026-01", 50_000, 700),  # used in January, idle since
        ("spare", "2026-02", 84, 672),
        ("spare", "2026-03", 93, 744),
    )
    facts = facts_of(
        {"id": "busy", "cost": 30}, {"id": "spare", "cost": lambda day: day.day}, usage=use
    )
    (line,) = of_kind(facts, "idle endpoint")
    assert line.resource == "spare" and line.sure and line.category == "idle"
    assert line.cost_by_month == {"2026-02": sum(range(1, 29)), "2026-03": sum(range(1, 32))}
    assert line.month_cost == 496 and line.since == "2026-02-01"
    assert line.why == ("93 requests in 744 paid GPU hours of March 2026: fewer than 1 an hour.")
    assert line.evidence[0] == {
        "month": "2026-02",
        "requests": 84.0,
        "paid GPU hours": 672.0,
        "cost": 406.0,
    }


def test_an_endpoint_without_counted_requests_or_without_a_bill_is_no_finding():
    use = used(("elsewhere", "2026-03", 0, 744))
    hours_only = used(("spare", "2026-03", 0, 744)).query("SkuMeter == 'gpu_hours_paid'")
    for usage in (use, hours_only, None):
        assert of_kind(facts_of({"id": "spare"}, usage=usage), "idle endpoint") == []


def test_an_endpoint_is_found_by_its_name_where_the_bill_has_another_id():
    facts = facts_of({"id": "i-0042", "name": "spare"}, usage=used(("spare", "2026-03", 0, 744)))
    (line,) = of_kind(facts, "idle endpoint")
    assert line.cost_by_month == {"2026-03": 310.0}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), min_size=1, max_size=6))
def test_no_row_is_claimed_beyond_its_cost(asked):
    facts = facts_of({"id": "x", "cost": lambda day: day.day - 3}, rules=WasteRules(least=0))
    lines = [
        facts.line(
            pd.Series(amount, index=facts.rows.index),
            kind="k",
            category=waste.CATEGORIES[i % 5],
            why="",
            evidence=(),
            sure=sure,
        )
        for i, (amount, sure) in enumerate(asked)
    ]
    kept = waste.each_once(facts, [line for line in lines if line])
    claimed = np.zeros(len(facts.rows))
    for line in kept:
        for row, amount in line.claims.items():
            claimed[row] += amount
    costs = facts.rows["EffectiveCost"].to_numpy()
    assert (claimed <= np.maximum(costs, 0) + 1e-9).all()
    most = sum(min(max(cost, 0), sum(amount for amount, _ in asked)) for cost in costs)
    assert claimed.sum() == pytest.approx(most, abs=0.01 * len(asked))


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_waste_scales_with_the_money(factor):
    use = used(("spare", "2026-02", 3, 700), ("spare", "2026-03", 3, 700))
    plain = facts_of({"id": "spare", "cost": 7}, usage=use)
    scaled = facts_of({"id": "spare", "cost": 7 * factor}, usage=use)
    sums = [
        [sum(line.cost_by_month.values()) for line in waste.of_facts(own)]
        for own in (plain, scaled)
    ]
    assert sums[1] == pytest.approx([factor * cost for cost in sums[0]])


def noisy(seed: int, sd: float):
    """A factor by day of the year, the same for the same seed."""
    draws = np.random.default_rng(seed).normal(1, sd, 400)
    return lambda day: max(float(draws[day.day_of_year]), 0.1)


TOKENS = {"ConsumedUnit": "Tokens", "SkuMeter": "input", "ServiceName": "API"}
STORE = {"ConsumedUnit": "GB-months", "ServiceName": "Disks", "ServiceCategory": "Storage"}


def test_a_forgotten_key_is_flat_day_and_night():
    steady, busy = noisy(1, 0.01), noisy(2, 0.10)
    key = {"x_Team": "(untagged)", "x_Environment": "development", "x_Workload": "old", **TOKENS}
    facts = facts_of(
        {"id": "key", "quantity": lambda day: 1e6 * steady(day), "cost": 30, **key},
        {"id": "owned", "quantity": lambda day: 1e6 * steady(day), "cost": 20, **TOKENS},
        {"id": "used", "quantity": lambda day: 1e6 * busy(day), "cost": 10, **TOKENS},
        {  # the same every weekday, half of it at weekends: people
            "id": "office",
            "quantity": lambda day: 5e5 if day.day_of_week > 4 else 1e6,
            "x_Workload": "office",
            **TOKENS,
        },
    )
    lines = of_kind(facts, "forgotten key")
    assert [(line.resource, line.sure) for line in lines] == [("key", True), ("owned", False)]
    assert sum(lines[0].cost_by_month.values()) == pytest.approx(30 * 90)
    assert lines[0].since == "2026-01-01" and lines[0].category == "idle"
    assert lines[0].why.endswith("No team stands behind it.")


def test_a_machine_that_never_rests_unless_its_requests_say_that_it_works():
    idle = {"id": "spare", "quantity": 168.0, "cost": 400}
    (line,) = of_kind(facts_of(idle), "machine that never rests")
    assert not line.sure and line.month_cost == 31 * 400
    busy = used(*((("spare", f"2026-0{month}", 9e6, 5208)) for month in (1, 2, 3)))
    assert waste.of_facts(facts_of(idle, usage=busy)) == []
    spot = {**idle, "PricingCategory": "Dynamic"}
    assert of_kind(facts_of(spot), "machine that never rests") == []


def test_a_flat_run_begins_where_the_level_changed():
    facts = facts_of(
        {"id": "x", "quantity": lambda day: 100.0 if day.month > 1 else 60.0, "cost": 2}
    )
    (line,) = of_kind(facts, "machine that never rests")
    assert line.since == "2026-02-01"
    early = facts_of({"id": "x", "quantity": lambda day: 100.0 if day.month > 2 else 60.0})
    assert of_kind(early, "machine that never rests") == []  # 31 days of it are no 56


def test_storage_that_nobody_writes_to():
    size = lambda day: round(1150 / day.days_in_month)  # as bills state it: GB-months a day
    grows = lambda day: 1150 * 1.001**day.day_of_year / day.days_in_month
    wave = noisy(6, 0.003)  # as large all the time, and written to every day
    gone = {"cost": lambda day: 5.0 if day.month == 0 else 0.0}
    facts = facts_of(
        {
            "id": "demo",
            "quantity": size,
            "x_Environment": "development",
            "x_Workload": "d",
            **STORE,
        },
        {"id": "nobody", "quantity": size, "x_Team": "(untagged)", "x_Workload": "n", **STORE},
        {"id": "archive", "quantity": size, "x_Workload": "a", **STORE},
        {"id": "lake", "quantity": grows, "x_Workload": "l", **STORE},
        {"id": "busy", "quantity": lambda day: 37 * wave(day), "x_Workload": "b", **STORE},
        {"id": "traffic", "x_Workload": "d", **gone},
        month="2026-03",
    )
    lines = [line for line in waste.of_facts(facts) if line.category == "orphaned_storage"]
    assert {line.resource: (line.kind, line.sure) for line in lines} == {
        "demo": ("orphaned storage", True),
        "nobody": ("orphaned storage", True),
        "archive": ("stale storage", False),
    }
    assert all(sum(line.cost_by_month.values()) == pytest.approx(900) for line in lines)


def test_storage_whose_workload_ended_is_orphaned():
    ended = {"id": "gpu", "cost": lambda day: 9.0 if day < pd.Timestamp("2025-08-20") else 0.0}
    frame = rows_of({"id": "disk", "quantity": 3.0, **STORE}, ended, first="2025-06-01")
    facts = WasteFacts(
        rows=frame.assign(x_Month=frame["ChargeDate"].dt.strftime("%Y-%m")),
        month="2026-03",
        last=LAST,
        currency="EUR",
    )
    (line,) = of_kind(facts, "orphaned storage")
    assert line.sure and line.why.endswith("its workload has used nothing else since 2025-08-19.")


def test_unused_commitment_is_the_bills_own():
    held = {"CommitmentDiscountId": "c-1", "x_Workload": "train"}
    facts = facts_of(
        {**held, "CommitmentDiscountStatus": "Used", "cost": 75},
        {
            **held,
            "CommitmentDiscountStatus": "Unused",
            "cost": lambda day: 25 if day.month > 1 else 0,
        },
    )
    (line,) = of_kind(facts, "unused commitment")
    assert line.cost_by_month == {"2026-02": 700.0, "2026-03": 775.0} and line.resource == "c-1"
    assert "% of what was paid for it in " in line.why and "17.9 %" in line.why
    assert line.evidence[-1] == {"month": "2026-03", "paid": 3100.0, "unused": 775.0, "used": 0.75}


SEAT = {
    "SkuId": "SEAT",
    "x_Workload": "assist",
    "ConsumedUnit": "Seats",
    "ChargeCategory": "Purchase",
}


def test_seats_nobody_opened():
    seats = pd.DataFrame(
        [("2026-02", "assist", "SEAT", 80.0, 80.0), ("2026-03", "assist", "SEAT", 80.0, 43.0)],
        columns=["month", "workload", "SkuId", "bought", "opened"],
    )
    (line,) = of_kind(facts_of({"cost": 80, **SEAT}, seats=seats), "unused seats")
    assert line.cost_by_month == {"2026-03": pytest.approx(31 * 80 * 37 / 80)}
    assert line.why == "37 of 80 seats paid for in March 2026 were not opened once."


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-03,SEAT,50,51", "line 2: opened: 51 seats opened of 50 bought. Write at most 50."),
        (
            "2026-03,SEAT,0,0",
            "line 2: bought: no seat was bought. Write how many were paid for, or take the line out.",
        ),
        ("2026-13,SEAT,9,1", "line 2: month: '2026-13' is not a month. Write it as 2026-10."),
        ("2026-03,,9,1", "line 2: SkuId: is empty. Write the SKU of the seat, as the bill has it."),
        ("2026-03,S,9,", "line 2: opened: is empty. Write the number; a blank is not zero."),
        (
            "2026-03,S,9,1\n2026-03,S,9,2",
            "line 3: month: 2026-03 of S stands already in line 2. Keep one of them.",
        ),
    ],
)
def test_a_file_of_seats_that_makes_no_sense_is_refused(row, words, tmp_path):
    (tmp_path / "seats.csv").write_text(f"month,SkuId,bought,opened\n{row}\n")
    with pytest.raises(InputError) as refused:
        read_seats(tmp_path / "seats.csv")
    assert str(refused.value) == f"seats.csv: {words}"


def leaps(*days: str, times: float):
    hot, wave = set(pd.to_datetime(list(days))), noisy(3, 0.15)
    return lambda day: 100 * wave(day) * (times if day in hot else 1)


def test_a_runaway_job_costs_what_was_above_the_usual():
    use = leaps("2026-03-10", "2026-03-11", "2026-03-12", times=6.0)
    facts = facts_of({"id": "sweep", "quantity": use, "cost": lambda day: 2 * use(day)})
    (line,) = of_kind(facts, "runaway job")
    assert not line.sure and line.since == "2026-03-10" and line.category == "failed_or_repeated"
    usual = np.median([use(day) for day in pd.date_range("2026-02-10", "2026-03-09")])
    days = pd.date_range("2026-03-10", "2026-03-12")
    assert line.month_cost == pytest.approx(sum(2 * (use(day) - usual) for day in days))


def test_campaigns_are_no_runaways():
    again = leaps(*(f"2026-03-{day:02}" for day in (3, 4, 13, 14, 23, 24)), times=6.0)
    assert of_kind(facts_of({"id": "sweep", "quantity": again}), "runaway job") == []
    once = leaps("2026-03-10", times=9.0)  # a day alone
    assert of_kind(facts_of({"id": "sweep", "quantity": once}), "runaway job") == []


def test_the_same_work_twice():
    work = noisy(4, 0.3)
    facts = facts_of(
        {"id": "run-a", "quantity": work, "cost": 7},
        {"id": "run-b", "quantity": work, "cost": 7},
        {"id": "run-c", "quantity": noisy(5, 0.3), "cost": 7},
        month="2026-03",
    )
    (line,) = of_kind(facts, "repeated run")
    assert line.resource == "run-b" and line.month_cost == 7 * 31 and not line.sure
    assert line.why == "Charged for exactly what run-a was charged for, on 90 of 90 days."


def test_failed_jobs_cost_their_hours():
    lines = []
    for job, state, hours in (("t1", "FAILED", 6), ("t2", "COMPLETED", 18), ("t3", "CANCELLED", 1)):
        lines.append(
            {
                **dict.fromkeys(COLUMNS, ""),
                "UsageDate": "2026-03-05",
                "SubAccountId": "lab",
                "x_Job": job,
                "SkuMeter": "gpu_hours_allocated",
                "Tags": f'{{"job": "train", "state": "{state}"}}',
                "ConsumedQuantity": Decimal(hours),
            }
        )
    facts = facts_of(
        {"id": "gpus", "quantity": 30.0, "cost": 90}, usage=pd.DataFrame(lines, columns=COLUMNS)
    )
    (line,) = of_kind(facts, "failed jobs")
    assert line.month_cost == pytest.approx(90 * 6 / 30) and line.resource == "lab"
    assert line.why == "6 GPU hours of 1 jobs that failed."


def test_orders_of_rows_and_of_months_move_nothing():
    use = leaps("2026-03-10", "2026-03-11", times=6.0)
    resources = (
        {"id": "spare", "quantity": 168.0, "cost": 40},
        {"id": "sweep", "quantity": use, "cost": 3},
        {"id": "disk", "quantity": 9.0, "x_Team": "(untagged)", "x_Workload": "n", **STORE},
    )
    facts = facts_of(*resources)
    shuffled = facts.rows.sample(frac=1, random_state=1).reset_index(drop=True)
    again = WasteFacts(rows=shuffled, month=facts.month, last=LAST, currency="EUR")
    told = [
        [
            (line.kind, line.resource, round(sum(line.cost_by_month.values()), 6))
            for line in waste.of_facts(own)
        ]
        for own in (facts, again)
    ]
    assert told[0] == told[1] and len(told[0]) == 3


@pytest.fixture
def a_brief() -> dict:
    """The parts of a brief that the section stands on: idle, seats, and a runaway job that is over."""
    use = leaps("2026-01-28", "2026-01-29", times=6.0)
    long = rows_of(
        {"id": "=1+1", "cost": 10, "x_BusinessUnit": "Risk"},
        {"id": "sweep", "quantity": use, "cost": lambda day: use(day), "x_Workload": "w"},
        first="2025-10-01",
    )
    facts = WasteFacts(
        rows=long.assign(x_Month=long["ChargeDate"].dt.strftime("%Y-%m")),
        month="2026-03",
        last=LAST,
        currency="EUR",
        usage=used(("=1+1", "2026-02", 0, 672), ("=1+1", "2026-03", 0, 744)),
    )
    close = SimpleNamespace(month="2026-03", currency="EUR", waste=waste.of_facts(facts))
    actual = {"month": 9000.0, "by_month": {"2026-03": 9000.0}}
    return {
        "currency": "EUR",
        "month": "2026-03",
        "actual": actual,
        "waste": waste_of(close, "Company", 9000.0),
        "own": waste_of(close, "Risk", 500.0),
    }


def test_waste_stands_in_brief_page_and_workbook(a_brief, tmp_path):
    found = a_brief["waste"]
    assert found["sentence"] == (
        "In March 2026 €310, 3.4 % of the cost, bought nothing: idle endpoint. "
        "Over by now, and worth a word: runaway job."
    )
    assert (found["sure"], found["not_sure"], found["share"]) == (310.0, 0.0, 310 / 9000)
    assert [row["month"] for row in found["by_month"]] == ["2026-01", "2026-02", "2026-03"]
    assert found["by_month"][1]["sure"] == 280.0 and found["by_month"][0]["not_sure"] > 900
    assert [line["kind"] for line in a_brief["own"]["lines"]] == ["idle endpoint"]

    section = page_waste(Figures(a_brief))
    html = "".join(section["tables"])
    assert section["lead"] == found["sentence"] and "Idle endpoint: =1+1" in html
    assert page_waste(Figures({**a_brief, "waste": None})) is None

    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"), {"strings_to_formulas": False})
    pen = Pen(book, "EUR")
    sheet_of(pen, a_brief)
    book.close()
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["Waste"]
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("=1+1", "s")  # a name, no formula
    assert sheet["D5"].value == "=SUM(D4:D4)" and sheet["D4"].value == 310
    assert [verdict for listed in pen.listed for _, verdict in listed.checks] == ["agrees"] * 2


def test_what_is_planted_in_a_company_of_another_seed_is_found(tmp_path):
    """One of the companies of benchmarks/planted_facts.py: its endpoint, job and commitment lie elsewhere than the sample's."""
    planted = script("benchmarks/planted_facts.py")
    facts, _, far = planted.meridian(planted.made(tmp_path / "c", 11, ("samples",)))
    assert all(facts.values()) and len(facts) == 5, facts
    assert far < 0.01
