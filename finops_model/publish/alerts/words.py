"""Alerts in words: one headline, severity with its sign, and all of them as Markdown in which text from a bill stays text."""

from __future__ import annotations

import re

from ...errors import together
from ...forecasting.settling import settled
from ...measure.anomalies.alert import NAMES, Alert
from ...measure.anomalies.watch import Watch
from ...measure.words import money
from ...wording import clean


def headline(watch: Watch) -> str:
    """One sentence: how many alerts, how much money, the worst of them."""
    if not watch.alerts and watch.unfinished:
        days = sorted({one.day for one in watch.unfinished})
        return f"Nothing unusual from {watch.since} to {settled(watch.as_of, watch.unfinished)}; {together(days)} {'are' if len(days) > 1 else 'is'} not judged yet."
    if not watch.alerts:
        return f"Nothing unusual from {watch.since} to {watch.as_of}."
    spend = [one for one in watch.alerts if one.kind in ("spend", "runaway")]
    over = sum(one.severity for one in spend if one.severity > 0)
    count = f"{len(watch.alerts)} alert{'s' * (len(watch.alerts) > 1)} from {watch.since} to {watch.as_of}"
    top = watch.alerts[0]
    more = f"; spend above what was expected: {money(over, watch.currency)}" if over else ""
    return f"{count}{more}. First: {clean(top.what)}"


def size(alert: Alert, currency: str) -> str:
    """Severity with its sign in words a finance reader knows; a gap is money not known."""
    if alert.kind == "gap":
        return f"{money(abs(alert.severity), currency)} not known"
    if alert.kind == "runout" and not alert.severity:
        return "–"  # of a unit that has no money, or nothing beside the end of a contract
    return f"{'+' if alert.severity >= 0 else '−'}{money(abs(alert.severity), currency)}"


def plain(text: str) -> str:
    """Text from a bill inside Markdown: it stays text.

    >>> plain("team|[x](http://a) <b>")
    'team\\\\|\\\\[x\\\\](http://a) \\\\<b\\\\>'
    """
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", clean(text))


def markdown(watch: Watch, company: str) -> str:
    """The alerts as readable text."""
    lines = [
        f"# {plain(company)}: AI spend alerts, data up to {watch.as_of}",
        "",
        plain(headline(watch)),
        "",
    ]
    for one in watch.alerts:
        lines += [
            f"## {NAMES[one.kind]} · {plain(one.subject)} · {size(one, watch.currency)}",
            "",
            plain(one.what),
            "",
        ]
        lines += [f"* What moved: {plain(one.why)}"] * bool(one.why)
        lines += [
            f"* Owner: {plain(one.owner)}",
            f"* To do: {plain(one.do)}",
            f"* Id: {one.id}{' (goes on)' if one.ongoing else ''}",
            "",
        ]
    lines += [f"{watch.accepted} recorded as expected and kept quiet.", ""] * bool(watch.accepted)
    lines += [plain(note) for note in watch.notes]
    return "\n".join(lines).rstrip() + "\n"
