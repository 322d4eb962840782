# Returns float32.
#
# fails standard_error-shape: "torch.float64, as the inputs have"

# %% grade_id="standard_error"
def standard_error(values):
    return values.float().std() / math.sqrt(len(values))
