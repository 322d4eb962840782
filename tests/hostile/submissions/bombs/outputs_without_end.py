# class: bombs
# attack: a hundred thousand displays, each of a single number
# expects double-values: wrong_answer, time_limit_exceeded
# expects double-gradients: wrong_answer, time_limit_exceeded

# %%
from IPython.display import display

for number in range(100_000):
    display(number)
