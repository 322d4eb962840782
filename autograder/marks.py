"""The short marks in a lesson's source, and the nbgrader cells that they stand for. Grader's side; runs nobody's code.

    # %% answer="noise_from"                    the answer cell of an exercise
    # %% checks={"shape": 1, "values": 2}       its grade cells, each property with its points
    # %% [markdown] answer="why" points=4       a written answer, which a person grades
    # %% locked="imports"                       a cell that nobody changes
    # %% plot=true                              a cell that only draws: Jupyter shows its first line, and opens it
    # %% predict="error"                        the question of a prediction, and the line that keeps the answer
    # %% outcome="error"                        what is said of it after the run; its source gives the run's number
    # %% progress=true                          the line that counts a lesson's checks

nbgrader's own metadata on a cell is left as it is.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.predictions import PredictionError, predictions_of

SHORT = ("answer", "checks", "locked", "outcome", "plot", "points", "predict", "progress")
_WIDE = 100
"""As many characters of a line JupyterLab shows beside its file browser."""
_PLAIN = {"grade": False, "locked": False, "schema_version": 3, "solution": False, "task": False}


class MarkError(Exception):
    """A short mark cannot be understood; the message says which cell, why, and what to write."""


def expand(notebook: NotebookNode, package: str) -> None:
    """Replace the short marks by the cells that they stand for; ``package`` holds the checks of this lesson."""
    exercises: dict[str, bool] = {}  # in order, and whether it has checks
    predicted: dict[str, bool] = {}  # in order, and whether the outcome was told
    cells: list[NotebookNode] = []
    for number, cell in enumerate(notebook.cells, start=1):
        short = {name: cell.metadata.pop(name) for name in SHORT if name in cell.metadata}
        try:
            if isinstance(short.get("answer"), str):
                exercises[short["answer"]] = False
            elif cell.metadata.get("nbgrader", {}).get("solution"):
                exercises[cell.metadata.nbgrader.get("grade_id", "")] = False
            if "predict" in short or "outcome" in short:
                cells += _prediction_cells(cell, short, predicted, package)
            else:
                cells += _expanded(cell, short, exercises, package)
        except (MarkError, PredictionError) as error:
            raise MarkError(f"cell {number}: {error}") from None
    _require_all_told(predicted, package)
    notebook.cells = cells


def _expanded(cell: NotebookNode, short: dict, exercises: dict[str, bool], package: str) -> Iterator[NotebookNode]:
    match short:
        case {"answer": str(name), "points": points}:
            yield _marked(cell, grade_id=name, solution=True, grade=True, points=points)
        case {"answer": str(name)}:
            yield _marked(cell, grade_id=name, solution=True)
        case {"locked": str(name)}:
            yield _marked(cell, grade_id=name, locked=True)
        case {"plot": True}:
            yield _folded(cell)
        case {"progress": True}:
            cell.source = _progress(exercises, package)
            cell.metadata["tags"] = ["demo"]
            yield cell
        case {"checks": dict(checks)} if checks:
            yield from _grade_cells(cell, checks, exercises, package)
        case _ if not short:
            yield cell
        case _:
            given = ", ".join(f"{name}={value!r}" for name, value in short.items())
            raise MarkError(
                f'{given} is not understood. Write answer="name", checks={{"property": points}}, or locked="name".'
            )


def _grade_cells(cell: NotebookNode, checks: dict, exercises: dict[str, bool], package: str) -> Iterator[NotebookNode]:
    if not exercises:
        raise MarkError("checks follow the answer cell of their exercise, and none comes before them.")
    if cell.source.strip():
        raise MarkError("a cell of checks is empty: each check says by its parameters what it is called with.")
    exercise = next(reversed(exercises))
    exercises[exercise] = True
    known = _parameters(package, exercise)
    for name, points in checks.items():
        if name not in known:
            raise MarkError(f"{exercise} has no check called {name!r}. Its checks are: {', '.join(known)}.")
        source = f"from {package} import {exercise} as check\ncheck.{python_name(name)}({', '.join(known[name])})"
        grade_cell = nbformat.v4.new_code_cell(source)
        yield _marked(grade_cell, grade_id=f"{exercise}-{name}", grade=True, locked=True, points=points)


def _folded(cell: NotebookNode) -> NotebookNode:
    if not cell.source.startswith("# "):
        raise MarkError("a plot begins with a comment that says what it draws: the line that stands for the cell.")
    cell.metadata["tags"], cell.metadata["jupyter"] = ["demo"], {"source_hidden": True}
    return cell


def _prediction_cells(
    cell: NotebookNode, short: dict, predicted: dict[str, bool], package: str
) -> Iterator[NotebookNode]:
    """The question and the cell for its answer; or, after the run, the cell that says what came of it."""
    [(mark, name), *more] = short.items()
    known = predictions_of(package)
    if more or not isinstance(name, str) or name not in known:
        raise MarkError(f"{mark}={name!r}: the table knows the predictions {', '.join(known) or 'of no lesson here'}.")
    source = cell.source.strip()
    if mark == "predict":
        if source or name in predicted:
            raise MarkError(f"predict={name!r} stands once, on an empty cell: question and options are in the table.")
        predicted[name] = False
        yield nbformat.v4.new_markdown_cell(known[name].prompt)
        yield nbformat.v4.new_code_cell(known[name].cell(), metadata={"tags": ["demo"]})
        return
    if predicted.get(name) is not False:
        raise MarkError(f"outcome={name!r} stands once, after predict={name!r}.")
    if bool(known[name].shown) != bool(source):
        raise MarkError(f"outcome={name!r}: a cell with the run's number goes with `shown` in the table.")
    predicted[name] = True
    called = f'"{package}", "{name}", globals()'
    call = f"outcome({called}, {source})" if source else f"outcome({called})"
    if len(call) > _WIDE:
        call = f"outcome(\n    {called},\n    {source},\n)"
    cell.source = f"# Says what came of your prediction.\nfrom autograder.predictions import outcome\n\n{call}"
    yield _folded(cell)


def _require_all_told(predicted: dict[str, bool], package: str) -> None:
    """Every prediction of the table is asked, and its outcome told."""
    try:
        known = predictions_of(package)
    except PredictionError as error:
        raise MarkError(str(error)) from None
    for name in known:
        if not predicted.get(name):
            missing = "outcome" if name in predicted else "predict"
            raise MarkError(f"the prediction {name} is in the table, and no cell has {missing}={name!r}.")
    if [*predicted] != [*known]:
        raise MarkError(f"the table has its predictions in another order than the lesson: {', '.join(predicted)}.")


def _parameters(package: str, exercise: str) -> dict[str, list[str]]:
    """An exercise's checks, each with the names of the answers that it judges."""
    return {name: [each.arg for each in check.args.args[:-1]] for name, check in _checks(package, exercise).items()}


