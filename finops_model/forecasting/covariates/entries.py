"""What every entry of known.yaml is read with: the facts of a day, who knew it when, its note and its unit (docs/method §2.20)."""

from __future__ import annotations

from ...documents import Document
from ...errors import InputError, unknown
from .file import CovariatesFile

ALL = "*"


def day(text: str) -> str:
    """A date of the document as a day: a month is its first.

    >>> day("2026-12"), day("2026-12-24")
    ('2026-12-01', '2026-12-24')
    """
    return text if len(text) == 10 else f"{text}-01"


class Entries:
    """One reading: the file, the facts of a day, and the notes that have been written so far."""

    def __init__(self, settings, facts, daily, replay, file: CovariatesFile, document: Document):
        self.settings, self.facts, self.replay, self.file, self.document = (
            settings,
            facts,
            replay,
            file,
            document,
        )
        self.ever, self.units = (
            {str(w) for w in daily["x_Workload"].unique()},
            sorted({str(u) for u in daily["x_BusinessUnit"].unique()}),
        )
        self.newest = str(daily.loc[daily["ChargeCategory"] == "Usage", "ChargeDate"].max().date())
        self.notes: list[dict] = []

    def own(self, name: str, kind: str) -> bool:
        """Whether a workload has a known entry of its own, which '*' does not replace."""
        entry = getattr(self.file.workloads.get(name), kind, None)
        return entry is not None and self.known(entry, kind == "holidays")

    def waits(self, name: str) -> bool:
        """A workload of the ledger that came after as_of: what is known of it waits."""
        return self.facts.as_of < self.newest and name in self.ever or self.replay

    def known(self, entry, always: bool = False) -> bool:
        """Whether an entry was known on as_of."""
        if entry.known_since is not None:
            return day(entry.known_since) <= self.facts.as_of
        return always or not self.replay

    def note(self, scope: str, text: str, value, entry, at: tuple) -> None:
        """Write down what an entry says, as an assumption of the brief."""
        self.notes.append(
            {
                "text": text,
                "value": value,
                "kind": "assumption",
                "source": entry.source
                or self.file.source
                or f"{self.settings.known}:{self.document.at(at).rpartition(':')[2]}",
                "owner": entry.owner or self.file.owner,
                "review_by": entry.review_by or "",
                "because": entry.because,
                "path": f"known/{scope}",
            }
        )

    def units_per(self, w: int, unit: str, where: str) -> float:
        """Units of a workload per unit of its volume; 1 for money."""
        if not unit or unit.casefold() == self.facts.currency.casefold():
            return 1.0
        sizes: dict[str, float] = {}
        for s, sku in enumerate(self.facts.meta.skus):
            if self.facts.mix[w, s] > 0 and sku.kind == "units":
                paid = self.facts.meta.paid.get((self.facts.names[w], sku.id), 1.0)
                sizes[sku.unit] = sizes.get(sku.unit, 0.0) + float(self.facts.mix[w, s]) / paid
        for name, per in sizes.items():
            if name.casefold() == unit.casefold():
                return per
        raise InputError(
            unknown(
                f"{where}: unit",
                "unit",
                unit,
                [self.facts.currency, *sorted(sizes)],
                f"'{self.facts.names[w]}' is billed in these.",
            )
        )
