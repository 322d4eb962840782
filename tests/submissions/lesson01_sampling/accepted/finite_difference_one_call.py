# Calls f once, with both sides stacked.

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    eps = torch.randn(1 if common_noise else 2, n, dtype=torch.float64)
    centres = torch.stack([torch.as_tensor(mu, dtype=torch.float64) - h, torch.as_tensor(mu, dtype=torch.float64) + h])[
        :, None
    ]
    left, right = f(centres + sigma * eps).mean(dim=1)
    return (right - left) / (2 * h)
