"""A report as plain text, for a mail: at most 60 lines of 72 columns (docs/method §15.41)."""

from __future__ import annotations

import textwrap

from .letter import NONE_YET, Letter

WIDTH, MOST, SAID = 72, 3, 12  # columns; lines of one text, and of all sentences


def text_of(said: Letter) -> str:
    """summary.txt: the subject, the headline, the quarters, what is to decide, where it stands, what lies beside it."""
    parts = [_wrapped(said.subject), _wrapped(said.headline)]
    parts += [_sentences(said)] * bool(said.sentences)
    if said.quarters:
        parts.append([*_table(said), *_wrapped(said.to_date)])
    if said.decisions:
        parts.append(
            [
                "To decide",
                *(
                    line
                    for one in said.decisions
                    for line in _item(
                        f"by {one.by}: {one.what}",
                        "; ".join(text for text in (one.saves, one.owner) if text),
                    )
                ),
                *_wrapped(said.apart),
            ]
        )
    parts.append([line for one in (said.status, *said.marks) for line in _wrapped(one)])
    if said.files:
        wide = max(map(len, said.files))
        parts.append([f"{name:{wide}}  {what}" for name, what in said.files.items()])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _sentences(said: Letter) -> list[str]:
    """The lines of as many sentences as there is room for, each of them whole."""
    lines: list[str] = []
    for one in map(_wrapped, said.sentences):
        if len(lines) + len(one) > SAID:
            break
        lines += one
    return lines


def _wrapped(text: str, indent: str = "", more: str = "", most: int = MOST) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=more,
        max_lines=most,
        placeholder=" …",
        break_on_hyphens=False,
    )


def _item(text: str, more: str) -> list[str]:
    lines = _wrapped(text, "- ", "  ")
    return lines + _wrapped(more, "  ", "  ", 2) if more else lines


def _table(said: Letter) -> list[str]:
    """Columns right of the names, as wide as their widest; names are cut where a line would be too long."""
    rows: list[tuple[str, ...]] = [("By quarter", "cost", "against budget", "since last forecast")]
    rows += [(one.name, one.value, one.against, one.since) for one in said.quarters]
    for column, none in ((3, "–"), (2, NONE_YET)):  # what no line has stays away, as on page one
        if all(row[column] == none for row in rows[1:]):
            rows = [(*row[:column], *row[column + 1 :]) for row in rows]
    wide = [max(len(row[i]) for row in rows) for i in range(1, len(rows[0]))]
    left = min(max(len(row[0]) for row in rows), WIDTH - sum(wide) - 2 * len(wide))
    return [
        "  ".join([f"{row[0][:left]:{left}}", *(f"{c:>{w}}" for c, w in zip(row[1:], wide))])
        for row in rows
    ]
