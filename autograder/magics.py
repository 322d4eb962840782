"""IPython's commands in an instructor's cells, run as Python in the grader or not at all.

Runs in the grader's process; in a learner's notebook it only reads.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NoReturn

from IPython.core.inputtransformer2 import TransformerManager

from autograder.boundary.calls import RUN_PYTHON
from autograder.errors import AuthoringError

_RUNS_PYTHON = re.compile(rf"\A(\s*)%%({'|'.join(RUN_PYTHON)})\b.*")
_QUIET = ("matplotlib", "load_ext", "reload_ext", "autoreload", "config", "precision", "timeit", "xmode")
"""Magics without which a test says the same."""


def plain(source: str) -> str:
    """A cell's source as plain Python, its lines where they were: the magic of a whole cell that times it is left out.

    Other magics call ``get_ipython()``, which is ours.
    """
    source = _RUNS_PYTHON.sub(r"\1#", source)
    try:
        return TransformerManager().transform_cell(source)
    except SyntaxError:  # what runs it says so
        return source


python = lru_cache(maxsize=1024)(plain)
"""The same of an instructor's cell, which comes again with every submission."""


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
        return None if name in _QUIET else _refuse(f"%{name}")

    def run_cell_magic(self, name: str, *_: object) -> NoReturn:
        """``%%name``"""
        _refuse(f"%%{name}")

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
