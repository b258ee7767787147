"""Page one decides: what stands on it in every case, nothing that the brief does not say, nothing a leader cannot read."""

from __future__ import annotations

import copy
import json
import re
from html import unescape

import pytest
from page_keys import COMPANY, company, line, read, unit
from test_report import EVIL, Seen, hostile

from finops_model.publish.page.body import Page
from finops_model.publish.page.first import first_figures
from finops_model.publish.page.html import sanitised
from finops_model.publish.page.one import status, three
from finops_model.publish.page.one.notices import alerts
from finops_model.publish.page.one.tiles import tiles
from finops_model.publish.page.tables import Figures, differences
from finops_model.publish.page.two.contents import NAMES, with_contents
from finops_model.publish.page.two.control import control_figures, tie_rows


def words(html: str) -> str:
    """The text of a page between tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", " ", html))).split())


def first(brief: dict) -> str:
    """Page one, held against its brief."""
    page = Page(brief)
    html = sanitised(page.first_page().html)
    assert differences(html, page.brief, first_figures(page.brief)) == []
    return html


def test_the_company_decides_on_one_page():
    text = words(first(company()))
    for said in (
        "Meridian Labs",
        "October 2026",
        "final All invoices of the month tie out with the ledger · data to 31 Oct 2026 · USD",
        "75 % chance that AI spend exceeds the FY2026 budget of $9.72m, typically in December 2026.",
        "$145k over budget by October 2026. FY2027 needs $12.9m, if nothing changes. Where FY2026 goes over, it is by $121k on average: spend without a unit or a budget is $288k over, all others $167k under.",
        "October 2026 $903k $1.26k over budget",
        "FY2026 to 31 Oct 2026 $7.98m $145k over budget",
        "80 % range $9.67m to $9.92m ; $152k more budget would hold in 8 of 10 futures",
        "By quarter and year, thousand USD",
        "Q1 2026 A 2,155 +57 – +37 %",
        "Q4 2026 F 1/3 2,710 −69 −31 +31 %",
        "FY2026 F 10/12 9,791 9,670 – 9,925 +74 −31 +35 %",
        "FY2027 F 12,901 11,603 – 14,402 none yet +270 +32 %",
        "Last forecast: September 2026, made again.",
        "Saves in FY2027",
        "31 Dec 2026 Renew H100: 49 GPUs an hour for a year If nothing is done: 40 GPUs go on demand: +$40.2k a month $510k $400k to $583k Procurement",
        "Each saving is that of its decision alone: two may save the same money, so they do not add up. 1 more on page two.",
        "Not assigned to a unit +$288k no budget, decisive in 98 % of them",
        "All parts: +$121k on average of the 3,007 futures over; decisive: on its budget, the company would have held; 2 more on page two",
        "What changed since September October cost +$9.97k Support chat",
        "Outcome $0.2839 down 5.5 % (favourable) in a month",
        "How far to trust this: Replayed on what was known at the time",
        "Left out: tax $1.60k of the month.",
        "Prepared by: Priya Raman, reviewed by Ingrid Halvorsen.",
    ):
        assert said in text, said
    # mean and median of one year on one page: the note says why, only where they read differently
    said = "Means add up over quarters; the chart and the $9.79m that FY2026 is likely to land at are the middle of the futures."
    for p50, mean in ((9_794_000.0, 9_791_014.0), (9_794_000.0, 9_796_000.0)):
        brief = company()
        brief["landing"] |= {"p50": p50, "mean": mean}
        assert (said in words(first(brief))) == (mean > 9_795_000)
    assert "Q1 2027" not in text and "Move batch scoring" not in text  # page two has them


@pytest.mark.parametrize("brief", [company(), unit(), read("real_bill"), read("start")])
def test_no_hash_no_jargon_and_no_raw_float_stand_on_page_one(brief):
    text = words(first(brief))
    assert not re.search(r"[0-9a-f]{12,}|sha256|\bP\d\d\b|\b(None|nan|inf|NaN)\b", text)
    assert not re.search(r"\d\.\d{6,}", text) and "finops backtest" not in text
    assert "favourable)" not in text or not re.search(r"\b[01]\.\d % \(", text)


def test_a_long_reason_is_cut_behind_a_clause_and_never_inside_a_figure():
    brief = company()
    lines = brief["page_one"]["since_report"]["lines"]
    lines[0]["sentence"] = (
        "October 2026 cost $34.5k, about as much as September 2026 (−$541): "
        "a day more +$1.17k, less Support/Chat API −$1.03k."
    )
    lines[1]["sentence"] = (
        "FY2026 is expected at $360k, $1.05k more than in the report of September 2026: "
        "corrected bills +$2.60k, less use −$1.54k."
    )
    text = words(first(brief)).replace(" ", "")
    assert "(−$541):adaymore+$1.17k…" in text and "Support/Chat" not in text
    assert "$1.05kmore:correctedbills+$2.60k,lessuse−$1.54k." in text


def test_a_variance_is_coloured_only_where_it_is_material():
    html = first(company())
    found = re.findall(r'<span class="(bad|good)"><data data-path="([^"]+)"', html)
    marked = {path: tone for tone, path in found}
    at = "page_one/periods/lines"
    assert marked[f"{at}/0/variance"] == "bad" and marked[f"{at}/3/variance"] == "good"
    assert f"{at}/2/variance" not in marked and f"{at}/4/variance" not in marked  # .6 %, .8 %
    tiles = html.partition('<div class="tiles">')[2].partition("<figure>")[0]
    assert '<p class="line bad">$1.26k' not in tiles and '<p class="line ">$1.26k' in tiles


def test_a_booked_quarter_says_nothing_of_a_forecast_but_where_it_was_corrected():
    brief = company()
    lines = brief["page_one"]["periods"]["lines"]
    lines[0] |= {"last_forecast": 2155367.2, "since_last": 0.0}
    lines[1] |= {"last_forecast": 2300000.0, "since_last": 51893.6}
    text = words(first(brief))
    assert "Q1 2026 A 2,155 +57 – +37 %" in text and "Q2 2026 A 2,352 +73 +52 +36 %" in text
    for one in lines:  # as good as nothing since: the column stays away
        one["since_last"] = 0.0 if one["state"] == "actual" else None
    assert "Since last forecast" not in words(first(brief))


@pytest.mark.parametrize(
    "likely, said",
    [
        ("2026-12-28", "if so, typically in December 2026, about the 28th"),
        ("2026-11-30", "if so, typically in December 2026"),  # one answer on one page
    ],
)
def test_the_month_of_an_overrun_is_said_once_and_a_day_only_within_it(likely, said):
    brief = company()
    brief["runout"] = [
        {
            "kind": "budget",
            "name": "FY2026 budget",
            "likely": likely,
            "state": "running",
            "chance": 0.9,
        }
    ]
    text = words(str(list(tiles(Figures(brief)))[-1][2]))
    assert text.endswith(said) and text.count("2026") == 1


def test_a_unit_shows_what_it_has_and_leaves_no_hole():
    html = first(unit())
    text = words(html)
    assert "AI budget · Customer Support · October 2026" in text and "$20.5k under budget" in text
    for gone in ("To decide", "Who carries", "What changed", "Since last forecast", "On last year"):
        assert gone not in text, gone
    assert 'class="three single"' in html and "<ul>\n</ul>" not in html


def test_a_brief_of_before_has_its_summary_and_no_empty_part():
    brief = read("company")
    html = first(brief)
    text = words(html)
    assert brief["summary"][1] in text and "To decide" not in text and "By quarter" not in text
    assert '<div class="alone">' in html and Page(brief).in_full() is Page(brief).held() is None


def bare(**lines) -> dict:
    """A company without a budget, in its first month: the year so far."""
    brief = read("start")
    keys = {"materiality": {"of_line": 0.02, "of_company": 0.001, "least": None}}
    keys["periods"] = {
        "lines": [line("Q3 2026", "part", 3.21), line("FY2026", "part", None)],
        "year_to_date": {
            **COMPANY["periods"]["year_to_date"],
            "value": 3.21,
            "budget": None,
            "variance": None,
            "last_year": None,
        },
        "last_report": None,
        "last_source": "none",
        "sentence": "FY2026 has $3.21 by September 2026.",
    }
    keys["since_report"] = {"month": None, "lines": []}
    return {**brief, "page_one": keys, **lines}


def test_a_first_month_without_a_budget_says_so_and_nothing_it_does_not_know():
    text = words(first(bare()))
    assert "FY2026 has $3.21 by September 2026." in text and "no budget to compare with" in text
    assert "Q3 2026 F 1/3 3.21" in text and "FY2026 F 1/12 –" in text  # nothing can be said
    for gone in ("Against budget", "Over (+)", "coloured", "carries", "changed", "decide"):
        assert gone not in text, gone


def test_a_bill_that_begins_within_the_year_says_what_its_year_is_without():
    brief = bare(first_day="2026-08-15")
    lines = brief["page_one"]["periods"]["lines"]
    lines[:0] = [line("Q1 2026", "actual", None)]
    brief["landing"] |= {"last": "2026-12", "closed": False, "no_width": False}
    brief["landing"] |= {"p10": 5.0, "p50": 6.0, "p90": 7.0, "mean": 6.0, "budget": None}
    brief["landing"]["overrun_probability"] = None
    text = words(first(brief))
    assert "$3.21 the bill begins on 15 Aug 2026" in text
    assert "80 % range $5.00 to $7.00 ; what came before 15 Aug 2026 is not in it" in text
    assert "Q1 2026 – Q3 2026 F 1/3" in text and "–: before the bill begins." in text
    assert "A actual" not in text  # no quarter is


def test_a_landing_of_which_nothing_can_be_said_has_its_reason():
    brief = bare()
    brief["landing"] = {**brief["landing"], "p10": None, "p50": None, "p90": None, "mean": None}
    brief["landing"] |= {"why_none": "there is too little history to forecast", "booked": 3.21}
    assert "FY2026 so far $3.21 there is too little history to forecast" in words(first(brief))


def test_a_year_without_width_is_no_range():
    brief = bare()
    brief["landing"] = {**brief["landing"], "closed": False, "no_width": True}
    text = words(first(brief))
    assert "FY2026 is heading for $3.21 no range: nothing in the bill has varied" in text
    assert "80 %" not in text and "chance" not in text.lower()


def test_a_missing_invoice_is_missing_and_no_difference():
    brief = company()
    brief["status"] = "preliminary"
    brief["status_reason"] = "invoice and ledger differ by -9605.17 USD"
    tie = brief["tie_out"]
    tie["rows"][0] |= {"invoice": None, "difference": None}
    tie |= {"difference": "-276866.97"}
    text = words(first(brief))
    assert "preliminary No invoice for Aurora AI yet · data to" in text
    assert "No invoice for Aurora AI yet: 276,866.97 USD of the ledger are not tied out." in text
    assert "-9605" not in text and "−276,866.97" not in text
    figures = Figures(brief)
    assert [str(cell) for cell in tie_rows(figures)[-1]] == ["Invoice of Aurora AI", "missing"]
    assert control_figures(brief) == ("tie_out/ledger_total",)
    html = Page(brief).control().html
    assert "−276,866.97" not in html and "differ by" not in html


def test_a_reason_is_read_without_raw_numbers():
    tie = read("company")["tie_out"]
    brief = {"status": "preliminary", "tie_out": tie}
    brief["status_reason"] = "the invoice of Ferro differs by -52133.32 USD"
    assert status.reason(brief) == "The invoice of Ferro differs by −52,133.32 USD"
    brief["status_reason"] = "the month is under way: data up to 2026-11-15"
    assert status.reason(brief) == "The month is under way: data up to 15 November 2026"


def test_a_restated_month_is_said_before_any_figure():
    brief = company()
    brief["restated"] = [
        {
            "month": "2026-09",
            "unit": "Company",
            "published": 890000.0,
            "status": "final",
            "told": "2026-09",
            "now": 893290.0,
            "difference": 3290.0,
        }
    ]
    html = first(brief)
    said = "September 2026 was published as 890,000 USD (final) and is 893,290 USD now: +3,290 USD."
    assert said in words(html) and html.index("alert") < html.index('class="tiles"')
    assert [words(str(one)) for one in alerts(Figures(brief))][0].startswith("September 2026 was")


def test_names_from_outside_are_text_on_both_pages():
    evil = hostile(company())
    evil["page_one"] = hostile(copy.deepcopy(COMPANY))
    for part in evil["page_one"]["carriers"]["parts"]:
        part["kind"] = "unit"
    for row in evil["page_one"]["periods"]["lines"]:
        row |= {"kind": "year" if "FY" in row["period"] else "quarter", "state": "actual"}
    evil["page_one"]["periods"] |= {"last_source": "none", "last_report": None}
    evil["page_one"]["since_report"]["month"] = evil["page_one"]["next_month"]["month"] = "2026-09"
    page = Page(evil)
    html = "".join(section.html for section in (page.first_page(), page.in_full(), page.held()))
    seen = Seen(sanitised(html))
    assert "script" not in seen.tags and "img" not in seen.tags and "a" not in seen.tags
    assert not [name for _, name, _ in seen.attributes if name.startswith("on") or name == "style"]
    assert page.differences() == [] and EVIL[:20] in " ".join(seen.words)


def test_page_two_has_in_full_what_page_one_shortens():
    page = Page(company())
    full, held = words(page.in_full().html), words(page.held().html)
    for said in (
        "Q1 2027 F 2,901",
        "28 Feb 2027 −$21.0k −$50.0k to $9.00k FY2027 Move batch scoring to spot not named",
        "Mean overrun +121,300",
        "Risk & Compliance −119,000 – unit",
        "FY2027 +270,200 The H100 commitment ends on 31 December.",
        "November 2026 on the month −25,260",
        "November 2026 is forecast $25.3k under October 2026",
    ):
        assert said in full, said
    for said in (
        "hyperion-h100-1y-2026 31 December 2026, in 61 days 74,400 98 % 1,510 21,030",
        "Aurora AI 276,867 31 % – 2,301,000",
        "FY2026 to date not known 7,984,080 –",
        "October was billed $1.60k above what it cost: tax.",
    ):
        assert said in held, said
    assert page.differences() == []


def test_the_contents_name_the_sections_that_are_there():
    body = '<section class="first one" id="first"></section><section id="budget"></section><section id="basis"></section>'
    found = with_contents(body)
    assert found.index('id="first"') < found.index('id="contents"') < found.index('id="budget"')
    assert re.findall("<li>(.*?)</li>", found) == [NAMES["budget"], "Assumptions, data, lineage"]
    assert "<a" not in found and with_contents("<p>nothing</p>") == "<p>nothing</p>"


def test_an_altered_figure_of_page_one_is_named():
    brief = company()
    html = Page(brief).first_page().html
    altered = html.replace(">+$288k</data>", ">+$28k</data>")
    assert differences(altered, brief) == [
        "page_one/carriers/parts/0/mean: the page says '+$28k' (288200.0), the brief +$288k"
    ]
    less = html.replace("page_one/decisions/0/saves", "page_one/decisions/3/saves")
    assert "page_one/decisions/0/saves: not on the page" in differences(
        less, brief, first_figures(brief)
    )


def test_shares_of_a_unit_cost_stand_last_and_three_are_shown():
    block = three.costs(Figures(read("company")))
    assert [item.what for item in block.items] == ["Conversation", "Document processed", "Outcome"]
    assert block.note == "6 more on page two"


def test_the_keys_by_hand_are_those_of_the_types():
    from finops_model.measure.page_one.types import PageOne

    assert set(COMPANY) <= set(PageOne.__annotations__)
    assert json.loads(json.dumps(COMPANY)) == COMPANY
