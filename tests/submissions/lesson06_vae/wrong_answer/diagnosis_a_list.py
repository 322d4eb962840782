# Gives a list of lines.
#
# fails diagnosis-sampler: "diagnosis is no dict"
# fails diagnosis-loss: "diagnosis is no dict"

# %% grade_id="diagnosis"
diagnosis = [2, 3, 7, 8, 10]
