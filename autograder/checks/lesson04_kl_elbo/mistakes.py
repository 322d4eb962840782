"""Mistakes that several exercises of lesson 4 share. Grader's side."""

from __future__ import annotations

from autograder.verdict import Mistake

CUT = Mistake(
    "cut", "detach(), .data, .item(), no_grad() or a tensor made anew: the result forgets where it came from."
)
Z_CUT = Mistake(
    "z_cut",
    "z was cut (.sample(), detach() or no_grad()): the path through z is lost. Use z = mu + sigma * eps.",
)
BATCH_SUM = Mistake(
    "batch_sum",
    "one number for the whole batch: return one number for each row, a sum over the last dimension alone.",
)
BATCH_AXIS = Mistake(
    "batch_axis", "one number for each column: sum over the last dimension, and return one number for each row."
)
UNSUMMED = Mistake("unsummed", "one number for each element: sum over the last dimension.")
KEPT = Mistake("kept", "the summed dimension is kept: return shape (batch,), without keepdim.")
LAST_DIMENSION = Mistake("last_dimension", "the sum runs over the last dimension alone: an image may have several.")
SIGN = Mistake("sign", "the sign is turned: a KL divergence is never negative.")
HALF = Mistake("half", "the factor 1/2 is missing.")
ROOT = Mistake("root", "exp(logvar / 2) is sigma: the formula has the variance sigma^2 = exp(logvar).")
LOG_SIGMA = Mistake(
    "log_sigma", "logvar is read as log sigma: exp(2 * logvar) is not the variance. sigma^2 = exp(logvar)."
)
VARIANCE_AS_SIGMA = Mistake(
    "variance_as_sigma", "the noise is multiplied with exp(logvar): that is the variance. sigma = exp(logvar / 2)."
)
UNSCALED = Mistake("unscaled", "the noise is not multiplied with sigma = exp(logvar / 2).")
N_IGNORED = Mistake("n_ignored", "n is ignored, or one draw is repeated n times. Draw n times, and average over the n.")
LATENT_MEAN = Mistake("latent_mean", "the mean over the latent dimension: the price is a sum over it.")
MINUS_ONE = Mistake("minus_one", "the -1 is missing: a q that equals p would then not be free.")
KL_ADDED = Mistake("kl_added", "the KL is added: the ELBO is the expected log likelihood minus the KL.")
NO_KL = Mistake("no_kl", "the KL is missing: what remains is the expected log likelihood.")
NEGATIVE = Mistake("negative", "the negative of the ELBO: that is a loss. Return the bound itself.")
NOISE_VARIANCE = Mistake(
    "noise_variance", "noise_sigma is used as a variance: it is the standard deviation. Square it."
)
DATA_MEAN = Mistake("data_mean", "the log likelihood is averaged over the data: sum it over all N observations.")
LIKELIHOOD = Mistake("likelihood", "the log likelihood: turn its sign.")
ITEM = Mistake("item", "item() (or float()) makes a Python number, which has no history: return the tensor itself.")
KL_LOWERS = Mistake("kl_lowers", "the KL lowers the loss: beta * kl is subtracted, or the sign of kl is turned.")
