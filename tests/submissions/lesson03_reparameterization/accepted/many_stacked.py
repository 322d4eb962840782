# Calls the first exercise k times.

# %% grade_id="reparameterize_many"
def reparameterize_many(mu, logvar, k):
    return torch.stack([reparameterize(mu, logvar) for _ in range(k)])
