"""Alerts on daily facts: gaps, quotas, pace, forecasts, commitments; files, verdicts and messages (docs/method §12)."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scenario_world import rows

from finops_model.errors import FinOpsError
from finops_model.facts.plans.read import read_budgets
from finops_model.measure.anomalies.gaps import gaps
from finops_model.measure.anomalies.limits import (
    commitment_alerts,
    forecast_alerts,
    pace_alerts,
    weekday_weights,
)
from finops_model.measure.anomalies.quotas import Quota, quota_alerts, read_quotas
from finops_model.measure.anomalies.watch import watch
from finops_model.publish.alerts import files, messages, verdicts, words

DAYS = pd.date_range("2026-05-04", "2026-10-31")
CHAT = dict(
    x_Workload="chat",
    x_Team="ai",
    x_BusinessUnit="Support",
    ServiceName="API",
    SkuId="in",
    ConsumedUnit="Tokens",
)
GPU = dict(
    x_Workload="train",
    x_Team="ml",
    x_BusinessUnit="Research",
    ServiceName="Compute",
    SkuId="H100",
    ConsumedUnit="GPU-hours",
)


def company(chat=None, gpu=None, days=DAYS) -> pd.DataFrame:
    """chat 100 a day (1,000 tokens), train 200 a day (100 GPU-hours)."""
    tokens = np.full(len(days), 1000.0) if chat is None else chat
    hours = np.full(len(days), 100.0) if gpu is None else gpu
    parts = [
        rows(days, ConsumedQuantity=tokens, EffectiveCost=tokens / 10, **CHAT),
        rows(days, ConsumedQuantity=hours, EffectiveCost=hours * 2, **GPU),
    ]
    return pd.concat(parts, ignore_index=True)


def kinds(found):
    return [(one.kind, one.dimension, one.subject, one.start, one.end) for one in found.alerts]


def test_a_quiet_company_has_no_alert_and_a_day_before_all_facts_is_refused():
    found = watch(company(), "2026-10-31", since="2026-05-04")
    assert (
        not found.alerts
        and words.headline(found) == "Nothing unusual from 2026-05-04 to 2026-10-31."
    )
    with pytest.raises(FinOpsError) as raised:
        watch(company(), "2026-01-01")
    assert (
        str(raised.value)
        == "2026-01-01: the ledger has no cost on or before this day. Choose a later --as-of."
    )
    with pytest.raises(FinOpsError) as raised:
        watch(company(), "2026-10-31", levels=["teem"])
    assert "--by: unknown dimension 'teem'. Did you mean 'team'? Known: workload, team, sku" in str(
        raised.value
    )


def test_a_runaway_job_is_one_alert_with_owner_hours_and_parts_that_add_up():
    hours = np.full(len(DAYS), 100.0)
    hours[150:153] = 500
    found = watch(company(gpu=hours), "2026-10-05", since="2026-09-20")
    (one,) = found.alerts
    assert (one.kind, one.subject, one.team, one.business_unit, one.start, one.end) == (
        "runaway",
        "train",
        "ml",
        "Research",
        "2026-10-01",
        "2026-10-03",
    )
    assert one.severity == pytest.approx(2400) and (one.hours, one.hours_expected) == (
        pytest.approx(1500),
        pytest.approx(300),
    )
    assert one.parts["volume"] == pytest.approx(2400) and one.parts["mix"] == one.parts["rate"] == 0
    assert sum(line["change"] for line in one.parts["lines"]) == pytest.approx(one.severity)
    assert set(one.folded) == {"sku H100", "team ml"}
    assert (
        one.what
        == "train cost $3.00k 2026-10-01 to 2026-10-03, 5.0 times what was expected; 1,500 GPU-hours instead of 300."
    )
    assert one.why == "use +$2.40k; most in train / H100 (+$2.40k)"
    for day in ("2026-10-01", "2026-10-02"):
        assert [a.id for a in watch(company(gpu=hours), day).alerts] == [one.id]
    later = watch(company(gpu=hours), "2026-10-31")
    assert not later.alerts  # two weeks back by default


def test_a_dearer_price_is_told_as_price_and_a_narrow_alert_is_not_raised_again_for_its_team():
    frame = company()
    dear = (frame["x_Workload"] == "chat") & (frame["ChargeDate"] >= "2026-10-20")
    frame.loc[dear, "EffectiveCost"] *= 1.5
    (one,) = watch(frame, "2026-10-31", levels=["workload", "sku", "team", "business unit"]).alerts
    assert one.parts["rate"] == pytest.approx(one.severity) == pytest.approx(50 * 12)
    assert one.do.startswith("Check the price") and set(one.folded) == {
        "sku in",
        "team ai",
        "business unit Support",
    }
    assert len(watch(frame, "2026-10-31", money_floor=51.0).alerts) == 0


def test_no_data_is_not_zero():
    frame = company()
    stopped = frame[~((frame["x_Workload"] == "train") & (frame["ChargeDate"] >= "2026-10-22"))]
    (one,) = watch(stopped, "2026-10-31").alerts
    assert (
        kinds(watch(stopped, "2026-10-31"))
        == [("gap", "service", "Compute", "2026-10-22", "2026-10-31")]
        and one.ongoing
    )
    assert one.severity == pytest.approx(-2000) and one.expected == pytest.approx(2000)
    assert (
        one.what
        == "Compute has sent no data since 2026-10-22, 10 days; usually $2.00k for so long. No data is not zero."
    )
    assert (
        not watch(stopped, "2026-10-23").alerts and watch(stopped, "2026-10-24").alerts
    )  # two days may be late
    assert not watch(stopped, "2026-10-31", late_days=10).alerts
    hole = frame[frame["ChargeDate"] != "2026-10-20"]
    assert kinds(watch(hole, "2026-10-31")) == [
        ("gap", "company", "Company", "2026-10-20", "2026-10-20")
    ]
    assert (
        watch(hole, "2026-10-31").alerts[0].what
        == "No source sent data on 2026-10-20, 1 day; usually $300 for so long. No data is not zero."
    )
    weekly = frame[
        (frame["x_Workload"] == "chat") | (frame["ChargeDate"].dt.dayofweek == 2)
    ]  # a job of Wednesdays
    assert not watch(weekly, "2026-10-31", since="2026-05-04").alerts
    zero = frame.copy()
    zero.loc[
        (zero["x_Workload"] == "train") & (zero["ChargeDate"] >= "2026-10-22"),
        ["EffectiveCost", "ConsumedQuantity"],
    ] = 0.0
    assert [(a.kind, a.direction) for a in watch(zero, "2026-10-31").alerts] == [
        ("spend", "down")
    ]  # a zero that was written is a fall


def test_refunds_without_a_mark_are_counted_and_not_judged():
    frame = company()
    frame.loc[
        (frame["x_Workload"] == "chat") & (frame["ChargeDate"] == "2026-10-25"), "EffectiveCost"
    ] = -40.0
    found = watch(frame, "2026-10-31")
    assert found.notes == ("1 day below zero (refunds) was not judged: chat.",) and not [
        a for a in found.alerts if a.dimension == "workload"
    ]
    marked = frame.copy()
    marked.loc[marked["EffectiveCost"] < 0, "ChargeClass"] = "Correction"
    assert watch(marked, "2026-10-31").notes == ()


def test_a_source_without_rows_for_a_third_of_its_days_is_not_missing():
    here = np.ones((3, 60), bool)
    here[1, ::3] = False
    here[2, 40:] = False
    found, unknown = gaps(here, 2)
    assert [(gap.row, gap.first, gap.last, gap.open) for gap in found] == [
        (2, 40, 59, True)
    ] and not unknown[1].any()


@pytest.mark.parametrize(
    "per, quantity, wanted",
    [
        ("day", 100.0, []),
        ("day", 99.0, [("2026-05-04", "2026-10-31", 181 * 2.0)]),
        (
            "month",
            3000.0,
            [
                ("2026-05-31", "2026-05-31", None),
                ("2026-07-31", "2026-07-31", 200.0),
                ("2026-08-31", "2026-08-31", 200.0),
                ("2026-10-31", "2026-10-31", 200.0),
            ],
        ),
    ],
)
def test_quotas_by_day_and_month(per, quantity, wanted):
    found = quota_alerts(
        company(), [Quota("workload", "train", "gpu hours", per, quantity, "Ada")], "USD"
    )
    wanted = [w for w in wanted if w[2] is not None]
    assert [(a.start, a.end, pytest.approx(a.severity)) for a in found] == wanted
    assert all(a.team == "Ada" for a in found)


def test_a_quota_of_money_and_one_of_tokens():
    found = quota_alerts(
        company(),
        [Quota("team", "ai", "USD", "month", 3000.0), Quota("sku", "in", "Tokens", "day", 999.0)],
        "USD",
    )
    assert {a.subject for a in found} == {"ai", "in"}
    october = [a for a in found if a.subject == "ai"][-1]
    assert (
        october.severity == pytest.approx(100.0)
        and october.what
        == "ai passed its quota of $3.00k for October 2026 on 2026-10-31 and has used $3.10k."
    )


def test_quotas_are_read_and_refused_word_for_word(tmp_path):
    path = tmp_path / "quotas.csv"
    path.write_text(
        "dimension,subject,unit,per,quantity,owner\nworkload,train,GPU-hours,day,120,Ada\nteam,ai,USD,month,3000,\n"
    )
    assert read_quotas(path, company()) == [
        Quota("workload", "train", "GPU-hours", "day", 120.0, "Ada"),
        Quota("team", "ai", "USD", "month", 3000.0),
    ]
    for line, message in (
        (
            "workload,trian,GPU-hours,day,120",
            "line 2: subject: unknown workload 'trian'. Did you mean 'train'? Known: chat, train.",
        ),
        ("workload,train,GPU-hours,week,1", "line 2: per: unknown span 'week'. Known: day, month."),
        (
            "workload,train,GPU-hours,day,-1",
            "line 2: quantity: -1 is negative. Write a number of at least 0.",
        ),
        ("workload,train,,day,1", "line 2: unit: is empty. Write it."),
        (
            "workload,train,GPU-hours,day,1\nworkload,train,GPU-hours,day,2",
            "line 3: subject: this quota is given in line 2 already. Keep one of them.",
        ),
    ):
        path.write_text("dimension,subject,unit,per,quantity\n" + line + "\n")
        with pytest.raises(FinOpsError) as raised:
            read_quotas(path, company())
        assert str(raised.value).endswith(message)


def budgets(tmp_path, amount=9300.0):
    path = tmp_path / "budgets.csv"
    path.write_text(
        f"business_unit,month,currency,amount\nSupport,2026-10,USD,{amount}\nResearch,2026-10,USD,6200\n"
    )
    return read_budgets(path, "USD")


def test_pace_follows_the_weekday_calendar(tmp_path):
    assert weekday_weights(pd.Series([1.0], [DAYS[0]])).tolist() == [1.0] * 7
    week = np.where(DAYS.dayofweek < 5, 1.2, 0.5) * 1000
    october = pace_alerts(
        company(chat=week), budgets(tmp_path, 120 * 22 + 50 * 9), "2026-10-18", "USD"
    )
    assert not october  # exactly on its pace, weekends and all
    (one,) = pace_alerts(
        company(chat=week), budgets(tmp_path, (120 * 22 + 50 * 9) / 1.2), "2026-10-18", "USD"
    )
    spent = 120 * 12 + 50 * 6
    assert (one.subject, one.start) == ("Support", "2026-10-05") and one.actual == pytest.approx(
        spent
    )
    assert one.expected == pytest.approx(spent / 1.2) and one.severity == pytest.approx(
        spent * (1 - 1 / 1.2)
    )
    assert "At this rate the month lands at $3.09k, $515 over its budget." in one.what
    assert not pace_alerts(
        company(chat=week), budgets(tmp_path, (120 * 22 + 50 * 9) / 1.2), "2026-10-04", "USD"
    )  # too early
    ended = pace_alerts(
        company(chat=week), budgets(tmp_path, (120 * 22 + 50 * 9) / 1.2), "2026-10-31", "USD"
    )[0]  # nothing can be slowed down in a month that is over
    assert "At this rate" not in ended.what and "the month is over" in ended.what
    assert "before the month ends" not in ended.do
    assert not pace_alerts(
        company(chat=week),
        budgets(tmp_path, (120 * 22 + 50 * 9) / 1.2),
        "2026-10-18",
        "USD",
        margin=0.3,
    )
    spent_at_once = pace_alerts(company(chat=week), budgets(tmp_path, 100), "2026-10-01", "USD")
    assert [a.subject for a in spent_at_once] == ["Support"]  # 120 of 100 on the first day


def test_months_outside_the_published_range():
    band = {"2026-09": (5000.0, 6000.0, 8000.0), "2026-10": (9000.0, 9500.0, 10000.0)}
    found = forecast_alerts(
        company(),
        [
            ("2026-08-31", "Company", band),
            ("2026-09-30", "Company", {"2026-10": (9200.0, 9250.0, 9280.0)}),
            ("2026-10-02", "Company", {"2026-10": (0.0, 0.0, 1.0)}),
        ],
        "2026-10-31",
        "USD",
    )
    assert [
        (a.start, a.direction, a.severity, a.expected) for a in sorted(found, key=lambda a: a.start)
    ] == [
        ("2026-09-27", "up", pytest.approx(1000.0), 8000.0),
        ("2026-10-31", "up", pytest.approx(20.0), 9280.0),
    ]
    under = forecast_alerts(
        company(),
        [("2026-08-31", "Support", {"2026-09": (3500.0, 3600.0, 3700.0)})],
        "2026-10-15",
        "USD",
    )
    assert [(a.start, a.direction, a.severity) for a in under] == [
        ("2026-09-30", "down", pytest.approx(-500.0))
    ]
    assert not forecast_alerts(
        company(),
        [("2026-09-30", "Support", {"2026-10": (3500.0, 3600.0, 3700.0)})],
        "2026-10-15",
        "USD",
    )  # may still come


def test_commitments_that_buy_nothing():
    days = DAYS[100:140]
    unused = np.where(np.arange(40) < 10, 5.0, np.where(np.arange(40) < 17, 30.0, 10.0))
    part = dict(GPU, CommitmentDiscountId="c1")
    frame = pd.concat(
        [
            company(),
            rows(days, EffectiveCost=100 - unused, CommitmentDiscountStatus="Used", **part),
            rows(days, EffectiveCost=unused, CommitmentDiscountStatus="Unused", **part),
        ],
        ignore_index=True,
    )
    (one,) = commitment_alerts(frame, "2026-10-31", "USD")
    assert (one.subject, one.start, one.end, one.severity) == (
        "c1",
        "2026-08-22",
        "2026-08-28",
        pytest.approx(210.0),
    ) and not one.ongoing
    assert (
        one.what
        == "Commitment c1 was used to 70 % from 2026-08-22 to 2026-08-28; $210 bought nothing."
    )
    assert not commitment_alerts(frame, "2026-10-31", "USD", days=8) and not commitment_alerts(
        frame, "2026-10-31", "USD", utilization=0.7
    )


# Files, verdicts, messages


@pytest.fixture
def found():
    hours = np.full(len(DAYS), 100.0)
    hours[176:] = 500
    return watch(company(gpu=hours), "2026-10-31")


def test_alerts_are_published_whole_and_text_from_a_bill_stays_text(tmp_path, found):
    hostile = "<img src=x onerror=alert(1)> | [click](http://a) \u202egpj"
    frame = company()
    frame.loc[frame["x_Workload"] == "train", ["x_Workload", "x_Team"]] = hostile
    frame.loc[
        (frame["x_Workload"] == hostile) & (frame["ChargeDate"] > "2026-10-27"), "EffectiveCost"
    ] *= 4
    bad = watch(frame, "2026-10-31")
    place = files.publish(bad, tmp_path, "A <b>company</b>")
    assert sorted(p.name for p in place.iterdir()) == ["alerts.html", "alerts.json", "alerts.md"]
    page, text = (place / "alerts.html").read_text(), (place / "alerts.md").read_text()
    assert (
        "<img" not in page
        and "&lt;img" in page
        and "\u202e" not in page + text
        and "\\[click\\]" in text
        and "\\<img" in text
    )
    told = json.loads((place / "alerts.json").read_text())
    assert told["alerts"][0]["subject"] == hostile and told["over"] == pytest.approx(
        sum(a.severity for a in bad.alerts)
    )
    again = files.publish(found, tmp_path, "Company")
    assert (
        again == place
        and json.loads((place / "alerts.json").read_text())["alerts"][0]["subject"] == "train"
    )
    assert [p.name for p in (tmp_path / "alerts").iterdir()] == ["2026-10-31"]


def test_a_failed_publication_leaves_the_old_one(tmp_path, found, monkeypatch):
    place = files.publish(found, tmp_path, "Company")
    before = (place / "alerts.md").read_text()
    monkeypatch.setattr(files, "page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.publish(found, tmp_path, "Other")
    assert (place / "alerts.md").read_text() == before and [
        p.name for p in (tmp_path / "alerts").iterdir()
    ] == ["2026-10-31"]


def test_verdicts_are_appended_and_used(tmp_path, found):
    files.publish(found, tmp_path, "Company")
    (one,) = found.alerts
    reason = 'launch", "verdict": "real\n{<b>}'
    first = verdicts.record_feedback(tmp_path, one.id, "expected", reason, "2026-11-01")
    before = (tmp_path / "feedback.jsonl").read_bytes()
    verdicts.record_feedback(tmp_path, one.id, "expected", "again", "2026-11-02")
    after = (tmp_path / "feedback.jsonl").read_bytes()
    assert after.startswith(before) and len(after.splitlines()) == 2
    told = verdicts.read_feedback(tmp_path)
    assert (
        told[0] == first
        and first.because == 'launch", "verdict": "real {<b>}'
        and told[1].because == "again"
    )
    hours = np.full(len(DAYS), 100.0)
    hours[176:] = 500
    quiet = watch(company(gpu=hours), "2026-10-31", feedback=told)
    assert not quiet.alerts and quiet.accepted == 1
    hours[179] = 1500
    (louder,) = watch(company(gpu=hours), "2026-10-31", feedback=told).alerts
    assert louder.start == "2026-10-30" and louder.expected == pytest.approx(1000, rel=0.01)
    real = verdicts.record_feedback(tmp_path, one.id, "real", "", "2026-11-03")
    assert (
        real.verdict == "real"
        and watch(
            company(gpu=np.where(np.arange(len(DAYS)) >= 176, 500.0, 100.0)),
            "2026-10-31",
            feedback=verdicts.read_feedback(tmp_path),
        )
        .alerts[0]
        .id
        == one.id
    )


def test_an_expected_limit_is_quiet_until_it_has_doubled():
    quota = [Quota("workload", "train", "GPU-hours", "day", 90.0)]
    (one,) = watch(company(), "2026-10-20", quotas=quota).alerts
    told = SimpleNamespace(
        alert=one.id,
        kind="quota",
        dimension="workload",
        subject="train",
        verdict="expected",
        start=one.start,
        end=one.end,
        actual=one.actual,
        expected=one.expected,
    )
    assert not watch(company(), "2026-10-31", quotas=quota, feedback=[told]).alerts
    hours = np.full(len(DAYS), 100.0)
    hours[-8:] = 900
    assert any(
        a.kind == "quota"
        for a in watch(company(gpu=hours), "2026-10-31", quotas=quota, feedback=[told]).alerts
    )


def test_verdicts_that_make_no_sense_are_refused(tmp_path, found):
    with pytest.raises(FinOpsError) as raised:
        verdicts.record_feedback(tmp_path, "abc", "expected")
    assert (
        str(raised.value)
        == "finops watch feedback: unknown alert 'abc'. Known: none. Run finops watch first; its table shows the ids."
    )
    (tmp_path / "feedback.jsonl").write_text('{"alert": 1}\n')
    with pytest.raises(FinOpsError) as raised:
        verdicts.read_feedback(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}/feedback.jsonl:1: not a recorded verdict. Take the line out, and record it again: "
        'finops watch feedback ID expected --because "…".'
    )


@pytest.fixture(scope="module")
def memo():
    """A destination of apprise in this process: no network. `memo.fail` makes it fail as a plug-in does."""
    import apprise

    box = SimpleNamespace(messages=[], fail=False)

    @apprise.decorators.notify(on="memo")
    def keep(body, title, notify_type, meta=None, *args, **kwargs):
        if box.fail:
            raise OSError("memo://user:secret-word@host is down")
        box.messages.append((title, body))
        return True

    return box


@pytest.fixture
def sink(memo):
    memo.messages, memo.fail = [], False
    return memo


def test_an_alert_is_sent_once_per_destination(tmp_path, found, sink):
    urls = ["memo://user:secret-word@host", "memo://other"]
    assert messages.notify(found, tmp_path, "Meridian Labs", urls) == 1 and len(sink.messages) == 2
    assert (
        sink.messages[0][0] == "Meridian Labs: AI spend alerts, data up to 2026-10-31"
        and "train" in sink.messages[0][1]
    )
    assert messages.notify(found, tmp_path, "Meridian Labs", urls) == 0 and len(sink.messages) == 2
    assert (
        messages.notify(found, tmp_path, "Meridian Labs", [*urls, "memo://third"]) == 1
        and len(sink.messages) == 3
    )
    assert "secret-word" not in "".join(p.read_text() for p in tmp_path.rglob("*") if p.is_file())


def test_a_destination_that_fails_is_told_without_its_address_and_tried_again(
    tmp_path, found, sink, caplog, capsys
):
    sink.fail = True
    with caplog.at_level(logging.DEBUG), pytest.raises(FinOpsError) as raised:
        messages.notify(found, tmp_path, "Company", ["memo://user:secret-word@host", "no address"])
    assert str(raised.value) == (
        "--notify: not sent to memo 1, unknown 1. Check the address and the network, and run it again: what was sent is "
        "not sent twice."
    )
    told = capsys.readouterr()
    assert "secret-word" not in caplog.text + told.out + told.err
    sink.fail = False
    assert messages.notify(found, tmp_path, "Company", ["memo://user:secret-word@host"]) == 1


def test_addresses_come_from_the_environment_or_a_file_outside_git(tmp_path):
    assert messages.addresses(environ={messages.URLS: "memo://a\n# old\n memo://b "}) == [
        "memo://a",
        "memo://b",
    ]
    path = tmp_path / "addresses.txt"
    path.write_text("\ufeffmemo://c\n", encoding="utf-8")
    assert messages.addresses(path, environ={}) == ["memo://c"]
    (tmp_path / ".git").mkdir()
    for call, message in (
        (
            lambda: messages.addresses(environ={}),
            "--notify: there is no address. Set FINOPS_NOTIFY_URLS, one address a line, or name "
            "a file outside git with --notify-file.",
        ),
        (
            lambda: messages.addresses(path),
            f"{path}: this file lies in a git repository, and addresses carry passwords. Keep it "
            "outside, or set FINOPS_NOTIFY_URLS.",
        ),
        (
            lambda: messages.addresses(tmp_path / "x"),
            f"{tmp_path / 'x'}: there is no such file of addresses.",
        ),
    ):
        with pytest.raises(FinOpsError) as raised:
            call()
        assert str(raised.value) == message
    (tmp_path / "sent.json").write_text("[]")
    with pytest.raises(FinOpsError, match="sent.json: cannot be read"):
        messages.sent(tmp_path)
