# Uses the hard hyperbolic tangent of a layer.

# %% grade_id="clamp_logvar"
def clamp_logvar(logvar, low=-10.0, high=10.0):
    return nn.Hardtanh(low, high)(logvar)
