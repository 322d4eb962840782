# Returns a Python number.
#
# fails standard_error-shape: "item() or float() makes a number of it"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std().item() / math.sqrt(len(values))
