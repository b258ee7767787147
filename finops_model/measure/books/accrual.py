"""The accrual of a period: what was used and is not invoiced, by issuer, currency and service month (docs/method §14.21–§14.25)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError, listing, nearest, several
from ...periods import Period, month_days, month_range
from .missing import Due, Estimated, Expected, Missing, due, estimate_missing
from .positions import FOREVER, Balance, Bill, Invoice, Positions, positions
from .prepaid import roll_forward
from .rows import Row, fall, rows_of, total
from .types import ZERO, Booked, Cell, Group, Key, in_cents

ACCRUED, RECEIVABLE, BELOW, SETTLED = "accrued", "receivable", "below the minimum", ""
TABLE = [
    "Entity",
    "InvoiceIssuerName",
    "Currency",
    "ServiceMonth",
    "Received",
    "Tax",
    "Estimate",
    "EstimateP10",
    "EstimateP90",
    "Recurring",
    "Credits",
    "WrittenOff",
    "Expense",
    "FromPrepaid",
    "WillBeInvoiced",
    "Invoiced",
    "Settled",
    "Rounding",
    "Accrual",
    "State",
    "BookedBefore",
    "Change",
    "MissingDays",
    "Rows",
    "Note",
]
FROM_INVOICE = "its invoice says what the missing days cost"


@dataclass(frozen=True)
class Accrual:
    """A period's books before they are journal lines, of one entity.

    period      of the close;  entity: its name, "" where the company names none
    table       TABLE: a row for each issuer, currency and service month that is of the period, open, or changed; money Decimal
    now         everything cumulative at the period's end;  booked: what the journals before have booked
    opening     what is taken over as settled, where this is the first close; {} else
    dues        recurring charges that are known and have not come
    minimum     accruals below it are listed and not booked
    notes       sentences for the summary
    """

    period: Period
    entity: str
    table: pd.DataFrame
    now: Positions
    booked: Booked
    opening: dict[Key, Decimal]
    dues: tuple[Due, ...]
    minimum: Decimal
    notes: tuple[str, ...]

    @property
    def last(self) -> str:
        """The period's last day, YYYY-MM-DD."""
        return str(self.period.end - 1)

    @property
    def before(self) -> Booked:
        """What was booked, with what this close takes over."""
        return replace(self.booked, opening=self.opening) if self.opening else self.booked

    @property
    def accrued(self) -> dict[Group, dict[Cell, Decimal]]:
        """The accruals that are booked: who bears them, by group."""
        return {
            group: line.by
            for group, line in self.now.groups.items()
            if line.accrual and abs(line.accrual) >= self.minimum
        }

    @property
    def prepaid(self) -> pd.DataFrame:
        """The roll-forward of what is prepaid (`prepaid.roll_forward`)."""
        keys = {*self.before.positions, *self.before.opening}
        before = {key: self.before.amount(key) for key in keys}
        return roll_forward(self.entity, self.now.amounts, before, self.now.ends)


