# class: bombs
# attack: five thousand displays and one of fifty megabytes
# expects double-values: wrong_answer, output_limit_exceeded
# expects double-gradients: wrong_answer, output_limit_exceeded

# %%
from IPython.display import display

for number in range(5000):
    display(number)


class Large:
    def __repr__(self):
        return "x" * 50 * 2**20


display(Large())
