"""Build sdist and wheel from what git has at HEAD (or another commit), twice, and hold the two wheels to be the same bytes.

    python scripts/build_wheel.py [FOLDER [COMMIT]]       default: dist/ HEAD

Nothing that lies beside the committed files gets in; the time in the archives is the commit's, so anybody who builds the same commit
with the same setuptools has the same wheel. Needs git and setuptools, no network.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, 'build_' + sys.argv[1])(sys.argv[2]))"


def lay_out(folder: Path, commit: str = "HEAD") -> Path:
    """The files of a commit, links as links, with the same rights under any umask."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="tar")
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return folder


def commit_time(commit: str = "HEAD") -> str:
    """Seconds since 1970 of the commit: the time of every file in the archives."""
    return subprocess.run(
        ["git", "log", "-1", "--format=%ct", commit],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


def build(kind: str, source: Path, target: Path, when: str) -> Path:
    """`kind` is wheel or sdist; `source` a folder with pyproject.toml, written to while it builds. Returns the archive in `target`."""
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(target.resolve())],
        cwd=source,
        capture_output=True,
        text=True,
        umask=0o022,
        env={**os.environ, "SOURCE_DATE_EPOCH": when, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        raise SystemExit(f"build_wheel: the {kind} could not be built.\n{done.stderr[-2000:]}")
    return target / done.stdout.splitlines()[-1]


def unpack(sdist: Path, folder: Path) -> Path:
    """The folder that an sdist holds, laid out below `folder`."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def digest(path: Path) -> str:
    """sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def both(target: Path, commit: str = "HEAD") -> tuple[Path, Path]:
    """(sdist, wheel) in `target`: the wheel built from the commit, and again from the sdist, must be the same bytes."""
    when = commit_time(commit)
    with tempfile.TemporaryDirectory(prefix="finops-build-") as folder:
        sdist = build("sdist", lay_out(Path(folder, "first"), commit), target, when)
        wheel = build("wheel", lay_out(Path(folder, "second"), commit), target, when)
        again = build("wheel", unpack(sdist, Path(folder, "third")), Path(folder, "again"), when)
        if digest(wheel) != digest(again):
            raise SystemExit(
                f"build_wheel: {wheel.name} from the commit and from the sdist are not the same bytes: {digest(wheel)}, {digest(again)}."
            )
    return sdist, wheel


def main() -> None:
    """Build, and say what was built."""
    words = sys.argv[1:]
    for path in both(Path(words[0] if words else ROOT / "dist"), *words[1:2]):
        print(f"{digest(path)}  {path}")


if __name__ == "__main__":
    main()
