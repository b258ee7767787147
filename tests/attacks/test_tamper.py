"""Somebody changes one thing of what was published, and all that lists it: `finops verify` says what (the review's tamper.py, all its trials)."""

from __future__ import annotations

import io
import json
import re
import shutil

import attack_world as world
import numpy as np
import openpyxl
import pytest
from attack_world import COMPANY, digit, forged_figure, relist, rewrite, swap

from finops_model.errors import FinOpsError
from finops_model.publish.archive import layout, pages
from finops_model.publish.dashboard.widget import Dashboard
from finops_model.publish.verify.again import Again
from finops_model.publish.verify.verifying import check
from finops_model.published import base_of
from finops_model.settings import load_settings

CHANGED = "{} was changed after it was published: its sha256 is not the one in the manifest"
NOT_LISTED = "{} is not the file that the archive's index.json lists"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return world.published(tmp_path_factory.mktemp("tamper"))


@pytest.fixture(scope="module")
def again(base):
    """One close and one page, for all trials that leave the ledger as it is."""
    with Again(load_settings(base)) as made:
        yield made


@pytest.fixture
def archive(base, tmp_path):
    """The workspace, its archive put back as it was after the trial."""
    shutil.copytree(base / "reports", tmp_path / "reports", symlinks=True)
    yield base
    shutil.rmtree(base / "reports")
    shutil.copytree(tmp_path / "reports", base / "reports", symlinks=True)


def found(root, again):
    (verdict,) = check(root / COMPANY, again)
    return verdict


def test_nothing_changed_is_verified_and_said_of_every_file(archive, again):
    verdict = found(archive, again)
    assert verdict.problems == [] and verdict.notes == []
    for what in (
        "every number",
        "report.html",
        "workbook.xlsx",
        "slider data",
        "its line of the index",
    ):
        assert what in verdict.said


@pytest.mark.parametrize("name", ["brief.json", "report.html", "workbook.xlsx"])
def test_one_digit_of_a_file(archive, again, name):
    digit(archive / COMPANY / name)
    assert found(archive, again).problems[0] == CHANGED.format(name)


def test_one_digit_of_the_manifest(archive, again):
    digit(archive / COMPANY / "manifest.json")
    assert any("manifest" in problem for problem in found(archive, again).problems)


def test_a_file_added_to_the_folder(archive, again):
    (archive / COMPANY / "more.html").write_text("x")
    assert found(archive, again).problems == ["more.html is not part of the published report"]


def test_a_figure_on_the_page_with_the_manifest_rewritten(archive, again):
    forged_figure(archive)
    relist(archive, index=False)
    assert NOT_LISTED.format("report.html") in found(archive, again).problems


def test_a_figure_on_the_page_with_manifest_and_index_rewritten(archive, again):
    headline = json.loads((archive / COMPANY / "brief.json").read_text())["headline"]
    forged_figure(archive)
    relist(archive)
    said = found(archive, again).problems
    assert said[0].startswith("report.html is not the page that is made again: it says '")
    there, made = said[0].split("' where '")
    figure = re.search(r"\$[\d.,]+[km]?", headline)[0]
    assert "$1.00k" in there and f"heading for {figure} in FY2025" in made
    assert not any("brief" in line for line in said)
    assert said[-1] == (
        "the records know no publication with these files: its manifest is in no row of finops audit"
    )


def test_markup_of_the_page_alone(archive, again):
    swap(archive / COMPANY / "report.html", b"<section", b'<section hidden=""')
    relist(archive)
    assert (
        "report.html is not the page that is made again: its text is the same, its markup is not"
        in found(archive, again).problems
    )


def test_a_workbook_that_is_none(archive, again):
    (archive / COMPANY / "workbook.xlsx").write_bytes(b"PK forged")
    relist(archive)
    assert (
        "workbook.xlsx is not the workbook that is made again: it cannot be opened"
        in found(archive, again).problems
    )


