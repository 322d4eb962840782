# class: bombs
# attack: results of a million rows, of rows that hold nothing, of sixty-four dimensions, of a million entries
# expects double-values: run_time_error, wrong_answer, not_judged
# expects double-gradients: run_time_error, wrong_answer, not_judged
# expects noise-fresh: run_time_error, wrong_answer, not_judged
# expects shift-values: run_time_error, wrong_answer, not_judged, time_limit_exceeded

# %% grade_id="double"
def double(x):
    return torch.zeros(10**6, 1) if x.requires_grad else torch.zeros(2**40, 0)


# %% grade_id="noise"
def noise(n):
    return torch.zeros([1] * 64)


# %% grade_id="shift"
def shift(x):
    return {number: number for number in range(10**6)}
