# class: crashes
# attack: memory that is not there is read
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
import ctypes


def double(x):
    ctypes.string_at(8)
