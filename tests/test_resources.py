"""What is read at run time and is no Python: one place that finds it, and one hash over all that is the program."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from finops_model import resources
from finops_model.errors import FinOpsError
from finops_model.publish import lineage

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "finops_model"


def test_a_resource_is_the_file_of_the_repository_itself():
    assert (
        resources.path(resources.REPORT) == ROOT / "notebooks" / "reports" / "monthly_budget.ipynb"
    )
    assert (
        resources.path("fx/ecb_reference_rates.csv.gz")
        == ROOT / "data" / "fx" / "ecb_reference_rates.csv.gz"
    )
    assert (
        resources.path("prices") == ROOT / "data" / "prices"
        and resources.path(".", beside="finops_model.publish") == PACKAGE / "publish"
    )


def test_links_are_relative_and_lead_into_the_repository():
    links = {
        link.name: os.readlink(link)
        for link in (PACKAGE / "resources").iterdir()
        if link.is_symlink()
    }
    assert links == {
        "notebooks": "../../notebooks",
        "prices": "../../data/prices",
        "fx": "../../data/fx",
        "scenarios": "../../scenarios",
    }


def test_linked_folders_have_no_module_that_would_be_collected_twice():
    """pytest walks through links: a doctest there would run under two names."""
    for link in (item for item in (PACKAGE / "resources").iterdir() if item.is_symlink()):
        assert not [
            path for path in link.resolve().rglob("*.py") if ".ipynb_checkpoints" not in path.parts
        ], link


def test_nothing_else_in_the_package_asks_where_it_lies():
    for path in sorted(PACKAGE.rglob("*.py")):
        names = {
            node.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Name)
        }
        assert "__file__" not in names or path == PACKAGE / "resources" / "__init__.py", (
            f"{path.relative_to(ROOT)}: use resources.path"
        )


def test_what_is_missing_is_said_with_what_to_do(monkeypatch, tmp_path):
    with pytest.raises(FinOpsError) as raised:
        resources.path("fx/ecb_reference_rates.csv.gx")
    folder = PACKAGE / "resources" / "fx"
    assert str(raised.value) == (
        f"{folder}/ecb_reference_rates.csv.gx: there is no such file, and it comes with finops-model. Did you mean "
        f"'ecb_reference_rates.csv.gz'? Bring it back: git -C {ROOT} checkout -- data/fx/ecb_reference_rates.csv.gx"
    )
    monkeypatch.setattr(resources, "PACKAGE", tmp_path)
    monkeypatch.setattr(resources, "IN_REPOSITORY", False)
    with pytest.raises(FinOpsError) as raised:
        resources.path("report.css", beside="finops_model.publish")
    assert str(raised.value) == (
        f"{tmp_path}/publish/report.css: there is no such file, and it comes with finops-model. "
        "Bring it back: pip install --force-reinstall finops-model"
    )


def test_a_link_that_became_a_text_file_is_said(monkeypatch, tmp_path):
    """A checkout on a system without symbolic links has a small file with the link's target in it."""
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "fx").write_text("../../data/fx")
    monkeypatch.setattr(resources, "PACKAGE", tmp_path)
    for name in ("fx/ecb_reference_rates.csv.gz", "fx"):
        with pytest.raises(FinOpsError) as raised:
            resources.path(name)
        assert str(raised.value) == (
            f"{tmp_path}/resources/fx is a text file, and a link to ../../data/fx in git: this copy of the repository was made without symbolic links. "
            "Make them with 'git config core.symlinks true' and 'git checkout -- finops_model/resources', or install the wheel."
        )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The package as a wheel would carry it: copies where the repository has links, and nothing of the repository around it."""
    root = tmp_path_factory.mktemp("site")
    shutil.copytree(
        PACKAGE,
        root / "finops_model",
        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
    )
    return root


def hash_of(root: Path) -> str:
    code = "import finops_model; from finops_model.publish.lineage import code_hash; print(finops_model.__file__); print(code_hash())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    where, mark = done.stdout.split()
    assert Path(where).is_relative_to(root)
    return mark


def test_the_program_has_one_hash_wherever_it_lies(elsewhere):
    assert (
        not (elsewhere / "finops_model" / "resources" / "fx").is_symlink()
        and hash_of(elsewhere) == lineage.code_hash()
    )


@pytest.mark.parametrize(
    "kind",
    ["*.js", "*.css", "*.html", "*.j2", "*.ipynb", "pooled_widths.json", "gcp_spot.json", "*.py"],
)
def test_one_more_character_in_any_file_of_the_program_is_another_hash(kind, monkeypatch, tmp_path):
    files, before = lineage.code_files(), lineage.code_hash()
    name = next(name for name in files if Path(name).match(kind))
    changed = tmp_path / "changed"
    changed.write_bytes(files[name].read_bytes() + b" ")
    monkeypatch.setattr(lineage, "code_files", lambda: {**files, name: changed})
    assert lineage.code_hash() != before


def test_a_notebook_of_ones_own_and_a_list_price_are_not_the_program():
    names = list(lineage.code_files())
    assert names == sorted(names) and [name for name in names if name.startswith("resources/")] == [
        "resources/__init__.py",
        "resources/notebooks/dashboards/leadership.ipynb",
        "resources/notebooks/reports/monthly_budget.ipynb",
    ]


def test_in_the_repository_the_lock_stands_for_the_environment():
    assert (
        lineage.environment()
        == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    )


def test_an_installed_copy_says_what_is_installed(monkeypatch):
    monkeypatch.setattr(resources, "IN_REPOSITORY", False)
    found = lineage.installed()
    mark = hashlib.sha256("".join(f"{line}\n" for line in found).encode()).hexdigest()
    assert (
        lineage.environment()
        == f"{mark} of {len(found)} installed packages (no requirements.lock with the program)"
    )
    pinned = set(
        re.findall(r"^([A-Za-z0-9._-]+==[^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.M)
    )
    names = [line.partition("==")[0] for line in found]
    assert names == sorted(names) and set(found) <= pinned
    direct = {
        re.match(r"[a-z0-9-]+", line)[0]
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    }
    assert {*direct, "pyarrow-hotfix", "jinja2", "six"} <= {
        *names
    }  # of ibis-framework[duckdb]; of many; of python-dateutil
    assert not {"pytest", "hypothesis", "finops-model"} & {*names}  # tests and itself


def test_the_version_stands_in_one_place():
    import finops_model

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"] and project["tool"]["setuptools"]["dynamic"][
        "version"
    ] == {"attr": "finops_model.__version__"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", finops_model.__version__)


@pytest.mark.parametrize("name", ["/etc/hosts", "../__init__.py", "prices/../../.."])
def test_a_name_that_leads_out_is_refused(name):
    with pytest.raises(FinOpsError) as refused:
        resources.path(name)
    assert str(refused.value) == (
        f"resources: '{name}' leads out of its folder. Give a name below it, for example notebooks/reports/monthly_budget.ipynb."
    )
