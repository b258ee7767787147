"""What a company tells us once (`finops.yaml`): a module and a class for every section.

A key stands in the class of its section, with its type, its default and a sentence on what it
means; `docs/settings.md` is made from that. An unknown key is refused with the nearest one.
"""

from .books.booking import AccrualSettings, TaxSettings
from .books.calendar import FiscalCalendar
from .books.chargeback import Chargeback
from .books.rates import ExchangeRates
from .cycle.maturity import Maturity, Stated, Steps
from .cycle.outlook import Charges, Cogs
from .cycle.waste import WasteRules
from .document import SECTIONS, WORKSPACES, Settings, load_settings
from .entities import Entity
from .report import Limit, Materiality, Quality, TieOut
from .shared_cost import Pool, SharedCost
from .strict import Strict
from .tag_rules import (
    Dimension,
    DimensionRule,
    TagKey,
    TagRules,
    VirtualTag,
    column_of,
    load_tag_rules,
)
from .tags import Tags
from .unit_costs import UnitCost, UnitCosts
from .watch import BalanceEntry, QuotaEntry, WatchLimits

__all__ = [
    "SECTIONS",
    "WORKSPACES",
    "AccrualSettings",
    "BalanceEntry",
    "Chargeback",
    "Charges",
    "Cogs",
    "Dimension",
    "DimensionRule",
    "Entity",
    "ExchangeRates",
    "FiscalCalendar",
    "Limit",
    "Materiality",
    "Maturity",
    "Pool",
    "Quality",
    "QuotaEntry",
    "Settings",
    "SharedCost",
    "Stated",
    "Steps",
    "Strict",
    "TagKey",
    "TagRules",
    "Tags",
    "TieOut",
    "TaxSettings",
    "UnitCost",
    "UnitCosts",
    "VirtualTag",
    "WasteRules",
    "WatchLimits",
    "column_of",
    "load_settings",
    "load_tag_rules",
]
