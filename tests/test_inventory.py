"""The commitment inventory: files, cliffs against a loop over days, renewals, refusals (docs/method §8.20–§8.24)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.periods import month_range
from finops_model.prices.settle.hourly import Hourly
from finops_model.prices.terms.inventory import (
    cliffs,
    cover,
    cover_by_month,
    inventory,
    read_inventory,
    renewals,
    totals,
)

ROOT = Path(__file__).resolve().parents[1]
MONTHS = month_range("2026-01", "2029-12")
RECORD = {
    "ContractCommitmentId": "a",
    "ContractCommitmentQuantity": 40,
    "ContractCommitmentUnit": "GPU-hours",
    "ContractCommitmentPeriodStart": "2026-01-01",
    "ContractCommitmentPeriodEnd": "2027-01-01",
    "x_Rate": 2.5,
    "x_OnDemandUnitPrice": 4,
}
HEAD = ",".join(RECORD)
ROW = ",".join(str(value) for value in RECORD.values())

items = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.integers(0, 900),
        st.integers(1, 500),
        st.floats(0, 3),
        st.sampled_from(["GPU-hours", "USD"]),
        st.sampled_from(["Active", "Pending", "Proposed", "Expired"]),
    ),
    max_size=6,
)


def held_of(rows):
    first = np.datetime64("2026-01-05")
    return inventory(
        [
            Hourly(
                quantity=q,
                rate=rate,
                on_demand=4.0,
                id=f"c{i}",
                unit=unit,
                start=str(first + at),
                end=str(first + at + days),
                status=status,
            )
            for i, (q, at, days, rate, unit, status) in enumerate(rows)
        ]
    )


@settings(max_examples=80, deadline=None)
@given(items, st.booleans())
def test_cliffs_are_the_cover_of_the_day_before_and_the_last_day(rows, proposed):
    held = held_of(rows)
    for row in cliffs(held, MONTHS, proposed):
        mine = [item for item in held.chosen(proposed) if item.unit == row["unit"]]
        first = np.datetime64(row["month"], "M").astype("datetime64[D]")
        last = (np.datetime64(row["month"], "M") + 1).astype("datetime64[D]") - 1
        alive = {
            day: sum(
                i.quantity for i in mine if np.datetime64(i.start) <= day < np.datetime64(i.end)
            )
            for day in (first - 1, last)
        }
        assert row["cover_before"] == pytest.approx(alive[first - 1]) and row[
            "cover_after"
        ] == pytest.approx(alive[last])
        assert row["cover_before"] + row["added"] - row["dropped"] == pytest.approx(
            row["cover_after"], abs=1e-9
        )
        assert row["extra_per_month"] == pytest.approx(
            (row["on_demand_equivalent"] - row["fee_dropped"]) * 730
        )


@settings(max_examples=80, deadline=None)
@given(items)
def test_every_commitment_drops_off_once_and_what_drops_adds_up(rows):
    held = held_of(rows)
    found = cliffs(held, MONTHS, proposed=True)
    assert sorted(name for row in found for name in row["ends"]) == sorted(
        item.id for item in held.chosen(True)
    )
    assert sum(row["dropped"] for row in found) == pytest.approx(
        sum(item.quantity for item in held.chosen(True))
    )
    by_month = cover_by_month(held, MONTHS, proposed=True)
    hours = sum(
        (
            values
            * [
                (np.datetime64(m, "M") + 1).astype("datetime64[D]").astype(int)
                - np.datetime64(m, "M").astype("datetime64[D]").astype(int)
                for m in MONTHS
            ]
        ).sum()
        for values in by_month.values()
    )
    assert hours == pytest.approx(
        sum(
            i.quantity * (np.datetime64(i.end) - np.datetime64(i.start)).astype(int)
            for i in held.chosen(True)
        )
    )


@settings(max_examples=60, deadline=None)
@given(items)
def test_the_obligation_before_everything_begins_is_every_fee(rows):
    held = held_of(rows)
    due = totals(held, "2026-01-01")
    assert sum(row["obligation"] for row in due) == pytest.approx(
        sum(item.term_fee() for item in held.live)
    )
    assert all(row["count"] == 0 for row in due)


def test_the_sample_company_stands_before_a_cliff():
    held = read_inventory(
        ROOT / "data" / "samples" / "commitments.csv", on_demand={"HYP-H100-OD": 3.93}
    )
    [row] = cliffs(held, MONTHS[6:24])
    assert (row["month"], row["dropped"], row["cover_after"]) == ("2027-01", 40, 0)
    assert row["on_demand_equivalent"] == pytest.approx(157.2) and row[
        "extra_per_month"
    ] == pytest.approx(40 * (3.93 - 2.5545) * 730)
    [due] = renewals(held, "2026-11-25")
    assert (due["id"], due["days"], due["end"]) == ("hyperion-h100-1y-2026", 37, "2027-01-01")
    assert renewals(held, "2026-11-25", within_days=36) == [] and renewals(held, "2027-01-01") == []


def test_csv_yaml_list_and_yaml_mapping_read_alike(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{ROW}\n", encoding="utf-8")
    (tmp_path / "list.yaml").write_text(
        "# ours\n---\n" + yaml.safe_dump([RECORD]), encoding="utf-8"
    )
    (tmp_path / "map.yml").write_text(yaml.safe_dump({"commitments": [RECORD]}), encoding="utf-8")
    read = [read_inventory(tmp_path / name) for name in ("a.csv", "list.yaml", "map.yml")]
    assert read[0] == read[1] == read[2] and cover(read[0].items, "2026-12-31") == 40


@pytest.mark.parametrize(
    "name, text, message",
    [
        (
            "a.csv",
            f"{HEAD}\n{ROW},1\n",
            "{}:2: the row has more cells than the header; quote a text that holds a comma.",
        ),
        (
            "a.csv",
            f"{HEAD}\na,40\n",
            "{}:2: the row has fewer cells than the header; quote a text that holds a comma.",
        ),
        (
            "a.csv",
            f"{HEAD.replace('PeriodEnd', 'PeriodEndd')}\n{ROW}\n",
            "{}:1: column ContractCommitmentPeriodEnd is missing; write it. Did you mean 'ContractCommitmentPeriodEndd'?",
        ),
        (
            "a.csv",
            f"{HEAD}\n{ROW}\n{ROW}\n",
            "{}:3: commitment 'a' appears twice from 2026-01-01 to 2027-01-01 (exclusive); keep one of them, "
            "or give the other its own ContractCommitmentId.",
        ),
        (
            "a.csv",
            f"{HEAD}\n{ROW.replace(',40,', ',-40,')}\n",
            "{}:2: commitment 'a': quantity is -40.0; it must be a finite number, 0 or more.",
        ),
        (
            "a.csv",
            f"{HEAD}\n{ROW.replace(',40,', ',NaN,')}\n",
            "{}:2: commitment 'a': ContractCommitmentQuantity is 'NaN'; it must be a plain number such as 40 or 0.65.",
        ),
        (
            "a.yaml",
            "contracts: []\n",
            "{}: the document must be a list of commitments, or 'commitments:' with that list under it.",
        ),
        (
            "a.yaml",
            "- &x {ContractCommitmentId: a}\n- *x\n",
            "{}:2: aliases (*x) are not allowed. Write the value out.",
        ),
        (
            "a.yaml",
            "- {ContractCommitmentId: a, ContractCommitmentId: b}\n",
            "{}:1: 'ContractCommitmentId' appears twice in '0'. Keep one of them.",
        ),
        (
            "a.yaml",
            "- {ContractCommitmentId: a\n",
            "{}:2: not valid YAML: expected ',' or '}}', but got '<stream end>'.",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_line(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PriceError) as raised:
        read_inventory(path)
    assert str(raised.value) == message.format(path)


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "commitments.csv").write_text(HEAD, encoding="utf-8")
    with pytest.raises(PriceError) as raised:
        read_inventory(tmp_path / "commitment.csv")
    assert (
        str(raised.value)
        == f"{tmp_path / 'commitment.csv'}: there is no such file. Did you mean 'commitments.csv'?"
    )


@pytest.mark.parametrize(
    "records, how, message",
    [
        (
            [RECORD | {"x_Capacity": "many"}],
            {},
            "commitment 'a': x_Capacity is 'many'; it must be a plain number such as 40.",
        ),
        (
            [RECORD],
            {"capacity": {"GPU-hours": 39}},
            "commitment 'a' is for 40 an hour, above the capacity of 39 of 'GPU-hours'; no usage could fill it.",
        ),
        (
            [{k: v for k, v in RECORD.items() if k != "x_OnDemandUnitPrice"} | {"x_SkuIds": "x;y"}],
            {"on_demand": {"x": 4, "y": 2}},
            "commitment 'a': its SKUs have on-demand prices from 2 to 4; write the price of the pool as x_OnDemandUnitPrice.",
        ),
        (
            [
                RECORD
                | {
                    "ContractCommitmentFulfillmentInterval": "Annually",
                    "ContractCommitmentPeriodEnd": "2025-01-01",
                }
            ],
            {},
            "commitment 'a': the term ends on 2025-01-01, not after its start on 2026-01-01; the end is the day after the last one.",
        ),
        (
            [RECORD | {"ContractCommitmentLifecycleStatus": "Activ"}],
            {},
            "commitment 'a': unknown ContractCommitmentLifecycleStatus 'Activ'. Did you mean 'Active'? Known: Proposed, Pending, Active, Exhausted, "
            "Expired, Canceled, Superseded.",
        ),
    ],
)
def test_records_that_make_no_sense_together_are_refused(records, how, message):
    with pytest.raises(PriceError) as raised:
        inventory(records, **how)
    assert str(raised.value) == message


def test_what_ifs_do_not_bind_a_capacity_together():
    offered = RECORD | {
        "ContractCommitmentId": "b",
        "ContractCommitmentLifecycleStatus": "Proposed",
    }
    assert len(inventory([RECORD, offered], capacity={"GPU-hours": 64}).items) == 2
