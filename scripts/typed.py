"""Types, leniently: mypy's findings are held to a list of files not yet clean, which may only shrink.

python scripts/typed.py             fails where a file off the list has an error, or one on it has none (take it off)
python scripts/typed.py --write     writes the list anew: after mending, or after files have moved; never longer than before
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "scripts" / "mypy_unclean.txt"
HEAD = "# Files in which mypy still finds errors (scripts/typed.py). May only shrink: mend a file, then take its line off.\n"


def findings(output: str) -> dict[str, list[str]]:
    """Error lines of mypy's output by file.

    >>> findings("a/b.py:3: error: bad  [misc]\\na/b.py:3: note: so\\nFound 1 error in 1 file (checked 2 source files)\\n")
    {'a/b.py': ['a/b.py:3: error: bad  [misc]']}
    """
    files: dict[str, list[str]] = {}
    for line in output.splitlines():
        if match := re.match(r"(.+?):\d+: error: ", line):
            files.setdefault(match[1], []).append(line)
    return files


def listed(text: str) -> list[str]:
    """Paths of the list's text.

    >>> listed("# why\\na.py\\n\\nb.py\\n")
    ['a.py', 'b.py']
    """
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def complaints(errors: dict[str, list[str]], unclean: list[str]) -> list[str]:
    """What is wrong between the errors found and the list; nothing: [].

    >>> complaints({"a.py": ["a.py:1: error: x"]}, ["b.py"])
    ['a.py:1: error: x', 'scripts/mypy_unclean.txt: b.py has no errors any more: take its line off (python scripts/typed.py --write)']
    >>> complaints({"a.py": ["a.py:1: error: x"]}, ["a.py"])
    []
    """
    new = [line for path in sorted(set(errors) - set(unclean)) for line in errors[path]]
    return new + [
        f"scripts/mypy_unclean.txt: {path} has no errors any more: take its line off (python scripts/typed.py --write)"
        for path in sorted(set(unclean) - set(errors))
    ]


def rewritten(errors: dict[str, list[str]], unclean: list[str]) -> str:
    """The list's new text; ValueError where it would be longer than before."""
    if len(errors) > len(unclean):
        new = ", ".join(sorted(set(errors) - set(unclean)))
        raise ValueError(
            f"mypy finds errors in {len(errors)} files and the list has {len(unclean)}: it may only shrink. Not on it: {new}."
        )
    return HEAD + "".join(f"{path}\n" for path in sorted(errors))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--write", action="store_true", help="write the list anew; never longer than before"
    )
    options = parser.parse_args()
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if run.returncode not in (0, 1):
        print(run.stdout + run.stderr, file=sys.stderr)
        return 2
    errors, unclean = findings(run.stdout), listed(LIST.read_text(encoding="utf-8"))
    if options.write:
        try:
            LIST.write_text(rewritten(errors, unclean), encoding="utf-8")
        except ValueError as problem:
            print(f"typed: {problem}", file=sys.stderr)
            return 1
        unclean = sorted(errors)
    problems = complaints(errors, unclean)
    print(
        "\n".join(problems)
        or f"typed: {sum(map(len, errors.values()))} errors, all in the {len(unclean)} files of scripts/mypy_unclean.txt"
    )
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
