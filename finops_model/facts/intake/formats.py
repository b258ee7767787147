"""Numbers and dates as people write them: 1,234.56 · 1.234,56 · (12.00) · 31.01.2025 · Jan-25 (docs/method §13).

Nothing is guessed per cell: how a column writes its numbers and dates is decided once, from all its cells; a cell
that does not fit the decision is not read at all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "US$": "USD",
    "C$": "CAD",
    "A$": "AUD",
    "CHF": "CHF",
}
CODES = (
    "USD EUR GBP CHF JPY CNY INR CAD AUD NZD SEK NOK DKK PLN CZK HUF RON BRL MXN ZAR SGD HKD KRW ILS TRY AED SAR THB IDR "
    "MYR PHP TWD CLP COP ARS"
).split()
SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009\u2007'’_"), " ")
MINUS = dict.fromkeys(map(ord, "−–—"), "-")
MONEY = re.compile(rf"(US\$|C\$|A\$|[$€£¥₹]|\b(?:{'|'.join(CODES)})\b)", re.I)
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.I)
DIGITS = re.compile(r"\d[\d., ]*|[.,]\d+")
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene jän jaen jaenner jänner",
            "feb february februar fevrier fevr febrero febr",
            "mar march maerz marz mars marzo mrz mär",
            "apr april avril avr abril abr",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet juil julio",
            "aug august aout agosto ago",
            "sep sept september septembre septiembre",
            "oct october oktober okt octobre octubre",
            "nov november novembre noviembre",
            "dec december dezember dez decembre diciembre dic",
        ),
        1,
    )
    for name in names.split()
}


def plain_words(text: str) -> str:
    """Lower-case words without accents or punctuation, to compare names.

    >>> plain_words("Coût_total (€)"), plain_words("UsageDate"), plain_words("Währung")
    ('cout total', 'usage date', 'wahrung')
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(text))
    bare = "".join(c for c in unicodedata.normalize("NFKD", split) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare.replace("ß", "ss").casefold()))


def _core(text: str) -> tuple[str, bool, str] | None:
    """(digits with their marks, negative, currency or '') of a cell that may be an amount."""
    bare = text.translate(MINUS).translate(SPACES).strip()
    marks = MONEY.findall(bare)
    if len(marks) > 1:
        return None
    currency = ""
    if marks:
        currency = SYMBOLS.get(marks[0].upper(), marks[0].upper())
        bare = MONEY.sub("", bare).strip()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        bare, negative = bare[1:-1].strip(), True
        if bare.startswith("-"):
            return None
    elif bare.endswith("-") and not bare.startswith("-"):
        bare, negative = bare[:-1].strip(), True
    elif bare[:1] in "+-" and bare:
        bare, negative = bare[1:].strip(), bare[0] == "-"
    return (
        (bare, negative, currency)
        if bare and (DIGITS.fullmatch(bare) or PLAIN.fullmatch(bare))
        else None
    )


def decimal_evidence(text: str) -> str:
    """What a cell says about the decimal mark: '.', ',', '?.' or '?,' (one mark and three digits: open), or '' for nothing.

    >>> [decimal_evidence(t) for t in ("1,234.56", "1.234,5", "0,5", "1,234", "1.234", "12", "1.234.567")]
    ['.', ',', ',', '?,', '?.', '', ',']
    """
    core = _core(text)
    if core is None:
        return ""
    digits = core[0]
    if "e" in digits.casefold():
        return "."
    dot, comma = digits.rfind("."), digits.rfind(",")
    if dot >= 0 and comma >= 0:
        return "." if dot > comma else ","
    mark, other = (".", ",") if dot >= 0 else (",", ".")
    if mark not in digits:
        return ""
    if digits.count(mark) > 1:
        return other
    tail, head = len(digits) - digits.rfind(mark) - 1, digits[: digits.rfind(mark)].replace(" ", "")
    return f"?{mark}" if tail == 3 and 1 <= len(head) <= 3 and head != "0" else mark


