"""What the tables of the cycle have in common: whose a row is, cells that may be empty, text that is no formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from ...errors import InputError, nearest, unknown
from ...names import slug
from ..intake.formats import read_moment
from ..plans.sheet import Sheet

FORMULA = ("=", "+", "-", "@")


def own_rows(sheet: Sheet, entity: str = "", entities: Iterable[str] = ()) -> list[int]:
    """Positions of the rows that are of an entity by the column `entity`; all rows where there is no such column, or no entity.

    entities   all that the company has: a name that is none of them is refused; empty: not checked
    """
    if not entity or sheet.find("entity") is None:
        return list(range(len(sheet.frame)))
    known = {name.casefold(): name for name in (*entities, entity)}
    known |= {slug(name): name for name in (*entities, entity)}
    whose = []
    for i, cell in enumerate(sheet.cells("entity")):
        if not cell:
            raise InputError(
                f"{sheet.at(i, 'entity')}: is empty. Write the entity that the row is of."
            )
        name = known.get(cell.casefold())
        if name is None and tuple(entities):
            raise InputError(unknown(sheet.at(i, "entity"), "entity", cell, entities))
        whose.append(name)
    return [i for i, name in enumerate(whose) if name == known[entity.casefold()]]


def filled(sheet: Sheet, i: int, column: str, cell: str, what: str) -> str:
    """A cell that must say something. Raises InputError where it is empty."""
    if not cell:
        raise InputError(f"{sheet.at(i, column)}: is empty. Write {what}.")
    return cell


def a_day(sheet: Sheet, i: int, column: str | None, cell: str) -> dt.date | None:
    """The day of a cell; None where it is empty or there is no such column."""
    if column is None or not cell:
        return None
    moment = read_moment(cell)
    day = moment.day(sheet.order(column)) if moment and moment.second else None
    if day is None:
        raise InputError(
            f"{sheet.at(i, column)}: '{cell[:40]}' is not a day. Write it as 2026-01-31."
        )
    return day


def a_number(
    sheet: Sheet, i: int, column: str | None, cell: str, negative: bool = False
) -> Decimal | None:
    """The number of a cell; None where it is empty or there is no such column. A blank is never a zero."""
    if column is None or not cell:
        return None
    return sheet.number(i, column, cell, sheet.mark(column), negative)


def a_share(sheet: Sheet, i: int, column: str | None, cell: str) -> float | None:
    """The share of a cell, 0 to 1 or 0 % to 100 %; None where it is empty."""
    percent = cell.endswith("%")
    number = a_number(sheet, i, column, cell.removesuffix("%").strip())
    if number is None or column is None:
        return None
    value = float(number) / (100 if percent else 1)
    if not 0 <= value <= 1:
        raise InputError(
            f"{sheet.at(i, column)}: '{cell[:40]}' is no share. Write 0 to 1, or 0 % to 100 %."
        )
    return value


def one_of(sheet: Sheet, i: int, column: str, cell: str, allowed: Iterable[str]) -> str:
    """The word of a cell among those allowed, whatever its case. Raises InputError with the nearest."""
    words = {word.casefold(): word for word in allowed}
    if cell.casefold() in words:
        return words[cell.casefold()]
    near = nearest(cell, words)
    raise InputError(
        f"{sheet.at(i, column)}: unknown {column.replace('_', ' ')} '{cell[:40]}'."
        f"{f' Did you mean {near!r}?' if near else ''} Known: {', '.join(words.values())}."
    )


def as_given(cell: str) -> str:
    """A text without the apostrophe that keeps a spreadsheet from running it (`documents.no_formula` writes it).

    >>> as_given("'=1+1"), as_given("'a'"), as_given("-x")
    ('=1+1', "'a'", '-x')
    """
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA and cell[1:2] else cell
