"""What a check holds of the learner's: something it may call, and nothing that may decide for it.

Runs in the grader's process, and in a learner's notebook where both sides are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from types import FunctionType
from typing import Any, NoReturn, Protocol

import torch

from autograder.boundary import protocols, waiting
from autograder.boundary.copies import Copies, LocalGraph, noted
from autograder.boundary.nodes import connected
from autograder.boundary.parcel import Parcel
from autograder.boundary.wire import encode, is_callable, items_of, parts, refuse_value, resolve_path
from autograder.errors import AuthoringError, CannotCross, LearnerError
from autograder.failure import describe_value

# What the engine itself runs next to a learner's code.
_ENGINE = "autograder.boundary.probes"


class Handle(Protocol):
    """One object on the learner's side."""

    def call(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call the object, or what is at the dotted attribute ``path`` of it."""


class Side(Protocol):
    """Where the learner's code runs."""

    def call_beside(self, function: Callable, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Run a function of the course's next to the learner's code."""


current_side: ContextVar[Side | None] = ContextVar("current_side", default=None)


believed: ContextVar[list[Callable] | None] = ContextVar("believed", default=None)
"""The functions beside the learner's code whose word is taken for something, if anybody wants to know."""


class LearnerObject(protocols.Lent):
    """A function, class or module of the learner's, local or remote: call it or call its methods.

    To a check it refuses comparison, truth, length, iteration and attribute values: by each the learner's side could
    decide. To a plain grade cell it is lent, with its attributes and operators (``protocols``).
    """

    __slots__ = ("_handle", "_kind", "_known", "_path")

    def __init__(self, handle: Handle, path: str = "", kind: str = "function", known: tuple[str, ...] = ()) -> None:
        self._handle, self._path, self._kind, self._known = handle, path, kind, known

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._lent:
            return self._handle.operate({"object": [self._handle.number, self._path]}, args, kwargs)  # type: ignore[attr-defined]
        try:
            return self._handle.call(self._path, args, kwargs)
        except LearnerError as error:
            # Only of the inputs of our own checks: those of another grade cell may be a secret.
            if noted.get() is not None and not error.inputs:
                given = [*map(_described, args), *(f"{name} = {_described(kwargs[name])}" for name in kwargs)]
                error.inputs = "; ".join(given) or "no argument"
            raise

    def __getattr__(self, name: str) -> Any:
        if self._lent and (not name.startswith("_") or name in _TOLD or _OWN.fullmatch(name)):
            if name == "__signature__":
                return protocols.signature(self._operate("signature", self))
            if name == "__wrapped__":
                if "class" in self._known:  # a notebook finds no source of one
                    raise AttributeError(name)
                return protocols.with_source(self._kind, self._source())
            return self._operate("getattr", self, name)
        if self._lent and name.startswith("__") and self._operate("hasattr", self, name):
            raise CannotCross(f"a {self._kind}")
        if name.startswith("_"):
            raise AttributeError(name)
        return LearnerObject(self._handle, f"{self._path}.{name}".lstrip("."))

    def _source(self) -> Any:
        """What ``inspect`` finds as its source; AttributeError, where there is none: it asks before it needs it."""
        try:
            return self._operate("source", self)
        except (OSError, TypeError) as error:
            raise AttributeError("__wrapped__") from error

    def __setattr__(self, name: str, value: Any) -> None:
        if name in LearnerObject.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._operate("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._operate("delattr", self, name)

    def __str__(self) -> str:
        return str(self._operate("str", self)) if self._lent else object.__repr__(self)

    def __repr__(self) -> str:
        return str(self._operate("repr", self)) if self._lent else object.__repr__(self)

    def __dir__(self) -> list[str]:
        return list(map(str, self._operate("dir", self))) if self._lent else list(object.__dir__(self))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What ``isinstance`` asks for beside the type: of a lent object, a class that stands for its own."""
        return protocols.stand_in(self._kind, self._known) if self._lent else type(self)

    def __hash__(self) -> int:
        return int(self._operate("hash", self)) if self._lent else object.__hash__(self)

    def __instancecheck__(self, instance: Any) -> bool:
        return self._is_learners(instance) and bool(self._operate("isinstance", instance, self))

    def __subclasscheck__(self, subclass: Any) -> bool:
        return self._is_learners(subclass) and bool(self._operate("issubclass", subclass, self))

    def __copy__(self) -> Any:
        return self._operate("copy", self)

    def __deepcopy__(self, _: Any) -> Any:
        return self._operate("deepcopy", self)

    def _refuse(self, *_: Any) -> NoReturn:
        raise CannotCross(f"a {self._kind}")

    # Asked of what it does not know, sympy would run its text. A pickle, or a class below it, would be of what stands
    # for it.
    _sympy_ = __reduce_ex__ = __mro_entries__ = _refuse

    @property
    def _lent(self) -> bool:
        return noted.get() is None and getattr(self._handle, "lends", False)

    def _must_be_lent(self) -> None:
        if not self._lent:
            raise AuthoringError(
                "an object of the learner's can be called, and its methods can be called; it cannot be compared, "
                "counted, iterated or used as a truth value. Call it and check the value that it returns."
            )

    def _operate(self, name: str, *args: Any) -> Any:
        self._must_be_lent()
        return self._handle.operate({"operator": name}, args, {})  # type: ignore[attr-defined]


def _documented(self: LearnerObject) -> Any:
    return self._operate("getattr", self, "__doc__") if self._lent else None


class _Fields:
    """Refuses what ``dataclasses`` looks at: it would read fields of what stands for the object."""

    def __get__(self, value: LearnerObject | None, _: type) -> NoReturn:
        raise CannotCross(f"a {value._kind if value is not None else 'dataclass'}")


class LentFunction(LearnerObject):
    """A function that is lent: called, compared with others, and nothing else, as functions are."""

    __slots__ = ()
    __eq__, __ne__ = protocols.identity(True), protocols.identity(False)
    __hash__ = LearnerObject.__hash__


def lent(handle: Handle, kind: str, known: tuple[str, ...]) -> LearnerObject:
    """An object that is lent to a plain grade cell."""
    is_function = kind in ("function", "builtin_function_or_method", "method")
    made: type[LearnerObject] = LentFunction if is_function else LearnerObject
    if words := waiting.waits(known):
        made = waiting.class_of(words, LearnerObject)
    return made(handle, kind=kind, known=known)


for _name, _method in protocols.operators().items():
    setattr(LearnerObject, _name, _method)
for _name in protocols.not_of_functions():
    setattr(LentFunction, _name, None)
LearnerObject.__dataclass_fields__ = _Fields()  # type: ignore[attr-defined]
LearnerObject.__doc__ = LentFunction.__doc__ = property(_documented)  # type: ignore[assignment]
# Of what an object has in private, what says something about it; libraries ask for much else.
_TOLD = (
    *("__name__", "__qualname__", "__dict__", "__annotations__", "__signature__", "__wrapped__"),
    *("__bases__", "__mro__", "__defaults__", "__kwdefaults__", "__code__", "__module__", "__match_args__"),
    *("__isabstractmethod__", "__abstractmethods__", "__members__", "__self__", "__func__"),
    *("__orig_bases__", "__total__", "__version__", "__author__", "__notes__", "__closure__", "__weakref__"),
)
_OWN = re.compile(r"_(?!repr_|ipython|_)\w+")


def _described(value: Any) -> str:
    if isinstance(value, LearnerObject):
        return "a function or object of yours"
    return "a function" if is_callable(value) else describe_value(value)


def beside(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """Run ``function`` of the lesson's beside module next to the learner's code; what it returns is testimony."""
    side = current_side.get()
    path_of(function)
    if (so_far := believed.get()) is not None:
        so_far.append(function)
    if side is None:
        return LocalHandle(function).call("", args, kwargs)
    return side.call_beside(function, args, kwargs)


def path_of(function: Any, packages: Sequence[str] | None = None) -> str:
    """The import path by which a function may cross; refuses what is in none of ``packages`` (any will do, if None)."""
    module, name = getattr(function, "__module__", "") or "", getattr(function, "__qualname__", "")
    named = isinstance(function, FunctionType) and name.isidentifier()
    if not named or (packages is not None and not _within(module, [_ENGINE, *packages])):
        raise AuthoringError(
            f"{name or function!r} of {module or 'nowhere'} cannot cross to the learner's side: only functions at the "
            "top level of a module do, by their import path, in the packages that nbgrader_config.py names "
            "(c.Autograder.beside); no lambdas, closures or objects."
        )
    return f"{module}:{name}"


def _within(module: str, packages: Sequence[str]) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def hold(value: Any) -> Any:
    """Give a check the same view of a local object that it has of a remote one; plain values stay as they are."""
    if isinstance(value, LearnerObject) or not is_callable(value):
        return value
    return LearnerObject(LocalHandle(value))


def local(value: Any) -> Any:
    """What ``hold`` was given; None for an object on the other side."""
    if not isinstance(value, LearnerObject):
        return value
    return value._handle.target if isinstance(value._handle, LocalHandle) else None


class LocalHandle:
    """An object of the learner's in this very process."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def call(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call the object; its exceptions become LearnerError and its result is held as a remote one would be."""
        damage = noted.get()
        if damage is None:
            return self._called(path, _release(args), _release(kwargs))
        copies = Copies(_release)
        value = self._called(path, copies.of(args), copies.of(kwargs))
        damage += copies.damage()
        return _joined(value, copies)

    def _called(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        try:
            return _held(resolve_path(self.target, path)(*args, **kwargs))
        except (KeyboardInterrupt, LearnerError, AuthoringError, CannotCross):
            raise
        except BaseException as error:  # of whatever kind a learner derives
            raise LearnerError.of(error) from error


def _joined(value: Any, copies: Copies) -> Any:
    """What a call returned, with a history that leads to the check's own values."""
    outputs = [part for part in parts(value) if isinstance(part, torch.Tensor)]
    if any(output.requires_grad for output in outputs):
        theirs, ours = [copy for _, copy in copies.inputs], [value for value, _ in copies.inputs]
        ready = connected(LocalGraph(theirs, outputs), [output.detach().clone() for output in outputs], ours)
    else:
        ready = [output.detach().clone() for output in outputs]
    return _with_tensors(value, iter(ready))


def _with_tensors(value: Any, tensors: Iterator[torch.Tensor]) -> Any:
    """The value with these tensors in the places of its own, in order."""
    if isinstance(value, torch.Tensor):
        return next(tensors)
    if type(value) in (list, tuple):
        return type(value)(_with_tensors(item, tensors) for item in value)
    if isinstance(value, dict):
        return {_with_tensors(key, tensors): _with_tensors(item, tensors) for key, item in value.items()}
    return value


def _held(value: Any) -> Any:
    """Results as they look from across the boundary: plain values themselves, callables held, the rest refused."""
    if isinstance(value, list | tuple):  # a named tuple is a plain one on the other side too
        return (list if isinstance(value, list) else tuple)(_held(item) for item in value)
    if isinstance(value, dict):
        return {key: _held(item) for key, item in value.items()}
    if is_callable(value):
        return hold(value)
    encode(value, Parcel(), refuse_value)
    return value


def _release(value: Any) -> Any:
    """Arguments as the learner's function gets them: held objects as the objects; other callables must be beside."""
    if isinstance(value, LearnerObject):
        return resolve_path(value._handle.target, value._path)  # type: ignore[attr-defined]
    if type(value) in (list, tuple):
        released = type(value)(_release(item) for item in value)
    elif type(value) is dict:
        released = {key: _release(item) for key, item in value.items()}
    else:
        if is_callable(value):
            path_of(value)
        return value
    # The container itself wherever possible, so that a check sees what the learner's function does to it.
    same = all(new is old for new, old in zip(items_of(released), items_of(value), strict=True))
    return value if same else released
