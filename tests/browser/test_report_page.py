"""A published report in a browser without a network: nothing is fetched, nothing complains, the key figures are there."""

from __future__ import annotations

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
