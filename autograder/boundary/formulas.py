"""Formulas of sympy as data, where sympy is installed: trees of its own classes, and no text is read. Both sides.

What is made again is compared with what was to be told before it is sent; whatever would become another formula is no
data, and is lent.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from autograder.boundary.limits import MAX_DEPTH

Part = Callable[[Any], Any]
NAMES = ("formula", "cells")
_MAX_DIGITS = 100_000
# A test may make a function of a formula, for which sympy writes it down as Python and runs that: names are words that
# could call nothing, and what they call is nothing that Python or a library has.
_SYMBOL = re.compile(r"[\w{}\\]{1,200}")
_FUNCTION = re.compile(r"[f-hpqu-zFGHUVXY]\d{0,2}")
_UNEVALUATED = (
    *("Add", "Mul", "Pow", "Equality", "Unequality", "StrictGreaterThan", "StrictLessThan", "GreaterThan", "LessThan"),
    *("And", "Or", "Not", "Xor", "Implies", "FiniteSet", "Union", "Intersection", "Complement", "Piecewise"),
    *("Min", "Max", "Mod"),
)
"""Classes that would make another formula of their parts, unless they are told not to."""
_AS_THEY_ARE = (
    *("Tuple", "Derivative", "Integral", "Sum", "Product", "Limit", "Lambda", "Subs", "Interval", "ExprCondPair"),
    *("ConditionSet", "ImageSet"),
)
_SINGLE = (
    *("Pi", "Exp1", "ImaginaryUnit", "Infinity", "NegativeInfinity", "ComplexInfinity", "NaN", "true", "false"),
    *("GoldenRatio", "EulerGamma", "Catalan", "EmptySet", "Reals", "Integers", "Naturals", "Naturals0", "Complexes"),
    *("Rationals", "UniversalSet"),
)


def sent(value: Any, part: Part) -> dict | None:
    """A formula or matrix as data; None for anything else."""
    sympy = sys.modules.get("sympy")
    if sympy is None or not str(getattr(type(value), "__module__", "")).startswith("sympy."):
        return None
    if type(value) in (sympy.MutableDenseMatrix, sympy.ImmutableDenseMatrix):
        cells = [sent(cell, part) for cell in value.flat()]
        kind = "fixed" if type(value) is sympy.ImmutableDenseMatrix else ""
        return {"cells": [*value.shape, cells, kind]} if all(cells) else None
    if not isinstance(value, sympy.Basic):
        return None
    tree = _tree(value, 0)
    return {"formula": tree} if tree is not None and _is_same(_made(tree, 0), value) else None


def may_change(value: Any) -> bool:
    """Whether it is a matrix whose cells can be given other values."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and type(value) is getattr(sympy, "MutableDenseMatrix", None)


def made(kind: str, content: Any, part: Part) -> Any:
    """The value of which ``sent`` gave the content; raises whatever it likes on what no honest side sends."""
    import sympy

    if kind == "formula":
        return _made(content, 0)
    rows, columns, cells, fixed = content
    found = [part(cell) for cell in cells]
    if not all(isinstance(cell, sympy.Basic) for cell in found):
        raise TypeError("no matrix of formulas")
    return (sympy.ImmutableMatrix if fixed else sympy.Matrix)(int(rows), int(columns), found)


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _tree(value: Any, depth: int) -> list | None:
    """A formula as nested lists; None, if a part of it is of another kind."""
    import sympy

    kind = type(value)
    if kind is sympy.Symbol and _SYMBOL.fullmatch(value.name):
        return ["symbol", value.name, {name: bool(is_so) for name, is_so in value._assumptions_orig.items()}]
    if isinstance(value, sympy.Rational):
        return ["rational", f"{value.p:x}", f"{value.q:x}"]
    if kind is sympy.Float:
        sign, mantissa, exponent, bits = value._mpf_
        return ["float", sign, f"{int(mantissa):x}", exponent, bits, value._prec]
    if single := next((name for name in _SINGLE if getattr(sympy.S, name) is value), ""):
        return ["single", single]
    if isinstance(value, sympy.core.function.AppliedUndef):
        how, name, is_known = "function", value.name, bool(_FUNCTION.fullmatch(value.name))
    else:
        how, name, is_known = "of", kind.__name__, _class(kind.__name__) is kind
    if depth > MAX_DEPTH or not is_known:
        return None
    parts = [_tree(each, depth + 1) for each in value.args]
    return [how, name, parts] if all(each is not None for each in parts) else None


def _made(tree: Any, depth: int) -> Any:
    import sympy

    if depth > MAX_DEPTH:
        raise ValueError("a formula nested too deeply")
    match tree:
        case ["symbol", str(name), dict(assumptions)] if _SYMBOL.fullmatch(name):
            return sympy.Symbol(name, **{str(each): bool(is_so) for each, is_so in assumptions.items()})
        case ["rational", numerator, denominator]:
            return sympy.Rational(_number(numerator), _number(denominator))
        case ["float", sign, mantissa, exponent, bits, precision]:
            return sympy.Float._new((int(sign), _mpz(_number(mantissa)), int(exponent), int(bits)), int(precision))
        case ["single", str(name)] if name in _SINGLE:
            return getattr(sympy.S, name)
        case ["function", str(name), list(parts)] if _FUNCTION.fullmatch(name):
            return sympy.Function(name)(*(_made(each, depth + 1) for each in parts))
        case ["of", str(name), list(parts)]:
            kind = _class(name)
            if kind is None:
                raise ValueError("no class of formulas")
            unevaluated = {} if name in _AS_THEY_ARE else {"evaluate": False}
            return kind(*(_made(each, depth + 1) for each in parts), **unevaluated)
    raise ValueError("no formula")


@cache
def _class(name: str) -> Any:
    """The class of this name, of those that formulas are made of: sympy's functions, and the list above."""
    import sympy
    from sympy.functions.elementary.piecewise import ExprCondPair

    found = ExprCondPair if name == "ExprCondPair" else vars(sympy).get(name)
    if name in _UNEVALUATED or name in _AS_THEY_ARE:
        return found
    is_function = isinstance(found, type) and issubclass(found, sympy.Function)
    return found if is_function and found.__module__.startswith("sympy.functions.") else None


def _number(text: Any) -> int:
    if not isinstance(text, str) or len(text) > _MAX_DIGITS:
        raise ValueError("no text of a number")
    return int(text, 16)


def _mpz(number: int) -> Any:
    from mpmath.libmp import MPZ

    return MPZ(number)
