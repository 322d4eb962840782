# Bends at both bounds by a softplus.

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    raised = low + F.softplus(logvar - low)
    return high - F.softplus(high - raised)
