"""Balances, budgets, quotas and commitments of a workspace that run out: `fm.runout`, `finops runout`, `finops watch` (docs/method §9.22, §9.23)."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError, InputError
from finops_model.facts.plans.balances import balances_of
from finops_model.measure.brief import brief
from finops_model.measure.close import Close
from finops_model.measure.runout.workspace import rows_of
from finops_model.publish.alerts import workspace as watching
from finops_model.publish.page.body import Page
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.settings import Settings, load_settings
from finops_model.wording import runout as words
from scripts import ROOT

DAYS = pd.date_range("2026-01-01", "2026-04-30")
AS_OF = "2026-04-30"
COSTS = {
    ("search", "OpenAI"): 100.0,
    ("support", "OpenAI"): 60.0,
    ("search", "CloudCo"): 40.0,
}  # money a day, every day alike
BUDGET = 12 * 4000.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A company that spends the same every day, so that every date is known by hand; GPU-hours of CloudCo: 8 a day."""
    root = tmp_path_factory.mktemp("runout")
    lines = ["Date,Cost (USD),Team,Service,Vendor,Quantity,Unit"]
    for date in DAYS:
        for (team, vendor), cost in COSTS.items():
            use = "8,GPU-hours" if vendor == "CloudCo" else "1000,Tokens"
            lines.append(f"{date.date()},{cost},{team},{vendor} service,{vendor},{use}")
    (root / "bill.csv").write_text("\n".join(lines), encoding="utf-8")
    fm.start(root / "bill.csv", folder=root / "ws")
    months = "\n".join(f"Company,2026-{m:02d},USD,{BUDGET / 12}" for m in range(1, 13))
    (root / "ws" / "budgets.csv").write_text("business_unit,month,currency,amount\n" + months)
    return root / "ws"


@pytest.fixture(scope="module")
def settings(folder):
    return load_settings(folder)


@pytest.fixture(scope="module")
def daily(settings):
    return fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)


def stating(settings, *balances, quotas=(), **more) -> Settings:
    """These settings with balances and quotas."""
    watch = {"quotas": list(quotas)}
    return Settings.model_validate(
        {**dict(settings), "balances": list(balances), "watch": watch, **more}
    )


def rows(settings, daily, *balances, as_of=AS_OF, **more):
    chosen = stating(settings, *balances, **more)
    facts = daily[daily["ChargeDate"] <= as_of]
    return {one["name"]: one for one in rows_of(chosen, facts, as_of)}


def one(settings, daily, as_of=AS_OF, **balance):
    return rows(settings, daily, {"name": "b", **balance}, as_of=as_of)["b"]


def later(days, as_of=AS_OF):
    return str(np.datetime64(as_of) + days)


