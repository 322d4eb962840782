# The result forgets where it came from.
#
# fails affine-gradients: "the result forgets where it came from"

# %% grade_id="affine"
def affine(eps, shift, scale):
    with torch.no_grad():
        return shift + scale * eps
