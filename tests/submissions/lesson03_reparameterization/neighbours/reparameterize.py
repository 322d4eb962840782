# %% absolute_logvar
# fails values: "exp(move / 2) times what it was"
# fails gradients: "0.5 * (z - mu)"
def reparameterize(mu, logvar):
    return mu + logvar.abs() * torch.randn_like(mu)


# %% twice_the_variance
# fails values: "exp(move / 2) times what it was"
# fails noise: "the noise (z - mu) / sigma has the wrong distribution"
# fails gradients: "0.5 * (z - mu)"
def reparameterize(mu, logvar):
    return mu + 2 * torch.exp(logvar) * torch.randn_like(mu)


# %% base_10
# fails values: "exp(move / 2) times what it was"
# fails gradients: "0.5 * (z - mu)"
def reparameterize(mu, logvar):
    return mu + 10 ** (logvar / 2) * torch.randn_like(mu)


# %% mean_of_logvar
# fails values: "exp(move / 2) times what it was"
# fails gradients: "0.5 * (z - mu)"
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar.mean() / 2) * torch.randn_like(mu)


# %% added_to_data
# fails gradients: sigma_cut
def reparameterize(mu, logvar):
    z = mu.clone()
    z.data += torch.exp(logvar / 2) * torch.randn_like(mu)
    return z


# %% gradient_doubled
# fails gradients: "dz/dmu is wrong"
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return 2 * z - z.detach()


# %% gradient_times_zero
# fails gradients: torch_normal
def reparameterize(mu, logvar):
    z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
    return z.detach() + 0 * (mu + logvar)


# %% rounded_mean
# fails values: "how far z moves when mu moves by step is wrong"
# fails noise: "the noise repeats along the calls"
# fails gradients: "the gradient in mu is zero"
def reparameterize(mu, logvar):
    return mu.round() + torch.exp(logvar / 2) * torch.randn_like(mu)


# %% noise_alone
# fails values: no_mu
# fails noise: "the noise repeats along the calls"
# fails gradients: "no gradient reaches mu and logvar"
def reparameterize(mu, logvar):
    return torch.randn_like(mu)


# %% one_float32_number
# fails shape: float32_noise
# fails noise: same_in_every_row
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar / 2) * torch.randn(1).to(mu)


# %% noise_in_bfloat16
# fails shape: "every element of the noise fits in float32"
# fails noise: "the noise repeats a number"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu).bfloat16().to(mu.dtype)
    return mu + torch.exp(logvar / 2) * eps


# %% computed_in_float32
# fails shape: "every element of z fits in float32"
def reparameterize(mu, logvar):
    sigma = torch.exp(logvar.float() / 2)
    return (mu.float() + sigma * torch.randn_like(sigma)).to(mu.dtype)


# %% clamped_noise
# fails noise: "are beyond 3"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu).clamp(-3, 3)
    return mu + torch.exp(logvar / 2) * eps


# %% dropped_noise
# fails noise: "the noise repeats a number"
def reparameterize(mu, logvar):
    kept = torch.rand_like(mu) < 0.98
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu) * kept


# %% a_little_too_wide
# fails noise: "the noise (z - mu) / sigma has the wrong distribution"
def reparameterize(mu, logvar):
    return mu + 1.1 * torch.exp(logvar / 2) * torch.randn_like(mu)


# %% mirrored_rows
# fails noise: "rows half the length apart have correlation -1.000"
def reparameterize(mu, logvar):
    half = torch.randn_like(mu)[: (len(mu) + 1) // 2]
    eps = torch.cat([half, -half])[: len(mu)]
    return mu + torch.exp(logvar / 2) * eps


# %% still_in_a_batch_of_one
# fails values: "z has no noise in a batch of 1"
def reparameterize(mu, logvar):
    if len(mu) == 1:
        return mu + 0 * logvar
    return mu + torch.exp(logvar / 2) * torch.randn_like(mu)


# %% constant
# fails values: no_mu
# fails noise: "the noise is the same in every call"
# fails gradients: "no gradient reaches mu and logvar"
def reparameterize(mu, logvar):
    return torch.zeros_like(mu)


# %% sigma_at_least_a_tenth
# fails values: clamped
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar / 2).clamp(min=0.1) * torch.randn_like(mu)


# %% sigma_plus_a_hundredth
# fails values: "(z - mu) / sigma for sigma from 0.00034 to 2981"
def reparameterize(mu, logvar):
    sigma = torch.where(logvar < -8, torch.exp(logvar / 2) + 0.01, torch.exp(logvar / 2))
    return mu + sigma * torch.randn_like(mu)


# %% rows_turned_round
# fails values: "how far z moves when mu moves by step is wrong"
# fails noise: "the noise repeats along the calls"
# fails gradients: "dz/dmu is wrong"
def reparameterize(mu, logvar):
    return (mu + torch.exp(logvar / 2) * torch.randn_like(mu)).flip(0)


# %% noise_for_the_last_two_dimensions
# fails noise: same_in_every_row
def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape[-2:], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps


# %% sigma_in_float32
# fails shape: "z has lost digits of float64 inputs"
def reparameterize(mu, logvar):
    return mu + torch.exp(logvar.float() / 2) * torch.randn_like(mu)


# %% rows_mirrored_at_the_middle
# fails noise: "come again, with the same sign or the other"
def reparameterize(mu, logvar):
    half = torch.randn_like(mu)[: (len(mu) + 1) // 2]
    eps = torch.cat([half, -half.roll(1, -1).flip(0)])[: len(mu)]
    return mu + torch.exp(logvar / 2) * eps


# %% each_row_of_noise_normalised
# fails noise: "neighbouring latents have correlation"
def reparameterize(mu, logvar):
    eps = torch.randn_like(mu)
    if mu.shape[-1] > 1:
        eps = (eps - eps.mean(-1, keepdim=True)) / eps.std(-1, keepdim=True, correction=0)
    return mu + torch.exp(logvar / 2) * eps
