"""What was published and is another figure now is said on page one of the next report, on the console and by verify (docs/method §14.2)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from headline_world import brief_of, days, row, workspace

from finops_model.facts.ledger.store import Ledger
from finops_model.measure import restated
from finops_model.publish.job import month as job
from finops_model.publish.page.one.notices import alerts
from finops_model.publish.page.tables import Figures
from finops_model.publish.page.two.control import facts
from finops_model.publish.verify.again import Again
from finops_model.publish.verify.verifying import check, verify

FIELD = Path(__file__).parent / "fixtures" / "field"


def archive(root, *briefs) -> None:
    """An archive of reports that holds just what `statements` reads: (month, status, {month: cost}, partial months)."""
    entries = []
    for month, status, by_month, partial in briefs:
        place = root / month / "company" / "brief.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            json.dumps(
                {
                    "unit": "Company",
                    "month": month,
                    "currency": "USD",
                    "status": status,
                    "actual": {"by_month": by_month, "partial_months": partial},
                }
            )
        )
        entries.append(
            {
                "month": month,
                "slug": "company",
                "files": {"brief.json": {"sha256": hashlib.sha256(place.read_bytes()).hexdigest()}},
            }
        )
    (root / "index.json").write_text(json.dumps({"reports": entries}))


def lines(root, booked, month) -> list[tuple]:
    said = restated.statements(root, month).get("Company", {})
    return [
        (one["month"], one["told"], one["status"], one["published"], one["now"])
        for one in restated.restated(said, booked, month, "Company")
    ]


def test_a_month_is_compared_with_what_was_last_said_of_it(tmp_path):
    archive(
        tmp_path,
        ("2026-08", "final", {"2026-07": 70.0, "2026-08": 80.0}, []),
        ("2026-09", "final", {"2026-07": 70.0, "2026-08": 80.0, "2026-09": 90.0}, []),
    )
    assert lines(tmp_path, {"2026-07": 70.001, "2026-08": 80.0, "2026-09": 91.0}, "2026-10") == [
        ("2026-09", "2026-09", "final", 90.0, 91.0)
    ]
    assert lines(tmp_path, {"2026-07": 75.0, "2026-08": 80.0, "2026-09": 90.0}, "2026-10") == [
        ("2026-07", "2026-08", "final", 70.0, 75.0)
    ]
    assert lines(tmp_path, {"2026-07": 70.0, "2026-08": 80.0}, "2026-10") == [
        ("2026-09", "2026-09", "final", 90.0, 0.0)
    ]
    assert lines(tmp_path, {"2026-07": 70.0, "2026-08": 81.0, "2026-09": 90.0}, "2026-09") == [
        ("2026-08", "2026-08", "final", 80.0, 81.0)
    ]


def test_it_is_said_once_and_a_month_under_way_was_never_published_whole(tmp_path):
    archive(
        tmp_path,
        ("2026-08", "flash", {"2026-08": 40.0}, ["2026-08"]),
        ("2026-09", "final", {"2026-08": 80.0, "2026-09": 90.0}, []),
        ("2026-10", "final", {"2026-08": 80.0, "2026-09": 91.0, "2026-10": 95.0}, []),
    )
    assert lines(tmp_path, {"2026-08": 80.0, "2026-09": 91.0, "2026-10": 95.0}, "2026-11") == []
    assert lines(tmp_path, {"2026-08": 80.0, "2026-09": 92.0, "2026-10": 95.0}, "2026-11") == [
        ("2026-09", "2026-10", "final", 91.0, 92.0)
    ]


def test_an_altered_brief_says_nothing_and_no_archive_is_no_statement(tmp_path):
    archive(tmp_path, ("2026-09", "final", {"2026-09": 90.0}, []))
    path = tmp_path / "2026-09" / "company" / "brief.json"
    path.write_text(path.read_text().replace("90.0", "60.0"))
    assert (
        restated.statements(tmp_path, "2026-10") == {}
        and restated.statements(tmp_path / "none", "2026-10") == {}
    )


def test_a_month_that_is_published_again_is_compared_with_what_was_published_of_it_first(tmp_path):
    archive(
        tmp_path,
        ("2026-08", "final", {"2026-08": 80.0}, []),
        ("2026-09", "final", {"2026-08": 80.0, "2026-09": 90.0}, []),
    )
    assert lines(tmp_path, {"2026-08": 80.0, "2026-09": 91.0}, "2026-09") == [
        ("2026-09", "2026-09", "final", 90.0, 91.0)
    ]
    assert lines(tmp_path, {"2026-08": 80.0, "2026-09": 90.0}, "2026-09") == []
    archive(tmp_path, ("2026-09", "flash", {"2026-09": 40.0}, ["2026-09"]))
    assert lines(tmp_path, {"2026-09": 91.0}, "2026-09") == []


def test_the_words_for_the_console():
    one = {
        "month": "2026-09",
        "told": "2026-09",
        "published": 94977.51,
        "status": "final",
        "now": 96877.07,
        "difference": 1899.56,
    }
    assert restated.warning([one | {"unit": "Company"}], "USD").startswith(
        "September 2026 was published"
    )
    assert restated.warning([one | {"unit": "Factory"}], "USD").startswith(
        "Factory: September 2026 was published as 94,978 USD (final)"
    )
    other = one | {"month": "2026-08", "told": "2026-09", "difference": -0.25}
    assert restated.sentence(other, "USD") == (
        "August 2026 was published as 94,977.51 USD (in the report of September 2026) and is 96,877.07 USD now: -0.25 USD."
    )
    assert (
        restated.warning([other, one], "USD").endswith("now: +1,900 USD. And 1 earlier month more.")
        and restated.warning([], "USD") == ""
    )


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """(settings, what the report of October returned): September is published, delivered again 2 % higher, then October is published."""
    folder = tmp_path_factory.mktemp("closed")
    invoices = folder / "invoices.csv"
    settings = workspace(
        folder,
        days("2026-07-01", "2026-09-30", cost=lambda i: 100 + i % 7),
        invoices="invoices.csv",
    )
    sums = Ledger(folder / "ledger").totals_by_period()
    lines = [
        f"{line.InvoiceIssuerName},{line.BillingPeriod},USD,{line.BilledCost}"
        for line in sums.itertuples()
    ]
    invoices.write_text(
        "\n".join(["InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount", *lines]) + "\n"
    )
    first = job.report(settings, "2026-09", workers=1)
    again = days(
        "2026-09-01", "2026-09-30", cost=lambda i: round((100 + (i + 62) % 7) * 1.02, 2)
    ) + days("2026-10-01", "2026-10-31")
    Ledger(folder / "ledger").ingest(("again", pd.DataFrame(again)))
    return settings, first, brief_of(settings, "2026-10")


def test_page_one_of_the_next_report_says_what_changed_since_it_was_published(closed):
    settings, first, brief = closed
    assert first[0]["restated"] == [] and first[0]["status"] == "final"
    then = first[0]["figures"]["actual"]
    line = brief["restated"][0]
    assert len(brief["restated"]) == 1 and (
        line["month"],
        line["unit"],
        line["status"],
        line["told"],
    ) == ("2026-09", "Company", "final", "2026-09")
    assert line["published"] == pytest.approx(then) and line["difference"] == pytest.approx(
        then * 0.02, abs=0.2
    )
    said = [str(one) for one in alerts(Figures(brief))]
    assert (
        said[0].startswith("September 2026 was published as ")
        and " USD (final) and is " in said[0]
        and " USD now: " in said[0]
    )


def test_verify_says_first_which_bill_changed_and_by_how_much(closed):
    settings, first, _ = closed
    told = verify(Path(settings.root) / "reports" / "2026-09" / "company", settings)
    then = first[0]["figures"]["actual"]
    assert (
        told[0].startswith(
            f"the bill of Daily for September 2026 was {then:,.2f} USD when it was published and is "
        )
        and "(+" in told[0]
    )
    assert told[1].startswith(f"September 2026 cost {then:,.2f} USD when it was published")
    assert any(line.startswith("cost of the month: ") for line in told) and len(told) <= 10
    assert told[-1].startswith("and ") and told[-1].endswith(
        " more figures of the report that follow from these"
    )


def test_a_restated_month_that_is_published_again_says_so_and_verifies(closed):
    settings, first, _ = closed
    place, then = (
        Path(settings.root) / "reports" / "2026-09" / "company",
        first[0]["figures"]["actual"],
    )
    for _ in range(2):  # published a third time, it still says what the first report said
        again = job.report(settings, "2026-09", workers=1)[0]
        line = again["restated"][0]
        assert (line["month"], line["status"], line["published"]) == (
            "2026-09",
            "final",
            then,
        ) and line["now"] == again["figures"]["actual"] > then
    assert "September 2026 was published as " in (place / "report.html").read_text(encoding="utf-8")
    assert verify(place, settings) == []
    with Again(
        settings
    ) as again:  # the former one too, from the rows of then, with what changed since
        (former,) = check(place.parent / ".versions" / "1" / "company", again, numbers_only=True)
    assert former.verified and former.since[0].startswith(
        f"the bill of Daily for September 2026 was {then:,.2f} USD when it was published and is "
    )
    assert brief_of(settings, "2026-10")["restated"] == []


def test_a_commitment_that_the_bill_counts_twice_and_use_that_is_billed_elsewhere_stand_on_page_one(
    tmp_path,
):
    fee = row(
        "2026-07-01", "2026-08-01", 310, ChargeCategory="Purchase", CommitmentDiscountId="sp-1"
    )
    use = days("2026-07-01", "2026-07-31", cost=10, CommitmentDiscountId="sp-1")
    late = [
        row(
            "2026-07-31",
            "2026-08-01",
            4,
            BillingPeriodStart="2026-08-01T00:00:00Z",
            BillingPeriodEnd="2026-09-01T00:00:00Z",
        )
    ]
    brief = brief_of(
        workspace(tmp_path, [fee], [{**one, "BilledCost": "0"} for one in use], late), "2026-07"
    )
    assert (
        brief["actual"]["month"] == pytest.approx(314)
        and brief["counted_twice"][0]["purchase"] == "310.00"
    )
    said = " ".join(str(one) for one in alerts(Figures(brief)))
    assert (
        "The bill of July 2026 counts sp-1 twice: the purchase has an EffectiveCost of " in said
        and ">310.00</data> USD" in said
    )
    assert "The purchase counts 0 here." in said
    assert (
        dict(facts(Figures(brief)))["Use and bill"]
        == "Of the use of July 2026, 4.00 USD are billed in August 2026."
    )


def test_the_field_case_of_a_month_billed_in_the_next_period(tmp_path):
    settings = workspace(tmp_path, days("2026-06-01", "2026-06-02", vendor="Cloudy"))
    Ledger(tmp_path / "ledger").ingest(FIELD / "billed_in_the_next_period" / "focus.csv")
    brief = brief_of(
        settings.model_copy(
            update={"invoices": str(FIELD / "billed_in_the_next_period" / "invoices.csv")}
        ),
        "2026-07",
    )
    assert brief["actual"]["month"] == pytest.approx(310) and (
        brief["tie_out"]["ledger_total"],
        brief["tie_out"]["difference"],
    ) == ("306.00", "0.00")
    assert brief["billed_elsewhere"] == [
        {"used": "2026-07", "billed": "2026-08", "currency": "USD", "amount": "4.00"}
    ]
