"""`finops verify` beyond forged files: rows of then, other versions, records, copies that can only be read, its words (docs/method §15.5, §15.60–§15.62)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from commands import finops
from headline_world import days, workspace

from finops_model.facts.ledger.store import Ledger
from finops_model.publish.job import month as job
from finops_model.publish.verify import files, sliders, version, words
from finops_model.publish.verify.again import Again
from finops_model.publish.verify.pdf import text_of
from finops_model.publish.verify.verifying import check
from finops_model.records import states
from finops_model.records.store import Records

ROOT = Path(__file__).resolve().parents[1]
COMPANY = Path("reports") / "2026-09" / "company"


def below(folder: Path) -> dict[str, tuple]:
    """Every name below a folder, with size and time."""
    return {
        path.relative_to(folder).as_posix(): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }


def found(settings, place=COMPANY, **how):
    with Again(settings) as again:
        (verdict,) = check(Path(settings.root) / place, again, **how)
    return verdict


def ingest(settings, name: str, rows: list[dict]) -> None:
    Ledger(settings.path(settings.ledger)).ingest((name, pd.DataFrame(rows)))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """September 2026 published, and what verifying says after each thing that came later."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "finops.yaml").write_text(
        "company: Small\ncurrency: USD\nledger: ledger\nreports: reports\npaths: 200\n"
    )
    settings = workspace(
        folder, days("2026-07-01", "2026-09-30", cost=lambda i: 100 + i % 7), paths=200
    )
    job.report(settings, "2026-09", workers=1)
    shutil.copytree(folder, folder.parent / "copy", symlinks=True)
    return settings, folder.parent / "copy"


@pytest.fixture(scope="module")
def story(published):
    """{what came: what is said of September's report then}, by figures alone: pages are made again in tests of their own."""
    settings, _ = published
    said = {}
    ingest(settings, "october", days("2026-10-01", "2026-10-31"))
    said["a later month"] = found(settings, numbers_only=True)
    more = days("2026-09-01", "2026-09-30", cost=lambda i: round((100 + (i + 62) % 7) * 1.02, 2))
    ingest(settings, "september again", more)
    said["the bill again, 2 % higher"] = found(settings, numbers_only=True)
    with Records(settings.path(settings.records)) as records:
        states.reach(records, "", "2026-09", "final", author="anna")
        states.approve(records, "", "2026-09", author="bob")
    said["after it was closed"] = found(settings, numbers_only=True)
    return said


def test_a_delivery_of_a_later_month_changes_nothing(story):
    one = story["a later month"]
    assert one.verified and one.since == []


def test_a_bill_that_changed_comes_first_with_its_amount_then_the_figures(story):
    one = story["the bill again, 2 % higher"]
    assert one.bills[0] == (
        "the bill of Daily for September 2026 was 3,090.00 USD when it was published and is 3,151.80 USD now (+61.80 USD)"
    )
    assert one.bills[1].startswith("September 2026 cost 3,090.00 USD when it was published and ")
    assert one.problems[: len(one.bills)] == one.bills
    assert one.figures[0] == "cost of the month: 3,090.00 USD was published, 3,151.80 USD now"
    assert len(one.problems) < 14 < len(one.places)
    assert any(
        note.endswith("To publish the month as it is now: finops report --month 2026-09")
        for note in one.notes
    )


def test_a_closed_month_stays_verified_and_says_what_changed_since(story):
    one = story["after it was closed"]
    assert one.verified and one.since == story["the bill again, 2 % higher"].bills


def test_the_whole_report_is_verified_from_the_rows_of_then(story, published):
    """All files too, two deliveries later; nothing is written, and what is kept beside the ledger is not used."""
    settings, _ = published
    before = below(Path(settings.root))
    one = found(settings)
    assert one.verified and "report.html" in one.same and "mail.html" in one.same
    assert below(Path(settings.root)) == before


def test_rows_that_are_not_in_the_ledger_are_said(published, tmp_path):
    _, copy = published
    settings = workspace(tmp_path, days("2026-07-01", "2026-09-30", cost=90), paths=200)
    shutil.copytree(copy / "reports", tmp_path / "reports", symlinks=True)
    one = found(settings, numbers_only=True)
    assert one.bills[0].startswith("the bill of Daily for September 2026 was 3,090.00 USD when ")
    assert one.made_with[0].startswith("the rows it was made from are not in this ledger: ")


