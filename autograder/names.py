"""The global names that code reads, in a function that is there and in code that was only compiled.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import CodeType, FunctionType
from typing import Any

_READS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
_DEFINES = {"STORE_NAME", "STORE_GLOBAL"}


def read(code: CodeType) -> set[str]:
    """The global names that code reads, in the functions and classes inside it too."""
    inside = (read(each) for each in code.co_consts if isinstance(each, CodeType))
    return _of(code, _READS).union(*inside)


def defined(code: CodeType) -> set[str]:
    """The global names that code gives a value at its top level."""
    return _of(code, _DEFINES)


def _of(code: CodeType, operations: set[str]) -> set[str]:
    return {each.argval for each in dis.get_instructions(code) if each.opname in operations}


def followed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What live answers use: every name that their functions read, and the functions which these stand for, and so on.

    Only functions of the module that the answers stand in are followed: not those of libraries.
    """
    modules = {id(first.__globals__) for answer in answers.values() for first in islice(_functions(answer), 1)}
    found, waiting = dict(answers), list(answers.values())
    while waiting:
        for function in _functions(waiting.pop()):
            if id(function.__globals__) in modules:
                new = {
                    name: function.__globals__[name]
                    for name in read(function.__code__) - found.keys()
                    if name in function.__globals__
                }
                found |= new
                waiting += new.values()
    return found


def listed(words: Sequence[str]) -> str:
    """Names as people list them."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _functions(value: Any) -> Iterator[FunctionType]:
    """A function itself, without what was put around it; the methods of a class, or of an object's class."""
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, FunctionType):
        yield value
        return
    for each in (item for base in _class_of(value).__mro__ for item in vars(base).values()):
        each = getattr(each, "fget", getattr(each, "__func__", each))
        plain = inspect.unwrap(each) if isinstance(each, FunctionType) else None
        if isinstance(plain, FunctionType):  # what a method of a tensor wraps is written in C
            yield plain


def _class_of(value: Any) -> type:
    return value if isinstance(value, type) else type(value)
