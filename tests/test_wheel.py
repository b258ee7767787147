"""A door to the outside: what is committed, as a wheel in an empty environment, in an empty folder, with no repository in sight.

The environment borrows the installed dependencies of the tests (no network); docs/releasing.md says how it is done with them downloaded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

import finops_model as fm
from scripts import script

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.long
# What a wheel carries of the folders beside the package. Not the sample company: its prices, scenarios and tutorials are the repository's.
CARRIED = {
    "notebooks": ("reports/monthly_budget.ipynb", "dashboards/leadership.ipynb"),
    "scenarios": ("*.schema.json",),
    "data/fx": ("*.csv.gz",),
    "data/prices": ("README.md", "corrections/*", "tokens/*", "world/*"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """(sdist, wheel, the files of the commit they were built from)."""
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("not a git checkout")
    folder, building = tmp_path_factory.mktemp("built"), script("scripts/build_wheel.py")
    return *building.both(folder / "dist"), building.lay_out(folder / "commit")


@pytest.fixture(scope="module")
def env(built, tmp_path_factory):
    """A new environment with the wheel in it; dependencies are those of the tests, without the repository they also know."""
    folder = tmp_path_factory.mktemp("empty") / "env"
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--disable-pip-version-check",
            built[1],
        ],
        check=True,
    )
    site = next((folder / "lib").glob("python*")) / "site-packages"
    # A folder named in a .pth is searched, and no .pth in it is read: so the tests' link to the repository is not there.
    (site / "dependencies.pth").write_text(
        "".join(f"{sysconfig.get_path(kind)}\n" for kind in ("purelib", "platlib"))
    )
    for name in (
        "share",
        "etc",
    ):  # what pip puts beside the packages: page templates of Voila and Jupyter
        if (Path(sys.prefix) / name / "jupyter").is_dir():
            (folder / name).mkdir(exist_ok=True)
            (folder / name / "jupyter").symlink_to(Path(sys.prefix) / name / "jupyter")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty folder with one bill in it."""
    folder = tmp_path_factory.mktemp("somewhere")
    shutil.copy(ROOT / "data" / "start" / "costs.csv", folder / "bill.csv")
    return folder


def around(env: Path, folder: Path) -> dict:
    """The environment variables of somebody who has nothing but the wheel."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "FINOPS", "VIRTUAL", "JUPYTER", "PYTEST"))
    }
    return {**kept, "PATH": f"{env / 'bin'}{os.pathsep}{os.defpath}", "HOME": str(folder / "home")}


def there(env: Path, folder: Path, *words, **more) -> str:
    """What a command says in the folder; it must end well."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=around(env, folder),
        capture_output=True,
        text=True,
        **more,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def carried(root: Path) -> dict[str, Path]:
    """Files a wheel of this tree must carry, by name in the archive."""
    package = root / "finops_model"
    files = {
        f"finops_model/{path.relative_to(package).as_posix()}": path
        for path in package.rglob("*")
        if path.is_file()
        and not any(
            parent.is_symlink() for parent in path.relative_to(package).parents if parent != Path()
        )
    }
    files = {
        name: path
        for name, path in files.items()
        if name.count("/") < 3 or not name.startswith("finops_model/resources/")
    }
    for place, patterns in CARRIED.items():
        for pattern in patterns:
            hits = list((root / place).glob(pattern))
            assert hits, f"{place}/{pattern} names nothing"
            files |= {
                f"finops_model/resources/{Path(place).name}/{hit.relative_to(root / place).as_posix()}": hit
                for hit in hits
            }
    return files


