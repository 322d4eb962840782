# %% difference_detached
def straight_through(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return soft + (gumbel_max(logits, u) - soft).detach()


# %% of_the_soft_one
# The largest share is that of the largest noisy logit.
def straight_through(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    hard = F.one_hot(soft.argmax(-1), soft.shape[-1])
    return hard - soft.detach() + soft


# %% own_function
class Through(torch.autograd.Function):
    @staticmethod
    def forward(ctx, soft, hard):
        return hard.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def straight_through(logits, tau, u):
    return Through.apply(gumbel_softmax(logits, tau, u), gumbel_max(logits, u))


# %% without_the_others
def straight_through(logits, tau, u):
    noisy = logits - torch.log(-torch.log(u))
    soft = torch.softmax(noisy / tau, -1)
    with torch.no_grad():
        hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1)
    return soft - soft.detach() + hard


# %% factor
# Multiplies by a factor that is 1 in value.
def straight_through(logits, tau, u):
    soft = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) + soft - soft.clone().detach()
