# %% of_the_middle
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return 1.4826 * (values - values.median()).abs().median() / math.sqrt(len(values))


# %% relative
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return values.std() / values.mean() / math.sqrt(len(values))


# %% variance_over_root
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return values.var() / math.sqrt(len(values))


# %% mean_square_of_n_minus_1
# Subtracts the squared mean once, and divides the squares by n - 1.
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    n = len(values)
    variance = (values**2).sum() / (n - 1) - values.mean() ** 2
    return torch.sqrt(variance / n)


# %% over_n_squared
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return values.std() / len(values) ** 2


# %% one_for_each_value
# fails shape: "wrong shape"
# fails values: "not a single number"
# fails unbiased: "not a single number"
def standard_error(values):
    return values.std().expand(len(values)) / math.sqrt(len(values))


# %% largest_distance
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return (values.max() - values.min()) / math.sqrt(len(values))


# %% sorted_in_place
# fails shape: in_place
def standard_error(values):
    values.copy_(values.sort().values)
    return values.std() / math.sqrt(len(values))


# %% an_integer
# fails shape: "the number 0"
# fails values: "the result for n = "
# fails unbiased: "the result for n = "
def standard_error(values):
    return 0
