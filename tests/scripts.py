"""Scripts outside the package as modules: tests use the definitions of benchmarks instead of copies."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def script(path: str) -> ModuleType:
    """The module of a file relative to the repository, for example benchmarks/pooled_widths.py."""
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(file.stem, module)  # its dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module
