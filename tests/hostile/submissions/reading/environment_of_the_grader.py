# class: reading
# attack: the environment of the grader is read from its process
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

for name in ("environ", "cmdline", "maps", "task/@grader@/environ"):
    with suppress(OSError):
        print(Path(f"/proc/@grader@/{name}").read_bytes())
