"""`finops decisions`: what was decided, from records, actions, budgets and verdicts (docs/method §12.27)."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from commands import finops

import finops_model as fm
from finops_model.errors import FinOpsError
from finops_model.front.cycle.decisions import decisions
from finops_model.publish.alerts.answers import Answered, record_answers
from finops_model.records.store import Records


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    root = tmp_path_factory.mktemp("decisions")
    lines = ["Date,Cost (USD),Team,Service"]
    lines += [f"{day.date()},5,chat,GPU" for day in pd.date_range("2026-01-05", "2026-03-15")]
    (root / "bill.csv").write_text("\n".join(lines))
    chosen = fm.start(root / "bill.csv", folder=root / "ws")
    chosen.path("actions.csv").write_text(
        "id,action,owner,decision,decided_on,approved_by,done_on\n"
        "A1,=Switch it off,Ada,approved,2026-02-01,Bo,\n"
        "A2,Cache,Ada,done,2026-02-02,Bo,2026-02-20\n"
        "A3,Batch,Ada,proposed,,,\n"
    )
    chosen.path("budgets.csv").write_text(
        "version,approved_on,approved_by,author,business_unit,month,currency,amount\n"
        + "".join(f"first,2026-01-02,Bo,Ada,Company,2026-0{m},USD,200\n" for m in (1, 2, 3))
    )
    with Records(chosen.path(chosen.records), author="ada", clock=lambda: "2026-03-01T09:00:00Z") as records:  # fmt: skip
        records.append("decision", {"text": "buy 40 of them"}, period="2026-03")
        one = Answered(item="1a", answer="disputed", by="Cy", on="2026-03-02", because="A launch")
        record_answers(records, [one], {"1a": "chat cost more."})
    text = chosen.path("finops.yaml").read_text()
    chosen.path("finops.yaml").write_text(text + "\nactions: actions.csv\nbudgets: budgets.csv\n")
    return fm.load_settings(chosen.path("finops.yaml"))


def test_every_decision_has_day_person_and_place(company):
    answer = decisions(company)
    got = [tuple(row)[:4] for row in answer.table.itertuples(index=False)]
    assert got == [
        ("2026-03-02", "answer", "disputed: chat cost more.", "Cy"),
        ("2026-03-01", "decision", "buy 40 of them", "ada"),
        ("2026-02-20", "action", "done, says its owner: Cache", "Ada"),
        ("2026-02-02", "action", "approved: Cache", "Bo"),
        ("2026-02-01", "action", "approved: =Switch it off", "Bo"),
        ("2026-01-02", "budget", "approved: budget version first", "Bo"),
    ]
    assert list(answer.table["source"])[:3] == ["records, row 2", "records, row 1", "actions.csv: line 3"]  # fmt: skip
    assert answer.sentence == (
        "6 decisions by 4 people; the newest of 2026-03-02: disputed: chat cost more."
    )


def test_days_and_kinds_choose_and_nothing_is_said_where_there_is_none(company, tmp_path):
    assert list(decisions(company, since="2026-02-02", until="2026-02-20").table["on"]) == [
        "2026-02-20",
        "2026-02-02",
    ]
    assert set(decisions(company, what="action").table["what"]) == {"action"}
    assert decisions(company, since="2027-01-01").sentence == "Nothing was decided."
    for how, message in (
        ({"since": "soon"}, "--since: 'soon' is not a day. Write it as 2026-01-31."),
        ({"what": "acton"}, "--what: unknown kind of decision 'acton'. Did you mean 'action'?"),
    ):
        with pytest.raises(FinOpsError, match=message):
            decisions(company, **how)
    file = tmp_path / "log.csv"
    code, out, err = finops("decisions", "--json", "--export", str(file), "-s", str(company.root))
    assert code == 0 and json.loads(out)["figures"] == {"decisions": 6}, err
    assert "approved: =Switch" in file.read_text()
