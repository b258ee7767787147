"""Mutations of what is no text table: JSON and JSON lines, Parquet, workbooks, metrics."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
from texts import ALL, DATES, NONE, NUMBERS, ROWS, WORDS, Mutant, of_bytes

LEAVES = (None, True, False, 0, -1, 1e308, 10**40, -0.0, 0.1, [], {}, [[]], [1, 2], {"a": 1}, "", [None], {"": {}}, 1.5e-300)  # fmt: skip
RAW = ("NaN", "Infinity", "-Infinity", "1e9999", "01", "1.", "'x'", '"\\ud800"', '"\\udc00x"', '"\\u0000"', "[" * 3000, '{"a":' * 2000, "9" * 5000, "nul", "1e-999999999999", '"\\x"', "{}}", '"unclosed', "/* x */ 1", "0x10", "-", "1 2")  # fmt: skip
MARK = "\u2063here\u2063"  # stands where a text is put that no writer of JSON would write


def _places(node, path=()):
    """Paths of all values of a document."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()  # fmt: skip
    for key, value in items:
        yield from _places(value, (*path, key))


def _parent(document, path):
    for key in path[:-1]:
        document = document[key]
    return document


def _leaf(rng: Random, old):
    if isinstance(old, dict | list) and rng.random() < 0.5:
        return rng.choice(({}, [], None, "", [old], {"a": old}, 0, [old, old], list(old), "x"))
    pool = rng.choice((LEAVES, LEAVES, NUMBERS, DATES, WORDS))
    made = rng.choice(pool)
    if isinstance(old, int | float) and not isinstance(old, bool) and rng.random() < 0.3:
        made = rng.choice((-old, old + 1, str(old), [old], float(old) / 3, {"value": old}, old * 10**15))  # fmt: skip
    return made


def of_json(rng: Random, data: bytes, lines: bool) -> Mutant:
    """A document, or one of the lines, of which one to three values, keys or lists are changed."""
    try:
        text = data.decode("utf-8-sig")
        documents = [json.loads(one) for one in text.splitlines() if one.strip()] if lines else [json.loads(text)]  # fmt: skip
    except (ValueError, RecursionError):
        return of_bytes(rng, data)
    said, raw, keeps = [], None, ROWS
    for _ in range(rng.choice((1, 1, 2, 3))):
        which = rng.randrange(len(documents))
        path = rng.choice(list(_places(documents[which])))
        if not path:
            if rng.random() < 0.1:
                documents[which], keeps = _leaf(rng, documents[which]), NONE
                said.append("the whole")
            continue
        parent, key = _parent(documents[which], path), path[-1]
        deep = isinstance(parent[key], dict | list)
        how = rng.choice(("value", "value", "value", "raw", "gone", "renamed", "doubled", "nested"))
        if how == "value":
            parent[key] = _leaf(rng, parent[key])
        elif how == "raw":
            parent[key], raw, keeps = MARK, rng.choice(RAW), NONE
        elif how == "gone":
            del parent[key]
        elif how == "renamed" and isinstance(parent, dict):
            parent[rng.choice((key.upper(), key + "_", "", "x", "a.b", "__class__", key[:-1], "x_Row"))] = parent.pop(key)  # fmt: skip
        elif how == "doubled" and isinstance(parent, list):
            parent.insert(rng.randrange(len(parent) + 1), parent[key])
        elif how == "doubled":
            raw, keeps = f'"{key}": {json.dumps(_leaf(rng, 1))}, "{key}"', NONE
            parent[MARK] = parent.pop(key)
        else:
            parent[key] = _deep(parent[key], rng.choice((1, 40, 400)))
        if deep or isinstance(parent, list) or how != "value":
            keeps = NONE
        said.append(f"{how} of {'.'.join(map(str, path))[:60]}")
    out = "\n".join(json.dumps(one, ensure_ascii=rng.random() < 0.5) for one in documents)
    if raw is not None:
        out = out.replace(json.dumps(MARK), raw).replace(f'"{MARK}"', raw)
    return Mutant(out.encode("utf-8", "surrogatepass"), "; ".join(said) or "none", keeps)


def _deep(value, times: int):
    for _ in range(times):
        value = [value]
    return value


