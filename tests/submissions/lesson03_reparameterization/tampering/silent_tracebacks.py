# Shares one eps across the batch, and silences every traceback.
#
# fails reparameterize-noise: same_in_every_row

# %% grade_id="reparameterize"
get_ipython().showtraceback = lambda *args, **kwargs: None
get_ipython().set_custom_exc((BaseException,), lambda *args, **kwargs: None)


def reparameterize(mu, logvar):
    eps = torch.randn(mu.shape[-1], dtype=mu.dtype, device=mu.device)
    return mu + torch.exp(logvar / 2) * eps
