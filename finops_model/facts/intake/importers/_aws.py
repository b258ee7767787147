"""What exports of AWS share: what a type of line is, what a usage type of Bedrock counts, tags.

Source of the token kinds: Amazon Bedrock user guide, "Understanding your Amazon Bedrock Cost and Usage Report data"; the units of AWS Marketplace
(MP:USE1_InputTokenCount-Units) as the AWS Price List writes them.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from ..files.cells import whole_characters

MAPS = ("product", "discount")  # maps of CUR 2.0 whose keys are columns of the older headings
AI = re.compile(
    r"AmazonBedrock.*|AmazonSageMaker.*|AmazonQ|AmazonComprehend|AmazonRekognition|AmazonTextract|AmazonTranscribe|AmazonPolly|"
    r"AmazonLex|AmazonKendra|AmazonPersonalize|translate|transcribe",
    re.I,
)
USE = ("usage", "discountedusage", "savingsplancoveredusage")
FEES = ("fee", "rifee", "savingsplanupfrontfee", "savingsplanrecurringfee")
CATEGORY = {  # types of lines in the cost and usage report; below, words of Cost Explorer for the same
    **dict.fromkeys((*USE, "savingsplannegation"), "Usage"),
    **dict.fromkeys(FEES, "Purchase"),
    **dict.fromkeys(("tax", "credit", "refund"), "Credit"),
    "tax": "Tax",
    "reservationappliedusage": "Usage",
    **dict.fromkeys(("recurringreservationfee", "upfrontreservationfee", "supportfee"), "Purchase"),
}
EDITION = " (Amazon Bedrock Edition)"
REGION = r"(?:US[EW]\d|UG[EW]\d|CA[NW]\d|EU(?:[WCNS]\d|SC\d)?|AP(?:NE|SE|N|S|E)\d|SAE\d|ME[SC]\d|AFS\d|ILC\d|MXC\d|CN[NW]\d)"
TOKENS = re.compile(
    rf"(?:{REGION}-)?(?P<model>.+?)(?:-mantle)?-(?P<kind>input-tokens|output-tokens|cache-read-input-token-count|cache-write-input-token-count)"
    r"(?:-(?P<rest>.+))?"
)
SOLD = re.compile(
    rf"(?:{REGION}-)?MP:{REGION}_(?P<kind>CacheRead|CacheWrite|cache_read_|cache_write_)?(?P<also>\d+[hm]_?)?"
    r"(?P<way>Input|Output)_?token(?:Count|s)(?P<rest>.*?)(?:-Units)?",
    re.I,
)
KINDS = {
    "input-tokens": "input tokens",
    "output-tokens": "output tokens",
    "cache-read-input-token-count": "cache read input tokens",
    "cache-write-input-token-count": "cache write input tokens",
}
USER = re.compile(r"(?:resource[ _]?tags?/)?user(?::|_|/| )(?P<key>.+)", re.I)
OWN = re.compile(r"(?:resource[ _]?tags?/)?aws(?::|_)(?P<key>.+)", re.I)


def tag_name(key: str) -> str:
    """The name of a tag: the prefix of tags a company gives itself goes, that of AWS's own stays.

    >>> [tag_name(key) for key in ("user:team", "user_cost_center", "aws:createdBy", "aws_created_by", "iamPrincipal/Team")]
    ['team', 'cost_center', 'aws:createdBy', 'aws:created_by', 'iamPrincipal/Team']
    """
    if match := USER.fullmatch(key):
        return match["key"]
    if match := OWN.fullmatch(key):
        return f"aws:{match['key']}"
    return key


def tags(tagged: list[tuple[str, str]]) -> str | None:
    """The filled tags of a line as JSON; where two keys would have one name and other values, the later one keeps its prefix.

    >>> tags([("user:team", "search"), ("aws:createdBy", ""), ("user_team", "ads")]), tags([])
    ('{"team":"search","user_team":"ads"}', None)
    """
    read: dict[str, str] = {}
    for key, value in tagged:
        if value:
            name = tag_name(key)
            read[name if read.get(name, value) == value else key] = value
    if not read:
        return None
    read = dict(sorted(read.items()))  # maps come in any order: the same tags are the same text
    text = json.dumps(read, ensure_ascii=False, separators=(",", ":"))
    # Halves of characters stay escapes, so that tags that hold one are known as such (files/cells.py: parse_tags).
    return text if whole_characters(text) == text else json.dumps(read, separators=(",", ":"))


@lru_cache(maxsize=4096)
def tokens(code: str, product: str, usage: str) -> tuple[str, str]:
    """(model, what is counted) of a line of Amazon Bedrock; ('', '') where its usage type does not say it for certain.

    >>> tokens("AmazonBedrock", "", "USE1-Claude4.6Sonnet-cache-read-input-token-count-cross-region-global")
    ('Claude4.6Sonnet', 'cache read input tokens, cross-region-global')
    >>> tokens("x1", "Claude Haiku 5 (Amazon Bedrock Edition)", "EUC1-MP:EUC1_OutputTokenCount_Batch-Units")
    ('Claude Haiku 5', 'output tokens, Batch')
    >>> tokens("AmazonBedrock", "", "USE1-Guardrail-ContentPolicy"), tokens("AmazonEC2", "", "USE1-gpt-input-tokens")
    (('', ''), ('', ''))
    """
    if product.endswith(EDITION):
        model = product.removesuffix(EDITION)
        if not (match := SOLD.fullmatch(usage)):
            return model, ""
        kind = (
            (match["kind"] or "").casefold().strip("_").replace("_", "").replace("cache", "cache ")
        )
        meter = f"{kind} {match['way'].casefold()} tokens".strip()
        more = " ".join(filter(None, ((match["also"] or "").strip("_"), match["rest"].strip("_-"))))
        return model, f"{meter}, {more}" if more else meter
    if code.casefold().startswith("amazonbedrock") and (match := TOKENS.fullmatch(usage)):
        meter = KINDS[match["kind"]]
        return match["model"], f"{meter}, {match['rest']}" if match["rest"] else meter
    return "", ""


def service_category(code: str, product: str) -> str | None:
    """AI and Machine Learning for the services that are nothing else; None where the code does not say it.

    >>> service_category("AmazonBedrock", ""), service_category("AmazonEC2", "")
    ('AI and Machine Learning', None)
    """
    return "AI and Machine Learning" if AI.fullmatch(code) or product.endswith(EDITION) else None


def charge_category(kind: str, written: str) -> str:
    """The category of a type of charge (squashed); a type that is not known stays as it is written, to be refused by its name.

    >>> charge_category("edpdiscount", "EdpDiscount"), charge_category("rififee", "RifiFee")
    ('Usage', 'RifiFee')
    """
    return CATEGORY.get(kind) or ("Usage" if kind.endswith("discount") else written)