def test_both_archives_carry_every_file_as_it_was_committed(built):
    sdist, wheel, commit = built
    wanted = {name: path.read_bytes() for name, path in carried(commit).items()}
    assert len(wanted) > 300 and sum(name.endswith(".py") for name in wanted) > 250
    with zipfile.ZipFile(wheel) as archive:
        found = {
            name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name
        }
    assert sorted(found) == sorted(wanted) and found == wanted
    with tarfile.open(sdist) as archive:
        inside = [item for item in archive.getmembers() if not item.isdir()]
        assert all(item.isreg() for item in inside), [
            item.name for item in inside if not item.isreg()
        ]
        names = {item.name.partition("/")[2]: item for item in inside}
        assert {name: archive.extractfile(names[name]).read() for name in wanted} == wanted
    beside = {name for name in names if not name.startswith("finops_model")}
    assert beside == {
        "LICENSE",
        "MANIFEST.in",
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
        "setup.cfg",
    }


def test_the_wheel_is_the_same_bytes_again(built, tmp_path):
    building = script("scripts/build_wheel.py")
    again = building.build(
        "wheel", building.lay_out(tmp_path / "commit"), tmp_path / "dist", building.commit_time()
    )
    assert again.name == built[1].name == f"finops_model-{fm.__version__}-py3-none-any.whl"
    assert building.digest(again) == building.digest(built[1])


def test_the_program_is_the_one_in_the_environment_and_has_the_commit_s_hash(built, env, folder):
    code = "import finops_model as fm; from finops_model.publish.lineage import code_hash; print(fm.__file__, fm.__version__, code_hash())"
    place, version, mark = there(env, folder, env / "bin" / "python", "-c", code).split()
    assert Path(place).is_relative_to(env) and version == fm.__version__
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=built[2],
        env={**os.environ, "PYTHONPATH": str(built[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    linked, _, other = done.stdout.split()
    assert (
        Path(linked).is_relative_to(built[2])
        and (built[2] / "finops_model" / "resources" / "fx").is_symlink()
        and mark == other
    )


def test_prices_tokens_and_rates_are_there(env, folder):
    code = """
import finops_model as fm
from finops_model.prices.lists.fx import stored
from finops_model.prices.tokens.table import load_tokens
print(fm.price({"openai:o3:input_tokens": 2e6}, fm.load_catalog(), day="2026-10-31").on_demand_cost[0])
print(load_tokens().name(load_tokens().offer("o3", "openai", "flex")), stored().currencies[0])
"""
    assert (
        there(env, folder, env / "bin" / "python", "-c", code)
        == "4.0\nopenai/o3 (service_tier=flex) USD\n"
    )
    listed = json.loads(
        there(
            env,
            folder,
            "finops",
            "prices",
            "list",
            "--provider",
            "aws",
            "--text",
            "p5",
            "--as-of",
            "2026-11-25",
            "--json",
        )
    )
    assert listed["prices"] and {row["provider"] for row in listed["prices"]} == {
        "Amazon Web Services"
    }


def test_a_bill_becomes_a_report_and_a_page(env, folder):
    told = there(env, folder, "finops", "start", "bill.csv", "--yes")
    assert (
        "workspaces/bill/reports/2025-08/company/report.html" in told
        and (folder / "workspaces/bill/reports/2025-08/company/report.html").is_file()
    )
    lineage = json.loads(
        (folder / "workspaces/bill/reports/2025-08/company/brief.json").read_text()
    )["lineage"]
    assert re.fullmatch(
        r"[0-9a-f]{64} of \d+ installed packages \(no requirements.lock with the program\)",
        lineage["lock"],
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = "a-token-of-thirty-letters-or-so"
    server = subprocess.Popen(
        [env / "bin" / "finops", "dashboard", "--settings", "workspaces/bill", "--port", str(port)],
        cwd=folder,
        env={**around(env, folder), "FINOPS_DASHBOARD_TOKEN": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        page = None
        while page is None:
            assert server.poll() is None, server.stdout.read()
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{port}/?token={secret}", timeout=300
                ) as answer:
                    page = answer.read().decode()
            except urllib.error.HTTPError as problem:
                pytest.fail(f"{problem.code}: {problem.read().decode()[:500]}")
            except OSError:
                time.sleep(0.2)
        assert "finops" in page and "There was an error" not in page
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=120)
    assert server.returncode == 0 and said.startswith(
        f"Dashboard  http://127.0.0.1:{port}/?token={secret}\n"
    )
