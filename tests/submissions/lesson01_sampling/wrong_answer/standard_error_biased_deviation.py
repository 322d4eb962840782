# Returns the biased standard deviation.
#
# fails standard_error-values: "Divide by"
# fails standard_error-unbiased: "without / sqrt(n)"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std(correction=0)
