"""Invoice, ledger, quarantine and what is left between them, to the cent (docs/method §13, §14).

And use that is billed in another period than it was used in: why a month by use is not the invoice of its billing period (§13.22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LedgerError, listing, nearest
from ...periods import check_month, month_name
from ..intake.formats import refused_amount
from .receipt import trimmed

CENT = Decimal("0.01")
UNKNOWN = "(not stated)"
READ = [
    "x_Period",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "BillingCurrency",
    "BilledCost",
]


def cents(amount: Decimal | None) -> Decimal | None:
    """To the cent, half up; never a negative zero.

    >>> cents(Decimal("2.345")), cents(Decimal("-0.004"))
    (Decimal('2.35'), Decimal('0.00'))
    """
    if amount is None:
        return None
    rounded = Decimal(amount).quantize(CENT, ROUND_HALF_UP)
    return rounded if rounded else Decimal("0.00")


@dataclass(frozen=True)
class Line:
    """One issuer, billing period and currency, exact; difference = invoice − ledger − quarantined, rounded once, to the cent.

    not_compared   why the ledger's money is no BilledCost: an invoice, which is Billed, is never compared with it (docs/method §6.6)
    """

    issuer: str
    billing_period: str
    currency: str
    invoice: Decimal | None
    ledger: Decimal
    quarantined: Decimal
    not_compared: str = ""

    @property
    def difference(self) -> Decimal | None:
        return (
            None
            if self.invoice is None or self.not_compared
            else cents(self.invoice - self.ledger - self.quarantined)
        )


@dataclass(frozen=True)
class Reconciliation:
    """Lines of a billing period and what they add up to; totals are None where no invoice was given or currencies mix."""

    month: str
    lines: tuple[Line, ...]
    note: str
    unread: int = 0  # refused rows whose amount could not be read

    @property
    def currencies(self) -> list[str]:
        return sorted({line.currency for line in self.lines})

    @property
    def billed(self) -> tuple[Line, ...]:
        """Lines whose money in the ledger is BilledCost: only these are added up and compared."""
        return tuple(line for line in self.lines if not line.not_compared)

    def _sum(self, name: str, lines: tuple[Line, ...]) -> Decimal:
        return sum(
            (getattr(line, name) for line in lines if getattr(line, name) is not None),
            Decimal("0.00"),
        )

    @property
    def invoice_total(self) -> Decimal | None:
        given = any(line.invoice is not None for line in self.billed)
        return (
            cents(self._sum("invoice", self.billed))
            if given and len(self.currencies) == 1
            else None
        )

    @property
    def ledger_total(self) -> Decimal | None:
        return cents(self._sum("ledger", self.billed)) if len(self.currencies) <= 1 else None

    @property
    def quarantined(self) -> Decimal | None:
        return cents(self._sum("quarantined", self.lines)) if len(self.currencies) <= 1 else None

    @property
    def difference(self) -> Decimal | None:
        """Invoices minus everything in the ledger and in quarantine, lines without an invoice too."""
        own = self.billed
        exact = self._sum("invoice", own) - self._sum("ledger", own) - self._sum("quarantined", own)
        return None if self.invoice_total is None else cents(exact)

    @property
    def status(self) -> str:
        """'ties out', 'differs', 'not compared', 'in quarantine' or 'no invoice'."""
        if self.unread or any(line.quarantined for line in self.lines):
            return "in quarantine"
        if all(line.invoice is None for line in self.lines):
            return "no invoice"
        if any(line.difference is None or line.difference for line in self.billed):
            return "differs"
        return "ties out" if len(self.billed) == len(self.lines) else "not compared"

    def as_brief(self) -> dict:
        """The brief's tie_out: decimal text, null where there is no invoice."""

        def text(amount):
            return None if amount is None else str(cents(amount))

        several = len(self.currencies) > 1
        rows = [
            {
                "issuer": f"{line.issuer} ({line.currency})" if several else line.issuer,
                "billing_period": line.billing_period,
                "invoice": text(line.invoice),
                "ledger": text(line.ledger),
                "quarantined": text(line.quarantined),
                "difference": text(line.difference),
                **({"not_compared": line.not_compared} if line.not_compared else {}),
            }
            for line in self.lines
        ]

        def total(name, lines):
            return " + ".join(
                f"{cents(sum((getattr(x, name) for x in lines if x.currency == c), Decimal(0)))} {c}"
                for c in self.currencies
            )

        return {
            "rows": rows,
            "invoice_total": text(self.invoice_total),
            "ledger_total": total("ledger", self.billed) if several else text(self.ledger_total),
            "quarantined": total("quarantined", self.lines) if several else text(self.quarantined),
            "difference": text(self.difference),
            "note": self.note,
        }


