# Cuts the logits from their history.
#
# fails bernoulli_nll-gradients: "detach(), .data, no_grad()"

# %% grade_id="bernoulli_nll"
def bernoulli_nll(logits, x):
    return F.softplus(logits.detach()) - x * logits.detach()
