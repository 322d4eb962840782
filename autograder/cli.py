"""The commands of `autograder`, put together. Grader's side."""

from __future__ import annotations

from autograder.imports import many_imports

with many_imports():
    import typer

    import autograder.faststart  # noqa: F401  (before anything that reads notebooks)
    from autograder.commands import author, instructor, learner

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Check and grade notebooks, run a class, build and prove the course."""


for panel, commands in {
    "For learners": (learner.lab, learner.check, learner.status),
    "For instructors": (
        instructor.collect,
        instructor.grade,
        instructor.report,
        instructor.feedback,
        instructor.export,
    ),
    "For authors": (author.new, author.build, author.site, author.verify, author.mutants, author.demo),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
