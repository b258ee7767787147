"""Maturity as a page of its own, in the look of the report (docs/method §18.11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from ....measure.maturity.levels import NAMES, name_of
from ....measure.maturity.types import Check, Grade
from ....measure.maturity.whole import Standing
from ....periods import month_name
from ....wording import day
from ....wording.terms import terms_in
from ..html import shell
from ..tables import Column, table, templates

SAID = (
    "A level is of one figure. Two in three of the capabilities with data are at least at the level of the whole: the 33rd percentile, "
    "rounded down.",
    "No data is a level of its own: it raises and lowers nothing, and says what to bring.",
    "Each month of the trend knows what was known at its end; costs are those of today's ledger.",
    "“Stated” is what no file shows and somebody answers for, with a name and a day.",
)
STYLE = """
.tiles { grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); }
.grades tbody th, .trend tbody th { white-space: nowrap; min-width: 0; }
.chip { display: inline-block; border: 1.5px solid currentColor; border-radius: 99px; padding: 0 10px; font-weight: bold; font-size: 12.5px; white-space: nowrap; }
.l3, .s-yes { color: var(--good); } .l2, .s-stated { color: var(--blue); } .l1, .s-partly { color: var(--wait); } .l0, .s-no { color: var(--bad); } .ln, .s-not-known { color: var(--grey); }
.trend td.cell, .trend th.cell { text-align: center; padding: 4px 3px; }
.trend tr.whole th, .trend tr.whole td { font-weight: bold; border-bottom: 1.5px solid var(--ink); }
.trend .sq { display: inline-block; min-width: 42px; padding: 2px 0; border-radius: 5px; font-size: 12px; font-weight: bold; color: #fff; background: var(--grey); }
.trend .sq.l3 { background: #00704f; } .trend .sq.l2 { background: #00629b; } .trend .sq.l1 { background: #8a5a00; } .trend .sq.l0 { background: #b34700; } .trend .sq.ln { background: transparent; color: var(--grey); font-weight: normal; }
td.w, th.w { white-space: normal; } .do { color: var(--grey); } .checks td { vertical-align: top; }
@media print { .trend .sq { border: 1px solid currentColor; } }
"""
SHORT = {None: "–", 0: "below", 1: "crawl", 2: "walk", 3: "run"}


def page(
    one: Standing, company: str, headline: str, summary: Sequence[str], figures: Mapping[str, str]
) -> str:
    """The whole HTML document. summary: sentences below the headline; figures: {key of a capability: its figure in words}."""
    body = templates.get_template("maturity/maturity.html.j2").render(
        company=company,
        month=month_name(one.month),
        headline=headline,
        summary=summary,
        tiles=list(_tiles(one)),
        grades=_grades(one.grades, figures),
        trend=_trend(one),
        milestones=[
            (f"{name.capitalize()}: {sentence}", f"{so} of {count}", _checks(lines))
            for name, sentence, so, count, lines in one.milestones()
        ],
        practices=_checks(one.practices()),
        said=SAID,
        terms=terms_in(_words(one)),
        style=Markup(f"<style>{STYLE}</style>"),
    )
    foot = f"{company} · {month_name(one.month)} · data as of {day(one.as_of)} · {one.currency}"
    return shell(f"{company} · FinOps maturity · {month_name(one.month)}", body, [], foot)


def _words(one: Standing) -> str:
    """What stands on the page, for its list of terms."""
    graded = [f"{grade.evidence} {grade.rule} {grade.step}" for grade in one.grades]
    checked = [f"{line.what} {line.evidence} {line.step}" for line in one.lines.values()]
    return " ".join([*SAID, *graded, *checked])


def _tiles(one: Standing) -> Iterator[tuple[str, str, str, str]]:
    """(title, figure, line below, class)."""
    before = [level for level, _ in list(one.trend.values())[:-1] if level is not None]
    since = ""
    if before and one.level is not None:
        earlier = before[0]
        since = (
            f"as at the beginning of the trend ({name_of(earlier)})"
            if earlier == one.level
            else f"{'up' if one.level > earlier else 'down'} from {name_of(earlier)}"
        )
    yield "The whole", name_of(one.level).capitalize(), since, _class(one.level)
    yield (
        "Capabilities with data",
        f"{one.with_data} of {len(one.grades)}",
        "the others raise and lower nothing" if one.with_data < len(one.grades) else "",
        "",
    )
    for name, _, so, count, _ in one.milestones():
        yield f"Milestone {name}", f"{so} of {count}", "reached" if so == count else "", ""
    practices = one.practices()
    so = sum(line.state in ("yes", "stated") for line in practices)
    yield "Practices", f"{so} of {len(practices)}", "", ""


def _class(level: int | None) -> str:
    return "ln" if level is None else f"l{level}"


def _chip(level: int | None) -> Markup:
    return Markup('<span class="chip {}">{}</span>').format(_class(level), name_of(level))


def _grades(grades: Sequence[Grade], figures: Mapping[str, str]) -> Markup:
    columns = [
        Column("Capability", False),
        Column("Level", False),
        Column("Figure"),
        Column("Evidence, steps, and what to do next", False, wide=True),
    ]
    rows = [
        [
            grade.name,
            _chip(grade.level),
            figures[grade.key],
            Markup('{}. <span class="do">{}{}.<br></span><strong>Next:</strong> {}').format(
                _upper(grade.evidence), grade.rule[:1].upper(), grade.rule[1:], grade.step
            ),
        ]
        for grade in grades
    ]
    return table(columns, rows, "Each capability by one figure", name="grades")


def _upper(text: str) -> str:
    return text if text.startswith("finops") else text[:1].upper() + text[1:]


def _trend(one: Standing) -> Markup:
    """A row for the whole and one for each capability, a column a month."""
    head = Markup("").join(
        Markup('<th class="cell" scope="col">{}<br>{}</th>').format(
            month_name(month).split()[0][:3], month[2:4]
        )
        for month in one.trend
    )
    rows = [
        _row("The whole", [level for level, _ in one.trend.values()], "whole"),
        *(
            _row(grade.name, [levels[i] for _, levels in one.trend.values()], "")
            for i, grade in enumerate(one.grades)
        ),
    ]
    return Markup(
        '<div class="scroll"><table class="trend"><caption>Level by month: {}</caption>'
        '<thead><tr><th scope="col"></th>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(", ".join(NAMES) + "; – no data", head, Markup("").join(rows))


def _row(name: str, levels: Sequence[int | None], kind: str) -> Markup:
    cells = Markup("").join(
        Markup('<td class="cell"><span class="sq {}">{}</span></td>').format(
            _class(level), SHORT[level]
        )
        for level in levels
    )
    return Markup('<tr class="{}"><th scope="row">{}</th>{}</tr>').format(kind, name, cells)


def _checks(lines: Sequence[Check]) -> Markup:
    columns = [
        Column("Asked for", False),
        Column("So?", False),
        Column("What the data show, and what to do", False, wide=True),
    ]
    rows = [
        [
            line.what,
            Markup('<span class="chip s-{}">{}</span>').format(
                line.state.replace(" ", "-"), line.state
            ),
            Markup("{}.{}").format(
                _upper(line.evidence),
                Markup(' <span class="do">{}</span>').format(line.step) if line.step else "",
            ),
        ]
        for line in lines
    ]
    return table(columns, rows, "", name="checks")
