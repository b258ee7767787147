"""Which column is what: by its name in English, German, French or Spanish, and by what stands in it."""

from __future__ import annotations

import re

import pandas as pd

from ..errors import InputError, listing
from .formats import CODES, MONEY, SYMBOLS, is_month, plain_words, read_moment, read_number, share

WORDS = {
    "date": "charge period start|usage date|charge date|cost date|billing date|date|usage start|start date|day|timestamp|datum|tag|"
            "buchungsdatum|rechnungsdatum|belegdatum|jour|fecha|dia|data|period start|usage start date|line item usage start date",
    "month": "month|billing month|usage month|billing period|invoice month|monat|abrechnungsmonat|mois|mes|period|periode|periodo|"
             "zeitraum|year month",
    "amount": "billed cost|effective cost|net cost|net amount|total cost|total costs|cost total|cost|costs|amount|spend|charge|charges|"
              "cost usd|invoice amount|total amount|unblended cost|line item unblended cost|pre tax cost|betrag|kosten|nettobetrag|"
              "gesamtkosten|ausgaben|montant|cout|couts|cout total|depense|depenses|importe|coste|costo|costes|costos|gasto|gastos|monto|total|value|wert|valeur|valor",
    "currency": "currency|currency code|billing currency|ccy|wahrung|waehrung|devise|monnaie|moneda|divisa",
    "team": "team|owner|department|cost center|cost centre|costcenter|squad|kostenstelle|abteilung|equipe|departement|equipo|departamento",
    "environment": "environment|env|stage|umgebung|environnement|entorno|ambiente",
    "service": "service|service name|product|product name|dienst|leistung|produkt|produit|servicio|producto|service category|"
               "meter category|resource type|category",
    "workload": "workload|project|project name|application|app|use case|feature|projekt|anwendung|projet|proyecto|aplicacion",
    "business_unit": "business unit|bu|division|geschaftsbereich|geschaeftsbereich|unidad de negocio|unite d affaires",
    "quantity": "quantity|usage quantity|usage amount|consumed quantity|usage|units used|menge|verbrauch|quantite|cantidad|consumo|"
                "hours|gpu hours|tokens",
    "unit": "unit|unit of measure|uom|usage unit|consumed unit|pricing unit|einheit|mengeneinheit|unite|unidad",
    "account": "account|account id|billing account id|sub account id|subscription|subscription id|konto|compte|cuenta",
    "provider": "provider|vendor|supplier|cloud|cloud provider|service provider name|invoice issuer name|anbieter|lieferant|fournisseur|"
                "proveedor",
    "sku": "sku|sku id|model|model name|modell|modele|modelo",
    "region": "region|region id|location",
}
RANK = {role: {word: i for i, word in enumerate(words.split("|"))} for role, words in WORDS.items()}
ROLES = tuple(WORDS)
NOT_COST = {"list", "price", "rate", "budget", "plan", "approved", "forecast", "tax", "vat", "discount", "unit", "previous", "credit",
            "gross", "saving", "savings", "id", "number", "year", "count", "percent", "pct", "change"}
BUDGET_WORDS = {"budget", "budgets", "plan", "planned", "approved", "budgeted", "presupuesto", "genehmigt", "approuve"}
NEED = "A bill needs a date (or month) and an amount: name them, for example, date and cost, or write a mapping."


def currency_of(heading: str) -> str:
    """The currency a heading names, or ''.

    >>> currency_of("Cost (EUR)"), currency_of("Betrag €"), currency_of("Cost")
    ('EUR', 'EUR', '')
    """
    found = {SYMBOLS.get(mark.upper(), mark.upper()) for mark in MONEY.findall(str(heading).replace("_", " "))}
    return found.pop() if len(found) == 1 else ""


def _bare(column: str) -> str:
    """A heading's words without a currency code."""
    words = [word for word in plain_words(column).split() if word.upper() not in CODES]
    return " ".join(words)


def _cells(frame, column) -> list[str]:
    """Distinct non-empty cells: what decides what a column holds."""
    return [cell for cell in dict.fromkeys(str(v) for v in frame[column].tolist()) if cell.strip()][:5000]


def _number(cell: str):
    return read_number(cell) or read_number(cell, ",")


