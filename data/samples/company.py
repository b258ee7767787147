"""Meridian Labs (synthetic sample): who works on what, on which resources, at which prices. Nothing here is real.

Money targets are EffectiveCost-like US dollars of October 2026 at list; levels of earlier months follow from growth.
"""

from __future__ import annotations

from dataclasses import dataclass

SEED = 20240601
FIRST, LAST, LATENT = (
    "2024-06-01",
    "2026-11-15",
    "2026-12-31",
)  # LATENT: budgets have a truth to miss
ANCHOR = "2026-10-15"  # the day levels are stated for

ORGANISATION = {
    "support-ai": "Customer Support",
    "contact-center": "Customer Support",
    "search": "Search & Discovery",
    "recommendations": "Search & Discovery",
    "fraud": "Risk & Compliance",
    "compliance": "Risk & Compliance",
    "ml-platform": "Research Platform",
    "applied-research": "Research Platform",
}

# workload -> (team, environment)
WORKLOADS = {
    "support-chat": ("support-ai", "production"),
    "support-summaries": ("support-ai", "production"),
    "agent-assist": ("contact-center", "production"),
    "voice-transcription": ("contact-center", "production"),
    "semantic-search-rag": ("search", "production"),
    "query-embedding": ("search", "production"),
    "reco-inference": ("recommendations", "production"),
    "reco-training": ("recommendations", "rnd"),
    "feature-store": ("recommendations", "production"),
    "fraud-scoring": ("fraud", "production"),
    "fraud-retraining": ("fraud", "rnd"),
    "document-analysis": ("compliance", "production"),
    "kyc-extraction": ("compliance", "production"),
    "foundation-finetuning": ("applied-research", "rnd"),
    "pretraining-experiments": ("applied-research", "rnd"),
    "hyperparameter-sweeps": ("applied-research", "rnd"),
    "notebooks-experimentation": ("ml-platform", "rnd"),
    "evaluation-harness": ("ml-platform", "rnd"),
    "data-lake": ("ml-platform", "production"),
    "developer-assistants": ("ml-platform", "production"),
}

PROVIDERS = {  # provider -> (billing account id, name, region)
    "Hyperion Cloud": ("hyp-4410-meridian", "Meridian Labs on Hyperion", "hyp-east-1"),
    "Aurora AI": ("aur-org-77120", "Meridian Labs on Aurora", None),
    "Borealis": ("bor-acct-3108", "Meridian Labs on Borealis", None),
    "Cinder": ("cin-ws-902", "Meridian Labs on Cinder", None),
}

SERVICES = {  # service -> (provider, FOCUS ServiceCategory, FOCUS ServiceSubcategory)
    "GPU Compute": ("Hyperion Cloud", "Compute", "Virtual Machines"),
    "Object Storage": ("Hyperion Cloud", "Storage", "Object Storage"),
    "Network": ("Hyperion Cloud", "Networking", "Data Transfer"),
    "Aurora API": ("Aurora AI", "AI and Machine Learning", "Generative AI"),
    "Aurora Seats": ("Aurora AI", "AI and Machine Learning", "Generative AI"),
    "Borealis API": ("Borealis", "AI and Machine Learning", "Generative AI"),
    "Cinder API": ("Cinder", "AI and Machine Learning", "Natural Language Processing"),
}

# model -> (service, {first day: (input, cached input, cache write, output)}), US dollars per 1,000,000 tokens.
# Batch is half price on input and output. None: the vendor has no such meter.
MODELS = {
    "aurora-large-1": ("Aurora API", {"2024-01-01": ("3.00", "0.75", "3.75", "15.00")}),
    "aurora-large-2": (
        "Aurora API",
        {
            "2025-08-01": ("2.50", "0.25", "3.125", "12.50"),
            "2026-03-01": ("2.00", "0.20", "2.50", "10.00"),
        },
    ),
    "aurora-small-1": ("Aurora API", {"2024-01-01": ("0.40", "0.04", "0.50", "1.60")}),
    "borealis-pro": ("Borealis API", {"2024-01-01": ("2.00", "0.50", "2.50", "8.00")}),
    "borealis-mini": ("Borealis API", {"2024-01-01": ("0.25", "0.05", "0.3125", "1.25")}),
    "cinder-embed-1": (
        "Cinder API",
        {"2024-01-01": ("0.10", None, None, None), "2026-06-01": ("0.125", None, None, None)},
    ),
}
METERS = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
    "batch_input_tokens",
    "batch_output_tokens",
)

