"""Makes docs/settings.md from the classes in finops_model/settings/.

.venv/bin/python scripts/settings_page.py
"""

from __future__ import annotations

from pathlib import Path

from finops_model.documents import OURS
from finops_model.settings import (
    SECTIONS,
    AccrualSettings,
    BalanceEntry,
    Chargeback,
    Charges,
    Cogs,
    Dimension,
    DimensionRule,
    Entity,
    ExchangeRates,
    FiscalCalendar,
    Limit,
    Materiality,
    Maturity,
    Pool,
    Quality,
    QuotaEntry,
    Settings,
    SharedCost,
    Stated,
    Steps,
    TagKey,
    TagRules,
    Tags,
    TaxSettings,
    TieOut,
    UnitCost,
    VirtualTag,
    WasteRules,
    WatchLimits,
)

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
NESTED = (
    ("tags", Tags),
    ("an entry of dimensions", Dimension),
    ("an entry of dimensions: rules", DimensionRule),
    ("shared_cost", SharedCost),
    ("an entry of shared_cost: pools", Pool),
    ("chargeback", Chargeback),
    ("watch", WatchLimits),
    ("waste", WasteRules),
    ("an entry of watch: quotas", QuotaEntry),
    ("an entry of balances", BalanceEntry),
    ("materiality", Materiality),
    ("maturity", Maturity),
    ("steps of maturity", Steps),
    ("an entry of maturity: stated", Stated),
    ("tie_out", TieOut),
    ("quality", Quality),
    ("a limit of quality", Limit),
    ("an entry of unit_costs", UnitCost),
    ("cogs", Cogs),
    ("serving and research of cogs", Charges),
    ("calendar", FiscalCalendar),
    ("rates", ExchangeRates),
    ("accrual", AccrualSettings),
    ("tax", TaxSettings),
    ("an entry of entities", Entity),
    ("the file of tag_rules", TagRules),
    ("an entry of tag_rules: keys", TagKey),
    ("an entry of tag_rules: virtual", VirtualTag),
)
HEAD = """# Every key of finops.yaml

Made from the classes in `finops_model/settings/` by `scripts/settings_page.py`; a test holds it
equal to them. Every key may be left out, unless its default says *must be given*. A key that is
not here is refused with the nearest one; so are numbers out of their limits. Paths are relative to
the folder of the file.
"""


def words(schema: dict) -> str:
    """What a value may be, from its JSON schema."""
    if "anyOf" in schema:
        kinds = [words(each) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(kinds)
    if "$ref" in schema:
        return "mapping, see below"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        whole = "whole numbers" if schema["items"].get("type") == "integer" else "texts"
        entries = "entries, see below" if "$ref" in schema["items"] else whole
        return f"list of {entries}"
    if schema.get("type") == "object":
        return "mapping of names, see below"
    if schema.get("type") == "boolean":
        return "`true` or `false`"
    if schema.get("type") == "string":
        return "three capital letters" if "pattern" in schema else "text"
    return _number(schema)


def _number(schema: dict) -> str:
    """A number with its limits."""
    noun = "whole number" if schema["type"] == "integer" else "number"
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{noun} from {low:,g} to {high:,g}"
    return noun if low is None else f"{noun}, {low:,g} or more"


def default(schema: dict, name: str, required: list[str]) -> str:
    """What counts where the key is left out."""
    if name in required:
        return "*must be given*"
    value = schema.get("default")
    if isinstance(value, dict) and set(value) == set(Steps.model_fields):
        return "crawl {crawl:g}, walk {walk:g}, run {run:g}".format(**value)
    if isinstance(value, dict) and set(value) == set(Limit.model_fields):
        bad = "" if value["bad"] is None else f", bad {value['bad']:g}"
        return f"attention {value['attention']:g}{bad}"
    return "–" if value in (None, "", [], {}) or isinstance(value, dict) else f"`{value}`"


def table(model, own=None) -> str:
    """The keys of a model, one row each; own: only these."""
    schema = model.model_json_schema()
    rows = ["| key | may be | default | what it says |", "|---|---|---|---|"]
    for name, one in schema["properties"].items():
        field = model.model_fields[name]
        if field.json_schema_extra == OURS or (own is not None and name not in own):
            continue
        rows.append(
            f"| `{name}` | {words(one)} "
            f"| {default(one, name, schema.get('required', []))} | {field.description} |"
        )
    return "\n".join(rows)


def title(model) -> str:
    """The first sentence of a section's docstring, as a heading or a line."""
    return " ".join(model.__doc__.split("\n\n")[0].split()).rstrip(".")


def page() -> str:
    """The text of docs/settings.md."""
    parts = [HEAD]
    parts += [
        f"## {title(section).split('. ')[0].split('; ')[0]}\n\n{table(section)}\n"
        for section in SECTIONS
    ]
    parts.append(
        f"## Sections\n\n{table(Settings, ('tags', 'dimensions', 'shared_cost', 'chargeback', 'watch', 'tie_out', 'quality', 'maturity', 'calendar', 'rates', 'accrual', 'tax', 'entities'))}\n"
    )
    parts += [f"### {name}\n\n{title(model)}.\n\n{table(model)}\n" for name, model in NESTED]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
