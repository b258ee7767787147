"""Names as folders (finops_model/names.py, docs/method §15.30): every script, one folder each, published ones stay."""

from __future__ import annotations

import json
import re
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model import names
from finops_model.errors import ReportError
from finops_model.names import COMPANY, NAMELESS, folders, is_slug, old_slug, slug
from finops_model.publish import start
from finops_model.publish.alerts import folder
from finops_model.publish.dashboard.archive import load_index
from finops_model.publish.page.body import open_brief
from finops_model.publish.page.tables import templates
from finops_model.publish.report.places import placed, placed_as, published_in

MONTH = "2026-10"


def by_the_old_rule(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60].strip("-") or "unit"


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=90))
def test_an_ascii_name_has_the_slug_it_always_had(name):
    old = by_the_old_rule(name)
    assert slug(name) == (f"{old}-unit" if old in names.RESERVED else old)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(max_size=90))
def test_every_slug_is_safe_and_its_own_slug(name):
    found = slug(name)
    assert is_slug(found) and slug(found) == found
    assert len(found.encode("utf-8")) <= 105 and len(found) <= 65
    assert not set(found) & set("/\\.:%?#&<>\"'| \0")
    assert not any(unicodedata.category(char)[0] in "CZSP" for char in found.replace("-", ""))


@pytest.mark.parametrize(
    "name, expected",
    [
        ("日本", "日本"),
        ("中国", "中国"),
        ("Épsilon & Co", "epsilon-co"),
        ("E\u0301psilon & Co", "epsilon-co"),
        ("Größe Łódź Æther", "grosse-lodz-aether"),
        ("Отдел Продаж", "отдел-продаж"),
        ("हिन्दी", "हिन्दी"),
        ("a\u202eb\u200b", "ab"),  # bidi override and a space without width
        ("..", "unit"),
        ("../../etc\\passwd", "etc-passwd"),
        ("\U0001f680", "unit"),
        ("", "unit"),
        ("CON", "con-unit"),
        ("com1", "com1-unit"),
        ("console", "console"),
    ],
)
def test_what_a_name_becomes(name, expected):
    assert slug(name) == expected


def test_a_long_name_is_cut_at_a_letter():
    assert slug("x" * 59 + " y" * 9) == "x" * 59
    assert slug("日" * 90) == "日" * 33  # 99 bytes
    assert slug("é" * 90) == "e" * 60
    assert slug("ก่" * 40) == "ก่" * 16, "a letter stays with its mark"


@pytest.mark.parametrize(
    "text", ["", "..", "A", "É", "a/b", "a--b", "-a", "a\n", "a\u202e", "x" * 90, None]
)
def test_what_no_slug_is_is_no_folder(text):
    assert not is_slug(text)


@pytest.mark.parametrize(
    "pair", [("A B", "A-B"), ("E", "É"), ("\U0001f680", "\U0001f389"), (COMPANY, "company")]
)
def test_two_units_of_one_slug_have_two_folders(pair):
    both = folders(pair)
    assert both[pair[0]] == slug(pair[0]) and len(set(both.values())) == 2
    assert re.fullmatch(re.escape(slug(pair[1])) + "-[0-9a-f]{8}", both[pair[1]])
    assert folders([*pair, "Other"]) == {**both, "Other": "other"}, "others change nothing"
    assert all(map(is_slug, both.values()))


def test_a_suffix_that_is_taken_grows():
    first = folders(["A B", "A-B"])["A-B"]
    assert folders(["A-B"], {"A B": "a-b", "x": first})["A-B"].startswith(first)


def brief(unit: str, children=(), entity: str | None = None) -> dict:
    lines = [{"unit": name, "slug": slug(name)} for name in children]
    return {
        "month": MONTH,
        "unit": unit,
        "slug": slug(unit),
        "children": lines,
        **({"entity": {"name": entity, "unit": unit}} if entity else {}),
    }


def archive(root, published: dict[str, str]):
    """An archive with an index and one brief for each {unit: folder}."""
    for unit, place in published.items():
        folder = root / MONTH / place
        folder.mkdir(parents=True)
        text = json.dumps({**brief(unit), "slug": place})
        (folder / "brief.json").write_text(text, encoding="utf-8")
    entries = [
        {"month": MONTH, "unit": unit, "slug": place, "files": {}}
        for unit, place in published.items()
    ]
    (root / "index.json").write_text(
        json.dumps({"schema": 1, "reports": entries}), encoding="utf-8"
    )


