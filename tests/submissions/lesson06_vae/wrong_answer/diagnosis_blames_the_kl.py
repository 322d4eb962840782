# Takes the KL for the wrong reduction.
#
# fails diagnosis-loss: "line 9"

# %% grade_id="diagnosis"
diagnosis = {
    "log-std read as log-variance": 2,
    "uniform noise": 3,
    "sampler never called": 7,
    "sigmoid twice": 8,
    "reconstruction averaged over pixels": 9,
}
