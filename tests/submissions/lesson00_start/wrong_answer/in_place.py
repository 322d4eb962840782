# Works on eps itself.
#
# fails affine-inputs: "an operation in place"

# %% grade_id="affine"
def affine(eps, shift, scale):
    if eps.shape == torch.broadcast_shapes(eps.shape, torch.as_tensor(shift).shape):
        eps *= scale
        return eps + shift
    return eps * scale + shift
