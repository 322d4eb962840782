# class: objects that lie
# attack: a result that keeps changing after it was returned
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %% grade_id="double"
import threading
import time

import torch


def double(x):
    result = torch.zeros_like(x)

    def change():
        for _ in range(200):
            result.uniform_(-8, 8)
            time.sleep(1e-3)

    threading.Thread(target=change, daemon=True).start()
    return result + 0 * x
