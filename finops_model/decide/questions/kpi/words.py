"""A KPI's value in words."""

from __future__ import annotations

from ..answer import units


def shown_value(value: float, unit: str) -> str:
    """A share in percent, anything else with four digits.

    >>> shown_value(0.1234, "share"), shown_value(-0.02, "share"), shown_value(0.0096312, "USD / call"), shown_value(1234.56, "USD / customer")
    ('12.3 %', '−2 %', '0.009631', '1,235')
    """
    if unit == "share":
        return f"{100 * value:.1f}".removesuffix(".0").replace("-", "−") + " %"
    return units(value) if abs(value) < 1000 else f"{value:,.0f}"


def figure(value: float) -> str:
    """A numerator or denominator: whole from a thousand on, else four digits.

    >>> figure(6.87647e11), figure(0.25)
    ('687,647,000,000', '0.25')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def with_unit(value: float, unit: str) -> str:
    """The value with its unit.

    >>> with_unit(0.5, "share"), with_unit(0.5, "USD / call")
    ('50 %', '0.5 USD / call')
    """
    return shown_value(value, unit) + ("" if unit == "share" else f" {unit}")
