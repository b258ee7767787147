"""Sheet What-ifs: each beside the base, and below its inputs: what it changes, to what, from what (docs/method §15.50)."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = (
    "What-if",
    "Question",
    "P10, simulated",
    "P50, simulated",
    "P90, simulated",
    "Against the base, mean",
    "P10 of it",
    "P90 of it",
    "Chance it is cheaper",
    "Base, mean",
    "What-if, mean",
)
INPUTS = ("What-if", "What is changed", "How", "Value", "From", "Since", "Owner", "Because")


def what_ifs(pen: Pen, brief: Brief) -> None:
    """A row a what-if, then a row for each value that it changes; none without a what-if."""
    found = brief.get("what_ifs")
    if not found:
        return
    widths = [28, 40, *[15] * 6, 11, 15, 15]
    holds = "Each what-if against the base, and the values that it changes"
    sheet = pen.sheet("What-ifs", widths, landscape=True, holds=holds, titles=3)
    period = found[0]["period"]
    pen.put(sheet, 0, 0, f"{brief['unit']}: what-ifs, {period}", "strong")
    pen.note(
        sheet,
        1,
        len(HEAD) - 1,
        f"{pen.currency}, {of('what_ifs', brief.get('basis'))}. Differences are simulated path by path, on the same draws: + costs more than the base. "
        "The base's mean is the sum of the forecast's months.",
    )
    pen.head(sheet, 3, list(HEAD), right=2)
    sheet.freeze_panes(4, 1)
    base = _base(pen, brief)
    for at, line in enumerate(found, 4):
        pen.put(sheet, at, 0, line["name"], "wrap")
        pen.put(sheet, at, 1, line["question"], "wrap")
        pen.along(sheet, at, 2, (line["p10"], line["p50"], line["p90"]), "simulated")
        pen.put(sheet, at, 5, line["difference_mean"], "input")
        pen.along(sheet, at, 6, (line["difference_p10"], line["difference_p90"]), "simulated")
        pen.put(sheet, at, 8, line["probability_cheaper"], "share")
        if base:
            pen.formula(sheet, at, 9, base[0], base[1])
            both = base[1] + line["difference_mean"]
            pen.formula(sheet, at, 10, f"=J{at + 1}+F{at + 1}", both)
    _inputs(pen, sheet, len(found) + 6, brief)


def _base(pen: Pen, brief: Brief) -> tuple[str, float] | None:
    """The base's mean over the horizon: the forecast's months on the sheet Months."""
    ahead = [str(one["month"]) for one in brief["forecast"]["months"]]
    if not ahead or any(month not in pen.months for month in ahead):
        return None
    first, last = (pen.months[month][0] + 1 for month in (ahead[0], ahead[-1]))
    return f"=SUM(Months!E{first}:E{last})", sum(one["mean"] for one in brief["forecast"]["months"])


def _inputs(pen: Pen, sheet: Worksheet, at: int, brief: Brief) -> None:
    """What each what-if changes; nothing in a brief of before."""
    changes = [
        (line["name"], one) for line in brief["what_ifs"] for one in line.get("changes") or []
    ]
    if not changes:
        return
    pen.put(sheet, at, 0, "Inputs: what each what-if changes", "strong")
    pen.head(sheet, at + 1, [*INPUTS, "", "", ""])
    pen.along(sheet, at + 1, 3, INPUTS[3:6], "head_right")
    pen.put(sheet, at + 1, 6, INPUTS[6], "head_word")
    for row, (name, one) in enumerate(changes, at + 2):
        pen.put(sheet, row, 0, name, "wrap")
        pen.put(sheet, row, 1, one["path"], "wrap")
        pen.put(sheet, row, 2, one["how"], "wrap")
        for column, text in ((3, one["value"]), (4, one["was"]), (5, one["since"])):
            pen.put(sheet, row, column, _number(text), "blue")
        pen.put(sheet, row, 6, one["owner"], "beside")
        pen.span(sheet, row, 7, 10, one["because"])


def _number(text: str) -> object:
    """A number as a number; everything else as it is written.

    >>> _number("0.6"), _number("0.5 to 0.7"), _number("nan")
    (0.6, '0.5 to 0.7', 'nan')
    """
    try:
        value = float(text)
    except ValueError:
        return text
    return value if abs(value) < 1e300 else text
