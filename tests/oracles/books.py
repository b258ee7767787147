"""Books as plain loops over charges, in fractions (docs/method §14.20–§14.28): no frame, no function of the product.

A charge is a dict: day, bill (YYYY-MM), issuer, category, frequency, commitment, billed, effective (text or Decimal). One currency of cents.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from fractions import Fraction

CENT = Fraction(1, 100)


def cents(amount: Fraction) -> int:
    """Whole cents, half up and away from zero."""
    whole, rest = divmod(abs(amount), CENT)
    return (int(whole) + (1 if rest * 2 >= CENT else 0)) * (-1 if amount < 0 else 1)


def shared(parts: dict, whole: int) -> dict:
    """Exact parts in cents that add up to `whole`: down, then one each to the largest remainders, of equal ones by name."""
    down = {name: value // CENT for name, value in parts.items()}
    left = whole - sum(down.values())
    order = sorted(parts, key=lambda name: (-(parts[name] - down[name] * CENT), name))
    return {name: int(down[name]) + (1 if name in order[:left] else 0) for name in parts}


def day_before(day: str) -> str:
    return str(dt.date.fromisoformat(day) - dt.timedelta(days=1))


def month_over(month: str) -> str:
    """First day after a month."""
    year, number = map(int, month.split("-"))
    last = dt.date(year, number, calendar.monthrange(year, number)[1])
    return str(last + dt.timedelta(days=1))


class Books:
    """What an entity's books should hold at the end of `last`, in cents.

    invoices    (issuer, bill) -> (amount, last day whose charges it holds)
    ends        commitment -> first day after its term
    settled     (issuer, month) -> cents that were taken over
    """

    def __init__(self, charges, invoices, last, *, recoverable="1", ends=(), settled=None):
        share = Fraction(str(recoverable))
        ends, settled = dict(ends), dict(settled or {})
        exact = defaultdict(Fraction)  # expense by issuer and month
        fees = defaultdict(lambda: defaultdict(Fraction))  # what a bill has up front
        tax, ahead = defaultdict(Fraction), defaultdict(Fraction)
        cost = defaultdict(lambda: defaultdict(Fraction))  # what a bill has of each month
        rest = {bill: Fraction(str(amount)) for bill, (amount, _) in invoices.items()}
        use = defaultdict(lambda: defaultdict(Fraction))
        bought_in = defaultdict(set)
        for one in charges:
            billed, effective = Fraction(str(one["billed"])), Fraction(str(one["effective"]))
            bill, month = (one["issuer"], one["bill"]), one["day"][:7]
            up_front = Fraction(0)
            if (
                one["commitment"]
                and one["frequency"] == "One-Time"
                and one["category"] != "Usage"
                and billed != effective
            ):
                up_front = billed - effective
                bought_in[one["issuer"], one["commitment"]].add(one["bill"])
            back = billed * share if one["category"] == "Tax" else Fraction(0)
            if one["day"] <= last:
                exact[one["issuer"], month] += (
                    billed - back if one["category"] == "Tax" else effective
                )
                if one["commitment"] and not up_front and one["category"] not in ("Tax", "Credit"):
                    use[one["issuer"], one["commitment"]][month] += effective - billed
            if bill in invoices and one["day"] <= invoices[bill][1]:
                rest[bill] -= billed
                fees[bill][one["commitment"]] += up_front
                tax[bill] += back
                if one["day"] <= last:
                    cost[bill][month] += billed - up_front - back
                else:
                    ahead[bill] += billed - up_front - back
        self.payable, self.tax, self.ahead = {}, defaultdict(int), defaultdict(int)
        self.bought, invoiced = defaultdict(int), defaultdict(int)
        for bill in invoices:
            parts = {("expense", month, ""): value for month, value in cost[bill].items()}
            own = ("expense", bill[1], "")
            parts[own] = parts.get(own, Fraction(0)) + rest[bill]
            parts |= {("bought", bill[1], name): value for name, value in fees[bill].items()}
            parts |= {("tax", bill[1], ""): tax[bill], ("ahead", bill[1], ""): ahead[bill]}
            parts = {name: value for name, value in parts.items() if value}
            self.payable[bill] = cents(Fraction(str(invoices[bill][0])))
            for (kind, month, name), value in shared(parts, self.payable[bill]).items():
                if kind == "expense":
                    invoiced[bill[0], month] += value
                elif kind == "bought":
                    self.bought[bill[0], name] += value
                else:
                    {"tax": self.tax, "ahead": self.ahead}[kind][bill] += value
        self.amortised, self.written_off = defaultdict(int), defaultdict(int)
        paid = defaultdict(int)
        for key in bought_in:
            gone, sofar, there = 0, Fraction(0), Fraction(0)
            for month in sorted(use[key]):
                sofar += use[key][month]
                until = min(max(cents(sofar), 0), max(self.bought[key], 0))
                self.amortised[key] += until - gone
                paid[key[0], month] += until - gone
                now = min(max(sofar, Fraction(0)), max(self.bought[key], 0) * CENT)
                exact[key[0], month] -= now - there  # rounded apart from the rest of its month
                gone, there = until, now
            end = ends.get(key[1], "")
            left = self.bought[key] - gone
            if left and end and day_before(end) <= last:
                month = day_before(end)[:7]
                used = [one for one in sorted(use[key]) if one <= month]
                begin = min([*bought_in[key], *use[key]])
                term = (int(month[:4]) - int(begin[:4])) * 12 + int(month[5:]) - int(begin[5:]) + 1
                if used and abs(left) <= max(term, 1):
                    self.amortised[key] += left
                    paid[key[0], used[-1]] += left
                else:
                    self.written_off[key] += left
                    paid[key[0], month] += left
        self.expense = {key: cents(exact[key]) + paid[key] for key in {*exact, *paid}}
        self.accrual, self.rounding = {}, {}
        for key in {*self.expense, *invoiced, *paid, *settled}:
            left = self.expense.get(key, 0) - paid[key] - invoiced[key] - settled.get(key, 0)
            whole = key in invoices and invoices[key][1] >= month_over(key[1])
            if whole and abs(left) <= 1:
                self.rounding[key], left = left, 0
            self.accrual[key] = left
        self.accrual = {key: value for key, value in self.accrual.items() if value}

    def prepaid(self) -> dict:
        """Closing by commitment."""
        keys = {*self.bought, *self.amortised, *self.written_off}
        left = {key: self.bought[key] - self.amortised[key] - self.written_off[key] for key in keys}
        return {key: value for key, value in left.items() if value}


def opening(charges, came, first, **how) -> tuple[Books, dict, dict]:
    """The books before the first close: (books, invoices taken over, what is settled)."""
    before, billed = day_before(first), defaultdict(Fraction)
    for one in charges:
        if month_over(one["bill"]) <= first or (one["bill"] <= before[:7] and one["day"] <= before):
            billed[one["issuer"], one["bill"]] += Fraction(str(one["billed"]))
    taken = {}
    for bill, amount in billed.items():
        if month_over(bill[1]) <= first:
            taken[bill] = (came.get(bill, amount), "9999-12-31")
        else:
            taken[bill] = (cents(amount) * CENT, before)
    first_books = Books(charges, taken, before, **how)
    return first_books, taken, first_books.accrual


def invoices_at(came, taken, last) -> dict:
    """Those that are booked at `last`: what was taken over, and what came of months that have begun."""
    booked = {
        bill: (cents(Fraction(str(amount))) * CENT, until)
        for bill, (amount, until) in taken.items()
    }
    booked |= {bill: (amount, "9999-12-31") for bill, amount in came.items() if bill[1] <= last[:7]}
    return booked


def balances(journal_rows, column="Debit") -> dict:
    """{account: debit − credit in cents} over rows of journals; `column` BaseDebit: in the company's currency."""
    out = defaultdict(int)
    other = column.replace("Debit", "Credit")
    for row in journal_rows:
        out[row["Account"]] += int((row[column] - row[other]) * 100)
    return {account: value for account, value in out.items() if value}
