# class: reading
# attack: the sources of the checks are opened where the package lies
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import sys

for folder in ["@package@", *(f"{path}/autograder" for path in sys.path)]:
    for path in Path(folder, "checks").glob("lesson*.py"):
        with suppress(OSError):
            print(path.read_text())
