"""`finops explain FIGURE`: every figure is the sum of the rows shown (docs/method §12.28). Oracle: what was written into the files."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from commands import finops
from ledger_world import focus

import finops_model as fm
from finops_model.errors import InputError
from finops_model.front.explained.figure import explain_figure

DAYS = pd.date_range("2026-01-05", "2026-03-31")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    root = tmp_path_factory.mktemp("explained")
    parts = []
    for month in ("2026-01", "2026-02", "2026-03"):
        for resource, cost in (("busy", None), ("standby", 24)):
            days = [day for day in DAYS if f"{day:%Y-%m}" == month]
            bill = focus([day.day for day in days], month=month, ResourceId=resource)
            bill["Tags"] = '{"team":"chat","workload":"chat"}'
            bill["BilledCost"] = [f"{10 + day.day if cost is None else cost}.00" for day in days]
            parts.append(bill.assign(EffectiveCost=bill["BilledCost"]))
    pd.concat(parts).to_csv(root / "bill.csv", index=False)
    chosen = fm.start(root / "bill.csv", folder=root / "ws")
    chosen.path("drivers.csv").write_text(
        "date,name,value\n" + "".join(f"{day.date()},chats,{100 + day.day}\n" for day in DAYS)
    )
    chosen.path("endpoints.csv").write_text(
        "month,ResourceId,workload,SkuId,requests,gpu_hours\n"
        + "".join(f"2026-0{m},standby,chat,gpu-h,3,672\n2026-0{m},busy,chat,gpu-h,900000,672\n" for m in (1, 2, 3))
    )  # fmt: skip
    chosen.path("actions.csv").write_text(
        "id,action,workload,decision,decided_on,approved_by,done_on\n"
        "A1,Cache,chat,done,2026-02-16,Bo,2026-02-16\n"
        "A2,Batch,chat,proposed,,,\n"
    )
    text = chosen.path("finops.yaml").read_text()
    more = "\ndrivers: [drivers.csv]\nusage: [endpoints.csv]\nactions: actions.csv\n"
    chosen.path("finops.yaml").write_text(text + more)
    return fm.load_settings(chosen.path("finops.yaml"))


def test_a_kpi_is_its_days_divided(company):
    answer = explain_figure("kpi:cost per chat@2026-02", company)
    days = [day for day in DAYS if day.month == 2]
    cost, count = sum(34 + day.day for day in days), sum(100 + day.day for day in days)
    assert answer.sentence == (
        f"Cost per chat of February 2026 is {cost / count:.4g} USD / chat: {cost:,.2f} ÷ {count:,.2f} over 28 of 28 days."
    )
    assert answer.table["numerator"][:-1].sum() == pytest.approx(answer.table["numerator"].iloc[-1])
    assert answer.table["denominator"].tolist() == [100.0 + day.day for day in days] + [count]
    assert answer.tables["Lines"]["EffectiveCost"].sum() == pytest.approx(cost)
    assert answer.reason.startswith("cost of the workloads that a driver drives ÷ its count.")
    assert answer.figures["figure"] == "kpi:Cost per chat@2026-02"
    assert explain_figure("Cost per chat", company).figures["figure"] == "kpi:Cost per chat@2026-03"


def test_waste_is_the_rows_that_it_claims(company):
    answer = explain_figure("waste:standby@2026-02", company)
    assert answer.figures["month_cost"] == pytest.approx(24 * 28)
    rows = answer.tables["Rows"]
    assert set(rows["ResourceId"]) == {"standby"}
    assert rows["claimed"].sum() == pytest.approx(answer.table["cost"].sum())
    assert rows["claimed"].sum() == pytest.approx(24 * sum(day.month < 3 for day in DAYS))
    listed = fm.monday(company, "2026-03-31").figures["items"]
    (item,) = [one["id"] for one in listed if one["section"] == "Waste"]
    assert explain_figure(f"waste:{item}", company).figures["resource"] == "standby"


def test_an_action_and_a_thing_of_the_list_are_told_as_they_stand(company):
    answer = explain_figure("action:a1", company)
    assert answer.figures["figure"] == "action:A1" and answer.sentence.startswith(
        "A1 Cache, done on 2026-02-16: saved "
    )
    with pytest.raises(InputError) as said:
        explain_figure("action:A2", company)
    assert str(said.value) == (
        "actions.csv: line 3: 'A2' is proposed and not done, so nothing was saved by it. What it may save: finops advise."
    )
    where = ("-s", str(company.root))
    told = json.loads(finops("monday", "--json", *where)[1])["figures"]["items"][0]
    answer = explain_figure(told["id"], company)
    assert answer.sentence == told["what"] and "Answer: not answered." in answer.notes


def test_a_recommendation_is_traced(company):
    table = fm.advise(company, paths=100).figures
    ids = [one["id"] for one in table["recommendations"]]
    answer = explain_figure(f"advice:{ids[0]}", company)
    assert answer.figures["recommendation"]["id"] == ids[0] and len(answer.table)


def test_what_nobody_has_is_one_sentence_with_the_nearest(company):
    with pytest.raises(InputError) as said:
        explain_figure("kpi:cost per chatt", company)
    assert str(said.value).startswith(
        "finops explain: unknown kpi 'cost per chatt'. Did you mean 'Cost per chat'? Known: "
    )
    with pytest.raises(InputError) as said:
        explain_figure("waste:stanby", company)
    assert "unknown waste 'stanby'. Did you mean" in str(said.value)
    code, _, err = finops("explain", "scenarios/a.yaml", "-s", str(company.root))
    assert code == 2 and "name a value of it, for example workloads/*/demand/level." in err
