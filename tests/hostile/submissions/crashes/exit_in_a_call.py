# class: crashes
# attack: the process leaves with success in the middle of a check
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
import os


def double(x):
    os._exit(0)
