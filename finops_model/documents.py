"""Small YAML documents from outside: read strictly, checked by a pydantic model, refused in one sentence.

No aliases, no duplicate keys, no tags, at most 50 levels and 1 MB. Dates stay text, so that 2026-10 means
what it says; numbers must be finite. Positions are kept, so that a message can name file and line.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_origin

import yaml
from pydantic import BaseModel, Field, PlainValidator, ValidationError, WithJsonSchema

from .errors import FinOpsError, InputError, as_written, nearest

RUN = "=+-@\t\r"  # a cell that begins so is a formula to a spreadsheet

Model = TypeVar("Model", bound=BaseModel)
MAX_BYTES, MAX_DEPTH = 1_000_000, 50
SCALARS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:timestamp",
}
COLLECTIONS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")
OCTAL = re.compile(r"[+-]?0[0-7_]+")
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # what no file name and no page can hold

DAY = r"^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$"  # for editors; what a month has is checked here


def not_negative(value: Any):
    from .checks import written_number  # brings numpy, and settings are light

    value = written_number(value)
    if value < 0:
        raise ValueError(f"is {value:g}; it must be 0 or more.")
    return value


def a_date(value: Any):
    from .periods import is_date

    if not is_date(value):
        raise ValueError(
            f"{as_written(value, 40)} is no date. Write a month YYYY-MM or a day YYYY-MM-DD."
        )
    return value


Quantity = Annotated[
    float, PlainValidator(not_negative), WithJsonSchema({"type": "number", "minimum": 0})
]


Date = Annotated[str, PlainValidator(a_date), WithJsonSchema({"type": "string", "pattern": DAY})]


Text = Annotated[str, Field(min_length=1)]


class Document(dict):
    """A loaded document: plain dicts, lists and scalars, with `path` and the line of every node."""

    path: str = ""
    lines: dict[tuple, int]

    def at(self, location: tuple) -> str:
        """`file:line` of a node, or of the nearest node above it."""
        while location and location not in self.lines:
            location = location[:-1]
        line = self.lines.get(tuple(location))
        return f"{self.path}:{line}" if line else self.path


def load_yaml(path: str | os.PathLike, error: type[FinOpsError] = InputError) -> Document:
    """The document in a YAML file, a mapping. Raises `error` for anything that is not plain data."""
    document = Document()
    built = _read(path, document, error)
    if not isinstance(built, dict):
        raise error(f"{document.path}:1: the document must be a mapping of names to values.")
    document.update(built)
    return document


def load_yaml_list(
    path: str | os.PathLike, error: type[FinOpsError] = InputError
) -> list | Document:
    """The list in a YAML file, read as strictly as `load_yaml` reads a mapping; a mapping comes back as its Document."""
    document = Document()
    built = _read(path, document, error)
    if isinstance(built, dict):
        document.update(built)
        return document
    if not isinstance(built, list):
        raise error(
            f"{document.path}:1: the document must be a list, or a mapping of names to values."
        )
    return built


def _read(path, document: Document, error) -> Any:
    """Plain data of a file; `document` learns its path and lines."""
    path = Path(path)
    if not path.is_file():
        near = (
            nearest(path.name, [p.name for p in path.parent.glob("*.y*ml") if p.name != path.name])
            if path.parent.is_dir()
            else None
        )
        hint = f" Did you mean '{near}'?" if near else ""
        raise error(f"{path}: there is no such file.{hint}")
    if path.stat().st_size > MAX_BYTES:
        raise error(
            f"{path}: {path.stat().st_size:,} bytes; a document may have at most {MAX_BYTES:,}."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(f"{path}: not a text file in UTF-8 (byte {problem.start}).") from None
    return _parsed(text, path, document, error)


def read_value(text: str, where: str, error: type[FinOpsError] = InputError) -> Any:
    """One value as a file would have it, read as strictly: a number, a text, a list or a mapping.

    >>> read_value("1e6", "--set"), read_value("{p10: 1, p50: 2, p90: 4}", "--set")
    (1000000.0, {'p10': 1, 'p50': 2, 'p90': 4})
    """
    return _parsed(text, where, Document(), error)


def _parsed(text: str, path, document: Document, error) -> Any:
    """Plain data of a text; `document` learns its path and lines."""
    try:
        for event in _events(text, path, error):
            if isinstance(event, yaml.AliasEvent):
                raise error(
                    f"{path}:{_line(event)}: aliases (*{event.anchor}) are not allowed. "
                    "Write the value out."
                )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise error(
            f"{path}{line}: not valid YAML: {getattr(problem, 'problem', problem)}."
        ) from None
    document.path, document.lines = str(path), {}
    if node is None:
        raise error(f"{path}: the file is empty.")
    return _build(node, (), document, error)


def _line(event) -> int:
    """The line an event of the parser begins on, from 1."""
    return event.start_mark.line + 1


def _events(text, path, error):
    """Parse events, with the depth limit applied before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise error(f"{path}:{_line(event)}: nested deeper than {MAX_DEPTH} levels.")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        yield event


