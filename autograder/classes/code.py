"""The code that a grade follows from, so that what is mended grades again and nothing else does. Grader's side."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from autograder.packages import Packages

_JUDGES = ("autograder.grading", "autograder.boundary.forks", "lessonkit")


@cache
def digest(packages: Packages, lesson: str) -> bytes:
    """Changes with what judges the lesson, runs beside it or is used by it: with every module that these import."""
    own = packages.checks_of(lesson)
    return _digest(modules_from(packages, [*_JUDGES, *packages.beside, *([own] if own else [])]))


@cache
def digest_of_all(packages: Packages) -> bytes:
    """Changes with what judges any lesson of the course."""
    return _digest(modules_from(packages, [*_JUDGES, *packages.beside, *packages.checks]))


def _digest(modules: dict[str, bytes]) -> bytes:
    code = hashlib.sha256()
    for name in sorted(modules):
        code.update(name.encode() + b"\0" + modules[name])
    return code.digest()


def modules_from(packages: Packages, roots: list[str]) -> dict[str, bytes]:
    """The modules in ``roots`` and all that they import of the same families, each with its text."""
    packages.folders(packages.checks)  # makes the course's own folder one that Python imports from
    families = {name.partition(".")[0] for name in (*roots, *packages.checks)}
    found: dict[str, bytes] = {}
    waiting = [module for root in roots for module in _modules(root)]
    while waiting:
        name = waiting.pop()
        path = _file(name) if name not in found and name.partition(".")[0] in families else None
        if path:
            found[name] = path.read_bytes()
            waiting += imported(ast.parse(found[name]))
    return found


def _modules(name: str) -> Iterator[str]:
    """The module of this name, and all modules in it if it is a package."""
    yield name
    if folder := _place(name):
        for each in sorted(folder.rglob("*.py")):
            yield ".".join([name, *each.relative_to(folder).with_suffix("").parts]).removesuffix(".__init__")


def _file(module: str) -> Path | None:
    """Where a module is written; None for a name that stands in a module."""
    place = _place(module)
    files = (place / "__init__.py", place.with_suffix(".py")) if place else ()
    return next((path for path in files if path.is_file()), None)


def _place(module: str) -> Path | None:
    """The folder that a module is, if it is a package, with or without __init__.py; found without importing it."""
    first, *rest = module.split(".")
    spec = find_spec(first)
    folder = next(iter(spec.submodule_search_locations or ()), "") if spec else ""
    return Path(folder, *rest) if folder else None


def imported(module: ast.Module) -> Iterator[str]:
    """The modules that a module imports anywhere, and the names that it takes from them, which may be modules."""
    for node in _statements(module):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """All statements in it, at any depth; expressions, which are most of a module, hold none."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        inner = getattr(block, name, None)
        for node in inner if isinstance(inner, list) else ():
            yield node
            yield from _statements(node)
