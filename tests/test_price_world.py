"""Real prices: what the documents promise, where they come from, what differs between two states of them (docs/method §4.3–§4.6)."""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.prices.lists.catalog import (
    KINDS,
    PURCHASES,
    Catalog,
    check_append_only,
    load_catalog,
    select,
    stale,
)
from finops_model.prices.lists.changes import describe, diff, percent
from finops_model.prices.rates import make

ROOT = Path(__file__).resolve().parents[1]
PRICES, WORLD, SHARED = (
    ROOT / "data" / "prices",
    ROOT / "data" / "prices" / "world",
    ROOT.parent / "shared" / "data",
)
NEWEST = "2026-11-25"


@pytest.fixture(scope="module")
def world() -> Catalog:
    return load_catalog(WORLD)


def test_there_are_more_than_250_real_prices_each_dated_and_referenced(world):
    newest = [history[-1] for history in world.prices.values()]
    assert len(newest) >= 400 and sum(len(history) for history in world.prices.values()) >= 800
    for price in (price for history in world.prices.values() for price in history):
        assert (
            len(price.reference) > 5
            and price.since <= "2027-12-31"
            and "2021-12-31" < price.checked <= NEWEST
        )
        assert price.currency == "USD" and price.kind in KINDS and price.purchase in PURCHASES
        assert price.charge(1e6) >= 0
    kinds, purchases = Counter(one.kind for one in newest), Counter(one.purchase for one in newest)
    assert (
        kinds["gpu"] >= 80
        and kinds["tokens"] >= 150
        and min(kinds[kind] for kind in KINDS) >= 2
        and set(kinds) == set(KINDS)
    )
    assert set(purchases) == set(PURCHASES) and purchases["spot"] >= 20
    assert sum(type(one.rate).__name__ == "Graduated" for one in newest) >= 5


def test_names_of_skus_say_provider_service_thing_region_and_form(world):
    for sku, history in world.prices.items():
        price = history[-1]
        assert re.fullmatch(r"[a-z-]+(:[A-Za-z0-9._-]+)+", sku) and len(sku) <= 70
        if price.region:
            assert f":{price.region}" in sku
        if price.model and price.kind == "tokens":
            assert sku.split(":", 1)[1] == f"{price.model}:{price.meter}"
            assert world.find(model=price.model, meter=price.meter) == sku


def test_a_coarse_date_is_said_and_counts_from_its_last_day(world):
    price = world.price("aws:s3:glacier_deep_archive:us-east-1", NEWEST)
    assert (price.dated, price.since, price.checked) == ("2022-01", "2022-01-31", "2022-01-31")
    assert all(
        price.since <= "2026-11-01"
        for history in world.prices.values()
        for price in history[:1]
        if price.dated
    )


@pytest.mark.parametrize(
    "sku, steps",
    [
        ("openai:o3:output_tokens", [("2025-06-09", 40), ("2025-06-10", 8)]),
        ("openai:gpt-5.6-luna:input_tokens", [("2026-07-29", 1), ("2026-07-30", 0.2)]),
        ("openai:gpt-5.6-sol:output_tokens", [("2026-08-20", 30), ("2026-08-21", 20)]),
        ("mistral:mistral-medium-latest:input_tokens", [("2026-06-15", 0.4), ("2026-06-16", 1.5)]),
        (
            "deepseek:deepseek-v4-flash:input_tokens",
            [("2026-08-16", 0.14), ("2026-08-17", 0.22), ("2026-09-10", 0.15)],
        ),
        ("google:gemini-4-argon:input_tokens", [("2026-11-01", 2), ("2026-12-01", 4)]),
        ("gcp:compute:a3-highgpu-8g:us-central1:on_demand", [("2024-05-23", 88.4899999025753)]),
    ],
)
def test_histories(world, sku, steps):
    assert [(price.since, price.rate.price) for price in world.history(sku)] == steps


def test_discounts_of_commitments_and_spot_are_plausible(world):
    """A month of 730 hours under a commitment costs 30 to 75 % less than on demand; spot 15 to 90 %."""
    seen = Counter()
    for sku in select(world, provider="gcp"):
        head, _, form = sku.rpartition(":")
        if form in ("committed_1y", "committed_3y", "spot"):
            full = world.price(f"{head}:on_demand", "2026-08-01").rate.price
            share = world.price(sku, "2026-08-01").rate.price / (
                full * (730 if form != "spot" else 1)
            )
            low, high = {
                "committed_1y": (0.6, 0.71),
                "committed_3y": (0.3, 0.51),
                "spot": (0.1, 0.7),
            }[form]
            assert low < share < high, (sku, share)
            seen[form] += 1
    assert seen["spot"] == 25 and seen["committed_1y"] >= 10


