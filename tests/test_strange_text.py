"""Strange bytes and characters: a row is kept, refused with its reason, or the file is; never a traceback, never another letter in silence."""

from __future__ import annotations

import json
import os
import socket
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_model.errors import FinOpsError, InputError
from finops_model.facts.daily.warehouse import daily
from finops_model.facts.intake.files.readers import open_source
from finops_model.facts.intake.tables import apply_mapping, guess_mapping, read_table
from finops_model.facts.ledger.store import Ledger
from finops_model.settings import Settings

ROW = {
    "BilledCost": "1.00",
    "EffectiveCost": "1.00",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-01-01",
    "BillingPeriodEnd": "2026-02-01",
    "ChargePeriodStart": "2026-01-05",
    "ChargePeriodEnd": "2026-01-06",
    "ChargeCategory": "Usage",
    "ServiceName": "Compute",
    "InvoiceIssuerName": "Hyperion",
    "ServiceProviderName": "Hyperion",
    "BillingAccountId": "a",
    "Tags": '{"team":"Zürich"}',
}


def focus_lines(*teams: bytes) -> bytes:
    """A FOCUS CSV with a row per team; a team is bytes, so that it can be any encoding."""
    cells = [
        ",".join(
            '"' + cell.replace('"', '""') + '"'
            for cell in {**ROW, "Tags": '{"team":"TEAM"}'}.values()
        ).encode()
        for _ in teams
    ]
    return (
        ",".join(ROW).encode()
        + b"\n"
        + b"".join(cell.replace(b"TEAM", team) + b"\n" for cell, team in zip(cells, teams))
    )


def teams_of(ledger):
    return sorted(daily(ledger, Settings())["x_Team"])


def test_one_stray_byte_takes_its_own_row_and_no_letter_of_the_others(tmp_path):
    """Seen before: the whole file became Windows-1252, team 'ZÃ¼rich'."""
    (tmp_path / "b.csv").write_bytes(
        focus_lines("Zürich".encode(), b"Z\xfcrich", "Köln".encode(), b"Bern")
    )
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(tmp_path / "b.csv")
    refused = ledger.quarantine(details=True).iloc[0]
    assert teams_of(ledger) == ["Bern", "Köln", "Zürich"] and (
        receipt.rows_in,
        receipt.quarantined,
    ) == (4, 1)
    assert (refused["x_Row"], refused["x_Column"], refused["x_Kind"]) == (2, "Tags", "not UTF-8")
    assert (
        refused["x_Reason"] == """holds the byte 0xFC, which is not UTF-8: '{"team":"Z?rich"}'"""
        and "Z\\xfcrich" in refused["x_Raw"]
    )
    assert (
        "b.csv: 1 line is not UTF-8 (line 3) where others are: refused, not read another way"
        in map(str, receipt.warnings)
    )


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_only_where_no_line_is_utf8_is_the_file_windows_1252_and_says_so(encoding, tmp_path):
    (tmp_path / "b.csv").write_bytes(
        focus_lines("Zürich".encode(encoding), "Köln".encode(encoding), b"Bern")
    )
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(tmp_path / "b.csv")
    assert teams_of(ledger) == [
        "Bern",
        "Köln",
        "Zürich",
    ] and "b.csv: not UTF-8: read as Windows-1252" in map(str, receipt.warnings)


def test_a_stray_byte_in_the_header_refuses_the_file(tmp_path):
    text = "date,team,cost,gr\xf6\xdfe\n".encode("latin-1") + "2026-01-05,Zürich,1,x\n".encode()
    (tmp_path / "t.csv").write_bytes(text)
    said = "t.csv: the header holds the byte 0xF6, which is not UTF-8: 'date"
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(tmp_path / "t.csv")
    assert str(refused.value).startswith(
        said
    ) and "Export the file again, all of it as UTF-8." in str(refused.value)
    with pytest.raises(
        InputError, match="t.csv: the header holds the byte 0xF6, which is not UTF-8"
    ):
        read_table(tmp_path / "t.csv")


