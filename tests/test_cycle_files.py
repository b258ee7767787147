"""Quality samples, customers and their use: read as written, and refused in one sentence (docs/method §16.24, §16.25)."""

from __future__ import annotations

import pytest

from finops_model.errors import InputError
from finops_model.facts.cycle.actions import read_actions
from finops_model.facts.cycle.customers import read_customer_usage, read_customers
from finops_model.facts.cycle.quality import read_quality
from finops_model.facts.plans import sheet

HEAD = "week,workload,model,sampled,accepted,score,scale\n"
GOOD = HEAD + "2026-02-02,chat,m,200,180,4.2,\n2026-02-09,chat,m,100,60,71,0-100\n"


def written(folder, text: str, name: str = "file.csv"):
    (folder / name).write_text(text)
    return folder / name


def test_samples_are_read_as_written(tmp_path):
    rows = read_quality(written(tmp_path, GOOD))
    assert rows["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-02-02", "2026-02-09"]
    assert rows[["sampled", "accepted", "score"]].values.tolist() == [
        [200, 180, 4.2],
        [100, 60, 71],
    ]
    assert rows[["lowest", "highest"]].values.tolist() == [[1, 5], [0, 100]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "2026-02-02,chat,m,200,180,5.4,",
            "score: 5.4 is outside its scale, 1 to 5. Write a score of that scale, or the scale in a column scale (1-5, 0-100).",
        ),
        (
            "2026-02-02,chat,m,200,180,5,high",
            "scale: 'high' is no scale. Write its ends, the lower first, for example 1-5.",
        ),
        (
            "2026-02-02,chat,m,200,201,5,",
            "accepted: 201 accepted of 200 sampled. At most all of them can be.",
        ),
        (
            "2026-02-02,chat,m,0,0,5,",
            "sampled: is 0, and a sample of nothing says nothing. Take the line out.",
        ),
        ("2026-02-02,chat,m,2.5,1,5,", "sampled: 2.5 is no count. Write a whole number."),
        ("2026-02-02,chat,m,,1,5,", "sampled: is empty. Write the number; a blank is not zero."),
        ("2026-02-02,,m,2,1,5,", "workload: is empty. Write the workload."),
        (",chat,m,200,180,5,", "week: '' is not a day. Write it as 2026-01-31."),
    ],
)
def test_a_sample_that_cannot_be_is_refused_with_its_cell(tmp_path, row, message):
    with pytest.raises(InputError) as refused:
        read_quality(written(tmp_path, f"{HEAD}{row}\n"))
    assert str(refused.value) == f"file.csv: line 2: {message}"


def test_one_sample_twice_is_refused(tmp_path):
    with pytest.raises(InputError) as refused:
        read_quality(written(tmp_path, GOOD + "2026-02-02,chat,m,1,1,,\n"))
    assert str(refused.value) == (
        "file.csv: line 4: workload: 'chat' with 'm' has 2026-02-02 twice, first in line 2. Keep one of them."
    )


PEOPLE = "customer,name,segment,entity,since\na,Ada,large,One,2025-01\nb,Bo,small,Two,\n"


def test_customers_of_an_entity_and_what_they_used(tmp_path):
    people = read_customers(written(tmp_path, PEOPLE), "One", ["One", "Two"])
    assert people[["customer", "since", "mine"]].values.tolist() == [
        ["a", "2025-01", True],
        ["b", "", False],
    ]
    use = written(tmp_path, "month,customer,chats\n2026-02,a,5\n2026-02,b,7\n", "use.csv")
    assert read_customer_usage(use, people).values.tolist() == [["2026-02", "a", "chats", 5.0]]
    assert len(read_customer_usage(use, None)) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "customer,name,entity\na,x,One\na,y,One\n",
            "file.csv: line 3: customer: 'a' is in line 2 already. Keep one of them.",
        ),
        (
            "customer,name,entity\n,x,One\n",
            "file.csv: line 2: customer: is empty. Write the customer.",
        ),
        (
            "customer,since,entity\na,soon,One\n",
            "file.csv: line 2: since: 'soon' is not a month. Write it as 2026-10.",
        ),
        (
            "customer,entity\na,Onn\n",
            "file.csv: line 2: entity: unknown entity 'Onn'. Did you mean 'One'? Known: One, Two.",
        ),
    ],
)
def test_a_list_of_customers_that_cannot_be_is_refused(tmp_path, text, message):
    with pytest.raises(InputError) as refused:
        read_customers(written(tmp_path, text), "One", ["One", "Two"])
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "month,customer,chats\n2026-02,c,5\n",
            "use.csv: line 2: customer: unknown customer 'c'. Known: a, b.",
        ),
        (
            "month,customer,chats\n2026-02,a,5\n2026-02,a,6\n",
            "use.csv: line 3: customer: 'a' has 2026-02 twice, first in line 2. Keep one of them.",
        ),
        (
            "month,customer,chats\n2026-02,a,\n",
            "use.csv: line 2: chats: is empty. Write the number; a blank is not zero.",
        ),
        (
            "month,customer\n2026-02,a\n",
            "use.csv: a file of customers' use needs a column of counts besides month and customer. Columns seen: month, customer. "
            "Add one, named after the driver.",
        ),
    ],
)
def test_use_that_cannot_be_is_refused(tmp_path, text, message):
    people = read_customers(written(tmp_path, PEOPLE), "", [])
    with pytest.raises(InputError) as refused:
        read_customer_usage(written(tmp_path, text, "use.csv"), people)
    assert str(refused.value) == message


def test_a_count_beyond_any_bill_is_refused_and_never_infinite(tmp_path):
    with pytest.raises(InputError) as refused:
        read_quality(written(tmp_path, f"{HEAD}2026-02-02,chat,m,1e400,1,5,\n"))
    assert (
        str(refused.value)
        == "file.csv: line 2: sampled: '1e400' is more than anything of a bill. Correct it."
    )


def test_a_column_is_looked_at_once_however_many_rows_it_has(tmp_path, monkeypatch):
    looked = []
    for name in ("date_order", "decimal_mark"):
        real = getattr(sheet, name)
        monkeypatch.setattr(sheet, name, lambda *given, real=real: looked.append(1) or real(*given))
    head = "id,action,proposed_on,monthly_saving\n"
    rows = "".join(f"A{i},Off,2026-01-02,5\n" for i in range(50))
    assert len(read_actions(written(tmp_path, head + rows), "USD")) == 50
    assert len(looked) == 2
