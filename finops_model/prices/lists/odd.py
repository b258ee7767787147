"""What looks odd in newer prices beside older ones: told for a person to look at, never mended (docs/method §5.28).

Jumps of ten times and more, prices that became zero, cached input dearer than fresh input, output cheaper than input, a name that
is gone, a change under a correction of ours. What was odd before and did not change is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .catalog import Catalog, is_linear

JUMP = 10.0  # times the price before, or that part of it
FRESH, CACHED, OUT = "uncached_input", "cache_read", "output"
METERS = {"input_tokens": FRESH, "cached_input_tokens": CACHED, "output_tokens": OUT}
Sheet = Mapping[str, float]  # bucket -> price of the lowest tier


def moved(name: str, before: float | None, after: float | None) -> str:
    """What is odd about one price that changed; '' for nothing.

    >>> moved("p/m output", 0.3, 3.0), moved("p/m output", 0.3, 0.0), moved("p/m output", 0.3, 0.4)
    ('p/m output: 0.3 -> 3, ten times as much or more', 'p/m output: 0.3 -> 0, a price became zero', '')
    """
    if before is None or after is None or before == after:
        return ""
    what = f"{name}: {before:g} -> {after:g}"
    if after == 0:
        return f"{what}, a price became zero"
    if before == 0:
        return ""
    if after >= JUMP * before:
        return f"{what}, ten times as much or more"
    return f"{what}, a tenth or less" if after <= before / JUMP else ""


def within(name: str, sheet: Sheet) -> list[str]:
    """What is odd about the prices of one model beside each other.

    >>> within("p/m", {"uncached_input": 1.0, "cache_read": 2.0, "output": 0.5})
    ['p/m: cached input 2 is dearer than fresh input 1', 'p/m: output 0.5 is cheaper than input 1']
    >>> within("p/m", {"uncached_input": 1.0, "output": 0.0})
    ['p/m: output costs nothing, and input 1']
    """
    fresh, cached, out = (sheet.get(bucket) for bucket in (FRESH, CACHED, OUT))
    found = []
    if fresh and cached is not None and cached > fresh:
        found.append(f"{name}: cached input {cached:g} is dearer than fresh input {fresh:g}")
    if fresh and out is not None and out < fresh:
        said = "costs nothing, and input" if out == 0 else f"{out:g} is cheaper than input"
        found.append(f"{name}: output {said} {fresh:g}")
    if out and fresh == 0:
        found.append(f"{name}: input costs nothing, and output {out:g}")
    return found


def of_tokens(before, after, day: str, corrected=()) -> tuple[str, ...]:
    """What looks odd in a token snapshot beside the one before, one sentence each.

    before, after   TokenTable as frozen; before None: nothing is there yet
    day             YYYY-MM-DD on which prices are compared
    corrected       records of the table that corrections of ours lie over: a change below one is told
    """
    old, new = ({} if table is None else _sheets(table, day) for table in (before, after))
    found = list(_gone(old, new))
    for key, sheet in new.items():
        was = old.get(key)
        if was == sheet:
            continue
        name = f"{key[0]}/{key[1]}" + (f" ({key[2]})" if key[2] else "")
        for bucket, price in sheet.items():
            found.append(moved(f"{name} {bucket}", (was or {}).get(bucket), price))
        found += [text for text in within(name, sheet) if text not in within(name, was or {})]
    found += _under_corrections(before, after, corrected)
    return tuple(text for text in found if text)


def of_documents(before: Catalog, after: Catalog) -> tuple[str, ...]:
    """What looks odd in price documents beside older ones, one sentence each: the newest prices of what changed."""
    old, new = _linear(before), _linear(after)
    found = [moved(sku, old.get(sku), price) for sku, price in new.items()]
    had, has = _by_model(before, old), _by_model(after, new)
    for name, sheet in has.items():
        if had.get(name) != sheet:
            known = within(name, had.get(name, {}))
            found += [text for text in within(name, sheet) if text not in known]
    return tuple(text for text in found if text)


def _gone(old: Mapping, new: Mapping) -> Iterator[str]:
    models = {key[:2] for key in new}
    for key in old:
        if key[:2] not in models and not key[2]:
            yield f"{key[0]}/{key[1]}: the model is gone; use of it has no price any more"
        elif key[:2] in models and key not in new:
            yield f"{key[0]}/{key[1]} ({key[2]}): these prices are gone"


def _sheets(table, day: str) -> dict[tuple, dict[str, float]]:
    """(provider, model, context) -> prices of the lowest tier at the end of a day."""
    sheets = {}
    for model, context in table.offers:
        record = table.records[model]
        held = [s for since, _, s in record["offers"][context] if since is None or since <= day]
        prices = (held or [{}])[-1]
        sheets[record["provider"], record["model"], context] = {
            bucket: float(price[0][1] if isinstance(price, list) else price)
            for bucket, price in prices.items()
        }
    return sheets


def _under_corrections(before, after, corrected) -> Iterator[str]:
    """Corrected models whose frozen prices changed: the correction may be answered, or wrong now."""
    if before is None:
        return
    old, new = (
        {(one["provider"], one["model"]): one["offers"] for one in table.records}
        for table in (before, after)
    )
    for record in corrected:
        key = (record["provider"], record["model"])
        if key in new and old.get(key) != new[key]:
            said = record["corrected"]
            yield f"{key[0]}/{key[1]}: changed below a correction of ours (read {said['read']}): read the correction again"


def _linear(catalog: Catalog) -> dict[str, float]:
    """The newest price of each SKU that has one number."""
    newest = {sku: history[-1] for sku, history in catalog.prices.items()}
    return {
        sku: float(getattr(price.rate, "price", 0.0))
        for sku, price in sorted(newest.items())
        if is_linear(price)
    }


def _by_model(catalog: Catalog, linear: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """'provider/model' -> prices by bucket of what is input, cached input and output."""
    sheets: dict[str, dict[str, float]] = {}
    for sku, value in linear.items():
        price = catalog.prices[sku][-1]
        if price.model and price.meter in METERS:
            name = f"{price.provider}/{price.model}"
            sheets.setdefault(name, {})[METERS[price.meter]] = value
    return sheets
