"""The base that the ledger implies: workloads, prices, commitments as a tree of values (docs/method §3.1).

`read_facts` reads what a run needs from daily facts and settings once, for all scenarios of one day.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from ..documents import dump_yaml, stamp
from ..errors import ScenarioError, unknown
from ..forecasting import settling
from ..forecasting.covariates.workspace import NO_COVARIATES, WorkspaceCovariates, read_covariates
from ..forecasting.notes.as_events import with_notes
from ..prices.lists.catalog import Catalog, catalog_price, is_linear, load_catalog
from ..settings import Settings
from . import volumes as volume_facts
from .booked import recurring_by_workload
from .changes import escape
from .routing import routes
from .volumes import Meta

LIVE = ("Active", "Pending", "")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known at the end of `as_of`."""

    as_of: str
    currency: str
    names: tuple[str, ...]  # workloads with demand
    dates: np.ndarray  # (day,) history
    volume: np.ndarray  # (day, workload)
    mix: np.ndarray  # (workload, sku)
    meta: Meta
    daily: pd.DataFrame  # up to as_of
    catalog: Catalog | None
    inventory: tuple[dict, ...]  # live commitments, FOCUS 1.4 records
    drivers: tuple[str, ...]  # names of drivers (not outcomes) in the driver files
    replay: bool = False  # prices and contracts as known on that day only
    covariates: WorkspaceCovariates = (
        NO_COVARIATES  # what people know of workloads (finops.yaml: known)
    )
    unfinished: tuple[
        settling.Late, ...
    ] = ()  # days after as_of that are in but probably not whole (§2.24)


def read_facts(
    daily: pd.DataFrame, settings: Settings, as_of: str | None = None, replay: bool = False
) -> Facts:
    r"""Facts up to a day: what a scenario's base is made of.

    Newest days that look unfinished at their source are forecast, not learned from: as_of is the
    day before them.

    Parameters
    ----------
    daily : frame
        DAILY.
    settings : Settings
        Of the workspace: prices, inventory, drivers, what people know.
    as_of : str, optional
        YYYY-MM-DD; None: the ledger's newest complete day, as DAILY's attrs tell it, else the
        newest day with usage.
    replay : bool, optional
        No later price and no contract that starts later: no hindsight in graded forecasts.

    Returns
    -------
    Facts
        volume (day, workload), money of the ledger's currency at constant prices.

    Source
    ------
    docs/method §2.24, §3.6.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> facts = read_facts(rows, settings)
    >>> facts.as_of, facts.names, facts.volume.shape
    ('2025-03-28', ('a/(untagged)/GPU',), (87, 1))
    """
    usage = daily[
        daily["ChargeCategory"] == "Usage"
    ]  # fees are spread over days that have not come yet
    complete = daily.attrs.get("complete")
    newest = (
        min(complete, str(daily["ChargeDate"].max().date()))
        if complete
        else str((usage if len(usage) else daily)["ChargeDate"].max().date())
    )

    as_of, everything = min(str(as_of), newest) if as_of else newest, daily
    late = () if replay else unfinished(daily, settings, newest)
    late = tuple(one for one in late if one.day <= as_of)
    as_of = settling.settled(as_of, late)
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]

    folder = settings.path(settings.prices) if settings.prices else None
    catalog = _catalog(folder, stamp(sorted(folder.glob("*.y*ml")))) if folder else None
    if replay and catalog is not None:
        catalog = Catalog(
            {
                sku: kept
                for sku, history in catalog.prices.items()
                if (kept := tuple(price for price in history if price.since <= as_of))
            }
        )

    records = read_inventory(settings)
    if replay:
        records = [
            r for r in records if str(r.get("ContractCommitmentPeriodStart", ""))[:10] <= as_of
        ]
    live = tuple(
        r for r in records if str(r.get("ContractCommitmentLifecycleStatus") or "") in LIVE
    )

    names, dates, volume, mix, meta = volume_facts.volumes(daily, as_of, settings, catalog, records)
    facts = Facts(
        as_of=as_of,
        currency=settings.currency,
        names=names,
        dates=dates,
        volume=volume,
        mix=mix,
        meta=meta,
        daily=daily,
        catalog=catalog,
        inventory=live,
        drivers=driver_names(settings),
        replay=replay,
        unfinished=late,
    )

    if not settings.known and not settings.dated_notes:
        return facts
    known = read_covariates(settings, facts, everything, replay)
    return replace(facts, covariates=with_notes(known, settings, facts, everything, replay))


def unfinished(daily: pd.DataFrame, settings: Settings, newest: str) -> tuple[settling.Late, ...]:
    """Days up to `newest` that look unfinished at their source. Days that the ledger has followed for longer than the window are whole."""
    followed_to = daily.attrs.get("complete") or newest
    followed = max(
        int((np.datetime64(followed_to, "D") - np.datetime64(newest, "D")).astype(int)), 0
    )
    held = frozenset(volume_facts.commitment_id(record) for record in read_inventory(settings))
    return settling.of_sources(daily, newest, max(settings.settling_days - followed, 0), held)


def read_inventory(settings: Settings) -> list[dict]:
    """The records of the commitments file, as text."""
    if not settings.commitments:
        return []
    path = settings.path(settings.commitments)
    if not path.is_file():
        raise ScenarioError(
            f"{settings.commitments}: there is no such file. Check commitments in finops.yaml."
        )
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [{k: v for k, v in row.items() if k} for row in csv.DictReader(file)]


