"""What Python answers of an object without asking it: in a plain grade cell, put to where the object is. Grader's side.

``type(x)``, ``a is b``, ``isinstance(x, A)``, ``callable(x)`` and ``case A():`` see here what stands for an object that
is lent. The cell is rewritten so that they mean the object itself, as in a notebook; of all else they mean what they
always do.
"""

from __future__ import annotations

import ast
import builtins
import copy
import inspect
import types
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from autograder.boundary.caught import Theirs
from autograder.boundary.coroutines import finished
from autograder.boundary.derived import DATA
from autograder.boundary.kinds import TYPES, Fields
from autograder.boundary.learner import LearnerObject
from autograder.boundary.lent_data import LentData
from autograder.boundary.operators import known
from autograder.boundary.protocols import Lent
from autograder.errors import CannotCross

ASKED = "asked of an object"
"""The name under which a grade cell has these questions: one that no code can spell."""
_ASKS = ("type", "isinstance", "issubclass", "callable", "hasattr", "getattr", "id")
_ASSERTIONS = {
    "assertIs": ("same", "assertTrue"),
    "assertIsNot": ("same", "assertFalse"),
    "assertIsInstance": ("isinstance", "assertTrue"),
    "assertNotIsInstance": ("isinstance", "assertFalse"),
}
"""Of unittest: the question, and what is asserted of the answer."""
_OF_FUNCTIONS = ("function", "builtin", "method", "generator")


class Common(Protocol):
    """The classes that both sides have."""

    def path_of(self, kind: type) -> str:
        """Of a library's, or of one of the course's modules: where it is. '' of any other."""

    def name_of(self, kind: type) -> str:
        """Of one that a locked cell defines: under which name. '' of any other."""

    def classes(self) -> Iterable[type]:
        """Those of the course's."""


class Questions:
    """Those of one notebook's grade cells."""

    def __init__(self, common: Common, looked_up: Callable[[str], Any]) -> None:
        self._common, self._looked_up = common, looked_up
        self._asked: dict[Callable, Callable] = {
            type: self.type_of,
            isinstance: self.isinstance,
            issubclass: self.issubclass,
            callable: lambda value: self._put("callable", callable, value),
            hasattr: lambda value, name: self._put("hasattr", hasattr, value, name),
            getattr: self.getattr,
            id: lambda value: self._put("id", id, value),
        }

    def of(self, function: Any) -> Any:
        """What is called where a cell calls this."""
        try:
            return self._asked.get(function, function) if type(function) is not LearnerObject else function
        except TypeError:  # it cannot be hashed
            return function

    def type_of(self, *args: Any) -> Any:
        """``type(value)``."""
        value = args[0]
        if len(args) == 1 and isinstance(value, Theirs) and value.original is not None:
            return value.original
        if len(args) > 1 or not _is_lent(value):
            return type(*args)
        if word := next((each for each in _OF_FUNCTIONS if each in value._known), ""):
            return known(word)
        found = value._operate("type", value)
        ours = (each for each in self._common.classes() if each.__name__ == value._kind)
        return next((kind for kind in ours if self.same(found, kind)), found)

    def same(self, one: Any, other: Any) -> bool:
        """``one is other``."""
        if one is other:
            return True
        if _is_lent(other) and not _is_lent(one):
            one, other = other, one
        if _is_lent(one) and (_is_lent(other) or (isinstance(other, type) and self._is_there(one, other))):
            return bool(one._operate("is_", one, self._there(other)))
        return False

    def isinstance(self, value: Any, kind: Any) -> bool:
        """``isinstance(value, kind)``."""
        if type(kind) in (tuple, types.UnionType):
            return any(self.isinstance(value, each) for each in getattr(kind, "__args__", kind))
        if isinstance(value, LentData) and kind in DATA and issubclass(type(value), kind):
            return True
        if _is_lent(value) and isinstance(kind, type) and not _is_lent(kind) and self._is_there(value, kind):
            found = bool(value._operate("isinstance", value, self._there(kind)))
            if found and kind is not object and kind in TYPES.values():  # it would be taken for data that it is not
                raise CannotCross(f"a {value._kind}")
            return found
        if isinstance(value, Fields) and _is_lent(kind):
            return self.same(type(value), kind)
        return isinstance(value, kind)

    def issubclass(self, one: Any, kind: Any) -> bool:
        """``issubclass(one, kind)``."""
        if type(kind) in (tuple, types.UnionType):
            return any(self.issubclass(one, each) for each in getattr(kind, "__args__", kind))
        if _is_lent(one) and isinstance(kind, type) and not _is_lent(kind) and self._is_there(one, kind):
            return bool(one._operate("issubclass", one, self._there(kind)))
        return issubclass(one, kind)

    def attribute(self, value: Any, name: str) -> Any:
        """``value.__class__``, and others that every object of Python's has."""
        if isinstance(value, type) and issubclass(value, Theirs) and name != "__class__":
            value = value.theirs
        if name == "__class__":
            return self.type_of(value) if _is_lent(value) else getattr(value, name)
        return value._operate("getattr", value, name) if _is_lent(value) else getattr(value, name)

    def getattr(self, value: Any, name: str, *default: Any) -> Any:
        """``getattr(value, name)``, with a default or without."""
        try:
            return self.attribute(value, name) if isinstance(name, str) else getattr(value, name)
        except AttributeError:
            if not default:
                raise
            return default[0]

    def __getattr__(self, name: str) -> Any:
        """The class of this name, as ``case`` needs it: a real one."""
        found = self._looked_up(name)
        if not _is_lent(found):
            return found
        names = {"__instancecheck__": lambda _, value: self.isinstance(value, found)}
        pattern: Any = type("Pattern", (type,), names)
        return pattern(name, (), {"__match_args__": _match_args(found)})

    def _put(self, operation: str, function: Callable, value: Any, *args: Any) -> Any:
        return value._operate(operation, value, *args) if _is_lent(value) else function(value, *args)

    def _is_there(self, value: Lent, kind: type) -> bool:
        """Whether the other side has the same class. What only a test defines is no class of a submission's object."""
        if issubclass(kind, Fields):
            raise CannotCross(f"a {value._kind}")
        return bool(issubclass(kind, Theirs) or self._common.path_of(kind) or self._common.name_of(kind))

    def _there(self, kind: Any) -> Any:
        name = "" if _is_lent(kind) or not isinstance(kind, type) else self._common.name_of(kind)
        return self._looked_up(name) if name else kind


