"""What becomes of each row of price_facts.csv: a price with unit, day and reference, or a reason why it is left out.

Rules, not prices: the prices stand in the rows. Read by import_price_facts.py; what the rules mean is in data/prices/README.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COLLECTED = "2026-11-01"  # the facts were collected in November 2026: no coarser date may reach beyond its first day
LAST_DAY = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
MONTH_NOTE = "the source's month is 730 hours"
GIB = "the page writes GB and means 2^30 bytes"
METERS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache read": "cached_input_tokens",
    "cache write": "cache_write_tokens",
}
TOKENS = re.compile(
    r"^(?P<model>\S+) (?P<what>input|output|cache read|cache write)(?: \(request >(?P<over>\d+) input tokens, all tokens\))?$"
)
GCP_DISKS = {
    "balanced": "pd-balanced",
    "balanced-replicated": "pd-balanced-regional",
    "extreme": "pd-extreme",
    "hdd": "pd-standard",
    "hdd-replicated": "pd-standard-regional",
    "hyperdisk-extreme": "hyperdisk-extreme",
    "local": "local-ssd",
    "local-c4": "local-ssd-c4",
    "local-c4a": "local-ssd-c4a",
    "local-c4d": "local-ssd-c4d",
    "snapshot": "snapshot",
    "ssd": "pd-ssd",
    "ssd-replicated": "pd-ssd-regional",
}
GCP_START = {
    "a2-ultragpu": "2024-05-23",
    "a3-highgpu": "2024-05-23",
    "a3-megagpu": "2024-08-29",
    "a2-highgpu": "2022-02-16",
}
PROVIDERS = {
    "aws": "Amazon Web Services",
    "gcp": "Google Cloud",
    "azure": "Microsoft Azure",
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google Gemini API",
    "deepseek": "DeepSeek",
    "mistral": "Mistral AI",
    "x-ai": "xAI",
    "github": "GitHub",
}


class LeftOut(Exception):
    """Why a row is not taken."""


@dataclass
class Taken:
    """One price as it will stand in a document; rows of one SKU are joined (tiers, histories)."""

    sku: str
    service: str
    kind: str
    unit: str
    fields: dict  # of the rate form, at `since`
    since: str
    reference: str
    purchase: str = "on_demand"
    rate: str = "linear"
    region: str = ""
    block: float = 1
    model: str = ""
    meter: str = ""
    note: str = ""
    dated: str = ""
    history: dict = field(default_factory=dict)


def day_of(text: str) -> tuple[str, str]:
    """The day a price counts from, and the source's date where it is coarser: the last day of the stated span, at most 2026-11-01."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text, ""
    found = re.fullmatch(r"(\d{4})(?:-(?:(\d{2})|Q(\d)))?", text)
    if text == "2025-26":
        return COLLECTED, text
    if not found:
        raise LeftOut("no date: the source is a stored catalogue whose day is not known")
    year, month, quarter = found.groups()
    last = int(month or (int(quarter) * 3 if quarter else 12))
    return min(f"{year}-{last:02d}-{LAST_DAY[last]}", COLLECTED), text


def take(row: dict) -> Taken:
    """The price in a row. Raises LeftOut with the reason."""
    if row["provider"] == "marketplace-median":
        raise LeftOut("a mean over a marketplace's offers, not a price anyone charges")
    if row["region"] == "unstated":
        raise LeftOut("the source states no region")
    if any(word in row["source"] for word in ("(third party)", "third-party article", "derived")):
        raise LeftOut("only a third party says so, or it was derived")
    since, dated = day_of(row["date"])
    taken = globals()[f"_{row['provider'].replace('-', '')}"](row, since)
    taken.dated, taken.region = (
        dated,
        taken.region or ("" if row["region"] == "global" else row["region"]),
    )
    return taken


def _price(row: dict, name: str, kind: str, unit: str, since: str, **more) -> Taken:
    parts = [
        row["provider"],
        row["service"],
        name,
        *([] if row["region"] == "global" else [row["region"]]),
    ]
    if more.pop("say", False):
        parts.append(more["purchase"])
    fields = more.pop("fields", None) or {"price": float(row["list_price_usd"])}
    return Taken(
        ":".join(parts), more.pop("service"), kind, unit, fields, since, row["source"], **more
    )


