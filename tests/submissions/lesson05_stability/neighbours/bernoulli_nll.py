# %% constant_loss
# The same loss for all.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is zero"
def bernoulli_nll(logits, x):
    return 0 * logits + 0.69


# %% relu
# Has a corner.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return F.relu((1 - 2 * x) * logits)


# %% hinge
# A hinge.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return F.relu(1 - (2 * x - 1) * logits)


# %% clamp_1000
# Limits the logit very late.
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return F.binary_cross_entropy_with_logits(logits.clamp(-1000, 1000), x, reduction="none")


# %% hard_loss_st
# Right losses, and the gradient of limited ones.
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    l = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    c = logits.clamp(-50, 50)
    k = F.binary_cross_entropy_with_logits(c, x, reduction="none")
    return k + (l - k).detach()


# %% tanh
# Limits the logit at once.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return F.softplus(-torch.tanh(logits) * (2 * x - 1))


# %% nan_to_num_of_log
# Puts 0 for what is not finite.
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is not finite"
def bernoulli_nll(logits, x):
    p = torch.sigmoid(logits)
    return torch.nan_to_num(-(x * torch.log(p) + (1 - x) * torch.log(1 - p)), posinf=0.0)


# %% half
# Half of the loss.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return 0.5 * F.binary_cross_entropy_with_logits(logits, x, reduction="none")


# %% detached_logits_in_softplus
# One term is detached.
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return F.softplus(logits.detach()) - x * logits


# %% gaussian
# The loss of a Gaussian.
# fails values: "the loss is wrong"
# fails extremes: "the loss is wrong"
# fails gradients: "the gradient in logits is wrong"
def bernoulli_nll(logits, x):
    return 0.5 * (logits - x) ** 2


# %% signature_exchanged
# The parameters in another order.
# fails values: arguments_exchanged
# fails extremes: arguments_exchanged
# fails gradients: arguments_exchanged
def bernoulli_nll(x, logits):
    return F.softplus(logits) - x * logits
