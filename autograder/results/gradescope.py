"""A grade as the results.json of a Gradescope autograder. Grader's side.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format. Whatever a submission may have
a word in is declared to be text, so that Gradescope shows no markup of it.
"""

from __future__ import annotations

from typing import Any

from autograder.verdict import Grade, Verdict

_AS_TEXT = {
    "output_format": "text",
    "test_output_format": "text",
    "test_name_format": "text",
    "visibility": "visible",
    "stdout_visibility": "hidden",
}


def results(grade: Grade) -> dict[str, Any]:
    """One test for each check, numbered by exercise. What only a person can decide counts nothing yet, and says so."""
    exercises: dict[str, int] = {}
    tests = []
    for check in grade.checks:
        exercise = check.message.exercise
        exercises[exercise] = exercises.get(exercise, 0) + 1
        passed = check.verdict is Verdict.ACCEPTED
        verdict = "" if passed else f"{check.verdict.replace('_', ' ')}\n\n"
        tests.append(
            {
                "name": check.grade_id,
                "number": f"{list(exercises).index(exercise) + 1}.{exercises[exercise]}",
                "score": check.points or 0.0,
                "max_score": check.max_points,
                "status": "passed" if passed else "failed",
                "output": verdict + str(check.message),
                "output_format": "text",
                "name_format": "text",
                "visibility": "visible",
            }
        )
    undecided = sum(check.points is None for check in grade.checks)
    said = [f"{grade.lesson}: {grade.points:g} of {grade.max_points:g} points."]
    if undecided:
        said.append(f"{undecided} of {len(tests)} checks wait for a person to decide; until then they count 0.")
    said += grade.notes
    about = {"score": grade.points, "execution_time": round(grade.seconds, 3), "output": "\n".join(said)}
    return about | _AS_TEXT | {"tests": tests}


def refused(reason: str) -> dict[str, Any]:
    """What is shown where nothing could be graded: no points, and the reason."""
    return {"score": 0.0, "output": f"Nothing was graded. {reason}"} | _AS_TEXT | {"tests": []}
