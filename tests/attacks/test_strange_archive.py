"""Archives that somebody bent: links cut, an index that leads elsewhere or is none (docs/method §15.31, §15.33). Nothing is lost, nothing crashes."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from test_archive import MONTH, brief, publish

from finops_model.errors import ReportError
from finops_model.publish.archive import layout
from finops_model.publish.archive.commit import staging
from finops_model.publish.job import unchanged
from finops_model.published import base_of

CANNOT = "it cannot be read as the index of an archive"


@pytest.fixture(scope="module")
def two_months(tmp_path_factory):
    root = tmp_path_factory.mktemp("archive") / "reports"
    publish(root, 1, {**brief(), "month": "2026-09"})
    publish(root, 1)
    return root


@pytest.fixture
def archive(two_months, tmp_path):
    shutil.copytree(two_months, tmp_path / "reports", symlinks=True)
    return tmp_path / "reports"


@pytest.mark.parametrize("to", ["generation-7", "generation-999999999", "elsewhere"])
def test_a_link_to_a_generation_that_is_not_there_loses_no_month(archive, to):
    link = archive / ".published" / "current"
    link.unlink()
    link.symlink_to(to)
    publish(archive, 2)
    assert [one["month"] for one in layout.entries(archive)] == [MONTH, MONTH, "2026-09"]
    assert (archive / "2026-09" / "company" / "report.html").is_file()
    assert os.readlink(link).startswith("generation-")


BENT = {
    "a month that is a path": lambda one: one["months"].update(
        {"../../../x": one["months"][MONTH]}
    ),
    "a set that is a path": lambda one: one["months"][MONTH].update(set="../../../x"),
    "a former set that is a path": lambda one: one["months"][MONTH].update(
        former=[{"number": 1, "set": "../../x"}]
    ),
    "months that are a list": lambda one: one.update(months=[]),
    "a month without a set": lambda one: one["months"].update({MONTH: {}}),
    "a slug that is a path": lambda one: one["reports"][0].update(slug="../../../x"),
    "an entry without a slug": lambda one: one["reports"].append({"month": MONTH}),
    "an entry of no month": lambda one: one["reports"][0].update(month="../x"),
}


@pytest.mark.parametrize("how", BENT)
def test_an_index_that_leads_elsewhere_is_refused_by_name(archive, how):
    path = base_of(archive) / "index.json"
    index = json.loads(path.read_text())
    BENT[how](index)
    path.write_text(json.dumps(index))
    for work in (lambda: layout.current(archive), lambda: publish(archive, 2)):
        with pytest.raises(ReportError, match=CANNOT):
            work()


def test_an_index_that_is_endlessly_nested_is_refused_by_name(archive):
    (base_of(archive) / "index.json").write_text("[" * 100_000)
    with pytest.raises(ReportError, match=CANNOT), staging(archive):
        layout.current(archive)


def test_slider_data_that_were_damaged_come_back_with_the_same_report(tmp_path):
    root = tmp_path / "reports"
    publish(root, 1, sliders=True)
    place = root / MONTH / "dashboard.npz"
    held, name = place.read_bytes(), layout.current(root)["months"][MONTH]["set"]
    place.resolve().write_bytes(b"x")
    publish(root, 1, sliders=True)
    assert place.read_bytes() == held
    assert layout.current(root)["months"][MONTH]["set"] == name
    assert (root / ".published" / f"{name}.altered-1" / "dashboard.npz").read_bytes() == b"x"


def test_a_month_whose_slider_data_were_damaged_is_not_called_unchanged(tmp_path):
    root = tmp_path / "reports"
    keys = {slug: {"inputs": unchanged.mark("4f", 2)} for slug in ("company", "search")}
    publish(root, 1, sliders=True, keys=keys)

    def asked():
        return unchanged.published(base_of(root), MONTH, "4f", units=None, pdf=False)

    assert [one["slug"] for one in asked()] == ["company", "search"]
    (root / MONTH / "dashboard.npz").resolve().write_bytes(b"x")
    assert asked() is None
