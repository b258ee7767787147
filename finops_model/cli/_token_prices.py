"""Token prices of a model as `finops prices` shows them: dated, each corrected one with from when and by which source."""

from __future__ import annotations

import json

from rich.table import Column, Table

from ._shared import out


def standing(day: str, stale: int, own) -> dict:
    """What stands behind the frozen token prices on a day, in data and in lines."""
    from ..prices.tokens.cost import load_tokens
    from ..prices.tokens.told import standing as state_of

    state = state_of(load_tokens(own=own), day)
    late = (
        f", {state['days']} days before: nobody confirmed them since"
        if state["days"] > stale
        else ""
    )
    lines = [
        f"Token prices of {state['models']:,} models: {state['source']}, read on {state['read']}{late}."
    ]
    lines += [
        f"Corrected: {row['model']}, read on {row['read']}{' (' + str(row['days']) + ' days before)' if row['days'] > stale else ''}: {row['why']}."
        + (f" Retired on {row['retired']}." if row.get("retired") else "")
        for row in state["corrections"]
    ]
    return state | {"lines": lines}


def model_of(name: str, own) -> dict | None:
    """The token prices of a model by its name, as plain data; None where no model of the snapshot has it."""
    from ..errors import PriceError
    from ..prices.tokens.cost import load_tokens
    from ..prices.tokens.told import dated

    table = load_tokens(own=own)
    head, _, tail = name.partition(":")
    words = f"{head}/{tail}" if tail and ":" not in tail and "/" not in name else name
    try:
        return dated(table, table.find(words))
    except PriceError as problem:
        if ":" not in name and ("is sold by" in str(problem) or "unknown model of" in str(problem)):
            raise  # the name is a model's: say which one is meant
        return None


def said(corrections: list[dict]) -> list[str]:
    """One line for each correction: from when, why, by which source."""
    lines = []
    for one in corrections:
        days = f"from {one['from']}" if one["from"] else "on every day"
        days += f" until {one['until']}" if one.get("until") else ""
        lines.append(
            f"Corrected {days}: {one['why']}. Source, read on {one['read']}: {one['source']}."
        )
        if one.get("retired"):
            instead = f"; use {one['instead']}" if one.get("instead") else ""
            lines.append(
                f"Retired on {one['retired']}{instead}: no price after that day, and a request then is refused."
            )
    return lines


def show_model(found: dict, as_json: bool) -> None:
    """Dated prices of a model in each context, and what corrects them."""
    if as_json:
        return out.print_json(json.dumps(found))
    out.print(found["model"], style="bold", end="  ")
    window = f"window {found['window']:,} tokens" if found["window"] else ""
    out.print(f"token prices, {found['currency']}; {found['source']}  {window}".rstrip())
    table = Table(
        Column("Context", overflow="fold"),
        "From",
        "At (UTC)",
        Column("Price per 1,000,000 tokens, or per its own unit", overflow="fold"),
        "By",
    )
    for row in found["history"]:
        table.add_row(
            row["context"] or "standard",
            row["since"] or "no first day",
            row["at"],
            ", ".join(
                f"{bucket.replace('_', ' ')} {_price(price)}"
                for bucket, price in row["prices"].items()
            ),
            "correction" if row["corrected"] else found["source"].split(",")[0],
        )
    out.print(table)
    for line in said(found["corrections"]):
        out.print(line, markup=False)
    if not found["corrections"]:
        out.print("No correction lies over these prices.")


def _price(price) -> str:
    if not isinstance(price, list):
        return f"{price:g}"
    return " / ".join(
        f"{value:g}" + (f" above {above:,g}" if above else "") for above, value in price
    )
