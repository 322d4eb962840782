# Takes the biased variance and divides by n - 1.

# %% grade_id="standard_error"
def standard_error(values):
    return torch.sqrt(values.var(correction=0) / (len(values) - 1))
