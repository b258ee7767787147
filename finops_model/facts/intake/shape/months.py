"""Months as columns: with their year, or below a line that names it; what is longer than a month is none (docs/method §13.82)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ....errors import InputError, listing
from ..formats import is_month, longer_than_a_month, read_moment, without_year

YEAR = re.compile(r"(?<![\d.,])(?:20)\d{2}(?![\d.,]\d|\d)")


def of_columns(
    numbers: Sequence[str], above: Iterable[tuple[int, str]], name: str
) -> tuple[dict[str, str], list[str]]:
    """({column: month YYYY-MM}, notes) of the columns of numbers that are months; {} where fewer than two are.

    above    the lines above the table, which may name the year
    Raises InputError for months without a year that no line names, and for quarters, half years or years where months are wanted.
    """
    months = {
        column: f"{moment.year:04d}-{moment.first:02d}"
        for column in numbers
        if is_month(column) and (moment := read_moment(column))
    }
    if len(months) > 1:
        return (months, []) if len(set(months.values())) == len(months) else ({}, [])
    bare = {column: month for column in numbers if (month := without_year(column))}
    if len(bare) > 1 and len(set(bare.values())) == len(bare):
        return _in_their_year(bare, list(above), name)
    long = {column: word for column in numbers if (word := longer_than_a_month(column))}
    if len(long) > 1 and not months:
        word = next(iter(long.values()))
        raise InputError(
            f"{name}: {listing(map(repr, long), most=6)}: a {word} is no month, and nobody knows how its cost lies over its months. Give the table "
            "by month, for example with columns 2026-01, 2026-02."
        )
    return {}, []


def _in_their_year(bare: dict[str, int], above, name: str) -> tuple[dict[str, str], list[str]]:
    years = {year: line for line, text in reversed(above) for year in YEAR.findall(text)}
    listed = listing(map(repr, bare), most=4)
    order = list(bare.values())
    if len(years) != 1 or order != sorted(order):
        why = (
            "go over the end of a year"
            if order != sorted(order)
            else f"name no year, and above the table stand {listing(sorted(years))}"
            if years
            else "name no year, and no line above the table does"
        )
        raise InputError(
            f"{name}: the months {listed} {why}. Write them as 2026-01, 2026-02 or Jan 26, Feb 26."
        )
    ((year, line),) = years.items()
    return (
        {column: f"{year}-{month:02d}" for column, month in bare.items()},
        [f"the months {listed} are those of {year}, as line {line} says"],
    )
