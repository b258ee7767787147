"""Reports as PDF, printed by the Chromium of this machine: one browser for several pages, counters, tags, the same bytes, no path of ours."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from conftest import NAMES, without

from finops_model.publish.job.browser import Browser
from finops_model.publish.job.pdf import print_page, to_pdf

OF = {"unit": "R&D <b>", "month": "2026-10"}


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Two pages printed by one browser, and the first again by another one from another place."""
    if not any(map(shutil.which, NAMES)):
        without("there is no Chromium on this machine")
    made = []
    found = next(filter(None, map(shutil.which, NAMES)))
    texts = ["first", "second"]
    for n, names in enumerate((texts, texts[:1])):
        folder = tmp_path_factory.mktemp(f"place-{n}")
        with Browser(found) as browser:
            for name in names:
                page = folder / f"{name}.html"
                page.write_text(
                    "<!DOCTYPE html><html lang=en><head><title>T</title><style>@page { size: A4; margin: 14mm 14mm 16mm;"
                    "@bottom-right { content: counter(page) ' / ' counter(pages) } }</style></head><body>"
                    f"<h1>{name}</h1><script>document.body.append('ran')</script>"
                    "<a href='workbook.xlsx'>Workbook</a><p style='break-before:page'>two",
                    encoding="utf-8",
                )
                made.append(print_page(browser, page, folder / f"{name}.pdf", OF))
    return made


def words(path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("no pdftotext on this machine")
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True).stdout


def test_one_browser_prints_every_page_and_another_one_the_same_bytes(printed):
    first, second, again = (path.read_bytes() for path in printed)
    assert first == again != second
    assert first.startswith(b"%PDF") and b"CreationDate" not in first and b"ModDate" not in first


def test_a_page_has_its_counters_once_and_no_script_ran(printed):
    text = words(printed[1])
    assert "R&D <b> · October 2026 · page 1 of 2" in text and "page 2 of 2" in text
    assert "1 / 2" not in text and "second" in text and "ran" not in text.split()


def test_a_pdf_is_tagged_a4_and_holds_no_path_of_this_machine(printed):
    data = printed[0].read_bytes()
    assert b"/StructTreeRoot" in data and b"file:" not in data
    assert re.search(rb"/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]", data)


def test_the_browser_ends_and_leaves_nothing(printed, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    page = tmp_path / "report.html"
    page.write_text("<html><head></head><body>x", encoding="utf-8")
    monkeypatch.delenv("FINOPS_BROWSER", raising=False)
    made = to_pdf(page, tmp_path / "deep" / "r.pdf")
    assert made.is_file() and {path.name for path in tmp_path.iterdir()} == {"report.html", "deep"}
