"""One worker: `python -m finops_model.publish.report.worker JOBS` draws a list of reports."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

from ...errors import FinOpsError
from ...exits import run
from .briefs import load_brief
from .build import draw
from .run import Kernel


def work(jobs: dict) -> None:
    """Draw `jobs["reports"]` ({"number", "brief", "folder", "failed"} each) one after the other; tells of each on standard output."""
    with Kernel() if jobs["fast"] else contextlib.nullcontext() as warm:
        for job in jobs["reports"]:
            draw(
                load_brief(job["brief"]),
                job["folder"],
                warm=warm,
                manifest_extra=jobs["extra"],
                failed=job["failed"],
            )
            print(json.dumps({"done": job["number"]}), flush=True)


def main() -> int:
    try:
        work(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    except FinOpsError as problem:
        print(json.dumps({"error": str(problem)}), flush=True)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    run(main)