def accrue(
    charges: pd.DataFrame,
    invoices: pd.DataFrame | None,
    period: Period,
    *,
    entity: str = "",
    booked: Booked | None = None,
    missing: Sequence[Missing] = (),
    forecast: Expected | None = None,
    usage: pd.DataFrame | None = None,
    minimum: Decimal | float = 0,
    recoverable: Decimal | float = 1,
    ends: Mapping[str, str] | None = None,
) -> Accrual:
    """The accrual of a period, cumulative to its last day, as known now.

    Parameters
    ----------
    charges : frame
        `facts.daily.charges.charges` of the entity, all days.
    invoices : frame, optional
        InvoiceIssuerName, BillingPeriod, BillingCurrency, Amount (Decimal); those that came.
    period : Period
        Calendar month, or a period of a calendar.
    entity : str, optional
        Its name; "" where the company names none.
    booked : Booked, optional
        Of the journals before (`journal.booked`). Without any this is the first close: earlier days are taken as settled.
    missing : sequence of Missing, optional
        `missing.missing_days` of the ledger.
    forecast : Expected, optional
        Paths by day of what has not come.
    usage : frame, optional
        `measure.usage.estimated.estimate`.
    minimum : Decimal or float, optional
        `accrual.minimum` of finops.yaml.
    recoverable : Decimal or float, optional
        `tax.recoverable` of finops.yaml.
    ends : mapping, optional
        Commitment to first day after its term (`prepaid.ends_of`), or after it was terminated.

    Returns
    -------
    Accrual
        Its table, everything cumulative, and what the first close takes over.

    Raises
    ------
    InputError
        A later period is booked already, an invoice is in a currency that its issuer never billed, or days are missing and
        nothing says what they cost.

    Source
    ------
    docs/method §14.21.

    Examples
    --------
    >>> from finops_model.facts.daily.charges import CHARGES
    >>> day = {"ChargeDate": "2026-10-05", "BillingPeriod": "2026-10", "InvoiceIssuerName": "Acme"}
    >>> day |= {"BillingCurrency": "USD", "ChargeCategory": "Usage", "Rows": 1}
    >>> day |= {"BilledCost": Decimal(40), "EffectiveCost": Decimal(40)}
    >>> bill = pd.DataFrame([{name: day.get(name, "") for name in CHARGES}])
    >>> first, after = np.datetime64("2026-10-01"), np.datetime64("2026-11-01")
    >>> october = Period("2026-10", "FY2026", "FY2026-Q4", 10, first, after)
    >>> accrue(bill, None, october).table[["ServiceMonth", "Accrual", "State"]].values.tolist()
    [['2026-10', Decimal('40.00'), 'accrued']]
    """
    booked = booked or Booked()
    start, last = str(period.start), str(period.end - 1)
    if booked.last[1] > start:
        raise InputError(
            f"{period.name}: the journal of {booked.last[0]} is booked already, and {period.name} lies before it. What changed of "
            f"{period.name} is booked in the period that is open."
        )
    share, least = _decimal(recoverable), _decimal(minimum)
    rows = rows_of(charges)
    came, notes = _invoices(invoices, rows)
    opening: dict[Key, Decimal] = {}
    if not booked.first:
        opening = _opening(rows, came, start, share, ends)
        if any(row.day < start for row in rows):
            notes.append(
                f"This is the first close: days before {start} are taken as settled, with their invoices booked and nothing accrued."
            )
    base = booked.opening or opening
    bills = _bills(came, base, booked.first or start, last)
    settled = {
        Group(key.issuer, key.currency, key.month): value
        for key, value in base.items()
        if key.kind == "settled"
    }
    known = due(rows, period, [bill for bill, one in bills.items() if one.until == FOREVER])
    dues = tuple(
        one for each in known.values() for one in each if one.month >= (booked.first or start)[:7]
    )
    estimates = estimate_missing(rows, missing, known=known, forecast=forecast, usage=usage)
    given: dict[str, Any] = {"recoverable": share, "settled": settled, "ends": ends, "dues": dues}
    estimates = _by_invoice(rows, last, bills, estimates, given)
    now = positions(rows, last, bills, estimates=estimates, **given)
    notes += [one.says for one in dues]
    notes += [
        f"{name[2]}: {value:,.2f} {name[1]} up front is billed and its invoice has not come; it is prepaid when it comes."
        for name, value in now.unbilled.items()
    ]
    made = Accrual(period, entity, pd.DataFrame(), now, booked, opening, dues, least, tuple(notes))
    table = _table(made, estimates, dues)
    below = table[table["State"] == BELOW]
    if len(below):
        made = replace(
            made,
            notes=(
                *made.notes,
                f"{several(len(below), 'accrual')} below accrual.minimum ({least:,.2f}) "
                f"{'is' if len(below) == 1 else 'are'} listed and not booked.",
            ),
        )
    return replace(made, table=table)


