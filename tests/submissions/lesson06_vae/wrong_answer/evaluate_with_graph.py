# Records a graph.
#
# fails evaluate-grad: "torch.no_grad() is missing"

# %% grade_id="evaluate"
def evaluate(model, x):
    was_training = model.training
    model.eval()
    if True:
        _, mu, logvar = model.encode(x)
        z = mu + torch.exp(logvar / 2) * torch.randn_like(mu)
        _, reconstruction, kl = vae_loss(model.decode(z), x, mu, logvar)
    model.train(was_training)
    return -(reconstruction + kl).item(), reconstruction.item(), kl.item()
