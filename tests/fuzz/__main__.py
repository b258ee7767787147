"""make fuzz: mutations of every importer's files through the door that users' files take, until so many were tried.

python tests/fuzz 2000 --seed abc            progress, failures with the command that repeats each, counts by importer
python tests/fuzz --seed abc --only 17       one mutation again; the file stays, and is named
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import multiprocessing
import queue
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))  # what writes bills for tests

from work import quiet, worker

FAILED = 25  # failures after which a search stops
HANG = 240  # seconds of wall time without a word of a process: it is stuck in code that no signal reaches


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", default="")
    parser.add_argument("--only", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    seed = given.seed or hashlib.sha256(str(time.time_ns()).encode()).hexdigest()[:12]
    print(f"fuzz: seed {seed}", flush=True)
    if given.only is not None:
        return once(seed, given.only)
    return search(seed, given.count, given.jobs)


def once(seed: str, number: int) -> int:
    """One mutation again, its file kept beside the temporary ones."""
    from door import PLACE, Fuzzer

    quiet()
    fuzzer = Fuzzer(seed)
    one, mutant, _ = fuzzer.of(number)
    path = Path(PLACE, f"fuzz-{number}-{one.name}")
    path.write_bytes(mutant.data)
    print(f"{one.group} {one.name}: {mutant.what}\n{path}: {len(mutant.data):,} bytes")
    wrong = fuzzer.run(number)
    print(wrong or f"holds ({', '.join(outcome for _, outcome in fuzzer.counts)})")
    return bool(wrong)


def search(seed: str, count: int, jobs: int) -> int:
    """Exit status 1 where a law does not hold."""
    began = heard = time.time()
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    workers = [
        context.Process(target=worker, args=(seed, i, count, jobs, told), daemon=True)
        for i in range(jobs)
    ]
    for one in workers:
        one.start()
    counts: collections.Counter = collections.Counter()
    cpu, done, ended, failures = 0.0, 0, 0, []
    at: dict[int, int] = {}
    while ended < jobs and len(failures) < FAILED:
        try:
            word, number, rest = told.get(timeout=5)
        except queue.Empty:
            dead = ended < jobs and any(not one.is_alive() and one.exitcode for one in workers)
            if not dead and time.time() - heard < HANG:
                continue
            failures.append("a process died" if dead else f"no word for {HANG} s")
            print(f"FAILED: {failures[-1]}, at one of {sorted(at.values())}: make fuzz SEED={seed} ONLY=…")  # fmt: skip
            break
        heard = time.time()
        if word == "at":
            done, at[number] = done + 1, rest
            if done % max(count // 20, 1) == 0:
                print(f"fuzz: {done:,} of {count:,}, {time.time() - began:.0f} s, {len(failures)} failed", flush=True)  # fmt: skip
        elif word == "wrong":
            failures.append(rest)
            print(f"\nFAILED {number}: {rest.rstrip()}\n  again: make fuzz SEED={seed} ONLY={number}\n", flush=True)  # fmt: skip
        else:
            ended += 1
            counts += rest[0]
            cpu += rest[1]
            at.pop(number, None)
    for one in workers:
        one.terminate()
    for group in sorted({group for group, _ in counts}):
        print(
            f"  {group:22} {counts[group, 'taken']:6,} taken {counts[group, 'refused']:6,} refused"
        )
    said = f"{len(failures)} failed" if failures else "all laws hold"
    print(f"fuzz: {done:,} mutations, seed {seed}, {cpu:.0f} s of CPU, {time.time() - began:.0f} s: {said}", flush=True)  # fmt: skip
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