def reconcile(
    periods_frame: pd.DataFrame,
    invoices: pd.DataFrame | None,
    month: str,
    quarantined: pd.DataFrame | None = None,
    not_billed: Mapping[tuple[str, str], str] | None = None,
) -> Reconciliation:
    """Tie the invoices of a billing period out against the ledger.

    periods_frame   InvoiceIssuerName, BillingPeriod, BillingCurrency, BilledCost (Decimal), Rows
    invoices        InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount (Decimal); None: no invoice is at hand
    quarantined     refused rows with BilledCost text and BillingCurrency; where they say InvoiceIssuerName and x_Period (or
                    BillingPeriod) they count in that period only, else in every month until they are settled
    not_billed      {(issuer, currency): why} of those whose BilledCost is not known (facts.taken): they are shown and not compared
    """
    check_month(month)
    ledger: dict[tuple, Decimal] = {}
    for row in periods_frame[periods_frame["BillingPeriod"] == month].itertuples():
        key = (row.InvoiceIssuerName or UNKNOWN, row.BillingCurrency)
        ledger[key] = ledger.get(key, Decimal(0)) + row.BilledCost
    billed: dict[tuple, Decimal] = {}
    if invoices is not None:
        for row in invoices[invoices["BillingPeriod"] == month].itertuples():
            key = (row.InvoiceIssuerName or UNKNOWN, row.BillingCurrency)
            billed[key] = billed.get(key, Decimal(0)) + row.Amount
    apart = {(issuer or UNKNOWN, code): why for (issuer, code), why in (not_billed or {}).items()}
    only = next(iter({currency for _, currency in [*ledger, *billed]}), "")
    refused, unread, loose = _refused(quarantined, month, only)
    keys = sorted({*ledger, *billed, *refused})
    lines = tuple(
        Line(
            issuer,
            month,
            currency,
            billed.get((issuer, currency)),
            ledger.get((issuer, currency), Decimal(0)),
            refused.get((issuer, currency), Decimal(0)),
            apart.get((issuer, currency), ""),
        )
        for issuer, currency in keys
    )
    unsaid = Reconciliation(month, lines, "", unread)
    return Reconciliation(
        month, lines, _note(unsaid, invoices is not None, set(ledger), set(billed), loose), unread
    )


def _refused(frame, month, only) -> tuple[dict, int, int]:
    """({(issuer, currency): amount}, rows whose amount cannot be read, rows that name no period)."""
    refused: dict[tuple, Decimal] = {}
    unread = loose = 0
    if frame is None or not len(frame):
        return refused, 0, 0
    period_column = next(
        (name for name in ("x_Period", "BillingPeriod") if name in frame.columns), None
    )
    for record in frame.to_dict("records"):
        period = str(record.get(period_column) or "")[:7] if period_column else ""
        if period and period != month:
            continue
        loose += not period
        amount = refused_amount(str(record.get("BilledCost") or ""))
        if amount is None:
            unread += 1
            continue
        currency = str(record.get("BillingCurrency") or "").strip().upper()
        key = (
            str(record.get("InvoiceIssuerName") or "") or UNKNOWN,
            currency if len(currency) == 3 and currency.isalpha() else only,
        )
        refused[key] = refused.get(key, Decimal(0)) + amount
    return refused, unread, loose