# sku -> (service, unit, meter text, {first day: price}); spot prices are added by prices.py, month by month
SKUS = {
    "HYP-H100-OD": (
        "GPU Compute",
        "GPU-hours",
        "H100 on-demand",
        {"2024-01-01": "6.98", "2025-07-01": "3.93"},
    ),
    "HYP-A100-OD": ("GPU Compute", "GPU-hours", "A100 on-demand", {"2024-01-01": "2.75"}),
    "HYP-L4-OD": ("GPU Compute", "GPU-hours", "L4 on-demand", {"2024-01-01": "0.80"}),
    "HYP-H100-SPOT": ("GPU Compute", "GPU-hours", "H100 spot", {}),
    "HYP-A100-SPOT": ("GPU Compute", "GPU-hours", "A100 spot", {}),
    "HYP-H100-COMMIT-1Y": (
        "GPU Compute",
        "GPU-hours",
        "H100 commitment, one year",
        {"2026-01-01": "2.5545"},
    ),
    "HYP-STORE-HOT": ("Object Storage", "GB-months", "hot storage", {"2024-01-01": "0.023"}),
    "HYP-STORE-COOL": ("Object Storage", "GB-months", "cool storage", {"2024-01-01": "0.01"}),
    "HYP-STORE-ARCHIVE": (
        "Object Storage",
        "GB-months",
        "archive storage",
        {"2024-01-01": "0.002"},
    ),
    "HYP-EGRESS-INTERNET": ("Network", "GB", "egress to the internet", {}),
    "HYP-EGRESS-XREGION": ("Network", "GB", "egress across regions", {"2024-01-01": "0.02"}),
    "AURORA-SEAT": ("Aurora Seats", "Seats", "assistant seat, monthly", {"2024-01-01": "39.00"}),
}
SPOT = {
    "HYP-H100-SPOT": ("HYP-H100-OD", 0.44),
    "HYP-A100-SPOT": ("HYP-A100-OD", 0.40),
}  # share of on-demand
EGRESS = {"starts": (0, 10240, 51200), "prices": ("0.09", "0.085", "0.07")}  # GB of a month, pooled
STORAGE_DISCOUNT = "0.94"  # negotiated: contracted unit price of storage ÷ list unit price

COMMITMENT = {
    "id": "hyperion-h100-1y-2026",
    "sku": "HYP-H100-OD",
    "purchase_sku": "HYP-H100-COMMIT-1Y",
    "gpus": 40,
    "rate": "2.5545",
    "start": "2026-01-01",
    "end": "2027-01-01",
    "discount": "0.35",
}


@dataclass(frozen=True)
class Driver:
    """A business driver: level a day at ANCHOR, growth of the log a month, shapes, noise."""

    level: float
    growth: float
    weekend: float  # Saturday/Sunday level ÷ weekday level
    yearly: str
    sigma: float  # sd of the daily log noise
    phi: float  # its autocorrelation at one day
    unit: str


DRIVERS = {
    "conversations": Driver(42_000, 0.036, 0.66, "retail", 0.10, 0.65, "conversations"),
    "searches": Driver(5_200_000, 0.030, 0.90, "retail", 0.07, 0.65, "searches"),
    "transactions_scored": Driver(9_800_000, 0.018, 0.95, "retail", 0.05, 0.80, "transactions"),
    "documents_processed": Driver(61_000, 0.034, 0.30, "quarter", 0.12, 0.55, "documents"),
}


@dataclass(frozen=True)
class Route:
    """Tokens of a workload on one model. Share of requests, tokens per request, how they are bought."""

    model: str
    share: float
    context: float  # input tokens per request, cached and uncached
    output: float
    cached: float = 0.0  # share of the context read from cache
    written: float = 0.0  # share of the context written to cache
    batch: bool = False
    when: str = "always"  # always | before-migration | after-migration


