"""The hints of an exercise: three, the last with code that is true and is not the answer. Grader's side.

A hint is a fold in the prose before the answer cell, with a blank line before and after its text:

    <details><summary>Hint 3</summary>

    Prose, and code in a block ```python.

    </details>

The third has 60 to 120 words, its code included: a word is what stands between blanks. Its code is a worked neighbour,
which runs by itself after ``import math, numpy as np, torch`` and prints what its comments ``# prints ...`` say; or it
is a skeleton, whose gaps are ``...`` and which does not run.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import math
import re
from collections.abc import Iterator

import numpy as np
import torch
from nbformat import NotebookNode

from autograder.authoring import BEGIN, END
from autograder.boundary.randomness import preserved
from autograder.lesson import Lesson, is_answer, marks

FOLD = re.compile(r"^<details><summary>Hint (\d+)</summary>\n\n(.+?)\n\n</details>$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.+?)^```$", re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"# prints (.+)$", re.MULTILINE)
FEWEST, MOST = 60, 120
GAP = "..."
MODULES = {"torch": torch, "np": np, "math": math}
"""What the code of a hint may use without an import."""
LIBRARIES = {*MODULES, "nn", "F"}

_MOVES = (ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.IfExp, ast.Subscript, ast.UnaryOp)


def wrong_hints(lesson: Lesson) -> Iterator[str]:
    """What is wrong with the hints of a lesson: the exercise, the hint, and why."""
    prose = ""
    for cell in lesson.source.cells:
        if is_answer(cell):
            if cell.cell_type == "code":
                yield from _wrong_before(cell, FOLD.findall(prose))
            prose = ""
        elif cell.cell_type == "markdown":
            prose += f"{cell.source}\n\n"


def _wrong_before(answer: NotebookNode, hints: list[tuple[str, str]]) -> Iterator[str]:
    name, numbers = marks(answer)["grade_id"], [number for number, _ in hints]
    if numbers != ["1", "2", "3"]:
        yield f"{name} has the hints {numbers}; it needs 1, 2 and 3, each a fold with blank lines around its text"
    for _, hint in hints[2:]:
        yield from (f"{name}, hint 3: {problem}" for problem in _wrong_with(hint, answer))


def _wrong_with(hint: str, answer: NotebookNode) -> Iterator[str]:
    """What a third hint should be, and is not."""
    blocks = BLOCK.findall(hint)
    words = sum(not word.startswith("```") for word in hint.split())
    if not FEWEST <= words <= MOST:
        yield f"it has {words} words, of code too; {FEWEST} to {MOST} are promised"
    if not blocks:
        yield "it holds no code. Write a worked neighbour, or a skeleton with gaps, in a block ```python"
    try:
        trees = [_parsed(block) for block in blocks]
    except SyntaxError as error:
        yield f"its code is no Python: {error.msg}, in {(error.text or '').strip()!r}"
        return
    given = {_nameless(node) for tree in [*trees, *_inline(hint)] for node in ast.walk(tree) if _moves(node)}
    yield from (f"it gives the answer away: {ast.unparse(part)}" for part in _parts(answer) if _nameless(part) in given)
    for block in blocks:
        if GAP not in block:
            yield from _wrong_when_run(block, marks(answer)["grade_id"])


def _inline(hint: str) -> Iterator[ast.AST]:
    """The code that stands in a hint's sentences, as far as it is Python."""
    for text in re.findall(r"`([^`\n]+)`", BLOCK.sub("", hint)):
        with contextlib.suppress(SyntaxError):
            yield _parsed(text)


def _parts(answer: NotebookNode) -> list[ast.expr]:
    """What the statements of the reference solution compute, each expression as a whole, less what is trivial.

    With two moves or fewer, an expression says nothing of where it comes from, unless it is the whole solution.
    """
    lines, solved = set(), False
    for number, line in enumerate(answer.source.splitlines(), start=1):
        solved = (solved or BEGIN in line) and END not in line
        lines |= {number} if solved else set()
    parts: list[ast.expr] = []
    for node in ast.walk(_parsed(answer.source)):
        if isinstance(node, ast.stmt) and node.lineno in lines:
            for value in ast.iter_child_nodes(node):
                parts += value.elts if isinstance(value, ast.Tuple) else [value] if isinstance(value, ast.expr) else []
    parts = [each for each in parts if _moves(each)]
    return parts if len(parts) == 1 else [each for each in parts if _moves(each) > 2]


def _moves(node: ast.AST) -> int:
    """How many operations and calls an expression is made of; none, if it is no expression."""
    return sum(isinstance(each, _MOVES) for each in ast.walk(node)) if isinstance(node, ast.expr) else 0


def _parsed(source: str) -> ast.Module:
    """Its syntax tree, PyTorch's long names shortened as the lessons do."""
    return ast.parse(source.replace("torch.nn.functional.", "F.").replace("torch.nn.", "nn."))


def _nameless(node: ast.AST) -> str:
    """An expression with its own names numbered as they come, so that another name hides nothing."""
    node, numbers = copy.deepcopy(node), dict[str, int]()
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id not in LIBRARIES:
            each.id = f"_{numbers.setdefault(each.id, len(numbers))}"
    return ast.dump(node)


def _wrong_when_run(block: str, exercise: str) -> Iterator[str]:
    """What is wrong with a worked neighbour when it runs."""
    names, printed = dict(MODULES), io.StringIO()
    try:
        with preserved(), contextlib.redirect_stdout(printed):
            exec(compile(block, "<hint>", "exec", dont_inherit=True), names)
    except Exception as error:  # whatever an author's code raises
        yield f"its code stops with {type(error).__name__}: {error}"
        return
    said, prints = PRINTS.findall(block), printed.getvalue().splitlines()
    if said != prints:
        yield f"its code prints {prints}, and says that it prints {said}"
    if exercise in names:
        yield f"it defines {exercise}. A worked neighbour is another function"
