# Asks torch.distributions.

# %% grade_id="gaussian_nll"
def gaussian_nll(x_hat, x, log_sigma):
    loss = -torch.distributions.Normal(x_hat, log_sigma.exp()).log_prob(x)
    return loss.reshape(len(x), -1).sum(1)
