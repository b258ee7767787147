"""What the front door and the shelves promise stands in their docstrings: numpydoc sections in their order, every
parameter by its name, and an example that doctest runs (pytest collects it with the module)."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import textwrap
from pathlib import Path

import pytest

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
    "uncertainty.distributions",
    "uncertainty.risks",
    "forecasting.methods",
    "facts.intake.importers",
    "measure.kpis",
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
    """Whether a function raises by itself (what it calls may raise too, and its section may say so)."""
    return any(isinstance(node, ast.Raise) for node in ast.walk(body(thing)))


def returns(thing) -> bool:
    """Whether a function gives something back."""
    tree = body(thing)
    says = tree.returns is not None and ast.unparse(tree.returns) not in ("None", "NoReturn")
    return says or any(
        isinstance(node, ast.Return) and node.value is not None for node in ast.walk(tree)
    )


def lacking(thing, example: bool = True) -> list[str]:
    """What the docstring of a function or class lacks, in words."""
    doc = inspect.getdoc(thing) if "__doc__" in dir(thing) and thing.__doc__ else ""
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
            problems.append("no example that doctest runs")
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


def test_every_shelf_is_looked_at():
    there = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in ROOT.rglob("__init__.py")
        if path.parent.name in HOUSE.SHELVES
    }
    assert there == {name for name in PACKAGES if name.rsplit(".", 1)[-1] in HOUSE.SHELVES}
    assert len(CONTRACTS) > 70
