# Prints every number again and again.
#
# fails noise_from-shape: "stopped after printing more than"
# fails noise_from-values: "stopped after printing more than"

# %% grade_id="noise_from"
def noise_from(z, mu, logvar):
    while True:
        print("noise_from:", z.tolist() * 1000)
