# Detaches the result, and writes the sigmoid out.

# %% grade_id="generate"
def generate(model, n):
    z = torch.empty(n, model.latent_dim).normal_()
    return 1 / (1 + torch.exp(-model.decode(z).detach()))
