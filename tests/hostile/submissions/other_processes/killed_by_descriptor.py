# class: other processes
# attack: a process next door is killed through a descriptor for it
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


with suppress(OSError):
    signal.pidfd_send_signal(os.pidfd_open(@victim@), signal.SIGKILL)
