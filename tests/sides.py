"""A learner's code on both sides of the boundary: in this very process, and in a worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.boundary.learner import current_side, hold
from autograder.boundary.limits import Limits
from autograder.boundary.remote import RemoteWorker
from autograder.boundary.template import Template

Get = Callable[[str], Any]


@contextmanager
def in_this_process(source: str) -> Iterator[Get]:
    """What ``source`` defines, as a check sees it in a learner's notebook."""
    names: dict[str, Any] = {}
    exec(source, names)
    yield lambda name: hold(names[name])


@contextmanager
def across_the_boundary(template: Template, source: str, limits: Limits | None = None) -> Iterator[Get]:
    """What ``source`` defines, as a check sees it when the learner's code runs in a worker."""
    with worker_running(template, source, limits) as worker:
        worker.begin()
        token = current_side.set(worker)
        try:
            yield worker.lookup
        finally:
            current_side.reset(token)


@contextmanager
def worker_running(template: Template, source: str = "", limits: Limits | None = None) -> Iterator[RemoteWorker]:
    """A worker in which ``source`` has run."""
    worker = RemoteWorker(template, limits or Limits())
    try:
        _, problem = worker.run(source)
        assert problem is None, problem
        yield worker
    finally:
        worker.close()
