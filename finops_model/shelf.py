"""What the shelves share: a folder of files found by name, what each file must hold, and which of them are defaults.

A file on a shelf is no decision: it is used where somebody names it. Only a file that says `DEFAULT = True` is used without being named. Files
that start with `_` are helpers. A file that does not hold what its shelf needs is refused in one sentence.

Two sorts of shelves: files of functions (forecasters, importers, KPIs: `modules`), and files that hold one frozen dataclass named after the
file, `graduated.py` → `Graduated` (rates, transforms, instruments, distributions, risks: `shelf`, `make`).
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, is_dataclass
from dataclasses import fields as fields_of
from functools import lru_cache
from types import ModuleType
from typing import Any

from .errors import FinOpsError, PriceError, nearest, unknown

NEAR = (
    0.8  # from which likeness on a word that a file need not hold is taken for a slip of one it may
)


@dataclass(frozen=True)
class Function:
    """A function that can be called with these, in this order.

    Parameters
    ----------
    takes : tuple of str
        Names of what it is called with.

    Examples
    --------
    >>> Function(("history", "horizon")).takes
    ('history', 'horizon')
    """

    takes: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """What a file of a shelf holds: names, and for each a type, a Function, or the words it may be.

    Parameters
    ----------
    what : str
        One thing of the shelf, for messages: "forecaster".
    needs : mapping of str to type, Function or tuple of str
        What each file must hold.
    may : mapping of str to type, Function or tuple of str
        What it may hold.

    Examples
    --------
    >>> print(Contract("KPI", {"parts": Function(("facts",))}, {"DEFAULT": bool}).words())
    A KPI holds parts; it may hold DEFAULT.
    """

    what: str
    needs: Mapping[str, object]
    may: Mapping[str, object]

    def words(self) -> str:
        """What a file holds, in a sentence.

        Returns
        -------
        str
            One sentence, for a message.
        """
        article = "An" if self.what[0] in "aeiou" else "A"
        return f"{article} {self.what} holds {', '.join(self.needs)}; it may hold {', '.join(sorted(self.may))}."


def names(package: str) -> list[str]:
    """Names of the files on a shelf, in the order of the alphabet whatever order the disk gives.

    Parameters
    ----------
    package : str
        Dotted name of the shelf.

    Returns
    -------
    list of str
        File names without `.py`; helpers (`_…`) are none.

    Examples
    --------
    >>> names("finops_model.prices.rates")[:2]
    ['allowance', 'graduated']
    """
    path = tuple(importlib.import_module(package).__path__)
    return list(_names(path, tuple(_changed(folder) for folder in path)))


def _changed(folder: str) -> int:
    """When a name in a folder last came or went; 0 where it is no folder of this disk."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _names(path: tuple[str, ...], changed: tuple[int, ...]) -> tuple[str, ...]:
    """A scenario asks for the names of a shelf hundreds of times, and a folder is read once for each state of it."""
    return tuple(
        sorted(info.name for info in pkgutil.iter_modules(path) if not info.name.startswith("_"))
    )


def modules(package: str, contract: Contract) -> dict[str, ModuleType]:
    """The files of a shelf by name, each held against the contract.

    Parameters
    ----------
    package : str
        Dotted name of the shelf.
    contract : Contract
        What each file must and may hold.

    Returns
    -------
    dict of str to module
        In the order of the alphabet.

    Raises
    ------
    FinOpsError
        A file cannot be imported, or does not hold what it must; names the file and what is wrong.

    Examples
    --------
    >>> contract = Contract("KPI", {"parts": Function(("facts",))}, {"DEFAULT": bool})
    >>> sorted(modules("finops_model.measure.kpis", contract))[:1]
    ['adoption_rate']
    """
    found = {name: _imported(package, name) for name in names(package)}
    for name, module in found.items():
        _check(module, contract, _place(package, name))
    return found


def wrong(module: ModuleType, function: str, value: object, wanted: str) -> FinOpsError:
    """The error for a file whose function gave something else than it must give.

    Parameters
    ----------
    module : module
        The file.
    function : str
        The function that was called.
    value : object
        What it gave; 60 characters of it are shown.
    wanted : str
        What it must give, in words.

    Returns
    -------
    FinOpsError
        To be raised by the caller.

    Examples
    --------
    >>> import finops_model.measure.kpis.cost_per_driver as file
    >>> print(wrong(file, "parts", None, "a list of Part"))
    finops_model/measure/kpis/cost_per_driver.py: parts gave None, and must give a list of Part.
    """
    return FinOpsError(
        f"{_place(*module.__name__.rsplit('.', 1))}: {function} gave {str(value)[:60]}, and must give {wanted}."
    )


def defaults(shelf: Mapping[str, ModuleType]) -> tuple[str, ...]:
    """Names of the files that say that they are a default.

    Parameters
    ----------
    shelf : mapping of str to module
        As `modules` gives it.

    Returns
    -------
    tuple of str
        Those with `DEFAULT = True`, in the order of the shelf.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> a, b, c = SimpleNamespace(DEFAULT=True), SimpleNamespace(DEFAULT=False), SimpleNamespace()
    >>> defaults({"a": a, "b": b, "c": c})
    ('a',)
    """
    return tuple(name for name, module in shelf.items() if getattr(module, "DEFAULT", False))


def shelf(package: str) -> dict[str, type[Any]]:
    """The forms of a package by kind.

    Parameters
    ----------
    package : str
        Dotted name of a shelf whose files hold one dataclass each.

    Returns
    -------
    dict of str to type
        File name and its dataclass, in the order of the alphabet.

    Examples
    --------
    >>> sorted(shelf("finops_model.prices.rates"))[:2]
    ['allowance', 'graduated']
    """
    return {kind: form(package, kind) for kind in names(package)}


