"""Daily usage and cost: kept beside the ledger, or asked of its rows by the expressions of `query`.

Those are imported where they run: kept facts need no ibis. Sums are DECIMAL until the very end; only then do they become
float64 (docs/method §7, §13).
"""

from __future__ import annotations

import math

import pandas as pd

from ...errors import LedgerError
from ...settings import column_of, load_tag_rules
from ..ledger import twice
from ..ledger.receipt import add
from . import kept
from .allocate import UNTAGGED, allocate, organisation_of
from .entities import one_currency
from .query.columns import DAILY, KEYS, MEASURES, PLAIN, RESOURCE, TAGS, TOLD, dimension_names

RULES = (
    2  # raise it when a rule of this file changes: kept answers of older rules are then not used
)


def daily(ledger, settings, through=None) -> pd.DataFrame:
    r"""DAILY: a row per day and key, sorted by KEYS; its columns: docs/architecture.md §1.

    A charge of several days is spread evenly over its days, to the tenth decimal: the last day
    takes what rounding leaves over. Charges that start and end at midnight UTC are day grained and
    keep their days; others are cut in the billing time zone. `Rows` counts a charge on its first
    day, so that Rows adds up to ledger.rows when `through` is None.

    Parameters
    ----------
    ledger : Ledger
        Of one currency.
    settings : Settings
        Its currency (held to be the ledger's), tags, time_zone and organisation are used.
    through : date or str, optional
        Last day that is included, YYYY-MM-DD; None: all.

    Returns
    -------
    frame
        `attrs["complete"]` is the ledger's newest complete day: fees are spread over days that have
        not come yet.

    Source
    ------
    docs/method §13.7, §13.8, §13.16.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> ledger = fm.Ledger(settings.path(settings.ledger))
    >>> rows = daily(ledger, settings)
    >>> len(rows), rows.attrs["complete"], float(rows["EffectiveCost"].sum()) == float(ledger.totals()["USD"])
    (84, '2025-03-28', True)
    """
    one_currency(ledger, settings.currency)
    frame = _daily(ledger, settings, through)
    frame.attrs = {"complete": str(ledger.last_day(settings.time_zone))} if len(frame) else {}
    return frame


def _daily(ledger, settings, through) -> pd.DataFrame:
    organisation, parts, doubled = organisation_of(settings), ledger.proof(), twice.of(ledger)
    rules, dimensions = load_tag_rules(settings), settings.dimensions
    own = [column_of(name) for name in dimensions]
    keys, columns = [*KEYS, *own], [*KEYS, *own, *MEASURES, "Rows"]
    asked = kept.question(
        [
            RULES,
            parts,
            ledger.fingerprint(),
            settings.tags.model_dump(),
            settings.time_zone,
            organisation,
            str(through),
            *([rules.model_dump()] if rules.moves else []),
            *([{name: one.model_dump() for name, one in dimensions.items()}] if dimensions else []),
        ]
    )
    daily = kept.read(ledger.root, asked)
    if (
        daily is not None
        and set(columns) <= set(daily)
        and (through is not None or not off(daily, ledger, doubled))
    ):
        return _typed(daily, keys)[columns]
    if not parts:
        return _typed(pd.DataFrame({name: [] for name in columns}), keys)
    from .query import expressions

    frame = expressions.run(
        ledger, doubled, lambda rows: expressions.expression(rows, settings, through, rules)
    )
    frame = allocate(_typed(frame, keys), organisation)
    frame[own] = frame[own].replace("", UNTAGGED)
    if frame.duplicated(KEYS).any():  # a tag that spells out what a rule made of untagged rows
        frame = frame.groupby(keys, as_index=False, sort=False)[[*MEASURES, "Rows"]].sum()
    frame = frame.sort_values(keys, ignore_index=True)[columns]
    if through is None and (gap := off(frame, ledger, doubled)):
        raise LedgerError(
            f"{ledger.root}: {gap}. No figure is made from it: this is a fault of finops-model, please report it."
        )
    kept.keep(ledger.root, asked, frame)
    return frame


def off(frame: pd.DataFrame, ledger, doubled: list) -> str:
    """Where daily facts do not add up to the ledger's record, to the cent per currency, in words; '' where they do.

    doubled    commitments that the bill counts twice: EffectiveCost is without what is set aside of them (§13.23)
    """
    if int(frame["Rows"].sum()) != ledger.rows:
        return (
            f"the daily facts hold {int(frame['Rows'].sum()):,} rows and the record {ledger.rows:,}"
        )
    for column in ("BilledCost", "EffectiveCost"):
        said = add(
            ledger.totals(column),
            *({c: -a} for c, a in twice.set_aside(doubled).items() if column == "EffectiveCost"),
        )
        sums = {
            currency: math.fsum(part[column])
            for currency, part in frame.groupby("BillingCurrency", observed=True)
        }
        for currency in sorted({*said, *sums}):
            then, now = float(said.get(currency, 0)), sums.get(currency, 0.0)
            if not abs(now - then) < 0.005 + 1e-12 * abs(then):
                return f"the daily facts add up to {column} {now:,.2f} {currency} and the record says {then:,.2f}"
    return ""


def tag_months(ledger, settings, keys: list[str], through=None) -> pd.DataFrame:
    """EffectiveCost by month, by what tags say and by the step that gave each dimension its value (query/expressions.py)."""
    from .query import expressions

    one_currency(ledger, settings.currency)
    return expressions.tag_months(ledger, settings, keys, through, twice.of(ledger))


def charges(ledger, settings, through=None) -> pd.DataFrame:
    """DAILY's charges with exact money and the billing period they are invoiced in (query/expressions.py)."""
    from .query import expressions

    one_currency(ledger, settings.currency)
    return expressions.charges(ledger, settings, through, twice.of(ledger))


def by_resource(ledger, settings, through=None) -> pd.DataFrame:
    """DAILY's rows by the resource that caused them; no row is added or lost (query/expressions.py)."""
    from .query import expressions

    one_currency(ledger, settings.currency)
    return expressions.by_resource(ledger, settings, through, twice.of(ledger))


def _typed(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Column types of DAILY and the company's own dimensions, for an empty ledger too."""
    text = {name: "str" for name in keys if name != "ChargeDate"}
    frame = frame.assign(ChargeDate=pd.to_datetime(frame["ChargeDate"]).astype("datetime64[ns]"))
    frame[MEASURES] = frame[MEASURES].astype("float64").fillna(0.0)
    frame = frame.astype({**text, "Rows": "int64"})
    frame[list(text)] = frame[list(text)].fillna("")
    return frame


__all__ = [
    "DAILY",
    "KEYS",
    "MEASURES",
    "PLAIN",
    "RESOURCE",
    "TAGS",
    "TOLD",
    "by_resource",
    "charges",
    "daily",
    "dimension_names",
    "off",
    "tag_months",
]
