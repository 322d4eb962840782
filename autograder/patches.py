"""What a grade cell puts into a library in the place of its own, an answer finds there too. Grader's side."""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from autograder.boundary.callbacks import library_path
from autograder.boundary.remote import FORGOTTEN, RemoteWorker, imported
from autograder.boundary.wire import resolve_path
from autograder.statements import cached_statements, put_into

_STREAMS = (("sys", "stdout"), ("sys", "stderr"))
"""What a test puts in their place gets what an answer prints anyway."""
_NOTHING = object()
"""What a name stands for that a module or class has not."""


class Patches:
    """Those of one submission's grade cells: of modules, and of classes of libraries."""

    def __init__(self, worker: Callable[[], RemoteWorker]) -> None:
        self._worker = worker
        self._seen: dict[tuple[ModuleType | type, str], list] = {}

    def watch(self, source: str, names: Mapping[str, Any]) -> None:
        """From now on see what becomes of all that a cell gives another value (``np.linalg.solve = None``)."""
        for owner, name in _patched(source, names):
            self._seen.setdefault((owner, name), [_held(owner, name)] * 2)

    def pass_on(self) -> None:
        """What the test has put into a library, the submission finds there too."""
        for (owner, name), seen in self._seen.items():
            if (now := _held(owner, name)) is not seen[1]:
                seen[1] = now
                where = library_path(owner) if isinstance(owner, type) else owner.__name__
                told = None if now is _NOTHING else now
                self._worker().patch(where, name, FORGOTTEN if now is seen[0] else told)

    def restore(self) -> None:
        """Give libraries back what was there."""
        for (owner, name), (original, _) in self._seen.items():
            if original is not _NOTHING:
                setattr(owner, name, original)
            elif name in vars(owner):
                delattr(owner, name)
        self._seen.clear()


def _patched(source: str, names: Mapping[str, Any]) -> Iterator[tuple[ModuleType | type, str]]:
    """The modules and classes of which a cell with these ``names`` gives something another value, and what."""
    found: dict[str, Any] = dict(names) | {"__builtins__": builtins}
    for statement in cached_statements(source):
        for name, path in imported_by(statement.node).items():
            with suppress(Exception):
                found[name] = imported(path)
        for node in ast.walk(statement.node):
            for owner, name in put_into(node):
                root, _, path = owner.partition(".")
                with suppress(Exception):
                    value = resolve_path(found[root], path) if root in found else imported(owner)
                    is_module = isinstance(value, ModuleType) and (value.__name__, name) not in _STREAMS
                    # What is put into __main__ are names of the notebook's.
                    if (is_module and value.__name__ != "__main__") or (
                        isinstance(value, type) and library_path(value)
                    ):
                        yield value, name


def _held(owner: ModuleType | type, name: str) -> Any:
    """What a module or class has under a name, as it is there: of a class not what it makes of it for who asks."""
    return inspect.getattr_static(owner, name, _NOTHING) if isinstance(owner, type) else getattr(owner, name, _NOTHING)


def imported_by(node: ast.stmt) -> dict[str, str]:
    """What an import gives names to, as far as that is a module or something of one that is installed here."""
    found: dict[str, str] = {}
    if isinstance(node, ast.Import):
        for each in node.names:
            path = each.name if each.asname else each.name.partition(".")[0]
            found[each.asname or path] = path
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for each in node.names:
            with suppress(Exception):
                value = imported(f"{node.module}:{each.name}")
                is_module = isinstance(value, ModuleType)
                path = value.__name__ if is_module else f"{value.__module__}:{value.__qualname__}"
                found[each.asname or each.name] = path
    return found
