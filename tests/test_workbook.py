"""The workbook, read back: live formulas that recompute, text that stays text, the same bytes twice."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
import subprocess
import zipfile

import openpyxl
import pytest
from workbook_world import COMPANY, full_brief
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from finops_model.errors import ReportError
from finops_model.measure.page_one.material import is_material
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.publish.report.workbook.cells import Pen

EVIL = [
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "http://evil.example",
    "{=1}",
    "\u202eevil",
    "\x00\x07bell",
]


def brief(**changes):
    lines = [
        {
            "month": "2026-10",
            "workload": f"w{i}",
            "service": "GPU",
            "sku": f"S{i}",
            "unit": "GPU-hours",
            "quantity": 10.0 * i + 1 / 3,
            "unit_price": 0.1 + i / 7,
            "cost": (10.0 * i + 1 / 3) * (0.1 + i / 7),
        }
        for i in range(4)
    ]
    lines.append(
        {
            "month": "2026-10",
            "workload": "refund",
            "service": "GPU",
            "sku": "",
            "unit": "charge",
            "quantity": 1.0,
            "unit_price": -4.5,
            "cost": -4.5,
        }
    )
    result = {
        "company": "Example",
        "unit": "Company",
        "month": "2026-10",
        "currency": "USD",
        "status": "final",
        "status_reason": "ties out",
        "data_as_of": "2026-10-31",
        "headline": "All is well.",
        "summary": ["One.", "Two."],
        "tie_out": {
            "rows": [
                {
                    "issuer": "Aurora",
                    "billing_period": "2026-10",
                    "invoice": "12.50",
                    "ledger": "12.50",
                    "quarantined": "0.00",
                    "difference": "0.00",
                },
                {
                    "issuer": "Cinder",
                    "billing_period": "2026-10",
                    "invoice": None,
                    "ledger": "1.00",
                    "quarantined": "0.00",
                    "difference": None,
                },
            ],
            "invoice_total": "12.50",
            "ledger_total": "13.50",
            "quarantined": "0.00",
            "difference": "-1.00",
            "note": "No invoice for Cinder.",
        },
        "budget": {"month": 50.0, "year": 600.0},
        "actual": {
            "month": math.fsum(line["cost"] for line in lines),
            "previous_month": None,
            "year_to_date": 400.0,
        },
        "forecast": {
            "paths": 1000,
            "seed": 7,
            "engine": "numba",
            "months": [
                {
                    "month": "2026-11",
                    "p10": 10.0,
                    "p50": 12.0,
                    "p90": 15.0,
                    "mean": 12.2,
                    "so_far": 5.0,
                    "budget": None,
                    "overrun_probability": None,
                }
            ],
        },
        "landing": {
            "period": "FY2026",
            "budget": 600.0,
            "p10": 480.0,
            "p50": 500.0,
            "p90": 530.0,
            "overrun_probability": 0.01,
        },
        "unit_costs": [
            {
                "name": "cost per chat",
                "unit": "USD / chat",
                "value": 0.0123,
                "previous": None,
                "change_pct": None,
                "days": 31,
            }
        ],
        "lines": lines,
        "assumptions": [
            {
                "text": "growth",
                "value": {"p10": 1},
                "kind": "assumption",
                "source": "",
                "owner": "Ann",
                "review_by": "2026-12",
                "stale": True,
            }
        ],
        "lineage": {"ledger": "abc", "seed": 7},
        "people": {"prepared_by": "Ann"},
    }
    return {**result, **changes}


def both(path):
    return openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)


def test_cost_is_a_live_formula_with_its_value_stored_and_the_check_agrees(tmp_path):
    data = brief()
    formulas, values = both(write_workbook(data, tmp_path / "w.xlsx"))
    live, stored = formulas["Lines"], values["Lines"]
    count = len(data["lines"])
    for row, line in enumerate(data["lines"], 2):
        assert live.cell(row, 8).value == f"=F{row}*G{row}"
        assert stored.cell(row, 8).value == pytest.approx(
            stored.cell(row, 6).value * stored.cell(row, 7).value, rel=1e-14
        )
        assert stored.cell(row, 8).value == pytest.approx(line["cost"], rel=1e-12)
    assert live.cell(count + 2, 8).value == f"=SUM(H2:H{count + 1})"
    total = math.fsum(
        stored.cell(row, 6).value * stored.cell(row, 7).value for row in range(2, count + 2)
    )
    assert stored.cell(count + 2, 8).value == pytest.approx(total, rel=1e-12)
    assert stored.cell(count + 3, 8).value == pytest.approx(data["actual"]["month"], rel=1e-15)
    assert (stored.cell(count + 4, 8).value, stored.cell(count + 5, 8).value) == (0, "agrees")
    assert live.cell(count + 5, 8).value == f'=IF(H{count + 4}=0,"agrees","DIFFERS")'


def test_a_total_that_is_not_the_actual_says_so(tmp_path):
    data = brief(actual={"month": 1.0, "previous_month": 2.0, "year_to_date": 3.0})
    _, values = both(write_workbook(data, tmp_path / "w.xlsx"))
    assert values["Lines"].cell(len(data["lines"]) + 5, 8).value == "DIFFERS"


def test_text_from_outside_is_never_a_formula_or_a_link(tmp_path):
    data = brief(headline=EVIL[0], company=EVIL[1], unit=EVIL[2])
    for text in EVIL:
        data["lines"].append(
            {
                **data["lines"][0],
                "workload": text,
                "service": text,
                "sku": text,
                "unit": text,
                "quantity": 0.0,
            }
        )
        data["assumptions"].append(
            {
                "text": text,
                "value": text,
                "kind": text,
                "source": text,
                "owner": text,
                "review_by": text,
                "stale": False,
            }
        )
    data["lineage"] = {text: text for text in EVIL}
    path = write_workbook(data, tmp_path / "w.xlsx")
    formulas, _ = both(path)
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                link = cell.hyperlink
                assert link is None or (sheet.title == "Contents" and link.target is None)
                assert link is None or link.location[1:-4] in formulas.sheetnames
                if cell.data_type == "f":
                    assert re.fullmatch(r"[=A-Z0-9a-z!'$(),.:\"+*/<> -]+", cell.value), cell.value
                    assert not any(text in cell.value for text in EVIL)
    cells = [
        cell.value for row in formulas["Lines"].iter_rows(min_col=2, max_col=2) for cell in row
    ]
    assert EVIL[0] in cells and "-2+3" in cells and "bell" in cells
    with zipfile.ZipFile(path) as archive:
        assert not [
            name
            for name in archive.namelist()
            if "externalLink" in name or name.startswith("xl/worksheets/_rels")
        ]


def test_numbers_stay_numbers_and_what_is_not_known_is_a_dash(tmp_path):
    _, values = both(write_workbook(brief(), tmp_path / "w.xlsx"))
    assert values.sheetnames == [
        "Contents",
        "Summary",
        "Months",
        "Forecast",
        "Unit costs",
        "Lines",
        "Assumptions",
        "Lineage",
    ]
    assert (
        values["Lines"].cell(6, 7).value == -4.5
        and values["Forecast"]["C2"].value == 12.0
        and values["Forecast"]["G2"].value == "–"
    )
    found = {row[0].value: row[1].value for row in values["Summary"].iter_rows() if row[0].value}
    assert (
        found["Budget of the month"] == 50
        and found["Landing FY2026, P50"] == 500
        and found["Month before"] == "–"
    )
    tie = {row[0].value: [cell.value for cell in row[2:6]] for row in values["Summary"].iter_rows()}
    assert (
        tie["Aurora"] == [12.5, 12.5, 0, 0]
        and tie["Cinder"] == ["–", 1, 0, "–"]
        and tie["Total"] == [12.5, 13.5, 0, -1]
    )


def test_the_same_brief_gives_the_same_bytes(tmp_path):
    digests = {
        hashlib.sha256(write_workbook(brief(), tmp_path / name).read_bytes()).hexdigest()
        for name in ("a.xlsx", "b.xlsx")
    }
    assert len(digests) == 1


def test_a_brief_without_budget_drivers_or_lines_still_gives_a_workbook(tmp_path):
    data = brief(
        budget=None,
        unit_costs=[],
        lines=[],
        actual={"month": 0.0},
        assumptions=[],
        lineage={},
        people={},
        landing={
            "period": "FY2026",
            "budget": None,
            "p10": 1.0,
            "p50": 1.0,
            "p90": 1.0,
            "overrun_probability": None,
        },
    )
    _, values = both(write_workbook(data, tmp_path / "w.xlsx"))
    assert (
        values["Unit costs"]["A2"].value == "No driver was given, so no unit cost is known."
        and values["Lines"]["H2"].value == 0
    )


def test_a_brief_that_cannot_be_written_leaves_no_file(tmp_path):
    with pytest.raises(
        ReportError,
        match="w.xlsx: the brief has no 'lines', so no workbook can be written. Render the report again.",
    ):
        write_workbook(
            {key: value for key, value in brief().items() if key != "lines"}, tmp_path / "w.xlsx"
        )
    bad = brief()
    bad["lines"][0]["quantity"] = float("nan")
    with pytest.raises(ReportError, match="a number that is not finite"):
        write_workbook(bad, tmp_path / "w.xlsx")
    assert not list(tmp_path.iterdir())


def test_the_order_of_keys_changes_no_byte(tmp_path):
    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    first = write_workbook(brief(), tmp_path / "a.xlsx").read_bytes()
    assert write_workbook(turned(brief()), tmp_path / "b.xlsx").read_bytes() == first


def test_units_without_a_forecast_stand_beside_their_budgets(tmp_path):
    """Too little history: the year has a budget and no mean, and the total over or under is not known."""
    child = {
        **dict.fromkeys(("landing_p10", "landing_p50", "landing_p90", "landing_mean", "over")),
        **{"unit": "A", "kind": "unit", "actual": 1.0, "budget": 2.0, "year_budget": 9.0},
        "overrun_probability": None,
    }
    land = dict.fromkeys(("p10", "p50", "p90", "mean", "overrun_probability"))
    told = brief(
        unit="Company", children=[child], landing={**land, "period": "FY2026", "budget": 9.0}
    )
    sheet = openpyxl.load_workbook(write_workbook(told, tmp_path / "w.xlsx"))["Units"]
    assert [cell.value for cell in sheet[3]][7:10] == ["–", "=SUM(I2:I2)", "–"]


def test_a_row_is_as_high_as_its_words_in_every_program(tmp_path):
    """LibreOffice laid the second line of a cell over the row below."""
    with Workbook(tmp_path / "w.xlsx") as book:
        pen = Pen(book, "USD")
        sheet = pen.sheet("A", [20, 10])
        pen.head(sheet, 0, ["What", "USD, Effective (amortised)"])
        pen.put(sheet, 1, 0, "one line", "wrap")
        pen.put(sheet, 2, 0, "words " * 10, "wrap")
        pen.put(sheet, 3, 1, None, "money")
    sheet = openpyxl.load_workbook(tmp_path / "w.xlsx")["A"]
    heights = [sheet.row_dimensions[row].height for row in (1, 2, 3, 4)]
    assert heights == [55.5, None, 55.5, None]  # bold letters are wider
    assert sheet.cell(4, 2).value == "–" and sheet.cell(4, 2).alignment.horizontal == "right"


# --- every sheet of a brief with page one ---

SHEETS = [
    *("Contents", "Summary", "Months", "Quarters and years", "Units", "What carries it"),
    *("Decisions", "Movements", "Forecast", "What-ifs", "Commitments", "Vendors", "Cash"),
    *("Unit costs", "Lines", "Track record", "History", "Assumptions", "Lineage"),
]
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""  # a program that opens a workbook of Excel trusts the values in it, unless it is told to


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The brief of every key, and its workbook: as formulas, and as the values stored with them."""
    brief = full_brief()
    path = write_workbook(brief, tmp_path_factory.mktemp("full") / "w.xlsx")
    return brief, path, *both(path)


