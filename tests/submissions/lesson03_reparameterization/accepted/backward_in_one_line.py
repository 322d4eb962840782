# Returns a list, computed in one line.

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    return [grad_z * 1, torch.exp(0.5 * logvar).mul(eps).mul(grad_z).div(2)]
