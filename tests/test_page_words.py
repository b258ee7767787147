"""Words and figures of page one say the same thing, once and plainly."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from finops_model.errors import InputError
from finops_model.measure import words
from finops_model.measure.close import status, untied
from finops_model.measure.entities import NOTE
from finops_model.publish.charts.budget import against_budget
from finops_model.publish.charts.fan import monthly_fan
from finops_model.publish.page import basis as page_basis
from finops_model.publish.page import sections as page_sections
from finops_model.publish.page.one.notices import alerts
from finops_model.publish.page.tables import Figures
from finops_model.publish.page.two import control as page_control
from finops_model.settings import load_settings
from finops_model.wording import money

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"


def read(name: str) -> dict:
    return json.loads((BRIEFS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name, side", [("company", "over"), ("unit", "under")])
def test_the_chart_is_over_or_under_by_the_mean_as_the_table_and_the_sentence_are(name, side):
    brief = read(name)
    land = brief["landing"]
    by = money(abs(land["mean"] - land["budget"]), brief["currency"])
    figure = against_budget(brief)
    assert figure.title.endswith(f"FY2026 lands {by} {side} budget on average")
    assert (
        f"{by} {side} on average" in figure.svg
        and money(abs(land["p50"] - land["budget"]), brief["currency"]) + f" {side}"
        not in figure.svg
    )


def test_median_and_mean_on_two_sides_of_the_budget_are_no_contradiction():
    brief = read("company")
    brief["landing"] |= {
        "budget": 1000.0,
        "p50": 990.0,
        "mean": 1010.0,
        "p10": 900.0,
        "p90": 1200.0,
        "booked": 800.0,
        "overrun_probability": 0.45,
    }
    assert against_budget(brief).title.endswith("FY2026 lands $10.00 over budget on average")


def test_a_year_that_is_over_or_has_no_width_is_no_average():
    brief = read("company")
    flat = {
        "p10": 900.0,
        "p50": 900.0,
        "p90": 900.0,
        "mean": 900.0,
        "budget": 1000.0,
        "overrun_probability": None,
        "breach_month": None,
    }
    brief["landing"] |= {**flat, "booked": 900.0, "closed": True, "no_width": True}
    assert against_budget(brief).title.endswith("FY2026 closed $100 under budget")
    brief["landing"] |= {**flat, "booked": 500.0, "closed": False}
    assert against_budget(brief).title.endswith("FY2026 lands $100 under budget")


@pytest.mark.parametrize(
    "now, said",
    [
        (1_010_000.0, "A month is likely to cost $1.01m by December 2027, as in October 2026"),
        (1_013_000.0, "A month is likely to cost $1.01m by December 2027, as in October 2026"),
        (
            1_002_000.0,
            "A month is likely to cost $1.01m by December 2027, up from $1.00m in October 2026",
        ),
        (
            1_025_000.0,
            "A month is likely to cost $1.01m by December 2027, down from $1.02m in October 2026",
        ),
    ],
)
def test_a_month_to_come_is_up_down_or_as_in_the_month_named(now, said):
    brief = read("company")
    brief["forecast"]["months"][-1]["p50"] = 1_010_000.0
    brief["actual"]["by_month"]["2026-10"] = now
    assert monthly_fan(brief).title == said


@pytest.mark.parametrize(
    "change, said",
    [
        (0.0004, ", as in the month before."),
        (-0.004, ", as in the month before."),
        (0.0, ", as in the month before."),
        (0.034, ", up 3 % on the month before."),
        (-0.5, ", down 50 % on the month before."),
    ],
)
def test_a_unit_cost_that_did_not_move_is_not_down_by_nothing(change, said):
    brief = read("company")
    line = next(line for line in brief["unit_costs"] if line["unit"] != "share")
    line["change_pct"] = change
    last = next(text for text in words.summary(brief) if text.startswith(line["name"]))
    assert last.endswith(said)


def test_a_dear_thing_is_written_out_and_never_in_powers_of_ten():
    brief = read("company")
    line = next(line for line in brief["unit_costs"] if line["unit"] != "share")
    for value, said in ((21574.23, ": 21,574 USD"), (0.0000123, ": 0.0000123 USD")):
        line["value"] = value
        last = next(text for text in words.summary(brief) if text.startswith(line["name"]))
        assert said in last


@pytest.mark.parametrize(
    "before, said",
    [
        (100.0, "20 % more than the month before."),
        (120.3, "as much as the month before."),
        (150.0, "20 % less than the month before."),
    ],
)
def test_a_percent_is_written_one_way(before, said):
    brief = read("company")
    brief["budget"], brief["actual"]["month"], brief["actual"]["previous_month"] = (
        None,
        120.0,
        before,
    )
    text = words.summary(brief)[0]
    assert text.endswith(said) and not re.search(r"\d%", " ".join(words.summary(brief)))


def test_the_reason_for_no_unit_costs_is_true_of_a_bill_with_other_quantities():
    brief = read("company")
    brief["unit_costs"] = []
    assert (
        "Unit costs: no business driver was given for it, and the bill has no quantities in tokens or GPU-hours."
        in page_basis.left_out(brief)
    )


def test_what_the_note_of_an_entity_says_needs_no_knowledge_of_the_program():
    assert NOTE == "Each legal entity has its own report; nothing is added up across entities."


@pytest.mark.parametrize(
    "name, said",
    [
        ("Acme Inc.", "all of Acme Inc. All invoices tie out."),
        ("Acme GmbH", "all of Acme GmbH. All invoices tie out."),
    ],
)
def test_a_name_that_ends_in_a_full_stop_gets_no_second_one(name, said):
    brief = read("company") | {
        "entity": {"name": name, "unit": "Company", "currency": "USD", "note": NOTE}
    }
    assert (
        page_control.sentence_end(page_control.whole_of(brief)) + " All invoices tie out." == said
    )


def test_an_unknown_setting_is_answered_with_settings_a_reader_may_write(tmp_path):
    (tmp_path / "finops.yaml").write_text("company: A\nforecast: 3\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path / "finops.yaml")
    known = str(refused.value).split("Known: ")[1].rstrip(".").split(", ")
    assert "paths" in known and not {"own", "root"} & set(known)


def test_booked_of_a_year_is_booked_with_the_month_under_way_as_its_year_to_date_is():
    brief = read("company")
    brief["landing"] |= {"booked": 7_000_000.0, "booked_so_far": 7_400_000.0}
    assert "FY2026: $7.40m booked, " in page_sections._landing(brief, "USD")
    before = read("company")
    before["landing"] |= {"booked": 7_400_000.0}
    assert against_budget(brief).svg == against_budget(before).svg


ROWS = [
    {
        "issuer": "Ferro",
        "billing_period": "2026-10",
        "invoice": "50.00",
        "ledger": "50.00",
        "quarantined": "0.00",
        "difference": "0.00",
    },
    {
        "issuer": "Nimbus",
        "billing_period": "2026-10",
        "invoice": None,
        "ledger": "9605.17",
        "quarantined": "0.00",
        "difference": None,
    },
]


def tied(rows, difference, note="No invoice for Nimbus.") -> dict:
    return {
        "rows": rows,
        "invoice_total": "50.00",
        "ledger_total": "9655.17",
        "quarantined": "0.00",
        "difference": difference,
        "note": note,
    }


@pytest.mark.parametrize(
    "rows, difference, reason, alert",
    [
        (
            ROWS,
            "-9605.17",
            "no invoice for Nimbus yet",
            "No invoice for Nimbus yet: 9,605.17 USD of the ledger are not tied out.",
        ),
        (
            [{**ROWS[0], "invoice": "53.00", "difference": "3.00"}, ROWS[1]],
            "-9602.17",
            "no invoice for Nimbus yet; the invoice of Ferro differs by 3.00 USD",
            "No invoice for Nimbus yet: 9,605.17 USD of the ledger are not tied out. The invoice of Ferro differs from the ledger by 3.00 USD.",
        ),
        (
            [{**ROWS[0], "invoice": "1053.00", "difference": "1003.00"}],
            "1003.00",
            "the invoice of Ferro differs by 1,003.00 USD",
            "Invoices and ledger differ by 1,003.00 USD.",
        ),
        (
            [
                {**ROWS[0], "invoice": "49.00", "difference": "-1.00"},
                {**ROWS[0], "issuer": "Nimbus", "invoice": "51.00", "difference": "1.00"},
            ],
            "0.00",
            "the invoice of Ferro differs by −1.00 USD; the invoice of Nimbus differs by 1.00 USD",
            "The invoice of Ferro differs from the ledger by −1.00 USD. The invoice of Nimbus differs from the ledger by 1.00 USD.",
        ),
    ],
)
def test_an_invoice_that_is_missing_is_no_difference_and_two_that_cancel_are_two(
    rows, difference, reason, alert
):
    assert untied(tied(rows, difference), "USD") == reason
    brief = read("company") | {"tie_out": tied(rows, difference), "currency": "USD"}
    said = " ".join(re.sub(r"<[^>]+>", "", str(one)) for one in alerts(Figures(brief)))
    assert said.endswith(alert)


@pytest.mark.parametrize(
    "difference, tolerance, said",
    [
        (
            "-0.01",
            0.01,
            (
                "final",
                "all invoices of the month tie out with the ledger within 0.01 USD: the invoice of Ferro differs by −0.01 USD",
            ),
        ),
        ("-0.01", 0.0, ("preliminary", "the invoice of Ferro differs by −0.01 USD")),
        ("0.02", 0.01, ("preliminary", "the invoice of Ferro differs by 0.02 USD")),
        ("0.00", 0.0, ("final", "all invoices of the month tie out with the ledger")),
    ],
)
def test_a_difference_within_the_tolerance_ties_out_and_is_told(difference, tolerance, said):
    close = SimpleNamespace(
        month="2026-10",
        as_of="2026-10-31",
        complete=[],
        unfinished=[],
        currency="USD",
        tie_out=tied([{**ROWS[0], "difference": difference}], difference),
        tie_out_tolerance=tolerance,
    )
    assert status(close) == said


def test_what_ties_out_is_untied_by_nothing():
    assert (
        untied(tied(ROWS[:1], "0.00"), "USD")
        == untied(tied([ROWS[0], {**ROWS[1], "ledger": "0.00"}], "0.00"), "USD")
        == ""
    )
