# class: bombs
# attack: a result of ninety megabytes, with a list of a million parts
# expects double-values: run_time_error, wrong_answer, not_judged, output_limit_exceeded, time_limit_exceeded
# expects double-gradients: run_time_error, wrong_answer, not_judged, output_limit_exceeded, time_limit_exceeded

# %% grade_id="double"
def double(x):
    return [torch.zeros(20 * 2**20), [0] * 10**6]
