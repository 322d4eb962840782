"""Functions of a grade cell that a learner's code may call: which may be, and by what means. Grader's side."""

from __future__ import annotations

import builtins
import sys
import sysconfig
from collections import deque
from collections.abc import Iterator
from functools import cache, reduce
from types import BuiltinMethodType, FunctionType, MethodDescriptorType, MethodType, ModuleType
from typing import Any
from unittest.mock import AsyncMock, NonCallableMock

_OF_DATA = (list, dict, set, deque, str, bytes, int, float)
"""What the methods of these do, they do to data of the test's."""
MAX_DEPTH = 20
"""Calls within each other, from one side to the other and back."""


def library_path(value: Any) -> str:
    """``module:name`` of what a library or Python itself has at its top; '' for anything else.

    The learner's side has the same: it is found there, and no call comes back for it.
    """
    if isinstance(value, MethodDescriptorType) and value.__objclass__ in vars(builtins).values():
        return f"builtins:{value.__qualname__}"  # str.upper
    module = getattr(value, "__module__", None) or ("numpy" if type(value).__name__ == "ufunc" else "")
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
    found = sys.modules.get(module) if isinstance(module, str) else None
    if found is None or not isinstance(name, str) or not is_library(module):
        return ""
    try:
        return f"{module}:{name}" if reduce(getattr, name.split("."), found) is value else ""
    except AttributeError:
        return ""


@cache
def is_library(module: str) -> bool:
    """Whether a module is Python's own or a library's that is installed: both sides have the same."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return root not in ("__main__",)
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return root != "autograder" and any(file.startswith(folder) for folder in folders)


def course_path(kind: type, folder: str) -> str:
    """``module:name`` of a class of the course's modules, which lie in ``folder``; '' for anything else.

    The learner's side has the same modules: a class of them is found there.
    """
    module, name = sys.modules.get(kind.__module__), kind.__qualname__
    is_ours = bool(folder) and (getattr(module, "__file__", None) or "").startswith(folder)
    return f"{kind.__module__}:{name}" if is_ours and vars(module).get(name) is kind else ""


def course_classes(folder: str) -> Iterator[type]:
    """The classes of the course's modules that are imported here."""
    for module in [*sys.modules.values()] if folder else ():
        if str(getattr(module, "__dict__", {}).get("__file__")).startswith(folder):
            yield from (each for each in vars(module).values() if isinstance(each, type) and course_path(each, folder))


def may_be_called_back(value: Any, folder: str = "") -> bool:
    """Whether a function is the instructor's own code: of a cell, or of a module in this folder.

    Never one of Python's or a library's: called from the other side with anything, it could do anything here.
    """
    if issubclass(type(value), NonCallableMock):
        return False
    if isinstance(value, BuiltinMethodType):
        return type(value.__self__) in _OF_DATA  # moves.append
    function = value.__func__ if isinstance(value, MethodType) else value
    if not isinstance(function, FunctionType):
        return False
    if function.__globals__.get("__name__") == "__main__":
        return True
    return bool(folder) and function.__code__.co_filename.startswith(folder)


def only_records(mock: Any) -> bool:
    """Whether a mock, when it is called, notes that and gives what the test said: it stands for nothing that acts."""
    if isinstance(mock, AsyncMock) or mock._mock_wraps is not None:
        return False
    does = mock.side_effect if callable(mock) else None
    acts = callable(does) and not (isinstance(does, type) and issubclass(does, BaseException))
    return not acts or may_be_called_back(does)


def is_module(value: Any) -> bool:
    """Whether a value is a module, which never crosses."""
    return isinstance(value, ModuleType) or value is builtins
