"""Words of headings by role, in English, German, French and Spanish, and words of charges and budgets."""

from __future__ import annotations

WORDS = {
    "date": "charge period start|usage date|charge date|cost date|usage start time|usage start|billing date|date|start date|start time|day|timestamp|datum|tag|"
    "buchungsdatum|rechnungsdatum|belegdatum|jour|fecha|dia|data|period start|usage start date|line item usage start date",
    "month": "month|billing month|usage month|billing period|invoice month|monat|abrechnungsmonat|mois|mes|period|periode|periodo|"
    "zeitraum|year month",
    "amount": "billed cost|effective cost|net cost|net amount|total cost|total costs|cost total|cost|costs|amount|spend|charge|charges|"
    "cost usd|invoice amount|total amount|unblended cost|line item unblended cost|pre tax cost|betrag|kosten|nettobetrag|"
    "gesamtkosten|ausgaben|montant|cout|couts|cout total|depense|depenses|importe|coste|costo|costes|costos|gasto|gastos|monto|total|value|wert|valeur|valor|"
    "amount due|total due|total charges|total spend|total amount due|total net|grand total|net|netto",
    "currency": "currency|currency code|billing currency|ccy|wahrung|waehrung|devise|monnaie|moneda|divisa",
    "category": "charge category|charge type|cost type|line item type|transaction type|record type|billing type|entry type|buchungsart|kostenart",
    "team": "team|department|cost center|cost centre|costcenter|squad|kostenstelle|abteilung|equipe|departement|equipo|departamento|owner",
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
NOT_COST = {
    "list",
    "price",
    "rate",
    "budget",
    "plan",
    "approved",
    "forecast",
    "tax",
    "vat",
    "discount",
    "unit",
    "previous",
    "credit",
    "gross",
    "saving",
    "savings",
    "id",
    "number",
    "year",
    "count",
    "percent",
    "pct",
    "change",
}
COUNTED = {
    "total",
    "value",
    "wert",
    "valeur",
    "valor",
}  # "total tokens" is no amount, though "total" is
WEAK = {
    "owner",
    "partition",
    "export",
    "exported",
    "created",
    "updated",
    "modified",
    "due",
    "posted",
    "posting",
    "printed",
    "load",
    "loaded",
    "end",
    "ende",
    "expiry",
    "inserted",
}  # taken only where nothing else fits: who pays, when it was written
IDS = {"id", "ids", "code", "key", "number", "no", "nr", "uuid", "guid", "arn"}
NAMED = (
    "team",
    "service",
    "workload",
    "business_unit",
    "provider",
    "environment",
    "region",
)  # roles that want a name, not an id
FULL = 0.9  # share of the rows from which on a column is full
CHARGES = {
    word: kind
    for kind, words in {
        "Usage": "usage|regular|consumption|consumed|metered|usage based|usage charge|standard|verbrauch|nutzung|consommation|consumo|token|tokens",
        "Tax": "tax|taxes|vat|sales tax|gst|steuer|mwst|ust|umsatzsteuer|mehrwertsteuer|tva|taxe|iva|impuesto",
        "Credit": "credit|credits|refund|refunds|promotion|promotional credit|discount|rebate|gutschrift|rabatt|avoir|remise|credito|descuento|reembolso",
        "Purchase": "purchase|fee|fees|subscription|recurring|recurring fee|one time|upfront|upfront fee|support|kauf|gebuhr|gebuehr|abonnement|achat|compra",
        "Adjustment": "adjustment|adjustments|rounding|rounding error|rounding adjustment|correction|korrektur|rundung|ajustement|ajuste",
    }.items()
    for word in words.split("|")
}
BUDGET_WORDS = {
    "budget",
    "budgets",
    "plan",
    "planned",
    "approved",
    "budgeted",
    "presupuesto",
    "genehmigt",
    "approuve",
}
NEED = "A bill needs a date (or month) and an amount: name them, for example, date and cost, or write a mapping."
