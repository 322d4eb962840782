# Sums the squares first, and counts the pixels.

# %% grade_id="gaussian_nll"
def gaussian_nll(x_hat, x, log_sigma):
    squares = (x - x_hat).pow(2).flatten(1).sum(1)
    pixels = x[0].numel()
    return squares * torch.exp(-2 * log_sigma) / 2 + pixels * log_sigma + pixels * math.log(math.sqrt(2 * math.pi))
