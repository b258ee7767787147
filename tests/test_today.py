"""The estimate of a day that is not over, from the hours of earlier days (docs/method §2.28)."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from test_usage_cost import bill

from finops_model.facts.usage.daily import COLUMNS
from finops_model.facts.usage.hours import DaySoFar, day_so_far
from finops_model.measure.usage import shown
from finops_model.measure.usage.estimated import estimate

TODAY = pd.Timestamp("2026-11-16", tz="UTC")  # a Monday
SHAPE = np.r_[np.full(8, 1.0), np.full(10, 8.0), np.full(6, 2.0)]  # 100 a day


def hours(days: int, until: int = 14, shape=SHAPE, minutes: int = 60, source="gateway") -> pa.Table:
    """Tokens by hour of so many whole days and of today up to an hour; every Monday twice of it."""
    rows = []
    for back in range(days, -1, -1):
        day = TODAY - pd.Timedelta(days=back)
        for hour in range(24 if back else until):
            start = day + pd.Timedelta(hours=hour)
            times = 2.0 if day.dayofweek == 0 else 1.0
            rows.append(
                (
                    source,
                    start,
                    start + pd.Timedelta(minutes=minutes),
                    "Tokens",
                    shape[hour] * times,
                )
            )
    names = ["x_Source", "UsageStart", "UsageEnd", "ConsumedUnit", "ConsumedQuantity"]
    return pa.Table.from_pandas(pd.DataFrame(rows, columns=names), preserve_index=False)


def test_the_share_of_a_day_by_its_hour_is_that_of_earlier_days():
    """By hand: 8 quiet hours and 6 busy ones are 8 + 48 of 100."""
    found = day_so_far(hours(40))
    assert (found.day, found.until, found.days) == ("2026-11-16", "14:00", 5)  # five Mondays
    assert found.share == found.low == found.high == pytest.approx(0.56)
    assert day_so_far(hours(10)).days == 10  # too few Mondays: all days
    assert day_so_far(hours(40), "America/New_York").until == "09:00"


def test_the_range_is_the_spread_of_earlier_days():
    table = hours(56).to_pandas()
    monday = table["UsageStart"].dt.dayofweek == 0
    week = (TODAY - table["UsageStart"].dt.normalize()).dt.days // 7
    late = monday & (table["UsageStart"].dt.hour >= 18) & (week > 0)
    table.loc[late, "ConsumedQuantity"] *= week[
        late
    ]  # evenings of 12·1 … 12·8, of days of 88 + that
    found = day_so_far(pa.Table.from_pandas(table, preserve_index=False))
    shares = 56 / (88 + 12 * np.arange(1.0, 9))
    assert found.days == 8 and found.share == pytest.approx(np.median(shares))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(shares, (0.1, 0.9))))


@pytest.mark.parametrize(
    "table",
    [
        hours(40, until=24),  # over
        hours(5),  # too few days
        hours(40, until=4),  # 4 % of a day
        hours(40, minutes=90),  # no hours
        hours(0).slice(0, 0),
    ],
    ids=["over", "few", "early", "coarse", "empty"],
)
def test_nothing_is_said_where_nothing_is_known(table):
    assert day_so_far(table) is None


def usage(*days) -> pd.DataFrame:
    rows = [
        {
            **dict.fromkeys(COLUMNS, ""),
            "UsageDate": day,
            "x_Source": "g",
            "x_Model": "m",
            "SkuMeter": "input_tokens",
        }
        | {
            "ConsumedUnit": "Tokens",
            "ConsumedQuantity": Decimal(count),
            "x_EstimatedCost": Decimal(0),
        }
        for day, count in days
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_the_one_function_of_days_not_billed_estimates_the_whole_day_and_marks_it():
    """100 tokens billed at 2, then 50 on a whole day and 28 by 14:00: 1, and 0.56 ÷ 0.56 = 1, from 0.8 to 1.4."""
    used = usage(("2026-11-14", 100), ("2026-11-15", 50), ("2026-11-16", 28))
    paid = bill(("2026-11-14", "m", "", 2.0))
    so_far = DaySoFar("2026-11-16", "14:00", 0.56, 0.4, 0.7, 8)
    rows = estimate(used, paid, "2026-11-14", "USD", so_far=so_far).set_index("UsageDate")
    assert rows["x_Estimate"].to_dict() == pytest.approx({"2026-11-15": 1.0, "2026-11-16": 1.0})
    assert rows["x_Basis"].to_dict() == {
        "2026-11-15": "unit cost of the last 28 billed days",
        "2026-11-16": "unit cost of the last 28 billed days; the whole day from its first hours",
    }
    plain = estimate(used, paid, "2026-11-14", "USD").set_index("UsageDate")["x_Estimate"]
    assert plain["2026-11-16"] == pytest.approx(0.56)
    unbilled = shown._unbilled(used, paid, "2026-11-14", "USD", None, None, so_far)
    today = unbilled["today"]
    assert (today["estimate_low"], today["estimate_high"]) == pytest.approx((0.8, 1.4))
    assert (today["so_far"], today["marked"]) == (pytest.approx(0.56), "estimate")
    assert shown.today_words({"unbilled": unbilled, "currency": "USD"}) == (
        " 2026-11-16 is known up to 14:00, by when 56 % of such a day has come (eight of ten of 8 earlier days: 40 to 70 %): "
        "an estimate of the whole day is $1.00 ($0.80 to $1.40)."
    )
    assert shown.today_words({"unbilled": {"days": 0}, "currency": "USD"}) == ""
