# Forgets to subtract the mean.
#
# fails standard_error-values: "the mean was not subtracted"
# fails standard_error-unbiased: "the mean was not subtracted"

# %% grade_id="standard_error"
def standard_error(values):
    return values.square().mean().sqrt() / math.sqrt(len(values))