def test_another_version_is_said_and_numbers_alone_can_be_compared(published, monkeypatch):
    settings, _ = published
    monkeypatch.setattr(version, "code_hash", lambda: "ab" * 32)
    place = Path(settings.root) / COMPANY
    one = found(settings)
    assert one.problems[0].startswith("another version made it (finops-model ")
    assert one.problems[0].endswith(
        f" then, abababababab now), so its pages and workbook cannot be made again byte for byte. Use that version, or compare its "
        f"figures alone: finops verify {place} --numbers-only"
    )
    assert version.NOT_AGAIN in one.notes
    alone = found(settings, numbers_only=True)
    assert alone.verified and version.NUMBERS_ONLY in alone.notes
    assert alone.said == (
        "its figures are verified: each was made again and is the same. Pages, workbook and all other files were not compared"
    )


def test_a_head_that_is_no_row_and_four_eyes_that_are_others_are_said(published):
    settings, copy = published
    with Again(settings.model_copy(update={"root": str(copy)})) as again:
        from finops_model.publish.verify.chain import Chain

        chain = Chain(again.settings)
        folder = copy / COMPANY
        manifest = files.read_json(folder / "manifest.json")
        assert chain.differs(folder, manifest) == []
        manifest["extra"]["records"] = {"head": "cd" * 32, "four_eyes": "off"}
        assert chain.differs(folder, manifest) == [
            "four eyes: off when it was published, on in finops.yaml now",
            "the chain head on it (cdcdcdcdcdcdcdcd) is no row of the records: finops audit says what is",
        ]


