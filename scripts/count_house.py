"""Counts the house: how large, how tangled, how plain. Works on any checkout, also one from before a change.

    python scripts/count_house.py                        a table of this checkout
    python scripts/count_house.py --root ../old --json   another one, as JSON
    python scripts/count_house.py --cpu make check       runs the command and says the CPU seconds of all it started

What is counted stands in WORDS. Only the standard library is needed; `mypy` is asked where it is installed.
"""

from __future__ import annotations

import argparse
import ast
import functools
import inspect
import io
import json
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

PACKAGE = "finops_model"
WORDS = {
    "files": "Python files of the package",
    "code_lines": "code lines of the package (no blanks, comments, docstrings)",
    "code_lines_by_room": "code lines of each first-level room",
    "over_350": "files over 350 code lines",
    "wide_folders": "folders that are no shelf with more than 13 modules, __init__ apart",
    "long_lines": "lines over 100 columns, all Python files of the checkout",
    "many_parameters": "functions that can be called with more than 7 parameters by position",
    "positional_classes": "classes of more than 10 fields that are somewhere built by position",
    "positional_calls": "calls with 8 or more arguments by position",
    "private_imports": "imports of a _name from another room",
    "upward_arrows": "imports from a room above",
    "circles": "circles: groups of modules that reach each other by imports, those inside functions too",
    "unreached": "modules that no command, front-door name or notebook reaches",
    "single_importer": "modules that exactly one other module of the package imports",
    "vague_names": "assignments to found, made, told",
    "unsectioned": "public functions of the front door and the shelves without sections",
    "mypy_errors": "errors of lenient mypy",
}
MOST_PARAMETERS, MOST_FIELDS, MOST_ARGUMENTS, WIDE = 7, 10, 7, 13
VAGUE = {"found", "made", "told"}
SHELVES = {
    "advice",
    "cli",
    "rates",
    "transforms",
    "instruments",
    "distributions",
    "risks",
    "ways",
    "levers",
    "forecasters",
    "methods",
    "kpis",
    "waste",
    "importers",
    "offers",
}
SECTIONS = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "Source", "Examples")
ORDERS = (
    ["facts", "prices", "outlook", "measure", "decide", "publish", "cli"],
    [
        "facts",
        "prices",
        "uncertainty",
        "forecasting",
        "scenario",
        "simulate",
        "measure",
        "decide",
        "publish",
        "cli",
    ],
)


@functools.cache
def parsed(source: str) -> ast.Module:
    """The tree of a file's text, made once."""
    return ast.parse(source)


def nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes of a tree, walked once."""
    if not hasattr(tree, "walked"):
        tree.walked = list(ast.walk(tree))
    return tree.walked


def code_lines(source: str) -> int:
    """Lines that hold code: no blanks, comments, docstrings.

    >>> code_lines('"Says what it is."\\n\\nx = 1   # one\\n# two\\ny = (\\n    2)\\n')
    3
    """
    lines: set[int] = set()
    skip = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skip:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in nodes(parsed(source)):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            and node.body
        ):
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                lines -= set(range(first.lineno, first.end_lineno + 1))
    return len(lines)


class House:
    """The modules of a checkout's package: {dotted name: tree}, and who imports whom."""

    def __init__(self, root: Path):
        self.root = root
        files = [
            path
            for path in sorted((root / PACKAGE).rglob("*.py"))
            if not {"__pycache__", "resources"} & set(path.parent.parts)
        ]
        self.paths = {
            self.name_of(path): path
            for path in [*files, *sorted((root / PACKAGE / "resources").glob("*.py"))]
        }
        self.sources = {name: path.read_text(encoding="utf-8") for name, path in self.paths.items()}
        self.trees = {name: parsed(source) for name, source in self.sources.items()}
        self.imports = {name: set(self._imported(name)) for name in self.trees}

    def name_of(self, path: Path) -> str:
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def room(self, name: str) -> str:
        parts = name.split(".")
        return parts[1] if len(parts) > 1 else PACKAGE

    def _base(self, name: str, node: ast.ImportFrom) -> str:
        """The module that a `from … import` names, dotted."""
        if not node.level:
            return node.module or ""
        here = name.split(".") if self.paths[name].name == "__init__.py" else name.split(".")[:-1]
        here = here[: len(here) - (node.level - 1)]
        return ".".join([*here, *(node.module.split(".") if node.module else [])])

    def names_in(self, name: str, tree: ast.AST):
        """(module, imported name or "") of every import of the package in a tree."""
        for node in nodes(tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((self._base(name, node), alias.name) for alias in node.names)

    def module(self, base: str, imported: str) -> str | None:
        """The module of the package that an import reaches, or None."""
        whole = f"{base}.{imported}" if imported else base
        return whole if whole in self.trees else base if base in self.trees else None

    def _imported(self, name: str):
        for base, imported in self.names_in(name, self.trees[name]):
            target = self.module(base, imported)
            if target and target != name:
                yield target

    def circles(self) -> list[list[str]]:
        """Groups of modules that reach each other by imports, those inside functions too."""
        return [sorted(group) for group in _components(self.imports) if len(group) > 1]

    def reached(self) -> set[str]:
        """Modules that can be reached from the command line, the front door, a shelf's loader or a notebook."""
        start = {name for name in self.trees if self.room(name) in ("cli", PACKAGE, "front")}
        for path in sorted((self.root / "notebooks").rglob("*.ipynb")):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            text = "\n".join(
                "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"
            )
            start |= self.mentioned(text)
        seen: set[str] = set()
        ahead = list(start)
        while ahead:
            name = ahead.pop()
            if name in seen:
                continue
            seen.add(name)
            more = set(self.imports[name]) | self.mentioned(self.sources[name])
            if name.rsplit(".", 1)[-1] in SHELVES:  # a shelf loads what lies in its folder
                more |= {other for other in self.trees if other.startswith(name + ".")}
            parents = {name.rsplit(".", n)[0] for n in range(1, name.count(".") + 1)}
            ahead += sorted((more | parents) & set(self.trees))
        return seen

    def mentioned(self, text: str) -> set[str]:
        """Modules that a text names by their dotted name or as `.sub.module` strings of lazy imports."""
        words = set(re.findall(rf"\b{PACKAGE}(?:\.\w+)+", text))
        words |= {
            f"{PACKAGE}.{base}" for base in re.findall(r"""["']\.?((?:\w+\.)*\w+)["']""", text)
        }
        whole = set()
        for word in words:
            parts = word.split(".")
            whole |= {".".join(parts[:n]) for n in range(2, len(parts) + 1)}
        for base, names in re.findall(rf"from ({PACKAGE}[\w.]*) import ([\w, ]+)", text):
            whole |= {f"{base}.{name.split(' as ')[0].strip()}" for name in names.split(",")} | {
                base
            }
        return whole & set(self.trees)


def _components(graph: dict[str, set[str]]) -> list[set[str]]:
    """Strongly connected components (Tarjan, without recursion).

    >>> sorted(map(sorted, _components({"a": {"b"}, "b": {"a"}, "c": {"a"}})))
    [['a', 'b'], ['c']]
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    done: list[set[str]] = []
    for root in graph:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        stack.append(root)
        work = [(root, iter(sorted(graph[root])))]
        while work:
            node, ahead = work[-1]
            for other in ahead:
                if other not in number:
                    number[other] = low[other] = len(number)
                    stack.append(other)
                    work.append((other, iter(sorted(graph[other]))))
                    break
                if other in stack:
                    low[node] = min(low[node], number[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    at = stack.index(node)
                    done.append(set(stack[at:]))
                    del stack[at:]
    return done


def fields_of(trees: dict[str, ast.Module]) -> dict[str, int]:
    """{class: annotated fields} of classes with a generated constructor (dataclass, NamedTuple)."""
    count: dict[str, int] = {}
    for tree in trees.values():
        for node in nodes(tree):
            if isinstance(node, ast.ClassDef):
                made_for_it = any(
                    "dataclass" in ast.unparse(d) and "kw_only=True" not in ast.unparse(d)
                    for d in node.decorator_list
                )
                if made_for_it or any("NamedTuple" in ast.unparse(base) for base in node.bases):
                    count[node.name] = sum(isinstance(part, ast.AnnAssign) for part in node.body)
    return count


def many_parameters(trees: dict[str, ast.Module]) -> list[str]:
    """Functions with more than MOST_PARAMETERS that may be given by position (self and cls apart)."""
    names = []
    for module, tree in trees.items():
        for node in nodes(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                plain = [
                    a
                    for a in [*node.args.posonlyargs, *node.args.args]
                    if a.arg not in ("self", "cls")
                ]
                if len(plain) > MOST_PARAMETERS:
                    names.append(f"{module}.{node.name} ({len(plain)})")
    return names


def vague(trees: dict[str, ast.Module]) -> dict[str, int]:
    """{word: assignments to it}: plain, annotated, walrus, loop and with targets."""
    count = dict.fromkeys(sorted(VAGUE), 0)
    for tree in trees.values():
        for node in nodes(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in VAGUE:
                count[node.id] += 1
    return count


def sections(doc: str) -> dict[str, list[str]]:
    """{section of a numpydoc docstring: its lines}, in the order in which they stand; "" is what comes before them.

    >>> sections("Says it.\\n\\nReturns\\n-------\\nint\\n    Units.\\n")
    {'': ['Says it.'], 'Returns': ['int', '    Units.']}
    """
    parts: dict[str, list[str]] = {"": []}
    name, lines = "", inspect.cleandoc(doc).splitlines()
    for i, line in enumerate(lines):
        if line in SECTIONS and lines[i + 1 : i + 2] == ["-" * len(line)]:
            parts[name := line] = []
        elif not (i and lines[i - 1] == name and line == "-" * len(name)):
            parts[name].append(line)
    return {name: "\n".join(part).strip("\n").split("\n") for name, part in parts.items()}


def named_parameters(lines: list[str]) -> list[str]:
    """The names that a Parameters section says, in its order; stars of `*args` are left out.

    >>> named_parameters(["a, b : float", "    Money.", "**how", "    More."])
    ['a', 'b', 'how']
    """
    heads = [line.split(" : ")[0] for line in lines if line and not line.startswith(" ")]
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def contracts(house: House) -> dict[str, ast.FunctionDef]:
    """{module.function: its tree} of what the front door names and what a shelf's package holds or gives on."""
    wanted: set[tuple[str, str]] = set()
    for node in nodes(house.trees.get(PACKAGE, ast.Module([], []))):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                    module, _, name = str(value.value).partition(":")
                    wanted.add((f"{PACKAGE}.{module}", name or str(key.value)))
    for package in house.trees:
        if package.rsplit(".", 1)[-1] not in SHELVES or house.paths[package].name != "__init__.py":
            continue
        for node in house.trees[package].body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                wanted.add((package, node.name))
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                wanted |= {(f"{package}.{node.module}", alias.name) for alias in node.names}
    functions = {
        (module, node.name): node
        for module, tree in house.trees.items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    return {
        f"{module}.{name}": node
        for (module, name), node in functions.items()
        if (module, name) in wanted
    }


def unsectioned(house: House) -> list[str]:
    """Functions of `contracts` without Examples, or without Parameters where they take any."""
    names = []
    for name, node in contracts(house).items():
        said = sections(ast.get_docstring(node) or "")
        takes = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if "Examples" not in said or ((takes or node.args.vararg) and "Parameters" not in said):
            names.append(name)
    return sorted(names)


def python_files(root: Path) -> list[Path]:
    """Tracked Python files, each once."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=root, capture_output=True, text=True)
    names = (
        listed.stdout.split("\n")
        if listed.returncode == 0
        else [str(p.relative_to(root)) for p in root.rglob("*.py") if ".venv" not in p.parts]
    )
    return [
        root / name
        for name in names
        if name and (root / name).is_file() and not (root / name).is_symlink()
    ]


def mypy_errors(root: Path) -> int | None:
    """Errors of mypy with the settings of this script's checkout; None where mypy is not installed."""
    settings = Path(__file__).resolve().parents[1] / "pyproject.toml"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(settings),
            "--no-error-summary",
            "--cache-dir",
            os.devnull,
            PACKAGE,
        ],
        cwd=root,
        capture_output=True,
        text=True,
    )
    return (
        None
        if run.returncode not in (0, 1) or "No module named mypy" in run.stderr
        else len(re.findall(r": error: ", run.stdout))
    )


