# %% three_quarters
# At n = 4 this is the biased variance.
# fails score: "the unbiased variance of the mu column"
# fails pathwise: "the unbiased variance of the mu column"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return 0.75 * by_score.var(), 0.75 * by_path.var()


# %% median_distance
# fails score: "the unbiased variance of the mu column"
# fails pathwise: "the unbiased variance of the mu column"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return tuple((g - g.median()).square().sum() / (n - 1) for g in (by_score, by_path))


# %% score_twice
# fails pathwise: "the unbiased variance of the mu column"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_score.var()


# %% three_times_as_many_draws
# fails score: "f was not called at"
# fails pathwise: "f was not called at"
# fails draws: "f was not called at"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, 2 * n)[:, 0]
    by_path = pathwise_gradient(f, mu, sigma, n)[:, 0]
    return by_score.var(), by_path.var()


# %% of_the_columns
# fails shape: "wrong shape"
# fails score: "wrong shape"
# fails pathwise: "wrong shape"
def estimator_variances(f, mu, sigma, n):
    by_score = score_function_gradient(f, mu, sigma, n)
    by_path = pathwise_gradient(f, mu, sigma, n)
    return by_score.std(dim=0), by_path.std(dim=0)
