"""What is lent of coroutines and their like: awaited here, and gone on with where they are. Grader's side."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Generator
from functools import lru_cache
from typing import Any

from autograder.boundary.protocols import passed_over

_AGAIN = ("Task", "Future", "_GatheringFuture")
"""What may be awaited by many, and again."""


class Awaited:
    """``await x``: a task where the object is, of which is asked now and then whether it is over."""

    __slots__ = ()

    def __await__(self) -> Generator:
        if self._kind in _AGAIN:  # type: ignore[attr-defined]
            return self._waited_for()
        try:
            found: Generator = object.__getattribute__(self, "_driver")
        except AttributeError:
            found = None  # type: ignore[assignment]
        if found is None or found.gi_frame is None:  # type: ignore[attr-defined]
            # The same until it is over: anext() asks for it at each step.
            object.__setattr__(self, "_driver", found := self._waited_for())
        return found

    def _waited_for(self: Any) -> Generator:
        task = self._operate("begun", self)
        begun = False
        while not begun or not task._operate("gone_on", task):
            begun = True  # others of this side's begin too, before any of them goes on
            try:
                yield
            except CancelledError:
                task.cancel()
        if task.cancelled():
            raise CancelledError
        return task.result()


class Stepped(Awaited):
    """A coroutine, which asyncio takes step by step."""

    __slots__ = ()

    def send(self, value: Any) -> Any:
        """The next step, as of a coroutine of this side's."""
        return self.__await__().send(value)

    def throw(self, *error: Any) -> Any:
        """Cancel it, or raise something else in it."""
        return self.__await__().throw(*error)

    def close(self: Any) -> None:
        """It goes on no more."""
        self._operate("getattr", self, "close")()

    def __next__(self) -> Any:
        return self.send(None)


class Iterated:
    """``async for``."""

    __slots__ = ()

    def __aiter__(self: Any) -> Any:
        return self._operate("aiter", self)

    def __anext__(self: Any) -> Any:
        return self._operate("anext", self)


class Entered:
    """``async with``."""

    __slots__ = ()

    def __aenter__(self: Any) -> Any:
        return self._operate("aenter", self)

    async def __aexit__(self: Any, kind: Any, error: Any, _: Any) -> bool:
        return passed_over(bool(await self._operate("aexit", self, kind, error, None)), error)


_BY_WORD = {"coroutine": Stepped, "awaitable": Awaited, "async iterable": Iterated, "async manager": Entered}


def waits(words: tuple[str, ...]) -> tuple[str, ...]:
    """Which of these words say that an object waits."""
    return tuple(word for word in _BY_WORD if word in words)


@lru_cache(maxsize=100)
def class_of(words: tuple[str, ...], base: type) -> Any:
    """A class below ``base`` of what waits in these ways."""
    return type(base.__name__, (*(_BY_WORD[word] for word in words), base), {"__slots__": ("_driver",)})
