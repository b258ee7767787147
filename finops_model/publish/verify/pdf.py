"""The text of a PDF as Chromium writes it: enough to hold two prints of one page against each other (docs/method §15.5).

Another Chromium draws the same page with other bytes; its text stays. Read with the standard library: object streams, encryption and fonts
without a table of their letters are none of Chromium's and give no text.
"""

from __future__ import annotations

import re
import zlib

Objects = dict[int, bytes]  # by their number
Fonts = dict[int, dict[int, str]]  # letters by glyph, of each font
MOST = 64 << 20  # bytes that a stream may unpack to
DEEP = 4  # forms within forms
OBJECT = re.compile(rb"(?<!\d)(\d{1,9}) \d{1,5} obj\b(.*?)\bendobj\b", re.S)
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
NAMED = re.compile(rb"/([^\s/<>\[\]()]+)\s+(\d+) \d+ R")
HEX = rb"<([0-9A-Fa-f]+)>"
ONE, SEVERAL = re.compile(rb"\s*".join([HEX] * 2)), re.compile(rb"\s*".join([HEX] * 3))
DRAWN = re.compile(
    rb"/(?P<font>[^\s/<>\[\]()]+)\s+[-\d.]+\s+Tf\b|<(?P<glyphs>[0-9A-Fa-f\s]*)>|(?P<end>\bET\b)"
    rb"|/(?P<form>[^\s/<>\[\]()]+)\s+Do\b"
)


def text_of(data: bytes) -> str | None:
    """The letters of a PDF in the order in which they are drawn, a blank after each run; None where it is no PDF that can be read."""
    if not data.startswith(b"%PDF"):
        return None
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(data)}
    pages = sorted(number for number, text in objects.items() if PAGE.search(_head(text)))
    pieces: list[str] = []
    fonts: Fonts = {}
    try:
        for number in pages:
            contents = re.search(rb"/Contents\s+(\d+) \d+ R", objects[number])
            if contents is None:
                return None
            _draw(objects, objects[number], int(contents[1]), fonts, pieces, 0)
    except (KeyError, ValueError, zlib.error):
        return None
    return "".join(pieces).strip() if pages else None


def _draw(
    objects: Objects, owner: bytes, number: int, fonts: Fonts, pieces: list[str], depth: int
) -> None:
    names = {name: int(place) for name, place in NAMED.findall(_head(owner))}
    letters: dict[int, str] = {}
    for drawn in DRAWN.finditer(_unpacked(objects[number])):
        if drawn["font"] is not None:
            letters = _letters(objects, names[drawn["font"]], fonts)
        elif drawn["glyphs"] is not None:
            digits = re.sub(rb"\s", b"", drawn["glyphs"])
            codes = (int(digits[i : i + 4], 16) for i in range(0, len(digits), 4))
            pieces += [letters.get(code, "\ufffd") for code in codes]
        elif drawn["end"] is not None:
            pieces.append(" ")
        elif depth < DEEP and b"/Form" in _head(objects[names[drawn["form"]]]):
            form = names[drawn["form"]]
            _draw(objects, objects[form], form, fonts, pieces, depth + 1)


def _letters(objects: Objects, number: int, fonts: Fonts) -> dict[int, str]:
    """Letters of a font by the number of their glyph."""
    if number not in fonts:
        table = re.search(rb"/ToUnicode\s+(\d+) \d+ R", objects[number])
        fonts[number] = found = {}
        text = _unpacked(objects[int(table[1])]) if table else b""
        for kind, block in re.findall(rb"beginbf(char|range)(.*?)endbf(?:char|range)", text, re.S):
            rows = ONE.findall(block) if kind == b"char" else SEVERAL.findall(block)
            for first, *last, letter in rows:
                start, end = int(first, 16), int(last[0] if last else first, 16)
                said = bytes.fromhex(letter.decode()).decode("utf-16-be", errors="replace")
                for code in range(start, min(end, start + 0xFFFF) + 1):
                    found[code] = said[:-1] + chr(ord(said[-1]) + code - start)
    return fonts[number]


def _head(text: bytes) -> bytes:
    return text.split(b"stream", 1)[0]


def _unpacked(text: bytes) -> bytes:
    head, found, rest = text.partition(b"stream")
    if not found:
        return b""
    packed = rest.removeprefix(b"\r\n").removeprefix(b"\n").rpartition(b"endstream")[0]
    if b"/FlateDecode" not in head:
        return packed
    return zlib.decompressobj().decompress(packed, MOST)
