# Exchanges the two lines of the sampler.
#
# fails diagnosis-sampler: "line 3, where the bug is "uniform noise""

# %% grade_id="diagnosis"
diagnosis = {
    "log-std read as log-variance": 3,
    "uniform noise": 2,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
