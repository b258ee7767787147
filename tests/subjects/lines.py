"""`lines`: several sentences added up; a line is a rate form with its quantity, or any other subject with its `given`."""

import numpy as np

from . import shelf
from .pricing import evaluate as price


def evaluate(subject: list, given: dict) -> dict:
    assert not given, "lines have no 'given' of their own; each line has its quantity"
    costs = [
        float(np.sum(_cost(dict(line)))) for line in subject
    ]  # several periods or requests count with their total
    return {"list_cost": sum(costs), "costs": costs, "cost": sum(costs)}


def _cost(line: dict):
    if "pricing" in line:
        return price(line.pop("pricing"), line)["list_cost"]
    others = set(shelf()) & set(line)
    assert len(others) == 1, f"a line is about exactly one subject, not {sorted(others)}"
    name = others.pop()
    answer = shelf()[name](line[name], line.get("given") or {})
    assert line.get("take", "cost") in answer, (
        f"'{line.get('take', 'cost')}' is not an answer of {name}; known: {sorted(answer)}"
    )
    return answer[line.get("take", "cost")]
