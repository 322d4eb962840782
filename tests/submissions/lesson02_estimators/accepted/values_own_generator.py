# Draws with a generator of its own, as a column.

# %% grade_id="score_function_gradient"
source = torch.Generator()
source.seed()


def score_function_gradient(f, mu, sigma, n):
    eps = torch.randn(n, 1, generator=source, dtype=torch.float64)
    return f(mu + sigma * eps) * torch.cat([eps / sigma, (eps * eps - 1) / sigma], dim=1)
