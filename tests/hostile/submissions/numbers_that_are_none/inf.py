# class: numbers that are none
# attack: every number of the result is inf
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
def double(x):
    return x * float("inf")
