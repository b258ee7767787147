"""One home of "is this a good number": what it takes, and every refusal word for word (finops_model/checks.py)."""

from __future__ import annotations

import numpy as np
import pytest

from finops_model import checks
from finops_model.errors import ForecastError, PriceError, ScenarioError

HUGE = 10**400  # YAML reads it; no float holds it

REFUSED = [
    (checks.finite, ("x", "a"), ScenarioError, "a is x; it must be a finite number."),
    (checks.finite, (True, "a"), ScenarioError, "a is True; it must be a finite number."),
    (
        checks.finite,
        (HUGE, "a"),
        ScenarioError,
        f"a is {str(HUGE)[:40]}; it must be a finite number.",
    ),
    (checks.share, (1.2, "a"), ScenarioError, "a is 1.2; it must be from 0 to 1."),
    (checks.zero_or_more, (-1, "a"), ScenarioError, "a is -1; it must be 0 or more."),
    (
        checks.written_share,
        (37,),
        ValueError,
        "a discount or share is 37; write it from 0 to 1 (0.37 is 37 %).",
    ),
    (
        checks.number_of_text,
        ("4 %", "r: x"),
        PriceError,
        "r: x is '4 %'; it must be a plain number such as 40 or 0.65.",
    ),
    (
        checks.number_of_text,
        ("nan", "x"),
        PriceError,
        "x is 'nan'; it must be a plain number such as 40 or 0.65.",
    ),
    (
        checks.single_number,
        ("1e6", "x"),
        ScenarioError,
        "x is the text '1e6'; write a number, without quotes (1000000).",
    ),
    (
        checks.single_number,
        ({"p50": 1}, "x"),
        ScenarioError,
        "x is a range; here it must be one number.",
    ),
    (checks.in_range, (-1, "x"), ScenarioError, "x is -1; it must be 0 or more."),
    (
        checks.in_range,
        (4.0, "x", 0, 3, "0.08 is 8 % a year"),
        ScenarioError,
        "x is 4; it must be from 0 to 3 (0.08 is 8 % a year).",
    ),
    (
        checks.bounded,
        (2.5, "x", 0, 1),
        ForecastError,
        "x is 2.5; it must be a finite number, 0 or more, at most 1.",
    ),
    (
        checks.bounded,
        (np.nan, "x", -np.inf),
        ForecastError,
        "x is nan; it must be a finite number.",
    ),
    (checks.whole, (1.5, "x"), PriceError, "x is 1.5; it must be a whole number."),
    (
        checks.whole,
        (0, "x", True),
        PriceError,
        "x is 0; it must be a finite number above 0.",
    ),
    (
        checks.at_least_one,
        (2.0, "x"),
        PriceError,
        "x is 2.0; it must be a whole number, 1 or more.",
    ),
    (
        checks.share_below_one,
        (1.0, "x"),
        PriceError,
        "x is 1; write it as a share from 0 to below 1.",
    ),
    (
        checks.shares,
        ("x", [0.2, 1.5]),
        PriceError,
        "x is 1.5; it must be a share from 0 to 1.",
    ),
    (
        checks.shares,
        ("x", 1.5, "hardware: x"),
        PriceError,
        "hardware: x is 1.5; it must be a share from 0 to 1.",
    ),
    (
        checks.shares,
        ("x", [0.2, -0.5]),
        PriceError,
        "x: quantity is -0.5 at position (1,); it must be finite and 0 or more.",
    ),
]


@pytest.mark.parametrize(("check", "given", "error", "message"), REFUSED)
def test_what_is_no_good_number_is_refused_in_one_sentence(check, given, error, message):
    with pytest.raises(error) as caught:
        check(*given)
    assert str(caught.value) == message


def test_what_is_good_comes_back_as_a_float_or_a_whole_number():
    assert checks.finite(np.int64(3), "x") == 3.0 and type(checks.finite(3, "x")) is float
    assert checks.in_range(3, "x", 0, 3) == 3.0 and checks.bounded(-2, "x", -np.inf) == -2.0
    assert checks.whole(12.0, "x") == 12 and type(checks.whole(12.0, "x")) is int
    assert checks.at_least_one(np.int64(1), "x") == 1 and checks.share_below_one(0, "x") == 0.0
    assert checks.number_of_text("-.5e3", "x") == -500.0
    assert checks.shares("x", [0, 1]).tolist() == [0.0, 1.0] and checks.shares("x", []).size == 0
