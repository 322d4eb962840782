# Hands over the torch module in place of a function.
#
# fails reparameterize-shape: "REPLACE"
# fails reparameterize-device: "REPLACE"
# fails reparameterize-values: "REPLACE"
# fails reparameterize-noise: "REPLACE"
# fails reparameterize-gradients: "REPLACE"

# %% grade_id="reparameterize"
reparameterize = torch
