"""What the front door and the shelves promise stands in their docstrings: numpydoc sections in their order, every
parameter by its name, and an example that doctest runs (pytest collects it with the module)."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import json
import re
import textwrap
from pathlib import Path

import pytest
import test_docs

import finops_model as fm
from scripts import script

ROOT = Path(fm.__file__).parent
HOUSE = script("scripts/count_house.py")
PACKAGES = (
    "shelf",
    "prices.rates",
    "prices.rates._parts",
    "prices.transforms",
    "prices.instruments",
    "prices.instruments._base",
    "uncertainty.distributions",
    "uncertainty.distributions._base",
    "scenario.levers",
    "uncertainty.risks",
    "forecasting.methods",
    "scenario.ways",
    "facts.intake.importers",
    "facts.intake.importers._console",
    "facts.intake.importers._json",
    "decide.questions.offers",
    "measure.kpis",
    "measure.waste",
    "measure.waste._facts",
    "decide.advice",
    "cli",
)


def contracts() -> dict[str, object]:
    """{name: function or class} of the front door, of each shelf's package (what it defines and what it gives on by
    `__all__`), and of what the shelves share."""
    things = {f"fm.{name}": getattr(fm, name) for name in fm.__all__}
    for name in PACKAGES:
        module = importlib.import_module(f"finops_model.{name}")
        for word, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__ and not word.startswith("_")
            listed = word in getattr(module, "__all__", ())
            if (own or listed) and (inspect.isclass(thing) or inspect.isroutine(thing)):
                things[f"{name}.{word}"] = thing
    return things


def methods(thing: type) -> dict[str, object]:
    """The public methods that a class writes itself; properties apart."""
    return {
        word: getattr(thing, word)
        for word, value in vars(thing).items()
        if not word.startswith("_") and inspect.isfunction(getattr(value, "__func__", value))
    }


def places() -> list[str]:
    """What documentation and notebooks say, page by page: code spans, and cells of code."""
    pages = [page for page in test_docs.pages() if "decisions" not in page.parts]
    spans = ["\n".join(test_docs.spans(page)) for page in pages if page.name != "CHANGELOG.md"]
    notebooks = sorted((test_docs.ROOT / "notebooks").rglob("*.ipynb"))
    cells = [json.loads(path.read_text(encoding="utf-8"))["cells"] for path in notebooks]
    return spans + [
        "\n".join("".join(cell["source"]) for cell in many if cell["cell_type"] == "code")
        for many in cells
    ]


def named() -> dict[str, object]:
    """{name: function or class} of what documentation and notebooks name by its import path."""
    rooms, dotted = "|".join(test_docs.ROOMS), set()
    for text in places():
        dotted |= set(re.findall(rf"\b((?:{rooms})(?:\.[A-Za-z_]\w*)+)", text))
        for base, names in re.findall(r"from finops_model\.?([\w.]*) import \(?([\w, ]+)", text):
            for name, _, alias in (part.strip().partition(" as ") for part in names.split(",")):
                path = f"{base}.{name}".strip(".")
                dotted |= {path}
                dotted |= {
                    f"{path}.{word}" for word in re.findall(rf"\b{alias or name}\.(\w+)", text)
                }
    things = {}
    for name in sorted(dotted):
        parent, _, word = name.rpartition(".")
        try:
            module = importlib.import_module(f"finops_model.{parent}")
        except ModuleNotFoundError:
            continue
        thing = getattr(module, word, None)
        if inspect.isfunction(inspect.unwrap(thing)) or inspect.isclass(thing):
            things[f"{thing.__module__.removeprefix('finops_model.')}.{thing.__name__}"] = thing
    return things


NO_EXAMPLE = "no example that doctest runs"
# What documentation names and what has one sentence (a plan: fields with comments) so far; may only shrink.
ONE_SENTENCE = {
    "publish.close.books",
    "publish.close_units.check_as_of",
    "simulate.compile.plan.compile_plan",
    "simulate.kernel.flat.FlatPlan",
}
# What needs a browser, a compiler or seconds to show; may only shrink.
NOT_SHOWN = {
    "publish.dashboard.chart.run_chart",
    "publish.dashboard.page",
    "simulate.kernel.engine.prepare",
    "simulate.scenarios.simulate",
}
CONTRACTS = contracts()
METHODS = {
    f"{name}.{word}": method
    for name, thing in CONTRACTS.items()
    if inspect.isclass(thing)
    for word, method in methods(thing).items()
}


def parameters(thing) -> list[str]:
    """Names of what a function or a constructor takes. An exception, a protocol and an abstract class without fields are not built."""
    if inspect.isclass(thing):
        if "__init__" not in vars(thing) and not getattr(thing, "_fields", ()):
            return []
        if getattr(thing, "_is_protocol", False):
            return []
    takes = inspect.signature(inspect.unwrap(thing)).parameters
    return [name for name in takes if name not in ("self", "cls")]


def body(thing) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))).body[0]


def raises(thing) -> bool:
    """Whether a function raises by itself and does not catch it (what it calls may raise too, and its section may say so)."""
    tree = body(thing)
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try) and node.handlers]
    caught = {inner for node in tries for part in node.body for inner in ast.walk(part)}
    return any(isinstance(node, ast.Raise) and node not in caught for node in ast.walk(tree))


def returns(thing) -> bool:
    """Whether a function gives something back."""
    tree = body(thing)
    says = tree.returns is not None and ast.unparse(tree.returns) not in ("None", "NoReturn")
    return says or any(
        isinstance(node, ast.Return) and node.value is not None for node in ast.walk(tree)
    )


def lacking(thing, example: bool = True) -> list[str]:
    """What the docstring of a function or class lacks, in words."""
    own = thing.__doc__ or not inspect.isclass(thing)  # a method may inherit its words, a class not
    doc = (inspect.getdoc(thing) if own else "") or ""
    said = HOUSE.sections(doc)
    order = [word for word in said if word]
    wanted = parameters(thing)
    problems = []
    if order != [word for word in HOUSE.SECTIONS if word in order]:
        problems.append(f"sections stand as {order}")
    if HOUSE.named_parameters(said.get("Parameters", [])) != wanted:
        problems.append(
            f"Parameters names {HOUSE.named_parameters(said.get('Parameters', []))}, it takes {wanted}"
        )
    if not inspect.isclass(thing):
        if returns(thing) and not {"Returns", "Yields"} & set(order):
            problems.append("no Returns")
        if raises(thing) and "Raises" not in order:
            problems.append("no Raises")
    if example:
        examples = doctest.DocTestParser().get_examples("\n".join(said.get("Examples", [])))
        if not [one for one in examples if not one.options.get(doctest.SKIP)]:
            problems.append(NO_EXAMPLE)
    for name, lines in said.items():
        if name and not "".join(lines).strip():
            problems.append(f"{name} is empty")
    if not "".join(said[""]).strip():
        problems.append("no sentence that says what it is")
    return problems


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_the_front_door_and_the_shelves_promise_is_written_down(name):
    assert lacking(CONTRACTS[name]) == []


@pytest.mark.parametrize("name", METHODS)
def test_what_their_methods_take_and_give_is_written_down(name):
    assert lacking(METHODS[name], example=False) == []


def test_what_documentation_names_by_its_import_path_is_written_down():
    problems = {name: lacking(thing) for name, thing in named().items()}
    assert len(problems) > 60
    without = {name for name, lines in problems.items() if lines == [NO_EXAMPLE]}
    assert without == NOT_SHOWN
    short = {name for name, lines in problems.items() if lines} - without
    assert short == ONE_SENTENCE, {name: problems[name] for name in short - ONE_SENTENCE}


def test_every_shelf_is_looked_at():
    there = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in ROOT.rglob("__init__.py")
        if path.parent.name in HOUSE.SHELVES
    }
    assert there == {name for name in PACKAGES if name.rsplit(".", 1)[-1] in HOUSE.SHELVES}
    assert len(CONTRACTS) > 70
