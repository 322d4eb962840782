# Makes normal noise from uniform noise.

# %% grade_id="monte_carlo"
def monte_carlo(f, mu, sigma, n):
    u = torch.rand(n, dtype=torch.float64).clamp_min(1e-300)
    return f(mu + sigma * torch.special.ndtri(u)).mean(dim=0)
