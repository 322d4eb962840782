# class: bombs
# attack: sixteen gigabytes of shared memory are asked for
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import mmap
from contextlib import suppress

with suppress(OSError, ValueError):
    memory = mmap.mmap(-1, 16 * 2**30)
