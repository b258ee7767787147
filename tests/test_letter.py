"""A report as mail and as plain text: the brief's figures, short, and no name of a bill becomes a header, a tag or a line of its own."""

from __future__ import annotations

import copy
import html
import json
import re
import unicodedata
from pathlib import Path

import pytest

from finops_model.errors import ReportError
from finops_model.publish.job import pdf
from finops_model.publish.job.letter import DECISIONS, FILES, SENTENCES, letter
from finops_model.publish.job.mail import html_of
from finops_model.publish.job.summary import text_of

BRIEFS = Path(__file__).parent / "fixtures" / "briefs"
NAMES = [*FILES, "mail.html"]


def line(period, state, value, budget, since, material=False, booked=0, months=3):
    return {
        "period": period,
        "kind": "year" if period.startswith("FY") else "quarter",
        "state": state,
        "booked": booked,
        "months": months,
        "value": value,
        "budget": budget,
        "variance": None if budget is None else value - budget,
        "material": material,
        "since_last": since,
    }


def decision(what, saves=None, owner="", nothing="", by="2027-01-01"):
    return {
        "by": by,
        "what": what,
        "period": "FY2027" if saves is not None else None,
        "saves": saves,
        "p10": None if saves is None else saves - 100e3,
        "p90": None if saves is None else saves + 100e3,
        "if_nothing": nothing,
        "owner": owner,
    }


PAGE_ONE = {
    "periods": {
        "lines": [
            line("Q1 2026", "actual", 2_155e3, 2_098e3, None, material=True, booked=3),
            line("Q4 2026", "part", 2_695e3, 2_779e3, -31e3, material=True, booked=1),
            line("FY2026", "part", 9_776e3, 9_716e3, -31e3, booked=10, months=12),
            line("FY2027", "forecast", 12_900e3, None, 270e3, months=12),
        ],
        "year_to_date": {
            "period": "FY2026",
            "until": "2026-10-31",
            "value": 7_984e3,
            "variance": 145e3,
        },
        "sentence": "$145k over budget by October 2026.",
    },
    "decisions": [
        decision("Renew 49 GPUs", 510e3, "Procurement", "40 GPUs go on demand: +$40.2k a month."),
        decision("Use the smaller model", -20e3, by="2026-12-15"),
        decision("Research runs out of its money"),
        decision("A fourth"),
    ],
}


@pytest.fixture(scope="module")
def brief():
    found = json.loads((BRIEFS / "company.json").read_text(encoding="utf-8"))
    return {**found, "page_one": PAGE_ONE}


def test_a_summary_says_headline_quarters_decisions_status_and_files(brief):
    text = text_of(letter(brief, NAMES))
    subject, *_ = text.splitlines()
    assert subject == "AI budget, October 2026: Meridian Labs (synthetic sample)"
    assert " ".join(text.split()).count(" ".join(brief["headline"].split())) == 1
    assert (
        "By quarter                  cost  against budget  since last forecast\n"
        "Q1 2026                   $2.15m         +$57.0k                    –\n"
        "Q4 2026 (1 of 3 booked)   $2.69m         −$84.0k              −$31.0k\n"
        "FY2026 (10 of 12 booked)  $9.78m         +$60.0k              −$31.0k\n"
        "FY2027 (forecast)         $12.9m        none yet               +$270k\n"
        "FY2026 to 31 October 2026: $7.98m, $145k over budget. Means add up over\n"
        "quarters; the $9.78m that FY2026 is likely to land at is the middle of\n"
        "the futures.\n"
    ) in text
    assert (
        "To decide\n"
        "- by 1 January 2027: Renew 49 GPUs. If nothing is done: 40 GPUs go on\n"
        "  demand: +$40.2k a month.\n"
        "  saves $510k in FY2027 ($410k to $610k); Procurement\n"
        "- by 15 December 2026: Use the smaller model.\n"
        "  costs $20.0k in FY2027 (−$80.0k to $120k)\n"
        "- by 1 January 2027: Research runs out of its money.\n"
    ) in text
    assert "A fourth" not in text
    assert "\nreport.pdf     the same, to print\n" in text and "mail.html" not in text
    assert "before tax and credits." in text


def test_a_month_that_was_published_as_another_figure_says_so_first(brief):
    """The mail of a month restated from 11,227 to 11,332 said neither."""
    line = {"month": "2026-10", "told": "2026-10", "unit": "Company", "status": "final"}
    line |= {"published": 11227.32, "now": 11331.89, "difference": 104.57}
    said = letter({**brief, "restated": [line]}, NAMES)
    first = "October 2026 was published as 11,227 USD (final) and is 11,332 USD now: +105 USD."
    assert said.sentences[0] == first
    assert first in " ".join(text_of(said).split()) and first in html_of(said)


def test_the_mail_says_what_the_summary_says_and_colours_what_is_material(brief):
    said = letter(brief, NAMES)
    page = html_of(said)
    words = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for text in (said.headline, *said.sentences, said.to_date, said.status, *said.files):
        assert " ".join(text.split()) in " ".join(words.split()), text
    assert re.search(r'color:#b85000[^>]*">\+\$57\.0k', page), "over, and it matters"
    assert re.search(r'color:#00734f[^>]*">−\$84\.0k', page), "under, and it matters"
    assert re.search(r'color:#17212b[^>]*">\+\$60\.0k', page), "over, and it does not"
    assert not re.search(r"<(style|script|link|img|svg)\b|https?:|url\(|@import", page)


