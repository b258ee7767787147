"""Executes the report notebook: papermill with a kernel of its own per report, or one warm kernel for many.

papermill runs parameter *names* as code, so names are checked against the notebook's own parameters cell before anything starts.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from ... import resources
from ...errors import ReportError, unknown

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
# `%reset` looks through every object twice, modules too; those that are there already are put aside first.
FORGET = "import gc\ngc.freeze()\n%reset -f"
START_SECONDS, CELL_SECONDS = 60, 120


def parameters(notebook: Path | None = None) -> dict[str, type]:
    """Names and types in the parameters cell (`name: type = default`) of a notebook, else of the report's. Raises ReportError where there is none."""
    notebook = notebook or resources.path(resources.REPORT)
    if not Path(notebook).is_file():
        raise ReportError(f"{notebook}: there is no such notebook.")
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    cell = next((cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])), None)
    if cell is None:
        raise ReportError(
            f"{notebook}: no cell is tagged 'parameters', so the report cannot be given what to show."
        )
    types = {}
    for node in ast.parse("".join(cell["source"])).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            types[node.target.id] = TYPES.get(ast.unparse(node.annotation), object)
    return types


def check_parameters(given: dict, notebook: Path | None = None) -> dict:
    """`given` if every name stands in the parameters cell and every value has its type. Raises ReportError before anything runs."""
    notebook = notebook or resources.path(resources.REPORT)
    known = parameters(notebook)
    for name, value in given.items():
        if not isinstance(name, str) or not name.isidentifier() or name not in known:
            raise ReportError(
                unknown(
                    Path(notebook).name, "parameter", _first_line(name)[:60] if name else "", known
                )
            )
        kind = known[name]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            continue
        if kind is not object and type(value) is not kind:
            raise ReportError(
                f"{Path(notebook).name}: parameter {name}: '{str(value)[:60]}' is {type(value).__name__}; "
                f"it must be {kind.__name__}."
            )
    return given


@contextlib.contextmanager
def quiet_home(folder: Path):
    """Kernels started inside read no start-up file and history of the user: reports do not depend on who renders them."""
    before = os.environ.get("IPYTHONDIR")
    os.environ["IPYTHONDIR"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("IPYTHONDIR", None) if before is None else os.environ.update(
            IPYTHONDIR=before
        )


class Kernel:
    """A running kernel for one report or, warm, for many: modules stay loaded, names are forgotten in between. Use it in a `with`.

    Where sockets in the file system exist it listens on those, in a folder nobody else may open, and on no port.
    """

    def __init__(self):
        self.reports = 0

    def __enter__(self) -> Kernel:
        from jupyter_client.manager import KernelManager

        self.folder = Path(tempfile.mkdtemp(prefix="finops-kernel-"))
        private = (
            {"transport": "ipc", "ip": str(self.folder / "socket")}
            if sys.platform != "win32"
            else {}
        )
        self.manager = KernelManager(
            kernel_name="python3",
            client_class="jupyter_client.asynchronous.AsyncKernelClient",
            connection_file=str(self.folder / "kernel.json"),
            **private,
        )
        with quiet_home(self.folder / "home"):
            self.manager.start_kernel(cwd=str(self.folder))
        return self

    def __exit__(self, *_):
        self.manager.shutdown_kernel(now=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Warm:
    """A kernel for many reports, started with the first one; after a report that failed there is a new one. Use it in a `with`.

    use   False: none is kept, every report has a kernel of its own
    """

    def __init__(self, use: bool = True):
        self.use = use
        self._kernel: Kernel | None = None

    def __enter__(self) -> Warm:
        return self

    def __exit__(self, *_) -> None:
        if self._kernel is not None:
            self._kernel.__exit__()
            self._kernel = None

    def ready(self) -> Kernel | None:
        """The running kernel."""
        if self.use and self._kernel is None:
            self._kernel = Kernel().__enter__()
        return self._kernel

    def failed(self) -> None:
        """The next report gets another one."""
        self.__exit__()


def execute(given: dict, output: Path, notebook: Path | None = None, warm: Kernel | None = None):
    """The executed notebook (nbformat) with these parameters; a copy lies at `output`, also where a cell failed.

    Raises ReportError: a parameter the notebook does not have, a cell that fails, a kernel that does not start or answer.
    """
    notebook = notebook or resources.path(resources.REPORT)
    check_parameters(given, notebook)
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    book, again = nbformat.read(str(notebook), as_version=4), bool(warm and warm.reports)
    if again:
        book.cells.insert(0, nbformat.v4.new_code_cell(FORGET))
    own = contextlib.nullcontext(warm) if warm else Kernel()
    with tempfile.TemporaryDirectory(prefix="finops-report-") as folder, _quiet(), own as kernel:
        source = Path(folder) / "report.ipynb"
        nbformat.write(book, str(source))
        kernel.reports += 1
        try:
            executed = papermill.execute_notebook(
                str(source),
                str(output),
                parameters=given,
                kernel_name="python3",
                progress_bar=False,
                cwd=folder,
                km=kernel.manager,
                request_save_on_cell_execute=False,
                start_timeout=START_SECONDS,
                execution_timeout=CELL_SECONDS,
            )
        except papermill.PapermillExecutionError as problem:
            raise ReportError(
                f"the report notebook failed: {problem.ename}: {_first_line(problem.evalue)}"
            ) from None
        except CellTimeoutError:
            raise ReportError(
                f"the report notebook failed: a cell took longer than {CELL_SECONDS} s"
            ) from None
        except (DeadKernelError, RuntimeError) as problem:
            raise ReportError(
                f"the report notebook failed: the kernel died or did not start ({_first_line(problem)})"
            ) from None
    if again:
        del executed.cells[0]
    return executed


@contextlib.contextmanager
def _quiet():
    """jupyter's advice to the person at the terminal is none for a reader of `finops report`."""
    import logging
    import warnings

    loggers = [logging.getLogger(name) for name in ("papermill", "traitlets")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels):
                logger.setLevel(level)


def _first_line(text) -> str:
    lines = str(text).strip().splitlines()
    return lines[0][:300] if lines else "no message"