def test_a_table_and_json_lines_refuse_the_row_too(tmp_path):
    (tmp_path / "t.csv").write_bytes(
        b"date,team,cost\n2026-01-05,Z\xc3\xbcrich,1\n2026-01-06,Z\xfcrich,2\n2026-01-07,Bern,4\n"
    )
    frame = read_table(tmp_path / "t.csv")
    ledger = Ledger(tmp_path / "l")
    ledger.ingest([("t.csv", apply_mapping(frame, guess_mapping(frame)))])
    assert ledger.totals() == {"USD": Decimal(5)} and teams_of(ledger) == ["Bern", "Zürich"]
    assert ledger.quarantine()["x_Reason"].tolist() == [
        "line 3 holds the byte 0xFC, which is not UTF-8: '2026-01-06 Z?rich 2'"
    ]
    lines = [
        json.dumps({**ROW, "ServiceName": "Zürich"}, ensure_ascii=False).encode(),
        json.dumps({**ROW, "ServiceName": "X"}).encode().replace(b'"X"', b'"\xfc"'),
    ]
    (tmp_path / "b.jsonl").write_bytes(b"\n".join(lines))
    receipt = Ledger(tmp_path / "j").ingest(tmp_path / "b.jsonl")
    assert (receipt.accepted, receipt.reasons) == (1, {"not UTF-8": 1})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_lines_that_are_utf8_stay_as_they_are(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("mixed")
    data = b"name\n" + b"".join(
        b'"' + text.replace('"', '""').encode("utf-8" if utf8 else "latin-1") + b'"\n'
        for text, utf8 in lines
    )
    (folder / "m.csv").write_bytes(data)
    source = open_source(folder / "m.csv")
    read = source.table.column("name").to_pylist()
    if "not UTF-8: read as Windows-1252" not in source.notes:
        assert len(read) + len(source.broken) == len(lines)
        kept = [text for text, utf8 in lines if utf8 or text.isascii()]
        assert [text for text in kept if text in read] == kept


WHAT = {
    "pipe": (
        "is a pipe, not a file. Write what comes out of it into a file first, and name that.",
        lambda p: os.mkfifo(p),
    ),
    "loop": (
        "is a link that goes round in a circle. Name the file itself.",
        lambda p: p.symlink_to(p),
    ),
    "lost": (
        "is a link that leads to gone.csv, which is not there. Name the file itself.",
        lambda p: p.symlink_to("gone.csv"),
    ),
    "device": (
        "is a device, not a file. Write what comes out of it into a file first, and name that.",
        lambda p: p.symlink_to("/dev/null"),
    ),
    "folder": ("is a folder. Name its files, for example {path}/*.csv.", lambda p: p.mkdir()),
}


@pytest.mark.parametrize("what", WHAT)
def test_what_is_no_plain_file_is_called_what_it_is(what, tmp_path):
    """Seen before: a pipe got 'there is no such file. Did you mean' its own name."""
    path = tmp_path / "bill.csv"
    said, make = WHAT[what]
    make(path)
    for read in (read_table, Ledger(tmp_path / "l").ingest):
        with pytest.raises(InputError) as refused:
            read(path)
        assert str(refused.value) == f"{path}: {said.format(path=path)}"


def test_a_socket_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("s.csv")
        with pytest.raises(InputError, match="s.csv: is a socket, not a file."):
            read_table(Path("s.csv"))


@pytest.mark.parametrize(
    "number", ["1e999999999", "-1e999999999", "1e99999999999999999999", "1e40", "9" * 400, "1e18"]
)
@pytest.mark.parametrize("column", ["BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity"])
def test_a_number_beyond_all_bounds_refuses_its_row(number, column, tmp_path):
    """Seen before: decimal.Overflow, the whole delivery lost."""
    receipt = Ledger(tmp_path).ingest(("b.csv", pd.DataFrame([ROW, {**ROW, column: number}])))
    assert (receipt.accepted, receipt.reasons) == (1, {f"{column}: overflow": 1}) and str(receipt)


@pytest.mark.parametrize("number", ["1e-999999999", "1e-99999999999999999999"])
def test_a_number_too_small_to_count_is_nothing_or_refused_but_never_lost(number, tmp_path):
    receipt = Ledger(tmp_path).ingest(("b.csv", pd.DataFrame([ROW, {**ROW, "BilledCost": number}])))
    assert receipt.rows_in == receipt.accepted + receipt.quarantined == 2


@pytest.mark.parametrize(
    "day",
    [
        "9999-12-31",
        "31.12.9999",
        "9999-12-01",
        "1900-01-01",
        "0001-01-01",
        "2101-01-01",
        "1999-12-31",
    ],
)
def test_a_date_no_bill_can_have_refuses_its_row(day, tmp_path):
    """Seen before: OverflowError of 9999-12-31, which ERP systems write for 'never'."""
    (tmp_path / "t.csv").write_text(
        f"date,cost,team\n{'2026-01-05' if '-' in day else '05.01.2026'},1,a\n{day},7,a\n"
    )
    frame = read_table(tmp_path / "t.csv")
    mapping = guess_mapping(frame)
    ledger = Ledger(tmp_path / "l")
    ledger.ingest([("t.csv", apply_mapping(frame, mapping))])
    assert ledger.totals() == {"USD": Decimal(1)} and ledger.quarantine()["x_Row"].tolist() == [2]
    assert (
        "is not plausible: bills lie between 2000 and 2100"
        in ledger.quarantine()["x_Reason"].iloc[0]
    )
    assert (
        "1 of 2 dates cannot be read; their rows go to quarantine with file and row"
        in mapping.notes
        and "2026-01-05 … 2026-01-05" in mapping.describe()
    )


LONE = [
    '{"team":"\\ud800"}',
    '{"\\ud800":"a"}',
    '[{"key":"team","value":"\\udfff"}]',
    '"team": "\\ud800"',
    '{"a":{"b":"\\ud800"}}',
]


@pytest.mark.parametrize("tags", LONE)
@pytest.mark.parametrize("packed", ["csv", "jsonl", "frame"])
def test_half_a_character_in_a_tag_keeps_the_row_untagged_with_a_warning(tags, packed, tmp_path):
    """Seen before: UnicodeEncodeError, the whole delivery lost."""
    row = {**ROW, "Tags": tags}
    ledger, path = Ledger(tmp_path / "l"), tmp_path / f"b.{packed}"
    if packed == "jsonl":
        nested = json.loads(tags) if tags[0] in "{[" else tags
        path.write_text(json.dumps({**row, "Tags": nested}))
    else:
        pd.DataFrame([row]).to_csv(path, index=False)
    receipt = ledger.ingest(path if packed != "frame" else ("b.csv", pd.DataFrame([row])))
    assert receipt.accepted == 1 and teams_of(ledger) == ["(untagged)"]
    assert any(
        "a tag holds half a character (a lone surrogate): kept as untagged" in str(warning)
        for warning in receipt.warnings
    )


def test_half_a_character_in_a_name_is_kept_as_a_mark_and_said(tmp_path):
    (tmp_path / "b.jsonl").write_text(
        json.dumps({**ROW, "ServiceName": "GPU \ud800"}) + "\n" + json.dumps(ROW)
    )
    ledger = Ledger(tmp_path / "l")
    receipt = ledger.ingest(tmp_path / "b.jsonl")
    assert set(daily(ledger, Settings())["ServiceName"]) == {"GPU \ufffd", "Compute"}
    assert (
        "b.jsonl: ServiceName: 1 row holds half a character (a lone surrogate); it is kept as \ufffd"
        in map(str, receipt.warnings)
    )


def test_small_words_are_right(tmp_path):
    """Seen before: 'no column BilledCost' of JSON lines with a doubled key, 'more than 18 digits' of full-width ones, Refund turned in silence."""
    (tmp_path / "b.jsonl").write_text('{"BilledCost": 1, "BilledCost": 2}\n')
    with pytest.raises(InputError) as refused:
        Ledger(tmp_path / "l").ingest(tmp_path / "b.jsonl")
    assert str(refused.value) == (
        "b.jsonl: no record can be read; the first, 1, is not JSON: key 'BilledCost' appears twice. Export the file again."
    )
    ledger = Ledger(tmp_path / "m")
    receipt = ledger.ingest(
        (
            "b.csv",
            pd.DataFrame([{**ROW, "BilledCost": "１２"}, {**ROW, "ChargeCategory": "Refund"}]),
        )
    )
    assert ledger.quarantine()["x_Reason"].tolist() == [
        "'１２' is not a plain number; write 1234.50"
    ]
    assert (
        "b.csv: 1 row, first row 2: ChargeCategory: Refund is no category of FOCUS: kept as Credit"
        in map(str, receipt.warnings)
    )


ANY = st.one_of(
    st.text(max_size=12),
    st.text(st.characters(categories=["Cs", "Cc", "Lu", "Nd", "Sc"]), max_size=6),
    st.sampled_from(
        [
            "1e999999999",
            "9999-12-31",
            '{"team":"\ud800"}',
            '{"team":"\\ud800"}',
            "\ufeff",
            "NaN",
            "-0",
            "١٢",
            "1e-400",
            "=1+1",
            "0000-00-00",
            "24:00",
        ]
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        [*ROW, "SkuId", "SkuPriceDetails", "x_Model", "ListCost", "ConsumedQuantity", "anything"]
    ),
    ANY,
    st.booleans(),
)
def test_any_text_in_any_column_never_raises_anything_of_ours_but_a_sentence(
    tmp_path_factory, column, text, as_json
):
    folder = tmp_path_factory.mktemp("any")
    row = {**ROW, column: text}
    try:
        if as_json:
            (folder / "b.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(ROW))
            receipt = Ledger(folder / "l").ingest(folder / "b.jsonl")
        else:
            receipt = Ledger(folder / "l").ingest(
                ("b.csv", pd.DataFrame([row, ROW], dtype="object"))
            )
    except FinOpsError:
        return
    assert receipt.rows_in == receipt.accepted + receipt.quarantined == 2 and str(receipt)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 4), ANY, st.integers(0, 3))
