"""From an executed notebook to the published page: nbconvert's basic template, an allow list of elements, our own shell.

Nothing on the page loads anything: no script, no font, no image from outside, and a policy in the page that forbids it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup

from ... import resources
from ...errors import ReportError
from ...measure.brief_types import Brief
from ...periods import month_name
from ...wording.terms import terms_in
from ..report.briefs import figures_hash, readable
from ..report.publication import sentences
from .first import first_figures
from .tables import differences, templates
from .two.contents import with_contents
from .two.control import control_figures

if TYPE_CHECKING:
    from nbconvert import HTMLExporter

SVG = {"svg", "g", "path", "text", "rect", "line", "circle"}
TAGS = SVG | {
    "section",
    "figure",
    "figcaption",
    "div",
    "p",
    "h1",
    "h2",
    "h3",
    "span",
    "strong",
    "em",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "data",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
DRAWN = {
    "d",
    "fill",
    "fill-opacity",
    "height",
    "opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-linecap",
    "stroke-opacity",
    "stroke-width",
    "transform",
    "text-anchor",
    "font-size",
    "font-weight",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
    "dx",
    "dy",
    "role",
    "aria-label",
    "xmlns",
}
WRITTEN = {"class", "id", "scope", "value", "data-path", "data-way"}
LINKS = (
    ("workbook.xlsx", "Workbook"),
    ("brief.json", "Every figure (JSON)"),
    ("manifest.json", "Manifest"),
    ("../index.html", "The month's reports"),
)
MOST_BYTES = 350 * 1024


def allowed(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stand on the page: drawing and naming only, nothing that loads, links, styles or runs."""
    return (
        name in (DRAWN if tag in SVG else WRITTEN)
        and "url(" not in value.lower()
        and "javascript:" not in value.lower()
    )


def sanitised(html: str | bytes) -> str:
    """HTML with only the elements a report has; everything else is shown as the text it is."""
    import bleach

    return bleach.clean(
        html.decode() if isinstance(html, bytes) else str(html), tags=TAGS, attributes=allowed
    )


def body_of(notebook: dict) -> str:
    """The shown HTML of an executed notebook, cleaned: no code, no prompts, no streams, ids that are the same every time."""
    import nbformat

    book = nbformat.from_dict(notebook)
    shown: list = []
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if "text/html" in out.get("data", {})]
            for out in cell.outputs:
                out.data = {"text/html": out.data["text/html"]}
            if cell.outputs:
                cell.id, cell.metadata = f"part-{len(shown) + 1}", {}
                shown.append(cell)
    book.cells = shown
    body, _ = _exporter().from_notebook_node(book)
    return re.sub(r"\s*\n\s*", "\n", body).strip()


@functools.cache
def _exporter() -> HTMLExporter:
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="basic",
        sanitize_html=True,
        filters={"clean_html": sanitised},
        exclude_markdown=True,
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        mathjax_url="",
        require_js_url="",
        jquery_url="",
        mermaid_js_url="",
    )


def page_of(notebook: dict, brief: Brief, marks: Mapping | None = None) -> bytes:
    """The published page. Raises ReportError where a figure on it differs from the brief, or where it is too large.

    marks   of the records: the chain's head when it was made, and that one person may write and approve
    """
    shown = readable(brief)
    title = f"{shown['unit']} · {month_name(shown['month'])} · AI budget report"
    foot = (
        f"{shown['company']} · {shown['unit']} · {month_name(shown['month'])} · {shown['status']} · data as of {shown['data_as_of']} · "
        f"figures sha256 {figures_hash(brief)[:16]}"
    )
    body = body_of(notebook)
    whole = with_contents(_with_head(body, marks or {}) + terms_of(body))
    html = shell(title, whole, LINKS, foot, sentences(marks or {}))
    wrong = differences(body, shown, (*first_figures(shown), *control_figures(shown)))
    if wrong:
        raise ReportError(
            f"the page differs from its brief: {wrong[0]}{f' and {len(wrong) - 1} more' if len(wrong) > 1 else ''}."
        )
    data = html.encode("utf-8")
    if len(data) > MOST_BYTES:
        raise ReportError(
            f"the page has {len(data):,} bytes; a report may have at most {MOST_BYTES:,}. Shorten the lists of its brief."
        )
    return data


def terms_of(body: str) -> str:
    """A section with a line on each term that stands on a page; nothing where none does.

    >>> terms_of("<p>Showback of <b>tokens</b></p>").count("<dt>"), terms_of("<p>a</p>")
    (2, '')
    """
    found = terms_in(unescape(re.sub(r"<[^>]*>", " ", body)))
    rows = Markup("\n").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(term, line) for term, line in found
    )
    if not found:
        return ""
    section = Markup(
        '\n<section id="terms">\n<h2>What the words mean</h2>\n<dl>\n{}\n</dl>\n</section>\n'
    ).format(rows)
    return str(section)  # of Markup, + would escape the body


def _with_head(body: str, marks: Mapping) -> str:
    """The body, its list of what the numbers were made from with the chain's head."""
    head = str(marks.get("head", ""))
    if not re.fullmatch("[0-9a-f]{64}", head):
        return body
    before, found, after = body.partition('<dl class="lineage">')
    return (
        f"{before}{found}\n<dt>Chain head of the records</dt><dd>{head}</dd>{after}"
        if found
        else body
    )


def shell(
    title: str,
    body: str,
    links: Iterable[tuple[str, str]] = (),
    foot: str = "",
    records: Iterable[str] = (),
) -> str:
    """A whole HTML document around a finished body."""
    style = resources.path("report.css", beside=__package__).read_text(encoding="utf-8")
    return templates.get_template("report_page.html.j2").render(
        title=title, body=body, links=links, foot=foot, style=style, records=records
    )
