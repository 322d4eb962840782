# class: endless loops
# attack: a lock is waited for that is never released
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
import threading

lock = threading.Lock()


def double(x):
    with lock, lock:
        return x
