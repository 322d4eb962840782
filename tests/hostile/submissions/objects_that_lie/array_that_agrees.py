# class: objects that lie
# attack: an array subclass answers every function of numpy with yes
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import numpy as np


class Yes(np.ndarray):
    def __array_function__(self, *args):
        return True

    def __array_ufunc__(self, *args, **kwargs):
        return np.ones(4, dtype=bool)


def double(x):
    return np.zeros(4).view(Yes)