def _rows(count: int, verb: str, verbs: str) -> str:
    """So many refused rows, and what they do."""
    return f"1 refused row {verb}" if count == 1 else f"{count:,} refused rows {verbs}"


@dataclass(frozen=True)
class Refused:
    """Rows in quarantine, counted: all of them as the receipts of `finops ingest` count them, and where they belong."""

    rows: int
    of_period: int  # of the billing period that is reconciled
    of_others: int
    without_period: int  # they count in every billing period until they are settled
    unreadable: int  # among all: no total holds their amount

    def __str__(self) -> str:
        return (
            f"{_rows(self.rows, 'is', 'are')} in quarantine (as finops ingest counts them): {self.of_period:,} of this billing period, "
            f"{self.of_others:,} of others, {self.without_period:,} that name none; amounts that cannot be read: {self.unreadable:,}."
        )


def count_refused(quarantined: pd.DataFrame, month: str) -> Refused:
    """Rows in quarantine by where they belong.

    quarantined   refused rows as `Ledger.quarantine` gives them;  month   the billing period that is reconciled

    >>> rows = pd.DataFrame({"x_Period": ["2026-10", "2026-09", ""], "BilledCost": ["1.5", "n/a", "$2"]})
    >>> print(count_refused(rows, "2026-10"))
    3 refused rows are in quarantine (as finops ingest counts them): 1 of this billing period, 1 of others, 1 that name none; amounts that cannot be read: 1.
    """
    periods = [str(period or "")[:7] for period in quarantined["x_Period"]]
    unreadable = sum(refused_amount(str(text or "")) is None for text in quarantined["BilledCost"])
    of_period, without = periods.count(month), periods.count("")
    return Refused(len(periods), of_period, len(periods) - of_period - without, without, unreadable)


def _note(reconciled: Reconciliation, given: bool, ledger: set, billed: set, loose: int) -> str:
    """The words the page prints."""
    when, said = month_name(reconciled.month), []
    if not given:
        said.append(f"No invoice was given for {when}: the ledger's total could not be tied out.")
    elif not billed:
        said.append(
            f"The invoice file has no invoice for {when}: the ledger's total could not be tied out."
        )
    else:
        missing = [issuer for issuer, currency in sorted(ledger - billed)]
        extra = sorted(billed - ledger)
        if missing:
            said.append(f"No invoice for {', '.join(missing)}.")
        for issuer, _ in extra:
            near = nearest(issuer, missing)
            hint = f" Did you mean '{near}'?" if near else ""
            said.append(f"The invoice of '{issuer}' has no charge in the ledger.{hint}")
        off = [(line, line.difference) for line in reconciled.lines if line.difference]
        said += [
            f"{line.issuer}: the invoice is {abs(difference)} {line.currency} {'above' if difference > 0 else 'below'} the "
            "ledger and its quarantine."
            for line, difference in off
            if (line.issuer, line.currency) in ledger
        ]
        said += [
            f"{line.issuer}: BilledCost is not known ({line.not_compared}), so its {cents(line.ledger)} {line.currency} are not compared with an invoice."
            for line in reconciled.lines
            if line.not_compared
        ]
        if not (missing or extra or off) and len(reconciled.billed) == len(reconciled.lines):
            said.append(f"All invoices of {when} tie out with the ledger to the cent.")
    if any(line.quarantined for line in reconciled.lines):
        amounts = " + ".join(
            f"{cents(sum((x.quarantined for x in reconciled.lines if x.currency == c), Decimal(0)))} {c}"
            for c in reconciled.currencies
        )
        unplaced = f"; {_rows(loose, 'names', 'name')} no billing period" if loose else ""
        said.append(f"{amounts} are in quarantine{unplaced}.")
    if reconciled.unread:
        said.append(
            f"{_rows(reconciled.unread, 'has', 'have')} an amount that cannot be read; {'it' if reconciled.unread == 1 else 'they'} may explain a difference."
        )
    if len(reconciled.currencies) > 1:
        said.append(f"Amounts are in {', '.join(reconciled.currencies)} and are not added up.")
    return " ".join(said)


