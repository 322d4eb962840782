# class: daemons
# attack: a process leaves its session by forking twice, and stays
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import time

with suppress(OSError):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(64):
                with suppress(OSError):
                    os.close(number)
            time.sleep(15)
        os._exit(0)
