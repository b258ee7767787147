"""The two files of the README's ten minutes: a made-up table of costs and the sessions it served. Seeded: the same bytes every time.

.venv/bin/python data/start/make_start.py
"""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 8, 20)


def make(folder: Path = HERE) -> None:
    """Write costs.csv and sessions.csv into `folder`."""
    luck = random.Random(20250820)
    costs, sessions = ["Usage Date;Cost Centre;Cost (EUR)"], ["date,sessions"]
    for day in (FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)):
        age, weekday = (day - FIRST).days, day.weekday()
        served = round(
            (9000 + 22 * age) * (0.62 if weekday > 4 else 1.0) * luck.lognormvariate(0, 0.05)
        )
        vision = 0.085 * served * luck.lognormvariate(0, 0.06)
        speech = (260 + 0.4 * age) * luck.lognormvariate(0, 0.09)
        for team, amount in (("Vision", vision), ("Speech", speech)):
            text = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
            costs.append(f"{day:%d.%m.%Y};{team};{text}")
        sessions.append(f"{day},{served}")
    for name, lines in (("costs.csv", costs), ("sessions.csv", sessions)):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make()
