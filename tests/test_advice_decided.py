"""What the table of actions says of advice (docs/method §17.43)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from finops_model.decide.advice import Recommendation
from finops_model.decide.advising.decided import standing
from finops_model.decide.advising.workspace import nothing
from finops_model.settings import Settings

IDLE = Recommendation(
    id="idle-endpoints-spare", kind="idle_endpoints", title="t", resource="spare", workload="chat"
)
BATCH = Recommendation(
    id="batch-api-evals", kind="batch_api", title="t", resource="evals", workload="evals"
)
HEAD = "id,kind,action,resource,workload,owner,decision,decided_on,approved_by,done_on,scenario,expires\n"


def said(tmp_path, *rows: str):
    (tmp_path / "actions.csv").write_text(HEAD + "\n".join(rows) + "\n")
    settings = Settings(actions="actions.csv", root=str(tmp_path))
    return standing(settings, [IDLE, BATCH], "2026-10-31")


@pytest.mark.parametrize(
    ("row", "left", "stands"),
    [
        (
            "idle-endpoints-spare,idle_endpoints,Off,spare,chat,Mo,approved,2026-10-01,Ann,,a.yaml,",
            "it is approved by Ann on 1 October 2026, and the forecast holds it.",
            None,
        ),
        (
            "A1,idle-endpoints,Off,spare,chat,Mo,rejected,2026-10-01,,,,",
            "it was rejected on 1 October 2026 (A1). Take the row's decision back to see it again.",
            None,
        ),
        (
            "A1,idle_endpoints,Off,spare,chat,Mo,rejected,2026-01-01,,,,2026-06-30",
            None,
            "rejected (A1)",
        ),
        ("A1,idle_endpoints,Off,,chat,Mo,planned,,,,,", None, "planned (A1)"),
        (
            "A1,idle_endpoints,Off,,chat,Mo,done,,,2026-09-05,,",
            None,
            "said to be done on 5 September 2026 (A1), and still seen",
        ),
        ("A1,idle_endpoints,Off,other,chat,Mo,approved,2026-10-01,Ann,,,", None, None),
        ("A1,batch_api,Off,spare,chat,Mo,approved,2026-10-01,Ann,,,", None, None),
    ],
)
def test_what_was_decided_is_not_advised_again(tmp_path, row, left, stands):
    out, where = said(tmp_path, row)
    assert out == ({IDLE.id: left} if left else {})
    assert where == ({IDLE.id: stands} if stands else {})


def test_the_newest_row_counts(tmp_path):
    row = "A{0},batch_api,Send,evals,evals,Mo,{1},2026-10-0{0},Ann,,,"
    out, where = said(tmp_path, row.format(1, "rejected"), row.format(2, "approved"))
    assert out == {BATCH.id: "it is approved by Ann on 2 October 2026 (A2)."} and where == {}


def test_a_table_that_is_yet_to_be_made_says_nothing(tmp_path):
    settings = Settings(actions="actions.csv", root=str(tmp_path))
    assert standing(settings, [IDLE], "2026-10-31") == ({}, {})


def test_nothing_is_saved_below_a_live_commitment_and_it_is_named():
    """§17.36: word for word. Another SKU than the change's, one that only begins alike, and a commitment that is over are no reason."""
    held = {
        "ContractCommitmentId": "h100-1y",
        "ContractCommitmentPeriodEnd": "2027-01-01T00:00:00Z",
        "x_SkuIds": "H100-80GB; L4",
    }

    def said(sku: str, day: str = "2026-10-31", only: str = "*") -> str:
        change = {"op": "set", "path": "workloads/chat/utilisation", "with": {"skus": [only]}}
        advice = replace(IDLE, changes=(change,))
        facts = SimpleNamespace(inventory=[held])
        ground = SimpleNamespace(bought={"chat": ([sku, "A100"], None)}, facts=facts, as_of=day)
        return nothing(advice, ground)

    paid = "it would save nothing: h100-1y is paid until 2027-01-01 whether it is used or not."
    none = "it would save nothing over the months that are simulated."
    assert said("H100-80GB") == said("H100-80GB", only="H100*") == paid
    assert said("H100") == said("H100-80GB", only="A100") == none
    assert said("H100-80GB", "2027-01-01") == none
