"""Document analysis in compliance: two units read documents, a platform team serves both (synthetic)."""

from making import bill

bill(
    "bill.csv",
    "2026-08-01",
    "2026-10-31",
    {
        "cost": lambda d: f"{60 + d.day + d.month:.2f}",
        "tags": {"team": "kyc", "workload": "kyc-documents", "business_unit": "Onboarding"},
    },
    {
        "cost": lambda d: f"{30 + 0.5 * d.day:.2f}",
        "tags": {"team": "aml", "workload": "aml-documents", "business_unit": "Monitoring"},
    },
    {
        "cost": lambda d: f"{15 + d.month:.2f}",
        "tags": {"team": "platform", "workload": "ocr", "business_unit": "Platform"},
    },
)
