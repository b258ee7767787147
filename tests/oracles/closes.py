"""The books of a company, from the rows of its bills and its invoices, in plain loops (docs/method §14.20–§14.28).

Nothing of finops_model is used. Rows are dicts of the FOCUS columns; money is Decimal; every amount is kept cumulatively and a close is
the difference of two ends.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, localcontext

CENT, TENTH, ZERO = Decimal("0.01"), Decimal("0.0000000001"), Decimal(0)
DAY = dt.timedelta(days=1)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def days_of(row: dict) -> list[tuple[dt.date, Decimal, Decimal]]:
    """(day, billed, effective) of a row, evenly; the last day takes the rest."""
    first, end = row["ChargePeriodStart"].date(), row["ChargePeriodEnd"].date()
    count = max((end - first).days, 1)
    out, gone = [], [ZERO, ZERO]
    for i in range(count):
        last = i == count - 1
        pair = []
        for k, name in enumerate(("BilledCost", "EffectiveCost")):
            part = (
                row[name] - gone[k] if last else (row[name] / count).quantize(TENTH, ROUND_HALF_UP)
            )
            gone[k] += part
            pair.append(part)
        out.append((first + i * DAY, *pair))
    return out


def month_end(month: str) -> dt.date:
    """The last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    return dt.date(year + number // 12, number % 12 + 1, 1) - DAY


class Rates:
    """US dollars for a euro, as the European Central Bank publishes them."""

    def __init__(self, path):
        with gzip.open(path, "rt") as file:
            table = csv.DictReader(file)
            self.of = {
                dt.date.fromisoformat(row["Date"]): Decimal(row["USD"])
                for row in table
                if row["USD"]
            }

    def average(self, first: dt.date, last: dt.date) -> Decimal:
        found = [value for day, value in self.of.items() if first <= day <= last]
        with localcontext() as context:
            context.prec = 12
            return sum(found, ZERO) / len(found)

    def on(self, day: dt.date) -> Decimal:
        while day not in self.of:
            day -= DAY
        return self.of[day]


class Books:
    """Cumulative books of one entity at the end of a day.

    estimates   (issuer, month) -> money that the company estimates for days that have not come, or for charges that are due
    settled     of the end before the first close: (issuer, month) -> what is taken as settled
    """

    def __init__(
        self, rows, invoices, last: dt.date, estimates=None, settled=None, tax_back=Decimal(1)
    ):
        received, billed_days = defaultdict(Decimal), defaultdict(Decimal)
        whole, tax, fees = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
        use, bills = defaultdict(lambda: defaultdict(Decimal)), defaultdict(Decimal)
        up_front = {
            row["CommitmentDiscountId"]
            for row in rows
            if row.get("CommitmentDiscountId") and row["ChargeFrequency"] == "One-Time"
        }
        for row in rows:
            issuer, bill = row["InvoiceIssuerName"], str(row["BillingPeriodStart"])[:7]
            commitment = row.get("CommitmentDiscountId")
            bills[issuer, bill] += row["BilledCost"]
            fee = commitment and row["ChargeFrequency"] == "One-Time"
            for day, billed, effective in days_of(row):
                month = str(day)[:7]
                if row["ChargeCategory"] == "Tax":
                    tax[issuer, bill] += billed * tax_back
                    billed, effective = billed * (1 - tax_back), effective * (1 - tax_back)
                if fee:
                    fees[issuer, bill, commitment] += billed - effective
                    billed = effective
                whole[issuer, bill] += billed
                if day <= last:
                    received[issuer, month] += effective
                    billed_days[issuer, bill, month] += billed
                    if commitment in up_front and not fee:
                        use[issuer, commitment][month] += effective - billed
        self.expense, self.payable, self.tax = {}, {}, {}
        self.bought, self.amortised = {}, defaultdict(dict)
        self.from_invoice = defaultdict(Decimal)  # (issuer, month): cost that booked invoices hold
        self.ahead = defaultdict(Decimal)  # (issuer, bill): of days behind the last one
        for key, amount in invoices.items():
            issuer, bill = key
            if bill > str(last)[:7] or key not in bills:
                continue
            self.payable[key] = cents(amount)
            rest = cents(amount)
            if tax.get(key):
                self.tax[key] = cents(tax[key])
                rest -= self.tax[key]
            for (who, when, commitment), fee in fees.items():
                if (who, when) == key:
                    self.bought[issuer, commitment] = self.bought.get(
                        (issuer, commitment), ZERO
                    ) + cents(fee)
                    rest -= cents(fee)
            inside = {m: v for (who, when, m), v in billed_days.items() if (who, when) == key}
            self.ahead[key] = cents(whole[key] - sum(inside.values(), ZERO))
            rest -= self.ahead[key]
            own = bill if bill in inside or not inside else max(inside)
            for month, value in inside.items():
                if month != own:
                    self.from_invoice[issuer, month] += cents(value)
                    rest -= cents(value)
            self.from_invoice[issuer, own] += rest
        for (issuer, commitment), months in use.items():
            gone, exact = ZERO, ZERO
            for month in sorted(months):
                exact += months[month]
                until = min(cents(exact), self.bought.get((issuer, commitment), ZERO))
                self.amortised[issuer, commitment][month] = until - gone
                gone = until
        self.estimates = dict(estimates or {})
        self.prepaid_of = defaultdict(Decimal)
        for (issuer, _), months in self.amortised.items():
            for month, value in months.items():
                self.prepaid_of[issuer, month] += value
        settled = settled or {}
        self.accrual, self.rounding = {}, {}
        for key in {*received, *self.estimates, *self.from_invoice}:
            value = cents(received.get(key, ZERO) + self.estimates.get(key, ZERO))
            left = value - self.prepaid_of.get(key, ZERO) - self.from_invoice.get(key, ZERO)
            left -= settled.get(key, ZERO)
            invoiced = key in self.payable
            if invoiced and abs(left) <= CENT:
                self.rounding[key] = -left
                left = ZERO
            self.accrual[key] = left
            self.expense[key] = value - settled.get(key, ZERO)

    def booked(self) -> dict:
        """(issuer, month) -> expense that the journals have booked by then, rounding of invoices apart."""
        return self.expense
