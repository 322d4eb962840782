# Misspells a key.
#
# fails diagnosis-sampler: "has no "uniform noise""

# %% grade_id="diagnosis"
diagnosis = {
    "log-std read as log-variance": 2,
    "Uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
