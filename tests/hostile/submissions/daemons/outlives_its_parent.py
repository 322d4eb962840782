# class: daemons
# attack: the process asks the kernel not to be killed with its parent
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


ctypes.CDLL(None).prctl(1, 0)
for number in range(1, 32):
    with suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_IGN)
