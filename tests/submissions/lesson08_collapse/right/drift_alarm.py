# %% by_hand
def drift_alarm(mu_history, window, factor):
    sizes = []
    for mu in mu_history:
        sizes.append(torch.sqrt((mu * mu).sum(dim=-1)).mean())
    for t, size in enumerate(sizes):
        if t >= window and size > factor * sizes[t - window]:
            return t


# %% zip
def drift_alarm(mu_history, window, factor):
    r = [float(torch.linalg.vector_norm(mu, dim=1).mean()) for mu in mu_history]
    pairs = zip(r[window:], r)
    return next((window + i for i, (new, old) in enumerate(pairs) if new > factor * old), None)


# %% tensors
def drift_alarm(mu_history, window, factor):
    if len(mu_history) <= window:
        return None
    r = torch.stack([mu.double().norm(dim=1).mean() for mu in mu_history])
    over = (r[window:] > factor * r[:-window]).nonzero()
    return int(over[0]) + window if len(over) else None


# %% numpy
def drift_alarm(mu_history, window, factor):
    import numpy as np

    r = [np.linalg.norm(mu.numpy(), axis=1).mean() for mu in mu_history]
    found = [t for t in range(window, len(r)) if r[t] > factor * r[t - window]]
    return min(found) if found else None


# %% when_needed
# Computes each mean only where it is compared.
def drift_alarm(mu_history, window, factor):
    def r(t):
        rows = mu_history[t]
        return sum(row.norm() for row in rows) / len(rows)

    t = window
    while t < len(mu_history):
        if r(t) > factor * r(t - window):
            return t
        t += 1
    return None
