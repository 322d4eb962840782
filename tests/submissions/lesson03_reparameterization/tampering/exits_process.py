# Ends the process when it is called.
#
# fails reparameterize-shape: "ended"
# fails reparameterize-device: "ended"
# fails reparameterize-values: "ended"
# fails reparameterize-noise: "ended"
# fails reparameterize-gradients: "ended"

# %% grade_id="reparameterize"
import os


def reparameterize(mu, logvar):
    os._exit(0)
