# Forgets log sigma.
#
# fails gaussian_nll-values: "log sigma is missing"
# fails gaussian_nll-gradients: "log sigma is missing"

# %% grade_id="gaussian_nll"
def gaussian_nll(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    return 0.5 * sq / var + P * half
