"""Shared cost by a setting: command, brief, page and workbook say the same, to the cent, and add up to the company."""

from __future__ import annotations

import csv
import json
from decimal import Decimal as D

import openpyxl
import pandas as pd
import pytest
from commands import finops
from ledger_world import focus

from finops_model.errors import InputError
from finops_model.facts.ledger.store import Ledger
from finops_model.measure.allocation import shared
from finops_model.publish import chargebacks, close
from finops_model.publish.page.body import Page
from finops_model.publish.report.workbook.book import write_workbook
from finops_model.settings import Settings, load_settings
from finops_model.settings.shared_cost import SharedCost

MONTH = "2026-07"
COST = {"chat": "3.333333", "search": "1.01", "platform": "0.10", "safety": "0.05", "": "0.5"}
CHARGES = (  # team, a day, other cells
    *(
        (team, amount, {"ConsumedUnit": "Hours", "ConsumedQuantity": "2"})
        for team, amount in COST.items()
    ),
    ("search", "0.2", {"ServiceName": "Idle"}),
    (
        "search",
        "0.3",
        {
            "CommitmentDiscountId": "c1",
            "CommitmentDiscountStatus": "Used",
            "ConsumedUnit": "Hours",
            "ConsumedQuantity": "4",
        },
    ),
    ("platform", "0.07", {"CommitmentDiscountId": "c1", "CommitmentDiscountStatus": "Unused"}),
)
DRIVERS = "date,name,unit,role,value\n" + "".join(
    f"2026-07-{day:02},{name},n,driver,{value}\n"
    for name, value, last in (("chats", 30, 31), ("searches", 10, 31), ("late", 5, 20))
    for day in range(1, last + 1)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("shared")
    frames = [
        focus(range(1, 32), amount=amount, Tags=json.dumps({"team": team} if team else {}), **cells)
        for team, amount, cells in CHARGES
    ]
    Ledger(root / ".finops/ledger").ingest(("bill", pd.concat(frames, ignore_index=True)))
    (root / "drivers.csv").write_text(DRIVERS)
    return root


@pytest.fixture
def company(folder):
    def make(written: str):
        text = f"shared_cost: {written}\n" if written else ""
        (folder / "finops.yaml").write_text(f"company: A\ndrivers: [drivers.csv]\n{text}")
        return load_settings(folder)

    return make


def by_team(found: dict, kind: str = "shared") -> dict[str, D]:
    return {line["team"]: D(line[kind]) for line in found["lines"]}


def whole() -> D:
    return sum((31 * D(amount) for _, amount, _ in CHARGES), D(0)).quantize(D("0.01"))


POOL = 31 * (D("0.10") + D("0.07"))  # platform's own cost and the commitment it did not use


@pytest.mark.parametrize(
    "written, shares, said",
    [
        # 3.333333 * 31 = 103.33 of chat, (1.01 + .2 + .3) * 31 = 46.81 of search, 1.55 of safety
        ("{pools: {platform: even}}", {"chat": "1.76", "safety": "1.76", "search": "1.75"}, []),
        (
            "{pools: {platform: proportional}}",
            {"chat": "3.59", "search": "1.63", "safety": "0.05"},
            [],
        ),
        (
            "{pools: {platform: {how: fixed, shares: {chat: 33.3, safety: 66.7}}}}",
            {"chat": "1.75", "safety": "3.52", "search": "0"},
            [],
        ),
        (
            "{pools: {platform: {how: fixed, shares: {chat: 60, safety: 30.5}}}}",
            {"chat": "3.59", "search": "1.63", "safety": "0.05"},
            [
                "Shared cost of platform: the fixed shares add up to 90.5 %, not to 100 %; it is shared in proportion to cost."
            ],
        ),
        (
            "{pools: {platform: {how: usage, drivers: {chat: chats, search: searches}}}}",
            {"chat": "3.95", "search": "1.32", "safety": "0"},
            [],
        ),
        (
            "{pools: {platform: {how: usage, drivers: {chat: chats, search: late}}}}",
            {"chat": "3.59", "search": "1.63", "safety": "0.05"},
            [
                "Shared cost of platform: late counts 20 of 31 days; it is shared in proportion to cost."
            ],
        ),
        (  # 2 hours of chat, 6 of search, 2 of safety
            "{pools: {platform: {how: usage, quantity: Hours}}}",
            {"chat": "1.06", "search": "3.16", "safety": "1.05"},
            [],
        ),
        (
            "{pools: {platform: {how: usage, quantity: Tokens}}}",
            {"chat": "3.59", "search": "1.63", "safety": "0.05"},
            [
                "Shared cost of platform: no team used Tokens in July 2026; it is shared in proportion to cost."
            ],
        ),
    ],
)
def test_a_pool_is_given_out_as_the_setting_says(written, shares, said, company):
    found = chargebacks.of_month(company(written))
    given = by_team(found)
    assert {team: given[team] for team in shares} == {
        team: D(part) for team, part in shares.items()
    }
    assert given[""] == 0 and sum(given.values()) == POOL and found["said"] == said
    assert [(one["pool"], one["cost"]) for one in found["pools"]] == [("platform", f"{POOL:.2f}")]
    assert found["pools"][0]["used"] == ("proportional" if said else found["pools"][0]["how"])
    assert D(found["total"]) == whole()
    assert sum(by_team(found, "total").values()) + D(found["central"]) == whole()
    for line in found["lines"]:
        assert sum(D(line[kind]) for kind in ("own", "shared", "idle", "unused")) == D(
            line["total"]
        )


def test_idle_and_unused_go_where_the_words_say_and_several_pools_bear_nothing_of_each_other(
    company,
):
    written = (
        "{pools: {platform: even, safety: even}, idle: central, idle_when: {service: Idle}, "
        "unused_commitment: proportional_to_benefit}"
    )
    with pytest.raises(InputError) as refused:
        chargebacks.of_month(company(written))
    assert str(refused.value).startswith(
        "finops.yaml: shared_cost/idle_when: unknown column 'service'. Did you mean 'ServiceName'?"
    )
    found = chargebacks.of_month(company(written.replace("service:", "ServiceName:")))
    assert set(by_team(found)) == {"chat", "search", ""}
    # 3.10 of platform (without what it did not use) and 1.55 of safety, to two
    assert by_team(found) == {"chat": D("2.33"), "search": D("2.32"), "": D(0)}
    assert by_team(found, "unused") == {"chat": D(0), "search": D("2.17"), "": D(0)}
    assert {one["pool"]: one["cost"] for one in found["pools"]} == {
        "platform": "3.10",
        "safety": "1.55",
    }  # what goes evenly
    assert D(found["central"]) == D("6.20")
    assert sum(by_team(found, "total").values()) + D("6.20") == whole()
    regex = written.replace("service: Idle", "ServiceName: {regex: '^Id'}")
    assert chargebacks.of_month(company(regex)) == found


def test_brief_page_workbook_and_command_say_the_same(company, folder, tmp_path):
    settings = company("{pools: {platform: proportional}, unused_commitment: central}")
    told = chargebacks.of_month(settings)
    brief = close.briefs_of(close.prepare(settings, MONTH), ["Company"])[0]
    shared = brief["allocation"]["shared"]
    assert shared == {key: told[key] for key in shared}
    assert D(shared["total"]) == D(repr(brief["actual"]["month"])).quantize(D("0.01"))

    page = Page(brief)
    page.first_page()
    html = page.allocation().html
    assert page.differences() == []
    assert "July 2026 by who bears it, USD" in html and ">no team<" in html
    assert "central (nobody bears it)" in html and ">Total</th>" in html
    # without the 2.17 of the commitment, which stay central
    assert "Given out to the other teams: platform 3.10 USD, in proportion to own cost." in html

    sheet = openpyxl.load_workbook(write_workbook(brief, tmp_path / "a.xlsx"))["Shared cost"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=6)]
    assert cells[0] == ["Team", "Own cost", "Shared cost received", "Total 2026-07"]
    assert cells[1][0] == "chat" and cells[1][3] == "=SUM(B2:C2)"
    assert cells[5] == ["central (nobody bears it)", None, None, 2.17]

    out = tmp_path / "july.csv"
    code, said, problem = finops("chargeback", "--to", out, "-s", folder)
    assert code == 0, problem
    assert "Who bears 2026-07, USD" in said and "platform 3.10 USD" in said
    lines = list(csv.DictReader(out.open()))
    assert [line["team"] for line in lines][-1] == "central (nobody bears it)"
    assert sum(D(line["total"]) for line in lines) == whole()


