"""What people said about alerts: expected, or real. Verdicts are only added (docs/method §12.6)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ...documents import write_atomic
from ...errors import FinOpsError, InputError, unknown
from ...measure.anomalies.feedback import Feedback
from .folder import alone


def read_feedback(folder: Path) -> list[Feedback]:
    """Every recorded verdict, oldest first. Raises InputError naming the line that cannot be read."""
    path = Path(folder) / "feedback.jsonl"
    if not path.is_file():
        return []
    verdicts = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            verdicts.append(Feedback(**json.loads(line)))
        except FinOpsError as problem:
            raise InputError(f"{path}:{number}: {problem}") from None
        except (ValueError, TypeError):
            raise InputError(
                f"{path}:{number}: not a recorded verdict. Take the line out, and record it again: "
                'finops watch feedback ID expected --because "…".'
            ) from None
    return verdicts


def record_feedback(
    folder: Path, alert: str, verdict: str, because: str = "", recorded: str = ""
) -> Feedback:
    """Add a verdict on a published alert; the file is replaced whole, its earlier lines as they were.

    Raises InputError for an alert that was not published or a verdict that is none.
    """
    folder = Path(folder)
    published = known_alerts(folder)
    if alert not in published:
        raise InputError(
            unknown(
                "finops watch feedback",
                "alert",
                alert,
                published,
                "Run finops watch first; its table shows the ids.",
            )
        )
    known = published[alert]
    feedback = Feedback(
        alert=alert,
        kind=known["kind"],
        dimension=known["dimension"],
        subject=known["subject"],
        verdict=verdict,
        start=known["start"],
        end=known["end"],
        expected=known["expected"],
        actual=known["actual"],
        because=because,
        recorded=recorded,
        hours=known["hours"],
        hours_expected=known["hours_expected"],
    )
    with alone(folder):
        path = folder / "feedback.jsonl"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        before += "\n" if before and not before.endswith("\n") else ""
        write_atomic(path, before + json.dumps(asdict(feedback), ensure_ascii=True) + "\n")
    return feedback


def known_alerts(folder: Path) -> dict[str, dict]:
    """Every alert published so far, by id, as it was told last."""
    published: dict[str, dict] = {}
    for path in sorted(Path(folder).glob("alerts/*/alerts.json")):
        try:
            published |= {
                one["id"]: one for one in json.loads(path.read_text(encoding="utf-8"))["alerts"]
            }
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return published
