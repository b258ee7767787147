"""Which recommendations go together: at most one of a group, none that contradicts another (docs/method §17.22)."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from ...scenario.changes import unescape
from ..advice import Recommendation

EVERYTHING = ("*",)


def touched(advice: Recommendation) -> list[tuple[str, tuple[str, ...], bool]]:
    """(workload or other thing, patterns of SKUs, whether it goes away) of each change."""
    every = []
    for change in advice.changes:
        head, *rest = [unescape(part) for part in change["path"].split("/")]
        value = change.get("value")
        terms = value if isinstance(value, dict) else {}
        taken = terms.get("for") or {}
        skus = tuple((change.get("with") or {}).get("skus") or taken.get("skus") or EVERYTHING)
        if head == "workloads":
            gone = _gone(rest[1:], change.get("value"))
            every.append((rest[0], skus, gone))
        elif head == "purchases" and taken:
            every += [(name, skus, False) for name in taken.get("workloads", [])]
        else:
            every.append((f"{head}/{rest[0]}", EVERYTHING, False))
    return every


def _gone(where: Sequence[str], value) -> bool:
    """Whether a change takes all of what it touches away."""
    return (list(where) == ["demand", "level"] and value == 0) or (
        list(where) in (["avoided"], ["recurring"]) and value == 1
    )


def contradict(one: Recommendation, other: Recommendation) -> bool:
    """Whether not both can be done: of one group, the same path set twice, or one takes away what the other changes."""
    if one.group and one.group == other.group:
        return True
    paths = {change["path"] for change in one.changes if change["op"] != "scale"}
    if any(c["path"] in paths for c in other.changes if c["op"] != "scale"):
        return True
    for thing, skus, gone in touched(one):
        for also, others, too in touched(other):
            if thing == also and (gone or too) and _meet(skus, others):
                return True
    return False


def _meet(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of SKU patterns can name the same SKU."""
    return any(fnmatchcase(a, b) or fnmatchcase(b, a) for a in one for b in other)


def choose(
    advice: Sequence[Recommendation], taken: Sequence[Recommendation] = ()
) -> tuple[list[Recommendation], dict[str, str]]:
    """Those that go together, the best net first, and by id with what another one it cannot be done.

    Advice is taken in the order of what it saves net over all simulated months; what saves nothing is not taken.
    """
    chosen = list(taken)
    against: dict[str, str] = {}
    for each in sorted(advice, key=lambda a: (-(a.horizon or 0.0), a.id)):
        if (each.horizon or 0.0) <= 0:
            continue
        other = next((one for one in chosen if contradict(one, each)), None)
        if other is None:
            chosen.append(each)
        else:
            against[each.id] = other.id
    return chosen[len(taken) :], against