def sentences(package: str, exercise: str) -> dict[str, str]:
    """An exercise's checks, each with what passing says: the first line of its docstring."""
    said = {name: ast.get_docstring(check) or "" for name, check in _checks(package, exercise).items()}
    return {name: next(iter(text.splitlines()), "") for name, text in said.items()}


def _checks(package: str, exercise: str) -> dict[str, ast.FunctionDef]:
    """An exercise's checks by their names: read, not imported."""
    if not package:
        raise MarkError("no package holds the checks of this lesson. nbgrader_config.py names it: c.Autograder.checks.")
    spec = find_spec(f"{package}.{exercise}")
    if not spec or not spec.origin:
        raise MarkError(f"{package} holds no checks of {exercise}. Write them in a module {exercise}.py there.")
    module = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    functions = (node for node in module.body if isinstance(node, ast.FunctionDef))
    return {
        node.name.removesuffix("_"): node
        for node in functions
        if any(ast.unparse(each).startswith("exercise.check") for each in node.decorator_list)
    }


def python_name(check: str) -> str:
    """What the function of a check is called: its name, with an underscore where Python has that name already."""
    return f"{check}_" if keyword.iskeyword(check) or hasattr(builtins, check) else check


def _progress(exercises: dict[str, bool], package: str) -> str:
    names = "".join(f'    "{name}",\n' for name, has_checks in exercises.items() if has_checks)
    return f'from autograder.exercise import progress\n\nprogress(\n    "{package}",\n{names})'


def _marked(cell: NotebookNode, **marks: object) -> NotebookNode:
    cell.metadata["nbgrader"] = NotebookNode(sorted((_PLAIN | marks).items()))
    return cell
