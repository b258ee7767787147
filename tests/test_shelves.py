"""A file on a shelf is no decision: a newcomer moves no number until somebody names it, and one that is broken is refused in one sentence."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from start_world import bill, driver, written
from test_bad_inputs import holds
from typer.testing import CliRunner

from finops_model import shelf
from finops_model.cli import app
from finops_model.errors import FinOpsError, ForecastError, InputError, ScenarioError, listing
from finops_model.facts.intake import importers
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.ledger.store import Ledger
from finops_model.forecasting import methods as forecasters
from finops_model.forecasting import sparse
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths.demand import fit_demand
from finops_model.measure import kpis
from finops_model.measure.brief import brief
from finops_model.prices import instruments, rates, transforms
from finops_model.publish import close
from finops_model.publish import start as starting
from finops_model.publish.job import month as job
from finops_model.publish.report import briefs
from finops_model.settings import load_settings
from finops_model.simulate import scenarios as simulate
from finops_model.uncertainty import distributions, elicit, risks

BILLS = Path(__file__).parent / "fixtures" / "bills"
HISTORY = pd.Series(
    np.resize([5.0, 6, 5, 5, 7, 2, 2], 200) + np.arange(200) / 50,
    pd.date_range("2026-01-01", periods=200),
)
SOMETIMES = pd.Series(
    np.tile([0.0, 0, 4, 0, 0, 0, 0, 0, 0, 0], 30), pd.date_range("2026-01-01", periods=300)
)

# Newcomers, one for each shelf; each would be first by the alphabet, and loud if anybody asked it unasked.
LOUD = "MIN_DAYS = 1\nCOST = 'cheap'\n{more}\nimport numpy as np\n\ndef point(history, dates, horizon, season=7):\n    return np.full(horizon, 1e6)\n"
PLAIN_LIST = """from {package} import _console, _json

TITLE = "Our list (JSON)"
{more}

def recognise(source):
    return _json.is_list(source, ("day", "usd"))

def read(source):
    rows = [_console.charge(line["x_Row"], (line["day"], line["until"]), line["usd"], "USD", {{"team": line["team"]}}, ServiceName="Ours")
            for line in _json.records(source)]
    return _json.export(source, "our list", rows)
"""
GREEDY = "TITLE = 'Everything'\n{more}\ndef recognise(source):\n    return True\n\ndef read(source):\n    raise SystemExit\n"
KPI = (
    "import pandas as pd\nfrom {package} import Part\n{more}\n\ndef parts(facts):\n    cost = facts.daily.groupby('ChargeDate')['EffectiveCost'].sum()\n"
    "    return [Part('Cost per day', facts.currency, cost, pd.Series(1.0, cost.index))]\n"
)
RATE = "from dataclasses import dataclass\nfrom {package}.linear import Linear\n\n@dataclass(frozen=True)\nclass AaaNew(Linear):\n    block: float = 0.5\n"
TRANSFORM = "from dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass AaaNew:\n    def apply(self, quantity):\n        return quantity\n"
INSTRUMENT = "from dataclasses import dataclass\nfrom {package}.units import Units\n\n@dataclass(frozen=True)\nclass AaaNew(Units):\n    rank = -1\n"
FORM = "from dataclasses import dataclass\nfrom {package}.uniform import Uniform\n\n@dataclass(frozen=True)\nclass AaaNew(Uniform):\n    pass\n"
RISK = "from dataclasses import dataclass\nfrom {package}.fx import Fx\n\n@dataclass(frozen=True, kw_only=True)\nclass AaaNew(Fx):\n    volatility: float = 0.5\n"
CLASSES = {
    rates: RATE,
    transforms: TRANSFORM,
    instruments: INSTRUMENT,
    distributions: FORM,
    risks: RISK,
}
FORMATS = sorted(importers.shelf())
FUNCTIONS = {forecasters: LOUD, importers: GREEDY, kpis: KPI}


def file_of(package, name: str) -> str:
    """How a message names a file of a shelf."""
    return f"{package.__name__.replace('.', '/')}/{name}.py"


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Puts a file on a shelf, as if it lay in its folder."""
    there = []

    def on_the_shelf(package, text: str, name: str = "aaa_new", more: str = ""):
        folder = tmp_path / package.__name__
        written(
            folder / f"{name}.py",
            text.replace("{package}", package.__name__)
            .replace("{more}", more)
            .replace("{{", "{")
            .replace("}}", "}"),
        )
        if str(folder) not in package.__path__:
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        there.append((package, name))
        importlib.invalidate_caches()
        forecasters.shelf.cache_clear()
        elicit._names.cache_clear()

    yield on_the_shelf
    for package, name in there:
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)
    monkeypatch.undo()
    forecasters.shelf.cache_clear()
    elicit._names.cache_clear()


