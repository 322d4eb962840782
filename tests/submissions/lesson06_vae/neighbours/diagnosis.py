# %% one_line_twice
# Names one line for two mistakes.
# fails loss: "line 10, where the bug is"
diagnosis = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 10,
    "reconstruction averaged over pixels": 10,
}


# %% floats
# Gives a line as a float.
# fails sampler: "is no int"
diagnosis = {
    "log-std read as log-variance": 2.0,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}


# %% lists
# Gives each line in a list.
# fails sampler: "is no int"
# fails loss: "is no int"
diagnosis = {
    "log-std read as log-variance": [2],
    "uniform noise": [3],
    "sampler never called": [7],
    "sigmoid twice": [8],
    "reconstruction averaged over pixels": [10],
}
