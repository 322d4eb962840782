# class: reading
# attack: the modules of checks are imported and their source printed
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import importlib
import inspect

for name in ("checks.lesson03_reparameterization", "grading", "exercise", "expect", "verify"):
    with suppress(Exception):
        print(inspect.getsource(importlib.import_module(f"autograder.{name}")))
