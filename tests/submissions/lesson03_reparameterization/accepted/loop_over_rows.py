# Draws row by row.

# %% grade_id="reparameterize"
def reparameterize(mu, logvar):
    rows = []
    for row_mu, row_logvar in zip(mu, logvar):
        rows.append(row_mu + torch.exp(0.5 * row_logvar) * torch.randn_like(row_mu))
    return torch.stack(rows)
