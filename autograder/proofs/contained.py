"""A notebook of a course, run in a kernel that can spoil nothing beside it. Grader's side.

``python -m autograder.proofs.contained FOLDER COMMAND...`` is the command, which changes no file out of the folder.
"""

from __future__ import annotations

import os
import sys

from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode

from autograder.boundary.sandbox import keep_changes_in


def kernels_in(folder: str) -> type[AsyncKernelManager]:
    """What starts kernels that change files in ``folder`` alone, where Landlock can be had."""

    class Contained(AsyncKernelManager):
        # Of two kernels that start at the same time, each could be told a port that the other takes.
        transport = Unicode("ipc" if os.name == "posix" else "tcp")
        ip = Unicode(os.path.join(folder, "kernel") if os.name == "posix" else "127.0.0.1")

        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            return [sys.executable, "-P", "-m", __name__, folder, *super().format_kernel_cmd(extra_arguments)]

    return Contained


if __name__ == "__main__":
    _, folder, *command = sys.argv
    keep_changes_in(folder)
    os.execvp(command[0], command)
