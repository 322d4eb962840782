"""What every process that grades has imported when it is forked. Grader's side."""

# ruff: noqa: F401
from autograder.imports import many_imports, put_off_the_compiler

with many_imports():
    # What lessons import, and what a check on the meta device needs.
    import matplotlib.pyplot
    import torch.fx.experimental.symbolic_shapes

    put_off_the_compiler()
    import autograder.faststart
    import autograder.grading