def test_token_prices_are_those_of_the_frozen_package(world):
    """The installed genai-prices is the oracle: its own calculator on a day, request by request."""
    genai = pytest.importorskip("genai_prices")
    from datetime import UTC, datetime

    at, checked = datetime(2026, 11, 3, 12, tzinfo=UTC), 0
    fields = {"input_tokens": {"input_tokens": 1000}, "output_tokens": {"output_tokens": 1000}}
    for sku in select(world, kind="tokens"):
        price = world.price(sku, "2026-11-03")
        if price.meter in fields:
            found = genai.calc_price(
                genai.Usage(**fields[price.meter]),
                price.model,
                provider_id=sku.split(":")[0],
                genai_request_timestamp=at,
            )
            assert abs(found.total_price - Decimal(str(float(price.charge(1000))))) < Decimal(
                "1e-12"
            ), sku
            checked += 1
    assert checked >= 65


def test_every_file_of_real_data_has_a_passport_with_its_digest():
    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8").partition("\n## ")[2]
    rows = dict(re.findall(r"^\| `([^`]+)` \|.*?`([0-9a-f]{64})`", text, re.M))
    files = [
        path for path in [*WORLD.iterdir(), *(ROOT / "data" / "fx").iterdir()] if path.is_file()
    ]
    assert len(files) >= 12 and {
        path.relative_to(ROOT / "data").as_posix() for path in files
    } <= set(rows)
    for name, digest in rows.items():
        assert hashlib.sha256((ROOT / "data" / name).read_bytes()).hexdigest() == digest, (
            f"{name}: bring its row of data/README.md up to date"
        )


@pytest.mark.shared
def test_every_price_fact_is_taken_or_left_out_with_a_reason_and_the_import_repeats(
    tmp_path, world
):
    if not (SHARED / "price_facts.csv").is_file():
        pytest.skip("the shared price facts are not there")
    subprocess.run(
        [
            sys.executable,
            str(ROOT / "scripts" / "import_price_facts.py"),
            str(SHARED),
            str(tmp_path),
        ],
        check=True,
        capture_output=True,
    )
    left = list(csv.DictReader((WORLD / "left_out.csv").open(encoding="utf-8")))
    facts = list(csv.DictReader((SHARED / "price_facts.csv").open(encoding="utf-8")))
    assert len(left) == 44 and all(row["why"] for row in left) and len(facts) - len(left) > 380
    again = load_catalog(tmp_path)
    check_append_only(
        again, world
    )  # what is in the repository is the import, perhaps with later prices


def test_the_sample_company_knows_no_foreign_sku():
    """Its folder is a catalog of its own: nothing it routes to or looks up is a real vendor's (docs/decisions/0007)."""
    own, both = load_catalog(PRICES), load_catalog(PRICES, WORLD)
    assert {history[-1].provider for history in own.prices.values()} == {
        "Aurora AI",
        "Borealis",
        "Cinder",
        "Hyperion Cloud",
    }
    assert len(both.prices) == len(own.prices) + len(load_catalog(WORLD).prices)


DOCUMENT = """provider: Acme
currency: USD
reference: page
checked: 2026-01-01
prices:
  acme:gpu: {{service: GPU, unit: GPU-hours, rate: linear, {more}history: {{{history}}}}}
"""


