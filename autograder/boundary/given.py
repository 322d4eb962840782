"""What stands for an object of a grade cell's own class while an answer uses it. Learner's side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ASKED = (
    *("len", "iter", "next", "getitem", "contains", "bool", "hash", "str", "repr", "call", "eq", "ne", "lt", "le"),
    *("gt", "ge", "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "neg", "abs", "enter", "exit"),
)
"""The operators that are asked for where the object is."""


class Given:
    """The object: whatever is done with it is asked for where it is."""

    __slots__ = ("ask", "number", "runs")

    def __init__(self, number: int, ask: Callable, runs: Callable[[], bool]) -> None:
        for name, value in (("number", number), ("ask", ask), ("runs", runs)):
            object.__setattr__(self, name, value)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        if not own(self, "runs")():  # the boundary itself looks at it
            return own(self, name)
        return own(self, "ask")("getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__getattribute__(self, "ask")("setattr", name, value)

    def __delattr__(self, name: str) -> None:
        object.__getattribute__(self, "ask")("delattr", name)

    def __iter__(self) -> Any:
        found = object.__getattribute__(self, "ask")("iter")
        return found if found is self else iter(found)

    def __format__(self, form: str) -> str:
        return format(str(self), form)


def _asking(name: str) -> Callable:
    def method(self: Given, *args: Any, **more: Any) -> Any:
        return object.__getattribute__(self, "ask")(name, *args, **more)

    return method


for _name in set(ASKED) - {"iter"}:
    setattr(Given, f"__{_name}__", _asking(_name))
