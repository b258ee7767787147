"""Totals of a workspace at every node: business units, teams, services, workloads, bottom-up by path (docs/method §2.22).

Money of each workload on each path is given to its node and added up; quantiles are taken of sums, never added. By service a workload's money
is split as its expected month is; by unit, team and workload it belongs to one node.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ..errors import ForecastError, unknown
from ..facts.daily.allocate import UNTAGGED
from ..forecasting.covariates.workspace import WorkspaceCovariates
from ..forecasting.ensemble import mean_shares
from ..forecasting.widths.demand import Demand
from ..forecasting.widths.noise import LEADS
from ..periods import add_months, fiscal_months, fiscal_year, month_days, month_of, month_range
from ..progress import Progress, part
from ..scenario.booked import cost_rows, recurring_rows
from ..scenario.volumes import WINDOW
from .compile.plan import Plan
from .compile.risk_plan import parents, price_factors
from .compile.to_flat import by_workload, compile_flat
from .kept_fits import Fits
from .kernel.engine import label, stream
from .kernel.limits import check

COLUMN = {
    "service": "ServiceName",
    "team": "x_Team",
    "unit": "x_BusinessUnit",
    "workload": "x_Workload",
    "environment": "x_Environment",
    "model": "x_Model",
}
HOMED = ("service", "team", "unit", "workload")  # the others are split as the newest cost is
OF_THE_BILL = ("x_Team", "x_Environment", "x_Workload", "x_BusinessUnit", "x_Model")
SHOCKS = ("independent", "shared")


def kinds(daily: pd.DataFrame) -> dict[str, str]:
    """{kind of node: column}: COLUMN, and the company's own dimensions that daily facts have.

    >>> kinds(pd.DataFrame(columns=["x_Team", "x_CustomerTier", "EffectiveCost"]))["customer_tier"]
    'x_CustomerTier'
    """
    own = [name for name in daily if name.startswith("x_") and name not in OF_THE_BILL]
    return COLUMN | {re.sub(r"(?<!^)(?=[A-Z])", "_", name[2:]).lower(): name for name in own}


@dataclass(frozen=True)
class Span:
    """A month, quarter or fiscal year of a forecast."""

    name: str  # 2026-12, FY2026-Q4, FY2026
    kind: str  # month | quarter | year
    months: tuple[str, ...]  # all of them
    at: tuple[int, ...]  # positions of those that are forecast
    booked: tuple[str, ...]  # those that are booked
    missing: tuple[str, ...]  # those that neither bill nor forecast reaches
    lead: int  # of its last month: 0 the month under way, 1 the next one

    @property
    def graded(self) -> bool:
        """Whether past forecasts so far ahead have been graded; else its range is an assumption."""
        return self.lead <= LEADS


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Totals (path, month, node) of money, the booked part of the month under way included."""

    by: str
    names: tuple[str, ...]
    months: tuple[str, ...]
    totals: np.ndarray
    booked: dict[str, np.ndarray]  # earlier month -> (node,) what was booked
    as_of: str
    currency: str
    first_day: str  # of the ledger
    covariates: WorkspaceCovariates
    unfinished: tuple = ()  # days after as_of that look unfinished (settling.Late)
    # method -> its share of the forecast volume of all workloads, adds up to 1
    weights: dict[str, float] = field(default_factory=dict)
    yearly: dict[str, float] = field(default_factory=dict)  # members of the totals of four weeks

    def paths(self, span: Span, node: str | None = None) -> np.ndarray:
        """Total of each path over a span, (path,); node None: all of them. Raises ForecastError with the nearest node."""
        if node is not None and node not in self.names:
            raise ForecastError(unknown(f"--by {self.by}", self.by, node, self.names))
        at = slice(None) if node is None else [self.names.index(node)]
        before = sum(float(self.booked[month][at].sum()) for month in span.booked)
        return self.totals[:, list(span.at)][:, :, at].sum(axis=(1, 2)) + before

    def quantiles(
        self, span: Span, node: str | None = None, q=(0.1, 0.5, 0.9)
    ) -> tuple[float, ...]:
        return tuple(float(value) for value in np.quantile(self.paths(span, node), q))

    def spans(self, starts: int = 1, quarters: bool = False) -> list[Span]:
        """Its months, or the fiscal quarters and years that it touches."""
        return spans(self.months, self.as_of, self.first_day, starts, quarters)


