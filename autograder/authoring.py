"""The authoring mistakes that a lesson's source can have, each with its cell. Grader's side; it runs nobody's code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from types import CodeType

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.lesson import is_answer, is_demo, is_folded, is_grade, marks
from autograder.names import defined, read

MARKS = ("grade", "grade_id", "locked", "schema_version", "solution", "task")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def mistakes(notebook: NotebookNode) -> Iterator[str]:
    """The authoring mistakes in a lesson's source: which cell, what is wrong, what to write instead."""
    seen: dict[str, int] = {}
    exercise, hidden = "", _what_hides(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        name = marks(cell).get("grade_id", "")
        label = name or next(iter(cell.source.splitlines()), "")[:60]
        found = [*_cell_mistakes(cell, exercise), *hidden.get(number, ())]
        if name in seen:
            found.append(f"the grade_id is taken by cell {seen[name]}. Every grade_id names one cell.")
        if name:
            seen.setdefault(name, number)
        if is_answer(cell):
            exercise = name
        yield from (f'cell {number} ("{label}"): {mistake}' for mistake in found)


def _what_hides(notebook: NotebookNode) -> dict[int, list[str]]:
    """What cells use that a folded one makes, by their number: nobody should have to open it to understand another."""
    hidden: dict[str, bool] = {}  # and whether it is a function, which cells that only show something may call
    found: dict[int, list[str]] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        own: set[str] = set()
        for node, code in _statements(cell):
            defines = defined(code)
            if is_folded(cell):
                hidden |= dict.fromkeys(defines, isinstance(node, ast.FunctionDef))
                continue
            for name in sorted((read(code) & hidden.keys()) - defines - own):
                if not (is_demo(cell) and hidden[name]):
                    said = f"it uses {name}, which a folded cell makes. Make it in a cell that is shown."
                    found.setdefault(number, []).append(said)
            own |= defines
        hidden = {name: is_function for name, is_function in hidden.items() if name not in own}
    return found


def _statements(cell: NotebookNode) -> list[tuple[ast.stmt, CodeType]]:
    """The statements of a code cell; none, if it is no Python, which is said elsewhere."""
    if cell.cell_type != "code":
        return []
    try:
        return [
            (node, compile(ast.Module([node], []), "<cell>", "exec", dont_inherit=True)) for node in _parsed(cell).body
        ]
    except SyntaxError:
        return []


def _parsed(cell: NotebookNode) -> ast.Module:
    return ast.parse(TransformerManager().transform_cell(cell.source))


def _cell_mistakes(cell: NotebookNode, exercise: str) -> Iterator[str]:
    """What is wrong with one cell; ``exercise`` is the answer cell before it."""
    marked = marks(cell)
    # What jupytext cannot read as metadata it keeps as such, or takes for a line of the cell before.
    if "incorrectly_encoded_metadata" in cell.metadata or re.search(r"^(# )?%+ *nbgrader=", cell.source, re.MULTILINE):
        yield "the metadata on a `# %%` line is not understood. It is JSON: true and false, no comma at the end."
    if marked and (missing := [key for key in MARKS if key not in marked]):
        yield f"its nbgrader metadata lacks {', '.join(missing)}."
        return
    if (marked.get("grade") or marked.get("task")) and not _is_worth(marked.get("points")):
        points = marked.get("points")
        yield f'a grade cell has a number of points, 0 or more, not {points!r}. Write "points": 2 in its metadata.'
    if marked:
        yield from _name_mistakes(cell, exercise)
    tree = None
    if cell.cell_type == "code":
        try:
            tree = _parsed(cell)
        except SyntaxError as error:
            yield f"line {error.lineno} is not Python: {error.msg}."
    yield from _answer_mistakes(cell, tree)


def _is_worth(points: object) -> bool:
    return isinstance(points, int | float) and not isinstance(points, bool) and points >= 0


def _name_mistakes(cell: NotebookNode, exercise: str) -> Iterator[str]:
    """Whether the grade_id says which exercise the cell belongs to."""
    name = marks(cell)["grade_id"]
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        yield "a grade_id is 1 to 64 letters, digits, hyphens and underscores."
    elif is_answer(cell) and not name.isidentifier():
        yield "an answer cell's grade_id is the exercise's name, exactly as Python spells it."
    elif is_grade(cell) and not exercise:
        yield "a grade cell follows the answer cell of its exercise, and none comes before it."
    elif is_grade(cell) and not re.fullmatch(rf"{exercise}(-[a-z0-9]+)+", name):
        yield f"a grade cell after the answer '{exercise}' is called '{exercise}-<property>'."


def _answer_mistakes(cell: NotebookNode, tree: ast.Module | None) -> Iterator[str]:
    """Whether an answer defines what it is named after, and whether releasing the cell removes the solution."""
    begins, ends = cell.source.count(BEGIN), cell.source.count(END)
    if not is_answer(cell):
        if begins or ends:
            yield 'a solution stands in a cell that is no answer. Write "solution": true in its nbgrader metadata.'
    elif cell.cell_type == "code":
        if begins != ends or not begins:
            yield f"the solution stands between `{BEGIN}` and `{END}`; {begins} and {ends} of them were found."
        if tree and marks(cell)["grade_id"] not in _defined(tree):
            yield f"the answer does not define '{marks(cell)['grade_id']}'. Define it, or mend the grade_id."


def _defined(tree: ast.Module) -> set[str]:
    """The names that a cell's own statements bind."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = {node.name for node in tree.body if isinstance(node, definitions)}
    assigned = (node for statement in tree.body for node in ast.walk(statement) if isinstance(statement, ast.Assign))
    return names | {node.id for node in assigned if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
