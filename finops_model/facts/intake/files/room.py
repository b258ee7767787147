"""Whether a file fits into memory: said before it is read, with the size that fits (docs/method §13.57).

Measured on 2026-11-30 (bills of 20,000 to 200,000 rows, peak of the whole ingest above an idle process): exports as CSV 18 bytes of
memory for each byte of the file (FOCUS of 43 columns 17.7 to 20, a cost and usage report 18.5), JSON 10, Parquet 5.1 kB a row, tables
that a mapping reads 2.0 kB a row and 170 bytes a cell (4 columns 2.7 kB, 20 columns 5.6 kB), a workbook 21 bytes for each
unpacked byte (4 columns). The step from a need to a refusal is wide on purpose: what is refused could not have been read, or by a hair.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ....errors import InputError, listing

try:
    import resource
except ImportError:  # Windows has no limits of a process
    resource = None  # type: ignore[assignment]

TEXT, JSON, PARQUET_ROW, BOOK = 18.0, 10.0, 5_100.0, 21.0
TABLE_ROW, TABLE_CELL = 2_000.0, 170.0
SMALL = 64 * 2**20  # a need below this is not worth looking for room
MAPPED = 900 * 2**20  # address space beside what is in use: libraries, stacks and arenas of threads


class NoRoom(InputError):
    """A file does not fit into memory."""


def refuse_too_large(
    name: str, size: int, need: float, rows: float | None = None, root: Path = Path("/")
) -> None:
    """Raise NoRoom where reading a file needs more memory than this process may use.

    size    of the file, in bytes; need: of memory, in bytes; rows: about how many it holds, where that is known
    root    where /proc and /sys are
    """
    if need < SMALL:
        return
    free, whose = available(root)
    if need > free:
        raise NoRoom(_sentence(name, size, need, free, whose, rows))


def _sentence(name, size, need, free, whose, rows) -> str:
    left = max(free, 0)
    holds = f" (about {_about(rows)} rows)" if rows else ""
    there = f"{_bytes(left)} are" if left else "none is"
    text = f"{name}: {_bytes(size)}{holds} need about {_bytes(need)} of memory, and {there} free ({whose}). Nothing was taken in. "
    if left < SMALL:
        return f"{text}No bill fits: give this process more memory."
    share = left / need
    fits = f"About {_about(rows * share)} rows" if rows else f"About {_bytes(size * share)} of it"
    return f"{text}{fits} fit: split the file by month and give the parts one after the other, or give this process more memory."


def available(root: Path = Path("/")) -> tuple[float, str]:
    """(bytes that this process may still use, whose limit that is): the least of its own limits, its group's, the machine's.

    >>> available()[0] > 0
    True
    """
    found = [(_machine(root), "of this machine"), (_group(root), "limit of its container or group")]
    if resource and (most := resource.getrlimit(resource.RLIMIT_AS)[0]) != resource.RLIM_INFINITY:
        used = _entry(root / "proc/self/status", "VmRSS") + MAPPED
        found.append((most - used, "limit of this process, ulimit"))
    return min(found)


def _machine(root: Path) -> float:
    return _entry(root / "proc/meminfo", "MemAvailable") or float("inf")


def _entry(path: Path, name: str) -> float:
    """Bytes of a line `Name:  123 kB`; 0 where there is none."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in path.read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1]) * 1024
    return 0.0


def _group(root: Path) -> float:
    """What the control groups of this process leave, page cache that can go counted as free."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return float("inf")
    rooms = [float("inf")]
    for line in lines:
        _, kinds, own = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        base = root / "sys/fs/cgroup" / kinds
        most, used = (
            ("memory.limit_in_bytes", "memory.usage_in_bytes")
            if kinds
            else ("memory.max", "memory.current")
        )
        for folder in [own.strip("/"), *map(str, Path(own.strip("/")).parents)]:
            with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit here
                limit = float((base / folder / most).read_text())
                rooms.append(
                    limit - float((base / folder / used).read_text()) + _cache(base / folder)
                )
    return min(rooms)


def _cache(folder: Path) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (folder / "memory.stat").read_text().splitlines():
            if line.startswith("inactive_file "):
                return float(line.split()[1])
    return 0.0


@contextlib.contextmanager
def memory_said(items) -> Iterator[None]:
    """A MemoryError inside becomes one sentence of the files that were read. Raises NoRoom."""
    try:
        yield
    except MemoryError:
        paths = [Path(item) for item in items if isinstance(item, (str, os.PathLike))]
        sizes = {path.name: path.stat().st_size for path in paths if path.is_file()}
        names = listing(sizes, most=4) or "the table"
        held = f" ({_bytes(sum(sizes.values()))})" if sizes else ""
        raise NoRoom(
            f"{names}{held}: the memory that this process may use did not suffice to read it, {available()[1]}. Nothing was taken in. Split it by "
            "month and give the parts one after the other, or give this process more memory."
        ) from None


def refuse_table(name: str, data: bytes) -> None:
    """Raise NoRoom for a text table, which a mapping reads cell by cell."""
    rows, head = data.count(b"\n") + 1, data[:65_536].splitlines()[:60]
    columns = (
        max((line.count(mark) for line in head for mark in (b",", b";", b"\t", b"|")), default=0)
        + 1
    )
    refuse_too_large(name, len(data), rows * (TABLE_ROW + TABLE_CELL * columns), rows)


def rows_of_text(size: int, head: bytes) -> float:
    """About how many rows a text has, by its first whole lines behind the header.

    >>> rows_of_text(1001, b"a long head\\n1,2\\n3,4\\n5")
    250.25
    """
    lines = head[head.find(b"\n") + 1 : head.rfind(b"\n") + 1]
    return size * lines.count(b"\n") / len(lines) if lines else 1.0


def _about(number: float) -> str:
    """A count with two figures.

    >>> _about(3_140_000), _about(56_789), _about(0.4)
    ('3.1 million', '57,000', '0')
    """
    if number >= 1e6:
        return f"{number / 1e6:.2g} million" if number < 1e8 else f"{number / 1e6:,.0f} million"
    return f"{float(f'{number:.2g}'):,.0f}"


def _bytes(number: float) -> str:
    """A size in the unit that reads well.

    >>> _bytes(61_000_000), _bytes(3_200_000_000), _bytes(512)
    ('61 MB', '3.2 GB', '1 kB')
    """
    if number >= 1e9:
        return f"{number / 1e9:,.1f} GB"
    return f"{number / 1e6:,.0f} MB" if number >= 1e6 else f"{max(number / 1e3, 1):,.0f} kB"