def test_a_brief_without_the_keys_of_page_one_has_a_letter_without_them(brief):
    said = letter({k: v for k, v in brief.items() if k != "page_one"}, ["report.html"])
    text = text_of(said)
    assert "By quarter" not in text and "To decide" not in text and brief["summary"][0][:40] in text
    assert text.endswith("report.html  the report, for any browser\n")
    assert "To decide" not in html_of(said)
    only = {**brief, "page_one": {"materiality": {}, "decisions": []}}
    assert text_of(letter(only, ["report.html"])) == text


def test_hostile_names_stay_text_in_one_line_of_72_columns_and_60_lines(brief):
    evil = 'x"><script>alert(1)</script>\r\nBcc: all@example.com\x00\x1b[31m\u202e' + "w" * 900

    def spoilt(value, key=""):
        if isinstance(value, dict):
            return {name: spoilt(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [spoilt(item, key) for item in value]
        keep = {"month", "status", "state", "kind", "by", "until", "data_as_of", "currency"}
        return evil if isinstance(value, str) and key not in keep else value

    bad = spoilt(copy.deepcopy({key: brief[key] for key in brief if key != "lines"}))
    bad["summary"] = [f"{n} {evil}" for n in range(9)]
    said = letter(bad, NAMES, ["m"])
    text, page = text_of(said), html_of(said)
    assert len(said.sentences) == SENTENCES and len(said.decisions) == DECISIONS
    lines = text.splitlines()
    assert len(lines) <= 60 and max(map(len, lines)) <= 72
    assert not any(one.startswith("Bcc:") for one in lines[:2])
    for made in (text, page, said.subject):
        assert not [c for c in made if unicodedata.category(c)[0] == "C" and c != "\n"]
    assert "\n" not in said.subject and "<script" not in page


def test_a_footer_names_the_unit_as_text_and_counts_pages():
    line = pdf.footer({"unit": "R&D <b>x</b>\n", "month": "2026-10"})
    assert "R&amp;D &lt;b&gt;x&lt;/b&gt; · October 2026 · page <span" in line
    assert "<b>" not in line and "pageNumber" in line and "totalPages" in line


def test_times_in_a_pdf_are_blanked_and_every_place_in_it_stays():
    data = b"<</Title (a) /CreationDate (D:20261130145231+00'00')\n/ModDate (D:20261130145231)>>"
    assert pdf.undated(data).split() == [b"<</Title", b"(a)", b">>"]
    assert len(pdf.undated(data)) == len(data)


def test_a_browser_that_does_not_start_is_one_sentence_and_nothing_is_written(tmp_path):
    page, fake = tmp_path / "report.html", tmp_path / "chromium"
    page.write_text("<p>x", encoding="utf-8")
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    with pytest.raises(ReportError) as problem:
        pdf.to_pdf(page, tmp_path / "r.pdf", browser=str(fake))
    assert str(problem.value).replace("during", "before") == (
        f"{fake}: this Chromium does not start (Chromium ended before Browser.getVersion). Install it again."
    )
    assert not (tmp_path / "r.pdf").exists()


def test_savings_are_each_on_its_own_and_a_booked_quarter_has_no_last_forecast(brief):
    both = [decision("A", 5e3), decision("B", 3e3)]
    lines = [line("Q1 2026", "actual", 5e3, None, 0.0, booked=3)]
    ahead = [line("Q4 2026", "part", 5e3, None, 0.001, booked=1)]
    as_then = letter(
        {**brief, "page_one": {"periods": {**PAGE_ONE["periods"], "lines": ahead}}}, []
    )
    assert [one.since for one in as_then.quarters] == ["0"]  # as on page one
    page = {"periods": {**PAGE_ONE["periods"], "lines": lines}, "decisions": both}
    said = letter({**brief, "page_one": page}, NAMES)
    apart = "Each saving is that of its decision alone: two may save the same money, so they do not add up."
    for text in (text_of(said), html.unescape(html_of(said))):
        assert apart in " ".join(text.split())
        assert "against budget" not in text and "since last forecast" not in text  # nothing there
        assert "$0.00" not in text and "none yet" not in text
    page["decisions"] = both[:1]
    assert letter({**brief, "page_one": page}, NAMES).apart == ""


def test_a_month_under_way_says_so_once_and_its_day_as_a_reader_writes_it():
    flash = json.loads((BRIEFS / "real_bill.json").read_text(encoding="utf-8"))
    said = letter(flash, NAMES)
    assert said.status == (
        "Flash. The month is under way: data up to 15 November 2026. In EUR, before tax and credits."
    )
    assert said.over.endswith(" · Flash")
    late = {**flash, "status": "preliminary"}
    late["status_reason"] = "invoice and ledger differ by -9605.17 EUR"
    assert letter(late, NAMES).status.startswith(
        "Preliminary. Invoice and ledger differ by −9,605.17 EUR. Data to 15 November 2026, in EUR"
    )
