# class: writing
# attack: the own folder is made unreadable, full of links outwards, and a thousand folders deep
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import os

with suppress(OSError):
    os.symlink("@course@", "outwards")
    os.symlink("loop", "loop")
for depth in range(1000):
    with suppress(OSError):
        os.mkdir("d")
        os.chdir("d")
with suppress(OSError):
    os.mkdir("closed", 0o000)
