"""The freeze: what the product says now, written to one file, and compared after a change that must move no number.

It uses only doors: the `finops` command of the environment it runs in, `import finops_model as fm`, and the files a report publishes; so the
same script runs before and after modules move. Workspaces are copies in a temporary folder; every date is given or stands in the bill.
Values and sentences are kept apart: "values equal, 12 sentences differ" is an answer.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE)]

import frozen  # noqa: E402

REFERENCE = ROOT / "tests" / "golden" / "freeze" / "reference.json.gz"
EXAMPLE = """examples:
  .venv/bin/python scripts/freeze.py write /tmp/before.json.gz            everything, about four CPU minutes
  .venv/bin/python scripts/freeze.py compare                              with the committed reference
  .venv/bin/python scripts/freeze.py compare --fast                       a part of it, under one CPU minute
  .venv/bin/python scripts/freeze.py write /tmp/before.json.gz --of ../before     the product of another checkout
  .venv/bin/python scripts/freeze.py compare /tmp/before.json.gz --table words.yaml
the table (YAML): keys: {held_by: tested_by}; values: {told: covariates}; sentences: {"Held by {who}:": "Tested by {who}:"}
exit: 0 equal in values and sentences, 1 not; --values-only lets sentences differ."""
ENTITY, OTHER = "Thistledown Inc.", "Thistledown GmbH"
SCENARIOS = [
    f"scenarios/{name}.yaml" for name in ("10_demand_doubles", "20_smaller_model", "30_commit_gpu")
]
FEW = ["--paths", "500"]
MONEY = ["--budget", "9720000"]

# (name, arguments, in the fast part: before anything is published, so that they say the same without the rest); names are what records are compared by: arguments may be renamed, names stay.
SAMPLE = [
    ("ingest", ["ingest", "data/samples/focus/*.parquet", "--json"], True),
    ("run", ["run", "scenarios/00_base.yaml", *MONEY, "--json"], True),
    ("reconcile", ["reconcile", "--month", "2026-10", "--json"], True),
    ("scenario check", ["scenario", "check", "scenarios/00_base.yaml", *SCENARIOS], True),
    (
        "prices list",
        ["prices", "list", "--provider", "aws", "--as-of", "2026-11-25", "--json"],
        True,
    ),
    (
        "prices diff",
        [
            "prices",
            "diff",
            "data/prices",
            "data/prices/aurora.yaml",
            "--as-of",
            "2026-11-25",
            "--json",
        ],
        True,
    ),
    ("report", ["report", "--month", "2026-10", "--fast", "--json"], False),
    ("run/text", ["run", "scenarios/40_prices_jump.yaml", *FEW, *MONEY], False),
    ("compare", ["compare", *SCENARIOS, *FEW, *MONEY, "--json"], False),
    ("compare/text", ["compare", SCENARIOS[0], *FEW, *MONEY], False),
    (
        "sensitivity",
        ["sensitivity", "scenarios/40_prices_jump.yaml", "--paths", "256", *MONEY, "--json"],
        False,
    ),
    (
        "sensitivity/text",
        ["sensitivity", "scenarios/40_prices_jump.yaml", "--paths", "256", *MONEY],
        False,
    ),
    ("forecast", ["forecast", "--by", "team", "--months", "12", "--quarters", "--json"], False),
    ("forecast/text", ["forecast", "--months", "3"], False),
    ("grades", ["grades", "--json"], False),
    ("grades/text", ["grades", "--unit", "Company"], False),
    ("watch", ["watch", "--as-of", "2026-08-21", "--json"], False),
    ("watch/text", ["watch", "--as-of", "2026-10-31"], False),
    (
        "commit",
        [
            "commit",
            "--offer",
            "hyperion-h100-1y",
            "--paths",
            "100",
            "--start",
            "2026-12-01",
            "--no-replay",
            "--json",
        ],
        False,
    ),
    ("reconcile/text", ["reconcile", "--month", "2026-10"], False),
    ("explain", ["explain", SCENARIOS[1], "workloads/support-chat/routing/aurora-small-1"], False),
    (
        "prices show",
        [
            "prices",
            "show",
            "openai:o3:input_tokens",
            "--quantity",
            "1000000",
            "--as-of",
            "2026-11-25",
            "--json",
        ],
        False,
    ),
    (
        "prices show/text",
        [
            "prices",
            "show",
            "aws:s3:standard:us-east-1",
            "--quantity",
            "52900",
            "--as-of",
            "2026-11-25",
        ],
        False,
    ),
    ("error/unit", ["forecast", "--unit", "Custmer Support"], False),
    ("error/scenario", ["run", "scenarios/none.yaml"], False),
]
STARTUP = [
    ("report", ["report", "--month", "2026-10", "--fast", "--entity", ENTITY, "--json"], False),
    ("reconcile", ["reconcile", "--month", "2026-10", "--entity", OTHER, "--json"], False),
    (
        "run",
        ["run", "scenarios/gmbh_10_tickets_double.yaml", "--entity", OTHER, *FEW, "--json"],
        False,
    ),
    ("watch/text", ["watch", "--as-of", "2026-10-31", "--entity", ENTITY], False),
    ("error/entity", ["reconcile", "--entity", "Thistledown"], False),
]
START = [
    ("start", ["start", "costs.csv", "--driver", "sessions.csv", "--yes"], True),
    ("forecast", ["forecast", "--months", "2", "--json", "-s", "workspaces/costs"], False),
    (
        "forecast csv",
        [
            "forecast",
            "--csv",
            "sessions.csv",
            "--days",
            "14",
            "--paths",
            "200",
            "--executor",
            "serial",
            "--json",
        ],
        True,
    ),
    (
        "backtest csv",
        [
            "backtest",
            "--csv",
            "sessions.csv",
            "--horizons",
            "7",
            "--leads",
            "1",
            "--cutoffs",
            "2",
            "--json",
        ],
        False,
    ),
]
REAL = [
    (
        "report",
        [
            "report",
            "real_bill_focus.csv",
            "--driver",
            "real_business_driver_daily.csv",
            "--yes",
            "--json",
        ],
        False,
    ),
]


def product(folder: Path) -> None:
    """From here on, data and code of another checkout: its folder goes before the installed package."""
    global ROOT
    ROOT = folder
    os.environ["PYTHONPATH"] = str(folder)


def environment() -> dict:
    """Wide lines, so that no sentence is broken; no colours, no settings of this terminal."""
    keep = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("FINOPS_") or key == "FINOPS_CACHE"
    }
    return keep | {"COLUMNS": "400", "NO_COLOR": "1", "TERM": "dumb", "OMP_NUM_THREADS": "1"}


def child(arguments: list[str], folder: Path, name: str) -> tuple[int, str, str]:
    """Exit code, output and messages of one process; its own CPU seconds are said (those of two at a time are kept apart)."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as problem:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=problem,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        say(
            f"{used.ru_utime + used.ru_stime:6.1f} CPU s  {time.perf_counter() - began:6.1f} s  {name}"
        )
        texts = []
        for file in (out, problem):
            file.seek(0)
            texts.append(file.read().decode("utf-8"))
    return process.returncode, *texts


