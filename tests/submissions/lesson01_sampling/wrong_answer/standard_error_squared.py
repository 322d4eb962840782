# Forgets the square root.
#
# fails standard_error-values: "the variance of the mean"
# fails standard_error-unbiased: "the variance of the mean"

# %% grade_id="standard_error"
def standard_error(values):
    return values.var() / len(values)
