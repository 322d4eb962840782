# %% parameters_moved_in_part
# fails values: "z is wrong"
# fails gradients: "dz/dshift is wrong"
# The gradient in shift alone is that of (shift + eps) * scale.
def affine(eps, shift, scale):
    return shift * scale + eps * scale**2


# %% nothing_moves
# fails values: "is wrong"
# fails gradients: "no gradient reaches shift and scale"
# Nothing was cut: shift and scale were not used.
def affine(eps, shift, scale):
    return eps.clone()
