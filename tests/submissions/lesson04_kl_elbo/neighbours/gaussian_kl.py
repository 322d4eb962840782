# %% entropy_only
# fails values: "the KL is wrong"
# fails gradients: "no path to mu"
# Has no use for mu, which is no cut.
def gaussian_kl(mu, logvar):
    return -0.5 * (logvar + 1).sum(-1)


# %% mean_over_batch
# fails shape: batch_axis
# fails values: "the KL is wrong"
# fails gradients: "is wrong"
def gaussian_kl(mu, logvar):
    return -0.5 * torch.mean(1 + logvar - mu**2 - logvar.exp(), dim=0)


# %% clamped_logvar
# fails values: "the KL is wrong"
# fails gradients: "the gradient in logvar is zero"
def gaussian_kl(mu, logvar):
    held = logvar.clamp(-2, 2)
    return 0.5 * (mu**2 + held.exp() - 1 - held).sum(-1)


# %% float32_result
# fails shape: "wrong dtype"
def gaussian_kl(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1).float()


# %% half_and_minus_one
# fails values: "the KL is wrong"
# fails gradients: "is wrong"
# Makes two mistakes, of which a gradient sees one.
def gaussian_kl(mu, logvar):
    return (mu**2 + logvar.exp() - logvar).sum(-1)
