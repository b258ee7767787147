"""A published report in a browser without a network: nothing is fetched, nothing complains, the key figures are there."""

from __future__ import annotations

import re

import pytest

from finops_model.measure.words import money, percent

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def published(chromium, tmp_path_factory):
    """(path of the company's report.html, its brief), published by the real thing."""
    from dashboard_world import company

    from finops_model.publish.report import build as report

    folder = tmp_path_factory.mktemp("published")
    _, briefs, _ = company(folder)
    root = folder / "real"
    report.build_reports(briefs[:1], root, workers=1, fast=True)
    return root / briefs[0]["month"] / briefs[0]["slug"] / "report.html", briefs[0]


@pytest.fixture
def opened(watch, published):
    seen = watch(offline=True)
    seen.page.goto(published[0].as_uri())
    seen.page.wait_for_load_state("networkidle")
    return seen


def test_nothing_is_fetched_and_nothing_complains(opened):
    assert opened.foreign == [] and opened.failed == [] and opened.errors == []
    assert len([url for url in opened.requests if url.startswith("file://")]) == 1


def test_the_key_figures_are_on_the_page(opened, published):
    brief, shown = published[1], opened.page.inner_text("body")
    for figure in (
        brief["headline"],
        money(brief["landing"]["p50"], "USD"),
        money(brief["landing"]["budget"], "USD"),
        percent(brief["landing"]["overrun_probability"]),
        brief["people"]["prepared_by"],
    ):
        assert figure in shown, figure


def test_the_page_has_no_script_and_needs_no_scrolling_sideways(opened):
    assert opened.page.locator("script").count() == 0
    opened.page.set_viewport_size({"width": 1100, "height": 900})
    assert opened.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


PHONE = {"width": 390, "height": 844}
OVERFLOW = """() => [...document.querySelectorAll('body *')]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible' && !e.classList.contains('many'))
    .map(e => `${e.tagName}.${e.className} ${e.scrollWidth} in ${e.clientWidth}`)"""
# px of the words of drawings as they are seen; and letters that are too pale on what lies behind them (WCAG 2.2: 4.5, large words 3)
LETTERS = """() => [...document.querySelectorAll('svg text')].filter(e => e.getBoundingClientRect().width)
    .map(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"""
PALE = """() => {
    const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = (e) => { for (; e; e = e.parentElement) {
        const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
    const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode());) {
        const e = node.parentElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
        if (!node.textContent.trim() || !box.width || e.closest('style') || (e.tagName === 'text' && e.getAttribute('stroke'))) continue;
        const drawn = !!e.closest('svg'), color = parse(drawn ? style.fill : style.color), paper = behind(e);
        const [a, b] = [light(color), light(paper)].sort((x, y) => y - x), ratio = (a + 0.05) / (b + 0.05);
        const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
        if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.getAttribute('class') || ''} ${node.textContent.trim().slice(0, 40)}`);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """{name: page} of a company with all that page one can hold, of one unit, and of a bill alone; no kernel runs."""
    import nbformat
    from page_keys import company, read, unit

    from finops_model.publish.page.body import Page
    from finops_model.publish.page.html import page_of

    folder, found = tmp_path_factory.mktemp("decided"), {}
    full = company()
    long = "Every routine chat stays on the large model and every document is read twice, "
    for i, one in enumerate(full["page_one"]["decisions"]):  # as long as page one lets them be
        one["if_nothing"] = one["if_nothing"] or long * i
    for one in full["page_one"]["since_report"]["lines"]:
        one["sentence"] = (one["sentence"] + " " + long)[:130]
    full["landing"]["mean"] += 20_000  # another figure than the middle: a note says why
    rows = full["tie_out"]["rows"]
    rows[0] |= {"invoice": None, "difference": None}
    full |= {"status": "preliminary", "status_reason": "no invoice for Aurora AI yet"}
    sections = "first_page in_full budget units movements uncertainty held unit_costs what_ifs track_record control basis"
    for name, brief in (("company", full), ("unit", unit()), ("bill", read("real_bill"))):
        page, cells = Page(brief), []
        for one in (getattr(page, section)() for section in sections.split()):
            if one is not None:
                shown = nbformat.v4.new_output("display_data", data={"text/html": one.html})
                cells.append(nbformat.v4.new_code_cell("", outputs=[shown]))
        found[name] = folder / f"{name}.html"
        found[name].write_bytes(page_of(nbformat.v4.new_notebook(cells=cells), brief))
    return found


@pytest.fixture
def look(chromium):
    """look(path, scheme, size): a page of a browser that shows it."""
    opened = []

    def shown(path, scheme="light", size=PHONE):
        context = chromium.new_context(viewport=size, color_scheme=scheme, offline=True)
        opened.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        return page

    yield shown
    for context in opened:
        context.close()


NAMES = ("company", "unit", "bill")


@pytest.mark.parametrize("name", NAMES)
def test_on_a_phone_nothing_is_cut_and_what_is_slid_says_so(look, decided, name):
    page = look(decided[name])
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(OVERFLOW) == []
    assert min(page.evaluate(LETTERS)) >= 11
    slid = page.locator(".many").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => getComputedStyle(e, '::before').content)"
    )
    assert all("Slide sideways" in said for said in slid)
    assert name == "bill" or slid


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_every_letter_is_readable_in_light_and_dark(look, decided, name, scheme):
    page = look(decided[name], scheme, {"width": 1100, "height": 900})
    paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 24, 31)"}[scheme]
    assert page.evaluate(PALE) == []
    page.set_viewport_size(PHONE)
    assert page.evaluate(PALE) == []


def sheets(page) -> int:
    """Sheets of paper that it prints on."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("name", NAMES)
def test_page_one_prints_on_one_sheet_and_the_rest_begins_on_the_second(look, decided, name):
    page = look(decided[name], "dark")
    every = sheets(page)
    page.evaluate(
        "() => { document.querySelectorAll('.contents, section:not(#first), footer').forEach(e => e.remove()); }"
    )
    assert sheets(page) == 1 < every


def test_paper_is_white_in_the_dark_too(look, decided):
    page = look(decided["company"], "dark", {"width": 1100, "height": 900})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(PALE) == []
    assert (
        page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
