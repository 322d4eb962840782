# class: crashes
# attack: the stack overflows, the limit of recursion being gone
# expects double-values: run_time_error, memory_limit_exceeded, time_limit_exceeded
# expects double-gradients: run_time_error, memory_limit_exceeded, time_limit_exceeded

# %% grade_id="double"
import sys


def double(x):
    sys.setrecursionlimit(10**9)
    return [double(x)]
