"""Own dated corrections over the frozen token prices, and what is said of a price nobody confirmed (docs/method §5.27)."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from ...checks import number
from ...documents import load_yaml
from ...errors import PriceError, PriceWarning, unknown
from .buckets import NAMES
from .times import instants

FIELDS = (
    "model",
    "why",
    "source",
    "read",
    "context",
    "prices",
    "until",
    "first",
    "retired",
    "instead",
    "window",
    "unconfirmed_before",
    "upper_bound_at_weekends_since",
)
NEEDED = ("model", "why", "source", "read")
SAYS = "a correction has a model, a reason, a source and the day it was read"
DAYS = ("read", "until", "first", "retired", "unconfirmed_before", "upper_bound_at_weekends_since")
STALE = 90  # days after which a price that was not read again is called stale (§4.4)
TOTAL = 1e6  # input tokens from which on a count is read as a total of many requests, as price lists speak of a million
NOT = -(10**9)  # a day that never was


def documents_of(place) -> list[Path]:
    """The YAML documents of a folder, or the one document. Raises PriceError where there is none."""
    place = Path(place)
    found = [place] if place.is_file() else sorted([*place.glob("*.yaml"), *place.glob("*.yml")])
    if not found:
        raise PriceError(
            f"{place}: there is no such file of price corrections, nor a folder that holds one (*.yaml). Correct price_corrections in "
            "finops.yaml, or take it out."
        )
    return found


def read_corrections(place) -> list[dict]:
    """The corrections in a folder's YAML documents, or in one document, checked. Raises PriceError with file and line."""
    corrections = []
    for path in documents_of(place):
        document = load_yaml(path, PriceError)
        rows = _rows_of(document, path)
        for i, one in enumerate(rows):
            where = document.at(("corrections", i))
            if not isinstance(one, dict):
                raise PriceError(f"{where}: '{str(one)[:60]}' is no correction; {SAYS}.")
            for key in one:
                if key not in FIELDS:
                    raise PriceError(unknown(where, "field of a correction", str(key), FIELDS))
            for key in NEEDED:
                if not one.get(key):
                    raise PriceError(f"{where}: '{key}' is missing; {SAYS}.")
            days = {
                key: _day(one[key], f"{where}: {key}") for key in DAYS if one.get(key) is not None
            }
            corrections.append(
                {
                    **one,
                    **days,
                    "provider": str(document["provider"]),
                    "where": where,
                    "segments": _segments(one.get("prices") or [], where),
                }
            )
    return corrections


def _rows_of(document, path: Path) -> list:
    """The entries of a document, which names its provider and holds nothing else."""
    for key in document:
        if key not in ("provider", "snapshot", "corrections"):
            raise PriceError(
                unknown(
                    document.at((key,)), "key", str(key), ("provider", "snapshot", "corrections")
                )
            )
    if not document.get("provider"):
        raise PriceError(f"{path}: 'provider' is missing; write the vendor whose prices these are.")
    rows = document.get("corrections") or []
    if not isinstance(rows, list):
        raise PriceError(
            f"{document.at(('corrections',))}: corrections is no list; write one entry (- model: …) for each."
        )
    return rows


