"""pyplot's current figure in a plain grade cell: the submission's, where its calls have drawn one. Grader's side.

A notebook has one pyplot. Here each side has its own, and a test that draws nothing means that of the answer. One that
makes axes for an answer to draw on makes them there, where they are lent as the answer's own are.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from autograder.boundary.learner import LearnerObject
from autograder.boundary.remote import RemoteWorker
from autograder.errors import AuthoringError
from autograder.statements import cached_statements, root_of

BOTH = "pyplot has a figure of the test's and one of the answer's, and which is the current one is not known here"


_MAKE = ("figure", "subplots", "subplot", "axes", "subplot_mosaic", "subplot2grid")
_ASK = ("gcf", "gca", "get_fignums", "fignum_exists", "get_figlabels", "close")


def are_handed_over(source: str, own: Iterable[str]) -> bool:
    """Whether a cell gives axes or a figure that it makes to a function that is none of its ``own`` names."""
    statements = cached_statements(source)
    known = {*own, *vars(builtins), *(name for statement in statements for name in statement.defines)}
    drawn: set[str] = set()

    def has(value: ast.AST | None) -> bool:
        nodes = [] if value is None else list(ast.walk(value))
        made = any(isinstance(each, ast.Attribute) and each.attr in (*_MAKE, "gcf", "gca") for each in nodes)
        return made or any(isinstance(each, ast.Name) and each.id in drawn for each in nodes)

    for node in (node for statement in statements for node in ast.walk(statement.node)):
        if isinstance(node, ast.Assign) and has(node.value):
            drawn |= {each.id for to in node.targets for each in ast.walk(to) if isinstance(each, ast.Name)}
        elif isinstance(node, ast.Call) and any(map(has, [*node.args, *(each.value for each in node.keywords)])):
            root = root_of(node.func)
            if root and root not in known | drawn:
                return True
    return False


@contextmanager
def theirs(worker: RemoteWorker) -> Iterator[None]:
    """Inside, pyplot is the submission's: figures are made there, and what draws on the current one draws there."""
    from matplotlib import pyplot

    def asking(name: str) -> Callable:
        return lambda *args, **kwargs: worker.operate({"library": f"matplotlib.pyplot:{name}"}, args, kwargs)

    with ExitStack() as stack:
        for name in (*_MAKE, *_ASK):
            stack.enter_context(patch.object(pyplot, name, asking(name)))
        yield


@contextmanager
def shared(worker: RemoteWorker) -> Iterator[None]:
    """Inside, pyplot's gcf, gca, get_fignums and close mean both sides; its own are closed at the end."""
    from matplotlib import pyplot  # only where a cell draws

    close, numbers = pyplot.close, pyplot.get_fignums

    def asked(name: str, *args: Any) -> Any:
        return worker.operate({"library": f"matplotlib.pyplot:{name}"}, args, {})

    def of_whoever_draws(name: str) -> Callable:
        own = getattr(pyplot, name)

        def function(*args: Any, **kwargs: Any) -> Any:
            if not (theirs := asked("get_fignums")):
                return own(*args, **kwargs)
            if numbers():
                raise AuthoringError(BOTH)
            return theirs if name == "get_fignums" else asked(name)

        return function

    def close_both(fig: Any = None) -> None:
        if isinstance(fig, LearnerObject):
            asked("close", fig)
            return
        if fig is None and not numbers():
            asked("close")
        close(fig)
        if fig == "all":
            asked("close", "all")

    put = {name: of_whoever_draws(name) for name in ("gcf", "gca", "get_fignums")} | {"close": close_both}
    with ExitStack() as stack:
        for name, function in put.items():
            stack.enter_context(patch.object(pyplot, name, function))
        stack.callback(close, "all")
        yield
