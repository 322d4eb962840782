# class: bombs
# attack: a result that contains itself
# expects double-values: run_time_error, wrong_answer, not_judged
# expects double-gradients: run_time_error, wrong_answer, not_judged

# %% grade_id="double"
def double(x):
    result = []
    result.append(result)
    return result
