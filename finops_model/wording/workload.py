"""A workload without a tag is named team/environment/service; readers are told the parts that are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

UNKNOWN = ("(untagged)", "(not stated)", "")


def spoken(name: str) -> str:
    """The name of a workload without the parts that the bill does not say.

    Parameters
    ----------
    name : str
        As in daily facts: its tag, or team/environment/service.

    Returns
    -------
    str
        For sentences; files and options keep the whole name.

    Examples
    --------
    >>> spoken("search/(untagged)/GPU"), spoken("search/(untagged)/(not stated)"), spoken("chat")
    ('search/GPU', 'search', 'chat')
    >>> spoken("(untagged)/(untagged)/(not stated)")
    'untagged cost'
    """
    parts = name.split("/")
    if len(parts) < 3 or not set(parts) & set(UNKNOWN):
        return name
    return "/".join(part for part in parts if part not in UNKNOWN) or "untagged cost"


def spoken_apart(names: Iterable[str]) -> list[str]:
    """Names of one table, spoken where that leaves them different from one another.

    >>> spoken_apart(["a/(untagged)/GPU", "(untagged)/a/GPU", "b/(untagged)/GPU"])
    ['a/(untagged)/GPU', '(untagged)/a/GPU', 'b/GPU']
    """
    names = list(names)
    said = Counter(spoken(name) for name in names)
    return [spoken(name) if said[spoken(name)] == 1 else name for name in names]
