"""From which distance to its budget a line is named and coloured (docs/method §9.24): one function for page, workbook and mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...names import COMPANY
from .types import Materiality

if TYPE_CHECKING:
    from ..close import Close

OF_LINE, OF_COMPANY = 0.02, 0.001  # as settings have them where nobody wrote others
NOISE = 1e-9  # of a limit: what floats add


def materiality(close: Close) -> Materiality:
    """Both thresholds of a close; `least` is money, None where the company has no budget of the whole year."""
    given, whole = close.materiality, close.company_budget
    return {
        "of_line": given.of_line,
        "of_company": given.of_company,
        "least": None if whole is None else given.of_company * whole,
    }


def limits_of(brief: Mapping) -> Materiality:
    """Both thresholds as a brief says them; those that settings have by themselves for a brief of before page one.

    >>> limits_of({"unit": "Company", "landing": {"budget": 5000.0}})
    {'of_line': 0.02, 'of_company': 0.001, 'least': 5.0}
    """
    if "page_one" in brief:
        return brief["page_one"]["materiality"]
    whole = brief["landing"]["budget"] if brief.get("unit") == COMPANY else None
    least = None if whole is None else OF_COMPANY * whole
    return {"of_line": OF_LINE, "of_company": OF_COMPANY, "least": least}


def is_material(variance: float | None, line: float | None, materiality: Mapping) -> bool:
    """Whether a distance is worth a word and a colour.

    Parameters
    ----------
    variance : float or None
        Money, value − budget; None: nothing is compared.
    line : float or None
        The line's own budget, or what it is held against; None: there is none.
    materiality : Materiality
        Of the brief: `page_one.materiality`.

    Returns
    -------
    bool
        True where it is at least `of_line` of the line and at least `least`; where `least` is
        None, `of_line` alone decides. Without a budget of the line nothing is.

    Source
    ------
    docs/method §9.24.

    Examples
    --------
    >>> limits = {"of_line": 0.02, "of_company": 0.001, "least": 10.0}
    >>> is_material(20.0, 1000.0, limits), is_material(-19.9, 1000.0, limits)
    (True, False)
    >>> is_material(9.0, 100.0, limits), is_material(9.0, 100.0, {**limits, "least": None})
    (False, True)
    """
    if variance is None or line is None or not variance:
        return False
    limit = max(materiality["of_line"] * abs(line), materiality["least"] or 0.0)
    return abs(variance) >= limit * (1 - NOISE)
