# class: crashes
# attack: the process stops itself in the middle of a check
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 3 * x + 1
