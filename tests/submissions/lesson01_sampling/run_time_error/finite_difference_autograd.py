# Tries autograd, where mu is a float.
#
# fails finite_difference-shape: "does not require grad"
# fails finite_difference-central: "does not require grad"
# fails finite_difference-common: "does not require grad"
# fails finite_difference-fresh: "does not require grad"
# fails finite_difference-noise: "does not require grad"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    z = mu + sigma * torch.randn(n, dtype=torch.float64)
    f(z).mean().backward()
    return mu.grad