def pick_period(periods: pd.DataFrame, invoices: pd.DataFrame | None, month: str | None) -> str:
    """The billing period asked for, or the newest in the ledger. Raises LedgerError for one that neither ledger nor invoices know.

    periods    as `Ledger.totals_by_period` gives them: billing periods, not days of use
    """
    known = sorted(set(periods["BillingPeriod"]))
    if month is None:
        return known[-1]
    check_month(month)
    billed = set() if invoices is None else set(invoices["BillingPeriod"])
    if month not in known and month not in billed:
        near = nearest(month, known)
        raise LedgerError(
            f"{month}: the ledger has no bill of {month_name(month)}{f' (nearest: {near})' if near else ''}; it has bills of "
            f"{listing(known)}. Choose one of these billing periods, or take the missing bill in: finops ingest FILE."
        )
    return month


def billed_elsewhere(files: list[Path], month: str) -> list[dict]:
    """What was used in a month and billed in other periods, and billed in it and used in other months, exact: used, billed, currency, amount.

    A charge whose period lies in several months is told by the month it starts in, unless its billing period is among them. Usage only:
    purchases, tax and credits have no use. Months are those of UTC.
    """
    sums: dict[tuple, Decimal] = {}
    for path in files:
        with path.open("rb") as file:
            table = pq.read_table(file, columns=READ)
        table = table.filter(pc.equal(table.column("ChargeCategory"), "Usage"))
        starts = _months(table.column("ChargePeriodStart"))
        ends = _months(
            pc.subtract(table.column("ChargePeriodEnd"), pa.scalar(1, pa.duration("us")))
        )
        periods = pc.utf8_slice_codeunits(table.column("x_Period"), 0, 7)
        ends = pc.if_else(pc.less(ends, starts), starts, ends)
        other = pc.or_(pc.less(periods, starts), pc.greater(periods, ends))
        here = pc.and_(other, pc.or_(pc.equal(starts, month), pc.equal(periods, month)))
        if not pc.any(here).as_py():
            continue
        months = pa.table(
            {
                "used": starts,
                "billed": periods,
                "currency": table.column("BillingCurrency"),
                "amount": table.column("BilledCost"),
            }
        )
        for row in (
            months.filter(here)
            .group_by(["used", "billed", "currency"])
            .aggregate([("amount", "sum")])
            .to_pylist()
        ):
            key = (row["used"], row["billed"], row["currency"])
            sums[key] = sums.get(key, Decimal(0)) + (row["amount_sum"] or Decimal(0))
    return [
        {"used": used, "billed": billed, "currency": currency, "amount": str(trimmed(amount))}
        for (used, billed, currency), amount in sorted(sums.items())
        if amount
    ]


def _months(times) -> pa.ChunkedArray:
    return pc.strftime(times, format="%Y-%m")


def sentence(lines: Sequence[Mapping], month: str) -> str:
    """Why a month by use differs from the bill of the same period; '' where it does not.

    >>> sentence([{"used": "2026-07", "billed": "2026-08", "currency": "USD", "amount": "4.00"}], "2026-07")
    'Of the use of July 2026, 4.00 USD are billed in August 2026.'
    """
    said = []
    for line in lines:
        if line["used"] == month:
            said.append(
                f"Of the use of {month_name(month)}, {line['amount']} {line['currency']} are billed in {month_name(line['billed'])}."
            )
        else:
            said.append(
                f"The bill of {month_name(month)} holds {line['amount']} {line['currency']} of use of {month_name(line['used'])}."
            )
    return " ".join(said)
