"""Scenario files: written from words, listed, told, compared, looked through (docs/method §3.80 to §3.82)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from commands import finops
from hypothesis import given
from hypothesis import settings as laws
from hypothesis import strategies as st
from scenario_world import settings, world

from finops_model.errors import ScenarioError
from finops_model.scenario.changes import events_on, timeline
from finops_model.scenario.document import load_scenario, resolve
from finops_model.scenario.files import lint as looking
from finops_model.scenario.files import words, writing
from finops_model.scenario.ledger_base import read_facts


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    (folder / "drivers.csv").write_text(
        "date,name,role,unit,value\n"
        + "".join(
            f"{day:%Y-%m-%d},{name},driver,n,100\n"
            for name in ("orders", "visits")
            for day in pd.date_range("2026-05-01", "2026-10-31")
        )
    )
    chosen = settings(folder, scenario="scenarios/base.yaml", drivers=["drivers.csv"])
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "base.yaml").write_text(
        "name: Base\nworkloads:\n  chat: {driver: orders}\n", encoding="utf-8"
    )
    return folder, chosen, read_facts(world(), chosen)


def resolved(company, document):
    folder, chosen, facts = company
    base = folder / "scenarios" / "base.yaml"
    return resolve(writing.scenario_of(document, base), settings=chosen, facts=facts)


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "op, text, value, since",
    [
        ("scale", "drivers/orders/level=+20%", 1.2, None),
        ("scale", "drivers/orders/level=-20 % from 2027-01", 0.8, "2027-01"),
        ("scale", "drivers/orders/level=120%", 1.2, None),
        ("set", "workloads/chat/routing/small=60% from 2026-12-15", 0.6, "2026-12-15"),
        ("set", "prices/H100/price=1e-3", 0.001, None),
        ("set", "prices/H100/price={p10: 1, p50: 2, p90: 4}", {"p10": 1, "p50": 2, "p90": 4}, None),
        ("set", "workloads/chat/driver=visits", "visits", None),
    ],
)
def test_a_change_in_words_is_what_a_file_would_have(op, text, value, since):
    change = writing.change_of(op, text, because="b")
    assert change["value"] == value and change.get("since") == since and change["op"] == op


@pytest.mark.parametrize(
    "op, text, says",
    [
        (
            "set",
            "prices/H100/price",
            "--set: 'prices/H100/price' is no change. Write PATH=VALUE, for example --set \"workloads/chat/routing/small-1=60% from 2027-01\".",
        ),
        (
            "set",
            "a/b=+20%",
            "--set a/b: +20% is a change by a share. Use --scale, or write the share itself without a sign.",
        ),
        (
            "scale",
            "a/b=2 from 2027-13",
            "--scale: '2027-13' is no date. Write a month YYYY-MM or a day YYYY-MM-DD.",
        ),
        ("set", "a/b=!x [1]", "--set a/b:1: tag '!x' is not allowed: plain values only."),
        (
            "set",
            "a/b=010",
            "--set a/b:1: '' is 010: YAML reads a number that begins with 0 in base eight. Write it without the 0, or as text: '010'.",
        ),
    ],
)
def test_words_that_are_no_change_are_refused(op, text, says):
    with pytest.raises(ScenarioError) as caught:
        writing.change_of(op, text)
    assert str(caught.value) == says


@laws(max_examples=60, deadline=None)
@given(st.floats(1e-6, 1e6), st.sampled_from(["set", "scale"]))
def test_a_written_number_comes_back_as_the_same_number(number, op):
    """What the command writes and what the file gives back are the same double."""
    change = writing.change_of(op, f"workloads/chat/demand/level={number!r}", because="b")
    document = writing.document_of("n", [change])
    assert change["value"] == number
    assert writing.scenario_of(document).layers[-1].document.changes[0].value == number


def test_a_file_is_written_whole_checked_and_never_over_another(company):
    folder, chosen, facts = company
    path = writing.file_of("Growth & more", chosen)
    assert path == folder / "scenarios" / "growth-more.yaml"
    change = writing.change_of("scale", "drivers/*/level=+20% from 2027-01", because="Plan")
    document = writing.document_of("Growth", [change], writing.base_for(path, chosen), owner="FP")
    writing.write_new(path, document, facts=facts, settings=chosen)
    assert yaml.safe_load(path.read_text()) == {
        "name": "Growth",
        "owner": "FP",
        "base": "base.yaml",
        "changes": [
            {
                "path": "drivers/*/level",
                "op": "scale",
                "value": 1.2,
                "since": "2027-01",
                "because": "Plan",
            }
        ],
    }
    before = path.read_bytes()
    with pytest.raises(ScenarioError) as caught:
        writing.write_new(path, document, facts=facts, settings=chosen)
    assert (
        str(caught.value) == f"{path}: is there already. Name another file, or take it away first."
    )
    bad = writing.document_of(
        "n", [writing.change_of("scale", "drivers/ordres/level=2", because="b")], "base.yaml"
    )
    with pytest.raises(ScenarioError) as caught:
        writing.write_new(folder / "scenarios" / "bad.yaml", bad, facts=facts, settings=chosen)
    assert str(caught.value) == (
        f"{folder}/scenarios/bad.yaml:4: path 'drivers/ordres/level' is not there. Did you mean 'drivers/orders/level'? "
        "Known in 'drivers': orders, visits."
    )
    assert path.read_bytes() == before
    assert sorted(p.name for p in (folder / "scenarios").iterdir()) == [
        "base.yaml",
        "growth-more.yaml",
    ]
    path.unlink()


def test_a_file_lies_where_its_base_can_be_named(company, tmp_path):
    folder, chosen, _ = company
    with pytest.raises(ScenarioError, match="is the base of the workspace"):
        writing.base_for(folder / "scenarios" / "base.yaml", chosen)
    with pytest.raises(ScenarioError, match="does not lie in this folder or below it"):
        writing.base_for(tmp_path / "x.yaml", chosen)
    assert writing.base_for(folder / "x.yaml", chosen) == "scenarios/base.yaml"


# --- words ---------------------------------------------------------------------------------------

CHANGES = [
    ("scale", "workloads/*/demand/level=+20% from 2027-01"),
    ("set", "workloads/chat/routing/small=60%"),
    ("scale", "prices/H100/price=1.5 from 2027-02"),
    ("set", "prices/H100/price={p10: 1, p50: 2, p90: 4} from 2027-06"),
]


def a_document(*changes, name="n"):
    return writing.document_of(
        name, [writing.change_of(op, text, because="b") for op, text in changes], "base.yaml"
    )


def test_changes_in_words_say_what_stood_there(company):
    told = words.rows(resolved(company, a_document(*CHANGES)))
    assert [(row["what"], row["before"], row["after"], row["from"]) for row in told] == [
        ("demand of every workload", "1", "1.2", "2027-01"),
        ("share of chat on small", "0 %", "60 %", "the first day"),
        ("price of H100", "2", "3", "2027-02"),
        ("price of H100", "2 × 1.5 from 2027-02", "1 … 2 … 4", "2027-06"),
    ]
    assert (
        words.unit_of(resolved(company, a_document(*CHANGES)), "prices/H100/price")
        == "USD per GPU-hours"
    )
    assert (
        words.unit_of(resolved(company, a_document(*CHANGES)), "prices/large:input_tokens/price")
        == "USD per 1,000,000 Tokens"
    )


def test_an_addition_is_told_with_its_prices_and_legs(company):
    form = {"kind": "graduated", "starts": [0, 1000], "prices": [2, 1]}
    tiers = {
        "way": "tiered",
        "use": {"p10": 1, "p50": 2, "p90": 3},
        "exactly": True,
        "rate": form,
        "since": "2026-12",
    }
    change = {"path": "purchases/t", "op": "add", "value": tiers, "because": "b"}
    row = words.rows(resolved(company, {"name": "n", "base": "base.yaml", "changes": [change]}))[0]
    assert row["after"] == (
        "way tiered; use 1 … 2 … 3; exactly yes; rate (kind graduated, starts 0, 1000, prices 2, 1); since 2026-12"
    )
    assert row["from"] == "2026-12"


def test_after_a_scale_is_what_the_timeline_has(company):
    """An independent way: the engine's own timeline of the path on a later day."""
    one = resolved(
        company,
        a_document(("scale", "prices/H100/price=1.5"), ("scale", "drivers/orders/level=0.7")),
    )
    day = np.array([np.datetime64("2027-03-01")])
    for row in words.rows(one):
        room, name, key = row["path"].split("/")
        value = timeline(
            np.array([float(one.tree[room][name][key])]), events_on(one, row["path"]), day
        )
        assert float(row["after"]) == pytest.approx(value.number[0])