def test_a_month_published_again_keeps_the_folders_of_its_index(tmp_path):
    archive(tmp_path, {"Épsilon & Co": "psilon-co", "日本": "unit", COMPANY: "company"})
    units = [COMPANY, "中国", "日本", "Épsilon & Co"]
    made = placed(
        [brief(unit, units[1:] if unit == COMPANY else ()) for unit in units], units, tmp_path
    )
    assert [one["slug"] for one in made] == ["company", "中国", "unit", "psilon-co"]
    assert [line["slug"] for line in made[0]["children"]] == ["中国", "unit", "psilon-co"]
    (later,) = placed([{**brief("日本"), "month": "2026-11"}], units, tmp_path)
    assert later["slug"] == "日本", "a month that is not published yet follows today's rule"


@pytest.mark.parametrize("gone", ["index.json", f"{MONTH}/a-b/brief.json"])
def test_one_unit_published_alone_does_not_take_the_folder_of_another(tmp_path, gone):
    archive(tmp_path, {"A-B": "a-b"})
    (tmp_path / gone).unlink()  # the index, or the disk, is enough to know
    (made,) = placed([brief("A B")], [COMPANY, "A B", "A-B"], tmp_path)
    assert made["slug"] == folders(["A-B", "A B"])["A B"] != "a-b"
    (again,) = placed([brief("A-B")], [COMPANY, "A B", "A-B"], tmp_path)
    assert again["slug"] == "a-b"


def test_a_fresh_pair_does_not_depend_on_which_is_asked_for(tmp_path):
    every = [COMPANY, "A B", "A-B"]
    both = placed([brief("A B"), brief("A-B")], every, tmp_path)
    (second,) = placed([brief("A-B")], every, tmp_path)
    assert second == both[1] and both[0]["slug"] == "a-b"


def test_an_index_that_leads_elsewhere_gives_no_folder(tmp_path):
    for text in (
        "{",
        "[]",
        '{"reports": 3}',
        '{"reports": [3, {"month": "2026-10", "unit": "A", "slug": "../a"}]}',
    ):
        (tmp_path / "index.json").write_text(text)
        assert published_in(tmp_path, MONTH) == {}
    assert published_in(tmp_path / "none", MONTH) == {}


def test_a_report_made_again_is_compared_under_its_published_folders():
    old = {**brief("Acme", ["日本", "None"], entity="Acme"), "slug": "acme-old"}
    old["children"] = [{"unit": "日本", "slug": "acme-unit"}, {"unit": "None", "slug": None}]
    new = brief("Acme", ["日本", "None"], entity="Acme")
    new["children"][1]["slug"] = None
    assert placed_as(new, old) == old


def test_the_page_and_the_dashboard_find_a_report_by_its_index(tmp_path, monkeypatch):
    archive(tmp_path / "reports", {"日本": "unit", "中国": "中国"})
    assert [one["slug"] for one in load_index(tmp_path / "reports")["reports"]] == ["unit", "中国"]
    monkeypatch.chdir(tmp_path)
    for unit, place in (("日本", "unit"), ("中国", "中国"), ("Αθήνα", "αθήνα")):
        with pytest.raises(ReportError) as problem:  # no whole briefs; their place is what counts
            open_brief(month=MONTH, unit=unit)
        assert f"reports/{MONTH}/{place}/brief.json" in str(problem.value)


def test_links_are_percent_encoded():
    entry = {"slug": "日本", "unit": "日本", "status": "final", "headline": "h"}
    page = templates.get_template("report_archive.html.j2").render(
        title="t", groups=[("October 2026", "2026-10/", [entry])], many=False
    )
    assert 'href="2026-10/%E6%97%A5%E6%9C%AC/report.html"' in page


def test_alerts_of_an_entity_go_on_in_the_folder_they_have(tmp_path):
    def watched(name, *others):
        entities = [SimpleNamespace(name=one) for one in (name, *others)]
        return SimpleNamespace(
            own=entities[0], entities=entities, ledger="ledger", path=lambda where: tmp_path / where
        )

    root = tmp_path / "watch"
    assert folder.folder_of(watched("Épsilon")) == root / "epsilon"
    (root / "psilon").mkdir(parents=True)
    assert folder.folder_of(watched("Épsilon")) == root / "psilon"
    assert folder.folder_of(watched("Épsilon", "Psilon")) == root / "epsilon", (
        "that one is Psilon's"
    )
    (root / "epsilon").mkdir()
    assert folder.folder_of(watched("Épsilon")) == root / "epsilon"


@pytest.mark.parametrize("company, place", [("Épsilon", "psilon"), ("Psilon", "epsilon")])
def test_a_workspace_of_before_is_found_again(tmp_path, monkeypatch, company, place):
    monkeypatch.chdir(tmp_path)
    older = tmp_path / start.WORKSPACES / "psilon"
    older.mkdir(parents=True)
    (older / "finops.yaml").write_text(f"company: {company}\n", encoding="utf-8")
    assert start._place("Épsilon", None, None, print).name == place
    assert old_slug("Épsilon") == "psilon" and NAMELESS == "unit"
