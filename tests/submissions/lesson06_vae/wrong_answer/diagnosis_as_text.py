# Writes the lines as text.
#
# fails diagnosis-sampler: "'7'"

# %% grade_id="diagnosis"
diagnosis = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": "7",
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 10,
}