def _build(node, location, document, error) -> Any:
    document.lines[location] = node.start_mark.line + 1
    if isinstance(node, yaml.CollectionNode) and node.tag not in COLLECTIONS:
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: tag '{node.tag}' is not allowed: plain values only."
        )
    if (
        isinstance(node, yaml.ScalarNode)
        and node.tag.endswith(":int")
        and OCTAL.fullmatch(node.value)
    ):
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: '{'/'.join(map(str, location))}' is {node.value[:40]}: YAML reads a number that begins "
            f"with 0 in base eight. Write it without the 0, or as text: '{node.value[:40]}'."
        )
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise error(
                    f"{document.path}:{key_node.start_mark.line + 1}: a key must be plain text."
                )
            key = key_node.value
            if key in built:
                raise error(
                    f"{document.path}:{key_node.start_mark.line + 1}: '{key}' appears twice in "
                    f"'{'/'.join(map(str, location)) or 'the document'}'. Keep one of them."
                )
            built[key] = _build(value_node, (*location, key), document, error)
            document.lines[(*location, key)] = key_node.start_mark.line + 1
        return built
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(child, (*location, i), document, error) for i, child in enumerate(node.value)
        ]
    if node.tag not in SCALARS:
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: tag '{node.tag}' is not allowed: plain values only."
        )
    if node.tag.endswith(":timestamp"):
        return node.value
    if node.tag.endswith((":int", ":float")) and (":" in node.value or "_" in node.value):
        return (
            node.value
        )  # YAML 1.1 reads 12:30 as 750 and 1:30.5 as 90.5; here it stays what was written
    try:
        value = yaml.SafeLoader("").construct_object(node, deep=True)
        if node.style is None and EXPONENT.fullmatch(node.value):
            value = float(node.value)  # a number in JSON and YAML 1.2; YAML 1.1 wants 1.0e+6
    except ValueError:  # more digits than Python reads, or letters under the tag of a number
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: '{'/'.join(map(str, location))}' is "
            f"{node.value[:40]}{'…' if len(node.value) > 40 else ''}; that is no number that can be read."
        ) from None
    if isinstance(value, str) and (bad := NO_TEXT.search(value)):
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: '{'/'.join(map(str, location))}' holds {bad[0]!r}, "
            "which is no character of a text. Take it out."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise error(
            f"{document.path}:{node.start_mark.line + 1}: '{'/'.join(map(str, location))}' is {node.value}; "
            "a number must be finite."
        )
    return value


OURS: dict[str, Any] = {
    "written_by": "finops"
}  # json_schema_extra of a field that no file may have: no message offers it


class AtKey(ValueError):
    """What a validator of a whole document refuses of one key of it, and where that stands."""

    def __init__(self, text: str, *location: str):
        super().__init__(text)
        self.location = location


