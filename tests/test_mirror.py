"""One folder on both sides: what a submission may put where a grade cell runs, and what becomes of the rest."""

import random
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from courses import answer, lesson_of, test

from autograder.boundary.mirror import Mirror
from autograder.boundary.template import Template
from autograder.grading import Grader
from autograder.lesson import answered
from autograder.verdict import Verdict

test.__test__ = False  # type: ignore[attr-defined]  # it makes a cell


def file(name: Any, content: bytes = b"x") -> dict:
    return {"files": [[name, b64encode(content).decode()]]}


def anything(_: str, __: bytes) -> bool:
    return True


@pytest.mark.parametrize(
    "told",
    [
        *(file("../out.txt"), file("/tmp/out.txt"), file("a/../../out.txt"), file("a\0b"), file("a\nb"), file("")),
        *(file("x" * 300), file(3), file(["a"]), file("link/in.txt"), file("link"), {"folders": ["../out"]}),
        *({"files": [["a.txt", "no base64!"]]}, {"files": [["a.txt"]]}, {"files": 3}, [], 3, {"folders": ["a"] * 200}),
        *(file(".netrc"), file("a/.b"), {"gone": 3}, {"files": [[f"{n}.txt", ""] for n in range(200)]}),
    ],
)
def test_what_no_honest_side_tells_writes_nothing_outside(tmp_path: Path, told: Any) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    with pytest.raises((ValueError, TypeError, AttributeError)):
        Mirror(inside).apply(told, anything)
    assert not [*outside.iterdir()] and sorted(each.name for each in tmp_path.iterdir()) == ["in", "out"]


def test_only_what_was_told_of_can_be_taken_away(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("1")
    mirror = Mirror(tmp_path)
    mirror.begin([])
    mirror.apply({"gone": ["mine.txt", "../mirror", "none"]}, anything)
    assert (tmp_path / "mine.txt").exists()
    mirror.apply(file("theirs.txt"), anything)
    mirror.apply({"gone": ["theirs.txt"]}, anything)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_changes_of_one_side_make_the_other_the_same_whatever_they_are(tmp_path: Path) -> None:
    drawn = random.Random(3)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    one, other = Mirror(here), Mirror(there)
    for _ in range(60):
        side = drawn.choice([here, there])
        path = side / drawn.choice(["a", "b.txt", "c/d", "c/e/f.bin"])
        if path.exists() and drawn.random() < 0.4:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(drawn.randbytes(drawn.randrange(9)))
        if side is here:
            other.apply(one.changes(), anything)
        else:
            one.apply(other.changes(), anything)
        found = [
            {each.relative_to(side): each.read_bytes() for each in side.rglob("*") if each.is_file()}
            for side in (here, there)
        ]
        assert found[0] == found[1]
    assert one.changes() == other.changes() == {}


READS = "import os\nf()\nassert open('data.csv').read() == '1'\nassert not os.path.exists('helper2.py')"


@pytest.mark.parametrize(
    ("source", "waits"),
    [
        ("def f(): open('data.csv', 'w').write('1')", False),
        ("def f():\n    import os\n    os.remove('data.csv')\n    open('data.csv', 'w').write('2')", True),
        ("def f(): open('helper2.py', 'w').write('import os')", True),
        ("def f(): open('x.db', 'wb').write(b'\\0\\1')", True),
        ("def f(): pass\nopen('x.db', 'wb').write(b'\\0\\1')", False),
        ("def f(): pass\nopen('helper2.py', 'w').write('import os')", True),
        ("def f(): open('matplotlibrc', 'w').write('text.usetex: True')", False),
        ("def f():\n    import os\n    os.symlink('/etc/passwd', 'seen.txt')", False),
    ],
)
def test_a_file_in_the_place_of_the_courses_or_one_that_would_run_is_not_taken(
    template: Template, source: str, waits: bool
) -> None:
    lesson = lesson_of(answer("def f(): pass"), test(READS), files={"data.csv": b"1"})
    with Grader(lesson, template) as grader:
        check = grader.grade(answered(lesson.source, {"answer": source}), 1).checks[0]
    assert (check.points, check.verdict) == ((None, Verdict.NOT_JUDGED) if waits else (2, Verdict.ACCEPTED))


READERS = {
    "a pickle": "import pickle\nf()\nwith open('a.txt', 'rb') as file:\n    pickle.load(file)",
    "an array": "import numpy as np\nf()\nnp.load('a.txt', allow_pickle=True)",
    "a program": "f()\nexec(open('b.txt').read())",
    "a page of yaml": "import yaml\nf()\nwith open('c.txt') as file:\n    yaml.load(file, Loader=yaml.Loader)",
    "a formula": "import sympy\nf()\nsympy.sympify(open('d.txt').read())",
    "examples": "import doctest\nf()\ndoctest.testfile('e.txt', module_relative=False)",
}


@pytest.mark.parametrize("reader", READERS)
def test_a_text_that_would_run_where_a_cell_reads_it_is_not_taken(
    template: Template, tmp_path: Path, reader: str
) -> None:
    ran = tmp_path / "ran"
    source = (
        "import os, pickle\n\nclass Program:\n    def __reduce__(self):\n"
        f"        return os.mkdir, ({str(ran)!r},)\n\n"
        "def f():\n    open('a.txt', 'wb').write(pickle.dumps(Program(), protocol=0))\n"
        f"    open('b.txt', 'w').write('import os; os.mkdir({str(ran)!r})')\n"
        f"    open('c.txt', 'w').write('!!python/object/apply:os.mkdir [{ran}]')\n"
        f"    open('d.txt', 'w').write('__import__(\"os\").mkdir(\"{ran}\")')\n"
        f"    open('e.txt', 'w').write('>>> __import__(\"os\").mkdir(\"{ran}\")\\n')"
    )
    honest = (
        "import pickle\n\ndef f():\n    open('a.txt', 'wb').write(pickle.dumps(1, protocol=0))\n"
        "    for name in 'bcde':\n        open(f'{name}.txt', 'w').write('1')"
    )
    lesson = lesson_of(answer(honest), test(READERS[reader]))
    with Grader(lesson, template) as grader:
        check = grader.grade(answered(lesson.source, {"answer": source}), 1).checks[0]
    assert (check.points, check.verdict.waits, ran.exists()) == (None, True, False)


def test_a_submission_that_fills_the_folder_loses_its_worker_and_no_more(template: Template) -> None:
    source = "at = [0]\ndef f():\n    at[0] += 1\n    open(f'{at[0]}.txt', 'w').write('x' * 4_000_000)"
    cells = (
        answer("def f(): open('1.txt', 'w')"),
        test("for _ in range(40):\n    f()\nopen('1.txt')"),
        test("assert 1", "other"),
    )
    lesson = lesson_of(*cells)
    with Grader(lesson, template) as grader:
        checks = grader.grade(answered(lesson.source, {"answer": source}), 1).checks
    assert checks[0].points == 0 and checks[0].verdict is Verdict.RUN_TIME_ERROR
