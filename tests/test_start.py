"""`finops start` takes bills into a workspace that is there and never removes what it did not write (docs/method §13.50)."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import pytest
import yaml
from start_world import bill, driver, many_units, written

from finops_model.errors import InputError, LedgerError
from finops_model.facts.ledger.store import Ledger
from finops_model.publish import start as starting
from finops_model.publish.adding.add import add
from finops_model.settings import load_settings


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a workspace `ws` of January to March, with a driver, as people leave it: edited, added to, published."""
    folder = tmp_path_factory.mktemp("made")
    written(folder / "jan_mar.csv", bill((1, 2, 3)))
    written(folder / "sessions.csv", driver((1, 2, 3)))
    starting.start(folder / "jan_mar.csv", folder=folder / "ws", drivers=[folder / "sessions.csv"])
    ws = folder / "ws"
    settings = ws / "finops.yaml"
    settings.write_text(
        settings.read_text().replace("currency: USD", "currency: USD   # as invoiced")
        + "fiscal_year_starts: 4\nprepared_by: Ana\nknown: known.yaml\n"
    )
    base = ws / "scenarios/00_base.yaml"
    base.write_text(base.read_text().replace("elasticity: 1.0", "elasticity: 0.5"))
    for name, text in (
        ("known.yaml", "workloads: {}\n"),
        ("runs/one.json", "{}"),
        ("plans/mine.csv", "x"),
        ("notes.md", "x"),
        ("reports/2025-03/company/report.html", "published"),
        ("watch/feedback.jsonl", "{}\n"),
        ("scenarios/90_mine.yaml", "name: m\nquestion: q\nbase: 00_base.yaml\n"),
    ):
        written(ws / name, text)
    return folder


@pytest.fixture
def box(made, tmp_path):
    """A copy of that folder, free to break."""
    import shutil

    shutil.copytree(made, tmp_path / "box", symlinks=True)
    return tmp_path / "box"