PLAIN = {  # what pydantic says of a value, in words of somebody who writes the file
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of names to values",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}


def checked(model: type[Model], data: dict, error: type[FinOpsError] = InputError) -> Model:
    """`data` as a `model`; every problem on a line of its own: file:line: path: what, nearest match, what to do."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        at = data.at if isinstance(data, Document) else lambda location: ""
        raise error(
            "\n".join(sentence(dict(item), at, model) for item in problem.errors())
        ) from None


def sentence(item: dict, at, model, above: tuple[str, ...] = ()) -> str:
    """One problem of pydantic in our words; at(location) gives its place, `above` is the path that the model stands at."""
    location = tuple(part for part in item["loc"] if part != "[key]")
    problem = item.get("ctx", {}).get("error")
    place = at((*location, *getattr(problem, "location", ())))
    name = "/".join(str(part) for part in (*above, *location))
    if item["type"] == "extra_forbidden":
        allowed = _fields(model, location[:-1])
        guess = nearest(str(location[-1]), allowed)
        hint = f" Did you mean '{guess}'?" if guess else ""
        known = f" Known: {', '.join(sorted(allowed))}." if allowed else ""
        text = f"unknown key '{location[-1]}'.{hint}{known}"
        name = "/".join(str(part) for part in (*above, *location[:-1]))
    elif item["type"] == "missing":
        text = "is missing; write it."
    elif item["type"] == "value_error":
        text = str(problem or item["msg"])
    else:
        got = item.get("input")
        empty = item["type"] == "too_short" or got == ""  # the words say what it is
        shown = "" if empty else f", not {as_written(got)}"
        do = ""
        if item["type"] == "string_type" and isinstance(got, (bool, int, float)):
            do = " Put it in quotes."
        elif item["type"] == "list_type" and isinstance(got, str) and got:
            do = f" Write [{got[:60]}]."
        elif item["type"] == "literal_error" and isinstance(got, str):
            near = nearest(got, re.findall(r"'([^']*)'", item["ctx"]["expected"]))
            do = f" Did you mean '{near}'?" if near else ""
        words = PLAIN.get(item["type"]) or item["msg"].rstrip(".")
        text = f"{words.replace('Input should be', 'must be')}{shown}.{do}"
    return ": ".join(part for part in (place, name, text) if part)


def _fields(model, location) -> list[str]:
    """Names a model allows at a location, as far as plain nesting tells."""
    current: Any = model
    inside = False
    for part in location:
        if inside:  # the name of an entry of a mapping, or its place in a list
            inside = False
            continue
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            if getattr(current, "model_fields", None) is not None:
                return []
            continue
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        models = [
            kind
            for kind in _flatten(kinds)
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        if not models:
            return []
        current = models[0]
        inside = any(get_origin(kind) in (dict, list) for kind in _flatten(kinds))
    return [
        field.alias or name
        for name, field in getattr(current, "model_fields", {}).items()
        if field.json_schema_extra != OURS
    ]


def _flatten(kinds):
    for kind in kinds:
        yield kind
        yield from _flatten(getattr(kind, "__args__", ()) or ())


def no_formula(text: str) -> str:
    """A text that no spreadsheet takes for a formula: one that could be gets an apostrophe before it.

    >>> no_formula("=1+1"), no_formula("chat"), no_formula("")
    ("'=1+1", 'chat', '')
    """
    return f"'{text}" if text.startswith(tuple(RUN)) else text


def written(text: str) -> str:
    """The text that `no_formula` guarded, as it was.

    >>> written("'=1+1"), written("'tis"), written(no_formula("chat"))
    ('=1+1', "'tis", 'chat')
    """
    return text[1:] if text[:1] == "'" and text[1:].startswith(tuple(RUN)) else text


def csv_of(frame) -> str:
    """A frame as CSV whose names no spreadsheet takes for a formula: one that could be gets an apostrophe before it.

    >>> import pandas as pd
    >>> csv_of(pd.DataFrame({"team": ["=cmd()", "+1", "search"], "cost": [-1.5, 2.0, 3.0]}))
    "team,cost\\n'=cmd(),-1.5\\n'+1,2.0\\nsearch,3.0\\n"
    """

    def named(cell):
        return no_formula(cell) if isinstance(cell, str) else cell

    plain = frame.rename(columns=named)
    for at, (_, kind) in enumerate(frame.dtypes.items()):
        if str(kind).startswith(("object", "str", "category")):
            plain.isetitem(at, frame.iloc[:, at].astype(object).map(named))
    return plain.to_csv(index=False, lineterminator="\n")


def write_atomic(path: str | os.PathLike, data: bytes | str) -> Path:
    """Write a file whole or not at all: temporary file, fsync, rename, fsync of the folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode("utf-8") if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)
    return path


def fsync_folder(folder: str | os.PathLike) -> None:
    """Make a rename in a folder last through a power cut; file systems that cannot are let be."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def stamp(paths) -> tuple:
    """What tells that files have not changed since they were read: names, sizes, times. A key for a cache in memory."""
    return tuple((str(path), os.stat(path).st_size, os.stat(path).st_mtime_ns) for path in paths)


def sha256_of(path: str | os.PathLike) -> str:
    """sha256 of a file's bytes, 64 hexadecimal digits; read in pieces, so that a large file needs no memory of its size.

    >>> sha256_of(os.devnull)[:16]  # of nothing
    'e3b0c44298fc1c14'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def dump_yaml(data: dict | list) -> str:
    """YAML text of plain data, keys in their order, no aliases.

    >>> print(dump_yaml({"team": "1e9"}), end="")  # a text stays one: plain, it would be read as a number
    team: '1e9'
    """

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, _):
            return True

        def represent_str(self, text):
            style = "'" if EXPONENT.fullmatch(text) else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    Plain.add_representer(str, Plain.represent_str)
    return yaml.dump(data, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)
