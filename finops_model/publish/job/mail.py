"""A report as the body of an e-mail: tables with styles in place, as mail programs show them; nothing is loaded (docs/method §15.41)."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ... import resources
from .letter import NONE_YET, Letter

_templates = Environment(
    loader=FileSystemLoader(resources.path(".", beside=__package__)),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html_of(said: Letter) -> str:
    """mail.html: a whole page that stands by itself; every text is escaped."""
    since = any(row.since != "–" for row in said.quarters)
    planned = any(row.against != NONE_YET for row in said.quarters)
    return _templates.get_template("mail.html.j2").render(said=said, since=since, planned=planned)