def _aws(row: dict, since: str) -> Taken:
    service, name = row["service"], row["sku"]
    slug = name.replace(" ", "_").replace("/", "_").lower()
    if service == "ec2":
        instance = name.split(" ")[0]
        kind = (
            "gpu"
            if re.match(r"[pg]\d", instance)
            else "accelerator"
            if re.match(r"(trn|inf)\d", instance)
            else "cpu"
        )
        return _price(
            row,
            instance,
            kind,
            "Instance-hours",
            since,
            service="Amazon EC2",
            purchase="on_demand",
            say=True,
            note="Linux, shared",
        )
    if service == "ec2-capacity-blocks":
        return _price(
            row,
            name,
            "gpu",
            "Instance-hours",
            since,
            service="Amazon EC2 Capacity Blocks",
            purchase="capacity_block",
            say=True,
            fields={"price": float(row["list_price_usd"]), "until": "2025-01-01"},
            note="whole block upfront, no cancellation; the page's table was valid until 2025-01-01, its start is not stated",
        )
    if service == "ebs":
        if row["unit"] == "GB-month":
            return _price(
                row,
                slug.replace("_storage", ""),
                "storage",
                "GiB-months",
                since,
                service="Amazon EBS",
                note=GIB,
            )
        what = "IOPS-months" if row["unit"] == "IOPS-month" else "MiB/s-months"
        beyond = re.search(r"over (\d+)", name)
        return _price(
            row,
            slug,
            "storage",
            what,
            since,
            service="Amazon EBS",
            note=f"provisioned above {beyond[1]} per volume" if beyond else "provisioned",
        )
    if service == "network":
        return _price(
            row,
            slug,
            "network",
            "GB" if row["unit"] == "GB" else "Hours",
            since,
            service="Amazon VPC",
        )
    if service == "data-transfer":
        start = {"first": 0, "10-50": 10240, "50-150": 51200}[name.split(" ")[2]]
        return _price(
            row,
            "internet_out",
            "network",
            "GB",
            since,
            service="AWS Data Transfer",
            rate="graduated",
            fields={"start": start, "price": float(row["list_price_usd"])},
            note="pooled over services and accounts of a month, 1 TB = 1,024 GB; beyond 153,600 GB no price is known here, and the "
            "free 100 GB a month are not taken off; second and third tier from the S3 FAQ's example (2026-04)",
        )
    if service == "s3":
        if row["unit"] == "1000 requests":
            return _price(row, slug, "requests", "Requests", since, service="Amazon S3", block=1000)
        if name.startswith("Standard ") and "TB" in name:
            start = {"first": 0, "next": 51200, "over": 512000}[name.split(" ")[1]]
            return _price(
                row,
                "standard",
                "storage",
                "GiB-months",
                since,
                service="Amazon S3",
                rate="graduated",
                fields={"start": start, "price": float(row["list_price_usd"])},
                note=f"{GIB}; 1 TB = 1,024 GB",
            )
        return _price(
            row,
            slug,
            "storage",
            "GiB" if row["unit"] == "GB" else "GiB-months",
            since,
            service="Amazon S3",
            note=GIB,
        )
    if service == "lambda":
        if row["unit"] == "GB-second":
            return _price(
                row,
                slug,
                "runtime",
                "Memory-GB-seconds",
                since,
                service="AWS Lambda",
                note="after the free quota, x86",
            )
        return _price(
            row,
            slug,
            "requests",
            "Requests",
            since,
            service="AWS Lambda",
            block=1_000_000,
            note="after the free quota",
        )
    return _price(
        row,
        "titan-text-express",
        "provisioned",
        "Unit-hours",
        since,
        service="Amazon Bedrock",
        purchase="committed_1m",
        say=True,
        note="per model unit, one month's commitment",
    )


