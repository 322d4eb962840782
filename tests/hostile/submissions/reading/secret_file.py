# class: reading
# attack: a file beside the gradebook is read in every way that Python knows
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
from contextlib import suppress
from pathlib import Path

import linecache
import mmap
import os

import numpy

with suppress(OSError):
    print(Path("@secret@").read_text())
with suppress(OSError):
    print(os.read(os.open("@secret@", os.O_RDONLY), 1000))
with suppress(OSError):
    print(linecache.getlines("@secret@"))
with suppress(OSError):
    print(numpy.fromfile("@secret@", dtype=numpy.uint8).tobytes())
with suppress(OSError), open("@secret@", "rb") as file:
    print(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:])