def put_all(put):
    for package, text in {**FUNCTIONS, **CLASSES}.items():
        put(package, text)
    put(forecasters, LOUD, "aab_sparse", more="FOR = 'intermittent'")


# ------------------------------------------------------------------------------------------------ what is a default


def test_the_defaults_are_these_and_no_others():
    assert shelf.defaults(forecasters.shelf()) == (
        "damped_holt",
        "hour_of_week",
        "last_value",
        "last_year",
        "seasonal_naive",
        "theta",
        "weekday_mean",
    )
    known = shelf.defaults(importers.shelf())
    assert tuple(name for name in known if importers.is_usage(name)) == (
        "anthropic_usage",
        "bedrock_invocations",
        "cloudwatch_bedrock",
        "dcgm_metrics",
        "endpoint_hours",
        "kubecost_allocation",
        "litellm_spend_logs",
        "mapped_usage",
        "openai_usage",
        "slurm_sacct",
        "token_usage_table",
    )
    assert tuple(name for name in known if not importers.is_usage(name)) == (
        "anthropic_console",
        "anthropic_costs",
        "aws_cost_explorer",
        "aws_cur",
        "azure_cost",
        "focus",
        "gcp_billing",
        "gcp_console",
        "openai_console",
        "openai_costs",
    )
    assert kpis.pick() == (
        "commitment_utilization",
        "cost_per_driver",
        "cost_per_gpu_hour",
        "cost_per_million_tokens",
    )


def forecasts():
    """Everything a forecast without names says: days, hours, on-and-off, and the demand of workloads."""
    hourly = pd.Series(HISTORY.to_numpy(), pd.date_range("2026-01-01", periods=200, freq="h"))
    made = [
        forecast(HISTORY, 60, paths=50),
        forecast(HISTORY, 60, paths=50, methods="cheap"),
        forecast(hourly, 30, paths=50, freq="h"),
        forecast(SOMETIMES, 30, paths=50),
    ]
    demand = fit_demand(
        HISTORY.to_numpy()[:, None],
        ["a"],
        HISTORY.index.to_numpy().astype("datetime64[D]"),
        60,
        seed=1,
    )
    return [array for one in made for array in (one.paths, one.median, one.errors)] + [
        demand.median,
        demand.level_sd,
        demand.sigma,
    ], [one.weights for one in made]


def test_a_forecaster_file_changes_no_forecast_and_is_used_by_its_name(put):
    arrays, weights = forecasts()
    put_all(put)
    after, shares = forecasts()
    assert shares == weights and all(
        np.array_equal(one, other) for one, other in zip(arrays, after, strict=True)
    )
    assert "aaa_new" not in (
        *forecasters.pick(),
        *forecasters.pick("cheap"),
    ) and "aaa_new" in forecasters.pick("all")
    assert sparse.level(SOMETIMES.to_numpy())[1] == sparse.BLOCKS
    assert (forecast(HISTORY, 5, paths=10, methods=["aaa_new"]).median == 1e6).all()
    assert forecast(SOMETIMES, 5, paths=10, methods=["aab_sparse"]).weights == {"aab_sparse": 1.0}


def test_a_forecaster_that_says_so_is_a_default(put):
    before = forecast(HISTORY, 5, paths=10).weights
    put(forecasters, LOUD, more="DEFAULT = True")
    assert set(forecast(HISTORY, 5, paths=10).weights) == {*before, "aaa_new"}


@pytest.mark.parametrize(
    "name",
    [
        "good.csv",
        "native.parquet",
        "lines.jsonl",
        "openai_costs.json",
        "anthropic_costs.json",
        "nearly_focus.csv",
        "strange.json",
    ],
)
def test_an_importer_file_reads_no_bill_that_is_not_given_to_it(name, put, tmp_path):
    before = importers.detect(BILLS / name)
    put_all(put)
    assert importers.detect(BILLS / name) == before
    if before:
        assert Ledger(tmp_path / "ledger").ingest(BILLS / name).accepted


