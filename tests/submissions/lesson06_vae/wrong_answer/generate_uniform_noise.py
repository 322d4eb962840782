# Draws uniform codes.
#
# fails generate-prior: "rand draws uniform numbers"

# %% grade_id="generate"
def generate(model, n):
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.rand(n, model.latent_dim)))