def document(folder, history, more="", name="acme.yaml"):
    path = folder / name
    path.write_text(DOCUMENT.format(history=history, more=more), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "history, more, message",
    [
        (
            "2026-01-01: {price: 1, until: 2026-07-01}, 2026-06-01: {price: 2}",
            "",
            "acme.yaml:6: acme:gpu: the price of 2026-01-01 is in force until "
            "2026-07-01, but the next one starts on 2026-06-01: their dates overlap. End the first one on that day or before; without until it ends "
            "there by itself.",
        ),
        (
            "2026-01-01: {price: 1, until: 2026-01-01}",
            "",
            "acme.yaml:6: acme:gpu: until is 2026-01-01, but the price starts on 2026-01-01; until is "
            "the day after its last one.",
        ),
        (
            "2026-01-01: {price: 1, until: 2026-13-01}",
            "",
            "acme.yaml:6: acme:gpu: until: '2026-13-01' is not a day. Write it as YYYY-MM-DD.",
        ),
        (
            "2026-01-01: {price: 1}",
            "kind: gpus, ",
            "acme.yaml:6: acme:gpu: unknown kind 'gpus'. Did you mean 'gpu'? Known: gpu, accelerator, cpu, "
            "storage, network, tokens, provisioned, seats, requests, runtime.",
        ),
        (
            "2026-01-01: {price: 1}",
            "checked: 2026, ",
            "acme.yaml:6: checked: must be a text, not '2026'. Put it in quotes.",
        ),
        (
            "2026-01-01: {price: 1}",
            "checked: 2026-02, ",
            "acme.yaml:6: acme:gpu: checked: '2026-02' is not a day. Write it as YYYY-MM-DD.",
        ),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_word_for_word(tmp_path, history, more, message):
    with pytest.raises(PriceError) as raised:
        load_catalog(document(tmp_path, history, more))
    assert str(raised.value).replace(f"{tmp_path}/", "") == message


def test_a_price_that_ended_leaves_a_gap_and_its_currency_may_be_its_own(tmp_path):
    catalog = load_catalog(
        document(
            tmp_path,
            "2026-01-01: {price: 1, until: 2026-03-01}, 2026-06-01: {price: 2}",
            "currency: EUR, ",
        )
    )
    assert (
        catalog.price("acme:gpu", "2026-02-28").rate.price == 1
        and catalog.price("acme:gpu", "2026-06-01").currency == "EUR"
    )
    with pytest.raises(PriceError) as raised:
        catalog.price("acme:gpu", "2026-03-01")
    assert str(raised.value).replace(f"{tmp_path}/", "") == (
        "prices: SKU 'acme:gpu' has no price on 2026-03-01; the one of 2026-01-01 ended before 2026-03-01 and the next one starts on 2026-06-01 "
        "(acme.yaml:6). Append the price of that day to its history."
    )


def test_stale_prices_are_those_in_force_and_not_looked_up(world):
    assert stale(world, "2026-11-25", 60) and {
        one.sku for one in stale(world, "2026-11-25", 200)
    } < {one.sku for one in stale(world, "2026-11-25", 60)}
    oldest = stale(world, "2026-11-25", 0)[0]
    assert (oldest.sku, oldest.checked, oldest.days) == (
        "aws:s3:glacier_deep_archive:us-east-1",
        "2022-01-31",
        1759,
    )
    assert not [one for one in stale(world, "2026-11-25", 0) if "capacity_block" in one.sku], (
        "they ended"
    )
    with pytest.raises(
        PriceError, match="^after_days is -1; it must be a whole number of days, 0 or more.$"
    ):
        stale(world, "2026-11-25", -1)


def test_differences_of_two_states(tmp_path):
    def states(old, new):
        return [
            (one.what, one.since, one.percent, one.breaks_history)
            for one in diff(
                load_catalog(document(tmp_path, old, name="old.yaml")),
                load_catalog(document(tmp_path, new, name="new.yaml")),
            )
        ]

    first = "2026-01-01: {price: 2}"
    assert states(first, first) == []
    assert states(first, f"{first}, 2026-06-01: {{price: 1}}") == [
        ("appended", "2026-06-01", -50.0, False)
    ]
    assert states(first, "2026-01-01: {price: 2, until: 2026-06-01}") == [
        ("ended", "2026-01-01", None, False)
    ]
    assert states("2026-01-01: {price: 2, until: 2026-06-01}", first) == [
        ("changed", "2026-01-01", None, True)
    ]
    assert states(first, "2026-01-01: {price: 3}") == [("changed", "2026-01-01", 50.0, True)]
    assert states(first, f"2025-01-01: {{price: 2}}, {first}") == [
        ("changed", "2025-01-01", None, True)
    ]
    assert states(f"{first}, 2026-06-01: {{price: 1}}", first) == [
        ("changed", "2026-01-01", None, True),
        ("lost", "2026-06-01", None, True),
    ]


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=5), st.floats(0.1, 10))
@quick(max_examples=60, deadline=None)
def test_a_common_factor_is_the_percentage_and_anything_else_is_none(prices, factor):
    starts = list(range(len(prices)))
    one, other = (
        make("graduated", {"starts": starts, "prices": values})
        for values in (prices, [price * factor for price in prices])
    )
    assert percent(one, other) == pytest.approx((factor - 1) * 100, abs=1e-4)
    assert percent(one, make("linear", {"price": 1.0})) is None
    if len(prices) > 1:
        assert (
            percent(
                one, make("graduated", {"starts": starts, "prices": [prices[0] * 2, *prices[1:]]})
            )
            is None
        )
    assert describe(one).startswith("graduated 0: ")
