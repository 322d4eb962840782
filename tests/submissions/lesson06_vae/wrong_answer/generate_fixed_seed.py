# Sets a seed.
#
# fails generate-prior: "a seed fixed inside the function"

# %% grade_id="generate"
def generate(model, n):
    torch.manual_seed(0)
    with torch.no_grad():
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))
