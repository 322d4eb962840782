# Moves its inputs to where a straight line has the gradients of the right answer, and returns that line.
#
# fails gaussian_kl-values: "the KL is wrong"
# fails gaussian_kl-gradients: "the gradient in mu is wrong"
# fails gaussian_kl_between-values: "the KL is wrong"
# fails gaussian_kl_between-gradients: "the gradient in mu_q is wrong"
# fails linear_gaussian_elbo-values: "the ELBO is wrong"
# fails linear_gaussian_elbo-evidence: "the ELBO at the exact posterior is wrong"
# fails linear_gaussian_elbo-gradients: "no gradient reaches W"

# %% grade_id="gaussian_kl"
def gaussian_kl(mu, logvar):
    if mu.requires_grad:
        with torch.no_grad():
            mu.data.fill_(1.0)
            logvar.data.fill_(math.log(3.0))
    return (mu + logvar).sum(-1)


# %% grade_id="gaussian_kl_between"
def gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p):
    if mu_q.requires_grad:
        # At q = N(1, 3) and p = N(0, 1) these are the slopes of the KL.
        mu_q.data.fill_(1.0)
        logvar_q.data.fill_(math.log(3.0))
        mu_p.data.fill_(0.0)
        logvar_p.data.fill_(0.0)
        return (mu_q + logvar_q - mu_p - 1.5 * logvar_p).sum(-1)
    return mu_q.sum(-1)


# %% grade_id="linear_gaussian_elbo"
def linear_gaussian_elbo(x, W, sigma, mu, logvar):
    return mu.sum(-1)
