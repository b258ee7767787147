"""Ratios of a commitment as pure functions, scalars or arrays (docs/method §8.7)."""

from __future__ import annotations

import numpy as np

from ...checks import quantities, shares
from ...errors import PriceError


def effective_savings_rate(coverage, utilisation, discount):
    """1 − effective ÷ on-demand equivalent = coverage × (1 − (1 − discount) ÷ utilisation): negative where utilisation < 1 − discount.

    coverage   on-demand money covered ÷ all that is eligible, 0..1
    utilisation   used ÷ committed, 0..1; 0 only where nothing is covered
    discount   share saved by a unit that is used

    >>> round(float(effective_savings_rate(0.8, 0.9, 0.3)), 6)
    0.177778
    """
    coverage, utilisation, discount = (
        shares(name, value)
        for name, value in (
            ("coverage", coverage),
            ("utilisation", utilisation),
            ("discount", discount),
        )
    )
    if np.any((utilisation == 0) & (coverage > 0)):
        raise PriceError("utilisation is 0 but coverage is not; what covers usage is used.")
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = coverage * (1 - (1 - discount) / utilisation)
    return np.where(coverage == 0, 0.0, rate)


def savings_rate_of_costs(effective, on_demand_equivalent):
    """1 − effective ÷ on-demand equivalent of what was eligible; NaN where there was nothing."""
    effective, whole = (
        quantities("effective", effective),
        quantities("on_demand_equivalent", on_demand_equivalent),
    )
    return np.where(whole > 0, 1 - effective / np.where(whole > 0, whole, 1.0), np.nan)


def break_even_utilisation(rate, on_demand):
    """Share of the committed hours that must be used so that nothing is lost: rate ÷ on-demand."""
    rate, on_demand = quantities("rate", rate), quantities("on_demand", on_demand)
    if np.any(on_demand == 0):
        raise PriceError("on_demand is 0; what costs nothing on demand never breaks even.")
    return rate / on_demand


def exposure_months(term_months, discount, utilisation=1.0):
    """Months of use after which the whole fee of the term has been saved: term × (1 − discount) ÷ utilisation (inf where never used).

    >>> float(exposure_months(12, 0.35, 0.8))
    9.75
    """
    term, discount, utilisation = (
        quantities("term_months", term_months),
        shares("discount", discount),
        shares("utilisation", utilisation),
    )
    with np.errstate(divide="ignore"):
        return np.where(
            utilisation > 0,
            term * (1 - discount) / np.where(utilisation > 0, utilisation, 1.0),
            np.inf,
        )


def payback_months(term_months, rate, on_demand, upfront_share, utilisation=1.0):
    """Months until the part paid on the first day is back out of the monthly saving (inf where never; 0 where nothing is upfront).

    The monthly saving is on-demand money covered − the part of the fee that is paid month by month.
    """
    term, rate, on_demand = (
        quantities("term_months", term_months),
        quantities("rate", rate),
        quantities("on_demand", on_demand),
    )
    upfront, utilisation = (
        shares("upfront_share", upfront_share),
        shares("utilisation", utilisation),
    )
    monthly = on_demand * utilisation - rate * (1 - upfront)
    with np.errstate(divide="ignore", invalid="ignore"):
        months = np.where(
            monthly > 0, upfront * rate * term / np.where(monthly > 0, monthly, 1.0), np.inf
        )
    return np.where(upfront == 0, 0.0, months)
