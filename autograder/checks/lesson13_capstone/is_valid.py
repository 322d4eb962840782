"""is_valid: its checks and wrong answers. Grader's side."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

from autograder import expect
from autograder.beside.lesson13_capstone import answers
from autograder.boundary.learner import LearnerObject, beside
from autograder.draws import Draws
from autograder.errors import for_inputs
from autograder.exercise import Exercise, unnamed
from autograder.failure import Failure
from autograder.verdict import Mistake
from lessonkit.strings import some_strings

exercise = Exercise("is_valid", reread="A grammar of one line")

BALANCE = Mistake(
    "balance", "parentheses are counted, and what stands in them is not read: (a) and (ab) have as many of either kind."
)
COUNTED = Mistake("counted", "the symbols of each kind are counted, and their order is not read: a)+(b has as many.")
WITHOUT = Mistake("without_parentheses", "a+b passes without parentheses of its own. Every pair has them.")
PREFIX = Mistake("prefix", "what follows a valid beginning is not looked at. The whole string has to be used up.")
EXTRA = Mistake(
    "extra_parentheses", "(a) passes. Parentheses stand around two expressions with a sign, and never else."
)
FLAT = Mistake("flat", "a pair within a pair is refused. The two sides may be pairs themselves.")
EMPTY = Mistake("empty", "the empty string passes. An expression has at least one letter.")
LINE_END = Mistake("line_end", "a string with a line break behind it passes: $ matches before it. Use re.fullmatch.")
BLANKS = Mistake("blanks", "blanks pass. They are no symbols of the grammar.")
LONGEST = 200
SYMBOLS = "abc(+*)"


def right(text: str) -> bool:
    """Whether the grammar has the string."""
    if "E" in text:
        return False
    text = re.sub("[abc]", "E", text)
    while (shorter := text.replace("(E+E)", "E").replace("(E*E)", "E")) != text:
        text = shorter
    return text == "E"


def told(is_valid: LearnerObject, texts: list[str]) -> list[Any]:
    """What is said of each text."""
    with for_inputs(f"one of {len(texts):,} strings"):
        return list(beside(answers, is_valid, texts))


def judge(is_valid: LearnerObject, texts: list[str]) -> None:
    """Every text is judged rightly, by a bool; a mistake is named if it explains what is said of all of them."""
    found = told(is_valid, texts)
    for text, answer in zip(texts, found, strict=True):
        if type(answer) is not bool:
            likely = expect.NO_RETURN if set(found) == {"NoneType"} else None
            raise Failure(f"{called(text)} is no bool", "True or False", f"{answer}", likely)
    expected = [right(text) for text in texts]
    wrong = [text for text, said, so in zip(texts, found, expected, strict=True) if said is not so]
    if wrong:
        shortest = min(wrong, key=len)
        likely = next((mistake for mistake, said in mistakes(texts) if said == found), None)
        observed = f"{not right(shortest)} ({len(wrong)} of {len(texts):,} strings are judged wrongly)"
        raise Failure(f"{called(shortest)} is wrong", f"{right(shortest)}", observed, likely)


def called(text: str) -> str:
    """A call with a text, which may be long."""
    return (
        f"is_valid({text!r})"
        if len(text) <= 40
        else f"is_valid of {len(text)} characters that begin with {text[:10]!r}"
    )


def mistakes(texts: list[str]) -> Iterator[tuple[Mistake, list[Any]]]:
    """What each mistake says of the texts."""
    return exercise.mistaken(lambda answer: told(answer, texts))


@exercise.check
def grammar(is_valid: LearnerObject, rng: Draws) -> None:
    """Strings of the seven symbols are judged rightly: all up to length 4, longer valid ones, and those near them."""
    chance = random.Random(rng.new_seed())
    short = ["".join(each) for length in range(1, 5) for each in itertools.product(SYMBOLS, repeat=length)]
    valid = list(dict.fromkeys(some_strings(300, rng.new_seed())))
    near = []
    for text in valid:
        at = chance.randrange(len(text))
        near += [text[:at] + text[at + 1 :], text[:at] + chance.choice(SYMBOLS) + text[at:]]
        near += [text[:at] + chance.choice(SYMBOLS) + text[at + 1 :], text + chance.choice(SYMBOLS), text[1:-1]]
        near.append(text[:at] + text[at : at + 2][::-1] + text[at + 2 :])
    # One of each kind, whatever is drawn.
    always = [
        "(a+b)",
        "((a+b)*c)",
        "(a*(b+c))",
        "((a*b)+(c*a))",
        "(a)",
        "((a+b))",
        "a+b",
        "(a+b)c",
        "(a+b+c)",
        "(ab+c)",
        "a)+(b",
        "(+ab)",
    ]
    judge(is_valid, [*always, *short, *valid, *near])


@exercise.check
def texts(is_valid: LearnerObject, rng: Draws) -> None:
    """Any text of up to 200 characters gets a bool: the empty one, other characters, blanks, and deep pairs."""
    deep = "a"
    while len(deep) + 4 <= LONGEST:
        deep = f"({deep}+b)"
    texts = [
        "",
        "a",
        " ",
        "a ",
        " a",
        "( a+b)",
        "a\n",
        "(a+b)\n",
        "(a+b)",
        "((a+b)*c)",
        "\n",
        "d",
        "(a-b)",
        "A",
        "1",
        "ä",
        "(a+d)",
        "E",
        "(E+a)",
    ]
    judge(is_valid, [*texts, deep, deep[:-1], deep[1:], "(" * LONGEST, ")" * LONGEST, "a" * LONGEST, "+" * LONGEST])


# Wrong answers


@exercise.wrong(BALANCE)
def balance(string):
    depth = 0
    for symbol in string:
        depth += (symbol == "(") - (symbol == ")")
        if depth < 0:
            return False
    return depth == 0


@exercise.wrong(grammar=COUNTED)
def counted(string):
    signs = string.count("+") + string.count("*")
    letters = sum(string.count(letter) for letter in "abc")
    opened, closed = string.count("("), string.count(")")
    return opened == closed == signs == letters - 1 and len(string) == 4 * signs + 1


@exercise.wrong(grammar=WITHOUT)
def without_parentheses(string):
    if not set(string) <= set("abc(+*)"):
        return False
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)|^[abc][+*][abc]$", "a", string)
        if shorter == string:
            return string in ("a", "b", "c")
        string = shorter


@exercise.wrong(PREFIX, "grammar", "texts")
def prefix(string):
    def after(at):
        if at < len(string) and string[at] in "abc":
            return at + 1
        if string[at : at + 1] != "(":
            return -1
        middle = after(at + 1)
        if middle < 0 or string[middle : middle + 1] not in ("+", "*"):
            return -1
        end = after(middle + 1)
        return end + 1 if end >= 0 and string[end : end + 1] == ")" else -1

    return after(0) > 0


@exercise.wrong(grammar=EXTRA)
def extra_parentheses(string):
    while True:
        shorter = re.sub(r"\([abc]([+*][abc])?\)", "a", string)
        if shorter == string:
            return string in ("a", "b", "c")
        string = shorter


@exercise.wrong(FLAT, "grammar", "texts")
def flat(string):
    return re.fullmatch(r"[abc]|\([abc][+*][abc]\)", string) is not None


@exercise.wrong(texts=EMPTY)
def empty(string):
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)", "a", string)
        if shorter == string:
            return string in ("", "a", "b", "c")
        string = shorter


@exercise.wrong(texts=LINE_END)
def line_end(string):
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)", "a", string)
        if shorter == string:
            return re.match(r"[abc]$", string) is not None
        string = shorter


@exercise.wrong(texts=BLANKS)
def blanks(string):
    string = "".join(string.split())
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)", "a", string)
        if shorter == string:
            return string in ("a", "b", "c")
        string = shorter


# Python's own grammar: a+b passes too, and so does (a).
@exercise.wrong(unnamed("is wrong"))
def by_python(string):
    try:
        eval(string, {"a": 1, "b": 1, "c": 1})
    except (SyntaxError, TypeError, NameError):
        return False
    return True


@exercise.wrong(unnamed("is no bool"))
def gives_a_match(string):
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)", "a", string)
        if shorter == string:
            return re.fullmatch("[abc]", string)
        string = shorter


@exercise.wrong(expect.NO_RETURN)
def returns_nothing(string):
    while True:
        shorter = re.sub(r"\([abc][+*][abc]\)", "a", string)
        if shorter == string:
            break
        string = shorter
