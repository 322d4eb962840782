# class: other processes
# attack: other programs are started, which leave files outside
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import ctypes
import os
import signal
from contextlib import suppress


import subprocess

for command in (["sh", "-c", "echo x > @course@/left-@mark@"], ["touch", "/tmp/left-@mark@"]):
    with suppress(OSError):
        subprocess.run(command, check=False)
with suppress(OSError):
    os.system("touch /var/tmp/left-@mark@")
