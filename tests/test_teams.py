"""A team column is enough for a table by team, and sentences name only what the bill says."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest
from commands import finops

from finops_model.measure import actuals
from finops_model.wording.workload import spoken, spoken_apart

FIRST, LAST = dt.date(2026, 5, 1), dt.date(2026, 8, 31)
DAYS = [FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)]
DAILY = {"search": 100, "support": 40, "": 7}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A table of day, cost and team, taken in by `finops start` with nothing else."""
    folder = tmp_path_factory.mktemp("teams")
    lines = [
        f"{day},{cost + day.day % 5 + day.month},{team}"
        for day in DAYS
        for team, cost in DAILY.items()
    ]
    (folder / "costs.csv").write_text("\n".join(["Date,Cost,Team", *lines]) + "\n")
    code, _, told = finops("start", "costs.csv", "--currency", "USD", "--yes", cwd=folder)
    assert code == 0, told
    return folder / "workspaces" / "costs"


def brief(workspace) -> dict:
    return json.loads((workspace / "reports/2026-08/company/brief.json").read_text())


def expected(team: str, month: int | None = None) -> int:
    return sum(DAILY[team] + day.day % 5 + day.month for day in DAYS if month in (None, day.month))


def test_a_team_column_without_an_organisation_file_gives_a_table_by_team(workspace):
    whole = sum(expected(team, 8) for team in DAILY)
    assert brief(workspace)["teams"] == [
        {
            "team": team,
            "actual": pytest.approx(expected(team, 8)),
            "previous_month": pytest.approx(expected(team, 7)),
            "year_to_date": pytest.approx(expected(team)),
            "share": pytest.approx(expected(team, 8) / whole),
        }
        for team in ("search", "support", "")
    ]
    page = (workspace / "reports/2026-08/company/report.html").read_text(encoding="utf-8")
    assert "August 2026 by team, USD" in page and ">no team<" in page
    assert "Business units: no organisation file says which unit a team belongs to." in page


def test_a_forecast_by_team_needs_no_organisation_file(workspace):
    code, said, told = finops(
        "forecast", "--by", "team", "--months", "1", "--json", "-s", workspace
    )
    assert code == 0, told
    assert {"search", "support", "Company"} <= {row["node"] for row in json.loads(said)["rows"]}


def test_no_sentence_and_no_table_of_the_page_names_what_is_not_known(workspace):
    said = brief(workspace)
    page = (workspace / "reports/2026-08/company/report.html").read_text(encoding="utf-8")
    for text in (said["headline"], *said["summary"], page):
        assert "/(untagged)" not in text and "(untagged)/" not in text
    assert "The largest movement since the month before is" in " ".join(said["summary"])
    assert "untagged cost" in page
    # files keep the whole name: scenarios and known.yaml find a workload by it
    assert "search/(untagged)/(not stated)" in {row["workload"] for row in said["lines"]}


def test_teams_are_no_table_where_units_or_no_names_are(workspace):
    days = pd.to_datetime(["2026-08-01", "2026-08-02"])
    rows = pd.DataFrame(
        {"ChargeDate": days, "x_Team": ["a", "b"], "x_BusinessUnit": "All", "EffectiveCost": 1.0}
    )
    asked = ("2026-08", "2026-07", ["2026-08"])
    assert [one["team"] for one in actuals.teams(rows, rows, *asked)] == ["a", "b"]
    assert actuals.teams(rows.assign(x_BusinessUnit=["U", "All"]), rows, *asked) == []
    assert actuals.teams(rows.assign(x_Team="(untagged)"), rows, *asked) == []


def test_a_month_without_cost_has_no_shares_and_a_first_month_none_before(workspace):
    days = pd.to_datetime(["2026-08-01", "2026-08-02"])
    rows = pd.DataFrame(
        {
            "ChargeDate": days,
            "x_Team": ["a", "b"],
            "x_BusinessUnit": "All",
            "EffectiveCost": [2.0, -2.0],
        }
    )
    for one in actuals.teams(rows, rows, "2026-08", "2026-07", ["2026-08"]):
        assert (one["share"], one["previous_month"]) == (None, None)


def test_names_that_would_read_alike_stay_whole():
    names = ["a/(untagged)/GPU", "(untagged)/a/GPU", "team/prod/GPU", "a tag", "3 others"]
    assert spoken_apart(names) == names
    assert spoken("(untagged)/prod/(not stated)") == "prod"
    assert spoken("(untagged)") == "(untagged)"  # a tag of its own
