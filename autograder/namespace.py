"""A grade cell's global names: the instructor's live here, the submission's are asked for. Grader's side.

Whose a name is, the instructor's notebook decides: what its locked cells and grade cells define is the instructor's,
until an answer cell defines it anew or changes it in place. No definition of a submission's own takes a name away.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import lru_cache
from types import ModuleType
from typing import Any

from nbformat import NotebookNode

from autograder import names
from autograder.boundary.remote import RemoteWorker, WorkerLost
from autograder.bounds import TimeUp
from autograder.errors import AuthoringError, CannotCross
from autograder.lesson import Lesson, is_answer, is_demo, is_grade, is_locked
from autograder.magics import Commands, python

NOTEBOOKS = frozenset(["_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh"])
"""What IPython remembers of its own: the submission's cells ran there, so it is nobody's here."""
_SHOWS = ("print", "display", "matplotlib.pyplot")


class Namespace(dict):
    """The names of one submission's grade cells, cell by cell in the order of the notebook."""

    def __init__(self, lesson: Lesson, worker: Callable[[], RemoteWorker]) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins, In=[""], Out={}, display=_shown_to_nobody)
        super().__setitem__("get_ipython", lambda: Commands(self))
        self._worker = worker
        self._cells = {cell.id: cell for cell in lesson.source.cells}
        self._theirs: set[str] = set()
        self._unavailable: dict[str, str] = {}

    def __missing__(self, name: str) -> Any:
        if name in self._unavailable:
            raise AuthoringError(self._unavailable[name])
        # A name that Python itself defines is the submission's only where the lesson asks for another thing of it.
        if name in NOTEBOOKS or (hasattr(builtins, name) and name not in self._theirs):
            raise KeyError(name)
        return self._worker().lookup(name)

    def follow(self, cell: NotebookNode) -> None:
        """What the instructor's cell of this id means for the names here, once it ran on the submission's side."""
        own = self._cells.get(cell.id)
        if own is None or own.cell_type != "code" or is_grade(own) or is_demo(own):
            return
        if is_answer(own):
            self._release(own.source)
            return
        quiet = io.StringIO()
        with redirect_stdout(quiet), redirect_stderr(quiet):
            self._run(own, whole=is_locked(own))

    def _release(self, reference: str) -> None:
        """From here on, what an answer defines or changes is the submission's."""
        for statement in statements(reference):
            self._theirs |= statement.defines
            changed = {name for name in statement.changes if not _is_code(self.get(name))}
            for name in statement.defines | changed:
                self.pop(name, None)
                self._unavailable.pop(name, None)

    def _run(self, cell: NotebookNode, whole: bool) -> None:
        """Run an ordinary cell of the instructor's: all of it, or what it imports."""
        file, text = f"<cell {cell.id}>", python(cell.source)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        for statement in statements(cell.source):
            if not (whole or isinstance(statement.node, ast.Import | ast.ImportFrom)) or self._only_shows(statement):
                continue
            try:
                exec(compile(ast.Module([statement.node], []), file, "exec", dont_inherit=True), self)
            except (WorkerLost, TimeUp, KeyboardInterrupt):
                raise
            except (AuthoringError, CannotCross, ImportError) as error:
                install = ": install it there" if isinstance(error, ImportError) else ""
                what = f"`{ast.unparse(statement.node)[:80]}` fails where grading runs: {error}{install}"
                self._unavailable |= dict.fromkeys(statement.defines, what)
            except BaseException:  # a notebook's cell ends here too
                return
            else:
                for name in statement.defines:
                    self._theirs.discard(name)
                    self._unavailable.pop(name, None)

    def _only_shows(self, statement: Statement) -> bool:
        """Whether a statement defines nothing, and shows something or asks the submission."""
        if not isinstance(statement.node, ast.Expr):
            return False
        root = _root(statement.node.value)
        value = self.get(root) if root else None
        shows = root if root in _SHOWS else getattr(value, "__name__", "")
        asks = (name not in self and not hasattr(builtins, name) for name in statement.reads)
        return shows in _SHOWS or any(asks)


class Statement:
    """A statement at the top of a cell, and the global names that it defines, reads, and changes the values of."""

    def __init__(self, node: ast.stmt) -> None:
        code = compile(ast.Module([node], []), "<cell>", "exec", dont_inherit=True)
        self.node, self.defines, self.reads = node, names.defined(code), names.read(code)
        self.changes = set(_changed(node)) & self.reads


@lru_cache(maxsize=1024)
def statements(source: str) -> list[Statement]:
    """The statements of an instructor's cell; none, if it is no Python."""
    try:
        return [Statement(node) for node in ast.parse(python(source)).body]
    except (SyntaxError, ValueError):
        return []


def _changed(tree: ast.AST) -> Iterator[str]:
    """The names whose values code changes in place: by an item, an attribute, or a method or function called for it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield _root(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            yield from map(_root, [call.func] if isinstance(call.func, ast.Attribute) else call.args)


def _root(node: ast.AST) -> str:
    """The name that an expression begins with ('' if it begins with none)."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_code(value: object) -> bool:
    return isinstance(value, ModuleType) or callable(value)


def _shown_to_nobody(*_: object, **__: object) -> None:
    """Stands for ``display``."""