def counted(root: Path, types: bool = True) -> dict:
    """{key of WORDS: number or list} of a checkout."""
    house = House(root)
    lines = {name: code_lines(source) for name, source in house.sources.items()}
    rooms: dict[str, int] = {}
    for name, n in lines.items():
        rooms[house.room(name)] = rooms.get(house.room(name), 0) + n
    order = next(
        (
            order
            for order in ORDERS
            if set(order)
            >= {room for room in rooms if (root / PACKAGE / room).is_dir()}
            - {"settings", "resources"}
        ),
        ORDERS[0],
    )
    importers: dict[str, set[str]] = {name: set() for name in house.trees}
    private, upward = [], []
    for name, tree in house.trees.items():
        for base, imported in house.names_in(name, tree):
            target = house.module(base, imported)
            if target is None or target == name:
                continue
            importers[target].add(name)
            here, there = house.room(name), house.room(target)
            last = target.rsplit(".", 1)[-1]
            if here != there and (
                (imported.startswith("_") and not imported.startswith("__"))
                or (last.startswith("_") and last != "__main__")
            ):
                private.append(f"{name}: {target} {imported}".strip())
            if here in order and there in order and order.index(there) > order.index(here):
                upward.append(f"{name} -> {target}")
    calls = {}
    for path in python_files(root):
        calls[path] = [
            node
            for node in nodes(parsed(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
    product = [
        node
        for path, nodes in calls.items()
        if PACKAGE in path.relative_to(root).parts
        for node in nodes
    ]
    called = {
        (
            call.func.id
            if isinstance(call.func, ast.Name)
            else call.func.attr
            if isinstance(call.func, ast.Attribute)
            else ""
        )
        for nodes in calls.values()
        for call in nodes
        if call.args
    }
    fields = fields_of(house.trees)
    folders: dict[str, int] = {}
    for path in house.paths.values():
        if path.name != "__init__.py":
            folders[str(path.parent.relative_to(root))] = (
                folders.get(str(path.parent.relative_to(root)), 0) + 1
            )
    reached = house.reached()
    long_lines = sum(
        len(line) > 100
        for path in python_files(root)
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return {
        "files": len(house.trees),
        "code_lines": sum(lines.values()),
        "code_lines_by_room": dict(sorted(rooms.items(), key=lambda item: -item[1])),
        "over_350": sorted(name for name, n in lines.items() if n > 350),
        "wide_folders": {
            name: n
            for name, n in sorted(folders.items())
            if n > WIDE and name.rsplit("/", 1)[-1] not in SHELVES
        },
        "long_lines": long_lines,
        "many_parameters": sorted(many_parameters(house.trees)),
        "positional_classes": sorted(
            name for name, n in fields.items() if n > MOST_FIELDS and name in called
        ),
        "positional_calls": sum(len(call.args) > MOST_ARGUMENTS for call in product),
        "private_imports": sorted(set(private)),
        "upward_arrows": sorted(set(upward)),
        "circles": sorted(house.circles()),
        "unreached": sorted(set(house.trees) - reached),
        "single_importer": sorted(
            name
            for name, who in importers.items()
            if len(who) == 1 and not house.paths[name].name.startswith("__")
        ),
        "vague_names": vague(house.trees),
        "unsectioned": unsectioned(house),
        "mypy_errors": mypy_errors(root) if types else None,
    }


def size(value) -> str:
    """One cell of the table: a number, a list as its length, a dict as its parts."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {n}" for name, n in value.items()) or "none"
    return (
        str(len(value)) if isinstance(value, list) else "not asked" if value is None else str(value)
    )


def cpu(command: list[str]) -> int:
    """Run a command; say on stderr the CPU seconds (user + system) of it and of all that it started and waited for."""
    done = subprocess.run(command)
    times = os.times()
    print(
        f"{times.children_user + times.children_system:.1f} CPU s: {' '.join(command)}",
        file=sys.stderr,
    )
    return done.returncode


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(__file__).resolve().parents[1],
        help="the checkout (this one)",
    )
    parser.add_argument("--json", action="store_true", help="lists and all, as JSON")
    parser.add_argument("--no-types", action="store_true", help="do not ask mypy")
    parser.add_argument(
        "--cpu",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="run a command and say its CPU seconds",
    )
    options = parser.parse_args()
    if options.cpu:
        return cpu(options.cpu)
    house = counted(options.root.resolve(), not options.no_types)
    if options.json:
        print(json.dumps(house, indent=1))
    else:
        print("\n".join(f"| {WORDS[key]} | {size(value)} |" for key, value in house.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