def test_any_text_in_any_cell_of_a_table_never_raises_anything_but_a_sentence(
    tmp_path_factory, column, text, line
):
    folder = tmp_path_factory.mktemp("table")
    grid = [
        ["date", "team", "service", "cost", "currency"],
        *[[f"2026-01-0{day}", "a", "GPU", "1.00", "EUR"] for day in (1, 2, 3)],
    ]
    grid[line][column] = text.encode("utf-8", "replace").decode().replace("\0", "")
    pd.DataFrame(grid[1:], columns=grid[0]).to_csv(folder / "t.csv", index=False) if len(
        set(grid[0])
    ) == 5 else (folder / "t.csv").write_text("a")
    try:
        frame = read_table(folder / "t.csv")
        mapping = guess_mapping(frame)
        mapping.describe(), mapping.save(folder / "m.yaml")
        Ledger(folder / "l").ingest([("t.csv", apply_mapping(frame, mapping))])
    except FinOpsError:
        pass


@pytest.mark.parametrize(
    "text, why",
    [
        (
            "a: !!python/list [1]\n",
            "tag 'tag:yaml.org,2002:python/list' is not allowed: plain values only.",
        ),
        ("a: !mine {b: 1}\n", "tag '!mine' is not allowed: plain values only."),
        (
            "a: 010\n",
            "'a' is 010: YAML reads a number that begins with 0 in base eight. Write it without the 0, or as text: '010'.",
        ),
    ],
)
def test_yaml_that_is_read_another_way_than_it_looks_is_refused(text, why, tmp_path):
    """Seen before: tags on lists and mappings were dropped in silence, and 010 was read as 8."""
    from finops_model.documents import load_yaml

    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_yaml(path)
    assert str(error.value) == f"{path}:1: {why}"


def test_a_heading_that_is_no_name_is_refused_in_a_sentence(tmp_path):
    """A NUL was an error of the database, and a heading of 70,000 characters stood whole in the message."""
    for name, said in {
        "Cost\x00Center": "b.csv: the heading of column 9 ('CostCenter') holds a NUL character. Take it out, or export the file again.",
        "x"
        * 5000: f"b.csv: the heading of column 9 has 5,000 characters ('{'x' * 40}…'); at most 1,000. A quote that does not close makes such a one, "
        "or a line break that is gone. Correct the first line, or export the file again.",
    }.items():
        head = "BilledCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ServiceName"
        day = "2026-03-01,2026-04-01,2026-03-01,2026-03-02"
        (tmp_path / "b.csv").write_text(f"{head},{name}\n1.00,USD,{day},Usage,GPU,x\n")
        with pytest.raises(InputError) as problem:
            Ledger(tmp_path / "l").ingest(tmp_path / "b.csv")
        assert str(problem.value) == said