LINES = [
    {"day": f"2026-03-0{d}", "until": f"2026-03-0{d + 1}", "usd": 10.5 + d, "team": "search"}
    for d in range(1, 8)
]


def test_an_importer_of_a_plain_list_of_records_is_a_few_lines(put, tmp_path):
    put(importers, PLAIN_LIST)
    path = written(tmp_path / "list.json", json.dumps([*LINES, "not a record"]))
    with pytest.raises(
        InputError,
        match=r"^list.json: no column .* The importer 'aaa_new' knows it: --format aaa_new\.$",
    ):
        Ledger(tmp_path / "unnamed").ingest(path)
    receipt = Ledger(tmp_path / "ledger").ingest(path, format="aaa_new")
    assert (receipt.rows_in, receipt.accepted, receipt.quarantined) == (8, 7, 1)
    assert (
        str(receipt.totals["USD"]) == "101.50"
        and receipt.as_dict()["files"][0]["format"] == "our list"
    )


@pytest.mark.parametrize(
    "value", [None, "", True, 3, 1e400, [1] * 12, {"a": 1}, "x" * 300, "2026-13-01"]
)
@pytest.mark.parametrize("key", ["day", "until", "usd", "team"])
def test_no_value_of_a_record_is_more_than_a_row_in_quarantine(key, value, put, tmp_path):
    put(importers, PLAIN_LIST)
    path = written(tmp_path / "list.json", json.dumps([*LINES, {**LINES[0], key: value}]))
    receipt = Ledger(tmp_path / "ledger").ingest(path, format="aaa_new")
    assert (
        receipt.rows_in == 8
        and receipt.accepted >= 7
        and receipt.accepted + receipt.quarantined == 8
    )


def test_commands_take_the_importer_by_its_name(put, tmp_path, monkeypatch):
    put(importers, PLAIN_LIST)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "list.json", json.dumps(LINES))
    written(tmp_path / "finops.yaml", "ledger: ledger\n")
    ran = CliRunner().invoke(app, ["ingest", "list.json", "--format", "aaa_new", "--json"])
    assert ran.exit_code == 0 and json.loads(ran.stdout)["accepted"] == 7, ran.output
    settings = starting.start("list.json", format="aaa_new", folder="ws")
    assert Ledger(settings.path(settings.ledger)).rows == 7
    written(
        tmp_path / "next.json",
        json.dumps(
            [
                {
                    **line,
                    "day": line["day"].replace("-03-", "-04-"),
                    "until": line["until"].replace("-03-", "-04-"),
                }
                for line in LINES
            ]
        ),
    )
    starting.start("next.json", format="aaa_new", folder="ws")
    assert Ledger(settings.path(settings.ledger)).rows == 14


@pytest.mark.parametrize(
    "how, message",
    [
        (
            ["--format", "aaa_nwe"],
            "--format: unknown importer 'aaa_nwe'. Did you mean 'aaa_new'? "
            f"Known: {listing(['aaa_new', *FORMATS])}.",
        ),
        (
            ["--format", "openai_costs"],
            "list.json: is not what the importer 'openai_costs' reads (OpenAI costs (JSON)): its first record has no 'amount' and 'object'. "
            f"It holds day, until, usd, team. Leave --format out, or name another importer: {listing(['aaa_new', *(name for name in FORMATS if name != 'openai_costs')])}.",
        ),
        (
            ["--format", "aaa_new", "--mapping", "list.json"],
            "list.json: --format aaa_new and --mapping list.json are two ways to read one file. Give one of them.",
        ),
    ],
)
def test_a_format_that_cannot_be_meant_is_refused(how, message, put, tmp_path, monkeypatch):
    put(importers, PLAIN_LIST)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "list.json", json.dumps(LINES))
    assert (
        str(CliRunner().invoke(app, ["start", "list.json", *how]).exception) == message
        and not (tmp_path / "workspaces").exists()
    )


