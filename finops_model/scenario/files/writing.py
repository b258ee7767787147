"""A scenario file from a few words: changes as an option writes them, the file checked against the ledger before it is there (docs/method §3.80)."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...documents import Document, dump_yaml, read_value
from ...errors import ScenarioError
from ...names import is_nameless, slug
from ...periods import is_date
from ..changes import escape
from ..document import Scenario, load_scenario, resolve

FROM = re.compile(r"\s+from\s+(\S+)\s*$")
PERCENT = re.compile(r"^([+-]?)(\d+\.?\d*|\.\d+)\s*%$")
SUFFIXES = (".yaml", ".yml")
HEAD = ("question", "owner", "decide_by")


def change_of(op: str, words: str, since: str = "", because: str = "", owner: str = "") -> dict:
    """The change that PATH=VALUE says, perhaps with `from YYYY-MM` behind it.

    Parameters
    ----------
    op : str
        set, scale or add.
    words : str
        PATH=VALUE; a percent is a share (60% is 0.6), with a sign and `scale` a change (+20% is
        times 1.2); a range is {p10: 1, p50: 2, p90: 4}.
    since, because, owner : str, optional
        Of the change where the words do not say it.

    Returns
    -------
    dict
        As it stands under `changes` in a file.

    Raises
    ------
    ScenarioError
        No path, no value, no date.

    Source
    ------
    docs/method §3.80.

    Examples
    --------
    >>> change_of("scale", "drivers/orders/level=+20% from 2027-01", because="Plan")
    {'path': 'drivers/orders/level', 'op': 'scale', 'value': 1.2, 'since': '2027-01', 'because': 'Plan'}
    >>> change_of("set", "workloads/chat/routing/small=60%", because="Test")["value"]
    0.6
    """
    option = f"--{op}"
    path, mark, text = words.partition("=")
    path, text = path.strip(), text.strip()
    if not mark or not path or not text:
        raise ScenarioError(
            f"{option}: '{words[:60]}' is no change. Write PATH=VALUE, for example {option} \"{EXAMPLES[op]}\"."
        )
    if dated := FROM.search(text):
        since, text = dated[1], text[: dated.start()].strip()
    if since and not is_date(since):
        raise ScenarioError(
            f"{option}: '{since[:40]}' is no date. Write a month YYYY-MM or a day YYYY-MM-DD."
        )
    return {
        "path": path,
        "op": op,
        "value": _value(op, text, f"{option} {path}"),
        **({"since": since} if since else {}),
        "because": because,
        **({"owner": owner} if owner else {}),
    }


EXAMPLES = {
    "set": "workloads/chat/routing/small-1=60% from 2027-01",
    "scale": "drivers/orders/level=+20% from 2027-01",
    "add": "risks/price cut={kind: announced, skus: H100, changes: [{since: 2027-03-01, factor: 0.9}]}",
}


def _value(op: str, text: str, where: str) -> Any:
    if percent := PERCENT.match(text):
        share = float(percent[1] + percent[2]) / 100
        if percent[1] and op != "scale":
            raise ScenarioError(
                f"{where}: {text} is a change by a share. Use --scale, or write the share itself without a sign."
            )
        return round(1 + share if percent[1] else share, 12)
    return read_value(text, where, ScenarioError)


def launch_of(words: str, since: str = "", because: str = "", owner: str = "") -> dict:
    """The change that adds a workload: NAME=COST a month, a range of it, or a mapping of all its terms.

    >>> launch_of("copilot={p10: 1, p50: 2, p90: 4} from 2027-02", because="Plan")["value"]
    {'cost_per_month': {'p10': 1, 'p50': 2, 'p90': 4}}
    """
    name, mark, text = words.partition("=")
    if not mark or not name.strip() or not text.strip():
        raise ScenarioError(
            f"--add-launch: '{words[:60]}' is no launch. Write NAME=COST a month, for example --add-launch \"copilot=38000 from 2027-02\"."
        )
    change = change_of("add", f"workloads/{escape(name.strip())}={text}", since, because, owner)
    value = change["value"]
    if not (isinstance(value, dict) and "cost_per_month" in value):
        change["value"] = {"cost_per_month": value}
    return change


def folder_of(settings) -> Path:
    """Where the scenario files of a workspace lie: beside its base, else `scenarios`."""
    return (
        settings.path(settings.scenario).parent if settings.scenario else settings.path("scenarios")
    )


def file_of(name: str, settings) -> Path:
    """The file of a scenario that is named: NAME.yaml in the folder of the base, or the file itself where NAME ends so."""
    if Path(name).suffix.casefold() in SUFFIXES:
        return Path(name)
    if is_nameless(name):
        raise ScenarioError(f"'{name[:60]}' has no letter or digit; a file needs one.")
    return folder_of(settings) / f"{slug(name)}.yaml"


def base_for(path: Path, settings) -> str | None:
    """The base as a file at `path` names it; None where the workspace has none. Raises ScenarioError where the base lies outside its folder."""
    if not settings.scenario:
        return None
    base, folder = settings.path(settings.scenario).resolve(), path.parent.resolve()
    if base == path.resolve():
        raise ScenarioError(
            f"{path}: is the base of the workspace. Give the scenario another name."
        )
    if not base.is_relative_to(folder):
        raise ScenarioError(
            f"{path}: the base {settings.scenario} does not lie in this folder or below it. Put the file into {folder_of(settings)}."
        )
    return base.relative_to(folder).as_posix()


def document_of(
    name: str, changes: Sequence[Mapping], base: str | None = None, **head: str
) -> dict:
    """A scenario document: name, what is given of question, owner and decide_by, base, changes.

    >>> list(document_of("n", [], base="b.yaml", question="q", owner=""))
    ['name', 'question', 'base', 'changes']
    """
    return {
        "name": name,
        **{key: head[key] for key in HEAD if head.get(key)},
        **({"base": base} if base else {}),
        "changes": [dict(change) for change in changes],
    }


class Written(Document):
    """A document that stands in no file yet: places are told as changes of its name, or as somebody names them."""

    places: Sequence[str] = ()

    def at(self, location: tuple) -> str:
        if location[:1] == ("changes",) and len(location) > 1:
            if self.places:
                return self.places[int(location[1])]
            return f"{self.path}, change {int(location[1]) + 1}"
        return self.path


def scenario_of(document: Mapping, base=None, places: Sequence[str] = ()) -> Scenario:
    """A scenario of a document in memory on a base (a file, a Scenario, or None); checked as a file is. places: of its changes, for messages."""
    from ...documents import checked
    from ..document import Layer
    from ..schema import ScenarioDocument

    plain = {key: value for key, value in document.items() if key != "base"}
    source = Written(plain)
    source.path, source.lines, source.places = f"'{document.get('name', '')}'", {}, places
    layers = load_scenario(base).layers
    if base is not None:  # as in a file: what all scenarios share belongs to the base
        plain["base"] = layers[-1].document.name
        source["base"] = plain["base"]
    top = checked(ScenarioDocument, source, ScenarioError)
    layer = Layer(top, source)
    return Scenario(top.name, top.question, "", (*layers, layer) if base is not None else (layer,))


def write_new(
    path: Path, document: dict, *, facts=None, settings=None, replace: bool = False
) -> Path:
    """Write a scenario file, whole or not at all, after every check that a run makes.

    Parameters
    ----------
    path : path
        Where; its folder is made.
    document : dict
        As `document_of` gives it.
    facts, settings : optional
        Then the file must fit the ledger too: every path there.
    replace : bool, optional
        Take the place of a file of that name; without it that is refused.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ScenarioError
        What is wrong with it, in the words of the file that it would be; a file that is there.

    Source
    ------
    docs/method §3.80.
    """
    path = Path(path)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ScenarioError(f"{path}: is a link or a folder, not a scenario. Choose another name.")
    if path.exists() and not replace:
        raise ScenarioError(f"{path}: is there already. Name another file, or take it away first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".scenario-", suffix=".yaml")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(dump_yaml(document))
            file.flush()
            os.fsync(file.fileno())
        check_written(temporary, path, document, facts, settings)
        os.chmod(temporary, 0o644)
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)  # fails where somebody else wrote that file meanwhile
    except FileExistsError:
        raise ScenarioError(
            f"{path}: is there already. Name another file, or take it away first."
        ) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def check_written(temporary: str, path: Path, document: dict, facts, settings) -> None:
    """Load a written file the way every command will; messages name the file that it is going to be."""
    try:
        loaded = load_scenario(temporary)
        if dict(loaded.layers[-1].source) != document:
            raise ScenarioError(
                f"{path}: what was written is not what was meant; use plain letters in the names."
            )
        if facts is not None:
            resolve(loaded, settings=settings, facts=facts)
    except ScenarioError as problem:
        raise ScenarioError(str(problem).replace(temporary, str(path))) from None


__all__ = [
    "base_for",
    "change_of",
    "check_written",
    "document_of",
    "file_of",
    "folder_of",
    "launch_of",
    "scenario_of",
    "write_new",
]
