"""The table of seats: how many were paid for, and how many were opened, by month (docs/method §17.7)."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pandas as pd

from ...errors import InputError
from ..plans.sheet import Sheet
from .rows import own_rows

COLUMNS = ["month", "workload", "SkuId", "bought", "opened"]
ALSO = {"SkuId": ("sku",), "bought": ("seats", "paid"), "opened": ("used", "active")}


def read_seats(
    path: str | os.PathLike, entity: str = "", entities: Iterable[str] = ()
) -> pd.DataFrame:
    r"""Seats by month, workload and SKU, those of one entity where the file has a column `entity`.

    Parameters
    ----------
    path : path
        CSV or Excel: month, SkuId, bought, opened; perhaps workload, entity.
    entity : str, optional
        Whose; "": all rows.
    entities : iterable of str, optional
        Every entity of the company: a name that is none of them is refused.

    Returns
    -------
    frame
        COLUMNS: month YYYY-MM, text, bought (> 0) and opened as float.

    Raises
    ------
    InputError
        A month that is none, a number that is none, more opened than bought, no seat bought, a line
        twice; with file, line and column.

    Source
    ------
    docs/method §17.7.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "seats.csv"
    >>> _ = path.write_text("month,SkuId,bought,opened\n2026-01,S,50,41\n")
    >>> read_seats(path).iloc[0].to_dict()
    {'month': '2026-01', 'workload': '', 'SkuId': 'S', 'bought': 50.0, 'opened': 41.0}
    """
    sheet = Sheet(path, "a file of seats", ALSO)
    months, skus = sheet.months("month"), sheet.cells("SkuId")
    bought, opened = sheet.numbers("bought", False), sheet.numbers("opened", False)
    workloads = sheet.cells("workload", needed=False)
    seen: dict[tuple, int] = {}
    rows = []
    for i in own_rows(sheet, entity, entities):
        if not skus[i]:
            raise InputError(
                f"{sheet.at(i, sheet.column('SkuId'))}: is empty. Write the SKU of the seat, as the bill has it."
            )
        if not bought[i]:
            raise InputError(
                f"{sheet.at(i, sheet.column('bought'))}: no seat was bought. Write how many were paid for, or take the line out."
            )
        if opened[i] > bought[i]:
            raise InputError(
                f"{sheet.at(i, sheet.column('opened'))}: {opened[i]} seats opened of {bought[i]} bought. Write at most {bought[i]}."
            )
        key = (months[i], workloads[i], skus[i])
        if key in seen:
            raise InputError(
                f"{sheet.at(i, sheet.column('month'))}: {months[i]} of {skus[i]} stands already in line {sheet.lines[seen[key]]}. Keep one of them."
            )
        seen[key] = i
        rows.append((*key, float(bought[i]), float(opened[i])))
    return pd.DataFrame(rows, columns=COLUMNS)
