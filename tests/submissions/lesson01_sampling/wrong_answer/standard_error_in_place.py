# Subtracts the mean in place.
#
# fails standard_error-shape: "values was changed"

# %% grade_id="standard_error"
def standard_error(values):
    n = len(values)
    values -= values.mean()
    return torch.sqrt(values.square().sum() / (n - 1) / n)
