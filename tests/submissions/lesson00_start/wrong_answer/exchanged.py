# shift and scale have changed places.
#
# fails affine-values: "shift * eps + scale: the two have changed places."
# fails affine-gradients: "shift * eps + scale: the two have changed places."

# %% grade_id="affine"
def affine(eps, shift, scale):
    return shift * eps + scale
