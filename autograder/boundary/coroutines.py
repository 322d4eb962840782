"""What waits, where a notebook has an event loop that runs: coroutines, and how they are gone on with. Both sides.

In a notebook every cell runs within a running loop. Here each side has one, which only counts as running while other
code runs, and really runs where something is awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

AT_A_TIME = 0.005
"""Seconds that the other side's loop runs before this side's has its turn."""


class Counting:
    """A ``with`` inside which this loop counts as the one that runs: ``asyncio.run`` refuses to start another.

    No generator makes it: that would set attributes of the exceptions that pass, which are a submission's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """None: no loop runs."""
        self._loop = loop

    def __enter__(self) -> None:
        self._before = asyncio._get_running_loop()
        asyncio._set_running_loop(self._loop)

    def __exit__(self, *_: object) -> None:
        asyncio._set_running_loop(self._before)


@contextmanager
def of_a_cell() -> Iterator[None]:
    """Inside, a loop of its own counts as running; what is left to do there at the end is given up."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # of tasks that nobody asked for their result
    try:
        with Counting(loop):
            yield
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True)) if left else None
        loop.close()


def finished(awaitable: Awaitable) -> Any:
    """What comes of a coroutine, run to its end in the loop that counts as running."""
    loop = asyncio.get_running_loop()
    with Counting(None):
        return loop.run_until_complete(awaitable)


def begun(awaitable: Awaitable) -> asyncio.Future:
    """The task in which something is waited for: it goes on whenever the loop runs."""
    return asyncio.ensure_future(awaitable)


def gone_on(task: asyncio.Future) -> bool:
    """Let the loop run for a moment; whether the task is over."""
    if not task.done():
        finished(asyncio.wait([task], timeout=AT_A_TIME))
    return task.done()


async def left_again(manager: Any, *error: Any) -> bool:
    """What an ``async with`` ends with; whether the exception is over by that."""
    return bool(await type(manager).__aexit__(manager, *error))


def entered(manager: Any) -> Any:
    """What an ``async with`` begins with."""
    return type(manager).__aenter__(manager)


OPERATORS: dict[str, Callable] = {
    "begun": begun,
    "gone_on": gone_on,
    "aiter": aiter,
    "anext": anext,
    "aenter": entered,
    "aexit": left_again,
}
"""What a plain grade cell has done with what waits, where it is."""
KNOWN = {
    "coroutine": "types:CoroutineType",
    "async generator": "types:AsyncGeneratorType",
    "awaitable": "collections.abc:Awaitable",
    "async iterable": "collections.abc:AsyncIterable",
    "async manager": "contextlib:AbstractAsyncContextManager",
}
"""Classes by which it is seen that an object waits; the first one of an object's is its class here."""
