"""The pages of an archive: of all months, of a month, of a set. What is said there of a report is its entry in the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...periods import month_name
from ..page.html import shell
from ..page.tables import templates
from ..report.briefs import readable

ALL = "AI budget reports"
ELSEWHERE = "The archive's pages lie one folder above."


def of_archive(entries: Sequence[dict]) -> str:
    """`index.html`: every month, newest first."""
    months = list(dict.fromkeys(entry["month"] for entry in entries))
    groups = [(month, [one for one in entries if one["month"] == month]) for month in months]
    return shell(ALL, _body(ALL, groups, "{month}/"), (("index.json", "The archive as JSON"),))


def of_month(month: str, entries: Iterable[dict]) -> str:
    """`2026-10/index.html`: the month's reports, with their former versions, restated views, and what happened since."""
    here = [entry for entry in entries if entry["month"] == month]
    title = f"{ALL}, {month_name(month)}"
    return shell(title, _body(title, [(month, here)], ""), (("../index.html", "All months"),))


def of_set(month: str, entries: Iterable[dict]) -> str:
    """`index.html` of a set: its reports by name, and nothing that can change later."""
    title = f"{ALL}, {month_name(month)}"
    plain = [{key: one[key] for key in ("unit", "slug", "status", "headline")} for one in entries]
    return shell(title, _body(title, [(month, plain)], ""))


def above() -> str:
    """A page where links of older addresses lead: it names the folder above."""
    body = f'<section class="first archive"><h1>{ALL}</h1><p>{ELSEWHERE}</p></section>'
    return shell(ALL, body, (("../index.html", ALL),))


def _body(title: str, groups: list, prefix: str) -> str:
    shown = [
        (
            month_name(month),
            prefix.format(month=month),
            [readable(_spoken(entry)) for entry in here],
        )
        for month, here in groups
    ]
    return templates.get_template("report_archive.html.j2").render(
        title=title, groups=shown, many=len(groups) > 1
    )


def _spoken(entry: dict) -> dict:
    """An entry with what its marks say in sentences."""
    said = [*texts(entry.get("later"))]
    if mark := entry.get("not_renewed"):
        made = f", with data to {mark['made']}" if mark.get("made") else ""
        said.insert(0, f"Not renewed since it was published in {mark['since']}{made}.")
    return {**entry, "said": said}


def texts(value) -> list[str]:
    """The sentences in what a caller keeps with an entry: a text, a list of them, or a mapping with `sentence`.

    >>> texts("a."), texts([{"sentence": "b."}, "c."]), texts(None)
    (['a.'], ['b.', 'c.'], [])
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return texts(value.get("sentence"))
    return [text for one in value for text in texts(one)] if isinstance(value, list) else []
