"""What every process that grades has imported when it is forked, or begins. Grader's side."""

# ruff: noqa: F401
from autograder.boundary import twins
from autograder.imports import many_imports, put_off_pictures, put_off_the_algebra, put_off_the_compiler

twins.part()
with many_imports():
    put_off_pictures()  # first: what comes with the others may ask whether it is there
    put_off_the_compiler()
    put_off_the_algebra()
    import autograder.faststart
    import autograder.grading
