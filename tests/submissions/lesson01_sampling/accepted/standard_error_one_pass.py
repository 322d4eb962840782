# Updates mean and squares value by value.

# %% grade_id="standard_error"
def standard_error(values):
    mean, squares = 0.0, 0.0
    for count, value in enumerate(values.tolist(), start=1):
        step = value - mean
        mean += step / count
        squares += step * (value - mean)
    variance = squares / (len(values) - 1)
    return torch.tensor(math.sqrt(variance / len(values)), dtype=values.dtype)
