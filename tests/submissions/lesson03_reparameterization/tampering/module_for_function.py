# Hands over the torch module in place of a function.
#
# fails reparameterize-shape: "modules do not cross"
# fails reparameterize-device: "modules do not cross"
# fails reparameterize-values: "modules do not cross"
# fails reparameterize-noise: "modules do not cross"
# fails reparameterize-gradients: "modules do not cross"

# %% grade_id="reparameterize"
reparameterize = torch
