"""A year of closes of the second sample company: which bills and invoices are there at each of them (tests/test_year_of_closes.py)."""

from __future__ import annotations

import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
STARTUP = ROOT / "data" / "startup"
INC, GMBH = "Thistledown Inc.", "Thistledown GmbH"
CURRENCY = {INC: "USD", GMBH: "EUR"}
FIRST = "2025-10"  # bills begin
KEPT = {
    "research",
    "people",
    None,
}  # teams whose rows are kept, and others' where Ottermere AI did not bill them
MONTHS = [
    str(month)
    for month in (*(f"2025-{n:02}" for n in (11, 12)), *(f"2026-{n:02}" for n in range(1, 11)))
]
CENT = Decimal("0.01")
UP_FRONT, TERM = (
    Decimal("1200.01"),
    ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07"),
)
ACCOUNTS = {
    "expense": {"default": "6810 Cloud and AI services"},
    "accrued_liability": "2150 Accrued liabilities",
    "receivable": "1290 Receivables from suppliers",
    "payable": "2010 Trade payables",
    "prepaid": "1310 Prepaid expenses",
    "recoverable_tax": "1410 Input tax",
    "other_tax": "6890 Tax not recovered",
    "intercompany_receivable": "1510 Intercompany receivables",
    "intercompany_payable": "2510 Intercompany payables",
    "fx": "7710 Exchange differences",
    "rounding": "6990 Rounding",
}


def team(row: dict) -> str | None:
    return json.loads(row["Tags"]).get("team") if row["Tags"] else None


def kept(row: dict) -> bool:
    """A tenth of the rows: enough of everything, and quick."""
    return team(row) in KEPT or row["InvoiceIssuerName"] != "Ottermere AI"


def entity(row: dict) -> str:
    return INC if row["BillingCurrency"] == "USD" else GMBH


def month_of(row: dict) -> str:
    return str(row["BillingPeriodStart"])[:7]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def after(month: str) -> str:
    return f"{int(month[:4]) + (month[5:] == '12')}-{int(month[5:]) % 12 + 1:02}"


class Story:
    """Rows of all bills, and what is known of them at the close of a month."""

    def __init__(self):
        tables = [pq.read_table(path) for path in sorted((STARTUP / "focus").glob("*.parquet"))]
        table = pa.concat_tables(tables)
        self.schema = table.schema
        for name in ("CommitmentDiscountId", "CommitmentDiscountStatus", "CommitmentDiscountType"):
            self.schema = self.schema.append(pa.field(name, pa.string()))
        rows = [row for row in table.to_pylist() if month_of(row) >= FIRST and kept(row)]
        extra = dict.fromkeys(
            ("CommitmentDiscountId", "CommitmentDiscountStatus", "CommitmentDiscountType")
        )
        self.rows = [{**row, **extra} for row in rows]
        self.rows += self._up_front() + [self._credit()]

    def _like(self, issuer: str, month: str) -> dict:
        return next(
            row
            for row in self.rows
            if row["InvoiceIssuerName"] == issuer and month_of(row) == month
        )

    def _up_front(self) -> list[dict]:
        """Capacity of Fennimore Ireland for six months, paid up front in February."""
        held = {
            "CommitmentDiscountId": "fen-reserved-1",
            "CommitmentDiscountType": "Reservation",
            "ConsumedQuantity": None,
            "ConsumedUnit": None,
        }
        out = []
        for i, month in enumerate(TERM):
            like = {**self._like("Fennimore Ireland", month), **held}
            begins, ends = utc(f"{month}-01"), utc(f"{after(month)}-01")
            part = (UP_FRONT / 6).quantize(Decimal("0.00000001"))
            part = UP_FRONT - 5 * part if i == 5 else part
            used = {
                **like,
                "ChargePeriodStart": begins,
                "ChargePeriodEnd": ends,
                "CommitmentDiscountStatus": "Used",
            }
            used |= {"PricingCategory": "Committed", "ChargeDescription": "reserved capacity"}
            used |= {
                "BilledCost": Decimal(0),
                "EffectiveCost": part,
                "ListCost": part,
                "ContractedCost": part,
            }
            out.append(used)
            if not i:
                fee = {**like, "ChargeCategory": "Purchase", "ChargeFrequency": "One-Time"}
                fee |= {
                    "ChargePeriodStart": begins,
                    "ChargePeriodEnd": ends,
                    "ChargeDescription": "reserved capacity, up front",
                }
                fee |= {
                    "BilledCost": UP_FRONT,
                    "EffectiveCost": Decimal(0),
                    "ListCost": UP_FRONT,
                    "ContractedCost": UP_FRONT,
                }
                out.append(fee)
        return out

    def _credit(self) -> dict:
        """A credit note of Ottermere AI to the Inc. in June."""
        like = next(
            row
            for row in self.rows
            if row["InvoiceIssuerName"] == "Ottermere AI"
            and month_of(row) == "2026-06"
            and entity(row) == INC
        )
        money = {
            name: Decimal("-500.00")
            for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
        }
        return {
            **like,
            **money,
            "ChargeCategory": "Credit",
            "ChargeFrequency": "One-Time",
            "ConsumedQuantity": None,
            "ConsumedUnit": None,
        }

    def known(self, at: str) -> list[dict]:
        """The rows that are there when a month is closed."""
        out = []
        for row in self.rows:
            if month_of(row) > at:
                continue
            issuer, month, of = row["InvoiceIssuerName"], month_of(row), entity(row)
            if (issuer, month) == ("Pondhost", "2025-12") and at >= "2026-01":
                row = self._first_more(row, Decimal("2.50"))  # delivered again, with its invoice
            if (issuer, month, of) == ("Ottermere AI", "2026-01", GMBH) and at >= "2026-03":
                row = self._first_more(row, Decimal("-12.34"))  # a closed month that ended final
            if (issuer, of, at) == ("Ottermere AI", INC, "2026-05") and row[
                "ChargePeriodStart"
            ] >= utc("2026-05-29"):
                continue  # three days are not billed yet
            if (issuer, of, at, month) == ("Wrenly", INC, "2026-09", "2026-09"):
                continue  # seats that come every month, late this once
            out.append(row)
        return out

    def _first_more(self, row: dict, more: Decimal) -> dict:
        """The first row of its issuer, account and month with so much more; the others as they are."""
        key = (row["InvoiceIssuerName"], row["BillingAccountId"], month_of(row))
        first = next(
            one
            for one in self.rows
            if (one["InvoiceIssuerName"], one["BillingAccountId"], month_of(one)) == key
        )
        if row is not first:
            return row
        return {
            **row,
            **{
                name: row[name] + more
                for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
            },
        }

    def invoices(self, at: str, rows: list[dict]) -> dict[str, dict[tuple[str, str], Decimal]]:
        """entity -> (issuer, billing period) -> amount: what the bills come to, less those that have not come."""
        found: dict[str, dict[tuple[str, str], Decimal]] = {INC: {}, GMBH: {}}
        for row in rows:
            key = (row["InvoiceIssuerName"], month_of(row))
            own = found[entity(row)]
            own[key] = own.get(key, Decimal(0)) + row["BilledCost"]
        late = {"2025-12": [("Pondhost", "2025-12")], "2026-05": [("Ottermere AI", "2026-05")]}
        for key in late.get(at, []):
            found[INC].pop(key, None)
        return found