def test_report_takes_a_format_with_a_bill_only(put, tmp_path, monkeypatch):
    put(importers, PLAIN_LIST)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "finops.yaml", "ledger: ledger\n")
    written(tmp_path / "list.json", json.dumps(LINES))
    assert str(CliRunner().invoke(app, ["report", "--format", "aaa_new"]).exception) == (
        "--format goes with a BILL. For the company of finops.yaml, take the file in: finops ingest FILE --format aaa_new."
    )
    asked = []
    monkeypatch.setattr(
        job,
        "report",
        lambda settings, *_, **how: (
            asked.append(Ledger(settings.path(settings.ledger)).rows)
            or [{"unit": "Company", "restated": None}]
        ),
    )
    done = CliRunner().invoke(app, ["report", "list.json", "--format", "aaa_new", "--json"])
    assert done.exit_code == 0 and asked == [7]
    assert json.loads(done.stdout) == [{"unit": "Company", "restated": None, "basis": "Effective"}]


def test_two_defaults_that_know_a_file_are_not_chosen_by_their_names(put, tmp_path):
    put(importers, PLAIN_LIST, "zzz", more="DEFAULT = True")
    source = open_source(written(tmp_path / "list.json", json.dumps(LINES)))
    assert importers.recognised(source) == "zzz"
    put(importers, PLAIN_LIST, more="DEFAULT = True")
    with pytest.raises(InputError) as refused:
        importers.read(source)
    assert (
        str(refused.value)
        == "list.json: 2 importers know it (aaa_new and zzz). Say which one reads it, for example: --format aaa_new."
    )
    assert importers.read(source, "zzz").version == "our list"


# ------------------------------------------------------------------------------------------------ the whole page


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelves")
    written(folder / "sessions.csv", driver((1, 2, 3)))
    starting.start(
        written(folder / "bill.csv", bill((1, 2, 3))),
        folder=folder / "ws",
        drivers=[folder / "sessions.csv"],
        paths=256,
    )
    return folder / "ws"


def page(workspace, **changes) -> dict:
    settings = load_settings(workspace).model_copy(update=changes)
    return json.loads(briefs.canonical(brief(close.prepare(settings, newest=True))))


def test_newcomers_on_every_shelf_move_no_figure_of_a_brief_until_they_are_named(workspace, put):
    before = page(workspace)
    put_all(put)
    assert (
        briefs.figures_hash(page(workspace)) == briefs.figures_hash(before) and before["unit_costs"]
    )
    named = page(workspace, kpis=["aaa_new"], methods=["aaa_new"])
    assert [line["name"] for line in named["unit_costs"]] == ["Cost per day"]
    assert named["landing"]["p50"] > 100 * before["landing"]["p50"]


def test_a_kpi_is_named_in_finops_yaml_and_a_slip_of_its_name_is_said_before_anything_runs(
    workspace, put
):
    put(kpis, KPI)
    settings = load_settings(
        written(
            workspace / "kpis.yaml",
            (workspace / "finops.yaml").read_text() + "kpis: [aaa_new, cost_per_drivr]\n",
        )
    )
    with pytest.raises(InputError) as refused:
        close.prepare(settings, newest=True)
    assert str(refused.value) == (
        "finops.yaml: kpis: unknown KPI 'cost_per_drivr'. Did you mean 'cost_per_driver'? Known: "
        f"{listing(['aaa_new', *(name for name in kpis.shelf() if name != 'aaa_new')])}."
    )
    with pytest.raises(InputError, match="kpis: must not be empty"):
        load_settings(written(workspace / "none.yaml", "kpis: []\n"))


def test_forms_and_risks_are_used_where_a_document_names_them(workspace, put):
    put_all(put)
    assert rates.make("aaa_new", {"price": 2.0}).charge(1) == 4.0
    assert (
        transforms.make("aaa_new", {}).apply(3) == 3
        and instruments.make({"kind": "aaa_new", "quantity": 1, "rate": 1, "skus": ["a"]}).rank
        == -1
    )
    assert (
        distributions.make("aaa_new", {"min": 0, "max": 1}).mean == 0.5
        and "aaa_new" in risks.kinds()
    )
    settings = load_settings(workspace)
    acts = written(
        workspace / "scenarios/acts.yaml",
        "name: A\nquestion: q\nbase: 00_base.yaml\nchanges:\n"
        "- {path: risks/new, op: add, value: {kind: aaa_new, services: '*'}, because: x}\n",
    )
    plain, moved = (
        simulate.run(path, settings, months=2, dials=False).effective
        for path in (settings.path(settings.scenario), acts)
    )
    assert not np.array_equal(plain, moved)


# ------------------------------------------------------------------------------------------------ order and broken files


