"""A mapping for a person who has to correct it: every field with what it means and what may stand there (docs/method §13.51)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ...documents import dump_yaml
from .mapping import Mapping

MEANS = {
    "file": "the file this was read from; for readers only",
    "sheet": "Excel: the sheet",
    "date": "the column with the day of each charge (or use month, or months)",
    "month": "instead of date: the column with the month, such as 2025-01",
    "months": "instead of date and amount: one column per month, each as 'column name': YYYY-MM",
    "date_order": "how dates are written: iso (2025-01-31), day first (31/01/2025) or month first (01/31/2025)",
    "date_order_assumed": "true: no date of the file shows the order; look at date_order and set it to false",
    "whole_months": "true: each amount is the cost of a whole month and is spread evenly over its days",
    "amount": "the column with the money",
    "basis": "what the amounts are: Billed (cash, as invoiced) or Effective (amortised); the other is then not known",
    "decimal": "the decimal mark of the amounts: '.' (1,234.50) or ',' (1.234,50)",
    "decimal_assumed": "true: no amount of the file shows the mark; look at decimal and set it to false",
    "decimals": "columns that write their numbers with another decimal mark than the amounts, each as column: '.' or ','",
    "currency": "the column with the currency code, if there is one",
    "currency_code": "the currency where no column says it, for example EUR",
    "currency_assumed": "true: the file names no currency; look at currency_code and set it to false",
    "team": "the column with the team or cost centre",
    "environment": "the column with the environment: production, test …",
    "service": "the column with the service or product",
    "workload": "the column with the project, application or use case",
    "business_unit": "the column with the business unit; each becomes a line of the company's table",
    "quantity": "the column with how much was used",
    "unit": "the column with the unit of the quantity",
    "account": "the column with the account or subscription",
    "provider": "the column with the vendor",
    "sku": "the column with the article or model",
    "region": "the column with the region",
    "scale": "1000 where the table is in thousands, 1000000 where it is in millions",
    "category": "the column that says usage, tax, credit or purchase",
    "categories": "words of that column: each as word: Usage, Purchase, Tax, Credit or Adjustment",
    "add": "columns whose amounts are charges in addition to the amount, added as written: each as column: Usage, Purchase, Tax, Credit or Adjustment",
    "subtract": "the same for amounts written without a minus that are taken off, such as credits",
    "ignore": "columns with money that are left out on purpose",
    "fixed": "what every row says where no column does, for example provider: GitHub",
    "leave": "lines that look like totals and are left out, each as 'label = amount'",
    "count": "lines that look like totals and are charges, each as 'label = amount'",
}
SAID = ("found", "notes")  # for readers; they change nothing
LEFT = (
    "doubts",
    "open_money",
    "open_totals",
    "off_totals",
    "rivals",
)  # a file is its owner's word: it holds no doubts; they stand above as remarks


def explained(mapping: Mapping, columns: Sequence[str] = ()) -> str:
    """YAML text of a mapping that `load_mapping` reads back as it is; roles without a column stand as comments.

    >>> text = explained(Mapping(date="Day", amount="Cost"), ["Day", "Cost", "Who"])
    >>> [line for line in text.splitlines() if "team" in line]
    ['# the column with the team or cost centre', '# team: ']
    """
    values = mapping.model_dump(mode="json")
    lines = [
        "# How this file is read: correct it, save it, and give it with --mapping.",
        "# A name on the right is a column of the file. A line with # in front does not count.",
        *(f"# IN DOUBT: {' '.join(text.split())}" for text in values.get("doubts", ())),
        *(
            textwrap.wrap(
                f"Columns of the file: {', '.join(map(repr, columns))}",
                116,
                initial_indent="# ",
                subsequent_indent="#   ",
                break_long_words=False,
            )
            if len(columns)
            else []
        ),
    ]
    for name in [*(name for name in values if name not in (*SAID, *LEFT)), *SAID]:
        value = values[name]
        if name in SAID and not value:
            continue
        means = (
            "what was seen in the file; for readers only" if name in SAID else MEANS.get(name, "")
        )
        empty = value in (None, {}, [], "", False)
        if means and name != "notes":
            lines += ["", f"# {means}"]
        lines.append(
            f"# {name}: {'false' if value is False else ''}"
            if empty
            else dump_yaml({name: value}).rstrip("\n")
        )
    return "\n".join(lines) + "\n"
