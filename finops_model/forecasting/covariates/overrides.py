"""Month totals set by hand: read from known.yaml, and compared with what the model says of the same total (docs/method §2.22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...documents import Document
from ...errors import InputError
from ...names import COMPANY
from ...periods import check_month, month_days
from . import words
from .entries import ALL, Entries, day


def read_overrides(entries: Entries, kind: str, name: str, given, at: tuple) -> list[dict]:
    """Overrides known on as_of of a month that was not booked when they were set."""
    overrides = []
    for i, entry in enumerate(given):
        where = entries.document.at((*at, "override", i))
        month = check_month(entry.month, f"{where}: month")
        end = str(month_days(month)[-1])
        then = day(entry.known_since) if entry.known_since else None
        if end <= entries.facts.as_of and not (then and then <= end) and not entries.replay:
            raise InputError(
                f"{where}: {month} is booked (data up to {entries.facts.as_of}); what has happened is not set by hand. An override made before "
                "the month's end says so with known_since."
            )
        if not entries.known(entry) or end <= entries.facts.as_of:
            continue
        company = name in (ALL, COMPANY)
        if kind == "workload" and not company and name not in entries.facts.names:
            continue
        unit = (
            COMPANY
            if company
            else name
            if kind == "unit"
            else entries.facts.meta.unit_of[entries.facts.names.index(name)]
        )
        overrides.append(
            {
                "unit": unit,
                "workload": "" if kind == "unit" or company else name,
                "month": month,
                "value": entry.value,
                "by": entry.by,
                "because": entry.because,
                "known_since": entry.known_since or "",
                "where": where,
            }
        )
        entries.note(
            name,
            words.of_override(overrides[-1], entries.facts.currency),
            entry.value,
            entry,
            (*at, "override", i),
        )
    return overrides


def refuse_twice(document: Document, events: Mapping, overrides: list[dict]) -> None:
    """Two events of one name, or two hands on one total: one of them would be lost without a word."""
    for name, drawn in events.items():
        labels = [event.label for event, _ in drawn]
        for label in labels:
            if labels.count(label) > 1:
                raise InputError(
                    f"{document.path}: workloads/{name}: two events are called '{label}'; give each a name of its own, their draws are "
                    "named after it."
                )
    seen: dict[tuple, dict] = {}
    for override in overrides:
        key = (override["unit"], override["workload"], override["month"])
        if key in seen:
            raise InputError(
                f"{override['where']}: {override['month']} of {override['workload'] or override['unit']} is set by hand twice; the first time is at "
                f"{seen[key]['where']}. Keep the one that counts."
            )
        seen[key] = override


def compare_overrides(overrides: Sequence[dict], run) -> list[dict]:
    """Month totals set by hand that lie in a run, each with the model's own p10, p50, p90 of the same total.

    Keys: unit, workload ("": the whole unit; unit "Company": everything), month, value, by, because, known_since, p10, p50, p90.
    """
    compared = []
    for override in overrides:
        if override["month"] not in run.months:
            continue
        if override["workload"]:
            own = run.by_workload[
                run.workloads.index(override["workload"]), run.months.index(override["month"]), 1:
            ]
        else:
            own = [
                run.quantile(
                    q,
                    None if override["unit"] == COMPANY else override["unit"],
                    [override["month"]],
                )
                for q in (0.1, 0.5, 0.9)
            ]
        compared.append(
            {key: value for key, value in override.items() if key != "where"}
            | dict(zip(("p10", "p50", "p90"), map(float, own)))
        )
    return compared
