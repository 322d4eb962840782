"""pyplot's current figure in a plain grade cell: the submission's, where its calls have drawn one. Grader's side.

A notebook has one pyplot. Here each side has its own, and a test that draws nothing means that of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from autograder.boundary.learner import LearnerObject
from autograder.boundary.remote import RemoteWorker
from autograder.errors import AuthoringError

BOTH = "pyplot has a figure of the test's and one of the answer's, and which is the current one is not known here"


@contextmanager
def shared(worker: RemoteWorker) -> Iterator[None]:
    """Inside, pyplot's gcf, gca, get_fignums and close mean both sides; its own are closed at the end."""
    from matplotlib import pyplot  # only where a cell draws

    close, numbers = pyplot.close, pyplot.get_fignums

    def asked(name: str, *args: Any) -> Any:
        return worker.operate({"library": f"matplotlib.pyplot:{name}"}, args, {})

    def of_whoever_draws(name: str) -> Callable:
        own = getattr(pyplot, name)

        def function(*args: Any, **kwargs: Any) -> Any:
            if not (theirs := asked("get_fignums")):
                return own(*args, **kwargs)
            if numbers():
                raise AuthoringError(BOTH)
            return theirs if name == "get_fignums" else asked(name)

        return function

    def close_both(fig: Any = None) -> None:
        if isinstance(fig, LearnerObject):
            asked("close", fig)
            return
        if fig is None and not numbers():
            asked("close")
        close(fig)
        if fig == "all":
            asked("close", "all")

    put = {name: of_whoever_draws(name) for name in ("gcf", "gca", "get_fignums")} | {"close": close_both}
    with ExitStack() as stack:
        for name, function in put.items():
            stack.enter_context(patch.object(pyplot, name, function))
        stack.callback(close, "all")
        yield