def cells(book, sheet: str) -> dict[str, object]:
    return {cell.coordinate: cell.value for row in book[sheet].iter_rows() for cell in row}


def found(book, sheet: str, name: str) -> dict[str, object]:
    """The row whose first cell is `name`: letter of the column -> value."""
    for row in book[sheet].iter_rows():
        if row[0].value == name:
            return {cell.column_letter: cell.value for cell in row}
    raise AssertionError(f"{sheet} has no row {name}")


def test_every_sheet_is_there_and_the_contents_say_that_all_sums_agree(full):
    _, _, formulas, values = full
    assert formulas.sheetnames == SHEETS
    listed = [row[0].value for row in formulas["Contents"].iter_rows(min_row=5, max_row=22)]
    assert listed == SHEETS[1:]
    assert all(row[1].value for row in formulas["Contents"].iter_rows(min_row=5, max_row=22))
    checked = {
        row[0].value for row in values["Contents"].iter_rows(min_row=5) if row[2].value == "agrees"
    }
    assert checked == {
        *("Months", "Quarters and years", "Units", "What carries it", "Movements", "Vendors"),
        *("Cash", "Lines", "History", "All checks"),
    }


def test_months_and_years_are_sums_of_the_briefs_figures(full):
    """An oracle by plain loops over the brief."""
    brief, _, formulas, values = full
    booked, budgets = brief["actual"]["by_month"], brief["budget"]["by_month"]
    ahead = {one["month"]: one for one in brief["forecast"]["months"]}
    over, total = 0.0, 0.0
    for month in sorted(budgets):
        if not month.startswith("2026"):
            continue
        row, live = found(values, "Months", month), found(formulas, "Months", month)
        cost = booked.get(month, ahead.get(month, {}).get("mean"))
        assert (row["H"], row["I"]) == (cost, budgets[month])
        assert row["J"] == cost - budgets[month] and live["J"].startswith("=H")
        large = abs(row["J"]) >= max(0.02 * budgets[month], 9716.7)
        assert row["L"] == ("material" if large else None)
        assert (row["F"], row["G"]) == (
            (ahead[month]["p10"], ahead[month]["p90"]) if month in ahead else ("–", "–")
        )
        over, total = over + row["J"], total + cost
    year = found(values, "Months", "FY2026")
    assert year["H"] == pytest.approx(total) and year["J"] == pytest.approx(over)
    assert found(formulas, "Months", "FY2026")["H"] == "=SUM(H7:H18)"
    assert year["H"] == pytest.approx(brief["landing"]["mean"], abs=0.005)
    quarter = found(formulas, "Quarters and years", "Q4 2026")
    assert quarter["D"] == "=SUM(Months!H16:H18)" and quarter["O"].startswith(
        "=IF(ROUND(D8-N8,2)=0"
    )
    said = {line["period"]: line for line in brief["page_one"]["periods"]["lines"]}
    for period, line in said.items():
        row = found(values, "Quarters and years", period)
        assert row["D"] == pytest.approx(line["value"]) and row["O"] == "agrees"
        if line["variance"] is not None:
            assert row["H"] == pytest.approx(line["variance"])
        if line["growth"] is not None:
            assert row["M"] == pytest.approx(line["growth"])


