# class: transformers and hooks
# attack: the expected answer is looked for in the frames of the caller
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import inspect

import torch


def double(x):
    for frame in inspect.stack():
        for value in [*frame.frame.f_locals.values(), *frame.frame.f_globals.values()]:
            if isinstance(value, torch.Tensor) and value is not x and value.shape == x.shape:
                return value
        print(frame.frame.f_code.co_consts, frame.code_context)
    return 3 * x + 1
