"""results.json, as Gradescope's autograder format has it, and the scripts for it in the instructors' README."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from class_of_four import PATCHED, RIGHT, ROOT, STEM, grade_here, hand_in, small_course
from typer.testing import CliRunner

import autograder.cli
from autograder.results.gradescope import results
from autograder.verdict import CheckResult, Grade, Message, Verdict

RUNNER = CliRunner()
MARKUP = "def treble(x):\n    raise ValueError('<img src=x onerror=alert(1)>')"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return small_course(tmp_path_factory.mktemp("built") / "course")


@pytest.fixture
def course(built, monkeypatch, template):
    monkeypatch.chdir(built.root)
    grade_here(monkeypatch, template)
    return built


def graded(course, tmp_path, **answers: str) -> tuple[int, dict]:
    """Exit status, and what Gradescope gets."""
    path = tmp_path / "results" / "results.json"
    arguments = ["check", str(hand_in(course, "someone", answers)), "--gradescope", str(path)]
    result = RUNNER.invoke(autograder.cli.app, arguments)
    return result.exit_code, json.loads(path.read_text())


def test_results_name_every_check_with_its_points(course, tmp_path):
    status, found = graded(course, tmp_path, treble=RIGHT)
    assert status == 0
    assert found.pop("execution_time") > 0
    test = {"status": "passed", "output_format": "text", "name_format": "text", "visibility": "visible"}
    integers, floats = found.pop("tests")
    assert (integers.pop("output"), floats.pop("output")) == ("treble - integers", "treble - floats")
    assert integers == test | {"name": "treble-integers", "number": "1.1", "score": 2.0, "max_score": 2.0}
    assert floats == test | {"name": "treble-floats", "number": "1.2", "score": 1.0, "max_score": 1.0}
    assert found == {
        "score": 3.0,
        "output": f"{STEM}: 3 of 3 points.",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
    }


def test_a_failed_check_says_why_as_text_whatever_the_submission_says(course, tmp_path):
    status, found = graded(course, tmp_path, treble=MARKUP)
    first = found["tests"][0]
    assert (status, found["score"], first["status"], first["score"]) == (1, 0.0, "failed", 0.0)
    assert first["output"].startswith("run time error\n\n")
    assert "<img src=x onerror=alert(1)>" in first["output"] and first["output_format"] == "text"


def test_what_only_a_person_can_decide_says_so(course):
    said = Message("a person has to decide", verdict=Verdict.JUDGE_ERROR, exercise="a-b", check="c")
    check = CheckResult("a-b-c", None, 2.0, said, 1)
    other = CheckResult("a", 1.0, 1.0, Message("", verdict=Verdict.ACCEPTED, exercise="a"), 1)
    last = CheckResult("last", 1.0, 1.0, Message("", verdict=Verdict.ACCEPTED, exercise="a-b", check="last"), 1)
    found = results(Grade("lesson", (check, other, last), 0.5, (), None))
    assert found["output"] == (
        "lesson: 2 of 4 points.\n1 of 3 checks wait for a person to decide; until then they count 0."
    )
    assert [(test["name"], test["number"], test["score"]) for test in found["tests"]] == [
        ("a-b-c", "1.1", 0),
        ("a", "2.1", 1),
        ("last", "1.2", 1),
    ]
    assert found["tests"][0]["output"] == "judge error\n\na-b - c: a person has to decide"


def test_what_cannot_be_graded_gets_no_points_and_the_reason(course, tmp_path):
    bad, path = tmp_path / "x.ipynb", tmp_path / "results.json"
    bad.write_text("")
    result = RUNNER.invoke(autograder.cli.app, ["check", str(bad), "--gradescope", str(path)])
    found = json.loads(path.read_text())
    assert (result.exit_code, found["score"], found["tests"]) == (2, 0.0, [])
    assert found["output"] == (
        f"Nothing was graded. {bad} is empty. Save the notebook in Jupyter and hand it in again."
    )


def test_two_notebooks_are_one_too_many(course, tmp_path):
    path = tmp_path / "results.json"
    result = RUNNER.invoke(autograder.cli.app, ["check", "a.ipynb", "b.ipynb", "--gradescope", str(path)])
    assert result.exit_code == 2
    assert json.loads(path.read_text())["output"] == (
        "Nothing was graded. Gradescope grades one notebook, and these are 2: a.ipynb, b.ipynb. Hand in one."
    )


def test_a_configuration_that_was_handed_in_is_not_run(course, tmp_path):
    submission = tmp_path / "submission"
    submission.mkdir()
    (submission / "x.ipynb").write_bytes(hand_in(course, "someone", {"treble": RIGHT}).read_bytes())
    (submission / "nbgrader_config.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    path = tmp_path / "results.json"
    result = RUNNER.invoke(autograder.cli.app, ["check", str(submission / "x.ipynb"), "--gradescope", str(path)])
    assert (result.exit_code, json.loads(path.read_text())["score"]) == (0, 3.0)
    assert not (tmp_path / "ran").exists()


def script() -> str:
    """run_autograder, as the README has it."""
    text = (ROOT / "solutions" / "README.md").read_text(encoding="utf-8")
    return next(block for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) if "results.json" in block)


def test_the_script_in_the_readme_works_where_things_lie_as_at_gradescope(built, tmp_path):
    root = tmp_path / "autograder"
    (root / "submission").mkdir(parents=True)
    (root / "results").mkdir()
    (root / "source").symlink_to(built.root)
    (root / "submission" / "my work.ipynb").write_bytes(hand_in(built, "someone", {"treble": PATCHED}).read_bytes())
    program = root / "run_autograder"
    program.write_text(script().replace("/autograder/", f"{root}/").replace("lesson03_reparameterization", STEM))
    program.chmod(0o755)
    here = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": os.pathsep.join([here, os.environ["PATH"]])}
    done = subprocess.run([program], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((root / "results" / "results.json").read_text())
    assert [test["status"] for test in found["tests"]] == ["failed", "failed"], "patching math.isclose changes nothing"
