"""What every test needs."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sides import Get, across_the_boundary, in_this_process

import autograder.faststart  # noqa: F401  (before anything that reads notebooks, as in the commands)
from autograder.boundary.template import Template
from autograder.course import Course

COURSE = Course.containing(Path(__file__).parent)

# nbgrader starts alembic by name, so that of this environment must be the first on PATH.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="session")
def template():
    """One template process for all tests: it takes seconds to start, a worker milliseconds."""
    with Template(COURSE.packages) as template:
        yield template


@pytest.fixture(params=["in one process", "across the boundary"])
def learner(request: pytest.FixtureRequest, template: Template) -> Callable[[str], AbstractContextManager[Get]]:
    """``with learner(source) as get: get(name)``: what a check holds of the learner's, on each side in turn."""
    if request.param == "in one process":
        return in_this_process
    return lambda source: across_the_boundary(template, source)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``--dist loadfile`` a file of tests goes to one process; of the long one an exercise's examples do."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrExercise(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            return nodeid.rpartition("/")[0] if "/" in test else file

    config.option.loadscopereorder = False  # in order: the long file is near the end, in pieces
    return ByFileOrExercise(config, log)
