"""The statements of a cell, and the global names in each; nothing is run.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import cached_property, lru_cache

from autograder import names
from autograder.magics import plain


class Statement:
    """A statement at the top of a cell."""

    def __init__(self, node: ast.stmt) -> None:
        code = compile(ast.Module([node], []), "<cell>", "exec", dont_inherit=True)
        self.node = node
        self.defines = names.defined(code)
        """The global names that it gives a value."""
        self.reads = names.read(code)
        """Those that it or its functions read."""

    @cached_property
    def changes(self) -> set[str]:
        """Those whose values it changes in place."""
        return set(_changed(self.node)) & self.reads


def read_statements(source: str) -> list[Statement]:
    """The statements of a cell; none, if it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [Statement(node) for node in ast.parse(plain(source)).body]
    except Exception:  # no syntax, or more than Python's compiler can take, which it says with exceptions of all kinds
        return []


cached_statements = lru_cache(maxsize=1024)(read_statements)
"""The same of an instructor's cell, which comes again with every submission."""


def attributes_set(source: str) -> Iterator[str]:
    """The attributes that code gives a value, of other objects than ``self``."""
    for statement in cached_statements(source):
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and root_of(node) != "self":
                yield node.attr


def _changed(tree: ast.AST) -> Iterator[str]:
    """The names whose values code changes in place: by an item, an attribute, or a method or function called for it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            yield root_of(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            yield from map(root_of, [call.func] if isinstance(call.func, ast.Attribute) else call.args)


def root_of(node: ast.AST) -> str:
    """The name that an expression begins with ('' if it begins with none)."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


_PUTS = ("patch", "object", "setattr")


def put_into(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(owner, name): of what a piece of code may give another value, by an assignment or by ``unittest.mock``."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and root_of(node):
        yield ast.unparse(node.value), node.attr
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _PUTS:
        first, second = [*node.args, None, None][:2]
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
            owner, _, name = first.value.rpartition(".")
            yield owner, name
        elif first is not None and isinstance(second, ast.Constant) and isinstance(second.value, str):
            yield ast.unparse(first), second.value
