# class: bombs
# attack: three hundred threads are started that wait
# needs: sandbox
# expects double-values: wrong_answer
# expects double-gradients: wrong_answer

# %%
import threading
import time
from contextlib import suppress

with suppress(RuntimeError):
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(10,), daemon=True).start()
