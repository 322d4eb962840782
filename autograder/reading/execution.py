"""A solved lesson with the outputs of its cells, run once and kept until what they follow from changes. Grader's side.

It runs the course's own code, in a kernel of its own; nobody's submission.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from autograder.boundary.template import lay_out
from autograder.classes.code import imported, modules_from
from autograder.course import Course
from autograder.files import write_whole
from autograder.lesson import Lesson, LessonError, is_grade

FOLLOWS_FROM = "follows_from"
"""Where an executed notebook's metadata says what its outputs follow from."""
RAN_ON = "ran_on"
"""Where it says on what it ran."""
CELL_SECONDS = 1200
LIBRARIES = ("ipykernel", "ipywidgets", "matplotlib", "numpy", "scikit-learn", "torch")
QUIET = {
    # Sums of floats depend on how many threads share them, and the order of a set on the hashes of texts.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


def executed(course: Course, lesson: Lesson) -> NotebookNode:
    """The solved lesson with its outputs: run now, unless it was run before and nothing that they need has changed.

    Raises LessonError where a cell of the lesson stops with an error.
    """
    kept = course.root / "build" / "site" / f"{lesson.stem}.ipynb"
    follows_from = digest(lesson)
    notebook = _read(kept)
    if notebook is None or notebook.metadata.get(FOLLOWS_FROM) != follows_from:
        notebook = _run(lesson, course.root)
        notebook.metadata |= {FOLLOWS_FROM: follows_from, RAN_ON: _machine()}
        write_whole(kept, nbformat.writes(notebook))
    outputs = iter([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    shown = nbformat.from_dict(lesson.source)  # whose prose may be newer
    shown.metadata[RAN_ON] = notebook.metadata[RAN_ON]
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = next(outputs)
    return shown


def digest(lesson: Lesson) -> str:
    """Changes with what the outputs of a lesson follow from: its code, its files, the course's modules, the libraries.

    What checks say is on no page, so that a check that changes runs no lesson again.
    """
    code = [cell.source for cell in lesson.source.cells if cell.cell_type == "code"]
    asked = [cell for cell in lesson.source.cells if cell.cell_type == "code" and not is_grade(cell)]
    modules = modules_from(lesson.packages, [name for cell in asked for name in _own(cell.source, lesson)])
    made_of = {
        "code": code,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in lesson.files.items()},
        "modules": {name: hashlib.sha256(content).hexdigest() for name, content in modules.items()},
        "libraries": {name: version(name) for name in LIBRARIES},
        "machine": _machine(),
        "environment": QUIET,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def where_it_ran(notebook: NotebookNode) -> str:
    """On what the outputs of an executed lesson were made."""
    return str(notebook.metadata[RAN_ON])


def _machine() -> str:
    return f"one thread of {platform.machine()}, Python {platform.python_version()}, torch {version('torch')}"


def _own(source: str, lesson: Lesson) -> Iterator[str]:
    """The modules of the course, and of this package, that a cell imports."""
    try:
        names = list(imported(ast.parse(TransformerManager().transform_cell(source))))
    except SyntaxError:
        return
    for name in names:
        first = name.partition(".")[0]
        if first in ("autograder", "lessonkit") or Path(lesson.packages.root, first).is_dir():
            yield name


def _read(path: Path) -> NotebookNode | None:
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError):
        return None


def _run(lesson: Lesson, root: Path) -> NotebookNode:
    """The lesson's source after all its cells have run, in a folder and a kernel of its own."""
    notebook = nbformat.from_dict(lesson.source)
    path = os.pathsep.join(filter(None, [str(root.resolve()), os.environ.get("PYTHONPATH")]))
    with TemporaryDirectory(prefix="autograder-reading-") as folder:
        lay_out(lesson.files, Path(folder))
        client = NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}})
        client.extra_arguments = ["--log-level=ERROR"]  # a kernel warns about its transport each time
        # Nobody's own start-up files.
        environment = {**os.environ, **QUIET, "PYTHONPATH": path, "IPYTHONDIR": str(Path(folder, ".ipython"))}
        try:
            client.execute(env=environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise LessonError(
                f"{lesson.stem} does not run to its end, so it has no page:\n{strip_ansi(str(error))}"
            ) from None
    return notebook
