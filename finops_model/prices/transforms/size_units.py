"""Sizes of one family in one unit, so that a reservation of one size covers another (AWS normalisation factor, Azure ratio)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...checks import number, quantities
from ...errors import PriceError, unknown

FACTORS = {"nano": 0.25, "micro": 0.5, "small": 1.0, "medium": 2.0, "large": 4.0, "xlarge": 8.0}
MULTIPLE = re.compile(r"^(?:metal-)?([1-9]\d{0,3})(?:xlarge|xl)$")


def factor(size: str, table: dict | None = None) -> float:
    """Units of one machine of a size: "m5.2xlarge" or "2xlarge" is 16; n times xlarge is 8 n, also as "metal-24xl".

    table   factors of your own by size (or by whole name), before the common ones: "metal", or an Azure ratio

    Raises PriceError for a size nobody knows.

    >>> factor("nano"), factor("m5.24xlarge"), factor("u-6tb1.metal", {"metal": 896})
    (0.25, 192.0, 896.0)
    """
    table = table or {}
    if isinstance(size, str):
        for name in (size, size.rsplit(".", 1)[-1]):
            if name in table:
                return number(table[name], f"size_units: factor of '{name}'", above_zero=True)
            if name in FACTORS:
                return FACTORS[name]
            match = MULTIPLE.match(name)
            if match:
                return 8.0 * int(match[1])
    raise PriceError(
        unknown(
            "",
            "instance size",
            str(size)[:40],
            [*table, *FACTORS, "2xlarge"],
            "Any multiple of xlarge is known too; give other sizes their factor in 'table'.",
        )
    )


@dataclass(frozen=True, slots=True)
class SizeUnits:
    size: str  # "xlarge", "m5.2xlarge", or a name of `table`
    table: dict = field(default_factory=dict)  # factors of your own by size

    def __post_init__(self):
        if not isinstance(self.table, dict):
            raise PriceError(
                f"size_units: table is {str(self.table)[:40]}; it must map sizes to factors."
            )
        factor(self.size, self.table)

    @property
    def factor(self) -> float:
        """Units of one machine of this size."""
        return factor(self.size, self.table)

    def apply(self, quantity):
        """Normalised units of a number of machines (or machine-hours) of this size.

        >>> SizeUnits("m3.large").apply([2, 3])
        array([ 8., 12.])
        """
        return (quantities("size_units", quantity) * self.factor)[()]

    def machines(self, units):
        """How many machines of this size so many units are, parts included: 16 units are two xlarge.

        >>> SizeUnits("xlarge").machines(20)
        np.float64(2.5)
        """
        return (quantities("size_units: units", units) / self.factor)[()]
