# class: bombs
# attack: processes are forked, each of which forks again
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import time

forked = 0
with suppress(OSError):
    while forked < 50:
        forked += 1
        if os.fork() == 0:
            time.sleep(10)
            os._exit(0)
