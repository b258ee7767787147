"""Alerts on hours of use (docs/method §12.29). Oracle: a plain loop over the hours."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.measure.usage.hourly import hourly_alerts, usual_of
from finops_model.publish.monday.items import ALERTS, MOVERS, WASTE, Item, once_each

FIRST = pd.Timestamp("2026-10-05", tz="UTC")


def use(values: dict[str, list[float]], minutes: int = 60) -> pa.Table:
    rows = []
    for key, tokens in values.items():
        for i, amount in enumerate(tokens):
            start = FIRST + pd.Timedelta(hours=i)
            end = start + pd.Timedelta(minutes=minutes)
            rows.append(("gateway", start, end, "Tokens", float(amount), key, "", "m"))
    names = ["x_Source", "UsageStart", "UsageEnd", "ConsumedUnit", "ConsumedQuantity", "x_Key", "SubAccountId", "x_Model"]  # fmt: skip
    return pa.Table.from_pandas(pd.DataFrame(rows, columns=names), preserve_index=False)


def bill(days: int, cost: float) -> pd.DataFrame:
    dates = pd.date_range(FIRST.tz_localize(None), periods=days)
    return pd.DataFrame({"ChargeDate": dates, "ConsumedUnit": "Tokens", "ChargeCategory": "Usage", "EffectiveCost": cost})  # fmt: skip


def test_a_loop_of_a_key_is_told_before_its_day_is_billed():
    tokens = [100.0] * (24 * 30)
    tokens[-3:] = [900.0, 100.0, 1100.0]  # the last three hours of 3 November
    (alert,) = hourly_alerts(use({"batch": tokens}), bill(28, 24.0), "2026-10-25", "USD")
    assert (alert.kind, alert.dimension, alert.subject) == ("hourly", "key", "batch")
    assert (alert.start, alert.end, alert.ongoing) == ("2026-11-03", "2026-11-03", True)
    assert (alert.actual, alert.expected) == (2000.0, 200.0)
    assert alert.severity == pytest.approx(
        1800 * 24.0 * 28 / (2400 * 28)
    )  # by hand: a cent a token
    assert alert.what == (
        "Key batch used 2,000 tokens from 2026-11-03 21:00 to 2026-11-04 00:00, 10.0 times what these hours usually are; about $18.00 more "
        "at what a token cost lately."
    )
    told = hourly_alerts(use({"batch": tokens}), bill(28, 24.0), "2026-10-25", "USD", time_zone="America/New_York")  # fmt: skip
    assert "on 2026-11-03 from 16:00 to 19:00" in told[0].what
    assert hourly_alerts(use({"batch": tokens}), bill(28, 24.0), "2026-10-25", "USD", until="2026-11-02") == []  # fmt: skip
    assert hourly_alerts(use({"batch": tokens}), bill(28, 24.0), "2026-11-04", "USD") == []
    no_price = hourly_alerts(use({"batch": tokens}), bill(28, 24.0).assign(ConsumedUnit="Hours"), "2026-10-25", "USD")  # fmt: skip
    assert no_price[0].severity == 0 and "cost lately" not in no_price[0].what


def test_whole_days_and_a_short_history_say_nothing():
    tokens = [100.0] * (24 * 10)
    tokens[-1] = 5000.0
    assert hourly_alerts(use({"batch": tokens}), bill(9, 1.0), "2026-10-01", "USD") == []
    assert hourly_alerts(use({"batch": tokens}, 1440), bill(9, 1.0), "2026-10-01", "USD") == []
    empty = use({"batch": [1.0]}).slice(0, 0)
    assert hourly_alerts(empty, bill(9, 1.0), "2026-10-01", "USD") == []


@given(
    spikes=st.lists(st.tuples(st.integers(336, 699), st.integers(50, 900)), max_size=12),
    scale=st.sampled_from([1.0, 1000.0]),
)
@settings(max_examples=20)
def test_an_hour_is_raised_by_the_plain_loop(spikes, scale):
    tokens = [scale * (50 + hour % 24) for hour in range(700)]
    for at, amount in spikes:
        tokens[at] += scale * amount
    days = {(FIRST + pd.Timedelta(hours=hour)).date() for hour in range(700 - 28 * 24, 700)}
    a_day = sum(tokens[-28 * 24 :]) / len(days)
    raised = []
    for at in range(336, 700):
        usual = statistics.median(
            tokens[at - 168 * back] for back in range(1, 5) if at >= 168 * back
        )
        if tokens[at] >= 3 * usual and tokens[at] - usual >= 0.01 * a_day:
            raised.append(at)
    found = hourly_alerts(use({"k": tokens}), bill(28, 1.0), "2026-10-01", "USD")
    assert sum(one.actual for one in found) == pytest.approx(sum(tokens[at] for at in raised))
    assert len(found) == sum(i == 0 or at - raised[i - 1] > 3 for i, at in enumerate(raised))
    assert np.isnan(usual_of(np.array(tokens))[:336]).all()


def test_one_thing_stands_once():
    what = dict.fromkeys(("what", "why", "do", "over", "owner", "business_unit", "team"), "")
    days = {"first": "2026-08-18", "last": "2026-08-21", "amount": 5.0}
    alert = Item(id="1", section=ALERTS, kind="Runaway job", subject="sweeps", **what, **days)
    other = Item(id="2", section=WASTE, kind="Idle endpoint", subject="e", workload="sweeps", **what, **days)  # fmt: skip
    waste = Item(id="3", section=WASTE, kind="Runaway job", subject="r", workload="sweeps", **what, **days)  # fmt: skip
    mover = Item(id="4", section=MOVERS, kind="Mover", subject="sweeps", **what, **days)
    assert once_each([alert, other, waste, mover]) == [alert, other]
    assert once_each([other, waste, mover]) == [other, waste, mover]
