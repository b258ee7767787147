"""The documentation is true where a machine can tell: links and anchors, the index of the method."""

from __future__ import annotations

import importlib
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
    return re.sub(r"`(?:[^`\n]|\n(?!\n))*`", "`code`", text)


def anchor(heading: str) -> str:
    """The anchor that code hosts make of a heading: lower case, no punctuation, hyphens for blanks.

    >>> anchor("§2.4 A month's range is a range of sums")
    '24-a-months-range-is-a-range-of-sums'
    """
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    """Every anchor of a page; a heading that appears twice has -1, -2 behind it."""
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
            assert place in anchors(file), (
                f"{page.relative_to(ROOT)} links to {target}: {file.name} has no such heading"
            )


def test_the_index_of_the_method_names_every_rule_once_with_its_title_and_page():
    folder = ROOT / "docs" / "method"
    expected = []
    for page in sorted(folder.glob("[0-9]*.md")):
        for rule, title in re.findall(
            r"^## (§[0-9.]+) (.+)$", page.read_text(encoding="utf-8"), re.M
        ):
            expected.append(
                f"| {rule} | [{title}]({page.name}#{anchor(f'{rule} {title}')}) | `{page.name}` |"
            )
    index = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| §[0-9]+\.[0-9]+ \|.*$", index, re.M)
    assert sorted(listed) == sorted(expected), "write the rows of docs/method/README.md again"
    for page in folder.glob("[0-9]*.md"):
        assert f"]({page.name}) |" in index, (
            f"the chapter list of docs/method/README.md lacks {page.name}"
        )


def test_every_rule_says_what_tests_it():
    for page in sorted((ROOT / "docs" / "method").glob("[0-9]*.md")):
        for rule in re.split(r"^(?=## §)", page.read_text(encoding="utf-8"), flags=re.M)[1:]:
            assert "*Tested by*" in rule, (
                f"{page.name}: {rule.splitlines()[0]} does not say what tests it"
            )


def test_a_rule_has_one_number_and_pages_are_narrow():
    rules = [rule for rule in rules_of_the_method() if "." in rule]
    assert len(rules) == len(set(rules)) > 190
    for page in (ROOT / "docs" / "method").glob("[0-9]*.md"):
        for line in page.read_text(encoding="utf-8").splitlines():
            assert len(line) <= 100 or line.startswith(("|", "    ")), f"{page.name}: {line}"


ROOMS = sorted(
    path.name.removesuffix(".py")
    for path in (ROOT / "finops_model").iterdir()
    if not path.name.startswith((".", "_"))
)
TOP = "finops_model|data|docs|tests|scenarios|notebooks|benchmarks|scripts"


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or the attribute of one (of an attribute …)."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(thing, name):
                return False
            thing = getattr(thing, name)
        return True
    return False


def spans(path: Path) -> list[str]:
    """Code spans of a page, code blocks apart; a span may go on in the next line of its paragraph."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return [
        span
        for paragraph in text.split("\n\n")
        for span in re.findall(r"`([^`]+)`", " ".join(paragraph.split()))
    ]


def test_every_dotted_name_of_the_package_imports():
    """Dotted names of the package and of its front door, wherever they stand: code, messages, tests, notebooks, documentation."""
    wrong = []
    for path in tracked():
        if (
            path.suffix not in {".py", ".md", ".yaml", ".json", ".ipynb", ".toml", ".sh", ""}
            or path.name == "CHANGELOG.md"
        ):
            continue
        text = path.read_text(encoding="utf-8")
        dotted = set(re.findall(r"\bfinops_model(?:\.[A-Za-z_]\w*)+", text))
        dotted |= {f"finops_model.{name}" for name in re.findall(r"\bfm\.([A-Za-z_]\w*)", text)}
        if path.suffix == ".md":
            dotted |= {
                f"finops_model.{name}"
                for span in spans(path)
                for name in re.findall(rf"^((?:{'|'.join(ROOMS)})(?:\.[A-Za-z_]\w*)+)", span)
                if name.rsplit(".", 1)[1] not in ("py", "md", "yaml", "json", "lock")
            }
        wrong += [
            f"{path.relative_to(ROOT)}: {name}" for name in sorted(dotted) if not resolves(name)
        ]
    assert not wrong, "\n".join(wrong)


def test_a_name_that_does_not_import_would_be_seen():
    package = "finops_model"
    assert resolves(f"{package}.errors.FinOpsError") and resolves(f"{package}.prices.rates.linear")
    assert not resolves(f"{package}.prices.rates.curved") and not resolves(
        f"{package}.errors.Nothing"
    )


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if page.name != "CHANGELOG.md"],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_path_that_documentation_names_exists(page):
    """`data/…`, `docs/…` and so on from the root; a file `x/y.py` from the root, the package or the page's own folder; a bare `x.py` somewhere."""
    names = {path.name for path in tracked()}
    for span in spans(page):
        for word in re.findall(r"[\w./-]*\w\.(?:py|ipynb)\b|\b(?:" + TOP + r")/[\w./-]*", span):
            here = (
                span[span.index(word) - 1 : span.index(word)],
                span[span.index(word) + len(word) :][:1],
            )
            if (
                set(here) & set("<>*{}…")
                or "…" in span
                or re.search(r"[A-Z]{4}", word.split("/")[-1])
            ):
                continue
            homes = [ROOT / word, ROOT / "finops_model" / word, page.parent / word]
            there = any(home.exists() or list(home.parent.glob(home.name + "-*")) for home in homes)
            assert there or ("/" not in word and word in names), (
                f"{page.relative_to(ROOT)} names {word}, which is not there"
            )


