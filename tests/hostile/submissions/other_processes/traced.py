# class: other processes
# attack: a process next door is traced and left standing
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


ctypes.CDLL(None).ptrace(16, @victim@, None, None)
