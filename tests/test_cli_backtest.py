"""`finops backtest` and `finops grades`: what the terminal, --json, the brief and the report say is one number (docs/method §11.5)."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from pathlib import Path

import commands
import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import finops_model as fm
from finops_model.cli import app
from finops_model.errors import FinOpsError
from finops_model.facts.intake.series import read_series
from finops_model.forecasting.methods import pick
from finops_model.forecasting.years import MEMBERS


def finops(*words, cwd):
    return commands.finops(*words, cwd=cwd, columns=160)


def bill(folder: Path) -> Path:
    """Two teams' daily cost for fifteen months and a half; finops.yaml beside it."""
    rng, days = np.random.default_rng(7), pd.date_range("2025-08-01", "2026-11-12")
    parts = []
    for team, service, size in (("ai", "GPU", 400.0), ("web", "Storage", 90.0)):
        cost = (
            size
            * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
            * np.where(days.dayofweek < 5, 1.1, 0.8)
        )
        month = days.to_period("M")
        parts.append(
            pd.DataFrame(
                {
                    "BilledCost": cost.round(2),
                    "EffectiveCost": cost.round(2),
                    "BillingCurrency": "USD",
                    "ServiceName": service,
                    "ChargeCategory": "Usage",
                    "BillingPeriodStart": month.start_time.strftime("%Y-%m-%dT00:00:00Z"),
                    "BillingPeriodEnd": (month + 1).start_time.strftime("%Y-%m-%dT00:00:00Z"),
                    "ChargePeriodStart": days.strftime("%Y-%m-%dT00:00:00Z"),
                    "ChargePeriodEnd": (days + pd.Timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z"),
                    "InvoiceIssuerName": "Cinder",
                    "Tags": json.dumps({"team": team, "business_unit": team}),
                }
            )
        )
    pd.concat(parts).to_csv(folder / "bill.csv", index=False)
    (folder / "finops.yaml").write_text(
        "company: Two teams\nbills: [bill.csv]\nledger: ledger\nreports: reports\npaths: 300\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Reports of August and October 2026 are published; November is under way."""
    folder = bill(tmp_path_factory.mktemp("backtest"))
    for month in ("2026-08", "2026-10"):
        code, _, err = finops("report", "--month", month, "--fast", cwd=folder)
        assert code == 0, err
    return folder


def told(folder, *words) -> dict:
    code, out, err = finops(*words, "--json", cwd=folder)
    assert code == 0, err
    return json.loads(out)


@pytest.mark.parametrize("unit, slug", [("Company", "company"), ("ai", "ai")])
def test_report_backtest_and_json_say_the_same(workspace, unit, slug):
    place = workspace / "reports" / "2026-10" / slug
    brief, page = (
        json.loads((place / "brief.json").read_text(encoding="utf-8"))["accuracy"],
        (place / "report.html").read_text(encoding="utf-8"),
    )
    found = told(workspace, "backtest", "--unit", unit)
    assert found["month"] == "2026-10"  # the newest complete month, as the report
    assert found["kept"]["hits"] >= 5  # replays of the report are not made again
    bare = [
        {key: value for key, value in row.items() if key != "window"}
        for row in [*found["rows"], found["quarter"]]
    ]
    assert bare == [*brief["rows"], brief["quarter"]]
    for key in ("sentence", "trust", "calibration", "detail", "bands"):
        assert found[key] == brief[key], key
    section = page[page.index('id="track-record"') :]
    assert "How good were we, and how far to trust this" in section and len(page) < 350_000
    for i, row in enumerate(brief["rows"]):
        for key in ("error_pct", "naive_error_pct"):
            assert (
                f'data-path="accuracy/rows/{i}/{key}" data-way="rate" value="{row[key]!r}"'
                in section
            )
    if unit != "Company":
        return  # the table in words once: a replay takes seconds
    code, out, _ = finops("backtest", "--unit", unit, cwd=workspace)
    assert code == 0 and brief["trust"] in out
    assert f"{brief['rows'][0]['error_pct'] * 100:.1f} %" in out and "Day by day" in out


def test_days_come_from_the_same_month_ends_and_are_the_daily_cost_forecast_directly(workspace):
    found = told(workspace, "backtest", "--cutoffs", 3, "--horizons", "7,30", "--leads", "1,2")
    assert [row["lead"] for row in found["rows"]] == [1, 2] and [
        row["window"] for row in found["days"]
    ] == ["next 7 days", "next 30 days"]
    bills = pd.read_csv(workspace / "bill.csv")
    cost = bills.groupby(pd.to_datetime(bills["ChargePeriodStart"]).dt.tz_localize(None))[
        "EffectiveCost"
    ].sum()[:"2026-10-31"]
    alone = fm.backtest(cost, (1,), 3, horizons=(7, 30)).summary().query("kind == 'days'")
    assert [row["wape"] for row in found["days"]] == pytest.approx(alone["wape"].tolist())
    assert sorted({row["made"] for row in found["detail"]}) == ["2026-07", "2026-08", "2026-09"]


def test_a_row_set_of_every_unit(workspace):
    found = told(workspace, "backtest", "--by", "series", "--cutoffs", 2, "--horizons", "")
    assert [part["unit"] for part in found["units"]] == ["Company", "ai", "web"] and all(
        not part["days"] for part in found["units"]
    )
    for i, row in enumerate(found["units"][0]["detail"]):
        assert row["actual"] == pytest.approx(
            sum(part["detail"][i]["actual"] for part in found["units"][1:])
        )


def test_published_and_replayed_stand_apart_and_grades_say_what_the_brief_says(workspace):
    brief = json.loads(
        (workspace / "reports" / "2026-10" / "company" / "brief.json").read_text(encoding="utf-8")
    )
    published = brief["accuracy"]["published"]
    assert [(row["made"], row["for"]) for row in published["detail"]] == [
        ("2026-08", "2026-09"),
        ("2026-08", "2026-10"),
    ]
    found = told(workspace, "grades", "--unit", "Company")
    same = [row for row in found["rows"] if row["made"] < "2026-10"]
    for key in ("p50", "actual", "naive", "error_pct", "band"):
        assert [row[key] for row in same] == [row[key] for row in published["detail"]], key
    assert (
        found["sentence"] == published["sentence"]
        and found["by_lead"][0]["naive_error_pct"] == published["rows"][0]["naive_error_pct"]
    )
    page = (workspace / "reports" / "2026-10" / "company" / "report.html").read_text(
        encoding="utf-8"
    )
    assert "Replayed: said 80 %, was" in page and "Published: said 80 %, was" in page
    code, out, _ = finops("grades", "--bands", "5,30", cwd=workspace)
    assert code == 0 and "≤ 5 %" in out and "too few to judge by" in out


def test_a_report_is_verified_with_what_was_published_before_it(workspace):
    code, out, err = finops("verify", "reports/2026-10/company", cwd=workspace)
    lines = [line for line in (out + err).splitlines() if line.startswith("- ")]
    assert code == 0 or all("another version made it" in line for line in lines), (
        out + err
    )  # while the code is being written, its hash may move


def invoke(*words):
    return CliRunner().invoke(app, list(map(str, words)))


@pytest.fixture
def table(tmp_path):
    """Two series side by side; German marks."""
    days = pd.date_range("2025-01-01", "2026-02-28")
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "web": 100 + rng.normal(0, 5, len(days)),
            "gpu": 40 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days)))),
        },
        days,
    ).round(2)
    path = tmp_path / "usage.csv"
    text = [
        "Tag;web;gpu",
        *(
            f"{day:%d.%m.%Y};{web:.2f};{gpu:.2f}".replace(".", ",").replace(
                f"{day:%d,%m,%Y}", f"{day:%d.%m.%Y}"
            )
            for day, (web, gpu) in zip(days, frame.to_numpy())
        ),
    ]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path, frame


