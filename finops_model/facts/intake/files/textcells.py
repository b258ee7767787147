"""Tables whose every cell is text: CSV read fast when provably well formed, else line by line; JSON; frames; Parquet.

Both CSV ways give the same rows (tests/test_bad_inputs.py holds it). The fast one runs only when every quote opens at
the start of a cell, closes at its end and inner quotes are doubled (RFC 4180), and all rows have the header's width.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from ....errors import InputError, several
from .cells import whole_characters
from .text import BrokenRow, Delivered, decode, read_json, short, shown, stray

DATA = re.compile(
    r"\s*([+-]?\d[\d.,]*|\d{4}-\d{2}-\d{2}.*|\{.*)\s*", re.ASCII
)  # no column is called so
RESERVED = {"x_row", "x_file", "x_period", "x_hash", "x_raw"}  # the ledger's own columns
MAX_COLUMNS, MAX_CELL, MAX_RAW, MAX_UNPACKED = 2000, 131_072, 20_000, 2 * 2**30
MAX_NAME = 1000  # characters of a heading
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read_csv(source: Delivered) -> pa.Table:
    """The rows of a CSV file; malformed lines go to source.broken. Raises InputError for a header that cannot be used."""
    text = decode(source)
    lines = io.StringIO(text, newline="")
    first = lines.readline()
    while first and not first.strip():
        first = lines.readline()
    delimiter = find_delimiter(first)
    if re.fullmatch(r"sep=.\s*", first):
        delimiter, first = first[4], lines.readline()
    if delimiter != ",":
        source.notes.append(f"delimiter is a {NAMES.get(delimiter, repr(delimiter))}")
    if problem := stray(first):
        raise InputError(
            f"{source.name}: the header {problem}. Export the file again, all of it as UTF-8."
        )
    names = check_header(source.name, next(csv.reader([first], delimiter=delimiter), []))
    body = lines.read()
    raw = body.encode("utf-8", "surrogatepass")
    fast = _arrow_csv(raw, names, delimiter) if well_formed(raw, delimiter.encode()) else None
    return fast if fast is not None else _careful_csv(source, body, names, delimiter)


def find_delimiter(header: str) -> str:
    """The delimiter a header line uses.

    >>> find_delimiter("BilledCost;BillingCurrency")
    ';'
    """
    bare = re.sub(r'"[^"]*"', "", header)
    return max(NAMES, key=lambda mark: (bare.count(mark), mark == ","))


def refuse_odd_names(name: str, names: Sequence[str]) -> None:
    """Raise InputError where a heading is longer than any name (a whole file behind a quote stands in its place), or holds a NUL."""
    for i, cell in enumerate(names, 1):
        if "\x00" in cell:
            raise InputError(
                f"{name}: the heading of column {i} ('{cell.replace(chr(0), '')[:40]}') holds a NUL character. Take it out, or export the file again."
            )
        if len(cell) > MAX_NAME:
            raise InputError(
                f"{name}: the heading of column {i} has {len(cell):,} characters ('{' '.join(cell[:60].split())[:40]}…'); at most {MAX_NAME:,}. "
                "A quote that does not close makes such a one, or a line break that is gone. Correct the first line, or export the file again."
            )


def check_header(name: str, cells: list[str]) -> list[str]:
    """Column names without surrounding space; twice the same name (in any case) is refused."""
    names = [cell.strip().lstrip("\ufeff") or f"x_unnamed_{i + 1}" for i, cell in enumerate(cells)]
    names = [whole_characters(cell) for cell in names]
    names = [f"x_Delivered_{cell[2:]}" if cell.casefold() in RESERVED else cell for cell in names]
    if len(names) > MAX_COLUMNS:
        raise InputError(f"{name}: {len(names):,} columns; at most {MAX_COLUMNS:,}.")
    refuse_odd_names(name, names)
    data = next((cell for cell in names if DATA.fullmatch(cell)), None)
    if data is not None:
        raise InputError(
            f"{name}: the first line is data, not a header: '{data[:30]}' stands where a column name belongs. "
            "Add a first line with the column names."
        )
    seen: dict[str, int] = {}
    for i, column in enumerate(names, 1):
        if column.casefold() in seen:
            raise InputError(
                f"{name}: column '{column}' appears twice in the header, at places "
                f"{seen[column.casefold()]} and {i}: which one counts? Take one out."
            )
        seen[column.casefold()] = i
    return names


def well_formed(raw: bytes, delimiter: bytes) -> bool:
    """Whether every quote in a CSV body follows RFC 4180.

    >>> well_formed(b'1,"a ""b"" c",2', b","), well_formed(b'1,"a,2', b","), well_formed(b'1,"a"b,2', b",")
    (True, False, False)
    """
    data = np.frombuffer(raw, np.uint8)
    quotes = np.flatnonzero(data == 34)
    if len(quotes) == 0:
        return True
    if len(quotes) % 2:
        return False
    edge = np.isin(np.arange(256), [delimiter[0], 10, 13, 34])
    padded = np.concatenate([[10], data, [10]]).astype(np.uint8)
    before, after = padded[quotes[0::2]], padded[quotes[1::2] + 2]
    return bool(edge[before].all() and edge[after].all())


def _arrow_csv(raw: bytes, names: list[str], delimiter: str) -> pa.Table | None:
    if not raw.strip():
        return _table({name: [] for name in names}, [])
    try:
        table = pacsv.read_csv(
            io.BytesIO(raw),
            read_options=pacsv.ReadOptions(column_names=names, block_size=8 << 20),
            parse_options=pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        return None
    return table.append_column("x_Row", pa.array(np.arange(1, table.num_rows + 1)))


def _careful_csv(source: Delivered, body: str, names: list[str], delimiter: str) -> pa.Table:
    """Record by record. A record that breaks takes the lines it swallowed with it; reading goes on behind them."""
    lines = list(io.StringIO(body, newline=""))
    rows, numbers, at, number = [], [], 0, 0
    while at < len(lines):
        reader = csv.reader(iter(lines[at:] if at else lines), delimiter=delimiter, strict=True)
        used = 0
        try:
            for cells in reader:
                taken, used = (used, reader.line_num), reader.line_num
                if len(cells) < 2 and not "".join(cells).strip() and len(names) > 1:
                    continue  # a blank line is no row
                if len(cells) == len(names):
                    place = next((i for i, cell in enumerate(cells) if stray(cell)), None)
                    if place is not None:
                        number = _refuse(
                            source,
                            ["".join(lines[at + taken[0] : at + taken[1]])],
                            number,
                            names[place],
                            "not UTF-8",
                            stray(cells[place]),
                        )
                        continue
                    number += 1
                    rows.append(cells)
                    numbers.append(number)
                    continue
                broken = lines[at + taken[0] : at + taken[1]]
                number = _refuse(
                    source,
                    broken,
                    number,
                    "",
                    "wrong number of cells",
                    f"has {several(len(cells), 'cell')} where the header has {len(names)}",
                )
            break
        except csv.Error as problem:
            broken = lines[at + used : at + reader.line_num]
            if "field limit" in str(problem):
                column, size = _longest(broken, names, delimiter)
                number = _refuse(
                    source,
                    broken,
                    number,
                    column,
                    "cell too long",
                    f"a cell of {size:,} characters; at most {MAX_CELL:,}",
                )
            else:
                column = _quoted_column(broken[0], names, delimiter)
                number = _refuse(
                    source,
                    broken,
                    number,
                    column,
                    "quote",
                    "an opening quote is never closed, or text follows a closing quote",
                )
            at += reader.line_num
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return _table(dict(zip(names, columns, strict=True)), numbers)


def _refuse(source, lines, number, column, kind, reason) -> int:
    for i, line in enumerate(line for line in lines if line.strip()):
        why = reason if i == 0 else f"swallowed by the broken row {number - i + 1}: {reason}"
        number += 1
        source.broken.append(
            BrokenRow(number, column, kind, shown(why), shown(line.rstrip("\r\n")[:MAX_RAW]))
        )
    return number


def _longest(lines, names, delimiter) -> tuple[str, int]:
    mark = re.escape(delimiter)
    cells = re.findall(rf'(?:^|{mark})("(?:[^"]|"")*"?|[^{mark}]*)', "".join(lines))
    sizes = [len(cell) for cell in cells] or [0]
    place = int(np.argmax(sizes))
    return (names[place] if place < len(names) else ""), sizes[place]


def _quoted_column(line, names, delimiter) -> str:
    """The column in which the first odd quote of a line opens."""
    mark = re.escape(delimiter)
    for place, cell in enumerate(
        re.finditer(rf'(?:^|(?<={mark}))(?:"(?:[^"]|"")*"(?={mark}|\s*$)|[^{mark}]*)', line)
    ):
        if cell.group().count('"') % 2 or re.fullmatch(r'"[^"]*"[^"\s].*', cell.group().strip()):
            return names[place] if place < len(names) else ""
    return ""


def read_records(source: Delivered) -> pa.Table:
    """JSON lines, or one JSON list, of flat objects. Nested values become JSON text."""
    records: list[dict] = []
    numbers: list[int] = []
    if source.kind == "json":
        document = source.document
        items = document if isinstance(document, list) else [document]
        for number, item in enumerate(items, 1):
            _keep(source, item, number, records, numbers, "")
    else:
        text_lines = (line for line in io.StringIO(decode(source), newline="\n") if line.strip())
        for number, line in enumerate(text_lines, 1):
            if problem := stray(line):
                source.broken.append(
                    BrokenRow(number, "", "not UTF-8", problem, shown(line.strip()[:MAX_RAW]))
                )
                continue
            try:
                item = read_json(line)
            except (ValueError, RecursionError) as problem:
                reason = (
                    "nested too deeply" if isinstance(problem, RecursionError) else short(problem)
                )
                source.broken.append(
                    BrokenRow(
                        number, "", "not JSON", f"is not JSON: {reason}", line.strip()[:MAX_RAW]
                    )
                )
                continue
            _keep(source, item, number, records, numbers, line)
    if not records and source.broken:
        first = source.broken[0]
        raise InputError(
            f"{source.name}: no record can be read; the first, {first.row}, {first.reason}. Export the file again."
        )
    keys = list(dict.fromkeys(key for record in records for key in record))
    names = check_header(source.name, keys)
    return _table(
        {
            name: [_text(record.get(key)) for record in records]
            for name, key in zip(names, keys, strict=True)
        },
        numbers,
        source,
    )


def _keep(source, item, number, records, numbers, line) -> None:
    if isinstance(item, dict):
        records.append({str(key).strip(): value for key, value in item.items()})
        numbers.append(number)
    else:
        source.broken.append(
            BrokenRow(
                number, "", "not JSON", "is no JSON object", shown(str(line or item)[:MAX_RAW])
            )
        )


def _text(value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # Halves of characters inside stay escapes, so that tags that hold one are known as such (cells.parse_tags).
    return shown(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def read_frame(source: Delivered) -> pa.Table:
    """A pandas frame; cells that are not text are written as text, missing ones are null."""
    frame = source.frame
    names = check_header(source.name, [str(column) for column in frame.columns])
    columns = {}
    for i, name in enumerate(names):
        values = frame.iloc[:, i]
        gone = values.isna().tolist()
        columns[name] = [
            None if missing else str(value)
            for value, missing in zip(values.tolist(), gone, strict=True)
        ]
    return _table(columns, list(range(1, len(frame) + 1)), source)


def _table(columns: dict, numbers: list[int], source: Delivered | None = None) -> pa.Table:
    def safe(name, values):
        try:
            return pa.array(values, pa.string())
        except (UnicodeEncodeError, pa.ArrowException):  # lone surrogates out of JSON escapes
            whole = [v if v is None else whole_characters(v) for v in values]
            changed = sum(one != other for one, other in zip(values, whole, strict=True))
            if source is not None:
                rows = "1 row holds" if changed == 1 else f"{changed:,} rows hold"
                source.notes.append(
                    f"{name}: {rows} half a character (a lone surrogate); it is kept as \ufffd"
                )
            return pa.array(whole, pa.string())

    return pa.table(
        {
            **{
                name: safe(name, list(values))
                for name, values in columns.items()
                if name != "x_Row"
            },
            "x_Row": pa.array(numbers, pa.int64()),
        }
    )


def as_text(name: str, table: pa.Table, first: int) -> pa.Table:
    """A native (Parquet) table with every cell as text; `first` is the number of its first row."""
    names = check_header(name, table.schema.names)
    weight = sum(_unpacked(column) for column in table.columns)
    if weight > MAX_UNPACKED:
        raise InputError(
            f"{name}: {table.num_rows:,} rows unpack to {weight:,} bytes of text: refused as a bomb. "
            "Deliver smaller cells."
        )
    columns = {word: _native(column) for word, column in zip(names, table.columns, strict=True)}
    return pa.table({**columns, "x_Row": pa.array(np.arange(first, first + table.num_rows))})


def _unpacked(column: pa.ChunkedArray) -> int:
    """Bytes of text that a dictionary column unpacks to; 0 for other columns, which are in memory already."""
    if not pa.types.is_dictionary(column.type):
        return 0
    sizes = [
        pc.sum(pc.take(pc.binary_length(chunk.dictionary), chunk.indices)).as_py()
        for chunk in column.chunks
        if len(chunk.dictionary) and not pa.types.is_primitive(chunk.dictionary.type)
    ]
    return sum(size or 0 for size in sizes)


def _native(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _native(column.cast(kind.value_type))
    if pa.types.is_nested(kind):
        mapping = pa.types.is_map(kind)
        values = [
            value
            if value is None
            else json.dumps(dict(value) if mapping else value, default=str, ensure_ascii=False)
            for value in column.to_pylist()
        ]
        return pa.chunked_array([pa.array(values, pa.string())])
    if pa.types.is_timestamp(kind):
        micro = column.cast(pa.timestamp("us", kind.tz), safe=False)
        text = pc.strftime(micro.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
        return pc.binary_join_element_wise(text, "Z", "") if kind.tz else text
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = [None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()]
        return pa.chunked_array([pa.array(values, pa.string())])
    return column.cast(pa.string())
