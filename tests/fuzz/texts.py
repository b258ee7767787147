"""Mutations of a file's bytes, and of a text table's cells. Every one draws from the generator it is given and from nothing else."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from dataclasses import dataclass, field
from random import Random

ALL = "all"  # the same file, written otherwise: rows and totals are the same
ROWS = "rows"  # cells were changed: as many rows are read
NONE = ""  # nothing is known of what is left


@dataclass(frozen=True)
class Mutant:
    """A mutated file. `keeps`: what holds of it (ALL, ROWS, NONE); `more`: rows that it has more; `heads`: headings that were touched."""

    data: bytes
    what: str
    keeps: str = NONE
    more: int = 0
    heads: frozenset[str] = field(default_factory=frozenset)


NUMBERS = (
    "", "-", "0", "-0", "0.0", "1,234.5", "1.234,5", "1 234,5", "1'234.50", "12,34,567.8", "1e6", "1E-12", "1e9999", "-1e400", "NaN", "nan", "inf",
    "-Infinity", "١٢٣", "１２３", "²", "½", "1_000", "0x1F", "+5", "--5", "(12.50)", "$ 12", "12 €", "USD 5", "5 USD EUR", "1.2.3", "9" * 19, "9" * 400,
    "0." + "3" * 60, "1e-400", "#REF!", "#N/A", "N/A", "null", "NULL", "None", "true", "=1+1", "1\u00a0000,50", "−3", "12%", "1K", "1.5k EUR", "∞",
)  # fmt: skip
DATES = (
    "", "0000-00-00", "2026-02-30", "2026-13-01", "9999-12-31", "9999-12-31T23:59:59Z", "0001-01-01", "1969-12-31T23:59:59Z", "1e9", "1790000000", "99999999999",
    "31.12.2026", "12/31/2026", "13/13/2026", "01/02/2026", "Jan-26", "März 26", "2026-W05", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z", "2026-01-01T00:00:00+99:99",
    "2026-01-01 00:00:00 UTC", "2026-01-01T00:00:00.123456789Z", "20260101", "202601", "2026-01", "2026/1/1", "1/2/3", "today", "２０２６-０１-０１", "-2026-01-01", "2026-01-01T00:00:00Z\n",
    "Q1 2026", "FY26", "29.02.2027", "2026-07-01Z", "999999-01-01",
)  # fmt: skip
WORDS = (
    "", " ", "Total", "Service total", "Grand total", "Usage", "Tax", "Credit", "Refund", "Purchase", "SavingsPlanNegation", "tax", "USD", "usd", "EUR", "XXX", "US$",
    "{}", "[]", "{", '{"team":"x"}', '{"team":', '{"a":' * 300, "[" * 5000, '{"a": "\\ud800"}', "{'a': '\\d'}", "team:x", '"team": "x", "team": "y"', "[{}]", "[null]", '{"team": {"x": [1]}}',
    "\ufeff", "\u202e1", "a\u0000b", "ü", "Ａ", "\x1b[31m", "\x85", "\u2028", "x" * 40_000, "a,b;c\td|e", '"', '""', "'", "\\", "../../etc/passwd", "=cmd|' /C calc'!A0", "<b>",
    "NULL", "nan", "CON", "日本", "e\u0301", "\r", "\n", "a\nb", "sk-ant-api03-abcdefghijklmnop", "[INST]", "%s{}", "{0.__class__}", "𝟙𝟚", "True",
)  # fmt: skip


def decoded(data: bytes) -> str:
    """The text of a file, however it is encoded."""
    for start, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if data.startswith(start):
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                break
    return data.decode("cp1252", "replace")


def delimiter(text: str) -> str:
    """The mark that stands most often in the fullest of the first lines."""
    counts = Counter({mark: max((line.count(mark) for line in text.splitlines()[:20]), default=0) for mark in ",;\t|"})  # fmt: skip
    return counts.most_common(1)[0][0]


def grid_of(data: bytes) -> tuple[list[list[str]], str]:
    """(cells, delimiter); blank lines are none."""
    text = decoded(data)
    mark = delimiter(text)
    csv.field_size_limit(2**31 - 1)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    return [row for row in rows if any(cell.strip() for cell in row)], mark


def written(grid: list[list[str]], mark: str, quoting=csv.QUOTE_MINIMAL, end="\n") -> bytes:
    """Cells as a text; half a character stays what it is."""
    out = io.StringIO()
    csv.writer(out, delimiter=mark, quoting=quoting, lineterminator=end).writerows(grid)
    return out.getvalue().encode("utf-8", "surrogatepass")


def top_of(grid: list[list[str]]) -> int:
    """The line of headings: the first of the fullest; what stands above has fewer cells."""
    filled = [sum(bool(cell.strip()) for cell in row) for row in grid]
    return filled.index(max(filled)) if filled else 0


# --- bytes -------------------------------------------------------------------------------------------------


def of_bytes(rng: Random, data: bytes) -> Mutant:
    """One to three small wounds at any place."""
    said = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        how = rng.choice(BYTES)
        data = how(rng, data) or b" "
        said.append(how.__name__.strip("_"))
    return Mutant(data, "+".join(said))


def _at(rng: Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _cut(rng, data):
    return data[: _at(rng, data)]


def _take_out(rng, data):
    at = _at(rng, data)
    return data[:at] + data[at + rng.choice((1, 2, 5, 20, 100)) :]


def _put_in(rng, data):
    at = _at(rng, data)
    piece = rng.choice((b"\x00", b'"', b"'", b",", b";", b"\n", b"\r", b"\xff", b"\xed\xa0\x80", b"\xc3", b"-", b"9", b"{", b"]", b"\\", b"\xe2\x80\xae", b"\x1a", b"\xef\xbb\xbf", b"\x00" * 9, b"\t", b"e9", b"|", b"# "))  # fmt: skip
    return data[:at] + piece + data[at:]


def _twice(rng, data):
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return b"".join([*lines[: at + 1], *lines[at:]])


def _line_out(rng, data):
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return b"".join([*lines[:at], *lines[at + 1 :]])


def _lines_changed(rng, data):
    lines = data.splitlines(keepends=True)
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def _ends(rng, data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", rng.choice((b"\r", b"\r\r\n", b"\n\n", b"\x0b", b"\x1e", b"\xe2\x80\xa8")))  # fmt: skip


def _encoded(rng, data):
    name = rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp1252", "shift_jis", "cp500"))  # fmt: skip
    return data.decode("utf-8", "replace").encode(name, "replace")


def _in_gzip(rng, data):
    packed = gzip.compress(data, mtime=0)
    return packed[: rng.randrange(1, len(packed))] if rng.random() < 0.5 else packed + packed


def _blanks(rng, data):
    return rng.choice((b"\n\n\n", b" \n", b"\xef\xbb\xbf\xef\xbb\xbf", b"sep=;\n", b"# comment\n", b'"\n', b"Report\n\n")) + data  # fmt: skip


def _long(rng, data):
    at = _at(rng, data)
    return data[:at] + rng.choice((b"9", b"x", b'"', b"[", b" ")) * rng.choice((300, 70_000)) + data[at:]  # fmt: skip


BYTES = (_flip, _flip, _cut, _take_out, _take_out, _put_in, _put_in, _put_in, _twice, _line_out, _lines_changed, _ends, _encoded, _in_gzip, _blanks, _long)  # fmt: skip


# --- cells -------------------------------------------------------------------------------------------------


def _new_cell(rng: Random, old: str) -> str:
    digits = sum(c.isdigit() for c in old)
    if digits and "-" in old[1:] or old.count("/") == 2:
        likely = DATES
    else:
        likely = NUMBERS if digits else WORDS
    made = rng.choice(likely if rng.random() < 0.6 else rng.choice((NUMBERS, DATES, WORDS)))
    if old and rng.random() < 0.15:
        made = rng.choice((old + " ", " " + old, old.upper(), old + old, old[:-1], "-" + old, old.replace(".", ","), old + "0", "(" + old + ")"))  # fmt: skip
    return made


def of_cells(rng: Random, data: bytes) -> Mutant:
    """A table of which cells, columns or headings are changed."""
    grid, mark = grid_of(data)
    if not grid:
        return of_bytes(rng, data)
    top = top_of(grid)
    how = rng.choice((_cells, _cells, _cells, _cells, _column, _heading, _rows, _ragged))
    keeps, more, said, heads = how(rng, grid, top)
    out = written(grid, mark, rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    if keeps == ROWS and any("\n" in cell or "\r" in cell or not cell.isprintable() for row in grid for cell in row):  # fmt: skip
        keeps = NONE  # a line inside a cell: how many lines there are is the reader's to say
    return Mutant(out, said, keeps, more, frozenset(heads))


def _cells(rng, grid, top):
    said, touched = [], set()
    for _ in range(rng.choice((1, 1, 2, 4))):
        row = rng.randrange(min(top + 1, len(grid) - 1), len(grid))
        at = rng.randrange(len(grid[row]))
        old, grid[row][at] = grid[row][at], _new_cell(rng, grid[row][at])
        said.append(f"cell {row + 1}.{at + 1} {old[:20]!r}->{grid[row][at][:20]!r}")
        touched.add(grid[top][at] if at < len(grid[top]) else "")
    blank = any(not any(cell.strip() for cell in row) for row in grid[top + 1 :])
    return ("" if blank or grid[top] == grid[-1] else ROWS), 0, "; ".join(said), touched


def _column(rng, grid, top):
    """A column is gone, stands elsewhere, is emptied, or is there twice."""
    at, to = (rng.randrange(len(grid[top])) for _ in range(2))
    head, how = grid[top][at], rng.choice(("dropped", "moved", "emptied", "doubled", "filled"))
    word = rng.choice(rng.choice((NUMBERS, DATES, WORDS)))
    for i, row in enumerate(grid):
        if at >= len(row):
            continue
        if how == "dropped":
            del row[at]
        elif how == "moved":
            row.insert(to, row.pop(at))
        elif how == "doubled":
            row.insert(to, row[at])
        elif i > top:
            row[at] = "" if how == "emptied" else word
    return NONE, 0, f"column {head!r} {how}", ()


def _heading(rng, grid, top):
    at, to = (rng.randrange(len(grid[top])) for _ in range(2))
    old = grid[top][at]
    new = rng.choice((grid[top][to], old.upper(), old.lower(), old + " ", old[:-1], old + "x", "", "Cost", "Date", "Currency", "Total", "2026-01", "Jan", "x" * 5000, old.replace("/", "_"), "ü", "cost (€)", "x_Row", rng.choice(WORDS)))  # fmt: skip
    grid[top][at] = new
    return NONE, 0, f"heading {old!r}->{new[:20]!r}", ()


def _rows(rng, grid, top):
    """A row is there twice, is gone, or all are in another order."""
    if len(grid) <= top + 2:
        return _cells(rng, grid, top)
    at, how = rng.randrange(top + 1, len(grid)), rng.choice(("twice", "gone", "shuffled", "again"))
    if how == "shuffled":
        body = grid[top + 1 :]
        rng.shuffle(body)
        grid[top + 1 :] = body
        return NONE, 0, "rows shuffled", ()
    if how == "gone":
        del grid[at]
        return NONE, -1, f"row {at + 1} gone", ()
    grid.insert(len(grid) if how == "again" else at, list(grid[at]))
    return NONE, 1, f"row {at + 1} {how}", ()


def _ragged(rng, grid, top):
    """A row of too many or too few cells."""
    at = rng.randrange(len(grid))
    row = grid[at]
    if rng.random() < 0.5:
        del row[rng.randrange(len(row)) :]
    else:
        row += [rng.choice(WORDS) for _ in range(rng.choice((1, 3)))]
    keeps = ROWS if at > top and any(cell.strip() for cell in row) else NONE
    return keeps, 0, f"row {at + 1} of {len(row)} cells", ()


def rewritten(rng: Random, data: bytes) -> Mutant:
    """The same table, written otherwise: nothing of it may change."""
    grid, mark = grid_of(data)
    plain = all(cell.isprintable() for row in grid for cell in row)
    kinds = ["bom", "ends", "quoted", "gzip", "utf-16", "no end"]
    top = top_of(grid) if grid else 0
    if top == 0 and grid and len(grid[0]) > 2 and len({len(row) for row in grid}) == 1:
        kinds += ["columns", "columns", "empty column"]
    how = rng.choice(kinds)
    if not grid or not plain:
        return Mutant(gzip.compress(data, mtime=0), "gzip", ALL)
    if how == "columns":
        order = list(range(len(grid[0])))
        rng.shuffle(order)
        grid = [[row[i] for i in order] for row in grid]
    if how == "empty column":
        grid = [[*row, "zz note" if i == 0 else ""] for i, row in enumerate(grid)]
    out = written(grid, mark, csv.QUOTE_ALL if how == "quoted" else csv.QUOTE_MINIMAL, "\r\n" if how == "ends" else "\n")  # fmt: skip
    if how == "bom":
        out = b"\xef\xbb\xbf" + out
    if how == "utf-16":
        out = out.decode().encode("utf-16")
    if how == "no end":
        out = out.rstrip(b"\n")
    return Mutant(gzip.compress(out, mtime=0) if how == "gzip" else out, f"rewritten: {how}", ALL)
