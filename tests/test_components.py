"""What Prophet alone consists of: parts that add up to its point, changepoints, charts, command (docs/method §2.26)."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenario_world import settings as workspace
from scenario_world import world
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError, ForecastError, InputError
from finops_model.forecasting.covariates import components as core
from finops_model.publish.charts import components as charts
from finops_model.simulate import prophet_alone, scenarios

DAYS = pd.date_range("2025-01-01", periods=400)
WEEK = np.resize([2.0, 2, 2, 2, 1, -3, -3], 430)
EVENT = "2025-10-28"


def told() -> dict:
    """A driver that swings and doubles, a price cut in the past, a launch ahead, days off."""
    seats = 1000 + 200 * np.sin(np.arange(430) / 20)
    seats[415:] *= 2
    return {
        "driver": pd.Series(seats, pd.date_range("2025-01-01", periods=430)),
        "events": [
            {"kind": "price_change", "since": EVENT, "factor": 0.8, "name": "price cut"},
            {"kind": "launch", "since": "2026-02-10", "amount": 900, "name": "agents"},
        ],
        "holidays": {"2025-03-03": "pause", "2025-06-02": "pause", "2026-02-09": "pause"},
        "cap": 16_000.0,
        "floor": 100.0,
    }


@pytest.fixture(scope="module")
def use():
    rng = np.random.default_rng(1)
    values = (9 + WEEK[:400]) * told()["driver"].to_numpy()[:400] * np.exp(rng.normal(0, 0.02, 400))
    values[DAYS >= EVENT] *= 0.8
    values[[61, 152]] *= 0.4
    return pd.Series(values, DAYS)


@pytest.fixture(scope="module")
def made(use):
    return fm.components(use, 30, **told())


def test_parts_of_a_day_add_up_to_the_point_of_a_forecast_by_prophet(use, made):
    """Every day of the forecast, to the last digit, with everything that can be known; the oracle is `fm.forecast` itself."""
    forecast = fm.forecast(use, 30, paths=20, methods="prophet", **told())
    np.testing.assert_allclose(made.point[-30:], forecast.median, rtol=1e-12)
    frame = made.frame()
    np.testing.assert_allclose(frame[list(core.PARTS)].sum(axis=1), frame["point"], rtol=1e-12)
    assert frame["ds"].tolist() == pd.date_range("2025-01-01", periods=430).tolist()
    np.testing.assert_array_equal(frame["actual"][:400], use)
    assert frame["actual"][400:].isna().all()
    months = made.months()
    assert months["month"].tolist() == ["2026-02", "2026-03"]
    assert months["point"].sum() == pytest.approx(forecast.median.sum())


def test_each_part_holds_what_its_name_says(use, made):
    part = dict(zip(core.PARTS, made.parts))
    ahead = slice(400, None)
    # the cut of a fifth stands in events, as a fifth of what would have been
    without = made.point - part["events"] - part["limits"]
    inside = slice(310, 400)
    np.testing.assert_allclose(part["events"][inside], -0.2 * without[inside], rtol=1e-9)
    assert not part["events"][:300].any()
    # the launch adds its amount on top from its day on
    launched = np.flatnonzero(pd.date_range("2025-01-01", periods=430) >= "2026-02-10")
    np.testing.assert_allclose(part["events"][launched], -0.2 * without[launched] + 900, rtol=1e-9)
    # seats double ahead: the driver carries about what all the rest is, and a cap holds days
    assert part["driver"][415:].mean() == pytest.approx(
        (without - part["driver"])[415:].mean() * (told()["driver"][415:].mean() / 1000 - 1),
        rel=0.1,
    )
    assert made.point[ahead].max() <= 16_000 + 1e-6 and part["limits"].max() < 1e-9
    # the week is that of the history, days off are only on their days
    assert set(np.flatnonzero(np.abs(part["holidays"]) > 1e-9)) == {61, 152, 404}
    assert np.corrcoef(part["weekly"], WEEK)[0, 1] > 0.99
    assert not part["yearly"].any()  # from 730 days on


def test_a_limit_holds_the_point_and_says_how_much():
    flat = pd.Series(np.r_[np.full(190, 10.0), np.full(10, 30.0)], DAYS[:200])
    capped = fm.components(flat, 20, cap=9.0)
    assert capped.point[-20:].max() == pytest.approx(9.0)
    held = capped.parts[core.PARTS.index("limits"), -20:]
    assert held.max() == 0 and held.min() < -0.1  # where the point touches the cap, and there alone
    np.testing.assert_allclose(capped.point[-20:][held < 0], 9.0)


def test_changepoints_have_dates_and_sizes_and_say_what_began():
    """A trend that turned on the day of an event: before 0, after 15 a day each month."""
    rng = np.random.default_rng(3)
    y = pd.Series(
        np.r_[np.full(200, 100.0), 100 + 0.5 * np.arange(100)] + rng.normal(0, 0.3, 300),
        DAYS[:300],
    )
    event = {
        "kind": "level_change",
        "since": str(DAYS[200].date()),
        "factor": 1.0,
        "name": "roll-out",
    }
    made = fm.components(
        y, 30, events=[event], prophet={"changepoint_prior_scale": 0.5, "n_changepoints": 3}
    )
    known = next(one for one in made.changepoints if one.known)
    assert (known.day, known.known) == (str(DAYS[200].date()), "roll-out")
    assert known.before == pytest.approx(0, abs=0.5) and known.after == pytest.approx(15, rel=0.05)
    assert known.change == pytest.approx(known.after - known.before)
    assert made.bends(0.05) == [known] and len(made.changepoints) == 4


@settings(max_examples=4, deadline=None)
@given(power=st.integers(-20, 20))
def test_parts_scale_with_the_history(use, power):
    """Law: the same history in another unit has the same parts, times the rate. Powers of two: other rates move the last digit of
    what Prophet divides by, and where its optimiser stops with it (up to 1 %)."""
    times = 2.0**power
    plain, scaled = fm.components(use[:200], 10), fm.components(use[:200] * times, 10)
    np.testing.assert_allclose(scaled.parts, plain.parts * times, rtol=1e-9, atol=1e-9 * times)


def test_sums_are_sums_of_parts_and_bend_where_the_sum_does(use):
    one, two = fm.components(use[:200], 10), fm.components(use[50:200], 10)
    whole = core.add_up([one, two], "both")
    np.testing.assert_allclose(whole.point[50:], one.point[50:] + two.point)
    np.testing.assert_allclose(whole.parts[:, :50], one.parts[:, :50])
    assert [b.day for b in whole.changepoints] == sorted(
        {b.day for part in (one, two) for b in part.changepoints}
    )
    slope = 30 * np.diff(whole.parts[0])
    at = {str(day): i for i, day in enumerate(whole.dates)}
    assert all(bend.after == pytest.approx(slope[at[bend.day]]) for bend in whole.changepoints)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    return workspace(folder), world()


def test_a_workspace_is_the_sum_of_its_workloads_and_says_whom_it_leaves_out(company):
    own, daily = company
    whole, without, facts = prophet_alone.of_workspace(own, 40, daily=daily)
    parts = [
        prophet_alone.of_workspace(own, 40, daily=daily, workload=name)[0]
        for name in facts.names
        if name not in without
    ]
    np.testing.assert_allclose(whole.point, sum(part.point for part in parts), rtol=1e-9)
    assert {part.name for part in parts} | set(without) == set(facts.names)
    demand = scenarios.demand_of(facts, 40, 0)
    by_prophet = prophet_alone.demand_by_prophet(demand, facts)
    at = facts.names.index(parts[0].name)
    np.testing.assert_allclose(by_prophet.median[:, at], parts[0].point[-40:])
    assert (by_prophet.level_sd == demand.level_sd).all()
    with pytest.raises(ForecastError) as refused:
        prophet_alone.of_workspace(own, 40, daily=daily, workload="trian")
    assert str(refused.value) == (
        f"components: unknown workload 'trian'. Did you mean 'train'? Known: {', '.join(facts.names)}."
    )


@pytest.mark.parametrize(
    "make, message",
    [
        (
            lambda y: (y[:100], 10),
            "components: it has 100 days since it began, and Prophet needs 120.",
        ),
        (lambda y: (y * 0, 10), "components: nothing was used."),
        (lambda y: (y, 0), "horizon: 0 must be a whole number from 1 to 3,700."),
        (lambda y: (y.where(np.arange(400) < 200, 0.0), 10), "components: its use has ended."),
        (
            lambda y: (y.where(np.arange(400) % 5 == 0, 0.0), 10),
            "components: it is used now and then (method §2.17).",
        ),
    ],
)
def test_histories_that_prophet_does_not_forecast_are_refused_word_for_word(use, make, message):
    with pytest.raises(ForecastError) as refused:
        fm.components(*make(use))
    assert str(refused.value) == message


def test_words_of_a_series_and_of_a_workspace_are_kept_apart(use, company):
    with pytest.raises(ForecastError, match="workload is of a workspace; a series is one already."):
        fm.components(use, workload="chat")
    with pytest.raises(ForecastError) as refused:
        fm.components(company[0], cap=3.0, holidays="US")
    assert str(refused.value) == (
        "components: holidays, cap: a workspace takes what is known from known.yaml. Write it there."
    )
    with pytest.raises(FinOpsError) as refused:
        fm.components(use, prophet={"changepoint_prior": 1})
    assert "Did you mean 'changepoint_prior_scale'?" in str(refused.value)


def test_charts_say_what_they_show_and_hold_no_script(made):
    figures = made.figures()
    assert (
        figures[0].title.startswith("Prophet's trend ") and " a day each month" in figures[0].title
    )
    assert [figure.title.split(":")[0] for figure in figures[1:]] == [
        part
        for _, part in sorted(
            (
                (-np.abs(values).mean(), charts.NAMES[name][0].upper() + charts.NAMES[name][1:])
                if name != "weekly"
                else (-np.abs(values).mean(), "The week")
                for name, values in zip(core.PARTS, made.parts)
                if name != "trend" and np.abs(values).mean() > 1e-4 * np.abs(made.parts[0]).mean()
            )
        )
    ]
    shown = made._repr_html_()
    assert shown.count("<svg") == len(figures) and "<script" not in shown
    assert not re.search(r"https?://(?!www\.w3\.org)", shown)
    assert all(figure.alt.startswith(figure.title) for figure in figures)


def test_the_command_writes_a_table_of_days_its_changepoints_and_a_page(tmp_path, use):
    table, folder = tmp_path / "use.csv", tmp_path / "out"
    hostile = "a<script>\x1b]0;x\x07"
    pd.DataFrame(
        {"day": DAYS[:200].strftime("%Y-%m-%d"), hostile: use.to_numpy()[:200].round(2)}
    ).to_csv(table, index=False)
    ran = CliRunner().invoke(
        app, ["components", "--csv", str(table), "--days", "30", "--to", str(folder), "--json"]
    )
    assert ran.exception is None, ran.exception
    said = json.loads(ran.output)
    days = pd.read_csv(folder / "components.csv")
    assert len(days) == 230 and days.columns.tolist() == ["ds", "actual", "point", *core.PARTS]
    assert sum(month["point"] for month in said["months"]) == pytest.approx(
        days["point"][-30:].sum()
    )
    bends = pd.read_csv(folder / "changepoints.csv")
    assert len(bends) == len(said["changepoints"]) == 25
    np.testing.assert_allclose(bends["change"], bends["after"] - bends["before"], atol=1e-9)
    page = (folder / "components.html").read_text(encoding="utf-8")
    assert "<script" not in page and "\x1b" not in page and "a&lt;script&gt;" in page
    shown = CliRunner().invoke(app, ["components", "--csv", str(table), "--days", "30"])
    assert "Prophet alone, 30 days ahead" in shown.output and "\x1b]0" not in shown.output


def test_the_command_refuses_several_series_and_words_of_the_other_kind(tmp_path):
    table = tmp_path / "two.csv"
    rows = (f"{day:%Y-%m-%d},1,2" for day in DAYS[:20])
    table.write_text("\n".join(["day,a,b", *rows]))
    for words, message in (
        (
            ["--csv", str(table)],
            "two.csv: it holds 2 series: a, b. Name one of them: --value-column NAME.",
        ),
        (
            ["--csv", str(table), "--workload", "x"],
            "--workload is of a ledger, and --csv brings a series. Give one of them.",
        ),
    ):
        refused = CliRunner().invoke(app, ["components", *words]).exception
        assert isinstance(refused, InputError) and str(refused) == message
