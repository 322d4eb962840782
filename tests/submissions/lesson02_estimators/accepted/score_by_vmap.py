# Differentiates one number and maps over all of them.

# %% grade_id="normal_score"
def normal_score(z, mu, sigma):
    def log_q(m, s, point):
        return -(((point - m) / s) ** 2) / 2 - torch.log(s)

    both = torch.func.grad(log_q, argnums=(0, 1))
    m, s = torch.as_tensor(mu, dtype=z.dtype), torch.as_tensor(sigma, dtype=z.dtype)
    in_mu, in_sigma = torch.vmap(both, in_dims=(None, None, 0))(m, s, z.reshape(-1))
    return in_mu.reshape(z.shape), in_sigma.reshape(z.shape)
