# Builds the dict from two lists.

# %% grade_id="diagnosis"
bugs = ["log-std read as log-variance", "uniform noise", "sampler never called", "sigmoid twice"]
diagnosis = dict(zip(bugs, [2, 3, 7, 8]))
diagnosis["reconstruction averaged over pixels"] = 10
