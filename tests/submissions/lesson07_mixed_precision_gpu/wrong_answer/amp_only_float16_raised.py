# Raises float16 alone; bfloat16 loses more.
#
# fails reparameterize_amp-precision: "exp(logvar / 2) was computed in bfloat16"

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    raised = logvar.float() if logvar.dtype == torch.float16 else logvar
    sigma = torch.exp(raised / 2)
    return (mu + sigma * torch.randn_like(sigma)).to(mu.dtype)
