"""The AUTOTEST lines of a course's own notebook, as the tests that nbgrader makes of them. Grader's side.

A release and nbgrader's gradebook have these tests; the source has only the lines, in which nothing is tested. They
follow from the instructor's own answers, so his notebook runs here as it does where nbgrader makes the release.
"""

from __future__ import annotations

import copy
import logging
from contextlib import chdir
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

from traitlets.config.loader import Config

from autograder.lesson import Lesson, LessonError, is_grade


def instantiated(lesson: Lesson, folder: Path, config: Config) -> Lesson:
    """The lesson, its source being in ``folder``, with tests in the places of such lines, if it has any."""
    delimiter = config.InstantiateTests.get("autotest_delimiter", "AUTOTEST")
    if not any(delimiter in cell.source for cell in lesson.source.cells if is_grade(cell)):
        return lesson
    from nbgrader.preprocessors import instantiatetests  # only here: most courses have none

    made = instantiatetests.InstantiateTests(config=config, log=logging.getLogger("autograder.nobody"))
    made.log.disabled = True
    quiet = partial(instantiatetests.start_new_kernel, extra_arguments=["--log-level=ERROR"])
    try:
        # nbgrader looks in the course's root for what the assignment's folder does not hold.
        with chdir(config.CourseDirectory.root), patch.object(instantiatetests, "start_new_kernel", quiet):
            source, _ = made.preprocess(copy.deepcopy(lesson.source), {"metadata": {"path": str(folder.resolve())}})
    except FileNotFoundError:
        raise LessonError(
            f"{lesson.stem} has {delimiter} lines, and there is no {made.autotest_filename} that says what they test: "
            f"put it into {folder} or into the course's folder."
        ) from None
    except Exception as error:  # of yaml's, of templates', of nbgrader's own
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        raise LessonError(
            f"{lesson.stem}: nbgrader makes no tests of its {delimiter} lines ({said}). "
            f"`nbgrader generate_assignment {folder.name}` says more."
        ) from error
    return replace(lesson, source=source)
