"""finops budget draft: lines are means, certainty is bought once, and the file is read back (docs/method §9.40, §9.41)."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from reserve_world import company
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.decide.budgets.draft import draft
from finops_model.errors import InputError
from finops_model.facts.plans.budget_lines import BudgetLine, file_text, total_of
from finops_model.facts.plans.held_back import held_back
from finops_model.facts.plans.read import read_budgets
from finops_model.facts.plans.together import all_budgets
from finops_model.names import COMPANY

MONTHS = ("2027-01", "2027-02", "2027-03")


def paths_of(seed: int, units: int = 3, count: int = 600):
    draws = np.random.default_rng(seed)
    return {
        month: {f"u{i}": draws.lognormal(5 + i, 0.3, count) for i in range(units)}
        for month in MONTHS
    }


def test_lines_are_means_and_the_reserve_is_what_the_level_needs():
    """A plain loop: sums by hand, the quantile of a sorted list."""
    paths = paths_of(3)
    plan = draft(paths, 80, "CFO")
    totals = sorted(
        sum(float(paths[month][unit][k]) for month in MONTHS for unit in paths[month])
        for k in range(600)
    )
    at = (len(totals) - 1) * 0.8
    p80 = totals[int(at)] + (totals[int(at) + 1] - totals[int(at)]) * (at - int(at))
    assert float(plan.total) == pytest.approx(p80, abs=0.0051)
    for line in plan.lines:
        if line.unit != COMPANY:
            mean = sum(map(float, paths[line.month][line.unit])) / 600
            assert float(line.amount) == pytest.approx(mean, abs=0.0101)
    assert plan.together + plan.reserve == plan.total
    assert plan.reserve == sum(line.held_back for line in plan.lines)
    assert total_of(plan.lines) == plan.total
    assert {line.held_by for line in plan.lines if line.held_back} == {"CFO"}


@laws(max_examples=25)
@given(
    seed=st.integers(0, 10_000),
    units=st.integers(1, 4),
    level=st.sampled_from([50, 80, 95]),
    power=st.integers(-2, 3),
)
def test_a_draft_adds_up_to_the_cent(seed, units, level, power):
    paths = {
        month: {unit: values * 10.0**power for unit, values in own.items()}
        for month, own in paths_of(seed, units, 500).items()
    }
    plan = draft(paths, level, "CFO")
    of_units = [line for line in plan.lines if line.unit != COMPANY]
    own = [line for line in plan.lines if line.unit == COMPANY]
    assert sum(line.amount for line in of_units) == plan.together
    assert sum(line.amount for line in own) == plan.total == plan.together + plan.reserve
    assert plan.reserve >= 0 and all(0 <= line.held_back <= line.amount for line in own)
    for line in own:
        units_of_month = sum(one.amount for one in of_units if one.month == line.month)
        assert line.amount == units_of_month + line.held_back


def test_what_does_not_vary_needs_no_reserve_and_a_refund_is_no_budget():
    flat = {month: {"a": np.full(500, 10.0), "b": np.full(500, -4.0)} for month in MONTHS}
    plan = draft(flat, 80, "CFO")
    assert (plan.reserve, plan.total, plan.means) == (0, 30, {"a": 30})
    assert plan.left_out == {"b": Decimal("-12.00")}
    with pytest.raises(InputError) as said:
        draft({month: {"a": np.zeros(500)} for month in MONTHS}, 80, "CFO")
    assert str(said.value) == (
        "nothing of the period costs anything in the base scenario, so there is no budget to draft. Take a period with cost."
    )


def test_a_file_of_lines_is_read_back(tmp_path):
    """Names that a spreadsheet would run are guarded in the file, and the same again when it is read."""
    lines = [
        BudgetLine(unit="=1+1, Ltd", month="2027-01", amount=Decimal("3.10")),
        BudgetLine(unit="Labs", month="2027-01", amount=Decimal("4.00")),
        BudgetLine(
            unit=COMPANY,
            month="2027-01",
            amount=Decimal("9.00"),
            held_back=Decimal("1.90"),
            held_by="CFO",
        ),
        BudgetLine(unit="rnd", dimension="environment", month="2027-01", amount=Decimal("2.00")),
    ]
    file = tmp_path / "b.csv"
    who = {"approved_on": "2026-12-01", "approved_by": "Ann", "approved_at": "10:00:00"}
    file.write_text(file_text(lines, "USD", version="v1", author="Bob", **who))
    assert '\nv1,2026-12-01,10:00:00,Ann,Bob,"\'=1+1, Ltd",' in file.read_text()
    plan = read_budgets(file, "USD")
    assert plan.month("=1+1, Ltd", "2027-01") == Decimal("3.10")
    assert plan.month(COMPANY, "2027-01") == 9
    assert plan.dimensions["environment"].month("rnd", "2027-01") == 2


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    return company(tmp_path_factory.mktemp("draft"))


def test_a_draft_of_a_workspace_is_read_back_to_the_cent(own, tmp_path):
    file = tmp_path / "next.csv"
    answer = fm.draft_budget(own, "2026-Q4".replace("2026", "FY2026"), write=file, held_by="Cleo")
    figures = answer.figures
    assert Decimal(figures["lines"]) + Decimal(figures["reserve"]) == Decimal(figures["total"])
    drafts = read_budgets(file, "USD")
    assert drafts.units() == []  # nobody approved it: it counts nowhere
    text = file.read_text().splitlines()
    file.write_text("\n".join([text[0], *(_approved(line) for line in text[1:])]))
    plan = read_budgets(file, "USD")
    months = ["2026-10", "2026-11", "2026-12"]
    assert plan.year(COMPANY, months) == Decimal(figures["total"])
    of_units = [plan.year(unit, months) for unit in plan.units()]
    assert sum(of_units) == Decimal(figures["lines"])
    assert {u: str(plan.year(u, months)) for u in plan.units()} == figures["units"]
    # the same year as `finops reserve` has it: its total is the quantile there
    beside = fm.reserve(own, budget="FY2026-Q4")
    assert float(figures["total"]) == pytest.approx(beside.figures["quantile"], abs=0.01)


def _approved(line: str) -> str:
    version, _, _, rest = line.split(",", 3)
    return f"{version},2026-07-02,Dora,{rest}"


def test_the_command_and_what_it_refuses(own, tmp_path):
    call = CliRunner().invoke
    place = ["-s", str(own.root)]
    answer = call(app, ["budget", "draft", "--year", "2026-09", "--by", "team", "--json", *place])
    told = json.loads(answer.stdout)
    assert {row["team"] for row in told["tables"]["Lines"]} == {"a", "b", "c"}
    assert set(told["table"][0]) == {"team", "draft"}
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for words, said in (
        (
            ["--by", "taem"],
            "--by: unknown dimension 'taem'. Did you mean 'team'? Known: team, environment, model.",
        ),
        (
            ["--write", str(there)],
            f"--write: {there} is there already, and nothing is written over it. Name another file.",
        ),
        (
            ["--write", "b.xlsx"],
            "--write: 'b.xlsx' is no budget file: a draft is written as .csv. Name it so; --export writes other kinds.",
        ),
        (
            ["--year", "next"],
            "--year: 'next' is not a period. Write a fiscal year FY2027, a quarter of one FY2027-Q2, or a month 2027-03.",
        ),
    ):
        refused = call(app, ["budget", "draft", *words, *place])
        assert str(refused.exception) == said
    assert there.read_text() == "mine"


def test_of_two_approvals_of_a_day_the_later_one_counts_and_files_may_differ_in_columns(tmp_path):
    head = "version,approved_on,approved_at,approved_by,author,business_unit,month,amount"
    early, late = "v1,2026-07-01,09:00:00,Ann,Bob,Labs", "v2,2026-07-01,10:00:00,Ann,Bob,Labs"
    file = tmp_path / "b.csv"
    for one, other in ((early, late), (late, early)):
        file.write_text(f"{head}\n{one},2026-07,{len(one)}\n{other},2026-07,{len(other)}\n")
        plan = read_budgets(file, "USD")
        assert plan.lines("Labs", "2026-07")[0].version == "v2"
    for cell, said in (
        (
            "",
            "b.csv: line 3: versions 'v1' and 'v2' of Labs 2026-07 were both approved on 2026-07-01: which one counts? Correct approved_on.",
        ),
        (
            "9 am",
            "b.csv: line 3: approved_at: '9 am' is not a time of day. Write it as 10:22:31, in UTC, or leave it empty.",
        ),
    ):
        other = late.replace("10:00:00", cell)
        file.write_text(f"{head}\n{early},2026-07,1\n{other},2026-07,2\n")
        with pytest.raises(InputError) as refused:
            read_budgets(file, "USD")
        assert str(refused.value) == said
    file.write_text(f"{head},held_back,held_by\n{early},2026-07,9,4,CFO\n")
    plain = tmp_path / "plain.csv"
    plain.write_text("unit,month,amount\nSearch,2026-07,5\n")
    plan = all_budgets([file, plain], "USD")
    held = held_back(plan, COMPANY, {"2026-07": Decimal(1)})
    assert [(row.unit, row.amount) for row in held] == [("Labs", 4)]
