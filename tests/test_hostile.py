"""Hostile submissions get what their honest answers deserve, learn nothing, harm nobody, and leave nothing behind."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))

from corpus import STEM, Attack, Surroundings, corpus
from pages import live_markup, page_of

from autograder.boundary.limits import Limits
from autograder.boundary.template import Template
from autograder.gradebook import opened, save
from autograder.grading import Grader
from autograder.verdict import Verdict

ATTACKS = corpus()
LIMITS = Limits(cell_seconds=2)
MIB = 2**20
CLASSES = {
    "patched libraries",
    "transformers and hooks",
    "modules in place of functions",
    "forged replies",
    "seeds",
    "objects that lie",
    "numbers that are none",
    "reading",
    "writing",
    "network",
    "other processes",
    "bombs",
    "endless loops",
    "daemons",
    "crashes",
    "markup",
    "planted start-up files",
    "background threads",
}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    """A course with a graded neighbour and secrets, in its right state."""
    with Surroundings(tmp_path_factory.mktemp("hostile")) as surroundings:
        with Template(surroundings.course.packages) as template, Grader(surroundings.lesson, template) as grader:
            grade = grader.grade(surroundings.neighbour, seed=1)
            assert grade.points == grade.max_points == 8
            with opened(surroundings.course.directory) as gradebook:
                save(gradebook, grade, STEM, STEM, "neighbour")
        surroundings.remember()
        yield surroundings


@pytest.fixture(scope="module")
def own_template(surroundings: Surroundings) -> Iterator[Template]:
    """A template started by a process that holds the secrets."""
    with Template(surroundings.course.packages) as template:
        yield template


def test_the_corpus_covers_every_class_of_attack() -> None:
    assert {attack.kind for attack in ATTACKS} == CLASSES
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{attack.path.parent.name}-{attack.path.stem}" for attack in ATTACKS])
def test_a_hostile_submission_gains_learns_and_harms_nothing(
    attack: Attack, surroundings: Surroundings, own_template: Template
) -> None:
    _reset_peak()
    memory = _memory("VmRSS")
    with Grader(surroundings.lesson, own_template, LIMITS) as grader:
        if attack.needs_sandbox and not _locked_in(grader.grade(surroundings.neighbour, seed=1).isolation):
            pytest.skip("unsafe to run without Landlock and seccomp, which are not active here")
        started = time.process_time()
        grade = grader.grade(attack.submission(surroundings.lesson, surroundings.places), seed=1)
        judging = time.process_time() - started
        after = grader.grade(surroundings.neighbour, seed=1)

    verdicts = {check.grade_id: check.verdict.value for check in grade.checks}
    expected = {grade_id: attack.expects.get(grade_id, {"accepted"}) for grade_id in verdicts}
    unexpected = {name: verdict for name, verdict in verdicts.items() if verdict not in expected[name]}
    assert not unexpected, [check.message for check in grade.checks]
    earned = {check.grade_id: check.points for check in grade.checks if check.verdict is Verdict.ACCEPTED}
    assert grade.points == sum(surroundings.lesson.points(grade_id) for grade_id in earned)

    assert surroundings.leaked(grade) == []
    assert surroundings.harmed() == []
    assert surroundings.left_over(own_template.scratch) == []
    assert after.points == 8
    assert _memory("VmHWM") - memory < 200 * MIB
    exercises = surroundings.lesson.exercises
    late = {exercises[name] for name, verdict in verdicts.items() if verdict == Verdict.TIME_LIMIT_EXCEEDED}
    # Processor time, since on a busy machine the clock runs on while nothing does.
    assert judging < 2
    assert grade.cpu_seconds is None or grade.cpu_seconds < (len(late) + 1) * (LIMITS.cell_seconds + 1)


MARKUP = [attack for attack in ATTACKS if attack.kind == "markup"]


@pytest.mark.parametrize("template_name", ["feedback", "formgrade"])
@pytest.mark.parametrize("attack", MARKUP, ids=[attack.path.stem for attack in MARKUP])
def test_no_script_of_a_learners_runs_in_a_readers_browser(
    attack: Attack, template_name: str, surroundings: Surroundings, own_template: Template
) -> None:
    with Grader(surroundings.lesson, own_template, LIMITS) as grader:
        grade = grader.grade(attack.submission(surroundings.lesson, surroundings.places), seed=1)
    assert live_markup(page_of(grade.notebook, template_name)) == []


def test_the_search_for_scripts_finds_them(surroundings: Surroundings) -> None:
    attack = next(attack for attack in MARKUP if attack.path.stem == "prose")
    raw = attack.submission(surroundings.lesson, surroundings.places)
    assert len(live_markup(page_of(raw, "feedback"))) >= 5


def _locked_in(layers: tuple[str, ...]) -> bool:
    return all(any(name in layer for layer in layers) for name in ("landlock", "seccomp"))


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _memory(kind: str) -> int:
    return int(re.search(rf"{kind}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
