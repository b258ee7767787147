"""ROI and payback of business value (docs/method §16.60 to §16.64). Oracles: closed forms of two half normals, plain loops over months."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from commands import finops
from hypothesis import example, given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.measure.outlook import returns

HEAD = "initiative,month,kind,low,likely,high,owner,cost\n"


def workspace(folder, text: str, more: str = "") -> fm.load_settings:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "values.csv").write_text(text, encoding="utf-8")
    (folder / "finops.yaml").write_text(f"company: Acme\nvalues: values.csv\n{more}")
    return fm.load_settings(folder)


def slow_payback(net: list[float], rate: float) -> int:
    """The first month from which every later cumulative sum is at least 0, by trying each."""
    sums = [
        math.fsum(value / (1 + rate) ** (k / 12) for k, value in enumerate(net[: last + 1]))
        for last in range(len(net))
    ]
    return next((i for i in range(len(net)) if all(each >= 0 for each in sums[i:])), -1)


@settings(max_examples=60)
@given(
    st.lists(st.integers(-1000, 1000).map(lambda cents: cents / 4), min_size=1, max_size=24),
    st.sampled_from([0.0, 0.08, 0.5]),
)
@example([1.0, -1.0], 0.0)
def test_payback_is_the_first_month_from_which_the_sum_stays_up(net, rate):
    assert returns.payback(np.array([net]), rate)[0] == slow_payback(net, rate)


@given(
    st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(["Ana", "Bo team"])
)
@settings(max_examples=25)
def test_a_range_is_drawn_as_its_owner_states_it(likely, down, up, owner):
    z = returns.normals_of(owner, 4096, 7)
    values = returns.drawn(likely - down, likely, likely + up, z)
    size = max(abs(likely), down, up, 1.0)
    for share, want in ((0.1, likely - down), (0.5, likely), (0.9, likely + up)):
        assert np.quantile(values, share) == pytest.approx(want, abs=2e-3 * size)
    mean = likely + (up - down) / returns.TAIL / math.sqrt(2 * math.pi)
    assert values.mean() == pytest.approx(mean, abs=1e-3 * size)


def test_roi_chance_and_parts_are_those_of_the_closed_form(tmp_path):
    rows = [f"Assistant,2026-{m:02},revenue,80,100,120,Ana,95" for m in range(1, 7)]
    rows += [f"Assistant,2026-{m:02},retention,10,20,30,Ana," for m in range(1, 7)]
    company = workspace(tmp_path, HEAD + "\n".join(rows))
    answer = fm.roi(company)
    line = answer.figures["initiatives"][0]
    assert line["value"] == pytest.approx(720, abs=0.5) and line["cost"] == 570
    assert line["roi"] == pytest.approx(720 / 570 - 1, abs=1e-3)
    assert line["roi_p10"] == pytest.approx(540 / 570 - 1, abs=1e-3)
    assert line["roi_p90"] == pytest.approx(900 / 570 - 1, abs=1e-3)
    sd = 180 / returns.TAIL  # one owner: all months and kinds are high or low together
    assert line["chance"] == pytest.approx(
        0.5 * math.erfc(-(720 - 570) / sd / math.sqrt(2)), abs=2e-3
    )
    assert line["per_dollar"] == pytest.approx(
        {"revenue": 600 / 570, "retention": 120 / 570}, abs=1e-3
    )
    by_month = answer.tables["By month"]
    assert by_month["cost"].tolist() == [95.0] * 6
    assert by_month["value"].sum() == pytest.approx(line["value"])
    half = fm.roi(company, "2026-03").figures["initiatives"][0]
    assert (half["cost"], half["value"]) == pytest.approx((95, 120), abs=0.1)


def test_scale_and_sum(tmp_path):
    """Money times ten is value and cost times ten and the same ROI; two initiatives add up to the whole."""
    one = (
        "A,2026-01,other,5,10,30,Ana,8\nB,2026-01,other,-5,10,12,Bo,8\nB,2026-02,other,1,2,3,Bo,0\n"
    )
    ten = "A,2026-01,other,50,100,300,Ana,80\nB,2026-01,other,-50,100,120,Bo,80\nB,2026-02,other,10,20,30,Bo,0\n"
    small = fm.roi(workspace(tmp_path / "a", HEAD + one)).figures
    large = fm.roi(workspace(tmp_path / "b", HEAD + ten)).figures
    for key in ("roi", "roi_p10", "roi_p90", "chance", "payback", "payback_chance"):
        assert small["together"][key] == pytest.approx(large["together"][key])
    assert large["together"]["value"] == pytest.approx(10 * small["together"]["value"])
    for key in ("value", "cost", "net_present_value"):
        parts = math.fsum(line[key] for line in small["initiatives"])
        assert small["together"][key] == pytest.approx(parts)


def test_present_values_count_from_the_first_month_of_the_period_and_add_up(tmp_path):
    """B begins later, and nothing is in between: the gap discounts too."""
    rows = "A,2026-01,other,5,10,15,Ana,2\nB,2026-07,other,100,100,100,Bo,40\n"
    figures = fm.roi(workspace(tmp_path, HEAD + rows), discount_rate=0.21).figures
    by_hand = {"A": 8.0, "B": 60 / 1.1}
    for line in figures["initiatives"]:
        assert line["net_present_value"] == pytest.approx(by_hand[line["initiative"]], rel=1e-3)
    assert figures["together"]["net_present_value"] == pytest.approx(8 + 60 / 1.1, rel=1e-3)


def test_a_year_of_weeks_has_no_months(tmp_path):
    company = workspace(
        tmp_path, HEAD + "A,2026-01,other,1,2,3,Ana,1\n", "calendar: {kind: 4-4-5}\n"
    )
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(company, "FY2026-Q1")
    assert str(refused.value).startswith(
        "--period: FY2026-Q1 is weeks, and values are of calendar months. Name months: --from "
    )


def test_what_never_pays_back_is_told_so(tmp_path):
    rows = "A,2026-01,other,1,2,3,Ana,500\nA,2026-02,other,1,2,3,Ana,0\n"
    answer = fm.roi(workspace(tmp_path, HEAD + rows))
    assert answer.sentence == (
        "A brings $4.00 on $500 of cost in January 2026 to February 2026: ROI −99 %, and it is above 0 with a chance of less than 1 %."
    )
    assert answer.notes[0] == (
        "Payback (not discounted) is not within the horizon, which ends in February 2026; the chance of it within: less than 1 %."
    )
    assert answer.table["payback"].tolist() == ["not within the horizon"]


def test_nothing_spent_has_no_roi_and_no_zero(tmp_path):
    answer = fm.roi(workspace(tmp_path, HEAD + "A,2026-01,other,1,2,3,Ana,0\n"))
    assert answer.figures["initiatives"][0]["roi"] is None
    assert "A: its cost is 0 or below in some futures, so it has no ROI." in answer.notes


@pytest.fixture(scope="module")
def billed(tmp_path_factory):
    """A bill of three months; the values reach one month beyond it."""
    folder = tmp_path_factory.mktemp("roi")
    days = pd.date_range("2025-01-01", "2025-03-31")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{day.date()},{40 + day.day % 7},a,GPU" for day in days]
    (folder / "bill.csv").write_text("\n".join(lines))
    company = fm.start(folder / "bill.csv", folder=folder / "ws")
    daily = fm.daily(fm.Ledger(company.path(company.ledger)), company)
    workload = daily["x_Workload"].iloc[0]
    rows = [f"Chat,2025-{m:02},productivity,900,1500,2500,Ana,{workload},400" for m in (2, 3, 4)]
    head = "initiative,month,kind,low,likely,high,owner,workloads,cost_before\n"
    (folder / "ws" / "values.csv").write_text(head + "\n".join(rows))
    return company.model_copy(update={"values": "values.csv"}), days, workload


def test_cost_is_the_bills_then_that_of_the_simulated_base(billed):
    company, days, _ = billed
    paid = {m: math.fsum(40 + d.day % 7 for d in days if d.month == m) - 400 for m in (2, 3)}
    booked = fm.roi(company, first="2025-02", last="2025-03")
    assert booked.figures["initiatives"][0]["cost"] == pytest.approx(paid[2] + paid[3])
    assert "Costs of workloads are the bill's, to 2025-03-31." in booked.notes
    ahead = fm.roi(company, "2025-04", paths=500).figures["initiatives"][0]
    run = fm.run(None, company, paths=500)
    simulated = run.total(months=["2025-04"]) - 400
    assert ahead["cost"] == pytest.approx(float(simulated.mean()), rel=1e-9)
    assert ahead["cost_p90"] == pytest.approx(float(np.quantile(simulated, 0.9)), rel=1e-9)


def test_the_command_says_the_same_and_writes_it(billed, tmp_path):
    company, _, _ = billed
    root = company.path("finops.yaml")
    if "values:" not in root.read_text():
        root.write_text(root.read_text() + "values: values.csv\n")
    code, said, _ = finops("roi", "--from", "2025-02", "--to", "2025-03", "--json", "-s", str(root))
    assert code == 0
    assert (
        json.loads(said)["figures"]
        == fm.roi(company, first="2025-02", last="2025-03").plain()["figures"]
    )
    page = tmp_path / "roi.html"
    code, said, _ = finops("roi", "--to", "2025-03", "--export", str(page), "-s", str(root))
    assert code == 0 and "ROI" in said and "<svg" in page.read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEAD + "A,,other,1,2,3,Ana,1",
            "line 2: month: is empty. A value is of a month: write it as 2026-10.",
        ),
        (
            HEAD + "A,soon,other,1,2,3,Ana,1",
            "line 2: month: 'soon' is not a month. Write it as 2026-10.",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3,,1",
            "line 2: owner: is empty. A value has an owner who answers for its range: write a person or a team.",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3,unknown,1",
            "line 2: owner: 'unknown' is nobody. A value has an owner who answers for its range: write a person or a team.",
        ),
        (
            HEAD + "A,2026-01,revenu,1,2,3,Ana,1",
            "line 2: kind: unknown kind 'revenu'. Did you mean 'revenue'? Known: revenue, retention, productivity, other.",
        ),
        (
            HEAD + "A,2026-01,other,1,,3,Ana,1",
            "line 2: likely: is empty. Write the number; a blank is not zero.",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3e30,Ana,1",
            "line 2: high: an amount of 10^30 or more is no value of a month. Write what it is.",
        ),
        (
            HEAD + "A,2026-01,other,4,2,3,Ana,1",
            "line 2: low: low 4, likely 2, high 3 are not in order. Write low ≤ likely ≤ high: one in ten outcomes below low, half below "
            "likely, one in ten above high.",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3,Ana,1\na,2026-01,other,1,2,3,Ana,1",
            "line 3: month: 'a' has other of 2026-01 twice, first in line 2. Keep one of them.",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3,Ana,-1",
            "line 2: cost: -1 is negative. Write a number of at least 0.",
        ),
        (
            "initiative,month,kind,low,likely,high,owner\nA,2026-01,other,1,2,3,Ana",
            "line 2: cost: 'A' has no cost for 2026-01. A return needs both: write what it costs, or name the workloads whose cost it is "
            "(column workloads).",
        ),
        (
            HEAD + "A,2026-01,other,1,2,3,Ana,1\nA,2026-03,other,1,2,3,Ana,1",
            "month: 'A' has no value for 2026-02, and has some before and after it. A missing month is not zero: write its range, or 0 where "
            "it brings nothing.",
        ),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_its_cell(tmp_path, text, message):
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(workspace(tmp_path, text))
    assert str(refused.value) == f"values.csv: {message}"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"initiative": "B"}, "--initiative: unknown initiative 'B'. Known: A."),
        (
            {"period": "2026-09"},
            "--period: no initiative has a value in 2026-09. values.csv has values in 2026-01: name a period of these, or "
            "--from 2026-01 --to 2026-01.",
        ),
        (
            {"first": "2026-03", "last": "2026-01"},
            "--to: 2026-01 is before 2026-03. Name the later month.",
        ),
        (
            {"period": "2026-01", "first": "2026-01"},
            "--period: goes without --from and --to. Write one or the other.",
        ),
        (
            {"discount_rate": 8.0},
            "--discount 8: a discount rate is a share a year from 0 to below 1; 8 % is 0.08.",
        ),
        (
            {"paths": 20},
            "--paths 20: a chance needs 500 futures or more. Leave --paths out to take 4000.",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(tmp_path, asked, message):
    company = workspace(tmp_path, HEAD + "A,2026-01,other,1,2,3,Ana,1")
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(company, **asked)
    assert str(refused.value) == message


def test_a_workload_that_no_bill_has_and_a_workspace_without_values(billed, tmp_path):
    company, _, workload = billed
    text = company.path("values.csv").read_text().replace(workload, "chatt")
    (tmp_path / "values.csv").write_text(text)
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(company.model_copy(update={"values": str(tmp_path / "values.csv")}), last="2025-03")
    assert "workloads of 'Chat': unknown workload 'chatt'." in str(refused.value)
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(company.model_copy(update={"values": None}))
    assert str(refused.value) == (
        "finops.yaml: values: no file of business value is named, so there is no return. Write a CSV with initiative, month, kind, low, "
        "likely, high, owner, cost, and name it: values: values.csv."
    )


def test_an_entity_sees_its_rows_alone(tmp_path):
    head = "entity,initiative,month,kind,low,likely,high,owner,cost\n"
    rows = "Acme Inc.,A,2026-01,other,1,2,3,Ana,1\nacme-gmbh,B,2026-01,other,1,2,3,Bo,1\n"
    names = "entities: [{name: Acme Inc., currency: USD, issuers: [x]}, {name: Acme GmbH, currency: EUR, issuers: [y]}]\n"
    company = workspace(tmp_path, head + rows, names)
    assert [
        one["initiative"] for one in fm.roi(company.entity("Acme GmbH")).figures["initiatives"]
    ] == ["B"]
    company = workspace(tmp_path, head + rows.replace("acme-gmbh", "Acme Gmbhh"), names)
    with pytest.raises(fm.FinOpsError) as refused:
        fm.roi(company.entity("Acme GmbH"))
    assert str(refused.value) == (
        "values.csv: line 3: entity: unknown entity 'Acme Gmbhh'. Did you mean 'Acme GmbH'? Known: Acme Inc., Acme GmbH."
    )
