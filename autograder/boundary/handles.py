"""An object in a worker, as the grader holds it; and how threads of a grade cell take turns with one. Grader's side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from autograder.errors import incidents

if TYPE_CHECKING:
    from autograder.boundary.remote import RemoteWorker


def one_at_a_time(method: Callable) -> Any:
    """A method that threads of a grade cell wait for; what one of them cannot have is noted as the cell's."""

    @wraps(method)
    def alone(self: RemoteWorker, *args: Any, **kwargs: Any) -> Any:
        with self.lock:
            if threading.current_thread() is threading.main_thread():
                self.met = incidents.get()
            elif incidents.get() is None:
                incidents.set(self.met)
            return method(self, *args, **kwargs)

    return alone


class RemoteHandle:
    """One callable object in a worker, which forgets it when the grader does."""

    def __init__(self, worker: RemoteWorker, number: int) -> None:
        self.worker, self.number = worker, number

    def __del__(self) -> None:
        self.worker.release(self.number)

    @property
    def lends(self) -> bool:
        """Whether a grade cell may do with the object what it likes."""
        return self.worker.lends

    def operate(self, target: dict, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Do an operator, or call, for a plain grade cell."""
        return self.worker.operate(target, args, kwargs)

    def call(self, path: str, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Call the object, or what is at the dotted attribute ``path`` of it."""
        return self.worker.call({"object": [self.number, path]}, args, kwargs)
