# class: endless loops
# attack: an answer that sleeps for ever
# expects double-values: time_limit_exceeded
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
import time


def double(x):
    while True:
        time.sleep(1e6)