def test_a_figure_that_is_not_the_sum_of_its_months_differs_on_its_sheet_and_in_the_contents(
    tmp_path,
):
    brief = full_brief()
    brief["page_one"]["periods"]["lines"][3]["value"] += 0.02
    brief["actual"]["year_to_date"] -= 1.0
    _, values = both(write_workbook(brief, tmp_path / "w.xlsx"))
    assert found(values, "Quarters and years", "Q4 2026")["O"] == "DIFFERS"
    says = {row[0].value: row[2].value for row in values["Contents"].iter_rows(min_row=5)}
    apart = {name for name, verdict in says.items() if verdict == "DIFFERS"}
    assert apart == {"Months", "Quarters and years", "Vendors", "All checks"}


def test_what_ifs_carry_their_inputs_as_numbers_where_they_are_some(full):
    _, _, formulas, values = full
    sheet = values["What-ifs"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(i for i, row in enumerate(rows) if row[1] == "What is changed")
    path = "workloads/support-chat/routing/aurora-small-1"
    assert rows[at + 1][:7] == [
        "Smaller model for routine chats",
        path,
        "set",
        0.6,
        0,
        "2026-12",
        "support-ai",
    ]
    assert found(formulas, "What-ifs", "Demand doubles")["J"] == "=SUM(Months!E17:E30)"


def test_a_brief_of_before_keeps_the_sheets_that_it_has_figures_for(tmp_path):
    brief = json.loads(COMPANY.read_text(encoding="utf-8"))
    _, values = both(write_workbook(brief, tmp_path / "w.xlsx"))
    ours = {"Quarters and years", "What carries it", "Decisions", "Commitments", "Vendors", "Cash"}
    assert set(values.sheetnames) == {*SHEETS} - ours - {"Units"}
    assert [cell.value for cell in values["Months"][6]][:3] == ["Month", "Fiscal year", "State"]


def test_hostile_names_of_the_new_sheets_stay_text(tmp_path):
    brief = full_brief()
    page = brief["page_one"]
    for text in EVIL:
        page["vendors"].append({**page["vendors"][0], "vendor": text, "actual": 0.0})
        page["commitments"].append({**page["commitments"][1], "name": text, "what": text})
        page["decisions"].append({**page["decisions"][0], "what": text, "owner": text})
        page["carriers"]["parts"].append({**page["carriers"]["parts"][0], "part": text})
        page["since_report"]["lines"].append({"what": text, "change": 1.0, "sentence": text})
        brief["what_ifs"].append(
            {
                **brief["what_ifs"][1],
                "name": text,
                "changes": [
                    dict.fromkeys(
                        ("path", "how", "value", "was", "since", "owner", "because"), text
                    )
                ],
            }
        )
    path = write_workbook(brief, tmp_path / "w.xlsx")
    formulas, _ = both(path)
    written = 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                written += cell.value == EVIL[0] and cell.data_type == "s"
                if cell.data_type == "f":
                    assert not any(text in cell.value for text in EVIL)
    assert written >= 12
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name]


