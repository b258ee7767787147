"""Downloads of AWS Cost Explorer come in by hour, day and month, by any grouping, and their totals hold (docs/ingest/aws_cost_explorer.md)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import aws_bill as aws
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.importers import aws_cost_explorer
from finops_model.facts.intake.tables import guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

TABLE = [
    ["Service", "EC2-Instances($)", "Support (Developer)($)", "Tax($)", "Total costs($)"],
    ["Service total", "300.5", "29", "36", "365.5"],
    ["2026-07-01", "100.5", "29", "12", "141.5"],
    ["2026-08-01", "200", "", "24", "224"],
]


def taken(table, tmp_path, name="ce.csv", mark=","):
    path = table if isinstance(table, Path) else aws.write_table(table, tmp_path / name, mark)
    ledger = Ledger(tmp_path / f"ledger-{path.name}")
    receipt = ledger.ingest(path)
    return ledger, receipt, [str(warning).split(": ", 1)[1] for warning in receipt.warnings]


def rows(ledger) -> pd.DataFrame:
    return pd.concat([pq.read_table(path).to_pandas() for path in ledger.files()])


def turned(table):
    return [list(row) for row in zip(*table, strict=True)]


def changed(row, column, cell, table=TABLE):
    copy = [list(line) for line in table]
    copy[row][column] = cell
    return copy


def test_a_row_per_month_and_service_without_the_totals(tmp_path):
    ledger, receipt, said = taken(TABLE, tmp_path)
    assert ledger.totals() == {"USD": Decimal("365.50")} and receipt.accepted == 5
    table = rows(ledger).sort_values(["x_Row", "ServiceName"])
    assert table[["x_Row", "ServiceName", "ChargeCategory", "ChargeFrequency"]].values.tolist() == [
        [2, "EC2-Instances", "Usage", "Usage-Based"],
        [2, "Support (Developer)", "Usage", "Usage-Based"],
        [2, "Tax", "Tax", "One-Time"],
        [3, "EC2-Instances", "Usage", "Usage-Based"],
        [3, "Tax", "Tax", "One-Time"],
    ]
    assert set(table["ChargePeriodEnd"].dt.strftime("%m-%d")) == {"08-01", "09-01"}
    assert receipt.files[0].format == "AWS Cost Explorer (monthly)"
    assert said == [
        aws_cost_explorer.BASIS,
        aws_cost_explorer.ONCE,
        "each amount is the cost of a whole month. Download the newest month after its end",
        "line 'Service total' and column 'Total costs($)': left out, as they repeat what stands beside them; 6 of 6 totals agree with it to the cent",
        "1 empty cell is no charge",
    ]


@pytest.mark.parametrize("group", aws.GROUPS)
def test_by_day_and_by_month_and_turned_round_one_bill_is_the_same_month(group, tmp_path):
    lines, found = aws.bill(), []
    for by in ("day", "month"):
        for turn in (list, turned):
            table = turn(aws.explorer(lines, by, group))
            ledger, receipt, said = taken(table, tmp_path, f"{group}-{by}-{turn.__name__}.csv")
            assert receipt.quarantined == 0 and ledger.totals() == {"USD": aws.BILLED}
            assert "DIFFER" not in str(receipt)
            names = ["ServiceName", "SubAccountId", "RegionId", "ChargeCategory", "x_Period"]
            frame = rows(ledger)
            frame[[*names, "Tags"]] = frame[[*names, "Tags"]].fillna("")
            found.append(frame.groupby([*names, "Tags"])["BilledCost"].sum().to_dict())
    assert all({k: v for k, v in one.items() if v} == {k: v for k, v in found[0].items() if v} for one in found)  # fmt: skip
    assert {key[-2] for key in found[0]} == {"2026-07"}


def test_the_month_of_the_report_is_that_of_the_download(tmp_path):
    """One bill as a cost and usage report and as a daily download: the same services, to the cent."""
    lines = aws.bill()
    whole = Ledger(tmp_path / "cur")
    whole.ingest(aws.classic(lines, tmp_path / "cur.csv"))
    ledger, _, _ = taken(aws.explorer(lines, "day"), tmp_path)
    report = rows(whole)
    report.loc[report["ChargeCategory"] == "Tax", "ServiceName"] = "Tax"
    one, other = (frame.groupby("ServiceName")["BilledCost"].sum() for frame in (report, rows(ledger)))  # fmt: skip
    assert one.to_dict() == other.to_dict()


def test_hours_days_and_months_are_told_by_their_distances(tmp_path):
    def lengths(*periods):
        table = [["Service", "EC2($)", "Total costs($)"], *([p, "1", "1"] for p in periods)]
        ledger, receipt, _ = taken(table, tmp_path, f"{len(periods)}{periods[0][:10]}{periods[-1][:10]}.csv")  # fmt: skip
        spans = rows(ledger).sort_values("x_Row")
        return receipt.files[0].format[19:-1], [
            (end - start) // pd.Timedelta(hours=1)
            for start, end in zip(spans["ChargePeriodStart"], spans["ChargePeriodEnd"], strict=True)
        ]

    assert lengths("2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z") == ("hourly", [1, 1])
    assert lengths("2026-07-31", "2026-08-01") == ("daily", [24, 24])
    assert lengths("2026-07-02") == ("daily", [24])
    assert lengths("2026-07-01", "2026-08-01") == ("monthly", [744, 744])
    assert lengths("2026-07-15", "2026-08-01", "2026-09-01") == ("monthly", [408, 744, 720])
    assert lengths("2026-07-01") == ("monthly", [744])


def test_a_month_alone_says_that_a_day_could_not_be_told_from_it(tmp_path):
    _, _, said = taken(TABLE[:1] + TABLE[2:3], tmp_path)
    assert (
        "the one period, 2026-07-01, is read as its month; a single day cannot be told from it: download two days or more"
        in said
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (changed(1, 1, "301.5"), "'Service total' of 'EC2-Instances($)' says 301.5, the cells sum to 300.5"),
        (changed(2, 4, "141.0"), "'2026-07-01' of 'Total costs($)' says 141.0, the cells sum to 141.5"),
        (changed(1, 4, ""), "'Service total' of 'Total costs($)' says , the cells sum to 365.5"),
    ],
)  # fmt: skip
def test_a_total_that_does_not_hold_is_said_and_the_cells_are_booked(table, told, tmp_path):
    ledger, _, said = taken(table, tmp_path)
    assert ledger.totals() == {"USD": Decimal("365.50")}
    assert f"TOTALS DIFFER from the cells that are booked: {told}. Download the file again" in said


def test_a_line_that_is_missing_is_seen_by_the_totals(tmp_path):
    _, _, said = taken(TABLE[:3], tmp_path)
    assert any(text.startswith("TOTALS DIFFER") for text in said)


def test_totals_are_held_to_the_cent_not_to_the_tenth_decimal(tmp_path):
    table = changed(2, 1, "100.4999999999")
    ledger, receipt, _ = taken(table, tmp_path)
    assert "DIFFER" not in str(receipt) and ledger.totals() == {"USD": Decimal("365.4999999999")}


def test_accounts_with_their_ids_in_a_line_of_their_own(tmp_path):
    table = [
        ["Linked account", "111122223333", "222233334444", "Total costs($)"],
        ["Linked account name", "Prod ($)", "Lab ($)", "Total costs ($)"],
        ["Linked account total", "3", "4", "7"],
        ["2026-07-01", "1", "4", "5"],
        ["2026-07-02", "2", "0", "2"],
    ]
    ledger, _, said = taken(table, tmp_path)
    found = rows(ledger)[["SubAccountId", "SubAccountName", "x_Row"]].values.tolist()
    assert sorted(found) == [["111122223333", "Prod", 2], ["111122223333", "Prod", 3], ["222233334444", "Lab", 2]]  # fmt: skip
    assert "1 zero cell is no charge" in said
    assert (
        "the columns are of 'Linked account name': tax, credits and fees cannot be told from usage"
        in said
    )


def test_tags_give_teams_and_no_tag_is_no_team(tmp_path):
    for label, names in (
        ("team", ["team$search($)", "team$($)"]),
        ("Tag: team", ["search($)", "No tag key: team($)"]),
    ):
        table = [[label, *names, "Total costs($)"], [f"{label} total", "3", "4", "7"], ["2026-07-01", "3", "4", "7"]]  # fmt: skip
        ledger, _, _ = taken(table, tmp_path, f"{label[:3]}.csv")
        days = daily(ledger, Settings()).groupby("x_Team")["BilledCost"].sum()
        assert days.round(6).to_dict() == {"search": 3.0, "(untagged)": 4.0}


def test_usage_types_say_tokens_and_columns_of_usage_are_left_out(tmp_path):
    table = [
        ["Usage type", "USE1-Claude4.6Sonnet-input-tokens($)", "BoxUsage:p5($)", "BoxUsage:p5(Hrs)", "Total costs($)"],
        ["Usage type total", "3", "4", "9", "7"],
        ["2026-07-01", "3", "4", "9", "7"],
    ]  # fmt: skip
    ledger, _, said = taken(table, tmp_path)
    assert ledger.totals() == {"USD": Decimal("7.00")}
    assert set(zip(rows(ledger)["x_Model"], rows(ledger)["SkuMeter"], strict=True)) == {
        ("Claude4.6Sonnet", "input tokens"),
        ("", "BoxUsage:p5"),
    }
    assert (
        "columns without a currency hold usage, not money, and are left out: BoxUsage:p5(Hrs)"
        in said
    )


def test_types_of_charges_are_their_categories(tmp_path):
    ledger, _, _ = taken(aws.explorer(aws.bill(), "day", "Charge type"), tmp_path)
    sums = rows(ledger).groupby("ChargeCategory")["BilledCost"].sum()
    assert {key: float(value) for key, value in sums.items()} == {
        "Credit": -62.0,
        "Purchase": 31 * 40.0 + 14600 + 1200 + 300 + 99 + 49,
        "Tax": 321.0,
        "Usage": 31 * (263.75 - 40) + sum(range(31)),
    }


def refused(table, tmp_path, **more) -> str:
    with pytest.raises(InputError) as problem:
        taken(table, tmp_path, **more)
    assert Ledger(tmp_path / "ledger-ce.csv").rows == 0
    return str(problem.value)


@pytest.mark.parametrize("label", ["Total", "Grand total", "Service total", "Total costs"])
def test_a_table_turned_round_by_hand_has_totals_by_any_usual_name(label, tmp_path):
    table = [
        ["Service", "2026-07-01($)", "2026-08-01($)", "Total costs($)"],
        ["EC2", "100", "200", "300"],
        ["Tax", "12", "24", "36"],
        [label, "112", "224", "336"],
    ]
    ledger, receipt, _ = taken(table, tmp_path)
    assert ledger.totals() == {"USD": Decimal("336.00")} and "DIFFER" not in str(receipt)
    found = rows(ledger)[["x_Row", "ServiceName", "ChargeCategory"]].values.tolist()
    assert sorted(found) == [[1, "EC2", "Usage"]] * 2 + [[2, "Tax", "Tax"]] * 2


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            [[cell.replace("$", "¥") for cell in row] for row in TABLE],
            "ce.csv: the headings say (¥), which is JPY or CNY. Replace it by the currency, for example 'Tax(CNY)', in the first line.",
        ),
        (
            changed(0, 3, "Tax(€)"),
            "ce.csv: the headings name EUR and USD. Amounts in different currencies are not added up: download each by itself.",
        ),
        (
            changed(3, 0, "2026-07-01"),
            "ce.csv: the period '2026-07-01' stands twice: which one counts? Take one out.",
        ),
        (
            [TABLE[0], ["7/1/2026", "1", "1", "1", "3"], ["7/2/2026", "1", "1", "1", "3"]],
            "ce.csv: dates such as '7/1/2026' can be read two ways. A spreadsheet programme that saves the file again writes so: download it anew and give it unopened, "
            "or write them as 2026-07-01.",
        ),
        (
            [TABLE[0], ["2026-07-01", "1,234", "1", "1", "2"]],
            "ce.csv: amounts such as '1,234' can be read two ways, and no other tells which. A spreadsheet programme that saves the file again writes so: download it anew and give it unopened.",
        ),
    ],
)
def test_what_can_be_read_two_ways_is_refused(table, message, tmp_path):
    assert refused(table, tmp_path) == message


def test_another_currency_is_told_by_its_sign_or_code(tmp_path):
    for sign, code in (("€", "EUR"), ("CNY", "CNY"), ("£", "GBP")):
        table = [[cell.replace("$", sign) for cell in row] for row in TABLE]
        assert taken(table, tmp_path, f"{code}.csv")[0].totals() == {code: Decimal("365.50")}


def test_a_file_saved_anew_by_a_workbook_is_read_where_nothing_is_open(tmp_path):
    table = [
        ["Service", "EC2($)", "Total costs($)"],
        ["Service total", "1.234,50", "1.234,50"],
        ["13.07.2026", "1.000,25", "1.000,25"],
        ["14.07.2026", "234,25", "234,25"],
    ]
    ledger, receipt, _ = taken(table, tmp_path, mark=";")
    assert ledger.totals() == {"USD": Decimal("1234.50")} and "DIFFER" not in str(receipt)


def test_a_cell_a_day_or_a_line_that_cannot_be_read_is_refused_alone(tmp_path):
    table = [*(list(row) for row in TABLE), ["soon", "1", "", "", "1"], ["2026-09-01", "9"]]
    table[2][1] = "abc"
    ledger, receipt, said = taken(table, tmp_path)
    assert ledger.totals() == {"USD": Decimal("265.00")}
    found = ledger.quarantine(details=True)
    assert found[["x_Row", "x_Column", "x_Reason"]].values.tolist() == [
        [2, "BilledCost", "'abc' is not a plain number; write 1234.50"],
        [4, "ChargePeriodStart", "'soon' is not a date; write 2026-01-31 or 2026-01-31T00:00:00Z"],
        [5, "", "has 2 cells where the header has 5"],
    ]
    assert any(text.startswith("TOTALS DIFFER") for text in said)


def test_a_period_without_any_cost_is_left_out_and_counted(tmp_path):
    table = [*TABLE, ["2026-09-01", "0", "", "0.00", "0"]]
    _, receipt, said = taken(table, tmp_path)
    assert receipt.accepted == 5
    assert "1 period without any cost (first 2026-09-01): left out" in said
    assert "2 empty and 2 zero cells are no charges" in said


OWN = {
    "months and totals of one's own": "month,Compute ($),Total costs ($)\n2026-07,5.00,5.00\n",
    "a long table": "date,service,Total costs($)\n2026-07-01,EC2,5.00\n",
    "no currency": "Service,EC2,Total costs\nService total,1,1\n2026-07-01,1,1\n",
    "no total": "Service,EC2($),Storage($)\n2026-07-01,1,1\n",
}


@pytest.mark.parametrize("what", OWN)
def test_a_table_of_ones_own_is_no_download(what, tmp_path):
    (tmp_path / "own.csv").write_text(OWN[what])
    assert not aws_cost_explorer.recognise(open_source(tmp_path / "own.csv"))


def test_exactly_one_importer_claims_a_download_and_no_other_file(tmp_path):
    shelf = importers.shelf()
    for table in (TABLE, turned(TABLE), aws.explorer(aws.bill(2), "day", "team")):
        source = open_source(aws.write_table(table, tmp_path / "ce.csv"))
        claims = [name for name, one in shelf.items() if name != "focus" and one.recognise(source)]
        assert claims == ["aws_cost_explorer"]
    for file in sorted((Path(__file__).parent / "fixtures").glob("*/*")):
        if file.is_file() and "cost_explorer" not in file.name:
            try:
                source = open_source(file)
            except InputError:
                continue
            assert not aws_cost_explorer.recognise(source), file


def test_a_workbook_is_refused_by_name(tmp_path):
    pd.DataFrame(TABLE[1:], columns=TABLE[0]).to_excel(tmp_path / "ce.xlsx", index=False)
    with pytest.raises(InputError) as problem:
        guess_mapping(read_table(tmp_path / "ce.xlsx"))
    assert str(problem.value) == (
        "ce.xlsx: this is a table of AWS Cost Explorer (services as columns). Its line of totals would be counted once more, and tax and services "
        "would become one. It is read as the CSV that Cost Explorer gives (Download as CSV), with its names in the first line. Or turn the table: a row "
        "per day and service, with the columns date, service, cost, currency."
    )


def test_a_quote_that_never_closes_swallows_nothing(tmp_path):
    (tmp_path / "ce.csv").write_text('Service,EC2($),Total costs($)\n2026-07-01,1,1\n2026-07-02,"2,2\n2026-07-03,3,3\n')  # fmt: skip
    with pytest.raises(InputError, match="ce.csv: line 4: unexpected end of data"):
        Ledger(tmp_path / "l").ingest(tmp_path / "ce.csv")


@settings(max_examples=8)  # a smoke: `make fuzz` does it in earnest
@given(data=st.data())
def test_no_mutation_of_a_download_is_a_crash_or_loses_money_in_silence(data, tmp_path_factory):
    table = [list(row) for row in TABLE]
    cells = st.one_of(st.sampled_from(["", "0", "1e999", "NaN", "-", "1,5", "2026-07", "$", "(x)", '"', "Total"]), st.text(max_size=6))  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        row, column = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 4))
        table[row][column] = data.draw(cells)
    folder = tmp_path_factory.mktemp("mutated")
    try:
        ledger = Ledger(folder / "l")
        receipt = ledger.ingest(aws.write_table(table, folder / "ce.csv"))
    except (FinOpsError, UnicodeEncodeError):
        return
    assert receipt.rows_in == receipt.accepted + receipt.quarantined
    booked = receipt.totals.get("USD", Decimal(0))
    assert (
        booked == Decimal("365.50")
        or "DIFFER" in str(receipt)
        or receipt.quarantined
        or table[1][0] != "Service total"  # then it is a period of its own, as the file says
    )
