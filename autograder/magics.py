"""IPython's commands in an instructor's cells, run as Python in the grader or not at all.

Runs in the grader's process; in a learner's notebook it only reads.
"""

from __future__ import annotations

import importlib
import io
import re
import sys
from functools import lru_cache
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from IPython.utils.capture import CapturedIO

from autograder.boundary.calls import RUN_PYTHON, WRITE_FILES
from autograder.errors import AuthoringError

_RUNS_PYTHON = re.compile(rf"\A(\s*)%%({'|'.join(RUN_PYTHON)})\b(.*)")
_TIMES = re.compile(r"\s*(-[nrp]\s*\d+\s*|-[tcqvo]+\b\s*)*")
"""The options of ``%timeit``."""
_QUIET = (
    *("matplotlib", "load_ext", "unload_ext", "reload_ext", "autoreload", "config", "precision", "xmode", "colors"),
    *("pprint", "pdb", "autosave", "pinfo", "pinfo2", "pdoc", "pdef", "psource", "who", "whos"),
)
"""Magics without which a test says the same."""


def plain(source: str) -> str:
    """A cell's source as plain Python, its lines where they were: the magic of a whole cell that runs it is left out.

    Other magics call ``get_ipython()``, which is ours.
    """
    source = _RUNS_PYTHON.sub(_in_its_place, source)
    try:
        return TransformerManager().transform_cell(source)
    except SyntaxError:  # what runs it says so
        return source


def _in_its_place(magic: re.Match) -> str:
    space, name, line = magic.groups()
    target = line.split()[-1:] if name == "capture" else []
    if target and target[0].isidentifier():
        return f"{space}{target[0]} = get_ipython().captured()"
    return space + (line[_end_of_options(line) :] if name == "timeit" else "#")


def _end_of_options(line: str) -> int:
    options = _TIMES.match(line)
    return options.end() if options else 0


python = lru_cache(maxsize=1024)(plain)
"""The same of an instructor's cell, which comes again with every submission."""


def shows_its_end(source: str) -> bool:
    """Whether a notebook shows what the expression in a cell's last line gives."""
    magic = _RUNS_PYTHON.match(source)
    runs_out_of_sight = magic is not None and magic[2] != "time"
    return not runs_out_of_sight and not DisplayHook.semicolon_at_end_of_expression(python(source))


class Commands:
    """Stands for ``get_ipython()``: what times a statement runs it; what a test does without is passed over."""

    def __init__(self, names: dict) -> None:
        self._names = names

    def run_line_magic(self, name: str, line: str, *_: object, **__: object) -> Any:
        """``%name line``"""
        if name == "time":
            text = python(line)
            try:
                return eval(compile(text.strip(), "<timed>", "eval"), self._names)
            except SyntaxError:
                return exec(compile(text, "<timed>", "exec"), self._names)
        if name == "timeit" and "-o" not in line.split():
            return exec(compile(python(line[_end_of_options(line) :]), "<timed>", "exec"), self._names)
        return None if name in _QUIET else _refuse(f"%{name}")

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        """``%%name``"""
        *options, file = line.split() or [""]
        if name not in WRITE_FILES or not file:
            _refuse(f"%%{name}")
        with open(file.strip("'\""), "a" if options else "w", encoding="utf-8") as stream:
            stream.write(cell)
        importlib.invalidate_caches()

    def captured(self) -> CapturedIO:
        """What the rest of a cell prints, below ``%%capture``: whoever runs the cell gives stdout back after it."""
        sys.stdout = io.StringIO()
        return CapturedIO(sys.stdout, None)

    def system(self, command: str) -> NoReturn:
        """``!command``"""
        _refuse(f"!{command[:40]}")

    getoutput = system

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        _refuse(f"get_ipython().{name}")


def _refuse(what: str) -> NoReturn:
    raise AuthoringError(f"`{what}` does not run where grade cells are judged: write it in Python")
