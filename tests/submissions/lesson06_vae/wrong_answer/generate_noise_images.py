# Returns noise in place of images.
#
# fails generate-values: "sigmoid(model.decode(z))"
# fails generate-prior: "z = 0 is the mean of the prior"

# %% grade_id="generate"
def generate(model, n):
    with torch.no_grad():
        return torch.rand(n, model.decode(torch.zeros(1, model.latent_dim)).shape[1])
