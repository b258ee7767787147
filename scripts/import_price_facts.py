"""First import of real prices: .venv/bin/python scripts/import_price_facts.py SHARED_DATA [FOLDER]. Same inputs, same bytes.

SHARED_DATA holds price_facts.csv and gcp_gpu_price_history.parquet. Writes one document per provider into data/prices/world/ and the list of
what was left out into left_out.csv there. Token prices are compared with the installed genai-prices package, and their dated changes are
taken from it. Later prices are appended to the documents by hand; `finops prices diff` shows whether history was only appended to.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import price_facts as rules  # noqa: E402

FIELDS = {
    "input_tokens": "input_mtok",
    "output_tokens": "output_mtok",
    "cached_input_tokens": "cache_read_mtok",
    "cache_write_tokens": "cache_write_mtok",
}
MORE = {
    "google": ("gemini-3.8-flash", "gemini-4-argon"),
    "x-ai": ("grok-4.20",),
    "mistral": ("mistral-large-4", "ministral-8b-latest"),
}
PACKAGE = "genai-prices 0.2.3"


def read_rows(data: Path) -> tuple[list[rules.Taken], list[tuple[dict, str]]]:
    """Prices taken, tiers joined; rows left out with their reason."""
    taken, left = {}, []
    for row in csv.DictReader((data / "price_facts.csv").open(encoding="utf-8")):
        try:
            one = rules.take(row)
        except rules.LeftOut as why:
            left.append((row, str(why)))
            continue
        if one.rate == "graduated" and one.sku in taken:
            held = taken[one.sku]
            held.fields["starts"].append(one.fields["start"])
            held.fields["prices"].append(one.fields["price"])
            continue
        assert one.sku not in taken, one.sku
        if one.rate == "graduated":
            one.fields = {"starts": [one.fields["start"]], "prices": [one.fields["price"]]}
        taken[one.sku] = one
    return list(taken.values()), left


def machine_history(data: Path, taken: list[rules.Taken]) -> None:
    """GCP on-demand and spot: each day on which the weekly snapshots show another price."""
    import pandas as pd

    weekly = pd.read_parquet(data / "gcp_gpu_price_history.parquet")
    for one in taken:
        parts = one.sku.split(":")
        if parts[:2] != ["gcp", "compute"] or parts[4] not in ("on_demand", "spot"):
            continue
        column = "hour" if parts[4] == "on_demand" else "hour_spot"
        rows = weekly[
            (weekly["instance"] == parts[2]) & (weekly["region"] == parts[3])
        ].sort_values("date", kind="stable")
        rows = rows.drop_duplicates("date", keep="last").dropna(subset=[column])
        family = "-".join(parts[2].split("-")[:2])
        rows = rows[(rows["date"] >= rules.GCP_START.get(family, "")) & (rows[column] > 0)]
        steps = rows[rows[column] != rows[column].shift()]
        if len(steps):
            assert abs(steps[column].iloc[-1] - one.fields["price"]) < 1e-9, one.sku
            one.history = {
                day: {"price": float(price)} for day, price in zip(steps["date"], steps[column])
            }


def package_models() -> dict:
    """(provider, model) -> dated price lists [(first day or None, {meter: price})] of the installed genai-prices, peak hours apart."""
    from genai_prices.data import providers

    found = {}
    for provider in providers:
        for model in provider.models if provider.id in rules.PROVIDERS else ():
            lists = model.prices if isinstance(model.prices, list) else None
            dated = (
                [(None, model.prices)]
                if lists is None
                else [
                    (getattr(one.constraint, "start_date", None), one.prices)
                    for one in lists
                    if one.constraint is None or hasattr(one.constraint, "start_date")
                ]
            )
            peak = [one for one in lists or () if hasattr(one.constraint, "start_time")]
            found[provider.id, model.id] = (
                [(day, meters(prices)) for day, prices in dated],
                [(p.constraint, meters(p.prices)) for p in peak],
            )
    return found


def meters(prices) -> dict:
    """Meter -> USD per million tokens, meters of long requests included."""
    found = {}
    for meter, name in FIELDS.items():
        value = getattr(prices, name)
        if value is not None and hasattr(value, "base"):
            found |= {meter: float(value.base)} | {
                f"{meter}_over_{tier.start}": float(tier.price) for tier in value.tiers
            }
        elif value is not None:
            found[meter] = float(value)
    return found


def token_history(taken: list[rules.Taken]) -> None:
    """Compare with the package; take its dated changes, further models with such changes, and prices of peak hours."""
    package = package_models()
    for one in [one for one in taken if one.kind == "tokens"]:
        provider = one.sku.split(":")[0]
        dated, _ = package[provider, one.model]
        known = [(day, prices[one.meter]) for day, prices in dated if one.meter in prices]
        assert [price for day, price in known if day is None or str(day) <= one.since][
            -1
        ] == one.fields["price"], one.sku
        one.history = changes(known, one.since)
        one.note = one.note or ("off-peak" if package[provider, one.model][1] else "")
    like = next(one for one in taken if one.kind == "tokens")
    for provider, models in MORE.items():
        for model in models:
            for meter in package[provider, model][0][-1][1]:
                known = [
                    (day, prices[meter])
                    for day, prices in package[provider, model][0]
                    if meter in prices
                ]
                taken.append(token(like, provider, model, meter, known))
    for (provider, model), (_, peak) in package.items():
        if peak and any(one.model == model and one.sku.startswith(f"{provider}:") for one in taken):
            hours = " and ".join(
                f"{limit.start_time:%H:%M}–{limit.end_time:%H:%M}" for limit, _ in peak
            )
            for meter, price in peak[0][1].items():
                one = token(like, provider, model, f"peak_{meter}", [(None, price)])
                one.note = f"requests of {hours} UTC; an upper bound at weekends"
                taken.append(one)


def token(like: rules.Taken, provider: str, model: str, meter: str, known: list) -> rules.Taken:
    """A token price of the package that the facts do not list."""
    over = meter.partition("_over_")[2]
    note = f"all tokens of a request with more than {int(over):,} input tokens" if over else ""
    return rules.Taken(
        f"{provider}:{model}:{meter}",
        f"{rules.PROVIDERS[provider]} tokens",
        "tokens",
        "Tokens",
        {"price": known[-1][1]},
        rules.COLLECTED,
        PACKAGE,
        block=like.block,
        model=model,
        meter=meter,
        note=note,
        dated="2026-11",
        history=changes(known, rules.COLLECTED),
    )


def changes(known: list, read: str) -> dict:
    """A history from dated prices. The first one has no start: it is known to hold on the day before it changed, else on the day it was read."""
    history = {}
    for (day, price), following in zip(known, [*known[1:], (None, None)]):
        if day is None:
            day = (
                read
                if following[0] is None or str(following[0]) > read
                else str(following[0] - timedelta(days=1))
            )
        if not history or history[max(history)]["price"] != price:
            history[str(day)] = {"price": price}
    return history


def plain(value) -> str:
    """A YAML scalar or flow list."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(plain(one) for one in value) + "]"
    if isinstance(value, (int, float)):
        text = repr(int(value) if float(value).is_integer() else float(value))
        return text if "e" not in text or "." in text else text.replace("e", ".0e")
    safe = (
        value.replace(" ", "").replace("-", "").replace("_", "").replace("/", "").replace(".", "")
    )
    return (
        value
        if safe.isalnum() and not value[0].isdigit() and value.isascii()
        else json.dumps(value, ensure_ascii=False)
    )


