"""Other headings of an invoice list that say the same: what accounting systems and people write above their columns."""

from __future__ import annotations

INVOICE = {
    "InvoiceIssuerName": (
        "vendor",
        "vendorname",
        "supplier",
        "suppliername",
        "lieferant",
        "fournisseur",
    ),
    "BillingPeriod": (
        "period",
        "billingmonth",
        "invoicemonth",
        "serviceperiod",
        "abrechnungsmonat",
    ),
    "BillingCurrency": ("currency", "invoicecurrency", "waehrung", "wahrung", "devise"),
    "Amount": ("invoiceamount", "total", "invoicetotal", "betrag", "montant"),
}  # the column of an invoice file: headings that stand for it, squashed
ORGANISATION = {
    "cost_center": ("costcentre", "kostenstelle", "centredecout", "centrodecosto"),
    "legal_entity": ("gesellschaft", "entitelegale"),
}  # columns that an organisation file may have
NUMBER = {
    *("invoiceno", "invoicenumber", "invoicenr", "invoiceid", "invoice"),
    *("rechnungsnummer", "rechnungsnr", "rechnung", "belegnummer", "numfacture", "numerofacture"),
}  # headings of the number of an invoice, squashed: charges have none of their own


def is_invoice_list(names: set[str]) -> bool:
    """Whether squashed headings are those of a list of invoices, other than ours.

    >>> is_invoice_list({"vendor", "invoiceno", "period", "currency", "amount"})
    True
    >>> is_invoice_list({"vendor", "period", "currency", "amount"})
    False
    """
    said = all(names & {name.casefold(), *also} for name, also in INVOICE.items())
    return said and bool(names & NUMBER)
