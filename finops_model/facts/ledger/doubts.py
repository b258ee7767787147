"""What a delivery has in common with what is in force: what it replaces, what only its owner can say, what is worth a warning.

The rules stand in scopes.py (docs/method §13.21); here they are asked of every period of a delivery, and the answer is taken.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import LedgerError, several
from . import proof, scopes
from .judged import Read, keys_of
from .manifest import Book, Key, Version
from .receipt import Money, Warned, add, plain
from .scopes import Meeting, Rows
from .versions import scope_of, words

CENT = Decimal("0.005")
VENDORS = {  # words of an issuer or a format: who it is
    "aws": ("aws", "amazon web services"),
    "google": ("google",),
    "microsoft": ("azure", "microsoft"),
    "openai": ("openai",),
    "anthropic": ("anthropic", "claude console"),
}


@dataclass(frozen=True)
class Choice:
    """What whoever delivers has said."""

    append: bool = False  # everything is added
    replace: bool = False  # delivered scopes replace what is there, whatever they have in common
    whole: bool = (
        False  # the delivery is the whole of its billing periods: scopes it does not hold go
    )
    accept_decrease: bool = False
    ask: Callable[[str], str | None] | None = None  # asked in doubt: 'append', 'replace' or None
    format: str | None = (
        None  # the importer that reads every file; None: the one that recognises it
    )
    basis: str = ""  # which cost exports hold that do not say it
    alone: bool = False  # a trial of one file: further parts of its export are not asked for


def rows_in_force(root: Path, version: Version) -> list[tuple[dict, Rows]]:
    """The parts of a version, held against their record, with what tells their rows apart."""
    proof.prove(root, [version])
    parts = []
    for part in version.parts:
        with (root / part["path"]).open("rb") as file:
            names = set(pq.read_schema(file).names)
            table = pq.read_table(file, columns=[name for name in scopes.COLUMNS if name in names])
        parts.append((part, scopes.rows_of(part["source"], table)))
    return parts


def meet(
    key: Key, there: list[tuple[dict, Rows]], reads: list[Read], listed: set[str], choice: Choice
) -> Meeting:
    """What becomes of the rows in force of a period when a delivery brings others for it."""
    mine = [one for one in reads if key in one.keys]
    new = [scopes.rows_of(one.source.sha256, one.tables[key]) for one in mine if key in one.tables]
    delivered = {scope for rows in new for scope in rows.places}
    delivered |= {scope for one in mine for scope in _refused_scopes(one.refused, key)}
    return scopes.meet(
        words(key),
        [rows for _, rows in there],
        new,
        delivered,
        listed,
        replace=choice.replace,
        whole=choice.whole,
        accept_decrease=choice.accept_decrease,
    )


def most_left(key: Key, meeting: Meeting, there: list[Rows], reads: list[Read]) -> list[Warned]:
    """Restated scopes most of whose money lies on charges that do not come again: perhaps a further part was taken for a restatement."""
    warnings = []
    new = [scopes.rows_of(one.source.sha256, one.tables[key]) for one in reads if key in one.tables]
    for scope in sorted(meeting.restated & set(meeting.gone)):
        old = [rows for rows in there if rows.source in meeting.gone[scope]]
        held, left = (
            pa.concat_tables([rows.money_of(at) for rows, at in picked])
            for picked in (
                [(rows, rows.of(scope)) for rows in old],
                [(rows, scopes.unshared(rows, new, scope)) for rows in old],
            )
        )
        before = scopes.money(held, size=True)
        if any(
            2 * amount > before[currency]
            for currency, amount in scopes.money(left, size=True).items()
        ):
            at = f"{words(key)} · sub-account {scope}" if scope else words(key)
            warnings.append(
                Warned(
                    "restated",
                    "",
                    f"{at}: {left.num_rows:,} of the {scopes.counted(held.num_rows)} replaced ({plain(scopes.money(left))} of "
                    f"{plain(scopes.money(held))}) are of charges that this delivery does not hold. If it was a further part, deliver what was "
                    "replaced again with --append --accept-decrease",
                )
            )
    return warnings


def again(key: Key, there: list[tuple[dict, Rows]], one: Read) -> int:
    """How many rows of a file are of charges that a period holds already, sub-account by sub-account."""
    if key not in one.tables:
        return 0
    new = scopes.rows_of(one.source.sha256, one.tables[key])
    return sum(scopes.shared(new, [rows for _, rows in there], scope) for scope in new.places)


def counted_again(key: Key, there: list[tuple[dict, Rows]], reads: list[Read]) -> list[Warned]:
    """What is appended and stands in the ledger already: perhaps it was meant once."""
    warnings = []
    for one in (one for one in reads if key in one.tables):
        if same := again(key, there, one):
            warnings.append(
                Warned(
                    one.source.name,
                    "",
                    f"{same:,} of {several(one.tables[key].num_rows, 'row')} appended to {words(key)} are of charges (charge period, SKU, resource, "
                    "category, tags) that the ledger holds already; both are counted. If this file takes their place, deliver it with --replace",
                )
            )
    return warnings


def without_account(
    root: Path, living: dict[Key, Version], keys: list[Key], reads: list[Read], choice: Choice
):
    """(key, its parts, what becomes of it) of periods that hold delivered charges without an account that has one now, or the other way round."""
    for key in keys:
        new: list[Rows] = []
        for other in living:
            if (
                (other[0], other[2]) != (key[0], key[2])
                or bool(other[1]) == bool(key[1])
                or other in keys
            ):
                continue
            new = new or [
                scopes.rows_of(one.source.sha256, one.tables[key])
                for one in reads
                if key in one.tables
            ]
            parts = rows_in_force(root, living[other])
            rows = [rows for _, rows in parts]
            if not any(scopes.shared(one, rows, scope) for one in new for scope in one.places):
                continue
            names = {scope for part in rows for scope in part.places}
            meeting = Meeting(
                {scope: {part.source for part in rows} for scope in names}, replaced=set(names)
            )
            if not choice.replace:
                held = pa.concat_tables([part.table for part in rows])
                meeting.doubts.append(
                    scopes.Doubt(
                        words(key),
                        "",
                        f"{scopes.counted(held.num_rows)} ({plain(scopes.money(held))}) "
                        f"{'under account ' + other[1] if other[1] else 'without a billing account'}",
                        f"this delivery brings charges of them again {'with' if key[1] else 'without'} one",
                        tuple(names),
                    )
                )
            yield other, parts, meeting


def _vendor(issuer: str, format: str) -> str:
    """Who bills, under one name whatever the export calls it.

    >>> _vendor("Amazon Web Services, Inc.", "FOCUS 1.2"), _vendor("AWS", "AWS Cost Explorer (daily)"), _vendor("Acme", "FOCUS 1.2")
    ('aws', 'aws', 'acme')
    """
    said = f"{issuer} {format}".casefold()
    return next(
        (name for name, parts in VENDORS.items() if any(part in said for part in parts)),
        issuer.strip().casefold(),
    )


SUMMARIES = ("AWS Cost Explorer",)  # one bill by service or by account, as somebody chose


def _family(format: str) -> str:
    """A format without its version or view: exports of one family tell disjoint accounts, not one bill twice.

    >>> _family("FOCUS 1.2"), _family("AWS CUR 2.0"), _family("AWS CUR (classic)"), _family("Azure cost details, actual")
    ('FOCUS', 'AWS CUR', 'AWS CUR', 'Azure cost details')
    """
    return re.split(r" \(|, | \d", format)[0]


@dataclass
class _Form:
    """What one form of a bill (family, with sub-accounts or without) holds of a vendor's billing period."""

    files: set[str]
    money: Money
    places: dict[Key, set[str]]  # key: sub-accounts; of a period that was not read: none

    def add(self, key: Key, scopes_: set[str], files: set[str], money: Money) -> None:
        self.files |= files
        self.money = add(self.money, money)
        self.places.setdefault(key, set()).update(scopes_)


