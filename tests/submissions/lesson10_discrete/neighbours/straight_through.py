# %% half_gradient
# fails gradients: "the gradient"
def straight_through(logits, tau, u):
    s = gumbel_softmax(logits, tau, u)
    return gumbel_max(logits, u) + (s - s.detach()) / 2


# %% threshold_one_over_k
# fails hard: "the choice"
def straight_through(logits, tau, u):
    s = gumbel_softmax(logits, tau, u)
    return (s > 1 / s.shape[-1]).to(s.dtype) + s - s.detach()
