# Divides the standard deviation by n.
#
# fails standard_error-values: "divided by n. The variance is"
# fails standard_error-unbiased: "divided by n. The variance is"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std() / len(values)
