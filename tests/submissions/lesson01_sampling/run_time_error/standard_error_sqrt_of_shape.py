# Takes the root of a shape.
#
# fails standard_error-shape: "line 2 of your cell"
# fails standard_error-values: "line 2 of your cell"
# fails standard_error-unbiased: "line 2 of your cell"

# %% grade_id="standard_error"
def standard_error(values):
    return values.std() / math.sqrt(values.shape)
