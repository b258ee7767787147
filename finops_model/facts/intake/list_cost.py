"""ListCost that is not list price × quantity: told, never corrected (docs/method §13.24).

FOCUS: the product of ListUnitPrice and PricingQuantity is ListCost where both are there and the row is no correction. Where it is
not, nobody knows which of the three is wrong, and savings against the list are not to be relied on.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..ledger.receipt import Money, Warned, add, plain

PLAIN = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?\s*$"
CLOSE = 1e-6  # of the list cost: nearer than any price is stated
NEEDED = ("ListUnitPrice", "PricingQuantity")
CENT = Decimal("0.005")


class ListCosts:
    """Rows of a file whose ListCost is not the product, counted batch by batch."""

    def __init__(self) -> None:
        self.count, self.rows, self.apart = 0, list[int](), Money()

    def look(self, table: pa.Table) -> None:
        """Judge accepted rows: ListCost DECIMAL, ListUnitPrice and PricingQuantity text."""
        if not set(NEEDED) <= set(table.schema.names) or not table.num_rows:
            return
        price, quantity = (_floats(table.column(name)) for name in NEEDED)
        cost = pc.cast(table.column("ListCost"), pa.float64()).to_numpy()
        usual = pc.not_equal(table.column("ChargeClass"), "Correction").to_numpy()
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(price * quantity - cost) > CLOSE * np.abs(cost) + 1e-9
        picked = table.take(pa.array(np.flatnonzero(off & usual)))
        cells = [
            picked.column(name).to_pylist()
            for name in (*NEEDED, "ListCost", "BillingCurrency", "x_Row")
        ]
        sums: Money = {}
        for unit, amount, stated, currency, row in zip(*cells, strict=True):
            apart = _apart(Decimal(unit.strip()), Decimal(amount.strip()), stated)
            if apart:
                self.count += 1
                self.rows += [row] if len(self.rows) < 1000 else []
                sums[currency] = sums.get(currency, Decimal(0)) + apart
        self.apart = add(self.apart, sums)

    def warned(self, file: str) -> list[Warned]:
        """The line of the receipt; none where every list cost is the product."""
        if not self.count:
            return []
        reason = (
            f"is not ListUnitPrice × PricingQuantity, {plain(self.apart)} apart in all: kept as it is; savings against list prices "
            "are not to be relied on"
        )
        return [Warned(file, "ListCost", reason, self.count, tuple(self.rows))]


def _floats(column: pa.ChunkedArray) -> np.ndarray:
    """Numbers of text cells, NaN for what is none: to look with, never a sum."""
    text = pc.cast(column, pa.string())
    good = pc.fill_null(pc.match_substring_regex(text, PLAIN), False)
    trimmed = pc.utf8_trim_whitespace(pc.if_else(good, text, None))
    return pc.fill_null(pc.cast(trimmed, pa.float64()), float("nan")).to_numpy()


def _apart(unit: Decimal, amount: Decimal, stated: Decimal) -> Decimal:
    """How far the product is from the stated cost, exact; 0 where the last place of a rounded number explains it.

    >>> _apart(Decimal("10"), Decimal("24"), Decimal("245")), _apart(Decimal("0.3333"), Decimal("3"), Decimal("1.00"))
    (Decimal('5'), Decimal('0'))
    """
    apart = abs(unit * amount - stated)
    rounding = CENT if stated == stated.quantize(Decimal("0.01")) else Decimal(0)
    rounding += _half(unit) * abs(amount) + _half(amount) * abs(unit)
    return apart if apart > rounding + abs(stated) * Decimal(str(CLOSE)) else Decimal(0)


def _half(number: Decimal) -> Decimal:
    """Half a unit of the last place of a number of four decimals or more; one of fewer is taken as exact."""
    exponent = number.as_tuple().exponent
    return (
        Decimal(5).scaleb(exponent - 1)
        if isinstance(exponent, int) and exponent <= -4
        else Decimal(0)
    )
