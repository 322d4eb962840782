# Takes the variance from all pairs of values.

# %% grade_id="standard_error"
def standard_error(values):
    n = len(values)
    if n > 2_000:
        return values.var(unbiased=True).div(n).sqrt()
    pairs = (values[:, None] - values[None, :]).square().sum() / 2
    return (pairs / (n * (n - 1)) / n).sqrt()
