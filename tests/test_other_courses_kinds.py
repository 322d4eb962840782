"""Kinds of grade cells of other courses, each beside a right answer and a wrong one: what a notebook would say."""

from typing import Any, NamedTuple

import pytest
from courses import answer, lesson_of, test

from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell


class Kind(NamedTuple):
    """A grade cell with two answers; ``waits`` is what is said where it cannot be judged here."""

    right: str
    test: str
    wrong: str
    waits: str = ""


PLUS_ONE = "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1"
COUNT = "async def g(n):\n    for i in range(n): yield i"
AWAITS = {
    "a coroutine is awaited": Kind(PLUS_ONE, "assert await f(2) == 3", "async def f(x): return x"),
    "the last line is awaited": Kind(PLUS_ONE, "r = f(2)\nassert await r == 3\nawait f(1)", "async def f(x): return x"),
    "a coroutine of the cell awaits one": Kind(
        PLUS_ONE, "async def check():\n    assert await f(2) == 3\nawait check()", "async def f(x): return x"
    ),
    "some are gathered": Kind(
        PLUS_ONE, "import asyncio\nassert await asyncio.gather(f(1), f(2)) == [2, 3]", "async def f(x): return x"
    ),
    "one becomes a task": Kind(
        PLUS_ONE, "import asyncio\nt = asyncio.create_task(f(2))\nassert await t == 3", "async def f(x): return x"
    ),
    "gathered ones take turns": Kind(
        "import asyncio\nLOG = []\nasync def f(name):\n    for i in range(2):\n"
        "        LOG.append((name, i)); await asyncio.sleep(0)",
        "import asyncio\nawait asyncio.gather(f('a'), f('b'))\nassert LOG == [('a', 0), ('b', 0), ('a', 1), ('b', 1)]",
        "LOG = []\nasync def f(name):\n    for i in range(2): LOG.append((name, i))",
    ),
    "one is cancelled in time": Kind(
        "import asyncio\nENDED = []\nasync def f():\n    try: await asyncio.sleep(60)\n"
        "    except asyncio.CancelledError:\n        ENDED.append(1); raise",
        "import asyncio\ntry:\n    await asyncio.wait_for(f(), 0.02)\n    assert False\n"
        "except asyncio.TimeoutError:\n    pass\nassert ENDED == [1]",
        "ENDED = []\nasync def f(): return 1",
    ),
    "one raises": Kind(
        "async def f(x): raise ValueError('no')",
        "try:\n    await f(2)\nexcept ValueError as e:\n    assert str(e) == 'no'\nelse:\n    assert False",
        "async def f(x): return x",
    ),
    "a generator is iterated": Kind(
        COUNT, "got = []\nasync for i in g(3): got.append(i)\nassert got == [0, 1, 2]", "async def g(n):\n    yield 1"
    ),
    "a comprehension iterates": Kind(COUNT, "assert [i async for i in g(3)] == [0, 1, 2]", "async def g(n): yield 1"),
    "a manager is entered and left": Kind(
        "LEFT = []\nclass C:\n    async def __aenter__(self): return 3\n"
        "    async def __aexit__(self, *e): LEFT.append(e[0]); return True",
        "async with C() as c:\n    assert c == 3\n    raise ValueError\nassert LEFT == [ValueError]",
        "LEFT = []\nclass C:\n    async def __aenter__(self): return 3\n    async def __aexit__(self, *e): return True",
    ),
    "inspect asks what a function is": Kind(
        PLUS_ONE,
        "import inspect\nassert inspect.iscoroutinefunction(f) and inspect.iscoroutine(f(1))",
        "def f(x): pass",
    ),
    "a loop within the loop": Kind(
        PLUS_ONE,
        "import asyncio\nassert asyncio.run(f(2)) == 3",
        "async def f(x): return x",
        waits="asyncio.run() cannot be called from a running event loop",
    ),
    "an answer that starts a loop": Kind(
        f"{PLUS_ONE}\ndef main(): return asyncio.run(f(2))",
        "assert main() == 3",
        "def main(): return 2",
        waits="your code stopped with an error",
    ),
    "a coroutine of the test's": Kind(
        "async def apply(f, x): return await f(x)",
        "async def plus(x): return x + 1\nassert await apply(plus, 2) == 3",
        "async def apply(f, x): return x",
        waits="a coroutine of the test's cannot cross to the learner's side",
    ),
}
KINDS = AWAITS


@pytest.fixture(scope="module")
def grades(template: Template) -> Any:
    """Of the right answers and of the wrong ones: what each grade cell gives."""
    cells = []
    for name, kind in KINDS.items():
        cells += [answer(kind.right, f"{name}, answered"), test(kind.test, name)]
    lesson = lesson_of(*cells, count_once=False)
    wrong = {f"{name}, answered": kind.wrong for name, kind in KINDS.items()}
    with Grader(lesson, template) as grader:
        notebooks = {"right": lesson.source, "wrong": answered(lesson.source, wrong)}
        yield {
            word: {check.grade_id: check for check in grader.grade(notebook, 1).checks}
            for word, notebook in notebooks.items()
        }


@pytest.mark.parametrize("name", KINDS)
def test_a_right_answer_has_full_marks_or_waits(grades: Any, name: str) -> None:
    check = grades["right"][name]
    assert check.points == (None if KINDS[name].waits else 2), str(check.message)
    assert KINDS[name].waits in str(check.message)


@pytest.mark.parametrize("name", KINDS)
def test_a_wrong_answer_has_none_or_waits(grades: Any, name: str) -> None:
    check = grades["wrong"][name]
    assert check.points == (None if KINDS[name].waits else 0), str(check.message)
