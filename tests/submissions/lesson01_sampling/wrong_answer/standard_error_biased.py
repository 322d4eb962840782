# Uses the biased variance.
#
# fails standard_error-unbiased: "the variance with the divisor n is biased"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std(correction=0) / math.sqrt(len(values))