def read_number(text: str, decimal: str = ".") -> tuple[Decimal, str] | None:
    """(value, currency code or '') of a cell, or None where it is no number written this way.

    >>> read_number("(1.234,50 €)", ","), read_number("$ 12-"), read_number("1,5"), read_number("12 345.6")
    ((Decimal('-1234.50'), 'EUR'), (Decimal('-12'), 'USD'), None, (Decimal('12345.6'), ''))
    """
    core = _core(text)
    if core is None:
        return None
    digits, negative, currency = core
    group = "," if decimal == "." else "."
    whole, mark, tail = digits.partition(decimal)
    if PLAIN.fullmatch(digits) and (decimal == "." or "." not in digits):
        value = Decimal(digits)
    else:
        if (tail and not tail.isdigit()) or "e" in digits.casefold():
            return None
        parts = re.split(rf"[{re.escape(group)} ]", whole) if whole else ["0"]
        # 1,234,567 and the Indian 12,34,567; never 1,5 read as fifteen.
        if len(parts) > 1 and not (
            1 <= len(parts[0]) <= 3
            and len(parts[-1]) == 3
            and all(len(p) in (2, 3) for p in parts[1:])
        ):
            return None
        if not all(part.isdigit() for part in parts):
            return None
        value = Decimal("".join(parts) + (f".{tail}" if tail else ""))
    return (-value if negative else value), currency


def refused_amount(text: str) -> Decimal | None:
    """The amount of a refused row as far as it can be read, rounded like the ledger's; else None: the one reading of receipt and reconciliation.

    >>> refused_amount("1.5"), refused_amount("$5.00"), refused_amount("N/A"), refused_amount("1e30")
    (Decimal('1.5000000000'), Decimal('5.0000000000'), None, None)
    """
    read = read_number(text)
    if read is None or not read[0].is_finite() or (read[0] and read[0].adjusted() >= 18):
        return None  # abs() of 1e999999999 would overflow the arithmetic itself
    try:
        return read[0].quantize(Decimal("1e-10"), ROUND_HALF_UP)
    except ArithmeticError:
        return None


@dataclass(frozen=True)
class Moment:
    """A day or a month as it was written; `order` is what the numbers need: 'any', 'day first' or 'month first'."""

    year: int
    first: int  # month, or the first of two numbers whose order is open
    second: int  # day, or the second number; 0 for a month without a day
    open: bool  # the order of first and second is not told by the cell's shape

    @property
    def order(self) -> str:
        if not self.open:
            return "any"
        return "day first" if self.first > 12 else "month first" if self.second > 12 else "open"

    def day(self, order: str) -> date | None:
        """The day, or None where there is no such day."""
        month, day = (
            (self.second, self.first)
            if self.open and order == "day first"
            else (self.first, self.second)
        )
        try:
            return date(self.year, month, day or 1)
        except ValueError:
            return None


ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
COMPACT, ISO_MONTH = (
    re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?"),
    re.compile(r"((?:19|20)\d{2})\s*[-/.M]\s*(\d{1,2})", re.I),
)
MONTH_YEAR = re.compile(r"(\d{1,2})\s*[-/.]\s*((?:19|20)\d{2})")
THREE = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,].*)?")
WORD = re.compile(r"[a-z]+")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def read_moment(text: str) -> Moment | None:
    """A date or month as people write it, or None.

    >>> read_moment("31.01.2025").order, read_moment("01/02/2025").order, read_moment("2025-02-01").order
    ('day first', 'open', 'any')
    >>> read_moment("Jan-25"), read_moment("3 de mayo de 2025").day("any")
    (Moment(year=2025, first=1, second=0, open=False), datetime.date(2025, 5, 3))
    """
    bare = text.strip()
    if not bare or len(bare) > 40 or not bare[-1:].isalnum() and bare[-1:] != ".":
        return None
    if match := ISO.fullmatch(bare):
        return Moment(int(match[1]), int(match[3]), int(match[4]), False)
    if match := THREE.fullmatch(bare):
        return Moment(_year(match[4]), int(match[1]), int(match[3]), True)
    if (match := ISO_MONTH.fullmatch(bare)) and 1 <= int(match[2]) <= 12:
        return Moment(int(match[1]), int(match[2]), 0, False)
    if (match := MONTH_YEAR.fullmatch(bare)) and 1 <= int(match[1]) <= 12:
        return Moment(int(match[2]), int(match[1]), 0, False)
    if (match := COMPACT.fullmatch(bare)) and 1 <= int(match[2]) <= 12:
        return Moment(int(match[1]), int(match[2]), int(match[3] or 0), False)
    words = plain_words(bare)
    named = [word for word in WORD.findall(words) if word in MONTHS]
    rest = [
        word
        for word in WORD.findall(words)
        if word not in MONTHS and word not in ("de", "of", "st", "nd", "rd", "th")
    ]
    numbers = re.findall(r"\d+", words)
    if len(named) != 1 or rest or not 1 <= len(numbers) <= 2 or len(numbers[-1]) not in (2, 4):
        return None
    if len(numbers) == 2 and len(numbers[0]) == 4:
        numbers.reverse()
    if len(numbers) == 2 and (len(numbers[0]) > 2 or not 1 <= int(numbers[0]) <= 31):
        return None
    return Moment(
        _year(numbers[-1]), MONTHS[named[0]], int(numbers[0]) if len(numbers) == 2 else 0, False
    )


