"""What fields of a way may be, in one place: a number or a number for each path, a price, a mapping with known names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ...errors import PriceError, unknown
from ...prices.capacity.transfer import with_allowance
from ...prices.rates import make as make_rate


def amount(value, what: str, least: float = 0.0, most: float = math.inf, above: bool = False):
    """A number or an array (path, 1) of them within bounds, as float64; `above`: `least` itself is refused.

    >>> amount(3, "seats: fee"), amount(np.array([[1.0], [2.0]]), "seats: fee").shape
    (array(3.), (2, 1))
    """
    bounds = f"above {least:g}" if above else f"{least:g} or more"
    if most < math.inf:
        bounds = f"above {least:g} and at most {most:g}" if above else f"from {least:g} to {most:g}"
    if isinstance(value, (np.ndarray, list, tuple)):
        values = np.asarray(value)
    else:
        values = np.asarray(np.nan if isinstance(value, (bool, str)) or value is None else value)
    if values.dtype.kind not in "iuf":
        values = np.asarray(np.nan)
    values = values.astype(float)
    good = np.isfinite(values) & (values > least if above else values >= least) & (values <= most)
    if not good.all():
        wrong = value if values.ndim == 0 else f"{values[~good].flat[0]:g}"
        raise PriceError(f"{what} is {str(wrong)[:40]}; it must be a number, {bounds}.")
    return values


def price(value, what: str) -> Any:
    """A price per unit as a rate form: a number, `{kind: graduated, …}`, or `{starts, prices, free}` with free units in the first tier.

    >>> float(price({"starts": [0, 10], "prices": [2, 1], "free": 1}, "transfer").charge(12))
    20.0
    """
    if not isinstance(value, Mapping):
        return make_rate("linear", {"price": float(amount(value, f"{what}: price"))})
    fields = dict(value)
    if "kind" in fields:
        return make_rate(str(fields.pop("kind")), fields, what)
    known(fields, ("starts", "prices", "free", "block"), what, "price field")
    for name in ("starts", "prices"):
        if name not in fields:
            raise PriceError(
                f"{what}: the price has no '{name}'; write a number, or kind with the fields of its form, or starts and prices."
            )
    return with_allowance(
        fields["starts"], fields["prices"], fields.get("free", 0.0), fields.get("block", 1.0)
    )


def known(given, names: Iterable[str], where: str, kind: str) -> None:
    """Refuses names nobody reads, with the nearest that is."""
    if not isinstance(given, Mapping):
        raise PriceError(
            f"{where}: '{str(given)[:40]}' is not a mapping; write names with values: {', '.join(names)}."
        )
    for name in given:
        if name not in tuple(names):
            raise PriceError(unknown(where, kind, str(name), tuple(names)))


def used(use: Mapping[str, np.ndarray], meter: str, months) -> np.ndarray:
    """(path, month) units of a meter, 0 where the purchase says none; months that are not held have none."""
    given = use.get(meter)
    if given is None:
        paths = next((np.shape(array)[0] for array in use.values()), 1)
        return np.zeros((paths, len(months.names)))
    return np.where(months.days > 0, np.asarray(given, float), 0.0)
