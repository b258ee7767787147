"""FinOps for AI: what AI costs, what it may cost, and what each choice would change.

ingest → daily facts → forecast → scenario → simulation → brief → report, workbook, dashboard

>>> import finops_model as fm
>>> settings = fm.load_settings("finops.yaml")            # doctest: +SKIP
>>> run = fm.run("scenarios/20_smaller_model.yaml", settings=settings)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

# Names load on first use (PEP 562): a dashboard kernel must not pay for pandas or Prophet.
_WHERE = {
    "load_settings": "settings",
    "Ledger": "facts.ledger.store",
    "read": "facts.intake.tables:read_table",
    "daily": "facts.daily.warehouse",
    "forecast": "front.forecasting.forecasts",
    "components": "publish.charts.components",
    "backtest": "forecasting.backtest",
    "load_scenario": "scenario.document",
    "run": "simulate.scenarios",
    "run_many": "simulate.scenarios",
    "load_run": "simulate.run",
    "explain": "scenario.explain",
    "best_commitments": "decide.commitments.search.best",
    "commit": "decide.commitments.workspace",
    "compare": "decide.compare",
    "find_anomalies": "measure.anomalies.detect",
    "sensitivity": "decide.sensitivity",
    "load_catalog": "prices.lists.catalog",
    "price": "prices.settle.settlement",
    "report": "publish.job.month",
    "verify": "publish.verify.verifying",
    "start": "publish.start",
    "bridge": "publish.bridges.build",
    "options": "decide.questions.options.asked",
    "solve": "decide.questions.solve",
    "runout": "measure.runout.workspace",
    "kpi": "front.kpi",
    "export": "front.export",
    "advise": "front.advise",
    "reserve": "front.reserve",
    "realised": "front.realised",
    "roi": "front.outlook.roi:roi",
    "recover": "front.recover",
    "draft_budget": "front.budgets.draft",
    "monday": "front.monday",
    "workbench": "front.workbench:workbench",
    "waterfall": "front.waterfall",
    "maturity": "front.cycle.maturity",
    "FinOpsError": "errors",
}
__all__ = [
    "FinOpsError",
    "Ledger",
    "advise",
    "backtest",
    "best_commitments",
    "bridge",
    "commit",
    "compare",
    "components",
    "daily",
    "draft_budget",
    "explain",
    "export",
    "find_anomalies",
    "forecast",
    "kpi",
    "load_catalog",
    "load_run",
    "load_scenario",
    "load_settings",
    "monday",
    "maturity",
    "options",
    "price",
    "read",
    "realised",
    "recover",
    "report",
    "reserve",
    "roi",
    "run",
    "run_many",
    "runout",
    "sensitivity",
    "solve",
    "start",
    "verify",
    "workbench",
    "waterfall",
]


def __getattr__(name: str):
    if name not in _WHERE:
        raise AttributeError(f"finops_model has no '{name}'. It has: {', '.join(__all__)}.")
    module, _, attribute = _WHERE[name].partition(":")
    value = getattr(importlib.import_module(f".{module}", __name__), attribute or name)
    globals()[name] = value
    return value


def __dir__():
    return [*__all__, "__version__"]
