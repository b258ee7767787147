"""finops.yaml: a class for every section, a page made of them, and every key can be written and read (docs/settings.md)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from finops_model.documents import OURS, dump_yaml
from finops_model.errors import InputError
from finops_model.publish import start, start_again
from finops_model.publish.finops_yaml import with_added
from finops_model.settings import (
    SECTIONS,
    AccrualSettings,
    BalanceEntry,
    Chargeback,
    Charges,
    Cogs,
    Dimension,
    DimensionRule,
    Entity,
    ExchangeRates,
    FiscalCalendar,
    Limit,
    Materiality,
    Maturity,
    Pool,
    Quality,
    QuotaEntry,
    Settings,
    SharedCost,
    Stated,
    Steps,
    TagKey,
    TagRules,
    Tags,
    TaxSettings,
    TieOut,
    UnitCost,
    VirtualTag,
    WasteRules,
    WatchLimits,
    load_settings,
)
from scripts import ROOT, script

page = script("scripts/settings_page.py")
KEYS = {
    key: field for key, field in Settings.model_fields.items() if field.json_schema_extra != OURS
}
OTHERS = (
    Charges,
    Cogs,
    Maturity,
    Steps,
    Stated,
    Quality,
    TieOut,
    Materiality,
    Limit,
    Tags,
    WatchLimits,
    WasteRules,
    QuotaEntry,
    BalanceEntry,
    UnitCost,
    Entity,
    TagRules,
    TagKey,
    VirtualTag,
    Dimension,
    DimensionRule,
    SharedCost,
    Pool,
    ExchangeRates,
    FiscalCalendar,
    Chargeback,
    AccrualSettings,
    TaxSettings,
)
# A value for each key that is not its default.
VALUES = {
    "company": "Ours",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "fiscal_year_starts": 4,
    "prepared_by": "Ana",
    "reviewed_by": "Ben",
    "bills": ["bills/*.csv"],
    "invoices": "i.csv",
    "quality_samples": "quality_samples.csv",
    "seats": "seats.csv",
    "customers": "customers.csv",
    "customer_usage": "customer_usage.csv",
    "values": "values.csv",
    "actions": "actions.csv",
    "dated_notes": "dated_notes.csv",
    "reviews": "reviews.csv",
    "experiments": "experiments.csv",
    "driver_sets": {"product": ["sessions"]},
    "cogs": {"serving": {"environments": ["production"]}, "revenue": "sales"},
    "discount_rate": 0.08,
    "organisation": "o.csv",
    "tag_rules": "tags.yaml",
    "price_corrections": "corrections.yaml",
    "budgets": "b.csv",
    "drivers": ["d.csv"],
    "usage": ["usage/*.json"],
    "usage_time_zone": "Europe/Berlin",
    "usage_facts": "u",
    "unit_costs": {"sessions": {"unit": "Search", "workloads": ["chat"]}},
    "commitments": "c.csv",
    "prices": "prices",
    "scenario": "s.yaml",
    "known": "k.yaml",
    "what_ifs": ["w.yaml"],
    "units": ["Search"],
    "kpis": ["cost_per_gpu_hour"],
    "ledger": "l",
    "runs": "r",
    "reports": "p",
    "books": "p",
    "settling_days": 3,
    "methods": ["theta"],
    "compare_prophet": True,
    "paths": 500,
    "seed": 7,
    "tags": {"team": "squad"},
    "dimensions": {"customer": {"tag": "customer_tag"}},
    "shared_cost": {"pools": {"platform": {"how": "even"}}},
    "chargeback": {"mode": "chargeback", "by": "cost_center"},
    "accounts": "a.yaml",
    "accrual": {"minimum": 50.0},
    "tax": {"recoverable": 0.5},
    "watch": {
        "late_days": 3,
        "quotas": [
            {"dimension": "team", "subject": "a", "unit": "USD", "per": "day", "quantity": 5.0}
        ],
    },
    "waste": {"stale_days": 60},
    "balances": [{"name": "OpenAI", "left": 900.0, "left_on": "2026-10-31"}],
    "four_eyes": False,
    "records": "x.sqlite",
    "materiality": {"of_line": 0.05},
    "maturity": {"lead": 3, "reviews": {"crawl": 0.4, "walk": 0.6, "run": 0.9}},
    "tie_out": {"tolerance": 0.05},
    "quality": {"days": 30, "invoices": {"attention": 1, "bad": 4}},
    "calendar": {"kind": "months", "starts": 4},
    "rates": {"plan": ["plan.yaml"], "table": "rates.csv"},
    "entities": [{"name": "A", "currency": "USD", "issuers": ["x"]}],
}


def test_the_page_says_what_the_classes_say():
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page.page(), (
        "run: .venv/bin/python scripts/settings_page.py"
    )


def test_every_key_stands_in_one_section_and_says_what_it_means():
    of_sections = [key for section in SECTIONS for key in section.model_fields]
    assert sorted(of_sections) == sorted(set(of_sections)) and set(KEYS) - set(of_sections) == {
        "tags",
        "dimensions",
        "shared_cost",
        "chargeback",
        "watch",
        "waste",
        "materiality",
        "maturity",
        "tie_out",
        "quality",
        "calendar",
        "rates",
        "accrual",
        "tax",
        "balances",
        "entities",
    }
    for model in (Settings, *OTHERS):
        for key, field in model.model_fields.items():
            assert field.json_schema_extra == OURS or (field.description or "").endswith("."), (
                f"{model.__name__}.{key} has no sentence"
            )
    assert [
        key for key in Settings.model_fields if key in of_sections
    ] == of_sections  # problems are said in the order of the sections


@pytest.mark.parametrize("key", KEYS)
def test_every_key_can_be_added_to_a_finops_yaml_and_is_read(key, tmp_path):
    value = VALUES[key]
    text = with_added("# ours\nledger: l   # here\n" if key != "ledger" else "# ours\n", key, value)
    assert text.startswith("# ours\n")
    (tmp_path / "finops.yaml").write_text(text)
    read = load_settings(tmp_path)
    assert getattr(read, key) == getattr(Settings.model_validate({key: value}), key)
    assert (
        getattr(read, key) != getattr(Settings(), key)
        and with_added(text, key, "other" if not isinstance(value, list) else "x") is None
    )


@pytest.mark.parametrize("key", KEYS)
def test_a_slip_in_any_key_is_refused_with_the_nearest_and_all_that_are_allowed(key, tmp_path):
    slip = key[:-1] + "q" if len(key) > 4 else key + "q"
    (tmp_path / "finops.yaml").write_text(f"# ours\n{slip}: 1\n")
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path)
    assert (
        str(refused.value)
        == f"{tmp_path / 'finops.yaml'}:2: unknown key '{slip}'. Did you mean '{key}'? Known: {', '.join(sorted(KEYS))}."
    )


def test_start_writes_keys_that_the_classes_know():
    given = start.Given.__dataclass_fields__
    assert set(given) <= set(KEYS)
    assert {key for key in given if key in start_again.LISTS} == {"drivers", "what_ifs"}
    for key in given:
        assert Settings.model_validate({key: ["a"] if key in start_again.LISTS else "a"})


def test_all_keys_together_are_one_document(tmp_path):
    whole = {key: value for key, value in VALUES.items() if key != "entities"}
    (tmp_path / "finops.yaml").write_text(dump_yaml(whole))
    assert load_settings(tmp_path).model_fields_set == {*whole, "root"}


def test_settings_are_light():
    code = "import sys, finops_model.settings; print([m for m in ('pandas', 'numpy', 'pyarrow', 'typer') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_a_key_under_its_old_name_is_read_with_one_note(tmp_path):
    path = tmp_path / "finops.yaml"
    path.write_text("company: A\nmembers: [theta, croston]\n")
    old = load_settings(path)
    assert old.methods == ["theta", "croston"]
    assert old.notes == ("finops.yaml: members is called methods now; both are read.",)
    path.write_text("company: A\nmethods: [theta, croston]\n")
    new = load_settings(path)
    assert not new.notes and new == old.model_copy(update={"notes": ()})
    path.write_text("company: A\nmethods: prophet\n")  # one is a list of one
    assert load_settings(path).methods == ["prophet"]


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "members: [theta]\nmethods: [croston]\n",
            "1: members is called methods now, and both are written. Take members out.",
        ),
        ("company: A\nmembers:\n- 5\n", "3: methods/0: must be a text, not '5'. Put it in quotes."),
        (
            "seed: true\n",
            "1: seed: is true or false (so are yes, no, on and off); write a number.",
        ),
        (
            "watch: {threshold: yes}\n",
            "1: watch/threshold: is true or false (so are yes, no, on and off); write a number.",
        ),
        (
            f"paths: {'9' * 5000}\n",
            f"1: 'paths' is {'9' * 40}…; that is no number that can be read.",
        ),
        (
            'ledger: "a\\0b"\n',
            "1: 'ledger' holds '\\x00', which is no character of a text. Take it out.",
        ),
        (
            'reports: "\\ud800"\n',
            "1: 'reports' holds '\\ud800', which is no character of a text. Take it out.",
        ),
        ("notes: [a]\n", "1: notes is set by finops itself; take the key out."),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(text, message, tmp_path):
    (tmp_path / "finops.yaml").write_text(text)
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path)
    assert str(refused.value) == f"{tmp_path / 'finops.yaml'}:{message}"


def test_a_link_to_itself_is_no_hint(tmp_path):
    (tmp_path / "finops.yaml").symlink_to(tmp_path / "finops.yaml")
    with pytest.raises(InputError) as refused:
        load_settings(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / 'finops.yaml'}: there is no such file. Make a workspace from a bill: finops start FILE. "
        "Or go to the folder of a workspace with cd, or name it: --settings FOLDER."
    )