def test_without_the_key_nothing_is_shared_and_a_pool_can_be_tried(company, folder):
    settings = company("")
    brief = close.briefs_of(close.prepare(settings, MONTH), ["Company"])[0]
    assert "shared" not in brief["allocation"] and Page(brief).allocation() is None
    own = chargebacks.of_month(settings)  # every team its own cost, to the cent
    assert by_team(own, "own") == {
        **{"chat": D("103.33"), "search": D("46.81"), "": D("15.50")},
        **{"platform": D("3.10"), "safety": D("1.55")},
    }
    assert by_team(own, "unused")["platform"] == D("2.17") and D(own["central"]) == 0
    assert sum(by_team(own, "total").values()) == whole() and own["pools"] == []
    code, said, told = finops("chargeback", "-s", folder)
    assert code == 0 and (
        "finops.yaml: shared_cost says of no cost that others bear it, so every team bears its own. Write it there, such "
        "as shared_cost: {pools: {TEAM: proportional}}, or try a team: --pool TEAM."
    ) in " ".join(said.split())
    code, said, told = finops("chargeback", "--pool", "platform", "--json", "-s", folder)
    assert code == 0, told
    tried = json.loads(said)
    assert by_team(tried)["chat"] == D("3.59")
    code, _, told = finops("chargeback", "--pool", "platfrm", "-s", folder)
    assert code == 2 and "--pool: unknown team 'platfrm'. Did you mean 'platform'?" in told


