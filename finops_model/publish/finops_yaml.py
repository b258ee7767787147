"""finops.yaml is its reader's: lines are only added to it, never taken out or written anew (docs/method §13.50)."""

from __future__ import annotations

from typing import Any

import yaml

from ..documents import dump_yaml


def with_added(text: str, key: str, value: str | int | list | dict) -> str | None:
    """The document with `key: value`, or with new items at the end of the list `key`; every line there stays as it is.

    None where that cannot be done: the key says something else already, or the document is written in braces.

    >>> print(with_added("company: Ours  # the whole group", "budgets", "plans/b.csv"), end="")
    company: Ours  # the whole group
    budgets: plans/b.csv
    >>> print(with_added("drivers:\\n- a.csv\\nseed: 1\\n", "drivers", ["b.csv"]), end="")
    drivers:
    - a.csv
    - b.csv
    seed: 1
    >>> with_added("budgets: old.csv\\n", "budgets", "new.csv") is None
    True
    """
    before = yaml.safe_load(text) or {}
    longer: str | None
    if key not in before:
        longer = f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{dump_yaml({key: value})}"
        wanted = {**before, key: value}
    elif isinstance(before[key], list) and isinstance(value, list):
        longer, wanted = _longer(text, key, value), {**before, key: [*before[key], *value]}
    else:
        return None
    try:
        return longer if longer is not None and yaml.safe_load(longer) == wanted else None
    except yaml.YAMLError:
        return None


def with_named(text: str, key: str, name: str, several: bool = True) -> str | None:
    """The document with a file's `name` under `key`: a new line, a further item of a list, or a list of the file that stands there and this one.

    several   the key takes more than one file
    What is there stays as it is, remarks too; the text itself where the name is there. None where it cannot be added.

    >>> print(with_named("invoices: a.csv  # from Anna\\n", "invoices", "b.csv"), end="")
    invoices: [a.csv, b.csv]  # from Anna
    >>> print(with_named("company: Ours\\n", "budgets", "b.csv"), end="")
    company: Ours
    budgets: b.csv
    """
    now = (yaml.safe_load(text) or {}).get(key)
    if name == now or (isinstance(now, list) and name in now):
        return text
    if now in (None, [], ""):
        return with_added(text, key, [name] if key == "drivers" else name)
    if not several:
        return None
    return with_added(text, key, [name]) if isinstance(now, list) else _listed(text, key, name)


def _listed(text: str, key: str, name: str) -> str | None:
    """The text with a list of the one file that stands under a key and a new one."""
    wanted = yaml.safe_load(text)
    wanted[key] = [wanted[key], name]
    document: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    node = next(value for word, value in document.value if word.value == key)
    start, end = node.start_mark.index, node.end_mark.index
    longer = f"{text[:start]}[{text[start:end]}, {_scalar(name)}]{text[end:]}"
    try:
        return longer if yaml.safe_load(longer) == wanted else None
    except yaml.YAMLError:
        return None


def _longer(text: str, key: str, items: list[str]) -> str | None:
    """The text with items behind the last one of a list."""
    document: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    node = next(value for name, value in document.value if name.value == key)
    if node.flow_style:
        end = node.end_mark.index - 1
        return (
            text[:end]
            + "".join(
                f"{', ' if node.value or i else ''}{_scalar(item)}" for i, item in enumerate(items)
            )
            + text[end:]
        )
    if not node.value:
        return None
    lines, last = text.splitlines(keepends=True), node.value[-1].end_mark.line
    indent = " " * node.start_mark.column
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    return "".join(
        [
            *lines[: last + 1],
            *(f"{indent}- {_scalar(item)}\n" for item in items),
            *lines[last + 1 :],
        ]
    )


def _scalar(text: str) -> str:
    return dump_yaml([text])[2:].rstrip("\n")
