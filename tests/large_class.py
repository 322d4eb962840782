"""A large made-up class: learners of every ability, who answer as the example submissions do."""

import math
import random
import shutil
from pathlib import Path

import nbformat
from class_of_four import ROOT

from autograder.build import build
from autograder.course import CONFIG, Course
from autograder.gradebook import opened
from autograder.lesson import Lesson, answered
from autograder.proofs.verify import examples
from autograder.submission import read_submission

SLOW = "import time\ntime.sleep(4)\n"
HUNGRY = "ballast = torch.ones(150_000_000).sum()\n"


def lay_out_large_class(root: Path, stem: str, size: int, seed: int = 0) -> Course:
    """A course with one lesson in ``root``, and the work of ``size`` learners in submitted/.

    One file is empty, one is no notebook, one answer is slow, one takes much memory; two more learners hand in nothing.
    """
    shutil.copy(ROOT / CONFIG, root)
    (root / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / f"{stem}.py", root / "solutions")
    (released,) = build([stem], root)
    course, release = Course(root), read_submission(released)
    answers = _Answers(Course(ROOT), course.lesson(stem), random.Random(seed))
    for number in range(size):
        written = answers.of_one_learner()
        first = next(iter(written), "")
        if number in (7, 11) and first:
            written[first] = (SLOW if number == 7 else HUNGRY) + written[first]
        path = course.folder("submitted", f"learner{number + 1:02}", stem) / f"{stem}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(answered(release, written), path)
        if number in (3, 19):
            path.write_text("" if number == 3 else "%PDF-1.7")
    with opened(course.directory) as gradebook:
        for name in ("absent01", "absent02"):
            gradebook.add_student(name, first_name="Never", last_name="There")
    return course


class _Answers:
    """What learners write: right answers where they are able, else a mistake (some are much commoner), or nothing."""

    def __init__(self, course: Course, lesson: Lesson, chance: random.Random) -> None:
        self.chance = chance
        self.exercises = list(dict.fromkeys(lesson.exercises.values()))
        self.right = {name: [lesson.cells[name].source] for name in self.exercises}
        self.wrong: dict[str, list[str]] = {name: [] for name in self.exercises}
        known = examples(course, lesson.stem)
        # The variance in place of the standard deviation is the commonest mistake of all.
        for example in sorted(known, key=lambda example: ("variance" not in example.name, chance.random())):
            where = {"accepted": self.right, "wrong_answer": self.wrong, "run_time_error": self.wrong}
            for name, source in example.answers.items():
                where.get(example.verdict, {}).get(name, []).append(source)

    def of_one_learner(self) -> dict[str, str]:
        """Exercise to answer; what is missing was left as released."""
        ability, written = self.chance.gauss(0.9, 1.2), {}
        for place, name in enumerate(self.exercises):
            if self.chance.random() < 1 / (1 + math.exp(0.45 * place - ability)):
                written[name] = self.chance.choice(self.right[name])
            elif self.chance.random() > 0.08 * place:
                wrong = self.wrong[name]
                written[name] = wrong[min(int(self.chance.expovariate(0.35)), len(wrong) - 1)]
        return written