def test_nothing_depends_on_the_order_in_which_a_disk_lists_its_files(monkeypatch):
    arrays, weights = forecasts()
    listed = pkgutil.iter_modules
    monkeypatch.setattr(pkgutil, "iter_modules", lambda *given: reversed(list(listed(*given))))
    forecasters.shelf.cache_clear()
    after, shares = forecasts()
    assert shares == weights and all(
        np.array_equal(one, other) for one, other in zip(arrays, after, strict=True)
    )
    assert (
        list(importers.shelf()) == sorted(importers.shelf())
        and list(kpis.shelf()) == sorted(kpis.shelf())
        and risks.kinds() == sorted(risks.kinds())
    )


HOLDS = "A forecaster holds MIN_DAYS, COST, point; it may hold DEFAULT, FOR, SEASONS, TAKES_COVARIATES, WEEKLY."
BROKEN = {
    "a function that is missing": (
        forecasters,
        "MIN_DAYS = 1\nCOST = 'cheap'\n\ndef pont(history, dates, horizon, season=7):\n    return 0\n",
        f"'point' is missing. Did you mean 'pont'? {HOLDS}",
    ),
    "a word that is none": (
        forecasters,
        LOUD.replace("'cheap'", "'chep'"),
        "COST is 'chep'. Did you mean 'cheap'? Write one of cheap, costly.",
    ),
    "too few arguments": (
        forecasters,
        "MIN_DAYS = 1\nCOST = 'cheap'\n\ndef point(history, horizon):\n    return 0\n",
        "point takes (history, horizon), and is called with (history, dates, horizon, season).",
    ),
    "a number that is none": (
        forecasters,
        LOUD.replace("MIN_DAYS = 1", "MIN_DAYS = '1'"),
        "MIN_DAYS is '1', and must be a whole number.",
    ),
    "no function": (
        forecasters,
        "MIN_DAYS = 1\nCOST = 'cheap'\npoint = 3\n",
        "point is 3, and must be a function of (history, dates, horizon, season).",
    ),
    "a default that is none": (
        forecasters,
        LOUD.replace("{more}", "DEFAULT = 'yes'"),
        "DEFAULT is 'yes', and must be True or False.",
    ),
    "a week that is neither": (
        forecasters,
        LOUD.replace("{more}", "WEEKLY = 'no'"),
        "WEEKLY is 'no', and must be True or False.",
    ),
    "a slip in the flag": (
        forecasters,
        LOUD.replace("{more}", "DEFALT = True"),
        f"'DEFALT' is read by nobody. Did you mean 'DEFAULT'? {HOLDS}",
    ),
    "a file that ends the process": (
        forecasters,
        "import sys\nsys.exit(3)\n",
        "cannot be read (SystemExit: 3). Mend the file or take it off the shelf.",
    ),
    "a file that cannot be read": (
        forecasters,
        "import nothing_of_this_name\n",
        "cannot be read (ModuleNotFoundError: No module named 'nothing_of_this_name'). Mend the file or take it off the shelf.",
    ),
    "an importer without a title": (
        importers,
        "def recognise(source):\n    return False\n\ndef read(source):\n    return None\n",
        "'TITLE' is missing. An importer holds TITLE, recognise, read; it may hold DEFAULT, KIND, SEEN_BY, SIGN, complete.",
    ),
    "a KPI without parts": (
        kpis,
        "def part(facts):\n    return []\n",
        "'parts' is missing. Did you mean 'part'? A KPI holds parts; it may hold "
        "BASIS, BETTER, DEFAULT, FORMULA, NEEDS, PERSONA, SOURCE, TITLE, UNIT, WITHOUT.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_named_with_what_is_missing_and_what_is_allowed(case, put):
    package, text, message = BROKEN[case]
    put(package, text)
    with pytest.raises(FinOpsError) as refused:
        package.shelf()
    assert str(refused.value) == f"{file_of(package, 'aaa_new')}: {message}"


def test_what_a_file_gives_is_held_against_its_shelf_too(put, tmp_path):
    put(forecasters, LOUD.replace("horizon, 1e6", "3, 1e6"))
    put(kpis, "from {package} import Part\n\ndef parts(facts):\n    return [3]\n")
    put(importers, GREEDY.replace("raise SystemExit", "return None"))
    facts = kpis.Facts(pd.DataFrame(), pd.DataFrame(), {}, "USD")
    for package, tried, message in [
        (
            forecasters,
            lambda: forecast(HISTORY, 5, paths=10, methods=["aaa_new"]),
            "point gave an array of shape (3,), and must give one of ({n},): a value for each step ahead.",
        ),
        (
            kpis,
            lambda: kpis.unit_costs(facts, "2026-10", asked=["aaa_new"]),
            "parts gave 3, and must give a list of Part.",
        ),
        (
            importers,
            lambda: Ledger(tmp_path / "ledger").ingest(BILLS / "good.csv", format="aaa_new"),
            "read gave None, and must give an Export.",
        ),
    ]:
        with pytest.raises(FinOpsError) as refused:
            tried()
        assert (
            re.sub(r"one of \(\d+,\)", "one of ({n},)", str(refused.value))
            == f"{file_of(package, 'aaa_new')}: {message}"
        )


@pytest.mark.parametrize(
    "package, text, message",
    [
        (
            rates,
            RATE.replace("AaaNew", "AaaNwe"),
            "no dataclass 'AaaNew'. Did you mean 'AaaNwe'? A file of this shelf holds one frozen dataclass named after it: "
            "aaa_new.py holds AaaNew.",
        ),
        (
            rates,
            TRANSFORM,
            "AaaNew lacks charge, parts. Write it as the other files of the shelf do.",
        ),
        (
            transforms,
            TRANSFORM.replace("apply", "aply"),
            "AaaNew lacks apply. Did you mean 'aply'? Write it as the other files of the shelf do.",
        ),
        (
            instruments,
            TRANSFORM,
            "AaaNew lacks allocate. Write it as the other files of the shelf do.",
        ),
        (
            distributions,
            FORM.replace(".uniform import Uniform", "._base import Distribution as Uniform"),
            "AaaNew lacks between, cdf, density, quantile. Write it as the other files of the shelf do.",
        ),
        (
            risks,
            RISK.replace(".fx import Fx", " import Factors as Fx"),
            "AaaNew lacks factors, words. Write it as the other files of the shelf do.",
        ),
    ],
)
def test_a_broken_class_is_refused_where_it_is_named_and_nowhere_else(package, text, message, put):
    put(package, text)
    with pytest.raises(FinOpsError) as refused:
        shelf.make(package.__name__, "form", "aaa_new", {})
    assert str(refused.value) == f"{file_of(package, 'aaa_new')}: {message}"
    assert shelf.form(
        package.__name__, next(name for name in shelf.names(package.__name__) if name != "aaa_new")
    )


def test_an_unknown_member_is_still_refused_by_name():
    with pytest.raises(ForecastError, match="unknown forecaster 'thetta'. Did you mean 'theta'"):
        forecasters.pick(["thetta"])


# ------------------------------------------------------------------------------------------------ a file is enough

LOCATED = (
    "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom {package}.uniform import Uniform\n\n"
    "@dataclass(frozen=True)\nclass AaaNew(Uniform):\n    {field}: float = 0.0\n    knots: tuple[float, ...] = ()\n"
)


def test_a_distribution_with_a_field_of_its_own_needs_its_file_and_nothing_else(put):
    """Seen before: its field had to stand in a list of uncertainty/elicit.py too, and was refused where it did not."""
    written = {"kind": "aaa_new", "min": 1, "max": 3, "location": 2, "knots": [1, 2]}
    with pytest.raises(ScenarioError, match="'location' says nothing about an uncertain value"):
        elicit.read_value(written)
    put(distributions, LOCATED.replace("{field}", "location"))
    value = elicit.read_value(written)
    assert (value.location, value.knots, value.mean) == (2.0, [1.0, 2.0], 2.0)
    assert elicit.is_range(written) and elicit.names()["location"] == "number"
    with pytest.raises(ScenarioError) as refused:
        elicit.read_value({**written, "locaton": 1})
    assert str(refused.value).startswith(
        "'locaton' says nothing about an uncertain value. Did you mean 'location'?"
    )


@pytest.mark.parametrize("field", ["factors", "p", "p50"])
def test_a_field_that_means_something_in_every_uncertain_value_is_refused(put, field):
    put(distributions, LOCATED.replace("{field}", field))
    with pytest.raises(ScenarioError) as refused:
        elicit.read_value({"min": 1, "max": 3})
    assert str(refused.value) == (
        f"finops_model/uncertainty/distributions: a form has a field '{field}', which already means something in every "
        "uncertain value. Give it another name than a, b, data, factors, kind, method, p, truncate or a quantile."
    )


ACME = PLAIN_LIST.replace("{more}", "SIGN = ('day', 'until', 'usd')").replace(
    '("day", "usd")', "SIGN"
)
LIST = [
    {"day": "2026-11-01", "until": "2026-11-02", "usd": "1.50", "team": "a"},
    {"day": "2026-11-02", "until": "2026-11-03", "usd": "oops", "team": "a"},
]


def test_a_case_of_a_file_for_an_importer_that_is_no_default_names_its_format(put, tmp_path):
    """Seen before: cases.json had no word for it, so that an importer of a newcomer could not be tested there."""
    put(importers, ACME, "acme")
    (tmp_path / "acme.json").write_text(json.dumps(LIST))
    reject = {
        "row": 2,
        "column": "BilledCost",
        "reason": "'oops' is not a plain number; write 1234.50",
    }
    case = {
        "file": "acme.json",
        "format": "acme",
        "outcome": "quarantine",
        "rows_in": 2,
        "accepted": 1,
    }
    case |= {"quarantined": 1, "rejects": [reject], "effective_total": "1.50"}
    holds(case, tmp_path / "ledger", tmp_path)
    with pytest.raises(AssertionError):
        holds({**case, "effective_total": "1.51"}, tmp_path / "other", tmp_path)
    with pytest.raises(AssertionError, match="'fromat'.*is read by nobody"):
        holds({**case, "fromat": "acme"}, tmp_path / "third", tmp_path)


ELSE = "Leave --format out, or name another importer: "


@pytest.mark.parametrize(
    ("name", "format", "lack"),
    [
        (
            "acme.json",
            "acme",
            "its first record has no 'until' (nearest here: 'untill') and 'usd'. It holds day, untill, cost",
        ),
        (
            "costs.csv",
            "anthropic_console",
            "it has no column 'cost_usd' (nearest here: 'Cost (US)'). Its columns: Usage Date UTC, Model, Token-Type, Cost (US)",
        ),
        (
            "report.json",
            "anthropic_costs",
            "its first record has no 'currency' and 'cost_type'. It holds amount",
        ),
        ("report.json", "openai_costs", "its first record has no 'object'. It holds amount"),
        ("one.json", "acme", "its first record has no 'day', 'until' and 'usd'. It holds hello"),
    ],
)
def test_a_file_that_an_importer_does_not_read_is_told_the_name_that_it_lacks(
    put, tmp_path, name, format, lack
):
    put(importers, ACME, "acme")
    text = {
        "acme.json": [{"day": "2026-11-01", "untill": "2026-11-02", "cost": "1"}],
        "report.json": {"data": [{"results": [{"amount": "1"}]}]},
        "one.json": {"hello": 1},
        "costs.csv": "Usage Date UTC,Model,Token-Type,Cost (US)\n2026-11-01,m,input,1\n",
    }[name]
    (tmp_path / name).write_text(text if isinstance(text, str) else json.dumps(text))
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "ledger").ingest(tmp_path / name, format=format)
    others = listing(other for other in sorted([*FORMATS, "acme"]) if other != format)
    assert str(refused.value) == (
        f"{name}: is not what the importer '{format}' reads ({importers.shelf()[format].TITLE}): {lack}. {ELSE}{others}."
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            'record["until"]',
            "acme.json: record 2 has no 'until' (nearest here: 'untill'). It holds day, untill, usd, team. Nothing was taken: add it to the "
            "file, or let the importer read it with .get('until'), so that only such records are quarantined.",
        ),
        (
            'record.get("until")[:10]',
            "acme.json: the importer 'acme' stopped at it (TypeError: 'NoneType' object is not subscriptable), and nothing was taken. Mend "
            "finops_model/facts/intake/importers/acme.py, or name another importer with --format.",
        ),
    ],
)
def test_an_importer_that_stops_at_a_record_says_at_which_and_never_in_a_traceback(
    put, tmp_path, line, says
):
    """Seen before: a KeyError."""
    put(importers, ACME.replace('line["until"]', line.replace("record", "line")), "acme")
    (tmp_path / "acme.json").write_text(
        json.dumps(
            [LIST[0], {"day": "2026-11-02", "untill": "2026-11-03", "usd": "1", "team": "a"}]
        )
    )
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "ledger").ingest(tmp_path / "acme.json", format="acme")
    assert str(refused.value) == says
    assert Ledger(tmp_path / "ledger").rows == 0