def test_a_csv_is_the_frame_it_holds(table):
    path, frame = table
    found = json.loads(invoke("backtest", "--csv", path, "--cutoffs", 4, "--json").output)
    alone = fm.backtest(frame, cutoffs=4).summary()
    assert [row["error_pct"] for row in found["rows"]] == pytest.approx(
        alone.query("kind == 'month'")["error_pct"].tolist()
    )
    assert [row["wape"] for row in found["days"]] == pytest.approx(
        alone.query("kind == 'days'")["wape"].tolist()
    )
    assert found["quarter"]["window"] == "months 1 to 3" and found["title"] == "usage.csv: 2 series"
    by = json.loads(
        invoke("backtest", "--csv", path, "--cutoffs", 4, "--by", "series", "--json").output
    )
    assert [part["title"] for part in by["units"]] == ["web", "gpu", "usage.csv: 2 series"]


def test_revisions_of_a_csv_are_those_of_its_forecasts(table):
    """The web series, forecast for March at the end of January and of February: the newer P50 ÷ the older − 1."""
    path, frame = table
    windows = fm.backtest(frame, cutoffs=4).months
    found = json.loads(invoke("backtest", "--csv", path, "--cutoffs", 4, "--json").output)
    p50 = {
        (row["series"], row["made"], row["for"]): row["p50"] for row in windows.to_dict("records")
    }
    rows = found["revisions"]["rows"]
    assert found["revisions"]["n"] == len(rows) > 4
    for row in rows:
        now, then = (p50[row["series"], row[key], row["for"]] for key in ("made", "previous"))
        assert row["drift_pct"] == pytest.approx(now / then - 1)
    shown = invoke("backtest", "--csv", path, "--cutoffs", 4, "--revisions").output
    assert "revisions of a month's P50" in shown
    assert found["revisions"]["sentence"] in " ".join(shown.split())


