# %% dict_call
# Builds the dict from two lists.
bugs = ["log-std read as log-variance", "uniform noise", "sampler never called", "sigmoid twice"]
diagnosis = dict(zip(bugs, [2, 3, 7, 8]))
diagnosis["reconstruction averaged over pixels"] = 10


# %% in_another_order
# Lists the mistakes in another order, with a note of its own.
diagnosis = {
    "reconstruction averaged over pixels": 10,
    "sigmoid twice": 8,
    "sampler never called": 7,
    "uniform noise": 3,
    "log-std read as log-variance": 2,
    "KL": 0,
}
