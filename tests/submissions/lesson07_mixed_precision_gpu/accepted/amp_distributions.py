# torch.distributions in float32.

# %% grade_id="reparameterize_amp"
def reparameterize_amp(mu, logvar):
    with torch.autocast(mu.device.type, enabled=False) if not mu.is_meta else nullcontext():
        q = torch.distributions.Normal(mu.float(), (0.5 * logvar.float()).exp(), validate_args=False)
        return q.rsample().to(mu.dtype)
