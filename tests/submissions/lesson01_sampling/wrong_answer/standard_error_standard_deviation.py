# Returns the standard deviation.
#
# fails standard_error-values: "Divide by sqrt(n)"
# fails standard_error-unbiased: "Divide by sqrt(n)"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std()
