"""OpenAI cost table of the usage dashboard (CSV): a row per day, line item and project; a day without spend is a row of times alone.

amount_value is in units of amount_currency. The line item is the SKU ('gpt-5-mini, input': model, meter); the project becomes the tag
'project'. Times are epoch seconds, or ISO in *_iso. Source: Usage dashboard, Cost, Export.
"""

from __future__ import annotations

from ..files.readers import Source
from . import Export, _console
from .openai_costs import _moment

TITLE = "OpenAI cost table (CSV)"
DEFAULT = True
SIGN = ("start_time", "amount_value", "amount_currency", "line_item")


def recognise(source: Source) -> bool:
    """start_time, amount_value, amount_currency and line_item."""
    return _console.has(source, SIGN)


def read(source: Source) -> Export:
    """A row per line; a day that names neither amount nor line item had no spend: 0.00 in the currency and account of the others."""
    lines = list(_console.lines(source))
    currencies = sorted({line["amountcurrency"] for line in lines} - {""})
    accounts = sorted({line.get("organizationid", "") for line in lines} - {""})
    rows, quiet = [], []
    for line in lines:
        start, end = (
            line.get(f"{name}timeiso") or _moment(line.get(f"{name}time")) or ""
            for name in ("start", "end")
        )
        item, project = line["lineitem"], line.get("projectid", "")
        model, comma, meter = item.rpartition(", ")
        nothing = not line["amountvalue"] and not item and not project
        if nothing:
            quiet.append(start)
        cost, currency = (
            ("0", currencies[0] if currencies else "USD")
            if nothing
            else (line["amountvalue"], line["amountcurrency"])
        )
        rows.append(
            _console.charge(
                line["x_Row"],
                (start, end),
                cost,
                currency,
                {"project": line.get("projectname") or project},
                ServiceName="OpenAI API",
                ServiceProviderName="OpenAI",
                InvoiceIssuerName="OpenAI",
                # without it, a day without spend would be an account of its own that is behind the others
                BillingAccountId=line.get("organizationid", "")
                or (accounts[0] if nothing and accounts else ""),
                SubAccountId=project,
                SkuId=item,
                SkuMeter=meter if comma else "",
                ChargeDescription=item,
                x_Model=model if comma else "",
            )
        )
    return _console.export("OpenAI cost table", rows, quiet)
