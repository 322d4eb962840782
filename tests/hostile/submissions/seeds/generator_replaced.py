# class: seeds
# attack: torch's own generator is replaced by one that always starts again
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer
# expects noise-fresh: wrong_answer

# %%
import torch

state = torch.get_rng_state()
torch.default_generator.manual_seed = lambda seed: torch.set_rng_state(state)
torch.manual_seed = torch.random.manual_seed = lambda seed: torch.set_rng_state(state)


# %% grade_id="noise"
def noise(n):
    torch.set_rng_state(state)
    return torch.randn(n)
