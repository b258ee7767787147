"""`finops pack`: one template, six audiences (docs/method §15.80 to §15.82)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import InputError
from finops_model.front.packs import blocks
from finops_model.front.packs.build import answer_of, packs, write_packs
from finops_model.measure.kpis import PERSONAS, shelf
from finops_model.publish.packs.audiences import AUDIENCES, BLOCKS

NAME = "<b>=x()</b>"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    days = pd.date_range("2026-01-01", "2026-03-31")
    lines = ["Date,Cost (USD),Team,Service,Project"]
    for day in days:
        lines += [f"{day:%Y-%m-%d},{10 + day.month},a,GPU,chat", f'{day:%Y-%m-%d},2,b,GPU,"{NAME}"']
    (folder / "bill.csv").write_text("\n".join(lines))
    settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    counts = ["date,name,value", *(f"{day:%Y-%m-%d},chats,4" for day in days)]
    (folder / "demo/chats.csv").write_text("\n".join(counts))
    budget = ["business_unit,month,currency,amount"]
    budget += [f"All,2026-{month:02},USD,{400 if month < 12 else 500}" for month in range(1, 13)]
    (folder / "demo/budgets.csv").write_text("\n".join(budget))
    return settings.model_copy(update={"drivers": ["chats.csv"], "budgets": "budgets.csv"})


@pytest.fixture(scope="module")
def made(settings):
    return {pack.audience.name: pack for pack in packs(settings, paths=100)}


def test_every_audience_has_a_pack_and_every_persona_of_a_kpi_an_audience(made):
    assert list(made) == list(AUDIENCES) and set(PERSONAS) <= set(AUDIENCES)
    named = {name for kpi in shelf().values() for name in getattr(kpi, "PERSONA", ())}
    assert named == set(PERSONAS)
    for audience in AUDIENCES.values():
        assert set(audience.blocks) <= set(BLOCKS)
        assert len(made[audience.name].lines) <= audience.most


def test_figures_are_those_of_finops_kpi(settings, made):
    answer = fm.kpi(settings, "2026-02", "2026-03", kpis=["cost_per_driver"]).plain()
    line = next(line for line in made["product"].lines if line["name"] == "Cost per chat")
    assert line["value"] == answer["table"][0]["2026-03"] == (13 + 2) / 4
    assert line["previous"] == answer["table"][0]["2026-02"]


def test_use_is_count_cost_and_each(made):
    """By hand: 31 days of 4 chats; 13 + 2 USD a day in March, 12 + 2 in February."""
    use = made["users"].blocks[0]
    assert use.rows[0][:5] == ["chats", "124", "$465", "3.750", "3.500"]


def test_workloads_add_up_to_the_month(made):
    where = made["users"].blocks[1]
    assert where.total[1:] == ["$465", "$392", "+18.6 %"]
    assert [row[1] for row in where.rows] == ["$403", "$62.00"]


def test_many_workloads_are_the_dearest_and_the_rest_in_one_row():
    rows = pd.DataFrame(
        {
            "ChargeDate": pd.Timestamp("2026-03-01"),
            "ChargeCategory": "Usage",
            "x_Workload": [f"w{i:02}" for i in range(12)],
            "EffectiveCost": [float(i) for i in range(12)],
        }
    )
    where = blocks.workloads(rows, "2026-03", "USD")
    assert [row[0] for row in where.rows] == [*(f"w{i:02}" for i in range(11, 3, -1)), "3 more"]
    assert where.rows[-1][1] == "$6.00" and where.total[1] == "$66.00"


def test_units_stand_beside_their_budgets(made):
    """By hand: 13 x 31 + 2 x 31 = 465 in March; 403 + 392 + 465 = 1,260 in the year, of 1,200."""
    rows = made["finance"].blocks[0].rows
    assert rows == [["All", "$465", "$400", "$65.00 over", "$1.26k", "$60.00 over"]]


def test_pages_carry_no_markup_of_anybody_and_load_nothing(made, tmp_path):
    for path in write_packs(list(made.values()), tmp_path):
        text = path.read_text(encoding="utf-8")
        assert (
            "<b>=x()" not in text
            and "<script" not in text
            and "http://" not in text.replace("http://www.w3.org", "")
        )
    assert "&lt;b&gt;=x()&lt;/b&gt;" in (tmp_path / "2026-03_users.html").read_text()
    assert len(list(tmp_path.iterdir())) == 6


def test_an_audience_nobody_knows_is_one_sentence(settings):
    with pytest.raises(InputError) as refused:
        packs(settings, ["platfrom"])
    assert str(refused.value) == (
        "--for: unknown audience 'platfrom'. Did you mean 'platform'? Known: data, platform, product, finance, leadership, users."
    )


def test_without_drivers_and_budgets_it_says_what_to_add(settings):
    bare = settings.model_copy(update={"drivers": [], "budgets": None})
    made = packs(bare, ["users", "finance"], paths=100)
    assert made[0].blocks[0].said.startswith("No driver counts what was used: finops add FILE")
    assert made[1].blocks[0].said.startswith("finops.yaml names no budgets")


def test_the_command_writes_pages_and_the_same_figures(settings, made, tmp_path):
    asked = ["pack", str(tmp_path / "p"), "--for", "users", "-s", settings.root, "--json"]
    answer = CliRunner().invoke(app, asked)
    assert answer.exit_code == 0, answer.output
    said = json.loads(answer.stdout)
    assert said["sentence"] == "March 2026 cost $465, up 18.6 %."
    assert [Path(row["page"]).name for row in said["table"]] == ["2026-03_users.html"]
    whole = answer_of(list(made.values()))
    assert whole.sentence == "6 packs of March 2026 for the company."
    assert whole.figures["product"]["Cost per chat"] == 3.75


def test_a_share_moves_in_points_and_what_runs_up_by_itself_is_not_worse():
    from finops_model.publish.packs.page import moved_line

    line = {"name": "Use covered by commitments", "unit": "share", "better": "higher"}
    line |= {"value": 0.826, "previous": 0.668, "change_pct": 0.826 / 0.668 - 1}
    assert moved_line(line) == ("up 15.8 points", "good")
    spent = line | {"name": "Budget spent", "better": "lower"}
    assert moved_line(spent) == ("up 15.8 points", "")
    over = line | {"name": "Budget variance", "better": "lower", "value": 0.01, "previous": -0.02}
    assert moved_line(over | {"change_pct": -1.5}) == ("up 3.0 points", "bad")


def test_units_against_budgets_have_a_total_and_a_unit_sees_itself_alone(tmp_path):
    from finops_model.facts.plans.read import read_budgets

    path = tmp_path / "budgets.csv"
    path.write_text(
        "business_unit,month,currency,amount\nA,2026-03,USD,100\nB,2026-03,USD,50\n"
        "A,2026-02,USD,1\nB,2026-02,USD,1\nA,2026-01,USD,1\nB,2026-01,USD,1\n"
    )
    budgets = read_budgets(path, "USD")
    daily = pd.DataFrame(
        {
            "x_BusinessUnit": ["A", "B"],
            "x_Month": ["2026-03", "2026-03"],
            "ChargeDate": pd.to_datetime(["2026-03-01", "2026-03-01"]),
            "EffectiveCost": [120.0, 20.0],
            "ChargeCategory": ["Usage", "Usage"],
        }
    )
    all_of_them = blocks.units(daily, budgets, "2026-03", "2026-03-31", 1, "USD")
    assert all_of_them.total[:4] == ["Company", "$140", "$150", "$10.00 left"]
    alone = blocks.units(daily[:1], budgets, "2026-03", "2026-03-31", 1, "USD", "A")
    assert [row[0] for row in alone.rows] == ["A"] and alone.total is None
