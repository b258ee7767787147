"""How a book of what-ifs is laid out: what its writer, its reader and the book of results agree on (docs/method §3.85)."""

from __future__ import annotations

MARK = "finops what-if"  # in A1 of a sheet that is read; all other sheets are left alone
HEAD = {  # name of a field of the head -> its row, from 1; the value stands in column B
    "name": 2,
    "question": 3,
    "owner": 4,
    "decide_by": 5,
    "because": 6,
    "builds_on": 7,
}
LABELS = {
    "name": "Name",
    "question": "Question",
    "owner": "Owner",
    "decide_by": "Decide by",
    "because": "Because",
    "builds_on": "Builds on",
}
TITLES = 9  # row of the titles of the table of inputs
COLUMNS = {  # what -> letter
    "what": "A",
    "path": "B",
    "today": "C",
    "unit": "D",
    "how": "E",
    "p10": "F",
    "p50": "G",
    "p90": "H",
    "since": "I",
    "because": "J",
    "owner": "K",
    "after": "L",
}
WORDS = {
    "what": "What",
    "path": "Path",
    "today": "Today",
    "unit": "Unit",
    "how": "How",
    "p10": "P10",
    "p50": "Value, P50",
    "p90": "P90",
    "since": "From",
    "because": "Because",
    "owner": "Owner",
    "after": "After",
}
WIDTHS = {
    "what": 34,
    "path": 40,
    "today": 11,
    "unit": 22,
    "how": 11,
    "p10": 9,
    "p50": 11,
    "p90": 9,
    "since": 11,
    "because": 36,
    "owner": 14,
    "after": 11,
}
YELLOW = ("how", "p10", "p50", "p90", "since", "because", "owner")
NUMBERS = ("p10", "p50", "p90")
SET, TIMES, BY, LAUNCH = "set to", "times", "change by", "new"
HOWS = (SET, TIMES, BY, LAUNCH)
FILL = "#FFF2CC"
SHEETS, ROWS = 40, 2_000  # that are read
RESULTS = ".results.xlsx"

ASIDE = (
    "Fill in yellow cells only: How (set to, times, change by; new for a workload that is not in the bill yet), the value, and with it "
    "P10 and P90 where it is uncertain. Shares and changes are percents: 20 % or 0.2.",
    "From: a month 2027-01 or a day; empty: from the first day on. Because: why; one for the whole sheet stands in B6.",
    "Other paths: write them into the free rows at the end (finops explain shows them).",
    "Builds on: a scenario file of the workspace; the changes of this sheet come on top of it.",
    "Formulas are not run: a yellow cell holds a number, a date or a text. Column After is for you, it is not read.",
    "Then: finops compare THIS_BOOK.xlsx. It writes THIS_BOOK.results.xlsx beside it; this book is never changed.",
)


def column(what: str) -> int:
    """Position of a column, from 0.

    >>> column("how")
    4
    """
    return ord(COLUMNS[what]) - ord("A")