def find_columns(frame: pd.DataFrame, name: str) -> tuple[dict, dict, list[str]]:
    """({role: column or None}, {column: month} of a wide table, notes). Raises InputError where date or amount is missing."""
    columns, cells = list(frame.columns), {column: _cells(frame, column) for column in frame.columns}
    # A name that says date or cost needs a single cell that fits; the rest of its cells goes to quarantine, not away.
    dates = [c for c in columns if share(cells[c], read_moment) >= (0.6 if _rank(c, "date") is None else 0.01)
             and share(cells[c], _decimal_only) < 0.5]
    numbers = [c for c in columns if share(cells[c], _number) >= (0.6 if _rank(c, "amount") is None else 0.01) and c not in dates]
    months = {c: _month(c) for c in columns if is_month(c)}
    months = months if sum(c in numbers for c in months) >= 2 else {}
    roles: dict = dict.fromkeys(ROLES)
    if len(months) >= 2 and len(set(months.values())) == len(months):
        extra = [c for c in numbers if c not in months]
        notes = [f"'{c}' is a number beside the months and is not read as a charge" for c in extra]
        _by_name(roles, [c for c in columns if c not in months and c not in extra], ("date", "month", "amount", "quantity"))
        return roles, months, notes
    seen = f"{name}: columns seen: {listing(columns)}."
    roles["date"] = _best(dates, "date")
    monthly = [c for c in dates if all((m := read_moment(cell)) is None or m.second == 0 for cell in cells[c])]
    roles["month"] = None if roles["date"] else _best([c for c in dates if _rank(c, "month") is not None], "month")
    if not roles["date"] and not roles["month"] and dates:
        roles["month" if dates[0] in monthly else "date"] = dates[0]
    amount, notes = _amount(frame, name, numbers, cells)
    if not (roles["date"] or roles["month"]) and amount is None:
        raise InputError(f"{seen} None holds dates and none holds amounts. {NEED}")
    if not (roles["date"] or roles["month"]):
        raise InputError(f"{seen} None holds dates or months. {NEED}")
    if amount is None:
        raise InputError(f"{seen} None holds amounts. {NEED}")
    roles["amount"] = amount
    if roles["date"] in monthly and not roles["month"]:
        roles["month"], roles["date"] = roles["date"], None
    rest = [c for c in columns if c not in (roles["date"], roles["month"], amount)]
    _by_name(roles, rest, ("date", "month", "amount"), numbers)
    unused = [c for c in rest if c not in roles.values()]
    return roles, {}, notes + ([f"not used: {listing(unused)}"] if unused else [])


def _decimal_only(cell: str):
    """12.50 is no date, though 01.2025 is one."""
    return True if re.fullmatch(r"-?\d{1,3}\.\d{1,2}|-?\d+[.,]\d{3,}", cell.strip()) else None


def _month(column: str) -> str:
    found = read_moment(column)
    return f"{found.year:04d}-{found.first:02d}"


def _rank(column: str, role: str) -> int | None:
    """Place of a heading among a role's words (0 is best); behind all of them where it only ends or begins with one."""
    words, ranks = _bare(column), RANK[role]
    if words in ranks:
        return ranks[words]
    parts = words.split()
    if set(parts) & NOT_COST and role == "amount":
        return None
    hits = [ranks[word] for word in ranks if len(word) > 2 and (words.startswith(word + " ") or words.endswith(" " + word))]
    return 100 + min(hits) if hits and not (role != "amount" and parts[-1] in ("cost", "amount")) else None


def _best(columns: list[str], role: str) -> str | None:
    ranked = [(rank, i, c) for i, c in enumerate(columns) if (rank := _rank(c, role)) is not None]
    return min(ranked)[2] if ranked else None


def _amount(frame, name, numbers, cells) -> tuple[str | None, list[str]]:
    """(the amount column, notes on other columns that look like one). Two that are alike are refused."""
    named = sorted((rank, i, c) for i, c in enumerate(numbers) if (rank := _rank(c, "amount")) is not None and _bare(c) not in RANK["quantity"])
    if named:
        twins = [c for _, _, c in named[1:] if _bare(c) == _bare(named[0][2])]
        if twins:
            raise InputError(f"{name}: '{named[0][2]}' and '{twins[0]}' could both be the amount. Take one out, or write a mapping "
                             f"with amount: '{named[0][2]}'.")
        return named[0][2], [f"'{c}' looks like an amount too and is not counted" for _, _, c in named[1:]]
    taken = [c for c in numbers if any(_rank(c, role) is not None for role in ROLES) or set(_bare(c).split()) & NOT_COST]
    free = [c for c in numbers if c not in taken]
    money = [c for c in free if any(MONEY.search(cell) for cell in cells[c])] or free
    if len(money) > 1:
        raise InputError(f"{name}: {listing(repr(c) for c in money)} all hold numbers, and no name says which is the amount. "
                         "Call it cost, or write a mapping.")
    if money and all(cell.strip().isdigit() for cell in cells[money[0]]):
        raise InputError(f"{name}: '{money[0]}' holds counts, and its name says nothing of money: it looks like a driver. Call it cost if it is "
                         "money, or write a mapping.")
    return (money[0], [f"'{money[0]}' is taken as the amount: it is the only column of numbers"]) if money else (None, [])


def _by_name(roles, columns, done, numbers=()) -> None:
    """Fill the other roles by the columns' names; each column is used once."""
    free = list(columns)
    for role in ROLES:
        if role in done or roles.get(role):
            continue
        fits = [c for c in free if (c in numbers) or role != "quantity"]
        best = _best(fits, role)
        if best is not None:
            roles[role] = best
            free.remove(best)


def kind_of(frame: pd.DataFrame) -> str:
    """bill, budget or driver: what a table looks like.

    A budget has months, amounts and the word budget, plan or approved; a driver has days and counts and no word of money.
    """
    columns = list(frame.columns)
    words = {word for column in columns for word in plain_words(column).split()}
    if words & BUDGET_WORDS:
        return "budget"
    cells = {column: _cells(frame, column) for column in columns}
    dates = [c for c in columns if share(cells[c], read_moment) >= 0.6 and share(cells[c], _decimal_only) < 0.5]
    numbers = [c for c in columns if c not in dates and share(cells[c], _number) >= 0.6]
    money = any(_rank(c, "amount") is not None or currency_of(c) or _rank(c, "currency") == 0 for c in columns) or any(
        MONEY.search(cell) for c in numbers for cell in cells[c][:50])
    long_form = {"date", "name", "value"} <= {plain_words(c) for c in columns}
    return "driver" if dates and numbers and (long_form or not money) else "bill"