def _is_lent(value: Any) -> bool:
    return issubclass(type(value), Lent) and value._lent


def _match_args(kind: Any) -> tuple[str, ...]:
    told = getattr(kind, "__match_args__", ())
    return tuple(str(each) for each in told[:100]) if type(told) is tuple else ()


class _Rewritten(ast.NodeTransformer):
    """A cell in which these questions are asked of objects."""

    def __init__(self, defined: set[str]) -> None:
        self._defined = defined

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(name)) if name in _ASKS:
                node.func = _call("of", node.func)
            case ast.Call(func=ast.Attribute() as method, args=[one, other, *_]) if method.attr in _ASSERTIONS:
                question, method.attr = _ASSERTIONS[method.attr]
                node.args[:2] = [_call(question, one, other)]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], ast.Is | ast.IsNot):
            return node
        sides = [node.left, node.comparators[0]]
        if any(isinstance(each, ast.Constant) for each in sides):
            return node
        same = _call("same", *sides)
        return same if isinstance(node.ops[0], ast.Is) else ast.UnaryOp(ast.Not(), same)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        is_pythons = node.attr.startswith("__") and node.attr.endswith("__")
        if not is_pythons or not isinstance(node.ctx, ast.Load) or _is_super(node.value):
            return node
        return _call("attribute", node.value, ast.Constant(node.attr))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id != "__builtins__":
            return node
        return ast.copy_location(ast.parse("__import__('builtins')", mode="eval").body, node)  # as in a notebook

    def visit_MatchClass(self, node: ast.MatchClass) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.cls, ast.Name) and node.cls.id not in self._defined and not hasattr(builtins, node.cls.id):
            node.cls = ast.Attribute(ast.Name(ASKED, ast.Load()), node.cls.id, ast.Load())
        return node


def run_in(tree: ast.Module | ast.Expression, file: str, names: dict) -> Any:
    """Run code among these names, and what an expression gives; where they have these questions, it asks them."""
    if dict.__contains__(names, ASKED):
        tree = _rewritten(tree)
    mode = "exec" if isinstance(tree, ast.Module) else "eval"
    code = compile(tree, file, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    given = eval(code, names)
    return finished(given) if code.co_flags & inspect.CO_COROUTINE else given


def _rewritten(tree: Any) -> Any:
    found = ((getattr(node, "name", None), _stored(node)) for node in ast.walk(tree))
    defined = {name for names in found for name in names if isinstance(name, str)}
    return ast.fix_missing_locations(_Rewritten(defined).visit(copy.deepcopy(tree)))


def _stored(node: ast.AST) -> str | None:
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None


def _is_super(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _call(question: str, *args: ast.expr) -> ast.Call:
    asked = ast.Attribute(ast.Name(ASKED, ast.Load()), question, ast.Load())
    call = ast.Call(asked, list(args), [])
    return ast.copy_location(call, args[0])
