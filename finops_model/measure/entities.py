"""Reports of an entity: whose a brief is, and what it says of itself (docs/method §13.40)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..names import COMPANY, slug
from ..settings import Settings
from .brief_types import Brief
from .words import headline

NOTE = "Each legal entity has its own report; nothing is added up across entities."


def label(entity: str, unit: str) -> str:
    """The name of an entity's unit among all reports of a month.

    >>> label("Acme GmbH", "Company"), label("Acme GmbH", "Product")
    ('Acme GmbH', 'Acme GmbH · Product')
    """
    return entity if unit == COMPANY else f"{entity} · {unit}"


def labelled(brief: Brief, settings: Settings) -> Brief:
    """A brief under the name of its entity, and what it is no sum of.

    Parameters
    ----------
    brief : Brief
        As `measure.brief.brief` gives it.
    settings : Settings
        Of an entity, or of a workspace without.

    Returns
    -------
    Brief
        Unchanged where the settings are of no entity.

    Source
    ------
    docs/method §13.40.

    Examples
    --------
    >>> labelled({"unit": "Company"}, Settings(company="Acme", currency="EUR"))
    {'unit': 'Company'}
    """
    if settings.own is None:
        return brief
    own, unit = settings.own.name, brief["unit"]
    name = label(own, unit)
    children = [
        {**child, "slug": child["slug"] and slug(label(own, child["unit"]))}
        for child in brief["children"]
    ]

    labelled_brief: dict[str, Any] = {
        **brief,
        "unit": name,
        "slug": slug(name),
        "children": children,
        "summary": [*brief["summary"], NOTE],
        "entity": {"name": own, "unit": unit, "currency": brief["currency"], "note": NOTE},
    }
    if reason := brief.get("reason"):  # its words are of a company; here the entity is the whole
        words = {
            key: text.replace("the company", own).replace("The company", own)
            for key, text in reason.items()
            if isinstance(text, str)
        }
        labelled_brief |= {
            "reason": {**reason, **words},
            "summary": [
                words["sentence"] if text == reason["sentence"] else text
                for text in labelled_brief["summary"]
            ],
        }

    return cast(Brief, {**labelled_brief, "headline": headline(labelled_brief)})


def own_unit(brief: Mapping, settings: Settings | None) -> str | None:
    """The unit of a published brief as the settings' company or entity calls it; None where the brief is not of it."""
    entity, own = brief.get("entity"), settings.own if settings is not None else None
    if (entity or {}).get("name") != (own.name if own else None):
        return None
    return str(entity["unit"] if entity else brief["unit"])