def driver_names(settings: Settings) -> tuple[str, ...]:
    """Names of the drivers of the settings; outcomes drive nothing."""
    if not settings.drivers:
        return ()
    files = tuple(settings.files(settings.drivers))
    return _driver_names(files, stamp(files))


@lru_cache(maxsize=8)
def _driver_names(files: tuple, _: tuple) -> tuple[str, ...]:
    from ..facts.plans import read as plans

    frame = plans.read_drivers(files)
    return tuple(sorted(set(frame.loc[frame["role"] == "driver", "name"])))


@lru_cache(maxsize=8)
def _catalog(folder, _: tuple) -> Catalog:
    return load_catalog(folder)


def tree(facts: Facts, drivers: tuple[str, ...]) -> dict:
    """The base as nested plain values; level 1 and growth 0 mean "as forecast"."""
    meta = facts.meta
    default = drivers[0] if len(drivers) == 1 else ""
    workloads = {}
    for w, name in enumerate(facts.names):
        shares = routes(facts, w).shares
        workloads[name] = {
            "unit": meta.unit_of[w],
            "team": meta.team[w],
            "environment": meta.environment[w],
            "service": meta.service[w],
            "driver": default,
            "elasticity": 1.0,
            "demand": {"level": 1.0, "growth_per_month": 0.0},
            **({"routing": shares} if shares else {}),
        }
    recurring = {name: {"level": 1.0} for name in recurring_by_workload(facts)}
    return {
        "drivers": {name: {"level": 1.0, "growth_per_year": 0.0} for name in drivers},
        "workloads": workloads,
        **({"recurring": recurring} if recurring else {}),
        "prices": price_tree(facts),
        "risks": {},
        "commitments": {str(r["ContractCommitmentId"]): _terms(r) for r in facts.inventory},
    }


def price_tree(facts: Facts) -> dict:
    """Every SKU of ledger and catalog: money per `block` of units, as paid; `factor` for forms with tiers."""
    prices = {}
    for sku in facts.meta.skus:
        listed = catalog_price(facts.catalog, sku.id, facts.as_of)
        if listed is not None and not is_linear(listed):
            prices[sku.id] = {
                "factor": 1.0,
                "unit": sku.unit,
                "rate": type(listed.rate).__name__.casefold(),
            }
        else:
            block = listed.rate.block if listed is not None else 1.0
            prices[sku.id] = {
                "price": sku.price * block,
                "block": block,
                "unit": sku.unit,
                "rate": "linear",
            }
    for sku in facts.catalog.skus if facts.catalog else ():
        listed = catalog_price(facts.catalog, sku, facts.as_of) or facts.catalog.prices[sku][0]
        if sku not in prices and is_linear(listed):
            prices[sku] = {
                "price": listed.rate.price,
                "block": listed.rate.block,
                "unit": listed.unit,
                "rate": "linear",
            }
    return dict(sorted(prices.items()))


def _terms(record: dict) -> dict:
    """A record of the inventory as values: numbers where they are numbers."""
    values = {}
    for name, value in record.items():
        text = "" if value is None else str(value).strip()
        if not text:
            continue
        try:
            values[name] = float(text)
        except ValueError:
            values[name] = text
    return values


def pick_driver(name: str, drivers, where: str) -> str:
    """`name` if it is a driver; raises ScenarioError with the nearest one."""
    if name and name not in drivers:
        raise ScenarioError(unknown(where, "driver", name, drivers))
    return name


def init_base(daily: pd.DataFrame, settings: Settings) -> str:
    """YAML text of a base scenario for a ledger: every workload with its driver, elasticity and models.

    Values that the ledger tells (prices, shares, contracts) and those that finops.yaml says (paths, seed) stay out: they are read anew at every run.
    """
    drivers = driver_names(settings)
    newest = str(daily["ChargeDate"].max().date())
    implied = (
        {"workloads": {}}
        if volume_facts.too_little(daily, newest)
        else tree(read_facts(daily, settings), drivers)
    )
    workloads: dict = {"from": "ledger"}
    for name, values in implied["workloads"].items():
        workloads[name] = {
            **({"driver": values["driver"]} if values["driver"] else {}),
            "elasticity": 1.0,
        }
    document = {
        "name": "Base",
        "question": "What will it cost if nothing changes?",
        "workloads": workloads,
        **(
            {"drivers": {name: {"level": 1.0, "growth_per_year": 0.0} for name in drivers}}
            if drivers
            else {}
        ),
        "assumptions": [
            {"text": "Each workload goes on as its own history says", "source": "ledger"},
            *(
                [{"text": "Workloads follow their driver in proportion (elasticity 1)"}]
                if drivers
                else []
            ),
        ],
        "changes": [],
    }
    lines = [
        "# Made by `finops scenario init` from the ledger; yours to edit. Prices, shares and contracts are read anew at every run;",
        "# paths and seed are those of finops.yaml, unless they are written here.",
    ]
    if len(drivers) > 1:
        lines.append(
            f"# Drivers known: {', '.join(drivers)}. Give each workload its own with `driver: NAME`."
        )
    return "\n".join(lines) + "\n" + dump_yaml(document)


def workload_path(name: str) -> str:
    return f"workloads/{escape(name)}"
