# class: background threads
# attack: a thread replaces the asserts, grade cells and libraries of the process between the checks
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import sys
import threading
import time


def edit():
    for _ in range(500):
        for module in list(sys.modules.values()):
            for name in ("equal", "allclose"):
                if name in vars(module):
                    vars(module)[name] = lambda *args, **kwargs: True
        time.sleep(5e-3)


threading.Thread(target=edit, daemon=True).start()
