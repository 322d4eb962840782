# class: other processes
# attack: a process next door is killed
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


with suppress(OSError):
    os.kill(@victim@, signal.SIGKILL)
