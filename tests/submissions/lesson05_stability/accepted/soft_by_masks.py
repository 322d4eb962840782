# Fills a new tensor in two parts, by masks.

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    u = (2 * logvar - low - high) / (high - low)
    result = torch.zeros_like(u)
    inner = u.abs() < 1
    result[inner] = u[inner] / (1 + u[inner] ** 6) ** (1 / 6)
    result[~inner] = u[~inner].sign() / (1 + u[~inner] ** -6) ** (1 / 6)
    return (low + high) / 2 + (high - low) / 2 * result
