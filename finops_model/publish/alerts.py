"""What the watch found, as files and as messages: written whole, sent once per episode, with what people said about it.

<watch>/alerts/2026-08-21/alerts.json  alerts.md  alerts.html      <watch>: the folder `watch` beside the ledger
<watch>/feedback.jsonl      one verdict a line, never changed      <watch>/sent.json: what was sent where
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import shutil
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from markupsafe import Markup

from ..documents import write_atomic
from ..errors import FinOpsError, InputError, LedgerError, ReportError, together, unknown
from ..facts.daily import warehouse
from ..facts.plans import read as plans
from ..forecasting.settling import settled
from ..measure.anomalies.alert import NAMES, Alert
from ..measure.anomalies.feedback import Feedback
from ..measure.anomalies.limits import DIMENSIONS, Quota, check_quotas, read_quotas
from ..measure.anomalies.watch import Watch, watch
from ..measure.entities import own_unit
from ..measure.words import money
from ..names import old_slug, slug
from ..periods import check_day
from ..progress import Progress, silent
from ..settings import Settings
from . import since
from .charts.parts import clean
from .page.html import shell
from .page.tables import Column, table

URLS = "FINOPS_NOTIFY_URLS"  # environment variable: addresses of apprise, one a line
QUOTAS = "quotas.csv"  # beside finops.yaml


def folder_of(settings: Settings) -> Path:
    """Where alerts, verdicts and the record of what was sent lie: beside the ledger, of an entity in a folder of its own.

    A folder of before slugs kept every script goes on, unless it is another entity's.
    """
    root = settings.path(settings.ledger).parent / "watch"
    if settings.own is None:
        return root
    name = settings.own.name
    old, others = old_slug(name), [one.name for one in settings.entities if one.name != name]
    kept = old not in map(slug, others) and [old_slug(one) for one in others].count(old) == 0
    fresh = root / slug(name)
    return root / old if kept and not fresh.exists() and (root / old).is_dir() else fresh


def look(
    settings: Settings,
    as_of: str | None = None,
    *,
    quotas: str | os.PathLike | None = None,
    progress: Progress | None = None,
    **how,
) -> Watch:
    """`measure.anomalies.watch.watch` on the company of finops.yaml: its ledger, budgets, quotas, published forecasts and recorded verdicts.

    as_of   last day looked at; default the newest complete day of the sources that nobody waits for. Raises LedgerError for a day outside the ledger.
    how     as in `watch`; None: as finops.yaml says under `watch`, else the default
    """
    how = limits_of(settings) | {name: value for name, value in how.items() if value is not None}
    from .close import (
        books,  # brings the simulation with it: recording a verdict need not wait for that
    )

    say = progress or silent
    ledger = books(settings, progress)
    complete = ledger.complete(settings.time_zone)
    first, last = str(complete.first_day), str(complete.now)
    for name, day in (("--as-of", as_of), ("--since", how.get("since"))):
        if day is not None:
            check_day(day, name)
    as_of = as_of or last
    if not first <= as_of <= last:
        raise LedgerError(
            f"--as-of {as_of}: the ledger has data from {first} to {last}. Choose a day in between."
        )
    if how.get("since") and how["since"] > as_of:
        raise LedgerError(
            f"--since {how['since']} is after the last day looked at, {as_of}. Choose an earlier day."
        )
    budgets = (
        plans.read_budgets(settings.path(settings.budgets), settings.currency)
        if settings.budgets
        else None
    )
    say("daily facts", 0, 2)
    daily = warehouse.daily(ledger, settings)
    currencies = sorted(set(daily["BillingCurrency"]))
    if currencies != [settings.currency]:
        raise LedgerError(
            f"the ledger holds {', '.join(currencies)} and finops.yaml says currency: {settings.currency}. "
            "Alerts are in one currency: split the bill, or set the currency."
        )
    say("anomalies", 1, 2)
    found = watch(
        daily,
        as_of,
        currency=settings.currency,
        quotas=quotas_of(settings, daily, quotas),
        budgets=budgets,
        forecasts=published(settings),
        feedback=read_feedback(folder_of(settings)),
        settling_days=settings.settling_days,
        **how,
    )
    say("anomalies", 2, 2)
    report = since.published(settings, as_of)
    return found if report is None else replace(found, notes=(*found.notes, report.said()))


def limits_of(settings: Settings) -> dict:
    """What finops.yaml says of the limits under `watch`, by the words of `measure.anomalies.watch.watch`. Raises InputError for an unknown dimension."""
    found = {
        name: value for name, value in settings.watch if value is not None and name != "quotas"
    }
    for level in found.get("by", ()):
        if level not in DIMENSIONS:
            raise InputError(unknown("finops.yaml: watch/by", "dimension", level, DIMENSIONS))
    return {"levels" if name == "by" else name: value for name, value in found.items()}


def quotas_of(settings: Settings, daily, path: str | os.PathLike | None = None) -> list[Quota]:
    """The quotas of a file that is asked for, of finops.yaml (`watch: quotas`, a list or a file), or of quotas.csv beside it."""
    told, beside = settings.watch.quotas, settings.path(QUOTAS)
    if path is None and told and not isinstance(told, str):
        entries = [Quota(**dict(entry)) for entry in told]
        return check_quotas(
            entries,
            lambda i, field: f"finops.yaml: watch/quotas/{i}/{field}",
            daily,
            lambda i: f"at watch/quotas/{i}",
        )
    chosen = path or (settings.path(told) if told else beside if beside.is_file() else None)
    return read_quotas(chosen, daily) if chosen else []


def published(settings: Settings) -> list[tuple]:
    """(data_as_of, unit, {month: (P10, P50, P90)}) of every published brief; what cannot be read is not a forecast."""
    found = []
    for path in sorted(settings.path(settings.reports).glob("*/*/brief.json")):
        try:
            brief = json.loads(path.read_text(encoding="utf-8"))
            months = {
                str(row["month"]): tuple(float(row[name]) for name in ("p10", "p50", "p90"))
                for row in brief["forecast"]["months"]
            }
            if unit := own_unit(brief, settings):
                found.append((str(brief["data_as_of"]), unit, months))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


# Verdicts


def read_feedback(folder: Path) -> list[Feedback]:
    """Every recorded verdict, oldest first. Raises InputError naming the line that cannot be read."""
    path = Path(folder) / "feedback.jsonl"
    if not path.is_file():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(Feedback(**json.loads(line)))
        except FinOpsError as problem:
            raise InputError(f"{path}:{number}: {problem}") from None
        except (ValueError, TypeError):
            raise InputError(
                f"{path}:{number}: not a recorded verdict. Take the line out, and record it again: "
                'finops watch feedback ID expected --because "…".'
            ) from None
    return found


def record_feedback(
    folder: Path, alert: str, verdict: str, because: str = "", recorded: str = ""
) -> Feedback:
    """Add a verdict on a published alert; the file is replaced whole, its earlier lines as they were.

    Raises InputError for an alert that was not published or a verdict that is none.
    """
    folder = Path(folder)
    told = known_alerts(folder)
    if alert not in told:
        raise InputError(
            unknown(
                "finops watch feedback",
                "alert",
                alert,
                told,
                "Run finops watch first; its table shows the ids.",
            )
        )
    one = told[alert]
    found = Feedback(
        alert=alert,
        kind=one["kind"],
        dimension=one["dimension"],
        subject=one["subject"],
        verdict=verdict,
        start=one["start"],
        end=one["end"],
        expected=one["expected"],
        actual=one["actual"],
        because=because,
        recorded=recorded,
        hours=one["hours"],
        hours_expected=one["hours_expected"],
    )
    with _alone(folder):
        path = folder / "feedback.jsonl"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        before += "\n" if before and not before.endswith("\n") else ""
        write_atomic(path, before + json.dumps(asdict(found), ensure_ascii=True) + "\n")
    return found


def known_alerts(folder: Path) -> dict[str, dict]:
    """Every alert published so far, by id, as it was told last."""
    found: dict[str, dict] = {}
    for path in sorted(Path(folder).glob("alerts/*/alerts.json")):
        try:
            found |= {
                one["id"]: one for one in json.loads(path.read_text(encoding="utf-8"))["alerts"]
            }
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


# Files


def as_json(found: Watch, company: str, fresh: set[str] | None = None) -> dict:
    """The watch as plain data. `new`: ids that no earlier run has sent."""
    alerts = [one.as_dict() for one in found.alerts]
    return {
        "schema": 1,
        "company": company,
        "as_of": found.as_of,
        "since": found.since,
        "currency": found.currency,
        "money_floor": found.money_floor,
        "headline": headline(found),
        "over": sum(max(one.severity, 0.0) for one in found.alerts),
        "accepted": found.accepted,
        "new": sorted(fresh) if fresh is not None else [one["id"] for one in alerts],
        "alerts": alerts,
        "notes": list(found.notes),
    }


def headline(found: Watch) -> str:
    """One sentence: how many alerts, how much money, the worst of them."""
    if not found.alerts and found.unfinished:
        days = sorted({one.day for one in found.unfinished})
        return f"Nothing unusual from {found.since} to {settled(found.as_of, found.unfinished)}; {together(days)} {'are' if len(days) > 1 else 'is'} not judged yet."
    if not found.alerts:
        return f"Nothing unusual from {found.since} to {found.as_of}."
    spend = [one for one in found.alerts if one.kind in ("spend", "runaway")]
    over = sum(one.severity for one in spend if one.severity > 0)
    count = f"{len(found.alerts)} alert{'s' * (len(found.alerts) > 1)} from {found.since} to {found.as_of}"
    top = found.alerts[0]
    more = f"; spend above what was expected: {money(over, found.currency)}" if over else ""
    return f"{count}{more}. First: {clean(top.what)}"


def publish(found: Watch, folder: Path, company: str, fresh: set[str] | None = None) -> Path:
    """Write alerts.json, alerts.md and alerts.html of a day: made aside, put in place by one rename. Returns their folder."""
    root = Path(folder) / "alerts"
    root.mkdir(parents=True, exist_ok=True)
    place = root / found.as_of
    made = Path(tempfile.mkdtemp(prefix=f".{found.as_of}.", dir=root))
    try:
        write_atomic(
            made / "alerts.json",
            json.dumps(
                as_json(found, company, fresh), ensure_ascii=False, allow_nan=False, indent=1
            )
            + "\n",
        )
        write_atomic(made / "alerts.md", markdown(found, company))
        write_atomic(made / "alerts.html", page(found, company))
        os.chmod(made, 0o755)
        with _alone(folder):
            old = root / f".{found.as_of}.old"
            shutil.rmtree(old, ignore_errors=True)
            if place.exists():
                os.rename(place, old)
            os.rename(made, place)
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return place


def plain(text: str) -> str:
    """Text from a bill inside Markdown: it stays text.

    >>> plain("team|[x](http://a) <b>")
    'team\\\\|\\\\[x\\\\](http://a) \\\\<b\\\\>'
    """
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", clean(text))


def markdown(found: Watch, company: str) -> str:
    """The alerts as readable text."""
    lines = [
        f"# {plain(company)}: AI spend alerts, data up to {found.as_of}",
        "",
        plain(headline(found)),
        "",
    ]
    for one in found.alerts:
        lines += [
            f"## {NAMES[one.kind]} · {plain(one.subject)} · {size(one, found.currency)}",
            "",
            plain(one.what),
            "",
        ]
        lines += [f"* What moved: {plain(one.why)}"] * bool(one.why)
        lines += [
            f"* Owner: {plain(one.owner)}",
            f"* To do: {plain(one.do)}",
            f"* Id: {one.id}{' (goes on)' if one.ongoing else ''}",
            "",
        ]
    lines += [f"{found.accepted} recorded as expected and kept quiet.", ""] * bool(found.accepted)
    lines += [plain(note) for note in found.notes]
    return "\n".join(lines).rstrip() + "\n"


def size(alert: Alert, currency: str) -> str:
    """Severity with its sign in words a finance reader knows; a gap is money not known."""
    if alert.kind == "gap":
        return f"{money(abs(alert.severity), currency)} not known"
    return f"{'+' if alert.severity >= 0 else '−'}{money(abs(alert.severity), currency)}"


def page(found: Watch, company: str) -> str:
    """The alerts as one HTML page in the look of the reports; every text from outside is escaped."""
    columns = [
        Column("Money"),
        Column("Kind", False),
        Column("What happened", False, True),
        Column("What moved", False, True),
        Column("Owner", False, True),
        Column("To do", False, True),
        Column("Id", False),
    ]
    rows = [
        [
            size(one, found.currency),
            NAMES[one.kind],
            clean(one.what) + (" It goes on." if one.ongoing else ""),
            clean(one.why),
            clean(one.owner),
            clean(one.do),
            one.id,
        ]
        for one in found.alerts
    ]
    title = f"{clean(company)} · AI spend alerts · {found.as_of}"
    quiet = f"{found.accepted} recorded as expected and kept quiet. " if found.accepted else ""
    head = Markup('<p class="over">{}</p><h1>{}</h1>').format(
        f"{clean(company)} · data up to {found.as_of}", headline(found)
    )
    body = (
        table(
            columns,
            rows,
            caption="Alerts, the most money first",
            note=f"{quiet}Days {found.since} to {found.as_of}; from "
            f"{money(found.money_floor, found.currency)} a day.",
            name="alerts",
        )
        if rows
        else ""
    )
    return shell(
        title,
        head + body,
        (("alerts.json", "Alerts as JSON"), ("alerts.md", "as text")),
        f"{clean(company)} · data up to {found.as_of}",
    )


# Messages


def addresses(file: str | os.PathLike | None = None, environ=os.environ) -> list[str]:
    """Where to send: addresses of apprise from a file outside git, or from FINOPS_NOTIFY_URLS; one a line, # for remarks.

    Raises ReportError for none, and for a file inside a git repository: addresses carry passwords.
    """
    if file is not None:
        path = Path(file).resolve()
        if not path.is_file():
            raise ReportError(f"{file}: there is no such file of addresses.")
        if any((folder / ".git").exists() for folder in path.parents):
            raise ReportError(
                f"{file}: this file lies in a git repository, and addresses carry passwords. Keep it outside, or set {URLS}."
            )
        text = path.read_text(encoding="utf-8-sig")
    else:
        text = environ.get(URLS, "")
    found = [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    if not found:
        raise ReportError(
            f"--notify: there is no address. Set {URLS}, one address a line, or name a file outside git with --notify-file."
        )
    return found


def sent(folder: Path) -> dict[str, list[str]]:
    """{alert id: destinations that have it}, as kept in sent.json; empty where nothing was sent."""
    try:
        told = json.loads((Path(folder) / "sent.json").read_text(encoding="utf-8"))["sent"]
        return {str(one): [str(name) for name in names] for one, names in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ReportError(
            f"{Path(folder) / 'sent.json'}: cannot be read. Move it away; alerts of running episodes are then sent once "
            "again."
        ) from None


def notify(found: Watch, folder: Path, company: str, urls: list[str]) -> int:
    """Send what each destination does not have yet, one message each; returns how many alerts were sent to at least one.

    What was sent is kept after each destination, so a failure later sends nothing twice. Raises ReportError naming the kind of destination
    that failed, never its address.
    """
    import apprise

    folder, failed, told = Path(folder), [], set()
    with _alone(folder), _hushed():
        state = sent(folder)
        for name, url in zip(_names(urls), urls):
            fresh = [one for one in found.alerts if name not in state.get(one.id, [])]
            if not fresh:
                continue
            box = apprise.Apprise()
            text = markdown(_only(found, fresh), company)
            title, _, body = text.partition("\n")
            try:
                good = bool(box.add(url)) and bool(
                    box.notify(body=body.strip(), title=title.lstrip("# "), body_format="markdown")
                )
            except Exception:  # noqa: BLE001 - whatever a plug-in raises may carry the address: its text is not shown
                good = False
            if not good:
                failed.append(name)
                continue
            told |= {one.id for one in fresh}
            for one in fresh:
                state.setdefault(one.id, []).append(name)
            write_atomic(
                folder / "sent.json",
                json.dumps({"schema": 1, "sent": state}, indent=1, sort_keys=True) + "\n",
            )
    if failed:
        raise ReportError(
            f"--notify: not sent to {', '.join(failed)}. Check the address and the network, and run it again: what was sent is "
            "not sent twice."
        )
    return len(told)


def _only(found: Watch, alerts: list[Alert]) -> Watch:
    return replace(found, alerts=tuple(alerts), accepted=0)


def _names(urls: list[str]) -> list[str]:
    """A name per destination that tells nothing of its address: the scheme, and its place among those of that scheme."""
    found: list[str] = []
    for url in urls:
        scheme = re.match(r"[A-Za-z0-9]{1,20}(?=://)", url)
        kind = scheme[0].lower() if scheme else "unknown"
        found.append(f"{kind} {sum(name.split()[0] == kind for name in found) + 1}")
    return found


@contextlib.contextmanager
def _hushed():
    """apprise logs addresses: silent while it works."""
    log = logging.getLogger("apprise")
    level, log.disabled = log.level, True
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
        log.disabled = False


@contextlib.contextmanager
def _alone(folder: Path):
    """One writer at a time in this folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with open(Path(folder) / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