@dataclass(frozen=True)
class Tokens:
    """A token workload: dollars a month at ANCHOR, driver, routes."""

    money: float
    driver: str | None
    routes: tuple[Route, ...]
    growth: float = 0.0  # of requests a month beyond the driver
    context_growth: float = 0.004
    sigma: float = 0.05
    phi: float = 0.6
    launch: str | None = None


TOKENS = {
    "support-chat": Tokens(
        168_000,
        "conversations",
        (
            Route("aurora-large-1", 0.7, 5200, 380, 0.45, 0.06, when="before-migration"),
            Route("aurora-large-2", 0.7, 5200, 410, 0.52, 0.06, when="after-migration"),
            Route("aurora-small-1", 0.3, 2600, 210),
        ),
    ),
    "support-summaries": Tokens(
        24_000, "conversations", (Route("aurora-small-1", 1.0, 3800, 420, batch=True),)
    ),
    "agent-assist": Tokens(
        82_000,
        "conversations",
        (
            Route("aurora-large-2", 0.65, 4400, 260, 0.55, 0.05),
            Route("borealis-pro", 0.35, 3900, 240),
        ),
        launch="2025-09-08",
    ),
    "semantic-search-rag": Tokens(
        88_000,
        "searches",
        (
            Route("borealis-pro", 0.25, 3600, 180, 0.3, 0.04),
            Route("borealis-mini", 0.75, 2900, 150),
        ),
    ),
    "query-embedding": Tokens(
        20_000,
        "searches",
        (Route("cinder-embed-1", 0.6, 420, 0), Route("cinder-embed-1", 0.4, 610, 0, batch=True)),
    ),
    "document-analysis": Tokens(
        62_000,
        "documents_processed",
        (Route("borealis-pro", 0.55, 11_800, 950), Route("borealis-mini", 0.45, 9_400, 700)),
    ),
    "kyc-extraction": Tokens(
        21_000,
        "documents_processed",
        (
            Route("aurora-small-1", 0.7, 7_200, 380),
            Route("borealis-mini", 0.3, 6_900, 360, batch=True),
        ),
    ),
    "evaluation-harness": Tokens(
        15_000,
        None,
        (
            Route("aurora-small-1", 0.35, 2_400, 420, batch=True),
            Route("borealis-pro", 0.65, 2_400, 420, batch=True),
        ),
        growth=0.03,
        sigma=0.55,
        phi=0.45,
    ),
}


@dataclass(frozen=True)
class Gpus:
    """GPU-hours of one workload on one SKU: average GPUs at ANCHOR, growth, shapes, noise."""

    workload: str
    sku: str
    gpus: float
    growth: float
    weekend: float
    sigma: float
    phi: float
    shape: str  # office | night | flat | daytime: the hour-of-week shape
    driver: str | None = None
    bursts: tuple[float, float, float] | None = None  # campaigns a month, median days, median GPUs
    resource: str = ""


