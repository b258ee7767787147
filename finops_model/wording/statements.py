"""Statements in words: what a line is, and by which rule money comes to a bearer (docs/method §14.41)."""

from __future__ import annotations

from collections.abc import Mapping

from .shared import CENTRAL, HOW, NO_TEAM

KIND = {
    "own": "Own cost",
    "shared": "Shared cost received",
    "idle": "Idle capacity",
    "unused": "Unused commitment",
    "central": "Central",
}
LEVEL = {
    "team": "Team",
    "cost_center": "Cost centre",
    "business_unit": "Business unit",
    "legal_entity": "Legal entity",
}
MODE = {
    "showback": "Showback: shown only, nothing of it is booked.",
    "chargeback": "Chargeback: the close of the period books it.",
}
IDLE = {
    "owner": "stays with its owner",
    "proportional": "shared in proportion to own cost",
    "central": "stays central",
}
UNUSED = {
    "buyer": "stays with its buyer",
    "proportional_to_benefit": "shared by those whose use the commitment covered",
    "central": "stays central",
}
OUTSIDE = "EffectiveCost without tax and credits; both stay with the entity that was billed."


def bearer(name: str, level: str) -> str:
    """A bearer as readers see it.

    >>> bearer("(untagged)", "team"), bearer("(unassigned)", "cost_center"), bearer("", "team"), bearer("chat", "team")
    ('no team', 'no cost centre', 'central (nobody bears it)', 'chat')
    """
    if not name:
        return CENTRAL
    if name == "(untagged)":
        return NO_TEAM
    return f"no {LEVEL[level].lower()}" if name == "(unassigned)" else name


def line(kind: str, pool: str, activity: str, service: str, rules: Mapping[str, str]) -> str:
    """What a line of a statement is of.

    rules   pool -> the rule that was used; "(idle)", "(unused)" -> who bears it, in words

    >>> line("shared", "platform", "", "", {"platform": "even"}), line("own", "", "training", "GPU", {})
    ('platform, given out evenly', 'training · GPU')
    >>> line("unused", "", "", "GPU", {"(unused)": UNUSED["buyer"]})
    'GPU, stays with its buyer'
    """
    if kind == "shared":
        how = rules.get(pool)
        return f"{pool}, given out {HOW[how]}" if how else pool
    if kind == "central":
        return "nobody bears it"
    rule = rules.get(f"({kind})", "") if kind in ("idle", "unused") else ""
    named = " · ".join(one for one in (activity, service) if one)
    if kind == "own":
        return named or "not stated"
    return ", ".join(one for one in (named, rule) if one)


def headline(bearer: str, shown: str, total: str, currency: str, period: str) -> str:
    """The sentence of a statement; `bearer` is "" where nobody bears it.

    >>> headline("chat", "chat", "1,204.50", "USD", "October 2026")
    'chat bears 1,204.50 USD of October 2026.'
    >>> headline("", "central (nobody bears it)", "0.01", "USD", "October 2026")
    'Nobody bears 0.01 USD of October 2026; it stays central.'
    """
    if not bearer:
        return f"Nobody bears {total} {currency} of {period}; it stays central."
    who = (
        f"Cost with {shown}:" if shown.startswith("no ") and bearer[:1] == "(" else f"{shown} bears"
    )
    return f"{who} {total} {currency} of {period}."