def test_every_test_that_documentation_names_exists():
    known = {
        name
        for path in tracked()
        if path.suffix == ".py"
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    for page in pages():
        for span in spans(page):
            for name in (
                re.findall(r"(?<![\w/])test_\w+(?![\w.])…?", span)
                if page.name != "CHANGELOG.md"
                else ()
            ):
                start = name.removesuffix("…")
                there = start in known or (
                    name != start and any(test.startswith(start) for test in known)
                )
                assert there, f"{page.relative_to(ROOT)} names {name}, which is not there"


def shown() -> list[tuple[Path, list[str]]]:
    """(page, words) of every `finops …` that a page shows: lines of code blocks and code spans."""
    found = []
    for page in pages():
        if page.name == "CHANGELOG.md" or "decisions" in page.parts:
            continue
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = re.findall(r"^(?:\$ | {4})(finops .*)$", text, re.M) + [
            span for span in spans(page) if re.match(r"finops [a-z]", span)
        ]
        found += [(page, re.split(r"\s#|[|;>]", line)[0].split()) for line in lines]
    return found


def test_commands_and_options_that_documentation_shows_exist():
    from typer.main import get_command

    from finops_model.cli import app

    assert len(shown()) > 40
    for page, words in shown():
        command, where = get_command(app), f"{page.relative_to(ROOT)}: {' '.join(words)}"
        for word in words[1:]:
            if not hasattr(command, "commands") or word.startswith("-"):
                break
            names = word.split("/")  # `finops run/compare`: each of them
            assert all(name in command.commands for name in names), f"{where}: there is no '{word}'"
            command = command.commands[names[0]]
        options = {
            option
            for parameter in getattr(command, "params", ())
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        for word in words:
            name = word.split("=")[0].strip("`,.()")
            assert not re.match(r"--[a-z]", name) or name in options | {"--help"}, (
                f"{where}: '{name}' is no option of it"
            )


def test_make_targets_that_documentation_shows_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for page in pages():
        text = page.read_text(encoding="utf-8") if page.name != "CHANGELOG.md" else ""
        for target in re.findall(r"(?:`|^\$ )(?:\w+=\S+ )*make ([a-z-]+)", text, re.M):
            assert target in targets, f"{page.relative_to(ROOT)}: there is no 'make {target}'"


def test_the_python_of_the_readme_runs():
    import numpy as np
    import pandas as pd

    block = re.search(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
    )[1]
    days = pd.date_range("2026-01-01", periods=200)
    names = {
        "hourly_demand": np.arange(1.0, 101.0),
        "history": pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30)[:200], days),
    }
    exec(compile(block, "README.md", "exec"), names)
    assert names["fm"].price(
        {"gpu": [40, 100]}, {"gpu": 2.0}, [names["plan"]]
    ).effective_cost.tolist() == [224.0]


def test_the_tree_of_the_architecture_names_exactly_the_packages_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named, stack = set(), []
    for line in re.search(r"```\nfinops_model/\n(.*?)```", text, re.S)[1].splitlines():
        prefix, name = re.match(r"([│ ]*[├└]── )(\w+)/", line).groups()
        stack = [*stack[: len(prefix) // 4 - 1], name]
        named.add("/".join(stack))
    package = ROOT / "finops_model"
    there = {
        path.parent.relative_to(package).as_posix()
        for path in tracked()
        if path.name == "__init__.py" and package in path.parent.parents
    }
    assert named == there, (
        f"in the tree only: {sorted(named - there)}; not in the tree: {sorted(there - named)}"
    )


def test_documentation_names_no_module_that_has_moved_away():
    """Old file names of decision 0016 that no file has any more, as a code span or before a dot in one."""
    table = next((ROOT / "docs" / "decisions").glob("moves-*.txt")).read_text(encoding="utf-8")
    here = {path.stem for path in tracked()}
    gone = {
        name for name in re.findall(r"^[\w/]*?(\w+)\.py -> ", table, re.M) if "_" in name.strip("_")
    } - here | {"outlook"}
    for page in pages():
        if page.name == "CHANGELOG.md" or "decisions" in page.parts:
            continue
        for span in spans(page):
            first = re.match(r"\w*", span)[0]
            assert first not in gone, (
                f"{page.relative_to(ROOT)} names `{span}`: {first} has moved (docs/decisions/moves-0016.txt)"
            )
