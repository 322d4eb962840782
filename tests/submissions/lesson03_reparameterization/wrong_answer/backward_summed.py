# Sums over the batch.
#
# fails reparameterize_backward-shape: "wrong shape"
# fails reparameterize_backward-mu: "wrong shape"
# fails reparameterize_backward-logvar: "wrong shape"

# %% grade_id="reparameterize_backward"
def reparameterize_backward(grad_z, eps, logvar):
    sigma = torch.exp(logvar / 2)
    return grad_z.sum(0), (0.5 * grad_z * eps * sigma).sum(0)
