# Ends the process when it is called.
#
# fails reparameterize-shape: "ended its own process"
# fails reparameterize-device: "ended its own process"
# fails reparameterize-values: "ended its own process"
# fails reparameterize-noise: "ended its own process"
# fails reparameterize-gradients: "ended its own process"

# %% grade_id="reparameterize"
import os


def reparameterize(mu, logvar):
    os._exit(0)
