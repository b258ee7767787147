"""What is told of token prices: what looks odd in them, how fresh they are, which are corrected (docs/method §5.27, §5.28)."""

from __future__ import annotations

import numpy as np


def odd(table) -> list[str]:
    """What looks odd in a snapshot, one sentence each: prices by the time of day without a first day, moving names whose price never changed.

    Names that a correction covers are left out.
    """
    remarks = []
    for model, context in table.offers:
        record, segments = table.records[model], table.records[model]["offers"][context]
        name = f"{record['provider']}/{record['model']}" + (f" ({context})" if context else "")
        if record.get("corrected"):
            continue
        if any(since is None and second for since, second, _ in segments):
            remarks.append(f"{name}: prices by the time of day without a first day")
        if (
            not context
            and len(segments) == 1
            and any(word in record["model"].split("-") for word in ("latest", "chat", "reasoner"))
        ):
            remarks.append(f"{name}: a name that moves, with one price that never changed")
    return remarks


def standing(table, day: str) -> dict:
    """How fresh the token prices are on a day: plain data for `finops prices list --stale`."""

    def age(read: str) -> int:
        return int((np.datetime64(day, "D") - np.datetime64(read, "D")).astype(int))

    rows = [
        {
            "model": f"{record['provider']}/{record['model']}",
            **record["corrected"],
            "days": age(record["corrected"]["read"]),
        }
        for record in table.records
        if record.get("corrected")
    ]
    made_on = table.passport.get("made", day)
    return {
        "source": f"{table.passport.get('source', '')} {table.passport.get('version', '')}".strip(),
        "read": made_on,
        "days": age(made_on),
        "models": len(table.records),
        "corrections": rows,
        "retired": [row["model"] for row in rows if row.get("retired") and row["retired"] < day],
    }


def dated(table, model: int) -> dict:
    """The dated prices of a model in each context, and the corrections over them: plain data for `finops prices show`."""
    record, passport = table.records[model], table.passport
    layers = record.get("corrections", [])
    ours = {
        (one.get("context", ""), since, second)
        for one in layers
        for since, second, _ in one["segments"]
    }
    return {
        "model": f"{record['provider']}/{record['model']}",
        "window": record.get("window"),
        "currency": table.currency,
        "source": f"{passport.get('source', '')} {passport.get('version', '')}, read on {passport.get('made', '')}",
        "history": [
            {
                "context": context,
                "since": since,
                "at": f"{(second or 0) // 3600:02d}:{(second or 0) % 3600 // 60:02d}",
                "prices": prices,
                "corrected": (context, since, second) in ours,
            }
            for context, segments in record["offers"].items()
            for since, second, prices in segments
        ],
        "corrections": [
            {key: value for key, value in one.items() if key not in ("segments", "prices", "where")}
            | {"from": one["segments"][0][0] if one["segments"] else one.get("first")}
            for one in layers
        ],
    }