def _decimal(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def _invoices(
    invoices: pd.DataFrame | None, rows: Sequence[Row]
) -> tuple[dict[Bill, Decimal], list[str]]:
    """Invoices added up by issuer, currency and billing period, and notes on those of nobody who bills. Raises InputError for a
    currency that an issuer never billed."""
    found: dict[Bill, Decimal] = {}
    if invoices is None:
        return found, []
    strange: dict[str, int] = {}
    billed: dict[str, set[str]] = {}
    for row in rows:
        billed.setdefault(row.issuer, set()).add(row.currency)
    for issuer, month, currency, amount in zip(
        *(
            invoices[name]
            for name in ("InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount")
        ),
        strict=True,
    ):
        known = billed.get(issuer)
        if known is None:
            strange[issuer] = strange.get(issuer, 0) + 1
            continue
        if currency not in known:
            raise InputError(
                f"invoices: {issuer}, {month}: an invoice of {amount:,.2f} {currency}, and {issuer} has never billed {currency}; it bills "
                f"{listing(sorted(known))}. Correct BillingCurrency."
            )
        bill = (issuer, currency, month)
        found[bill] = found.get(bill, ZERO) + amount
    notes = []
    for issuer, count in sorted(strange.items()):
        guess = nearest(issuer, billed)
        hint = f" Did you mean '{guess}'?" if guess else ""
        notes.append(
            f"invoices: the ledger has no charge of {issuer}; {several(count, 'invoice')} of it "
            f"{'is' if count == 1 else 'are'} not booked.{hint}"
        )
    return found, notes


def _end(month: str) -> str:
    """The day after a month's last."""
    return str(month_days(month)[-1] + 1)


def _opening(rows, came, start: str, share: Decimal, ends) -> dict[Key, Decimal]:
    """What is there before the first close: every bill as invoiced up to the day before, and what remains as settled."""
    before = str(np.datetime64(start, "D") - 1)
    billed: dict[Bill, Decimal] = {}
    for row in rows:
        whole = _end(row.billing) <= start
        if row.billing <= before[:7] and (whole or row.day <= before):
            bill = (row.issuer, row.currency, row.billing)
            billed[bill] = billed.get(bill, ZERO) + row.billed
    bills = {
        bill: Invoice(came.get(bill, amount))
        if _end(bill[2]) <= start
        else Invoice(in_cents(amount, bill[1]), before)
        for bill, amount in billed.items()
    }
    given: dict[str, Any] = {"recoverable": share, "ends": ends}
    first = positions(rows, before, bills, **given)
    settled = {group: line.accrual for group, line in first.groups.items() if line.accrual}
    return positions(rows, before, bills, settled=settled, **given).amounts


def _bills(came, opening: Mapping[Key, Decimal], first: str, last: str) -> dict[Bill, Invoice]:
    """The invoices that are booked at `last`: those that came of months begun by then, and those taken over."""
    before = str(np.datetime64(first, "D") - 1)
    bills = {
        (key.issuer, key.currency, key.month): Invoice(
            value, FOREVER if _end(key.month) <= first else before
        )
        for key, value in opening.items()
        if key.kind == "payable"
    }
    return bills | {bill: Invoice(amount) for bill, amount in came.items() if bill[2] <= last[:7]}


def _by_invoice(rows, last, bills, estimates, given) -> dict[Group, Estimated]:
    """Estimates; of a month whose invoice came and holds what came by day, what the invoice has beyond it."""
    whole = [group for group in estimates if group in bills and bills[group].until == FOREVER]
    if not whole:
        return estimates
    without = positions(rows, last, bills, **given)
    estimates = dict(estimates)
    for group in whole:
        line = without.groups.get(group)
        if line is None or line.accrual > 0:
            continue  # less than came already: a part of the invoices
        old = estimates.pop(group)
        if more := -(line.accrual + line.rounding):
            cells = fall(more, old.cells, group.currency)
            estimates[group] = Estimated(cells, more, more, old.days, {FROM_INVOICE})
    return estimates


def _table(
    made: Accrual, estimates: Mapping[Group, Estimated], dues: Iterable[Due]
) -> pd.DataFrame:
    months = set(month_range(str(made.period.start)[:7], made.last[:7]))
    before = expense_booked(made.before)
    named: dict[Group, list[str]] = {}
    for one in dues:
        named.setdefault(one.group, []).append(f"{one.what} is taken as due")
    out = []
    for group, line in made.now.groups.items():
        change = _expense(made, group, line) - before.get(group, ZERO)
        if group.month not in months and not line.accrual and not change:
            continue
        estimate = estimates.get(group, Estimated())
        state = (
            BELOW
            if line.accrual and abs(line.accrual) < made.minimum
            else ACCRUED
            if line.accrual > 0
            else RECEIVABLE
            if line.accrual < 0
            else SETTLED
        )
        notes = [*sorted(estimate.notes), *named.get(group, [])]
        money = {
            **{f"{name[0].upper()}{name[1:]}": value for name, value in line.columns.items()},
            "EstimateP10": estimate.p10,
            "EstimateP90": estimate.p90,
            "WrittenOff": line.written_off,
            "Expense": line.expense + line.written_off,
            "FromPrepaid": line.prepaid,
            "WillBeInvoiced": line.expense - line.prepaid,
            "Invoiced": line.invoiced,
            "Settled": line.settled,
            "Rounding": line.rounding,
            "Accrual": line.accrual,
            "BookedBefore": before.get(group, ZERO),
            "Change": change,
        }
        out.append(
            {
                "Entity": made.entity,
                "InvoiceIssuerName": group.issuer,
                "Currency": group.currency,
                "ServiceMonth": group.month,
                **{name: in_cents(value, group.currency) for name, value in money.items()},
                "State": state,
                "MissingDays": estimate.days,
                "Rows": line.rows,
                "Note": "; ".join(notes),
            }
        )
    return pd.DataFrame(out, columns=TABLE)


def _expense(made: Accrual, group: Group, line: Balance) -> Decimal:
    """What of a group's expense is booked after this close: without what was settled before the first, or is below the minimum."""
    booked = line.expense + line.written_off - line.settled
    return booked if group in made.accrued or not line.accrual else booked - line.accrual


def expense_booked(booked: Booked) -> dict[Group, Decimal]:
    """Expense that is booked, by group, accruals that nobody has reversed yet with it."""
    out: dict[Group, Decimal] = {}
    for key in {*booked.positions, *booked.opening}:
        if key.kind in ("expense", "amortised", "written off", "rounding"):
            group = Group(key.issuer, key.currency, key.month)
            out[group] = out.get(group, ZERO) + booked.amount(key)
    for one in booked.accruals:
        out[one.group] = out.get(one.group, ZERO) + one.amount
    return {group: value for group, value in out.items() if value}


def expense(made: Accrual) -> Decimal:
    """All expense up to the period's end, as known now, in coins of one currency: what all journals together have booked by then."""
    return total(_expense(made, group, line) for group, line in made.now.groups.items())
