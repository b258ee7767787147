"""`finops explain`: where a value of a scenario comes from (docs/method §3.2)."""

from __future__ import annotations

from .document import Resolved, load_scenario, resolve
from .document import explain as explain_resolved


def explain(scenario, path: str, settings=None, daily=None) -> str:
    """Base, changes in their order, and the reason given for each, as one line per value.

    scenario   a file, or what `resolve` gave; path: slash path, `*` for one segment
    """
    if isinstance(scenario, Resolved):
        return explain_resolved(scenario, path)
    loaded = load_scenario(scenario)
    if daily is None:
        from ..facts.workspace import read_daily

        daily = read_daily(settings)
    return explain_resolved(resolve(loaded, daily, settings), path)