def test_two_scenarios_differ_in_what_they_say_and_in_nothing_else(company):
    one = resolved(company, a_document(*CHANGES[:2]))
    other = resolved(company, a_document(CHANGES[1], *CHANGES[2:3], name="m"))
    assert words.differences(one, one) == []
    found = words.differences(one, other)
    assert [(row["what"], row["one"], row["other"]) for row in found] == [
        ("price of H100", "2", "2; × 1.5 from 2027-02-01"),
        ("demand of chat", "1; × 1.2 from 2027-01-01", "1"),
        ("demand of lake", "1; × 1.2 from 2027-01-01", "1"),
        ("demand of train", "1; × 1.2 from 2027-01-01", "1"),
    ]
    assert [row["what"] for row in words.heads(one, other)] == ["name"]


# --- lint ----------------------------------------------------------------------------------------

SLIPS = [
    ("workloads/caht/demand/level, op: scale, value: 2", "wrong", "path 'workloads/caht/demand/level' is not there. Did you mean 'workloads/chat/demand/level'? Known in 'workloads': chat, lake, train."),
    ("workloads/chat/demand/level, op: scale, value: 120", "look", "× 120 means 120 times as much. For 120 % write 1.2, for 120 % more 2.2."),
    ("workloads/chat/routing/small, op: set, value: 60", "wrong", "a share is 60; it must be from 0 to 1. For 60 % write 0.6."),
    ("workloads/train/demand/growth_per_month, op: set, value: 5", "look", "growth of 500 % a month is × 2.18e+09 in a year. For 5 % write 0.05; for 5 in a year 0.1610."),
    ("drivers/orders/growth_per_year, op: set, value: 40", "look", "growth of 4000 % a year. For 40 % write 0.4."),
    ("prices/H100/price, op: set, value: 0.002", "look", "a price of 0.002 where 2 is paid today; a price here is for 1 GPU-hours. Write it for 1 GPU-hours."),
    ("prices/large:input_tokens/price, op: set, value: 2e-6", "look", "a price of 2e-06 where 2 is paid today; a price here is for 1,000,000 Tokens. Write it for 1,000,000 Tokens."),
    ("prices/small:input_tokens/price, op: scale, value: 2", "look", "nobody buys small:input_tokens today, and no share is routed to it: its price moves nothing. Name one of: EGRESS, H100, Storage, large:input_tokens, large:output_tokens."),
    ("drivers/visits/level, op: scale, value: 2", "look", "no workload follows the driver visits: it moves nothing. Give a workload `driver: visits` in the base, or name one that is followed: orders."),
    ("workloads/train/elasticity, op: set, value: 0.5", "look", "train follows no driver, so how far train follows its driver moves nothing. Give it a driver first."),
    ("workloads/chat/demand/level, op: set, value: 1", "look", "1 stands there already: it changes nothing. Write another value, or take the change out."),
    ("workloads/chat/demand/level, op: scale, value: 1", "look", "× 1 changes nothing. Write the factor, for example 1.2 for 20 % more."),
    ("workloads/new, op: add, value: {cost_per_month: 0}", "look", "cost_per_month is 0: the new workload costs nothing. Write what it costs a month once it runs fully."),
    ("workloads/chat/demand/level, op: scale, value: 2, since: 2031-01", "wrong", "since 2031-01 lies after the last month 2027-12: it moves nothing. Name an earlier month, or a longer horizon in the base."),
    ("workloads/chat/demand/level, op: scale, value: 2, since: 2026-03", "look", "since 2026-03 lies before the first month 2026-11: what is booked does not change. Take since out, or name 2026-11."),
    ("workloads/chat/demand/level, op: scale, value: {p10: 2, p50: 1, p90: 3}", "wrong", "workloads/chat/demand/level: p10 2, p50 1, p90 3 must rise. For a certain value write one number."),
    ("workloads/chat/demand/level, op: scale, value: 2, review_by: 2026-01-31", "look", "review_by 2026-01-31 has passed. Look whether the value still holds, and name the next day."),
    ("purchases/crew, op: add, value: {way: money, per_month: 100, since: 2026-12, until: 2027-03-31}", "look", "until 2027-03-31 is the first day without it, so the last day of that month is left out. Write until 2027-04-01 to have the whole month."),
]  # fmt: skip