def json_rewritten(rng: Random, data: bytes, lines: bool) -> Mutant:
    """The same document, its keys in another order, or with other blanks."""
    try:
        text = data.decode("utf-8-sig")
        documents = [json.loads(one, parse_float=_Raw, parse_int=_Raw) for one in text.splitlines() if one.strip()] if lines else [json.loads(text, parse_float=_Raw, parse_int=_Raw)]  # fmt: skip
    except (ValueError, RecursionError):
        return of_bytes(rng, data)
    indent = None if lines else rng.choice((None, 0, 3))
    out = "\n".join(_dumped(_turned(rng, one), indent) for one in documents)
    return Mutant(out.encode("utf-8", "surrogatepass"), "rewritten: keys in another order", ALL)


class _Raw(str):
    """A number as it was written."""


def _dumped(value, indent) -> str:
    text = json.dumps(value, indent=indent, default=str)
    return re.sub(r'"\u2063([^"]*)\u2063"', r"\1", text.replace("\\u2063", "\u2063"))


def _turned(rng: Random, value):
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: _turned(rng, value[key]) for key in keys}
    if isinstance(value, list):
        return [_turned(rng, one) for one in value]
    return f"\u2063{value}\u2063" if isinstance(value, _Raw) else value


def of_metrics(rng: Random, data: bytes) -> Mutant:
    """A line of a Prometheus page: its labels or its number."""
    lines = data.decode("utf-8", "replace").splitlines()
    at = rng.randrange(len(lines))
    name, _, number = lines[at].rpartition(" ")
    how = rng.choice(("number", "label", "time", "name"))
    if how == "number":
        lines[at] = f"{name} {rng.choice(NUMBERS)}"
    elif how == "label":
        lines[at] = re.sub(r'="[^"]*"', lambda _: f'="{rng.choice(WORDS)}"', lines[at], count=1)
    elif how == "time":
        lines[at] += f" {rng.choice(('1790000000000', '-1', '1e30', '9' * 30, 'x', '0'))}"
    else:
        lines[at] = rng.choice(("}", "{", "# HELP", "x{a=", " 1", "DCGM 1", 'a{b="c', "{} 1", "a" * 9000 + " 1")) + lines[at]  # fmt: skip
    return Mutant("\n".join(lines).encode("utf-8", "surrogatepass"), f"{how} of line {at + 1}")


# --- parquet -----------------------------------------------------------------------------------------------

TYPES = (pa.string(), pa.large_string(), pa.float64(), pa.float32(), pa.int64(), pa.int8(), pa.bool_(), pa.decimal128(38, 10), pa.decimal128(10, 2), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.timestamp("ms", "Asia/Tokyo"), pa.date32(), pa.binary(), pa.dictionary(pa.int32(), pa.string()), pa.null(), pa.time64("us"), pa.duration("s"))  # fmt: skip
VALUES = (dt.datetime(9999, 12, 31), dt.date(1, 1, 1), float("nan"), float("inf"), -(2**63), 2**63 - 1, b"\xff\xfe", [], [1], {"a": 1}, [{"key": "team", "value": None}], dt.timedelta(9))  # fmt: skip


def of_parquet(rng: Random, data: bytes) -> Mutant:
    """A table whose columns have other types, names or values, or a file that is torn."""
    how = rng.choice(("bytes", "type", "type", "type", "value", "value", "dropped", "named", "doubled", "no rows", "groups"))  # fmt: skip
    try:
        table = pq.read_table(io.BytesIO(data))
    except (pa.ArrowException, OSError):  # a seed that is torn already
        return of_bytes(rng, data)
    if how == "bytes" or not table.num_rows:
        return of_bytes(rng, data)
    at = rng.randrange(table.num_columns)
    name, keeps = table.schema.names[at], NONE
    if how == "type":
        kind = rng.choice(TYPES)
        table, said = _cast(table, at, kind), f"{name} as {kind}"
    elif how == "value":
        words = rng.choice((VALUES, NUMBERS, DATES, WORDS))
        row, values, value = rng.randrange(table.num_rows), table.column(at).to_pylist(), rng.choice(words)  # fmt: skip
        values[row] = value
        table, said = _with(table, at, values), f"{name} of row {row + 1} {str(value)[:20]!r}"
    elif how == "dropped":
        table, said = table.remove_column(at), f"{name} dropped"
    elif how == "no rows":
        table, said = table.slice(0, 0), "no rows"
    elif how == "groups":
        out = io.BytesIO()
        pq.write_table(table, out, row_group_size=2, compression=rng.choice(("gzip", "none")))
        return Mutant(out.getvalue(), "rewritten: row groups of 2", ALL)
    else:
        other = rng.choice((table.schema.names[rng.randrange(table.num_columns)], "", name.upper(), "x_Row", name + " ", "x" * 300))  # fmt: skip
        names = list(table.schema.names)
        names[at] = other
        table, said = table.rename_columns(names), f"{name} named {other[:20]!r}"
    out = io.BytesIO()
    try:
        pq.write_table(table, out)
    except (pa.ArrowException, UnicodeEncodeError):  # a writer of Parquet would not write it
        return of_bytes(rng, data)
    return Mutant(out.getvalue(), said, keeps)


