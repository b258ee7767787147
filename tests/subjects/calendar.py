"""`calendar`: the periods, quarters and years of a fiscal calendar (tests/spec/catalog/README.md)."""

from dataclasses import fields

from finops_model.periods import Calendar

from . import known


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {field.name for field in fields(Calendar)}, "calendar")
    known(given, {"day", "year", "first", "last"}, "given of a calendar")
    assert sum(("day" in given, "year" in given, "first" in given)) == 1, (
        "a calendar is asked for a day, a year, or first and last"
    )
    calendar = Calendar(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in subject.items()
        }
    )
    if "day" in given:
        period = calendar.period_of(given["day"])
        return {
            "period": period.name,
            "year": period.year,
            "quarter": period.quarter,
            "number": period.number,
            "start": str(period.start),
            "end": str(period.end),
            "last_day": str(period.end - 1),
            "days": period.days,
        }
    periods = (
        calendar.year(given["year"])
        if "year" in given
        else calendar.periods(given["first"], given["last"])
    )
    start, end = periods[0].start, periods[-1].end
    result = {
        "names": [one.name for one in periods],
        "years": [one.year for one in periods],
        "quarters": [one.quarter for one in periods],
        "starts": [str(one.start) for one in periods],
        "last_days": [str(one.end - 1) for one in periods],
        "days": [one.days for one in periods],
        "count": len(periods),
        "partial": [one.name for one in periods if one.partial],
        "start": str(start),
        "end": str(end),
        "last_day": str(end - 1),
        "length": int((end - start).astype(int)),
    }
    if calendar.kind != "months":
        result["weeks"] = [one.days // 7 for one in periods]
    return result