def command(name: str, arguments: list[str], folder: Path, top: Path) -> dict:
    """One `finops` command as an entry; its CPU seconds are said."""
    spread = [
        item
        for part in arguments
        for item in (
            sorted(str(file.relative_to(folder)) for file in folder.glob(part))
            if "*" in part
            else [part]
        )
    ]
    code, out, problem = child([str(Path(sys.executable).parent / "finops"), *spread], folder, name)
    values, sentences = {"#exit": code}, []
    folders = {str(top): "<workspace>", str(ROOT): "<repo>", os.path.realpath(top): "<workspace>"}
    if "--json" in arguments and not code:
        values, sentences = frozen.flatten({"#exit": 0, "json": json.loads(out)})
        sentences = [[path, frozen.plain(text, folders)] for path, text in sentences]
    else:
        sentences = frozen.lines(out, folders) + (frozen.lines(problem, folders) if code else [])
    return {"values": values, "sentences": sentences}


def without_code(document):
    """The document without the keys that move with every commit."""
    if isinstance(document, dict):
        return {
            key: without_code(item) for key, item in document.items() if key not in frozen.VOLATILE
        }
    return [without_code(item) for item in document] if isinstance(document, list) else document


def canonical(document) -> str:
    """The form of a brief on disk, whose sha256 is its figures_hash."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def brief(folder: Path, top: Path) -> dict[str, dict]:
    """Entries of one published report: the brief with its hash without code, the words of its page, the cells of its workbook."""
    import openpyxl

    text = (folder / "brief.json").read_text(encoding="utf-8")
    document, manifest = (
        json.loads(text),
        json.loads((folder / "manifest.json").read_text(encoding="utf-8")),
    )
    values, sentences = frozen.flatten(document)
    values["#sha_of_brief"] = sha(canonical(without_code(document)))
    values["#figures_hash of the manifest is the brief's"] = manifest["figures"] == sha(
        canonical(document)
    )
    folders = {str(top): "<workspace>", str(ROOT): "<repo>"}
    book = openpyxl.load_workbook(folder / "workbook.xlsx", read_only=True)
    cells = {
        sheet.title: {
            f"row {n}": {
                f"column {m}": str(value) if hasattr(value, "isoformat") else value
                for m, value in enumerate(row, 1)
                if value is not None
            }
            for n, row in enumerate(sheet.iter_rows(values_only=True), 1)
            if any(value is not None for value in row)
        }
        for sheet in book.worksheets
    }
    numbers, words = frozen.flatten(cells)
    words += [
        [path, frozen.plain(value, folders)]
        for path, value in numbers.items()
        if isinstance(value, str)
    ]
    numbers = {path: value for path, value in numbers.items() if not isinstance(value, str)}
    return {
        "brief": {"values": values, "sentences": sentences},
        "page": {
            "values": {},
            "sentences": frozen.page((folder / "report.html").read_text(encoding="utf-8"), folders),
        },
        "workbook": {"values": numbers, "sentences": words},
    }


def published(where: str, top: Path) -> dict[str, dict]:
    """Entries of every report under a workspace."""
    out = {}
    archives = {path.parent for path in top.rglob(".published")}
    listed = [file for root in archives for file in root.glob("[0-9]*/*/brief.json")]
    for file in sorted(
        listed or top.rglob("brief.json")
    ):  # of an archive of before: as it lies there
        for part, entry in brief(file.parent, top).items():
            out[f"{where}/{part}/{file.parent.parent.name}/{file.parent.name}"] = entry
    return out


def draws(folder: Path, engines) -> dict:
    """Totals by path of one block of the base, by engine: sha256 of their bytes, and enough figures to read a difference."""
    code = (
        "import json, sys, finops_model as fm\n"
        "s = fm.load_settings('finops.yaml')\n"
        "for engine in sys.argv[1:]:\n"
        "    run = fm.run('scenarios/40_prices_jump.yaml', s, '2026-10-31', 256, months=4, engine=engine, executor='serial', dials=False)\n"
        "    print(json.dumps([engine, run.total().tolist(), run.effective.ravel().tolist(), list(run.effective.shape), run.by_workload.ravel().tolist()]))\n"
    )
    failed, out, problem = child(
        [sys.executable, "-c", code, *engines], folder, f"sample/draws on {', '.join(engines)}"
    )
    if failed:
        return {
            "values": {"#exit": failed},
            "sentences": frozen.lines(problem, {str(folder): "<workspace>", str(ROOT): "<repo>"}),
        }
    values = {}
    for line in out.splitlines():
        engine, total, effective, shape, workloads = json.loads(line)
        values |= {
            f"{engine}/shape": str(tuple(shape)).replace(" ", ""),
            f"{engine}/sha of totals": frozen.digest(total),
            f"{engine}/sha of path, month, unit": frozen.digest(effective),
            f"{engine}/sha by workload": frozen.digest(workloads),
            f"{engine}/mean": sum(total) / len(total),
        }
        values |= {f"{engine}/path {n}": total[n] for n in (0, 1, 2, 127, 255)}
    return {"values": values, "sentences": []}


def golden() -> dict:
    """The committed golden totals (tests hold the product to them; here they are held to themselves)."""
    values, sentences = frozen.flatten(
        json.loads((ROOT / "tests" / "golden" / "scenarios.json").read_text(encoding="utf-8"))
    )
    return {"values": values, "sentences": sentences}


def workspace(where: str, top: Path, real: Path | None) -> Path:
    """A copy to work in; the folder where commands run."""
    top.mkdir(parents=True)
    if where in ("sample", "startup"):
        for name in ("data", "scenarios"):
            shutil.copytree(ROOT / name, top / name)
        shutil.copy(ROOT / "finops.yaml", top)
        return top / "data" / "startup" if where == "startup" else top
    for file in (
        (ROOT / "data" / "start").glob("*.csv")
        if where == "start"
        else [real / name for name in ("real_bill_focus.csv", "real_business_driver_daily.csv")]
    ):
        shutil.copy(file, top)
    return top


def one(where: str, steps, top: Path, fast: bool, real: Path | None) -> dict[str, dict]:
    """Entries of one workspace, its commands one after the other."""
    folder = workspace(where, top, real)
    entries = {
        f"{where}/{name}": command(f"{where}/{name}", arguments, folder, top)
        for name, arguments, quick in steps
        if quick or not fast
    }
    if where == "sample":
        entries["sample/draws"] = draws(folder, ["numpy"] if fast else ["numpy", "numba"])
    return entries | published(where, top)


def freeze(fast: bool, real: Path | None, only: str | None) -> dict:
    """The record of this product, workspaces two at a time."""
    plans = {"sample": SAMPLE, "startup": STARTUP, "start": START} | (
        {"real": REAL} if real else {}
    )
    if fast:
        plans.pop("startup")
    plans = {where: steps for where, steps in plans.items() if only in (None, where)}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1 if fast else 2) as pool:
        jobs = [
            pool.submit(one, where, steps, Path(folder).resolve() / where, fast, real)
            for where, steps in plans.items()
        ]
        entries = {name: entry for job in jobs for name, entry in job.result().items()}
    entries["golden"] = golden()
    skips = ["*"] if fast or only else [] if real else ["real/"]
    return {"frozen": 1, "at": commit(), "skips": skips, "entries": dict(sorted(entries.items()))}


def commit() -> str:
    """What was frozen, for whoever reads the record; compared with nothing."""
    git = shutil.which("git")
    asked = (
        subprocess.run(
            [git, "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True
        )
        if git
        else None
    )
    return asked.stdout.strip() if asked and not asked.returncode else "unknown"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read(path: Path) -> dict:
    data = path.read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


def write(record: dict, path: Path) -> None:
    """The same record, the same bytes; .gz is compressed."""
    data = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 9, mtime=0) if path.suffix == ".gz" else data)


def report(out: dict[str, list[str]], most: int) -> None:
    """The differences, readable; values first."""
    for kind in ("values", "missing", "sentences"):
        for line in out[kind][:most]:
            print(f"{kind:9}  {line}")
        if len(out[kind]) > most:
            print(f"{kind:9}  and {len(out[kind]) - most} more (--most {len(out[kind])})")
    for kind, what in (("skipped", "not run here"), ("added", "not in the record")):
        if out[kind]:
            print(
                f"{what}: {len(out[kind])} entries ({', '.join(out[kind][:3])}{' …' if len(out[kind]) > 3 else ''})"
            )
    values = f"{len(out['values'])} values differ" if out["values"] else "values equal"
    print(
        f"{values}, {len(out['sentences'])} sentences differ, {len(out['missing'])} entries missing"
    )


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["write", "compare"])
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        default=REFERENCE,
        help="the record; default: tests/golden/freeze/reference.json.gz",
    )
    parser.add_argument(
        "--with",
        dest="other",
        type=Path,
        help="compare: an already written record instead of running",
    )
    parser.add_argument(
        "--table", type=Path, help="compare: YAML of old: new for keys, values, sentences"
    )
    parser.add_argument(
        "--fast", action="store_true", help="a part: no reports of the sample companies, numpy only"
    )
    parser.add_argument(
        "--only", choices=["sample", "startup", "start", "real"], help="one workspace"
    )
    parser.add_argument(
        "--real-bill",
        type=Path,
        help="folder with real_bill_focus.csv and real_business_driver_daily.csv: freeze their report too",
    )
    parser.add_argument(
        "--of",
        type=Path,
        help="freeze the product of this checkout (an older commit: git worktree add) in this environment",
    )
    parser.add_argument("--keep", type=Path, help="compare: write the new record here")
    parser.add_argument("--most", type=int, default=60, help="lines shown of each kind")
    parser.add_argument("--values-only", action="store_true", help="compare: sentences may differ")
    asked = parser.parse_args(argv)
    if asked.what == "compare" and not asked.file.is_file():
        parser.error(
            f"{asked.file}: there is no such record. Write one: freeze.py write {asked.file}"
        )
    table = None
    if asked.table:
        import yaml

        table = frozen.check_table(yaml.safe_load(asked.table.read_text(encoding="utf-8")))
    if asked.of:
        product(asked.of.resolve())
    began = os.times()
    record = read(asked.other) if asked.other else freeze(asked.fast, asked.real_bill, asked.only)
    now = os.times()
    say(f"{sum(now[:4]) - sum(began[:4]):6.1f} CPU s in all, {now.elapsed - began.elapsed:.0f} s")
    if asked.what == "write":
        write(record, asked.file)
        print(
            f"{asked.file}: {len(record['entries'])} entries, {asked.file.stat().st_size:,} bytes"
        )
        return 0
    if asked.keep:
        write(record, asked.keep)
    old = read(asked.file)
    print(f"{old.get('at', 'unknown')} -> {record.get('at', 'unknown')}")
    out = frozen.compare(old, record, table)
    report(out, asked.most)
    return int(
        bool(out["values"] or out["missing"] or (out["sentences"] and not asked.values_only))
    )


if __name__ == "__main__":
    raise SystemExit(main())
