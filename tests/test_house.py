"""The house stays livable: imports one way, shelves, small files, one front door, clean notebooks (docs/architecture.md)."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import subprocess
import tokenize
from collections import Counter
from pathlib import Path

import pytest

import finops_model as fm
import scripts

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "finops_model"
NAME = PACKAGE.name
FLOOR = {
    "errors",
    "shelf",
    "units",
    "periods",
    "streams",
    "documents",
    "checks",
    "names",
    "settings",
    "progress",
    "schemas",
    "exits",
    "resources",
    "executors",
    "wording",
    "published",
    "records",
}
ORDER = [
    "facts",
    "prices",
    "uncertainty",
    "forecasting",
    "scenario",
    "simulate",
    "measure",
    "decide",
    "publish",
    "front",
    "cli",
]
# Files that were within 400 lines before the formatter folded them: lines of code, lines in all; may only shrink.
LONG_FILES = {}
# Modules that no command, front-door name or notebook reaches (scripts/count_house.py); may only shrink.
UNREACHED: set[str] = set()
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def rooms_imported(path: Path) -> set[str]:
    """First-level rooms of finops_model that a module imports, relative or absolute."""
    inside = path.relative_to(PACKAGE).parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = list(inside[: len(inside) - node.level]) + (
                    node.module.split(".") if node.module else []
                )
                names = [base] if base else [[alias.name] for alias in node.names]
            elif (node.module or "").startswith("finops_model"):
                parts = node.module.split(".")[1:]
                names = [parts] if parts else [[alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [
                alias.name.split(".")[1:]
                for alias in node.names
                if alias.name.startswith("finops_model.")
            ]
        found |= {name[0] for name in names if name}
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    own = room(path)
    imported = rooms_imported(path) - {own}
    if own == "__init__":
        return
    if own in FLOOR:
        allowed = FLOOR
    else:
        assert own in ORDER, f"{path}: room '{own}' is not in the order of docs/architecture.md"
        allowed = FLOOR | set(ORDER[: ORDER.index(own)])
        if own in ("facts", "prices"):
            allowed -= {"facts", "prices"}
    backward = imported - allowed - {"__version__", "front_door", "api"}
    assert not backward, f"{path.relative_to(ROOT)} imports {sorted(backward)}: imports run one way"


def test_a_backward_import_would_be_seen(tmp_path, monkeypatch):
    bad = PACKAGE / "facts" / "checks.py"
    text = "from ..publish import report\nfrom finops_model.prices import rates\nimport finops_model.decide.compare\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **_: text)
    assert rooms_imported(bad) == {"publish", "prices", "decide"}


def code_lines(text: str) -> int:
    """Lines with code on them: no blank lines, no comments, no docstrings."""
    docs = set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            docs |= set(range(body[0].lineno, body[0].end_lineno + 1))
    skip = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    tokens = (
        token
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in skip
    )
    return len(
        {line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - docs
    )


def test_code_lines_leave_out_comments_blanks_and_docstrings():
    assert (
        code_lines(
            '"""Doc."""\n\n# why\nx = 1  # what\n\ndef f():\n    """Doc\n    more."""\n    return (\n        x\n    )\n'
        )
        == 5
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_holds_more_than_350_lines_of_code_and_500_in_all(path):
    text, name = path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE))
    code, lines = code_lines(text), len(text.splitlines())
    most = LONG_FILES.get(name, (350, 500))
    assert code <= most[0] and lines <= most[1], f"{name}: {code} lines of code, {lines} in all"
    assert name not in LONG_FILES or code > 350 or lines > 500, (
        f"{name} is no longer long: take it off LONG_FILES"
    )


def test_only_expressions_of_daily_facts_import_ibis_and_nothing_pickles():
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if re.search(r"^\s*(import|from) ibis", text, re.M):
            assert path.name == "expressions.py", (
                f"{path}: only facts/daily/query/expressions.py may import ibis"
            )
        assert not re.search(r"\bimport pickle|allow_pickle=True|\.to_pickle|read_pickle", text), (
            path
        )
        assert "np.random.seed" not in text and "np.random.normal" not in text, (
            f"{path}: global randomness"
        )


def test_the_hash_of_a_file_and_the_codes_of_a_disk_have_one_home():
    """`documents.sha256_of`; `errors.DISK_FULL`, `NOT_ALLOWED` and `why_not_written`."""
    for path in MODULES:
        name, text = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
        code = re.sub(r"^\s*>>> .*$", "", text, flags=re.M)
        if name != "documents.py":
            assert "file_digest" not in code and not re.search(
                r"def _?(digest|sha256)\w*\(", code
            ), f"{name}: ask documents.sha256_of"
        if name != "errors.py":
            assert not re.search(r"\bE(NOSPC|DQUOT|FBIG|ROFS)\b", code), (
                f"{name}: codes of a disk stand in errors.py"
            )


def test_every_name_of_the_front_door_resolves():
    assert len(fm.__all__) <= 40  # the FinOps cycle brought eight: decisions/0021
    for name in fm.__all__:
        assert getattr(fm, name) is not None


def test_an_editor_completes_the_front_door():
    """No function of it, and no method of what it gives, takes arguments that its signature does not name."""
    unnamed = []
    for name in fm.__all__:
        value = getattr(fm, name)
        methods = vars(value).items() if inspect.isclass(value) else [("", value)]
        for method, function in methods:
            function = getattr(function, "__func__", function)  # of a class or a static method
            if inspect.isfunction(function) and not method.startswith("_"):
                kinds = {
                    parameter.kind for parameter in inspect.signature(function).parameters.values()
                }
                if inspect.Parameter.VAR_KEYWORD in kinds:
                    unnamed.append(f"{name}.{method}".rstrip("."))
    assert unnamed == []


def test_the_front_door_is_light():
    code = "import sys, finops_model; print([m for m in ('pandas','altair','scipy','prophet','ibis') if m in sys.modules])"
    import sys

    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def notebooks():
    return [
        p
        for p in sorted((ROOT / "notebooks").rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in p.parts
    ]


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.name)
def test_notebooks_are_short_stripped_and_think(path):
    book = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in code for line in "".join(cell["source"]).splitlines() if line.strip()]
    assert len(lines) <= 40, f"{len(lines)} lines of code"
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code), (
        "outputs in git: strip them"
    )
    assert book["cells"][0]["cell_type"] == "markdown" and any("assert" in line for line in lines)


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_registry_host_and_no_path_of_a_machine_stands_in_the_tree():
    hosts = ["py" + "pi.org", "python" + "hosted.org", "registry.np" + "mjs", "deb.deb" + "ian.org"]
    paths = ["/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/"]
    for path in tracked():
        if path.suffix in {".parquet", ".png", ".xlsx", ".npz", ".gz", ".zip"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for word in hosts + paths:
            assert word not in text, f"{path.relative_to(ROOT)} contains {word}"


def rules_of_the_method() -> list[str]:
    """Numbers of every chapter and rule of docs/method, in the order of the pages."""
    pages = sorted(
        path for path in (ROOT / "docs" / "method").glob("*.md") if path.name != "README.md"
    )
    return [
        rule
        for page in pages
        for rule in re.findall(
            r"^#+ §([0-9]+(?:\.[0-9]+)?)", page.read_text(encoding="utf-8"), re.M
        )
    ]


def test_method_rules_cited_in_code_exist():
    known = set(rules_of_the_method())
    for path in tracked():
        if (
            path.suffix not in {".py", ".md", ".yaml", ".json", ".ipynb", ".toml"}
            or path.name == "CHANGELOG.md"
        ):
            continue
        text = path.read_text(encoding="utf-8")
        assert "docs/method" + ".md" not in text, (
            f"{path.relative_to(ROOT)}: the method is a folder, rules are cited as docs/method §2.4"
        )
        for rule in re.findall(r"§([0-9]+(?:\.[0-9]+)?)", text):
            assert rule in known, (
                f"{path.relative_to(ROOT)} cites §{rule}, which docs/method does not have"
            )


def test_names_from_bills_are_no_markup_on_the_terminal():
    from finops_model.cli._shared import err, out

    with out.capture() as caught:
        out.print("a team called [/red] [bold]x[/bold]")
    assert caught.get() == "a team called [/red] [bold]x[/bold]\n" and not err._markup


def test_no_package_gives_a_function_the_name_of_one_of_its_modules():
    """`from . import view` would be the function or the module, as it comes: the dashboard was lost so once."""
    for path in MODULES:
        if path.name != "__init__.py":
            continue
        inside = {p.stem for p in path.parent.glob("*.py")}
        inside |= {p.name for p in path.parent.iterdir() if (p / "__init__.py").is_file()}
        names = set()
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {alias.asname or alias.name for alias in node.names}
        assert not names & inside, f"{path.relative_to(ROOT)}: {sorted(names & inside)}"


@pytest.fixture(scope="module")
def counted():
    """The house as scripts/count_house.py counts it."""
    return scripts.script("scripts/count_house.py").counted(ROOT, types=False)


def test_no_files_import_each_other_in_a_circle(counted):
    """Imports inside functions too: what is imported late to escape a circle stands in the wrong file."""
    assert counted["circles"] == []


def test_no_name_with_an_underscore_is_imported_from_another_room(counted):
    assert counted["private_imports"] == [] and counted["upward_arrows"] == []


def test_a_folder_that_is_no_shelf_holds_at_most_thirteen_modules(counted):
    assert counted["wide_folders"] == {}


def test_every_module_is_reached_from_a_command_a_name_or_a_notebook(counted):
    """A module nobody reaches is a wing without a door; those of today are listed and may only become fewer."""
    assert {name.removeprefix("finops_model.") for name in counted["unreached"]} == UNREACHED


# Compiled by numba, which takes arguments by their place; may only shrink.
BY_PLACE = {
    "finops_model.simulate.kernel.events": 4,
    "finops_model.simulate.kernel.numba_demand": 2,
    "finops_model.simulate.kernel.numba_engine": 1,
    "finops_model.simulate.kernel.numba_pools": 1,
}


def test_many_arguments_are_given_by_name(counted):
    found = Counter(name.split(" ")[0].rpartition(".")[0] for name in counted["many_parameters"])
    assert found == BY_PLACE, "more than 7 parameters by position: put a * before them"
    assert counted["positional_classes"] == [], "more than 10 fields by position: kw_only=True"


def test_the_counts_see_a_circle_a_private_import_and_a_module_without_a_door(tmp_path):
    house = {
        "facts/__init__.py": "",
        "facts/a.py": "def f():\n    from .b import g\n    return g\n",
        "facts/b.py": "from .a import f\n",
        "cli/__init__.py": "from ..facts._c import x\nfrom ..facts.d import _y\n",
        "facts/_c.py": "x = 1\n",
        "facts/d.py": "_y = 1\n",
        "__init__.py": "",
    }
    for name, text in house.items():
        path = tmp_path / "finops_model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    seen = scripts.script("scripts/count_house.py").counted(tmp_path, types=False)
    assert seen["circles"] == [[f"{NAME}.facts.a", f"{NAME}.facts.b"]]
    assert seen["private_imports"] == [
        f"{NAME}.cli: {NAME}.facts._c x",
        f"{NAME}.cli: {NAME}.facts.d _y",
    ]
    assert seen["unreached"] == [f"{NAME}.facts.a", f"{NAME}.facts.b"]
