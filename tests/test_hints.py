"""What ``verify`` says of the hints of an exercise."""

import pytest
import torch
from courses import answer, lesson_of
from nbformat.v4 import new_markdown_cell

from autograder.lesson import Lesson
from autograder.proofs.hints import wrong_hints

SOLUTION = "def grow(x, rate):\n    ### BEGIN SOLUTION\n    return x + rate * x\n    ### END SOLUTION"
TWO_STEPS = SOLUTION.replace("return x + rate * x", "sigma = torch.exp(x / 2)\n    return torch.sqrt(sigma + rate) - 1")
NEIGHBOUR = "x = torch.tensor(3.0)\nprint(2 * x)  # prints tensor(6.)"


def fold(number: int, text: str) -> str:
    return f"<details><summary>Hint {number}</summary>\n\n{text}\n\n</details>"


def third(code: str, words: int = 70, prose: str = "") -> str:
    """A third hint of so many words, with this code in it."""
    block = f"```python\n{code}\n```" if code else ""
    filled = words - len(f"{prose} {code}".split())
    return f"{prose} {'word ' * filled}\n\n{block}"


def lesson(*hints: str, solution: str = SOLUTION) -> Lesson:
    """A lesson of one exercise with these hints."""
    prose = "\n\n".join(fold(number, text) for number, text in enumerate(hints, start=1))
    return lesson_of(new_markdown_cell(prose), answer(solution, "grow"))


def said(hint: str, solution: str = SOLUTION) -> list[str]:
    """What is said of a third hint."""
    return list(wrong_hints(lesson("Think.", "Multiply.", hint, solution=solution)))


@pytest.mark.parametrize(
    "code",
    [
        NEIGHBOUR,
        "print(math.floor(2.5), np.ones(2))\n# prints 2 [1. 1.]",
        "def grow(x, rate):\n    return x + ... * x",
        "for name in ('a', 'b'):\n    print(name)\n# prints a\n# prints b",
    ],
    ids=["a worked neighbour", "modules without an import", "a skeleton", "two lines"],
)
def test_a_third_hint_is_code_that_is_true_or_has_gaps(code):
    assert said(third(code)) == []


@pytest.mark.parametrize(
    ("hint", "problem"),
    [
        (third(NEIGHBOUR, 59), "it has 59 words, of code too; 60 to 120 are promised"),
        (third(NEIGHBOUR, 121), "it has 121 words, of code too; 60 to 120 are promised"),
        (third(""), "it holds no code. Write a worked neighbour, or a skeleton with gaps, in a block ```python"),
        (third("if x"), "its code is no Python: expected ':', in 'if x'"),
        (third("1 / 0"), "its code stops with ZeroDivisionError: division by zero"),
        (third("print(2)  # prints 3"), "its code prints ['2'], and says that it prints ['3']"),
        (third("print(2)"), "its code prints ['2'], and says that it prints []"),
        (third("def grow(x): return 2 * x"), "it defines grow. A worked neighbour is another function"),
        (third("def f(x, rate): return x + rate * x"), "it gives the answer away: x + rate * x"),
        (third("a, b = 1, 2\nc = a+b *a"), "it gives the answer away: x + rate * x"),
        (third("...\nreturn (x + rate * x)"), "it gives the answer away: x + rate * x"),
        (third(NEIGHBOUR, prose="Return `x + rate*x`."), "it gives the answer away: x + rate * x"),
    ],
    ids=[
        *("short", "long", "no code", "no Python", "stops", "another number", "unsaid", "the exercise itself"),
        *("the answer", "the answer with other names", "the answer in a skeleton", "the answer in the prose"),
    ],
)
def test_what_is_wrong_with_a_third_hint_is_said(hint, problem):
    assert said(hint) == [f"grow, hint 3: {problem}"]


def test_a_step_that_says_little_is_no_answer_where_the_answer_has_more():
    step, last = third("y = torch.exp(torch.tensor(1) / 2)"), third("a = b = torch.tensor(2)\ntorch.sqrt(a + b) - 1")
    assert said(step, TWO_STEPS) == []
    assert said(last, TWO_STEPS) == ["grow, hint 3: it gives the answer away: torch.sqrt(sigma + rate) - 1"]


def test_a_long_name_of_pytorch_hides_no_answer():
    solution = SOLUTION.replace("x + rate * x", "F.softplus(x) + rate")
    code = "a = b = torch.tensor(1.0)\nc = torch.nn.functional.softplus(a) + b"
    assert said(third(code), solution) == ["grow, hint 3: it gives the answer away: F.softplus(x) + rate"]


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_every_exercise_has_three_hints(count):
    hints = ["Think.", "Multiply.", third(NEIGHBOUR), third(NEIGHBOUR)][:count]
    assert list(wrong_hints(lesson(*hints))) == [
        f"grow has the hints {['1', '2', '3', '4'][:count]}; "
        "it needs 1, 2 and 3, each a fold with blank lines around its text"
    ]


def test_a_hint_without_blank_lines_around_its_text_is_none():
    cells = new_markdown_cell(fold(1, "Think.").replace("\n\n", "\n")), answer(SOLUTION, "grow")
    assert list(wrong_hints(lesson_of(*cells))) == [
        "grow has the hints []; it needs 1, 2 and 3, each a fold with blank lines around its text"
    ]


def test_hints_belong_to_the_answer_below_them():
    first, second = lesson("Think.", "Multiply.", third(NEIGHBOUR)).source.cells
    more = new_markdown_cell(fold(1, "Think again.")), answer(SOLUTION.replace("grow", "shrink"), "shrink")
    assert [line.split(";")[0] for line in wrong_hints(lesson_of(first, second, *more))] == [
        "shrink has the hints ['1']"
    ]


def test_the_draws_of_a_hint_are_not_those_of_the_checks_after_it():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert said(third("torch.manual_seed(0)\ntorch.randn(3)")) == []
    assert torch.equal(torch.get_rng_state(), before)
