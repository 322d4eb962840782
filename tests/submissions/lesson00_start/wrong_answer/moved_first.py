# Brackets in the wrong place.
#
# fails affine-values: "(shift + eps) * scale: scale stretches shift too."
# fails affine-gradients: "(shift + eps) * scale: scale stretches shift too."

# %% grade_id="affine"
def affine(eps, shift, scale):
    return (shift + eps) * scale