def same_bill(
    root: Path,
    book: Book,
    living: dict[Key, Version],
    reads: list[Read],
    there: dict[Key, list[tuple[dict, Rows]]],
    meetings: dict[Key, Meeting],
    choice: Choice,
):
    """(key, its parts, what becomes of it) of periods that this delivery perhaps brings again in another form.

    A bill as Cost Explorer shows it by service, by account, and as the report of every line have no charge in common. Their totals agree to
    the cent, or nearly so: a download of another day, with tax or without. Raises LedgerError for two forms in one delivery.
    """
    formats = {sha: (file["format"], file["name"]) for sha, file in book.known().items()}
    new: dict[tuple, dict[tuple, _Form]] = {}
    for one in reads:
        for key, table in one.tables.items():
            rows = scopes.rows_of(one.source.sha256, table)
            for scope, at in rows.places.items():
                if key in meetings and scope not in meetings[key].added:
                    continue
                form = new.setdefault((_vendor(key[0], one.format), key[2]), {}).setdefault(
                    (_family(one.format), bool(scope)), _Form(set(), {}, {})
                )
                named = f"{one.source.name} ({one.format})"
                form.add(key, {scope}, {named}, scopes.money(rows.money_of(at)))
    old: dict[tuple, dict[tuple, _Form]] = {}
    nameless: dict[
        tuple, dict[tuple, _Form]
    ] = {}  # of another vendor, where one of the two names none
    for key, version in living.items():
        kinds = {formats[sha][0] for sha in version.sources if sha in formats}
        if len(kinds) != 1 or (key in meetings and meetings[key].gone):
            continue  # several forms are there already, or it is replaced
        format = next(iter(kinds))
        vendor = (_vendor(key[0], format), key[2])
        files = {f"{formats[sha][1]} ({format})" for sha in version.sources if sha in formats}
        held = {scope for _, rows in there.get(key, ()) for scope in rows.places}
        kind = bool(held - {""}) if held else None
        for into, of in ((old, vendor), *((nameless, other) for other in _unnamed(vendor, new))):
            if of in new:
                name = (
                    (_family(format), kind) if into is old else (_family(format), kind, vendor[0])
                )
                form = into.setdefault(of, {}).setdefault(name, _Form(set(), {}, {}))
                form.add(key, held, files, version.money("BilledCost"))
    consented = _consented(book, living)
    _within_one(new, consented)
    for vendor, forms in new.items():
        pairs = [
            *((pair, True) for pair in _equal(forms, old.get(vendor, {}))),
            *((pair, True) for pair in _equal(forms, nameless.get(vendor, {}))),
            *((pair, False) for pair in _beside(forms, old.get(vendor, {}), consented[vendor[0]])),
        ]
        told: set[int] = set()
        for (came, stands), equal in pairs:
            if id(stands) in told:
                continue
            told.add(id(stands))
            for key in sorted(stands.places):
                mine = key in meetings
                parts = there[key] if mine else rows_in_force(root, living[key])
                names = {scope for _, rows in parts for scope in rows.places}
                meeting = meetings[key] if mine else Meeting()
                meeting.gone |= {scope: {rows.source for _, rows in parts} for scope in names}
                comes = came.places.get(key, set())
                if choice.replace:
                    meeting.added -= comes
                    meeting.replaced |= names | comes
                else:
                    there_, why = _told(came, stands, equal)
                    meeting.doubts.append(
                        scopes.Doubt(
                            words(key), "", there_, why, tuple(sorted(names)), tuple(sorted(comes))
                        )
                    )
                yield key, parts, meeting


