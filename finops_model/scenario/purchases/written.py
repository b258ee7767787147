"""What may stand in a field of a way: a number, a text, a list, names with values; looked at before the way is built (docs/method §3.41)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import numpy as np

from ...errors import ScenarioError, as_written

MOST = 1_000_000  # of whole numbers: months, days, instances; beyond it calendars end
WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "Mapping": "names with values: {name: 1}",
    "tuple": "a list: [1, 2]",
}


def check_written(form: type[Any], own: Mapping, where: str) -> None:
    """Raises ScenarioError for a field that holds another kind of thing than its way reads: a list for a number, a number for a name."""
    for field in fields(form):
        value = own.get(field.name, MISSING)
        if value is MISSING or isinstance(value, np.ndarray):
            continue
        if value is None and field.default is None:
            continue
        at = f"{where}: {field.name} is {as_written(value)}"
        if field.name in form.UNCERTAIN:
            if value is None or isinstance(value, (list, tuple, bool)):
                raise ScenarioError(
                    f"{at}; write a number, or a range such as {{p10: 1, p50: 2, p90: 4}}."
                )
            continue
        kind = str(field.type).removesuffix(" | None")
        if not _is(value, kind):
            raise ScenarioError(f"{at}; write {WORDS[kind]}.")
        if kind == "int" and abs(value) > MOST:
            raise ScenarioError(f"{at}; it may be {MOST:,} at most.")


def _is(value, kind: str) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        "float": number,
        "int": number,
        "str": not isinstance(value, (bool, int, float, list, tuple, Mapping))
        and value is not None,
        "bool": isinstance(value, bool),
        "Mapping": isinstance(value, Mapping),
        "tuple": isinstance(value, (list, tuple))
        or number,  # one number may stand for a list of one
    }.get(kind, True)
