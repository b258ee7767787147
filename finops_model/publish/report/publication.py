"""What stands on page, workbook and manifest of a report besides its brief (docs/method §14.6)."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import RecordsError
from ...measure.brief_types import Brief
from ...records.rows import GENESIS
from ...records.states import FOUR_EYES_OFF
from ...records.store import Records


def entity_of(brief: Brief) -> str:
    """The entity whose report it is; "" where the company names none."""
    entity = brief.get("entity")
    return str(entity["name"]) if entity else ""


def marks(records: Records | None, four_eyes: bool = True) -> dict:
    """What stands on page, workbook and manifest of a report besides its brief: the chain's head, and that one person may do it all."""
    head = records.head if records is not None else GENESIS
    said = {"head": head} if head != GENESIS else {}
    return said | ({} if four_eyes else {"four_eyes": "off"})


def sentences(said: Mapping) -> list[str]:
    """Marks in words, for a page, a workbook, a mail.

    >>> sentences({"head": "4f" * 32})
    ['Chain head 4f4f4f4f4f4f4f4f: finops audit --expect 4f4f4f4f4f4f4f4f.']
    """
    head = str(said.get("head", ""))[:16]
    lines = [f"Chain head {head}: finops audit --expect {head}."] if head else []
    return lines + ([FOUR_EYES_OFF] if said.get("four_eyes") == "off" else [])


def check_writable(records: Records) -> None:
    """Raises RecordsError before the long part where no row could be written."""
    if not records.writable:
        raise RecordsError(
            f"{records.path}: it can only be read, so no publication can be recorded. Give this account the right to write it, or "
            "publish into a folder of your own: --out."
        )
