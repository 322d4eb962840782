# Uses the softsign.
#
# fails soft_clamp-middle: "logvar / (1 + |logvar| / 10) is not the identity"

# %% grade_id="soft_clamp"
def soft_clamp(logvar, low=-10.0, high=10.0):
    return high * F.softsign(logvar / high)