class Workspace:
    """A folder as finance keeps it."""

    def __init__(self, folder: Path, story: Story, more: str = ""):
        self.folder, self.story = folder, story
        (folder / "bills").mkdir(parents=True)
        (folder / "accounts.yaml").write_text(json.dumps(ACCOUNTS))
        (folder / "organisation.csv").write_text(
            "team,business_unit,legal_entity\nplatform,Engineering,\nresearch,Engineering,Thistledown Inc.\n"
            "people,People,\nsales,Sales,\n"
        )
        accounts = {
            of: sorted({row["BillingAccountId"] for row in story.rows if entity(row) == of})
            for of in (INC, GMBH)
        }
        lines = [
            "company: Thistledown",
            "currency: USD",
            'bills: ["bills/*.parquet"]',
            "organisation: organisation.csv",
            "accounts: accounts.yaml",
            "rates: {table: ecb}",
            "chargeback: {mode: chargeback}",
            more,
            "entities:",
            *(
                f"  - {{name: {of}, currency: {CURRENCY[of]}, billing_accounts: {json.dumps(accounts[of])}, "
                f"invoices: invoices_{CURRENCY[of]}.csv}}"
                for of in (INC, GMBH)
            ),
        ]
        (folder / "finops.yaml").write_text("\n".join(filter(None, lines)) + "\n")

    def deliver(self, at: str) -> tuple[list[dict], dict]:
        """Put the bills and invoices of a close in place; the rows and invoices that it knows."""
        rows = self.story.known(at)
        for month in sorted({month_of(row) for row in rows}):
            mine = [row for row in rows if month_of(row) == month]
            table = pa.Table.from_pylist(mine, schema=self.story.schema)
            place = self.folder / "bills" / f"{month}.parquet"
            if not place.exists() or not pq.read_table(place).equals(table):
                pq.write_table(table, place)
        invoices = self.story.invoices(at, rows)
        for of, own in invoices.items():
            with open(self.folder / f"invoices_{CURRENCY[of]}.csv", "w", newline="") as file:
                out = csv.writer(file)
                out.writerow(["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"])
                out.writerows(
                    [issuer, bill, CURRENCY[of], f"{amount:f}"]
                    for (issuer, bill), amount in sorted(own.items())
                )
        return rows, invoices