def contents(folder: Path) -> dict:
    """sha256 of every file of a workspace but its ledger and the lock."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and "ledger" not in p.relative_to(folder).parts
    }


def rows(folder: Path) -> int:
    return Ledger(folder / "ledger").rows


def again(box: Path, file="jan_mar.csv", **how) -> list[str]:
    """What starting again says."""
    said: list[str] = []
    starting.start(box / file, folder=box / "ws", tell=said.append, **how)
    return said


def test_starting_again_removes_and_overwrites_nothing(box):
    ws = box / "ws"
    written(box / "apr.csv", bill((4,)))
    again(box, "apr.csv")
    assert rows(ws) == 168 + 56
    before = contents(ws)
    said = again(box)
    assert rows(ws) == 168 + 56 and contents(ws) == before
    assert (
        said[0]
        == f"{ws}: the workspace exists, and its ledger has jan_mar.csv already: nothing was taken in."
    )
    assert (
        said[1]
        == "Kept as they are: finops.yaml, known.yaml, mapping.yaml, notes.md, plans, reports, runs, scenarios, watch."
    )
    assert not [p.name for p in box.iterdir() if p.name.startswith(".")]
    assert load_settings(ws).fiscal_year_starts == 4


def test_another_month_is_one_more_delivery_and_it_says_what_came(box):
    written(box / "apr.csv", bill((4,)))
    said = again(box, "apr.csv")
    assert said[0] == (
        f"{box / 'ws'}: the workspace exists: took apr.csv into its ledger (56 rows accepted, 0 in quarantine, "
        "5,404.00 USD, Billed (invoiced))."
    )
    assert len(Ledger(box / "ws" / "ledger").book.records) == 2


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# ours\n" + text,
        lambda text: text.replace("paths", "# paths"),
        lambda text: text + "\n\n# the end, without a newline",
    ],
)
def test_what_people_wrote_into_finops_yaml_stays_to_the_letter_and_what_is_missing_is_added(
    box, edit
):
    ws = box / "ws"
    settings = ws / "finops.yaml"
    settings.write_text(edit(settings.read_text()))
    before = settings.read_text()
    written(box / "budget.csv", "business_unit,month,currency,amount\nCompany,2025-03,USD,5000\n")
    written(box / "more.csv", driver((1, 2, 3), name="Tickets"))
    said = again(box, budgets=box / "budget.csv", drivers=[box / "more.csv"])
    after = settings.read_text()
    assert load_settings(ws).budgets == "plans/budget.csv" and load_settings(ws).drivers == [
        "plans/sessions.csv",
        "plans/more.csv",
    ]
    assert [
        line
        for line in after.splitlines()
        if line not in ("- plans/more.csv", "budgets: plans/budget.csv")
    ] == before.splitlines()
    assert (
        "Added to finops.yaml: drivers: plans/more.csv" in said
        and "Added to finops.yaml: budgets: plans/budget.csv" in said
    )
    assert (
        again(box, budgets=box / "budget.csv", drivers=[box / "more.csv"])[2:] == []
        and settings.read_text() == after
    )


def test_a_plan_of_the_same_name_with_other_content_lies_beside_and_the_user_is_told_what_to_write(
    box,
):
    ws = box / "ws"
    before = contents(ws)
    written(box / "sessions.csv", driver((1, 2, 3, 4)).replace(",1011", ",1012"))
    said = again(box, drivers=[box / "sessions.csv"])
    assert contents(ws) == before | {
        "plans/sessions-2.csv": hashlib.sha256((box / "sessions.csv").read_bytes()).hexdigest()
    }
    assert said[2:] == [
        "plans/sessions.csv holds something else and stays: the new file lies at plans/sessions-2.csv.",
        "finops.yaml says drivers: [plans/sessions.csv] and stays; to use the new file write: drivers: [plans/sessions-2.csv]",
    ]
    assert (
        again(box, drivers=[box / "sessions.csv"])[2:] == said[3:]
        and not (ws / "plans/sessions-3.csv").exists()
    )


@pytest.mark.parametrize(
    "key, name, text, said",
    [
        ("drivers", "bad.csv", "name,colour\nanna,red\n", "bad.csv"),
        ("budgets", "bad.csv", "unit,month\nA,2025-01\n", "bad.csv"),
        (
            "what_ifs",
            "typo.yaml",
            "name: a\nquestion: q\nbase: 00_base.yaml\nchnages: []\n",
            "unknown key 'chnages'",
        ),
        ("organisation", "none.csv", None, "none.csv: there is no such file."),
        ("mapping", "none.yaml", None, "none.yaml: there is no such file."),
    ],
)
def test_a_given_file_that_cannot_be_used_writes_nothing_at_all(box, key, name, text, said):
    written(box / "apr.csv", bill((4,)))
    if text is not None:
        written(box / name, text)
    before, held = contents(box / "ws"), rows(box / "ws")
    with pytest.raises(Exception) as problem:
        again(
            box, "apr.csv", **{key: [box / name] if key in ("drivers", "what_ifs") else box / name}
        )
    assert said in str(problem.value) and (contents(box / "ws"), rows(box / "ws")) == (before, held)


@pytest.mark.parametrize(
    "text, said",
    [
        (bill((4,)).replace("USD", "EUR"), "amounts in EUR, and the workspace {ws} is in USD"),
        (
            "Date,Cost,Currency,Team\n2025-04-01,5,USD,a\n2025-04-02,6,EUR,a\n",
            "amounts in EUR (1 row) and USD (1 row)",
        ),
    ],
)
def test_another_currency_is_refused_before_the_ledger_is_touched(box, text, said):
    written(box / "other.csv", text)
    before, held = contents(box / "ws"), rows(box / "ws")
    with pytest.raises(InputError) as problem:
        again(box, "other.csv")
    assert said.format(ws=box / "ws") in str(problem.value) and "Nothing was written." in str(
        problem.value
    )
    assert (contents(box / "ws"), rows(box / "ws")) == (before, held)


def test_a_second_vendor_of_the_same_month_is_no_restatement_unless_somebody_says_so(box):
    written(
        box / "other.csv",
        bill((3,)).replace(",GPU", ",Tokens").replace(",a,", ",c,").replace(",b,", ",d,"),
    )
    before, held = contents(box / "ws"), rows(box / "ws")
    with pytest.raises(LedgerError) as problem:
        again(box, "other.csv")
    assert (
        "--append" in str(problem.value)
        and "--replace" in str(problem.value)
        and (contents(box / "ws"), rows(box / "ws")) == (before, held)
    )
    asked = []
    again(box, "other.csv", ask=lambda question: asked.append(question) or "append")
    assert (
        rows(box / "ws") == 168 + 56
        and len(asked) == 1
        and again(box, "other.csv", append=True)[0].endswith("nothing was taken in.")
    )


def test_a_name_that_only_looks_the_same_as_a_folder_is_not_the_same_company(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("日本", "中国", "Été", "Ete"):
        written(tmp_path / f"{name}.csv", bill((1,)))
    first = starting.start("日本.csv")
    assert (first.root, starting.start("中国.csv").root) == ("workspaces/日本", "workspaces/中国")
    second = starting.start("Été.csv")
    with pytest.raises(InputError, match="is the workspace of 'Été'"):
        starting.start("Ete.csv")
    assert [rows(Path(one.root)) for one in (first, second)] == [56, 56]


def test_fresh_begins_anew_in_a_folder_of_its_own_and_never_in_one_that_is_there(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "costs.csv", bill((1,)))
    starting.start("costs.csv")
    assert starting.start("costs.csv", fresh="Costs 2").root == "workspaces/costs-2"
    before = contents(tmp_path / "workspaces")
    for name in ("Costs 2", "costs"):
        with pytest.raises(InputError) as problem:
            starting.start("costs.csv", fresh=name)
        assert str(problem.value) == (
            f"workspaces/{name.casefold().replace(' ', '-')} is there already; --fresh begins anew and only in a folder "
            "that is not there. Nothing was written. Give another name, for example --fresh costs-3."
        )
    assert (
        contents(tmp_path / "workspaces") == before
        and yaml.safe_load((tmp_path / "workspaces/costs-2/finops.yaml").read_text())["company"]
        == "Costs 2"
    )


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_place_that_holds_something_else_is_refused_and_stays(tmp_path, what):
    written(tmp_path / "costs.csv", bill((1,)))
    place = tmp_path / "ws"
    written(place if what == "file" else place / "thesis.txt", "mine")
    with pytest.raises(InputError, match="is there and is no workspace"):
        starting.start(tmp_path / "costs.csv", folder=place)
    assert (place if what == "file" else place / "thesis.txt").read_text() == "mine" and len(
        list(tmp_path.iterdir())
    ) == 2


@pytest.mark.parametrize("there", [True, False])
def test_the_copy_that_a_killed_run_of_the_old_code_left_is_never_deleted(box, there):
    ws, old = box / "ws", box / ".ws.old"
    if there:
        written(old / "finops.yaml", "company: c\n")
        said = again(box)
        assert (
            f"{old} is a copy that a killed run of an older version left; it is not touched. Look into it, then remove it."
            in said
        )
    else:
        os.rename(ws, old)
        before = contents(old)
        with pytest.raises(InputError) as problem:
            again(box)
        assert (
            f"Put it back (mv {old} {ws}) and start again" in str(problem.value)
            and contents(old) == before
            and not ws.exists()
        )
    assert (old / "finops.yaml").is_file()


def killed(work, at: int) -> str:
    """'killed' or 'done': work() in a fork that ends itself by SIGKILL before its at-th change of a file."""
    import sys

    events = {
        "os.rename",
        "os.remove",
        "os.mkdir",
        "os.rmdir",
        "os.link",
        "os.symlink",
        "os.truncate",
        "os.chmod",
        "shutil.rmtree",
    }
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    pid = os.fork()
    if pid == 0:
        seen = [0]

        def hook(event, args):
            if event in events or (
                event == "open"
                and isinstance(args[2], int)
                and args[2] & writes
                and not str(args[0]).startswith("/dev")
            ):
                seen[0] += 1
                if seen[0] == at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    return "killed" if os.waitpid(pid, 0)[1] else "done"


def test_a_kill_at_any_step_of_a_repeat_leaves_a_whole_workspace_and_a_repeat_completes(
    made, tmp_path
):
    import shutil

    written(made / "apr.csv", bill((4,)))
    written(made / "more.csv", driver((1, 2, 3), name="Tickets"))

    def work(box):
        starting.start(made / "apr.csv", folder=box / "ws", drivers=[made / "more.csv"])

    kept = contents(made / "ws")
    state, at = "killed", 0
    while state == "killed":
        at += 3
        box = tmp_path / f"box{at}"
        shutil.copytree(made, box)
        state = killed(lambda: work(box), at)
        now = contents(box / "ws")
        assert rows(box / "ws") in (168, 224)
        assert {name: now[name] for name in kept if name != "finops.yaml"} == {
            n: d for n, d in kept.items() if n != "finops.yaml"
        }
        drivers = load_settings(box / "ws").drivers
        assert drivers in (["plans/sessions.csv"], ["plans/sessions.csv", "plans/more.csv"])
        assert (
            all((box / "ws" / name).is_file() for name in drivers)
            and "known" in (box / "ws/finops.yaml").read_text()
        )
        if at % 4 == 0 or state == "done":
            work(box)
            assert rows(box / "ws") == 224 and load_settings(box / "ws").drivers == [
                "plans/sessions.csv",
                "plans/more.csv",
            ]
    assert at > 12


def test_a_kill_at_any_step_of_a_first_start_leaves_no_workspace_or_a_whole_one(tmp_path):
    written(tmp_path / "jan.csv", bill((1,)))
    state, at = "killed", 0
    while state == "killed":
        at += 4
        place = tmp_path / f"place{at}"
        place.mkdir()
        state = killed(lambda: starting.start(tmp_path / "jan.csv", folder=place / "ws"), at)
        if (place / "ws").exists():
            assert (
                rows(place / "ws") == 56
                and (place / "ws/scenarios/00_base.yaml").is_file()
                and load_settings(place / "ws").currency == "USD"
            )
        elif at % 8 == 0:
            starting.start(tmp_path / "jan.csv", folder=place / "ws")
            assert rows(place / "ws") == 56
    assert at > 12


def test_what_killed_runs_left_is_swept_after_a_day_and_only_where_it_is_provably_ours(tmp_path):
    from finops_model.publish.aside import MARK, TEXT

    written(tmp_path / "jan.csv", bill((1,)))
    long_ago = 1_000_000_000
    for name, mark in (
        (".ws.aaaaaaaa", TEXT),
        (".ws.bbbbbbbb", None),
        (".ws.cccccccc", "another text"),
        (".staging-old", TEXT),
        (".new", TEXT),
        ("ws.d", TEXT),
    ):
        written(tmp_path / name / "x.txt", "x")
        if mark:
            written(tmp_path / name / MARK, mark)
            if name != ".new":
                os.utime(tmp_path / name / MARK, (long_ago, long_ago))
        os.utime(tmp_path / name, (long_ago, long_ago))
    starting.start(tmp_path / "jan.csv", folder=tmp_path / "ws")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".new",
        ".ws.bbbbbbbb",
        ".ws.cccccccc",
        "jan.csv",
        "ws",
        "ws.d",
    ]
    assert not list((tmp_path / "ws").rglob(MARK))


def test_rows_that_a_first_start_refuses_are_said_with_the_first_reason(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = many_units(3, 40).splitlines()
    lines[5] = "12,5x".join(['"', '"']) + lines[5][lines[5].index(",") :]
    said = []
    starting.start(written(tmp_path / "focus.csv", "\n".join(lines) + "\n"), tell=said.append)
    title = "FOCUS 0.5 to 1.4 (CSV, Parquet, JSON lines)"
    assert said[0].startswith(f"focus.csv: {title}: 39 rows accepted, 1 in quarantine, ")
    assert said[1:] == [
        "Warning: focus.csv: 9 rows repeat an identical row of the file (9 different ones); all are kept",
        "focus.csv: 1 of 40 rows was refused and is in no figure. First reason: row 5, BilledCost: '12,5x' is not a plain number; write 1234.50. "
        "All of them: finops reconcile --settings workspaces/focus",
    ]
    starting.start(written(tmp_path / "whole.csv", many_units(3, 40)), tell=(whole := []).append)
    assert whole == [  # was nothing at all: the total of a first month could not be checked
        f"whole.csv: {title}: 40 rows accepted, 0 in quarantine, 23,913.00 USD, Billed (invoiced)",
        "Warning: whole.csv: 10 rows repeat an identical row of the file (10 different ones); all are kept",
    ]
    added = add(
        [tmp_path / "whole.csv"], load_settings(tmp_path / "workspaces" / "focus"), append=True
    )
    assert added[0] == whole[0], "the line of `finops add`"


def test_a_first_start_says_what_the_bill_is_its_total_with_its_basis_and_its_warnings(tmp_path):
    """As `finops add` says of every further one: a stranger holds the total against the file."""
    said = []
    written(tmp_path / "jan.csv", bill((1,)))
    starting.start(tmp_path / "jan.csv", folder=tmp_path / "ws", tell=said.append)
    assert said == [
        "jan.csv: a table: 56 rows accepted, 0 in quarantine, 5,236.00 USD, Billed (invoiced)",
        "Warning: jan.csv: the file has one amount: it is read as BilledCost (cash); EffectiveCost is not known",
    ]
    mapping = (tmp_path / "ws" / "mapping.yaml").read_text()
    written(tmp_path / "amortised.yaml", mapping.replace("basis: Billed", "basis: Effective"))
    starting.start(
        tmp_path / "jan.csv",
        folder=tmp_path / "other",
        mapping=tmp_path / "amortised.yaml",
        tell=(told := []).append,
    )
    assert told[0] == (
        "jan.csv: a table: 56 rows accepted, 0 in quarantine, 5,236.00 USD, Effective (amortised)"
    )


def test_without_settings_the_workspaces_here_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    todo = (
        "there is no such file. Make a workspace from a bill: finops start FILE. Or go to the folder of a workspace with cd{}, "
        "or name it: --settings FOLDER."
    )
    with pytest.raises(InputError) as raised:
        load_settings()
    assert str(raised.value) == f"finops.yaml: {todo.format('')}"
    for name in ("costs", "other"):
        (tmp_path / "workspaces" / name).mkdir(parents=True)
        (tmp_path / "workspaces" / name / "finops.yaml").write_text(f"company: {name}\n")
    with pytest.raises(InputError) as raised:
        load_settings()
    assert str(raised.value) == (
        "finops.yaml: there is no such file. Name a workspace, for example --settings workspaces/costs. "
        "There are: workspaces/costs, workspaces/other."
    )
    assert load_settings("workspaces/other").company == "other"
    (tmp_path / "workspaces" / "costs" / "exports").mkdir()
    monkeypatch.chdir(tmp_path / "workspaces" / "costs" / "exports")
    with pytest.raises(InputError) as raised:
        load_settings()
    there = f" (there is one in '{tmp_path.resolve() / 'workspaces' / 'costs'}')"
    assert str(raised.value) == f"finops.yaml: {todo.format(there)}"
    with pytest.raises(InputError) as raised:
        load_settings("nowhere/finops.yaml")
    assert str(raised.value) == f"nowhere/finops.yaml: {todo.format(there)}"