def test_revisions_of_a_ledger_are_those_of_the_report(workspace):
    place = workspace / "reports" / "2026-10" / "company" / "brief.json"
    brief = json.loads(place.read_text(encoding="utf-8"))["accuracy"]["revisions"]
    found = told(workspace, "backtest")["revisions"]
    assert {key: found[key] for key in brief} == brief and brief["n"] > 10
    code, out, _ = finops("backtest", "--revisions", "--horizons", "7", cwd=workspace)
    assert code == 0 and brief["sentence"] in " ".join(out.split())


def test_page_and_workbook_say_growth_and_what_moved_the_year_as_the_brief_has_them(workspace):
    place = workspace / "reports" / "2026-10" / "company"
    brief = json.loads((place / "brief.json").read_text(encoding="utf-8"))
    page = (place / "report.html").read_text(encoding="utf-8")
    page = html.unescape(re.sub('</?span( class="nw")?>', "", page))  # kept on one line
    year, moves = brief["growth"]["year"], brief["moved"]
    assert (
        year["months"] == ["2026-08", "2026-09", "2026-10"] and brief["growth"]["sentence"] in page
    )
    assert year["as_paid"] == pytest.approx(
        sum(brief["actual"]["by_month"][month] for month in year["months"])
        / sum(brief["actual"]["by_month"][month] for month in year["before"])
        - 1
    )
    assert [move["period"] for move in moves] == ["FY2026", "FY2027"]
    assert moves[0]["p50"] == pytest.approx(brief["landing"]["p50"])
    assert moves[0]["source"] == "re-created"  # September was not published
    for i, move in enumerate(moves):
        assert sum(move["parts"].values()) == pytest.approx(move["drift_pct"], abs=1e-12)
        assert move["sentence"].split(" points.")[0] in page
        assert f'data-path="moved/{i}/drift_pct"' in page
    assert brief["accuracy"]["revisions"]["sentence"] in page
    sheet = openpyxl.load_workbook(place / "workbook.xlsx")["Summary"]
    cells = {row[0].value: row[1].value for row in sheet.iter_rows(max_col=2)}
    assert cells["Growth in a year, as paid"] == pytest.approx(year["as_paid"])
    name = "Growth in a year, at constant prices, without one-offs"
    assert cells[name] == pytest.approx(year["growth"])


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_every_window_can_be_taken_along(table, tmp_path, suffix):
    path, frame = table
    target = tmp_path / f"windows.{suffix}"
    shown = invoke("backtest", "--csv", path, "--cutoffs", 2, "--export", target)
    made = fm.backtest(frame, cutoffs=2).windows
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "json": pd.read_json}[suffix](target)
    assert (
        len(read) == len(made)
        and read["p50"].tolist() == pytest.approx(made["p50"].tolist())
        and f"{len(made)} windows" in shown.output
    )


def test_a_long_table_has_names_and_classes(tmp_path):
    days = pd.date_range("2025-01-01", "2025-12-31")
    path = tmp_path / "long.csv"
    pd.concat(
        [
            pd.DataFrame({"ds": days, "unique_id": name, "cls": group, "y": level})
            for name, group, level in (("a", "web", 5.0), ("b", "gpu", 7.0))
        ]
    ).to_csv(path, index=False)
    series, classes, _ = read_series(path)
    assert (
        classes == {"a": "web", "b": "gpu"}
        and series["b"].eq(7.0).all()
        and len(series["b"]) == 365
    )
    found = json.loads(
        invoke("backtest", "--csv", path, "--by", "class", "--cutoffs", 2, "--json").output
    )
    assert [part["title"] for part in found["units"]] == ["web", "gpu", "long.csv: 2 series"]


