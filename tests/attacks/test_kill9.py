"""Killed while publishing: what `finops verify` holds of index, sets and pages is whole at once, without a run that repairs (the review's kill9.py).

That every reader sees all old or all new, before any of the last 60 operations, is in `tests/test_archive.py`; here its moments are few.
"""

from __future__ import annotations

import os
import shutil

import pytest
from test_archive import MONTH, in_fork, publish

from finops_model.publish.archive import layout
from finops_model.publish.verify import index


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child of this process")
def test_killed_at_any_moment_nothing_is_to_be_repaired_for_verify(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a kill is no power cut
    base = tmp_path / "base"
    publish(base, 1, sliders=True)
    shutil.copytree(base, tmp_path / "whole", symlinks=True)
    done = in_fork(lambda: publish(tmp_path / "whole", 2, sliders=True), 0)
    assert done is not None
    last = len(done)
    met = set()
    for at in (
        2,
        last // 2,
        last - 30,
        last - 12,
        last - 8,
        last - 5,
        last - 4,
        last - 3,
        last - 2,
        last - 1,
        last,
    ):
        root = tmp_path / f"at-{at}"
        shutil.copytree(base, root, symlinks=True)
        assert in_fork(lambda root=root: publish(root, 2, sliders=True), at) is None
        name = layout.current(root)["months"][MONTH]["set"]
        met.add(name)
        assert index.set_differs(root, name, MONTH) == [], at
        assert index.pages_differ(root, MONTH, name) == [], at
        for entry in layout.entries(root):
            found = layout.find(root / MONTH / entry["slug"])
            assert found.listed and index.line_differs(found) == [], at
    assert len(met) == 2