def form(package: str, kind: str) -> type[Any]:
    """The dataclass of one kind: the class named after its file.

    The package may say in METHODS what every class of it can do.

    Parameters
    ----------
    package : str
        Dotted name of the shelf.
    kind : str
        File name without `.py`.

    Returns
    -------
    type
        The class; not an instance of it.

    Raises
    ------
    FinOpsError
        The file cannot be imported, does not hold the class, or the class lacks a method.

    Examples
    --------
    >>> form("finops_model.prices.rates", "linear").__name__
    'Linear'
    """
    module, name = _imported(package, kind), kind.title().replace("_", "")
    found = getattr(module, name, None)
    if not (isinstance(found, type) and is_dataclass(found)):
        here = [
            word
            for word, value in vars(module).items()
            if isinstance(value, type) and value.__module__ == module.__name__
        ]
        raise FinOpsError(
            f"{_place(package, kind)}: no dataclass '{name}'.{_hint(name, here)} A file of this shelf holds one frozen dataclass named "
            f"after it: {kind}.py holds {name}."
        )
    methods = getattr(importlib.import_module(package), "METHODS", ())
    lacking = sorted(
        {word for word in methods if not callable(getattr(found, word, None))}
        | set(getattr(found, "__abstractmethods__", ()))
    )
    if lacking:
        raise FinOpsError(
            f"{_place(package, kind)}: {name} lacks {', '.join(lacking)}.{_hint(lacking[0], vars(found))} Write it as the other files of "
            "the shelf do."
        )
    return found


def make(
    package: str,
    what: str,
    kind: str,
    fields: dict,
    where: str = "",
    error: type[FinOpsError] = PriceError,
):
    """The form `kind` of a package with `fields` as they stand in a document.

    Parameters
    ----------
    package : str
        Dotted name of the shelf.
    what : str
        What the shelf holds, for messages: "rate form".
    kind : str
        File name without `.py`.
    fields : dict
        Names and values of the dataclass.
    where : str, optional
        Place for messages, for example "data/prices/hyperion.yaml:9".
    error : type of FinOpsError, optional
        What is raised and what the forms raise: PriceError, or another for a shelf outside prices.

    Returns
    -------
    object
        The frozen dataclass.

    Raises
    ------
    error
        Unknown kind or field (with the nearest match), missing field, nonsense in a value.

    Examples
    --------
    >>> make("finops_model.prices.rates", "rate form", "linear", {"price": 2.0}).charge(3)
    np.float64(6.0)
    """
    kinds, place = names(package), f"{where}: " if where else ""
    if not isinstance(kind, str) or kind not in kinds:
        raise error(unknown(where, what, kind, kinds))
    one = form(package, kind)
    if not isinstance(fields, dict):
        raise error(f"{place}{kind}: '{str(fields)[:60]}' is not a mapping of names to values.")
    known = {field.name: field for field in fields_of(one) if field.init}
    for name in fields:
        if name not in known:
            raise error(unknown(where, f"{kind} field", str(name), known))
    for name, field in known.items():
        if field.default is MISSING and field.default_factory is MISSING and name not in fields:
            near = nearest(name, [key for key in fields if key not in known])
            hint = f" Did you mean '{near}'?" if near else ""
            raise error(f"{place}{kind}: '{name}' is missing; write it.{hint}")
    try:
        return one(**fields)
    except error as problem:
        raise error(f"{place}{problem}") from None


def _place(package: str, name: str) -> str:
    return f"{package.replace('.', '/')}/{name}.py"


def _imported(package: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{package}.{name}")
    except FinOpsError:
        raise
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - a file of anyone, read at its import
        raise FinOpsError(
            f"{_place(package, name)}: cannot be read ({type(problem).__name__}: {problem}). Mend the file or take it off the shelf."
        ) from None


def _check(module: ModuleType, contract: Contract, place: str) -> None:
    own = vars(module)
    for name, wanted in {**contract.needs, **contract.may}.items():
        if name in own:
            if trouble := _trouble(own[name], wanted):
                raise FinOpsError(f"{place}: {name} {trouble}")
        elif name in contract.needs:
            raise FinOpsError(f"{place}: '{name}' is missing.{_hint(name, own)} {contract.words()}")
        elif slip := _slip(
            name, tuple(word for word in own if word.isupper() and word not in contract.needs)
        ):
            raise FinOpsError(
                f"{place}: '{slip}' is read by nobody. Did you mean '{name}'? {contract.words()}"
            )


@lru_cache(4096)  # a shelf is looked at for every file that comes in
def _slip(name: str, own: tuple[str, ...]) -> str | None:
    return nearest(name, own, NEAR)


def _trouble(value, wanted) -> str:
    """Why a value is not what a file may hold under a name; '' where it is."""
    if isinstance(wanted, Function):
        if not callable(value):
            return f"is {value!r}, and must be a function of ({', '.join(wanted.takes)})."
        try:
            inspect.signature(value).bind(*wanted.takes)
        except TypeError:
            return (
                f"takes {inspect.signature(value)}, and is called with ({', '.join(wanted.takes)})."
            )
        return ""
    if isinstance(wanted, type):
        right = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
        word = {bool: "True or False", int: "a whole number", str: "a text", tuple: "a tuple"}[
            wanted
        ]
        return "" if right else f"is {value!r}, and must be {word}."
    if value in wanted:
        return ""
    return f"is {value!r}.{_hint(str(value), wanted)} Write one of {', '.join(wanted)}."


def _hint(word: str, near: Iterable[str]) -> str:
    guess = nearest(word, [name for name in near if not name.startswith("_")])
    return f" Did you mean '{guess}'?" if guess else ""
