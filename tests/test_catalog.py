"""Dated prices: the catalog and its refusals; units: block sizes, conversions (docs/method §4)."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import numpy as np
import pytest

from finops_model import units
from finops_model.errors import PriceError, listing
from finops_model.prices.lists.catalog import check_append_only, load_catalog
from finops_model.prices.rates import make
from finops_model.prices.rates import shelf as rate_forms
from finops_model.prices.settle.windows import charge_line

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
CLOUD = """\
provider: Hyperion Cloud
currency: USD
reference: "where the price was read"
checked: 2026-10-01
prices:
  HYP-EGRESS-INTERNET:
    service: Network
    unit: GB
    rate: graduated
    history:
      2024-01-01: {starts: [0, 10240, 51200], prices: [0.09, 0.085, 0.07]}
  aurora-small-1:input_tokens:
    service: Aurora API
    model: aurora-small-1
    meter: input_tokens
    unit: tokens
    block: 1000000
    rate: linear
    history:
      2025-02-01: {price: 0.40}
      2026-03-01: {price: 0.30}
"""


def write(folder, text=CLOUD, name="cloud.yaml"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def catalog(tmp_path):
    return load_catalog(write(tmp_path))


@pytest.mark.parametrize(
    "day, price",
    [("2025-02-01", 0.40), ("2026-02-28", 0.40), ("2026-03-01", 0.30), ("2031-01-01", 0.30)],
)
def test_the_price_in_force_on_a_day(catalog, day, price):
    found = catalog.price("aurora-small-1:input_tokens", day)
    assert found.charge(1_000_000) == price
    assert (found.unit, found.currency, found.reference, found.checked) == (
        "Tokens",
        "USD",
        "where the price was read",
        "2026-10-01",
    )


def test_days_may_be_text_dates_or_numpy_days(catalog):
    days = ["2026-03-01", datetime.date(2026, 3, 1), np.datetime64("2026-03-01")]
    assert {catalog.price("aurora-small-1:input_tokens", day).since for day in days} == {
        "2026-03-01"
    }
    assert catalog.price("aurora-small-1:input_tokens", days[0]).until is None
    assert catalog.price("aurora-small-1:input_tokens", "2025-12-31").until == "2026-03-01"


def test_steps_over_a_horizon(catalog):
    steps = catalog.steps("aurora-small-1:input_tokens", "2026-01-01", "2026-03-01")
    assert [(day, price.rate.price) for day, price in steps] == [
        ("2026-01-01", 0.40),
        ("2026-03-01", 0.30),
    ]
    assert len(catalog.steps("aurora-small-1:input_tokens", "2026-01-01", "2026-02-28")) == 1
    assert len(catalog.steps("aurora-small-1:input_tokens", "2026-03-01", "2026-12-31")) == 1


def test_find_by_model_and_meter(catalog):
    assert (
        catalog.find(model="aurora-small-1", meter="input_tokens") == "aurora-small-1:input_tokens"
    )
    assert catalog.skus == ("HYP-EGRESS-INTERNET", "aurora-small-1:input_tokens")
    assert catalog.price("HYP-EGRESS-INTERNET", "2026-01-01").charge(12_000) == pytest.approx(
        10_240 * 0.09 + 1_760 * 0.085
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda c: c.price("HYP-EGRES-INTERNET", "2026-01-01"),
            "prices: unknown SKU 'HYP-EGRES-INTERNET'. Did you mean 'HYP-EGRESS-INTERNET'? "
            "Known: HYP-EGRESS-INTERNET, aurora-small-1:input_tokens. Add it to a price document.",
        ),
        (
            lambda c: c.price("aurora-small-1:input_tokens", "2025-01-31"),
            "prices: SKU 'aurora-small-1:input_tokens' has no price on 2025-01-31; "
            "its first one starts on 2025-02-01 (cloud.yaml:20). Append the older price to its history.",
        ),
        (
            lambda c: c.price("HYP-EGRESS-INTERNET", "yesterday"),
            "prices: 'yesterday' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            lambda c: c.steps("HYP-EGRESS-INTERNET", "2026-02-01", "2026-01-01"),
            "prices: the last day 2026-01-01 comes before the first day 2026-02-01.",
        ),
        (
            lambda c: c.find(model="aurora-smal-1", meter="x"),
            "prices: unknown model 'aurora-smal-1'. Did you mean 'aurora-small-1'? "
            "Known: aurora-small-1. Add it to a price document.",
        ),
        (
            lambda c: c.find(model="aurora-small-1", meter="input_token"),
            "prices: unknown meter of model 'aurora-small-1' 'input_token'. "
            "Did you mean 'input_tokens'? Known: input_tokens.",
        ),
    ],
)
def test_a_question_without_an_answer_is_refused_word_for_word(catalog, tmp_path, call, message):
    with pytest.raises(PriceError) as raised:
        call(catalog)
    assert str(raised.value).replace(f"{tmp_path}/", "") == message


@pytest.mark.parametrize(
    "old, new, message",
    [
        (
            "2026-03-01: {price",
            "2025-02-01: {price",
            "cloud.yaml:21: '2025-02-01' appears twice in 'prices/aurora-small-1:input_tokens/history'. "
            "Keep one of them.",
        ),
        (
            "2026-03-01: {price",
            "2025-01-01: {price",
            "cloud.yaml:21: aurora-small-1:input_tokens: 2025-01-01 stands after 2025-02-01. "
            "A history is appended to: the newest date comes last.",
        ),
        (
            "2026-03-01: {price",
            "2026-3-1: {price",
            "cloud.yaml:21: aurora-small-1:input_tokens: history: '2026-3-1' is not a day. "
            "Write it as YYYY-MM-DD.",
        ),
        (
            "2026-03-01: {price",
            "2026-02-30: {price",
            "cloud.yaml:21: aurora-small-1:input_tokens: history: '2026-02-30' is not a day. "
            "Write it as YYYY-MM-DD.",
        ),
        (
            "{price: 0.30}",
            "{price: -0.30}",
            "cloud.yaml:21: aurora-small-1:input_tokens: linear: price is -0.3; it must be a finite number, 0 or more.",
        ),
        (
            "{price: 0.30}",
            "{price: .nan}",
            "cloud.yaml:21: 'prices/aurora-small-1:input_tokens/history/2026-03-01/price' is .nan; "
            "a number must be finite.",
        ),
        (
            "{price: 0.30}",
            "{prise: 0.30}",
            "cloud.yaml:21: aurora-small-1:input_tokens: unknown linear field 'prise'. Did you mean 'price'? "
            "Known: price, block.",
        ),
        (
            "{price: 0.30}",
            "{price: 0.30, block: 1000}",
            "cloud.yaml:21: aurora-small-1:input_tokens: block belongs to the SKU, beside unit and "
            "rate; give every price of a history per the same block.",
        ),
        (
            "rate: graduated",
            "rate: gradated",
            "cloud.yaml:11: HYP-EGRESS-INTERNET: unknown rate form 'gradated'. Did you mean 'graduated'? "
            f"Known: {listing(rate_forms())}.",
        ),
        (
            "unit: tokens",
            "unit: tokenz",
            "cloud.yaml:16: aurora-small-1:input_tokens: unknown unit 'tokenz'. Did you mean 'Tokens'? "
            "A unit of your own must not look like one of the table.",
        ),
        (
            "checked: 2026-10-01",
            "checked: 2026-10",
            "cloud.yaml:4: checked: '2026-10' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            "    unit: GB\n",
            "    unite: GB\n    unit: GB\n",
            "cloud.yaml:8: unknown key 'unite'. Did you mean 'unit'? "
            "Known: block, checked, currency, dated, history, kind, meter, model, note, purchase, rate, reference, region, service, unit.",
        ),
        ("    service: Network\n", "", "cloud.yaml:6: service: is missing; write it."),
    ],
)
def test_a_bad_document_is_refused_word_for_word(tmp_path, old, new, message):
    assert CLOUD.count(old) == 1
    with pytest.raises(PriceError) as raised:
        load_catalog(write(tmp_path, CLOUD.replace(old, new)))
    assert str(raised.value).replace(f"{tmp_path}/", "") == message


def test_a_sku_has_one_history(tmp_path):
    write(tmp_path)
    write(tmp_path, name="other.yaml")
    with pytest.raises(PriceError) as raised:
        load_catalog(tmp_path)
    assert str(raised.value).replace(f"{tmp_path}/", "") == (
        "other.yaml:11: SKU 'HYP-EGRESS-INTERNET' has prices in cloud.yaml:11 already. A SKU has one history, in one document."
    )


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(PriceError) as raised:
        load_catalog(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}: no price document there. Put one file per provider into it, for example "
        "hyperion_cloud.yaml (docs/method §4.1)."
    )


def test_history_is_only_appended_to(catalog, tmp_path):
    appended = load_catalog(write(tmp_path, CLOUD + "      2027-01-01: {price: 0.25}\n"))
    check_append_only(catalog, appended)
    changed = load_catalog(write(tmp_path, CLOUD.replace("{price: 0.40}", "{price: 0.41}")))
    with pytest.raises(PriceError) as raised:
        check_append_only(catalog, changed)
    assert str(raised.value).replace(f"{tmp_path}/", "") == (
        "cloud.yaml:20: SKU 'aurora-small-1:input_tokens' changed its price of 2025-02-01 from Linear(price=0.4, block=1000000.0) to "
        "Linear(price=0.41, block=1000000.0). A history is appended to; give the new price its own date."
    )
    lost = load_catalog(write(tmp_path, CLOUD.replace("      2025-02-01: {price: 0.40}\n", "")))
    with pytest.raises(PriceError) as raised:
        check_append_only(catalog, lost)
    assert str(raised.value) == (
        "prices: SKU 'aurora-small-1:input_tokens' lost its price of 2025-02-01. Did its date become 2026-03-01? "
        "A history is appended to; put the price back."
    )


def test_the_prices_of_the_sample_company_load_and_cover_what_it_uses():
    catalog = load_catalog(ROOT / "data" / "prices")
    for sku in catalog.skus:
        price = catalog.price(sku, "2026-10-31")
        assert price.charge(1e6) > 0 and price.reference and price.currency == "USD"
    assert (
        catalog.find(model="aurora-small-1", meter="input_tokens") == "aurora-small-1:input_tokens"
    )
    assert catalog.price("HYP-EGRESS-INTERNET", "2026-10-31").rate.starts[0] == 0


@pytest.mark.parametrize(
    "text, block, unit",
    [
        ("1000000 Tokens", 1e6, "Tokens"),
        ("1K tokens", 1e3, "Tokens"),
        ("1M Tokens", 1e6, "Tokens"),
        ("1 Million Tokens", 1e6, "Tokens"),
        ("Tokens", 1, "Tokens"),
        ("GB-Mo", 1, "GB-months"),
        ("100 GB/Month", 100, "GB-months"),
        ("1,000 Requests", 1e3, "Requests"),
        ("1 Hour", 1, "Hours"),
        ("1 1 Hour", 1, "Hours"),
        ("10K", 1e4, "Units"),
        ("1 GPU Hour", 1, "GPU-hours"),
        ("MB", 1, "MB"),
        ("per 1K calls", 1e3, "Calls"),
        ("1 Seat", 1, "Seats"),
        ("1e6 Tokens", 1e6, "Tokens"),
    ],
)
def test_pricing_units(text, block, unit):
    assert units.parse_block(text) == (block, unit)


@pytest.mark.shared
def test_block_sizes_of_the_finops_toolkit():
    path = SHARED / "data" / "focus" / "pricing_units.csv"
    if not path.is_file():
        pytest.skip("the shared list of pricing units is not there")
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig")))
    wrong = [
        row["UnitOfMeasure"]
        for row in rows
        if units.parse_block(row["UnitOfMeasure"])[0] != float(row["PricingBlockSize"])
    ]
    assert len(rows) > 380 and wrong == [
        "1 Million",
        "10000s",
    ]  # a million units there count as one "Million"


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: units.spell("Tokenz", "a.yaml:4"),
            "a.yaml:4: unknown unit 'Tokenz'. Did you mean 'Tokens'? "
            "A unit of your own must not look like one of the table.",
        ),
        (
            lambda: units.spell(" "),
            "the unit is empty; write one, for example Tokens, GPU-hours, GB-months or GB.",
        ),
        (
            lambda: units.parse_block("0 Tokens"),
            "pricing unit '0 Tokens' has a block of 0; it must be above 0.",
        ),
        (
            lambda: units.convert(1, "GB", "GB-months"),
            "'GB' cannot be converted to 'GB-months': they measure different things. "
            "'GB' converts to: B, KB, MB, TB, PB, KiB, MiB, GiB, TiB, PiB.",
        ),
        (
            lambda: units.convert(1, "GB", "TB", hours_per_month=0),
            "hours_per_month is 0; it must be above 0 and at most 744.",
        ),
    ],
)
def test_units_are_refused_word_for_word(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_units_of_ones_own_are_left_alone():
    assert [units.spell(unit) for unit in ("DBU Hours", "Widgets", "Rides")] == [
        "DBU Hours",
        "Widgets",
        "Rides",
    ]


def test_conversions():
    assert units.convert(1, "TiB", "GiB") == 1024 and units.convert(1, "GiB", "GB") == 1.073741824
    assert units.convert(2.0, "GPU-months", "GPU-hours", hours_per_month=720) == 1440
    assert units.convert(np.array([60.0]), "Minutes", "Hours").tolist() == [1.0]


def test_charge_lines_have_focus_names():
    line = charge_line(
        make("linear", {"price": 0.4, "block": 1e6}), 2.5e6, sku="m:input_tokens", unit="Tokens"
    )
    assert line["ListCost"] == line["BilledCost"] == 1.0 and line["PricingUnit"] == "1000000 Tokens"
    assert units.parse_block(line["PricingUnit"]) == (1e6, "Tokens")
