# Returns zeros as a tensor subclass that says it is equal to everything.
#
# fails reparameterize-values: no_mu
# fails reparameterize-noise: "the noise is the same in every call"
# fails reparameterize-gradients: "no gradient reaches mu and logvar"

# %% grade_id="reparameterize"
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        if name in ("allclose", "equal", "all", "any", "item", "__bool__"):
            return True
        if name in ("isclose", "eq", "__eq__", "le", "lt", "ge", "gt"):
            return torch.ones(args[0].shape, dtype=torch.bool)
        return super().__torch_function__(function, types, args, kwargs or {})


def reparameterize(mu, logvar):
    return torch.zeros_like(mu).as_subclass(Liar)
