# Returns the gradient in logvar alone.
#
# fails reparameterize_backward-shape: "the result should be a pair"
# fails reparameterize_backward-mu: "the result should be a pair"
# fails reparameterize_backward-logvar: "the result should be a pair"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    return 0.5 * grad_z * eps * torch.exp(logvar / 2)
