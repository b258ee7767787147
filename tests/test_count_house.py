"""scripts/count_house.py counts a small house that was built to be wrong in every way it knows, and its own examples are true."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys

from scripts import ROOT, script

HOUSE = "finops_" + "model"  # not a name of a module that exists
FILES = {
    "__init__.py": "NAMES = {'price': ('prices.lists', 'price')}\n",
    "cli/__init__.py": "from ..prices import lists\n",
    "prices/__init__.py": "",
    "prices/lists.py": '"""Lists."""\nfrom .rates import charge\n\n\ndef price(a, b, c, d, e, f, g, h):\n    found = told = charge(1)\n    return found, told\n',
    "prices/rates/__init__.py": "def charge(x):\n    from ..lists import price\n    return price(1, 2, 3, 4, 5, 6, 7, x)\n",
    "prices/attic.py": "from ..cli import lists\nfrom ..facts._own import secret\n",
    "facts/_own.py": "from dataclasses import dataclass\n\n\n@dataclass\nclass Row:\n"
    + "".join(f"    x{i}: int\n" for i in range(11))
    + "\n\nsecret = Row(*range(11))  "
    + "#" * 90
    + "\n",
}


def test_a_crooked_house_is_counted(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "finops_model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    house = script("scripts/count_house.py").counted(tmp_path, types=False)
    assert house["files"] == 7 and house["code_lines"] == 26
    assert house["code_lines_by_room"] == {"facts": 15, "prices": 9, "finops_model": 1, "cli": 1}
    assert house["circles"] == [[f"{HOUSE}.prices.lists", f"{HOUSE}.prices.rates"]]
    assert house["unreached"] == [f"{HOUSE}.facts._own", f"{HOUSE}.prices.attic"]
    assert house["upward_arrows"] == [f"{HOUSE}.prices.attic -> {HOUSE}.cli"]
    assert house["private_imports"] == [f"{HOUSE}.prices.attic: {HOUSE}.facts._own secret"]
    assert (
        house["many_parameters"] == [f"{HOUSE}.prices.lists.price (8)"]
        and house["positional_calls"] == 1
    )
    assert house["positional_classes"] == ["Row"] and house["long_lines"] == 1
    assert house["vague_names"] == {"found": 1, "made": 0, "told": 1}
    assert house["unsectioned"] == [f"{HOUSE}.prices.rates.charge"]


def test_its_examples_are_true():
    for name in ("count_house", "typed"):
        assert doctest.testmod(script(f"scripts/{name}.py")).failed == 0


def test_the_table_names_everything_that_is_counted():
    counting = script("scripts/count_house.py")
    page = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    assert [word for word in counting.WORDS.values() if f"| {word} |" not in page] == []


def test_cpu_seconds_of_a_command_are_said():
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "scripts/count_house.py"),
            "--cpu",
            sys.executable,
            "-c",
            "print(json := 3)",
        ],
        capture_output=True,
        text=True,
    )
    assert (
        done.returncode == 0
        and done.stdout == "3\n"
        and " CPU s: " in done.stderr
        and json.loads(done.stderr.split(" ")[0]) >= 0
    )
