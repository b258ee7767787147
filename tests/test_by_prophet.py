"""One line of the report where Prophet alone would say something else, and only where finops.yaml asks (docs/method §2.26)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dashboard_world import budget, facts, run_of
from scenario_world import settings

from finops_model.measure.change.by_prophet import by_prophet
from finops_model.measure.close import Close
from finops_model.publish.close import briefs_of
from finops_model.publish.page.sections import budget as section
from finops_model.publish.page.tables import Figures
from finops_model.simulate import prophet_alone


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(folder, facts, base run) of a small company."""
    folder = tmp_path_factory.mktemp("small")
    known = facts(folder)
    return folder, known, run_of(folder, known, paths=256)


def times(run, factor: float, months=slice(None)):
    """The same run with its months ahead so many times as dear."""
    effective = run.effective.copy()
    effective[:, months] *= factor
    return replace(run, effective=effective)


def test_the_line_names_the_period_that_differs_most_with_both_figures(small):
    """By hand: the next month half as dear again, the fiscal years hardly; then the other way round."""
    _, _, base = small
    said = by_prophet(base, times(base, 1.5, 0), None, {})
    month = base.months[0]
    p50 = float(np.quantile(base.total(months=[month]), 0.5))
    assert said["period"] == month and said["base"] == pytest.approx(p50)
    assert said["p50"] == pytest.approx(1.5 * p50) and said["share"] == pytest.approx(0.5)
    assert said["sentence"].startswith("Prophet alone would say $")
    assert said["sentence"].endswith(
        f" for November 2026, 50 % more than the published forecast, ${p50 / 1000:,.1f}k."
    )
    year = by_prophet(base, times(base, 0.8, slice(1, None)), None, {"2026-10": 1e4})
    assert year["period"] == "FY2027" and year["share"] == pytest.approx(-0.2)
    assert "for FY2027, 20 % less than the published forecast" in year["sentence"]


@pytest.mark.parametrize(
    "factor, said", [(1.0, False), (1.0999, False), (1.1001, True), (0.8999, True)]
)
def test_a_tenth_is_the_limit_on_both_sides(small, factor, said):
    _, _, base = small
    assert (by_prophet(base, times(base, factor), None, {}) is not None) is said
    assert by_prophet(base, None, None, {}) is None


def test_a_month_under_way_is_not_compared(small):
    """Its booked days are no forecast; the first month without any is."""
    _, _, base = small
    so_far = base.so_far.copy()
    so_far[0] = 1.0
    under_way = replace(base, so_far=so_far)
    said = by_prophet(under_way, times(under_way, 2.0, slice(0, 2)), None, {"2026-10": 1e9})
    assert said["period"] == base.months[1]


def test_brief_and_page_have_the_line_for_company_and_unit_and_no_key_without_it(small):
    _, known, base = small
    close = Close(
        company="Small & Co",
        month="2026-10",
        currency="USD",
        daily=known.daily,
        as_of="2026-10-31",
        base=base,
        budgets=budget(),
        by_prophet=times(base, 1.3),
    )
    for one in briefs_of(close, ["Company", "Research"]):
        said = one["by_prophet"]
        assert said["share"] == pytest.approx(0.3, abs=0.05) and said["p50"] > said["base"]
        (months, *_) = section(Figures(one))["tables"]
        assert said["sentence"] in str(months).replace("&#39;", "'")
    for alone in (None, base):
        (one,) = briefs_of(replace(close, by_prophet=alone), ["Company"])
        assert "by_prophet" not in one and "Prophet" not in str(section(Figures(one))["tables"])


def test_prophet_is_asked_only_where_the_settings_say_so(small, monkeypatch):
    folder, known, base = small
    own, daily = settings(folder), known.daily
    for asked in (own, own.model_copy(update={"compare_prophet": True, "methods": ["prophet"]})):
        with monkeypatch.context() as patched:
            patched.setattr(prophet_alone, "read_facts", None)  # nothing is read, nothing fitted
            assert prophet_alone.for_report(None, asked, base, daily, known.as_of) is None
    asked = own.model_copy(update={"compare_prophet": True, "paths": 64, "methods": ["theta"]})
    alone, again = (
        prophet_alone.for_report(None, asked, base, daily, known.as_of) for _ in range(2)
    )
    assert alone.paths == base.paths and alone.months[:3] == base.months[:3]
    np.testing.assert_array_equal(
        alone.effective, again.effective
    )  # verify makes it again, bit for bit
    grown = alone.total(months=[base.months[0]]).mean() / base.total(months=[base.months[0]]).mean()
    assert grown == pytest.approx(1.0, abs=0.1)