def _segments(rows, where: str) -> list:
    """The dated prices of a correction, in the order of their days."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PriceError(
            f"{where}: prices is no list of dated prices; write - {{since: YYYY-MM-DD, output: 1.5}}."
        )
    segments = [_segment(row, where) for row in rows]
    if segments != sorted(segments, key=lambda one: one[:2]):
        raise PriceError(f"{where}: prices do not stand in the order of their days; newest last.")
    return segments


def corrected(records, corrections) -> list[dict]:
    """Records with corrections laid over them; each keeps its place. Raises PriceError where a correction names no record or context."""
    records = [dict(record) for record in records]
    at = {(record["provider"], record["model"]): i for i, record in enumerate(records)}
    for one in corrections:
        key = (one["provider"], one["model"])
        if key not in at:
            raise PriceError(
                unknown(
                    one["where"],
                    f"model of {one['provider']}",
                    one["model"],
                    [model for provider, model in at if provider == key[0]],
                )
            )
        record = records[at[key]]
        context = one.get("context", "")
        if context not in record["offers"]:
            raise PriceError(
                unknown(one["where"], f"context of {one['model']}", context, record["offers"])
            )
        record["offers"] = {**record["offers"], context: _laid_over(record["offers"][context], one)}
        record["window"] = one.get("window", record.get("window"))
        said = {
            name: one[name]
            for name in ("why", "source", *DAYS, "instead")
            if one.get(name) is not None
        }
        record["corrected"] = {**record.get("corrected", {}), **said}
        record["corrections"] = [*record.get("corrections", ()), {**one, **said}]
    return records


def _laid_over(segments: list, one: dict) -> list:
    """The snapshot's segments [[since, second, prices], …] with the correction's in their days."""
    own = [_whole(segments, *segment) for segment in one["segments"]]
    start, until, first = (own[0][0] if own else None), one.get("until"), one.get("first")
    groups: dict = {}
    for since, second, prices in segments:
        groups.setdefault(since, []).append([since, second, prices])
    before = [
        group for since, group in groups.items() if start is None or since is None or since < start
    ]
    after = [
        group
        for since, group in groups.items()
        if start is not None and until is not None and since is not None and since > until
    ]
    result = [row for group in before for row in group] + own
    if own and until is not None:
        held = [group for since, group in groups.items() if since is None or since <= until][-1]
        result += [[until, second, prices] for _, second, prices in held] + [
            row for group in after for row in group
        ]
    if first is not None:
        days = list(dict.fromkeys(row[0] for row in result))
        holds = [day for day in days if day is None or day <= first][-1:]
        kept = [[first, second, prices] for day, second, prices in result if [day] == holds]
        result = kept + [row for row in result if row[0] is not None and row[0] > first]
    return result


def _whole(segments: list, since: str, second: int, prices: dict) -> list:
    """A corrected sheet: buckets that the correction does not name keep the price they have that day."""
    held = [
        sheet
        for day, from_, sheet in segments
        if (day is None or day <= since) and (from_ or 0) <= second
    ]
    return [since, second, {**(held[-1] if held else {}), **prices}]


def _segment(row: dict, where: str) -> list:
    row = dict(row)
    since, clock = _day(row.pop("since", None), f"{where}: since"), str(row.pop("from", "00:00"))
    try:
        hour, minute = (int(part) for part in clock.split(":"))
    except ValueError:
        raise PriceError(f"{where}: from is '{clock}'; write HH:MM in UTC, in quotes.") from None
    for name, price in row.items():
        if name not in NAMES:
            raise PriceError(unknown(where, "bucket", str(name), NAMES))
        for value in [amount for _, amount in price] if isinstance(price, list) else [price]:
            number(value, f"{where}: {name}")
    return [since, hour * 3600 + minute * 60, row]


def _day(text, what: str) -> str:
    try:
        return str(np.datetime64(str(text), "D"))
    except ValueError:
        raise PriceError(f"{what} is '{text}'; write it as YYYY-MM-DD.") from None


def _days(table, name: str, never: int) -> np.ndarray:
    """Day number of a field of each offer's correction, (offer,); `never` where it has none."""
    if (kept := table.__dict__.setdefault("_days", {})).get(
        name
    ) is None:  # read once: a scalar call would spend its time here
        stated = [table.records[model].get("corrected", {}).get(name) for model, _ in table.offers]
        kept[name] = np.array(
            [
                never if day is None else int(np.datetime64(day, "D").astype(np.int64))
                for day in stated
            ]
        )
    return kept[name]


def check_retired(table, offers, days) -> None:
    """Raises PriceError where a name was asked for after its last day."""
    late = np.asarray(days) > _days(table, "retired", 10**9)[np.asarray(offers)]
    if late.any():
        at = tuple(np.argwhere(late)[0])
        offer, day = (
            int(np.broadcast_to(offers, late.shape)[at]),
            np.datetime64(int(np.broadcast_to(days, late.shape)[at]), "D"),
        )
        correction = table.records[table.offers[offer][0]]["corrected"]
        instead = (
            f" Use the name that served the request, for example {correction['instead']}."
            if correction.get("instead")
            else ""
        )
        raise PriceError(
            f"tokens: {table.name(offer)} was retired on {correction['retired']} and has no price on {day} (read on {correction['read']}: {correction['source']}).{instead}"
        )


