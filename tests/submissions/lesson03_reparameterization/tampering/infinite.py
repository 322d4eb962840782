# Returns infinities with a backward pass of its own, in the hope that inf agrees with inf.
#
# fails reparameterize-values: "how far z moves when mu moves by step is wrong"
# fails reparameterize-noise: "z is not finite"
# fails reparameterize-gradients: "dz/dlogvar is wrong"

# %% grade_id="reparameterize"
class Infinite(torch.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar):
        return mu + float("inf")

    @staticmethod
    def backward(ctx, grad_z):
        return grad_z, grad_z * float("inf")


def reparameterize(mu, logvar):
    return Infinite.apply(mu, logvar) if mu.requires_grad else torch.full_like(mu, float("inf"))