def test_an_empty_cell_is_a_missing_day_and_a_short_series_is_named(tmp_path):
    days = pd.date_range("2025-01-01", "2025-12-31")
    path = tmp_path / "some.csv"
    pd.DataFrame(
        {"day": days, "a": 5.0, "young": np.where(days >= "2025-12-01", 3.0, np.nan)}
    ).to_csv(path, index=False)
    shown = invoke("backtest", "--csv", path, "--cutoffs", 2)
    assert (
        shown.exit_code == 0
        and "Not graded: young: backtest: 31 days from 2025-12-01 to 2025-12-31 hold no month end"
        in shown.output.replace("\n", " ")
    )


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "name,value\na,1\nb,2\n",
            "bad.csv: no column holds dates. Its first column must be the day, best as 2026-10-31; columns: name, value.",
        ),
        (
            "day,team\n2026-01-01,x\n2026-01-02,y\n",
            "bad.csv: no column besides 'day' holds numbers. Give a column per series, or the columns date, series, value.",
        ),
        (
            "day,a\n2026-01,1\n2026-02,2\n",
            "bad.csv: line 2, 'day': '2026-01' is not a day. Write it as 2026-10-31. Rows of months are forecast with --freq M.",
        ),
        (
            "day,team,region,a\n2026-01-01,x,eu,1\n2026-01-02,x,eu,1\n",
            "bad.csv: 'team', 'region' hold words and 'a' numbers. Give a date and a column per series, "
            "or date, series, value and perhaps class. A bill is read by finops start bad.csv.",
        ),
        (
            "ds,y\n2026-10-01,5\n2026-10-02,5\n2026-10-02,6\n",
            "bad.csv: line 4: 2026-10-02 appears twice, first in line 3. Give one row per day: add up what "
            "belongs together, or take one out.",
        ),
        (
            "ds,team,y\n2026-10-01,a,5\n2026-10-01,b,5\n2026-10-01,a,6\n",
            "bad.csv: line 4: 2026-10-01 appears twice in 'a', first in line 2. Give one row per "
            "day: add up what belongs together, or take one out.",
        ),
        (
            "ds,y\n02/10/2026,5\n02/10/2026,5\n",
            "bad.csv: line 3: 2026-02-10 appears twice, first in line 2. Give one row per day: add up what belongs together, "
            "or take one out.",
        ),
    ],
)
def test_a_table_that_is_no_series_is_refused_word_for_word(tmp_path, text, message):
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FinOpsError) as refused:
        read_series(path)
    assert str(refused.value) == message


