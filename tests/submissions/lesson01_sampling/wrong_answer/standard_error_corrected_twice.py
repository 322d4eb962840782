# Uses n - 1 twice.
#
# fails standard_error-unbiased: "the divisor n - 1 was used twice"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std() / math.sqrt(len(values) - 1)
