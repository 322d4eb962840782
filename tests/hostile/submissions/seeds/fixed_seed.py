# class: seeds
# attack: the seed is fixed inside an answer, so that every draw is the same
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer
# expects noise-fresh: wrong_answer

# %% grade_id="noise"
def noise(n):
    torch.manual_seed(0)
    return torch.randn(n)
