# Takes sigma out of the graph.
#
# fails gaussian_nll-gradients: "no gradient reaches log_sigma"

# %% grade_id="gaussian_nll"
def gaussian_nll(x_hat, x, log_sigma):
    e = (x - x_hat) ** 2
    var = torch.exp(2 * log_sigma)
    half = 0.5 * math.log(2 * math.pi)
    sq = e.flatten(1).sum(1)
    P = x[0].numel()
    s = log_sigma.item()
    return 0.5 * sq / math.exp(2 * s) + P * (s + half)