def as_nobody() -> list[str]:
    """What runs a command as a user that may write nothing; nothing where only this user can run one."""
    setpriv = shutil.which("setpriv")
    if setpriv is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    # the interpreter may lie in a folder of root's own: everything may be read, nothing written
    read = "dac_read_search"
    caps = [f"--inh-caps=+{read}", f"--ambient-caps=+{read}"]
    return [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", *caps]


def test_another_user_verifies_a_copy_that_can_only_be_read(published):
    """The whole report, in a group folder whose files are none of the user's: no lock, no file, no time that changes."""
    _, copy = published
    place = Path(tempfile.mkdtemp(prefix="finops-verify-test-")) / "copy"
    place.parent.chmod(0o755)
    shutil.copytree(copy, place, symlinks=True)
    try:
        for path in [place, *place.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o2755 if path.is_dir() else 0o644)
        before = below(place)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": "/nowhere", "COLUMNS": "200"}
        command = [*as_nobody(), sys.executable, "-m", "finops_model.cli", "verify", str(COMPANY)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=env, cwd=place, umask=0o002
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert done.stdout.startswith(
            f"{COMPANY}: verified. Made again from the ledger's rows and the same: every number"
        )
        assert below(place) == before
    finally:
        shutil.rmtree(place.parent)


def test_the_exit_code_is_two_for_what_is_not_verified_and_for_what_is_none(published):
    _, copy = published
    code, out, err = finops("verify", "reports/2026-10", cwd=copy)
    assert (code, out) == (2, "") and "reports/2026-10: no published report lies here." in err
    page = copy / COMPANY / "report.html"
    kept = page.read_bytes()
    page.write_bytes(kept + b" ")
    code, out, _ = finops("verify", "reports", "--json", cwd=copy)
    again = finops("verify", COMPANY, cwd=copy)
    page.write_bytes(kept)
    said = json.loads(out)
    assert code == 2 and not said["verified"]
    changed = (
        "report.html was changed after it was published: its sha256 is not the one in the manifest"
    )
    assert said["reports"][0]["files"][0] == changed
    assert again[0] == 2 and f"{COMPANY}: not verified.\n- {changed}" in again[2]


def test_slider_data_are_the_companys_and_no_unit_is_judged_by_them(tmp_path):
    """Every unit's report of an untouched month was "not verified": the company's slider data lie beside it."""
    (tmp_path / sliders.JSON).write_text("{}")
    (tmp_path / sliders.NPZ).write_text("")

    def said(unit, **settings):
        made = SimpleNamespace(
            settings=SimpleNamespace(**{"own": None, "of_weeks": False, **settings}),
            close=SimpleNamespace(base=SimpleNamespace(months=("2026-10",))),
        )
        return sliders.compare(None, made, {"unit": unit}, tmp_path, tmp_path)

    no_part = ["dashboard.json is not part of the report: it has no slider data"]
    assert said("Shop") == [] == said("Shop", of_weeks=True)
    assert said("Company", of_weeks=True) == said("Company", own=object()) == no_part
    assert said("Shop", own=object()) == no_part


# words


BRIEF = {"currency": "USD", "headline": "h", "landing": {"p50": 1000.0, "overrun_probability": 0.2}}


def moved(**land) -> list[str]:
    other = {**BRIEF, "landing": {**BRIEF["landing"], **land}}
    return words.figures(other, BRIEF, words.places_of(other, BRIEF))


def test_figures_are_said_in_money_and_the_smallest_change_as_it_stands():
    assert moved(p50=1200.5) == [
        "median landing of the year: 1,200.50 USD was published, 1,000.00 USD now"
    ]
    assert moved(p50=1200.5, overrun_probability=0.21) == [
        "median landing of the year: 1,200.50 USD was published, 1,000.00 USD now",
        "chance of an overrun: 21.0 % was published, 20.0 % now",
    ]
    assert moved(p50=float(np.nextafter(1000.0, 0))) == [
        "landing/p50: 999.9999999999999 was published, 1000.0 now"
    ]
    assert moved() == []


def test_hundreds_of_places_are_a_number():
    other = {**BRIEF, "headline": "other", "lines": [float(i) for i in range(300)]}
    one = {**BRIEF, "lines": [float(i + 1) for i in range(300)]}
    said = words.figures(other, one, words.places_of(other, one))
    assert said == [
        "the headline: 'other' was published, 'h' now",
        "and 300 more figures of the report that follow from these",
    ]


def test_numbers_across_versions_are_held_to_nine_digits():
    then = {"actual": {"by_month": {"2026-09": 1.0, "2026-08": 2.0}}, "tie": "10.00", "text": "a"}
    now = {"actual": {"by_month": {"2026-09": 1.0 + 1e-12}}, "tie": "10.01", "text": "b", "new": 5}
    assert words.numbers_of(then, now) == (
        [
            "actual/by_month/2026-08: 2.0 was published, nothing now",
            "tie: 10.00 was published, 10.01 now",
        ],
        [],
    )
    assert words.numbers_of({"a": True, "b": None}, {"a": False, "b": None}) == ([], [])
    assert words.numbers_of({"a": None}, {"a": 1.5}) == (["a: nothing was published, 1.5 now"], [])


# files


def test_a_file_that_no_report_has_and_a_missing_one_are_differences(tmp_path):
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / "mail.html").write_text("<p>a</p>")
    made = {"mail.html": b"<p>b</p>", "summary.txt": b"s", "manifest.json": b"", "report.pdf": b""}
    assert files.compare(tmp_path, ["mail.html", "notes.md"], made) == (
        [
            "mail.html is not the mail that is made again: it says 'a' where 'b' is made",
            "notes.md is no file of a report: the version that made it makes none of this name",
            "summary.txt is missing: it is made with the report, and neither the folder nor its manifest has it",
        ],
        [],
    )
    (tmp_path / "report.pdf").write_text("x")
    made.pop("report.pdf")
    assert files.compare(tmp_path, ["report.pdf"], {}) == (
        [],
        ["report.pdf was not made again: no Chromium prints here"],
    )


def a_pdf(text: str, packed: bool = True) -> bytes:
    """One page that draws a text, as Chromium writes it."""
    import zlib

    glyphs = "".join(f"{ord(letter):04X}" for letter in text)
    letters = (
        "beginbfrange\n<0020> <007E> <0020>\nendbfrange\n1 beginbfchar\n<00E9> <00E9>\nendbfchar"
    )
    parts = [f"BT\n/F1 12 Tf\n<{glyphs}> Tj\nET".encode(), letters.encode()]
    if packed:
        parts = [zlib.compress(part) for part in parts]
    flate = "/Filter /FlateDecode" if packed else ""
    streams = [
        f"<<{flate}\n/Length {len(part)}>> stream\n".encode() + part + b"\nendstream"
        for part in parts
    ]
    objects = [
        b"<</Type /Page\n/Resources <</Font <</F1 2 0 R>>>>\n/Contents 3 0 R>>",
        b"<</Type /Font\n/ToUnicode 4 0 R>>",
        *streams,
    ]
    return b"%PDF-1.4\n" + b"".join(
        f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        for number, body in enumerate(objects, 1)
    )


def test_a_pdf_is_held_by_its_text():
    one, same, other = (
        a_pdf(t, p) for t, p in (("cost 5", True), ("cost 5", False), ("cost 6", True))
    )
    assert text_of(one) == "cost 5" and one != same
    assert files.differs("report.pdf", one, same) == ""
    assert files.differs("report.pdf", other, one) == (
        "report.pdf is not the PDF that is made again: it says 'cost 6' where 'cost 5' is made"
    )
    assert files.differs("report.pdf", b"no pdf", one) == (
        "report.pdf is not the PDF that is made again: its text cannot be read"
    )