def _gcp(row: dict, since: str) -> Taken:
    service, name = row["service"], row["sku"]
    if service == "compute":
        instance, how = name.split(" ", 1)
        purchase = {
            "on-demand": "on_demand",
            "spot": "spot",
            "CUD 1y": "committed_1y",
            "CUD 3y": "committed_3y",
        }[how]
        kind = "gpu" if re.match(r"(a2|a3|g2|g4)-", instance) else "cpu"
        committed = purchase.startswith("committed")
        notes = [MONTH_NOTE] if committed else []
        if instance.startswith(("a2-ultragpu", "a3-")):
            notes.append("with the bundled local SSD")
        return _price(
            row,
            instance,
            kind,
            "Instance-months" if committed else "Instance-hours",
            since,
            service="Compute Engine",
            purchase=purchase,
            say=True,
            note="; ".join(notes),
        )
    if service == "gcs":
        what, place = name.split(" ")
        if place.startswith("dra"):
            raise LeftOut("a storage class that is no longer sold")
        place, wide = (place + "-").split("-")[:2]
        if what == "retrieval" and wide:
            raise LeftOut("a dual or multi region under the name of a single one")
        storage_class = {"archiv": "archive"}.get(place, place)
        return _price(
            row,
            f"{storage_class}{'_' + wide if wide else ''}_{'storage' if what == 'bucket' else 'retrieval'}",
            "storage",
            "GiB-months" if what == "bucket" else "GiB",
            since,
            service="Cloud Storage",
            note=GIB,
        )
    if service == "persistent-disk":
        disk = GCP_DISKS[name]
        return _price(
            row, disk, "storage", "GiB-months", since, service="Compute Engine disks", note=GIB
        )
    if name.startswith("traffic egress internet"):
        words = name.split(" ")[3:]
        to = words[0] if len(words) == 2 else "worldwide"
        start = {"0-1": 0, "1-10": 1024, "10n": 10240}[words[-1]]
        return _price(
            row,
            f"internet_egress_{to}",
            "network",
            "GiB",
            since,
            service="Cloud networking",
            rate="graduated",
            fields={"start": start, "price": float(row["list_price_usd"])},
            note=f"premium tier; the source writes 'month or GB', the tiers in TB can only be data; {GIB}",
        )
    if name == "nat data":
        return _price(
            row,
            "nat_data",
            "network",
            "GiB",
            since,
            service="Cloud networking",
            note=f"the source writes 'month or GB', data can only be GB; {GIB}",
        )
    if name == "nat gateway":
        raise LeftOut("unit 'month or GB': a ceiling over the number of machines, not a rate")
    return _price(
        row,
        name.replace(" ", "_"),
        "network",
        "Months",
        since,
        service="Cloud networking",
        note=f"the source writes 'month or GB', {name} can only be a month; {MONTH_NOTE}",
    )


def _azure(row: dict, since: str) -> Taken:
    if row["service"] != "openai-ptu":
        raise LeftOut("only a third party says so, or it was derived")
    term = re.search(r"reservation (1)-(month|year)", row["sku"])
    purchase = (
        "provisioned" if not term else "committed_1m" if term[2] == "month" else "committed_1y"
    )
    where = (
        "regional deployment, by the minute"
        if not term
        else "for one month of the term; the deployment type is not stated"
    )
    return _price(
        row,
        "ptu",
        "provisioned",
        "PTU-months" if term else "PTU-hours",
        since,
        service="Azure OpenAI",
        purchase=purchase,
        say=True,
        note=f"{where}; a book quotes Microsoft's page",
    )


def _tokens(row: dict, since: str) -> Taken:
    if row["service"] == "scale-tier":
        size = re.match(r"^(\S+) (input|output) (\S+) TPM$", row["sku"])
        return _price(
            row,
            f"{size[1]}:{size[2]}",
            "provisioned",
            "Unit-days",
            since,
            service="OpenAI Scale Tier",
            purchase="provisioned",
            model=size[1],
            meter=f"scale_tier_{size[2]}",
            note=f"a unit entitles to {size[3]} {size[2]} tokens a minute; 30 days at least",
        )
    if row["service"] == "other":
        return _other(row, since)
    found = TOKENS.match(row["sku"])
    meter = METERS[found["what"]] + (f"_over_{found['over']}" if found["over"] else "")
    note = (
        f"all tokens of a request with more than {int(found['over']):,} input tokens"
        if found["over"]
        else ""
    )
    taken = _price(
        row,
        "",
        "tokens",
        "Tokens",
        since,
        service=f"{PROVIDERS[row['provider']]} tokens",
        block=1_000_000,
        model=found["model"],
        meter=meter,
        note=note,
    )
    taken.sku = f"{row['provider']}:{found['model']}:{meter}"
    return taken


def _other(row: dict, since: str) -> Taken:
    name = row["sku"]
    if "seat" in name:
        year = "annual" in name
        return _price(
            row,
            f"team_seat_{'annual' if year else 'monthly'}",
            "seats",
            "Seats",
            since,
            service="Claude Team",
            purchase="seat",
            note="per seat and month" + (", paid for a year" if year else ""),
        )
    if "session" in name:
        return _price(
            row,
            "managed_agent_session",
            "runtime",
            "Session-hours",
            since,
            service="Claude API tools",
        )
    if "search" in name:
        return _price(
            row, "web_search", "requests", "Searches", since, service="Claude API tools", block=1000
        )
    return _price(
        row,
        "code_execution",
        "runtime",
        "Hours",
        since,
        service="Claude API tools",
        rate="allowance",
        fields={"included": 1550, "price": float(row["list_price_usd"])},
        note="container hours of an organisation's month",
    )


def _github(row: dict, since: str) -> Taken:
    return _price(
        row,
        "ai_credit",
        "requests",
        "Credits",
        since,
        service="GitHub Copilot",
        note="beyond the pooled credits of the seats",
    )


_openai = _anthropic = _google = _deepseek = _mistral = _xai = _tokens
