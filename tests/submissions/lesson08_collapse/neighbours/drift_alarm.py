# %% above_both
# Above the epoch before as well.
# fails values: "the alarm for"
# fails window: "the alarm for"
def drift_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(window, len(r)):
        if r[t] > factor * r[t - window] and r[t] > factor * r[t - 1]:
            return t


# %% zero_for_none
# fails window: "the alarm for"
# fails none: "the alarm for"
def drift_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    return next((t for t in range(window, len(r)) if r[t] > factor * r[t - window]), 0)


# %% softened
# Adds 1 to both norms.
# fails values: "the alarm for"
# fails window: "the alarm for"
def drift_alarm(mu_history, window, factor):
    r = [1 + mu.norm(dim=1).mean() for mu in mu_history]
    return next((t for t in range(window, len(r)) if r[t] > factor * r[t - window]), None)


# %% median
# fails values: "the alarm for"
# fails rows: "the alarm for"
def drift_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).median() for mu in mu_history]
    return next((t for t in range(window, len(r)) if r[t] > factor * r[t - window]), None)


# %% anywhere_in_the_window
# fails window: "the alarm for"
# fails none: "the alarm for"
def drift_alarm(mu_history, window, factor):
    r = [mu.norm(dim=1).mean() for mu in mu_history]
    for t in range(1, len(r)):
        if any(r[t] > factor * r[earlier] for earlier in range(max(0, t - window), t)):
            return t