def is_month(text: str) -> bool:
    """Whether a heading names a month: Jan 2025, 2025-01, 01/2025, or the first day of one.

    >>> is_month("Jan-25"), is_month("2025-01-01"), is_month("2025-01-31"), is_month("Cost")
    (True, True, False, False)
    """
    moment = read_moment(text)
    return moment is not None and (
        moment.second == 0 or (moment.second == 1 and (not moment.open or moment.first == 1))
    )


PERIOD = re.compile(
    r"(?P<q>(q|t|quarter|quartal|trimestre|trim)\s?[1-4]|[1-4]\s?(q|quarter|quartal|trimestre))"
    r"|(?P<h>(h|s|half|halbjahr|hy|semestre)\s?[12]|[12]\s?(h|halbjahr|semestre))"
    r"|(?P<y>(fy|gj|cy|ytd|year)\s?(\d{4}|\d{2})?(\s\d{2,4})?|(19|20)\d{2}(\s(19|20)?\d{2})?)"
)
PERIODS = {"q": "quarter", "h": "half year", "y": "year"}


def longer_than_a_month(text: str) -> str:
    """What a heading or cell names that is longer than a month: quarter, half year, year; "" for anything else.

    >>> [longer_than_a_month(t) for t in ("Q1 2026", "2026-Q1", "1. Quartal 26", "H2/26", "FY26", "2026", "Jan 26", "Quantity")]
    ['quarter', 'quarter', 'quarter', 'half year', 'year', 'year', '', '']
    """
    words = " ".join(re.findall(r"[a-z]+|\d+", plain_words(text)))
    bare = re.sub(r"^(?:20)?\d{2} (?=[a-z])|(?<=[a-z] [1-4]) (?:20)?\d{2}$", "", words)
    bare = re.sub(
        r"(?<=quartal) (?:20)?\d{2}$|(?<=quarter) (?:20)?\d{2}$|(?<=^[1-4] q) (?:20)?\d{2}$",
        "",
        bare,
    )
    match = PERIOD.fullmatch(bare)
    return PERIODS[match.lastgroup] if match and match.lastgroup else ""


def without_year(heading: str) -> int:
    """The month, 1 to 12, of a heading that names one and no year; else 0.

    >>> without_year("Jan"), without_year("März"), without_year("Jan 26"), without_year("Cost")
    (1, 3, 0, 0)
    """
    moment = read_moment(f"{heading} 2000") if plain_words(heading).isalpha() else None
    return moment.first if moment and moment.second == 0 else 0


def month_end(day: date) -> date:
    """The first day of the next month: the exclusive end of the month a day lies in.

    >>> month_end(date(2025, 12, 5))
    datetime.date(2026, 1, 1)
    """
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def share(cells: Iterable[str], reads) -> float:
    """Share of the non-empty cells that `reads` reads; 0.0 where all are empty."""
    values = [cell for cell in cells if cell.strip()]
    return sum(reads(cell) is not None for cell in values) / len(values) if values else 0.0
