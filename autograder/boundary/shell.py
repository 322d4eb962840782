"""Where a submission's cells run: an IPython shell whose outputs are kept for people, up to a limit. Learner's side."""

from __future__ import annotations

import base64
import io
import os
import signal
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output

from autograder.boundary.wire import MAX_OUTPUTS, MAX_TEXT

OUTPUT_KINDS = ("text/plain", "image/png")


def make_shell() -> InteractiveShell:
    """An IPython shell without history, colours or tracebacks on the terminal."""
    shell: Any = InteractiveShell.instance(history_length=0, colors="nocolor")
    shell.history_manager.enabled = False
    shell.enable_gui = lambda gui=None: None  # `%matplotlib inline` asks for an event loop; there is none
    shell.displayhook.write_output_prompt = lambda: None
    shell.displayhook.write_format_data = lambda data, metadata=None: shell.display_pub.publish(data, metadata)
    shell._showtraceback = lambda etype, evalue, stb: None  # errors travel in the reply
    return shell


def run_cell(shell: InteractiveShell, source: str, most_output: int) -> tuple[list[dict], BaseException | None]:
    """Run a cell: its outputs, and the exception that ended it."""
    stdout, stderr = Capped(most_output), Capped(most_output)
    with redirect_stdout(stdout), redirect_stderr(stderr), capture_output(stdout=False, stderr=False) as captured:
        result = shell.run_cell(source, store_history=True)
    outputs: list[dict] = []
    outputs += [{"output_type": "stream", "name": "stdout", "text": stdout.shown()}] if stdout.tell() else []
    outputs += [{"output_type": "stream", "name": "stderr", "text": stderr.shown()}] if stderr.tell() else []
    outputs += [_display(output) for output in captured.outputs[:MAX_OUTPUTS]]
    return outputs, result.error_before_exec or result.error_in_exec


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


def _display(output: RichOutput) -> dict:
    data = {}
    for kind in OUTPUT_KINDS:
        if content := output.data.get(kind):
            text = base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
            data[kind] = text if kind == "image/png" else text[:MAX_TEXT]
    return {"output_type": "display_data", "data": data, "metadata": {}}