@pytest.mark.parametrize(
    "written, message",
    [
        (
            "{pools: {platform: evn}}",
            "3: shared_cost/pools/platform/how: must be 'even', 'proportional', 'fixed' or 'usage', not 'evn'. Did you mean 'even'?",
        ),
        (
            "{pools: {platform: fixed}}",
            "3: shared_cost/pools/platform: how fixed needs shares: team and per cent. Write them.",
        ),
        (
            "{pools: {platform: usage}}",
            "3: shared_cost/pools/platform: how usage needs drivers (team and driver) or quantity (a unit of the bill). Write one of them.",
        ),
        (
            "{pools: {platform: {how: even, quantity: Hours}}}",
            "3: shared_cost/pools/platform: quantity goes with how: usage, and how is even. Take quantity out, or write how: usage.",
        ),
        (
            "{pools: {platform: even, safety: {how: fixed, shares: {platform: 100}}}}",
            "3: shared_cost/pools: safety: 'platform' is a pool itself, and pools bear nothing of each other. Name the teams that bear it.",
        ),
        (
            "{idle: central}",
            "3: shared_cost: idle: central needs idle_when: which cost is idle capacity. Write it, such as idle_when: {ServiceName: Idle}.",
        ),
        (
            "{pool: {}}",
            "3: shared_cost: unknown key 'pool'. Did you mean 'pools'? Known: idle, idle_when, pools, unused_commitment.",
        ),
    ],
)
def test_a_slip_in_the_setting_is_refused_in_words(written, message, company, folder):
    with pytest.raises(InputError) as refused:
        company(written)
    assert str(refused.value) == f"{folder / 'finops.yaml'}:{message}"


@pytest.mark.parametrize(
    "written, message",
    [
        (
            "{pools: {platfrm: even}}",
            "finops.yaml: shared_cost/pools/platfrm: unknown team 'platfrm'. Did you mean 'platform'? Known: chat, platform, safety, search.",
        ),
        (
            "{pools: {platform: {how: fixed, shares: {caht: 100}}}}",
            "finops.yaml: shared_cost/pools/platform: unknown team 'caht'. Did you mean 'chat'? Known: chat, platform, safety, search.",
        ),
        (
            "{pools: {platform: {how: usage, drivers: {chat: chat}}}}",
            "finops.yaml: shared_cost/pools/platform/drivers: unknown driver 'chat'. Did you mean 'chats'? Known: chats, late, searches.",
        ),
        (
            "{idle: owner, idle_when: {ServiceName: {regex: '('}}, unused_commitment: central}",
            "finops.yaml: shared_cost/idle_when/ServiceName: '(' is no regular expression that can be used: missing ): (. "
            "RE2 has no look-around and no back references; write it without.",
        ),
    ],
)
def test_a_name_that_is_not_there_is_refused_before_a_report(written, message, company):
    settings = company(written)
    for ask in (chargebacks.of_month, lambda one: close.prepare(one, MONTH)):
        with pytest.raises(InputError) as refused:
            ask(settings)
        assert str(refused.value) == message


def test_idle_is_named_by_its_dimension_or_by_its_column():
    """docs/dimensions.md writes workload, docs/settings.md x_Workload."""
    rows = pd.DataFrame({"x_Workload": ["idle-gpu", "chat"], "ServiceName": ["GPU", "GPU"]})
    found = [
        list(shared._idle(rows, SharedCost(idle_when={name: {"regex": "^idle"}}), Settings()))
        for name in ("workload", "x_Workload")
    ]
    assert found == [[True, False]] * 2