def linted(company, text: str):
    folder, chosen, facts = company
    path = folder / "scenarios" / "slip.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        return [
            (one.level, one.where.split("/")[-1], one.text)
            for one in looking.lint(path, facts, chosen)
        ]
    finally:
        path.unlink()


@pytest.mark.parametrize("change, level, says", SLIPS, ids=[slip[0] for slip in SLIPS])
def test_a_slip_is_told_with_its_line_and_what_to_do(company, change, level, says):
    text = f"name: n\nbase: base.yaml\nchanges:\n- {{because: b, path: {change}}}\n"
    assert linted(company, text) == [(level, "slip.yaml:4", says)]


def test_all_slips_are_told_at_once_in_the_order_of_lines(company):
    lines = [f"- {{because: b, path: {change}}}" for change, _, _ in SLIPS[:3]]
    found = linted(
        company,
        "\n".join(["name: n", "decide_by: 2026-09-01", "base: base.yaml", "changes:", *lines, ""]),
    )
    assert [(level, where) for level, where, _ in found] == [
        ("look", "slip.yaml:2"),
        ("wrong", "slip.yaml:5"),
        ("look", "slip.yaml:6"),
        ("wrong", "slip.yaml:7"),
    ]
    assert found[0][2].startswith(
        "decide_by 2026-09-01 has passed; the bill goes up to 2026-10-31."
    )


