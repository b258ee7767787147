"""A kept mapping is not taken for a table whose meaning has changed."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_model.facts.intake import tables
from finops_model.facts.ledger.store import Ledger
from finops_model.publish.start_reading import fits

MARCH = pd.DataFrame(
    {"date": ["2026-03-01", "2026-03-02"], "team": ["a", "b"], "cost EUR": ["10", "20"]}
)


@pytest.fixture(scope="module")
def kept():
    return tables.guess_mapping(MARCH)


@pytest.mark.parametrize(
    ("codes", "fit"),
    [
        (["EUR", "EUR"], True),
        (["eur ", ""], True),
        (["USD", "USD"], False),
        (["EUR", "USD"], False),
    ],
)
def test_a_new_column_of_currencies_is_looked_at(kept, codes, fit):
    assert kept.currency_code == "EUR" and kept.currency is None and fits(MARCH, kept)
    assert fits(MARCH.assign(currency=codes), kept) is fit


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1, ""),
        (20, ""),
        (100, "amounts of 2026-04 are about 100 times those of 2026-03 (the middle one of a row is 1,050.00, before 10.50)"),
        (0.001, "amounts of 2026-04 are about 1/1,000 of those of 2026-03 (the middle one of a row is 0.01, before 10.50)"),
    ],
)  # fmt: skip
def test_amounts_far_from_those_of_the_month_before_are_told(tmp_path, factor, said):
    def month(number: int, factor=1.0):
        days = [f"2026-0{number}-{day:02d}" for day in range(1, 6)]
        table = pd.DataFrame({"date": days, "cost EUR": [f"{10.5 * factor:g}"] * 5})
        return (f"m{number}.csv", tables.apply_mapping(table, tables.guess_mapping(table)))

    ledger = Ledger(tmp_path / "l")
    ledger.ingest([month(3)])
    warned = [str(one) for one in ledger.ingest([month(4, factor)]).warnings]
    far = [text for text in warned if "about" in text]
    if said:
        assert far == [f"m4.csv: {said}: is the unit, the currency or the column still the same?"]
    else:
        assert far == []
