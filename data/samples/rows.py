"""One row of the bill: quantities and prices in whole numbers, so that money is exact.

quantity in ten-thousandths of the pricing unit, prices in millionths, money in hundred-millionths of a US dollar.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

COLUMNS = [
    "day",
    "days",
    "workload",
    "sku",
    "sku_price",
    "resource",
    "quantity",
    "consumed",
    "list_price",
    "contracted_price",
    "list",
    "contracted",
    "billed",
    "effective",
    "category",
    "frequency",
    "pricing",
    "status",
    "commitment_quantity",
    "class",
    "billing_month",
    "description",
    "provider",
]


def money(quantity: np.ndarray, price: np.ndarray) -> np.ndarray:
    """quantity (ten-thousandths) x price (millionths) in hundred-millionths; exact, or an error."""
    product = quantity.astype(np.int64) * np.asarray(price, dtype=np.int64)
    if np.any(product % 100):
        raise ArithmeticError("a price has more decimals than the bill can hold")
    return product // 100


def charges(day, workload, sku, resource, quantity, list_price, **changes) -> pd.DataFrame:
    """Usage charges at list; `changes` replace any column."""
    quantity = np.asarray(quantity, dtype=np.int64)
    contracted = changes.pop("contracted_price", list_price)
    cost = money(quantity, contracted)
    frame = pd.DataFrame(
        {
            "day": np.asarray(day, dtype=np.int64),
            "quantity": quantity,
            "list_price": list_price,
            "contracted_price": contracted,
            "list": money(quantity, list_price),
            "contracted": cost,
            "billed": cost,
            "effective": cost,
            "consumed": quantity,
        }
    )
    texts = {
        "days": 1,
        "workload": workload,
        "sku": sku,
        "sku_price": f"{sku}-list",
        "resource": resource,
        "category": "Usage",
        "frequency": "Usage-Based",
        "pricing": "Standard",
        "status": "",
        "commitment_quantity": 0,
        "class": "",
        "billing_month": "",
        "description": "",
        "provider": "",
    }
    for column, value in (texts | changes).items():
        frame[column] = value
    return frame[COLUMNS]