def _unnamed(vendor: tuple[str, str], new: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Vendors of a delivery that may be one in force under another name, as a table names none: {(vendor, period)}."""
    name, period = vendor
    return [one for one in new if one[1] == period and one[0] != name and "" in (one[0], name)]


def _told(came: _Form, stands: _Form, equal: bool) -> tuple[str, str]:
    """(what the ledger holds, what the delivery brings beside it), in words."""
    held, files = ", ".join(sorted(stands.files)), ", ".join(sorted(came.files))
    if not equal:
        return (
            f"{plain(stands.money)} of {held}",
            f"this delivery brings {plain(came.money)} of the same vendor and billing period in another form, {files}: what both hold would "
            "count twice",
        )
    total = {
        c: a for c, a in stands.money.items() if abs(came.money.get(c, Decimal(0)) - a) <= CENT
    }
    return (
        f"{plain(total)} of {held}",
        f"this delivery brings the same total, to the cent, as {files}: one bill in two forms would count twice",
    )


def _within_one(new: dict[tuple, dict[tuple, _Form]], consented: dict[str, set[frozenset]]) -> None:
    """Refuse one bill in two forms within a delivery: neither of them can take the other's place."""
    for (vendor, period), forms in new.items():
        for (kind, one), (other, two) in itertools.combinations(sorted(forms.items(), key=str), 2):
            by_word = frozenset((kind[0], other[0])) in consented[vendor]
            if not by_word and _may_be_one(kind, one, other, two):
                named = " and ".join(sorted({*one.files, *two.files}))
                raise LedgerError(
                    f"{named}: {plain(one.money)} and {plain(two.money)} of the same vendor and billing period ({period[:7]}) in two forms: what "
                    "both hold would count twice. Nothing was written. Give one of them; if they are parts of one bill, ingest them with --append "
                    "(in Python append=True)."
                )


def _may_be_one(kind: tuple, one: _Form, other: tuple, two: _Form) -> bool:
    """Whether two forms may hold the same charges: not where both name their accounts by number and none is in both."""
    turned = kind[0] in SUMMARIES and None not in (kind[1], other[1]) and kind[1] != other[1]
    if kind[0] == other[0] and not turned:
        return False
    mine, theirs = (
        {scope for scopes_ in form.places.values() for scope in scopes_} for form in (one, two)
    )
    numbered = all(scope.isdigit() for scope in mine | theirs)
    return not (mine and theirs and numbered and not mine & theirs)


def _beside(
    new: dict[tuple, _Form], old: dict[tuple, _Form], consented: set[frozenset]
) -> list[tuple[_Form, _Form]]:
    """Forms of other totals that may be one bill, unless the ledger holds such a pair by somebody's word in another period."""
    return [
        (came, stands)
        for kind, stands in old.items()
        for other, came in new.items()
        if _may_be_one(kind, stands, other, came)
        and frozenset((kind[0], other[0])) not in consented
    ]


def _consented(book: Book, living: dict[Key, Version]) -> dict[str, set[frozenset]]:
    """{vendor: pairs of families that stand beside each other in a billing period}."""
    formats = {sha: file["format"] for sha, file in book.known().items()}
    held: dict[tuple, set[str]] = {}
    for key, version in living.items():
        for format in {formats[sha] for sha in version.sources if sha in formats}:
            held.setdefault((_vendor(key[0], format), key[2]), set()).add(_family(format))
    pairs: dict[str, set[frozenset]] = defaultdict(set)
    for (vendor, _), families in held.items():
        pairs[vendor] |= {frozenset(pair) for pair in itertools.combinations(families, 2)}
    return pairs


def _equal(new: dict[tuple, _Form], old: dict[tuple, _Form]) -> list[tuple[_Form, _Form]]:
    """Forms of one total that are not of one kind: each form in force once. A family's forms are also taken together."""
    pairs: list[tuple[_Form, _Form]] = []
    whole: dict[str, _Form] = {}
    for family in sorted({family for family, _ in new}):
        whole[family] = _Form(set(), {}, {})
        for (own, _), form in new.items():
            if own == family:
                for key, names in form.places.items():
                    whole[family].add(key, names, form.files, {})
                whole[family].money = add(whole[family].money, form.money)
    for (family, kind, *_), stands in old.items():
        for (other, named), came in [
            *new.items(),
            *(((f, None), form) for f, form in whole.items()),
        ]:
            turned = family in SUMMARIES and None not in (kind, named) and kind != named
            differ = other != family or turned
            if differ and any(
                amount and abs(came.money.get(c, Decimal(0)) - amount) <= CENT
                for c, amount in stands.money.items()
            ):
                pairs.append((came, stands))
                break
    return pairs


def _refused_scopes(refused: pa.Table, key: Key) -> set[str]:
    return {
        scope
        for raw, own in zip(refused.column("x_Raw").to_pylist(), keys_of(refused), strict=True)
        if own == key and (scope := scope_of(raw)) is not None
    }


def settle(meetings: dict[Key, Meeting], choice: Choice) -> None:
    """Every doubt is settled by whoever delivers, or the delivery is refused."""
    doubts = [doubt for meeting in meetings.values() for doubt in meeting.doubts]
    if not doubts:
        return
    more = f" And {len(doubts) - 1} more of this kind." if len(doubts) > 1 else ""
    answer = choice.ask(f"{doubts[0]}{more}") if choice.ask else None
    if answer not in ("append", "replace"):
        raise LedgerError(
            f"{doubts[0]}{more} Nothing was written. If it is a further part, ingest it with --append; if it takes the place of "
            "what is there, with --replace (in Python append=True or replace=True)."
        )
    for meeting in meetings.values():
        for doubt in meeting.doubts:
            if answer == "append":
                for scope in (doubt.scope, *doubt.goes):
                    meeting.gone.pop(scope, None)
                meeting.restated.discard(doubt.scope)
                meeting.replaced.discard(doubt.scope)
                meeting.appended |= {doubt.scope} - meeting.added
            elif doubt.goes:
                meeting.added -= {doubt.scope, *doubt.comes}
                meeting.replaced |= {doubt.scope, *doubt.goes, *doubt.comes}
