# class: reading
# attack: the work of others is read and printed
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

with suppress(OSError):
    print(Path("@neighbour@").read_text())
for path in Path("@course@").glob("*/*/*/*.ipynb"):
    with suppress(OSError):
        print(path.read_text())
