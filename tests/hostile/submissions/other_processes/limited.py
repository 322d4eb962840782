# class: other processes
# attack: a process next door is given a limit of one second and one core
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import resource

with suppress(OSError):
    resource.prlimit(@victim@, resource.RLIMIT_CPU, (1, 1))
with suppress(OSError):
    os.sched_setaffinity(@victim@, {0})
