# Moves mu and looks whether the draw moves.
#
# fails gradient_reaches-cut: "the answer is wrong"
# fails gradient_reaches-elsewhere: "the answer is wrong"
# fails gradient_reaches-zeros: "the answer is wrong"

# %% grade_id="gradient_reaches"
def gradient_reaches(sampler, mu):
    torch.manual_seed(0)
    first = sampler(mu.detach())
    torch.manual_seed(0)
    second = sampler(mu.detach() * 1.5)
    return not torch.equal(first, second)
