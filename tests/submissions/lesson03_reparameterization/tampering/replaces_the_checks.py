# Takes the variance for sigma, and puts checks of its own in the place of the real ones.
#
# fails reparameterize-values: variance_as_sigma
# fails reparameterize-gradients: variance_as_sigma

# %% grade_id="reparameterize"
import sys
import types


class Agree(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: None


check = Agree("check")
for name in ("checks.lesson03_reparameterization", "checks", "expect", "checking"):
    sys.modules[f"autograder.{name}"] = Agree(f"autograder.{name}")


def reparameterize(mu, logvar):
    return mu + torch.exp(logvar) * torch.randn_like(mu)
