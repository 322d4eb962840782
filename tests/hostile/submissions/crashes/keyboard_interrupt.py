# class: crashes
# attack: the exception that ends a program by hand is raised in a call
# expects double-values: run_time_error
# expects double-gradients: run_time_error

# %% grade_id="double"
def double(x):
    raise KeyboardInterrupt
