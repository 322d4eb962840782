"""sympy makes formulas of texts by running them, and a text may be a learner's: here it makes none. Grader's side."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from autograder.errors import AuthoringError


def read_no_formulas() -> None:
    """From now on sympy makes no formula of a text here, which it does by running it: the text may be a learner's."""
    with suppress(ImportError):
        from sympy.parsing import sympy_parser

        def refuse(*_: object) -> NoReturn:
            raise AuthoringError("sympy would run a text to make a formula of it: write it with symbols")

        sympy_parser.eval = refuse
        printer = sys.modules["sympy.utilities.lambdify"]._EvaluatorPrinter
        if printer.doprint.__module__ != __name__:
            printer.doprint = _of_formulas_alone(printer.doprint, refuse)


def _of_formulas_alone(written: Callable, refuse: Callable) -> Callable:
    """``lambdify``'s way to write a formula down as Python, which takes a text as it is."""

    def doprint(self: Any, name: str, args: Any, formula: Any, **more: Any) -> Any:
        def check(part: Any) -> None:
            if type(part) in (list, tuple):
                for each in part:
                    check(each)
            elif type(part) not in (int, float, complex) and not issubclass(type(part), (Basic, MatrixBase)):
                refuse()

        from sympy import Basic, MatrixBase

        check(formula)
        return written(self, name, args, formula, **more)

    return doprint
