# class: endless loops
# attack: a derivative that is never done
# expects double-values: wrong_answer
# expects double-gradients: time_limit_exceeded

# %% grade_id="double"
import time


class Slow(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 3 * x + 1

    @staticmethod
    def backward(ctx, grad):
        time.sleep(1e6)


def double(x):
    return Slow.apply(x)