def test_one_cell_that_is_no_number_is_named_by_its_line(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(
        "day,a\n"
        + "".join(f"2026-01-{day:02},{'n/a' if day == 7 else day}\n" for day in range(1, 32)),
        encoding="utf-8",
    )
    with pytest.raises(FinOpsError) as refused:
        read_series(path)
    assert (
        str(refused.value)
        == "bad.csv: line 8, 'a': 'n/a' is not a number. Leave the cell empty where the day is not known."
    )


def test_what_a_table_does_not_tell_is_said(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text(
        "ds,y\n" + "".join(f'{day:02}/11/2026,"1,{day:03}"\n' for day in range(1, 13)),
        encoding="utf-8",
    )
    series, _, notes = read_series(
        path
    )  # day first the days follow each other; month first they would be a month apart
    assert list(series["y"].index) == list(pd.date_range("2026-11-01", "2026-11-12")) and series[
        "y"
    ].tolist() == list(range(1001, 1013))
    assert notes == (
        "'01/11/2026' in 'ds' is read day first, as 2026-11-01: no cell tells which it is. Write days as 2026-10-31.",
        "'1,001' in 'y' is read as 1,001: no cell tells thousands from decimals.",
    )
    shown = " ".join(invoke("forecast", "--csv", path).output.split())
    assert all(note in shown for note in notes)
    path.write_text(
        "ds,y\n" + "".join(f"11/{day:02}/2026,{day}.5\n" for day in range(1, 13)), encoding="utf-8"
    )
    series, _, notes = read_series(path)
    assert (
        series["y"].index[-1] == pd.Timestamp("2026-11-12")
        and notes[0].startswith("'11/01/2026' in 'ds' is read month first, as 2026-11-01")
        and len(notes) == 1
    )


def test_forecasters_are_chosen_by_name_and_a_name_that_is_none_is_said_first(tmp_path):
    path = tmp_path / "use.csv"
    rows = (
        f"{day:%Y-%m-%d},{5 + day.weekday()}" for day in pd.date_range("2026-01-01", periods=60)
    )
    path.write_text("\n".join(["day,used", *rows]))
    found = json.loads(
        invoke("forecast", "--csv", path, "--methods", "seasonal_naive, theta", "--json").output
    )
    assert set(found["methods"]) == {"seasonal_naive", "theta"}
    refused = invoke("forecast", "--csv", path, "--methods", "profet").exception
    assert "forecaster or group 'profet'. Did you mean 'prophet'?" in str(refused)


def test_a_name_in_a_table_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "hostile.csv"
    rows = "".join(f'{day:02}/11/2026,"1,{day:03}",5\n' for day in range(1, 13))
    path.write_text(f"ds,a\x1b]0;owned\x07\x9b31m,[red]b:key:\u202e\n{rows}", encoding="utf-8")
    shown = invoke("forecast", "--csv", path)
    assert shown.exit_code == 0 and "a]0;owned" in shown.output and "[red]b:key:" in shown.output
    assert not {c for c in shown.output if c != "\n" and unicodedata.category(c)[0] == "C"}
    told = invoke("forecast", "--csv", path, "--json").output
    assert not {c for c in told if c != "\n" and unicodedata.category(c)[0] == "C"}
    assert "a\x1b]0;owned\x07\x9b31m" in {
        row["series"] for row in json.loads(told)["rows"]
    }  # escaped, not altered


def test_semicolons_mean_decimal_commas_and_a_total_at_the_bottom_is_no_day(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "day;usd\n"
        + "".join(f"2026-10-{day:02};1.{day:03}\n" for day in range(1, 32))
        + "Total;31.496\n",
        encoding="utf-8",
    )
    series, _, notes = read_series(path)
    assert series["usd"].tolist() == [1000 + day for day in range(1, 32)]
    assert notes[
        -1
    ] == "'1.001' in 'usd' is read as 1,001: no cell tells thousands from decimals." and any(
        "Total" in note for note in notes[:-1]
    )


def test_columns_are_chosen_by_name_and_read_as_any_other(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(
        "made,ds,note,usd,hours\n"
        + "".join(
            f'2026-09-01,{day:02}/10/2026,x,"$1,{day:03}.50",{day}\n' for day in range(1, 32)
        ),
        encoding="utf-8",
    )
    series, _, notes = read_series(path, "ds", "usd")
    assert (
        list(series) == ["usd"]
        and series["usd"].tolist() == [1000.5 + day for day in range(1, 32)]
        and notes == ()
    )
    assert series["usd"].index[0] == pd.Timestamp("2026-10-01")
    for words, message in (
        ((None, "us"), "two.csv: --value-column: unknown column 'us'. Did you mean 'usd'? Known: "),
        (("d", None), "two.csv: --date-column: unknown column 'd'"),
        (
            ("ds", "note"),
            "two.csv: line 2, 'note': 'x' is not a number. Leave the cell empty where the day is not known.",
        ),
        (("note", "usd"), "two.csv: line 2, 'note': 'x' is not a day. Write it as 2026-10-31."),
    ):
        with pytest.raises(FinOpsError) as refused:
            read_series(path, *words)
        assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    "words, message",
    [
        (
            ["--by", "clas"],
            "--by: unknown grouping 'clas'. Did you mean 'class'? Known: all, class, series.",
        ),
        (
            ["--by", "class"],
            "--by class: goes with --csv; a ledger is divided into units. Use --by series.",
        ),
        (
            ["--csv", "x.csv", "--unit", "A"],
            "--unit is of a ledger and --csv brings series of its own. Give one of them.",
        ),
        (
            ["--csv", "x.csv", "--month", "2026-10"],
            "--month is of a ledger; a CSV is graded up to its own newest day. Leave it out.",
        ),
        (
            ["--export", "x.xlsx"],
            "--export: unknown kind of file '.xlsx'. Known: .csv, .parquet, .json.",
        ),
        (
            ["--leads", "one"],
            "--leads: 'one' must be whole numbers with commas, for example 1,2,3.",
        ),
        (
            ["--horizons", "7;30"],
            "--horizons: '7;30' must be whole numbers with commas, for example 7,30,90.",
        ),
        (
            ["--leads", "0", "--csv", "@"],
            "leads: (0,) must be whole months from 1 to 60, for example (1, 2, 3).",
        ),
        (
            ["--bands", "a", "--csv", "@"],
            "--bands: 'a' must be percentages with commas, for example 12,15,20.",
        ),
        (["--methods", "theat,last_value", "--csv", "@"], None),
    ],
)
def test_what_cannot_be_meant_is_refused_and_writes_nothing(table, words, message):
    result = invoke("backtest", *(str(table[0]) if word == "@" else word for word in words))
    assert isinstance(result.exception, FinOpsError) and not result.output
    assert (
        str(result.exception) == message
        if message
        else re.match(
            r"methods: unknown forecaster 'theat'\. Did you mean 'theta'\? Known: ",
            str(result.exception),
        )
    )


def test_a_ledger_refuses_a_lead_that_is_no_month(workspace):
    code, out, err = finops("backtest", "--leads", "0,1", cwd=workspace)
    assert (
        code == 2
        and not out
        and "leads: (0, 1) must be whole months from 1 to 60, for example (1, 2, 3)." in err
    )


def test_the_old_name_of_an_option_is_read_with_one_note(table):
    words = ("backtest", "--csv", str(table[0]), "--horizons", "7", "--cutoffs", "2", "--json")
    new = invoke(*words, "--methods", "theta,last_year")
    old = invoke(*words, "--members", "theta,last_year")
    assert new.exit_code == old.exit_code == 0 and new.stdout == old.stdout
    assert old.stderr == "--members is called --methods now; both are read.\n" and not new.stderr
    both = invoke(*words, "--methods", "theta", "--members", "theta")
    assert str(both.exception) == "--members is called --methods now. Give one of them."
    assert "--members" not in invoke("backtest", "--help").output


def test_origins_are_called_cutoffs_now_and_both_are_read(table):
    words = ("backtest", "--csv", str(table[0]), "--horizons", "7", "--json")
    new = invoke(*words, "--cutoffs", 2)
    old = invoke(*words, "--origins", 2)
    assert new.exit_code == old.exit_code == 0 and new.stdout == old.stdout
    assert old.stderr == "--origins is called --cutoffs now; both are read.\n" and not new.stderr
    both = invoke(*words, "--cutoffs", 2, "--origins", 2)
    assert str(both.exception) == "--origins is called --cutoffs now. Give one of them."
    shown = invoke("backtest", "--help").output
    assert "--cutoffs" in shown and "--origins" not in shown


def test_finops_yaml_under_an_old_key_is_read_with_one_note(workspace, tmp_path):
    (tmp_path / "finops.yaml").write_text("members: [theta]\n")
    code, _, err = finops("watch", "--settings", str(tmp_path / "finops.yaml"), cwd=workspace)
    note = "finops.yaml: members is called methods now; both are read."
    assert code and err.count(note) == 1


def test_a_forecast_says_which_methods_made_it(workspace, tmp_path):
    """Seen before: neither the table of a workspace nor that of several series said it."""
    path = tmp_path / "two.csv"
    days = pd.date_range("2026-01-01", periods=60)
    frame = pd.DataFrame({"ds": days, "a": range(10, 70), "b": [5, 5, 5, 5, 5, 2, 2] * 8 + [5] * 4})
    frame.to_csv(path, index=False)
    for words in (("--csv", path), ("--months", "2", "--settings", workspace)):
        told = json.loads(invoke("forecast", *words, "--json").output)
        methods, yearly = told["methods"], told["methods_of_four_weeks"]
        assert set(methods) <= {*pick(), "weekly_blocks"} and len(methods) > 1
        assert sum(methods.values()) == pytest.approx(1.0)
        shown = " ".join(invoke("forecast", *words).output.split())
        shares = sorted(methods.items(), key=lambda item: (-item[1], item[0]))
        assert f"Methods: {', '.join(f'{name} {share:.0%}' for name, share in shares)}." in shown
        # 60 days hold two blocks of four weeks, fewer than the five that a total of them needs
        assert set(yearly) <= {*MEMBERS} and bool(yearly) == (words[0] == "--months")
        line = "Totals of four weeks, which share in the level until week 12 and lead from week 13 on: "
        named = sorted(yearly.items(), key=lambda item: (-item[1], item[0]))
        assert (
            f"{line}{', '.join(f'{name} {share:.0%}' for name, share in named)}." in shown
        ) == bool(yearly)
        assert not yearly or sum(yearly.values()) == pytest.approx(1.0)
