"""Slurm job accounts (sacct --parsable2): GPU hours that jobs had allocated.

Steps (.batch, .extern, .0) repeat the allocation of their job and are left out. gres/gpu and gres/gpu:type are the same GPUs. A job that
was requeued has a line for each of its starts; the same start twice is refused. Times
are the cluster's local ones unless SLURM_TIME_FORMAT gave them an offset, so their zone must be said. A job without an end is still
running: it counts as far as its elapsed time. Source: Slurm documentation, sacct (JobID, AllocTRES, ElapsedRaw).
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from ..files.readers import Source
from ..vendors import squash
from . import Usage, _usage

TITLE = "Slurm job accounts (sacct)"
DEFAULT = True
KIND = "usage"
SEEN_BY = "machine"
SIGN = ("JobID", "AllocTRES", "Start")
KEEP = frozenset(
    map(
        squash,
        "JobID JobName User Account Partition AllocTRES ElapsedRaw Elapsed Start End State Cluster QOS".split(),
    )
)
STEP = re.compile(r"^[^.]+\.")
GPUS = re.compile(r"(?:^|,)gres/gpu(:[^=,]+)?=(\d+)")
MEASURED = re.compile(r"gres/gpu(mem|util)[^,]*|gres/gpu(:[^=,]+)?=0(,|$)")  # not a number of GPUs
ELAPSED = re.compile(r"(?:(\d+)-)?(\d{1,3}):(\d\d):(\d\d)(?:\.\d+)?|(\d+):(\d\d)(?:\.\d+)?")
NONE = ("", "Unknown", "None", "N/A")


def recognise(source: Source) -> bool:
    """JobID, AllocTRES, Start and an elapsed time."""
    return (
        source.kind != "json"
        and _usage.has(source, *SIGN)
        and bool(_usage.words(source) & {"elapsedraw", "elapsed"})
    )


def read(source: Source) -> Usage:
    """A row per job: GPUs x elapsed hours, from start to end."""
    notes = ["job steps are parts of their job and are not added"]
    once = _usage.Once()
    return _usage.collect(
        source,
        "Slurm sacct",
        _usage.rows(source, KEEP, frozenset()),
        lambda line: _rows(line, once),
        notes,
    )


def _rows(line: dict, once: _usage.Once) -> list[dict]:
    job = str(line["jobid"])
    if not job:
        raise _usage.Refused("JobID", "is empty")
    if STEP.match(job):
        raise _usage.Left("steps of a job, parts of it")
    seconds, start = _seconds(line), str(line.get("start", ""))
    if not seconds:
        raise _usage.Left("jobs that have not run")
    text = str(line.get("alloctres", ""))
    gpus, kind = _gpus(text)
    if not gpus:
        if "gres/gpu" in MEASURED.sub("", text):
            raise _usage.Refused("AllocTRES", f"{_usage.quoted(text)} says no number of GPUs")
        raise _usage.Left("jobs without GPUs")
    name = f"{line.get('cluster', '')}:{job}:{start}"  # ids begin anew some day
    once.check("JobID", name, job)
    end = str(line.get("end", ""))
    if end in NONE:
        end = _later(start, seconds)
    base = {
        "UsageStart": start,
        "UsageEnd": end,
        "SubAccountId": line.get("account"),
        "x_Job": job,
        "x_Name": name,
        "Tags": _usage.tags(
            user=line.get("user"),
            partition=line.get("partition"),
            cluster=line.get("cluster"),
            job=line.get("jobname"),
            gpu=kind,
            state=str(line.get("state", "")).split(" ")[0],
        ),
    }
    return _usage.metered(base, {"gpu_hours_allocated": gpus * seconds / 3600})


def _gpus(resources: str) -> tuple[Decimal, str]:
    """GPUs of an allocation, once, and their type."""
    found = [(kind.lstrip(":"), Decimal(number)) for kind, number in GPUS.findall(resources)]
    plain = [number for kind, number in found if not kind]
    typed = [(kind, number) for kind, number in found if kind]
    whole = plain[0] if plain else sum((number for _, number in typed), Decimal(0))
    return whole, ",".join(kind for kind, _ in typed)


def _seconds(line: dict) -> Decimal:
    if line.get("elapsedraw") not in (None, ""):
        return _usage.count(line, "elapsedraw")
    text = str(line.get("elapsed", ""))
    match = ELAPSED.fullmatch(text)
    if not match:
        raise _usage.Refused("Elapsed", f"{_usage.quoted(text)} is no time")
    days, hours, minutes, seconds, short, rest = (int(part or 0) for part in match.groups())
    return Decimal(((days * 24 + hours) * 60 + minutes + short) * 60 + seconds + rest)


def _later(start: str, seconds: Decimal) -> str:
    try:
        return (dt.datetime.fromisoformat(start) + dt.timedelta(seconds=int(seconds))).isoformat()
    except (ValueError, OverflowError):
        raise _usage.Refused("Start", f"{_usage.quoted(start)} is no moment") from None
