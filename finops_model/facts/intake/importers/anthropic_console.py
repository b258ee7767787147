"""Claude cost table of the console (CSV): a row per day, model, workspace, key and token type.

cost_usd is what is charged, list_price_usd the list cost; both in dollars (the API's report is in cents). '--' is empty. A cost type other
than tokens (web search) is an SKU of its own. Source: Claude Console, Cost, Export.
"""

from __future__ import annotations

import datetime as dt

from ..files.readers import Source
from . import Export, _console

TITLE = "Claude console cost table (CSV)"
DEFAULT = True
SIGN = ("usage_date_utc", "model", "token_type", "cost_usd")


def recognise(source: Source) -> bool:
    """usage_date_utc, model, token_type and cost_usd."""
    return _console.has(source, SIGN)


def read(source: Source) -> Export:
    """A row per line; a day that names neither cost nor what for had no spend: 0.00."""
    rows, quiet = [], []
    for line in _console.lines(source):
        day = _day(line["usagedateutc"])
        model, meter, kind = line["model"], line["tokentype"], line.get("costtype", "")
        nothing = not line["costusd"] and not (model or meter or kind)
        if nothing:
            quiet.append(day[0])
        rows.append(
            _console.charge(
                line["x_Row"],
                day,
                "0" if nothing else line["costusd"],
                "USD",
                {"workspace": line.get("workspace", ""), "api_key": line.get("apikey", "")},
                ServiceName="Claude API",
                ServiceProviderName="Anthropic",
                InvoiceIssuerName="Anthropic",
                BillingAccountId="",
                SubAccountId=line.get("workspace", ""),
                ListCost=line.get("listpriceusd", ""),
                SkuId=f"{model}:{meter}"
                if model and meter
                else ""
                if nothing
                else kind or meter or model,
                SkuMeter=meter,
                x_Model=model,
                ChargeDescription=", ".join(
                    filter(
                        None,
                        (
                            line.get(word, "")
                            for word in ("usagetype", "contextwindow", "inferencegeo", "speed")
                        ),
                    )
                ),
            )
        )
    return _console.export("Claude console cost table", rows, quiet)


def _day(text: str) -> tuple[str, str]:
    """Start and end of a day; what is no day stays as it is, to be refused."""
    try:
        day = dt.date.fromisoformat(text[:10])
        return f"{day}T00:00:00Z", f"{day + dt.timedelta(1)}T00:00:00Z"
    except (ValueError, OverflowError):
        return text, text
