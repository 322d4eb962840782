# Cuts the graph and the dtype.
#
# fails gaussian_kl-shape: "wrong dtype"
# fails gaussian_kl-gradients: "the result forgets where it came from"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    return torch.tensor(
        [0.5 * sum(m**2 + math.exp(v) - 1 - v for m, v in zip(a, b)) for a, b in zip(mu.tolist(), logvar.tolist())]
    )
