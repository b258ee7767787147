"""What a delivery of usage did, in words and as JSON: rows read, accepted, refused, left out; quantities by meter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ...errors import several
from ..ledger.receipt import reason_at


def plain(number: Decimal) -> str:
    """A quantity without trailing zeros.

    >>> plain(Decimal("8.500")), plain(Decimal("1E+6"))
    ('8.5', '1000000')
    """
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a delivery. `status`: new, or known (delivered before, byte for byte: nothing changed)."""

    name: str
    format: str
    status: str
    rows_in: int
    accepted: int
    quarantined: int
    left: dict[str, int]
    totals: dict[str, str]  # meter (unit): quantity
    estimates: dict[str, str]  # currency: what a tool estimated
    reasons: tuple[tuple[int, str, str], ...] = ()  # the first refused rows
    replaced: int = 0  # rows that were in force and are not any more
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.status == "known":
            return f"{self.name}: delivered before, byte for byte: nothing changed"
        out = sum(self.left.values())
        lines = [
            f"{self.name}: {self.format}: {several(self.rows_in, 'row')} read, {self.accepted:,} accepted, {self.quarantined:,} quarantined, {out:,} left out"
        ]
        lines += [f"  left out: {count:,} × {why}" for why, count in sorted(self.left.items())]
        lines += [f"  {meter}: {amount}" for meter, amount in self.totals.items()]
        lines += [
            f"  estimated by the tool, not billed: {amount} {code}"
            for code, amount in self.estimates.items()
        ]
        lines += [f"  refused: {reason_at(*reason)}" for reason in self.reasons]
        if self.quarantined > len(self.reasons):
            lines.append(f"  refused: {self.quarantined - len(self.reasons):,} more")
        if self.replaced:
            lines.append(
                f"  {several(self.replaced, 'row')} of an earlier delivery {'is' if self.replaced == 1 else 'are'} replaced"
            )
        return "\n".join(lines + [f"  {note}" for note in self.notes])


@dataclass(frozen=True)
class UsageReceipt:
    """What `UsageStore.ingest` did, file by file."""

    files: tuple[File, ...]

    @property
    def rows_in(self) -> int:
        """Source rows read of new files."""
        return sum(file.rows_in for file in self.files if file.status == "new")

    def as_dict(self) -> dict:
        """For --json."""
        return {
            "files": [
                {
                    **file.__dict__,
                    "reasons": [list(reason) for reason in file.reasons],
                    "notes": list(file.notes),
                }
                for file in self.files
            ]
        }

    def __str__(self) -> str:
        return "\n".join(map(str, self.files))
