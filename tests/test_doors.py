"""What a stranger types at the front doors of forecasts: every mistake is one sentence, never a traceback, and two doors say one thing."""

from __future__ import annotations

import pandas as pd
import pytest

import finops_model as fm
from finops_model.errors import FinOpsError
from finops_model.settings import load_settings
from scripts import ROOT

DAYS = pd.date_range("2026-01-01", "2026-10-31")
FLAT = pd.Series(100.0, DAYS)
SHUTDOWN = {"kind": "shutdown", "since": "2026-12-01"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A company that spends 100 USD a day: 60 of chat, 40 of search."""
    root = tmp_path_factory.mktemp("doors")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{d.date()},60,chat,GPU\n{d.date()},40,search,GPU" for d in DAYS]
    (root / "bill.csv").write_text("\n".join(lines), encoding="utf-8")
    fm.start(root / "bill.csv", folder=root / "ws")
    return root / "ws"


@pytest.mark.parametrize(
    "words, said",
    [
        (
            {"events": SHUTDOWN},
            "events: give a list of events, also of one: events=[{...}].",
        ),
        (
            {"events": [{"kind": "launch", "since": "2026-12-01", "amount": 1e308}]},
            "event 'launch': amount is 1e+308; it must be a finite number, 0 or more, at most 1e+100.",
        ),
        (
            {"overrides": "x"},
            "overrides: 'x' is no override; write a list of mappings with month, value, by, because.",
        ),
        ({"overrides": [{"month": "2026-11"}]}, "overrides: 'value' is missing; write it."),
        (
            {"overrides": [{"month": "2026-11", "valeu": 1}]},
            "overrides: unknown field 'valeu'. Did you mean 'value'? Known: month, value, by, because.",
        ),
        (
            {"paths": 1_000_000, "horizon": 3700},
            "paths: 1,000,000 of 3,700 steps are 3,700,000,000 numbers; at most 200,000,000 are held. "
            "Take 54,054 paths, or a shorter horizon.",
        ),
    ],
)
def test_words_of_a_series_that_cannot_be_meant(words, said):
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(FLAT, **{"horizon": 40, **words})
    assert str(refused.value) == said


def test_two_columns_of_one_name_are_named():
    with pytest.raises(FinOpsError) as refused:
        fm.forecast(pd.concat([FLAT.rename("a"), FLAT.rename("a")], axis=1), 30)
    assert (
        str(refused.value)
        == "forecast: two columns are called 'a'; give each series a name of its own."
    )


def test_a_workspace_is_named_by_its_folder_at_every_door(folder):
    assert fm.runout(folder).as_dict() == fm.runout(load_settings(folder)).as_dict()
    by_page = fm.components(str(folder), 3, workload="chat/GPU")  # as reports name it
    assert by_page.name == "chat/(untagged)/GPU"
    assert fm.components(folder / "finops.yaml", 3).point[-3:].round(6).tolist() == [100.0] * 3


@pytest.mark.parametrize(
    "call, said",
    [
        (
            lambda ws: fm.runout(5),
            "runout: give a workspace: its folder, its finops.yaml or its settings, not int.",
        ),
        (
            lambda ws: fm.runout(ws, "2030-01-01"),
            "as_of 2030-01-01: the ledger has complete data from 2026-01-01 to 2026-10-31. Choose a day in between.",
        ),
        (
            lambda ws: fm.runout(ROOT / "data/startup"),
            "finops.yaml names entities: Thistledown Inc. (USD), Thistledown GmbH (EUR). Their amounts are not added up. "
            'Choose one: entity="Thistledown Inc.".',
        ),
        (lambda ws: fm.components(ws, 0), "horizon: 0 must be a whole number from 1 to 3,700."),
        (
            lambda ws: fm.components(ws, 10**9),
            "horizon: 1000000000 must be a whole number from 1 to 3,700.",
        ),
        (
            lambda ws: fm.components("costs.csv"),
            "components: costs.csv is a table; give its series, read with pandas, or a workspace: its folder or its finops.yaml.",
        ),
        (
            lambda ws: fm.components(FLAT, 3, entity="Acme"),
            "components: entity is of a workspace, and this is a series.",
        ),
    ],
)
def test_a_workspace_that_cannot_be_meant(folder, call, said):
    with pytest.raises(FinOpsError) as refused:
        call(folder)
    assert str(refused.value) == said
