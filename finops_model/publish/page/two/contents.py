"""Where page two begins: its heading and what is on it.

Words and no links: in the dashboard's frame a link to a place of the page would open the dashboard inside the frame.
"""

from __future__ import annotations

import re

from markupsafe import Markup

NAMES = {
    "in-full": "In full: decisions, parts, changes",
    "budget": "Month by month",
    "units": "By unit",
    "allocation": "Whose cost it is",
    "movements": "What moved",
    "range": "What makes the range wide",
    "held": "Commitments, vendors, cash",
    "waste": "Waste",
    "actions": "Did it pay",
    "unit-costs": "Unit costs",
    "what-ifs": "What if",
    "track-record": "Track record",
    "control": "Ties out, and rests on",
    "basis": "Assumptions, data, lineage",
    "terms": "What the words mean",
}
SECTION = re.compile(r'<section id="([a-z-]+)">')


def with_contents(body: str) -> str:
    """The body with a heading and the sections' names before the second section; as it is where there is none."""
    found = [one for one in SECTION.finditer(body) if one[1] in NAMES]
    if not found:
        return body
    names = Markup("\n").join(Markup("<li>{}</li>").format(NAMES[one[1]]) for one in found)
    head = Markup(
        '<div class="contents" id="contents">\n<h2>Page two: all the rest</h2>\n<ul>\n{}\n</ul>\n</div>\n'
    ).format(names)
    at = found[0].start()
    return f"{body[:at]}{head}{body[at:]}"
