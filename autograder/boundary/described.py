"""What a function of a test's looks like to an answer that is given it: name, parameters, docstring. Both sides.

Where an answer counts parameters (``f.__code__.co_argcount``), reads them or wraps a function, it finds the function's.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from typing import Any

from autograder.boundary.kinds import TYPES

_PLAIN = (bool, int, float, str, type(None))
_NOTHING = object()
_MAX_TEXT = 10_000


def told(function: Any) -> list:
    """Its name, its docstring, and its parameters (None, if they are not known): of each what is plain."""
    name, doc = getattr(function, "__name__", "function"), getattr(function, "__doc__", None)
    try:
        found = inspect.signature(function, follow_wrapped=False)
        parameters: list | None = [_told(each) for each in found.parameters.values()] + [_type(found.return_annotation)]
    except (TypeError, ValueError):
        parameters = None
    return [str(name), doc[:_MAX_TEXT] if isinstance(doc, str) else None, parameters]


def _told(parameter: inspect.Parameter) -> list:
    has = parameter.default is not parameter.empty
    default = [parameter.default] if has and type(parameter.default) in _PLAIN else []
    return [parameter.name, int(parameter.kind), has, default, _type(parameter.annotation)]


def _type(annotation: Any) -> str:
    is_one = isinstance(annotation, type) and TYPES.get(annotation.__name__) is annotation
    return annotation.__name__ if is_one else ""


def stand_in(call: Callable[[list, dict[str, Any]], Any], name: str, doc: str | None, parameters: Any) -> Callable:
    """A function that looks so and does ``call(args, kwargs)``."""
    made: Any = None
    if parameters is not None and all(_can_be_written(each[0]) for each in parameters[:-1]):
        *parameters, returns = parameters
        made = _written(call, parameters)
        annotated = {each: of for each, *_, of in [*parameters, ["return", returns]] if of}
        made.__annotations__ = {each: TYPES[of] for each, of in annotated.items()}
    made = made or (lambda *args, **kwargs: call([*args], kwargs))
    made.__name__ = made.__qualname__ = name
    made.__doc__ = doc
    return made


def _can_be_written(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


class _Default:
    """Written where a default stands: an expression for it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"defaults[{self._name!r}]"


def _written(call: Callable, parameters: list) -> Any:
    """A function with these parameters, which passes on what it is given and leaves out what it is not."""
    kinds, defaults = list(inspect._ParameterKind), {}
    of = inspect.Parameter
    signature = []
    for name, kind, has, default, _ in parameters:
        defaults[name] = default[0] if default else _NOTHING
        signature.append(of(name, kinds[kind], default=_Default(name) if has else of.empty))

    def passed_on(given: dict[str, Any]) -> Any:
        args: list = []
        named: dict[str, Any] = {}
        by_name = False
        for parameter in signature:
            value = given[parameter.name]
            by_name = by_name or value is _NOTHING or parameter.kind is of.KEYWORD_ONLY
            if value is _NOTHING:
                continue
            if parameter.kind is of.VAR_POSITIONAL:
                args += value
            elif parameter.kind is of.VAR_KEYWORD:
                named |= value
            elif by_name:
                named[parameter.name] = value
            else:
                args.append(value)
        return call(args, named)

    names: dict[str, Any] = {"passed_on": passed_on, "defaults": defaults, "__name__": "__main__"}
    exec(f"def function{inspect.Signature(signature)}:\n    return passed_on(locals())", names)
    return names["function"]
