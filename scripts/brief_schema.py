"""JSON Schema of the brief, made from its types (finops_model/measure/brief_types.py).

python scripts/brief_schema.py            fails where finops_model/measure/brief.schema.json is another
python scripts/brief_schema.py --write    writes it anew: after a key was added
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from finops_model.measure.brief_types import Brief
from finops_model.schemas import NEWEST

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "finops_model" / "measure" / "brief.schema.json"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def of_type(kind: Any, named: dict[str, dict]) -> dict:
    """Schema of one type; that of a TypedDict goes into `named`. TypeError for a type that JSON has not.

    >>> of_type(list[float | None], {})
    {'type': 'array', 'items': {'anyOf': [{'type': 'number'}, {'type': 'null'}]}}
    """
    origin, inside = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    if is_typeddict(kind):
        if kind.__name__ not in named:
            named[kind.__name__] = {}  # holds its place while its keys are looked into
            named[kind.__name__] = of_keys(kind, named)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if origin is Literal:
        return {"enum": list(inside)}
    if origin is NotRequired:
        return of_type(inside[0], named)
    if origin is list:
        return {"type": "array", "items": of_type(inside[0], named)}
    if origin is dict and inside[0] is str:
        return {"type": "object", "additionalProperties": of_type(inside[1], named)}
    if origin is UnionType:
        return {"anyOf": [of_type(one, named) for one in inside]}
    raise TypeError(f"{kind}: no such type in JSON.")


def of_keys(kind: Any, named: dict[str, dict]) -> dict:
    """Schema of a TypedDict: its keys, which must be there, and no other."""
    keys = get_type_hints(kind, include_extras=True)
    return {
        "type": "object",
        "properties": {name: of_type(one, named) for name, one in keys.items()},
        "required": sorted(kind.__required_keys__),
        "additionalProperties": False,
    }


def schema() -> dict:
    """The schema of a brief, draft 2020-12, of the number that schemas.py gives a brief."""
    named: dict[str, dict] = {}
    whole = of_keys(Brief, named)
    whole["properties"]["schema"] = {"const": NEWEST["brief"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Brief of a unit and month, schema {NEWEST['brief']}",
        **whole,
        "$defs": dict(sorted(named.items())),
    }


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the schema anew")
    if parser.parse_args().write:
        PLACE.write_text(text(), encoding="utf-8")
    if not PLACE.is_file() or PLACE.read_text(encoding="utf-8") != text():
        print(
            f"{PLACE.relative_to(ROOT)}: not what the types say. Write it anew: python scripts/brief_schema.py --write",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