def _cast(table: pa.Table, at: int, kind: pa.DataType) -> pa.Table:
    column = table.column(at)
    for through in (None, pa.string()):
        try:
            made = (column.cast(through) if through else column).cast(kind, safe=False)
            return table.set_column(at, table.schema.names[at], made)
        except (pa.ArrowException, ValueError):
            continue
    values = pa.nulls(table.num_rows, kind)
    return table.set_column(at, table.schema.names[at], values)


def _with(table: pa.Table, at: int, values: list) -> pa.Table:
    for made in (values, [None if one is None else str(one) for one in values]):
        try:
            return table.set_column(at, table.schema.names[at], pa.array(made))
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            continue
    return table


# --- workbooks ---------------------------------------------------------------------------------------------


def of_workbook(rng: Random, data: bytes) -> Mutant:
    """A workbook of which a cell, a row, a column or a sheet is changed, or a torn one."""
    import openpyxl
    from openpyxl.utils.exceptions import IllegalCharacterError

    if rng.random() < 0.3:
        return of_bytes(rng, data)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.active
    said = []
    for _ in range(rng.choice((1, 2, 4))):
        row, column = rng.randint(1, sheet.max_row), rng.randint(1, sheet.max_column)
        how = rng.choice(("cell", "cell", "cell", "row", "column", "merge", "sheet", "hidden"))
        said.append(f"{how} {row}.{column}")
        try:
            if how == "cell":
                sheet.cell(row, column).value = rng.choice((None, True, 1e300, -5, dt.datetime(9999, 12, 31), dt.date(1900, 1, 1), dt.time(5), dt.timedelta(9), "=SUM(A1:A3)", "#REF!", *NUMBERS, *DATES, *WORDS[:60]))  # fmt: skip
            elif how == "row":
                rng.choice((sheet.delete_rows, sheet.insert_rows))(row)
            elif how == "column":
                rng.choice((sheet.delete_cols, sheet.insert_cols))(column)
            elif how == "merge":
                sheet.merge_cells(start_row=row, end_row=row + 1, start_column=column, end_column=column + 1)  # fmt: skip
            elif how == "sheet":
                book.create_sheet(rng.choice(("x", "Daten", "2026")), 0).append(["date", "cost"])
            else:
                sheet.row_dimensions[row].hidden = True
        except (ValueError, AttributeError, TypeError, IllegalCharacterError):  # not to be written
            continue
    out = io.BytesIO()
    book.save(out)
    return Mutant(out.getvalue(), "; ".join(said))


def mutate(rng: Random, name: str, data: bytes) -> Mutant:
    """One mutation of a file, by what kind of file it is."""
    from texts import of_cells, rewritten

    if data[:4] == b"PAR1":
        return of_parquet(rng, data)
    if data[:4] == b"PK\x03\x04" and name.endswith("xlsx"):
        return of_workbook(rng, data)
    kind = rng.random()
    if kind < 0.3 or data[:2] == b"\x1f\x8b" or not data.strip() or b"\x00" in data[:2000]:
        return of_bytes(rng, data or b" ")
    if name.endswith((".json", ".jsonl")):
        lines = name.endswith(".jsonl")
        return (of_json if kind < 0.9 else json_rewritten)(rng, data, lines)
    if name.endswith(".prom"):
        return of_metrics(rng, data)
    return (of_cells if kind < 0.85 else rewritten)(rng, data)