def test_libreoffice_comes_to_every_value_that_is_stored(full, tmp_path, monkeypatch):
    """The formulas alone, without the values beside them, give what the brief says."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed here: apt-get install libreoffice-calc")
    brief, _, formulas, values = full
    real = Worksheet.write_formula
    monkeypatch.setattr(
        Worksheet,
        "write_formula",
        lambda self, row, column, text, style=None, value=0: real(
            self, row, column, text, style, 0
        ),
    )
    bare = write_workbook(brief, tmp_path / "bare.xlsx")
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(ALWAYS)
    out = tmp_path / "out"
    command = [office, f"-env:UserInstallation={profile.parent.as_uri()}", "--headless"]
    command += ["--convert-to", "xlsx", "--outdir", str(out), str(bare)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    again, compared = openpyxl.load_workbook(out / "bare.xlsx", data_only=True), 0
    for sheet in formulas.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type != "f":
                    continue
                stored = values[sheet.title][cell.coordinate].value
                now, where = (
                    again[sheet.title][cell.coordinate].value,
                    (sheet.title, cell.coordinate),
                )
                if isinstance(stored, (int, float)):
                    assert now == pytest.approx(stored, rel=1e-12, abs=1e-6), where
                else:
                    assert (now or None) == (stored or None), where
                compared += 1
    assert compared > 300


def test_every_sheet_prints_one_page_wide_and_repeats_its_titles(full):
    _, _, formulas, _ = full
    for sheet in formulas.worksheets:
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        wide, high = sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight
        assert (wide in (None, 1), high) == (True, 0), sheet.title
    blocks = {"Contents", "Summary", "Movements"}  # of several tables
    assert {one.title for one in formulas.worksheets if not one.print_title_rows} == blocks
    moving = {one.title for one in formulas.worksheets if not one.freeze_panes}
    assert moving == {"Contents", "Summary", "Track record"}


@pytest.mark.parametrize("currency, places", [("USD", ".00"), ("JPY", ""), ("KWD", ".000")])
def test_money_has_the_decimals_of_its_currency(currency, places, tmp_path):
    book = openpyxl.load_workbook(
        write_workbook(full_brief(currency=currency), tmp_path / "w.xlsx")
    )
    months = book["Months"]
    assert months["H7"].number_format == f"#,##0{places};[Red]-#,##0{places}"
    assert months["J7"].number_format == f"+#,##0{places};-#,##0{places};#,##0{places}"
    assert months["D7"].font.color.rgb == "FF0000FF"  # an input
    assert months["H7"].font.color.type == "theme"


@pytest.mark.parametrize("least, told", [(9716.7, 7), (None, 8), (1e9, 0)])
def test_material_is_what_the_report_calls_material(least, told, tmp_path):
    """Where the company has no budget of the year, the line's share alone decides (docs/method §9.24)."""
    brief = full_brief()
    brief["page_one"]["materiality"]["least"] = least
    brief["budget"]["by_month"]["2026-02"] = brief["actual"]["by_month"]["2026-02"] / 1.025
    brief["actual"]["by_month"]["2026-03"] = 100.0
    brief["budget"]["by_month"]["2026-03"] = 50.0
    formulas, values = both(write_workbook(brief, tmp_path / "w.xlsx"))
    rows = list(values["Months"].iter_rows(min_row=7, max_row=18))
    assert sum(row[11].value == "material" for row in rows) == told
    assert "least" not in str(formulas["Months"]["L7"].value)
    for row in rows:
        limits = brief["page_one"]["materiality"]
        said = is_material(row[9].value, row[8].value, limits)
        assert (row[11].value == "material") is said
