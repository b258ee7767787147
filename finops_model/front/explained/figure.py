"""A figure by its id: which kind it is, and who explains it (docs/method §12.28)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...decide.questions.answer import Answer
from ...errors import InputError, listing, nearest
from ...facts.daily import warehouse
from ...periods import check_month
from ...progress import Progress
from ...publish import close
from ...settings import Settings, load_settings
from .actions import explain_action, names_of_actions
from .advice import explain_advice
from .items import explain_item, names_of_items
from .kpis import explain_kpi, names_of_kpis
from .waste import explain_waste, names_of_waste

KINDS = ("kpi", "waste", "advice", "action", "item")


@dataclass(frozen=True)
class Asked:
    """What everybody needs who explains a figure."""

    settings: Settings
    name: str
    month: str  # YYYY-MM
    ledger: object
    daily: object
    unit: str | None
    progress: Progress | None
    kept: dict = field(default_factory=dict)  # facts that were gathered already


# Kind -> its names in a workspace, and who explains one; advice is simulated to be named, so it is asked last
NAMES: dict[str, Callable[[Asked], dict[str, str]]] = {
    "item": names_of_items,
    "action": names_of_actions,
    "kpi": names_of_kpis,
    "waste": names_of_waste,
}
EXPLAINED: dict[str, Callable[[Asked, str], Answer]] = {
    "item": explain_item,
    "action": explain_action,
    "kpi": explain_kpi,
    "waste": explain_waste,
    "advice": explain_advice,
}


def explain_figure(
    figure: str,
    settings: Settings | None = None,
    *,
    unit: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Where a figure comes from.

    figure   KIND:NAME@YYYY-MM, of which KIND (kpi, waste, advice, action, item) and month may be left out: "kpi:Cost per search@2026-10",
             "waste:old-index", "advice:ID", an id of the Monday list

    Raises InputError for a name that nobody has, with the nearest.
    """
    settings = settings or load_settings()
    kind, name, month = parsed(figure)
    ledger = close.books(settings, progress)
    newest = close.pick_month(ledger, month, time_zone=settings.time_zone)[0]
    daily = warehouse.daily(ledger, settings)
    asked = Asked(settings, name, newest, ledger, daily, unit, progress)
    if kind == "advice":
        return explain_advice(asked, name)
    known: dict[str, str] = {}
    for one in [kind] if kind else list(NAMES):
        names = NAMES[one](asked)
        spelled = names.get(name.casefold())
        if spelled is not None:
            return EXPLAINED[one](asked, spelled)
        known |= names
    if kind is None:
        try:
            return explain_advice(asked, name)
        except InputError:
            pass  # nor is it a recommendation: all that is known is named below
    near = nearest(name.casefold(), known)
    hint = f" Did you mean '{known[near]}'?" if near else ""
    what = kind or "figure"
    some = f" Known: {listing(sorted(set(known.values())), 8)}." if known else ""
    raise InputError(
        f"finops explain: unknown {what} '{name[:60]}'.{hint}{some} Figures are named KIND:NAME@YYYY-MM, KIND one of {', '.join(KINDS)}; "
        "a value of a scenario is asked for by FILE PATH."
    )


def parsed(figure: str) -> tuple[str | None, str, str | None]:
    """Kind, name and month of a figure's id.

    >>> parsed("kpi:Cost per search@2026-10"), parsed("1a2b3c4d5e"), parsed("waste:job:7")
    (('kpi', 'Cost per search', '2026-10'), (None, '1a2b3c4d5e', None), ('waste', 'job:7', None))
    """
    head, colon, rest = figure.partition(":")
    kind = head.strip().casefold() if colon else ""
    text = rest if kind in KINDS else figure
    name, at, month = text.rpartition("@")
    if at and len(month.strip()) == len("2026-10") and month.strip()[:1].isdigit():
        check_month(month.strip())
        return kind if kind in KINDS else None, name.strip(), month.strip()
    return kind if kind in KINDS else None, text.strip(), None


__all__ = ["explain_figure"]