def spans(
    months, as_of: str, first_day: str, starts: int = 1, quarters: bool = False
) -> list[Span]:
    """The months, or the fiscal quarters and years, that a forecast touches; booked months of them count as booked.

    >>> [(s.name, s.booked, len(s.at), s.missing) for s in spans(("2026-11", "2026-12", "2027-01"), "2026-11-15", "2024-06-01", quarters=True)]
    [('FY2026-Q4', ('2026-10',), 2, ()), ('FY2027-Q1', (), 1, ('2027-02', '2027-03')), ('FY2026', ('2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10'), 2, ()), ('FY2027', (), 1, ('2027-02', '2027-03', '2027-04', '2027-05', '2027-06', '2027-07', '2027-08', '2027-09', '2027-10', '2027-11', '2027-12'))]
    """
    now, whole_from = (
        month_of(as_of),
        first_day[:7] if first_day.endswith("-01") else add_months(first_day[:7], 1),
    )

    def span(name, kind, inside):
        at = tuple(months.index(month) for month in inside if month in months)
        booked = tuple(
            month
            for month in inside
            if month not in months and whole_from <= month and month < months[0]
        )
        missing = tuple(month for month in inside if month not in months and month not in booked)
        last = months[at[-1]]
        lead = (int(last[:4]) - int(now[:4])) * 12 + int(last[5:]) - int(now[5:])
        return Span(name, kind, tuple(inside), at, booked, missing, lead)

    if not quarters:
        return [span(month, "month", (month,)) for month in months]
    longer: dict[str, Span] = {}
    for month in months:
        year = fiscal_months(month, starts)
        at = year.index(month) // 3
        name = f"{fiscal_year(month, starts)}-Q{at + 1}"
        longer.setdefault(name, span(name, "quarter", year[3 * at : 3 * at + 3]))
    for month in months:
        longer.setdefault(
            fiscal_year(month, starts),
            span(fiscal_year(month, starts), "year", fiscal_months(month, starts)),
        )
    return list(longer.values())


def hierarchy_totals(
    plan: Plan,
    resolved,
    by: str = "unit",
    *,
    paths: int | None = None,
    engine: str | None = None,
    threads: int = 2,
    executor="threads",
    progress: Progress | None = None,
) -> Hierarchy:
    """Simulate a plan and add its money up at the nodes of one kind: unit, team, service or workload.

    By unit the totals are those of `simulate` path by path. Raises ForecastError with the nearest kind.
    """
    if by not in (known := kinds(resolved.facts.daily)):
        raise ForecastError(unknown("--by", "kind of node", by, known))
    paths = plan.about.paths if paths is None else paths
    names, share, fixed, booked = _given(plan, resolved, by)
    compiled, engine = compile_flat(plan), label(engine)
    check(compiled.flat, paths, columns=len(names) + 1)
    totals = np.empty((paths, len(plan.months), len(names)))
    for block in stream(
        compiled.flat,
        paths,
        plan.about.seed,
        engine,
        executor=executor,
        workers=threads,
        progress=progress,
    ):
        money = by_workload(compiled, block, plan.about.seed)
        totals[block.path0 : block.path0 + len(money)] = (
            np.einsum("pmw,mwn->pmn", money, share, optimize=True) + fixed
        )
    facts = resolved.facts
    return Hierarchy(
        by=by,
        names=names,
        months=plan.months,
        totals=totals,
        booked=booked,
        as_of=plan.about.as_of,
        currency=plan.about.currency,
        first_day=str(facts.daily["ChargeDate"].min().date()),
        covariates=facts.covariates,
        unfinished=facts.unfinished,
    )


