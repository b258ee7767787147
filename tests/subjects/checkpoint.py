"""`checkpoint`: checkpoint, mtbf and restart in one unit of time (with or without `_minutes`, `_hours`); see prices/checkpoints."""

import numpy as np

from finops_model.prices.capacity import spot
from finops_model.prices.capacity.checkpoints import Checkpointing

from . import known

NAMES = ("checkpoint", "mtbf", "restart")


def evaluate(subject: dict, given: dict) -> dict:
    unit = next(
        (
            end
            for end in ("_minutes", "_hours", "_seconds")
            if any(name.endswith(end) for name in subject)
        ),
        "",
    )
    known(
        subject,
        [name + unit for name in NAMES] + ["machines"],
        "checkpoint: all in one unit of time",
    )
    known(given, {"interval", "spot", "on_demand", "fallback", "work"}, "given of a checkpoint")
    mtbf = np.asarray(subject["mtbf" + unit], dtype=float) / subject.get("machines", 1)
    case = Checkpointing(subject["checkpoint" + unit], mtbf, subject.get("restart" + unit, 0.0))
    used = case.factor(given["interval"]) if "interval" in given else case.factor()
    result = {
        "young_interval": case.young(),
        "daly_interval": case.daly(),
        "exact_interval": case.best_interval(),
        "overhead_factor_exact": case.factor(),
        "overhead_factor": used,
        "time": used * given.get("work", 1.0),
        "break_even_ratio": spot.break_even_ratio(used),
    }
    if np.all(case.young() > 0) and np.all(case.daly() > 0):
        result |= {
            "overhead_factor_at_young": case.factor(case.young()),
            "overhead_factor_at_daly": case.factor(case.daly()),
        }
    if "spot" in given:
        result["effective_price"] = spot.effective_price(
            given["spot"], given.get("on_demand", 0.0), used, given.get("fallback", 0.0)
        )
    return result