def check_window(table, offers, row, size, shape) -> None:
    """Raises PriceError for a request larger than the window whose price is known; a total from a million tokens on gets a PriceWarning.

    A model with prices above its window's threshold (tiers) has a price at any size.
    """
    offers = np.asarray(offers)
    if "_windows" not in table.__dict__:
        table.__dict__["_windows"] = np.array(
            [table.records[model].get("window") or np.inf for model, _ in table.offers]
        )
    window = table.__dict__["_windows"][offers]
    tiered = (
        np.isfinite(table.starts[row, 1:]).any(axis=-1)
        if table.starts.shape[1] > 1
        else np.zeros((), bool)
    )
    large = (size > window) & ~tiered
    if not large.any():
        return
    request = large & (size < TOTAL)
    where = request if request.any() else large
    at = tuple(np.argwhere(where)[0])
    offer = int(np.broadcast_to(offers, where.shape)[at])
    what = f"{np.broadcast_to(size, where.shape)[at]:,.0f} input tokens to {table.name(offer)}"
    known = f"the window of {table.records[table.offers[offer][0]]['window']:,} tokens whose price is known"
    if request.any():
        raise PriceError(
            f"tokens: a request of {what} is larger than {known}; vendors sell longer requests at other prices. For the total of several requests use "
            "expected_cost; for a longer window state its prices (price_sheet)."
        )
    warnings.warn(
        f"tokens: {what} are more than {known}; they are priced as a total of requests that each fit.",
        PriceWarning,
        stacklevel=3,
    )


def say_unconfirmed(table, offers, when) -> None:
    """A PriceWarning for each reason why nobody confirmed a price for the days asked; silent where all are confirmed.

    Reasons: a day that a correction leaves unconfirmed; a day more than 90 days after the price was last read; peak hours at a weekend.
    """
    if when is None:
        return
    days, seconds = instants(when)
    offers = np.asarray(offers)
    for offer, day, reason in _reasons(table, offers, days, seconds):
        warnings.warn(
            f"tokens: {table.name(offer)} on {np.datetime64(day, 'D')}: {reason}",
            PriceWarning,
            stacklevel=3,
        )


def _reasons(table, offers, days, seconds):
    made_on = table.passport.get("made")
    read = np.full(
        len(table.offers),
        10**9 if made_on is None else int(np.datetime64(made_on, "D").astype(np.int64)),
    )
    early, weekend = (
        _days(table, "unconfirmed_before", NOT),
        _days(table, "upper_bound_at_weekends_since", 10**9),
    )
    checks = (
        (
            days < early[offers],
            lambda o: (
                f"nobody confirmed the price of that day; it is the one {table.passport.get('source', 'the snapshot')} has, and the first that "
                f"was read is of {table.records[table.offers[o][0]]['corrected']['unconfirmed_before']}."
            ),
        ),
        (
            days > read[offers] + STALE,
            lambda o: (
                f"nobody confirmed the price for that day; it was last read on {np.datetime64(int(read[o]), 'D')}."
            ),
        ),
    )
    if seconds is not None:
        rest = (
            (np.asarray(days) + 4) % 7
        ) % 6 == 0  # 1970-01-01 was a Thursday: 0 is Sunday, 6 Saturday
        peak = ((seconds >= 3600) & (seconds < 14400)) | ((seconds >= 21600) & (seconds < 36000))
        checks = (
            *checks,
            (
                (days >= weekend[offers]) & rest & peak,
                lambda o: "peak hours are not charged at weekends; the price is an upper bound.",
            ),
        )
    for wrong, words in checks:
        if (wrong := np.asarray(wrong)).any():
            at = tuple(np.argwhere(wrong)[0])
            offer = int(np.broadcast_to(offers, wrong.shape)[at])
            yield offer, int(np.broadcast_to(days, wrong.shape)[at]), words(offer)
