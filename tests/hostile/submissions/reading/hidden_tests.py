# class: reading
# attack: the hidden tests are read from the sources of the course
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

for folder in ("solutions", "build", "release", "course"):
    for path in Path("@course@", folder).rglob("*"):
        with suppress(OSError, UnicodeDecodeError):
            print(path.read_text())
