# Leaves the graph on.
#
# fails generate-shape: "the result carries a graph"

# %% grade_id="generate"
def generate(model, n):
    if True:
        return torch.sigmoid(model.decode(torch.randn(n, model.latent_dim)))
