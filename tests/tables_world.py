"""Tables as people really have them, each with the truth beside it: headers of two lines, subtotals, preambles, units, streams.

`build(folder)` writes the nine families of findings and a further one of each; FILES says what each must become.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import openpyxl

TEAMS, SERVICES = ("ads", "chat", "search"), ("GPU", "Speicher")


@dataclass(frozen=True)
class Truth:
    """What a file holds: total and rows of the facts, currency, one cell of its facts by month, and roles by column."""

    total: Decimal
    rows: int
    currency: str = "USD"
    months: tuple[str, str] = ("2026-01", "2026-03")
    roles: tuple[tuple[str, str], ...] = ()


def cents(*parts: int) -> Decimal:
    """A cost that differs for each place, to the cent."""
    return Decimal(sum(part * weight for part, weight in zip(parts, (97_31, 13_07, 5_11)))) / 100


def pivoted_workbook(path: Path) -> Truth:
    """Title rows, a merged header of two lines (year over Excel dates and words), subtotals by team, a total, a second sheet."""
    book = openpyxl.Workbook()
    ws = book.active
    ws.title = "Kosten"
    ws.append(["Cloud-Kosten der Abteilung"])
    ws.append([])
    ws.append(["Team", "Dienst", "2026", None, None])
    ws.append([None, None, "Jan", "Feb", "Mär"])
    (
        ws.merge_cells("A1:E1"),
        ws.merge_cells("C3:E3"),
        ws.merge_cells("A3:A4"),
        ws.merge_cells("B3:B4"),
    )
    total, rows, grand = Decimal(0), 0, [Decimal(0)] * 3
    for t, team in enumerate(TEAMS, 1):
        sub = [Decimal(0)] * 3
        for s, service in enumerate(SERVICES, 1):
            costs = [cents(t, s, m) for m in (1, 2, 3)]
            sub = [a + b for a, b in zip(sub, costs)]
            ws.append([team, service, *map(float, costs)])
            total, rows = total + sum(costs), rows + 3
        ws.append([f"Summe {team}", None, *map(float, sub)])
        grand = [a + b for a, b in zip(grand, sub)]
    ws.append(["Gesamt", None, *map(float, grand)])
    other = book.create_sheet("Notizen")
    other.append(["Nur zur Ansicht"])
    book.save(path)
    return Truth(total, rows, roles=(("team", "Team"), ("service", "Dienst")))


def dated_workbook(path: Path) -> Truth:
    """The file of the finding: a header of two merged lines, Excel dates shown as Jan 26, a subtotal per month, a second sheet."""
    book = openpyxl.Workbook()
    ws = book.active
    ws.append(["Bericht 2026"])
    ws.append(["Zeitraum", None, "Verursacher", None, "Kosten"])
    ws.append(["Monat", "Tag", "Team", "Dienst", "EUR"])
    ws.merge_cells("A2:B2"), ws.merge_cells("C2:D2")
    total, rows = Decimal(0), 0
    for month in (1, 2, 3):
        sub = Decimal(0)
        for t, team in enumerate(TEAMS, 1):
            cost = cents(t, 1, month)
            day = dt.datetime(2026, month, 1)
            ws.append([day, day + dt.timedelta(days=t), team, "GPU", float(cost)])
            ws.cell(ws.max_row, 1).number_format = "mmm yy"
            sub, rows = sub + cost, rows + 1
        ws.append([f"Summe {month:02d}/2026", None, None, None, float(sub)])
        total += sub
    ws.append(["Gesamtsumme", None, None, None, float(total)])
    book.create_sheet("Hilfe").append(["nichts"])
    book.save(path)
    return Truth(
        total, rows, "EUR", roles=(("date", "Zeitraum / Tag"), ("team", "Verursacher / Team"))
    )


def euro_file(path: Path) -> Truth:
    """Windows-1252, semicolons, 31.12.2026, 1.234,56 €, a title and Gesamt below."""
    total, lines = Decimal(0), ["Kostenübersicht", "", "Datum;Kostenstelle;Leistung;Betrag"]
    for month in (1, 2, 3):
        for t, team in enumerate(("Küche", "Büro"), 1):
            cost = cents(t * 20, 7, month)
            total += cost
            lines.append(f"{27 + t - 1}.{month:02d}.2026;{team};GPU;{german(cost)} €")
    lines.append(f"Gesamt;;;{german(total)} €")
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return Truth(total, 6, "EUR", roles=(("team", "Kostenstelle"),))


def german(value: Decimal) -> str:
    """1.234,56"""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def pivoted_thousands(path: Path) -> Truth:
    """In k EUR above, Cost centre beside Owner, months, FY26 and Total."""
    lines, total = ["Budget 2026,,,,,,", "in k EUR,,,,,,", ""], Decimal(0)
    lines.append("Cost centre,Owner,Jan 26,Feb 26,Mar 26,FY26,Total")
    for t, team in enumerate(TEAMS, 1):
        costs = [cents(t, 2, m) for m in (1, 2, 3)]
        lines.append(
            ",".join([team, f"Owner {t}", *map(str, costs), str(sum(costs)), str(sum(costs))])
        )
        total += sum(costs)
    lines.append(
        ",".join(
            [
                "Total",
                "",
                *[str(sum(cents(t, 2, m) for t in (1, 2, 3))) for m in (1, 2, 3)],
                str(total),
                str(total),
            ]
        )
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total * 1000, 9, "EUR", roles=(("team", "Cost centre"),))


def pivoted_actuals(path: Path) -> Truth:
    """40,327 as thousands, quarters between the months, a total column and a subtotal line per group."""
    lines = ["Team,Service,2026-01,2026-02,2026-03,Q1 2026,2026-04,2026-05,2026-06,Q2 2026,Total"]
    total, grand = Decimal(0), [0] * 6
    for t, team in enumerate(TEAMS, 1):
        sub = [0] * 6
        for s, service in enumerate(SERVICES, 1):
            costs = [40_000 + 327 * t + 11 * s + m for m in range(6)]
            sub = [a + b for a, b in zip(sub, costs)]
            lines.append(_quarters([team, service], costs))
            total += sum(costs)
        lines.append(_quarters([f"{team} total", ""], sub))
        grand = [a + b for a, b in zip(grand, sub)]
    lines.append(_quarters(["Grand total", ""], grand))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 36, months=("2026-01", "2026-06"), roles=(("team", "Team"),))


def _quarters(names, costs) -> str:
    cells = [*costs[:3], sum(costs[:3]), *costs[3:], sum(costs[3:]), sum(costs)]
    return ",".join([*names, *(f'"{cell:,}"' for cell in cells)])


def long_preamble(path: Path) -> Truth:
    """Fifty lines of label and value above the header, and a line of totals by group below each."""
    lines = [f"Parameter {i},{i * 3}.5" for i in range(49)] + ["Currency,GBP"]
    lines.append("Day,Product,Team,Net cost")
    total = Decimal(0)
    for day in range(1, 13):
        cost = cents(day, 1, 2)
        total += cost
        lines.append(f"2026-01-{day + 10},GPU,{TEAMS[day % 3]},{cost}")
    lines.append(f"Sum,,,{total}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 12, "GBP", ("2026-01", "2026-01"), (("team", "Team"),))


def services_as_columns(path: Path) -> Truth:
    """A date and a column per service, with their sum: one row a day."""
    lines, total = ["Date,Total cost ($),EC2 ($),Bedrock ($),Tax ($)"], Decimal(0)
    for day in range(1, 6):
        costs = [cents(day, s, 1) for s in (1, 2)] + [Decimal(day)]
        total += sum(costs)
        lines.append(",".join([f"2026-01-0{day}", str(sum(costs)), *map(str, costs)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 5, months=("2026-01", "2026-01"))


def grouped_days(path: Path) -> Truth:
    """Subtotals that no word names: after each group a row whose amount is the sum of the rows above."""
    lines, total = ["Date;Team;Amount USD"], Decimal(0)
    for month in (1, 2, 3):
        sub = Decimal(0)
        for t, team in enumerate(TEAMS, 1):
            cost = cents(t, 4, month)
            lines.append(f"2026-0{month}-1{t};{team};{cost}")
            sub += cost
        lines.append(f";;{sub}")
        total += sub
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 9, roles=(("team", "Team"),))


def two_line_text(path: Path) -> Truth:
    """A header of two lines in a text file: group above, names below, a hole over the first column."""
    lines = [",,2026,,,", "Team,Service,January,February,March,Total"]
    total = Decimal(0)
    for t, team in enumerate(TEAMS, 1):
        costs = [cents(t, 1, m) for m in (1, 2, 3)]
        lines.append(",".join([team, "GPU", *map(str, costs), str(sum(costs))]))
        total += sum(costs)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 9, roles=(("team", "Team"),))


def records(path: Path) -> Truth:
    """Values in a stream: a label and a value per line, a blank line between the charges."""
    blocks, total = [], Decimal(0)
    for month in (1, 2, 3):
        cost = cents(month, 1, 1)
        blocks.append(f"Date: 2026-{month:02d}-15\nService: GPU\nTeam: ads\nCost: {cost} USD\n")
        total += cost
    path.write_text("\n".join(blocks), encoding="utf-8")
    return Truth(total, 3, roles=(("team", "Team"), ("service", "Service")))


def months_above(path: Path) -> Truth:
    """Months without a year, the year above the table; amounts with decimal commas beside quantities with points."""
    lines = ["Kosten 2026 in EUR", "", "Team;Dienst;Jan;Feb;März;Summe"]
    total = Decimal(0)
    for t, team in enumerate(TEAMS, 1):
        costs = [cents(t * 30, 1, m) for m in (1, 2, 3)]
        lines.append(";".join([team, "GPU", *map(german, costs), german(sum(costs))]))
        total += sum(costs)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Truth(total, 9, "EUR", roles=(("team", "Team"),))


FILES: dict[str, Callable[[Path], Truth]] = {
    "pivoted.xlsx": pivoted_workbook,
    "dated.xlsx": dated_workbook,
    "euro.csv": euro_file,
    "thousands.csv": pivoted_thousands,
    "actuals.csv": pivoted_actuals,
    "preamble.csv": long_preamble,
    "services.csv": services_as_columns,
    "groups.csv": grouped_days,
    "two_lines.csv": two_line_text,
    "records.txt": records,
    "year_above.csv": months_above,
}


def build(folder: Path) -> dict[str, Truth]:
    """Write them all; the truth of each by its name."""
    return {name: make(folder / name) for name, make in FILES.items()}