def forecast_hierarchy(
    settings,
    daily: pd.DataFrame,
    by: str = "unit",
    months: int = 12,
    shocks=(None,),
    *,
    paths: int | None = None,
    as_of: str | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
    fits: Fits | None = None,
) -> dict[str | None, Hierarchy]:
    r"""The base scenario of a workspace at every node, one answer for each way to draw shocks.

    Parameters
    ----------
    settings : Settings
        Of the workspace.
    daily : frame
        DAILY.
    by : str, optional
        What the nodes are: unit, team, service, workload, environment, model or a dimension of the
        company's own.
    months : int, optional
        Whole months ahead; a month under way comes before them.
    shocks : sequence, optional
        Of None (as measured from past misses), "independent", "shared"; one fit and the same own
        draws serve all.
    paths : int, optional
        Instead of the scenario's.
    as_of : str, optional
        Look at no later day, YYYY-MM-DD.
    engine : str, optional
        As in `run_many`.
    progress : callable, optional
        Called with (text, done, total).
    fits : Fits, optional
        Where fits are kept (simulate/kept_fits.py); None: made anew.

    Returns
    -------
    dict of str or None to Hierarchy
        One for each of `shocks`; totals (path, span) of each node, money.

    Raises
    ------
    ForecastError
        An unknown kind of node, or too short a history.

    Source
    ------
    docs/method §2.13, §2.22.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> nodes = forecast_hierarchy(settings, rows, months=1, paths=64)[None]
    >>> nodes.names, [span.name for span in nodes.spans()]
    (('All',), ['2025-03', '2025-04'])
    """
    from ..scenario.document import load_scenario, resolve
    from ..scenario.ledger_base import read_facts
    from .compile.plan import compile_plan, future
    from .scenarios import demand_of

    if by not in (known := kinds(daily)):
        raise ForecastError(unknown("--by", "kind of node", by, known))

    facts = read_facts(daily, settings, as_of)
    begun = facts.as_of != str(month_days(month_of(facts.as_of))[-1])
    loaded = load_scenario(settings.path(settings.scenario) if settings.scenario else None)
    resolved = resolve(loaded, settings=settings, facts=facts, months=months + begun, paths=paths)
    demand = demand_of(
        facts, len(future(resolved)), resolved.seed, settings.methods, progress, fits=fits
    )
    sizes = demand.median.sum(axis=0)
    weights, yearly = mean_shares(demand.weights, sizes), mean_shares(demand.yearly, sizes)
    hierarchies = {}
    for how in shocks:
        say = (
            part(progress, f"{how or 'as measured'}: ")
            if progress and len(shocks) > 1
            else progress
        )
        totals = hierarchy_totals(
            compile_plan(resolved, with_shocks(demand, how)),
            resolved,
            by,
            engine=engine,
            progress=say,
        )
        hierarchies[how] = replace(totals, weights=weights, yearly=yearly)
    return hierarchies


def with_shocks(demand: Demand, shocks: str | None) -> Demand:
    """The same demand with levels that share all their surprises, or none; None: as measured from past misses.

    Raises ForecastError with the nearest word.
    """
    if shocks is None:
        return demand
    if shocks not in SHOCKS:
        raise ForecastError(unknown("--shocks", "kind of shocks", shocks, (*SHOCKS, "both")))
    return replace(demand, loading=np.full(len(demand.names), 1.0 if shocks == "shared" else 0.0))


def _given(plan: Plan, resolved, by: str):
    """(names, share (month, workload, node), fixed (month, node), booked {month: (node,)}): who gets what of a workload's money."""
    facts, column = resolved.facts, kinds(resolved.facts.daily)[by]
    rows = named(cost_rows(facts), column)
    homes, of = _homes(rows, plan, resolved, by), parents(resolved)
    split = _services(plan) if by == "service" else {}
    if by not in HOMED:
        split = _newest(rows, plan, column)
    recurring = _recurring(facts, column)
    names = sorted(
        {
            *rows[column].astype(str),
            *homes.values(),
            *(plan.units if by == "unit" else ()),
            *(node for _, node in split),
            *(node for _, node in recurring),
        }
    )
    position = {name: i for i, name in enumerate(names)}
    share, fixed = (
        np.zeros((len(plan.months), len(plan.names), len(names))),
        np.zeros((len(plan.months), len(names))),
    )
    for w, name in enumerate(plan.names):
        mine = {
            node: weight
            for (one, node), weight in split.items()
            if one == plan.names.index(of.get(name, name))
        }
        whole = sum(mine.values()) if mine else np.zeros(len(plan.months))
        for node, weight in mine.items():
            share[:, w, position[node]] = np.divide(
                weight, whole, out=np.zeros_like(whole), where=whole > 0
            )
        if by == "unit":
            paid = {
                plan.units[u]: plan.booked.paid_by[w, u]
                for u in np.flatnonzero(plan.booked.paid_by[w])
            }
            share[:, w, [position[unit] for unit in paid]] = list(paid.values())
        else:
            paid = {homes[name]: 1.0}
            share[whole <= 0, w, position[homes[name]]] = 1.0
        own = (
            {node: value for (of, node), value in recurring.items() if of == name}
            if by == "service" or by not in HOMED
            else {}
        )
        total = sum(own.values())
        for node, value in (own if total else paid).items():
            fixed[:, position[node]] += plan.booked.recurring[:, w] * value / (total or 1.0)
    month = rows["ChargeDate"].dt.strftime("%Y-%m")
    for node, value in rows[month == plan.months[0]].groupby(column)["EffectiveCost"].sum().items():
        fixed[0, position[str(node)]] += value
    since = month_range(fiscal_months(plan.months[0], 1)[0], plan.months[0])[0]
    earlier = sorted(m for m in set(month) if m < plan.months[0] and m >= add_months(since, -12))
    table = rows.assign(month=month).groupby(["month", column])["EffectiveCost"].sum()
    booked = {m: np.zeros(len(names)) for m in earlier}
    for (m, node), value in table.items():
        if m in booked:
            booked[m][position[str(node)]] = value
    used = (
        share.any(axis=(0, 1))
        | (fixed != 0).any(axis=0)
        | np.array([any(b[i] for b in booked.values()) for i in range(len(names))], bool)
    )
    return (
        tuple(np.array(names)[used].tolist()),
        share[:, :, used],
        fixed[:, used],
        {m: values[used] for m, values in booked.items()},
    )


