"""`finops prices rates`: the company's exchange rates of a period, each with its kind, days and source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FinOpsError
from ._shared import JsonOption, SettingsOption, load_whole, out

if TYPE_CHECKING:
    from ..measure.books.rates import Kind

KINDS: tuple[Kind, ...] = ("plan", "average", "month_end", "scenario")

USES = {
    "plan": "Budgets",
    "average": "Expense",
    "month_end": "Accruals and payables",
    "scenario": "Forecasts",
}


def rates_command(
    period: Annotated[
        str, typer.Argument(help="A month 2026-10, or a period FY2026-P10 of the calendar.")
    ],
    *,
    currency: Annotated[
        list[str] | None,
        typer.Option(help="Of this currency (again for more); default: those of the entities."),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    as_json: JsonOption = False,
):
    """The company's exchange rates of a period: plan, average, period end, scenario. What is missing says so.

    Example: [bold]finops prices rates 2026-10[/bold]
    """
    from ..errors import PriceError
    from ..measure.books.rates import rates_of

    chosen = load_whole(settings)
    rates = rates_of(chosen)
    if rates is None:
        raise FinOpsError(
            f"{settings}: there are no rates. Write rates: {{plan: [FILE]}}, with the stored rates of the European Central Bank "
            "for averages, or with table: FILE of your own."
        )
    at = chosen.calendar_of().named(period)
    names = currency or [one.currency for one in chosen.entities]
    rows = []
    for name in sorted({*names} - {rates.base}):
        for kind in KINDS:
            try:
                found = rates.rate(kind, name, at)
            except PriceError as problem:
                rows.append({"currency": name, "kind": kind, "rate": None, "says": str(problem)})
            else:
                rows.append(
                    {"currency": name, "kind": kind, "rate": str(found.value), "says": found.says}
                )
    if as_json:
        return out.print_json(json.dumps({"period": period, "to": rates.base, "rates": rows}))
    out.print(f"Into {rates.base}, {period}:", style="bold")
    for row in rows:
        use = USES[str(row["kind"])] if row["rate"] is not None else "Missing"
        out.print(f"{use}: {row['says']}", markup=False)
    if not rows:
        out.print(f"Everything is in {rates.base}: nothing is converted. Ask for a --currency.")
