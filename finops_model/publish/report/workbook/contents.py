"""Sheet Contents: every sheet with a link, what it holds, and whether its sums agree with the report (docs/method §15.50)."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from ....measure.brief_types import Brief
from ....periods import month_name
from .cells import AGREES, DIFFERS, Listed, Pen, clean

LEGEND = (
    ("input", "taken over from the report: formulas stand on it"),
    ("money", "computed in this workbook: a live formula, or a figure that nothing stands on"),
    (
        "simulated",
        "read from the simulated futures, which a workbook cannot do: quantiles do not add up",
    ),
)


def begin(pen: Pen) -> Worksheet:
    """The first sheet, empty: it is filled when the others are known."""
    return pen.sheet("Contents", [26, 74, 14], landscape=True)


def contents(pen: Pen, sheet: Worksheet, brief: Brief) -> None:
    """A link to each sheet, with the worst of its checks; all checks at the top."""
    title = f"{brief.get('company', '')} · {brief['unit']} · {month_name(brief['month'])}"
    sheet.write_string(0, 0, clean(title), pen.formats["title"])
    pen.note(sheet, 1, 2, brief.get("headline", ""), "lead")
    pen.head(sheet, 3, ["Sheet", "What it holds", "Check"])
    others = [one for one in pen.listed if one.name != "Contents"]
    for at, one in enumerate(others, 4):
        sheet.write_url(at, 0, f"internal:'{one.name}'!A1", pen.formats["link"], one.name)
        pen.put(sheet, at, 1, one.holds, "wrap")
        _verdict(pen, sheet, at, one)
    last = len(others) + 4
    pen.along(
        sheet,
        last,
        0,
        ("All checks", "Sums and differences against the report's own figures"),
        "part",
    )
    every = [verdict for one in others for _, verdict in one.checks]
    text = f'=IF(COUNTIF(C5:C{last},"{DIFFERS}")=0,"{AGREES}","{DIFFERS}")'
    pen.formula(sheet, last, 2, text, DIFFERS if DIFFERS in every else AGREES, "part")
    for at, (kind, said) in enumerate(LEGEND, last + 2):
        pen.put(sheet, at, 0, 1234.5, kind)
        pen.put(sheet, at, 1, said, "beside")
    said = f"Variances are cost less budget: + is over. Amounts in {pen.currency}. The figures are those of the report; the workbook adds no other."
    pen.note(sheet, last + 6, 2, said)
    sheet.activate()


def _verdict(pen: Pen, sheet: Worksheet, at: int, one: Listed) -> None:
    """Whether every check of a sheet agrees; nothing where it has none."""
    if not one.checks:
        return
    cells = [f"'{one.name}'!{cell}" for cell, _ in one.checks]
    apart = "+".join(f'({cell}="{DIFFERS}")' for cell in cells)
    text = f'=IF(0+{apart}=0,"{AGREES}","{DIFFERS}")'
    said = [verdict for _, verdict in one.checks]
    pen.formula(sheet, at, 2, text, DIFFERS if DIFFERS in said else AGREES, "text")