def test_changes_that_undo_or_double_one_another_are_told(company):
    text = (
        "name: n\nbase: base.yaml\nchanges:\n"
        "- {path: workloads/chat/demand/level, op: scale, value: 1.2, since: 2027-01, because: b}\n"
        "- {path: workloads/*/demand/level, op: scale, value: 1.1, since: 2027-01, because: b}\n"
        "- {path: workloads/chat/demand/level, op: set, value: 2, because: b}\n"
    )
    found = [(where, re.sub(r"at \S+/", "at ", said)) for _, where, said in linted(company, text)]
    assert found == [
        ("slip.yaml:5", "'workloads/chat/demand/level' is multiplied here by 1.1 and at slip.yaml:4 by 1.2: together × 1.32. Keep one of them, if that is not meant."),
        ("slip.yaml:6", "sets 'workloads/chat/demand/level' and undoes the × 1.2 at slip.yaml:4. Put the set first, or take one of them out."),
        ("slip.yaml:6", "sets 'workloads/chat/demand/level' and undoes the × 1.1 at slip.yaml:5. Put the set first, or take one of them out."),
    ]  # fmt: skip


def test_a_file_that_is_no_scenario_is_told_by_all_its_lines(company):
    found = linted(
        company, "name: n\nbase: base.yaml\nchanges:\n- {path: a, op: sett, vlue: 1, because: b}\n"
    )
    assert [where for _, where, _ in found] == ["slip.yaml:4"] * 3
    assert "changes/0: unknown key 'vlue'. Did you mean 'value'?" in found[-1][2] or any(
        "vlue" in said for *_, said in found
    )


def test_a_scenario_without_slips_has_nothing_to_look_at(company):
    text = "name: n\nbase: base.yaml\nchanges:\n- {path: drivers/orders/level, op: scale, value: 1.2, since: 2027-01, because: b}\n"
    assert linted(company, text) == []


# --- the commands --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    import finops_model as fm

    folder = tmp_path_factory.mktemp("ws")
    days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    (folder / "bill.csv").write_text("\n".join(bill))
    fm.start(folder / "bill.csv", folder=folder / "demo")
    return folder / "demo"


def test_the_commands_write_list_tell_compare_and_look(workspace):
    def asked(*words):
        return finops("scenario", *words, cwd=workspace)

    code, out, err = asked(
        "new", "More", "--scale", "prices/GPU/price=+20% from 2025-05", "--because", "Offer"
    )
    assert code == 0, err
    assert "More: 1 change." in out and "scenarios/more.yaml: written." in out
    code, _, err = asked("new", "More", "--scale", "prices/GPU/price=2", "--because", "x")
    assert code == 2 and "scenarios/more.yaml: is there already." in err
    code, _, err = asked("new", "None", "--scale", "prices/GPU/price=2")
    assert code == 2 and "--because: say why, in one sentence" in err
    assert asked("new", "Less", "--scale", "prices/GPU/price=-20%", "--because", "x")[0] == 0
    assert "3 scenario files in scenarios; all fit the bill up to 2025-03-28." in asked("list")[1]
    told = asked("show", "scenarios/more.yaml", "--json")[1]
    assert '"before": "1"' in told and '"after": "1.2"' in told
    apart = asked("diff", "scenarios/more.yaml", "scenarios/less.yaml")[1]
    assert "more.yaml and less.yaml differ in 1 value." in apart
    code, looked, _ = asked("lint", "scenarios/more.yaml", "scenarios/less.yaml")
    assert code == 0 and "2 files: nothing to look at." in looked
    (workspace / "scenarios" / "off.yaml").write_text(
        "name: o\nchanges:\n- {path: x, op: set, value: 1, because: b}\n"
    )
    code, wrong, _ = asked("lint", "scenarios/off.yaml")
    assert code == 1 and "1 thing to look at in 1 file, 1 of them wrong." in wrong
    assert "off.yaml cannot be run." in asked("list")[1]
    assert load_scenario(workspace / "scenarios" / "more.yaml").base.name == "Base"
