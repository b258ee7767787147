"""A bill of Azure for tests: one month, actual and amortised, in the headings of an enterprise and of a customer agreement."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

RESERVED = "/providers/microsoft.capacity/reservationOrders/o-1/reservations/r-1"
PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/o-2/savingsPlans/sp-1"
BASE = {
    "BillingAccountId": "900001",
    "BillingAccountName": "Example Ltd",
    "BillingPeriodStartDate": "07/01/2026",
    "BillingPeriodEndDate": "07/31/2026",
    "BillingProfileId": "900001",
    "SubscriptionId": "sub-1",
    "SubscriptionName": "Search",
    "ResourceGroup": "rg",
    "ResourceLocation": "westeurope",
    "Date": "07/13/2026",
    "ProductName": "Virtual Machines NC - NC24 - EU West",
    "MeterCategory": "Virtual Machines",
    "MeterSubCategory": "NC",
    "MeterId": "m-1",
    "MeterName": "NC24",
    "UnitOfMeasure": "1 Hour",
    "Quantity": "10",
    "EffectivePrice": "3.5",
    "CostInBillingCurrency": "35.00",
    "CostCenter": "CC1",
    "ConsumedService": "Microsoft.Compute",
    "ResourceId": "/subscriptions/sub-1/vm-1",
    "Tags": '"team": "search","env": "prod"',
    "AdditionalInfo": "{}",
    "ReservationId": "",
    "ReservationName": "",
    "UnitPrice": "3.5",
    "Term": "",
    "PublisherType": "Azure",
    "PublisherName": "Microsoft",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "PricingModel": "OnDemand",
    "BillingCurrencyCode": "EUR",
    "PayGPrice": "3.6",
    "benefitId": "",
    "benefitName": "",
}
CUSTOMER = {  # headings of a customer agreement where they are not those above in camelCase
    "BillingCurrencyCode": "billingCurrency",
    "ResourceGroup": "resourceGroupName",
    "MeterId": "meterId",
    "PayGPrice": "PayGPrice",
    "SubscriptionId": "SubscriptionId",
    "ProductName": "ProductName",
    "ResourceId": "ResourceId",
}
ACTUAL = Decimal("809.55125")  # 35 + 4.25 + 1.30125 + 9.99 + 0.01 + 29, and 730 - 100 + 100 bought
SHARED = Decimal("79.55125")  # what is the same in both
AMORTISED = Decimal("119.55125")  # and 20 + 12.50 used, 5 + 2.50 unused


def line(**more) -> dict:
    return BASE | more


def bill(amortised: bool = False) -> list[dict]:
    """The lines of a month; covered usage costs nothing in the actual view."""
    reserved = {"PricingModel": "Reservation", "ReservationId": RESERVED, "ReservationName": "NC"}
    planned = {"PricingModel": "SavingsPlan", "benefitId": PLAN, "benefitName": "Plan"}
    bought = {"Tags": "", "CostCenter": "", "ResourceId": "", "MeterId": "", "MeterName": ""}
    spread = (lambda cost: cost) if amortised else (lambda cost: "0")
    lines = [
        line(),
        line(Date="07/14/2026", CostInBillingCurrency=spread("20.00"), **reserved),
        line(Date="07/15/2026", CostInBillingCurrency=spread("12.50"), **planned),
        line(Date="07/16/2026", CostInBillingCurrency="4.25", PricingModel="Spot"),
        line(
            Date="07/17/2026",
            ProductName="Azure OpenAI - gpt-4o-0806-Inp-glbl",
            MeterCategory="Foundry Models",
            MeterSubCategory="Azure OpenAI",
            MeterId="m-2",
            MeterName="gpt-4o-0806-Inp-glbl Tokens",
            UnitOfMeasure="1K",
            Quantity="520.5",
            CostInBillingCurrency="1.30125",
            Tags='{"team": "ads"}',
        ),
        line(
            Date="07/18/2026",
            PublisherType="Marketplace",
            PublisherName="Vectors GmbH",
            MeterCategory="Unassigned",
            MeterSubCategory="",
            MeterId="",
            MeterName="",
            ProductName="Vectors - Pro",
            ConsumedService="",
            CostInBillingCurrency="9.99",
        ),
    ]
    if amortised:
        unused = {"ResourceId": "", "Tags": ""}
        lines += [
            line(ChargeType="UnusedReservation", CostInBillingCurrency="5.00", **reserved | unused),
            line(ChargeType="UnusedSavingsPlan", CostInBillingCurrency="2.50", **planned | unused),
        ]
    else:
        once = bought | {"Frequency": "OneTime", "ProductName": "Reserved VM Instance, NC24"}
        lines += [
            line(ChargeType="Purchase", CostInBillingCurrency="730.00", **reserved | once),
            line(ChargeType="Refund", CostInBillingCurrency="-100.00", **reserved | once),
            line(
                ChargeType="Purchase",
                CostInBillingCurrency="100.00",
                **planned | bought | {"Frequency": "Recurring", "ProductName": "Savings plan"},
            ),
        ]
    return [
        *lines,
        line(ChargeType="RoundingAdjustment", CostInBillingCurrency="0.01", Quantity="0"),
        line(
            ChargeType="Purchase",
            CostInBillingCurrency="29.00",
            Frequency="Recurring",
            ProductName="Support plan",
            **{**bought, "MeterName": "Support", "ResourceLocation": ""},
        ),
    ]


def customer(lines: list[dict]) -> list[dict]:
    """The same lines in the headings of a customer agreement."""
    own = {
        "billingProfileId": "profile-1",
        "billingProfileName": "Profile",
        "invoiceId": "G1",
        "pricingCurrency": "USD",
        "servicePeriodStartDate": "07/01/2026",
        "paygCostInBillingCurrency": "40.00",
    }
    names = {name: CUSTOMER.get(name, name[0].lower() + name[1:]) for name in BASE}
    return [{**{names[name]: cell for name, cell in row.items()}, **own} for row in lines]


def lower(lines: list[dict]) -> list[dict]:
    return [{name.lower(): cell for name, cell in row.items()} for row in lines]


def pay_as_you_go(lines: list[dict]) -> list[dict]:
    """The same lines in the headings of pay-as-you-go: Cost, Currency, no billing account."""
    gone = ("BillingAccountId", "BillingAccountName", "BillingProfileId")
    names = {"CostInBillingCurrency": "Cost", "BillingCurrencyCode": "Currency"}
    return [
        {names.get(name, name): cell for name, cell in row.items() if name not in gone}
        for row in lines
    ]


HEADINGS = {"enterprise": list, "customer": customer, "lower": lower, "payg": pay_as_you_go}


def written(lines: list[dict], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return path
