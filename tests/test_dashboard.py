"""The dashboard below its page: archive, levers, figures, widget (docs/method §9.20, §15.20)."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dashboard_world import COMMIT, company, facts, run_of
from hypothesis import given
from hypothesis import settings as speed
from hypothesis import strategies as st

from finops_model.errors import ReportError
from finops_model.publish import dashboard
from finops_model.publish.dashboard import levers as dashboard_levers
from finops_model.publish.dashboard import state as dashboard_view
from finops_model.publish.dashboard.labels import spread_labels, stamp
from finops_model.publish.dashboard.levers import belongs
from finops_model.publish.dashboard.widget import Dashboard, Scrubbed, reports_root
from finops_model.publish.report.manifest import file_entry
from finops_model.published import base_of

MONTH = "2026-10"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    root, briefs, run = company(folder)
    dials, text = dashboard.load(root / MONTH)
    return {
        "folder": folder,
        "root": root,
        "brief": briefs[0],
        "briefs": briefs,
        "run": run,
        "dials": dials,
        "text": text,
    }


@pytest.fixture
def archive(small, tmp_path):
    """A copy of the reports that a test may spoil."""
    import shutil

    return Path(shutil.copytree(small["root"], tmp_path / "reports", symlinks=True))


# --- the archive ------------------------------------------------------------------------------------------------------


def test_a_listed_report_is_read_byte_for_byte(small):
    index = dashboard.load_index(small["root"])
    assert [entry["slug"] for entry in index["reports"]] == ["company", "research", "support"]
    data = dashboard.open_report(small["root"], MONTH, "support")
    assert data == (small["root"] / MONTH / "support" / "report.html").read_bytes()
    assert dashboard.open_brief(small["root"], MONTH, "company") == small["brief"]


@pytest.mark.parametrize(
    "month, slug",
    [
        ("2026-10", "../2026-10/company"),
        ("2026-10", "company/../support"),
        ("2026-10", "/etc"),
        ("2026-10", "%2e%2e/company"),
        ("2026-10", "..%2Fcompany"),
        ("..", "company"),
        ("2026-10/", "company"),
        ("2026-10", "company\0"),
        ("2026-10", ""),
        ("2026-10", "Company"),
        ("2026-09", "company"),
        (None, None),
        (["2026-10"], {"a": 1}),
        ("2026-10", "company\n"),
    ],
)
def test_what_is_not_in_the_index_is_refused(small, month, slug):
    with pytest.raises(ReportError) as problem:
        dashboard.open_report(small["root"], month, slug)
    assert (
        str(problem.value)
        == f"'{str(month)[:40]}/{str(slug)[:60]}' is not a published report. Choose a month and unit from the list."
    )


def test_an_altered_report_is_refused(archive):
    path = archive / MONTH / "company" / "report.html"
    path.write_bytes(path.read_bytes().replace(b"chance", b"choice"))
    with pytest.raises(ReportError) as problem:
        dashboard.open_report(archive, MONTH, "company")
    assert str(problem.value) == (
        "2026-10/company/report.html was changed after it was published: its sha256 is not the one in the index. "
        "It is not shown. Publish the month again: finops report --month 2026-10."
    )


def test_a_link_out_of_the_archive_is_refused_even_with_a_fitting_hash(archive, tmp_path):
    path = archive / MONTH / "company" / "report.html"
    outside = tmp_path / "outside.html"
    path.rename(outside)
    path.symlink_to(outside)
    with pytest.raises(
        ReportError, match="^2026-10/company/report.html: the file is not in the archive"
    ):
        dashboard.open_report(archive, MONTH, "company")


@pytest.mark.parametrize("slug", ["../../etc", "a/b", "", "A", "a b", ".."])
def test_an_index_that_points_elsewhere_is_refused(archive, slug):
    index = json.loads((archive / "index.json").read_text())
    index["reports"][0]["slug"] = slug
    (archive / "index.json").write_text(json.dumps(index))
    with pytest.raises(
        ReportError, match="cannot be the folder of a report. Publish again: finops report."
    ):
        dashboard.open_report(archive, MONTH, slug)


@pytest.mark.parametrize(
    "text, told",
    [
        ("[]", "not an index of reports (TypeError)"),
        ("{", "not an index of reports (JSONDecodeError)"),
        ('{"reports": []}', "no report has been published yet."),
        (
            '{"reports": [{"month": 3, "slug": "a", "files": {}}]}',
            "not an index of reports (TypeError)",
        ),
    ],
)
def test_a_broken_index_is_said(tmp_path, text, told):
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(ReportError, match=re.escape(f"{tmp_path / 'index.json'}: {told}")):
        dashboard.load_index(tmp_path)


def test_no_report_yet_says_how_to_make_one(tmp_path):
    with pytest.raises(ReportError) as problem:
        dashboard.load_index(tmp_path)
    assert str(problem.value) == (
        f"{tmp_path / 'index.json'}: no report has been published yet. Publish one first: finops report "
        "(the sample company: make report)."
    )


# --- the levers --------------------------------------------------------------------------------------------------------


def test_at_rest_the_frozen_base_comes_back_bit_for_bit(small):
    assert np.array_equal(dashboard.settle(small["dials"]), small["run"].dials["base"])
    assert np.array_equal(
        dashboard.settle(small["dials"], 0, 0, 0.0, 0), small["run"].effective.sum(axis=2)[:1000]
    )
    apart = dashboard_levers.rebuilt(small["dials"], dashboard.Levers())
    assert np.allclose(apart, small["dials"]["base"], rtol=1e-12)


CASES = [
    pytest.param(
        {"demand": 0.2},
        ("path: workloads/*/demand/level, op: set, value: 1.2, because: x",),
        2e-3,
        id="demand",
    ),
    pytest.param(
        {"demand": -0.4},
        ("path: workloads/*/demand/level, op: set, value: 0.6, because: x",),
        2e-3,
        id="less demand",
    ),
    pytest.param(
        {"token_price": -0.3},
        tuple(
            f"path: prices/{model}:{meter}/price, op: scale, value: 0.7, because: x"
            for model in ("large", "small")
            for meter in ("input_tokens", "output_tokens")
        ),
        1e-9,
        id="token price",
    ),
    pytest.param(
        {"small_share": 0.6},
        ("path: workloads/chat/routing/small, op: set, value: 0.6, because: x",),
        1e-9,
        id="smaller model",
    ),
]


@pytest.mark.parametrize("levers, changes, tolerance", CASES)
def test_a_slider_gives_what_the_simulation_gives_for_the_same_what_if(
    small, levers, changes, tolerance
):
    """The oracle is the whole engine: same seed, the what-if written as a scenario."""
    known = facts(small["folder"])
    run = run_of(small["folder"], known, COMMIT, *changes, name="oracle", paths=1000)
    told = run.effective.sum(axis=2)
    ours = dashboard.settle(small["dials"], **levers)
    assert (
        np.abs(told.mean(axis=0) - small["dials"]["base"].mean(axis=0)).max() > 1.0
    )  # the change is not nothing
    assert np.allclose(ours.mean(axis=0), told.mean(axis=0), rtol=tolerance)
    assert np.allclose(ours, told, rtol=10 * tolerance)


def test_more_commitment_gives_what_the_simulation_gives(small):
    known = facts(small["folder"])
    more = COMMIT.replace(
        "ContractCommitmentQuantity: 8", "ContractCommitmentQuantity: 11"
    ).replace("2027-03-01", "2028-01-01")
    run = run_of(small["folder"], known, more, name="oracle", paths=1000)
    ours = dashboard.settle(small["dials"], committed=11)
    assert np.allclose(ours.mean(axis=0), run.effective.sum(axis=2).mean(axis=0), rtol=2e-3)


def test_a_signed_contract_stays(small):
    """8 GPUs are signed until February 2027: asking for 3 changes nothing before March."""
    moved = dashboard.settle(small["dials"], committed=3) - small["dials"]["base"]
    assert small["dials"]["months"][:5] == ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03"]
    assert np.abs(moved[:, :4]).max() < 1e-6 and np.abs(moved[:, 4:]).max() > 1.0


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.text(max_size=5),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
    st.lists(st.floats(), max_size=2),
    st.just(10**400),
)


@speed(max_examples=150, deadline=None)
@given(
    st.one_of(
        ANYTHING,
        st.dictionaries(
            st.sampled_from(["demand", "token_price", "small_share", "committed", "x"]), ANYTHING
        ),
    )
)
def test_whatever_a_browser_sends_a_position_is_inside_its_limits(small, sent):
    levers = dashboard.clamp(sent, small["dials"])
    for name, (low, high) in dashboard.limits(small["dials"]).items():
        assert low <= getattr(levers, name) <= high and math.isfinite(getattr(levers, name))


def test_nine_hundred_thousand_million_is_the_end_of_the_slider(small):
    assert dashboard.clamp({"demand": 9e11, "committed": 9e11}, small["dials"]) == dashboard.clamp(
        {
            "demand": 1.0,
            "committed": small["text"]["dials"]["commitments"]
            and dashboard.limits(small["dials"])["committed"][1],
        },
        small["dials"],
    )
    assert np.array_equal(
        dashboard.settle(small["dials"], demand=9e11), dashboard.settle(small["dials"], demand=1.0)
    )


@speed(max_examples=30, deadline=None)
@given(st.floats(-0.5, 1), st.floats(-0.5, 1))
def test_more_demand_never_costs_less(small, one, other):
    low, high = (dashboard.settle(small["dials"], demand=value) for value in sorted((one, other)))
    assert (high - low).min() > -1e-6


def test_dials_survive_the_file(small):
    again, text = dashboard.load(small["root"] / MONTH)
    for name in ("base", "base_all", "linear_tokens", "routed"):
        assert np.array_equal(again[name], small["run"].dials[name])
    assert (
        again["commitments"][0]["unit"] == "GPU-hours"
        and again["graduated"][0]["tiers"] == small["run"].dials["graduated"][0]["tiers"]
    )
    assert text["month"] == MONTH and (small["root"] / ".assets" / text["bundle"]["file"]).is_file()


def test_freezing_twice_gives_the_same_bytes(small, tmp_path):
    folder = dashboard.freeze(small["run"].dials, small["brief"], tmp_path / "reports" / MONTH)
    for name in ("dashboard.npz", "dashboard.json"):
        assert (folder / name).read_bytes() == (small["root"] / MONTH / name).read_bytes()


def test_dials_of_another_run_are_refused(small, tmp_path):
    other = {**small["run"].dials, "base_all": small["run"].dials["base_all"] * 1.01}
    with pytest.raises(
        ReportError,
        match=r"^2026-10: the frozen draws do not give the landing of the brief \([\d,.]+ at P50\). They are not of "
        r"the same run; publish the month again: finops report.$",
    ):
        dashboard.freeze(other, small["brief"], tmp_path / MONTH)
    shifted = {**small["run"].dials, "months": small["run"].dials["months"][1:]}
    with pytest.raises(
        ReportError,
        match="^2026-10: the brief forecasts 2026-11 … 2027-12 and the draws 2026-12 … 2027-12. Freeze the draws",
    ):
        dashboard.freeze(shifted, small["brief"], tmp_path / MONTH)


@pytest.mark.parametrize(
    "name, told",
    [
        ("dashboard.npz", "2026-10/dashboard.npz was changed after it was published."),
        ("dashboard.json", "2026-10: the slider data cannot be read (JSONDecodeError)."),
    ],
)
def test_altered_slider_data_is_refused(archive, name, told):
    path = archive / MONTH / name
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ReportError) as problem:
        dashboard.load(archive / MONTH)
    assert str(problem.value) == f"{told} Publish the month again: finops report --month 2026-10."


def test_a_pickle_is_never_read(archive):
    path = archive / MONTH / "dashboard.npz"
    np.savez(path, base=np.array([{"a": 1}], dtype=object))
    text = json.loads((archive / MONTH / "dashboard.json").read_text())
    text["npz_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (archive / MONTH / "dashboard.json").write_text(json.dumps(text))
    with pytest.raises(ReportError, match="the slider data cannot be read"):
        dashboard.load(archive / MONTH)


# --- what the page says -----------------------------------------------------------------------------------------------


def test_at_rest_the_page_says_what_the_brief_says(small):
    seen, brief = dashboard.view(small["brief"], small["dials"]), small["brief"]
    assert (
        seen["published"]
        and seen["headline"] == brief["headline"]
        and seen["sentences"] == brief["summary"]
    )
    assert seen["label"] == "Published: October 2026 report, preliminary"
    last = {name: row for row in seen["chart"]["data"]["fan"] for name in [row["month"]]}
    for row in brief["forecast"]["months"]:
        drawn = last[stamp(row["month"])]
        assert all(drawn[p] == row[p] for p in ("p05", "p10", "p25", "p50", "p75", "p90", "p95"))
    assert "Your sliders" not in [row["name"] for row in seen["compare"]]


def test_a_moved_slider_moves_every_figure_by_the_change_of_the_draws(small):
    brief, dials = small["brief"], small["dials"]
    seen = dashboard.view(brief, dials, dashboard.Levers(demand=0.2))
    moved = dashboard.settle(dials, demand=0.2) - dials["base"]
    mine = seen["compare"][-1]
    assert (
        not seen["published"]
        and seen["label"] == "What-if, not published"
        and seen["headline"] != brief["headline"]
    )
    assert mine["name"] == "Your sliders" and mine["mean"] == pytest.approx(
        moved.sum(axis=1).mean()
    )
    # the published what-if is the same 20 %: settled sliders and simulated scenario agree
    assert mine["mean"] == pytest.approx(brief["what_ifs"][0]["difference_mean"], rel=0.02)
    assert seen["sentences"][0] == "What if: demand +20 %."
    first = seen["chart"]["data"]["fan"][1]
    expected = (
        brief["forecast"]["months"][0]["p50"]
        + np.median(dashboard.settle(dials, demand=0.2)[:, 0])
        - np.median(dials["base"][:, 0])
    )
    assert first["p50"] == pytest.approx(expected)


def test_a_hair_of_demand_moves_the_figures_by_a_hair(small):
    """Opening figures come from all paths, what-ifs from the frozen ones: no jump may show between them."""
    brief, dials = small["brief"], small["dials"]
    rest, hair = (
        dashboard.view(brief, dials, dashboard.Levers(demand=value))["chart"]["data"]["fan"]
        for value in (0.0, 1e-6)
    )
    for before, after in zip(rest, hair):
        assert after["p90"] == pytest.approx(before["p90"], rel=1e-5)


def test_a_brief_without_budget_and_without_what_ifs_still_opens(small):
    bare = {
        **small["brief"],
        "budget": None,
        "what_ifs": [],
        "landing": {
            **small["brief"]["landing"],
            "budget": None,
            "overrun_probability": None,
            "breach_month": None,
        },
    }
    seen = dashboard.view(bare, small["dials"], dashboard.Levers(demand=0.1))
    assert [card["title"] for card in seen["cards"]] == [
        "FY2026 lands at",
        "FY2027 is heading for",
        "October 2026 cost",
    ]
    assert seen["chart"]["data"]["budget"] == [] and seen["headline"].startswith(
        "AI spend is heading for $"
    )


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_direct_labels_never_overlap(values):
    rows = spread_labels([(value, str(i), "") for i, value in enumerate(values)], 5.0)
    places = [row["value"] for row in rows]
    assert len(rows) == len(values) and all(b - a >= 5 - 1e-6 for a, b in zip(places, places[1:]))


# --- the widget -------------------------------------------------------------------------------------------------------


def test_the_widget_opens_as_published_and_comes_back(small):
    page = Dashboard(small["root"])
    opened = page.view
    assert page.opens_as_published() and page.problem == "" and page.report["slug"] == "company"
    page.levers = {"demand": 9e11}
    assert page.view["levers"]["demand"] == 1.0 and page.view["label"] == "What-if, not published"
    page.levers = {}
    assert page.view == opened


@pytest.mark.parametrize(
    "sent", ["text", 3, None, [1], {"demand": {"a": 1}}, {"demand": "9"}, {"demand": math.nan}]
)
def test_nonsense_from_the_browser_leaves_the_page_published(small, sent):
    page = Dashboard(small["root"])
    page.levers = sent
    assert page.problem == "" and page.view["published"]


def test_a_refused_report_is_taken_off_the_page(archive):
    page = Dashboard(archive)
    (archive / MONTH / "support" / "report.html").write_text("<h1>All is well</h1>")
    page.ask = {"month": MONTH, "slug": "support"}
    assert page.report["html"] == "" and page.problem.startswith(
        "2026-10/support/report.html was changed after it was published"
    )
    page.ask = {"month": MONTH, "slug": "../company"}
    assert page.report["html"] == "" and "is not a published report" in page.problem
    page.ask = {"month": MONTH, "slug": "research"}
    assert page.problem == "" and page.report["html"].encode() == dashboard.open_report(
        archive, MONTH, "research"
    )


def test_a_failure_shows_a_reference_and_the_log_has_the_reason(archive, caplog, monkeypatch):
    page = Dashboard(archive)

    def fails(*_):
        raise RuntimeError("the secret is 12345")

    monkeypatch.setattr(dashboard_view, "view", fails)
    monkeypatch.setattr("finops_model.publish.dashboard.widget.log.propagate", True)
    page.levers = {"demand": 0.5}
    reference = re.fullmatch(
        r"This did not work. Nothing was changed. Tell the finance team the reference ([0-9a-f]{8})\.",
        page.problem,
    )
    assert reference and reference[1] in caplog.text and "the secret is 12345" in caplog.text


def test_a_line_of_the_pages_log_has_no_token_and_steers_no_terminal():
    """The server's log had the one rule, the page's log another that left the token in the line."""
    sent = logging.makeLogRecord({"msg": "'x?token=abcdefgh' \x1b[31m is not a published report"})
    assert (
        Scrubbed("%(message)s").format(sent)
        == "'x?token=[hidden]' \\x1b[31m is not a published report"
    )


def test_messages_do_not_tell_where_the_server_keeps_its_files(tmp_path):
    page = Dashboard(tmp_path / "deep" / "reports")
    assert (
        page.problem
        == "reports/index.json: no report has been published yet. Publish one first: finops report (the sample company: make report)."
    )
    assert page.opens_as_published() and page.view == {}


def test_reports_without_slider_data_still_open(archive):
    (archive / MONTH / "dashboard.npz").unlink()
    page = Dashboard(archive)
    assert page.problem == "" and page.report["html"] and page.outlook["ready"] is False
    assert page.outlook["problem"].startswith(
        "2026-10: the company's report was published without slider data."
    )


def test_a_report_and_slider_data_of_two_publications_are_not_mixed(archive, small):
    """A brief of another run, everything else as it would be listed: attacks/mixed_run.py, which the page opened as published."""
    base = base_of(archive)
    index = json.loads((base / "index.json").read_text())
    path = archive / MONTH / "company" / "brief.json"
    brief = json.loads(path.read_text())
    brief["headline"] = "NEW RUN: " + brief["headline"]
    path.write_text(json.dumps(brief))
    index["reports"][0]["files"]["brief.json"] = file_entry(path)
    (base / "index.json").write_text(json.dumps(index))
    page = Dashboard(archive)
    assert page.outlook == {
        "ready": False,
        "problem": "2026-10: the slider data are of another publication than the report of Company, so nothing can be tried here. "
        "Publish the month again: finops report --month 2026-10.",
    }
    assert (
        page.view == {} and page.frozen is None and page.report["html"]
    )  # the report itself opens


def test_draws_of_before_without_a_hash_are_held_against_the_landing(small):
    text = {key: value for key, value in small["text"].items() if key != "figures"}
    belongs(small["dials"], text, small["brief"])
    land = {
        key: value * 1.4
        for key, value in small["brief"]["landing"].items()
        if key in ("p10", "p50", "p90", "mean")
    }
    with pytest.raises(
        ReportError, match="^2026-10: the frozen draws do not give the landing of the brief"
    ):
        belongs(
            small["dials"],
            text,
            {**small["brief"], "landing": {**small["brief"]["landing"], **land}},
        )


def test_slider_data_that_the_index_does_not_list_are_refused(archive):
    """Draws forged with their own hash: the index holds that of the file."""
    path = archive / MONTH / "dashboard.json"
    text = json.loads(path.read_text())
    text["chart"] = {}
    path.write_text(json.dumps(text))
    page = Dashboard(archive)
    assert page.outlook["problem"] == (
        "2026-10/dashboard.json was changed after it was published. Publish the month again: finops report --month 2026-10."
    )


def test_an_altered_chart_program_is_not_run(archive, small):
    path = archive / ".assets" / small["text"]["bundle"]["file"]
    path.write_text("window.pwned = 3")
    page = Dashboard(archive)
    assert "pwned" not in page._esm and page.outlook["problem"].endswith(
        "is missing or was changed. Publish again: finops report."
    )


def test_a_new_report_is_listed_without_a_new_kernel(archive):
    page = Dashboard(archive)
    index = json.loads((archive / "index.json").read_text())
    index["reports"] = index["reports"][:2]
    (archive / "index.json").write_text(json.dumps(index))
    page.ask = {"opened": 1}
    assert [one["slug"] for one in page.reports] == ["company", "research"]


def test_a_page_does_not_load_pandas_altair_or_scipy(small):
    code = (
        "import sys; from finops_model.publish import dashboard; page = dashboard.page(sys.argv[1]); page.levers = {'demand': 0.3, 'committed': 12};"
        "assert page.view['label'] == 'What-if, not published';"
        "print([m for m in ('pandas', 'altair', 'scipy', 'prophet', 'duckdb', 'pyarrow', 'vl_convert') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(small["root"])], capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_reports_are_found_from_the_notebooks_folder(small, monkeypatch):
    monkeypatch.delenv("FINOPS_REPORTS", raising=False)
    inside = small["folder"] / "notebooks" / "dashboards"
    inside.mkdir(parents=True)
    assert reports_root(inside) == small["folder"].resolve() / "reports"
    monkeypatch.setenv("FINOPS_REPORTS", "elsewhere")
    assert reports_root(inside) == Path("elsewhere")
