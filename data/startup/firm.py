"""Thistledown (synthetic start-up): two entities, what they use, at which prices, and what was done about waste. Nothing here is real.

Levels are those of ANCHOR; earlier ones follow from growth. Money of the Inc. is US dollars, of the GmbH euros; nothing adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

SEED = 20241101
FIRST, LAST, LATENT = (
    "2024-11-01",
    "2026-10-31",
    "2026-12-31",
)  # LATENT: budgets have a truth to miss
ANCHOR = "2026-10-15"

ENTITIES = {"inc": ("Thistledown Inc.", "USD"), "gmbh": ("Thistledown GmbH", "EUR")}

# vendor -> (service, FOCUS category, subcategory)
SERVICES = {
    "Ottermere API": ("Ottermere AI", "AI and Machine Learning", "Generative AI"),
    "Ottermere Chat": ("Ottermere AI", "AI and Machine Learning", "Generative AI"),
    "Fennimore API": ("Fennimore", "AI and Machine Learning", "Natural Language Processing"),
    "Pondhost Storage": ("Pondhost", "Storage", "Object Storage"),
    "Pondhost Vectors": ("Pondhost", "Databases", "Other (Databases)"),
    "Wrenly Code": ("Wrenly", "Developer Tools", "Developer Platforms"),
}
# (vendor, entity) -> (billing account, sub-account, who issues the invoice). Ottermere bills both entities under one name.
ACCOUNTS = {
    ("Ottermere AI", "inc"): ("otm-org-2201", "otm-production", "Ottermere AI"),
    ("Ottermere AI", "gmbh"): ("otm-org-2202", "otm-produktion", "Ottermere AI"),
    ("Fennimore", "inc"): ("fen-7714", "fen-default", "Fennimore"),
    ("Fennimore", "gmbh"): ("fen-7715", "fen-default", "Fennimore Ireland"),
    ("Pondhost", "inc"): ("pnd-us-0451", "pnd-us", "Pondhost"),
    ("Pondhost", "gmbh"): ("pnd-eu-0452", "pnd-eu", "Pondhost Europe"),
    ("Wrenly", "inc"): ("wrn-team-39", "wrn-team", "Wrenly"),
    ("Wrenly", "gmbh"): ("wrn-team-40", "wrn-team", "Wrenly"),
}
REGIONS = {("Pondhost", "inc"): "pnd-us-east", ("Pondhost", "gmbh"): "pnd-eu-central"}

# model -> (service, {first day: (input, cached input, output)}), US dollars per 1,000,000 tokens; batch is half. None: no such meter.
MODELS = {
    "ottermere-grand-1": ("Ottermere API", {"2024-01-01": ("3.00", "0.30", "15.00")}),
    "ottermere-grand-2": (
        "Ottermere API",
        {"2025-05-01": ("2.50", "0.25", "12.50"), "2026-02-01": ("2.00", "0.20", "10.00")},
    ),
    "ottermere-swift-1": ("Ottermere API", {"2024-01-01": ("0.40", "0.04", "1.60")}),
    "fennimore-mid-1": ("Fennimore API", {"2024-01-01": ("1.00", None, "4.00")}),
    "fennimore-embed-1": ("Fennimore API", {"2024-01-01": ("0.10", None, None)}),
}
# sku -> (service, unit, meter text, {first day: US dollars})
SKUS = {
    "PND-HOT": ("Pondhost Storage", "GB-months", "hot storage", {"2024-01-01": "0.023"}),
    "PND-COOL": ("Pondhost Storage", "GB-months", "cool storage", {"2024-01-01": "0.010"}),
    "PND-ARCHIVE": ("Pondhost Storage", "GB-months", "archive storage", {"2024-01-01": "0.002"}),
    "PND-VECTORS": ("Pondhost Vectors", "GB-months", "vector index", {"2024-01-01": "0.30"}),
    "OTM-CHAT": ("Ottermere Chat", "Seats", "chat subscription, monthly", {"2024-01-01": "28.00"}),
    "WRN-CODE": ("Wrenly Code", "Seats", "coding assistant, monthly", {"2024-01-01": "32.00"}),
}
EURO_LIST = "0.92"  # the vendors' euro price lists: this share of the dollar price, for ever
MODEL_MIGRATION = {
    "from": "ottermere-grand-1",
    "to": "ottermere-grand-2",
    "start": "2025-07-01",
    "end": "2025-07-31",
    "workloads": ["answers", "drafts", "coding-agents"],
}
PRICE_CUT = {"model": "ottermere-grand-2", "date": "2026-02-01", "change": -0.2}

# workload -> (team, environment, product tag); a workload in brackets carries no tags, the forgotten key no team
WORKLOADS = {
    "answers": ("answers", "production", "Thistle Answers"),
    "drafts": ("drafts", "production", "Thistle Drafts"),
    "search-index": ("platform", "production", "Thistle Answers"),
    "knowledge-store": ("platform", "production", "Thistle Answers"),
    "call-recordings": ("platform", "production", "Thistle Answers"),
    "demo-index": ("sales", "development", "Thistle Answers"),
    "nightly-evals": ("research", "rnd", "internal"),
    "coding-agents": ("platform", "rnd", "internal"),
    "coding-seats": ("platform", "rnd", "internal"),
    "chat-seats": ("people", "production", "internal"),
    "sales-notes": ("sales", "production", "internal"),
    "prototype-key": ("", "development", ""),
}
# team -> (business unit, cost centre)
ORGANISATION = {
    "answers": ("Product", "4110"),
    "drafts": ("Product", "4120"),
    "platform": ("Engineering", "4210"),
    "research": ("Engineering", "4220"),
    "sales": ("Go-to-market", "4310"),
    "people": ("Go-to-market", "4320"),
}
UNITS = ("Product", "Engineering", "Go-to-market")


@dataclass(frozen=True)
class Driver:
    """A business driver: level a day at ANCHOR by entity, growth of the log a month, weekend ÷ weekday, daily noise of the log."""

    level: dict
    growth: float
    weekend: float
    sigma: float
    phi: float


DRIVERS = {
    "tickets": Driver({"inc": 13_200, "gmbh": 5_400}, 0.050, 0.55, 0.08, 0.65),
    "documents": Driver({"inc": 7_900, "gmbh": 3_100}, 0.042, 0.25, 0.10, 0.55),
}
# share of tickets resolved, of drafts accepted: level, sd of a slow wave; the same before and after every migration
OUTCOMES = {
    "resolved_tickets": ("tickets", 0.71, 0.018),
    "accepted_documents": ("documents", 0.83, 0.014),
}


@dataclass(frozen=True)
class Tokens:
    """A token workload: what drives it, calls per count, tokens of a call, growth of its own, noise."""

    driver: str | None
    calls: float  # per count of the driver; without one: calls a day at ANCHOR (Inc.)
    context: int
    output: int
    model: str  # "grand": as the migration says
    growth: float = 0.0
    weekend: float = 1.0
    sigma: float = 0.05
    phi: float = 0.6
    gmbh: float = 0.4  # without a driver: size of the GmbH's
    own_keys: bool = False  # large customers have keys of their own, so the bill carries their name


TOKENS = {
    "answers": Tokens("tickets", 5.0, 9_000, 300, "grand", own_keys=True),
    "drafts": Tokens("documents", 1.6, 3_400, 1_100, "grand", own_keys=True),
    "search-index": Tokens("tickets", 6.0, 2_600, 0, "fennimore-embed-1", sigma=0.25),
    "nightly-evals": Tokens(
        None, 30_000, 1_900, 620, "fennimore-mid-1", growth=0.03, weekend=0.9, sigma=0.22, phi=0.4
    ),
    "coding-agents": Tokens(
        None, 6_200, 21_000, 700, "grand", growth=0.045, weekend=0.22, sigma=0.14
    ),
    "sales-notes": Tokens(
        None, 5_200, 11_000, 900, "ottermere-swift-1", growth=0.04, weekend=0.15, sigma=0.10
    ),
    "prototype-key": Tokens(None, 2_600, 3_800, 160, "grand-1", sigma=0.01, phi=0.2, gmbh=0.0),
}
CACHED = {
    "coding-agents": 0.8,
    "sales-notes": 0.0,
}  # share of the context read from cache; answers: the action below
PROTOTYPE_SINCE = "2025-03-11"

# GB at ANCHOR; call recordings follow from tickets and the lifecycle rule
VECTORS = {("knowledge-store", "inc"): (3_900, 0.035), ("knowledge-store", "gmbh"): (1_500, 0.035)}
DEMO_INDEX = {"entity": "gmbh", "GB": 1_150, "since": "2025-02-17"}
RECORDING_GB = 0.06  # per ticket
LIFECYCLE = {"cool_after": 30, "archive_after": 180}

# product -> entity -> (seats adopted in the end, middle and width of the adoption curve in days since FIRST, bought ahead)
SEATS = {
    ("coding-seats", "WRN-CODE"): {"inc": (78, 190, 75, 36), "gmbh": (31, 300, 80, 4)},
    ("chat-seats", "OTM-CHAT"): {"inc": (132, 330, 110, 6), "gmbh": (44, 300, 70, 34)},
}

CUSTOMERS = {"inc": 44, "gmbh": 27}  # how many; weights are Pareto
OWN_KEYS = {"inc": 4, "gmbh": 3}  # the largest: customer tag on the bill
PARETO = 0.9
SYLLABLES = (
    "ald",
    "bram",
    "cor",
    "dun",
    "eller",
    "fal",
    "gris",
    "holm",
    "inver",
    "jas",
    "kel",
    "lund",
    "mar",
    "nor",
    "ost",
    "pem",
    "quil",
    "ros",
    "sted",
    "tor",
    "ul",
    "ven",
    "wick",
    "yar",
)
TRADES = ("Logistics", "Insurance", "Retail", "Utilities", "Travel", "Bank", "Telecom", "Clinics")

ACTIONS = {  # id: entity, action, owner, claimed on, expected saving a month, status as the owner says; `real` and `since` are the truth
    "A01": (
        "inc",
        "Lifecycle rule for call recordings: cool after 30 days, archive after 180",
        "Mira Osei",
        "2025-09-01",
        2_600,
        "done",
        True,
    ),
    "A02": (
        "inc",
        "Cache instructions and knowledge of Thistle Answers",
        "Jonas Weidler",
        "2025-10-06",
        13_000,
        "done",
        True,
    ),
    "A03": (
        "inc",
        "Nightly evaluations through the batch tier",
        "Priya Nandakumar",
        "2026-03-16",
        1_900,
        "done",
        True,
    ),
    "A04": (
        "inc",
        "Give back 30 coding seats nobody has opened",
        "Mira Osei",
        "2026-04-01",
        960,
        "done",
        True,
    ),
    "A05": (
        "gmbh",
        "Short letters of Thistle Drafts with the small model",
        "Lena Brandt",
        "2026-05-18",
        1_900,
        "done",
        True,
    ),
    "A06": (
        "gmbh",
        "Cancel 30 chat subscriptions nobody has opened",
        "Lena Brandt",
        "2026-06-01",
        770,
        "done",
        False,
    ),
    "A07": (
        "gmbh",
        "Nightly evaluations through the batch tier",
        "Priya Nandakumar",
        "2026-07-01",
        700,
        "done",
        False,
    ),
    "A08": (
        "gmbh",
        "Delete the index of last year's demo",
        "Timo Falk",
        "2026-05-05",
        300,
        "done",
        False,
    ),
    "A09": (
        "inc",
        "Short letters of Thistle Drafts with the small model",
        "Jonas Weidler",
        "",
        4_200,
        "planned",
        False,
    ),
    "A10": (
        "gmbh",
        "Lifecycle rule for call recordings: cool after 30 days, archive after 180",
        "Mira Osei",
        "",
        1_900,
        "planned",
        False,
    ),
}
ACTED_ON = {  # id: workload, kind as `finops advise` calls it
    "A01": ("call-recordings", "storage_lifecycle"),
    "A02": ("answers", "prompt_caching"),
    "A03": ("nightly-evals", "batch_api"),
    "A04": ("coding-seats", "unused_seats"),
    "A05": ("drafts", "model_rightsizing"),
    "A06": ("chat-seats", "unused_seats"),
    "A07": ("nightly-evals", "batch_api"),
    "A08": ("demo-index", "stale_storage"),
    "A09": ("drafts", "model_rightsizing"),
    "A10": ("call-recordings", "storage_lifecycle"),
}
CACHED_AFTER_A02, SMALL_AFTER_A05 = 0.62, 0.70

CREDITS = {
    "id": "ottermere-start-up-2024",
    "entity": "inc",
    "vendor": "Ottermere AI",
    "service": "Ottermere API",
    "granted": "60000.00",
    "granted_on": "2024-11-01",
    "expires_on": "2025-10-31",
    "share": "0.125",
    "description": "Start-up programme credit",
}
TAX = {
    ("gmbh", "Pondhost"): ("0.19", "VAT 19 %"),
    ("gmbh", "Wrenly"): ("0.19", "VAT 19 %"),
    ("inc", "Wrenly"): ("0.08875", "Sales tax 8.875 %"),
}

PLAN_RATES = {2025: ("2024-12-05", "1.06"), 2026: ("2025-12-04", "1.12")}  # US dollars for one euro
# fiscal year -> versions: (name, approved on or "" for a draft, landing of the truth ÷ budget by unit)
BUDGETS = {
    2025: [
        (
            "2025 approved",
            "2024-12-17",
            {"Product": 1.05, "Engineering": 0.98, "Go-to-market": 1.02},
        )
    ],
    2026: [
        ("2026 draft", "", {"Product": 1.22, "Engineering": 1.10, "Go-to-market": 1.0}),
        (
            "2026 approved",
            "2026-02-17",
            {"Product": 0.96, "Engineering": 1.05, "Go-to-market": 1.04},
        ),
    ],
}
PEOPLE = {"author": "Carla Voss", "approver": "Henrik Aalto"}


def another(seed: int) -> None:
    """Another company of the same kind: other draws, and what is planted lies elsewhere. Called before any other module is imported."""
    global SEED, PROTOTYPE_SINCE
    stream = np.random.default_rng(seed)
    SEED = seed
    first = np.datetime64("2025-01-10")
    PROTOTYPE_SINCE = str(first + int(stream.integers(0, 420)))
    DEMO_INDEX["since"] = str(first + int(stream.integers(0, 480)))
    DEMO_INDEX["GB"] = int(stream.integers(300, 4000))
    TOKENS["prototype-key"] = replace(
        TOKENS["prototype-key"], calls=float(stream.integers(400, 6000))
    )
    for by_entity in SEATS.values():
        for entity, (final, middle, width, _) in by_entity.items():
            by_entity[entity] = (final, middle, width, int(stream.integers(4, 40)))
