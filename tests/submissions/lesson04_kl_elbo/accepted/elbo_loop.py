# Draws one by one.

# %% grade_id="bayes_elbo"
def bayes_elbo(x, y, mu, logvar, noise_sigma, n):
    total = -gaussian_kl(mu.unsqueeze(0), logvar.unsqueeze(0)).squeeze()
    for _ in range(n):
        w = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        squares = torch.sum((y - torch.mv(x, w)) ** 2)
        total = total - squares / (2 * noise_sigma**2 * n)
    return total - len(y) * math.log(noise_sigma * math.sqrt(2 * math.pi))
