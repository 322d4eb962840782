"""What a notebook shows where a cell stops for an exercise that is not answered yet: a line instead of a traceback.

Learner's side: in a learner's own notebook, never where an answer is graded.
"""

from __future__ import annotations

import linecache
import sys
from traceback import walk_tb
from types import FrameType, TracebackType
from typing import Any

from autograder.statements import Statement, read_statements
from autograder.verdict import folded


class Unanswered:
    """Which names of a notebook wait for an exercise, since a cell that makes them stopped."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {}

    def explain(self, error: BaseException, traceback: TracebackType | None, cells: dict[str, Any]) -> str:
        """What is said in place of a traceback ('' if nothing is); ``cells`` holds the names of the notebook's cells.

        Whatever else stops keeps its traceback: a learner has to see it.
        """
        frames = list(walk_tb(traceback))
        ours = [(frame, number) for frame, number in frames if frame.f_globals is cells]
        if not ours:
            return ""
        statements, line = _statements(ours[0][0]), ours[0][1]
        left = [each for each in statements if (each.node.end_lineno or 0) >= line]
        self._made(statements[: len(statements) - len(left)])
        stub = _stub(error, frames[-1][0], cells)
        needed = stub or self._awaited(error, left)
        self._made(left)
        if needed:
            self._waiting |= {name: needed for statement in left for name in statement.defines | statement.changes}
        if stub == "<module>":
            return "This exercise is open: replace `raise NotImplementedError` by your answer."
        if stub:
            return f"This cell needs {stub}: do that exercise, then run it again."
        return f"An earlier cell needs {needed}: do that exercise, then run on from there." if needed else ""

    def ran(self, source: str) -> None:
        """A cell ran to its end: what it makes waits no longer."""
        if self._waiting:
            self._made(read_statements(source))

    def _made(self, statements: list[Statement]) -> None:
        for statement in statements:
            for name in statement.defines | statement.changes:
                self._waiting.pop(name, None)

    def _awaited(self, error: BaseException, left: list[Statement]) -> str:
        """The exercise that waits last of those for which the statement that stopped waits ('' if there is none)."""
        reads = left[0].reads if left else set()
        missing = {error.name} if isinstance(error, NameError) else set()
        return next((self._waiting[name] for name in reversed(self._waiting) if name in reads | missing), "")


def _statements(frame: FrameType) -> list[Statement]:
    """The statements of the cell that a frame runs."""
    return read_statements("".join(linecache.getlines(frame.f_code.co_filename)))


def _stub(error: BaseException, frame: FrameType, cells: dict[str, Any]) -> str:
    """The function or class whose text still is the one that it was released with ('' if the error says more)."""
    if type(error) is not NotImplementedError or error.args or frame.f_globals is not cells:
        return ""
    return frame.f_code.co_qualname.partition(".")[0]


def watch_notebook() -> None:
    """Watch the notebook that this runs in, if it is one, and nobody watches it yet."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and not shell.custom_exceptions:
        watch(shell)


def watch(shell: Any) -> None:
    """From now on IPython's shell says in one line where a cell needs an open exercise."""
    unanswered = Unanswered()

    def show(shell: Any, kind: type, error: Any, traceback: TracebackType, tb_offset: int | None = None) -> None:
        line = unanswered.explain(error, traceback, shell.user_global_ns)
        if line and not hasattr(error, "_render_traceback_"):
            error._render_traceback_ = lambda: folded(line)
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    def after(result: Any) -> None:
        if result.success:
            unanswered.ran(result.info.raw_cell)

    shell.set_custom_exc((Exception,), show)
    shell.events.register("post_run_cell", after)
