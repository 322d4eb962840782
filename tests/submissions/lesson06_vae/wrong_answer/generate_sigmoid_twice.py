# Applies the sigmoid twice.
#
# fails generate-values: "the sigmoid is applied twice"

# %% grade_id="generate"
def generate(model, n):
    with torch.no_grad():
        return model.decode(torch.randn(n, model.latent_dim)).sigmoid().sigmoid()