GPUS = (
    Gpus("voice-transcription", "HYP-L4-OD", 52, 0.026, 0.70, 0.06, 0.6, "daytime"),
    Gpus("semantic-search-rag", "HYP-L4-OD", 20, 0.02, 0.95, 0.04, 0.8, "daytime", "searches"),
    Gpus("reco-inference", "HYP-A100-OD", 21, 0.006, 0.97, 0.05, 0.85, "daytime", "searches"),
    Gpus("reco-inference", "HYP-H100-OD", 13, 0.01, 0.97, 0.05, 0.85, "daytime", "searches"),
    Gpus("reco-training", "HYP-H100-OD", 10, 0.038, 0.92, 0.28, 0.55, "night"),
    Gpus("fraud-scoring", "HYP-L4-OD", 66, 0.0, 1.0, 0.04, 0.85, "flat", "transactions_scored"),
    Gpus(
        "fraud-scoring",
        "HYP-A100-OD",
        7,
        0.0,
        1.0,
        0.0,
        0.0,
        "flat",
        resource="fraud-scoring-standby",
    ),
    Gpus("fraud-retraining", "HYP-A100-SPOT", 15, 0.02, 0.8, 0.35, 0.5, "night"),
    Gpus("foundation-finetuning", "HYP-H100-OD", 19, 0.055, 0.85, 0.30, 0.65, "office"),
    Gpus(
        "pretraining-experiments",
        "HYP-H100-OD",
        5,
        0.05,
        0.95,
        0.30,
        0.6,
        "flat",
        bursts=(0.9, 7.0, 26.0),
    ),
    Gpus("pretraining-experiments", "HYP-H100-SPOT", 22, 0.05, 0.95, 0.38, 0.6, "flat"),
    Gpus("hyperparameter-sweeps", "HYP-H100-SPOT", 11, 0.045, 0.9, 0.45, 0.55, "night"),
    Gpus("hyperparameter-sweeps", "HYP-A100-SPOT", 9, 0.02, 0.9, 0.45, 0.5, "night"),
    Gpus("notebooks-experimentation", "HYP-A100-OD", 8, 0.025, 0.45, 0.22, 0.5, "office"),
    Gpus("notebooks-experimentation", "HYP-L4-OD", 12, 0.025, 0.45, 0.20, 0.5, "office"),
    Gpus(
        "(untagged)",
        "HYP-A100-OD",
        8.5,
        0.028,
        0.6,
        0.25,
        0.5,
        "office",
        resource="adhoc-workbench",
    ),
    Gpus("(untagged)", "HYP-H100-SPOT", 7.5, 0.04, 0.8, 0.40, 0.5, "flat", resource="adhoc-jobs"),
)

# workload, sku, stock in GB at ANCHOR, growth a month, share deleted a month
STORAGE = (
    ("data-lake", "HYP-STORE-HOT", 560_000, 0.020),
    ("data-lake", "HYP-STORE-COOL", 980_000, 0.032),
    ("data-lake", "HYP-STORE-ARCHIVE", 2_700_000, 0.045),
    ("feature-store", "HYP-STORE-HOT", 300_000, 0.028),
    ("document-analysis", "HYP-STORE-COOL", 210_000, 0.030),
    ("pretraining-experiments", "HYP-STORE-COOL", 330_000, 0.035),
)
# workload, sku, GB a month at ANCHOR, growth, weekend level, sigma
TRANSFER = (
    ("data-lake", "HYP-EGRESS-INTERNET", 34_000, 0.02, 0.6, 0.30),
    ("voice-transcription", "HYP-EGRESS-INTERNET", 21_000, 0.026, 0.7, 0.12),
    ("semantic-search-rag", "HYP-EGRESS-INTERNET", 9_500, 0.026, 0.9, 0.10),
    ("feature-store", "HYP-EGRESS-XREGION", 230_000, 0.03, 0.95, 0.15),
    ("pretraining-experiments", "HYP-EGRESS-XREGION", 190_000, 0.035, 0.95, 0.55),
)
SEATS = {"first": 120, "last": 430}  # seats in the first month and in November 2026

EVENTS = {
    "launch": {
        "workload": "agent-assist",
        "start": "2025-09-08",
        "middle_days": 75,
        "width_days": 18,
    },
    "migration": {
        "workload": "support-chat",
        "from": "aurora-large-1",
        "to": "aurora-large-2",
        "start": "2025-11-01",
        "end": "2025-11-30",
    },
    "runaway": {
        "workload": "hyperparameter-sweeps",
        "sku": "HYP-H100-SPOT",
        "first": "2026-08-18",
        "last": "2026-08-21",
        "factor": 6.0,
    },
    "standby": {
        "workload": "fraud-scoring",
        "resource": "fraud-scoring-standby",
        "start": "2025-03-01",
    },
    "credits": [
        {
            "provider": "Aurora AI",
            "months": ["2024-07", "2024-08", "2024-09", "2024-10", "2024-11", "2024-12"],
            "amount": "-9000.00",
            "description": "Start-up programme credit",
        },
        {
            "provider": "Aurora AI",
            "months": ["2026-05"],
            "amount": "-7500.00",
            "workload": "support-chat",
            "description": "Service credit for the outage of 2026-05-12",
        },
    ],
    "tax": {"provider": "Cinder", "rate": "0.0825", "from": "2025-01"},
}
