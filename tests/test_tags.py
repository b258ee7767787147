"""`tag_rules`: what breaks them, by money; values by step where the bill is silent; nothing of a company without rules moves."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from commands import finops
from ledger_world import focus

from finops_model.errors import InputError
from finops_model.facts.daily import tag_debt, warehouse
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings, TagRules, load_settings, load_tag_rules

KEYS = "keys:\n  team: {mandatory: true, allowed: [search, support], owner: Ana}\n  cost_center: {mandatory: true}\n"


def parts(month: str) -> list[pd.DataFrame]:
    """100 a month of search, 50 without a tag in its sub-account, 30 misspelt, 8 of tax."""
    return [
        focus(month=month, Tags='{"team":"search","cost_center":"7"}'),
        focus(month=month, amount="5.00", Tags="", ResourceId="vm-2"),
        focus(
            month=month,
            amount="3.00",
            Tags='{"team":"serch","cost_center":"7"}',
            SubAccountId="sub-2",
        ),
        focus(month=month, amount="0.80", Tags="", ChargeCategory="Tax"),
    ]


@pytest.fixture
def company(tmp_path):
    def make(
        rules: str | None = None, months=("2026-05", "2026-06"), more="", bill=None
    ) -> Settings:
        (tmp_path / "finops.yaml").write_text(
            f"company: A\n{'tag_rules: tags.yaml' if rules is not None else ''}\n{more}"
        )
        if rules is not None:
            (tmp_path / "tags.yaml").write_text(rules)
        settings = load_settings(tmp_path)
        ledger = Ledger(settings.path(settings.ledger))
        if not ledger.rows:
            frames = bill or [part for month in months for part in parts(month)]
            ledger.ingest(("bill", pd.concat(frames, ignore_index=True).fillna("")))
        return settings

    return make


def facts(settings: Settings) -> pd.DataFrame:
    return warehouse.daily(Ledger(settings.path(settings.ledger)), settings)


def cost(frame: pd.DataFrame, column: str) -> dict:
    usage = frame[frame["ChargeCategory"] == "Usage"]
    return {
        name: round(value, 6)
        for name, value in usage.groupby(column)["EffectiveCost"].sum().items()
    }


def asked(settings: Settings) -> dict:
    rules = load_tag_rules(settings)
    keys = list(tag_debt.expected(rules))
    return tag_debt.debt(
        warehouse.tag_months(Ledger(settings.path(settings.ledger)), settings, keys), rules
    )


def test_what_breaks_the_rules_is_listed_by_money(company):
    found = asked(company(KEYS))
    assert (found["cost"], found["debt"], found["untagged"]) == (360, 160, 100)
    assert found["coverage"] == pytest.approx(200 / 360)
    lines = [
        (
            one["key"],
            one["kind"],
            one["value"],
            one["nearest"],
            one["cost"],
            one["rows"],
            one["owner"],
        )
        for one in found["problems"]
    ]
    assert lines == [
        ("cost_center", "missing", "", None, 100, 20, ""),
        ("team", "missing", "", None, 100, 20, "Ana"),
        ("team", "value not allowed", "serch", "search", 60, 20, "Ana"),
    ]


def test_the_sums_are_those_of_a_script_over_the_bill(company):
    """The oracle: the bill's own rows, one by one, in the language's own decimals."""
    rows = pd.concat([part for month in ("2026-05", "2026-06") for part in parts(month)]).to_dict(
        "records"
    )
    owed = total = Decimal(0)
    for row in rows:
        if row["ChargeCategory"] == "Tax":
            continue
        tags = json.loads(row["Tags"] or "{}")
        total += Decimal(row["EffectiveCost"])
        if tags.get("team") not in ("search", "support") or not tags.get("cost_center"):
            owed += Decimal(row["EffectiveCost"])
    found = asked(company(KEYS))
    assert (found["cost"], found["debt"]) == (total, owed)
    assert sum(one["debt"] for one in found["months"]) == owed
    for of in found["steps"].values():
        assert sum(of.values()) == total


def test_months_have_coverage_and_the_debt_a_trend(company):
    bill = [*parts("2026-05"), *parts("2026-06"), focus(month="2026-06", amount="20.00", Tags="")]
    found = asked(company(KEYS, bill=bill))
    assert [(one["month"], one["cost"], one["debt"]) for one in found["months"]] == [
        ("2026-05", 180, 80),
        ("2026-06", 380, 280),
    ]
    assert found["trend"] == {
        "from": "2026-05",
        "to": "2026-06",
        "debt_from": 80,
        "debt_to": 280,
        "coverage_from": pytest.approx(100 / 180),
        "coverage_to": pytest.approx(100 / 380),
        "word": "grew",
    }


def test_a_share_of_a_total_that_is_not_above_zero_is_not_known(company):
    bill = [focus(), focus(amount="-10.00", Tags="")]
    found = asked(company(KEYS, bill=bill))
    assert (found["cost"], found["coverage"], found["months"][0]["coverage"]) == (0, None, None)


def test_rules_that_only_expect_move_nothing(company):
    before = facts(company())
    pd.testing.assert_frame_equal(facts(company(KEYS)), before)
    settings = company(KEYS)
    assert len(list(settings.path(settings.ledger).glob("kept/daily-*"))) == 1  # the same question


def test_a_value_comes_from_the_tag_then_a_rule_then_the_account_then_the_pool(company):
    bill = [
        focus(amount="1.00", ResourceId="r"),  # all four would fit
        focus(amount="2.00", ResourceId="r", Tags=""),
        focus(amount="3.00", ResourceId="other", Tags=""),
        focus(amount="4.00", ResourceId="other", Tags="", SubAccountId="sub-2"),
        focus(
            amount="5.00",
            ResourceId="other",
            Tags="",
            SubAccountId="sub-3",
            BillingAccountId="acct-2",
        ),
    ]
    rules = (
        "virtual:\n- {set: team, to: by-rule, when: {ResourceId: r}}\n"
        "accounts: {sub-1: {team: by-sub}, acct-1: {team: by-account}}\nshared: {team: pool}\n"
    )
    settings = company(rules, bill=bill)
    assert cost(facts(settings), "x_Team") == {
        "search": 10,
        "by-rule": 20,
        "by-sub": 30,
        "by-account": 40,
        "pool": 50,
    }
    assert asked(settings)["steps"]["team"] == {
        "tag": 10,
        "virtual tag": 20,
        "account": 70,
        "shared pool": 50,
    }
    assert asked(settings)["debt"] == 140  # a rule pays no tag debt


@pytest.mark.parametrize(
    "when, fitting",
    [
        ("{ServiceName: GPU Compute}", 6),
        ("{ServiceName: [Nothing, GPU Compute], ResourceId: vm-2}", 2),
        ("{ResourceId: {regex: '-[23]$'}}", 6),
        ("{Tags/app: chat}", 4),
        ("{Tags/app: {regex: '^CH'}}", 0),
        ("{}", 6),
    ],
)
def test_a_rule_reads_any_text_column_or_tag(when, fitting, company):
    bill = [
        focus([1], amount="2.00", Tags="", ResourceId="vm-2"),
        focus([1], amount="4.00", Tags='{"app":"chat"}', ResourceId="vm-3"),
    ]
    settings = company(f"virtual:\n- {{set: team, to: T, when: {when}}}\n", bill=bill)
    assert cost(facts(settings), "x_Team").get("T", 0) == fitting


def test_the_first_rule_that_fits_counts_and_another_spelling_is_the_value(company):
    rules = KEYS.replace("owner", "aliases: {serch: search}, owner") + (
        "virtual:\n- {set: team, to: support, when: {ResourceId: vm-2}}\n- {set: team, to: search}\n"
    )
    settings = company(rules)
    assert cost(facts(settings), "x_Team") == {"search": 260, "support": 100}
    assert [(one["key"], one["kind"]) for one in asked(settings)["problems"]] == [
        ("cost_center", "missing"),
        ("team", "missing"),
        ("team", "other spelling"),
    ]


def test_rules_lose_no_row_and_no_cent(company):
    rules = "virtual:\n- {set: environment, to: prod}\nshared: {team: pool}\n"
    with_rules, without = facts(company(rules)), facts(company())
    for column in ("EffectiveCost", "BilledCost", "Rows"):
        assert with_rules[column].sum() == pytest.approx(without[column].sum(), abs=1e-9)
    assert set(with_rules["x_Environment"]) == {"prod"}


def test_a_hostile_pattern_ends_at_once(company):
    bill = [focus([1], Tags="", ResourceId="a" * 20_000 + "!")]
    settings = company(
        "virtual:\n- {set: team, to: T, when: {ResourceId: {regex: '^(a+)+$'}}}\n", bill=bill
    )
    begun = time.process_time()
    assert cost(facts(settings), "x_Team") == {"(untagged)": 10}
    assert time.process_time() - begun < 20  # a backtracking engine needs 2^20,000 steps


@pytest.mark.parametrize(
    "rules, message",
    [
        (
            "virtual:\n- {set: teem, to: a}\n",
            "2: virtual/0/set: unknown dimension 'teem'. Did you mean 'team'? Known: team, environment, workload, business_unit.",
        ),
        (
            KEYS + "shared: {team: serch}\n",
            "4: shared/team: unknown value of team 'serch'. Did you mean 'search'? Known: search, support. Or write it under keys/team/allowed.",
        ),
        (
            "keys: {team: {allowed: [a], aliases: {b: c}}}\n",
            "1: keys/team: aliases/b: unknown value 'c'. Known: a.",
        ),
        (
            "keys: {team: {allowed: [a, b], aliases: {b: a}}}\n",
            "1: keys/team: 'b' is an allowed value and another spelling of 'a'. Take one of them out.",
        ),
        (
            "keys: {team: {aliases: {b: a, c: b}}}\n",
            "1: keys/team: aliases/c: 'b' is itself another spelling, of 'a'. Write that.",
        ),
        (
            "virtual:\n- {set: team, to: a, when: {ServiceName: []}}\n",
            "2: virtual/0/when: ServiceName: names no value. Write one, or take ServiceName out.",
        ),
        (
            'virtual:\n- {set: team, to: a, when: {ServiceName: ""}}\n',
            '2: virtual/0/when: ServiceName: is empty. Write what a cell says; for cells that say nothing: {regex: "^$"}.',
        ),
        (
            "virtual:\n- {set: team, to: a, when: {SubAccountId: 401400000022}}\n",
            "2: virtual/0/when: SubAccountId: 401400000022 is no text. Put it in quotes, as the bill writes it.",
        ),
        (
            "virtual:\n- {set: team, to: a, when: {SubAccountId: ['1', 2]}}\n",
            "2: virtual/0/when: SubAccountId: 2 is no text. Put it in quotes, as the bill writes it.",
        ),
        (
            "virtual:\n- {set: team, to: a, when: {SubAccountId: {regx: a}}}\n",
            "2: virtual/0/when: SubAccountId: unknown key 'regx'. Did you mean 'regex'? Known: regex.",
        ),
        (
            'virtual:\n- {set: team, to: a, when: {SubAccountId: {regex: ""}}}\n',
            "2: virtual/0/when: SubAccountId: regex is empty. Write one, or take SubAccountId out.",
        ),
        (
            "virtual:\n- {set: team, to: a, when: {SubAccountId: [[a]]}}\n",
            "2: virtual/0/when: SubAccountId: must be a text, a list of texts, or {regex: TEXT}.",
        ),
        (
            "virtuel: []\n",
            "1: unknown key 'virtuel'. Did you mean 'virtual'? Known: accounts, keys, shared, virtual.",
        ),
    ],
)
def test_a_slip_in_the_rules_is_refused_in_words(rules, message, company, tmp_path):
    with pytest.raises(InputError) as refused:
        load_tag_rules(company(rules))
    assert str(refused.value) == f"{tmp_path / 'tags.yaml'}:{message}"


@pytest.mark.parametrize(
    "when, message",
    [
        (
            "{ServiceNam: a}",
            "tags.yaml: virtual/0/when: unknown column 'ServiceNam'. Did you mean 'ServiceName'? Known: ",
        ),
        (
            "{BilledCost: '1'}",
            "tags.yaml: virtual/0/when: unknown column 'BilledCost'. Known: BillingAccountId, ",
        ),
        (
            "{ServiceName: {regex: '(?=a)b'}}",
            "tags.yaml: virtual/0/when/ServiceName: '(?=a)b' is no regular expression that can be used: invalid perl operator: (?=. "
            "RE2 has no look-around and no back references; write it without.",
        ),
        (
            "{ServiceName: {regex: '('}}",
            "tags.yaml: virtual/0/when/ServiceName: '(' is no regular expression that can be used: missing ): (.",
        ),
    ],
)
def test_a_rule_that_cannot_be_applied_says_where(when, message, company):
    with pytest.raises(InputError) as refused:
        facts(company(f"virtual:\n- {{set: team, to: a, when: {when}}}\n"))
    assert str(refused.value).startswith(message)


def test_a_proposal_names_the_owner_that_the_tagged_cost_names(company):
    settings = company(KEYS)
    rules = load_tag_rules(settings)
    months = warehouse.tag_months(
        Ledger(settings.path(settings.ledger)), settings, list(rules.keys)
    )
    assert tag_debt.proposed(months, rules) == {
        "keys": {"team": {"aliases": {"serch": "search"}}},
        "virtual": [
            {
                "set": "team",
                "to": "search",
                "when": {"SubAccountId": "sub-1"},
                "because": "100.00 without a team; 100% of what is tagged there (200.00) says search",
            }
        ],
    }


def test_a_proposal_is_no_guess_where_owners_share_an_account(company):
    bill = [focus(), focus(Tags='{"team":"support"}'), focus(Tags="")]
    settings = company(KEYS, bill=bill)
    rules = load_tag_rules(settings)
    months = warehouse.tag_months(
        Ledger(settings.path(settings.ledger)), settings, list(rules.keys)
    )
    assert tag_debt.proposed(months, rules) == {"keys": {}, "virtual": []}


def test_a_proposal_goes_beside_and_never_over_a_file(company, tmp_path):
    company(KEYS)
    (tmp_path / "tags.proposed.yaml").write_text("mine\n")
    for _ in range(2):  # the same proposal again is the same file
        code, said, _ = finops("tags", "--propose", "-s", tmp_path)
        assert (
            code == 0
            and f"Proposed  {tmp_path / 'tags.proposed-2.yaml'}  (1 virtual tag, spellings of 1 key)."
            in said
        )
    assert (tmp_path / "tags.proposed.yaml").read_text() == "mine\n"
    assert (tmp_path / "tags.yaml").read_text() == KEYS
    assert sorted(path.name for path in tmp_path.glob("*.yaml")) == [
        "finops.yaml",
        "tags.proposed-2.yaml",
        "tags.proposed.yaml",
        "tags.yaml",
    ]
    (tmp_path / "finops.yaml").write_text("company: A\ntag_rules: tags.proposed-2.yaml\n")
    settings = load_settings(tmp_path)
    assert cost(facts(settings), "x_Team") == {"search": 360}


def test_the_command_says_it_in_words_and_as_json(company, tmp_path):
    company(KEYS)
    code, said, _ = finops("tags", "-s", tmp_path)
    assert code == 0
    assert (
        "55.6% of $360 to 2026-06-10 is tagged as the rules want; tag debt $160, of it $100 without any of the tags."
        in said
    )
    code, said, _ = finops("tags", "-s", tmp_path, "--json")
    found = json.loads(said)
    assert code == 0 and (found["cost"], found["debt"], found["tag_rules"]) == (
        "360",
        "160",
        "tags.yaml",
    )
    assert [one["whole"] for one in found["months"]] == [True, False]


def test_without_rules_a_team_is_expected_and_a_file_that_is_not_named_is_told(company, tmp_path):
    company()
    (tmp_path / "tags.yaml").write_text(KEYS)
    code, said, told = finops("tags", "-s", tmp_path)
    assert code == 0 and "tag debt $100, of it $100 without any of the tags." in said
    assert told.strip() == (
        f"{tmp_path / 'tags.yaml'} is not used: finops.yaml does not name it. Write there: tag_rules: tags.yaml"
    )


def test_a_rule_that_fits_no_charge_is_told(company, tmp_path):
    company(
        "virtual:\n- {set: team, to: support, when: {Tags/project: chat}}\n"
        "- {set: team, to: search, when: {ResourceId: vm-2}}\n"
        "- {set: team, to: late, when: {ResourceId: [vm-2, vm-3]}}\n",
        more="dimensions: {kind: {rules: [{to: gpu, when: {SkuMeter: {regex: H100}}}, {to: other}]}}\n",
    )
    said = " ".join(finops("tags", "-s", tmp_path)[1].split())
    assert (
        "Without use: the rule team → support (Tags/project: chat) fits no charge that has no team yet. Rules count where the tag and "
        "the rules before are silent: look at the spelling, or take it out."
    ) in said
    assert "the rule team → late (ResourceId: vm-2 or vm-3) fits" in said
    assert "the rule kind → gpu (SkuMeter: regex H100) fits" in said
    assert said.count("Without use") == 3
    told = json.loads(finops("tags", "-s", tmp_path, "--json")[1])["rules_without_use"]
    assert told[0] == {"set": "team", "to": "support", "when": {"Tags/project": "chat"}}


def test_a_value_with_another_number_is_not_meant(company, tmp_path):
    """C-300 beside C-200 is another customer: an alias would book its cost with the wrong one."""
    bill = [
        focus(month="2026-06", Tags=json.dumps({"customer_id": name}), SubAccountId=name)
        for name in ("C-200", "C-300", "c-200")
    ]
    company("keys: {customer_id: {allowed: [C-100, C-200]}}\n", bill=bill)
    found = json.loads(finops("tags", "-s", tmp_path, "--json", "--propose")[1])
    assert [(one["value"], one["nearest"]) for one in found["problems"]] == [
        ("C-300", None),
        ("c-200", "C-200"),
    ]
    assert found["proposed"]["keys"] == {"customer_id": {"aliases": {"c-200": "C-200"}}}


def test_names_of_a_bill_cannot_steer_the_terminal(company, tmp_path):
    bill = [focus(Tags=json.dumps({"team": "\x1b[31mred[/red]"}))]
    company(KEYS, bill=bill)
    code, said, _ = finops("tags", "-s", tmp_path)
    assert code == 0 and "\x1b" not in said and "[31mred[/red]" in said


def test_no_rules_are_rules_that_move_nothing():
    assert load_tag_rules(Settings()) == TagRules() and not TagRules().moves


def test_the_example_of_the_documentation_is_read_and_gives_values(tmp_path):
    page = (Path(__file__).parents[1] / "docs" / "dimensions.md").read_text(encoding="utf-8")
    text = page.partition("## Rules of tags")[2].split("```yaml\n")[1].split("```")[0]
    (tmp_path / "tags.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "finops.yaml").write_text("tag_rules: tags.yaml\nledger: ledger\n")
    settings = load_settings(tmp_path)
    rules = load_tag_rules(settings)
    assert rules.keys["team"].aliases == {"Search-Team": "search"} and len(rules.virtual) == 3
    ledger = Ledger(tmp_path / "ledger")
    bare = focus(range(1, 3), Tags="", SubAccountId="444455556666")
    ledger.ingest(("bill", pd.concat([focus(range(3, 5)), bare])))
    daily = warehouse.daily(ledger, settings)
    assert set(daily["x_Team"]) == {"search", "chat"}
