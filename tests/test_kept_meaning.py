"""A kept mapping is not taken for a table whose meaning has changed."""

from __future__ import annotations

import pandas as pd
import pytest

from finops_model.facts.intake import tables
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
