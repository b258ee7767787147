"""Published forecasts graded against what came (docs/method §11.3, §11.4)."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from finops_model.errors import InputError
from finops_model.measure.grades import (
    LEVELS,
    actual_months,
    calibration,
    drift,
    grade,
    naive_months,
    published,
    workload_months,
)


def brief(made, months, unit="Company", centre=100.0):
    spread = {"p05": -20, "p10": -15, "p25": -7, "p50": 0, "p75": 7, "p90": 15, "p95": 20}
    return {
        "unit": unit,
        "month": made,
        "currency": "USD",
        "forecast": {
            "months": [
                {"month": month, **{name: centre + off for name, off in spread.items()}}
                for month in months
            ]
        },
    }


def archive(folder, briefs):
    reports = []
    for one in briefs:
        slug = one["unit"].casefold()
        path = folder / one["month"] / slug
        path.mkdir(parents=True)
        raw = json.dumps(one).encode()
        (path / "brief.json").write_bytes(raw)
        reports.append(
            {
                "month": one["month"],
                "unit": one["unit"],
                "slug": slug,
                "files": {"brief.json": {"sha256": hashlib.sha256(raw).hexdigest()}},
            }
        )
    (folder / "index.json").write_text(json.dumps({"schema": 1, "reports": reports}))
    return folder


def test_every_published_month_ahead_is_graded_once_its_month_is_over(tmp_path):
    found = published(
        archive(
            tmp_path,
            [
                brief("2026-08", ["2026-08", "2026-09", "2026-10"]),
                brief("2026-09", ["2026-10", "2026-11"], centre=120.0),
            ],
        )
    )
    assert found[["made", "for", "lead"]].values.tolist() == [
        ["2026-08", "2026-09", 1],
        ["2026-08", "2026-10", 2],
        ["2026-09", "2026-10", 1],
        ["2026-09", "2026-11", 2],
    ]
    graded = grade(found, {("Company", "2026-09"): 110.0, ("Company", "2026-10"): 150.0})
    assert graded.waiting == 1 and graded.rows["actual"].tolist() == [110.0, 150.0, 150.0]
    assert graded.rows["error_pct"].round(4).tolist() == [
        round(10 / 110, 4),
        round(50 / 150, 4),
        0.2,
    ]
    assert graded.rows["finops_variance_pct"].round(4).tolist() == [-0.1, -0.5, -0.25]
    assert graded.rows["band"].tolist() == ["run", "outside", "crawl"] and graded.rows[
        "inside80"
    ].tolist() == [True, False, False]
    assert graded.drift[["for", "previous", "made", "drift_pct"]].values.tolist() == [
        ["2026-10", "2026-08", "2026-09", 0.2]
    ]
    assert graded.sentence() == (
        "3 published forecasts of 2 months missed by 22.0% of what was spent; where we said 80 %, 1 of 3 came true; too few to judge the "
        "range by."
    )


def test_calibrated_forecasts_come_out_calibrated_and_overconfident_ones_do_not():
    rng = np.random.default_rng(5)
    n = 4000
    quantile = {
        name: float(np.quantile(rng.standard_normal(200_000), level))
        for name, level in LEVELS.items()
    }
    rows = pd.DataFrame(
        {
            **{name: np.full(n, 100 + 10 * value) for name, value in quantile.items()},
            "actual": 100 + 10 * rng.standard_normal(n),
        }
    )
    found = calibration(rows)
    assert (np.abs(found["share"] - found["level"]) < 4 * 0.5 / np.sqrt(n)).all() and (
        found["n"] == n
    ).all()
    proud = calibration(rows.assign(**{name: 100 + 3 * value for name, value in quantile.items()}))
    assert (
        float(proud.loc[(proud["kind"] == "range") & (proud["level"] == 0.8), "share"].iloc[0])
        < 0.4
    )


def test_months_count_when_they_are_over():
    days = pd.date_range("2026-09-01", "2026-10-15")
    daily = pd.DataFrame(
        {"ChargeDate": days, "ChargeCategory": "Usage", "x_BusinessUnit": "A", "EffectiveCost": 2.0}
    )
    assert actual_months(daily, "2026-10-15", ["Company", "A"]) == {
        ("Company", "2026-09"): 60.0,
        ("A", "2026-09"): 60.0,
    }


def test_an_altered_brief_is_not_graded(tmp_path):
    folder = archive(tmp_path, [brief("2026-08", ["2026-09"])])
    path = folder / "2026-08" / "company" / "brief.json"
    path.write_text(path.read_text().replace("100.0", "140.0"))
    with pytest.raises(InputError) as raised:
        published(folder)
    assert str(raised.value) == (
        f"{path}: it is not what was published (its hash differs from the index). Bring the published file back; an altered "
        "forecast is not graded."
    )
    with pytest.raises(InputError) as raised:
        published(tmp_path / "none")
    assert (
        str(raised.value)
        == f"{tmp_path / 'none'}: no index.json there, so nothing has been published yet. Publish first: finops report."
    )


def test_nothing_published_nothing_graded_and_a_month_of_nothing_has_no_error():
    empty = grade(pd.DataFrame(columns=["unit", "made", "for", "lead", *LEVELS, "currency"]), {})
    assert (
        empty.sentence()
        == "No published forecast can be graded yet; 0 wait for their months to end."
        and not len(drift(empty.rows))
    )
    row = {
        "unit": "A",
        "made": "2026-08",
        "for": "2026-09",
        "lead": 1,
        **dict.fromkeys(LEVELS, 0.0),
        "currency": "USD",
    }
    graded = grade(pd.DataFrame([row]), {("A", "2026-09"): 0.0}).rows
    assert np.isnan(graded["error_pct"].iloc[0]) and graded["band"].iloc[0] == ""


# --- numbers set by hand, baseline, thresholds, what a close takes ---


def by_hand(brief_, **hands):
    for month in brief_["forecast"]["months"]:
        month["override"] = (
            {"value": hands[month["month"]], "by": "Ingrid", "because": "launch"}
            if month["month"] in hands
            else None
        )
    return brief_


def test_the_hand_is_graded_beside_the_model(tmp_path):
    first = by_hand(
        brief("2026-07", ["2026-08", "2026-09", "2026-10"]), **{"2026-08": 120.0, "2026-09": 95.0}
    )
    found = published(archive(tmp_path, [first, brief("2026-08", ["2026-09"])]))
    graded = grade(
        found,
        {
            ("Company", month): value
            for month, value in (("2026-08", 110.0), ("2026-09", 110.0), ("2026-10", 90.0))
        },
    )
    hand = graded.by_hand()
    # August: hand 10 off, model 10 off (a tie is not better); September: hand 15 off, model 10 off; the rest has no hand
    assert hand == {
        "n": 2,
        "months": 2,
        "hand_error_pct": pytest.approx(25 / 220),
        "model_error_pct": pytest.approx(20 / 220),
        "better": 0,
        "sentence": "By hand: 11.4 %, model: 9.1 %; the hand was better in 0 of 2 months",
    }
    assert (
        graded.rows["p50"].eq(100.0).all() and graded.rows["hand"].tolist()[0] == 120.0
    )  # beside, never in its place
    assert (
        graded.rows["hand_error_pct"].round(4).tolist()[0] == round(10 / 110, 4)
        and graded.as_brief()["by_hand"] == hand
    )
    assert (
        graded.as_brief()["detail"][0]["by"] == "Ingrid"
        and graded.as_brief()["detail"][-1]["hand"] is None
    )


def test_without_a_hand_there_is_nothing_to_say_of_one(tmp_path):
    assert (
        grade(
            published(archive(tmp_path, [brief("2026-07", ["2026-08"])])),
            {("Company", "2026-08"): 1.0},
        ).by_hand()
        is None
    )


def test_the_same_month_by_hand_from_two_reports_is_two_forecasts_of_one_month(tmp_path):
    briefs = [
        by_hand(brief(made, ["2026-10"]), **{"2026-10": value})
        for made, value in (("2026-08", 130.0), ("2026-09", 111.0))
    ]
    hand = grade(published(archive(tmp_path, briefs)), {("Company", "2026-10"): 110.0}).by_hand()
    assert (hand["n"], hand["months"], hand["better"]) == (2, 1, 1) and hand["sentence"].endswith(
        "the hand was better in 1 of 2 forecasts"
    )


def test_a_close_takes_earlier_reports_only_and_does_not_stop_for_an_altered_one(tmp_path):
    folder = archive(
        tmp_path,
        [
            brief("2026-08", ["2026-09"]),
            brief("2026-09", ["2026-10"]),
            brief("2026-10", ["2026-11"]),
        ],
    )
    assert published(folder, before="2026-10")["made"].tolist() == ["2026-08", "2026-09"]
    path = folder / "2026-08" / "company" / "brief.json"
    path.write_text(path.read_text().replace("100.0", "140.0"))
    assert published(folder, before="2026-10")["made"].tolist() == ["2026-09"]
    empty = published(tmp_path / "none", before="2026-10")
    assert not len(empty) and grade(empty, {}).as_brief() is None


def test_the_baseline_repeats_the_week_before_the_report_s_newest_day():
    days = pd.date_range("2026-08-01", "2026-10-31")
    daily = pd.DataFrame(
        {
            "ChargeDate": days,
            "ChargeCategory": "Usage",
            "x_BusinessUnit": "A",
            "EffectiveCost": np.where(days.dayofweek < 5, 10.0, 1.0),
        }
    )
    forecasts = pd.DataFrame(
        [
            {
                "unit": "A",
                "made": "2026-09",
                "for": "2026-10",
                "lead": 1,
                **dict.fromkeys(LEVELS, 200.0),
                "as_of": "2026-09-30",
                "hand": None,
            }
        ]
    )
    october = days[days.month == 10]
    expected = float(np.where(october.dayofweek < 5, 10.0, 1.0).sum())
    naive = naive_months(daily, forecasts)
    assert naive == {("A", "2026-09-30", "2026-10"): expected}
    row = grade(forecasts, {("A", "2026-10"): 250.0}, naive=naive).by_lead().iloc[0]
    assert row["naive_error_pct"] == pytest.approx(abs(expected - 250) / 250) and row[
        "skill"
    ] == pytest.approx(1 - 0.2 / row["naive_error_pct"])


def test_thresholds_are_yours_to_choose():
    rows = [
        {
            "unit": "A",
            "made": "2026-08",
            "for": f"2026-{month:02}",
            "lead": 1,
            **dict.fromkeys(LEVELS, 100.0),
        }
        for month in (9, 10)
    ]
    graded = grade(
        pd.DataFrame(rows),
        {("A", "2026-09"): 104.0, ("A", "2026-10"): 130.0},
        bands=(("tight", 0.05), ("loose", 0.3)),
    )
    assert graded.rows["band"].tolist() == ["tight", "loose"]
    assert graded.by_lead()[["within_5", "within_30"]].values.tolist() == [[0.5, 1.0]]


def test_months_that_cost_nothing_have_no_percentage_in_words():
    row = {
        "unit": "A",
        "made": "2026-08",
        "for": "2026-09",
        "lead": 1,
        **dict.fromkeys(LEVELS, 5.0),
    }
    assert (
        grade(pd.DataFrame([row]), {("A", "2026-09"): 0.0}).sentence()
        == "1 published forecast is of a month that cost nothing, so there is no percentage."
    )


def test_a_number_for_one_workload_is_graded_against_that_workload_and_once(tmp_path):
    hand = {
        "workload": "chat",
        "month": "2026-09",
        "value": 40.0,
        "by": "Ingrid",
        "because": "launch",
        "p50": 50.0,
    }
    briefs = [
        brief("2026-08", ["2026-09"]) | {"by_hand": [hand]},
        brief("2026-08", ["2026-09"], unit="Support") | {"by_hand": [hand]},
    ]
    found = published(archive(tmp_path, briefs))
    days = pd.date_range("2026-08-01", "2026-10-15")
    daily = pd.concat(
        [
            pd.DataFrame(
                {
                    "ChargeDate": days,
                    "ChargeCategory": "Usage",
                    "x_BusinessUnit": "Support",
                    "x_Workload": name,
                    "EffectiveCost": cost,
                }
            )
            for name, cost in (("chat", 1.4), ("rest", 2.0))
        ]
    )
    alone = workload_months(daily, "2026-10-15", found)
    assert set(alone) == {("chat", "2026-08"), ("chat", "2026-09")} and alone[
        "chat", "2026-09"
    ] == pytest.approx(42.0)
    graded = grade(
        found, actual_months(daily, "2026-10-15", ["Company", "Support"]), workloads=alone
    )
    assert (
        len(graded.rows) == 2
        and graded.rows["hand"].isna().all()
        and (graded.calibration["n"] == 1).all()
    )  # a workload is no unit, the company its sum
    assert graded.by_hand() == {
        "n": 1,
        "months": 1,
        "hand_error_pct": pytest.approx(2 / 42),
        "model_error_pct": pytest.approx(8 / 42),
        "better": 1,
        "sentence": "By hand: 4.8 %, model: 19.0 %; the hand was better in 1 of 1 month",
    }
    assert [(row["workload"], row["hand"]) for row in graded.as_brief()["workloads"]] == [
        ("chat", 40.0)
    ]
    waits = grade(found, {}, workloads={})
    assert waits.waiting == 2 and waits.by_hand() is None
