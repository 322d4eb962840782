# class: bombs
# attack: an error whose message is fifty megabytes
# expects double-values: run_time_error, output_limit_exceeded
# expects double-gradients: run_time_error, output_limit_exceeded

# %% grade_id="double"
def double(x):
    raise ValueError("x" * 50 * 2**20)
