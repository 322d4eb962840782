"""Examples in docstrings, as ``doctest`` finds them from a grade cell: the instructor's run, a submission's never.

Grader's side. A docstring of a submission's is code of a submission's. It is read, and compared with the instructor's.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from autograder.boundary.learner import LearnerObject
from autograder.errors import AuthoringError

_find = doctest.DocTestFinder.find
NO_MODULE = "doctest finds no docstrings of a submission here: call the function and check what it returns"
CHANGED = (
    "its docstring is not the instructor's, and its examples are code: call the function and check what it returns"
)


def written_in(sources: Iterable[str]) -> dict[str, str]:
    """The docstrings with examples in these cells, by the names of what they describe."""
    found: dict[str, str] = {}
    for source in sources:
        try:
            found |= dict(_of(ast.parse(source).body, ""))
        except (SyntaxError, ValueError):  # an answer in a language of IPython's
            continue
    return found


def _of(body: list[ast.stmt], above: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            if ">>>" in (text := ast.get_docstring(node) or ""):
                yield above + node.name, text
            if isinstance(node, ast.ClassDef):
                yield from _of(node.body, f"{above}{node.name}.")


def find_only_the_instructors() -> None:
    """From now on doctest finds in a grade cell the examples that the instructor wrote for what an answer defines."""

    def find(
        self: doctest.DocTestFinder,
        obj: Any,
        name: Any = None,
        module: Any = None,
        globs: Any = None,
        *more: Any,
        **others: Any,
    ) -> list:
        names: Any = getattr(sys.modules["__main__"], "__dict__", None)
        if not hasattr(names, "docstrings"):
            return _find(self, obj, name, module, globs, *more, **others)
        if isinstance(obj, ModuleType):
            raise AuthoringError(NO_MODULE)
        if not issubclass(type(obj), LearnerObject):
            return _find(self, obj, name, module, globs, *more, **others)
        text = _instructors(obj, names.docstrings)
        test = doctest.DocTestParser().get_doctest(text, _Names(names), str(name or obj.__name__), None, None)
        return [test] if test.examples else []

    doctest.DocTestFinder.find = find  # type: ignore[method-assign]


def _instructors(obj: Any, ours: dict[str, str]) -> str:
    told, text = obj.__doc__, ours.get(str(obj.__qualname__), "")
    if type(told) is not str or inspect.cleandoc(told) != text:
        raise AuthoringError(CHANGED)
    return text


class _Names(dict):
    """What examples define of their own, above the names of the grade cell."""

    def __init__(self, names: Any) -> None:
        super().__init__(__name__="__main__")
        self._below = names

    def __missing__(self, name: str) -> Any:
        return self._below[name]

    def copy(self) -> _Names:
        """Names of an example's own."""
        return _Names(self._below)