def test_one_cell_of_the_workbook(archive, again):
    path = archive / COMPANY / "workbook.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    cell = next(c for row in sheet.iter_rows() for c in row if isinstance(c.value, (int, float)))
    cell.value += 1
    place = f"{sheet.title} {cell.coordinate} holds '"
    book.save(path)
    relist(archive)
    (said,) = [line for line in found(archive, again).problems if line.startswith("workbook")]
    assert said.startswith(f"workbook.xlsx is not the workbook that is made again: {place}")


def test_a_workbook_taken_out_of_every_list(archive, again):
    (archive / COMPANY / "workbook.xlsx").unlink()
    rewrite(archive / COMPANY / "manifest.json", lambda one: one["files"].pop("workbook.xlsx"))
    relist(archive)
    assert (
        "workbook.xlsx is missing: it is made with the report, and neither the folder nor its manifest has it"
        in found(archive, again).problems
    )


def test_a_figure_in_the_brief_with_manifest_and_index_rewritten(archive, again):
    path = archive / COMPANY / "brief.json"
    rewrite(path, lambda brief: brief["actual"].update(month=brief["actual"]["month"] + 1))
    relist(archive)
    said = found(archive, again).problems
    assert said[0] == "cost of the month: 5,349.00 USD was published, 5,348.00 USD now"
    assert any(
        line.startswith("its page cannot be made again: ") or "report.html" in line for line in said
    )


@pytest.mark.parametrize("name", ["index.html", "2025-03/index.html"])
def test_an_index_page(archive, again, name):
    swap(archive / "reports" / name, b"AI spend", b"AI SPEND")
    (said,) = found(archive, again).problems
    assert said.startswith(f"{name} of the archive is not the page that is made again: it says '")
    assert "AI SPEND" in said


def test_the_headline_in_the_index(archive, again):
    swap(archive / "reports/index.json", b"AI spend", b"AI SPEND")
    said = found(archive, again).problems
    assert said[0].startswith("index.json says 'AI SPEND is heading for ")
    assert " of this report, and its brief 'AI spend is heading for " in said[0]


def test_a_figure_in_the_index(archive, again):
    def less(index):
        index["reports"][0]["figures"]["landing_p50"] -= 1

    rewrite(archive / "reports/index.json", less)
    assert found(archive, again).problems == [
        "index.json says something else than its brief of the figures"
    ]


