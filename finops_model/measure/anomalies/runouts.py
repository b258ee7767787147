"""Alerts on what runs out soon, ran out, or would expire unused (docs/method §9.22, §12.5): rows of `measure.runout` in, alerts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from .alert import Alert

NOTICE = 30  # days ahead
LIKELY = 0.5
DO = {
    "out": "Fill it up, or have the use that it paid for approved: it is billed now.",
    "prepaid": "Fill it up before that day, or slow the use that it pays for.",
    "credit": "Plan the money for the use that it pays for: it is billed from then on.",
    "commitment": "Decide now what comes after it: renew it, buy less or more, or pay on demand.",
    "quota": "Ask who approved it to raise it, or slow the use before that day.",
    "expires": "Move use under it, or ask the vendor to extend it; buy less next time.",
}


def runout_alerts(
    rows: Iterable[Mapping], as_of: str, currency: str, days: int = NOTICE
) -> list[Alert]:
    """Rows that are likely to run out before their end within `days`, that ran out, or of which half of all futures leave some at an end
    that near. Budgets are left to their pace. Severity: money of the use that is not paid for; of what expires, the money that is lost."""
    soon = str(np.datetime64(as_of) + days)
    alerts = []
    for row in rows:
        case = _case(row, as_of, soon)
        if case is None:
            continue
        lost = row["unused"] if case == "expires" else row["short"]
        money = float(lost or 0.0) if case != "expires" or row["unit"] == currency else 0.0
        alerts.append(
            Alert(
                kind="runout",
                dimension="quota" if row["kind"] == "quota" else "balance",
                subject=str(row["name"]),
                direction="down" if case == "expires" else "up",
                start=str(row["since"]),
                end=str(row["likely"]) if case == "out" else as_of,
                ongoing=case != "out",
                severity=money,
                actual=money,
                expected=0.0,
                what=str(row["sentence"]),
                do=DO[case],
                team=str(row["owner"]),
            )
        )
    return alerts


def _case(row: Mapping, as_of: str, soon: str) -> str | None:
    """ "out", "expires", or the kind of a row that runs out in time; None: nothing to say."""
    likely, end, kind = row["likely"], row["end"], str(row["kind"])
    if kind == "budget" or row["since"] is None:
        return None
    if row["state"] == "out":
        paid = row["short"] is not None and row["short"] < 0.005  # by another balance
        return None if kind == "quota" or paid else "out"  # a passed quota has an alert of its own
    if row["state"] != "running":
        return None
    if likely is not None and as_of < likely <= min(soon, end or soon):
        return kind
    near = end is not None and as_of < end <= soon
    return "expires" if near and (row["unused_chance"] or 0.0) >= LIKELY else None
