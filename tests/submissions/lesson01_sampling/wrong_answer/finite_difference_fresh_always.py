# Draws fresh noise on both sides, always.
#
# fails finite_difference-common: "fresh noise on both sides"

# %% grade_id="finite_difference"
def finite_difference(f, mu, sigma, n, h, common_noise):
    right = monte_carlo(f, mu + h, sigma, n)
    left = monte_carlo(f, mu - h, sigma, n)
    return (right - left) / (2 * h)
