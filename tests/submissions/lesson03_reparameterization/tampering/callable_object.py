# Hands over an object that pretends to be whatever it is compared with, and draws with the variance.
#
# fails reparameterize-values: variance_as_sigma
# fails reparameterize-gradients: variance_as_sigma

# %% grade_id="reparameterize"
class Sampler:
    __name__ = "reparameterize"

    def __call__(self, mu, logvar):
        return mu + torch.exp(logvar) * torch.randn_like(mu)

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __getattr__(self, name):
        return self


reparameterize = Sampler()
