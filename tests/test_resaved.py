"""An export that a spreadsheet programme saved again is refused whole and told why; it was taken in part, or refused by its first cell."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from ledger_world import focus

from finops_model.errors import InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.facts.usage.store import UsageStore
from finops_model.publish.start_reading import read_bill

FIXTURES = Path(__file__).parent / "fixtures"
WHY = (
    " is how a spreadsheet programme such as Excel writes it: the export was opened and saved again, which can change amounts unseen "
    "(1.250 becomes 1250). Nothing was taken in. Download it again and give that file unopened."
)
TABLE = (
    ' Where that is not possible, add it as a table: finops add {name} --mapping FILE, with decimal: "," and date_order: day first where it '
    "writes so (docs/mapping.md)."
)


def written(path: Path, rows, delimiter=";") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def german(text: str) -> list[list[str]]:
    """The cells as a German Excel writes them: 36,26 and 01.03.2026."""
    rows = csv.reader(io.StringIO(text))
    return [
        [
            re.sub(
                r"^(\d{4})-(\d\d)-(\d\d)$", r"\3.\2.\1", re.sub(r"^(-?\d+)\.(\d+)$", r"\1,\2", c)
            )
            for c in cells
        ]
        for cells in rows
    ]


@pytest.mark.parametrize(
    ("file", "where", "cell"),
    [
        ("bills/azure_ea_actual.csv", "row 1, BilledCost", "35,00"),
        ("bills/azure_mca_actual.csv", "row 1, BilledCost", "12,50"),
        ("bills/aws_cur_classic.csv", "row 1, BilledCost", "240,00"),
        ("bills/gcp_billing.csv", "row 1, BilledCost", "100,00"),
        ("native/openai_costs_dashboard.csv", "row 1, BilledCost", "0,895874"),
        ("native/claude_console_cost.csv", "row 1, ChargePeriodStart", "01.09.2026"),
        ("bills/good.csv", "row 1, BilledCost", "2,50"),
    ],
)
def test_an_export_that_a_german_spreadsheet_saved_is_refused_whole_with_what_to_do(
    tmp_path, file, where, cell
):
    path = written(tmp_path / Path(file).name, german((FIXTURES / file).read_text("utf-8-sig")))
    with pytest.raises(InputError) as problem:
        Ledger(tmp_path / "ledger").ingest(path)
    said = f"{path.name}: {where}: '{cell}'{WHY}{TABLE.format(name=path.name)}"
    assert str(problem.value) == said
    assert not (tmp_path / "ledger" / "manifest").exists()


def test_the_way_out_that_is_named_takes_every_cent(tmp_path):
    name = "openai_costs_dashboard.csv"
    path = written(tmp_path / name, german((FIXTURES / "native" / name).read_text()))
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        'date: start_time_iso\namount: amount_value\ndecimal: ","\ncurrency: amount_currency\n'
    )
    ledger = Ledger(tmp_path / "ledger")
    ledger.ingest([read_bill(path, mapping=mapping).item])
    assert str(ledger.totals()["USD"]) == "1.236774"


def test_one_cell_between_commas_is_a_slip_and_half_of_the_rows_are_none(tmp_path):
    frame = focus(range(1, 5))
    frame.loc[0, "BilledCost"] = "1,50"
    frame.to_csv(tmp_path / "slip.csv", index=False)
    receipt = Ledger(tmp_path / "a").ingest(tmp_path / "slip.csv")
    assert (receipt.accepted, receipt.quarantined) == (3, 1)
    frame.loc[1, "BilledCost"] = "2,50"
    frame.to_csv(tmp_path / "half.csv", index=False)
    with pytest.raises(InputError, match=r"row 1, BilledCost: '1,50' is how a spreadsheet"):
        Ledger(tmp_path / "b").ingest(tmp_path / "half.csv")
    text = (FIXTURES / "native" / "claude_console_cost.csv").read_text()
    (tmp_path / "american.csv").write_text(text.replace("2026-09-01", "9/1/2026"))
    with pytest.raises(InputError, match=r"ChargePeriodStart: '9/1/2026' is how a spreadsheet"):
        Ledger(tmp_path / "c").ingest(tmp_path / "american.csv")
    days = focus(range(1, 5)).assign(ChargePeriodStart=[f"7/{day}/2026" for day in range(1, 5)])
    days.to_csv(tmp_path / "by_hand.csv", index=False)  # as the published examples of FOCUS
    assert Ledger(tmp_path / "d").ingest(tmp_path / "by_hand.csv").quarantined == 4


def test_whole_amounts_between_semicolons_are_taken_and_the_doubt_is_said(tmp_path):
    text = (FIXTURES / "native" / "aws_cur_classic.csv").read_text().replace(".00,", ",")
    path = written(tmp_path / "cur.csv", csv.reader(io.StringIO(text)))
    receipt = Ledger(tmp_path / "ledger").ingest(path)
    said = (
        "cur.csv: a semicolon stands between the cells, and vendors write commas: if a spreadsheet programme saved the file again, which can "
        "change amounts unseen (1.250 becomes 1250), take the original download"
    )
    assert said in map(str, receipt.warnings) and str(receipt.totals["USD"]) == "266.00"


def test_usage_that_was_saved_again_is_refused_too(tmp_path):
    path = written(
        tmp_path / "litellm.csv", german((FIXTURES / "native" / "litellm.csv").read_text())
    )
    with pytest.raises(InputError) as problem:
        UsageStore(tmp_path / "usage").ingest(path)
    assert str(problem.value) == f"litellm.csv: row 1, x_EstimatedCost: '0,01'{WHY}"
