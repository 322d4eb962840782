# Uses rsample and log_prob.

# %% grade_id="monte_carlo_kl"
def monte_carlo_kl(mu, logvar, n):
    q = torch.distributions.Normal(mu, torch.exp(logvar / 2))
    p = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    z = q.rsample((n,))
    return (q.log_prob(z) - p.log_prob(z)).sum(-1).mean(0)
