# Decodes the mean of the prior.
#
# fails generate-prior: "z = 0 is the mean of the prior"

# %% grade_id="generate"
def generate(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.zeros(n, model.latent_dim)))