def test_other_draws_behind_the_sliders(archive, again):
    folder = (archive / COMPANY).resolve().parent
    with np.load(folder / "dashboard.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    name = next(name for name in arrays if name.endswith("base"))
    arrays[name] = arrays[name] * 1.1
    into = io.BytesIO()
    np.savez_compressed(into, **arrays)
    (folder / "dashboard.npz").write_bytes(into.getvalue())
    sha = world.listed(folder / "dashboard.npz")["sha256"]
    text = json.loads((folder / "dashboard.json").read_text())
    (folder / "dashboard.json").write_text(
        json.dumps({**text, "npz_sha256": sha}, sort_keys=True) + "\n"
    )
    world.reset(archive)
    assert found(archive, again).problems == [
        "dashboard.npz holds other draws than are made again: what the sliders show would not be this report's",
        "dashboard.json is not the file that is made again: what the sliders show would not be this report's",
    ]


def test_slider_data_cut_off(archive, again):
    path = (archive / COMPANY).resolve().parent / "dashboard.npz"
    path.write_bytes(path.read_bytes()[:200])
    name = path.parent.name
    said = found(archive, again).problems
    assert said[0] == (
        f"dashboard.npz of {name} was changed after it was published: its sha256 is not the one in set.json"
    )
    assert f"index.json lists other files of 2025-03 than lie in {name}" in said


def test_a_set_under_another_name_and_a_page_of_it(archive, again):
    """What a set lists is in its name; its own page says what its briefs say."""
    folder = (archive / COMPANY).resolve().parent
    swap(folder / "index.html", b"AI spend", b"AI SPEND")
    world.reset(archive)
    name = (archive / COMPANY).resolve().parent.name
    (said,) = found(archive, again).problems
    assert said.startswith(f"index.html of {name} is not the page that is made again: it says '")
    rewrite((archive / COMPANY).resolve().parent / "set.json", lambda one: one["files"].popitem())
    said = found(archive, again).problems
    assert any(line.endswith(f" is not part of {name}") for line in said)


def test_the_program_of_the_chart(archive, again):
    (path,) = (archive / "reports" / ".assets").glob("vega-*.js")
    path.write_bytes(path.read_bytes() + b"//")
    assert found(archive, again).problems == [
        f".assets/{path.name} is not the program that draws the dashboard's chart"
    ]


def test_a_brief_of_one_run_beside_the_draws_of_another_is_refused_on_the_dashboard(archive, again):
    """The review's mixed_run.py: landing and months 40 % higher, everything listed anew; no figure of two runs stands on one page."""

    def more(brief):
        for key in ("p10", "p50", "p90", "mean"):
            brief["landing"][key] *= 1.4
        for line in brief["forecast"]["months"]:
            line |= {key: line[key] * 1.4 for key in line if isinstance(line[key], float)}
        brief["headline"] = "NEW RUN: " + brief["headline"]

    rewrite((archive / COMPANY).resolve() / "brief.json", more)
    relist(archive)
    rewrite(
        base_of(archive / "reports") / "index.json",
        lambda one: one["reports"][0].update(headline="NEW RUN"),
    )
    page = Dashboard(archive / "reports")
    assert page.view == {} and not page.outlook.get("ready")
    assert page.outlook["problem"] == (
        "2025-03: the slider data are of another publication than the report of Company, so nothing can be tried here. "
        "Publish the month again: finops report --month 2025-03."
    )


# What lies in the archive besides reports, and what the index alone says: each consistent with every list.


def test_a_file_that_no_report_has_listed_everywhere(archive, again):
    """The version that made the report is this one, so it knows every file of it."""
    (archive / COMPANY / "offer.html").write_text("<h1>Approved</h1>")
    world.relist(archive, every=True)
    assert (
        "offer.html is no file of a report: the version that made it makes none of this name"
        in found(archive, again).problems
    )


@pytest.mark.parametrize("what", ["file", "folder"])
def test_something_more_in_the_set(archive, again, what):
    place = (archive / COMPANY).resolve().parent / "offer.html"
    if what == "folder":
        place.mkdir()
        place = place / "report.html"
    place.write_text("<h1>Approved</h1>")
    world.reset(archive)
    assert found(archive, again).problems == [
        "2025-03/offer.html is no report that index.json lists, and nothing else of the archive"
    ]


def test_a_page_put_into_the_newest_generation(archive, again):
    (base_of(archive / "reports") / "2025-03" / "offer.html").write_text("<h1>Approved</h1>")
    assert found(archive, again).problems == [
        "2025-03/offer.html is no report that index.json lists, and nothing else of the archive"
    ]


@pytest.mark.parametrize("name", ["index.json", "index.html"])
def test_another_file_in_the_place_of_the_link(archive, again, name):
    """Whoever reads the archive by its address reads that file."""
    path = archive / "reports" / name
    text = path.read_bytes()
    path.unlink()
    path.write_bytes(text)  # a copy, links followed
    assert found(archive, again).problems == []
    swap(path, b"AI spend", b"AI SPEND")
    assert found(archive, again).problems == [
        f"{name} of the archive is not that of its newest publication"
    ]


def test_another_folder_in_the_place_of_the_months_link(archive, again):
    path = archive / "reports" / "2025-03"
    held = path.resolve()
    path.unlink()
    shutil.copytree(held, path)
    assert found(archive, again).problems == []
    (path / "index.html").write_text("<h1>Approved</h1>")
    assert found(archive, again).problems == [
        "2025-03/index.html of the archive is not that of its newest publication"
    ]


def spoken(archive, **keys):
    """The index says something of its report, and its pages say it too."""
    base = base_of(archive / "reports")
    rewrite(base / "index.json", lambda one: one["reports"][0].update(keys))
    entries = layout.entries(archive / "reports")
    (base / "index.html").write_text(pages.of_archive(entries))
    (base / "2025-03" / "index.html").write_text(pages.of_month("2025-03", entries))


def test_a_note_that_it_was_not_renewed(archive, again):
    spoken(archive, not_renewed={"since": "2025-03@000000000000", "made": "2024-12-31"})
    assert found(archive, again).problems == [
        "index.json says that this report was not renewed since 2025-03@000000000000, which does not have it"
    ]


def test_a_former_version_that_never_was(archive, again):
    entry = layout.entries(archive / "reports")[0]
    keys = {key: entry[key] for key in ("set", "status", "files")}
    version = {"folder": ".versions/1/company", "what": "former", "number": 1, **keys}
    spoken(archive, versions=[{**version, "headline": "$1.", "changed": ["It was right."]}])
    assert found(archive, again).problems == [
        "index.json says something else of version 1 of this report than its set does: the headline, what changed"
    ]


def test_a_note_of_what_happened_since_is_said_to_be_unproved(archive, again):
    spoken(archive, later={"sentence": "15 days later FY2025 stands at $1."})
    verdict = found(archive, again)
    assert verdict.problems == []
    assert verdict.notes == [
        "what index.json says happened since was not made again: 15 days later FY2025 stands at $1"
    ]


# The ledger: each trial reads it anew, and stops before anything long.


@pytest.fixture
def workspace(base, tmp_path):
    shutil.copytree(base, tmp_path / "one", symlinks=True)
    return tmp_path / "one"


def refused(root) -> str:
    with pytest.raises(FinOpsError) as problem, Again(load_settings(root)) as again:
        check(root / COMPANY, again)
    return str(problem.value)


@pytest.mark.parametrize("kept", [True, False])
def test_one_amount_of_the_ledger_doubled(workspace, kept):
    world.doubled(workspace)
    if not kept:
        world.no_kept(workspace)
    path = world.ledger_part(workspace)
    assert refused(workspace).startswith(
        f"{path}: a part of the ledger was changed after it was written"
    )


@pytest.mark.parametrize("kept", [True, False])
def test_a_part_of_the_ledger_deleted(workspace, kept):
    path = world.ledger_part(workspace)
    path.unlink()
    if not kept:
        world.no_kept(workspace)
    assert refused(workspace).startswith(f"{path}: a part of the ledger is missing: 56 rows of ")


def test_a_total_of_the_ledgers_record(workspace):
    world.record(workspace)
    assert "the ledger's record says BilledCost " in refused(workspace)


def test_the_ledgers_record_removed(workspace):
    world.record(workspace, drop=True)
    said = refused(workspace)
    assert said.startswith("ledger: the ledger is empty, and a report is made again from its rows")


def test_money_moved_in_what_is_kept_is_not_used(workspace):
    """Forged with a name that its bytes give, its sum the record's: figures come from the rows, so the report is verified."""
    world.kept_doubled(workspace)
    with Again(load_settings(workspace)) as again:
        published = json.loads((workspace / COMPANY / "brief.json").read_text())
        made = again.close(published, workspace / "reports")
        assert again.brief(published, made)["actual"] == published["actual"]


def test_another_seed_is_named_before_the_figures_it_moves(base):
    path = base / "finops.yaml"
    before = path.read_text()
    path.write_text(before + "seed: 5\n")
    try:
        with Again(load_settings(base)) as other:
            (verdict,) = check(base / COMPANY, other, numbers_only=True)
    finally:
        path.write_text(before)
    assert verdict.problems[0] == (
        "seed: 20260101 when it was published, 5 now (finops.yaml, or its scenario)"
    )
    assert verdict.figures[0].startswith("median landing of the year: ")
    assert verdict.bills == [] and len(verdict.figures) < 12 < len(verdict.places)
