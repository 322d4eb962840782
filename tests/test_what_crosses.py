"""The grader's README tells truly what crosses to a plain grade cell."""

import re

import pytest
from class_of_four import ROOT
from courses import answer, test
from test_other_course import grading, points, said

from autograder.boundary.template import Template

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell
IMPORTS = """\
from collections import Counter, OrderedDict, UserDict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
import numpy as np
import sympy
import torch
"""
THING = """\
from enum import IntEnum
from typing import NamedTuple
class Stack(list):
    def top(self): return self[-1]
class Point(NamedTuple):
    x: int
    y: int
    def total(self): return self.x + self.y
class Level(IntEnum):
    LOW = 1
class Thing:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return self.n == getattr(other, "n", other)
    def __abs__(self): return self
    def __lt__(self, other): return self.n < other
def raises(error): raise error
"""
USES = {
    "Stack([1])": "assert given() == [1] and given().top() == 1",
    "Point(1, 2)": "assert given() == (1, 2) and given().total() == 3",
    "Level.LOW": "assert given() == 1 and given().name == 'LOW'",
    "Thing(2)": "assert given().n == 2",
    "Thing": "assert given()(2).n == 2",
    "iter([2])": "assert next(given()) == 2",
    "(n for n in [2])": "assert list(given()) == [2]",
}


def rows() -> list[tuple[str, str]]:
    """Each example of the table, and what it says of it."""
    text = (ROOT / "autograder" / "README.md").read_text(encoding="utf-8")
    table = text.split("**What crosses.**")[1].split("\n\n")[1].splitlines()[2:]
    cells = [[part.strip() for part in row.strip("|").split(" | ")] for row in table]
    return [(example, has) for _, examples, has in cells for example in re.findall(r"`([^`]+)`", examples)]


def use(example: str, has: str) -> str:
    """What a test does with the example."""
    if has == "the same":
        same = f"same = given() == {example}\nassert getattr(same, 'all', lambda: same)() is not False"
        pandas = f"pd.testing.assert_{'frame' if 'Frame' in example else 'series'}_equal(given(), {example})"
        return f"import pandas as pd\n{pandas}" if "pd." in example else same
    if has.startswith("the exception"):
        kind = re.search(r"\((\w+)", example)[1]  # type: ignore[index]
        return f"try:\n    given()\nexcept {kind} as error:\n    assert type(error) is {kind}\nelse:\n    assert False"
    compared = re.fullmatch(r"(abs\()?Thing\(2\)\)? (.*)", example)
    if compared:
        return f"assert {compared[1] or '('}given()) {compared[2]}"
    return USES.get(example, "assert len(given())")


@pytest.mark.parametrize(("example", "has"), rows())
def test_what_the_readme_says_of_an_example_is_so(template: Template, example: str, has: str) -> None:
    if "pd." in example:
        pytest.importorskip("pandas")
    value = "Thing(2)" if "Thing(2)" in example else example
    imports = IMPORTS + ("import pandas as pd\n" if "pd." in example else "")
    cells = (answer(f"{imports}{THING}def given(): return {value}"), test(f"{IMPORTS}{use(example, has)}"))
    with grading(template, *cells) as grade:
        graded = grade()
    assert points(graded) == [None if "it waits" in has else 2], said(graded)


def test_the_table_has_examples_of_every_kind() -> None:
    assert len(rows()) > 30 and len({has for _, has in rows()}) == 5