@pytest.mark.parametrize("left", [0.0, 159.0, 160.0, 950.0, 5000.0])
def test_of_a_constant_use_the_day_is_what_is_left_over_what_a_day_takes(settings, daily, left):
    row = one(settings, daily, left=left, left_on=AS_OF, covers={"vendor": "OpenAI"})
    day = later(int(left // 160) + 1)
    assert {row["earliest"], row["likely"], row["latest"]} == {day}
    assert (row["remaining"], row["per_day"], row["state"]) == (left, 160.0, "running")
    assert [m["month"] for m in row["by_month"] if m["chance"] == 1.0] == [day[:7]]
    assert row["chance"] > 0.99


def test_what_was_used_since_its_start_comes_from_the_bill_and_a_stated_rest_counts_first(
    settings, daily
):
    since = one(settings, daily, amount=10_000, start="2026-04-01", covers={"vendor": "OpenAI"})
    assert since["remaining"] == 10_000 - 30 * 160 and since["likely"] == later(33)
    stated = one(
        settings, daily, amount=10_000, start="2026-04-01", left=3200, left_on="2026-04-20",
        covers={"vendor": "OpenAI"},
    )  # fmt: skip
    assert stated["remaining"] == 3200 - 10 * 160 and stated["likely"] == later(11)
    assert stated["since"] == "2026-04-21"
    # on a day before it was stated, the amount counts
    before = one(
        settings, daily, as_of="2026-04-10", amount=10_000, start="2026-04-01", left=3200,
        left_on="2026-04-20", covers={"vendor": "OpenAI"},
    )  # fmt: skip
    assert before["remaining"] == 10_000 - 10 * 160


def test_use_that_two_balances_pay_for_is_paid_once_by_hand(settings, daily):
    """The credit of support expires first, so it pays first; the oracle is a loop over days with two purses."""
    found = rows(
        settings,
        daily,
        {"name": "prepaid", "left": 4000, "left_on": AS_OF, "covers": {"vendor": "OpenAI"}},
        {
            "name": "credit", "kind": "credit", "left": 900, "left_on": AS_OF,
            "last_day": "2026-05-10", "covers": {"vendor": ["OpenAI"], "team": "support"},
        },
    )  # fmt: skip
    credit, prepaid, gone = 900.0, 4000.0, None
    for ahead in range(1, 100):
        paid = min(credit, 60.0) if later(ahead) <= "2026-05-10" else 0.0
        credit -= paid
        prepaid -= 160.0 - paid
        gone = gone or (later(ahead) if prepaid < 0 else None)
    assert found["prepaid"]["likely"] == gone == later(29)
    row = found["credit"]
    assert row["unused"] == pytest.approx(credit)
    assert (row["unused_chance"], row["likely"]) == (1.0, None)
    assert row["sentence"] == (
        "Credit credit: $900 left, $60.00 a day now; it lasts to 10 May 2026 with more than 99 % probability. "
        "$300 would expire unused on 10 May 2026, more than 99 % likely."
    )


def test_paths_are_those_of_the_forecast_emptied_one_by_one(settings, daily):
    """A bill that varies, and 1,000 purses: the oracle asks fm.forecast and loops."""
    rng = np.random.default_rng(5)
    cost = 100 * rng.lognormal(0, 0.4, len(DAYS))
    mine = (daily["x_Team"] == "support").to_numpy()
    varied = daily.copy()
    varied.loc[mine, "EffectiveCost"] = cost[
        (varied.loc[mine, "ChargeDate"] - DAYS[0]).dt.days.to_numpy()
    ]
    row = one(
        settings, varied, left=3000, left_on=AS_OF, last_day="2026-05-28",
        covers={"team": "support"},
    )  # fmt: skip
    paths = fm.forecast(pd.Series(cost, DAYS), 365, seed=settings.seed, as_of=AS_OF).paths
    when, rest = [], []
    for path in paths:
        purse = 3000.0
        out = "9999"
        for i, use in enumerate(path):
            if later(i + 1) > "2026-05-28":
                break
            if purse - use < 0 and out == "9999":
                out = later(i + 1)
            purse -= min(use, purse)
        when.append(out)
        rest.append(purse)
    when = sorted(when)
    named = [when[int(np.ceil(q * 1000)) - 1] for q in (0.1, 0.5, 0.9)]
    assert 50 < when.count("9999") < 950  # the answer is not trivial
    assert [row["earliest"], row["likely"], row["latest"]] == [
        None if day == "9999" else day for day in named
    ]
    assert row["chance"] == pytest.approx(1 - when.count("9999") / 1000)
    left = [one for one in rest if one > 0]
    assert row["unused_chance"] == pytest.approx(len(left) / 1000, abs=1e-3)
    assert row["unused"] == pytest.approx(np.median(left))


def test_more_money_is_never_earlier_and_money_of_another_is_not_touched(settings, daily):
    days = [
        one(settings, daily, left=left, left_on=AS_OF, covers={"team": "search"})["likely"]
        for left in (100, 500, 2500)
    ]
    assert days == sorted(days) == [later(int(left // 140) + 1) for left in (100, 500, 2500)]


def test_a_newest_day_that_is_still_written_counts_as_it_will_be(settings, daily):
    """Half a day of bill is no sign of less use: what is still to come of it is drawn too (§2.24)."""
    half = daily.copy()
    half.loc[half["ChargeDate"] == AS_OF, "EffectiveCost"] *= 0.1
    asked = {"amount": 10_000, "start": "2026-04-01", "covers": {"vendor": "OpenAI"}}
    row, whole = one(settings, half, **asked), one(settings, daily, **asked)
    assert row["remaining"] == pytest.approx(whole["remaining"], rel=1e-6)
    assert (row["per_day"], row["likely"]) == (160.0, whole["likely"])


def test_a_balance_of_units_is_drawn_by_quantity(settings, daily):
    row = one(
        settings, daily, kind="commitment", left=100, left_on=AS_OF, unit="GPU-hours",
        covers={"vendor": "CloudCo"},
    )  # fmt: skip
    assert (row["unit"], row["per_day"], row["likely"]) == ("GPU-hours", 8.0, later(13))
    assert row["short"] is None  # no money
    assert row["sentence"].startswith("Commitment b: 100 GPU-hours left, 8 GPU-hours a day now; ")


def test_it_ran_out_it_ended_it_has_not_begun_it_is_not_known(settings, daily):
    found = rows(
        settings,
        daily,
        {"name": "out", "amount": 400, "start": "2026-04-01", "covers": {"team": "support"}},
        {"name": "ended", "amount": 400, "start": "2026-04-01", "last_day": "2026-04-05",
         "covers": {"team": "support", "vendor": "OpenAI"}},
        {"name": "next", "amount": 600, "start": "2026-06-01", "covers": {"vendor": "CloudCo"}},
        {"name": "old", "amount": 600, "start": "2025-06-01"},
        {"name": "young", "left": 600, "left_on": "2026-05-02"},
    )  # fmt: skip
    said = {name: row["sentence"] for name, row in found.items()}
    # `ended` expires first: it pays the first five days, `out` from the sixth on
    assert said["out"] == "Prepaid balance out ran out on 12 April 2026."
    assert said["ended"] == "Prepaid balance ended ended on 5 April 2026 with $100 unused."
    assert found["next"]["state"] == "not begun" and found["next"]["likely"] == "2026-06-16"
    assert said["old"] == (
        "Prepaid balance old: when it runs out is not known: the ledger begins on 1 January 2026, and what was used from "
        "1 June 2025 on is not in it; state left and left_on."
    )
    assert said["young"] == (
        "Prepaid balance young: when it runs out is not known: what is left is stated for 2 May 2026, after 30 April 2026."
    )
    assert found["out"]["short"] == pytest.approx(19 * 60 - 40 + 60 - 20, abs=60)


def test_a_year_ahead_is_looked_at_and_no_date_is_given_to_what_lasts(settings, daily):
    row = one(settings, daily, left=1e6, left_on=AS_OF, next_topup="2026-07-01")
    assert (row["earliest"], row["likely"], row["latest"]) == (None, None, None)
    assert row["horizon"] == later(365) and row["end"] == "2026-06-30" and row["chance"] < 0.01
    cells = words.cells(row, "USD", str)
    assert cells[3:] == ["not by 2027-04-30", "after 2027-04-30", "less than 1 % by 2026-06-30"]


def test_a_quota_of_a_month_counts_what_the_month_has_used_and_begins_anew(settings, daily):
    quota = {
        "dimension": "team",
        "subject": "search",
        "unit": "USD",
        "per": "month",
        "quantity": 2800,
    }
    (row,) = rows(settings, daily, quotas=[quota]).values()
    assert row["likely"] == "2026-05-21" and row["remaining"] == 2800  # 20 days of 140 are paid
    assert (row["end"], row["short"]) == ("2026-05-31", pytest.approx(11 * 140))
    (row,) = rows(settings, daily, quotas=[quota], as_of="2026-04-10").values()
    assert (row["likely"], row["remaining"]) == ("2026-04-21", 2800 - 1400)
    (row,) = rows(settings, daily, quotas=[{**quota, "quantity": 140 * 30}]).values()
    assert row["likely"] == "2026-05-31"  # April has thirty days, May one more
    (row,) = rows(settings, daily, quotas=[{**quota, "per": "day", "quantity": 139}]).values()
    assert row["likely"] == "2026-05-01" and row["per"] == "day"


def test_the_budget_of_the_year_has_its_day_and_the_month_of_its_landing(folder, settings, daily):
    from finops_model.measure.budget.against import landing_beside, period_of

    chosen = stating(settings, budgets="budgets.csv")
    run = fm.run(None, chosen, AS_OF, paths=100, daily=daily, dials=False)
    (row,) = fm.runout(chosen, AS_OF, run=run, daily=daily).rows
    spent = 200.0 * len(DAYS)
    assert row["remaining"] == pytest.approx(BUDGET - spent)
    assert row["likely"] == later(int((BUDGET - spent) // 200) + 1) == "2026-08-29"
    land = landing_beside(run, daily, BUDGET, period_of(None, AS_OF))
    assert row["likely"][:7] == land["breach_month"] and row["kind"] == "budget"
    assert row["sentence"] == (
        "The FY2026 budget: $24.0k left, $200 a day now; it runs out on 29 August 2026 (likely; range 29 August 2026), "
        "and by 31 December 2026 with more than 99 % probability."
    )


def test_days_of_a_budget_add_up_to_its_months_path_by_path(settings, daily):
    """A bill that varies: chances by month are those of the run's months; the oracle adds months up."""
    walk = np.exp(np.random.default_rng(11).normal(0, 0.1, len(DAYS)).cumsum() - 0.3)
    at = (daily["ChargeDate"] - DAYS[0]).dt.days.to_numpy()
    measures = ("EffectiveCost", "ConsumedQuantity")  # use moves, prices do not
    varied = daily.assign(**{name: daily[name] * walk[at] for name in measures})
    chosen = stating(settings, budgets="budgets.csv")
    run = fm.run(None, chosen, AS_OF, paths=200, months=8, daily=varied, dials=False)
    (row,) = rows_of(chosen, varied, AS_OF, run)
    used = float(varied["EffectiveCost"].sum())
    found = dict.fromkeys(run.months, 0)
    for path in run.effective.sum(axis=2):
        total = used
        for month, cost in zip(run.months, path):
            total += cost
            if total > BUDGET:
                found[month] += 1
                break
    assert len([count for count in found.values() if count]) > 1  # the answer is not trivial
    assert {one["month"]: one["chance"] * 200 for one in row["by_month"]} == pytest.approx(found)
    assert row["chance"] == pytest.approx(
        run_over(run, used), abs=0.006
    )  # Wilson's middle at 0 and 1


def run_over(run, used):
    return float((used + run.total() > BUDGET).mean())


def test_a_budget_that_is_used_up_has_the_day_of_that(folder, settings, daily):
    (folder / "small.csv").write_text(
        "business_unit,month,currency,amount\n"
        + "\n".join(f"Company,2026-{m:02d},USD,1000" for m in range(1, 13))
    )
    chosen = stating(settings, budgets="small.csv")
    (row,) = fm.runout(chosen, AS_OF, daily=daily, paths=100).rows
    assert (row["state"], row["likely"], row["chance"]) == ("out", "2026-03-02", None)
    assert row["sentence"] == "The FY2026 budget ran out on 2 March 2026 and is $12.0k over."


def test_a_commitment_of_a_contract_ends_on_a_day_that_is_a_fact(folder, settings, daily):
    (folder / "commitments.csv").write_text(
        "ContractCommitmentId,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,ContractCommitmentQuantity,"
        "ContractCommitmentUnit,ContractCommitmentLifecycleStatus,ServiceProviderName\n"
        "gpu-1y,2026-01-01T00:00:00Z,2026-06-01T00:00:00Z,1,GPU-hours,Active,CloudCo\n"
        "over,2025-01-01,2026-01-01,1,GPU-hours,Active,CloudCo\n"
        "idea,2026-01-01,2027-01-01,1,GPU-hours,Proposed,CloudCo\n"
    )
    covered = daily.copy()
    mine = (covered["x_Team"] == "search") & (covered["ServiceProviderName"] == "CloudCo")
    covered.loc[mine, "CommitmentDiscountId"] = "gpu-1y"
    covered.loc[mine, "CommitmentDiscountStatus"] = "Used"
    covered.loc[mine, "ContractedCost"] = 70.0
    (row,) = rows(settings, covered, commitments="commitments.csv").values()
    assert (row["likely"], row["end"], row["chance"], row["short"]) == (
        "2026-05-31",
        "2026-05-31",
        None,
        pytest.approx(30.0),
    )
    assert row["sentence"] == (
        "Commitment gpu-1y ends on 31 May 2026: its coverage of use that costs $40.00 a day is lost, $30.00 a day more without it."
    )


WRONG = {
    "another currency": (
        {"left": 1, "left_on": AS_OF, "unit": "EUR"},
        "finops.yaml: balances/0: unit: 'EUR' is not the ledger's currency, USD. State the balance in USD, or leave unit out.",
    ),
    "an unknown vendor": (
        {"left": 1, "left_on": AS_OF, "covers": {"vendor": "OpenIA"}},
        "finops.yaml: balances/0: covers/vendor: unknown vendor 'OpenIA'. Did you mean 'OpenAI'? Known: CloudCo, OpenAI.",
    ),
    "an unknown dimension": (
        {"left": 1, "left_on": AS_OF, "covers": {"vendr": "OpenAI"}},
        "finops.yaml: balances/0: covers: unknown dimension 'vendr'. Did you mean 'vendor'? Known: vendor, service, sku, team, "
        "workload, model, environment, account, business unit.",
    ),
    "a unit that the bill does not have": (
        {"left": 1, "left_on": AS_OF, "unit": "GB"},
        "finops.yaml: balances/0: unit: unknown unit 'GB'. Known: GPU-hours, Tokens, USD.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_balance_that_the_bill_does_not_know_is_refused(settings, daily, case):
    given, said = WRONG[case]
    with pytest.raises(InputError) as refused:
        balances_of(stating(settings, {"name": "b", **given}), daily)
    assert str(refused.value) == said


LINES = {
    "left: 5": "balances/0: 'b': left needs left_on. Write both, or neither of them.",
    "amount: 5": "balances/0: 'b': start is missing. Write amount and start, or left and left_on.",
    "left: 5, left_on: 2026-04": "balances/0/left_on: '2026-04' is no day. Write it as YYYY-MM-DD.",
    "left: 9, left_on: 2026-04-01, amount: 5": "balances/0: 'b': left is 9, more than its amount of 5. Correct one of them; "
    "a balance that was topped up needs left and left_on alone.",
    "amount: 5, start: 2026-04-01, last_day: 2026-03-01": "balances/0: 'b': last_day is 2026-03-01, before 2026-04-01. "
    "Exchange or correct them.",
    "left: -5, left_on: 2026-04-01": "balances/0/left: must be greater than or equal to 0, not '-5'.",
    "kind: prepayed, left: 5, left_on: 2026-04-01": "balances/0/kind: must be 'prepaid', 'credit' or 'commitment', not 'prepayed'. Did you mean 'prepaid'?",
    "lft: 5, left_on: 2026-04-01": "balances/0: unknown key 'lft'. Did you mean 'left'? Known: amount, covers, kind, last_day, "
    "left, left_on, name, next_topup, owner, start, unit.",
}


@pytest.mark.parametrize("text", LINES)
def test_a_balance_that_makes_no_sense_is_refused(tmp_path, text):
    path = tmp_path / "finops.yaml"
    path.write_text(f"balances:\n- {{name: b, {text}}}\n")
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path)
    assert str(refused.value).split("\n")[0] == f"{path}:2: {LINES[text]}"


def test_a_file_says_the_same_as_a_list(folder, settings, daily):
    (folder / "balances.csv").write_text(
        "name,kind,left,left_on,last_day,vendor,team,owner\n"
        "credit,credit,900,2026-04-30,2026-05-10,OpenAI;CloudCo,support,ml\n"
        "prepaid,,4000,2026-04-30,,OpenAI,,\n"
    )
    listed = [
        {"name": "credit", "kind": "credit", "left": 900, "left_on": AS_OF, "last_day": "2026-05-10",
         "covers": {"vendor": ["OpenAI", "CloudCo"], "team": "support"}, "owner": "ml"},
        {"name": "prepaid", "left": 4000, "left_on": AS_OF, "covers": {"vendor": "OpenAI"}},
    ]  # fmt: skip
    of_file = Settings.model_validate({**dict(settings), "balances": "balances.csv"})
    assert balances_of(of_file, daily) == balances_of(stating(settings, *listed), daily)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nme,left,left_on\nb,1,2026-04-30\n", "balances.csv: unknown column 'nme'. Did you mean 'name'? "),
        ("name,left,left_on\nb,x,2026-04-30\n", "balances.csv: line 2: left: 'x' is not a number."),
        ("name,left\nb,1\n", "balances.csv: line 2: 'b': left needs left_on. Write both, or neither of them."),
        (
            "name,left,left_on\nb,1,2026-04-30\nb,1,2026-04-30\n",
            "balances.csv: line 3: 'b' is given at balances.csv: line 2 already. Give it a name of its own.",
        ),
    ],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused(folder, settings, daily, text, said):
    (folder / "balances.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        balances_of(Settings.model_validate({**dict(settings), "balances": "balances.csv"}), daily)
    assert str(refused.value).startswith(said)


@pytest.fixture
def stated(folder):
    """The workspace with two balances and a budget in its finops.yaml; as it was after the test."""
    path = folder / "finops.yaml"
    before = path.read_text()
    path.write_text(
        before
        + "paths: 100\nbudgets: budgets.csv\nbalances:\n"
        + "- {name: '[red]OpenAI', left: 1600, left_on: 2026-04-30, covers: {vendor: OpenAI}, next_topup: 2026-06-01, owner: ml}\n"
        + "- {name: grant, kind: credit, left: 4000, left_on: 2026-04-30, last_day: 2026-05-20, covers: {vendor: CloudCo}}\n"
    )
    yield folder
    path.write_text(before)


def finops(folder, *words):
    done = CliRunner().invoke(app, [*words, "--settings", str(folder)])
    return done.exit_code, done.output


def test_the_command_shows_one_table_a_sentence_each_and_the_same_as_json(stated):
    code, text = finops(stated, "runout")
    assert code == 0 and "[red]OpenAI" in text and "2026-05-11" in text
    assert "$3.20k would expire unused on 20 May 2026, more than 99 % likely." in " ".join(
        text.split()
    )
    code, text = finops(stated, "runout", "--json")
    said = json.loads(text)
    assert code == 0 and (said["as_of"], said["basis"]) == (AS_OF, "Effective")
    assert [(row["kind"], row["likely"]) for row in said["rows"]] == [
        ("prepaid", "2026-05-11"),
        ("budget", "2026-08-29"),
        ("credit", None),
    ]
    code, text = finops(stated, "runout", "--as-of", "2026-04-10", "--json")
    assert code == 0 and {row["state"] for row in json.loads(text)["rows"]} == {
        "running",
        "not known",
    }
    with pytest.raises(FinOpsError, match="--as-of 2031-01-01: the ledger has complete data from"):
        CliRunner().invoke(
            app, ["runout", "--as-of", "2031-01-01", "-s", str(stated)], catch_exceptions=False
        )


def test_nothing_that_can_run_out_is_said(folder):
    code, text = finops(folder, "runout")
    assert code == 0 and " ".join(text.split()) == (
        "Nothing here can run out: finops.yaml states no budgets, balances, commitments or quotas. "
        "State what there is under balances (docs/settings.md)."
    )


def test_watch_raises_what_runs_out_before_its_end_and_what_expires(stated):
    found = watching.look(load_settings(stated))
    alerts = {one.subject: one for one in found.alerts if one.kind == "runout"}
    assert set(alerts) == {"[red]OpenAI", "grant"}
    prepaid, grant = alerts["[red]OpenAI"], alerts["grant"]
    assert prepaid.what == (
        "Prepaid balance [red]OpenAI: $1.60k left, $160 a day now; it runs out on 11 May 2026 (likely; range 11 May 2026), "
        "before it is filled up again on 1 June 2026."
    )
    assert (prepaid.direction, prepaid.team, prepaid.severity) == (
        "up",
        "ml",
        pytest.approx(21 * 160),
    )
    assert (grant.direction, grant.severity) == ("down", pytest.approx(4000 - 20 * 40))
    assert (
        prepaid.start == "2026-05-01" and prepaid.ongoing
    )  # its id stays while the statement does
    settings = load_settings(stated)
    near = settings.model_copy(
        update={"watch": settings.watch.model_copy(update={"runout_days": 10})}
    )
    assert not [one for one in watching.look(near).alerts if one.kind == "runout"]


def test_a_notebook_shows_the_same_table_and_a_name_is_no_markup(settings, daily):
    chosen = stating(settings, {"name": "<b>", "left": 950, "left_on": AS_OF})
    found = fm.runout(chosen, daily=daily)
    page = found._repr_html_()
    assert "&lt;b&gt;" in page and "<b>" not in page and "5 May 2026" in page
    assert str(found) == found.rows[0]["sentence"] and len(found) == 1


def test_page_and_workbook_show_what_the_brief_has_and_nothing_where_it_has_none(
    settings, daily, tmp_path
):
    chosen = stating(
        settings,
        {"name": "Open|AI <i>", "left": 950, "left_on": AS_OF, "covers": {"vendor": "OpenAI"}},
        {"name": "gpu", "kind": "commitment", "left": 100, "left_on": AS_OF, "unit": "GPU-hours",
         "last_day": "2026-05-05", "covers": {"vendor": "CloudCo"}},
    )  # fmt: skip
    run = fm.run(None, chosen, AS_OF, paths=64, months=1, daily=daily, dials=False)
    month = {"company": "A", "month": "2026-04", "currency": "USD", "as_of": AS_OF}
    close = Close(**month, daily=daily, base=run)
    known = replace(close, runouts=rows_of(chosen, daily, AS_OF, run))
    plain, whole = brief(close), brief(known)
    assert "runout" not in plain and "When it runs out" not in Page(plain).budget().html
    plain_one, whole_one = plain.pop("page_one"), dict(whole["page_one"])
    assert {key: whole[key] for key in plain} == plain  # no other figure moves
    # what runs out is to be decided; nothing else of page one moves
    due = [one["what"] for one in whole_one.pop("decisions")]
    assert due == ["Fill up the prepaid balance Open|AI <i>"]
    assert whole_one | {"decisions": []} == plain_one
    plain["page_one"] = plain_one
    schema = json.loads((ROOT / "finops_model/measure/brief.schema.json").read_text())
    row_schema = {"$ref": "#/$defs/RunoutRow", "$defs": schema["$defs"]}
    for row in json.loads(json.dumps(whole["runout"])):
        jsonschema.validate(row, row_schema)
    page = Page(whole)
    html = page.budget().html
    assert "When it runs out, USD, Effective (amortised)" in html and "<i>" not in html
    assert "6 May 2026" in html and "60 GPU-hours would expire unused on 5 May 2026" in html
    assert [one for one in page.differences() if one.startswith("runout")] == []
    book = load_workbook(write_workbook(whole, tmp_path / "w.xlsx"))
    sheet = book["Runs out"]
    assert [sheet.cell(5, column).value for column in (1, 3, 5, 8)] == [
        "Prepaid balance Open|AI <i>",
        "USD",
        950,
        "2026-05-06",
    ]
    assert "Runs out" not in load_workbook(write_workbook(plain, tmp_path / "p.xlsx")).sheetnames


def test_a_unit_has_its_own_budget_and_the_company_the_rest(settings, daily):
    run = fm.run(None, settings, AS_OF, paths=64, months=1, daily=daily, dials=False)
    found = [
        {"business_unit": "", "name": "company"},
        {"business_unit": "All", "name": "unit"},
    ]
    month = {"company": "A", "month": "2026-04", "currency": "USD", "as_of": AS_OF}
    close = Close(**month, daily=daily, base=run, runouts=found)
    assert [row["name"] for row in brief(close)["runout"]] == ["company"]
    assert [row["name"] for row in brief(close, "All")["runout"]] == ["unit"]
