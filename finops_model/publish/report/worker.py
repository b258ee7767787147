"""One worker: `python -m finops_model.publish.report.worker JOBS` draws a list of reports."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ...errors import FinOpsError
from ...exits import run
from .briefs import load_brief
from .render import draw
from .run import Warm


def work(jobs: dict) -> None:
    """Draw `jobs["reports"]` ({"number", "brief", "folder", "failed"} each) one after the other; tells of each on standard output."""
    with Warm(jobs["fast"]) as warm:
        for job in jobs["reports"]:
            told = {"done": job["number"]}
            try:
                draw(
                    load_brief(job["brief"]),
                    job["folder"],
                    warm=warm.ready(),
                    manifest_extra=jobs["extra"],
                    failed=job["failed"],
                )
            except FinOpsError as problem:
                told["error"] = str(problem)
                warm.failed()
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    run(lambda: work(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
