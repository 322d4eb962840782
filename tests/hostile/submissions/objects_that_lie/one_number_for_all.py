# class: objects that lie
# attack: one number that broadcasts is returned for the whole tensor
# expects double-values: wrong_answer

# %% grade_id="double"
def double(x):
    return x.sum() * 2
