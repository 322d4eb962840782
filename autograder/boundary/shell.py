"""Where a submission's cells run: an IPython shell whose outputs are kept for people, up to a limit. Learner's side.

What is of use in a notebook alone is left out there, and told: magics, the system's commands, compilers, debuggers.
"""

from __future__ import annotations

import base64
import builtins
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from types import FrameType
from typing import Any, NoReturn

import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

from autograder.boundary.calls import MOST_LEFT_OUT, RUN_PYTHON, WRITE_FILES
from autograder.boundary.coroutines import finished
from autograder.boundary.limits import MAX_OUTPUTS, MAX_TEXT

OUTPUT_KINDS = ("text/plain", "image/png")


class Shell(InteractiveShell):
    """IPython's shell, which tells what it leaves out of a learner's cells: magics and the system's commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = True
        """Whether magics and commands run."""
        self.left_out: list[str] = []

    def leave_out(self, what: str) -> None:
        """Tell, once, that something did not run."""
        what = what.strip()[:200]
        if what not in self.left_out and len(self.left_out) < MOST_LEFT_OUT:
            self.left_out.append(what)

    def system(self, cmd: str) -> None:
        """``!cmd``"""
        if self.commands:
            super().system(cmd)
        else:
            self.leave_out(f"!{cmd}")

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """``lines = !cmd``"""
        if self.commands:
            return super().getoutput(cmd, split, depth + 1)
        self.leave_out(f"!{cmd}")
        return []

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """``%magic_name line``; what ``%time`` would time is run all the same."""
        if self.commands:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        if magic_name == "time":
            self.leave_out("%time")
            return _run_in(sys._getframe(1), self.transform_cell(line))
        self.leave_out(f"%{magic_name} {line}")
        return None

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """``%%magic_name line``; a cell that it would run as Python is run all the same, and one for a file written."""
        if self.commands or magic_name in WRITE_FILES:
            return super().run_cell_magic(magic_name, line, cell)
        self.leave_out(f"%%{magic_name} {line}")
        if magic_name in RUN_PYTHON:
            # In the place of the magic's line another, so that errors have the numbers of their lines.
            self.run_cell(f"#\n{cell}").raise_error()
        return None


def _run_in(frame: FrameType, source: str) -> Any:
    """The value of an expression, or what another statement does, where ``frame`` stands."""
    placed = "\n" * (frame.f_lineno - 1) + source
    try:
        code = compile(placed, frame.f_code.co_filename, "eval")
    except SyntaxError:
        exec(compile(placed, frame.f_code.co_filename, "exec"), frame.f_globals, frame.f_locals)
        return None
    return eval(code, frame.f_globals, frame.f_locals)


def leave_tools_out(shell: Shell) -> None:
    """From now on torch.compile gives back what it gets: no compiler can start here, and nobody is there to ask."""

    def as_it_is(model: Callable | None = None, **_: Any) -> Callable:
        shell.leave_out("torch.compile")
        return (lambda function: function) if model is None else model

    torch.compile = as_it_is
    sys.breakpointhook = lambda *_, **__: shell.leave_out("breakpoint()")
    builtins.input = ask_nobody


def ask_nobody(prompt: object = "", /) -> NoReturn:
    """Stands for ``input``."""
    raise EOFError("input() waits for a person, and nobody is there when an answer is graded")


def make_shell() -> Shell:
    """An IPython shell without history, colours or tracebacks on the terminal."""
    shell: Any = Shell.instance(history_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    shell.enable_gui = lambda gui=None: None  # `%matplotlib inline` asks for an event loop; there is none
    shell.loop_runner = finished
    shell.displayhook.write_output_prompt = lambda: None
    shell.displayhook.write_format_data = lambda data, metadata=None: shell.display_pub.publish(data, metadata)
    # Errors travel in the reply: to show them would ask the learner's exceptions for their texts.
    shell.showtraceback = shell.showsyntaxerror = shell.showindentationerror = lambda *_, **__: None
    return shell


def run_cell(
    shell: InteractiveShell, source: str, most_output: int, characters: int, pictures: int
) -> tuple[list[dict], int, BaseException | None]:
    """Run a cell: its outputs, displays as far as there is room; how many there was none for; what ended it."""
    stdout, stderr = Capped(most_output), Capped(most_output)
    with redirect_stdout(stdout), redirect_stderr(stderr), capture_output(stdout=False, stderr=False) as captured:
        result = shell.run_cell(source, store_history=True)
    outputs: list[dict] = []
    outputs += [{"output_type": "stream", "name": "stdout", "text": stdout.shown()}] if stdout.tell() else []
    outputs += [{"output_type": "stream", "name": "stderr", "text": stderr.shown()}] if stderr.tell() else []
    displays = _displays(captured.outputs, characters, pictures)
    cut = len(captured.outputs) - len(displays)
    return outputs + displays, cut, result.error_before_exec or result.error_in_exec


class Capped(io.StringIO):
    """A stream that keeps its first MAX_TEXT characters; a flood of more than ``most`` ends the process."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._seen = most, 0

    def write(self, text: str) -> int:
        self._seen += len(text)
        if self._seen > self._most:
            end_by(signal.SIGXFSZ)
        super().write(text[: max(0, MAX_TEXT - self.tell())])
        return len(text)

    def shown(self) -> str:
        """What was kept, with a note if that is not all."""
        text = self.getvalue()
        if self._seen <= len(text):
            return text
        note = f"\n[output cut: {self._seen:,} characters were printed]"
        return text[: MAX_TEXT - len(note)] + note


def end_by(number: int) -> None:
    """End this process by a signal, whatever the submission has set up for it: the grader sees which one it was."""
    signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    os.kill(os.getpid(), number)
    os._exit(1)


def _displays(outputs: list[RichOutput], characters: int, pictures: int) -> list[dict]:
    """What a cell displays, as much of it as there is room for."""
    kept = []
    for output in map(_display, outputs[: MAX_OUTPUTS - 3]):  # the text that is printed takes two, and the note one
        size, picture = sum(map(len, output["data"].values())), int("image/png" in output["data"])
        if size <= characters and picture <= pictures:
            characters, pictures = characters - size, pictures - picture
            kept.append(output)
    return kept


def _display(output: RichOutput) -> dict:
    data = {}
    for kind in OUTPUT_KINDS:
        if content := output.data.get(kind):
            text = base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
            data[kind] = text if kind == "image/png" else text[:MAX_TEXT]
    return {"output_type": "display_data", "data": data, "metadata": {}}
