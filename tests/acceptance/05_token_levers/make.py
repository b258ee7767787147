"""Half a year of a chat on a large model: plain and cached input, output, every day alike; prices by the million."""

from making import bill

PRICE = {"input": 2.0, "cached_input": 0.5, "output": 8.0}  # of the large model
USE = {"input": 80e6, "cached_input": 20e6, "output": 10e6}  # tokens a day

bill(
    "bill.csv",
    "2026-05-01",
    "2026-10-31",
    *(
        {
            "cost": f"{USE[meter] * PRICE[meter] / 1e6:.2f}",
            "use": f"{USE[meter]:.0f}",
            "unit": "Tokens",
            "sku": f"large:{meter}_tokens",
            "meter": f"{meter}_tokens",
            "service": "Aurora API",
            "issuer": "Aurora AI",
            "model": "large",
            "tags": {"team": "cx", "workload": "chat", "business_unit": "Support"},
        }
        for meter in USE
    ),
)
