"""Customers, and what each of them used: a list, and a table of counts by month."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pandas as pd

from ...errors import InputError, listing, unknown
from ..intake.mapping import decimal_mark
from ..plans.sheet import Sheet
from .rows import own_rows

COLUMNS = ("customer", "name", "segment", "tier", "since", "billed_by")


def read_customers(
    path: str | os.PathLike, entity: str = "", entities: Sequence[str] = ()
) -> pd.DataFrame:
    """The customers of a file: customer, name, segment, tier, since (YYYY-MM), billed_by, mine ("" where a cell is not there; mine: of the entity).

    Raises InputError with file, line and column: no or the same customer twice, a month that is none.
    """
    sheet = Sheet(path, "a file of customers")
    ids = sheet.cells("customer")
    own = set(own_rows(sheet, entity, entities))
    more = {name: sheet.cells(name, needed=False) for name in COLUMNS[1:]}
    first: dict[str, int] = {}
    for i, name in enumerate(ids):
        if not name:
            raise InputError(f"{sheet.at(i, 'customer')}: is empty. Write the customer.")
        if first.setdefault(name, i) != i:
            raise InputError(
                f"{sheet.at(i, 'customer')}: '{name}' is in line {sheet.lines[first[name]]} already. Keep one of them."
            )
        if more["since"][i]:
            more["since"][i] = sheet.month(i, "since", more["since"][i])
    return pd.DataFrame({"customer": ids, **more, "mine": [i in own for i in range(len(ids))]})


def read_customer_usage(path: str | os.PathLike, customers: pd.DataFrame | None) -> pd.DataFrame:
    """What customers used: month, customer, name (a column of counts, as a driver is called), count; of the entity's customers.

    customers   as `read_customers` gives them; None: any name is a customer
    Raises InputError with file, line and column: an unknown customer, a month twice, a count that is none.
    """
    sheet = Sheet(path, "a file of customers' use")
    months, ids = sheet.months("month"), sheet.cells("customer")
    taken = {sheet.column("month"), sheet.column("customer"), sheet.find("entity")}
    counts = [column for column in sheet.frame.columns if column not in taken]
    if not counts:
        raise InputError(
            f"{sheet.name}: a file of customers' use needs a column of counts besides month and customer. Columns seen: "
            f"{listing(sheet.frame.columns)}. Add one, named after the driver."
        )
    known = None if customers is None else dict(zip(customers["customer"], customers["mine"]))
    first: dict[tuple[str, str], int] = {}
    for i, key in enumerate(zip(months, ids, strict=True)):
        if known is not None and ids[i] not in known:
            raise InputError(unknown(sheet.at(i, "customer"), "customer", ids[i], known))
        if key in first:
            raise InputError(
                f"{sheet.at(i, 'customer')}: '{ids[i]}' has {months[i]} twice, first in line {sheet.lines[first[key]]}. Keep one of them."
            )
        first[key] = i
    rows = []
    for column in counts:
        cells = sheet.cells(column)
        mark, _ = decimal_mark(cells, sheet.name, column, sheet.frame.attrs["typed"])
        for i, cell in enumerate(cells):
            if known is None or known[ids[i]]:
                count = float(sheet.number(i, column, cell, mark, negative=False))
                rows.append((months[i], ids[i], column, count))
    return pd.DataFrame(rows, columns=["month", "customer", "name", "count"])
