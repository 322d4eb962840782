# class: seeds
# attack: the first answer is kept and given again
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer
# expects noise-fresh: wrong_answer

# %% grade_id="noise"
from functools import cache


@cache
def noise(n):
    return torch.randn(n)
