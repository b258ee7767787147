"""The documentation is true where a machine can tell: links and anchors, the index of the method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from test_house import rules_of_the_method, tracked

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def pages() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def prose(path: Path) -> str:
    """A page without code blocks and code spans: what stands in them is no link."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def anchor(heading: str) -> str:
    """The anchor that code hosts make of a heading: lower case, no punctuation, hyphens for blanks.

    >>> anchor("§2.4 A month's range is a range of sums")
    '24-a-months-range-is-a-range-of-sums'
    """
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    """Every anchor of a page; a heading that stands twice has -1, -2 behind it."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    seen: dict[str, int] = {}
    named = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        name = anchor(heading)
        named.add(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return named


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_and_anchor_exists(page):
    for target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, place = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"
        if place:
            assert place in anchors(file), f"{page.relative_to(ROOT)} links to {target}: {file.name} has no such heading"


def test_the_index_of_the_method_names_every_rule_once_with_its_title_and_page():
    folder = ROOT / "docs" / "method"
    expected = []
    for page in sorted(folder.glob("[0-9]*.md")):
        for rule, title in re.findall(r"^## (§[0-9.]+) (.+)$", page.read_text(encoding="utf-8"), re.M):
            expected.append(f"| {rule} | [{title}]({page.name}#{anchor(f'{rule} {title}')}) | `{page.name}` |")
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| §[0-9]+\.[0-9]+ \|.*$", index, re.M)
    assert sorted(listed) == sorted(expected), "write the rows of docs/method/README.md again"
    for page in folder.glob("[0-9]*.md"):
        assert f"]({page.name}) |" in index, f"the chapter list of docs/method/README.md lacks {page.name}"


def test_a_rule_has_one_number_and_pages_are_narrow():
    rules = [rule for rule in rules_of_the_method() if "." in rule]
    assert len(rules) == len(set(rules)) > 190
    for page in (ROOT / "docs" / "method").glob("[0-9]*.md"):
        for line in page.read_text(encoding="utf-8").splitlines():
            assert len(line) <= 100 or line.startswith(("|", "    ")), f"{page.name}: {line}"
