# Uses the biased variance, written out.
#
# fails standard_error-unbiased: "the variance with the divisor n is biased"

# %% grade_id="standard_error"
def standard_error(values):
    n = values.numel()
    variance = (values - values.mean()).square().mean()
    return torch.sqrt(variance / n)
