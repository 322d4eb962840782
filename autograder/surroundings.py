"""What a process has beside names, as the grade cells of one submission set it. Grader's side.

A notebook has one process. Here environment variables, the limit of recursion and the like are set while cells of the
submission run, and its own process is told; of what it sets itself nothing comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from autograder.boundary.process_state import State, become, now

_SETS = re.compile(r"environ|putenv|setenv|setrecursionlimit|decimal|seterr|errstate|default_dtype|default_tensor_type")


class Surroundings:
    """Those of one submission's grade cells, where the lesson's cells have anything to do with them."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._matter = any(map(_SETS.search, sources))
        self._begin: State = {}
        self._set: State = {}
        self._told: State = {}

    @contextmanager
    def here(self) -> Iterator[None]:
        """Inside, they are what the submission's cells have set so far; after it they are as before."""
        if not self._matter:
            yield
            return
        self._begin = now()
        try:
            become(self._set)
            yield
        finally:
            self._set = self._changed()
            become({name: self._begin.get(name) for name in self._set})

    @contextmanager
    def on_both_sides(self) -> Iterator[None]:
        """Inside, a cell runs that has run on the submission's side already."""
        with self.here():
            yield
        self._told = dict(self._set)

    def news(self) -> tuple[State, list[str]]:
        """What was set since the submission's side was told; and the names of what is as it was again.

        How that was here is nothing that the other side is told.
        """
        if not self._matter:
            return {}, []
        before, self._told = self._told, self._changed()
        new = {name: value for name, value in self._told.items() if name not in before or before[name] != value}
        return new, [name for name in before if name not in self._told]

    def _changed(self) -> State:
        found = now()
        return {name: found.get(name) for name in self._begin | found if found.get(name) != self._begin.get(name)}