def named(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Rows whose cells of a column all say something: (untagged) where the bill is silent (x_Model)."""
    return rows.assign(**{column: rows[column].replace("", UNTAGGED)})


def _homes(rows: pd.DataFrame, plan: Plan, resolved, by: str) -> dict[str, str]:
    """The node each workload belongs to: of a unit as the plan has it, else what carries most of its newest cost, else what a launch says."""
    if by == "workload":
        return {name: name for name in plan.names}
    if by == "unit":
        return {name: plan.units[u] for name, u in zip(plan.names, plan.booked.unit_of)}
    column = kinds(rows)[by]
    newest = rows.groupby("x_Workload")["ChargeDate"].transform("max")
    fresh = rows[rows["ChargeDate"] > newest - pd.Timedelta(days=WINDOW)]
    totals = fresh.groupby(["x_Workload", column])["EffectiveCost"].sum().reset_index()
    totals = totals.sort_values(
        ["x_Workload", "EffectiveCost", column], ascending=[True, False, True]
    )
    home = dict(
        totals.drop_duplicates("x_Workload")[["x_Workload", column]].itertuples(index=False)
    )
    tree, of = resolved.tree["workloads"], parents(resolved)
    return {
        name: str(home.get(of.get(name, name)) or tree.get(name, {}).get(by) or "(planned)")
        for name in plan.names
    }


def _services(plan: Plan) -> dict[tuple[int, str], np.ndarray]:
    """(workload, service) -> expected money by month of its SKUs, from quantities on the median path × expected prices."""
    by_service: dict[tuple[int, str], np.ndarray] = {}
    inside = plan.month_of >= 0
    factor = {
        sku: price_factors(plan.demand.series, sku, slice(None), plan.about.seed).mean(axis=0)
        for sku in {item[1] for item in plan.prices.items}
    }
    for _, sku, service, _, quantity, price, w in plan.prices.items:
        money = np.bincount(
            plan.month_of[inside],
            (plan.demand.median[:, w] * quantity * price * factor[sku])[inside],
            len(plan.months),
        )
        by_service[w, service] = by_service.get((w, service), 0.0) + money
    return by_service


def _newest(rows: pd.DataFrame, plan: Plan, column: str) -> dict[tuple[int, str], np.ndarray]:
    """(workload, node) -> its share of the workload's newest cost, the same in every month: a customer's part is not forecast apart.

    A workload whose newest cost has a node below zero is not split: it goes to its home.
    """
    newest = rows.groupby("x_Workload")["ChargeDate"].transform("max")
    fresh = rows[rows["ChargeDate"] > newest - pd.Timedelta(days=WINDOW)]
    cost = fresh.groupby(["x_Workload", column])["EffectiveCost"].sum()
    split: dict[tuple[int, str], np.ndarray] = {}
    for w, name in enumerate(plan.names):
        mine = cost.loc[name] if name in cost.index else cost.iloc[:0]
        if len(mine) and (mine >= 0).all() and mine.sum() > 0:
            for node, value in mine.items():
                split[w, str(node)] = np.full(len(plan.months), float(value))
    return split


def _recurring(facts, column: str) -> dict[tuple[str, str], float]:
    """(workload, node) -> recurring money of the newest full month."""
    return {
        (str(w), str(node)): float(value)
        for (w, node), value in named(recurring_rows(facts), column)
        .groupby(["x_Workload", column])["EffectiveCost"]
        .sum()
        .items()
        if value
    }
