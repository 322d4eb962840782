# class: background threads
# attack: a thread puts one wrong answer after another in place between the checks
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import itertools
import threading
import time


def edit():
    for wrong in itertools.islice(itertools.cycle([lambda x: x, lambda x: 3 * x, lambda x: -2 * x]), 2000):
        get_ipython().user_ns["double"] = wrong
        time.sleep(1e-3)


threading.Thread(target=edit, daemon=True).start()