def documents(taken: list[rules.Taken]) -> dict[str, str]:
    """File name -> text of a price document, one per provider."""
    texts = {}
    for provider, title in rules.PROVIDERS.items():
        mine = sorted(
            (one for one in taken if one.sku.startswith(f"{provider}:")),
            key=lambda one: (one.service, one.sku),
        )
        lines = [
            f"provider: {title}",
            "currency: USD",
            f"reference: {plain(mine[0].reference)}",
            f"checked: {max(one.since for one in mine)}",
            "prices:",
        ]
        for one in mine:
            lines.append(f"  {one.sku}:")
            names = (
                "service",
                "kind",
                "purchase",
                "region",
                "model",
                "meter",
                "unit",
                "block",
                "rate",
                "note",
            )
            values = {name: getattr(one, name) for name in names} | {
                "reference": one.reference,
                "checked": one.since,
            }
            lines += [
                f"    {name}: {plain(value)}"
                for name, value in values.items()
                if value not in ("", 1)
                and not (name == "reference" and value == mine[0].reference)
                and not (name == "checked" and f"checked: {value}" == lines[3])
            ]
            lines += [f'    dated: "{one.dated}"'] * bool(one.dated)
            lines.append("    history:")
            lines += [
                f"      {day}: {plain(fields)}"
                for day, fields in (one.history or {one.since: one.fields}).items()
            ]
        texts[f"{provider}.yaml"] = "\n".join(lines) + "\n"
    return texts


def main(data: Path, folder: Path) -> None:
    taken, left = read_rows(data)
    machine_history(data, taken)
    token_history(taken)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents(taken).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([*left[0][0], "why"])
    writer.writerows([*row.values(), why] for row, why in left)
    (folder / "left_out.csv").write_text(table.getvalue(), encoding="utf-8", newline="\n")
    dated = sum(len(one.history or [1]) for one in taken)
    print(f"{len(taken)} prices, {dated} dated values; {len(left)} rows left out: {folder}")


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent / "data" / "prices" / "world",
    )
